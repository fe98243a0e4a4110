"""`matlore embeddings evaluate` and `matlore backtest`, from the command line on."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stub_predictors import FakePredictor, FakePredictors, fake_recipe

from embeddings.counts import StudyCounts
from embeddings.stage import StagedPaper
from embeddings.vectors import VectorsCard, WordVectors
from matlore.cli import main
from matlore.errors import UsageError
from matlore.pipeline import predict_models, vectors
from matlore.pipeline.evaluate import cutoff_years, training_settings
from ner.formulas import normalize_formula

METALS = re.findall("..", "LiNaRbMgCaSrBaTiZrHfMnFeNiCuZn")
FORMULAS = [key for a in METALS for b in ("O", "S", "Se") if (key := normalize_formula(a + b))]
COLUMNS = (
    "measure,ranking,value,low,high,n,hits,baseline,baseline_low,baseline_high,baseline_n,"
    "matched,matched_low,matched_high"
)


def make_vectors(until: int | None = None) -> WordVectors:
    """Return vectors that rank `FORMULAS` in their order."""
    words = ("thermoelectric", "good", "better", "bad", "worse", *FORMULAS)
    cosines = np.array([1, 0.1, 0.2, 0.3, 0.4, *np.linspace(0.9, 0.2, len(FORMULAS))])
    matrix = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1).astype(np.float32)
    return WordVectors(
        words=words,
        counts=np.full(len(words), 20),
        input=matrix,
        output=matrix[5:],
        output_ids=np.arange(5, len(words)),
        card=VectorsCard(f"made-up-{until}", 2, trained_until=until, settings={"epochs": 7}),
    )


def make_counts() -> StudyCounts:
    """Return counts in which the first formula is found in 2012, the third in 2010."""
    papers = [StagedPaper("", year, [key]) for year in range(2008, 2016) for key in FORMULAS]
    papers.append(StagedPaper("", 2012, [FORMULAS[0], "thermoelectric"]))
    papers.append(StagedPaper("", 2010, [FORMULAS[2], "thermoelectric"]))
    return StudyCounts.count(papers, {"thermoelectric": ["thermoelectric"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write vectors with counts, a reference list and analogies; return the folder."""
    make_vectors().save(tmp_path / "vectors")
    make_counts().save(tmp_path / "vectors" / "counts.safetensors")
    entries = {key: [{}, i < 15, [50.0 - i, 0, 0]] for i, key in enumerate(FORMULAS)}
    (tmp_path / "TE_data_used_in_paper.json").write_text(json.dumps(entries))
    (tmp_path / "analogies.txt").write_text(": gram1-made-up\ngood better bad worse\n")
    return tmp_path


def evaluate_command(folder: Path, *more: str) -> int:
    beside = ["--ranking", str(folder), "--vectors", str(folder / "vectors")]
    return main(["embeddings", "evaluate", *beside, *more])


def test_evaluate_prints_the_record_as_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate_command(folder, "--format", "json") == 0

    record = json.loads(capsys.readouterr().out)
    assert record["vectors"] == "made-up-None"
    assert (record["n_listed"], record["n_ranked"], record["base_rate"]) == (45, 45, 1 / 3)
    first = record["metrics"][0]
    assert first["name"] == "rank correlation, named 5 times or more"
    assert (first["ranking"], first["n"]) == ("output", 45)
    assert first["value"] == pytest.approx(1)
    assert record["not_known_by"] == "counts"
    assert [item["studied"] for item in record["top"][:3]] == [True, False, True]
    assert [score["group"] for score in record["analogies"]] == [
        "gram1-made-up",
        "materials",
        "grammar",
        "all",
    ]


def test_evaluate_prints_every_measure_as_csv(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate_command(folder, "--format", "csv") == 0

    output = capsys.readouterr().out
    assert output.splitlines()[0] == COLUMNS
    rows = list(csv.DictReader(io.StringIO(output)))
    assert len(rows) == 2 * 8 + 6 + 4
    top = next(row for row in rows if row["measure"] == "known in top 20")
    assert (top["hits"], top["n"], top["value"]) == ("15", "20", "0.75")
    assert rows[-1]["measure"] == "analogies: all"


def test_evaluate_prints_two_tables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_command(folder) == 0

    output = capsys.readouterr().out
    assert "thermoelectric, all of the list" in output
    assert re.search(r"known in top 20 +output +0.75 +0\.53\d to 0\.88\d +15 of 20", output)
    assert "gram1-made-up" in output


@pytest.fixture
def gap_predictor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a predictor at hand whose gaps rise with the power factors of the list, but for one."""
    values = {key: 0.5 - 0.01 * i for i, key in enumerate(FORMULAS)}
    recipe = fake_recipe("band-gap", "band gap", "eV")
    predictor = FakePredictor(recipe, values, outside=FORMULAS[-1:], learned=FORMULAS[:5])
    monkeypatch.setattr(predict_models, "home_predictors", lambda *_: FakePredictors(predictor))


@pytest.mark.usefixtures("gap_predictor")
def test_evaluate_says_whether_fusion_ranks_better(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate_command(folder, "--fused", "--format", "json") == 0
    record = json.loads(capsys.readouterr().out)
    assert {m["ranking"] for m in record["metrics"]} == {
        "output",
        "input",
        "frequency",
        "prediction",
        "fused",
    }
    by_ranking = {m["ranking"]: m for m in record["metrics"] if m["name"].startswith("rank corr")}
    assert by_ranking["prediction"]["n"] == 44, "the one outside the domain has no rank"
    all_of_them = record["comparison"][0]
    assert all_of_them["materials"] == "all"
    assert all_of_them["first"] == pytest.approx(1)
    assert all_of_them["verdict"] in ("worse", "undecided"), "nothing is better than the best"
    assert next(one["n"] for one in record["comparison"] if one["materials"] == "unseen") == 40


@pytest.mark.usefixtures("gap_predictor")
def test_evaluate_prints_the_comparison(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_command(folder, "--fused") == 0
    assert "Does the fused ranking beat the literature alone?" in capsys.readouterr().out


def test_evaluate_without_predictors_cannot_fuse(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_models, "home_predictors", lambda *_: FakePredictors())
    assert evaluate_command(folder, "--fused") == 1
    assert "leave out --fused" in capsys.readouterr().err


def test_evaluate_takes_a_half_of_the_list(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = 0
    for part in ("dev", "test"):
        assert evaluate_command(folder, "--part", part, "--format", "json") == 0
        record = json.loads(capsys.readouterr().out)
        assert record["part"] == part
        listed += record["n_listed"]

    assert listed == 45


def test_evaluate_without_analogies_leaves_them_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "analogies.txt").unlink()

    assert evaluate_command(folder, "--format", "json") == 0

    assert json.loads(capsys.readouterr().out)["analogies"] == []


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--ranking", "nowhere"], 1, "nowhere.*no such file.*--ranking DIR"),
        (["--analogies", "nowhere.txt"], 1, "nowhere.txt.*no such file.*--analogies FILE"),
        (["--application", "levitation"], 1, "levitation"),
        (["--vectors", "nowhere"], 1, "nowhere.*embeddings train"),
        (["--part", "half"], 2, "half"),
        (["--min-count", "0"], 2, "min-count"),
    ],
)
def test_evaluate_says_what_is_wrong(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    code: int,
    message: str,
) -> None:
    assert evaluate_command(folder, *options) == code

    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.search(message, " ".join(captured.err.split()))


def test_evaluate_names_a_broken_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "TE_data_used_in_paper.json").write_text('{"PbTe": ')

    assert evaluate_command(folder) == 1
    assert "not JSON" in capsys.readouterr().err


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Any]]:
    """Replace counting and training; return the (year, settings) that were asked for."""
    asked: list[tuple[int, Any]] = []

    def trained_until(home: Path, year: int, *, settings: Any, **_: object) -> WordVectors:
        asked.append((year, settings))
        return make_vectors(year)

    monkeypatch.setattr(vectors, "ensure_counts", lambda home, **_: make_counts())
    monkeypatch.setattr(vectors, "trained_until", trained_until)
    return asked


def backtest_command(*more: str) -> int:
    return main(["backtest", "--application", "thermoelectric", *more])


def test_backtest_prints_the_record_as_json(
    trained: list[tuple[int, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    code = backtest_command(
        *("--from", "2009", "--to", "2011", "--top", "3", "--follow", "2015", "--format", "json")
    )

    assert code == 0
    record = json.loads(capsys.readouterr().out)
    assert [year for year, _ in trained] == [2009, 2011]
    assert [(row["cutoff"], row["year"], row["hits"]) for row in record["rows"]] == [
        (2009, 2015, 2),
        (2011, 2015, 1),
    ]
    assert [row["positives"] for row in record["rows"]] == [2, 1]
    assert record["cutoffs"][0]["picks"][0]["formula"] == FORMULAS[0]
    assert record["cutoffs"][0]["picks"][0]["found"] == 2012
    assert len(record["curve"]) == 7 + 5
    assert record["plot"] is None


def test_backtest_follows_year_by_year_and_draws(
    trained: list[tuple[int, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "backtest.svg"

    assert backtest_command("--cutoffs", "2011, 2009", "--top", "3", "--plot", str(plot)) == 0

    captured = capsys.readouterr()
    assert "2 of 3" in captured.out
    assert "frequency auc" in captured.out
    assert str(plot) in captured.err
    assert "cutoff 2009" in plot.read_text(encoding="utf-8")


def test_backtest_rows_as_csv(
    trained: list[tuple[int, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest_command("--cutoffs", "2011", "--top", "3", "--format", "csv") == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["year"] for row in rows] == ["2012", "2013", "2014", "2015"]
    assert rows[0]["hits"] == "1"
    assert float(rows[0]["random"]) == pytest.approx(3 / 44)


def test_backtest_takes_settings_of_other_vectors(
    trained: list[tuple[int, Any]], folder: Path
) -> None:
    like = ["--cutoffs", "2011", "--like", str(folder / "vectors")]

    assert backtest_command(*like) == 0
    assert backtest_command(*like, "--epochs", "3") == 0

    assert [settings.epochs for _, settings in trained] == [7, 3]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "--from Y --to Y"),
        (["--from", "2011"], 2, "--from Y --to Y"),
        (["--from", "2013", "--to", "2011"], 2, "no such year"),
        (["--from", "2009", "--to", "2011", "--cutoffs", "2010"], 2, "not both"),
        (["--cutoffs", "2009;2011"], 2, "write years such as"),
        (["--cutoffs", "2015"], 2, "corpus ends in 2015"),
        (["--cutoffs", "2011", "--follow", "2010"], 2, "after the last cutoff"),
        (["--cutoffs", "2011", "--plot", "picture.txt"], 2, "picture.txt"),
        (["--cutoffs", "2011", "--plot", "nowhere/picture.png"], 1, "no folder"),
        (["--cutoffs", "2011", "--like", "nowhere"], 1, "nowhere"),
        (["--cutoffs", "2011", "--application", "battery cathode"], 1, "battery cathode"),
    ],
)
def test_backtest_says_what_is_wrong_before_it_trains(
    trained: list[tuple[int, Any]],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    code: int,
    message: str,
) -> None:
    assert backtest_command(*options) == code

    captured = capsys.readouterr()
    assert (captured.out, trained) == ("", [])
    assert message in " ".join(captured.err.split())


def test_cutoff_years() -> None:
    assert cutoff_years(first=2009, last=2014) == [2009, 2011, 2013]
    assert cutoff_years(first=2009, last=2011, step=1) == [2009, 2010, 2011]
    assert cutoff_years(first=None, last=None, years=[2013, 2009, 2013]) == [2009, 2013]
    with pytest.raises(UsageError):
        cutoff_years(first=2009, last=2011, step=0)


def test_default_settings_are_those_of_training() -> None:
    from embeddings.training import TrainingSettings

    assert training_settings() == TrainingSettings()
    assert training_settings(epochs=2) == TrainingSettings(epochs=2)


@pytest.fixture
def small_home(tmp_path: Path) -> Path:
    """Return a home in which every second of 30 oxides turns out ferroelectric in 2012."""
    from ingest.jobs import ingest_files
    from ingest.sources import find_files
    from matlore.home import Home

    rows = [
        {"title": f"Switching {i}", "abstract": f"BaTiO3 is ferroelectric {i}.", "year": 2008}
        for i in range(6)
    ]
    for year in (2008, 2009, 2010, 2012):
        for i, key in enumerate(FORMULAS[:30]):
            found = "ferroelectric" if i % 2 == 0 and year == 2012 else "insulating"
            text = f"We grew {key} crystals and found {key} to be {found}."
            rows.append({"title": f"Growth of {key} ({year})", "abstract": text, "year": year})
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    path = tmp_path / "small"
    ingest_files(Home.open(path, create=True), find_files([file])[0])
    return path


def test_backtest_of_a_corpus_trains_each_cutoff_once(
    small_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way: staging, counting, training until the cutoff, following, the cache."""
    command = ["backtest", "--home", str(small_home), "--cutoffs", "2010", "--epochs", "1"]
    command += ["--top", "10", "--format", "json", "--application"]

    assert main([*command, "ferroelectric"]) == 0

    record = json.loads(capsys.readouterr().out)
    assert (record["cutoffs"][0]["candidates"], record["cutoffs"][0]["studied"]) == (30, 1)
    assert [(row["year"], row["positives"]) for row in record["curve"]] == [
        (2010, 0),
        (2011, 0),
        (2012, 15),
    ]
    assert record["rows"][-1]["random"] == pytest.approx(5)
    (trained,) = (card.parent for card in (small_home / "vectors").glob("*/card.json"))
    assert trained.name == record["cutoffs"][0]["vectors"]

    before = (trained / "card.json").stat().st_mtime_ns
    assert main([*command, "insulating"]) == 0, "any term of the corpus can be asked for"
    assert json.loads(capsys.readouterr().out)["cutoffs"][0]["studied"] == 30
    assert (trained / "card.json").stat().st_mtime_ns == before

    assert main([*command, "levitation"]) == 1
    assert "levitation" in capsys.readouterr().err
