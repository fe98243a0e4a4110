"""Write a graph to files for other programs: GraphML, RDF, CSV, networkx's node-link JSON."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matlore.errors import GraphError, InputError, NotFoundError, UsageError
from matlore.progress import Progress, no_progress

from .schema import SCHEMA
from .tables import EdgeTable, GraphTable, graph_tables

if TYPE_CHECKING:
    import pyarrow as pa

    from .export_values import ExportSource
    from .stores.base import GraphStore

__all__ = ["BASE", "ExportFormat", "ExportReport", "export_graph"]

ExportFormat = Literal["graphml", "ntriples", "jsonld", "csv", "node-link"]
BASE = "https://w3id.org/matlore/"
"""What the IRIs of RDF begin with, unless another base is given: names, not pages."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote, and what it left out because of licences.

    Attributes:
        rows: what was written, by table: a label, or a type of edges with its ends.
        left_out: rows of the same tables that were not.
    """

    rows: Mapping[str, int]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """How many nodes were written."""
        return sum(count for name, count in self.rows.items() if "." not in name)

    @property
    def edges(self) -> int:
        """How many edges were written."""
        return sum(count for name, count in self.rows.items() if "." in name)


def export_graph(
    store: "GraphStore",
    path: Path,
    *,
    format: ExportFormat,
    allowed: Callable[[str | None], bool] | None = None,
    labels: Sequence[str] | None = None,
    base: str = BASE,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> ExportReport:
    """Write a graph to a file, or for CSV to a folder, which appears when it is complete.

    Memory does not grow with the graph.

    Args:
        store: where the graph is.
        path: the file or folder; its own folder needs room for a draft, and where `allowed` is
            given for the graph twice more.
        format: which of the formats; each module `export_…` describes its own.
        allowed: tells whether things of a licence may be passed on (None: of no licence); only
            those are written, and what is counted is counted anew (`export_filter`).
        labels: only nodes with these, and edges between them; None for all.
        base: what IRIs begin with, in RDF.
        overwrite: replace an earlier export at `path`.
        progress: told of rows.

    Raises:
        NotFoundError: nothing was loaded.
        GraphError: the store cannot be used, or is half loaded.
        UsageError: no such format or label, or a base that is no IRI.
        InputError: the file is there already, or cannot be written.
    """
    write, tables = _writer(format, base), _chosen(labels)
    _check_target(path, folder=format == "csv", overwrite=overwrite)
    _check_loaded(store)
    draft = path.with_name(f".{path.name}.tmp")
    try:
        _remove(draft)
        draft.mkdir(parents=True)
        source, everything = _Source(store.batches, tables, progress), dict[str, int]()
        if allowed is not None:
            source, everything = _licensed(store, draft, allowed, source)
        else:
            progress(0, total=_total(store, labels), text="writing")
        write(source, draft / "out")
        if path.is_dir():
            _remove(path)
        (draft / "out").replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            _remove(draft)
    left_out = {name: n - source.rows.get(name, 0) for name, n in everything.items()}
    return ExportReport(source.rows, {name: n for name, n in left_out.items() if n})


class _Source:
    """Tables to write; counts their rows."""

    def __init__(
        self,
        batches: Callable[[GraphTable], Iterator["pa.RecordBatch"]],
        tables: Sequence[GraphTable],
        progress: Progress,
    ) -> None:
        self._batches = batches
        self._tables = tuple(tables)
        self._progress = progress
        self.rows: dict[str, int] = {}

    @property
    def progress(self) -> Progress:
        """What is told of rows."""
        return self._progress

    def tables(self) -> tuple[GraphTable, ...]:
        """Return the tables."""
        return self._tables

    def batches(self, table: GraphTable) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of a table, if there are any."""
        for batch in self._batches(table):
            if batch.num_rows:
                self.rows[table.name] = self.rows.get(table.name, 0) + batch.num_rows
                yield batch
                self._progress(batch.num_rows)


def _licensed(
    store: "GraphStore", folder: Path, allowed: Callable[[str | None], bool], wanted: _Source
) -> tuple[_Source, dict[str, int]]:
    """Return the rows that may be passed on, and how many there are of all by table."""
    from .export_filter import keep_licensed

    everything = _Source(store.batches, graph_tables(), no_progress)
    kept = keep_licensed(everything, folder, allowed, progress=wanted.progress)
    total = sum(kept.rows(table) for table in wanted.tables())
    wanted.progress(0, total=total, text="writing")
    names = {table.name for table in wanted.tables()}
    counts = {name: n for name, n in everything.rows.items() if name in names}
    return _Source(kept.batches, wanted.tables(), wanted.progress), counts


def _writer(format: str, base: str) -> Callable[["ExportSource", Path], None]:
    from . import export_files, export_graphml, export_rdf
    from .export_values import Names

    if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*[/#:]", base) is None:
        raise UsageError(f"{base!r} is no base of IRIs: write one that ends in /, # or a colon")
    names = Names(base)
    writers: dict[str, Callable[[ExportSource, Path], None]] = {
        "graphml": export_graphml.write_graphml,
        "ntriples": lambda source, path: export_rdf.write_ntriples(source, path, names),
        "jsonld": lambda source, path: export_rdf.write_jsonld(source, path, names),
        "csv": export_files.write_csv,
        "node-link": export_files.write_node_link,
    }
    if format not in writers:
        raise UsageError(f"no format of graphs: {format!r} (known: {', '.join(writers)})")
    return writers[format]


def _chosen(labels: Sequence[str] | None) -> list[GraphTable]:
    """Return the tables of some labels, and of the edges between them."""
    if labels is None:
        return list(graph_tables())
    unknown = [label for label in labels if label not in SCHEMA.node_types]
    if unknown or not labels:
        known = ", ".join(SCHEMA.node_types)
        raise UsageError(f"no such label: {', '.join(unknown) or 'none given'} (known: {known})")
    return [table for table in graph_tables() if {*_labels(table)} <= {*labels}]


def _labels(table: GraphTable) -> tuple[str, ...]:
    if isinstance(table, EdgeTable):
        return table.source, table.target
    return (table.type.label,)


def _total(store: "GraphStore", labels: Sequence[str] | None) -> int | None:
    """Return how many rows there are, where that is known beforehand."""
    return None if labels is not None else sum(store.counts().values())


def _check_loaded(store: "GraphStore") -> None:
    info = store.info()
    if info is None:
        raise NotFoundError(f"{store.address}: no graph yet; load one with `matlore graph load`")
    if info.pending is not None:
        raise GraphError(
            f"{store.address}: a load is not complete; complete it with `matlore graph load`"
        )


def _check_target(path: Path, *, folder: bool, overwrite: bool) -> None:
    """Refuse to replace what is there, and always what is no export."""
    if not (path.exists() or path.is_symlink()):
        return
    if not overwrite:
        raise InputError(f"{path} is there already; name another, or replace it with --overwrite")
    if folder:
        names = {f"{table.name}.csv" for table in graph_tables()}
        if not path.is_dir() or any(entry.name not in names for entry in path.iterdir()):
            raise InputError(f"{path} is no folder of an earlier export: name a new one")
    elif not path.is_file():
        raise InputError(f"{path} is no file: name a new one")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
