"""The facts of a starter pack as records: what `starter_layout` laid out, read back."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from matlore.records import Claim, ClaimType, Comparator, Condition, Modality, Provenance, Quantity

from .records import PaperRecords, in_si
from .starter_columns import COMPARATORS, MODALITIES, SCORE_STEPS, TYPES, starts_of_runs
from .starter_conditions import CONDITION_COLUMNS
from .starter_layout import CLAIM_COLUMNS, COMMON, QUANTITY_COLUMNS
from .starter_tables import MISSING, from_decimals, numbers_of, read_columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Columns = dict[str, Numbers]

__all__ = ["PackedRows"]

_COUNTS = ("mentions", "claims", "quantities")


class PackedRows:
    """The rows of a pack; a file is read when it is first needed.

    Args:
        paths: of the files, by table.
        version: of what found the facts.
    """

    def __init__(self, paths: Mapping[str, Path], *, version: str) -> None:
        self._paths = paths
        self._version = version

    @property
    def n_claims(self) -> int:
        """How many claims there are."""
        return int(self._papers["claims"].sum())

    @property
    def n_quantities(self) -> int:
        """How many quantities there are."""
        return int(self._papers["quantities"].sum())

    def claims(self, places: Iterable[int]) -> list[Claim]:
        """Return the claims at some positions."""
        rows = list(places)
        papers = self._paper_of["claims"][rows].tolist()
        columns = [self._claims[name][rows].tolist() for name in CLAIM_COLUMNS]
        return [
            Claim(
                type=cast(ClaimType, TYPES[type]),
                subject=self._word_of(subject),
                object=self._word_of(object),
                provenance=self._provenance(paper, [self._span(subject), self._span(object)]),
                modality=cast(Modality, MODALITIES[modality]),
                score=score / SCORE_STEPS,
            )
            for paper, subject, object, type, modality, score in zip(papers, *columns, strict=True)
        ]

    def quantities(self, places: Iterable[int]) -> list[Quantity]:
        """Return the quantities at some positions."""
        rows = list(places)
        columns = {name: column[rows].tolist() for name, column in self._quantities.items()}
        columns["paper"] = self._paper_of["quantities"][rows].tolist()
        names = list(columns)
        return [
            self._quantity(dict(zip(names, row, strict=True)))
            for row in zip(*columns.values(), strict=True)
        ]

    def of_material(self, key: str) -> PaperRecords:
        """Return the quantities of a material and the claims whose subject it is."""
        import numpy as np

        number = self._numbers.get(key)
        if number is None:
            return PaperRecords([], [])
        its = self._mentions["word"] == number
        return PaperRecords(
            self.quantities(np.flatnonzero(its[self._quantities["material"]]).tolist()),
            self.claims(np.flatnonzero(its[self._claims["subject"]]).tolist()),
        )

    def of_paper(self, id: str) -> PaperRecords:
        """Return the facts of a paper."""
        place = self._places.get(id)
        if place is None:
            return PaperRecords([], [])
        quantities, claims = (
            range(*(int(edge) for edge in self._edges(name)[place : place + 2]))
            for name in ("quantities", "claims")
        )
        return PaperRecords(self.quantities(quantities), self.claims(claims))

    def material_counts(self) -> dict[str, int]:
        """Return how many facts there are of each material, by its key."""
        import numpy as np

        about = np.concatenate([self._quantities["material"], self._claims["subject"]])
        counts = np.bincount(self._mentions["word"][about], minlength=len(self._words))
        return {self._words[k]: int(counts[k]) for k in np.flatnonzero(counts)}

    def papers(self) -> list[tuple[str, int | None, str | None]]:
        """Return the papers that have facts: id, year and the licence of their metadata."""
        years, licenses = (self._papers[name].tolist() for name in ("year", "license"))
        return [
            (
                id,
                None if year == MISSING else year,
                None if license == MISSING else self._words[license],
            )
            for id, year, license in zip(self._ids, years, licenses, strict=True)
        ]

    def years(self, ids: Iterable[str]) -> dict[str, int | None]:
        """Return the years of papers; those of no fact are not known."""
        years = self._papers["year"]
        found = {id: int(years[self._places[id]]) for id in {*ids} if id in self._places}
        return {id: None if year == MISSING else year for id, year in found.items()}

    def _quantity(self, row: Mapping[str, int]) -> Quantity:
        start = row["start"]
        value, unit = from_decimals(row["value"], row["value_power"]), self._words[row["unit"]]
        about = [row["material"], row["property"]]
        spans = [(start, start + row["length"]), *map(self._span, about)]
        si_value, si_unit = in_si(value or 0.0, unit)
        return Quantity(
            material=self._word_of(row["material"]),
            property=self._word_of(row["property"]),
            value=value or 0.0,
            unit=unit,
            provenance=self._provenance(row["paper"], spans),
            value_max=from_decimals(row["value_max"], row["value_max_power"]),
            std=from_decimals(row["std"], row["std_power"]),
            comparator=cast(Comparator, COMPARATORS[row["comparator"]]),
            si_value=si_value,
            si_unit=si_unit,
            conditions=self._conditions_at(row["first_condition"], row["conditions"]),
            modality=cast(Modality, MODALITIES[row["modality"]]),
            score=row["score"] / SCORE_STEPS,
        )

    def _provenance(self, paper: int, spans: Sequence[tuple[int, int]]) -> Provenance:
        license = self._papers["license"][paper]
        return Provenance(
            version=self._version,
            paper_id=self._ids[paper],
            spans=tuple(span for span in spans if span[0] < span[1]),
            license=None if license == MISSING else self._words[license],
        )

    def _span(self, mention: int) -> tuple[int, int]:
        start = int(self._mentions["start"][mention])
        return start, start + int(self._mentions["length"][mention])

    def _word_of(self, mention: int) -> str:
        return self._words[int(self._mentions["word"][mention])]

    def _conditions_at(self, first: int, count: int) -> tuple[Condition, ...]:
        return tuple(self._conditions[k] for k in self._held[first : first + count].tolist())

    @cached_property
    def _words(self) -> list[str]:
        words: list[str] = read_columns(self._paths["words"], ["word"]).column(0).to_pylist()
        return words

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self._words)}

    @cached_property
    def _ids(self) -> list[str]:
        ids: list[str] = read_columns(self._paths["papers"], ["id"]).column(0).to_pylist()
        return ids

    @cached_property
    def _places(self) -> dict[str, int]:
        return {id: place for place, id in enumerate(self._ids)}

    @cached_property
    def _papers(self) -> "Columns":
        return self._read("papers", ("year", "license", *_COUNTS))

    @cached_property
    def _paper_of(self) -> "Columns":
        """The paper of each mention, claim and quantity."""
        import numpy as np

        numbers = np.arange(len(self._ids))
        return {name: np.repeat(numbers, self._papers[name]) for name in _COUNTS}

    def _edges(self, name: str) -> "Numbers":
        """Return where the rows of each paper begin, and where the last ones end."""
        import numpy as np

        return np.concatenate([[0], np.cumsum(self._papers[name])])

    @cached_property
    def _mentions(self) -> "Columns":
        import numpy as np

        columns = self._read("mentions", ("step", "length", "common"))
        rare = numbers_of(read_columns(self._paths["rare"], ["word"]), "word")
        word = columns.pop("common")
        word[np.flatnonzero(word == COMMON)] = rare
        usual = numbers_of(read_columns(self._paths["words"], ["length"]), "length")
        return {
            "start": self._summed(columns["step"], "mentions"),
            "length": columns["length"] + usual[word],
            "word": word,
        }

    @cached_property
    def _claims(self) -> "Columns":
        import numpy as np

        columns = self._read("claims", CLAIM_COLUMNS)
        subject = columns["subject"] = self._summed(columns["subject"], "claims")
        first = np.flatnonzero(starts_of_runs([self._paper_of["claims"], subject]))
        sums = np.cumsum(columns["object"])
        before = np.concatenate([[0], sums])[first]
        runs = np.diff(np.append(first, len(subject)))
        columns["object"] = sums - np.repeat(before, runs) + subject
        return self._pointed(columns, "claims", ("subject", "object"))

    @cached_property
    def _quantities(self) -> "Columns":
        import numpy as np

        columns = self._read("quantities", QUANTITY_COLUMNS)
        columns["start"] = self._summed(columns.pop("step"), "quantities")
        columns["first_condition"] = np.cumsum(columns["conditions"]) - columns["conditions"]
        return self._pointed(columns, "quantities", ("material", "property"))

    @cached_property
    def _conditions(self) -> list[Condition]:
        columns = self._read("conditions", CONDITION_COLUMNS)
        rows = zip(*(columns[name].tolist() for name in CONDITION_COLUMNS), strict=True)
        return [
            Condition(
                name=self._words[name],
                value=(from_decimals(value, power) or 0.0)
                if text == MISSING
                else self._words[text],
                value_max=from_decimals(most, most_power),
                unit=None if unit == MISSING else self._words[unit],
            )
            for name, text, unit, value, power, most, most_power in rows
        ]

    @cached_property
    def _held(self) -> "Numbers":
        return self._read("held", ("condition",))["condition"]

    def _read(self, table: str, names: Sequence[str]) -> "Columns":
        found = read_columns(self._paths[table], names)
        return {name: numbers_of(found, name) for name in names}

    def _summed(self, steps: "Numbers", table: str) -> "Numbers":
        """Return offsets out of their differences, which begin anew with each paper."""
        import numpy as np

        sums = np.cumsum(steps)
        before = np.concatenate([[0], sums])[self._edges(table)[:-1]]
        return np.asarray(sums - np.repeat(before, self._papers[table]))

    def _pointed(self, columns: "Columns", table: str, names: Sequence[str]) -> "Columns":
        """Return columns whose pointers to mentions count from the pack's first one."""
        import numpy as np

        first = np.repeat(self._edges("mentions")[:-1], self._papers[table])
        return columns | {name: columns[name] + first for name in names}
