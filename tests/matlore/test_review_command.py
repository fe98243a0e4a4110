"""`matlore review` from the sample corpus to a page in a browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from search_homes import fake_encoders, searched_home

from matlore.cli import main
from matlore.pipeline.index_build import IndexOptions, build_home_index
from matlore.pipeline.index_sources import sample_papers
from matlore.pipeline.review_statements import check_review

TOPIC = "thermoelectric materials with low thermal conductivity"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose index is of the sample corpus."""
    path = tmp_path_factory.mktemp("review") / "home"
    build_home_index(path, IndexOptions(encoder="static", collections=("papers",)))
    return path


@pytest.fixture(scope="module")
def page(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "review.html"
    arguments = ["review", TOPIC, "--out", str(out), "--home", str(home)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["matlore", *arguments])
        assert main(arguments) == 0
    return out


def test_every_citation_stands_in_the_corpus(page: Path) -> None:
    raw = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    papers = {paper.id: paper for paper in sample_papers()}
    assert check_review(raw, papers) == []
    assert len(raw["statements"]) >= 5
    assert len(raw["references"]) >= 5
    assert raw["named"]["properties"] == ["thermal conductivity"]
    assert raw["search"]["corpus"] == len(papers)
    assert raw["command"].startswith(f"matlore review '{TOPIC}'")
    text = page.read_text(encoding="utf-8")
    assert raw["statements"][0]["paper"] in text
    assert "<svg" in text


def test_the_papers_lie_beside_it_as_bibtex(page: Path) -> None:
    from bibtexparser.entrypoint import parse_string

    raw = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    library = parse_string(page.with_suffix(".bib").read_text(encoding="utf-8"))
    assert len(library.entries) == len(raw["references"])
    assert not library.failed_blocks


def test_an_update_tells_what_is_new(home: Path, page: Path, tmp_path: Path) -> None:
    raw = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    earlier = {**raw, "references": raw["references"][3:], "seen": []}
    before = tmp_path / "before.json"
    before.write_text(json.dumps(earlier))
    out = tmp_path / "new.md"
    arguments = ["review", TOPIC, "--out", str(out), "--home", str(home), "--since"]
    assert main([*arguments, str(before)]) == 0
    new = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    found = {one["id"] for one in new["references"]}
    assert {one["id"] for one in raw["references"][:3]} <= found
    assert not found & {one["id"] for one in earlier["references"]}
    assert "new since the review of" in out.read_text(encoding="utf-8")
    assert main([*arguments, "2015"]) == 0
    new = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert new["references"]
    assert all(one["year"] >= 2015 for one in new["references"])


def test_markdown_says_the_same(home: Path, page: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "review.md"
    arguments = ["review", TOPIC, "--out", str(out), "--home", str(home), "--format", "json"]
    assert main(arguments) == 0
    counts = json.loads(capsys.readouterr().out)
    assert {Path(path).name for path in counts["files"]} == {
        "review.md",
        "review.json",
        "review.bib",
    }
    first, again = (
        json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) for path in (page, out)
    )
    assert first.pop("command") != again.pop("command")
    assert first == again
    assert counts["papers"] == len(again["references"])
    text = out.read_text(encoding="utf-8")
    assert f"{again['search']['kept']} kept of {again['search']['corpus']}" in text
    assert all(one["id"] in text.replace("\\", "") for one in again["references"])


def test_no_more_papers_than_asked_for(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "few.html"
    arguments = ["review", TOPIC, "--out", str(out), "--home", str(home), "--year", "2010:"]
    assert main([*arguments, "--top", "4"]) == 0
    raw = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert [one["number"] for one in raw["references"]] == [1, 2, 3, 4]
    assert min(one["year"] for one in raw["references"]) >= 2010
    assert raw["search"]["filters"] == {"years": [2010, None]}
    assert len(raw["clusters"]) == 1


def test_the_graph_filters_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    fake_encoders(monkeypatch)
    home, out = searched_home(tmp_path), tmp_path / "r.md"
    arguments = ["review", "band gap of CdTe", "--out", str(out), "--home", str(home)]
    assert main(arguments) == 0
    assert "no fact of a graph" not in capsys.readouterr().err
    raw = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert [one["id"] for one in raw["references"]] == ["arxiv:2401.00002"]
    assert raw["named"] == {"materials": ["CdTe"], "properties": ["band gap"]}
    assert raw["statements"][0]["text"].startswith("The band gap of CdTe is 1.45 eV")
    arguments[1] = "films with a band gap"
    assert main([*arguments, "--elements", "Ga,N"]) == 0
    raw = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert [one["retracted"] for one in raw["references"]] == [True]
    assert raw["search"]["allowed"] == 1
    assert "RETRACTED" in out.read_text(encoding="utf-8")
    assert main([*arguments, "--elements", "Ga,N", "--since", str(out.with_suffix(".json"))]) == 1
    assert "nothing new since the review of" in capsys.readouterr().err


def test_a_filter_that_needs_a_graph_says_so(home: Path, tmp_path: Path, capsys: Capture) -> None:
    arguments = ["review", TOPIC, "--out", str(tmp_path / "r.md"), "--home", str(home)]
    assert main([*arguments, "--elements", "Bi,Te"]) == 1
    assert "graph load" in capsys.readouterr().err
    assert not list(tmp_path.glob("r.*"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["", "--out", "r.md"], 2, "the topic is empty"),
        (["x", "--out", "r.md"], 2, "one letter"),
        ([" \t", "--out", "r.md"], 2, "the topic is empty"),
        (["heat", "--out", "r.pdf"], 2, ".html or .md"),
        (["heat", "--out", "r"], 2, ".html or .md"),
        (["heat", "--out", "r.md", "--top", "0"], 2, "--top"),
        (["heat", "--out", "nowhere/r.md"], 2, "there is no folder"),
        (["heat", "--out", "r.md", "--since", "yesterday"], 2, "neither a date"),
        (["heat", "--out", "r.md", "--since", "{bad}"], 1, "not the JSON of a review"),
        (["zzqqyx", "--out", "r.md"], 1, "no paper found"),
        (["heat", "--out", "r.md", "--year", "1700"], 1, "no paper found"),
    ],
)
def test_what_cannot_be_reviewed_is_told(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    given = [word.replace("{bad}", str(bad)) for word in arguments]
    assert main(["review", *given, "--home", str(home)]) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "r.md").exists()


def test_a_home_without_an_index_names_the_next_command(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "r.md"
    assert main(["review", "heat", "--out", str(out), "--home", str(tmp_path / "none")]) == 1
    assert "matlore index build" in capsys.readouterr().err


@pytest.mark.parametrize("width", [375, 1000])
def test_the_page_fits_a_browser_window(page: Path, tmp_path: Path, width: int) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium: install it (Debian: apt-get install chromium)")
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" src="{page.as_uri()}" style="width:{width}px;height:700px;border:0">'
        "</iframe><p id='w'></p><script>onload=()=>{const d=document.getElementById('f')"
        ".contentDocument;document.getElementById('w').textContent='wide '+"
        "d.documentElement.scrollWidth+' tall '+d.documentElement.scrollHeight}</script>"
    )
    ran = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
         f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000", "--dump-dom",
         frame.as_uri()],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    words = ran.stdout.split('id="w">')[1].split("<")[0].split()
    assert words[0] == "wide"
    assert int(words[1]) <= width
    assert int(words[3]) > 1000
