"""What a home notes of its indexes: the encoder that was asked for, and what they were made of.

The note is `build.json` in the folder of the indexes. It is written after an index is; an index
that it does not tell of was not finished.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matlore.bert.files import write_whole
from matlore.errors import ArtifactError

__all__ = [
    "COLLECTIONS",
    "BuildRecord",
    "BuiltIndex",
    "index_folder",
    "index_home",
    "read_record",
]

COLLECTIONS = ("papers", "sentences", "nodes")
"""The indexes of a home, a folder each, in the order in which they are built."""

_FILE = "build.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class BuiltIndex:
    """An index that was finished.

    Attributes:
        fingerprint: of what it was made from; of nodes the id of the graph's load.
        corpus: `home`, `sample` or the address of a graph.
        documents: papers or nodes that were to be indexed.
        rows: texts that it had.
        made: when, ISO 8601.
    """

    fingerprint: str
    corpus: str
    documents: int
    rows: int
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """What was built in a home.

    Attributes:
        encoder: the name by which it is loaded; None where nothing was built.
        indexes: by collection.
    """

    encoder: str | None = None
    indexes: dict[str, BuiltIndex] = field(default_factory=dict)

    def with_index(self, collection: str, built: BuiltIndex | None) -> "BuildRecord":
        """Return the record with an index more, or, given None, without it."""
        others = {name: one for name, one in self.indexes.items() if name != collection}
        return replace(self, indexes=others if built is None else {**others, collection: built})

    def save(self, home_path: Path) -> None:
        """Write the record, whole or not at all."""
        text = json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n"
        write_whole(index_home(home_path) / _FILE, text.encode(), durable=True)


def index_home(home_path: Path) -> Path:
    """Return the folder of all indexes of a home; it may not exist yet."""
    return home_path / "index"


def index_folder(home_path: Path, collection: str) -> Path:
    """Return the folder of an index; it may not exist yet."""
    return index_home(home_path) / collection


def read_record(home_path: Path) -> BuildRecord:
    """Return what was built in a home; an empty record where nothing was.

    Raises:
        ArtifactError: the record is damaged or of another version.
    """
    path = index_home(home_path) / _FILE
    if not path.is_file():
        return BuildRecord()
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = read.pop("format") == _FORMAT
        indexes = {name: BuiltIndex(**one) for name, one in read.pop("indexes").items()}
        record = BuildRecord(**read, indexes=indexes)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArtifactError(f"{path} is damaged ({error}): {_AGAIN}") from error
    if not known:
        raise ArtifactError(f"{path} is of another version of matlore: {_AGAIN}")
    return record


_AGAIN = "make the indexes anew with `matlore index build --replace`"
