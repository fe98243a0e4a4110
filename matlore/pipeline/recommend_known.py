"""What papers say of candidates, and what was derived from that: read from facts, not a store."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matlore.records import Condition, Quantity

from .recommend_values import CandidateValue, Values, in_unit

if TYPE_CHECKING:
    import pyarrow as pa

    from graph.predictors.application_properties import WantedProperty
    from matlore.home import Home
    from ner.fact_store import Facts
    from ner.facts.consolidation import QuantitySummary
    from ner.facts.starter_facts import StarterFacts

__all__ = ["derived_values", "reported_values"]

_INTERVAL: Final = 1.645
"""Standard deviations of a normal law that hold 90 % on both sides."""
_OWN: Final = "own: "
_MODALITIES: Final = ("observed", "computed")


def reported_values(
    home_path: Path,
    formulas: Collection[str],
    wanted: Sequence["WantedProperty"],
    *,
    until: int | None = None,
) -> Values:
    """Return what papers, and the user's own measurements, say of materials.

    One value of each property: what most papers agree about under comparable conditions
    (`ner.facts.consolidation`); observed ones before computed ones. The facts are those of the
    home or, where it has none, of the starter pack.

    Args:
        home_path: the data home; it need not exist.
        formulas: keys of the materials.
        wanted: the properties.
        until: only papers of this year or earlier; own measurements, which have no year, are
            then left out, as are papers whose year is not known.

    Raises:
        ArtifactError: facts that cannot be read.
    """
    home = _home(home_path)
    facts = _facts(home)
    names = [one.name for one in wanted]
    found = [q for q in _rows(facts.quantity_batches(), formulas, names) if _usable(q)]
    if until is not None:
        years = _years(home, facts, {q.provenance.paper_id or "" for q in found})
        found = [q for q in found if (years.get(q.provenance.paper_id or "") or until + 1) <= until]
    elif home is not None:
        found += _own_values(home, formulas, names)
    by_material: dict[str, list[Quantity]] = defaultdict(list)
    for one in found:
        by_material[one.material or ""].append(one)
    return {formula: _best(values, wanted) for formula, values in by_material.items()}


def _home(home_path: Path) -> "Home | None":
    from matlore.home import Home

    return Home.open(home_path) if (home_path / "home.json").is_file() else None


def _facts(home: "Home | None") -> "Facts | StarterFacts":
    from ner.fact_shards import has_extracted
    from ner.fact_store import Facts
    from ner.facts.starter_facts import StarterFacts

    if home is not None:
        with home.connect() as connection:
            if has_extracted(connection):
                return Facts(home)
    return StarterFacts.load()


def _rows(
    batches: "Iterable[pa.RecordBatch]", formulas: Collection[str], names: Sequence[str]
) -> Iterator[Quantity]:
    """Yield the quantities of materials and properties; the others never leave Arrow."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ner.fact_store import quantities_from_batch

    keys, properties = pa.array(sorted(formulas), pa.string()), pa.array([*names], pa.string())
    for batch in batches:
        mask = pc.and_(
            pc.is_in(batch.column("material").cast(pa.string()), value_set=keys),
            pc.is_in(batch.column("property").cast(pa.string()), value_set=properties),
        )
        yield from quantities_from_batch(batch.filter(mask))


def _usable(one: Quantity) -> bool:
    return one.kind == "reported" and one.modality in _MODALITIES and one.provenance.paper_id != ""


def _years(
    home: "Home | None", facts: "Facts | StarterFacts", papers: Collection[str]
) -> dict[str, int | None]:
    """Return the years of papers."""
    from ner.facts.starter_facts import StarterFacts

    if isinstance(facts, StarterFacts):
        return facts.years(sorted(papers))
    assert home is not None
    from ingest.corpus import Corpus

    years: dict[str, int | None] = {}
    for batch in Corpus(home).batches(columns=("id", "year")):
        columns = (batch.column(name).to_pylist() for name in ("id", "year"))
        years.update((id, year) for id, year in zip(*columns, strict=True) if id in papers)
    return years


def _own_values(
    home: "Home", formulas: Collection[str], names: Sequence[str]
) -> Iterator[Quantity]:
    """Yield the user's own values; what is named as their source stands for a paper."""
    from graph.measured import MeasuredStore

    for batch in MeasuredStore(home.folder("graph") / "measured.parquet").batches():
        sources = batch.column("source")
        papers = [f"{_OWN}{source}" for source in sources.to_pylist()]
        plain = batch.drop_columns(["source"])
        place = plain.schema.get_field_index("paper_id")
        yield from _rows([_with_papers(plain, place, papers)], formulas, names)


def _with_papers(batch: "pa.RecordBatch", place: int, papers: list[str]) -> "pa.RecordBatch":
    import pyarrow as pa

    return batch.set_column(place, "paper_id", pa.array(papers, pa.string()))


def _best(
    quantities: Iterable[Quantity], wanted: Sequence["WantedProperty"]
) -> list[CandidateValue]:
    """Return one value of each property, the best supported of the surest modality."""
    from ner.facts.consolidation import consolidate_quantities

    summaries = [one for one in consolidate_quantities(quantities) if one.typical is not None]
    found = []
    for one in wanted:
        about = [s for s in summaries if s.quantity.property == one.name]
        about.sort(key=lambda s: _MODALITIES.index(s.quantity.modality))  # stable: by support
        values = (_value(summary, one) for summary in about)
        if (first := next((value for value in values if value is not None), None)) is not None:
            found.append(first)
    return found


def _value(summary: "QuantitySummary", wanted: "WantedProperty") -> CandidateValue | None:
    """Return a summary in the unit that is wanted, or None where it has another dimension."""
    unit = summary.quantity.unit
    value = in_unit(summary.typical, unit, wanted)
    if value is None:
        return None
    # One number alone is no interval: its uncertainty is not known.
    spread = summary.minimum != summary.maximum
    return CandidateValue(
        property=wanted.name,
        kind="reported",
        value=value,
        unit=wanted.unit,
        lower=in_unit(summary.minimum, unit, wanted) if spread else None,
        upper=in_unit(summary.maximum, unit, wanted) if spread else None,
        conditions=tuple(_condition(one) for one in summary.quantity.conditions),
        sources=len(summary.papers),
        papers=summary.papers,
        modality=summary.quantity.modality,
    )


def _condition(one: Condition) -> str:
    """Return a condition as the graph writes it."""
    if isinstance(one.value, str):
        return f"{one.name} = {one.value}"
    end = "" if one.value_max is None else f"–{one.value_max:g}"
    unit = f" {one.unit}" if one.unit and one.unit != "1" else ""
    return f"{one.name} = {one.value:g}{end}{unit}"


def derived_values(
    home_path: Path, formulas: Collection[str], wanted: Sequence["WantedProperty"]
) -> Values:
    """Return what `matlore graph derive` found in a home; nothing where it was not run.

    One value of each property: a mean of several before a single one, then the surest.

    Raises:
        ArtifactError: what was derived is damaged.
    """
    home = _home(home_path)
    path = None if home is None else _derived_file(home)
    if path is None:
        return {}
    by_name = {one.name: one for one in wanted}
    best: dict[tuple[str, str], tuple[tuple[bool, float], CandidateValue]] = {}
    for row in _derived_rows(path, formulas, list(by_name)):
        value = _derived_value(row, by_name[row["property"]])
        if value is None:
            continue
        order = (row["kind"] != "aggregate", _relative(row))
        key = (row["material"], value.property)
        if key not in best or order < best[key][0]:
            best[key] = (order, value)
    found: dict[str, list[CandidateValue]] = defaultdict(list)
    for (formula, _), (_, value) in best.items():
        found[formula].append(value)
    return found


def _derived_file(home: "Home") -> Path | None:
    from .graph_load import derived_store

    return derived_store(home).file("quantities")


def _derived_rows(
    path: Path, formulas: Collection[str], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield rows of what was derived, sorted by id."""
    import pyarrow.parquet as pq

    columns = ["id", "material", "property", "model", "value", "std", "unit", "kind", "conditions"]
    filters = [("material", "in", sorted(formulas)), ("property", "in", sorted(names))]
    rows = pq.read_table(path, columns=columns, filters=filters).to_pylist()
    yield from sorted(rows, key=lambda row: str(row["id"]))


def _relative(row: dict[str, Any]) -> float:
    """Return a standard deviation relative to its value; a large number where there is none."""
    if row["std"] is None or not row["value"]:
        return 1e9
    return abs(float(row["std"]) / float(row["value"]))


def _derived_value(row: dict[str, Any], wanted: "WantedProperty") -> CandidateValue | None:
    unit = row["unit"]
    spread = None if row["std"] is None else _INTERVAL * row["std"]
    low, high = (None, None) if spread is None else (row["value"] - spread, row["value"] + spread)
    value = in_unit(row["value"], unit, wanted)
    if value is None:
        return None
    found = CandidateValue(
        property=wanted.name,
        kind="derived",
        value=value,
        unit=wanted.unit,
        lower=in_unit(low, unit, wanted),
        upper=in_unit(high, unit, wanted),
        conditions=tuple(row["conditions"] or ()),
        model=row["model"],
    )
    return found if row["kind"] != "aggregate" else replace(found, model="mean of several")
