"""Labelled pairs of records, built by seed from a folder of real rows.

`altered` holds a paper beside itself as another source gives it; `near_misses` holds two
works that look alike. No pair shares an id, so only the words, names and years can tell.
"""

import gzip
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from pylatexenc.latex2text import LatexNodes2Text
from rapidfuzz import fuzz

__all__ = ["COUNT", "Pair", "Row", "altered", "jaccard", "near_misses", "plain", "read_rows"]

COUNT = 1000
Row = dict[str, Any]
_Alteration = Callable[[Row, Random], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, whether they are of the same work, and how the pair was made."""

    first: Row
    second: Row
    same: bool
    kind: str


def read_rows(folder: Path, pattern: str = "*.jsonl.gz") -> list[Row]:
    """Return the rows of a folder's files, in the order of their names."""
    rows: list[Row] = []
    for path in sorted(folder.glob(pattern)):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            rows += map(json.loads, stream)
    return rows


def plain(text: str) -> str:
    """Return the letters and digits of a text, lower-case, single-spaced, without accents."""
    return " ".join(re.findall(r"[^\W_]+", _bare(text).casefold()))


def jaccard(first: str, second: str) -> float:
    """Return the share of common words among all of two texts."""
    one, other = set(plain(first).split()), set(plain(second).split())
    return len(one & other) / max(1, len(one | other))


def _bare(text: str) -> str:
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _usable(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that a pair can be made of: whole, and no notices of withdrawal."""
    return [
        row
        for row in rows
        if row["authors"]
        and row["year"]
        and len(row["title"]) >= 20
        and len(row["abstract"]) >= 350
        and not re.search("withdrawn|retracted", row["abstract"][:300], re.IGNORECASE)
    ]


# --- the same work, as another source gives it -------------------------------------------

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon theta lambda mu nu pi rho sigma tau phi chi psi omega"
)
_GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεθλμνπρστφχψω", strict=True))
_SIGNS = {"times": "×", "pm": "±", "sim": "∼", "approx": "≈", "rightarrow": "→", "le": "≤"}
_SIGNS |= {"leq": "≤", "ge": "≥", "geq": "≥", "infty": "∞", "circ": "°", "cdot": "·"} | _GREEK
_SUBSCRIPTS = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_SUPERSCRIPTS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_COPYRIGHTS = (
    " © {year} Elsevier B.V. All rights reserved.",
    " ©{year} American Physical Society",
    " Copyright {year} Wiley-VCH Verlag GmbH & Co. KGaA, Weinheim.",
    " (C) {year} The Author(s). Published by IOP Publishing Ltd.",
    " © {year} American Institute of Physics.",
)
_SYNONYM_PAIRS = """
    study investigation, effect influence, effects influence, properties behavior,
    observation evidence, theory description, evidence signatures, role importance,
    investigation study, structure arrangement, novel new, dynamics kinetics, magnetic spin,
    transport conduction, films layers, formation emergence, transition transformation,
    model approach, induced driven, high large, using with, electronic electron
"""
_SYNONYMS = dict(pair.split() for pair in _SYNONYM_PAIRS.split(","))
_VERSION_TWO = (
    "We also compare our results with recent work.",
    "The robustness of these findings is discussed.",
    "Further measurements support this picture.",
)


def _both(row: Row, change: Callable[[str], str]) -> None:
    row["title"], row["abstract"] = change(row["title"]), change(row["abstract"])


def _title_case(row: Row, rng: Random) -> None:
    title = row["title"]
    upper = rng.random() < 0.5 and "$" not in title
    words = re.compile(r"(?<![\w\\])[a-z](?=[a-z]{3})")
    row["title"] = title.upper() if upper else words.sub(lambda one: one[0].upper(), title)


def _latex_unicode(row: Row, rng: Random) -> None:
    _both(row, lambda text: re.sub(r"\$([^$]{1,200})\$", _formula_unicode, text))


def _formula_unicode(match: re.Match[str]) -> str:
    text = re.sub(r"\\(?:mathrm|rm|text|mathbf|it|bf)\b\s*", "", match.group(1))
    text = re.sub(r"\\([a-z]+)\s*", lambda one: _SIGNS.get(one[1], one[1]), text)
    text = re.sub(r"_\{?([\d+-]+)\}?", lambda one: one[1].translate(_SUBSCRIPTS), text)
    text = re.sub(r"\^\{?([\d+-]+)\}?", lambda one: one[1].translate(_SUPERSCRIPTS), text)
    return re.sub(r"[{}\\_^]", "", text)


def _latex_plain(row: Row, rng: Random) -> None:
    if "$" in row["abstract"] + row["title"]:
        _both(row, LatexNodes2Text(math_mode="text").latex_to_text)


def _latex_stripped(row: Row, rng: Random) -> None:
    if rng.random() < 0.3:
        row["abstract"] = re.sub(r"\$[^$]{1,200}\$", " ", row["abstract"])
    if "$" in row["abstract"] + row["title"]:
        _both(row, lambda text: re.sub(r"[${}\\_^]", "", text))


def _punctuation(row: Row, rng: Random) -> None:
    table = str.maketrans({"-": rng.choice("‐–−"), "'": "’", "`": "‘", '"': "”"})
    _both(row, lambda text: text.translate(table))
    if ": " in row["title"]:
        row["title"] = row["title"].replace(": ", rng.choice([" – ", ". ", " - "]))
    row["title"] += rng.choice(["", "."])


def _copyright(row: Row, rng: Random) -> None:
    row["abstract"] += rng.choice(_COPYRIGHTS).format(year=row["year"])


def _label(row: Row, rng: Random) -> None:
    row["abstract"] = rng.choice(["Abstract ", "ABSTRACT: ", "Abstract. "]) + row["abstract"]


def _markup(row: Row, rng: Random) -> None:
    def tagged(text: str) -> str:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return re.sub(r"\$?_\{?(\d+)\}?\$?", r"<sub>\1</sub>", text)

    _both(row, tagged)
    first, _, rest = row["title"].partition(" ")
    row["title"] = f"<i>{first}</i> {rest}"
    row["abstract"] = rng.choice(
        ["<jats:title>Abstract</jats:title><jats:p>{}</jats:p>", "<p>{}</p>"]
    ).format(row["abstract"])


def _initials(row: Row, rng: Random) -> None:
    row["authors"] = [_short(name, last_first=False) for name in row["authors"]]


def _surname_first(row: Row, rng: Random) -> None:
    short = rng.random() < 0.5
    row["authors"] = [
        _short(name, last_first=True) if short else _turned(name) for name in row["authors"]
    ]


def _short(name: str, *, last_first: bool) -> str:
    *given, last = _unquoted(name).split() or [name]
    letters = " ".join(f"{one[0].upper()}." for one in given)
    return f"{last}, {letters}".strip(", ") if last_first else f"{letters} {last}".strip()


def _turned(name: str) -> str:
    *given, last = _unquoted(name).split() or [name]
    return f"{last}, {' '.join(given)}".strip(", ")


def _unquoted(name: str) -> str:
    return re.sub(r"\([^)]*\)|\\[a-z]?(?=\W)|[{}\"'`^~=]", "", name)


def _accents_dropped(row: Row, rng: Random) -> None:
    row["authors"] = [_bare(_unquoted(name)) for name in row["authors"]]


def _authors_truncated(row: Row, rng: Random) -> None:
    row["authors"] = row["authors"][: rng.randint(1, max(1, len(row["authors"]) - 1))]


def _authors_missing(row: Row, rng: Random) -> None:
    row["authors"] = []


def _year_later(row: Row, rng: Random) -> None:
    row["year"] += 1


def _truncated(row: Row, rng: Random) -> None:
    text = row["abstract"]
    row["abstract"] = text[: int(len(text) * rng.uniform(0.6, 0.9))] + rng.choice(["", "…", "..."])


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[a-z\d)][.?!])\s+(?=[A-Z])", text)


def _sentence_changed(row: Row, rng: Random) -> None:
    sentences = _sentences(row["abstract"])
    if len(sentences) < 4:
        return
    place = rng.randrange(1, len(sentences))
    if rng.random() < 0.5:
        del sentences[place]
    else:
        sentences[place] = _reworded(sentences[place], rng, 4)
    row["abstract"] = " ".join(sentences)


def _version_two(row: Row, rng: Random) -> None:
    text = _numbers_changed(row["abstract"], rng, 0.3)
    row["abstract"] = f"{_reworded(text, rng, 2)} {rng.choice(_VERSION_TWO)}"


def _numbers_changed(text: str, rng: Random, share: float) -> str:
    def other(match: re.Match[str]) -> str:
        digits = "".join(rng.choice("123456789") for _ in match.group())
        return digits if rng.random() < share else match.group()

    return re.sub(r"(?<![\w_{$^])\d+(?![\w}])", other, text)


def _reworded(text: str, rng: Random, most: int) -> str:
    words = text.split()
    places = [at for at, word in enumerate(words) if word.casefold() in _SYNONYMS]
    for at in rng.sample(places, min(most, len(places))):
        other = _SYNONYMS[words[at].casefold()]
        words[at] = other.capitalize() if words[at][0].isupper() else other
    return " ".join(words)


def _title_changed(row: Row, rng: Random) -> None:
    main, mark, _ = row["title"].partition(": ")
    long = mark and len(main.split()) >= 4
    row["title"] = main if long else _reworded(row["title"], rng, 2)


def _no_abstract(row: Row, rng: Random) -> None:
    row["abstract"] = ""


_ALTERATIONS: dict[str, _Alteration] = {
    "title_changed": _title_changed,
    "version_two": _version_two,
    "sentence_changed": _sentence_changed,
    "truncated": _truncated,
    "latex_unicode": _latex_unicode,
    "latex_plain": _latex_plain,
    "latex_stripped": _latex_stripped,
    "title_case": _title_case,
    "punctuation": _punctuation,
    "markup": _markup,
    "copyright": _copyright,
    "label": _label,
    "initials": _initials,
    "surname_first": _surname_first,
    "accents_dropped": _accents_dropped,
    "authors_truncated": _authors_truncated,
    "authors_missing": _authors_missing,
    "year_later": _year_later,
    "no_abstract": _no_abstract,
}
_ORDER = list(_ALTERATIONS)
_EXCLUSIVE = (
    {"latex_unicode", "latex_plain", "latex_stripped", "markup"},
    {"truncated", "sentence_changed", "no_abstract"},
    {"initials", "surname_first", "accents_dropped", "authors_truncated", "authors_missing"},
    {"no_abstract", "title_changed"},
    {"no_abstract", "authors_missing"},
    {"no_abstract", "version_two"},
    {"no_abstract", "copyright"},
    {"no_abstract", "label"},
)


def altered(rows: Sequence[Row], rng: Random) -> list[Pair]:
    """Return 1,000 papers, each beside itself as another source gives it.

    Each alteration leads as often as the others; half of the pairs have one to three more.
    """
    pairs: list[Pair] = []
    usable = _usable(rows)
    for row in rng.sample(usable, len(usable)):
        second = _other_source(row, rng)
        kinds = _kinds(_ORDER[len(pairs) % len(_ORDER)], rng)
        if _alter(second, kinds, rng):
            pairs.append(Pair(_preprint(row), second, True, "+".join(kinds)))
        if len(pairs) == COUNT:
            break
    return pairs


def _kinds(leading: str, rng: Random) -> list[str]:
    kinds = [leading]
    for other in rng.sample(_ORDER, rng.randint(1, 3) if rng.random() < 0.5 else 0):
        if not any(other in group and group & set(kinds) for group in _EXCLUSIVE):
            kinds.append(other)
    return kinds


def _alter(row: Row, kinds: list[str], rng: Random) -> bool:
    """Alter a row, and say whether the leading alteration changed anything."""
    effective = False
    for kind in sorted(kinds, key=_ORDER.index):
        before = dict(row)
        _ALTERATIONS[kind](row, rng)
        effective |= kind == kinds[0] and row != before
    return effective


def _preprint(row: Row) -> Row:
    """Return a row without the journal's DOI where it has an id besides."""
    return row if row["id"].startswith("doi:") else row | {"doi": None}


def _other_source(row: Row, rng: Random) -> Row:
    """Return a row under ids that `_preprint` of it has not."""
    journal = None if row["id"].startswith("doi:") else row["doi"]
    other = f"doi:{journal}" if journal else _new_id(rng)
    return row | {"id": other, "doi": journal, "date": None, "source": "OpenAlex"}


def _new_id(rng: Random) -> str:
    return f"openalex:W{rng.randrange(10**9, 10**10)}"


# --- two works that look alike ------------------------------------------------------------

_NOTICE = re.compile(r"^(?:comments? on|reply to|erratum|response to)\b\W*", re.IGNORECASE)
_GENERIC = ("Editorial", "Superconductivity", "Preface", "Magnetic properties", "Perspective")
_NOTICES = ('Comment on "{}"', "Reply to \"Comment on '{}'\"", "Erratum: {}", "Erratum to: {}")
_PARTS = ("{} I", "{}. II"), ("{}: Part I", "{}: Part II"), ("{}, I", "{}, III"), ("{}", "{} II")
_SWAPS = "Ga In,Mo W,S Se,Sr Ba,Cu Ag,Fe Co,Ti Zr,La Nd,Mn Cr,Si Ge,As Sb,Y Lu,Mg Zn,Li Na,Pb Sn"
_SWAPS += ",Ru Ir,Pt Pd,Ni Rh,Ca Cd,Bi Tl,V Nb,Al Sc,Ce Yb,N P,Te O,K Rb,C B"
_ELEMENTS = dict(pair.split() for pair in _SWAPS.split(","))
_ELEMENTS |= {other: one for one, other in _ELEMENTS.items()}
_AMOUNT = r"(?:\$?_?\{?\d[\d.]*\}?\$?)?"
_SYMBOL = "(?:" + "|".join(sorted(_ELEMENTS, key=len, reverse=True)) + ")"
_FORMULA = re.compile(rf"(?<![A-Za-z])(?:{_SYMBOL}{_AMOUNT}){{2,}}(?![A-Za-z])")


def near_misses(rows: Sequence[Row], rng: Random) -> list[Pair]:
    """Return 1,000 pairs of distinct works that look alike.

    Of each kind at most a share: real papers of one first author with the most similar
    titles, real comments and errata, real papers of the same authors and year, and made
    ones, which take what must differ from a third paper.
    """
    usable = _usable(rows)
    groups = _by_first_author(usable)
    chosen = list(groups.values())
    rng.shuffle(chosen)
    made = [
        ("generic_title", _generic_titles(usable, rng), 70),
        ("made_part", _made_parts(chosen, rng), 100),
        ("made_notice", _made_notices(chosen[::-1], rng), 110),
        ("sibling", _siblings(usable, rng), 130),
        ("same_authors", _same_authors(chosen), 100),
        ("real_notice", _real_notices(rows), 90),
        ("similar_title", _similar_titles(groups), COUNT),
    ]
    pairs: list[Pair] = []
    for kind, found, most in made:
        for _, (first, second) in zip(range(min(most, COUNT - len(pairs))), found, strict=False):
            pairs.append(Pair(first, second, False, kind))
    return pairs


def _by_first_author(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each first author who has two to forty."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        names = plain(row["authors"][0]).split()
        if len(names) > 1:
            groups[f"{names[-1]} {names[0][0]}"].append(row)
    return {name: group for name, group in groups.items() if 2 <= len(group) <= 40}


def _distinct(first: Row, second: Row) -> bool:
    """Say whether two real rows are of distinct works, as far as can be told.

    Both are from arXiv, where versions of one work share an id: a preprint beside a journal's
    record of it would not be seen.
    """
    ids = {first["id"], second["id"]}
    return (
        len(ids) == 2
        and all(one.startswith("arxiv:") for one in ids)
        and not (first["doi"] and first["doi"] == second["doi"])
        and plain(first["title"]) != plain(second["title"])
        and jaccard(first["abstract"], second["abstract"]) <= 0.6
    )


def _similar_titles(groups: dict[str, list[Row]]) -> Iterator[tuple[Row, Row]]:
    """Yield distinct papers of one first author and near years, most similar titles first."""
    found: list[tuple[float, str, str, Row, Row]] = []
    for group in groups.values():
        titles = [plain(row["title"]) for row in group]
        for one, other in combinations(range(len(group)), 2):
            first, second = group[one], group[other]
            if abs(first["year"] - second["year"]) <= 2:
                score = fuzz.token_sort_ratio(titles[one], titles[other], score_cutoff=75)
                if score:
                    found.append((-score, first["id"], second["id"], first, second))
    found.sort(key=lambda one: one[:3])
    yield from _each_once((first, second) for *_, first, second in found)


def _each_once(pairs: Iterable[tuple[Row, Row]]) -> Iterator[tuple[Row, Row]]:
    """Yield the pairs of distinct works, no row in two of them."""
    seen: set[str] = set()
    for first, second in pairs:
        if not seen & {first["id"], second["id"]} and _distinct(first, second):
            seen |= {first["id"], second["id"]}
            yield first, second


def _real_notices(rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Yield the papers that a comment, a reply or an erratum names in its title."""
    titles = {plain(row["title"]): row for row in rows}
    for title, row in list(titles.items()):
        original = titles.get(plain(_NOTICE.sub("", _NOTICE.sub("", row["title"]))))
        named = original and _NOTICE.match(row["title"]) and len(title) > 25
        if original and named and _distinct(original, row):
            yield original, row


def _same_authors(groups: Iterable[list[Row]]) -> Iterator[tuple[Row, Row]]:
    """Yield papers of the same authors and year."""
    pairs = (pair for group in groups for pair in combinations(group, 2))
    yield from _each_once(
        (first, second)
        for first, second in pairs
        if first["year"] == second["year"] and first["authors"] == second["authors"]
    )


def _work(row: Row, rng: Random, **changes: object) -> Row:
    """Return a row of another work, made of this one."""
    return row | {"id": _new_id(rng), "doi": None, "date": None} | changes


def _generic_titles(rows: Sequence[Row], rng: Random) -> Iterator[tuple[Row, Row]]:
    while True:
        first, second = rng.sample(rows, 2)
        if plain(first["authors"][0]) != plain(second["authors"][0]):
            title = rng.choice(_GENERIC)
            yield _work(first, rng, title=title), _work(second, rng, title=title)


def _made_parts(groups: Iterable[list[Row]], rng: Random) -> Iterator[tuple[Row, Row]]:
    for first, other in _each_once((group[0], group[1]) for group in groups):
        one, two = rng.choice(_PARTS)
        title = first["title"].rstrip(".")
        part = _work(first, rng, title=one.format(title))
        yield part, _work(part, rng, title=two.format(title), abstract=other["abstract"])


def _made_notices(groups: Iterable[list[Row]], rng: Random) -> Iterator[tuple[Row, Row]]:
    for first, other in _each_once((group[0], group[-1]) for group in groups):
        form = rng.choice(_NOTICES)
        short = " ".join(_sentences(other["abstract"])[:2])
        whose = other if form.startswith("Comment") else first
        changes = {"title": form.format(first["title"]), "abstract": short}
        yield first, _work(first, rng, authors=whose["authors"], **changes)


def _siblings(rows: Sequence[Row], rng: Random) -> Iterator[tuple[Row, Row]]:
    """Yield papers beside the same study of another material, with other numbers."""
    for row in rng.sample(rows, len(rows)):
        title = _FORMULA.sub(_other_material, row["title"])
        abstract = _FORMULA.sub(_other_material, row["abstract"])
        if title != row["title"] and abstract != row["abstract"]:
            yield row, _work(row, rng, title=title, abstract=_numbers_changed(abstract, rng, 1.0))


def _other_material(match: re.Match[str]) -> str:
    """Return a formula with its first element replaced by a related one."""
    return re.sub(_SYMBOL, lambda one: _ELEMENTS[one.group()], match.group(), count=1)
