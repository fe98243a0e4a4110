"""The README is held true: every command is in it, and its examples print what it shows."""

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from matlore.cli import app, main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def _walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield every command and group below `command`."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name), inner
        yield from _walk(inner, (*path, name))


COMMANDS = {" ".join(path): command for path, command in _walk(get_command(app), ("matlore",))}
# Groups that do something without the name of a command: `matlore predict PbTe`.
DEFAULTS = [path for path, command in COMMANDS.items() if hasattr(command, "default_command")]
LEAVES = [path for path, command in COMMANDS.items() if not hasattr(command, "commands")]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_has_help(path: str) -> None:
    command = COMMANDS[path]
    assert getattr(command, "help", None)
    silent = [
        parameter.name
        for parameter in getattr(command, "params", [])
        if not getattr(parameter, "help", None)
    ]
    assert not silent


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_is_in_the_readme(path: str) -> None:
    assert re.search(rf"{re.escape(path)}\b", README)


# These work on files and folders that they are given, and on nothing else.
WITHOUT_HOME = {
    "matlore ner train",
    "matlore ner export",
    "matlore facts train",
    "matlore encoder train",
    "matlore encoder export",
}


def test_every_command_takes_a_home() -> None:
    homeless = [
        path
        for path in LEAVES
        if path not in WITHOUT_HOME
        and "--home" not in [option for parameter in _params(path) for option in parameter]
    ]
    assert not homeless


def _params(path: str) -> list[list[str]]:
    return [parameter.opts for parameter in getattr(COMMANDS[path], "params", [])]


def test_the_readme_names_no_command_that_is_not_there() -> None:
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    named = re.findall(r"^(?:\$ )?(matlore(?: [a-z]+)+)", "".join(blocks), flags=re.MULTILINE)
    unknown = [line for line in named if not _is_known(line)]
    assert named
    assert not unknown


def _is_known(line: str) -> bool:
    """Say whether a line begins with a command that is no mere group of commands."""
    return line in DEFAULTS or any(f"{line} ".startswith(f"{path} ") for path in LEAVES)


def _examples() -> list[tuple[str, str]]:
    """Return the (command, output) pairs of the README's `console` blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    pieces = [piece for block in blocks for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)]
    return [(command, output) for command, _, output in (p.partition("\n") for p in pieces if p)]


@pytest.mark.parametrize(("command", "output"), _examples())
def test_the_readme_shows_what_a_command_prints(
    command: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = shlex.split(command)
    assert program == "matlore"
    assert main(arguments) == 0
    assert _rounded(capsys.readouterr().out) == _rounded(output)


def _rounded(output: str) -> str:
    """Return an output with one digit of a probability: the last ones are the processor's."""
    return re.sub(r"\b0\.\d{2,4}\b", lambda match: f"{float(match.group()):.1f}", output)


def test_the_readme_has_examples() -> None:
    assert _examples()


def test_the_python_in_the_readme_does_what_it_shows() -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL))
    test = doctest.DocTestParser().get_doctest(code, {}, "README.md", "README.md", 0)
    results = doctest.DocTestRunner().run(test)
    assert results.attempted > 0
    assert results.failed == 0
