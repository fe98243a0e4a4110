"""What `matlore graph export` does."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from matlore.errors import InputError, UsageError
from matlore.progress import Progress, no_progress

from .export import has_license
from .graph_load import TABLES, store_address

if TYPE_CHECKING:
    from graph.stores import GraphStore, Login

__all__ = ["export_home_graph"]

_ADMIN = "neo4j-admin"
_SCRIPT = "import.sh"


def export_home_graph(
    home_path: Path,
    path: Path,
    *,
    format: str,
    store: str | None = None,
    login: "Login | None" = None,
    licenses: Sequence[str] = (),
    labels: Sequence[str] = (),
    base: str | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Write the graph of a home, or what of it may be passed on, for other programs.

    Args:
        home_path: the data home.
        path: the file or folder to write.
        format: one of `graph.export.ExportFormat`, or `neo4j-admin`: a folder with files for
            `neo4j-admin database import`.
        store: the address of the store; None for the one in the home.
        login: for a server.
        licenses: only what has one of these, see `has_license`; empty for all.
        labels: only nodes with these, and edges between them; empty for all.
        base: what IRIs begin with, in RDF.
        overwrite: replace an earlier export.
        progress: told of rows.

    Returns:
        `path`, `format`, `rows` and `left_out` by table; `command` that imports, or null.

    Raises:
        UsageError: no such format, or options that do not go together.
        NotFoundError, GraphError, InputError: see `graph.export.export_graph`.
    """
    from graph.export import BASE, ExportFormat, export_graph
    from graph.stores import open_store

    if format not in (*get_args(ExportFormat), _ADMIN):
        known = ", ".join((*get_args(ExportFormat), _ADMIN))
        raise UsageError(f"no format {format!r} (known: {known})")
    if format == _ADMIN and (licenses or labels or base):
        raise UsageError("neo4j-admin files hold the whole graph: leave out --license and others")
    opened = open_store(store_address(home_path, store), login=login)
    try:
        if format == _ADMIN:
            return _admin(home_path, path, opened, overwrite=overwrite, progress=progress)
        report = export_graph(
            opened,
            path,
            format=format,  # type: ignore[arg-type]
            allowed=(lambda license: has_license(license, licenses)) if licenses else None,
            labels=labels or None,
            base=base or BASE,
            overwrite=overwrite,
            progress=progress,
        )
    finally:
        opened.close()
    answer = {"rows": dict(report.rows), "left_out": dict(report.left_out), "command": None}
    return {"path": str(path), "format": format, **answer}


def _admin(
    home_path: Path, path: Path, store: "GraphStore", *, overwrite: bool, progress: Progress
) -> dict[str, Any]:
    """Write the files for `neo4j-admin database import` out of what was loaded last."""
    import shutil
    from tempfile import TemporaryDirectory

    from graph.export_admin import write_admin_csv
    from graph.loading import stored_tables

    if path.exists() and not overwrite:
        raise InputError(f"{path} is there already: name another folder, or give --overwrite")
    if path.exists() and not (path / _SCRIPT).is_file():
        raise InputError(f"{path} is no earlier export: it is not replaced; name another folder")
    with stored_tables(store, home_path / "graph" / TABLES, progress=progress) as (info, tables):
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as draft:
            write_admin_csv(tables, Path(draft) / "out", info=info)
            if path.exists():
                shutil.rmtree(path)
            (Path(draft) / "out").rename(path)
        rows = tables.counts()
    answer = {"rows": rows, "left_out": {}, "command": f"sh {path / _SCRIPT}"}
    return {"path": str(path), "format": _ADMIN, **answer}
