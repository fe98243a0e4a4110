import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stub_predictors import KELVIN, FakePredictor, FakePredictors, fake_recipe

from embeddings.counts import StudyCounts
from embeddings.stage import StagedPaper
from embeddings.vectors import VectorsCard, WordVectors
from ingest.store import PaperStore
from matlore.cli import main, recommend_main
from matlore.home import Home
from matlore.pipeline import predict_models, recommend_known
from matlore.records import Paper, text_hash
from ner.tokens import training_tokens

# word: (count, input vector, output vector)
WORDS = {
    "thermoelectric": (900, (1, 0, 0), (1, 1, 0)),
    "magnon": (800, (0, 1, 0), (0, 1, 0)),
    "doping": (700, (1, 0, 0.3), (1, 0.5, 0)),
    "thermal_conductivity": (600, (1, 0, 0), (1, 0.4, 0)),
    "SnTe": (50, (1, 1, 0), (1, 0, 0)),
    "PbTe": (40, (1, 1, 0), (4, 1, 0)),
    "FeBiO3": (30, (0, 1, 0), (2, 1, 0)),
    "GaAs": (20, (0, 1, 0), (-1, 0, 0)),
}
TEXTS = [
    ("arxiv:1001.0001", 2001, "PbTe films\nDoping lowers the thermal conductivity of PbTe."),
    ("arxiv:1001.0002", 2002, "Thermoelectric PbTe\nWe report on PbTe."),
    ("arxiv:1001.0003", 2012, "Thermoelectric BiFeO3\nDoping of BiFeO3 is tried. It is new."),
    ("arxiv:1001.0004", 2013, "Magnons\nA magnon in GaAs."),
    ("arxiv:1001.0005", 2013, "SnTe\nDoping of SnTe."),
]
Record = dict[str, Any]


def _save_vectors(folder: Path, *, until: int | None = None, counted: bool = True) -> Path:
    rows = list(WORDS.values())
    WordVectors(
        words=tuple(WORDS),
        counts=np.array([row[0] for row in rows], dtype=np.int64),
        input=np.array([row[1] for row in rows], dtype=np.float32),
        output=np.array([row[2] for row in rows], dtype=np.float32),
        output_ids=np.arange(len(rows), dtype=np.int64),
        card=VectorsCard("hand-made", 3, trained_until=until),
        display={"FeBiO3": "BiFeO3"},
    ).save(folder)
    if counted:
        papers = [StagedPaper(i, year, training_tokens(text)) for i, year, text in TEXTS]
        counts = StudyCounts.count(papers, {"thermoelectric": ("thermoelectric",)})
        counts.save(folder / "counts.safetensors")
    return folder


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return _save_vectors(tmp_path / "vectors")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with the texts above, without vectors."""
    path = tmp_path / "a home"
    with Home.open(path, create=True).writer() as writer:
        store = PaperStore(writer)
        for paper_id, year, text in TEXTS:
            title, _, abstract = text.partition("\n")
            store.put(
                Paper(
                    id=paper_id,
                    ids=(paper_id,),
                    title=title,
                    abstract=abstract,
                    text=text,
                    text_sha=text_hash(text),
                    cleaner_version="test",
                    year=year,
                )
            )
        store.commit(job="test", cursors={})
    return path


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Record:
    assert main(["recommend", *arguments, "--format", "json"]) == 0
    found: Record = json.loads(capsys.readouterr().out)
    return found


def test_json_is_what_the_design_promises(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(capsys, "--application", "TE", "--vectors", str(vectors), "--top", "3")
    assert (found["application"], found["vectors"]) == ("thermoelectric", "hand-made")
    assert [c["formula"] for c in found["candidates"]] == ["SnTe", "PbTe", "FeBiO3"]
    assert found["candidates"][1] == {
        "rank": 2,
        "formula": "PbTe",
        "display": "PbTe",
        "score": pytest.approx(4 / np.sqrt(17), abs=1e-6),
        "known": True,
        "n_papers": 2,
        "n_application_papers": 1,
        "first_year": 2001,
        "first_application_year": 2002,
    }


def test_the_short_form_is_the_same_command(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--application", "thermoelectric", "--vectors", str(vectors), "--format", "json"]
    assert main(["recommend", *arguments]) == 0
    long = capsys.readouterr().out
    assert recommend_main(arguments) == 0
    assert capsys.readouterr().out == long


def test_the_table_shows_usual_spellings_and_years(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recommend", "--application", "thermoelectric", "--vectors", str(vectors)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "thermoelectric" in lines[0]
    assert "hand-made" in lines[0]
    assert next(line for line in lines if "PbTe" in line).split() == [
        "2", "PbTe", "0.970", "yes", "2", "1", "2002",
    ]  # fmt: skip
    assert any("BiFeO3" in line for line in lines)


def test_csv_and_jsonl_have_a_line_a_candidate(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["recommend", "--application", "thermoelectric", "--vectors", str(vectors)]
    assert main([*arguments, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["formula"] for row in rows] == ["SnTe", "PbTe", "FeBiO3", "GaAs"]
    assert main([*arguments, "--format", "jsonl"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["rank"] for line in lines] == [1, 2, 3, 4]


def test_novel_and_elements_choose(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("--application", "thermoelectric", "--vectors", str(vectors))

    def formulas(*options: str) -> list[str]:
        return [c["formula"] for c in _json(capsys, *common, *options)["candidates"]]

    assert formulas("--novel") == ["SnTe", "GaAs"]
    assert formulas("--contains", "Te", "--without", "Pb, Cd") == ["SnTe"]
    assert formulas("--elements", "Ga,As,Fe") == ["GaAs"]
    assert formulas("--elements", "Xe") == []


def test_nothing_left_is_said(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["recommend", "--application", "thermoelectric", "--vectors", str(vectors)]
    assert main([*arguments, "--elements", "Xe"]) == 0
    assert "no material" in capsys.readouterr().err


def test_before_takes_vectors_of_that_year_only(
    tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--application", "thermoelectric", "--before", "2010")
    assert main(["recommend", *common, "--vectors", str(vectors)]) == 1
    assert "matlore embeddings train --until 2010" in capsys.readouterr().err
    assert main(["recommend", *common]) == 1
    assert "matlore embeddings train --until 2010" in capsys.readouterr().err
    earlier = _save_vectors(tmp_path / "earlier", until=2010)
    found = _json(capsys, *common, "--vectors", str(earlier), "--novel")
    assert found["trained_until"] == 2010
    assert [c["formula"] for c in found["candidates"]] == ["SnTe", "FeBiO3", "GaAs"]


def test_vectors_trained_until_a_year_never_count_later_papers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = _save_vectors(tmp_path / "earlier", until=2010)
    found = _json(capsys, "--application", "thermoelectric", "--vectors", str(earlier))
    by_formula = {c["formula"]: c for c in found["candidates"]}
    assert by_formula["FeBiO3"]["known"] is False
    assert by_formula["FeBiO3"]["n_papers"] == 0


def test_explain_adds_words_papers_and_sentences(
    home: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(
        capsys,
        *("--application", "thermoelectric", "--vectors", str(vectors), "--home", str(home)),
        "--explain",
    )
    lead_telluride = found["candidates"][1]
    assert [w["word"] for w in lead_telluride["words"]] == [
        "thermal_conductivity",
        "doping",
    ]
    # The second paper states the application, but holds none of the connecting words.
    assert lead_telluride["papers"] == ["arxiv:1001.0001", "arxiv:1001.0002"]
    assert lead_telluride["sentences"][0] == {
        "paper": "arxiv:1001.0001",
        "sentence": "Doping lowers the thermal conductivity of PbTe.",
    }
    assert lead_telluride["history"] == "first named together with thermoelectric in 2002 (1 paper)"
    assert found["candidates"][0]["history"] == "never named together with thermoelectric"
    assert found["candidates"][2]["papers"] == ["arxiv:1001.0003"]
    assert found["candidates"][3]["papers"] == []


def test_explained_tables_quote_the_sentences(
    home: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--application", "thermoelectric", "--vectors", str(vectors), "--explain"]
    assert main(["recommend", *arguments, "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "thermal conductivity" in out
    assert "“Doping lowers the thermal conductivity of PbTe.” (arxiv:1001.0001)" in out
    assert "1. SnTe: never named together with thermoelectric" in out


def test_any_term_of_the_vectors_is_counted_in_the_corpus_at_hand(
    home: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--application", "Magnon", "--vectors", str(vectors))
    found = _json(capsys, *common, "--home", str(home))
    by_formula = {c["formula"]: c for c in found["candidates"]}
    assert found["application"] == "magnon"
    assert by_formula["GaAs"]["known"] is True
    assert by_formula["GaAs"]["first_application_year"] == 2013
    assert by_formula["PbTe"]["known"] is False
    assert by_formula["PbTe"]["n_papers"] == 2


def test_without_a_corpus_it_is_not_known_what_is_known(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--application", "magnon", "--vectors", str(vectors))
    assert {c["known"] for c in _json(capsys, *common)["candidates"]} == {None}
    assert main(["recommend", *common]) == 0
    told = capsys.readouterr()
    assert "not counted" in told.out
    assert "not counted" in told.err


def test_vectors_without_counts_count_in_the_corpus(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = _save_vectors(tmp_path / "bare", counted=False)
    common = ("--application", "thermoelectric", "--vectors", str(bare))
    assert {c["n_papers"] for c in _json(capsys, *common)["candidates"]} == {None}
    found = _json(capsys, *common, "--home", str(home))
    assert {c["formula"]: c["known"] for c in found["candidates"]} == {
        "SnTe": False,
        "PbTe": True,
        "FeBiO3": True,
        "GaAs": False,
    }


def test_unknown_applications_exit_1_with_the_nearest_terms(
    vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["recommend", "--application", "magnons", "--vectors", str(vectors)]
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert "nearest terms: magnon" in told
    assert "topological insulator" in told


def test_vectors_in_word2vec_format_say_why_they_cannot_rank(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("2 2\nthermoelectric 1 0\nPbTe 0 1\n")
    assert main(["recommend", "--application", "thermoelectric", "--vectors", str(path)]) == 1
    assert "no output vectors" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (["--without", "Xx"], "'Xx' is not an element"),
        (["--plot", "chart.pdf"], ".png or .svg"),
        (["--plot", "nowhere/chart.png"], "no folder nowhere"),
        (["--top", "0"], "--top"),
    ],
)
def test_wrong_usage_exits_2(
    vectors: Path, capsys: pytest.CaptureFixture[str], option: list[str], told: str
) -> None:
    arguments = ["recommend", "--application", "thermoelectric", "--vectors", str(vectors)]
    assert main([*arguments, *option]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plots_are_drawn_the_same_each_time(
    tmp_path: Path, vectors: Path, suffix: str, start: bytes
) -> None:
    drawn = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.{suffix}"
        arguments = ["--application", "thermoelectric", "--vectors", str(vectors)]
        assert main(["recommend", *arguments, "--plot", str(path)]) == 0
        drawn.append(path.read_bytes())
    assert drawn[0].startswith(start)
    assert drawn[0] == drawn[1]


def test_nothing_to_plot_is_an_error(
    tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--application", "thermoelectric", "--vectors", str(vectors), "--elements", "Xe"]
    assert main(["recommend", *arguments, "--plot", str(tmp_path / "chart.png")]) == 1
    assert "no candidates to draw" in capsys.readouterr().err


@pytest.fixture
def predictors(monkeypatch: pytest.MonkeyPatch) -> FakePredictors:
    """Put predictors of zT and gap in the place of those at hand, and leave out all facts."""
    recipe = fake_recipe(
        "figure-of-merit", "thermoelectric figure of merit", "1", conditions=(KELVIN,)
    )
    values = {"SnTe": 0.4, "PbTe": 1.2, "FeBiO3": 0.1, "GaAs": 0.2}
    found = FakePredictors(FakePredictor(recipe, values, outside=["FeBiO3"]))
    monkeypatch.setattr(predict_models, "home_predictors", lambda *_: found)
    monkeypatch.setattr(recommend_known, "_rows", lambda *_: iter(()))
    return found


def test_nothing_is_loaded_unless_it_is_asked_for(
    vectors: Path, predictors: FakePredictors, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(capsys, "--application", "thermoelectric", "--vectors", str(vectors))
    assert predictors.loaded == set()
    assert set(found) == {
        "application",
        "vectors",
        "trained_until",
        "query",
        "counted_papers",
        "candidates",
    }
    assert not {"properties", "elements", "ranks"} & set(found["candidates"][0])


def test_properties_stand_beside_the_candidates(
    vectors: Path, predictors: FakePredictors, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--application", "thermoelectric", "--vectors", str(vectors))
    found = _json(capsys, *common, "--properties")
    assert [c["formula"] for c in found["candidates"]] == ["SnTe", "PbTe", "FeBiO3", "GaAs"]
    lead = found["candidates"][1]
    (zt,) = lead["properties"]
    assert zt == {
        "property": "thermoelectric figure of merit",
        "kind": "predicted",
        "value": 1.2,
        "unit": "1",
        "lower": 1.1,
        "upper": 1.3,
        "in_domain": True,
        "conditions": ["temperature = 600 K"],
        "sources": None,
        "model": "figure-of-merit 0123456789ab",
        "learned_from": False,
    }
    assert lead["elements"]["toxic"] == ["Pb"]
    assert "ranks" not in lead
    assert found["wanted"]["reference"]


def test_fused_ranks_are_all_shown(
    vectors: Path, predictors: FakePredictors, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--application", "thermoelectric", "--vectors", str(vectors))
    found = _json(capsys, *common, "--rank", "fused", "--top", "2")
    first, second = found["candidates"]
    # Literature: SnTe 1, PbTe 2; prediction: PbTe 1, SnTe 2; the tie goes to the literature.
    assert (first["rank"], first["formula"]) == (1, "SnTe")
    assert first["ranks"] == {"literature": 1, "prediction": 2, "derivation": None}
    assert second["ranks"] == {"literature": 2, "prediction": 1, "derivation": None}
    assert first["fused_score"] == pytest.approx(1 / 61 + 1 / 62, abs=1e-6)
    assert second["fused_score"] == first["fused_score"]
    assert found["ranking"]["ranked"] == {"literature": 4, "prediction": 3, "derivation": 0}
    assert predictors["figure-of-merit"].calls == [4], "all candidates, not the first ones alone"


def test_tables_show_properties_elements_and_ranks(
    vectors: Path,
    predictors: FakePredictors,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    common = ["--application", "thermoelectric", "--vectors", str(vectors)]
    assert main(["recommend", *common, "--rank", "fused"]) == 0
    out = capsys.readouterr().out
    assert "prediction rank" in out
    assert "1.1 to 1.3" in out
    assert "0.1 ?" in out, "outside the domain"
    assert "high (Pb)" in out


def test_an_application_without_wanted_properties_cannot_be_fused(
    vectors: Path, predictors: FakePredictors, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--application", "magnon", "--vectors", str(vectors)]
    assert main(["recommend", *common, "--rank", "fused"]) == 2
    assert "leave it out" in capsys.readouterr().err
    assert main(["recommend", *common, "--properties"]) == 0
    assert "is not laid down" in capsys.readouterr().err
