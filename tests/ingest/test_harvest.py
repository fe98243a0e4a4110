"""Harvests: killed and restarted, cut short, filtered, and run by a jobs file."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from oai_server import OaiServer

from ingest.corpus import KIND, Corpus
from ingest.harvest import HarvestError, harvest
from ingest.sources.base import Cursor, Page, RawRow
from matlore.cli import main
from matlore.errors import SourceError
from matlore.home import Home

SUBJECTS = ("alloys of zirconium", "frost on leaves", "bridges of steel", "tides", "lamps")


def _rows(count: int) -> list[dict[str, Any]]:
    """Return papers that are all about something else."""
    words = random.Random(7)
    return [
        {
            "id": f"arxiv:2401.{n:05d}",
            "title": f"Notes on {SUBJECTS[n % 5]} in the year {words.randrange(10**9)}",
            "abstract": " ".join(f"word{words.randrange(10**6)}" for _ in range(40)),
            "authors": [f"Author{n}"],
        }
        for n in range(count)
    ]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


class _Pages:
    """A source of given pages, which fails where a page is an error."""

    name, query = "test", "all"

    def __init__(self, *pages: list[dict[str, Any]] | SourceError) -> None:
        self.given = pages
        self.asked: list[Cursor | None] = []

    def pages(self, cursor: Cursor | None) -> Any:
        self.asked.append(cursor)
        start = 0 if cursor is None else int(str(cursor["page"]))
        for number, page in enumerate(self.given[start:], start=start + 1):
            if isinstance(page, SourceError):
                raise page
            yield Page([RawRow(n, row) for n, row in enumerate(page)], {"page": number})


def _state(home: Home) -> list[tuple[str, str, tuple[str, ...]]]:
    return sorted((paper.id, paper.text, paper.ids) for paper in Corpus(home))


_CHILD = """
import sys
from pathlib import Path
from ingest.harvest import harvest
from ingest.http import Fetcher
from ingest.sources.oai import OaiSource
from matlore.home import Home
home, url = sys.argv[1:]
with Fetcher(allow_private=True, pause=0) as fetcher:
    print("ready", flush=True)
    harvest(Home.open(Path(home), create=True), OaiSource(fetcher, url), commit_rows=100)
"""


def test_a_harvest_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    rows, kills = _rows(3000), random.Random(11)
    with OaiServer(rows, page_size=50) as server:
        command = [sys.executable, "-c", _CHILD]
        subprocess.run([*command, str(tmp_path / "calm"), server.url], check=True, timeout=60)
        killed = [str(tmp_path / "killed"), server.url]
        interrupted = 0
        for _ in range(3):
            child = subprocess.Popen([*command, *killed], stdout=subprocess.PIPE)
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(kills.uniform(0.1, 0.6))
            interrupted += child.poll() is None
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
        subprocess.run([*command, *killed], check=True, timeout=60)
    assert interrupted
    calm, stirred = Home.open(tmp_path / "calm"), Home.open(tmp_path / "killed")
    assert len(Corpus(calm)) == 3000
    assert _state(stirred) == _state(calm)
    assert main(["corpus", "verify", "--home", str(stirred.path), "--format", "json"]) == 0


def test_a_harvest_goes_on_after_the_last_page(home: Home) -> None:
    first, second = _rows(40)[:20], _rows(40)[20:]
    broken = _Pages(first, SourceError("no answer"))
    with pytest.raises(HarvestError, match="no answer") as caught:
        harvest(home, broken)
    assert caught.value.report.added == 20
    whole = _Pages(first, second)
    assert harvest(home, whole).added == 20
    assert whole.asked == [{"page": 1}]
    assert len(Corpus(home)) == 40


def test_a_limit_ends_a_run_and_the_next_goes_on(home: Home) -> None:
    rows = _rows(30)
    source = _Pages(rows[:10], rows[10:20], rows[20:])
    assert harvest(home, source, limit=15).rows == 20
    assert harvest(home, source, limit=15).added == 10
    assert harvest(home, source, restart=True).unchanged == 30


def test_many_small_harvests_leave_few_shards(home: Home) -> None:
    rows = _rows(60)
    for n in range(12):
        harvest(home, _Pages(*[rows[i : i + 5] for i in range(0, 5 * (n + 1), 5)]))
    assert len(Corpus(home)) == 60
    assert len(home.shards(KIND)) <= 2


def test_a_withdrawn_record_is_taken_back(home: Home) -> None:
    rows = _rows(2)
    harvest(home, _Pages(rows))
    gone = {"id": rows[0]["id"], "deleted": True}
    report = harvest(home, _Pages(rows, [gone, {"id": "arxiv:2401.99999", "deleted": True}]))
    assert (report.deleted, report.unchanged) == (1, 1)
    assert [paper.id for paper in Corpus(home)] == [rows[1]["id"]]


def test_papers_below_the_threshold_are_left_out(home: Home) -> None:
    dull = {"id": "arxiv:2401.00001", "title": "On voting", "abstract": "Opinions of agents."}
    dull["abstract"] += " Voters change their minds in a model of social networks."
    apt = {
        "id": "arxiv:2401.00002",
        "title": "Thermoelectric properties of SnSe crystals",
        "abstract": "We grew SnSe single crystals and measured thermal conductivity and XRD.",
    }
    report = harvest(home, _Pages([dull, apt]), min_relevance=0.5)
    assert (report.irrelevant, report.added) == (1, 1)
    (paper,) = Corpus(home)
    assert paper.id == apt["id"]
    assert paper.relevance is not None
    assert paper.relevance > 0.5


def test_bad_rows_go_to_quarantine_and_the_harvest_goes_on(home: Home) -> None:
    report = harvest(
        home, _Pages([{"id": "arxiv:2401.00001"}, *_rows(3)[1:], {"title": "x" * 300_000}])
    )
    assert (report.added, report.quarantined) == (2, 2)
    assert report.quarantine is not None
    assert "no text" in report.quarantine.read_text()


def _jobs(path: Path, url: str, papers: Path) -> Path:
    path.write_text(
        f"""
[defaults]
min_relevance = 0.0

[jobs.preprints]
source = "arxiv"
set = "physics:cond-mat"
url = "{url}"

[jobs.ours]
source = "file"
path = "{papers}"
"""
    )
    return path


def test_the_jobs_of_a_file_run_and_the_next_time_bring_nothing_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = tmp_path / "ours.jsonl"
    papers.write_text(json.dumps({"id": "doi:10.1000/1", "title": "Our own", "abstract": "Words."}))
    rows = [{**row, "sets": ["physics:cond-mat"]} for row in _rows(30)]
    log = tmp_path / "log.jsonl"
    with OaiServer(rows, page_size=10) as server:
        jobs = _jobs(tmp_path / "jobs.toml", server.url, papers)
        command = ["ingest", "run", str(jobs), "--format", "json", "--log", str(log)]
        assert main(command) == 0
        first = json.loads(capsys.readouterr().out)["jobs"]
        assert main([*command[:3], "preprints", *command[3:]]) == 0
        second = json.loads(capsys.readouterr().out)["jobs"]
    assert [(job["job"], job["status"], job["added"]) for job in first] == [
        ("preprints", "done", 30),
        ("ours", "done", 1),
    ]
    assert [(job["job"], job["added"]) for job in second] == [("preprints", 0)]
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["event"] for event in events] == ["job begins", "job ends"] * 3


def test_a_job_that_fails_keeps_no_other_from_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = tmp_path / "ours.jsonl"
    papers.write_text(json.dumps({"title": "Our own", "abstract": "Words."}) + "\n{broken\n")
    jobs = tmp_path / "jobs.toml"
    jobs.write_text(
        f'[jobs.works]\nsource = "openalex"\nquery = "zinc"\n[jobs.ours]\nsource = "file"\n'
        f'path = "{papers}"\n'
    )
    assert main(["ingest", "run", str(jobs), "--format", "json"]) == 1
    works, ours = json.loads(capsys.readouterr().out)["jobs"]
    assert works["status"] == "failed"
    assert "MATLORE_OPENALEX_KEY" in works["error"]
    assert (ours["status"], ours["added"]) == ("partly done", 1)
    assert main(["ingest", "run", str(jobs), "ours", "--format", "json"]) == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "write jobs as tables"),
        ("[jobs.a]\n", "job 'a': source: field required"),
        ('[jobs.a]\nsource = "gopher"\n', "job 'a': source"),
        ('[jobs.a]\nsource = "arxiv"\nfrequency = 3\n', "job 'a': frequency"),
        ('[jobs.a]\nsource = "arxiv"\nmin_relevance = 3\n', "job 'a': min_relevance"),
        ('[job.a]\nsource = "arxiv"\n', "unknown: job"),
    ],
)
def test_a_wrong_jobs_file_is_refused(
    tmp_path: Path, content: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = tmp_path / "jobs.toml"
    jobs.write_text(content)
    assert main(["ingest", "run", str(jobs)]) == 2
    assert complaint in capsys.readouterr().err


def test_a_job_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = tmp_path / "jobs.toml"
    jobs.write_text('[jobs.a]\nsource = "arxiv"\n')
    assert main(["ingest", "run", str(jobs), "b"]) == 2
    assert "no job 'b': there are a" in capsys.readouterr().err


def test_merges_are_shown_split_and_removed_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    abstract = " ".join(f"token{n}" for n in range(60))
    rows = [
        {"id": "arxiv:2401.00001", "title": "Growth of large crystals", "abstract": abstract},
        {"id": "doi:10.1000/1", "title": "Growth of LARGE crystals", "abstract": f"Now {abstract}"},
    ]
    papers = tmp_path / "papers.jsonl"
    papers.write_text("".join(json.dumps({**row, "authors": ["A. Doe"]}) + "\n" for row in rows))
    assert main(["ingest", "file", str(papers), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["merged"] == 1
    assert main(["corpus", "show", "10.1000/1", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [record["how"] for record in shown["records"]] == ["first", "title"]
    assert main(["corpus", "split", "10.1000/1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["papers"] == ["arxiv:2401.00001", "doi:10.1000/1"]
    assert main(["corpus", "remove", "10.1000/1", "--format", "json"]) == 0
    assert main(["corpus", "show", "10.1000/1"]) == 1
    assert main(["corpus", "remove", "10.1000/1"]) == 1
