"""Quantities and claims on disk, and how what was found in a paper becomes records."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matlore.errors import ArtifactError, NotFoundError
from matlore.home import Home, HomeWriter
from matlore.records import (
    Claim,
    ClaimType,
    Condition,
    Label,
    Mention,
    Modality,
    Paper,
    Provenance,
    Quantity,
    text_hash,
)
from ner.block_reader import BlockReader
from ner.fact_compaction import compact_facts, drop_shards
from ner.fact_shards import Block, forget_papers
from ner.fact_store import (
    CLAIMS,
    QUANTITIES,
    Facts,
    FactWriter,
    claims_from_batch,
    claims_to_batch,
    facts_model,
    quantities_from_batch,
    quantities_to_batch,
)
from ner.facts.parts import FoundQuantity, PaperFacts, Relation, Value
from ner.facts.records import facts_object, paper_records
from ner.mention_store import MENTIONS, MentionWriter

MODEL = "facts-1@tagger-1"
_OFFSETS = st.integers(0, 2**31 - 1)
_NUMBERS = st.floats(allow_nan=False)
_PROVENANCE = st.builds(
    Provenance,
    version=st.text(),
    paper_id=st.text(),
    text_sha=st.text(),
    spans=st.lists(st.tuples(_OFFSETS, _OFFSETS), max_size=3).map(tuple),
    license=st.none() | st.text(),
)
_CONDITIONS = st.builds(
    Condition, st.text(), _NUMBERS | st.text(), st.none() | _NUMBERS, st.none() | st.text()
)
QUANTITIES_FOUND = st.builds(
    Quantity,
    material=st.none() | st.text(),
    property=st.none() | st.text(),
    value=_NUMBERS,
    unit=st.text(),
    provenance=_PROVENANCE,
    value_max=st.none() | _NUMBERS,
    std=st.none() | _NUMBERS,
    comparator=st.sampled_from("=<>~"),
    si_value=st.none() | _NUMBERS,
    si_unit=st.none() | st.text(),
    conditions=st.lists(_CONDITIONS, max_size=2).map(tuple),
    modality=st.sampled_from(get_args(Modality)),
    score=st.none() | _NUMBERS,
)
CLAIMS_FOUND = st.builds(
    Claim,
    st.sampled_from(get_args(ClaimType)),
    st.text(),
    st.text(),
    _PROVENANCE,
    st.sampled_from(get_args(Modality)),
    st.none() | _NUMBERS,
)


@given(st.lists(QUANTITIES_FOUND, max_size=4))
def test_a_round_trip_keeps_quantities(quantities: list[Quantity]) -> None:
    batch = quantities_to_batch(quantities)
    assert [*quantities_from_batch(batch)] == quantities
    assert batch.column("id").to_pylist() == [one.id for one in quantities]


@given(st.lists(CLAIMS_FOUND, max_size=4))
def test_a_round_trip_keeps_claims(claims: list[Claim]) -> None:
    batch = claims_to_batch(claims)
    assert [*claims_from_batch(batch)] == claims
    assert batch.column("id").to_pylist() == [one.id for one in claims]


def test_claims_of_two_types_by_the_same_words_are_two() -> None:
    provenance = Provenance("v", "a", "sha", ((0, 4), (8, 12)))
    claim = Claim("USED_IN", "PbTe", "thermoelectrics", provenance)
    assert claim.id != replace(claim, type="HAS_PROPERTY").id
    assert claim.id == replace(claim, score=0.3, modality="denied").id


# What was found, as records

TEXT = "SnTe doped with Ag has a gap of 0.2 eV"
PAPER = Paper("a", ("a",), "", TEXT, TEXT, text_hash(TEXT), "1", license="CC0-1.0")


def _mention(text: str, label: Label, norm: str | None) -> Mention:
    start = TEXT.index(text)
    return Mention("a", PAPER.text_sha, start, start + len(text), label, text, norm, 0.9)


SNTE, AG, GAP = (
    _mention("SnTe", "MAT", "SnTe"),
    _mention("Ag", "MAT", "Ag"),
    _mention("gap", "PRO", "band_gap"),
)
FOUND = FoundQuantity(
    Value(32, 38, 0.2, "eV"), 0, 2, "band_gap", (Condition("temperature", 300.0, None, "K"),)
)
FACTS = PaperFacts((SNTE, AG, GAP), (Relation("DOPED_WITH", 0, 1, score=0.8),), (FOUND,))


def test_facts_become_records_with_their_spans() -> None:
    (quantity,), (claim,) = paper_records(PAPER, FACTS, MODEL)
    assert (quantity.material, quantity.property, quantity.value) == ("SnTe", "band_gap", 0.2)
    assert quantity.si_value == pytest.approx(3.204e-20, rel=1e-3)
    assert quantity.provenance == Provenance(
        MODEL, "a", PAPER.text_sha, ((32, 38), (0, 4), (25, 28)), license="CC0-1.0"
    )
    assert (claim.type, claim.subject, claim.object, claim.score) == (
        *("DOPED_WITH", "SnTe", "Ag"),
        0.8,
    )
    assert claim.provenance.spans == ((0, 4), (16, 18))


def test_what_is_not_known_by_a_name_makes_no_record() -> None:
    nameless = replace(SNTE, norm=None)
    facts = replace(FACTS, mentions=(nameless, AG, GAP))
    assert paper_records(PAPER, facts, MODEL) == ([], [])
    same = replace(FACTS, mentions=(SNTE, replace(AG, norm="SnTe"), GAP))
    assert paper_records(PAPER, same, MODEL).claims == []
    unlinked = replace(FACTS, quantities=(replace(FOUND, property=None, property_name=None),))
    assert paper_records(PAPER, unlinked, MODEL).quantities == []


def test_an_acronym_and_its_formula_are_one_by_name() -> None:
    text = "La0.7Sr0.3MnO3 (LSMO)"
    paper = replace(PAPER, text=text, text_sha=text_hash(text))
    places = ((0, 14), (16, 20))
    mentions = tuple(
        Mention("a", paper.text_sha, *place, "MAT", text[slice(*place)], "La7Sr3Mn10O30")
        for place in places
    )
    for ends in ((0, 1), (1, 0)):
        facts = PaperFacts(mentions, (Relation("SAME_AS", *ends),), ())
        (claim,) = paper_records(paper, facts, MODEL).claims
        assert (claim.subject, claim.object) == ("La7Sr3Mn10O30", "name:LSMO")


def test_a_quantity_of_no_material_is_a_record_without_one() -> None:
    facts = replace(FACTS, quantities=(replace(FOUND, material=None),))
    (quantity,) = paper_records(PAPER, facts, MODEL).quantities
    assert quantity.material is None
    assert quantity.provenance.spans == ((32, 38), (25, 28))


def test_of_one_fact_found_twice_the_surest_is_kept() -> None:
    twice = (Relation("DOPED_WITH", 0, 1, score=0.4), *FACTS.relations)
    (claim,) = paper_records(PAPER, replace(FACTS, relations=twice), MODEL).claims
    assert claim.score == 0.8


def test_a_unit_that_nobody_knows_has_no_si_value() -> None:
    odd = replace(FOUND, value=Value(32, 38, 0.2, "blurgs"))
    (quantity,) = paper_records(PAPER, replace(FACTS, quantities=(odd,)), MODEL).quantities
    assert (quantity.si_value, quantity.si_unit, quantity.unit) == (None, None, "blurgs")


def test_the_object_of_a_paper_points_into_its_mentions() -> None:
    found = facts_object(PAPER, FACTS)
    assert [*found] == ["id", "text_sha", "mentions", "relations", "quantities"]
    assert found["relations"] == [
        {"type": "DOPED_WITH", "head": 0, "tail": 1, "modality": "observed", "score": 0.8}
    ]
    (quantity,) = found["quantities"]
    assert (quantity["material"], quantity["property"]) == (0, 2)
    assert (quantity["start"], quantity["end"], quantity["unit"]) == (32, 38, "eV")
    assert quantity["conditions"] == [
        {"name": "temperature", "value": 300.0, "value_max": None, "unit": "K"}
    ]
    certain = facts_object(PAPER, FACTS, with_text=True, min_score=0.9)
    assert (certain["text"], certain["relations"], len(certain["quantities"])) == (TEXT, [], 1)


# The store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


@pytest.fixture
def writer(home: Home) -> Iterator[HomeWriter]:
    with home.writer() as writer:
        yield writer


def _quantity(id: str, value: float, sha: str = "sha") -> Quantity:
    provenance = Provenance(MODEL, id, sha, ((0, 4),))
    return Quantity("PbTe", "band_gap", value, "eV", provenance)


def _claim(id: str, object: str, sha: str = "sha") -> Claim:
    return Claim("DOPED_WITH", "PbTe", object, Provenance(MODEL, id, sha, ((0, 4), (5, 7))))


def _write(writer: HomeWriter, id: str, values: list[float], objects: list[str]) -> None:
    """Put the facts of a paper into shards of their own."""
    sql = writer.connection
    sql.execute("INSERT OR REPLACE INTO papers VALUES (?, 1, 0, 'sha', 9)", (id,))
    sql.execute("INSERT OR IGNORE INTO aliases VALUES (?, ?, 0)", (id, id))
    store = FactWriter(writer)
    store.add(
        [Block(id, "sha", MODEL, len(values))],
        quantities_to_batch([_quantity(id, value) for value in values]),
        [Block(id, "sha", MODEL, len(objects))],
        claims_to_batch([_claim(id, one) for one in objects]),
    )
    store.commit()


def test_facts_come_back_as_they_went(home: Home, writer: HomeWriter) -> None:
    _write(writer, "a", [0.3, 0.4], ["Na"])
    _write(writer, "b", [], ["K", "Tl"])
    _write(writer, "c", [], [])
    facts = Facts(home)
    assert [one.value for one in facts.quantities()] == [0.3, 0.4]
    assert [one.object for one in facts.claims()] == ["Na", "K", "Tl"]
    assert facts.by_paper("a") == ([_quantity("a", 0.3), _quantity("a", 0.4)], [_claim("a", "Na")])
    assert facts.by_paper("c") == ([], [])
    (batch,) = facts.quantity_batches(["material", "value"])
    assert batch.to_pylist()[0] == {"material": "PbTe", "value": 0.3}
    assert sum(len(batch) for batch in facts.claim_batches()) == 3


def test_counts_tell_what_is_there_and_what_is_old(home: Home, writer: HomeWriter) -> None:
    _write(writer, "a", [0.3, 0.4], ["Na"])
    mentions = MentionWriter(writer, model="tagger-1")
    mentions.add({("a", "sha"): []})
    mentions.commit()
    assert Facts(home).counts() == {
        "papers": 1,
        "pending": 0,
        "quantities": 2,
        "claims": 1,
        "properties": {"band_gap": 2},
        "types": {"DOPED_WITH": 1},
        "models": {facts_model("facts-1", "tagger-1"): 1},
    }
    newer = MentionWriter(writer, model="tagger-2")
    newer.add({("a", "sha"): []})
    newer.commit()
    assert Facts(home).counts()["pending"] == 1


def test_shards_are_plain_parquet(home: Home, writer: HomeWriter) -> None:
    _write(writer, "a", [0.3], ["Na"])
    folder = home.folder("facts")
    table = pq.read_table(folder / "quantities-000001.parquet")
    assert table.column("property").to_pylist() == ["band_gap"]
    assert pq.read_table(folder / "claims-000002.parquet").num_rows == 1


def test_a_paper_that_is_not_there_or_not_read(home: Home, writer: HomeWriter) -> None:
    with pytest.raises(NotFoundError, match="no paper z"):
        Facts(home).by_paper("z")
    writer.connection.execute("INSERT INTO papers VALUES ('a', 1, 0, 'sha', 9)")
    writer.connection.execute("INSERT INTO aliases VALUES ('a', 'a', 0)")
    writer.commit()
    with pytest.raises(NotFoundError, match="matlore facts extract"):
        Facts(home).by_paper("a")


def test_facts_of_an_old_text_or_a_removed_paper_are_not_shown(
    home: Home, writer: HomeWriter
) -> None:
    for id in "abc":
        _write(writer, id, [0.3], ["Na"])
    writer.connection.execute("UPDATE papers SET text_sha = 'other' WHERE id = 'a'")
    forget_papers(writer.connection, ["b"])
    writer.commit()
    assert [one.provenance.paper_id for one in Facts(home).quantities()] == ["c"]
    assert [one.provenance.paper_id for one in Facts(home).claims()] == ["c"]


def test_facts_are_found_by_material(home: Home, writer: HomeWriter) -> None:
    _write(writer, "a", [0.3, 0.4], ["Na"])
    _write(writer, "b", [0.5], ["K"])
    facts = Facts(home)
    assert [one.value for one in facts.of_material("PbTe").quantities] == [0.3, 0.4, 0.5]
    assert [one.object for one in facts.of_material("PbTe").claims] == ["Na", "K"]
    assert facts.of_material("SnSe") == ([], [])


def test_of_a_material_only_living_facts_are_found(home: Home, writer: HomeWriter) -> None:
    writer.connection.execute("INSERT INTO papers VALUES ('b', 1, 0, 'sha', 9)")
    store = FactWriter(writer)
    store.add(
        [Block(id, "sha", MODEL, 1) for id in "ab"],
        quantities_to_batch([_quantity("a", 0.3), _quantity("b", 0.5)]),
        [Block(id, "sha", MODEL, 1) for id in "ab"],
        claims_to_batch([_claim("a", "Na"), _claim("b", "K")]),
    )
    store.commit()
    assert [one.value for one in Facts(home).of_material("PbTe").quantities] == [0.5]
    _write(writer, "b", [0.6], ["Tl"])
    found = Facts(home).of_material("PbTe")
    assert [one.value for one in found.quantities] == [0.6]
    assert [one.object for one in found.claims] == ["Tl"]


def test_what_is_not_committed_is_not_seen_and_leaves_nothing(home: Home) -> None:
    with home.writer() as writer:
        store = FactWriter(writer)
        one = quantities_to_batch([_quantity("a", 0.3)])
        store.add([Block("a", "sha", MODEL, 1)], one, [], claims_to_batch([]))
        store.close()
    assert not [*home.folder("facts").iterdir()]


def test_blocks_must_fit_their_rows(writer: HomeWriter) -> None:
    one = quantities_to_batch([_quantity("a", 0.3)])
    with pytest.raises(ValueError, match="1 rows"):
        FactWriter(writer).add([Block("a", "sha", MODEL, 2)], one, [], claims_to_batch([]))


def test_small_shards_of_each_kind_become_one(home: Home, writer: HomeWriter) -> None:
    for id in "abcd":
        _write(writer, id, [0.3, 0.4], ["Na"])
    before = Facts(home).by_paper("c")
    assert compact_facts(writer) == 8
    names = sorted(path.name for path in home.folder("facts").iterdir())
    assert names == ["claims-000010.parquet", "quantities-000009.parquet"]
    assert Facts(home).by_paper("c") == before
    assert Facts(home).counts()["quantities"] == 8


def test_a_damaged_shard_says_what_to_do_and_can_be_dropped(home: Home, writer: HomeWriter) -> None:
    _write(writer, "a", [0.3], ["Na"])
    shard = home.shards("facts")[0]
    shard.path.write_bytes(b"no parquet")
    with pytest.raises(ArtifactError, match=r"verify --repair`, then `matlore facts extract`"):
        Facts(home).by_paper("a")
    assert drop_shards(writer, [shard]) == 1
    assert [*Facts(home).quantities()] == []
    assert [one.object for one in Facts(home).claims()] == ["Na"]


def test_a_home_that_keeps_no_facts_has_none(home: Home) -> None:
    facts = Facts(home)
    assert [*facts.quantities()] == []
    assert facts.counts()["pending"] == 0


# Blocks by place


def _mentions(id: str, count: int) -> list[Mention]:
    return [Mention(id, "sha", k, k + 1, "MAT", f"{id}{k}") for k in range(count)]


def test_blocks_are_read_where_they_lie(writer: HomeWriter) -> None:
    store = MentionWriter(writer, model="m")
    store.add({("a", "sha"): _mentions("a", 2), ("b", "sha"): _mentions("b", 3)})
    store.add({("c", "sha"): _mentions("c", 1)})
    store.commit()
    reader = BlockReader(writer, MENTIONS, groups=1)
    assert reader.read(1, 5, 1).column("text").to_pylist() == ["c0"]
    assert reader.read(1, 2, 3).column("text").to_pylist() == ["b0", "b1", "b2"]
    for place in ((1, 4, 2), (1, 6, 1), (2, 0, 1), (1, 5, 9)):
        with pytest.raises(ArtifactError, match="matlore ner extract"):
            reader.read(*place)
    reader.close()


def test_kinds_have_names_that_tell_their_shards() -> None:
    assert len({kind.name for kind in (MENTIONS, QUANTITIES, CLAIMS)}) == 3
