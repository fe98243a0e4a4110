"""The shell of `matlore cypher`: queries over several lines, and commands that begin with `:`."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import MatloreError, UsageError

from .cypher_output import CypherFormat, print_answer, print_cookbook, print_cookbook_query
from .cypher_parameters import typed_value
from .output import Format, emit

if TYPE_CHECKING:
    from matlore.pipeline.cypher import CypherSession

__all__ = ["CypherShell", "ShellState", "is_complete", "run_shell", "suggestions"]

_HELP = """\
A query ends with `;` or an empty line. Tab completes labels, properties and names.
  :help                 this
  :schema [NAME]        labels and edges with their properties
  :cookbook             list the queries that ship with matlore
  :show NAME            print one of them
  :run NAME             run one of them
  :param NAME VALUE     set the parameter $NAME (JSON, or else text); without VALUE forget it
  :params               list the parameters
  :format FORMAT        table, json, jsonl, csv or graph
  :limit N              at most so many rows; 0: all
  :timeout SECONDS      at most so long; 0: without end
  :reload               see what was loaded since
  :quit                 leave (or Ctrl-D); Ctrl-C stops a query or drops a line"""
_NAMED = re.compile(r":(?:run|show)\s+(\S*)$")
_COMMAND = re.compile(r":(\w*)$")


@dataclass
class ShellState:
    """What commands set."""

    parameters: dict[str, Any] = field(default_factory=dict)
    format: CypherFormat = CypherFormat.TABLE
    limit: int | None = None
    timeout: float | None = None


class CypherShell:
    """Takes what is typed, and prints what comes of it; knows nothing of terminals."""

    def __init__(self, session: "CypherSession", state: ShellState) -> None:
        self.session = session
        self.state = state
        self.commands: dict[str, Callable[[str], None]] = {
            "help": lambda _: print(_HELP),
            "schema": _print_schema,
            "cookbook": lambda _: print_cookbook(CypherFormat.TABLE),
            "show": lambda name: print_cookbook_query(_required(name, ":show NAME")),
            "run": self._run_named,
            "param": self._set_parameter,
            "params": lambda _: self._print_parameters(),
            "format": self._set_format,
            "limit": self._set_limit,
            "timeout": self._set_timeout,
            "reload": lambda _: self.session.close(),
        }

    def handle(self, text: str) -> bool:
        """Do what a line or a query says; errors are printed.

        Returns:
            False where it says to leave.
        """
        text = text.strip()
        if text.rstrip("; ") in (":quit", ":exit"):
            return False
        try:
            if text.startswith(":"):
                self._command(text)
            elif text:
                self._queries(text)
        except MatloreError as error:
            print(f"Error: {error}", file=sys.stderr)
        except KeyboardInterrupt:
            print("Interrupted.", file=sys.stderr)
        return True

    def _command(self, text: str) -> None:
        name, _, rest = text[1:].rstrip("; ").partition(" ")
        if name not in self.commands:
            raise UsageError(f"no command :{name} (`:help` lists them)")
        self.commands[name](rest.strip())

    def _queries(self, text: str) -> None:
        from matlore.pipeline.cypher import split_statements

        for query in split_statements(text):
            self._query(query, self.state.parameters, quiet_about_unused=True)

    def _query(self, query: str, parameters: dict[str, Any], *, quiet_about_unused: bool) -> None:
        from dataclasses import replace

        from matlore.pipeline.cypher import QueryLimits

        limits = QueryLimits(self.state.limit, self.state.timeout)
        answer = self.session.run(query, parameters, limits=limits)
        if quiet_about_unused:  # a shell's parameters are there for the next queries too
            answer = replace(answer, unused=())
        print_answer(answer, self.state.format, more="`:limit 0`")

    def _run_named(self, name: str) -> None:
        from matlore.pipeline.cypher import cookbook_query

        entry = cookbook_query(_required(name, ":run NAME"))
        print(f"// {entry.question}", file=sys.stderr)
        parameters = {**entry.parameters, **self.state.parameters}
        self._query(entry.query, parameters, quiet_about_unused=True)

    def _set_parameter(self, text: str) -> None:
        name, _, value = _required(text, ":param NAME VALUE").partition(" ")
        name = name.removeprefix("$")
        if value.strip():
            self.state.parameters[name] = typed_value(value.strip())
        else:
            self.state.parameters.pop(name, None)

    def _print_parameters(self) -> None:
        rows = [{"name": name, "value": value} for name, value in self.state.parameters.items()]
        emit({"rows": rows}, rows="rows", format=Format.TABLE, columns=("name", "value"))

    def _set_format(self, text: str) -> None:
        try:
            self.state.format = CypherFormat(text.lower())
        except ValueError as error:
            known = ", ".join(CypherFormat)
            raise UsageError(f":format {text}: must be one of {known}") from error

    def _set_limit(self, text: str) -> None:
        if not text.isdecimal():
            raise UsageError(f":limit {text}: must be a number of rows; 0 for all")
        self.state.limit = int(text) or None

    def _set_timeout(self, text: str) -> None:
        if not re.fullmatch(r"\d+(\.\d*)?", text, re.ASCII):
            raise UsageError(f":timeout {text}: must be a number of seconds; 0 for no end")
        self.state.timeout = float(text) or None


def is_complete(text: str) -> bool:
    """Tell whether Enter ends what is typed: a command, a `;` at the end, or an empty line."""
    stripped = text.strip()
    last = text.rpartition("\n")[2]
    return not stripped or stripped.startswith(":") or not last.strip() or _ends(stripped)


def _ends(text: str) -> bool:
    """Tell whether a text ends with a semicolon that is in no string and no comment."""
    from matlore.pipeline.cypher import split_statements

    if not text.endswith(";"):
        return False
    try:
        return split_statements(text + " RETURN 1")[-1] == "RETURN 1"
    except MatloreError:
        return False


def suggestions(text: str, commands: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield what may stand at the end of a text, with how many characters it replaces."""
    from matlore.pipeline.cypher import complete, cookbook

    if text.startswith(":"):
        named, command = _NAMED.match(text), _COMMAND.match(text)
        begun = (named or command or re.match("()", "")).group(1)  # type: ignore[union-attr]
        known = cookbook() if named else commands if command else ()
        yield from ((one, len(begun)) for one in known if one.startswith(begun))
        return
    begun = re.search(r"\w*$", text).group()  # type: ignore[union-attr]
    for word in complete(text):
        if word.lower().startswith(begun.lower()):
            yield word, len(begun)


def run_shell(shell: CypherShell, home: Path) -> None:
    """Read from the terminal until it says to leave.

    Args:
        shell: what takes the lines.
        home: the data home; the history is kept there, if there is one.
    """
    prompt = _prompt(shell, home)
    writes = ", may change the graph" if shell.session.write else ""
    print(f"{shell.session.address}{writes} (:help, :quit)", file=sys.stderr)
    while True:
        try:
            text = prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if not shell.handle(text):
            return


def _prompt(shell: CypherShell, home: Path) -> Callable[[], str]:
    """Return a function that reads a query or a command from the terminal."""
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(
        "cypher> ",
        multiline=True,
        prompt_continuation="      > ",
        history=_history(home),
        lexer=_lexer(),
        completer=_completer(shell),
        complete_while_typing=False,
        key_bindings=_keys(),
    )
    return session.prompt


def _keys() -> Any:
    """Return what Enter does: end a query or begin a line."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def _completer(shell: CypherShell) -> Any:
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    class ShellCompleter(Completer):
        def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
            try:
                found = list(suggestions(document.text_before_cursor, [*shell.commands, "quit"]))
            except MatloreError:  # what is typed so far may be no Cypher yet
                return
            yield from (Completion(word, start_position=-begun) for word, begun in found)

    return ShellCompleter()


def _history(home: Path) -> Any:
    """Return the history: kept in the home's cache, if there is a home that can be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    file = home / "cache" / "cypher_history"
    if not (home / "home.json").is_file():
        return InMemoryHistory()
    try:
        file.parent.mkdir(exist_ok=True)
        file.open("a").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


def _lexer() -> Any:
    """Return what colours Cypher, where Pygments is there."""
    from prompt_toolkit.lexers import PygmentsLexer

    try:
        return PygmentsLexer.from_filename("query.cypher")
    except ImportError:
        return None


def _print_schema(name: str) -> None:
    from matlore.pipeline.graph_load import graph_schema

    rows = graph_schema()
    chosen = [row for row in rows if not name or str(row["name"]).lower() == name.lower()]
    if not chosen:
        known = ", ".join(str(row["name"]) for row in rows)
        raise UsageError(f"no label and no type of edges is named {name!r} (there: {known})")
    emit({"schema": chosen}, rows="schema", format=Format.TABLE)


def _required(text: str, usage: str) -> str:
    if not text:
        raise UsageError(f"write `{usage}`")
    return text
