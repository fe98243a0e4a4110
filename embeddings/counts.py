"""How many papers name a material, and how many name it with an application, by year.

The table is made in one pass over the staged corpus and kept beside the vectors. A paper
names a material where its tokens hold the formula key, and is about an application where
they hold any of its words or phrases.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError, NotFoundError
from matlore.progress import Progress, no_progress

from .counting import MAX_APPLICATIONS, UNKNOWN_YEAR, Tally

if TYPE_CHECKING:
    from .stage import StagedPaper

__all__ = ["StudyCounts"]

FORMAT_VERSION = 1
_YEAR_SPAN = 255

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StudyCounts:
    """Papers by material, application and year of publication.

    The rows of material `k` are `starts[k]` to `starts[k + 1]` (excluded): one for each year
    of its papers, and one for each year and application that they name with it.

    Attributes:
        materials: formula keys, sorted.
        applications: canonical names.
        papers: papers that were counted.
        starts: (n + 1,) int64.
        what: (rows,) uint8, 0 for all papers of the material, else 1 + the position of
            an application.
        years: (rows,) int16, 0 where the year is not known.
        numbers: (rows,) int32, papers.
    """

    materials: tuple[str, ...]
    applications: tuple[str, ...]
    papers: int
    starts: Integers
    what: NDArray[np.uint8]
    years: NDArray[np.int16]
    numbers: NDArray[np.int32]

    @classmethod
    def count(
        cls,
        papers: "Iterable[StagedPaper]",
        applications: Mapping[str, Sequence[str]],
        *,
        progress: Progress = no_progress,
    ) -> "StudyCounts":
        """Count staged papers.

        Args:
            papers: read once.
            applications: canonical name to the words and phrases that state it, as texts
                write them.
            progress: called as papers get done.

        Raises:
            ValueError: more than 254 applications.
        """
        tally = Tally(list(applications.values()))
        tally.add_all(papers, progress=progress)
        return cls._sorted(
            tally.materials,
            *tally.table(),
            applications=tuple(applications),
            papers=tally.papers,
        )

    def extended(
        self,
        papers: "Iterable[StagedPaper]",
        applications: Mapping[str, Sequence[str]],
        *,
        progress: Progress = no_progress,
    ) -> "StudyCounts":
        """Return these counts with further applications, counted over the same papers.

        Quicker than counting anew: of `papers`, those may be left out that say nothing
        of the applications.

        Raises:
            ValueError: more than 254 applications in all.
        """
        if len(self.applications) + len(applications) > MAX_APPLICATIONS:
            raise ValueError(f"at most {MAX_APPLICATIONS} applications can be counted")
        tally = Tally(list(applications.values()), only_about_them=True)
        tally.add_all(papers, progress=progress)
        rows, what, years, numbers = tally.table()
        rows, what = rows + len(self.materials), what + np.uint8(len(self.applications))
        materials = [*self.materials, *tally.materials]
        mine = np.repeat(np.arange(len(self.materials)), np.diff(self.starts))
        return self._sorted(
            materials,
            np.concatenate([mine, rows]),
            np.concatenate([self.what, what]),
            np.concatenate([self.years, years]),
            np.concatenate([self.numbers, numbers]),
            applications=(*self.applications, *applications),
            papers=self.papers,
        )

    def n_papers(self, formula: str, *, until: int | None = None) -> int:
        """Return how many papers name a material, up to and with the year `until`."""
        return self._sum(formula, 0, until)

    def n_application_papers(
        self, formula: str, application: str, *, until: int | None = None
    ) -> int:
        """Return how many papers name a material with an application.

        Raises:
            NotFoundError: the application was not counted.
        """
        return self._sum(formula, self._code(application), until)

    def first_year(self, formula: str) -> int | None:
        """Return the year of the first paper that names a material."""
        return min(self.by_year(formula), default=None)

    def first_application_year(self, formula: str, application: str) -> int | None:
        """Return the year of the first paper that names a material with an application."""
        return min(self.by_year(formula, application), default=None)

    def by_year(self, formula: str, application: str | None = None) -> dict[int, int]:
        """Return the papers of each year, oldest first; papers of unknown year are left out."""
        chosen = self._chosen(formula, 0 if application is None else self._code(application))
        pairs = zip(self.years[chosen].tolist(), self.numbers[chosen].tolist(), strict=True)
        return {year: number for year, number in sorted(pairs) if year != UNKNOWN_YEAR}

    def totals(self, application: str | None = None, *, until: int | None = None) -> Integers:
        """Return (n,) papers of every material, in the order of `materials`."""
        wanted = self.what == (0 if application is None else self._code(application))
        wanted &= self._in_time(self.years, until)
        rows = np.repeat(np.arange(len(self.materials)), np.diff(self.starts))
        sums = np.bincount(rows[wanted], self.numbers[wanted], minlength=len(self.materials))
        return sums.astype(np.int64)

    @classmethod
    def _sorted(
        cls,
        materials: Sequence[str],
        rows: Integers,
        what: NDArray[np.uint8],
        years: NDArray[np.int16],
        numbers: NDArray[np.int32],
        *,
        applications: tuple[str, ...],
        papers: int,
    ) -> "StudyCounts":
        """Make the table from rows in any order; `rows` are positions in `materials`."""
        names, rank = np.unique(np.array(materials, dtype=object), return_inverse=True)
        rows = rank.astype(np.int64)[rows]
        order = np.lexsort((years, what, rows))
        starts = np.searchsorted(rows[order], np.arange(len(names) + 1))
        return cls(
            materials=tuple(names),
            applications=applications,
            papers=papers,
            starts=starts.astype(np.int64),
            what=what[order],
            years=years[order],
            numbers=numbers[order],
        )

    def save(self, path: Path) -> None:
        """Write the table to one safetensors file, small enough to ship."""
        from safetensors.numpy import save

        known = self.years[self.years != UNKNOWN_YEAR]
        base = int(known.min()) - 1 if len(known) else 0
        small = len(known) == 0 or int(known.max()) - base <= _YEAR_SPAN
        years = np.where(self.years == UNKNOWN_YEAR, 0, self.years - base)
        tensors: dict[str, NDArray[Any]] = {
            "materials": np.frombuffer("\n".join(self.materials).encode(), dtype=np.uint8),
            "lengths": _smallest(np.diff(self.starts)),
            "what": self.what,
            "years": years.astype(np.uint8 if small else np.int16),
            "numbers": _smallest(self.numbers),
        }
        header = {"format": FORMAT_VERSION, "papers": self.papers, "base_year": base}
        header["applications"] = list(self.applications)  # type: ignore[assignment]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".part")
        temporary.write_bytes(save(tensors, metadata={"counts": json.dumps(header)}))
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> "StudyCounts":
        """Read a table that `save` wrote.

        Raises:
            ArtifactError: missing, damaged, or of a newer format.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(str(path), framework="numpy") as file:
                header = json.loads(file.metadata()["counts"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return _from_tensors(header, tensors)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"{path}: no readable table of study counts ({error});"
                " make it again with `matlore embeddings train`"
            ) from error

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {formula: k for k, formula in enumerate(self.materials)}

    def _code(self, application: str) -> int:
        try:
            return 1 + self.applications.index(application)
        except ValueError:
            raise NotFoundError(
                f"{application!r} was not counted (counted: {', '.join(self.applications)});"
                " count it with `matlore embeddings train`"
            ) from None

    def _chosen(self, formula: str, code: int) -> Integers:
        """Return the rows of a material and an application."""
        position = self._positions.get(formula)
        if position is None:
            return np.zeros(0, dtype=np.int64)
        start, end = int(self.starts[position]), int(self.starts[position + 1])
        return start + np.flatnonzero(self.what[start:end] == code)

    def _sum(self, formula: str, code: int, until: int | None) -> int:
        chosen = self._chosen(formula, code)
        return int(self.numbers[chosen][self._in_time(self.years[chosen], until)].sum())

    @staticmethod
    def _in_time(years: NDArray[np.int16], until: int | None) -> NDArray[np.bool_]:
        """Tell which rows count until a year; papers of unknown year only without one."""
        if until is None:
            return np.ones(len(years), dtype=bool)
        return np.asarray((years != UNKNOWN_YEAR) & (years <= until))


def _smallest(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers from 0 on in the smallest type that holds them."""
    largest = int(values.max(initial=0))
    return values.astype(np.uint8 if largest < 1 << 8 else np.uint16 if largest < 1 << 16 else int)


def _from_tensors(header: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> StudyCounts:
    """Unpack what `StudyCounts.save` wrote.

    Raises:
        ValueError: the parts do not fit together, or the format is newer.
    """
    if header["format"] > FORMAT_VERSION:
        raise ValueError(f"format {header['format']}, this matlore reads up to {FORMAT_VERSION}")
    text = tensors["materials"].tobytes().decode()
    materials = tuple(text.split("\n")) if text else ()
    starts = np.concatenate([[0], np.cumsum(tensors["lengths"], dtype=np.int64)])
    years = tensors["years"].astype(np.int16)
    counts = StudyCounts(
        materials=materials,
        applications=tuple(header["applications"]),
        papers=int(header["papers"]),
        starts=starts.astype(np.int64),
        what=tensors["what"],
        years=np.where(years == 0, 0, years + header["base_year"]).astype(np.int16),
        numbers=tensors["numbers"].astype(np.int32),
    )
    sizes = {len(counts.what), len(counts.years), len(counts.numbers), int(starts[-1])}
    ordered = all(first < second for first, second in pairwise(materials))
    if len(sizes) > 1 or len(starts) != len(materials) + 1 or not ordered:
        raise ValueError("its parts do not fit together")
    return counts
