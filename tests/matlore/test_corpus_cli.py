"""`matlore corpus export, stats, verify and compact`, as they are called."""

import json
import sqlite3
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyarrow.parquet as pq
import pytest

from ingest.corpus import Corpus
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from matlore.cli import main
from matlore.home import Home, lock_folder
from matlore.pipeline.bibtex import latex
from matlore.pipeline.corpus_stats import language_of
from matlore.pipeline.export import has_license

LICENSES = [
    "CC0-1.0",
    "http://creativecommons.org/licenses/by/4.0/",
    "CC BY-NC 4.0",
    None,
    "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
]
ROWS = [
    {
        "id": f"2403.{n:05}",
        "title": "Growth of Bi$_2$Te$_3$ & its 50% {yield}",
        "abstract": f"We grow it for the {n}th time, and measure_all of it.",
        "authors": ["Zoë Müller", "Research and Development Ltd"],
        "year": 2020 + n,
        "venue": "Journal of Crystals" if n else None,
        "license": license,
        "source": f"source {n % 2}",
    }
    for n, license in enumerate(LICENSES)
]


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def _ingest(home: Path, papers: Path, *, shard_rows: int = 20_000) -> None:
    files, _ = find_files([papers])
    ingest_files(Home.open(home, create=True), files, shard_rows=shard_rows)


@pytest.fixture
def home(papers: Path, tmp_path: Path) -> str:
    _ingest(tmp_path / "data", papers)
    return str(tmp_path / "data")


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return dict(json.loads(capsys.readouterr().out))


def _export(home: str, out: Path, format: str, *more: str) -> int:
    return main(["corpus", "export", "--out", str(out), "--format", format, "--home", home, *more])


# Export


@pytest.mark.parametrize(
    ("license", "pattern", "is_one"),
    [
        ("CC0-1.0", "cc0", True),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0", True),
        ("cc-zero", "CC0-1.0", False),
        ("cc-zero", "CC0", True),
        ("CC-BY-4.0", "CC-BY", True),
        ("CC BY 4.0", "CC-BY-4.0", True),
        ("CC_BY 3.0", "CC-BY-4.0", False),
        ("https://creativecommons.org/licenses/by/4.0/legalcode", "CC-BY-4.0", True),
        ("https://creativecommons.org/licenses/by/3.0/igo", "CC-BY", True),
        ("cc-by-nc", "CC-BY", False),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0", "CC-BY", False),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0", "CC-*", True),
        ("cc-by-sa", "redistributable", True),
        ("public domain", "redistributable", True),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "redistributable", True),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "redistributable", False),
        ("CC-BY-ND-4.0", "redistributable", False),
        (None, "*", False),
        (" ", "*", False),
    ],
)
def test_licenses_match(license: str | None, pattern: str, is_one: bool) -> None:
    assert has_license(license, [pattern]) is is_one


def test_an_export_by_licenses(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    assert _export(home, out, "jsonl", "--license", "CC0", "--license", "CC-BY") == 0
    kept = [json.loads(line)["license"] for line in out.read_text().splitlines()]
    assert kept == LICENSES[:2]
    said = capsys.readouterr().err
    assert "2 papers in" in said
    assert "1 papers without a licence and 2 under other licences are left out" in said


def test_bibtex_is_escaped_and_its_keys_are_unique(home: str, tmp_path: Path) -> None:
    out = tmp_path / "out.bib"
    assert _export(home, out, "bibtex") == 0
    text = out.read_text()
    assert "@misc{muller2020growth," in text
    assert "@article{muller2021growth," in text
    assert r"title = {Growth of {Bi2Te3} {\&} its {50{\%}} yield}" in text
    assert r"author = {Zo{\"e} M{\"u}ller and {Research and Development Ltd}}" in text
    assert r"measure{\_}all" in text
    assert text.count("{") == text.count("}")


def test_latex_has_balanced_braces_on_one_line() -> None:
    assert latex("a{b\n50%") == r"a{\textbraceleft}b 50{\%}"
    assert latex("}") == r"{\textbraceright}"


def test_bibtex_keys_of_one_kind_get_letters(tmp_path: Path) -> None:
    rows = [dict(ROWS[0], id=f"2404.{n:05}", abstract=f"Crystal {n}.") for n in range(28)]
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    _ingest(tmp_path / "data", path)
    assert _export(str(tmp_path / "data"), tmp_path / "out.bib", "bibtex") == 0
    text = (tmp_path / "out.bib").read_text()
    keys = [line for line in text.splitlines() if line.startswith("@")]
    assert len(set(keys)) == 28
    assert keys[1:3] == ["@misc{muller2020growtha,", "@misc{muller2020growthb,"]
    assert keys[27] == "@misc{muller2020growthaa,"


def test_bibtex_can_be_taken_in_again(home: str, tmp_path: Path) -> None:
    out = tmp_path / "out.bib"
    assert _export(home, out, "bibtex") == 0
    _ingest(tmp_path / "again", out)
    again = {paper.id: paper for paper in Corpus(Home.open(tmp_path / "again"))}
    for paper in Corpus(Home.open(Path(home))):
        twin = again[paper.id]
        assert (twin.text, twin.year, twin.license) == (paper.text, paper.year, paper.license)
        assert twin.authors[0] == paper.authors[0]


def test_a_dataset_can_be_loaded(home: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    out = tmp_path / "set"
    for _ in range(2):  # the second one replaces the first
        assert _export(home, out, "dataset", "--license", "redistributable") == 0
    table = datasets.load_from_disk(str(out))
    assert table["license"][:] == LICENSES[:2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "p.jsonl", "set"]
    assert str(tmp_path) not in "".join(p.read_text() for p in out.glob("*.json"))


def test_a_dataset_replaces_nothing_else(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("datasets")
    assert _export(home, Path(home), "dataset") == 1
    assert "holds something else" in capsys.readouterr().err
    assert Home.open(Path(home)).shards("corpus")
    assert _export(home, tmp_path / "p.jsonl", "dataset") == 1


def test_a_dataset_without_papers_is_an_error(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("datasets")
    assert _export(home, tmp_path / "set", "dataset", "--license", "MIT") == 1
    assert "without papers" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "p.jsonl"]


def test_a_dataset_without_the_package_says_what_to_install(
    home: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert _export(home, tmp_path / "set", "dataset") == 2
    assert 'pip install "matlore[datasets]"' in capsys.readouterr().err


# Stats


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Growth of crystals", "en"),
        ("Eigenschaften dünner Schichten", "other"),
        (
            "Wir messen die Leitfähigkeit von Proben in Luft, und was wir finden, ist neu. " * 5,
            "other",
        ),
        ("The sample is grown from the melt, and it is measured in air. " * 5, "en"),
        ("", "other"),
    ],
)
def test_common_words_tell_english(text: str, language: str) -> None:
    assert language_of(text) == language


def _fake_lingua(monkeypatch: pytest.MonkeyPatch, code: str | None) -> None:
    language = code and SimpleNamespace(iso_code_639_1=SimpleNamespace(name=code))
    detector = SimpleNamespace(detect_language_of=lambda text: language)
    fast = SimpleNamespace(build=lambda: detector)
    builder = SimpleNamespace(with_low_accuracy_mode=lambda: fast)
    module = ModuleType("lingua")
    module.__dict__["LanguageDetectorBuilder"] = SimpleNamespace(from_all_languages=lambda: builder)
    monkeypatch.setitem(sys.modules, "lingua", module)


@pytest.mark.parametrize(("code", "language"), [("DE", "de"), (None, "other")])
def test_lingua_is_asked_for_the_rest(
    code: str | None,
    language: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"title": "Dünne Schichten"}\n{"title": "Growth of crystals"}\n')
    _ingest(tmp_path / "data", path)
    command = ["corpus", "stats", "--home", str(tmp_path / "data"), "--format", "json"]
    _fake_lingua(monkeypatch, code)
    assert main(command) == 0
    assert _json(capsys)["languages"] == {language: 1, "en": 1}
    monkeypatch.setitem(sys.modules, "lingua", None)
    assert main(command) == 0
    assert _json(capsys)["languages"] == {"en": 1, "other": 1}


def test_merged_records_are_counted(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(Path(home) / "state.sqlite") as sql:
        sql.execute("DROP TABLE IF EXISTS records")
        sql.execute("CREATE TABLE records (id, owner, shard, row, text_sha, filled, how, score)")
        sql.execute(
            "INSERT INTO records (id, owner, how) VALUES ('a', 'a', ''), ('b', 'a', 'doi'), "
            "('c', 'a', 'title'), ('d', 'd', ''), ('e', 'd', 'doi')"
        )
    sql.close()
    assert main(["corpus", "stats", "--home", home, "--format", "json"]) == 0
    stats = _json(capsys)
    assert (stats["n_merged"], stats["merged_by"]) == (3, {"doi": 2, "title": 1})


def test_the_table_shows_the_years_as_bars(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "stats", "--home", home]) == 0
    assert "2020 █████ 2024, at most 1" in capsys.readouterr().out


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_years_are_drawn(home: str, tmp_path: Path, suffix: str, magic: bytes) -> None:
    out = tmp_path / f"years.{suffix}"
    assert main(["corpus", "stats", "--home", home, "--plot", str(out)]) == 0
    first = out.read_bytes()
    assert first.startswith(magic)
    assert main(["corpus", "stats", "--home", home, "--plot", str(out)]) == 0
    assert out.read_bytes() == first
    assert not list(tmp_path.glob(".*.tmp"))


def test_plots_that_cannot_be(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpus", "stats", "--home", home, "--plot", "years.docx"]) == 2
    assert ".png, .svg" in capsys.readouterr().err
    assert main(["corpus", "stats", "--home", home, "--plot", "/nowhere/at/all.png"]) == 1
    assert "cannot be written" in capsys.readouterr().err
    Home.open(tmp_path / "new", create=True)
    command = ["corpus", "stats", "--home", str(tmp_path / "new"), "--plot", "years.png"]
    assert main(command) == 1
    assert "nothing to draw" in capsys.readouterr().err


# Verify


@pytest.fixture
def shards(tmp_path: Path) -> Home:
    """Return a home with ten shards, in row groups that can be read one by one."""
    rows = [{"id": f"2405.{n:05}", "title": f"Sample number {n} of many"} for n in range(4_000)]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    _ingest(tmp_path / "many", path, shard_rows=2_000)
    return Home.open(tmp_path / "many")


def _verify(
    home: Home, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, dict[str, object]]:
    command = ["corpus", "verify", "--home", str(home.path), "--format", "json", *more]
    code = main(command)
    return code, _json(capsys)


def test_leftovers_are_found_and_removed(shards: Home, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shards.folder("corpus")
    names = [".papers-000009.parquet.tmp", "papers-000009.parquet", "stray.parquet"]
    for name in names:
        (folder / name).write_bytes(b"x")
    code, report = _verify(shards, capsys)
    assert code == 1
    assert report["problems"] == [{"shard": n, "problem": "is not in the manifest"} for n in names]
    code, report = _verify(shards, capsys, "--repair")
    assert (code, report["removed"], report["n_lost"], report["remaining"]) == (0, names, 0, [])
    assert len(list(folder.iterdir())) == 2
    assert _verify(shards, capsys)[0] == 0


def test_what_a_job_is_writing_is_no_leftover(
    shards: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    (shards.folder("corpus") / ".papers-000003.parquet.tmp").write_bytes(b"x")
    with lock_folder(shards.path):
        assert _verify(shards, capsys)[0] == 0


def test_a_missing_shard_is_forgotten_and_comes_again(
    shards: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards.shards("corpus")[1].path.unlink()
    code, report = _verify(shards, capsys, "--repair")
    assert (code, report["n_lost"], report["n_kept"]) == (0, 2_000, 0)
    lost = report["lost"]
    assert isinstance(lost, list)
    assert lost[0] == "arxiv:2405.02000"
    assert len(list(Corpus(shards))) == len(Corpus(shards)) == 2_000
    _ingest(shards.path, tmp_path / "many.jsonl")
    assert len(list(Corpus(shards))) == len(Corpus(shards)) == 4_000
    assert _verify(shards, capsys)[0] == 0


def test_row_groups_that_can_be_read_are_kept(
    shards: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shards.shards("corpus")[0].path
    group = pq.read_metadata(path).row_group(0).num_rows
    content = bytearray(path.read_bytes())
    content[100:400] = b"\xff" * 300
    path.write_bytes(content)
    code, report = _verify(shards, capsys, "--repair")
    assert (code, report["n_lost"], report["n_kept"]) == (0, group, 2_000 - group)
    ids = sorted(paper.id for paper in Corpus(shards))
    assert ids == [f"arxiv:2405.{n:05}" for n in range(group, 4_000)]
    assert Corpus(shards).get("arxiv:2405.01500").title == "Sample number 1500 of many"


def test_a_file_that_only_got_longer_or_is_none(
    shards: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shards.shards("corpus")[0].path
    path.write_bytes(b"no parquet")
    code, report = _verify(shards, capsys, "--repair")
    assert (code, report["n_lost"], report["n_kept"]) == (0, 2_000, 0)
    assert not path.exists()


def test_papers_that_point_nowhere(shards: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with shards.writer() as writer:
        writer.connection.execute("UPDATE papers SET row = 5000 WHERE id = 'arxiv:2405.00007'")
        writer.connection.execute("UPDATE papers SET shard = 77 WHERE id = 'arxiv:2405.00008'")
        writer.commit()
    code, report = _verify(shards, capsys)
    assert code == 1
    assert "2 papers point to rows that no shard has" in str(report["problems"])
    code, report = _verify(shards, capsys, "--repair")
    assert (code, report["lost"]) == (0, ["arxiv:2405.00007", "arxiv:2405.00008"])


def test_a_sound_corpus_needs_no_repair(shards: Home, capsys: pytest.CaptureFixture[str]) -> None:
    before = shards.shards("corpus")
    code, report = _verify(shards, capsys, "--repair")
    assert (code, report["problems"], report["remaining"]) == (0, [], [])
    assert shards.shards("corpus") == before


# Compact


def test_compact(shards: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(Corpus(shards))
    command = ["corpus", "compact", "--home", str(shards.path), "--format", "json"]
    assert main(command) == 0
    report = _json(capsys)
    assert (report["shards_before"], report["shards_after"], report["rows_moved"]) == (2, 1, 4_000)
    assert list(Corpus(shards)) == before
    assert _verify(shards, capsys)[0] == 0
