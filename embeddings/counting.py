"""One pass over staged papers that counts what they name together."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matlore.progress import Progress, no_progress
from ner.formulas import is_formula_key
from ner.tokens import training_tokens

if TYPE_CHECKING:
    from .stage import StagedPaper

__all__ = ["MAX_APPLICATIONS", "UNKNOWN_YEAR", "PhraseFinder", "Tally"]

UNKNOWN_YEAR = 0
MAX_APPLICATIONS = 254
_TELL_EVERY = 1000
# A count's key: position of the material, 8 bits of what, 14 bits of year.
_WHAT_SHIFT, _MATERIAL_SHIFT = 14, 22
_YEARS = 1 << _WHAT_SHIFT


class PhraseFinder:
    """Finds which of several lists of words and phrases a token list holds."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        self._singles: dict[str, list[int]] = {}
        self._longer: dict[str, list[tuple[list[str], int]]] = {}
        for position, phrases in enumerate(lists):
            for phrase in phrases:
                self._add(training_tokens(phrase), position)

    def _add(self, tokens: list[str], position: int) -> None:
        if len(tokens) == 1:
            self._singles.setdefault(tokens[0], []).append(position)
        elif tokens:
            self._longer.setdefault(tokens[0], []).append((tokens, position))

    def find(self, tokens: Sequence[str], distinct: set[str]) -> set[int]:
        """Return the positions of the lists with a word or phrase in `tokens`.

        Args:
            tokens: the tokens of a text, in order.
            distinct: the same without order.
        """
        found: set[int] = set()
        for word in self._singles.keys() & distinct:
            found.update(self._singles[word])
        if starts := self._longer.keys() & distinct:
            for k, token in enumerate(tokens):
                if token in starts:
                    found.update(p for phrase, p in self._longer[token] if _at(tokens, k, phrase))
        return found


def _at(tokens: Sequence[str], position: int, phrase: list[str]) -> bool:
    """Tell whether a phrase stands at a position of a token list."""
    return tokens[position : position + len(phrase)] == phrase


class Tally:
    """Counts papers by material, application and year.

    Args:
        applications: the words and phrases of each application.
        only_about_them: count no paper that says nothing of the applications, and no
            material without an application.

    Raises:
        ValueError: more than 254 applications.
    """

    def __init__(
        self, applications: Sequence[Sequence[str]], *, only_about_them: bool = False
    ) -> None:
        if len(applications) > MAX_APPLICATIONS:
            raise ValueError(f"at most {MAX_APPLICATIONS} applications can be counted")
        self._finder = PhraseFinder(applications)
        self._only_about_them = only_about_them
        self._numbers: dict[int, int] = {}
        self._positions: dict[str, int] = {}  # -1 for tokens that are no material
        self.materials: list[str] = []
        self.papers = 0

    def add_all(self, papers: "Iterable[StagedPaper]", *, progress: Progress = no_progress) -> None:
        """Count papers."""
        for paper in papers:
            self.add(paper.tokens, paper.year)
            self.papers += 1
            if self.papers % _TELL_EVERY == 0:
                progress(_TELL_EVERY)
        progress(self.papers % _TELL_EVERY)

    def add(self, tokens: Sequence[str], year: int | None) -> None:
        """Count one paper."""
        distinct = set(tokens)
        codes = [1 + position for position in self._finder.find(tokens, distinct)]
        if not self._only_about_them:
            codes.append(0)
        if not codes:
            return
        when = year if year is not None and 0 < year < _YEARS else UNKNOWN_YEAR
        for token in distinct:
            position = self._position(token)
            if position >= 0:
                for code in codes:
                    key = (position << _MATERIAL_SHIFT) | (code << _WHAT_SHIFT) | when
                    self._numbers[key] = self._numbers.get(key, 0) + 1

    def table(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int16], NDArray[np.int32]]:
        """Return material, what (0 or 1 + application), year and papers of each row."""
        size = len(self._numbers)
        keys = np.fromiter(self._numbers.keys(), dtype=np.int64, count=size)
        return (
            keys >> _MATERIAL_SHIFT,
            ((keys >> _WHAT_SHIFT) & 0xFF).astype(np.uint8),
            (keys & (_YEARS - 1)).astype(np.int16),
            np.fromiter(self._numbers.values(), dtype=np.int32, count=size),
        )

    def _position(self, token: str) -> int:
        position = self._positions.get(token)
        if position is None:
            position = len(self.materials) if is_formula_key(token) else -1
            self._positions[token] = position
            if position >= 0:
                self.materials.append(token)
        return position
