"""What the papers say of one material, put together: what `matlore facts show` answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from matlore.errors import NotFoundError, UsageError
from matlore.records import Claim, ClaimType, Quantity

from .facts_text import quantity_text, relation_text

if TYPE_CHECKING:
    from matlore.home import Home
    from ner.facts.claim_consolidation import ClaimSummary
    from ner.facts.consolidation import QuantitySummary

__all__ = ["show_facts"]

_NEAR = 5
_NEAR_ENOUGH = 60
_SHOWN = 80
_PREFIXES = ("name:", "family:")


class _Known(NamedTuple):
    """The facts of one material, and where they are from."""

    key: str
    source: str
    quantities: Sequence[Quantity]
    claims: Sequence[Claim]
    years: Mapping[str, int | None]


def show_facts(
    home_path: Path,
    material: str,
    *,
    properties: Sequence[str] = (),
    types: Sequence[str] = (),
    top: int = 10,
    min_score: float = 0.0,
    papers: int = 3,
    years: tuple[int | None, int | None] = (None, None),
    quotes: bool = False,
) -> dict[str, Any]:
    """Return what the papers of a home, or those of the starter pack, say of a material.

    Args:
        home_path: the data home; where it has no facts those that ship with matlore answer.
        material: a formula or a name in any spelling, or the key of a material.
        properties: names, synonyms, symbols, or words of names; what is said of others is
            left out.
        types: of claims; others are left out.
        top: how many facts, half of them quantities where there are as many: the best supported.
        min_score: leave out facts of a lower score before they are put together.
        papers: how many ids of papers a fact.
        years: the first and the last year of papers to go by; None for no limit.
        quotes: add a sentence to each fact, from the home's corpus.

    Returns:
        `material`, its key; `source`, `home` or `starter pack`; `papers`, how many say
        something that was asked for; `quantities` and `relations`, see `ner.facts`,
        each with its `text` in words, its `n_papers` and the ids of some; and how many there
        are in all, `n_quantities` and `n_relations`.

    Raises:
        NotFoundError: nothing is known about such a material, or there is no such property.
        UsageError: there is no such type of claim.
    """
    names = _property_names(properties)
    chosen = _claim_types(types)
    known = _known(home_path, material)
    keep = _filter(known.years, min_score, years)
    quantities = [q for q in known.quantities if keep(q) and (not names or q.property in names)]
    claims = [c for c in known.claims if keep(c) and _is_asked_for(c, names, chosen)]
    quantities = quantities if names or not chosen else []
    return _answer(
        known._replace(quantities=quantities, claims=claims),
        top=top,
        papers=papers,
        quote=_quoter(home_path, known.source) if quotes else None,
    )


def _answer(
    known: _Known, *, top: int, papers: int, quote: "Callable[[Iterable[Any]], Any] | None"
) -> dict[str, Any]:
    """Put facts together, and say so in plain values."""
    from ner.facts.claim_consolidation import consolidate_claims
    from ner.facts.consolidation import consolidate_quantities

    relations = consolidate_claims(known.claims, known.years)
    studied = {one.object: len(one.papers) for one in relations if one.type == "HAS_PROPERTY"}
    quantities = consolidate_quantities(known.quantities, known.years, studied)
    facts: list[Quantity | Claim] = [*known.quantities, *known.claims]
    most = max(top - len(relations), (top + 1) // 2)
    shown_quantities = [_quantity_row(one, papers) for one in quantities[:most]]
    rest = top - len(shown_quantities)
    shown_relations = [_relation_row(one, papers) for one in relations[:rest]]
    if quote is not None:
        for row, one in zip(shown_quantities, quantities, strict=False):
            row["quote"] = quote(_behind_quantity(one, known.quantities))
        for row, claim in zip(shown_relations, relations, strict=False):
            row["quote"] = quote(_behind_claim(claim, known.claims))
    return {
        "material": known.key,
        "source": known.source,
        "papers": len({fact.provenance.paper_id for fact in facts}),
        "n_quantities": len(quantities),
        "n_relations": len(relations),
        "quantities": shown_quantities,
        "relations": shown_relations,
    }


def _quantity_row(summary: "QuantitySummary", papers: int) -> dict[str, Any]:
    """Return a consolidated quantity as plain values."""
    one = summary.quantity
    row: dict[str, Any] = {
        "property": one.property,
        "value": one.value,
        "std": one.std,
        "comparator": one.comparator,
        "unit": one.unit,
        "conditions": [asdict(condition) for condition in one.conditions],
        "modality": one.modality,
        "n_papers": len(summary.papers),
        "n_values": summary.n_values,
        "first_year": summary.first_year,
        "last_year": summary.last_year,
        "typical": summary.typical,
        "n_agreeing": summary.n_agreeing,
        "minimum": summary.minimum,
        "maximum": summary.maximum,
        "score": one.score,
        "support": round(summary.support, 3),
        "bounds": [asdict(bound) for bound in summary.bounds],
        "outliers": [asdict(outlier) for outlier in summary.outliers],
        "disagreement": None if summary.disagreement is None else asdict(summary.disagreement),
        "papers": list(summary.papers[:papers]),
    }
    return {"text": quantity_text(row, one.conditions), **row}


def _relation_row(summary: "ClaimSummary", papers: int) -> dict[str, Any]:
    """Return a consolidated claim as plain values."""
    row: dict[str, Any] = {
        "type": summary.type,
        "object": summary.object,
        "n_papers": len(summary.papers),
        "first_year": summary.first_year,
        "last_year": summary.last_year,
        "modalities": dict(summary.modalities),
        "denied_by": list(summary.denied_by),
        "score": summary.score,
        "support": round(summary.support, 3),
        "papers": list(summary.papers[:papers] or summary.denied_by[:papers]),
    }
    return {"text": relation_text(row), **row}


def _is_asked_for(claim: Claim, names: set[str], types: set[str]) -> bool:
    """Say whether a claim is of the types asked for; where properties are, it is of no other."""
    if claim.type == "HAS_PROPERTY" and names and claim.object not in names:
        return False
    return claim.type in types if types else not names or claim.type == "HAS_PROPERTY"


def _property_names(properties: Sequence[str]) -> set[str]:
    """Return the canonical names of properties.

    Raises:
        NotFoundError: the vocabulary has no such property.
    """
    from matlore.vocabulary import load_terms

    names = set()
    for text in properties:
        found = _named_by(text)
        if not found:
            near = _nearest(text, load_terms("property"))
            raise NotFoundError(f"no property {text[:_SHOWN]!r}; do you mean {_listed(near)}?")
        names |= found
    return names


def _named_by(text: str) -> set[str]:
    """Return the properties that a text names: one, or all that a symbol or a word may mean."""
    from matlore.vocabulary import find_term, load_terms

    if term := find_term(text, "property") or find_term(text.replace("_", " "), "property"):
        return {term.name}
    terms = load_terms("property").values()
    symbol = text.replace("_", "").lower()
    found = {t.name for t in terms if t.symbol and t.symbol.replace("_", "").lower() == symbol}
    words = f" {text.replace('_', ' ').strip().lower()} "
    return found or {t.name for t in terms if len(words) > 3 and words in f" {t.name} "}


def _claim_types(types: Sequence[str]) -> set[str]:
    """Return types of claims as they are written in records.

    Raises:
        UsageError: there is no such type.
    """
    known = get_args(ClaimType)
    wanted = {text.upper().replace("-", "_").replace(" ", "_") for text in types}
    if foreign := wanted - {*known}:
        raise UsageError(f"no relations of type {min(foreign)!r}; there are {', '.join(known)}")
    return wanted


def _filter(
    years: Mapping[str, int | None], min_score: float, limits: tuple[int | None, int | None]
) -> Callable[[Quantity | Claim], bool]:
    """Return what tells whether a fact is sure enough and its paper of the years asked for."""
    first, last = limits

    def keep(fact: Quantity | Claim) -> bool:
        if (fact.score or 0.0) < min_score:
            return False
        if first is None and last is None:
            return True
        year = years.get(fact.provenance.paper_id or "")
        return year is not None and (first or year) <= year <= (last or year)

    return keep


def _keys(material: str) -> Iterator[str]:
    """Yield the keys that a material may have, the likeliest first."""
    from ner.formulas import formula_family, normalize_formula
    from ner.names import material_key

    text = " ".join(material.split())
    seen = set()
    found: tuple[Callable[[], Iterable[str | None]], ...] = (
        lambda: [text if text.startswith(_PREFIXES) else None, normalize_formula(text)],
        lambda: _linked(text),  # slow to load, and most are formulas
        lambda: [material_key(text), formula_family(text), f"name:{text}"],
    )
    for keys in found:
        for key in keys():
            if key and key not in seen:
                seen.add(key)
                yield key


def _linked(text: str) -> list[str | None]:
    from ner.labels import Span
    from ner.linking import Linker

    return [*Linker().link(text, [Span(0, len(text), "MAT")])] if text else []


def _known(home_path: Path, material: str) -> _Known:
    """Return the facts of a material, from the home or else, if it has none, from the starter pack.

    Raises:
        NotFoundError: neither says anything about it.
    """
    from ner.facts.starter_facts import StarterFacts

    home = _home_with_facts(home_path)
    if home is not None and (known := _in_home(home, material)):
        return known
    pack = StarterFacts.load()
    for key in _keys(material):
        said = pack.of_material(key)
        if said.quantities or said.claims:
            facts: list[Quantity | Claim] = [*said.quantities, *said.claims]
            years = pack.years(fact.provenance.paper_id or "" for fact in facts)
            return _Known(key, "starter pack", said.quantities, said.claims, years)
    if home is None:
        raise _unknown(material, pack.material_counts(), "the facts that ship with matlore")
    from ner.fact_store import Facts
    from ner.facts.of_material import material_counts

    raise _unknown(material, material_counts(Facts(home)), f"the facts of {home_path}")


def _in_home(home: "Home", material: str) -> _Known | None:
    """Return the facts of a material that a home has, or None where it has none."""
    from ner.fact_store import Facts

    facts = Facts(home)
    for key in _keys(material):
        found = facts.of_material(key)
        if found.quantities or found.claims:
            return _of_home(home, key, found.quantities, found.claims)
    return None


def _home_with_facts(path: Path) -> "Home | None":
    """Return the home, if papers of it were read for facts."""
    from matlore.home import Home
    from ner.fact_shards import has_extracted
    from ner.fact_store import CLAIMS

    if not (path / "home.json").is_file():
        return None
    home = Home.open(path)
    query = "SELECT 1 FROM extracted WHERE kind = ? LIMIT 1"
    with home.connect() as connection:
        if not has_extracted(connection):
            return None
        return home if connection.execute(query, (CLAIMS.name,)).fetchone() else None


def _of_home(
    home: "Home", key: str, quantities: Sequence[Quantity], claims: Sequence[Claim]
) -> _Known:
    """Return facts with the years of their papers, without those of retracted papers."""
    facts: list[Quantity | Claim] = [*quantities, *claims]
    wanted = {fact.provenance.paper_id or "" for fact in facts}
    years = _years(home, wanted)
    return _Known(
        key,
        "home",
        [one for one in quantities if one.provenance.paper_id in years],
        [one for one in claims if one.provenance.paper_id in years],
        years,
    )


def _years(home: "Home", wanted: set[str]) -> dict[str, int | None]:
    """Return the years of the papers that stand, of those asked for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ingest.corpus import Corpus

    ids = pa.array(sorted(wanted), type=pa.string())
    years: dict[str, int | None] = {}
    for batch in Corpus(home).batches(("id", "year", "retracted")):
        found = batch.filter(pc.is_in(batch.column("id"), value_set=ids))
        for row in found.to_pylist():
            if not row["retracted"]:
                years[row["id"]] = row["year"]
    return years


def _unknown(material: str, names: Iterable[str], where: str) -> NotFoundError:
    """Return the error about a material that nothing is known of, with names near to it."""
    near = _nearest(material, names)
    hint = f"; do you mean {_listed(near)}?" if near else ""
    return NotFoundError(
        f"nothing about {material[:_SHOWN]!r} in {where}{hint}"
        " `matlore facts extract` reads the papers of a home, `matlore ingest` brings more"
    )


def _nearest(text: str, names: Iterable[str]) -> list[str]:
    """Return the names nearest to a text, prefixes apart; of equals the first ones."""
    from rapidfuzz import fuzz, process

    shown = {name: name.partition(":")[2] or name for name in names}
    wanted = text.partition(":")[2] or text
    found = process.extract(
        wanted.lower(), shown, processor=str.lower, scorer=fuzz.ratio, limit=_NEAR
    )
    return [name for _, score, name in found if score >= _NEAR_ENOUGH]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "another one (`matlore facts show --help`)"


def _behind_quantity(summary: "QuantitySummary", quantities: Sequence[Quantity]) -> list[Quantity]:
    """Return the facts that a mean goes by, in the order of its papers."""
    inputs = set(summary.quantity.provenance.input_ids)
    places = {paper: place for place, paper in enumerate(summary.papers)}
    found = [one for one in quantities if one.id in inputs]
    return sorted(found, key=lambda one: places.get(one.provenance.paper_id or "", len(places)))


def _behind_claim(summary: "ClaimSummary", claims: Sequence[Claim]) -> list[Claim]:
    found = [c for c in claims if (c.type, c.object) == (summary.type, summary.object)]
    return sorted(found, key=lambda one: -(one.score or 0.0))


def _quoter(home_path: Path, source: str) -> Callable[[Iterable[Any]], dict[str, str] | None]:
    """Return what finds a sentence that says a fact, in the corpus of the home."""
    if source != "home":
        raise UsageError(
            "--quotes needs the papers themselves, and the facts that ship have none:"
            " `matlore ingest` and `matlore facts extract` make some of your own"
        )
    from ingest.corpus import Corpus
    from matlore.home import Home

    corpus = Corpus(Home.open(home_path))

    def quote(facts: Iterable[Any]) -> dict[str, str] | None:
        for fact in facts:
            paper = corpus.get(fact.provenance.paper_id)
            if fact.provenance.spans and paper.text_sha == fact.provenance.text_sha:
                sentence = _sentence(paper.text, fact.provenance.spans[0][0])
                return {"paper": paper.id, "sentence": sentence}
        return None

    return quote


def _sentence(text: str, offset: int) -> str:
    """Return the sentence around a character."""
    from ner.sentences import split_sentences

    spans = split_sentences(text)
    start, end = next((one for one in spans if one[0] <= offset < one[1]), (0, len(text)))
    return " ".join(text[start:end].split())
