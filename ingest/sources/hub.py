"""Papers from a data set on the Hugging Face hub, or from a local copy of one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from matlore.errors import SourceError

from .base import Cursor, Page, RawRow

__all__ = ["PAGE_ROWS", "DatasetSource"]

PAGE_ROWS = 500
_BUILDERS: dict[str, tuple[str, dict[str, str]]] = {
    ".parquet": ("parquet", {}),
    ".jsonl": ("json", {}),
    ".ndjson": ("json", {}),
    ".json": ("json", {}),
    ".csv": ("csv", {}),
    ".tsv": ("csv", {"sep": "\t"}),
}
_PACKINGS = {".gz", ".xz", ".zst", ".bz2"}
_SAVED = ("dataset_dict.json", "state.json")
_INSTALL = 'the package `datasets` is not installed: pip install "matlore[datasets]"'


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a harvest stands: rows taken in all, the split, and the rows taken of it."""

    rows: int = 0
    split: str | None = None
    row: int = 0


class DatasetSource:
    """The rows of a data set, streamed split by split.

    It stays on the hub or the disk: at most one page is held. A cursor holds for one state
    of the data set; where that has changed since, the rows come anew from the first.
    """

    def __init__(
        self,
        name_or_path: str | Path,
        *,
        config: str | None = None,
        split: str | None = None,
        revision: str | None = None,
        mapping: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> None:
        """Remember what to read; nothing is opened yet.

        Args:
            name_or_path: an id on the hub (`owner/name`), a folder written by
                `save_to_disk`, or a file or folder of parquet, JSON lines or CSV.
            config: the configuration, where the data set has several.
            split: the only split to read; all in turn if None.
            revision: a branch, tag or commit on the hub.
            mapping: field to column, where the names of the columns do not tell.
            limit: the most rows to take in all.
        """
        self.path = Path(name_or_path).expanduser()
        self.local = self.path.exists()
        self.dataset = str(self.path) if self.local else str(name_or_path)
        self.name = self.path.resolve().name.partition(".")[0] if self.local else self.dataset
        self.config, self.split, self.revision = config, split, revision
        self.mapping = dict(mapping or {})
        self.limit = limit
        self.query = self._query()

    def _query(self) -> str:
        """Return what decides which rows come, and as what, in one line."""
        options = {"config": self.config, "split": self.split, "revision": self.revision}
        given = {name: value for name, value in options.items() if value is not None}
        if self.mapping:
            given["mapping"] = json.dumps(self.mapping, sort_keys=True)
        name = str(self.path.resolve()) if self.local else self.dataset
        return " ".join([name, *(f"{key}={value}" for key, value in given.items())])

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield pages of 500 rows after `cursor`, or all where it is None.

        Raises:
            SourceError: the package `datasets` is missing, there is no such data set, split
                or column, or it cannot be reached or read.
        """
        state = self._state()
        splits = self._splits(state)
        total = self._total(splits)
        place = _place(cursor, state, splits)
        for split in list(splits)[list(splits).index(place.split) if place.split else 0 :]:
            if split != place.split:
                place = _Place(place.rows, split)
            for rows in self._batches(splits[split], place):
                place = _Place(place.rows + len(rows), split, place.row + len(rows))
                yield Page(rows, _cursor(place, state), total)

    def _batches(self, split: Any, place: _Place) -> Iterator[list[RawRow]]:
        """Yield the rows of a split after a place, at most 500 at once."""
        left = None if self.limit is None else max(0, self.limit - place.rows)
        if left == 0:
            return
        numbered = enumerate(self._rows(split, place.row), start=place.row + 1)
        rows = islice(numbered, left)
        while page := [RawRow(number, self._named(row)) for number, row in islice(rows, PAGE_ROWS)]:
            yield page

    def _rows(self, split: Any, start: int) -> Iterator[dict[str, object]]:
        try:
            yield from split.skip(start)
        except Exception as error:  # its readers raise whatever their libraries do
            raise SourceError(f"{self.dataset}: cannot be read on: {_reason(error)}") from error

    def _named(self, row: dict[str, object]) -> dict[str, object]:
        """Return a row whose mapped columns have their fields' names, and with a source."""
        missing = sorted(set(self.mapping.values()) - set(row))
        if missing:
            raise SourceError(
                f"{self.dataset}: no column {', '.join(missing)}: there are {', '.join(row)}"
            )
        used = set(self.mapping.values())
        named = {column: value for column, value in row.items() if column not in used}
        named |= {field: row[column] for field, column in self.mapping.items()}
        return named if named.get("source") else named | {"source": self.name}

    def _total(self, splits: Mapping[str, Any]) -> int | None:
        """Return the number of rows, where the data set says it of every split."""
        known = [_length(split, name) for name, split in splits.items()]
        counts = [count for count in known if count is not None]
        if len(counts) < len(known):
            return None
        return sum(counts) if self.limit is None else min(self.limit, sum(counts))

    def _splits(self, state: Mapping[str, str]) -> dict[str, Any]:
        """Return the splits to read, each as a stream."""
        try:
            found = self._load(state.get("revision"))
        except SourceError:
            raise
        except Exception as error:  # the hub's client and the readers raise dozens of kinds
            raise SourceError(
                f"{self.dataset}: no data set that can be read: {_reason(error)}. Check the "
                "name, the configuration and the network; a copy on disk can be named by its path"
            ) from error
        splits = dict(found) if isinstance(found, dict) else {_split_name(found): found}
        if self.split is None:
            return splits
        if self.split not in splits:
            raise SourceError(
                f"{self.dataset}: no split {self.split}: there are {', '.join(splits)}"
            )
        return {self.split: splits[self.split]}

    def _load(self, revision: str | None) -> Any:
        datasets = _datasets()
        if self.path.is_dir() and any((self.path / name).is_file() for name in _SAVED):
            return _streams(datasets.load_from_disk(self.dataset))
        if self.path.is_file():
            builder, options = self._builder()
            return datasets.load_dataset(
                builder, data_files=self.dataset, streaming=True, **options
            )
        return datasets.load_dataset(self.dataset, self.config, revision=revision, streaming=True)

    def _builder(self) -> tuple[str, dict[str, str]]:
        """Return how `datasets` calls the reader of a file."""
        endings = [one for one in self.path.suffixes if one.lower() not in _PACKINGS]
        ending = endings[-1].lower() if endings else ""
        if ending not in _BUILDERS:
            raise SourceError(f"{self.dataset}: of no known type ({', '.join(_BUILDERS)})")
        return _BUILDERS[ending]

    def _state(self) -> dict[str, str]:
        """Return what tells this state of the data set from any other."""
        if not self.local and self._is_path():
            raise SourceError(f"{self.dataset}: there is no such file or folder")
        if self.local:
            return {"fingerprint": _fingerprint(self.path)}
        return {"revision": self._commit()}

    def _is_path(self) -> bool:
        """Say whether the name can only be that of a file or folder, not an id on the hub."""
        endings = _PACKINGS | set(_BUILDERS)
        odd = self.dataset.startswith((".", "/", "~")) or self.path.suffix.lower() in endings
        return odd or self.dataset.count("/") > 1 or "\\" in self.dataset

    def _commit(self) -> str:
        """Return the commit on the hub; offline, the revision as given."""
        _datasets()
        from huggingface_hub import HfApi
        from huggingface_hub.errors import OfflineModeIsEnabled

        try:
            info = HfApi().dataset_info(self.dataset, revision=self.revision)
        except OfflineModeIsEnabled:
            return self.revision or "main"
        except Exception as error:  # of the hub's client and of its network library
            raise SourceError(
                f"{self.dataset}: not found on the hub: {_reason(error)}. Check the name and "
                "the network; a copy on disk can be named by its path"
            ) from error
        return info.sha or self.revision or "main"


def _datasets() -> Any:
    """Return the package `datasets`, which is heavy and optional."""
    try:
        import datasets
    except ImportError as error:
        raise SourceError(_INSTALL) from error
    return datasets


def _streams(saved: Any) -> Any:
    """Return a saved data set, or several by split, as streams."""
    if isinstance(saved, dict):
        return {name: split.to_iterable_dataset() for name, split in saved.items()}
    return saved.to_iterable_dataset()


def _split_name(split: Any) -> str:
    return str(split.split or "train")


def _length(split: Any, name: str) -> int | None:
    known = (split.info.splits or {}).get(name)
    return known.num_examples if known else None


def _fingerprint(path: Path) -> str:
    """Return a hash of the names, sizes and times of a file, or of all in a folder."""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    stats = [(str(one.relative_to(path)), one.stat()) for one in files]
    facts = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _cursor(place: _Place, state: Mapping[str, str]) -> dict[str, object]:
    return {"rows": place.rows, "split": place.split, "row": place.row, **state}


def _place(cursor: Cursor | None, state: Mapping[str, str], splits: Mapping[str, Any]) -> _Place:
    """Return where to go on: at the first row, if the cursor is of another state."""
    if cursor is None or any(cursor.get(key) != value for key, value in state.items()):
        return _Place()
    rows, split, row = cursor.get("rows"), cursor.get("split"), cursor.get("row")
    if not isinstance(rows, int) or not isinstance(row, int) or split not in splits:
        return _Place()
    return _Place(rows, str(split), row)


def _reason(error: Exception) -> str:
    """Return the first line of a foreign message."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
