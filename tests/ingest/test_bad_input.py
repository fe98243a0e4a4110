"""What sources and machines do to a job, and how it survives; services have tests of their own.

XML bombs, broken and endless lists: `test_source_oai.py`. Error pages, 429 and 503, redirects,
packed bombs from a server: `test_ingest_http.py`. Broken files: `test_ingest_sources.py`.
"""

import gzip
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.corpus import Corpus
from matlore.cli import main
from matlore.home import Home

GOOD = {"id": "arxiv:2401.00001", "title": "Whole", "abstract": "A row that nothing is wrong with."}


def _ingest(tmp_path: Path, *lines: object, home: str = "data") -> int:
    """Take lines in as they are, objects as JSON; return the exit code."""
    path = tmp_path / "papers.jsonl"
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join(texts) + b"\n")
    return main(["ingest", "file", str(path), "--home", str(tmp_path / home)])


def _corpus(tmp_path: Path) -> Corpus:
    return Corpus(Home.open(tmp_path / "data"))


def _quarantine(tmp_path: Path) -> str:
    (path,) = (tmp_path / "data" / "quarantine").iterdir()
    return path.read_text()


def test_an_abstract_of_ten_megabytes_goes_to_quarantine(tmp_path: Path) -> None:
    assert _ingest(tmp_path, {"title": "Long", "abstract": "long " * 2_000_000}, GOOD) == 3
    assert [paper.title for paper in _corpus(tmp_path)] == ["Whole"]
    assert "longer than" in _quarantine(tmp_path)


def test_control_characters_and_marks_of_direction_leave_the_text(tmp_path: Path) -> None:
    row = {
        "id": "arxiv:2401.00002",
        "title": "Zn\u0000O\u202e films\u200f",
        "abstract": "It\u0007 is.",
    }
    assert _ingest(tmp_path, row) == 0
    (paper,) = _corpus(tmp_path)
    assert paper.text == "ZnO films\nIt is."


def test_a_wrong_charset_is_quarantined_or_mended(tmp_path: Path) -> None:
    latin = json.dumps({"title": "Schrödinger", "abstract": "x"}, ensure_ascii=False).encode(
        "latin-1"
    )
    mended = {"id": "doi:10.1000/2", "title": "SchrÃ¶dinger equation", "abstract": "Twice encoded."}
    assert _ingest(tmp_path, latin, mended, GOOD) == 3
    assert {p.text.split("\n")[0] for p in _corpus(tmp_path)} == {"Schrödinger equation", "Whole"}
    assert "not UTF-8" in _quarantine(tmp_path)


def test_of_duplicate_keys_the_last_counts(tmp_path: Path) -> None:
    row = b'{"id": "arxiv:2401.00003", "title": "First", "title": "Second", "abstract": "Words."}'
    assert _ingest(tmp_path, row) == 0
    (paper,) = _corpus(tmp_path)
    assert paper.title == "Second"


def test_dates_in_the_future_and_missing_fields_are_survived(tmp_path: Path) -> None:
    far = str(datetime.now(UTC).year + 50)
    rows: list[dict[str, Any]] = [
        {"id": "arxiv:2401.00004", "title": "Ahead of time", "date": f"{far}-01-01", "year": far},
        {"title": "Without an id or a date", "abstract": "But with a text."},
        {"id": "arxiv:2401.00005", "abstract": "Without a title."},
    ]
    assert _ingest(tmp_path, *rows) == 0
    assert [(paper.year, paper.date) for paper in _corpus(tmp_path)] == [(None, None)] * 3


def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(json.dumps(GOOD).encode() + b"\n")
        for _ in range(260):
            stream.write(bytes(1_000_000))
    assert main(["ingest", "file", str(path), "--home", str(tmp_path / "data")]) == 3
    assert len(_corpus(tmp_path)) == 1
    assert "unpacks to more than" in _quarantine(tmp_path)


def _run(path: Path, home: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matlore", "ingest", "file", str(path), "--home", str(home)]
    return subprocess.run(
        [*command, "--workers", "1"], capture_output=True, text=True, timeout=60, **options
    )


def _many(path: Path, count: int) -> Path:
    with path.open("w") as stream:
        for n in range(count):
            words = " ".join(f"{os.urandom(8).hex()}" for _ in range(40))
            row = {"id": f"arxiv:2402.{n:05d}", "title": f"Number {n}", "abstract": words}
            stream.write(json.dumps(row) + "\n")
    return path


def _smallest_files(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_ends_a_job_with_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    """No file may grow beyond 400 kB: what a full disk looks like from inside."""
    papers, home = _many(tmp_path / "papers.jsonl", 2000), tmp_path / "data"
    Home.open(home, create=True)
    full = _run(papers, home, preexec_fn=_smallest_files(400_000))
    assert full.returncode == 1
    assert "cannot be written to" in full.stderr
    assert "Traceback" not in full.stderr
    assert len(Corpus(Home.open(home))) == 0
    assert _run(papers, home).returncode == 0
    assert len(Corpus(Home.open(home))) == 2000


def test_a_read_only_home_is_refused_and_can_be_read(tmp_path: Path) -> None:
    assert _ingest(tmp_path, GOOD) == 0
    home = tmp_path / "data"
    code = "import sys; from pathlib import Path; from ingest.corpus import Corpus;"
    code += "from matlore.home import Home; home = Home.open(Path(sys.argv[1]));"
    code += "print(len(Corpus(home)))\nwith home.writer(): pass"
    (home / ".lock").unlink()
    home.chmod(0o555)
    subprocess.run(["chattr", "+i", str(home)], check=False, capture_output=True)
    try:
        if os.access(home, os.W_OK) and _writable(home):
            pytest.skip("this user may write everywhere and `chattr +i` does not work here")
        result = subprocess.run(
            [sys.executable, "-c", code, str(home)], capture_output=True, text=True
        )
    finally:
        subprocess.run(["chattr", "-i", str(home)], check=False, capture_output=True)
        home.chmod(0o755)
    assert result.stdout == "1\n"
    assert "HomeError" in result.stderr
    assert "cannot be written to" in result.stderr


def _writable(folder: Path) -> bool:
    probe = folder / ".probe"
    try:
        probe.touch()
    except OSError:
        return False
    probe.unlink()
    return True


def test_two_jobs_at_once_on_one_home_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home.open(tmp_path / "data", create=True)
    with home.writer():
        assert _ingest(tmp_path, GOOD) == 1
        jobs = tmp_path / "jobs.toml"
        jobs.write_text(f'[jobs.a]\nsource = "file"\npath = "{tmp_path / "papers.jsonl"}"\n')
        assert main(["ingest", "run", str(jobs), "--home", str(home.path)]) == 1
    assert "is being written by process" in capsys.readouterr().err
    assert _ingest(tmp_path, GOOD) == 0
