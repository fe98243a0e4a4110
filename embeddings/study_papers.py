"""Which papers name a material together with an application, by id.

The counts say how many; this says which, so that a ranking can point at papers on a machine
that does not hold the corpus. Of each pair the earliest few are kept.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from matlore.errors import ArtifactError
from ner.formulas import is_formula_key

from .counting import PhraseFinder

if TYPE_CHECKING:
    from .stage import StagedPaper

__all__ = ["StudyPapers"]

PAPERS_PER_PAIR = 3
_NO_YEAR = 9999
Pairs = dict[str, dict[str, list[tuple[int, str]]]]


class StudyPapers:
    """The earliest papers of each pair of an application and a material."""

    def __init__(self, pairs: Pairs) -> None:
        """Wrap application -> material -> (year, paper id), earliest first."""
        self._pairs = pairs

    @classmethod
    def collect(
        cls, papers: "Iterable[StagedPaper]", applications: Mapping[str, Sequence[str]]
    ) -> "StudyPapers":
        """Go through staged papers once.

        Args:
            papers: read once; the earliest of each pair are kept, whatever their order.
            applications: canonical name to the words and phrases that state it.
        """
        finder, names = PhraseFinder(list(applications.values())), list(applications)
        pairs: Pairs = {name: {} for name in names}
        for paper in papers:
            distinct = set(paper.tokens)
            found = finder.find(paper.tokens, distinct) if paper.n_materials else set()
            materials = [token for token in distinct if is_formula_key(token)] if found else []
            for position in found:
                for material in materials:
                    _keep(
                        pairs[names[position]].setdefault(material, []),
                        (paper.year or _NO_YEAR, paper.id),
                    )
        return cls(pairs)

    def of(self, formula: str, application: str, *, until: int | None = None) -> tuple[str, ...]:
        """Return ids of papers that name both, earliest first, at most three.

        Args:
            formula: the key of a material.
            application: canonical name; none are known of others.
            until: leave out later papers and those without a year.
        """
        found = self._pairs.get(application, {}).get(formula, ())
        return tuple(paper_id for year, paper_id in found if until is None or year <= until)

    def save(self, path: Path) -> None:
        """Write the table as compressed JSON."""
        text = json.dumps(self._pairs, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        temporary = path.with_name(path.name + ".part")
        temporary.write_bytes(zstandard.ZstdCompressor(level=19).compress(text.encode()))
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> "StudyPapers":
        """Read a table written by `save`.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        try:
            return cls(json.loads(zstandard.ZstdDecompressor().decompress(path.read_bytes())))
        except (OSError, zstandard.ZstdError, ValueError) as error:
            raise ArtifactError(
                f"{path}: no readable table of papers ({error}); make it again with"
                " `matlore embeddings train`"
            ) from error


def _keep(kept: list[tuple[int, str]], paper: tuple[int, str]) -> None:
    """Add a paper to the earliest ones, if it is among them."""
    kept.append(paper)
    kept.sort()
    del kept[PAPERS_PER_PAIR:]
