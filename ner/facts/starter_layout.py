"""How facts are laid out in the starter pack, and which stay where not all fit.

Papers are in the order of their ids, everything else in the order of its paper and text, so
that only differences need be stored. What claims and quantities are about are `mentions`, each
stored once: an offset, a length and a word; claims and quantities point to those of their paper.
All strings are numbers of one list of words, the commonest first, where a byte is enough; a
length is that by which the mention differs from the usual ones of its word.

What goes first where not all fits: the facts that are worth least. A fact is worth its score
times 1 + log2(papers that say the same) / 4, so that eight papers of a middling score weigh
as much as one that is sure; a quantity (same material and property) twice that, for there are
fewer of them and each says more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .starter_columns import SCORE_STEPS, FactColumns, Numbering, starts_of_runs
from .starter_conditions import PackedConditions
from .starter_tables import MISSING, table_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Columns = dict[str, Numbers]

__all__ = [
    "CLAIM_COLUMNS",
    "COMMON",
    "QUANTITY_COLUMNS",
    "TABLES",
    "Layout",
    "PaperRow",
    "lay_out",
    "worth",
]

TABLES = ("words", "papers", "mentions", "rare", "claims", "quantities", "conditions", "held")

CLAIM_COLUMNS = ("subject", "object", "type", "modality", "score")
QUANTITY_COLUMNS = ("step", "length", "material", "property", "comparator", "unit", "modality",
                    "score", "conditions", "value", "value_power", "value_max",
                    "value_max_power", "std", "std_power")  # fmt: skip

_QUANTITY_WORTH = 2.0
COMMON = 255
"""So many words are common: theirs is a byte, and this byte says that a rare one follows."""


class PaperRow(NamedTuple):
    """What is known of a paper."""

    id: str
    year: int | None
    license: str | None


class Layout(NamedTuple):
    """The files of a pack by table, how many things they hold, and the papers of these."""

    files: dict[str, bytes]
    counts: dict[str, int]
    papers: list[PaperRow]


def worth(facts: FactColumns) -> "NDArray[np.float64]":
    """Return what each fact is worth, claims before quantities."""
    import numpy as np

    claims, quantities = facts.claims, facts.quantities
    parts = []
    if claims:
        support = _papers_that_say(claims, ("type", "subject", "object"))
        parts.append(claims["score"] / SCORE_STEPS * _weight(support))
    if quantities:
        support = _papers_that_say(quantities, ("material", "property"))
        parts.append(_QUANTITY_WORTH * quantities["score"] / SCORE_STEPS * _weight(support))
    return np.concatenate(parts) if parts else np.zeros(0)


def _weight(support: "Numbers") -> "NDArray[np.float64]":
    import numpy as np

    return np.asarray(1 + np.log2(support) / 4, dtype=np.float64)


def _papers_that_say(columns: "Columns", said: Sequence[str]) -> "Numbers":
    """Return for each row how many papers say the same."""
    import numpy as np

    keys = [columns[name] for name in said]
    order = np.lexsort([columns["paper"], *reversed(keys)])
    sorted_keys = [key[order] for key in keys]
    group = np.cumsum(starts_of_runs(sorted_keys)) - 1
    papers = np.bincount(group[starts_of_runs([*sorted_keys, columns["paper"][order]])])
    found = np.empty(len(order), dtype=np.int64)
    found[order] = papers[group]
    return found


def lay_out(
    facts: FactColumns, papers: Sequence[PaperRow], kept: "NDArray[np.bool_] | None" = None
) -> Layout:
    """Return the files of a pack.

    Args:
        facts: whose papers are positions in `papers`.
        papers: all that facts come from; those of no fact are left out.
        kept: which facts stay, claims before quantities; None for all.
    """
    import numpy as np

    claims, quantities = _selected(facts, kept)
    listed = _rank_papers(papers, claims, quantities)
    conditions = PackedConditions(facts, quantities)
    counts = _word_counts(facts, claims, quantities, conditions, listed)
    words = _renumber(facts, counts, claims, quantities)
    materials = len(np.unique(_joined([claims, quantities], ["subject", "material"])))
    mentions = _mentions(claims, quantities)
    usual = _usual_lengths(mentions, len(words.listed()))
    claims = _ordered(claims, ("paper", "subject", "object", "type"))
    quantities = _ordered(quantities, ("paper", "start", "material", "property"))
    tables: dict[str, Mapping[str, Numbers | Sequence[str]]] = {
        "words": {"word": words.listed(), "length": usual},
        "papers": _paper_table(listed, words, mentions, claims, quantities),
        "mentions": _mention_table(mentions, usual),
        "rare": {"word": mentions["word"][mentions["word"] >= COMMON]},
        "claims": _claim_table(claims),
        "quantities": _quantity_table(quantities, conditions),
        "conditions": conditions.table(words),
        "held": {"condition": conditions.held(quantities)},
    }
    return Layout(
        files={name: table_bytes(tables[name]) for name in TABLES},
        counts={
            "papers": len(listed),
            "materials": materials,
            "claims": len(claims.get("paper", ())),
            "quantities": len(quantities.get("paper", ())),
            "mentions": len(mentions["paper"]),
            "words": len(words.listed()),
        },
        papers=listed,
    )


def _selected(facts: FactColumns, kept: "NDArray[np.bool_] | None") -> "tuple[Columns, Columns]":
    """Return copies of the columns, of the facts that stay."""
    claims, quantities = facts.claims, facts.quantities
    if kept is None:
        return dict(claims), dict(quantities)
    first = len(claims.get("paper", ()))
    return (
        {name: column[kept[:first]] for name, column in claims.items()},
        {name: column[kept[first:]] for name, column in quantities.items()},
    )


def _rank_papers(
    papers: Sequence[PaperRow], claims: "Columns", quantities: "Columns"
) -> list[PaperRow]:
    """Return the papers that are used by their ids, and renumber the columns so."""
    import numpy as np

    used = np.unique(_joined([claims, quantities], ["paper"]))
    places = sorted(used.tolist(), key=lambda place: papers[place].id)
    rank = np.full(len(papers), -1, dtype=np.int64)
    rank[places] = np.arange(len(places))
    for columns in (claims, quantities):
        if columns:
            columns["paper"] = rank[columns["paper"]]
    return [papers[place] for place in places]


def _joined(parts: "Sequence[Columns]", names: Sequence[str]) -> "Numbers":
    """Return the columns of these names one after the other."""
    import numpy as np

    found = [columns[name] for columns in parts for name in names if name in columns]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _word_counts(
    facts: FactColumns,
    claims: "Columns",
    quantities: "Columns",
    conditions: "PackedConditions",
    papers: Sequence[PaperRow],
) -> Counter[str]:
    """Count how often each string is used."""
    import numpy as np

    names = ("subject", "object", "material", "property", "unit")
    used = np.bincount(_joined([claims, quantities], names), minlength=len(facts.words))
    counts = Counter({facts.words[k]: int(used[k]) for k in np.flatnonzero(used)})
    for condition in conditions.listed:
        counts.update(filter(None, (condition.name, condition.unit)))
        if isinstance(condition.value, str):
            counts[condition.value] += 1
    counts.update(paper.license for paper in papers if paper.license)
    return counts


def _renumber(
    facts: FactColumns, counts: Counter[str], claims: "Columns", quantities: "Columns"
) -> Numbering[str]:
    """Number the words of the pack anew, the commonest first, and the columns with them."""
    import numpy as np

    common = {word for word, _ in counts.most_common(COMMON)}
    words = Numbering(sorted(counts, key=lambda word: (word not in common, word)))
    numbers = np.array([words.get(word) for word in facts.words], dtype=np.int64)
    for columns in (claims, quantities):
        for name in ("subject", "object", "material", "property", "unit"):
            if name in columns:
                columns[name] = numbers[columns[name]]
    return words


def _mentions(claims: "Columns", quantities: "Columns") -> "Columns":
    """Return what facts are about, each (paper, span, word) once, and let the columns point there.

    The columns of claims and quantities become positions among the mentions of their paper.
    """
    import numpy as np

    sides = [(claims, name) for name in ("subject", "object") if claims]
    sides += [(quantities, name) for name in ("material", "property") if quantities]
    keys = {"paper": _sides(sides, "paper"), "start": _sides(sides, "_start"),
            "length": _sides(sides, "_length"), "word": _sides(sides, "")}  # fmt: skip
    order = np.lexsort([*reversed(keys.values())])
    in_order = {name: key[order] for name, key in keys.items()}
    first = starts_of_runs([*in_order.values()])
    found = {name: key[first] for name, key in in_order.items()}
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(first) - 1 - _first_of_paper(found["paper"])[in_order["paper"]]
    place = 0
    for columns, name in sides:
        size = len(columns[name])
        columns[name] = number[place : place + size]
        place += size
    return found


def _sides(sides: "Sequence[tuple[Columns, str]]", what: str) -> "Numbers":
    """Return one column of all sides: their papers, words (nothing to add) or spans."""
    import numpy as np

    found = [columns[what if what == "paper" else side + what] for columns, side in sides]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _first_of_paper(papers: "Numbers") -> "Numbers":
    """Return by paper the position of its first row, in rows that are in their order."""
    import numpy as np

    return np.searchsorted(papers, np.arange(int(papers[-1]) + 1 if len(papers) else 0))


def _ordered(columns: "Columns", names: Sequence[str]) -> "Columns":
    import numpy as np

    if not columns:
        return columns
    order = np.lexsort([columns[name] for name in reversed(names)])
    return {name: column[order] for name, column in columns.items()}


def _steps(papers: "Numbers", starts: "Numbers") -> "Numbers":
    """Return offsets as differences from the row before, within a paper."""
    import numpy as np

    steps = starts.copy()
    if len(steps):
        same = np.flatnonzero(papers[1:] == papers[:-1]) + 1
        steps[same] -= starts[same - 1]
    return steps


def _usual_lengths(mentions: "Columns", words: int) -> "Numbers":
    """Return by word the commonest length of its mentions; nought for what is none."""
    import numpy as np

    word, length = mentions["word"], mentions["length"]
    order = np.lexsort([length, word])
    first = np.flatnonzero(starts_of_runs([word[order], length[order]]))
    times = np.diff(np.append(first, len(order)))
    usual = np.zeros(words, dtype=np.int64)
    rarest_first = first[np.argsort(times, kind="stable")]
    usual[word[order][rarest_first]] = length[order][rarest_first]  # the last one written stays
    return usual


def _mention_table(mentions: "Columns", usual: "Numbers") -> "Columns":
    import numpy as np

    word = mentions["word"]
    steps = _steps(mentions["paper"], mentions["start"])
    common = word < COMMON
    return {
        "step": steps,
        "length": mentions["length"] - usual[word],
        "common": np.where(common, word, COMMON),
    }


def _claim_table(claims: "Columns") -> "Columns":
    """Return the columns of claims: subjects as steps from the claim before.

    Objects are steps from the one before of the same subject, the first one from the subject.
    """
    if not claims:
        return _empty(CLAIM_COLUMNS)
    import numpy as np

    table = {name: claims[name] for name in CLAIM_COLUMNS}
    table["subject"] = _steps(claims["paper"], claims["subject"])
    objects = claims["object"] - claims["subject"]
    same = ~starts_of_runs([claims["paper"], claims["subject"]])
    objects[same] = np.diff(claims["object"], prepend=0)[same]
    table["object"] = objects
    return table


def _paper_table(
    papers: Sequence[PaperRow],
    words: Numbering[str],
    mentions: "Columns",
    claims: "Columns",
    quantities: "Columns",
) -> "dict[str, Numbers | Sequence[str]]":
    import numpy as np

    licenses = [words.get(paper.license) if paper.license else MISSING for paper in papers]
    years = [MISSING if paper.year is None else paper.year for paper in papers]
    table: dict[str, Numbers | Sequence[str]] = {
        "id": [paper.id for paper in papers],
        "year": np.array(years, dtype=np.int64),
        "license": np.array(licenses, dtype=np.int64),
    }
    for name, rows in (("mentions", mentions), ("claims", claims), ("quantities", quantities)):
        table[name] = np.bincount(_joined([rows], ["paper"]), minlength=len(papers))
    return table


def _quantity_table(quantities: "Columns", conditions: "PackedConditions") -> "Columns":
    if not quantities:
        return _empty(QUANTITY_COLUMNS)
    table = {name: quantities[name] for name in QUANTITY_COLUMNS if name in quantities}
    table["step"] = _steps(quantities["paper"], quantities["start"])
    table["conditions"] = conditions.sizes(quantities)
    return table


def _empty(names: Sequence[str]) -> "Columns":
    import numpy as np

    return {name: np.zeros(0, dtype=np.int64) for name in names}
