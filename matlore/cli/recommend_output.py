"""The tables of `matlore recommend`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from .output import Format, emit, note

__all__ = ["print_candidates"]

_COLUMNS = ("rank", "formula", "score", "known", "papers", "together", "since")
_EXPLAINED = ("connecting_words", "papers_that_connect")
_RANKS = ("literature rank", "prediction rank", "derivation rank", "fused score")
_PROPERTIES = ("rank", "formula", "property", "value", "unit", "range", "at", "from", "source")


def print_candidates(result: Mapping[str, Any], *, explain: bool) -> None:
    """Print the table for people, the quoted sentences below it, and what was not counted."""
    candidates = result["candidates"]
    name, until = result["application"], result["trained_until"]
    trained = "" if until is None else f", trained until {until}"
    emit(
        {"rows": [_line(candidate) for candidate in candidates]},
        rows="rows",
        format=Format.TABLE,
        title=f"Candidates for {name} (vectors {result['vectors']}{trained})",
        columns=_columns(result, explain=explain),
    )
    if any("properties" in candidate for candidate in candidates):
        _print_properties(candidates)
        _print_elements(candidates)
    if explain:
        _print_evidence(candidates)
    if not candidates:
        note("no material of these vectors passes the filters")
    elif candidates[0]["known"] is None:
        note(
            f"whether a material is known for {name!r} was not counted: no corpus at hand"
            " (`matlore ingest` reads one in)"
        )
    for told in result.get("notes", ()):
        note(told)


def _columns(result: Mapping[str, Any], *, explain: bool) -> tuple[str, ...]:
    """Return the columns of the table of candidates."""
    ranks = _RANKS if "ranking" in result else ()
    return (*_COLUMNS, *ranks, *(_EXPLAINED if explain else ()))


def _line(candidate: Mapping[str, Any]) -> dict[str, object]:
    """Return a candidate as a line of the table."""
    known = candidate["known"]
    return {
        "rank": candidate["rank"],
        "formula": candidate["display"] or candidate["formula"],
        "score": f"{candidate['score']:.3f}",
        "known": "not counted" if known is None else known,
        "papers": candidate["n_papers"],
        "together": candidate["n_application_papers"],
        "since": _year(candidate["first_application_year"]),
        **{f"{name} rank": place for name, place in candidate.get("ranks", {}).items()},
        "fused score": candidate.get("fused_score"),
        "connecting_words": [_plain(item["word"]) for item in candidate.get("words", ())],
        "papers_that_connect": candidate.get("papers", ()),
    }


def _year(year: int | None) -> str | None:
    return None if year is None else str(year)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _print_evidence(candidates: Sequence[Mapping[str, Any]]) -> None:
    """Print since when each is named with the application, and the best sentence."""
    for candidate in candidates:
        typer.echo()
        told = candidate["history"] or "not counted with the application"
        typer.echo(f"{candidate['rank']}. {candidate['display']}: {told}")
        for item in candidate["sentences"][:1]:
            typer.echo(f"   “{item['sentence'].strip()}” ({item['paper']})")


def _print_properties(candidates: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of what is known or predicted of the candidates."""
    rows = [line for candidate in candidates for line in _property_lines(candidate)]
    if not rows:
        note("no property that matters is reported, derived or predicted of these candidates")
        return
    title = "Properties that matter (range: of papers, or a 90% interval; ?: outside the domain)"
    emit({"rows": rows}, rows="rows", format=Format.TABLE, title=title, columns=_PROPERTIES)


def _property_lines(candidate: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield a line a value."""
    for one in candidate["properties"]:
        doubtful = " ?" if one["in_domain"] is False else ""
        papers = one.get("papers", ())
        ends = (one["lower"], one["upper"])
        yield {
            "rank": candidate["rank"],
            "formula": candidate["display"] or candidate["formula"],
            "property": one["property"],
            "value": f"{one['value']:.4g}{doubtful}",
            "unit": "" if one["unit"] == "1" else one["unit"],
            "range": "" if None in ends else f"{ends[0]:.3g} to {ends[1]:.3g}",
            "at": "; ".join(one["conditions"]),
            "from": _origin(one),
            "source": one.get("model") or _papers(papers, one["sources"]),
        }


def _origin(one: Mapping[str, Any]) -> str:
    return "computed in papers" if one.get("modality") == "computed" else str(one["kind"])


def _papers(papers: Sequence[str], number: int | None) -> str:
    """Return the surest paper, and how many more there are."""
    if not papers:
        return ""
    more = (number or 1) - 1
    return papers[0] if not more else f"{papers[0]} and {more} more"


def _print_elements(candidates: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of what limits the use of the candidates' elements."""
    rows = [
        {
            "rank": candidate["rank"],
            "formula": candidate["display"] or candidate["formula"],
            "scarcest": _of(one["scarcest"], one["abundance"]),
            "supply risk (HHI)": _of(one["riskiest"], one["supply_risk"]),
            "toxicity": _class(one["toxicity"], one["toxic"]),
            "price": _class(one["price"], one["dear"]),
            "radioactive": ", ".join(one["radioactive"]),
            "not classed": ", ".join(one["unclassed"]),
        }
        for candidate in candidates
        if (one := candidate["elements"])
    ]
    title = "Elements (mg/kg of the Earth's crust; coarse classes, the worst element counts)"
    emit({"rows": rows}, rows="rows", format=Format.TABLE, title=title)


def _of(symbol: str | None, value: float | None) -> str:
    return "" if symbol is None or value is None else f"{symbol} {value:g}"


def _class(name: str | None, symbols: Sequence[str]) -> str:
    """Return a class with the elements that it is of."""
    if name is None:
        return ""
    return f"{name} ({', '.join(symbols)})" if symbols else name
