"""The library of symbols and models: that of matlore, and what a user adds in a folder."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from matlore.errors import InputError
from matlore.vocabulary import find_term
from matlore.vocabulary.entries import folded

from .base import FORMULA, Model, Solution, Symbol, Variable
from .building import MODELS_FOLDER, LibraryBuilder
from .definitions import unit_factor
from .examples import ExampleResult, check_examples
from .model_files import read_library_file

__all__ = [
    "LIBRARY_VERSION",
    "ExampleResult",
    "Library",
    "check_examples",
    "load_library",
]

LIBRARY_VERSION = "1"
"""Changes when the same files make other models than before, as when a function is corrected."""

_SUFFIXES = (".yaml", ".yml")

_Stamped = tuple[tuple[Path, str], ...]  # files with hashes of what they hold


@dataclass(frozen=True)
class Library:
    """Properties and the models that connect them.

    Attributes:
        symbols: by name: all properties with values of matlore's vocabulary, and new ones.
        models: by name, in the order of the files.
        version: a hash of all these.
        described: names of the symbols that a file has an entry for.
        own: names of the models that are the user's.
    """

    symbols: Mapping[str, Symbol]
    models: Mapping[str, Model]
    version: str
    described: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    def find_symbol(self, text: str) -> Symbol | None:
        """Return the property that a text writes by its name or a synonym, or None."""
        term = find_term(text, "property")
        if term is not None and term.name in self.symbols:
            return self.symbols[term.name]
        return self._spellings.get(folded(text))

    def solutions(self) -> tuple[Solution, ...]:
        """Return each model solved for each variable that it may be solved for."""
        return self._solutions

    def scale(self, variable: Variable) -> float:
        """Return what a value in its symbol's unit is multiplied by to have it in the model's."""
        if not variable.is_property:
            return 1.0
        return unit_factor(self.symbols[variable.stands_for].unit, variable.unit)

    def bounds(self, variable: Variable) -> tuple[float | None, float | None]:
        """Return the least and the greatest value of a variable, in the model's unit."""
        if not variable.is_property:
            return (0.0, None) if variable.stands_for != FORMULA else (None, None)
        symbol, scale = self.symbols[variable.stands_for], self.scale(variable)
        lower, upper = (
            None if bound is None else bound * scale for bound in (symbol.lower, symbol.upper)
        )
        return lower, upper

    @cached_property
    def _spellings(self) -> dict[str, Symbol]:
        return {
            folded(spelling): symbol
            for symbol in self.symbols.values()
            if not symbol.in_vocabulary
            for spelling in (symbol.name, *symbol.synonyms)
        }

    @cached_property
    def _solutions(self) -> tuple[Solution, ...]:
        from .equations import solutions

        return tuple(
            solution
            for model in self.models.values()
            for solution in solutions(
                model,
                bounds={name: self.bounds(model.variables[name]) for name in model.solve_for},
            )
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is compiled: another process makes its own."""
        return {name: value for name, value in self.__dict__.items() if name[0] != "_"}


def load_library(folder: Path | None = None) -> Library:
    """Return the library that ships with matlore, with what a user's folder adds.

    It is read once for each state of the files.

    Args:
        folder: with the user's own files, `*.yaml`; it need not exist.

    Raises:
        InputError: a file cannot be read or is wrong; each line of the message names the file,
            the entry, the key and what is wrong.
    """
    shipped, own = _files(MODELS_FOLDER), _files(folder)
    return _load(_stamped(shipped), _stamped(own))


def _files(folder: Path | None) -> list[Path]:
    if folder is None or not folder.exists():
        return []
    if not folder.is_dir():
        raise InputError(f"{folder}: must be a folder with YAML files of symbols and models")
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in _SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def _stamped(paths: Iterable[Path]) -> _Stamped:
    """Return files with hashes of what they hold."""
    try:
        return tuple((path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read: {error}") from error


@lru_cache(maxsize=8)
def _load(shipped: _Stamped, own: _Stamped) -> Library:
    builder = _add(_shipped(shipped).copy(), own)
    users = {path for path, _ in own}
    return Library(
        symbols=builder.symbols,
        models=builder.models,
        version=_version(builder.symbols, builder.models),
        described=frozenset(builder.symbol_files),
        own=frozenset(name for name, path in builder.model_files.items() if path in users),
    )


@lru_cache(maxsize=2)
def _shipped(files: _Stamped) -> LibraryBuilder:
    return _add(LibraryBuilder(), files)


def _add(builder: LibraryBuilder, files: _Stamped) -> LibraryBuilder:
    """Add files to a library: all their symbols first, which any of their models may use."""
    read = [(path, *read_library_file(path)) for path, _ in files]
    builder.add_symbols((path, symbols) for path, symbols, _ in read)
    builder.add_models((path, models) for path, _, models in read)
    return builder


def _version(symbols: Mapping[str, Symbol], models: Mapping[str, Model]) -> str:
    """Return a hash of all definitions."""
    parts = [LIBRARY_VERSION]
    for name, symbol in sorted(symbols.items()):
        fields = asdict(symbol) | {"ignores": sorted(symbol.ignores)}
        parts.append(f"{name} {sorted(fields.items())}")
    parts += [f"{name} {model.version}" for name, model in sorted(models.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
