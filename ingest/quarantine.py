"""Rows that could not be taken in, kept so that they can be looked at and retried."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from matlore.home import Home

__all__ = ["BadRow", "Quarantine", "unwrap"]

_KEYS = frozenset(["file", "line", "reason", "raw"])
_MAX_RAW = 20_000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be taken in: where it stands, why, and what it holds."""

    file: str
    line: int
    reason: str
    raw: object


class Quarantine:
    """The quarantine file of one job and day: one JSON object a row.

    The file is itself input: `matlore ingest file` tries its rows again.
    """

    def __init__(self, home: Home, job: str) -> None:
        day = datetime.now(UTC).date().isoformat()
        self.path = home.folder("quarantine") / f"{job}-{day}.jsonl"
        self._rows: list[BadRow] = []
        self.count = 0

    def add(self, row: BadRow) -> None:
        """Note a bad row; `flush` writes it."""
        self._rows.append(row)
        self.count += 1

    def flush(self) -> None:
        """Append what was noted to the file, safely on disk."""
        if not self._rows:
            return
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a", encoding="ascii") as stream:
            stream.writelines(_line(row) + "\n" for row in self._rows)
            stream.flush()
            os.fsync(stream.fileno())
        self._rows.clear()


def _line(row: BadRow) -> str:
    raw = row.raw if isinstance(row.raw, str) else json.dumps(row.raw, default=str)
    value = {"file": row.file, "line": row.line, "reason": row.reason, "raw": raw[:_MAX_RAW]}
    return json.dumps(value)


def unwrap(row: object) -> object:
    """Return the row within a row of a quarantine file; any other row as it is.

    A row that failed when it was retried lies within two rows, and so on.

    Raises:
        ValueError: the row inside is no JSON.
    """
    while isinstance(row, Mapping) and row.keys() == _KEYS:
        row = json.loads(str(row["raw"]))
    return row
