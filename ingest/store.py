"""Papers put into a corpus: exact duplicates merged, changed texts replaced.

What becomes of a paper depends on whom its identifiers and its text already belong to:

- nobody: it is **added**;
- a paper that has its first identifier for an id: where text differs, or more fields are
  filled than before, it is **updated**: a new row, a tombstone for the old one, the same id
  (a record without an abstract replaces no other text, and a retraction always counts);
- another paper, by any of its identifiers or by exactly the same text: its identifiers
  become aliases of that paper, whose text stays: **merged**;
- where nothing of this brings anything new, it is **unchanged**.

Two arXiv papers that name one DOI are two works (parts of a series, a wrong entry): the
DOI stays with the first. A paper whose identifiers belong to two papers joins them.
"""

from collections import Counter
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Literal

from matlore.home import HomeWriter, PendingShard
from matlore.records import Paper

from .corpus import KIND, paper_schema, papers_to_batch

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["SHARD_ROWS", "Outcome", "PaperStore"]

Outcome = Literal["added", "unchanged", "updated", "merged"]
SHARD_ROWS = 20_000
_GROUP_ROWS = 1_000
_LEAST_SHARED_TEXT = 100
_ALWAYS_FILLED = frozenset(["id", "ids", "text", "text_sha", "cleaner_version", "retracted"])
_DESCRIPTIVE = [field.name for field in fields(Paper) if field.name not in _ALWAYS_FILLED]


class PaperStore:
    """Writes papers to a home; `commit` makes them count.

    Holds at most one row group of papers in memory.
    """

    def __init__(self, writer: HomeWriter, *, shard_rows: int = SHARD_ROWS) -> None:
        self._writer = writer
        self._sql = writer.connection
        self._shard_rows = shard_rows
        self._pending: PendingShard | None = None
        self._file: pq.ParquetWriter | None = None
        self._group: list[Paper] = []
        self._rows = 0
        self.counts: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """Whether the shard that is being written has reached its size."""
        return self._rows >= self._shard_rows

    def put(self, paper: Paper) -> Outcome:
        """Add a paper, or bring the corpus up to date with it."""
        owner = self._owner(paper)
        if owner is None:
            outcome: Outcome = "added"
            self._add(self._with_free_ids(paper))
        else:
            outcome = self._meet(owner, paper)
        self.counts[outcome] += 1
        return outcome

    def commit(self, *, job: str, cursors: dict[str, dict[str, object]]) -> None:
        """Close the shard, and make all since the last commit count, with the cursors."""
        shards = []
        if self._pending is not None:
            self._write_group()
            assert self._file is not None
            self._file.close()
            shards = [(self._pending, self._rows)]
        self._writer.commit(shards, job=job, cursors=cursors)
        self._pending = self._file = None
        self._rows = 0

    def close(self) -> None:
        """Give up what was not committed."""
        if self._file is not None:
            self._file.close()

    # Who is it?

    def _owner(self, paper: Paper) -> str | None:
        """Return the id of the paper that this one belongs to, or None."""
        for alias in paper.ids:
            owner = self._resolve(alias)
            if owner and (alias == paper.ids[0] or not self._conflict(owner, paper.ids)):
                return owner
        if len(paper.text) < _LEAST_SHARED_TEXT or not paper.abstract:
            return None  # `Editorial` and the like are many papers with one text
        query = "SELECT id FROM papers WHERE text_sha = ? LIMIT 1"
        row = self._sql.execute(query, (paper.text_sha,)).fetchone()
        return row[0] if row else None

    def _resolve(self, alias: str) -> str | None:
        row = self._sql.execute("SELECT id FROM aliases WHERE alias = ?", (alias,)).fetchone()
        return row[0] if row else None

    def _conflict(self, owner: str, ids: tuple[str, ...]) -> bool:
        """Tell whether a paper has arXiv ids, and `ids` hold only others."""
        ours = {one for one in ids if one.startswith("arxiv:")}
        theirs = {one for one in self._aliases(owner) if one.startswith("arxiv:")}
        return bool(ours and theirs and ours.isdisjoint(theirs))

    def _aliases(self, id: str) -> list[str]:
        query = "SELECT alias FROM aliases WHERE id = ? ORDER BY late, alias"
        return [alias for (alias,) in self._sql.execute(query, (id,))]

    # What becomes of it?

    def _with_free_ids(self, paper: Paper) -> Paper:
        """Return the paper without the identifiers that belong to another work."""
        free = tuple(alias for alias in paper.ids if self._resolve(alias) is None)
        self.counts["shared_ids"] += len(free) < len(paper.ids)
        return replace(paper, ids=free, id=free[0])

    def _meet(self, owner: str, paper: Paper) -> Outcome:
        """Bring the corpus up to date with another record of a paper that it has."""
        joined = self._join(owner, paper)
        query = "SELECT text_sha, filled FROM papers WHERE id = ?"
        text_sha, filled = self._sql.execute(query, (owner,)).fetchone()
        same_text = text_sha == paper.text_sha
        is_news = _filled(paper) > filled if same_text else bool(paper.abstract)
        if paper.ids[0] == owner and is_news:
            self._replace(owner, paper)
            return "updated"
        return "merged" if self._alias(owner, paper.ids, late=True) or joined else "unchanged"

    def _join(self, owner: str, paper: Paper) -> int:
        """Merge other papers that this one's identifiers name into `owner`; return how many."""
        joined = 0
        others = {self._resolve(alias) for alias in paper.ids} - {None, owner}
        for other in sorted(one for one in others if one):
            if self._conflict(other, tuple(self._aliases(owner))):
                continue
            self._bury(other, reason=f"merged into {owner}")
            self._sql.execute("DELETE FROM papers WHERE id = ?", (other,))
            self._sql.execute("UPDATE aliases SET id = ?, late = 1 WHERE id = ?", (owner, other))
            joined += 1
        return joined

    def _replace(self, owner: str, paper: Paper) -> None:
        """Write a new row for a paper whose text or fields have changed."""
        self._bury(owner, reason="updated")
        self._alias(owner, paper.ids, late=False)
        self._sql.execute("UPDATE aliases SET late = 0 WHERE id = ?", (owner,))
        ids = tuple(dict.fromkeys([owner, *self._aliases(owner)]))
        self._write(replace(paper, id=owner, ids=ids))

    def _bury(self, id: str, *, reason: str) -> None:
        query = "SELECT shard, row FROM papers WHERE id = ?"
        shard, row = self._sql.execute(query, (id,)).fetchone()
        self._writer.bury(KIND, shard, row, id=id, reason=reason)

    def _alias(self, owner: str, ids: tuple[str, ...], *, late: bool) -> int:
        """Give `owner` the identifiers that nobody has; return how many."""
        rows = [(alias, owner, late) for alias in ids if self._resolve(alias) is None]
        self._sql.executemany("INSERT INTO aliases VALUES (?, ?, ?)", rows)
        return len(rows)

    def _add(self, paper: Paper) -> None:
        self._sql.executemany(
            "INSERT INTO aliases VALUES (?, ?, 0)", [(alias, paper.id) for alias in paper.ids]
        )
        self._write(paper)

    # Rows

    def _write(self, paper: Paper) -> None:
        """Append a row to the shard, and note where it is."""
        if self._pending is None:
            self._open()
        assert self._pending is not None
        self._sql.execute(
            "INSERT OR REPLACE INTO papers VALUES (?, ?, ?, ?, ?)",
            (paper.id, self._pending.number, self._rows, paper.text_sha, _filled(paper)),
        )
        self._group.append(paper)
        self._rows += 1
        if len(self._group) >= _GROUP_ROWS:
            self._write_group()

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._pending = self._writer.new_shard(KIND, stem="papers")
        self._file = pq.ParquetWriter(self._pending.path, paper_schema(), compression="zstd")

    def _write_group(self) -> None:
        if self._group and self._file is not None:
            self._file.write_batch(papers_to_batch(self._group))
            self._group.clear()


def _filled(paper: Paper) -> int:
    """Return how many descriptive fields a paper has; a retraction outweighs them all."""
    fields_filled = sum(getattr(paper, name) not in (None, "", ()) for name in _DESCRIPTIVE)
    return fields_filled + (len(_DESCRIPTIVE) + 1) * paper.retracted
