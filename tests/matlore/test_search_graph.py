"""Filters and evidence by facts: the same from both stores."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graph_samples import changes, information
from search_homes import FACTS

from graph.stores import open_store
from matlore.errors import GraphError
from matlore.pipeline.cypher import CypherSession
from matlore.pipeline.search_filters import allowed_papers, parse_filters
from matlore.pipeline.search_graph import GraphEvidence
from matlore.pipeline.search_query import named_things
from matlore.pipeline.search_types import NamedThings

pytest_plugins = ("neo4j_fixtures",)


@pytest.fixture(scope="module", params=["ladybug", "neo4j"])
def session(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CypherSession]:
    folder = tmp_path_factory.mktemp("facts")
    address, login = f"ladybug:{folder / 'graph'}", None
    if request.param == "neo4j":
        server = request.getfixturevalue("neo4j_server")
        address, login = server.address, server.login
        server.wipe()
    store = open_store(address, login=login)
    store.apply(changes(folder, added=FACTS), information())
    store.close()
    asked = CypherSession(address, login=login)
    yield asked
    asked.close()


def _papers(*numbers: int) -> set[str]:
    return {f"arxiv:2401.0000{number}" for number in numbers}


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"materials": ["Bi2Te3"]}, (1, 5)),
        ({"materials": ["Bi2Te3", "Sb2Te3"]}, (5,)),
        ({"materials": ["graphene"]}, (3,)),
        ({"materials": ["it's \"nothing\"'}) MATCH (n) //"]}, ()),
        ({"elements": "Te"}, (1, 2, 5)),
        ({"elements": "Bi,Te"}, (1, 5)),
        ({"elements": "Bi,Sb"}, ()),
        ({"properties": ["band gap"]}, (2, 3, 4)),
        ({"properties": ["band gap 1.0:1.6 eV"]}, (2,)),
        ({"properties": ["band gap 1.45:3.4 eV"]}, (2, 4)),
        ({"properties": ["band gap > 1.5 eV"]}, (4,)),
        ({"properties": ["band gap < 3 eV"]}, (2, 3)),
        ({"properties": ["seebeck coefficient 200:250 µV/K"]}, (1,)),
        ({"applications": ["solar cells"]}, (2,)),
        ({"methods": ["sputtering"]}, (2,)),
        ({"elements": "Te", "properties": ["band gap"]}, (2,)),
    ],
)
def test_filters_are_exact(
    session: CypherSession, asked: dict[str, Any], numbers: tuple[int, ...]
) -> None:
    found, _ = allowed_papers(parse_filters(**asked), session)
    assert found == _papers(*numbers)


def test_every_filter_counts_alone(session: CypherSession) -> None:
    filters = parse_filters(elements="Ga,N", applications=["thermoelectric"])
    found, passing = allowed_papers(filters, session)
    assert found == set()
    assert passing == {"names a material with Ga, N": 1, "mentions thermoelectric": 1}


def test_one_thing_is_found_where_it_is_mentioned(session: CypherSession) -> None:
    found = GraphEvidence(session).find(named_things("Bi2Te3"), 10)
    assert [one.paper for one in found] == sorted(_papers(1, 5))
    assert found[0].score > found[1].score > 0
    assert not any(one.facts for one in found)


def test_facts_join_what_is_named(session: CypherSession) -> None:
    (one,) = GraphEvidence(session).find(named_things("Seebeck coefficient of Bi2Te3"), 10)
    assert one.paper in _papers(1)
    assert one.facts == ["Bi2Te3: seebeck coefficient 220 µV/K at 300 K"]


def test_claims_are_told_in_words(session: CypherSession) -> None:
    named = NamedThings(
        materials=("CdTe", "GaN"),
        properties=("band gap",),
        applications=("photovoltaic",),
        methods=("sputtering",),
    )
    found = {one.paper: one.facts for one in GraphEvidence(session).find(named, 10)}
    assert found == {
        "arxiv:2401.00002": [
            "CdTe: band gap 1.45 eV",
            "CdTe used in photovoltaic",
            "CdTe made by sputtering",
        ],
        "arxiv:2401.00004": [
            "GaN: band gap 3.4 eV",
            "GaN: band gap ~up to 9 eV",
            "GaN has property band gap",
        ],
    }


def test_only_allowed_papers_and_no_more_than_asked(session: CypherSession) -> None:
    evidence = GraphEvidence(session)
    named = named_things("Bi2Te3")
    assert {one.paper for one in evidence.find(named, 10, allowed=_papers(5))} == _papers(5)
    assert evidence.find(named, 10, allowed=()) == []
    assert len(evidence.find(named, 1)) == 1


def test_nothing_known_is_nothing_found(session: CypherSession) -> None:
    evidence = GraphEvidence(session)
    assert evidence.find(NamedThings(), 10) == []
    assert evidence.find(NamedThings(materials=("Xe7", "it's")), 10) == []


def test_many_names_are_not_all_paired(session: CypherSession) -> None:
    many = tuple(f"Bi{k}Te" for k in range(3, 200))
    named = NamedThings(materials=("CdTe", *many), applications=("photovoltaic",) * 2)
    assert GraphEvidence(session).find(named, 10)[0].facts == ["CdTe used in photovoltaic"]


def test_without_a_graph_that_is_said(tmp_path: Path) -> None:
    session = CypherSession(f"ladybug:{tmp_path / 'none'}")
    with pytest.raises(GraphError):
        GraphEvidence(session).find(named_things("Bi2Te3"), 10)
