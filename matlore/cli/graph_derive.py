"""`matlore graph derive`: what follows from what is known, and why."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from matlore.errors import UsageError

from .options import FormatOption, HomeOption, home_path
from .output import Format, emit, note
from .progress import progress_bar
from .running import PARTLY_DONE
from .store_options import StoreOption, store_and_login

__all__ = ["register_derive"]

_COLUMNS = ("property", "value", "unit", "temperature", "conditions", "kind", "model", "sources")


def register_derive(group: typer.Typer) -> None:
    """Add the command to the group `matlore graph`."""
    group.command("derive")(_derive)


def _derive(
    material: Annotated[
        str | None,
        typer.Argument(
            metavar="[MATERIAL]",
            help="Show what follows for this material, and write nothing [default: derive for all"
            " materials of the graph, and put it into the graph].",
            show_default=False,
        ),
    ] = None,
    property: Annotated[
        str | None,
        typer.Option("--property", "-p", metavar="NAME", help="Only values of this property."),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", metavar="K", help="Only values at this temperature."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Show how each value follows: equations, numbers, units and papers."
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw the tree of a property, or its curve over temperature, to PNG, SVG or PDF.",
        ),
    ] = None,
    rejected: Annotated[
        bool,
        typer.Option("--rejected", help="Show instead what was not used or derived, and why."),
    ] = False,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="Show what can be derived from this property, from `temperature` or from"
            " `formula`; may be repeated.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="NAME",
            help="Show what is needed for this property; with --from, the ways to it.",
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=1, metavar="N", help="So many models after one another."),
    ] = None,
    max_uncertainty: Annotated[
        float | None,
        typer.Option(
            "--max-uncertainty",
            metavar="SHARE",
            help="Reject values whose standard deviation is a greater share of them [default: 1].",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            metavar="S",
            help="Give up on a material after so long [default: 60].",
            show_default=False,
        ),
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(
            "--min-score",
            min=0.0,
            max=1.0,
            metavar="X",
            help="Leave out values that were read with less certainty [default: 0.5].",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, metavar="N", help="Processes, for all materials.")
    ] = 2,
    store: StoreOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Derive values by equations: for the whole graph, or show them for one material."""
    if sources or target:
        if material is not None:
            raise UsageError("--from and --to are about properties: leave out the material")
        _show_plan(home_path(home), sources or [], target, depth, format)
        return
    from matlore.pipeline.graph_explain import derive_options

    limits = {"depth": depth, "max_uncertainty": max_uncertainty, "seconds": seconds}
    options = derive_options(**limits, min_score=min_score)  # type: ignore[arg-type]
    address, login = store_and_login(store, home)
    if material is None:
        _need_material(property, temperature, explain, plot, rejected)
        from matlore.pipeline.graph_derive import derive_home_graph

        with progress_bar("deriving") as progress:
            report = derive_home_graph(
                home_path(home),
                store=address,
                login=login,
                options=options,
                workers=workers,
                progress=progress,
            )
        _show_report(report, format)
        return
    from matlore.pipeline.graph_explain import derive_material

    result = derive_material(
        home_path(home),
        material,
        store=address,
        login=login,
        property=property,
        at=temperature,
        explain=explain,
        plot=plot,
        options=options,
    )
    _show_values(result, rejected=rejected, explain=explain, format=format)
    if plot is not None:
        note(f"plot: {plot}")


def _need_material(
    property: str | None,
    temperature: float | None,
    explain: bool,
    plot: Path | None,
    rejected: bool,
) -> None:
    """Refuse what is about one material where none is named.

    Raises:
        UsageError: the first such option.
    """
    given = {
        "--property": property is not None,
        "--temperature": temperature is not None,
        "--explain": explain,
        "--plot": plot is not None,
        "--rejected": rejected,
    }
    for option, is_given in given.items():
        if is_given:
            raise UsageError(f"{option} needs a material: `matlore graph derive PbTe {option} …`")


# The whole graph.


def _show_report(report: Mapping[str, Any], format: Format) -> None:
    """Print what a run did; exit 3 where some materials failed."""
    if format is Format.JSON:
        emit(report, format=format)
    else:
        emit(_report_lines(report), format=format)
    for error in report["errors"]:
        note(error)
    if report["failed"]:
        note(f"{report['failed']} materials failed; they are tried again by the next run")
        raise typer.Exit(PARTLY_DONE)


def _report_lines(report: Mapping[str, Any]) -> dict[str, object]:
    lines: dict[str, object] = {
        "store": report["store"],
        "materials": f"{report['materials']:,} with values, {report['derived']:,} derived now",
        "derived values": f"{report['quantities']:,} of {report['with_values']:,} materials",
        "means of several": f"{report['aggregates']:,}",
        "disagreements": f"{report['conflicts']:,}",
    }
    if report["rejections"]:
        most = sorted(report["rejections"].items(), key=lambda one: -one[1])[:6]
        lines["rejected"] = ", ".join(f"{count:,} {reason}" for reason, count in most)
    if report["cut_off"]:
        lines["cut off"] = f"{report['cut_off']:,} materials"
    lines["seconds"] = report["seconds"]
    return lines


# One material.


def _show_values(
    result: Mapping[str, Any], *, rejected: bool, explain: bool, format: Format
) -> None:
    if rejected:
        refused = [*result["refused"], *result["rejected"]]
        emit({**result, "refused": refused}, rows="refused", format=format)
        if not refused:
            note("nothing was refused or rejected")
        return
    if format is not Format.TABLE:
        emit(result, rows="values", format=format)
        return
    if explain:
        print("\n".join(result["lines"]).rstrip())
    else:
        title = f"{result['material']}: {result['reported']} reported values were used"
        rows = [_row(one) for one in result["values"]]
        emit({"values": rows}, rows="values", format=format, title=title, columns=_COLUMNS)
    for one in result["values"]:
        if one["conflict"] is not None:
            note(f"{one['property']} by {one['model']} disagrees with what is reported")
    if result["property"] is not None and not result["values"]:
        _say_why_not(result["property"], result["missing"])
    if result["cut_off"]:
        note(f"not all was derived: cut off {result['cut_off']}")


def _say_why_not(name: str, routes: Sequence[Mapping[str, Any]]) -> None:
    """Say what a property would follow from, or that something kept it from following."""
    if not routes:
        note(f"{name}: no model gives it")
    elif not routes[0]["missing"]:
        models = ", ".join(way["model"] for way in routes[0]["steps"])
        note(f"{name}: all that {models} need is known; --rejected says why nothing follows")
    else:
        lacking = [" and ".join(route["missing"]) for route in routes[:3]]
        note(f"{name}: it would follow with {', or with '.join(lacking)}")


def _row(one: Mapping[str, Any]) -> dict[str, object]:
    std = f" ± {one['std']:.2g}" if one["std"] else ""
    return {
        **one,
        "value": f"{one['value']:.4g}{std}",
        "temperature": None if one["temperature"] is None else f"{one['temperature']:g} K",
        "conditions": "; ".join(one["conditions"]),
    }


# What could be derived.


def _show_plan(
    path: Path, sources: Sequence[str], target: str | None, depth: int | None, format: Format
) -> None:
    from matlore.pipeline.graph_plan import plan_derivations

    plan = plan_derivations(path, sources=sources, target=target, depth=depth)
    key = next(name for name in ("steps", "routes", "need") if name in plan)
    if format is Format.TABLE and key == "need":
        print("\n".join(plan["lines"]))
    elif format is Format.TABLE:
        rows = [_step(one) if key == "steps" else _route(one) for one in plan[key]]
        emit({"rows": rows}, rows="rows", format=format)
    else:
        emit(plan, rows=None if key == "need" else key, format=format)


def _step(step: Mapping[str, Any]) -> dict[str, object]:
    ways = [f"{way['model']} ({', '.join(way['needs'])})" for way in step["ways"]]
    return {
        "property": step["property"],
        "unit": step["unit"],
        "models": step["depth"],
        "by": "; ".join(ways),
    }


def _route(route: Mapping[str, Any]) -> dict[str, object]:
    return {
        "models": len(route["steps"]),
        "by": " → ".join(way["model"] for way in route["steps"]),
        "missing": ", ".join(route["missing"]) or None,
    }
