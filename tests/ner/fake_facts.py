"""A tagger, a linker and a finder of facts by patterns, which need no model."""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from matlore.records import Condition, Mention, Paper
from ner.facts.parts import FoundQuantity, PaperFacts, Relation, Value
from ner.labels import Span

__all__ = ["PatternFinder", "PatternTagger", "SpellingLinker"]


class PatternTagger:
    """Finds tin tellurides.

    Args:
        bad: a text with this word raises an error.
    """

    version = "pattern-1"

    def __init__(self, bad: str = "venom") -> None:
        self._bad = bad

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        if any(self._bad in text for text in texts):
            raise RuntimeError("a tensor of the wrong shape")
        return [[Span(*m.span(), "MAT", 0.5) for m in re.finditer(r"Sn\d*Te\d*", t)] for t in texts]


class SpellingLinker:
    """Names a material as it is written."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        return [text[span.start : span.end] for span in spans]


@dataclass
class PatternFinder:
    """Every number is the band gap of the first material, and each material is doped by the next.

    Attributes:
        version: as finders have one.
        bad: a text with this word raises an error.
        deadly: a text with this word ends the process.
        pause: seconds a paper.
    """

    version: str = "pattern-1"
    bad: str = "poison"
    deadly: str = "no such word"
    pause: float = 0.0

    def find(self, paper: Paper, mentions: Sequence[Mention]) -> PaperFacts:
        if self.bad in paper.text:
            raise RuntimeError("a number of the wrong kind")
        if self.deadly in paper.text:
            os._exit(9)
        if self.pause:
            time.sleep(self.pause)
        first = 0 if mentions else None
        quantities = tuple(
            FoundQuantity(
                Value(*match.span(), float(match[1]), "eV"),
                first,
                None,
                "band_gap",
                (Condition("temperature", 300.0, None, "K"), Condition("phase", "cubic")),
                score=0.5,
            )
            for match in re.finditer(r"(?<!\d)(\d+\.\d+) eV", paper.text)
        )
        pairs = range(len(mentions) - 1)
        relations = tuple(Relation("DOPED_WITH", k, k + 1, score=0.75) for k in pairs)
        return PaperFacts(tuple(mentions), relations, quantities)
