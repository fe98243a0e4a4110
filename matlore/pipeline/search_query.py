"""What a query names: materials, properties, applications, methods and phases."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from .search_types import NamedThings

__all__ = ["LONGEST_QUERY", "expanded_terms", "material_names", "named_things"]

LONGEST_QUERY = 2_000
"""Characters of a query that are looked at for names."""

_KINDS = {
    "property": "properties",
    "application": "applications",
    "method": "methods",
    "phase": "phases",
}
# Commas part words, but not in parentheses without blanks: `(Ba,Sr)TiO3`.
_WORD = re.compile(r"(?:\([^\s()]*\)|[^\s,;?!\"“”])+")
_EDGES = ".:[]{}'’"
_MOST_WORDS = 6
_MOST_NAME_WORDS = 3
# Words of every text that are also names or symbols.
_WORDS = frozenset("lead leads in as at no i he be am an is on or so us water air ice dry".split())


def named_things(text: str) -> NamedThings:
    """Return what a text names, each once, in the order of the text; the longest names first.

    Materials are keys (`Bi2Te3`, `name:graphene`, `family:La-Mn-O-Sr`), the rest canonical
    names of matlore's vocabularies. Any text will do; of a long one the beginning is read.
    """
    found: dict[str, dict[str, None]] = {kind: {} for kind in ("materials", *_KINDS.values())}
    words = _words(text)
    if len(words) > 1:  # alone a letter may be an element; in a text it is a unit or a symbol
        words = [word for word in words if len(word) > 1 or not word.isalpha()]
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _MOST_WORDS), start, -1):
            names = _names(tuple(words[start:end]))
            if names:
                for kind, name in names:
                    found[kind].setdefault(name)
                start = end
                break
        else:
            start += 1
    return NamedThings(**{kind: tuple(names) for kind, names in found.items()})


def _words(text: str) -> list[str]:
    from ingest.clean import clean_text

    if len(text) > LONGEST_QUERY:  # at a blank, so that no formula is cut
        text = text[: text.rfind(" ", 0, LONGEST_QUERY) + 1 or LONGEST_QUERY]
    cleaned = clean_text(text)
    words = []
    for match in _WORD.finditer(cleaned):
        word = match.group().strip(_EDGES)
        if word.count("(") != word.count(")"):
            word = word.strip("()")
        elif word.startswith("(") and word.endswith(")") and word.count("(") == 1:
            word = word[1:-1]
        if word := word.strip(_EDGES):
            words.append(word)
    return words


@lru_cache(maxsize=4096)
def _names(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return what words name together, as pairs of the kind and the name."""
    surface = " ".join(words)
    terms = [
        (field, name)
        for kind, field in _KINDS.items()
        if (name := _term(surface, kind)) is not None
    ]
    if terms:
        return tuple(terms)
    if len(words) > _MOST_NAME_WORDS or surface.lower() in _WORDS:
        return ()
    key = _material(surface, single=len(words) == 1)
    return (("materials", key),) if key else ()


def _term(surface: str, kind: str) -> str | None:
    from matlore.vocabulary import find_term

    for form in _singulars(surface):
        if term := find_term(form, kind):
            return term.name
    return None


def _singulars(surface: str) -> Iterator[str]:
    """Yield a surface, and what it may be the plural of."""
    yield surface
    if surface.endswith("ies"):
        yield f"{surface[:-3]}y"
    if surface.endswith("es"):
        yield surface[:-2]
    if surface.endswith("s") and not surface.endswith("ss"):
        yield surface[:-1]


def _material(surface: str, *, single: bool) -> str | None:
    from ner.formulas import formula_family
    from ner.names import material_key

    words = surface.split()
    if not single and (any(map(_stands_alone, words)) or all(map(_has_formula, words))):
        return None
    key = material_key(surface) or (formula_family(surface) if single else None)
    if key is None or not single:
        return key
    # `Co`, `Al` and `W` are elements; `co` and a capital at a sentence's start are words.
    return None if len(surface) <= 2 and not surface[0].isupper() else key


def _stands_alone(word: str) -> bool:
    """Tell whether a word makes no name with the words beside it: a formula, `In`, `the`."""
    return len(word) <= 2 or _is_formula(word)


def _is_formula(word: str) -> bool:
    return any(c.isdigit() for c in word) and _has_formula(word)


def _has_formula(word: str) -> bool:
    from ner.formulas import formula_family, normalize_formula

    return normalize_formula(word) is not None or formula_family(word) is not None


def expanded_terms(named: NamedThings) -> dict[str, tuple[str, ...]]:
    """Return for each thing that is named its other spellings, for marking them in texts."""
    from matlore.vocabulary import load_terms

    found: dict[str, tuple[str, ...]] = {}
    for kind, field in _KINDS.items():
        terms = load_terms(kind)
        for name in getattr(named, field):
            if term := terms.get(name):
                found[name] = (term.name, *term.synonyms)
    for key in named.materials:
        found[key] = material_names(key)
    return found


def material_names(key: str) -> tuple[str, ...]:
    """Return the names that a material is written by, its formula or canonical name first."""
    plain = key.removeprefix("name:")
    return (plain, *_synonyms().get(key, ()))


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, tuple[str, ...]]:
    from matlore.vocabulary.materials import load_materials
    from ner.formulas import normalize_formula

    found: dict[str, Sequence[str]] = {}
    for material in load_materials():
        key = normalize_formula(material.name) if material.kind == "compound" else None
        found[key or f"name:{material.name}"] = material.synonyms
    return {key: tuple(names) for key, names in found.items()}
