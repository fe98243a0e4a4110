"""`matlore facts show`: what the papers say of a material."""

import re
from collections.abc import Mapping
from textwrap import fill
from typing import Annotated, Any

import typer

from matlore.errors import UsageError

from .facts_options import HELP
from .options import FormatOption, HomeOption, home_path, sub_app
from .output import Format, emit, note

__all__ = ["register"]

_YEARS = re.compile(r"(\d{4})?:(\d{4})?|(\d{4})")
_WIDTH = 98
_DENIAL = 0.05  # one misread paper of hundreds puts no fact in doubt
_CSV_COLUMNS = (
    "kind",
    "text",
    "property",
    "value",
    "std",
    "comparator",
    "unit",
    "conditions",
    "type",
    "object",
    "modality",
    "n_papers",
    "first_year",
    "last_year",
    "typical",
    "n_agreeing",
    "minimum",
    "maximum",
    "score",
    "check",
    "papers",
)


def register(app: typer.Typer) -> None:
    """Add the command to the group `matlore facts`."""
    sub_app(app, "facts", HELP).command("show")(_show)


def _show(
    material: Annotated[
        str, typer.Argument(metavar="MATERIAL", help="A formula or a name, in any spelling.")
    ],
    property: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            "-p",
            metavar="NAME",
            help="Only this property, by name or symbol; may be repeated.",
        ),
    ] = None,
    type: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE", help="Only relations such as USED_IN; may be repeated."
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="How many facts.")] = 10,
    min_score: Annotated[
        float,
        typer.Option(
            "--min-score", min=0.0, max=1.0, metavar="SCORE", help="Leave out less certain facts."
        ),
    ] = 0.0,
    papers: Annotated[
        int, typer.Option("--papers", min=0, metavar="N", help="How many papers a fact.")
    ] = 3,
    year: Annotated[
        str | None,
        typer.Option(
            "--year", metavar="A:B", help="Only papers of these years.", show_default=False
        ),
    ] = None,
    quotes: Annotated[
        bool, typer.Option("--quotes", help="Add a sentence of the home's papers to each fact.")
    ] = False,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Show what is known of a material: its quantities and relations, with their papers."""
    from matlore.pipeline.facts_show import show_facts

    result = show_facts(
        home_path(home),
        material,
        properties=property or (),
        types=type or (),
        top=top,
        min_score=min_score,
        papers=papers,
        years=_years(year),
        quotes=quotes,
    )
    if result["source"] != "home":
        note("not in the home; these ship with matlore (`matlore facts extract` finds more)")
    if format is Format.JSON:
        emit(result, format=format)
    elif format is Format.TABLE:
        _print_list(result, material)
    else:
        emit({"facts": _rows(result)}, rows="facts", format=format, columns=_CSV_COLUMNS)


def _years(text: str | None) -> tuple[int | None, int | None]:
    """Read `2009:2021`, `2009:`, `:2021` or `2015`.

    Raises:
        UsageError: it is none of these.
    """
    if text is None:
        return None, None
    match = _YEARS.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise UsageError(f"--year {text!r}: write 2009:2021, 2009:, :2021 or 2015")
    first, last, only = (int(group) if group else None for group in match.groups())
    first, last = (only, only) if only else (first, last)
    if first and last and first > last:
        raise UsageError(f"--year {text!r}: the first year is after the last one")
    return first, last


def _rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return quantities and relations as items of one list."""
    quantities = [{"kind": "quantity", **row} for row in result["quantities"]]
    relations = [{"kind": "relation", **row} for row in result["relations"]]
    return [{**row, "check": _check(row)} for row in quantities + relations]


def _print_list(result: Mapping[str, Any], asked: str) -> None:
    """Print facts for people: each with its papers, and what speaks against it, below."""
    facts = [*result["quantities"], *result["relations"]]
    if not facts:
        note(f"no such facts of {result['material']}")
        return
    total = result["n_quantities"] + result["n_relations"]
    key = str(result["material"])
    name = asked if key.removeprefix("name:") == asked else f"{asked} ({key})"
    shown = "" if len(facts) == total else f", of {total}"
    papers = _counted(result["papers"], "paper")
    typer.secho(f"{name}: {_counted(len(facts), 'fact')}{shown} in {papers}\n", bold=True)
    for row in facts:
        typer.echo(_folded(row["text"], "  ", "    "))
        more = [", ".join(row["papers"]), _check(row)]
        if quote := row.get("quote"):
            more.append(f"“{quote['sentence']}” ({quote['paper']})")
        for line in filter(None, more):
            typer.echo(_folded(line, "      ", "      "))


def _folded(text: str, first: str, next: str) -> str:
    """Return a text in lines that a terminal has room for; no identifier is broken."""
    return fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=next,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _check(row: Mapping[str, Any]) -> str:
    """Say what speaks against a fact."""
    said = []
    if differing := row.get("disagreement"):
        first, second = (_observed(differing[key]) for key in ("first", "second"))
        stated = "" if row["conditions"] else ", conditions not stated"
        said.append(f"DISAGREE: {first}, {second}{stated}")
    if outliers := row.get("outliers"):
        said.append(f"left out: {', '.join(map(_observed, outliers[:2]))}")
    if row["n_papers"] and len(row.get("denied_by", ())) >= _DENIAL * row["n_papers"] > 0:
        said.append(f"DENIED by {', '.join(row['denied_by'][:2])}")
    return "; ".join(said)


def _observed(observation: Mapping[str, Any]) -> str:
    sign = "" if observation["comparator"] in "=~" else f"{observation['comparator']} "
    return f"{sign}{observation['value']:.4g} ({observation['paper']})"


def _counted(number: int, word: str) -> str:
    """Return `1 paper` or `2 papers`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
