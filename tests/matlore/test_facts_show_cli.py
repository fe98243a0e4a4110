"""`matlore facts show` and `matlore starter facts`, as they are called."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from ingest.corpus import Corpus
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.cli import facts_show, starter
from matlore.cli.running import run
from matlore.home import Home
from matlore.pipeline.facts_show import _property_names
from matlore.pipeline.facts_text import plain_unit, quantity_text, relation_text, value_text
from matlore.records import Claim, Condition, Paper, Provenance, Quantity
from ner.fact_shards import Block
from ner.fact_store import FactWriter, claims_to_batch, quantities_to_batch
from ner.facts import starter_facts as packs

Capture = pytest.CaptureFixture[str]
ROOM = (Condition("temperature", 300.0, None, "K"),)
ROWS = [
    {"id": "0901.00001", "title": "One", "abstract": "PbTe has a gap of 0.31 eV.", "year": 2009},
    {"id": "2101.00002", "title": "Two", "abstract": "Ours is 0.19 eV in PbTe.", "year": 2021},
    {"id": "2201.00003", "title": "Three", "abstract": "SnSe as a thermoelectric.", "year": 2022},
]


def _quantity(paper: Paper, value: float, **fields: Any) -> Quantity:
    said: dict[str, Any] = {"material": "PbTe", "property": "band gap", "unit": "eV", "score": 0.8}
    return Quantity(value=value, provenance=_origin(paper), **(said | fields))


def _claim(paper: Paper, **fields: Any) -> Claim:
    said: dict[str, Any] = {"type": "USED_IN", "subject": "PbTe", "object": "thermoelectric"}
    return Claim(provenance=_origin(paper), score=0.6, **(said | fields))


def _origin(paper: Paper) -> Provenance:
    start = paper.text.index("\n") + 1
    return Provenance(
        "f-1", paper_id=paper.id, text_sha=paper.text_sha, spans=((start, start + 4),)
    )


def _facts(paper: Paper) -> tuple[list[Quantity], list[Claim]]:
    if paper.year == 2009:
        return [_quantity(paper, 0.31, conditions=ROOM)], [_claim(paper)]
    if paper.year == 2021:
        denied = _claim(paper, type="HAS_PHASE", object="cubic", modality="denied")
        return [_quantity(paper, 0.19, conditions=ROOM)], [_claim(paper), denied]
    return [], [_claim(paper, subject="SnSe"), _claim(paper, subject="name:PVDF")]


def _corpus(folder: Path) -> Home:
    home = Home.open(folder / "data", create=True)
    path = folder / "papers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    files, _ = find_files([path])
    ingest_files(home, files)
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with facts, which is the one that commands take."""
    home = _corpus(tmp_path)
    papers = [*Corpus(home)]
    with home.writer() as writer:
        store = FactWriter(writer)
        for paper in papers:
            quantities, claims = _facts(paper)
            store.add(
                [Block(paper.id, paper.text_sha, "f-1@m", len(quantities))],
                quantities_to_batch(quantities),
                [Block(paper.id, paper.text_sha, "f-1@m", len(claims))],
                claims_to_batch(claims),
            )
        store.commit()
    monkeypatch.setenv("MATLORE_HOME", str(home.path))
    return home.path


def call(*arguments: str) -> int:
    app = typer.Typer()
    facts_show.register(app)
    starter.register(app)
    return run(app, arguments, name="matlore")


def shown(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert call("facts", "show", *arguments, "--format", "json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_table_says_it_in_words(home: Path, capsys: Capture) -> None:
    assert call("facts", "show", "PbTe") == 0
    out = capsys.readouterr().out
    assert "  band gap 0.19 to 0.31 eV (300 K), 2 papers 2009-2021\n" in out
    assert "DISAGREE: 0.19 (arxiv:2101.00002), 0.31 (arxiv:0901.00001)" in out
    assert "used as thermoelectric, 2 papers 2009-2021" in out
    assert "not has phase" not in out
    assert "no phase cubic: denied in 1 paper 2021" in out


@pytest.mark.parametrize("spelling", ["PbTe", " TePb", "lead telluride", "Pb0.5Te0.5"])
def test_any_spelling_will_do(home: Path, capsys: Capture, spelling: str) -> None:
    assert shown(capsys, spelling)["material"] == "PbTe"


@pytest.mark.parametrize("spelling", ["PVDF", "name:PVDF", "polyvinylidene fluoride"])
def test_names_will_do_too(home: Path, capsys: Capture, spelling: str) -> None:
    assert shown(capsys, spelling)["material"] == "name:PVDF"


def test_json_has_all_of_it(home: Path, capsys: Capture) -> None:
    found = shown(capsys, "PbTe")
    assert (found["source"], found["papers"]) == ("home", 2)
    gap = found["quantities"][0]
    assert gap["conditions"] == [
        {"name": "temperature", "value": 300.0, "value_max": None, "unit": "K"}
    ]
    assert gap["papers"] == ["arxiv:0901.00001", "arxiv:2101.00002"]
    assert gap["disagreement"]["first"]["paper"] == "arxiv:2101.00002"
    assert [one["type"] for one in found["relations"]] == ["USED_IN", "HAS_PHASE"]
    assert found["relations"][1]["denied_by"] == ["arxiv:2101.00002"]


def test_csv_has_a_line_a_fact(home: Path, capsys: Capture) -> None:
    assert call("facts", "show", "PbTe", "--format", "csv") == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert [row["kind"] for row in rows] == ["quantity", "relation", "relation"]
    assert rows[0]["papers"] == "arxiv:0901.00001; arxiv:2101.00002"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("T_c", {"superconducting critical temperature", "curie temperature"}),
        ("Eg", {"band gap"}),
        ("seebeck", {"seebeck coefficient", "seebeck effect"}),
        ("zT", {"thermoelectric figure of merit"}),
    ],
)
def test_properties_are_known_by_symbol_and_by_a_word(text: str, names: set[str]) -> None:
    found = _property_names([text])
    assert names <= found


@pytest.mark.parametrize(
    ("options", "quantities", "relations"),
    [
        (["--property", "bandgap"], 1, 0),
        (["--property", "seebeck_coefficient"], 0, 0),
        (["--type", "used-in"], 0, 1),
        (["--type", "USED_IN", "--property", "band gap"], 1, 1),
        (["--top", "1"], 1, 0),
        (["--top", "2"], 1, 1),
        (["--min-score", "0.7"], 1, 0),
        (["--year", "2022:"], 0, 0),
        (["--year", ":2010"], 1, 1),
        (["--year", "2021"], 1, 2),
    ],
)
def test_facts_are_chosen(
    home: Path, capsys: Capture, options: Sequence[str], quantities: int, relations: int
) -> None:
    found = shown(capsys, "PbTe", *options)
    assert (len(found["quantities"]), len(found["relations"])) == (quantities, relations)


def test_of_one_year_there_is_no_disagreement(home: Path, capsys: Capture) -> None:
    gap = shown(capsys, "PbTe", "--year", "2009:2010")["quantities"][0]
    assert (gap["text"], gap["disagreement"]) == (
        "band gap 0.31 eV (300 K), 1 paper 2009",
        None,
    )


def test_quotes_come_from_the_corpus(home: Path, capsys: Capture) -> None:
    gap = shown(capsys, "PbTe", "--quotes")["quantities"][0]
    assert gap["quote"] == {"paper": "arxiv:0901.00001", "sentence": "PbTe has a gap of 0.31 eV."}
    assert call("facts", "show", "PbTe", "--quotes") == 0
    assert "“Ours is 0.19 eV in PbTe.” (arxiv:2101.00002)" in capsys.readouterr().out


def test_an_unknown_material_gives_names_near_to_it(home: Path, capsys: Capture) -> None:
    assert call("facts", "show", "PbTe3") == 1
    error = capsys.readouterr().err
    assert "nothing about 'PbTe3'" in error
    assert "do you mean PbTe" in error
    assert "matlore facts extract" in error


@pytest.mark.parametrize("name", ["", " ", "\x00", "x" * 100_000, "((((", "name:", "Ωμέγα"])
def test_no_name_of_a_material_does_harm(home: Path, capsys: Capture, name: str) -> None:
    assert call("facts", "show", "--", name) == 1
    assert len(capsys.readouterr().err) < 1000


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--property", "bnad gap"], 1, "do you mean band gap"),
        (["--type", "LIKES"], 2, "there are USED_IN"),
        (["--year", "09:10"], 2, "write 2009:2021"),
        (["--year", "2010:2009"], 2, "after the last"),
        (["--year", ":"], 2, "write 2009:2021"),
    ],
)
def test_wrong_options_are_explained(
    home: Path, capsys: Capture, options: Sequence[str], code: int, message: str
) -> None:
    assert call("facts", "show", "PbTe", *options) == code
    assert message in capsys.readouterr().err


def test_facts_are_packed_and_shown_where_a_home_has_none(
    home: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "pack"
    out.mkdir()
    (out / "model.json.zst").write_bytes(b"x" * 100)
    assert call("starter", "facts", "--out", str(out), "--format", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["claims"], said["quantities"], said["materials"]) == (5, 2, 3)
    card = json.loads((out / packs.CARD).read_text())
    assert card["found"] == {"claims": 5, "quantities": 2}
    assert sum(card["sources"].values()) == sum(card["licenses"].values()) == 3
    assert (out / "model.json.zst").is_file()
    here = shown(capsys, "PbTe")
    monkeypatch.setattr(packs, "FACTS_FOLDER", out)
    assert call("facts", "show", "PbTe", "--home", str(tmp_path / "none"), "--format", "json") == 0
    printed = capsys.readouterr()
    there = json.loads(printed.out)
    assert there.pop("source") == "starter pack"
    assert here.pop("source") == "home"
    assert there == here
    assert "these ship with matlore" in printed.err
    assert call("facts", "show", "PbTe", "--quotes", "--home", str(tmp_path / "none")) == 2
    assert "matlore ingest" in capsys.readouterr().err
    assert call("facts", "show", "PbSe", "--home", str(tmp_path / "none")) == 1
    assert "do you mean PbTe" in capsys.readouterr().err


def test_without_facts_anywhere_the_next_command_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _corpus(tmp_path)
    monkeypatch.setenv("MATLORE_HOME", str(home.path))
    monkeypatch.setattr(packs, "FACTS_FOLDER", tmp_path / "none")
    assert call("facts", "show", "PbTe") == 1
    assert call("starter", "facts", "--out", str(tmp_path / "pack")) == 1
    assert "matlore facts extract" in capsys.readouterr().err


def test_a_folder_without_room_is_refused(home: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "big").write_bytes(bytes(20_000))
    options = ("--out", str(tmp_path / "pack"), "--max-megabytes")
    assert call("starter", "facts", *options, "0.02") == 2
    assert "no room" in capsys.readouterr().err
    assert call("starter", "facts", *options, "0.03") == 2
    assert "--max-megabytes" in capsys.readouterr().err
    assert not (tmp_path / "pack" / packs.CARD).exists()


@pytest.mark.parametrize(
    ("value", "std", "text"),
    [
        (0.31234, 0.0213, "0.31 ± 0.02"),
        (0.31234, 0.0143, "0.312 ± 0.014"),
        (0.3, 0.096, "0.30 ± 0.10"),
        (1234.5, 26.0, "1230 ± 30"),
        (3.0, None, "3"),
        (0.123456, None, "0.1235"),
        (1.5e20, None, "1.5e20"),
        (1.5e-21, 2e-22, "1.5e-21 ± 2e-22"),
        (5e21, 1e21, "5e21 ± 1e21"),
        (-2.5, 0.5, "-2.5 ± 0.5"),
        (38.7, 1.4, "38.7 ± 1.4"),
        (1.0, float("inf"), "1"),
    ],
)
def test_numbers_show_what_is_known_of_them(value: float, std: float | None, text: str) -> None:
    assert value_text(value, std) == text


def test_units_are_printed_as_the_field_does() -> None:
    assert [plain_unit(unit) for unit in ("1", "percent", "angstrom", "W/(m*K)", "GU?")] == [
        "",
        "%",
        "Å",
        "W m^-1 K^-1",
        "GU?",
    ]


def _said(**fields: Any) -> str:
    row = {"property": "curie temperature", "value": 300.0, "std": 150.0, "comparator": "="}
    row |= {"unit": "K", "modality": "observed", "n_papers": 9, "n_agreeing": 5}
    row |= {"first_year": 2001, "last_year": 2009}
    row |= {"minimum": 20.0, "typical": 350.0, "maximum": 600.0}
    return quantity_text(row | fields, fields.get("conditions", ()))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Curie temperature about 350 (20 to 600) K, 5 of 9 papers 2001-2009"),
        ({"std": 10.0}, "Curie temperature 300 ± 10 K, 9 papers 2001-2009"),
        ({"n_papers": 2}, "Curie temperature 20 to 600 K, 2 papers 2001-2009"),
        ({"n_papers": 1}, "Curie temperature 20 to 600 K, 1 paper 2001-2009"),
        ({"comparator": "<", "minimum": None}, "Curie temperature up to 300 K, 9 papers 2001-2009"),
        (
            {"std": 0.0, "conditions": [Condition("temperature", 473.15, None, "K")]},
            "Curie temperature 300 K (473 K), 9 papers 2001-2009",
        ),
    ],
)
def test_a_spread_that_says_little_gives_way_to_the_ends(fields: Any, text: str) -> None:
    assert _said(**fields) == text


@pytest.mark.parametrize(
    ("type", "object", "text"),
    [
        ("USED_IN", "solar cell", "used for solar cell"),
        ("USED_IN", "catalyst", "used as catalyst"),
        ("HAS_PROPERTY", "superconductivity", "shows superconductivity"),
        ("HAS_PROPERTY", "seebeck coefficient", "studied for Seebeck coefficient"),
        ("SAME_AS", "name:YBCO", "same as YBCO"),
        ("MEASURED_BY", "x-ray diffraction", "measured by X-Ray diffraction"),
    ],
)
def test_relations_read_as_english(type: str, object: str, text: str) -> None:
    row = {"type": type, "object": object, "n_papers": 1, "first_year": None, "last_year": None}
    assert relation_text(row) == f"{text.replace('X-Ray', 'X-ray')}, 1 paper"


def test_a_single_denial_of_many_is_not_shown() -> None:
    row = {"n_papers": 100, "denied_by": ["arxiv:1"]}
    assert facts_show._check(row) == ""
    assert facts_show._check(row | {"n_papers": 5}) == "DENIED by arxiv:1"
