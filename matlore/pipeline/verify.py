"""The shards of a corpus, and of facts, held against the manifest, and repaired."""

import sqlite3
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import HomeBusyError, HomeError
from matlore.home import Home, HomeWriter, Shard, lock_folder
from matlore.progress import Progress, no_progress
from matlore.records import text_hash

if TYPE_CHECKING:
    import pyarrow as pa

    from ingest.compaction import ShardRewriter

__all__ = ["repair_corpus", "verify_corpus"]

_OUTSIDE = (
    "SELECT p.id FROM papers p LEFT JOIN shards s ON s.kind = 'corpus' AND s.number = p.shard "
    "WHERE s.number IS NULL OR p.row < 0 OR p.row >= s.rows ORDER BY p.id"
)
_OUTSIDE_FACTS = (
    "SELECT e.kind, e.id FROM extracted e LEFT JOIN shards s ON s.kind = 'facts' "
    "AND s.number = e.shard WHERE e.rows > 0 AND "
    "(s.number IS NULL OR e.first_row < 0 OR e.first_row + e.rows > s.rows)"
)
_KINDS = ("corpus", "facts")
_UNREGISTERED = "is not in the manifest"


def verify_corpus(home_path: Path, *, progress: Progress = no_progress) -> dict[str, object]:
    """Compare the shards of the corpus and of facts with the manifest; changes nothing.

    Files that the manifest does not know are no problem while a job is writing.

    Returns:
        `shards` and `rows` of the corpus, `fact_shards` and `fact_rows`, all checked, and
        `problems`: one object for each shard that is missing or is not what was registered,
        for each file that is not registered, and for the papers that point to no row.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    home = Home.open(home_path)
    problems = [{"shard": name, "problem": _UNREGISTERED} for name, _ in _leftovers(home)]
    papers, facts = (home.shards(kind) for kind in _KINDS)
    problems += _damages([*papers, *facts], progress)
    with home.connect() as connection:
        problems += [{"shard": "", "problem": some} for some in _astray(connection)]
    return {
        "shards": len(papers),
        "rows": sum(shard.rows for shard in papers),
        "fact_shards": len(facts),
        "fact_rows": sum(shard.rows for shard in facts),
        "problems": problems,
    }


def repair_corpus(home_path: Path, *, progress: Progress = no_progress) -> dict[str, object]:
    """Check the corpus, and bring files and manifest together again where they differ.

    Leftovers are removed. Of a damaged shard the row groups that can be read are kept, of
    these the rows whose text is the one that the manifest names; what is lost is taken out
    of the manifest, and files count as not read, so that the next run of `matlore ingest`
    brings it again. A damaged shard of facts is dropped: `matlore ner extract`, then `matlore
    facts extract`, read its papers again.

    Returns:
        What `verify_corpus` returns, and `removed` (files), `rewritten` (shards), `n_kept`
        (rows of these), `n_lost` and `lost` (ids of papers), `n_lost_records` (merged into
        other papers), `n_unread` (papers whose facts are lost), and `remaining` problems.

    Raises:
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`, or it may not be written to.
    """
    found = verify_corpus(home_path, progress=progress)
    done: dict[str, Any] = {"removed": [], "rewritten": [], "n_kept": 0, "n_lost": 0, "lost": []}
    done["n_lost_records"] = done["n_unread"] = 0
    if not found["problems"]:
        return {**found, **done, "remaining": []}
    home = Home.open(home_path)
    done["removed"] = [name for name, _ in _leftovers(home)]
    with home.writer() as writer:  # which sweeps the files that are not registered
        done.update(_repair(writer))
        done["n_unread"] = _drop_facts(writer)
    for _, path in _leftovers(home):
        path.unlink(missing_ok=True)
    return {**found, **done, "remaining": verify_corpus(home_path)["problems"]}


def _leftovers(home: Home) -> list[tuple[str, Path]]:
    """Return name and path of files in the shards' folders that the manifest does not know."""
    try:
        with lock_folder(home.path):
            return _unregistered(home)
    except HomeBusyError:
        return []
    except HomeError:  # a home that may only be read
        return _unregistered(home)


def _unregistered(home: Home) -> list[tuple[str, Path]]:
    found = []
    for kind in _KINDS:
        known = {shard.name for shard in home.shards(kind)}
        folder = home.folder(kind)
        files = sorted([*folder.glob("*.parquet"), *folder.glob(".*.tmp")])
        found += [(path.name, path) for path in files if path.name not in known]
    return found


def _astray(connection: sqlite3.Connection) -> list[str]:
    """Say what in the manifest points to rows that no shard has."""
    from ner.mention_store import has_extracted

    found = []
    outside = [id for (id,) in connection.execute(_OUTSIDE)]
    if outside:
        papers = f"{len(outside)} papers point to rows that no shard has, such as {outside[0]}"
        found.append(papers)
    facts = connection.execute(_OUTSIDE_FACTS).fetchall() if has_extracted(connection) else []
    if facts:
        found.append(
            f"the mentions or facts of {len(facts)} papers point to rows that no shard has"
        )
    return found


def _drop_facts(writer: HomeWriter) -> int:
    """Drop damaged shards of facts, and what points to no row; return papers to read again."""
    from ner.fact_compaction import drop_shards

    sql = writer.connection
    astray = sql.execute(_OUTSIDE_FACTS).fetchall()
    sql.executemany("DELETE FROM extracted WHERE kind = ? AND id = ?", astray)
    damaged = [shard for shard in writer.home.shards_of(sql, _KINDS[1]) if _damage(shard)]
    return len(astray) + drop_shards(writer, damaged)


def _damages(shards: list[Shard], progress: Progress) -> list[dict[str, str]]:
    progress(0, total=len(shards))
    problems = []
    for shard in shards:
        damage = _damage(shard)
        if damage:
            problems.append({"shard": shard.name, "problem": damage})
        progress()
    return problems


def _damage(shard: Shard) -> str | None:
    """Say what is wrong with a shard, or None."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not shard.path.is_file():
        return "missing"
    try:
        with shard.path.open("rb") as stream:
            if file_digest(stream, "sha256").hexdigest() != shard.sha256:
                return "its sha256 has changed"
        rows = int(pq.read_metadata(shard.path).num_rows)
    except (OSError, pa.ArrowException) as error:
        return f"unreadable: {error}"
    return None if rows == shard.rows else f"{rows} rows instead of {shard.rows}"


def _repair(writer: HomeWriter) -> dict[str, object]:
    """Rewrite the damaged shards in one transaction, and say what became of their rows."""
    from ingest.compaction import ShardRewriter
    from ingest.corpus import KIND

    sql = writer.connection
    damaged = [s for s in writer.home.shards_of(sql, KIND) if _damage(s)]
    outside = [id for (id,) in sql.execute(_OUTSIDE)]
    with ShardRewriter(writer) as rewriter:
        rewriter.choose(damaged)
        for shard in damaged:
            _save(rewriter, writer, shard)
        lost = sorted({*rewriter.lost_papers(), *outside})
        records = set(rewriter.lost_records())
        if lost or records:
            sql.execute("DELETE FROM cursors WHERE job != 'duplicates'")  # read all again
        rewriter.forget(lost)
        kept = rewriter.commit()
    return {
        "rewritten": [shard.name for shard in damaged],
        "n_kept": kept,
        "n_lost": len(lost),
        "lost": lost,
        "n_lost_records": len(records),
    }


def _save(rewriter: "ShardRewriter", writer: HomeWriter, shard: Shard) -> None:
    """Move the rows of a damaged shard that can still be read and are what they should be."""
    wanted = rewriter.wanted(shard.number)
    known = _known_texts(writer, shard.number)
    for first_row, batch in _readable(shard):
        rows = [
            row
            for row, text in enumerate(batch.column("text").to_pylist(), start=first_row)
            if row in wanted and known.get(row) == text_hash(text or "")
        ]
        rewriter.take(shard.number, rows, batch, first_row)


def _known_texts(writer: HomeWriter, shard: int) -> dict[int, str]:
    """Return row to `text_sha`, as the manifest has it."""
    query = (
        "SELECT row, text_sha FROM papers WHERE shard = ?1 UNION "
        "SELECT row, text_sha FROM records WHERE shard = ?1"
    )
    return dict(writer.connection.execute(query, (shard,)))


def _readable(shard: Shard) -> Iterator[tuple[int, "pa.RecordBatch"]]:
    """Yield the row groups that can be read, with the numbers of their first rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(shard.path)
    except (OSError, pa.ArrowException):
        return
    with file:
        if "text" not in file.schema_arrow.names:
            return
        first_row = 0
        for group in range(file.num_row_groups):
            try:
                table = file.read_row_group(group, use_threads=False).combine_chunks()
                batches = table.to_batches()
                for batch in batches:
                    batch.validate(full=True)
            except (OSError, pa.ArrowException):
                batches = []
            row = first_row
            for batch in batches:
                yield row, batch
                row += batch.num_rows
            first_row += file.metadata.row_group(group).num_rows
