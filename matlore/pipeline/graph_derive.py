"""What `matlore graph derive` does for a whole graph: what follows from its values, kept in it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import GraphError
from matlore.progress import Progress, no_progress

from .graph_edit import load_edited, opened_graph
from .graph_load import DERIVED, SYMBOLS, derived_store, new_symbols, symbols_stamp
from .graph_plan import home_library

if TYPE_CHECKING:
    from graph.derived_store import DerivedStore, Noted
    from graph.derived_work import Material, Work
    from graph.propnet.engine import DeriveOptions
    from graph.propnet.library import Library
    from graph.stores import GraphInfo, GraphStore, Login
    from graph.tables import GraphFolder
    from matlore.home import Home

__all__ = ["derive_home_graph", "derive_is_current"]

_COMMIT_SECONDS = 120.0
"""What was derived is kept so often, for a run that is killed to be gone on with."""


@dataclass(frozen=True)
class _Todo:
    """What a run has to do.

    Attributes:
        prints: fingerprints of all materials that have values.
        outdated: those whose values, or whose models, are others than they were.
        gone: materials that have no values any more.
        models: whether the models must be written.
    """

    prints: Mapping[str, str]
    outdated: frozenset[str]
    gone: frozenset[str]
    models: bool

    @property
    def anything(self) -> bool:
        return bool(self.outdated or self.gone or self.models)


def derive_home_graph(
    home_path: Path,
    *,
    store: str | None = None,
    login: "Login | None" = None,
    options: "DeriveOptions | None" = None,
    workers: int = 2,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Derive what follows from the values of a graph, and put it into the graph.

    Only materials whose values changed are derived anew, or all where models or options did.
    What was derived is kept in the home, so a run that is killed is gone on with.

    Args:
        home_path: the data home, which must be there.
        store: the address of the store; None for the one in the home.
        login: for a server.
        options: how far to go; None for what is usual.
        workers: processes to start; at most 1 does the work in this one.
        progress: told of each material.

    Returns:
        `store`, `load`; `materials` that have values, and how many of them were `derived` now and
        how many are `unchanged`; of all that is kept now: `quantities` that follow, `aggregates`,
        `conflicts`, `with_values`: materials of which something follows, `cut_off`, `failed`:
        materials with errors, and the first few `errors`, and `rejections` by reason; `added`,
        `changed` and `removed` rows of the graph by table; and `seconds`.

    Raises:
        HomeError: there is no such home.
        HomeBusyError: another process is writing to it.
        NotFoundError: there is no graph yet.
        GraphError: the store cannot be used, or its graph must be loaded anew first.
        InputError: a file of the user's models is wrong.
        ArtifactError: what was derived before is damaged.
    """
    from graph.derived_work import Work
    from graph.propnet.engine import DeriveOptions
    from matlore.home import Home

    started = time.monotonic()
    home = Home.open(home_path)
    work = Work(home_library(home_path), options or DeriveOptions())
    with home.writer(), _opened(home, store, login, work.library) as (opened, info, tables):
        derived = derived_store(home)
        todo = _todo(tables, derived, work)
        progress(0, total=len(todo.outdated), text="deriving")
        if todo.anything:
            _derive(tables, derived, work, todo, workers, progress)
        report = _load(home, opened, info, tables, derived, progress)
        return {
            "store": opened.address,
            "materials": len(todo.prints),
            "derived": len(todo.outdated),
            "unchanged": len(todo.prints) - len(todo.outdated),
            **derived.counts(),
            **report,
            "seconds": round(time.monotonic() - started, 1),
        }


def derive_is_current(
    home_path: Path, *, store: str | None = None, login: "Login | None" = None
) -> int | None:
    """Return for how many materials a run with the usual options would have something to do.

    Returns:
        None where it would have nothing to do at all: 0 where only the graph lacks something.

    Raises:
        HomeError, NotFoundError, GraphError, InputError, ArtifactError: see `derive_home_graph`.
    """
    from graph.derived_work import Work
    from graph.propnet.engine import DeriveOptions
    from matlore.home import Home

    home = Home.open(home_path)
    work = Work(home_library(home_path), DeriveOptions())
    with _opened(home, store, login, work.library) as (_, info, tables):
        derived = derived_store(home)
        todo = _todo(tables, derived, work)
        if todo.anything or info.inputs.get(DERIVED) != derived.stamp():
            return len(todo.outdated | todo.gone)
        return None


@contextmanager
def _opened(
    home: "Home", store: str | None, login: "Login | None", library: "Library"
) -> "Iterator[tuple[GraphStore, GraphInfo, GraphFolder]]":
    """Give a store with the tables that were loaded into it last.

    Raises:
        GraphError: they are of another home, of another version of the schema, or lack properties.
    """
    with opened_graph(home, store, login) as (opened, info, tables):
        if info.inputs.get(SYMBOLS) != symbols_stamp(new_symbols(library)):
            raise GraphError(
                f"the graph in {opened.address} has not the properties that models connect now:"
                " bring it up to date with `matlore graph load` first"
            )
        yield opened, info, tables


def _todo(tables: "GraphFolder", derived: "DerivedStore", work: "Work") -> _Todo:
    """Compare the values of a graph with those that were derived from last."""
    from graph.derived_tables import fingerprints
    from graph.derived_work import derive_version

    version = derive_version(work.library, work.options)
    prints, known, card = fingerprints(tables), derived.materials(), derived.card()
    seconds = work.options.seconds
    outdated = frozenset(
        material
        for material, found in prints.items()
        if not _is_current(known.get(material), found, version, seconds)
    )
    gone = frozenset(known.keys() - prints.keys())
    return _Todo(prints, outdated, gone, card is None or card.version != version)


def _is_current(noted: "Noted | None", fingerprint: str, version: str, seconds: float) -> bool:
    """Tell whether a material need not be derived anew."""
    if noted is None or (noted.fingerprint, noted.version) != (fingerprint, version):
        return False
    return noted.cut_off is None or noted.seconds >= seconds


def _derive(
    tables: "GraphFolder",
    derived: "DerivedStore",
    work: "Work",
    todo: _Todo,
    workers: int,
    progress: Progress,
) -> None:
    """Derive what is outdated, and keep it."""
    from graph.derived_rows import model_tables
    from graph.derived_work import derive_materials, derive_version, value_versions
    from graph.propnet.combining import WEIGHTED_MEAN

    version = derive_version(work.library, work.options)
    models = model_tables(
        work.library.models.values(),
        mean=WEIGHTED_MEAN,
        version=value_versions(work.library)[WEIGHTED_MEAN],
    )
    draft, kept = derived.draft(), time.monotonic()
    for rows in derive_materials(_materials(tables, todo), work, workers=workers):
        draft.add(rows)
        progress(rows["materials"].num_rows)
        if time.monotonic() - kept > _COMMIT_SECONDS:
            draft.commit(models, version)
            draft, kept = derived.draft(), time.monotonic()
    progress(0, text="keeping what was derived")
    draft.commit(models, version, todo.gone)


def _materials(tables: "GraphFolder", todo: _Todo) -> "Iterator[Material]":
    from graph.derived_tables import base_rows
    from graph.derived_work import Material

    if not todo.outdated:
        return
    for key, rows in base_rows(tables, todo.outdated.__contains__):
        yield Material(key, rows, todo.prints[key])


def _load(
    home: "Home",
    store: "GraphStore",
    info: "GraphInfo",
    tables: "GraphFolder",
    derived: "DerivedStore",
    progress: Progress,
) -> dict[str, Any]:
    """Put what is kept into a graph, in the place of what was derived before."""
    from graph.derived_tables import add_derived, without_derived

    return load_edited(
        home,
        store,
        {**info.inputs, DERIVED: derived.stamp() or ""},
        take=lambda folder: without_derived(tables, folder),
        add=lambda base, folder: add_derived(base, derived, folder),
        folder=derived.path,
        progress=progress,
    )
