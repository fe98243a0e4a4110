"""The folder of an embedded graph: which database file counts, who may write, how it is swapped.

`graph.json` names the database file and says what was loaded. A writer makes a new file and then
replaces `graph.json`; whoever has the old file open goes on reading it.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from matlore.errors import GraphBusyError, GraphError, HomeBusyError, HomeError
from matlore.home import lock_folder, sync_path

from .base import GraphInfo

__all__ = ["FORMAT", "Current", "GraphFiles"]

FORMAT = 1

_POINTER = "graph.json"
_DATABASE = re.compile(r"(?P<name>graph-[0-9a-f]{12}\.lbug)(\..*)?")


@dataclass(frozen=True, slots=True)
class Current:
    """The database file that counts, its size in bytes, and what it holds."""

    database: Path
    size: int
    info: GraphInfo


class GraphFiles:
    """The files in the folder of an embedded graph."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> Current | None:
        """Return what counts; None where there is no graph.

        Raises:
            GraphError: `graph.json` cannot be read, or is of another version of matlore.
        """
        path = self.folder / _POINTER
        try:
            pointer = json.loads(path.read_text(encoding="utf-8"))
            if pointer["format"] != FORMAT:
                raise GraphError(
                    f"{path} is of another version of matlore: remove it, and make the graph anew"
                    " with `matlore graph load`"
                )
            if not _is_database(pointer["database"]):
                raise ValueError(f"no database {pointer['database']!r}")
            database = self.folder / pointer["database"]
            return Current(database, int(pointer["size"]), GraphInfo(**pointer["info"]))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GraphError(
                f"{path} is damaged ({error}): remove it, and make the graph anew with `matlore"
                " graph load`"
            ) from error

    def check(self, current: Current) -> None:
        """Check that a database file is there, whole.

        Raises:
            GraphError: it is not.
        """
        try:
            size = current.database.stat().st_size
        except OSError as error:
            raise GraphError(
                f"{current.database} is gone: make the graph anew with `matlore graph load"
                " --replace`"
            ) from error
        if size != current.size:
            raise GraphError(
                f"{current.database} is cut short or was changed: it has {size} bytes instead of"
                f" {current.size}; make the graph anew with `matlore graph load --replace`"
            )

    def copy(self, current: Current, target: Path) -> None:
        """Copy a database file.

        Raises:
            GraphError: it is not whole.
            OSError: it cannot be copied.
        """
        self.check(current)
        shutil.copyfile(current.database, target)

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Give the name of a new database file, which is removed if what is done fails."""
        path = self.folder / f"graph-{uuid4().hex[:12]}.lbug"
        try:
            yield path
        except BaseException:
            for left in self.folder.glob(f"{path.name}*"):
                with suppress(OSError):
                    left.unlink()
            raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock, and sweep what killed writers left.

        Raises:
            GraphBusyError: another process has it.
            GraphError: the folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with lock_folder(self.folder):
                self.sweep()
                yield
        except HomeBusyError as error:
            raise GraphBusyError(f"the graph in {error}") from error
        except HomeError as error:
            raise GraphError(str(error)) from error
        except OSError as error:
            raise GraphError(
                f"{self.folder} cannot be written to: {error.strerror or error}; the graph is as"
                " it was"
            ) from error

    def point(self, database: Path, info: GraphInfo) -> None:
        """Let another database file count, from now on and safely on disk."""
        sync_path(database)
        said = {
            "format": FORMAT,
            "database": database.name,
            "size": database.stat().st_size,
            "info": _plain(info),
        }
        draft = self.folder / f"{_POINTER}.tmp"
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(said, stream, indent=1, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.folder / _POINTER)
        sync_path(self.folder)

    def forget(self) -> None:
        """Let no file count."""
        (self.folder / _POINTER).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove database files that do not count; one that cannot be removed stays."""
        try:
            current = self.current()
        except GraphError:
            return
        kept = None if current is None else current.database.name
        for path in self.folder.iterdir():
            found = _DATABASE.fullmatch(path.name)
            if found is not None and found["name"] != kept:
                with suppress(OSError):
                    path.unlink()


def _is_database(name: object) -> bool:
    """Tell whether a name is one of ours, and no path out of the folder."""
    found = _DATABASE.fullmatch(name) if isinstance(name, str) else None
    return found is not None and found["name"] == name


def _plain(info: GraphInfo) -> Mapping[str, object]:
    return {**asdict(info), "inputs": dict(info.inputs)}
