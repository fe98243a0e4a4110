"""Files of symbols and models: what may stand in them, read and checked one entry at a time.

The format is described at the top of `models/symbols.yaml`. Here only the form is checked; what
an entry means beside others (units, known properties, equations) is checked where symbols and
models are made of them.
"""

import keyword
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from matlore.errors import InputError
from matlore.vocabulary.entries import folded

__all__ = [
    "ExampleEntry",
    "ModelEntry",
    "ReferenceEntry",
    "SymbolEntry",
    "VariableEntry",
    "read_library_file",
    "shortened",
]

_MAX_BYTES = 2_000_000
_MOST_SHOWN = 12  # problems of one file in one message
_QUOTED = 60
_DOI = re.compile(r"10\.\d{4,9}/\S+")


def _one_line(value: object) -> object:
    """Return a text that YAML folded over several lines on one."""
    return " ".join(value.split()) if isinstance(value, str) else value


def _list_of(value: object) -> object:
    """Refuse a text where a list is meant: YAML writes a list of one as `[one]`."""
    if isinstance(value, str):
        raise ValueError(f"must be a list, as in [{value}]")
    return value


Text = Annotated[str, BeforeValidator(_one_line), StringConstraints(min_length=1, max_length=2000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Texts = Annotated[list[Text], BeforeValidator(_list_of)]


class _Entry(BaseModel):
    """What has no other keys than those named, and texts and numbers as such."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_E = TypeVar("_E", bound=_Entry)


class SymbolEntry(_Entry):
    """A property: of the vocabulary, with what it lacks there, or a new one with a unit."""

    name: Text
    latex: Text
    category: Text
    unit: Text | None = None
    lower: Number | None = None
    upper: Number | None = None
    synonyms: Texts = []
    ignores: Texts = []
    negligible: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    instead: dict[Text, Text] = {}

    @field_validator("name")
    @classmethod
    def _canonical(cls, name: str) -> str:
        if name != " ".join(name.lower().replace("_", " ").split()):
            raise ValueError(f"must be lower case, words apart by one space: {name!r}")
        return name

    @field_validator("latex")
    @classmethod
    def _balanced(cls, latex: str) -> str:
        if "$" in latex:
            raise ValueError(f"must be without dollars: {latex!r}")
        depth = 0
        for sign in re.sub(r"\\[{}]", "", latex):
            depth += (sign == "{") - (sign == "}")
            if depth < 0:
                break
        if depth:
            raise ValueError(f"has a brace without its other half: {latex!r}")
        return latex


class VariableEntry(_Entry):
    """What a variable stands for: the name of a property, `temperature` or `formula`."""

    property: Text
    unit: Text | None = None


def _variable(value: object) -> object:
    """Return the long form of `kappa: thermal conductivity`."""
    return {"property": value} if isinstance(value, str) else value


class ReferenceEntry(_Entry):
    """Where a model is from."""

    text: Text
    doi: Text | None = None

    @field_validator("doi")
    @classmethod
    def _is_doi(cls, doi: str | None) -> str | None:
        if doi is not None and not _DOI.fullmatch(doi):
            raise ValueError(f"must be a DOI, as in 10.1038/nmat2090: {doi!r}")
        return doi


class ExampleEntry(_Entry):
    """A worked example: values of all variables in the model's units."""

    values: dict[str, Any]
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.01
    source: Text

    @field_validator("values")
    @classmethod
    def _numbers(cls, values: dict[str, object]) -> dict[str, float | str]:
        found: dict[str, float | str] = {}
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError(f"{name} must be a number or a formula: {value!r}")
            if not isinstance(value, str) and not math.isfinite(value):
                raise ValueError(f"{name} must be a number that is finite: {value!r}")
            found[name] = value if isinstance(value, str) else float(value)
        return found


class ModelEntry(_Entry):
    """An equation or a function that connects properties."""

    name: Text
    about: Text
    category: Text
    equation: Text | None = None
    function: Text | None = None
    variables: Annotated[
        dict[str, Annotated[VariableEntry, BeforeValidator(_variable)]], Field(min_length=1)
    ]
    output: Text | None = None
    solve_for: Annotated[Texts, Field(min_length=1)] | None = None
    constraints: Texts = []
    assumptions: Annotated[str, BeforeValidator(_one_line)] = ""
    relative_error: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    references: Annotated[list[ReferenceEntry], BeforeValidator(_list_of)] = []
    examples: Annotated[list[ExampleEntry], Field(min_length=1)]

    @field_validator("variables")
    @classmethod
    def _identifiers(cls, variables: dict[str, VariableEntry]) -> dict[str, VariableEntry]:
        for name in variables:
            usable = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
            if not usable or name.startswith("_"):
                raise ValueError(
                    f"{name!r} cannot be a variable: letters, digits and _ only, a letter first,"
                    " and no word of Python"
                )
        return variables


def read_library_file(path: Path) -> tuple[list[SymbolEntry], list[ModelEntry]]:
    """Read a file of symbols and models.

    Raises:
        InputError: it is missing, is no safe YAML, or entries have not the form that they must
            have; each line of the message names the entry, the key, and what is wrong.
    """
    content = _read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping with the lists `symbols` and `models`")
    if unknown := [str(key) for key in content if key not in ("symbols", "models")]:
        raise InputError(f"{path}: unknown key {unknown[0]!r} (known: symbols, models)")
    problems: list[str] = []
    symbols = _entries(content.get("symbols"), SymbolEntry, "symbol", problems)
    models = _entries(content.get("models"), ModelEntry, "model", problems)
    problems += _repeated(symbols, "symbol")
    problems += _repeated(models, "model")
    if problems:
        raise InputError("\n".join(shortened([f"{path}: {line}" for line in problems])))
    return symbols, models


def _entries(items: object, kind: type[_E], what: str, problems: list[str]) -> list[_E]:
    """Return the entries of a list that are in order, and note what is wrong with the others."""
    if items is None:
        return []
    if not isinstance(items, list):
        problems.append(f"{what}s: must be a list")
        return []
    found = []
    for number, item in enumerate(items, start=1):
        place = f"{what} {number}"
        if not isinstance(item, dict):
            problems.append(f"{place}: must be a mapping, its keys those of a {what}")
            continue
        if isinstance(item.get("name"), str):
            place = f"{place} ({item['name'][:_QUOTED]})"
        try:
            found.append(kind.model_validate(item))
        except ValidationError as error:
            problems += [f"{place}: {line}" for line in _plain(error, kind)]
        except RecursionError:
            problems.append(f"{place}: is nested too deep")
    return found


def _repeated(entries: Sequence[SymbolEntry | ModelEntry], what: str) -> Iterator[str]:
    """Yield a line for each name that two entries have."""
    seen: set[str] = set()
    for entry in entries:
        if folded(entry.name) in seen:
            yield f"{what} {entry.name!r}: another {what} has this name; rename one of them"
        seen.add(folded(entry.name))


def shortened(problems: Sequence[str]) -> list[str]:
    """Return the first lines of a long list, and how many more there are."""
    left = len(problems) - _MOST_SHOWN
    return [*problems[:_MOST_SHOWN], *([f"and {left} more"] if left > 0 else [])]


# What pydantic finds, in plain words.

_WORDS = {
    "missing": "is missing",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
}
_NUMBER_TYPES = ("float_type", "float_parsing", "finite_number")
_NESTED: dict[str, type[_Entry]] = {
    "variables": VariableEntry,
    "references": ReferenceEntry,
    "examples": ExampleEntry,
}


def _plain(error: ValidationError, kind: type[_Entry]) -> Iterator[str]:
    """Yield a line for each thing that is wrong with an entry."""
    for found in error.errors(include_url=False, include_context=False):
        where = [str(part + 1) if type(part) is int else str(part) for part in found["loc"]]
        key, value = " ".join(where), found["input"]
        if found["type"] == "extra_forbidden":
            owner = _NESTED.get(where[0], kind) if len(where) > 1 else kind
            known = ", ".join(owner.model_fields)
            inside = f"{' '.join(where[:-1])}: " if len(where) > 1 else ""
            yield f"{inside}unknown key {where[-1]!r} (known: {known})"
        elif where and where[-1] == "[key]":
            inside = " ".join(where[:-2])
            yield f"{inside}: the name must be text; write it in quotes: {value!r}"
        else:
            yield f"{key}: {_complaint(found['type'], found['msg'], value)}"


def _complaint(type: str, message: str, value: object) -> str:
    """Return what is wrong with a value."""
    if type in _WORDS:
        return _WORDS[type]
    text = repr(value)
    shown = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
    if type == "string_type":
        return f"must be text (write it in quotes): {shown}"
    if type in _NUMBER_TYPES:
        return f"must be a number such as 3 or 1.0e+9: {shown}"
    if type == "value_error":
        return message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}: {shown}"


# What YAML allows and a library file does not.


def _read_yaml(path: Path) -> object:
    """Return what a file holds, without keys that come twice and without aliases.

    Aliases may make a file a cycle, or far larger than it looks.

    Raises:
        InputError: there are such, or the file cannot be read as YAML.
    """
    import yaml

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: is larger than {_MAX_BYTES // 1_000_000} MB; split it")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        if root is None:
            return None
        _check_nodes(path, root)
        return loader.construct_document(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        reason = " ".join((getattr(error, "problem", None) or str(error)).split())
        raise InputError(f"{path}: {line}cannot be read as YAML: {reason}") from error
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deep") from error
    except (OSError, ValueError) as error:  # ValueError: bad UTF-8, a date that there is not
        raise InputError(f"{path}: cannot be read: {error}") from error


def _check_nodes(path: Path, root: Any) -> None:
    """Go through all nodes, those above each kept apart: an alias to one of them is a cycle."""
    seen: set[int] = set()
    stack = [(root, frozenset[int]())]
    while stack:
        node, above = stack.pop()
        place = f"{path}: line {node.start_mark.line + 1}"
        if id(node) in above:
            raise InputError(f"{place}: an alias to what it stands in makes a cycle; write it out")
        if id(node) in seen:
            raise InputError(f"{place}: aliases (`*name`) are not allowed; write it out twice")
        seen.add(id(node))
        if isinstance(node.value, str):
            continue
        pairs = node.value if node.id == "mapping" else [(None, child) for child in node.value]
        keys = [key.value for key, _ in pairs if key is not None and isinstance(key.value, str)]
        if repeated := [key for key, count in Counter(keys).items() if count > 1]:
            raise InputError(f"{place}: the key {repeated[0]!r} comes twice in one mapping")
        inside = above | {id(node)}
        stack += [(one, inside) for pair in pairs for one in pair if one is not None]
