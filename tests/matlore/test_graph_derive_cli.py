"""`matlore graph derive`, as it is called: for one material, for plans, and for a whole graph."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from graph_samples import SAMPLE, changes, information

from graph.stores import open_store
from matlore.cli import main
from matlore.pipeline import graph_derive
from matlore.pipeline.graph_explain import derive_material, derive_options

Capture = pytest.CaptureFixture[str]
MERIT = "thermoelectric figure of merit"
PAPER = "doi:10.1/a"
# id, property, value, unit, temperature
VALUES = [
    ("q1", "seebeck coefficient", 220.0, "uV/K", 300.0),
    ("q2", "electrical conductivity", 1000.0, "S/cm", 300.0),
    ("q3", "thermal conductivity", 1.5, "W/(m K)", 300.0),
    ("q4", "seebeck coefficient", 240.0, "uV/K", 400.0),
    ("q5", "electrical conductivity", 900.0, "S/cm", 400.0),
    ("q6", "thermal conductivity", 1.4, "W/(m K)", 400.0),
    ("q7", "seebeck coefficient", 250.0, "uV/K", 500.0),
    ("q8", "electrical conductivity", 800.0, "S/cm", 500.0),
    ("q9", "thermal conductivity", 1.3, "W/(m K)", 500.0),
    ("z1", MERIT, 0.8, "1", 300.0),
    ("bad", "density", 5.0, "eV", None),
]


def _graph(folder: Path) -> None:
    """Load a material with what a figure of merit follows from, and one without a formula."""
    rows = [
        {"id": id, "value": value, "unit": unit, "temperature": t, "kind": "reported",
         "conditions": [] if t is None else [f"temperature = {t:g} K"], "comparator": "=",
         "modality": "observed", "score": 0.9, "source": PAPER}
        for id, _, value, unit, t in VALUES
    ]  # fmt: skip
    names = sorted({name for _, name, *_ in VALUES})
    tables: dict[str, Any] = {
        "Paper": SAMPLE["Paper"],
        "Material": SAMPLE["Material"],
        "Property": [{"name": name} for name in names],
        "Quantity": [*rows, {"id": "old", "value": 9.0, "unit": "1", "kind": "derived"}],
        "HAS.Material.Quantity": [
            {"from": "PbTe", "to": one} for one in ("old", *(id for id, *_ in VALUES))
        ],
        "OF.Quantity.Property": [
            {"from": "old", "to": MERIT}, *({"from": id, "to": name} for id, name, *_ in VALUES)
        ],
        "REPORTED_IN.Quantity.Paper": [{"from": id, "to": PAPER} for id, *_ in VALUES],
    }  # fmt: skip
    store = open_store(f"ladybug:{folder / 'graph'}")
    store.apply(changes(folder, added=tables), information())
    store.close()


@pytest.fixture(scope="session")
def graph_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("derive")
    _graph(folder)
    return folder / "graph"


@pytest.fixture
def graph(graph_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a small graph the one that commands take, with a home that is not there."""
    monkeypatch.setenv("MATLORE_STORE", f"ladybug:{graph_folder}")
    monkeypatch.setenv("MATLORE_HOME", str(tmp_path / "no home"))
    return tmp_path / "no home"


@pytest.fixture
def no_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MATLORE_STORE", raising=False)
    monkeypatch.setenv("MATLORE_HOME", str(tmp_path / "no home"))
    return tmp_path / "no home"


def _derive(*arguments: str) -> int:
    return main(["graph", "derive", *arguments])


def _json(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert _derive(*arguments, "--format", "json") == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


# One material.


def test_a_material_has_what_follows_from_its_values(graph: Path, capsys: Capture) -> None:
    said = _json(capsys, "PbTe", "--property", MERIT)
    merit = [one for one in said["values"] if one["model"] == "figure of merit"]
    expected = [(220e-6) ** 2 * 1e5 * 300 / 1.5, (240e-6) ** 2 * 9e4 * 400 / 1.4,
                (250e-6) ** 2 * 8e4 * 500 / 1.3]  # fmt: skip
    assert [one["value"] for one in merit] == pytest.approx(expected)
    assert [one["temperature"] for one in merit] == [300, 400, 500]
    assert merit[0]["sources"] == 1
    assert merit[0]["conflict"] == "reported 0.8 (+21%)"
    assert merit[1]["conflict"] is None
    assert said["reported"] == 10
    assert not graph.exists()


def test_the_table_is_for_people(graph: Path, capsys: Capture) -> None:
    assert _derive("PbTe", "-p", "zT", "--temperature", "300") == 0
    said = capsys.readouterr()
    assert "10 reported values were used" in said.out
    assert "0.968" in said.out
    assert "400 K" not in said.out
    assert f"{MERIT} by figure of merit disagrees" in said.err


def test_csv_has_all_columns(graph: Path, capsys: Capture) -> None:
    assert _derive("PbTe", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {"property", "value", "std", "unit", "temperature", "conditions", "kind", "model",
            "depth", "sources", "conflict"} <= set(rows[0])  # fmt: skip
    assert any(row["property"] == "power factor" for row in rows)


def test_explain_prints_the_tree_down_to_the_papers(graph: Path, capsys: Capture) -> None:
    assert _derive("PbTe", "--property", "thermopower figure", "--explain") == 2
    capsys.readouterr()
    assert _derive("PbTe", "--property", MERIT, "--explain", "--temperature", "300") == 0
    out = capsys.readouterr().out
    assert "zT = S**2 * sigma * T / kappa = (2.2e-4)**2 * 1e5 * 300 / 1.5 = 0.968" in out
    assert f"{PAPER} (2001), “On PbTe”" in out
    assert "disagrees with the reported 0.8 by 21%" in out


def test_explain_without_a_property_takes_one_value_of_each(graph: Path, capsys: Capture) -> None:
    trees = _json(capsys, "PbTe", "--explain")["trees"]
    found = [(one["property"], one["temperature"] is None) for one in trees if not one["state"]]
    assert len(found) == len(set(found))
    assert MERIT in {name for name, _ in found}


@pytest.mark.parametrize(
    ("options", "drawn"),
    [(("--temperature", "300"), ["sigma", PAPER]), ((), ["temperature (K)", "figure of"])],
)
def test_plot_draws_the_tree_or_the_curve(
    graph: Path, tmp_path: Path, capsys: Capture, options: tuple[str, ...], drawn: list[str]
) -> None:
    path = tmp_path / "figure.svg"
    assert _derive("PbTe", "-p", MERIT, "--plot", str(path), *options) == 0
    assert f"plot: {path}" in capsys.readouterr().err
    text = path.read_text(encoding="utf-8")
    assert "of PbTe" in text
    assert all(part in text for part in drawn)


def test_rejected_says_what_was_refused_and_why(graph: Path, capsys: Capture) -> None:
    assert _derive("PbTe", "--rejected") == 0
    out = capsys.readouterr().out
    assert "a unit of another dimension" in out
    assert "eV, not" in out
    assert _derive("PbTe", "--rejected", "-p", "seebeck coefficient") == 0


def test_a_formula_needs_no_graph(no_graph: Path, capsys: Capture) -> None:
    said = _json(capsys, "LiFePO4")
    assert said["reported"] == 0
    weight = next(one for one in said["values"] if one["property"] == "molecular weight")
    assert weight["value"] == pytest.approx(157.76, abs=0.02)
    assert weight["sources"] == 0
    assert not no_graph.exists()
    assert _json(capsys, "GaAs", "--property", MERIT)["values"] == []


def test_a_formula_that_the_graph_has_not_is_derived_from_alone(
    graph: Path, capsys: Capture
) -> None:
    said = _json(capsys, "zinc oxide", "-p", "molecular weight")
    assert said["material"] == "ZnO"
    assert said["values"][0]["value"] == pytest.approx(81.38, abs=0.02)


def test_a_material_without_formula_must_be_in_the_graph(graph: Path, capsys: Capture) -> None:
    assert _derive("graphene") == 0
    assert _derive("name:unobtainium") == 1
    assert "no such material" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["no such thing", "", "  ", "'}) DETACH DELETE n //", "name:"])
def test_what_is_no_material_is_refused(graph: Path, capsys: Capture, name: str) -> None:
    assert _derive(name) == 1
    assert "no formula" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["BaxSr1-xTiO3", "family:Ba-O-Sr-Ti"])
def test_a_family_has_no_composition(no_graph: Path, capsys: Capture, name: str) -> None:
    assert _derive(name) == 1
    assert "no formula" in capsys.readouterr().err


def test_what_is_missing_is_said(graph: Path, capsys: Capture) -> None:
    assert _derive("SnTe", "-p", MERIT) == 0
    assert f"{MERIT}: it would follow with" in capsys.readouterr().err
    assert _derive("SnTe", "-p", "hall coefficient") == 0
    assert "no model gives it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--explain",), "--explain needs a material"),
        (("--plot", "a.png"), "--plot needs a material"),
        (("--rejected",), "--rejected needs a material"),
        (("-p", "band gap"), "--property needs a material"),
        (("PbTe", "--plot", "a.bmp"), r".png, .svg, .pdf"),
        (("PbTe", "--plot", "a.png"), "name one property with --property"),
        (("PbTe", "-p", "sebeck coefficient"), "did you mean seebeck coefficient"),
        (("PbTe", "--to", "zT"), "leave out the material"),
        (("PbTe", "--seconds", "0"), "--seconds 0"),
        (("PbTe", "--max-uncertainty", "nan"), "--max-uncertainty nan"),
        (("--from", "nothing"), "is no property"),
        (("--to", "zT", "--depth", "99"), "--depth 99"),
    ],
)
def test_wrong_use_is_explained(
    graph: Path, capsys: Capture, arguments: tuple[str, ...], message: str
) -> None:
    assert _derive(*arguments) == 2
    assert message in capsys.readouterr().err


def test_limits_hold(graph: Path) -> None:
    options = derive_options(depth=1, min_score=0.95)
    assert derive_material(graph, "PbTe", options=options)["reported"] == 0
    said = derive_material(graph, "PbTe", store=None, options=derive_options(depth=1))
    assert said["reported"] == 0  # the home's own graph, which is not there


# Plans.


def test_plans_need_neither_graph_nor_home(no_graph: Path, capsys: Capture) -> None:
    sources = [
        word for name in ("thermopower", "electrical conductivity") for word in ("--from", name)
    ]
    steps = _json(capsys, *sources)["steps"]
    assert steps[0]["depth"] == 1
    assert "power factor" in {one["property"] for one in steps}
    nearer = _json(capsys, *sources, "--depth", "1")["steps"]
    assert nearer == [one for one in steps if one["depth"] == 1]
    routes = _json(capsys, *sources, "--to", "zT")["routes"]
    assert routes[0]["missing"] == ["thermal conductivity"]
    assert _json(capsys, "--to", "zT", "--depth", "1")["need"]["property"] == MERIT
    assert not no_graph.exists()


def test_plans_are_tables_and_trees(no_graph: Path, capsys: Capture) -> None:
    assert _derive("--from", "formula") == 0
    assert "molecular weight" in capsys.readouterr().out
    assert _derive("--to", "zT", "--depth", "1") == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("├─ figure of merit: zT = S**2")
    assert _derive("--from", "thermopower", "--to", "zT") == 0
    assert "figure of merit" in capsys.readouterr().out


# The whole graph.


def test_without_a_material_the_whole_graph_is_derived(
    no_graph: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def fake(home: Path, **options: Any) -> dict[str, Any]:
        asked.update(options, home=home)
        return {"store": "ladybug:x", "materials": 2, "derived": 1, "quantities": 5,
                "with_values": 1, "aggregates": 1, "conflicts": 0, "cut_off": 0, "seconds": 0.1,
                "rejections": {"too uncertain": 3}, "failed": asked["failed"],
                "errors": ["X: bad"] * asked["failed"]}  # fmt: skip

    monkeypatch.setattr(graph_derive, "derive_home_graph", fake)
    asked["failed"] = 0
    assert _derive("--workers", "3", "--depth", "2", "--max-uncertainty", "0.5") == 0
    assert "3 too uncertain" in capsys.readouterr().out
    assert (asked["workers"], asked["options"].max_depth) == (3, 2)
    assert asked["options"].max_relative_uncertainty == 0.5
    asked["failed"] = 1
    assert _derive() == 3
    assert "X: bad" in capsys.readouterr().err
