"""A small home to be searched: papers of our own words, their index, and a graph of their facts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_encoder import FakeEncoder
from graph_samples import changes, information

__all__ = ["FACTS", "PAPERS", "fake_encoders", "ingest_papers", "load_facts", "searched_home"]

PAPERS: tuple[Mapping[str, Any], ...] = (
    {
        "id": "2401.00001",
        "title": "Heat flow in bismuth telluride",
        "abstract": "We cut thin slices. The Seebeck coefficient of Bi2Te3 is 220 microvolts per"
        " kelvin near room temperature. Such slices cool small lasers.",
        "year": 2011,
        "source": "notes",
        "license": "cc-by",
    },
    {
        "id": "2401.00002",
        "title": "A band gap for cells",
        "abstract": "Thin films of CdTe were made by sputtering. The band gap of CdTe is 1.45 eV,"
        " which suits solar cells.",
        "year": 2014,
        "source": "notes",
        "license": "cc0",
    },
    {
        "id": "2401.00003",
        "title": "Layers that bend",
        "abstract": "Graphene bends further than most films. Its sheets stay whole when rolled.",
        "year": 2016,
        "source": "letters",
        "license": "cc-by",
    },
    {
        "id": "2401.00004",
        "title": "Wide gaps for blue light",
        "abstract": "GaN glows blue. The band gap of GaN is 3.4 eV, and its films last for years.",
        "year": 2018,
        "source": "letters",
        "license": "cc0",
        "retracted": True,
    },
    {
        "id": "2401.00005",
        "title": "Antimony joins the slices",
        "abstract": "Alloys of Sb2Te3 with Bi2Te3 have a larger power factor than either alone."
        " Nothing here was cooled.",
        "year": 2020,
        "source": "letters",
        "license": "cc-by",
    },
)

_IDS = [f"arxiv:{paper['id']}" for paper in PAPERS]

FACTS: dict[str, list[dict[str, Any]]] = {
    "Paper": [
        {"id": id, "title": paper["title"], "year": paper["year"]}
        for id, paper in zip(_IDS, PAPERS, strict=True)
    ],
    "Material": [
        {"id": "Bi2Te3", "formula": "Bi2Te3", "name": "Bi2Te3", "names": ["Bi2Te3"], "n_papers": 2},
        {"id": "Sb2Te3", "formula": "Sb2Te3", "name": "Sb2Te3", "names": ["Sb2Te3"], "n_papers": 1},
        {"id": "CdTe", "formula": "CdTe", "name": "CdTe", "names": ["CdTe"], "n_papers": 1},
        {"id": "GaN", "formula": "GaN", "name": "GaN", "names": ["GaN"], "n_papers": 1},
        {"id": "name:graphene", "name": "graphene", "names": ["graphene"], "n_papers": 1},
    ],
    "Element": [{"symbol": symbol} for symbol in ("Bi", "Cd", "Ga", "N", "Sb", "Te")],
    "Property": [
        {"name": "band gap", "unit": "eV", "in_vocabulary": True},
        {"name": "seebeck coefficient", "unit": "V/K", "in_vocabulary": True},
    ],
    "Application": [{"name": "photovoltaic"}, {"name": "thermoelectric"}],
    "Method": [{"name": "sputtering"}],
    "Quantity": [
        {"id": "q1", "value": 220.0, "unit": "µV/K", "si_value": 2.2e-4, "comparator": "=",
         "temperature": 300.0},
        {"id": "q2", "value": 1.45, "unit": "eV", "si_value": 1.45 * 1.602176634e-19,
         "comparator": "="},
        {"id": "q3", "value": 3.4, "unit": "eV", "si_value": 3.4 * 1.602176634e-19,
         "comparator": "="},
        {"id": "q4", "value": 2.0, "unit": "eV", "si_value": 2.0 * 1.602176634e-19,
         "comparator": "<"},
        {"id": "q5", "value_max": 9.0, "unit": "eV", "comparator": "~"},
    ],
    "Claim": [
        {"id": "c1", "type": "USED_IN"},
        {"id": "c2", "type": "MADE_BY"},
        {"id": "c3", "type": "HAS_PROPERTY"},
        {"id": "c4", "type": "USED_IN"},
    ],
    "MENTIONS.Paper.Material": [
        {"from": _IDS[0], "to": "Bi2Te3", "count": 2},
        {"from": _IDS[1], "to": "CdTe", "count": 2},
        {"from": _IDS[2], "to": "name:graphene", "count": 1},
        {"from": _IDS[3], "to": "GaN", "count": 2},
        {"from": _IDS[4], "to": "Bi2Te3", "count": 1},
        {"from": _IDS[4], "to": "Sb2Te3", "count": 1},
    ],
    "MENTIONS.Paper.Property": [
        {"from": _IDS[0], "to": "seebeck coefficient", "count": 1},
        {"from": _IDS[1], "to": "band gap", "count": 2},
        {"from": _IDS[3], "to": "band gap", "count": 1},
    ],
    "MENTIONS.Paper.Application": [
        {"from": _IDS[1], "to": "photovoltaic", "count": 1},
        {"from": _IDS[4], "to": "thermoelectric", "count": 1},
    ],
    "MENTIONS.Paper.Method": [{"from": _IDS[1], "to": "sputtering", "count": 1}],
    "CONTAINS.Material.Element": [
        {"from": material, "to": symbol, "fraction": 0.5}
        for material, symbols in (
            ("Bi2Te3", ("Bi", "Te")),
            ("Sb2Te3", ("Sb", "Te")),
            ("CdTe", ("Cd", "Te")),
            ("GaN", ("Ga", "N")),
        )
        for symbol in symbols
    ],
    "HAS.Material.Quantity": [
        {"from": "Bi2Te3", "to": "q1"},
        {"from": "CdTe", "to": "q2"},
        {"from": "GaN", "to": "q3"},
        {"from": "name:graphene", "to": "q4"},
        {"from": "GaN", "to": "q5"},
    ],
    "OF.Quantity.Property": [
        {"from": "q1", "to": "seebeck coefficient"},
        *({"from": f"q{k}", "to": "band gap"} for k in (2, 3, 4, 5)),
    ],
    "REPORTED_IN.Quantity.Paper": [
        {"from": "q1", "to": _IDS[0]},
        {"from": "q2", "to": _IDS[1]},
        {"from": "q3", "to": _IDS[3]},
        {"from": "q4", "to": _IDS[2]},
        {"from": "q5", "to": _IDS[3]},
    ],
    "SUBJECT.Claim.Material": [
        {"from": "c1", "to": "CdTe"},
        {"from": "c2", "to": "CdTe"},
        {"from": "c3", "to": "GaN"},
        {"from": "c4", "to": "Bi2Te3"},
    ],
    "OBJECT.Claim.Application": [
        {"from": "c1", "to": "photovoltaic"},
        {"from": "c4", "to": "thermoelectric"},
    ],
    "OBJECT.Claim.Method": [{"from": "c2", "to": "sputtering"}],
    "OBJECT.Claim.Property": [{"from": "c3", "to": "band gap"}],
    "IN.Claim.Paper": [
        {"from": "c1", "to": _IDS[1]},
        {"from": "c2", "to": _IDS[1]},
        {"from": "c3", "to": _IDS[3]},
        {"from": "c4", "to": _IDS[4]},
    ],
}  # fmt: skip


def fake_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no model be loaded: `static` is another encoder than all the rest."""
    from embeddings.encoders import base

    def load(name: str, **_: Any) -> FakeEncoder:
        return FakeEncoder("fake-other" if name == "static" else "fake-32")

    monkeypatch.setattr(base, "load_encoder", load)


def ingest_papers(home: Path, papers: Sequence[Mapping[str, Any]] = PAPERS) -> None:
    """Put papers into a home."""
    from ingest.jobs import ingest_files
    from ingest.sources.files import find_files
    from matlore.home import Home

    path = home.with_suffix(".jsonl")
    path.write_text("".join(json.dumps(dict(paper)) + "\n" for paper in papers))
    files, _ = find_files([path])
    ingest_files(Home.open(home, create=True), files)


def load_facts(home: Path) -> None:
    """Put `FACTS` into the graph of a home."""
    from graph.stores import open_store
    from matlore.pipeline.graph_load import store_address

    store = open_store(store_address(home, None))
    try:
        store.apply(changes(home, added=FACTS), information())
    finally:
        store.close()


def searched_home(folder: Path, *, graph: bool = True) -> Path:
    """Make a home with `PAPERS`, its graph and its indexes; the encoder must be a fake."""
    from matlore.pipeline.index_build import build_home_index

    home = folder / "home"
    ingest_papers(home)
    if graph:
        load_facts(home)
    build_home_index(home)
    return home
