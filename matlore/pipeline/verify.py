"""The shards of a corpus held against its manifest, and repaired."""

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
_UNREGISTERED = "is not in the manifest"


def verify_corpus(home_path: Path, *, progress: Progress = no_progress) -> dict[str, object]:
    """Compare the shards of the corpus with the manifest; changes nothing.

    Files that the manifest does not know are no problem while a job is writing.

    Returns:
        `shards` and `rows` checked, and `problems`: one object for each shard that is
        missing or is not what was registered, for each file that is not registered, and
        for the papers that point to no row.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    from ingest.corpus import KIND

    home = Home.open(home_path)
    leftovers = _leftovers(home)
    shards = home.shards(KIND)
    problems = [{"shard": name, "problem": _UNREGISTERED} for name in leftovers]
    problems += _damages(shards, progress)
    with home.connect() as connection:
        outside = [id for (id,) in connection.execute(_OUTSIDE)]
    if outside:
        some = f"{len(outside)} papers point to rows that no shard has, such as {outside[0]}"
        problems.append({"shard": "", "problem": some})
    return {"shards": len(shards), "rows": sum(s.rows for s in shards), "problems": problems}


def repair_corpus(home_path: Path, *, progress: Progress = no_progress) -> dict[str, object]:
    """Check the corpus, and bring files and manifest together again where they differ.

    Leftovers are removed. Of a damaged shard the row groups that can be read are kept, of
    these the rows whose text is the one that the manifest names; what is lost is taken out
    of the manifest, and files count as not read, so that the next run of `matlore ingest`
    brings it again.

    Returns:
        What `verify_corpus` returns, and `removed` (files), `rewritten` (shards), `n_kept`
        (rows of these), `n_lost` and `lost` (ids of papers), `n_lost_records` (merged into
        other papers), and `remaining` problems.

    Raises:
        HomeBusyError: another process is writing to the home.
        HomeError: there is no home at `home_path`, or it may not be written to.
    """
    found = verify_corpus(home_path, progress=progress)
    done: dict[str, Any] = {"removed": [], "rewritten": [], "n_kept": 0, "n_lost": 0, "lost": []}
    done["n_lost_records"] = 0
    if not found["problems"]:
        return {**found, **done, "remaining": []}
    home = Home.open(home_path)
    done["removed"] = _leftovers(home)
    with home.writer() as writer:  # which sweeps the files that are not registered
        done.update(_repair(writer))
    _remove(home, _leftovers(home))
    return {**found, **done, "remaining": verify_corpus(home_path)["problems"]}


def _leftovers(home: Home) -> list[str]:
    """Return the names of files in the corpus' folder that the manifest does not know."""
    try:
        with lock_folder(home.path):
            return _unregistered(home)
    except HomeBusyError:
        return []
    except HomeError:  # a home that may only be read
        return _unregistered(home)


def _unregistered(home: Home) -> list[str]:
    from ingest.corpus import KIND

    known = {shard.name for shard in home.shards(KIND)}
    folder = home.folder(KIND)
    files = [*folder.glob("*.parquet"), *folder.glob(".*.tmp")]
    return sorted(path.name for path in files if path.name not in known)


def _remove(home: Home, names: list[str]) -> None:
    from ingest.corpus import KIND

    for name in names:
        (home.folder(KIND) / name).unlink(missing_ok=True)


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
