"""The facts that ship: packed, chosen, and read back as they were."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matlore.errors import ArtifactError
from matlore.records import Claim, ClaimType, Comparator, Condition, Modality, Provenance, Quantity
from ner.fact_store import claims_to_batch, quantities_to_batch
from ner.facts.cards import FACTS_FOLDER
from ner.facts.starter_columns import SCORE_STEPS, collect_facts
from ner.facts.starter_facts import (
    CARD,
    FORMAT,
    FactsCard,
    StarterFacts,
    pack_facts,
    save_pack,
    table_file,
)
from ner.facts.starter_layout import PaperRow
from ner.facts.starter_tables import decimals, from_decimals

PAPERS = [PaperRow("arxiv:0801.0001", 2008, "CC0-1.0"), PaperRow("doi:10.1/x", None, None)]
PAPERS.append(PaperRow("arxiv:0712.0009", 2007, "CC0-1.0"))
NAMES = ["PbTe", "SnSe", "name:graphene", "thermoelectric", "band gap", "γ phase"]


class Batches:
    """Facts held in lists, as a home gives them."""

    def __init__(self, quantities: Sequence[Quantity], claims: Sequence[Claim]) -> None:
        self._quantities, self._claims = quantities, claims

    def quantity_batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        for half in (self._quantities[:2], self._quantities[2:]):
            batch = quantities_to_batch(half)
            yield batch if columns is None else batch.select(list(columns))

    def claim_batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        for half in (self._claims[:2], self._claims[2:]):
            batch = claims_to_batch(half)
            yield batch if columns is None else batch.select(list(columns))


def provenance(paper: PaperRow, *spans: tuple[int, int]) -> Provenance:
    return Provenance("f", paper_id=paper.id, text_sha="s", spans=spans, license=paper.license)


def claim(paper: int = 0, start: int = 0, **fields: Any) -> Claim:
    said: dict[str, Any] = {"type": "USED_IN", "subject": "PbTe", "object": "thermoelectric"}
    origin = provenance(PAPERS[paper], (start, start + 4), (start + 10, start + 24))
    return Claim(provenance=origin, **({"score": 0.8} | said | fields))


def quantity(paper: int = 0, start: int = 30, **fields: Any) -> Quantity:
    said: dict[str, Any] = {"material": "PbTe", "property": "band gap", "value": 0.31, "unit": "eV"}
    origin = provenance(PAPERS[paper], (start, start + 7), (2, 6), (start - 9, start - 1))
    return Quantity(provenance=origin, **({"score": 0.8} | said | fields))


def card(hashes: dict[str, str]) -> FactsCard:
    return FactsCard(
        "facts-1", FORMAT, hashes, "2026-01-01", {"claims": 1}, versions={"facts": "f"}
    )


def packed(
    folder: Path, quantities: Sequence[Quantity], claims: Sequence[Claim], *, room: int = 10**7
) -> StarterFacts:
    facts = Batches(quantities, claims)
    columns = collect_facts(facts, [paper.id for paper in PAPERS])
    save_pack(pack_facts(columns, PAPERS, max_bytes=room), folder, card)
    return StarterFacts.load(folder)


def claim_parts(one: Claim) -> tuple[object, ...]:
    origin = one.provenance
    score = 0.5 if one.score is None else round(one.score * SCORE_STEPS) / SCORE_STEPS
    said = (one.type, one.subject, one.object, one.modality, score)
    return (*said, origin.paper_id, origin.spans, origin.license, origin.version)


def quantity_parts(one: Quantity) -> tuple[object, ...]:
    origin = one.provenance
    score = 0.5 if one.score is None else round(one.score * SCORE_STEPS) / SCORE_STEPS
    said = (one.material, one.property, one.value, one.value_max, one.std, one.comparator, one.unit)
    return (*said, one.conditions, one.modality, score, origin.paper_id, origin.spans)


def test_facts_come_back_as_they_were(tmp_path: Path) -> None:
    conditions = (
        Condition("direction", "along c"),
        Condition("temperature", 300.0, None, "K"),
        Condition("pressure", 1.5, 2.5, "GPa"),
    )
    quantities = [
        quantity(1, 90, conditions=conditions, value_max=0.33, comparator="~"),
        quantity(0, 40, value=-1.25e-21, std=2e-22, unit="μV/K"),
        quantity(0, 30, modality="computed", comparator="<"),
    ]
    claims = [
        claim(2, 5, modality="denied"),
        claim(0, 9, subject="name:graphene", type="HAS_PHASE", object="γ phase", score=0.31),
        claim(0, 5),
    ]
    pack = packed(tmp_path, quantities, claims)
    assert {*map(quantity_parts, pack.quantities())} == {*map(quantity_parts, quantities)}
    assert {*map(claim_parts, pack.claims())} == {*map(claim_parts, claims)}
    assert [one.provenance.paper_id for one in pack.claims()] == [
        "arxiv:0712.0009",
        "arxiv:0801.0001",
        "arxiv:0801.0001",
    ]


SPANS = st.tuples(st.integers(0, 5000), st.integers(1, 90)).map(lambda s: (s[0], s[0] + s[1]))
NUMBERS = st.floats(-1e30, 1e30).map(lambda x: float(f"{x:.6g}"))
CONDITIONS = st.lists(
    st.builds(
        Condition,
        st.sampled_from(["temperature", "phase"]),
        NUMBERS | st.sampled_from(["cubic", "PbTe"]),
        st.none() | NUMBERS,
        st.none() | st.sampled_from(["K", "GPa"]),
    ),
    max_size=3,
).map(tuple)
CLAIMS = st.builds(
    lambda paper, spans, **fields: Claim(provenance=provenance(paper, *spans), **fields),
    st.sampled_from(PAPERS),
    st.tuples(SPANS, SPANS),
    type=st.sampled_from(get_args(ClaimType)),
    subject=st.sampled_from(NAMES),
    object=st.sampled_from(NAMES),
    modality=st.sampled_from(get_args(Modality)),
    score=st.none() | st.floats(0, 1),
)
QUANTITIES = st.builds(
    lambda paper, spans, **fields: Quantity(provenance=provenance(paper, *spans), **fields),
    st.sampled_from(PAPERS),
    st.lists(SPANS, min_size=2, max_size=3),
    material=st.sampled_from(NAMES),
    property=st.sampled_from(NAMES),
    value=NUMBERS,
    value_max=st.none() | NUMBERS,
    std=st.none() | NUMBERS,
    unit=st.sampled_from(["eV", "1", "K"]),
    comparator=st.sampled_from(get_args(Comparator)),
    conditions=CONDITIONS,
    modality=st.sampled_from(get_args(Modality)),
    score=st.none() | st.floats(0, 1),
)


@settings(max_examples=40)
@given(quantities=st.lists(QUANTITIES, max_size=12), claims=st.lists(CLAIMS, max_size=12))
def test_whatever_is_packed_comes_back(
    tmp_path_factory: pytest.TempPathFactory, quantities: list[Quantity], claims: list[Claim]
) -> None:
    pack = packed(tmp_path_factory.mktemp("pack"), quantities, claims)
    read = [*pack.quantities()]
    assert {*map(quantity_parts, read)} <= {*map(quantity_parts, quantities)}
    assert {one[:7] for one in map(quantity_parts, read)} == {
        one[:7] for one in map(quantity_parts, quantities)
    }
    said = [*pack.claims()]
    assert {*map(claim_parts, said)} <= {*map(claim_parts, claims)}
    assert len(said) == len(
        {(c.provenance.paper_id, c.type, c.subject, c.object, c.modality) for c in claims}
    )
    for paper in PAPERS:
        found = pack.by_paper(paper.id)
        assert found.claims == [c for c in said if c.provenance.paper_id == paper.id]
        assert found.quantities == [q for q in read if q.provenance.paper_id == paper.id]


def test_a_paper_that_says_it_twice_keeps_the_surest_place(tmp_path: Path) -> None:
    claims = [claim(0, 500, score=0.9), claim(0, 5, score=0.7), claim(0, 700, score=0.9)]
    quantities = [quantity(0, 700), quantity(0, 30), quantity(0, 90, value=0.5)]
    pack = packed(tmp_path, quantities, claims)
    assert [one.provenance.spans[0] for one in pack.claims()] == [(500, 504)]
    assert [one.provenance.spans[0][0] for one in pack.quantities()] == [30, 90]


def test_quantities_of_no_material_are_left_out(tmp_path: Path) -> None:
    pack = packed(tmp_path, [quantity(material=None), quantity(property=None)], [claim()])
    assert [*pack.quantities()] == []


def test_papers_that_do_not_stand_are_left_out(tmp_path: Path) -> None:
    columns = collect_facts(Batches([quantity(0)], [claim(0), claim(1)]), [PAPERS[1].id])
    save_pack(pack_facts(columns, PAPERS[1:2], max_bytes=10**6), tmp_path, card)
    pack = StarterFacts.load(tmp_path)
    assert [one.provenance.paper_id for one in pack.claims()] == ["doi:10.1/x"]
    assert [*pack.quantities()] == []


def test_a_material_is_found_and_counted(tmp_path: Path) -> None:
    claims = [claim(0), claim(1), claim(1, 50, subject="SnSe")]
    pack = packed(tmp_path, [quantity(0), quantity(0, 80, material="SnSe")], claims)
    found = pack.of_material("PbTe")
    assert [one.subject for one in found.claims] == ["PbTe", "PbTe"]
    assert [one.material for one in found.quantities] == ["PbTe"]
    assert pack.of_material("Bi2Te3") == ([], [])
    assert pack.of_material("thermoelectric") == ([], [])
    assert pack.material_counts() == {"PbTe": 3, "SnSe": 2}
    assert pack.years(["arxiv:0801.0001", "doi:10.1/x", "other"]) == {
        "arxiv:0801.0001": 2008,
        "doi:10.1/x": None,
    }


def test_batches_have_the_schema_of_a_home(tmp_path: Path) -> None:
    pack = packed(tmp_path, [quantity()], [claim()])
    columns = collect_facts(pack, [paper.id for paper in PAPERS])
    assert columns.words[:2] == ["PbTe", "band gap"]
    assert [batch.to_pylist() for batch in pack.claim_batches(["subject"])] == [
        [{"subject": "PbTe"}]
    ]


def test_what_is_worth_least_goes_first(tmp_path: Path) -> None:
    common = [claim(k % 3, 7 * k, object=f"use {k // 3}") for k in range(600)]
    rare = [claim(0, 7 * k, subject=f"name:{k * 7919 % 10007}", score=0.2) for k in range(600)]
    whole = packed(tmp_path / "whole", [], [*common, *rare])
    size = sum(file.stat().st_size for file in (tmp_path / "whole").glob("*.parquet")) * 9 // 10
    assert len([*whole.claims()]) == 1200
    cut = packed(tmp_path / "cut", [quantity(score=1.0)], [*common, *rare], room=size)
    kept = [*cut.claims()]
    assert len(kept) < 1200
    assert sum(one.score == 0.8 for one in kept) == 600
    assert len([*cut.quantities()]) == 1


def test_facts_that_cannot_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        packed(tmp_path, [], [claim()], room=100)


@pytest.mark.parametrize("value", [0.0, 2.4, -1e-30, 123456789.0, 1e20, 0.1, 5e-8, 300.0])
def test_decimals_are_exact(value: float) -> None:
    digits, powers = decimals([value])
    assert from_decimals(int(digits[0]), int(powers[0])) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, None])
def test_what_is_no_number_of_this_world_is_none(value: float | None) -> None:
    digits, powers = decimals([value])
    assert from_decimals(int(digits[0]), int(powers[0])) is None


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    packed(tmp_path, [], [claim()])
    path = tmp_path / table_file("claims")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match=r"claims\.parquet: sha256 differs.*starter facts"):
        StarterFacts.load(tmp_path)


def test_a_missing_file_is_noticed(tmp_path: Path) -> None:
    packed(tmp_path, [], [claim()])
    (tmp_path / table_file("words")).unlink()
    with pytest.raises(ArtifactError, match=r"words\.parquet: cannot be read"):
        StarterFacts.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": 1}'])
def test_a_damaged_card_is_noticed(tmp_path: Path, text: str) -> None:
    (tmp_path / CARD).write_text(text)
    with pytest.raises(ArtifactError, match="not the card of facts"):
        StarterFacts.load(tmp_path)


def test_a_card_of_another_format_is_refused(tmp_path: Path) -> None:
    packed(tmp_path, [], [claim()])
    said = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps(said | {"format": FORMAT + 1}))
    with pytest.raises(ArtifactError, match="another version"):
        StarterFacts.load(tmp_path)


def test_no_pack_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="matlore starter facts"):
        StarterFacts.load(tmp_path)


def test_what_ships_fits_and_holds_no_text() -> None:
    assert sum(file.stat().st_size for file in FACTS_FOLDER.iterdir()) <= 8e6
    pack = StarterFacts.load()
    assert pack.card.command
    assert pack.card.counts["claims"] > 0
    assert pack.of_material("PbTe").claims
    longest = max(len(word) for word in pack.material_counts())
    assert longest < 200
