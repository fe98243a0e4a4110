"""How predictions are printed."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from .output import Format, emit, note
from .running import FAILED, PARTLY_DONE

__all__ = ["show_predictions"]

_COLUMNS = ("material", "property", "value", "unit", "interval", "domain")
_SHOWN_ERRORS = 10
_CELLS = (
    *("name", "formula", "property", "value", "unit", "lower", "upper", "level", "class"),
    *("in_domain", "doubts", "conditions", "model", "drivers", "neighbours", "place", "error"),
)

_Row = Mapping[str, Any]


def show_predictions(result: Mapping[str, Any], format: Format, *, single: bool) -> None:
    """Print predictions, and what to know of them on stderr.

    Args:
        result: as `predict_properties` returns it.
        format: how to print.
        single: whether JSON of one prediction is the prediction itself.

    Raises:
        Exit: 3 where some materials could not be predicted, 1 where none could be.
    """
    rows: Sequence[_Row] = result["predictions"]
    if format is Format.TABLE:
        _print_table([row for row in rows if "error" not in row])
    elif format is Format.CSV:
        _print_csv(rows)
    elif format is Format.JSON and single and len(rows) == 1:
        emit(rows[0], format=format)
    else:
        emit({"predictions": rows}, rows="predictions", format=format)
    for text in result["notes"]:
        note(text)
    _end([row for row in rows if "error" in row], len(rows))


def _print_table(rows: Sequence[_Row]) -> None:
    """Print a line a prediction, doubts once for each material, and what was asked for besides."""
    if not rows:
        return
    conditions = list(dict.fromkeys(name for row in rows for name in row["conditions"]))
    columns = [*_COLUMNS[:2], *conditions, *_COLUMNS[2:]]
    lines = [_line(row) for row in rows]
    title = f"Predictions, with intervals that hold {100 * rows[0]['level']:g} % of true values"
    emit({"rows": lines}, rows="rows", format=Format.TABLE, title=title, columns=columns)
    _print_doubts(rows)
    for row in rows:
        _print_reasons(row)


def _line(row: _Row) -> dict[str, object]:
    return {
        "material": _material(row),
        "property": row["property"],
        **row["conditions"],
        "value": _value(row),
        "unit": "" if row["unit"] == "1" else row["unit"],
        "interval": _interval(row),
        "domain": "inside" if row["in_domain"] else "outside",
    }


def _material(row: _Row) -> str:
    """Return what was asked about; of a structure its formula and file."""
    return f"{row['formula']} ({row['structure']})" if "structure" in row else str(row["name"])


def _value(row: _Row) -> str:
    if "class" not in row:
        return _number(row["value"])
    sure = max(row["value"], 1 - row["value"])
    return f"{row['class']} ({sure:.0%})"


def _interval(row: _Row) -> str:
    if "class" in row:
        return " or ".join(row["classes"])
    return f"{_number(row['lower'])} to {_number(row['upper'])}"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def _print_doubts(rows: Sequence[_Row]) -> None:
    """Print why predictions are in doubt, each reason once with what it is about."""
    doubted: dict[str, dict[str, None]] = {}
    for row in rows:
        for doubt in row["doubts"]:
            doubted.setdefault(doubt, {})[f"{row['property']} of {_material(row)}"] = None
    if doubted:
        typer.echo()
    ranked = sorted(doubted.items(), key=lambda item: -len(item[1]))
    for doubt, names in ranked[:_SHOWN_ERRORS]:
        few = ", ".join(list(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        typer.echo(f"outside: {few}: {doubt}")
    if len(doubted) > _SHOWN_ERRORS:
        typer.echo(f"and {len(doubted) - _SHOWN_ERRORS} more reasons: see --format json")


def _print_reasons(row: _Row) -> None:
    """Print what moved a prediction, and the materials that are like it."""
    if not row["drivers"] and not row["neighbours"]:
        return
    at = "".join(f", {name} {value:g}" for name, value in row["conditions"].items())
    typer.echo(f"\n{_material(row)}, {row['property']}{at}: {_value(row)} {_unit(row)}".rstrip())
    for driver in row["drivers"]:
        unit = "" if driver.unit == "1" else f" {driver.unit}"
        typer.echo(f"  {driver.name} {_number(driver.value)}{unit}: {driver.text}")
    for one in row["neighbours"]:
        value = f"{_number(one.value)} {_unit(row)}".rstrip()
        typer.echo(f"  like {one.formula} ({value}; distance {one.distance:.2f})")


def _unit(row: _Row) -> str:
    return "" if row["unit"] == "1" else str(row["unit"])


def _print_csv(rows: Sequence[_Row]) -> None:
    """Print a line a row, each condition in a column of its own."""
    conditions = list(dict.fromkeys(name for row in rows for name in row.get("conditions", ())))
    columns = [name for name in _CELLS if any(_is_said(row.get(name)) for row in rows)]
    place = columns.index("conditions") if "conditions" in columns else len(columns)
    columns[place : place + 1] = conditions
    lines = [
        {**row, **row.get("conditions", {}), "drivers": _texts(row.get("drivers", ()))}
        for row in rows
    ]
    emit({"rows": lines}, rows="rows", format=Format.CSV, columns=columns)


def _is_said(value: object) -> bool:
    """Tell whether a cell says something: a zero and a `no` do."""
    return value is not None and (not isinstance(value, str | Sequence) or bool(value))


def _texts(drivers: Sequence[Any]) -> list[str]:
    return [f"{one.name} {one.text}" for one in drivers]


def _end(errors: Sequence[_Row], number: int) -> None:
    """Tell the first errors; exit 3 where there are any, 1 where there is nothing else."""
    for row in errors[:_SHOWN_ERRORS]:
        place, error = row.get("place"), row["error"]
        # An error of a structure names its file, which is the place.
        note(f"{place}: {error}" if place and not error.startswith(place) else error)
    if errors:
        note(f"{len(errors)} could not be predicted")
        raise typer.Exit(FAILED if len(errors) == number else PARTLY_DONE)
