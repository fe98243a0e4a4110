"""The frame of the command line: exit codes, verbosity, how little `--help` loads."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import typer

from matlore import __version__
from matlore.cli import app, main, options, recommend_main
from matlore.cli.output import LOGGER, note
from matlore.cli.running import run, set_verbosity
from matlore.errors import HomeError, InputError, NotFoundError, UsageError

HEAVY = {
    "bibtexparser",
    "datasets",
    "duckdb",
    "ftfy",
    "gensim",
    "ladybug",
    "matplotlib",
    "neo4j",
    "networkx",
    "numba",
    "numpy",
    "prompt_toolkit",
    "onnx",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "pylatexenc",
    "rich",
    "rispy",
    "safetensors",
    "scipy",
    "spacy",
    "tokenizers",
    "torch",
    "transformers",
    "yaml",
    "zstandard",
}


@pytest.fixture(autouse=True)
def usual_verbosity() -> Iterator[None]:
    yield
    set_verbosity(verbose=False, quiet=False)


def _app_that(command: Callable[[], None]) -> typer.Typer:
    made = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    made.command("do")(command)
    return made


def _app_raising(error: BaseException) -> typer.Typer:
    def fail() -> NoReturn:
        raise error

    return _app_that(fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("papers.jsonl: no such file"), 1),
        (HomeError("no home"), 1),
        (NotFoundError("no such term"), 1),
        (UsageError("--from lies after --to"), 2),
        (typer.Exit(3), 3),
        (typer.Exit(0), 0),
        (KeyboardInterrupt(), 130),
        (ValueError("a fault"), 1),
    ],
)
def test_each_ending_has_its_exit_code(error: BaseException, code: int) -> None:
    assert run(_app_raising(error), [], name="x") == code


def test_a_command_that_returns_is_done() -> None:
    assert run(_app_that(lambda: None), [], name="x") == 0


def test_an_error_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    run(_app_raising(InputError("papers.jsonl: no such file")), [], name="x")
    assert capsys.readouterr() == ("", "Error: papers.jsonl: no such file\n")


def test_an_interrupt_is_one_line_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    run(_app_raising(KeyboardInterrupt()), [], name="x")
    assert capsys.readouterr() == ("", "Interrupted.\n")


def test_an_unexpected_error_shows_its_traceback_only_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(_app_raising(ValueError("a fault")), [], name="x")
    short = capsys.readouterr().err
    monkeypatch.setenv("MATLORE_DEBUG", "1")
    run(_app_raising(ValueError("a fault")), [], name="x")
    long = capsys.readouterr().err
    assert short.startswith("Error: unexpected ValueError: a fault")
    assert "Traceback" not in short
    assert "Traceback" in long


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["no-such-command"], []])
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Usage: matlore" in "".join(capsys.readouterr())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"matlore {__version__}\n"


def test_recommend_is_short_for_matlore_recommend(capsys: pytest.CaptureFixture[str]) -> None:
    assert recommend_main(["--help"]) == 0
    short = capsys.readouterr().out
    assert main(["recommend", "--help"]) == 0
    assert capsys.readouterr().out == short
    assert "--application" in short


@pytest.mark.parametrize(
    ("quiet", "verbose", "said"), [(False, False, "hm\n"), (True, False, ""), (False, True, "hm\n")]
)
def test_quiet_silences_notes(
    quiet: bool, verbose: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_verbosity(verbose=verbose, quiet=quiet)
    note("hm")
    assert capsys.readouterr() == ("", said)
    assert LOGGER.isEnabledFor(logging.INFO) is verbose


def test_modules_share_a_group_of_commands() -> None:
    top = typer.Typer()
    first = options.sub_app(top, "vectors", "Work with vectors.")
    assert options.sub_app(top, "vectors", "Something else.") is first
    assert options.sub_app(top, "corpus", "Work with papers.") is not first
    assert [group.name for group in top.registered_groups] == ["vectors", "corpus"]


def test_home_option_beats_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATLORE_HOME", str(tmp_path / "environment"))
    assert options.home_path(None) == tmp_path / "environment"
    assert options.home_path(tmp_path / "flag") == tmp_path / "flag"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["recommend", "--help"],
        ["ingest", "--help"],
        ["ner", "--help"],
        ["ner", "extract", "--help"],
    ],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import json, sys\n"
        "from matlore.cli import main\n"
        f"code = main({arguments!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exit_code, modules = json.loads(done.stdout.splitlines()[-1])
    assert exit_code == 0
    assert not HEAVY & {name.split(".")[0] for name in modules}


def test_the_application_is_assembled_once() -> None:
    names = [group.name for group in app.registered_groups]
    assert len(set(names)) == len(names)
