"""The shell of `matlore cypher`: what it does with lines, and how it reads them."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from graph_samples import SAMPLE, changes, information
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from graph.stores import open_store
from matlore.cli import cypher_shell
from matlore.cli.cypher_shell import CypherShell, ShellState, is_complete, run_shell, suggestions
from matlore.home import Home
from matlore.pipeline.cypher import CypherSession

Capture = pytest.CaptureFixture[str]
COUNT = "MATCH (m:Material) RETURN count(m) AS n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("shell")
    store = open_store(f"ladybug:{folder / 'graph'}")
    store.apply(changes(folder, added=SAMPLE), information())
    store.close()
    return f"ladybug:{folder / 'graph'}"


@pytest.fixture
def shell(address: str) -> Iterator[CypherShell]:
    session = CypherSession(address)
    yield CypherShell(session, ShellState(limit=1000, timeout=10.0))
    session.close()


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


def said(shell: CypherShell, capsys: Capture, *lines: str) -> tuple[str, str]:
    for line in lines:
        assert shell.handle(line)
    out, err = capsys.readouterr()
    return out, err


def test_a_query_is_answered(shell: CypherShell, capsys: Capture) -> None:
    out, err = said(shell, capsys, COUNT + ";")
    assert out.split() == ["n", "3"]
    assert err.startswith("1 row, ")


def test_several_queries_in_one_paste_are_answered(shell: CypherShell, capsys: Capture) -> None:
    out, _ = said(shell, capsys, ":format csv", "RETURN 'a;b' AS x; // ;\nRETURN 2 AS y;")
    assert out == "x\na;b\ny\n2\n"


def test_an_error_does_not_end_the_shell(shell: CypherShell, capsys: Capture) -> None:
    wrong = ["RETURN 'open", "MATCH (m:Materiel) RETURN m", "CREATE (:Material {id: 'x'})"]
    out, err = said(shell, capsys, *wrong, ":nosuch", ":format xml", ":limit x", ":timeout -1")
    assert out == ""
    assert [line[:7] for line in err.splitlines()] == ["Error: "] * 7
    assert said(shell, capsys, COUNT)[0].split() == ["n", "3"]


def test_a_query_past_its_time_does_not_end_the_shell(shell: CypherShell, capsys: Capture) -> None:
    query = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b) AS s"
    _, err = said(shell, capsys, ":timeout 0.2", query)
    assert "stopped" in err
    assert said(shell, capsys, COUNT)[0].split() == ["n", "3"]


def test_ctrl_c_stops_a_query_and_not_the_shell(
    shell: CypherShell, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        assert shell.handle(COUNT)
        patch.setattr(shell.session._store, "run", interrupted)
        capsys.readouterr()
        assert said(shell, capsys, COUNT)[1] == "Interrupted.\n"
    assert said(shell, capsys, COUNT)[0].split() == ["n", "3"]


def test_parameters_stay(shell: CypherShell, capsys: Capture) -> None:
    query = "MATCH (m:Material {id: $id}) RETURN m.formula AS f"
    assert "$id" in said(shell, capsys, query)[1]
    assert said(shell, capsys, ":param $id PbTe", query)[0].split() == ["f", "PbTe"]
    out, err = said(shell, capsys, ":param n 3", ":params", COUNT)
    assert "PbTe" in out
    assert "not in the query" not in err
    said(shell, capsys, ":param id")
    assert shell.state.parameters == {"n": 3}


def test_limits_and_format_can_be_set(shell: CypherShell, capsys: Capture) -> None:
    rows = "MATCH (m:Material) RETURN m.id AS id ORDER BY id"
    out, err = said(shell, capsys, ":limit 1", ":format jsonl", rows)
    assert out == '{"id": "PbTe"}\n'
    assert err == "only the first 1 row (`:limit 0` gives all)\n"
    said(shell, capsys, ":limit 0", ":timeout 0;")
    assert (shell.state.limit, shell.state.timeout) == (None, None)


def test_the_schema_is_shown(shell: CypherShell, capsys: Capture) -> None:
    out, _ = said(shell, capsys, ":schema")
    assert "CANDIDATE_FOR" in out
    assert "Material" in out
    assert "fraction" in said(shell, capsys, ":schema contains")[0]
    assert "CONTAINS" in said(shell, capsys, ":schema nonsense")[1]


def test_every_command_is_in_the_help(shell: CypherShell, capsys: Capture) -> None:
    out, _ = said(shell, capsys, ":help")
    assert {line.split()[0][1:] for line in out.splitlines() if line.startswith("  :")} == {
        *shell.commands,
        "quit",
    }


@pytest.mark.parametrize("text", [":quit", ":exit", " :quit; "])
def test_leaving(shell: CypherShell, text: str) -> None:
    assert not shell.handle(text)


def test_a_write_is_seen_by_the_next_query(tmp_path: Path, capsys: Capture) -> None:
    place = f"ladybug:{tmp_path / 'graph'}"
    store = open_store(place)
    store.apply(changes(tmp_path, added=SAMPLE), information())
    store.close()
    session = CypherSession(place, write=True)
    shell = CypherShell(session, ShellState())
    out, _ = said(shell, capsys, COUNT, "CREATE (:Material {id: 'GeTe'})", COUNT)
    session.close()
    assert out.split() == ["n", "3", "n", "4"]


def test_reload_shows_what_was_loaded_since(tmp_path: Path, capsys: Capture) -> None:
    place = f"ladybug:{tmp_path / 'graph'}"
    loader = open_store(place)
    loader.apply(changes(tmp_path, added=SAMPLE), information())
    session = CypherSession(place)
    shell = CypherShell(session, ShellState())
    said(shell, capsys, COUNT)
    new = {"Material": [{"id": "GeTe"}]}
    loader.apply(changes(tmp_path, added=new), information("load-2"))
    loader.close()
    out, _ = said(shell, capsys, COUNT, ":reload", COUNT)
    session.close()
    assert out.split() == ["n", "3", "n", "4"]


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", True),
        (":help", True),
        ("RETURN 1;", True),
        ("RETURN 1 ;  ", True),
        ("RETURN 1", False),
        ("RETURN 1\n", True),
        ("RETURN ';", False),
        ("RETURN 1 // ;", False),
        ("RETURN ';';", True),
    ],
)
def test_when_enter_ends_a_query(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


def _words(text: str) -> list[str]:
    return [word for word, _ in suggestions(text, ["format", "param", "params"])]


def test_labels_properties_and_commands_are_completed() -> None:
    assert "Material" in _words("MATCH (m:Mat")
    assert all(word.startswith("n_") for word in _words("MATCH (m:Material) RETURN m.n_"))
    assert "n_papers" in _words("MATCH (m:Material) RETURN m.n_")
    assert _words(":par") == ["param", "params"]
    assert _words(":param x") == []
    assert next(iter(suggestions("MATCH (m:Mat", [])))[1] == 3


def test_names_of_the_cookbook_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.cookbook.load_cookbook", lambda: {"uses-of": None, "other": None})
    assert _words(":run uses-") == ["uses-of"]


def test_a_completion_that_fails_gives_none(shell: CypherShell) -> None:
    completer = cypher_shell._completer(shell)
    for text in ("RETURN 'open", "MATCH (`", ":", ":run \u0000", "RETURN \x00"):
        list(completer.get_completions(Document(text), CompleteEvent()))


def test_lines_are_read_until_a_query_is_whole(
    shell: CypherShell, keyboard: PipeInput, tmp_path: Path, capsys: Capture
) -> None:
    keyboard.send_text("MATCH (m:Material)\rRETURN count(m) AS n;\r:format csv\r")
    keyboard.send_text("RETURN 7 AS y\r\r:quit\r")
    run_shell(shell, tmp_path)
    assert capsys.readouterr().out.split() == ["n", "3", "y", "7"]


def test_ctrl_c_drops_the_line_and_ctrl_d_leaves(
    shell: CypherShell, keyboard: PipeInput, tmp_path: Path, capsys: Capture
) -> None:
    keyboard.send_text("RETURN nonsense\x03RETURN 1 AS x;\r\x04")
    run_shell(shell, tmp_path)
    assert capsys.readouterr().out.split() == ["x", "1"]


def test_the_history_is_kept_in_the_home(
    shell: CypherShell, keyboard: PipeInput, tmp_path: Path
) -> None:
    home = Home.open(tmp_path / "home", create=True).path
    keyboard.send_text("RETURN 1 AS x;\r:quit\r")
    run_shell(shell, home)
    assert "+RETURN 1 AS x;" in (home / "cache" / "cypher_history").read_text(encoding="utf-8")


def test_no_home_is_made_for_a_history(
    shell: CypherShell, keyboard: PipeInput, tmp_path: Path
) -> None:
    keyboard.send_text(":quit\r")
    run_shell(shell, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_real_terminal_gets_a_shell(address: str, tmp_path: Path) -> None:
    main, other = pty.openpty()
    words = [sys.executable, "-m", "matlore", "cypher", "--store", address]
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen(
        words, stdin=other, stdout=other, stderr=other, env=environment, start_new_session=True
    )
    os.close(other)
    with process:
        try:
            _wait(main, "cypher>")
            os.write(main, b"RETURN 6 * 7 AS answer;\r")
            _wait(main, "42")
            os.write(main, b":quit\r")
            _drain(main)
            assert process.wait(20) == 0
        finally:
            process.kill()
            os.close(main)


def _wait(terminal: int, text: str) -> None:
    """Read what the terminal shows until a text comes."""
    shown, end = "", time.monotonic() + 20
    while text not in shown:
        assert select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0], shown
        shown += os.read(terminal, 4096).decode(errors="replace")


def _drain(terminal: int) -> None:
    """Read until the other end is closed."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # Linux says so where the last process is gone
        return
