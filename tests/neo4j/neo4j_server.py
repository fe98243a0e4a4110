"""A real Neo4j Community for tests and benchmarks: get it, start it, stop it.

Maven copies the jars of `pom.xml` once, into `build/neo4j/` of the checkout. As a script:

    python tests/neo4j/neo4j_server.py run                    until Ctrl-C
    eval "$(python tests/neo4j/neo4j_server.py start --folder DIR)"
    python tests/neo4j/neo4j_server.py stop --folder DIR

`start` and `run` print the settings by which the tests find a server.
"""

import argparse
import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

__all__ = ["Neo4jServer", "Neo4jUnavailableError", "get_jars"]

_HERE = Path(__file__).parent
_CACHE = _HERE.parents[1] / "build" / "neo4j"
_FOLDERS = ("conf", "data", "import", "licenses", "logs", "plugins", "run")
_OPENS = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
_STARTUP_SECONDS = 120
_SHUTDOWN_SECONDS = 30
_CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size={pagecache}
dbms.usage_report.enabled=false
internal.server.bolt.thread_pool_shutdown_wait_time=100ms
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=keep_none
"""


class Neo4jUnavailableError(Exception):
    """Neo4j cannot be got or started here; the message says what is missing."""


def get_jars(cache: Path = _CACHE) -> Path:
    """Return the folder of Neo4j's jars; Maven copies them there the first time.

    Raises:
        Neo4jUnavailableError: Java or Maven are missing, or the jars cannot be downloaded.
    """
    pom = _HERE / "pom.xml"
    jars = cache / f"jars-{sha256(pom.read_bytes()).hexdigest()[:12]}"
    if shutil.which("java") is None:
        raise Neo4jUnavailableError("Neo4j needs Java 17 or 21: install a JRE (`java` on the PATH)")
    if jars.is_dir():
        return jars
    if shutil.which("mvn") is None:
        raise Neo4jUnavailableError("Neo4j is got by Maven: install it (`mvn` on the PATH)")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jars-", dir=cache) as temporary:
        copied = Path(temporary) / "jars"
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
        command += [f"-DoutputDirectory={copied}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Neo4jUnavailableError(f"Maven could not get Neo4j:\n{done.stdout[-2000:]}")
        with contextlib.suppress(OSError):  # another process was faster
            copied.rename(jars)
    return jars


@dataclass(frozen=True, slots=True)
class _State:
    """What a folder's server was set up with; written once, so that it can be started again."""

    port: int
    password: str


class Neo4jServer:
    """A server with its data in a folder, on a free port of the loopback interface.

    Attributes:
        folder: its data, logs and configuration; what is there already is used again.
    """

    user = "neo4j"

    def __init__(self, folder: Path, *, heap: str = "512m", pagecache: str = "128m") -> None:
        self.folder = folder.resolve()
        self._memory = (heap, pagecache)
        self._jars = get_jars()
        self._state = self._set_up()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The URI by which drivers connect."""
        return f"bolt://127.0.0.1:{self._state.port}"

    @property
    def password(self) -> str:
        """The password of the user `neo4j`, made up at set-up."""
        return self._state.password

    @property
    def pid(self) -> int | None:
        """The process, where it runs."""
        return None if self._process is None else self._process.pid

    def _set_up(self) -> _State:
        """Make the folder and the password, where that was not done before."""
        noted = self.folder / "server.json"
        if noted.is_file():
            return _State(**json.loads(noted.read_text(encoding="utf-8")))
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        state = _State(_free_port(), secrets.token_urlsafe(16))
        text = _CONFIGURATION.format(port=state.port, pagecache=self._memory[1])
        (self.folder / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")
        self.admin("dbms", "set-initial-password", "--", state.password)
        noted.touch(mode=0o600)
        noted.write_text(json.dumps({"port": state.port, "password": state.password}))
        return state

    def admin(self, *arguments: str, folder: Path | None = None) -> str:
        """Run `neo4j-admin` and return what it prints; the server must be down.

        Args:
            arguments: of `neo4j-admin`.
            folder: where it runs; here if not given.

        Raises:
            Neo4jUnavailableError: it failed; the message is its output.
        """
        done = subprocess.run(
            [*self._java("org.neo4j.cli.AdminTool"), *arguments],
            cwd=folder,
            env={**os.environ, "NEO4J_HOME": str(self.folder), "NEO4J_CONF": self._conf},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Neo4jUnavailableError(f"neo4j-admin {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def _conf(self) -> str:
        return str(self.folder / "conf")

    def _java(self, main: str) -> list[str]:
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS]
        return ["java", *opens, f"-Xmx{self._memory[0]}", "-cp", f"{self._jars}/*", main]

    def start(self, *, guarded: bool = True) -> None:
        """Start it and wait until it answers.

        Args:
            guarded: stop it when this process ends, even by SIGKILL.

        Raises:
            Neo4jUnavailableError: it did not start; the message has the end of its log.
        """
        command = self._java("org.neo4j.server.CommunityEntryPoint")
        command += [f"--home-dir={self.folder}", f"--config-dir={self._conf}"]
        with (self.folder / "logs" / "console.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for the tests; they stop the server
            )
        if guarded:
            atexit.register(self.stop)
            self._guard = _guard(self._process.pid)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        """Wait until the database answers a query."""
        from neo4j import GraphDatabase
        from neo4j.exceptions import DriverError, Neo4jError

        assert self._process is not None
        end = time.monotonic() + _STARTUP_SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            if _answers(self._state.port):
                with (
                    contextlib.suppress(DriverError, Neo4jError),
                    GraphDatabase.driver(self.address, auth=(self.user, self.password)) as driver,
                ):
                    driver.execute_query("RETURN 1")
                    return
            time.sleep(0.1)
        log = (self.folder / "logs" / "console.log").read_text(encoding="utf-8", errors="replace")
        raise Neo4jUnavailableError(f"Neo4j did not start:\n{log[-2000:]}")

    def stop(self) -> None:
        """Stop it, gently at first; nothing happens where it is stopped."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it as a failing machine does."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._guard is not None:
            assert self._guard.stdin is not None
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(_SHUTDOWN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        atexit.unregister(self.stop)


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """Start a process that stops another when this one is gone: its end of the pipe closes."""
    return subprocess.Popen(
        ["sh", "-c", 'cat; kill "$1"', "guard", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _print_settings(server: Neo4jServer) -> None:
    print(f"export MATLORE_NEO4J_URI={server.address}")
    print(f"export MATLORE_NEO4J_USER={server.user}")
    print(f"export MATLORE_NEO4J_PASSWORD={server.password}", flush=True)


def _run(server: Neo4jServer) -> None:
    """Run until SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.start()
    _print_settings(server)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _stop(folder: Path) -> None:
    """Stop what `start` left running, and wait until it is gone."""
    noted = folder / "server.pid"
    pid = int(noted.read_text())
    noted.unlink()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _SHUTDOWN_SECONDS
        while time.monotonic() < end:
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Neo4j Community for tests")
    parser.add_argument("command", choices=("run", "start", "stop"))
    parser.add_argument("--folder", type=Path, help="its data; a new one for `run` if not given")
    parser.add_argument("--heap", default="512m", help="memory of the JVM")
    parser.add_argument("--pagecache", default="128m", help="memory for pages of the store")
    options = parser.parse_args(arguments)
    if options.folder is None and options.command != "run":
        parser.error("--folder is needed")
    if options.command == "stop":
        _stop(options.folder)
        return
    with contextlib.ExitStack() as stack:
        if options.folder is None:
            options.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            server = Neo4jServer(options.folder, heap=options.heap, pagecache=options.pagecache)
            if options.command == "run":
                stack.callback(server.stop)
                _run(server)
            else:
                server.start(guarded=False)
                (options.folder / "server.pid").write_text(str(server.pid))
                _print_settings(server)
        except Neo4jUnavailableError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
