"""The ingestion job: counts, quarantine, going on after a kill, two writers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.corpus import KIND, Corpus
from ingest.fingerprints import Fingerprint
from ingest.jobs import IngestReport, ingest_files
from ingest.quarantine import BadRow, Quarantine, unwrap
from ingest.sources.base import RawRow
from ingest.sources.files import find_files
from ingest.store import PaperStore
from ingest.workers import Chunk, parse_chunks, parse_row
from matlore.errors import HomeBusyError, InputError, MatloreError
from matlore.home import Home
from matlore.records import Paper


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


def _row(n: int) -> dict[str, object]:
    return {
        "id": f"arXiv:2401.{n:05}v1",
        "title": f"Growth number {n} of Bi$_2$Te$_3$",
        "abstract": f"We grow it for the {n}th time, at $T_c$ = {n} K, and say so in words.",
        "year": 2024,
    }


def _write(path: Path, rows: range, *, extra: str = "") -> Path:
    path.write_text("".join(json.dumps(_row(n)) + "\n" for n in rows) + extra)
    return path


def _ingest(home: Home, *paths: Path, **options: object) -> IngestReport:
    return ingest_files(home, find_files(paths)[0], **options)  # type: ignore[arg-type]


def _ids(home: Home) -> list[str]:
    return [paper.id for paper in Corpus(home)]


def _adds_up(report: IngestReport) -> bool:
    parts = (report.added, report.updated, report.merged, report.unchanged, report.quarantined)
    return report.rows == sum(parts)


def test_a_file_is_taken_in(home: Home, tmp_path: Path) -> None:
    report = _ingest(home, _write(tmp_path / "p.jsonl", range(450)), shard_rows=200)
    assert (report.files, report.rows, report.added, report.papers) == (1, 450, 450, 450)
    assert _ids(home) == [f"arxiv:2401.{n:05}" for n in range(450)]
    assert Corpus(home).get("2401.00007").text.startswith("Growth number 7 of Bi2Te3\n")
    assert [shard.rows for shard in home.shards(KIND)] == [200, 200, 50]


def test_the_same_file_again_changes_nothing_and_is_not_even_read(
    home: Home, tmp_path: Path
) -> None:
    path = _write(tmp_path / "p.jsonl", range(30))
    _ingest(home, path)
    again = _ingest(home, path)
    assert (again.files, again.files_done_before, again.rows, again.papers) == (0, 1, 0, 30)
    assert len(home.shards(KIND)) == 1


def test_a_copy_of_a_file_is_read_once(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    first = _write(folder / "a.jsonl", range(30))
    (folder / "b.jsonl").write_bytes(first.read_bytes())
    report = _ingest(home, folder)
    assert (report.files, report.files_done_before, report.added) == (1, 1, 30)


def test_a_file_that_has_changed_is_read_again(home: Home, tmp_path: Path) -> None:
    path = _write(tmp_path / "p.jsonl", range(30))
    _ingest(home, path)
    changed = {**_row(3), "abstract": "We were wrong, and say so here."}
    path.write_text(path.read_text().replace(json.dumps(_row(3)), json.dumps(changed)))
    report = _ingest(home, path)
    assert (report.updated, report.unchanged, report.papers) == (1, 29, 30)
    assert Corpus(home).get("2401.00003").abstract == changed["abstract"]
    assert _adds_up(report)


def test_another_mapping_reads_the_file_again(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("doi,title,body\n10.1000/1,Crystals,We grow them.\n")
    assert _ingest(home, path).added == 1
    report = _ingest(home, path, mapping={"abstract": "body"})
    assert report.updated == 1
    assert Corpus(home).get("10.1000/1").abstract == "We grow them."


BAD = "\n".join(
    [
        '{"title": "broken',
        "[1, 2]",
        '"text"',
        '{"id": "10.1000/9"}',
        '{"title": "caf\udce9"}',
        "[" * 100_000,
        '{"title": "\\ud835 lone surrogates are no reason"}',
        '{"title": "fine"}',
    ]
)


def test_bad_rows_go_to_quarantine(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(BAD, errors="surrogateescape")
    report = _ingest(home, path)
    assert (report.rows, report.added, report.quarantined) == (8, 2, 6)
    assert _adds_up(report)
    assert report.quarantine is not None
    assert report.quarantine.parent == home.folder("quarantine")
    rows = [json.loads(line) for line in report.quarantine.read_text().splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6]
    reasons = ["broken JSON", "not an object", "not an object", "no text", "wrong encoding", ""]
    for row, reason in zip(rows, reasons, strict=True):
        assert set(row) == {"file", "line", "reason", "raw"}
        assert row["file"] == str(path)
        assert reason in row["reason"]
        assert len(row["raw"]) <= 20_000


def test_a_quarantine_file_can_be_retried(home: Home, tmp_path: Path) -> None:
    quarantine = Quarantine(home, "test")
    quarantine.add(BadRow("p.jsonl", 3, "no text", json.dumps({"id": "10.1000/1", "body": "A."})))
    quarantine.add(BadRow("p.csv", 4, "no text", {"id": "10.1000/2", "body": "B."}))
    quarantine.flush()
    report = _ingest(home, quarantine.path, mapping={"abstract": "body"})
    assert report.added == 2
    assert Corpus(home).get("10.1000/2").abstract == "B."


def test_the_first_bad_row_may_end_the_job(home: Home, tmp_path: Path) -> None:
    path = _write(tmp_path / "p.jsonl", range(5), extra="{broken\n")
    with pytest.raises(InputError, match=r"p\.jsonl:6: broken JSON"):
        _ingest(home, path, on_error="raise")
    assert _ids(home) == []
    assert _ingest(home, path).added == 5


def test_a_truncated_file_is_tried_again_next_time(home: Home, tmp_path: Path) -> None:
    import gzip

    whole = gzip.compress(_write(tmp_path / "w.jsonl", range(2000)).read_bytes())
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    report = _ingest(home, path)
    assert report.quarantined == 1
    assert 0 < report.added < 2000
    assert _ingest(home, path).quarantined == 1
    path.write_bytes(whole)
    assert _ingest(home, path).papers == 2000


def test_an_unforeseen_error_is_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Paper:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("ingest.workers.paper_from_row", fail)
    bad = parse_row(RawRow(7, {"title": "A"}), {}, file="p")
    assert bad == BadRow("p", 7, "ZeroDivisionError: a fault of ours", {"title": "A"})


def test_several_processes_give_the_same_in_the_same_order() -> None:
    rows = [RawRow(n, json.dumps(_row(n))) for n in range(600)]
    chunks = [Chunk("p", rows[n : n + 100]) for n in range(0, 600, 100)] + [Chunk("p", [], True)]
    alone = list(parse_chunks(chunks, {}, workers=1))
    assert list(parse_chunks(chunks, {}, workers=2)) == alone
    assert sum(len(part.papers) for part in alone) == 600


class _Deadly:
    """Ends the process that unpickles it, as the system does where memory runs out."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (9,)


def test_a_killed_worker_gives_a_clear_error() -> None:
    with pytest.raises(MatloreError, match="run this again"):
        list(parse_chunks([Chunk("p", [RawRow(1, _Deadly())])], {}, workers=2))


def test_progress_is_told_of_every_row(home: Home, tmp_path: Path) -> None:
    seen: list[int] = []

    def progress(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        seen.append(done)

    _ingest(home, _write(tmp_path / "p.jsonl", range(450)), progress=progress)
    assert sum(seen) == 450


def test_a_second_job_gets_a_clear_error(home: Home, tmp_path: Path) -> None:
    path = _write(tmp_path / "p.jsonl", range(5))
    with home.writer(), pytest.raises(HomeBusyError, match=str(os.getpid())):
        _ingest(home, path)
    assert _ingest(home, path).added == 5


def test_an_interrupted_job_keeps_what_it_read(home: Home, tmp_path: Path) -> None:
    path = _write(tmp_path / "p.jsonl", range(1000))

    def interrupt(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        if done and len(seen := [*counts, done]) > 2:
            raise KeyboardInterrupt(str(seen))
        counts.append(done)

    counts: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        _ingest(home, path, progress=interrupt)
    kept = len(Corpus(home))
    assert kept >= 400
    report = _ingest(home, path)
    assert (report.rows, report.papers) == (1000 - kept, 1000)


_JOB = """
import os, signal, sys
from pathlib import Path
from ingest.fingerprints import Fingerprint
from ingest.jobs import ingest_files
from ingest.sources.files import find_files
from ingest.store import PaperStore
from matlore.home import Home

deadly, seen = int(sys.argv[3]), 0

def progress(done=1, /, *, total=None, text=None):
    global seen
    seen += done
    if seen >= deadly:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    home = Home.open(Path(sys.argv[1]), create=True)
    files, _ = find_files([Path(sys.argv[2])])
    report = ingest_files(home, files, workers=2, shard_rows=300, progress=progress)
    print(report.rows, report.papers)
"""


@pytest.mark.parametrize("deadly", [200, 1100, 2800])
def test_a_killed_job_goes_on_where_it_stopped(
    tmp_path: Path, repository: Path, deadly: int
) -> None:
    path = _write(tmp_path / "p.jsonl", range(3000), extra=f"{'x' * 600_000}\n")
    script = tmp_path / "job.py"
    script.write_text(_JOB)
    command = [sys.executable, str(script), str(tmp_path / "data"), str(path)]
    options: dict[str, object] = {"env": {**os.environ, "PYTHONPATH": str(repository)}}
    killed = subprocess.run([*command, str(deadly)], check=False, **options)  # type: ignore[call-overload]
    assert killed.returncode == -signal.SIGKILL
    home = Home.open(tmp_path / "data")
    done = len(Corpus(home))
    assert deadly - 600 <= done < 3000
    assert _ids(home) == [f"arxiv:2401.{n:05}" for n in range(done)]
    finished = subprocess.run(  # type: ignore[call-overload]
        [*command, "9999"], check=True, capture_output=True, **options
    )
    assert finished.stdout.split() == [str(3001 - done).encode(), b"3000"]
    assert _ids(home) == [f"arxiv:2401.{n:05}" for n in range(3000)]
    assert {p.name for p in home.folder(KIND).iterdir()} == {s.name for s in home.shards(KIND)}


def test_a_row_that_failed_again_can_be_retried_again() -> None:
    row: object = {"title": "A"}
    for _ in range(3):
        row = {"file": "p", "line": 1, "reason": "r", "raw": json.dumps(row)}
    assert unwrap(row) == {"title": "A"}


def test_a_job_interrupted_within_a_paper_keeps_the_last_commit(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "p.jsonl", range(1000))
    put, seen = PaperStore.put, list[Paper]()

    def interrupt(store: PaperStore, paper: Paper, print: Fingerprint | None = None) -> object:
        seen.append(paper)
        if len(seen) == 700:
            raise KeyboardInterrupt
        return put(store, paper, print)

    with monkeypatch.context() as patch:
        patch.setattr(PaperStore, "put", interrupt)
        with pytest.raises(KeyboardInterrupt):
            _ingest(home, path, shard_rows=400)
    assert len(Corpus(home)) == len(list(Corpus(home))) == 400
    assert _ingest(home, path).papers == 1000
