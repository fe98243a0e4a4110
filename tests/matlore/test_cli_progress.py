"""Progress on a stderr that is no terminal, and the protocol's default."""

import io
from collections.abc import Iterator

import pytest

from matlore.cli import progress as module
from matlore.cli.progress import progress_bar
from matlore.cli.running import set_verbosity
from matlore.progress import Progress, no_progress


@pytest.fixture(autouse=True)
def usual_verbosity() -> Iterator[None]:
    yield
    set_verbosity(verbose=False, quiet=False)


def _count(progress: Progress) -> None:
    progress(0, total=1500)
    progress(1000)
    progress()


def test_a_log_gets_one_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("reading papers") as progress:
        _count(progress)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("reading papers: 1,001 of 1,500 in ")
    assert captured.err.count("\n") == 1


def test_a_long_job_gets_lines_on_its_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LINES", 0.0)
    with progress_bar("reading", total=2) as progress:
        progress()
        progress(text="writing")
    assert [line.split(" in ")[0] for line in capsys.readouterr().err.splitlines()] == [
        "reading: 1 of 2",
        "writing: 2 of 2",
        "writing: 2 of 2",
    ]


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    set_verbosity(verbose=False, quiet=True)
    with progress_bar("reading") as progress:
        _count(progress)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar("reading [111]", total=2) as progress:
        progress(2)
    assert "reading [111]" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_an_error_inside_passes_through(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), progress_bar("reading"):
        raise ValueError("broken")
    assert capsys.readouterr().err == ""


def test_no_progress_takes_everything() -> None:
    quiet: Progress = no_progress
    assert quiet(3, total=5, text="x") is None  # type: ignore[func-returns-value]


def test_a_job_with_nothing_to_do_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("reading"):
        pass
    assert capsys.readouterr().err == ""
