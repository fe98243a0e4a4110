"""What `graph derive` and `graph predict` share: a home's graph opened, edited, and loaded."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from matlore.errors import GraphError
from matlore.progress import Progress

from .graph_load import TABLES, home_identity, store_address

if TYPE_CHECKING:
    from graph.stores import GraphInfo, GraphStore, Login
    from graph.tables import GraphFolder
    from matlore.home import Home

__all__ = ["load_edited", "opened_graph"]


@contextmanager
def opened_graph(
    home: "Home", store: str | None, login: "Login | None"
) -> "Iterator[tuple[GraphStore, GraphInfo, GraphFolder]]":
    """Give a store with the tables that were loaded into it last.

    Raises:
        NotFoundError: nothing was loaded.
        GraphError: they are of another home, or of another version of the schema.
    """
    from graph.loading import stored_tables
    from graph.schema import SCHEMA_VERSION
    from graph.stores import open_store

    opened = open_store(store_address(home.path, store), login=login)
    try:
        found = opened.info()
        if found is not None and found.schema_version != SCHEMA_VERSION:
            raise GraphError(
                f"{opened.address} has a graph of another version of matlore: bring it up to date"
                " with `matlore graph load`"
            )
        with stored_tables(opened, home.folder("graph") / TABLES) as (info, tables):
            if info.inputs.get("home") != home_identity(home):
                raise GraphError(
                    f"the graph in {opened.address} was loaded from another data home; name that"
                    " home with --home, or another store with --store"
                )
            yield opened, info, tables
    finally:
        opened.close()


def load_edited(
    home: "Home",
    store: "GraphStore",
    stamps: Mapping[str, str],
    *,
    take: "Callable[[Path], GraphFolder]",
    add: "Callable[[GraphFolder, Path], object]",
    folder: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Load a graph in which something is put in the place of what was there of its kind.

    Args:
        home: of the graph.
        store: of the graph.
        stamps: hashes of all that the graph is made from then.
        take: makes tables at a path, without what is replaced.
        add: makes tables at a path from those, with what is new.
        folder: to work in; made where it is missing.
        progress: told of each step.

    Returns:
        `load`; `added`, `changed` and `removed` rows by table.
    """
    from graph.loading import load_graph

    folder.mkdir(parents=True, exist_ok=True)
    # Not among the tables of loads: the loader removes there what it does not know.
    with TemporaryDirectory(prefix="edit-", dir=folder) as work:
        base = take(Path(work) / "base")
        report = load_graph(
            store,
            stamps,
            lambda made: add(base, made),
            home.folder("graph") / TABLES,
            progress=progress,
        )
    parts = ("added", "changed", "removed")
    return {"load": report.load, **{name: dict(getattr(report, name)) for name in parts}}
