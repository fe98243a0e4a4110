"""The facts behind a review: values and conflicts, materials not tried yet, gaps."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import HomeError, MatloreError
from matlore.records import Claim, Quantity

from .review_classes import in_classes
from .review_topic import are_alike
from .review_types import Conflict, Remark, ValueRow, shown
from .search_types import NamedThings

if TYPE_CHECKING:
    from matlore.records import Paper
    from ner.facts.consolidation import Disagreement, QuantitySummary

__all__ = [
    "ReviewFacts",
    "candidates",
    "conflicts",
    "gaps",
    "is_asked",
    "papers_facts",
    "values",
    "wanted_properties",
]

_MOST_ROWS = 60
_MOST_PROPERTIES = 6
_MOST_CONFLICTS = 20
_FEWEST_NAMED = 3
_MOST_GAPS = 12
_RANKED = 400


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What the kept papers say, and when they were published."""

    quantities: list[Quantity] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    years: dict[str, int | None] = field(default_factory=dict)

    def of(self, papers: Collection[str]) -> "ReviewFacts":
        """Return the facts of some of the papers."""
        return ReviewFacts(
            [one for one in self.quantities if one.provenance.paper_id in papers],
            [one for one in self.claims if one.provenance.paper_id in papers],
            {id: year for id, year in self.years.items() if id in papers},
        )


def papers_facts(home_path: Path, papers: Mapping[str, "Paper"]) -> ReviewFacts:
    """Return the facts of papers: those of the home, or, where it has none, of the starter pack."""
    facts = _facts(home_path)
    wanted = set(papers)
    quantities = [
        q for q in _of_papers(facts, "quantity", wanted) if q.provenance.paper_id in wanted
    ]
    claims = [c for c in _of_papers(facts, "claim", wanted) if c.provenance.paper_id in wanted]
    return ReviewFacts(quantities, claims, {id: paper.year for id, paper in papers.items()})


def _facts(home_path: Path) -> Any:
    from matlore.home import Home
    from ner.fact_shards import has_extracted
    from ner.fact_store import Facts
    from ner.facts.starter_facts import StarterFacts

    try:
        home = Home.open(home_path)
        with home.connect() as connection:
            if has_extracted(connection):
                return Facts(home)
    except HomeError:
        pass
    return StarterFacts.load()


def _of_papers(facts: Any, kind: str, wanted: Collection[str]) -> Iterable[Any]:
    """Yield the facts of papers; the others never leave Arrow."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ner.fact_store import claims_from_batch, quantities_from_batch

    read = quantities_from_batch if kind == "quantity" else claims_from_batch
    batches = facts.quantity_batches() if kind == "quantity" else facts.claim_batches()
    ids = pa.array(sorted(wanted), pa.string())
    for batch in batches:
        mask = pc.is_in(batch.column("paper_id").cast(pa.string()), value_set=ids)
        part = batch.filter(mask)
        if part.num_rows:
            yield from read(part)


def values(
    facts: ReviewFacts, named: NamedThings, classes: Mapping[str, frozenset[str]]
) -> tuple[list[ValueRow], list[Conflict]]:
    """Return what the papers say of properties of materials, and where they disagree.

    Of the properties that the topic names and those that end alike (thermal conductivity, lattice
    thermal conductivity); where it names none, of the six that most papers give.
    """
    from ner.facts.consolidation import consolidate_quantities

    wanted = wanted_properties(facts, named)
    by_material: dict[str, list[Quantity]] = defaultdict(list)
    for one in facts.quantities:
        if one.property in wanted and is_asked(one.material, named, classes):
            by_material[one.material or ""].append(one)
    rows: list[ValueRow] = []
    found: list[Conflict] = []
    for material, quantities in by_material.items():
        for summary in consolidate_quantities(quantities, facts.years):
            rows.append(_row(material, summary))
            if summary.disagreement is not None:
                found.append(_conflict(material, summary.quantity, summary.disagreement))
    places = {name: place for place, name in enumerate(wanted)}
    rows.sort(key=lambda one: (places[one.property], -len(one.papers), one.material, one.text))
    return rows[:_MOST_ROWS], conflicts(found)


def wanted_properties(facts: ReviewFacts, named: NamedThings) -> list[str]:
    """Return the properties whose values a review shows (see `values`)."""
    papers: dict[str, set[str]] = defaultdict(set)
    for one in facts.quantities:
        papers[one.property or ""].add(one.provenance.paper_id or "")
    ranked = sorted(papers, key=lambda name: (-len(papers[name]), name))
    measured = [name for name in named.properties if has_values(name)]
    if not measured:
        return ranked[:_MOST_PROPERTIES]
    alike = [name for name in ranked if any(are_alike(name, asked) for asked in measured)]
    return list(dict.fromkeys([*measured, *alike]))


def is_asked(
    material: str | None, named: NamedThings, classes: Mapping[str, frozenset[str]]
) -> bool:
    """Tell whether a topic asks for a material: it names it, its classes, or no material."""
    if not material:
        return False
    if named.materials:
        return material in named.materials
    return not classes or in_classes(material, classes)


def _row(material: str, summary: "QuantitySummary") -> ValueRow:
    from .facts_text import quantity_text

    one = summary.quantity
    told = {
        "property": one.property,
        "value": one.value,
        "std": one.std,
        "comparator": one.comparator,
        "unit": one.unit,
        "modality": one.modality,
        "n_papers": len(summary.papers),
        "first_year": summary.first_year,
        "last_year": summary.last_year,
        "minimum": summary.minimum,
        "typical": summary.typical,
        "maximum": summary.maximum,
        "n_agreeing": summary.n_agreeing,
    }
    return ValueRow(
        material=material,
        property=one.property or "",
        text=quantity_text(told, one.conditions),
        value=one.value if one.comparator == "=" else None,
        unit=one.unit,
        modality=one.modality,
        papers=summary.papers,
        n_agreeing=summary.n_agreeing,
    )


def _conflict(material: str, quantity: Quantity, found: "Disagreement") -> Conflict:
    from .facts_text import plain_unit, value_text

    printed = plain_unit(quantity.unit)
    low, high = (
        f"{'' if one.comparator == '=' else one.comparator + ' '}{value_text(one.value)} {printed}"
        for one in (found.first, found.second)
    )
    text = f"{low.strip()} against {high.strip()}, {found.distance:.1f} standard uncertainties"
    return Conflict(
        material, quantity.property or "", text, (found.first.paper, found.second.paper)
    )


def conflicts(found: Sequence[Conflict]) -> list[Conflict]:
    """Return conflicts in a fixed order, the first twenty."""
    return sorted(found, key=lambda one: (one.property, one.material, one.text))[:_MOST_CONFLICTS]


def candidates(
    home_path: Path,
    facts: ReviewFacts,
    named: NamedThings,
    classes: Mapping[str, frozenset[str]],
    *,
    top: int = 10,
) -> tuple[list[dict[str, Any]], str]:
    """Return materials that no paper names together with the application, best ranked first.

    The application is the one that the topic names, else the one that most of the papers say
    their materials are used in.

    Returns:
        Rows of `recommend`, and in words where they are from or why there are none.
    """
    application = next(iter(named.applications), None) or _commonest_use(facts)
    if application is None:
        return [], "no candidates: neither the topic nor several of its papers name one application"
    from .recommend import recommend

    try:
        found = recommend(home_path, application=application, novel=True, top=_RANKED)
    except MatloreError as error:
        return [], f"no candidates for {application}: {error}"
    rows: Any = found["candidates"]
    known = {claim.subject for claim in facts.claims}
    kept = [
        {name: row[name] for name in ("formula", "score", "n_papers", "first_year") if name in row}
        for row in rows
        if row["formula"] not in known and (not classes or in_classes(row["formula"], classes))
    ]
    return kept[:top], (
        f"ranked for {application} by word vectors ({found['vectors']}): the score is a cosine,"
        " only its order means something; no paper counted there"
        " names them together with it, and no paper of this review does"
    )


def _commonest_use(facts: ReviewFacts) -> str | None:
    counts: dict[str, set[str]] = defaultdict(set)
    for claim in facts.claims:
        if claim.type == "USED_IN" and claim.modality != "denied":
            counts[claim.object].add(claim.provenance.paper_id or "")
    ranked = sorted(counts, key=lambda name: (-len(counts[name]), name))
    return ranked[0] if ranked and len(counts[ranked[0]]) >= _FEWEST_NAMED else None


def gaps(
    facts: ReviewFacts,
    rows: Sequence[ValueRow],
    named: NamedThings,
    classes: Mapping[str, frozenset[str]],
) -> list[Remark]:
    """Return what these papers leave open: materials without a value, properties without any."""
    found: list[Remark] = []
    given = {row.property for row in rows}
    measured = [name for name in named.properties if has_values(name)]
    for name in measured:
        if name not in given:
            found.append(Remark(f"No value of {name} was read from these papers."))
    papers: dict[str, set[str]] = defaultdict(set)
    for claim in facts.claims:
        if is_asked(claim.subject, named, classes):
            papers[claim.subject].add(claim.provenance.paper_id or "")
    with_value = {row.material for row in rows}
    what = measured[0] if measured else "the properties above"
    ranked = sorted(papers, key=lambda key: (-len(papers[key]), key))
    for key in ranked:
        if len(found) >= _MOST_GAPS or len(papers[key]) < _FEWEST_NAMED:
            break
        if key not in with_value:
            ids = tuple(sorted(papers[key]))
            text = f"{shown(key)}: {len(ids)} papers are about it, no value of {what} was read."
            found.append(Remark(text, ids))
    return found


def has_values(name: str) -> bool:
    """Tell whether a property has a unit: thermoelectric property has none."""
    from matlore.vocabulary import load_terms

    term = load_terms("property").get(name)
    return term is not None and term.unit is not None
