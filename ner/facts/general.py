"""Reads `relations_general` (Dagdelen et al., Nat. Commun. 15, 1418, 2024) and scores as it does.

An abstract has records, each of one material: its name, formula and acronym, and lists of what
it is used in and of its structures or phases. A formula counts as one word, whatever blanks it
has; other strings are compared word by word, and what is counted are the pairs of a formula
and a word, each once an abstract.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matlore.errors import InputError

__all__ = [
    "GeneralRecord",
    "LabelledAbstract",
    "Pairs",
    "folded",
    "gold_pairs",
    "pairs_of",
    "read_general",
    "score",
]

Pairs = frozenset[tuple[str, str]]

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | {"\u00a0": " ", "⋅": "·", "⩽": "≤"})


@dataclass(frozen=True, slots=True)
class GeneralRecord:
    """What annotators wrote about one material; empty strings where they wrote nothing."""

    formula: str
    name: str
    acronym: str
    applications: tuple[str, ...]
    phases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelledAbstract:
    """An abstract with its records."""

    text: str
    records: tuple[GeneralRecord, ...]


def read_general(path: Path) -> list[LabelledAbstract]:
    """Read the abstracts of a file of `relations_general`, in its order.

    Raises:
        InputError: the file is no such file.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            return [_abstract(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not a file of relations_general ({error!r}); give the path of its train.jsonl"
        ) from error


def _abstract(row: Mapping[str, object]) -> LabelledAbstract:
    records = row["records"]
    if not isinstance(records, list):
        raise TypeError("records are no list")
    return LabelledAbstract(str(row["text"]), tuple(_record(record) for record in records))


def _record(record: Mapping[str, object]) -> GeneralRecord:
    return GeneralRecord(
        formula=str(record.get("formula") or "").strip(),
        name=str(record.get("name") or "").strip(),
        acronym=str(record.get("acronym") or "").strip(),
        applications=_strings(record.get("applications")),
        phases=_strings(record.get("structure_or_phase")),
    )


def _strings(value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [value]
    return tuple(text for one in given if one and (text := str(one).strip()))


def folded(text: str) -> str:
    """Return a formula with plain hyphens and blanks, as cleaned texts have them."""
    return " ".join(text.translate(_DASHES).split())


def pairs_of(formula: str, strings: Iterable[str]) -> set[tuple[str, str]]:
    """Return the pairs of a formula and the words of strings."""
    found = {(formula, word) for text in strings for word in re.split(r" +", text) if word}
    return {(one, word) for one, word in found if one != word}


def gold_pairs(abstract: LabelledAbstract, kind: str, *, fold: bool = False) -> Pairs:
    """Return the pairs that annotators found.

    Args:
        abstract: with its records.
        kind: `USED_IN` for applications, `HAS_PHASE` for structures and phases, `name`,
            `acronym`.
        fold: write dashes and blanks as cleaned texts do.
    """
    found: set[tuple[str, str]] = set()
    for record in abstract.records:
        strings = {
            "USED_IN": record.applications,
            "HAS_PHASE": record.phases,
            "name": (record.name,),
            "acronym": (record.acronym,),
        }[kind]
        if record.formula:
            plain = folded if fold else str
            found |= pairs_of(plain(record.formula), map(plain, strings))
    return frozenset(found)


def score(found: Sequence[Pairs], gold: Sequence[Pairs]) -> dict[str, float]:
    """Return precision, recall and F1, counted over all abstracts together."""
    correct = sum(len(one & other) for one, other in zip(found, gold, strict=True))
    retrieved, wanted = sum(map(len, found)), sum(map(len, gold))
    precision = correct / retrieved if retrieved else 0.0
    recall = correct / wanted if wanted else 0.0
    total = precision + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / total if total else 0.0,
        "correct": correct,
        "retrieved": retrieved,
        "gold": wanted,
    }
