"""Papers put into a corpus: one row a work, whatever sources it comes from.

A paper is what its records say together: one record a source, kept as a row of its own
where there are several, so that a merge can be shown and undone. Whose record an incoming
one is, is told by its identifiers, then by exactly the same text, then by title, first
author, year and abstract (`duplicates`). What becomes of it:

- **added**: it is a paper that was not there;
- **updated**: a record that was there has another text, more fields, or a retraction;
- **merged**: another record of a paper; the paper's id stays, its text is the fullest one
  (`merging`), all identifiers lead to it;
- **unchanged**: it brings nothing new;
- **refused**: the paper was removed by the user, and stays away;
- **deleted**: the source has withdrawn the record.

Two arXiv papers, or two journal papers, that name one DOI or look alike are two works.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Literal

from matlore.errors import NotFoundError, UsageError
from matlore.home import HomeWriter
from matlore.records import Paper

from .corpus import KIND, forget_papers
from .fingerprints import Fingerprint, fingerprint
from .ids import canonical_id
from .index import DuplicateIndex
from .merging import compose
from .shard_writer import ShardWriter

__all__ = ["SHARD_ROWS", "Outcome", "PaperStore"]

Outcome = Literal["added", "unchanged", "updated", "merged", "refused", "deleted"]
SHARD_ROWS = 20_000
_LEAST_SHARED_TEXT = 100
_REMOVED = "removed:"
_ALWAYS_FILLED = frozenset(["id", "ids", "text", "text_sha", "cleaner_version", "retracted"])
_DESCRIPTIVE = [field.name for field in fields(Paper) if field.name not in _ALWAYS_FILLED]
_PREPRINT_DOIS = ("10.26434/", "10.21203/", "10.2139/", "10.20944/", "10.48550/", "10.5281/")


class PaperStore:
    """Writes papers to a home; `commit` makes them count.

    Holds at most one shard of papers in memory.
    """

    def __init__(self, writer: HomeWriter, *, shard_rows: int = SHARD_ROWS) -> None:
        self._writer = writer
        self._sql = writer.connection
        self._shard_rows = shard_rows
        self._shard = ShardWriter(writer)
        self._index = DuplicateIndex(writer)
        self.counts: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """Whether the shard that is being written has reached its size."""
        return len(self._shard) >= self._shard_rows

    def owner(self, id: str) -> str | None:
        """Return the id of the paper that has this identifier, or None."""
        return self._resolve(id)

    def put(self, paper: Paper, print: Fingerprint | None = None) -> Outcome:
        """Add a paper, or bring the corpus up to date with it.

        Args:
            paper: as its source has it.
            print: its fingerprint, where it was made already.
        """
        outcome = self._put(paper, print or fingerprint(paper))
        self.counts[outcome] += 1
        return outcome

    def delete(self, id: str) -> Outcome:
        """Take back the record that a source has withdrawn; a later one may bring it again."""
        owner = self._resolve(id)
        outcome: Outcome = "unchanged"
        if owner is not None and (id == owner or id in self._records(owner)):
            self._drop_record(owner, id)
            outcome = "deleted"
        self.counts[outcome] += 1
        return outcome

    def remove(self, id: str, *, reason: str = "removed by the user") -> str:
        """Remove a paper for good: no harvest brings it again. Return its id.

        Raises:
            NotFoundError: no paper has this identifier.
        """
        owner = self._owner_of(id)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        marks = [*self._aliases(owner), *(f"text:{sha}" for sha in self._texts(owner))]
        self._sql.executemany(
            "INSERT OR REPLACE INTO removed VALUES (?, ?, ?, ?)",
            [(mark, owner, reason, now) for mark in marks],
        )
        self._index.rename(owner, _REMOVED + owner)
        self._forget(owner, reason=reason)
        return owner

    def split(self, id: str) -> list[str]:
        """Undo merges: make the records of a paper papers again, and keep them apart.

        Args:
            id: of the paper, to take all its records apart, or of one merged record.

        Returns:
            the ids of the papers that there are now instead.

        Raises:
            NotFoundError: no paper has this identifier.
            UsageError: nothing was merged into it.
        """
        owner = self._owner_of(id)
        records = self._records(owner)
        wanted = canonical_id(id)
        if not records:
            raise UsageError(f"{owner} has one record only: there is nothing to split")
        alone = [wanted] if wanted in records and wanted != owner else [*records]
        papers = {record: self._shard.read(*place) for record, place in records.items()}
        rest = {record: paper for record, paper in papers.items() if record not in alone}
        late = self._late_ids(owner, papers)
        self._forget(owner, reason="split")
        self._keep_apart(alone, [*rest])
        groups = {record: {record: papers[record]} for record in alone}
        groups = {owner: rest, **groups} if rest else groups
        for id, group in groups.items():
            self._add_all(id, group, reserved=papers.keys() - group.keys())
        self._alias(next(iter(groups)), late, late=True)
        return [*groups]

    def commit(self, *, job: str, cursors: dict[str, dict[str, object]]) -> None:
        """Close the shard, and make all since the last commit count, with the cursors."""
        self._writer.commit(self._shard.finish(), job=job, cursors=cursors)

    def close(self) -> None:
        """Give up what was not committed."""
        self._shard.close()

    # Whose is it?

    def _put(self, paper: Paper, print: Fingerprint) -> Outcome:
        if self._resolve(paper.ids[0]) is None and self._is_removed(paper):
            return "refused"
        owner, how, score = self._owner(paper, print)
        if owner is None:
            self._add(self._with_free_ids(paper), print)
            return "added"
        if owner.startswith(_REMOVED):
            return "refused"
        return self._meet(owner, paper, print, how=how, score=score)

    def _is_removed(self, paper: Paper) -> bool:
        """Tell whether the user has removed this paper, not merely one with the same DOI."""
        marks = [*paper.ids, *([f"text:{paper.text_sha}"] if _is_telling(paper) else [])]
        query = f"SELECT alias, id FROM removed WHERE alias IN ({','.join('?' * len(marks))})"
        return any(
            alias == paper.ids[0] or not self._conflict(_REMOVED + owner, paper.ids)
            for alias, owner in self._sql.execute(query, marks).fetchall()
        )

    def _owner(self, paper: Paper, print: Fingerprint) -> tuple[str | None, str, float | None]:
        """Return the id of the paper that this record belongs to, how it is known, and a score."""
        for alias in paper.ids:
            owner = self._resolve(alias)
            if owner is None or self._is_apart(paper.ids[0], owner):
                continue
            if alias == paper.ids[0] or not self._conflict(owner, paper.ids):
                return owner, "id", None
        if _is_telling(paper):
            query = "SELECT id FROM papers WHERE text_sha = ?"
            for (owner,) in self._sql.execute(query, (paper.text_sha,)).fetchall():
                if not self._is_apart(paper.ids[0], owner):
                    return owner, "same text", None
        found = self._index.find(print)
        for owner, how, score in sorted(found, key=lambda match: match[0].startswith(_REMOVED)):
            if not self._conflict(owner, paper.ids) and not self._is_apart(paper.ids[0], owner):
                return owner, how, score
        return None, "", None

    def _owner_of(self, id: str) -> str:
        wanted = canonical_id(id)
        owner = self._resolve(wanted)
        if owner is None:
            raise NotFoundError(
                f"no paper {wanted} in {self._writer.home.path}: "
                "`matlore corpus stats` says what is"
            )
        return owner

    def _resolve(self, alias: str) -> str | None:
        row = self._sql.execute("SELECT id FROM aliases WHERE alias = ?", (alias,)).fetchone()
        return row[0] if row else None

    def _conflict(self, owner: str, ids: Iterable[str]) -> bool:
        """Tell whether `ids` name another preprint, or another journal paper, than `owner`."""
        ours, theirs = set(ids), set(self._aliases(owner))
        return any(
            bool(mine and other and mine.isdisjoint(other))
            for kind in (_is_arxiv, _is_journal)
            for mine, other in [(set(filter(kind, ours)), set(filter(kind, theirs)))]
        )

    def _is_apart(self, record: str, owner: str) -> bool:
        query = (
            "SELECT 1 FROM apart WHERE a = ? AND "
            "(b = ? OR b IN (SELECT id FROM records WHERE owner = ?)) LIMIT 1"
        )
        return self._sql.execute(query, (record, owner, owner)).fetchone() is not None

    def _are_apart(self, one: str, other: str) -> bool:
        """Tell whether a record of a paper must not be merged with another paper."""
        return any(self._is_apart(record, other) for record in (one, *self._records(one)))

    def _aliases(self, id: str) -> list[str]:
        """Return the identifiers of a paper, also of one that was removed."""
        if id.startswith(_REMOVED):
            query = "SELECT alias FROM removed WHERE id = ?"
            return [alias for (alias,) in self._sql.execute(query, (id.removeprefix(_REMOVED),))]
        query = "SELECT alias FROM aliases WHERE id = ? ORDER BY late, alias"
        return [alias for (alias,) in self._sql.execute(query, (id,))]

    def _records(self, owner: str) -> dict[str, tuple[int, int]]:
        """Return shard and row of each record of a paper that has several, the first one first."""
        query = "SELECT id, shard, row FROM records WHERE owner = ? ORDER BY id != owner, id"
        return {id: (shard, row) for id, shard, row in self._sql.execute(query, (owner,))}

    def _texts(self, owner: str) -> list[str]:
        query = (
            "SELECT text_sha FROM papers WHERE id = ? UNION "
            "SELECT text_sha FROM records WHERE owner = ?"
        )
        return [sha for (sha,) in self._sql.execute(query, (owner, owner))]

    # What becomes of it?

    def _with_free_ids(self, paper: Paper) -> Paper:
        """Return the paper without the identifiers that belong to another work."""
        first = paper.ids[0]
        if self._resolve(first) is not None:  # of a paper that this one was split from
            self._sql.execute("DELETE FROM aliases WHERE alias = ?", (first,))
        free = self._free(first, paper.ids)
        self.counts["shared_ids"] += len(free) < len(paper.ids)
        return replace(paper, ids=free, id=first)

    def _free(self, owner: str, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the identifiers that nobody has, and that `owner` may have."""
        return tuple(
            alias
            for alias in dict.fromkeys(ids)
            if self._resolve(alias) is None and not self._is_apart(alias, owner)
        )

    def _meet(
        self, owner: str, paper: Paper, print: Fingerprint, *, how: str, score: float | None
    ) -> Outcome:
        """Bring the corpus up to date with a record of a paper that it has."""
        joined = self._join(owner, paper)
        new_ids = self._alias(owner, paper.ids, late=True)
        records = self._records(owner)
        record = paper.ids[0]
        if record not in records and (records or record != owner):
            self._add_record(owner, paper, print, how=how, score=score)
            return "merged"
        if self._is_news(owner, record, paper, is_one_of_many=bool(records)):
            self._replace_record(owner, record, paper, print)
            return "updated"
        return "merged" if joined or new_ids else "unchanged"

    def _is_news(self, owner: str, record: str, paper: Paper, *, is_one_of_many: bool) -> bool:
        """Tell whether a record says more than when it was seen last."""
        table = "records" if is_one_of_many else "papers"
        query = f"SELECT text_sha, filled FROM {table} WHERE id = ?"
        text_sha, filled = self._sql.execute(
            query, (record if is_one_of_many else owner,)
        ).fetchone()
        is_fuller = bool(_filled(paper) > filled)
        if text_sha == paper.text_sha:
            return is_fuller
        return bool(paper.abstract) or (paper.retracted and is_fuller)  # no other bare record

    def _join(self, owner: str, paper: Paper) -> int:
        """Merge other papers that this one's identifiers name into `owner`; return how many."""
        joined = 0
        others = {self._resolve(alias) for alias in paper.ids} - {None, owner}
        for other in sorted(one for one in others if one):
            if self._conflict(other, self._aliases(owner)) or self._are_apart(owner, other):
                continue
            moved = self._records(other) or {other: self._place(other)}
            self._list_first_record(owner)
            for record, (shard, row) in moved.items():
                self._note_record(record, owner, shard, row, how="id", score=None)
            self._bury(other, reason=f"merged into {owner}")
            self._sql.execute("DELETE FROM papers WHERE id = ?", (other,))
            self._sql.execute("UPDATE aliases SET id = ?, late = 1 WHERE id = ?", (owner, other))
            self._index.rename(other, owner)
            joined += 1
        if joined:
            self._recompose(owner)
        return joined

    def _add_record(
        self, owner: str, paper: Paper, print: Fingerprint, *, how: str, score: float | None
    ) -> None:
        """Keep another record of a paper as a row of its own, and renew the paper's row."""
        self._list_first_record(owner)
        shard, row = self._shard.append(replace(paper, id=paper.ids[0]))
        self._note_record(paper.ids[0], owner, shard, row, how=how, score=score, paper=paper)
        self._writer.bury(KIND, shard, row, id=owner, reason=f"a record of {owner}")
        self._index.add(owner, paper.ids[0], print)
        self._recompose(owner)

    def _list_first_record(self, owner: str) -> None:
        """Make the row of a paper that has one record so far the first of its records."""
        if not self._records(owner):
            shard, row = self._place(owner)
            self._note_record(owner, owner, shard, row, how="first", score=None)

    def _note_record(
        self, record: str, owner: str, shard: int, row: int, *, how: str, score: float | None,
        paper: Paper | None = None,
    ) -> None:  # fmt: skip
        known = paper or self._shard.read(shard, row)
        self._sql.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (record, owner, shard, row, known.text_sha, _filled(known), how, score),
        )

    def _replace_record(self, owner: str, record: str, paper: Paper, print: Fingerprint) -> None:
        """Write a new row for a record whose text or fields have changed."""
        self._index.forget(owner, record)
        self._index.add(owner, record, print)
        if record in self._records(owner):
            shard, row = self._shard.append(replace(paper, id=record))
            query = "UPDATE records SET shard = ?, row = ?, text_sha = ?, filled = ? WHERE id = ?"
            self._sql.execute(query, (shard, row, paper.text_sha, _filled(paper), record))
            self._writer.bury(KIND, shard, row, id=owner, reason=f"a record of {owner}")
            self._recompose(owner)
            return
        self._bury(owner, reason="updated")
        self._sql.execute("UPDATE aliases SET late = 0 WHERE id = ?", (owner,))
        ids = tuple(dict.fromkeys([owner, *self._aliases(owner)]))
        self._write(replace(paper, id=owner, ids=ids))

    def _drop_record(self, owner: str, record: str) -> None:
        """Take a withdrawn record out of a paper; the last one takes the paper with it."""
        records = self._records(owner)
        if record not in records:
            self._forget(owner, reason="deleted by its source")
            return
        papers = {one: self._shard.read(*place) for one, place in records.items()}
        late = self._late_ids(owner, papers)
        del papers[record]
        self._forget(owner, reason="deleted by its source")
        if papers:
            self._add_all(owner, papers)
            self._alias(owner, late, late=True)

    def _recompose(self, owner: str) -> None:
        """Write the row of a paper anew from its records, where it differs."""
        present = self._shard.read(*self._place(owner))
        papers = [self._shard.read(*place) for place in self._records(owner).values()]
        composed = compose(owner, papers)
        ids = dict.fromkeys([*composed.ids, *self._aliases(owner)])
        composed = replace(composed, ids=tuple(one for one in ids if self._resolve(one) == owner))
        if composed != replace(present, ids=composed.ids):
            self._bury(owner, reason="merged")
            self._sql.execute("UPDATE aliases SET late = 0 WHERE id = ?", (owner,))
            self._write(composed)

    def _forget(self, owner: str, *, reason: str) -> None:
        """Take a paper with all its records out of the corpus."""
        self._bury(owner, reason=reason)
        forget_papers(self._sql, [owner])

    def _add_all(
        self, id: str, papers: Mapping[str, Paper], reserved: Collection[str] = ()
    ) -> None:
        """Make a paper of records that are at hand, by record id, the first one first.

        Args:
            id: of the paper, also where its own record is not among them any more.
            papers: at least one.
            reserved: identifiers that it must not take: those of other records.
        """
        (record, first), *others = papers.items()
        free = self._free(id, (one for one in first.ids if one not in reserved and one != id))
        self._add(replace(first, id=id, ids=(id, *free)), fingerprint(first), record=record)
        if record != id:
            self._note_record(record, id, *self._place(id), how="first", score=None)
        for _, other in others:
            self._alias(id, [one for one in other.ids if one not in reserved], late=True)
            self._add_record(id, other, fingerprint(other), how="id", score=None)

    def _late_ids(self, owner: str, papers: Mapping[str, Paper]) -> list[str]:
        """Return the identifiers of a paper that stand in no record of it."""
        told = {one for record, paper in papers.items() for one in (record, *paper.ids)}
        return [alias for alias in self._aliases(owner) if alias not in told]

    def _keep_apart(self, alone: list[str], rest: list[str]) -> None:
        pairs = [(a, b) for a in alone for b in [*alone, *rest] if a != b]
        both = [*pairs, *((b, a) for a, b in pairs)]
        self._sql.executemany("INSERT OR IGNORE INTO apart VALUES (?, ?)", both)

    def _place(self, id: str) -> tuple[int, int]:
        query = "SELECT shard, row FROM papers WHERE id = ?"
        shard, row = self._sql.execute(query, (id,)).fetchone()
        return shard, row

    def _bury(self, id: str, *, reason: str) -> None:
        self._writer.bury(KIND, *self._place(id), id=id, reason=reason)

    def _alias(self, owner: str, ids: Iterable[str], *, late: bool) -> int:
        """Give `owner` the identifiers that nobody has; return how many."""
        rows = [(alias, owner, late) for alias in self._free(owner, ids)]
        self._sql.executemany("INSERT INTO aliases VALUES (?, ?, ?)", rows)
        return len(rows)

    def _add(self, paper: Paper, print: Fingerprint, *, record: str | None = None) -> None:
        self._sql.executemany(
            "INSERT INTO aliases VALUES (?, ?, 0)", [(alias, paper.id) for alias in paper.ids]
        )
        self._write(paper)
        self._index.add(paper.id, record or paper.id, print)

    # Rows

    def _write(self, paper: Paper) -> None:
        """Append the row of a living paper, and note where it is."""
        shard, row = self._shard.append(paper)
        self._sql.execute(
            "INSERT OR REPLACE INTO papers VALUES (?, ?, ?, ?, ?)",
            (paper.id, shard, row, paper.text_sha, _filled(paper)),
        )


def _is_telling(paper: Paper) -> bool:
    """Tell whether the same text means the same work: not of `Editorial` and the like."""
    return len(paper.text) >= _LEAST_SHARED_TEXT and bool(paper.abstract)


def _is_arxiv(id: str) -> bool:
    return id.startswith("arxiv:")


def _is_journal(id: str) -> bool:
    return id.startswith("doi:") and not id[4:].startswith(_PREPRINT_DOIS)


def _filled(paper: Paper) -> int:
    """Return how many descriptive fields a paper has; a retraction outweighs them all."""
    fields_filled = sum(getattr(paper, name) not in (None, "", ()) for name in _DESCRIPTIVE)
    return fields_filled + (len(_DESCRIPTIVE) + 1) * paper.retracted
