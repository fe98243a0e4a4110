"""`matlore graph`: load, count and export the property graph."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .graph_derive import register_derive
from .graph_models import register_models
from .graph_predict import register_predict
from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit, note
from .progress import progress_bar
from .running import PARTLY_DONE
from .store_options import StoreOption, store_and_login

__all__ = ["register"]

_HELP = "Fill, derive and predict in, count and export the graph of papers, materials and facts."
_SHOWN_REASONS = 10


def register(app: typer.Typer) -> None:
    """Add the group `matlore graph` with its commands."""
    group = sub_app(app, "graph", _HELP)
    group.command("load")(_load)
    group.command("stats")(_stats)
    group.command("export")(_export)
    register_derive(group)
    register_predict(group)
    register_models(group)


def _load(
    quantities: Annotated[
        list[Path] | None,
        typer.Option(
            "--quantities",
            metavar="CSV",
            help="Values of your own: columns material, property, value, unit, source; optional"
            " value_max, std, comparator, temperature, pressure, condition:NAME, license. They"
            " stay in the home; may be repeated.",
        ),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(
            "--forget",
            metavar="SOURCE",
            help="Forget your own values from this source; may be repeated.",
        ),
    ] = None,
    facts: Annotated[
        str | None,
        typer.Option(
            "--facts",
            metavar="home|starter|both",
            help="Whose facts [default: the home's where it has any, else those that ship].",
            show_default=False,
        ),
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(
            "--vectors",
            metavar="PATH",
            help="Word vectors for candidates and similar materials [default: the home's, else"
            " those that ship].",
            show_default=False,
        ),
    ] = None,
    no_vectors: Annotated[
        bool, typer.Option("--no-vectors", help="No candidates and no similar materials.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="First remove the graph that is in the store."),
    ] = False,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Bring the graph up to date with the facts: only what changed is written."""
    from matlore.pipeline.graph_load import facts_choice, load_home_graph

    address, login = store_and_login(store, home)
    with progress_bar("graph") as progress:
        report = load_home_graph(
            home_path(home),
            store=address,
            login=login,
            quantities=quantities or (),
            forget=forget or (),
            facts=facts_choice(facts),
            vectors=vectors,
            with_vectors=not no_vectors,
            replace=replace,
            progress=progress,
        )
    emit(report if format is Format.JSON else _load_lines(report), format=format)
    _end(report["quantities"])


def _load_lines(report: Mapping[str, Any]) -> dict[str, object]:
    """Return what a load did as one line each, nodes and edges summed up."""
    lines: dict[str, object] = {"store": report["store"]}
    if report["unchanged"]:
        lines["graph"] = "up to date: nothing to do"
    for what in ("added", "changed", "removed"):
        rows = report[what]
        nodes = sum(n for name, n in rows.items() if "." not in name)
        edges = sum(n for name, n in rows.items() if "." in name)
        if rows:
            lines[what] = f"{nodes:,} nodes, {edges:,} edges"
    own = report["quantities"]
    if own["read"] or own["forgotten"]:
        lines["own values"] = f"{own['read']} read, {own['new']} new, {own['forgotten']} forgotten"
    if report["odd_materials"]:
        lines["odd materials"] = ", ".join(report["odd_materials"])
    return lines


def _end(own: Mapping[str, Any]) -> None:
    """Say what was strange about one's own values; exit 3 where rows could not be read."""
    for warning in own["warnings"]:
        note(f"warning: {warning}")
    for reason in own["reasons"][:_SHOWN_REASONS]:
        note(reason)
    if own["failed"]:
        note(f"{own['failed']} rows could not be read: see {own['quarantine']}")
        raise typer.Exit(PARTLY_DONE)


def _stats(
    schema: Annotated[
        bool, typer.Option("--schema", help="Show the labels, edges and properties instead.")
    ] = False,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Count nodes by label, edges by type and quantities by kind; say what it was made from."""
    from matlore.pipeline.graph_load import graph_schema, graph_stats

    if schema:
        emit({"schema": graph_schema()}, rows="schema", format=format)
        return
    address, login = store_and_login(store, home)
    stats = graph_stats(home_path(home), store=address, login=login)
    if format is Format.JSON:
        emit(stats, format=format)
        return
    if stats["pending"]:
        note("a load was cut off: `matlore graph load` completes it")
    rows = [
        {"kind": kind, "name": name, "count": count}
        for part, kind in (("nodes", "node"), ("edges", "edge"), ("quantities", "quantity"))
        for name, count in stats[part].items()
    ]
    note(f"{stats['store']}, loaded {stats['made']}")
    emit({"counts": rows}, rows="counts", format=format)


def _export(
    out: Annotated[Path, typer.Argument(metavar="PATH", help="The file or folder to write.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="NAME",
            help="graphml, ntriples, jsonld, csv (a folder), node-link (networkx).",
        ),
    ] = "graphml",
    neo4j_admin: Annotated[
        bool,
        typer.Option(
            "--neo4j-admin",
            help="Write a folder for `neo4j-admin database import`: the quickest first load of a"
            " large graph.",
        ),
    ] = False,
    licenses: Annotated[
        list[str] | None,
        typer.Option(
            "--license",
            metavar="NAME",
            help="Only what has this licence: CC0, CC-BY, `CC-*`, or `redistributable` for CC0,"
            " CC-BY, CC-BY-SA, MIT and the public domain; may be repeated.",
        ),
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="LABEL",
            help="Only nodes with this label, and edges between such; may be repeated.",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="IRI", help="What the names in RDF begin with."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export.")
    ] = False,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Write the graph to files for other programs, all of it or what may be passed on."""
    from matlore.pipeline.graph_export import export_home_graph

    address, login = store_and_login(store, home)
    with progress_bar("exporting") as progress:
        report = export_home_graph(
            home_path(home),
            out,
            format="neo4j-admin" if neo4j_admin else to,
            store=address,
            login=login,
            licenses=licenses or (),
            labels=labels or (),
            base=base,
            overwrite=overwrite,
            progress=progress,
        )
    emit(report if format is Format.JSON else _export_lines(report), format=format)


def _export_lines(report: Mapping[str, Any]) -> dict[str, object]:
    rows, left_out = report["rows"], report["left_out"]
    lines: dict[str, object] = {
        "path": report["path"],
        "nodes": sum(n for name, n in rows.items() if "." not in name),
        "edges": sum(n for name, n in rows.items() if "." in name),
    }
    if left_out:
        lines["left out"] = f"{sum(left_out.values())} rows under other licences"
    if report["command"]:
        lines["next"] = report["command"]
    return lines
