"""What `matlore graph derive MATERIAL` does: what follows for one material, and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import NotFoundError, UsageError

from .cypher import prepare_query
from .graph_load import store_address
from .graph_plan import home_library

if TYPE_CHECKING:
    from graph.propnet.base import Derivation, DerivedValue, KnownValue, Rejection
    from graph.propnet.engine import DeriveOptions
    from graph.propnet.explanation import Explanation
    from graph.propnet.library import Library
    from graph.stores import GraphStore, Login

__all__ = ["derive_material", "derive_options"]

_QUANTITIES = """
MATCH (m:Material {id: $material})-[:HAS]->(q:Quantity)-[:OF]->(p:Property)
WHERE NOT coalesce(q.kind, '') IN ['derived', 'aggregate', 'predicted']
OPTIONAL MATCH (q)-[:REPORTED_IN]->(paper:Paper)
RETURN q.id AS id, q.value AS value, q.value_max AS value_max, q.std AS std,
    q.comparator AS comparator, q.unit AS unit, q.conditions AS conditions,
    q.temperature AS temperature, q.modality AS modality, q.score AS score, q.source AS source,
    p.name AS property, paper.title AS title, paper.year AS year
ORDER BY id
"""
_MATERIAL = "MATCH (m:Material {id: $material}) RETURN m.id AS id"
_ROOM = 300.0
_MOST_TREES = 20
_CURVE = 3  # temperatures from which on a property is drawn as a curve


@dataclass(frozen=True)
class _Result:
    """All there is for one material."""

    library: "Library"
    derivation: "Derivation"
    known: "Sequence[KnownValue]"
    rows: Sequence[Mapping[str, Any]]
    refused: "Sequence[Rejection]"


def derive_options(
    *,
    depth: int | None = None,
    max_uncertainty: float | None = None,
    seconds: float | None = None,
    min_score: float | None = None,
) -> "DeriveOptions":
    """Return how far derivation goes; None for what is usual.

    Raises:
        UsageError: a number that makes no sense.
    """
    from graph.propnet.engine import DeriveOptions

    given = {
        "max_depth": depth,
        "max_relative_uncertainty": max_uncertainty,
        "seconds": seconds,
        "min_score": min_score,
    }
    for option, value in (("--seconds", seconds), ("--max-uncertainty", max_uncertainty)):
        if value is not None and not value > 0:
            raise UsageError(f"{option} {value:g}: give a number above 0")
    return DeriveOptions(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def derive_material(
    home_path: Path,
    material: str,
    *,
    store: str | None = None,
    login: "Login | None" = None,
    property: str | None = None,
    at: float | None = None,
    explain: bool = False,
    plot: Path | None = None,
    options: "DeriveOptions | None" = None,
) -> dict[str, Any]:
    """Derive what follows for a material from the graph's values; nothing is written.

    Without a graph, or for a formula that it has not, what follows from the formula alone.

    Args:
        home_path: the data home; it need not exist.
        material: its name or formula.
        store: the address of the store; None for the one in the home.
        login: for a server.
        property: only values of this one.
        at: only values at this temperature, K, and at none.
        explain: add the trees of the values, one for each property and state: at `at`, or at the
            temperature that is nearest to 300 K.
        plot: a PNG, SVG or PDF file for the tree of a property, or for its curve where there are
            three temperatures or more and `at` is None.
        options: how far to go.

    Returns:
        `material`, its key; `property`, by its name; `reported`, how many values could be used;
        `values`: rows; `trees` and `lines`: the explanations; `refused`: reported values that
        could not be used, and `rejected`: what was not derived, both with reasons; `missing`:
        where no value of `property` follows, the routes to it from what is known; `cut_off`: why
        not all was derived, or null.

    Raises:
        NotFoundError: neither a formula nor a material of the graph; nothing to draw.
        UsageError: an unknown property, or a file that cannot be drawn to.
        GraphError: the store cannot be used.
    """
    from graph.propnet.plans import property_named

    if plot is not None:
        from graph.propnet.drawing import check_suffix

        check_suffix(plot)
    library = home_library(home_path)
    name = None if property is None else property_named(library, property)
    key = _key(material)
    rows = _read(store_address(home_path, store), login, key, material)
    result = _derive(key, rows, library, options)
    values = _wanted(result, name, at)
    trees = _trees(result, _chosen(result, values, name, at)) if explain or plot else []
    if plot is not None:
        _draw(result, trees, name, at, plot)
    return {
        "material": key,
        "property": name,
        "reported": len(result.known),
        "values": _value_rows(result, values),
        **(_explained(trees) if explain else {}),
        "refused": [asdict(one) for one in result.refused if name in (None, one.symbol)],
        "rejected": [
            asdict(one) for one in result.derivation.rejections if name in (None, one.symbol)
        ],
        "missing": [] if values or name is None else _missing(result, name),
        "cut_off": result.derivation.cut_off,
    }


# What is known.


def _key(material: str) -> str:
    """Return the key of a material by what a user calls it.

    Raises:
        NotFoundError: it is no formula, and no name that is known.
    """
    from graph.measured import resolve_material
    from ner.names import material_key

    key = resolve_material(material) or material_key(material)
    if key is None:
        raise NotFoundError(
            f"{material!r} is no formula and no material that is known by name; write it as a"
            " formula, or see `matlore cypher 'MATCH (m:Material) RETURN m.id LIMIT 20'`"
        )
    return key


def _read(address: str, login: "Login | None", key: str, material: str) -> list[dict[str, Any]]:
    """Return the reported quantities of a material; none where there is no graph.

    Raises:
        NotFoundError: the material is no formula, and the graph has it not.
    """
    from graph.stores import open_store
    from ner.formulas import composition

    opened = open_store(address, login=login)
    try:
        loaded = opened.info() is not None
        rows = _answer(opened, _QUANTITIES, key) if loaded else []
        formula = ":" not in key and bool(composition(key))
        if not rows and not formula and not (loaded and _answer(opened, _MATERIAL, key)):
            raise NotFoundError(
                f"{material!r} ({key}) is no formula, and the graph {opened.address} has no such"
                " material; load one with `matlore graph load`"
            )
        return rows
    finally:
        opened.close()


def _answer(opened: "GraphStore", query: str, key: str) -> list[dict[str, Any]]:
    prepared, _ = prepare_query(query, opened.dialect)
    found = opened.run(prepared, {"material": key})
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def _derive(
    key: str, rows: Sequence[Mapping[str, Any]], library: "Library", options: "DeriveOptions | None"
) -> _Result:
    from graph.propnet.engine import DeriveOptions, derive
    from graph.propnet.readings import read_values

    options = options or DeriveOptions()
    unique = list({row["id"]: row for row in rows}.values())  # one of several papers
    known, refused = read_values(unique, library, min_score=options.min_score)
    return _Result(library, derive(key, known, library, options), known, unique, refused)


# What is shown.


def _wanted(result: _Result, name: str | None, at: float | None) -> "list[DerivedValue]":
    """Return the values to show, sorted by property, state and temperature."""
    found = [
        value
        for value in result.derivation.values
        if name in (None, value.symbol) and (at is None or _is_at(value.temperature, at))
    ]
    return sorted(
        found,
        key=lambda one: (
            one.symbol,
            one.state,
            one.temperature or 0.0,
            one.kind,
            one.model,
            one.id,
        ),
    )


def _is_at(temperature: float | None, at: float) -> bool:
    """Tell whether a value is at a temperature, or at any, as the engine has it."""
    return temperature is None or abs(temperature - at) <= min(max(0.02 * at, 0.2), 5.0)


def _value_rows(result: _Result, values: "Iterable[DerivedValue]") -> list[dict[str, Any]]:
    sources = _Sources(result)
    conflicts = _conflicts(result)
    return [
        {
            "material": result.derivation.material,
            "id": value.id,
            "property": value.symbol,
            "value": value.value,
            "std": value.std,
            "unit": result.library.symbols[value.symbol].unit,
            "temperature": value.temperature,
            "conditions": [f"{name} = {text}" for name, text in value.state],
            "kind": value.kind,
            "model": value.model,
            "depth": value.depth,
            "sources": len(sources.of(value.id)),
            "conflict": conflicts.get(value.id),
        }
        for value in values
    ]


class _Sources:
    """The papers behind values."""

    def __init__(self, result: _Result) -> None:
        self._derived = {value.id: value for value in result.derivation.values}
        self._found = {value.id: frozenset([value.source]) for value in result.known}

    def of(self, id: str) -> frozenset[str]:
        """Return the papers, and other sources, that a value goes back to."""
        if id not in self._found:
            value = self._derived.get(id)
            uses = value.uses if value else ()
            self._found[id] = frozenset().union(*(self.of(use.id) for use in uses))
        return self._found[id]


def _conflicts(result: _Result) -> dict[str, str]:
    """Return by derived value what the reported one says."""
    from graph.propnet.explanation_text import plain_number

    values = {one.id: one.value for one in result.known}
    values |= {one.id: one.value for one in result.derivation.values}
    found = {}
    for one in result.derivation.conflicts:
        if one.reported in values:
            by = "" if one.difference is None else f" ({one.difference:+.0%})"
            found[one.derived] = f"reported {plain_number(values[one.reported])}{by}"
    return found


def _missing(result: _Result, name: str) -> list[dict[str, Any]]:
    """Return the routes to a property from what is known; with nothing missing, they failed."""
    from graph.propnet.base import FORMULA
    from graph.propnet.paths import paths

    known = sorted({value.symbol for value in result.known})
    formula = [] if ":" in result.derivation.material else [FORMULA]
    sources = [one for one in (*known, *formula) if one != name]
    return [one.to_dict() for one in paths(result.library, sources, name)] if sources else []


# Why.


def _chosen(
    result: _Result, values: "Sequence[DerivedValue]", name: str | None, at: float | None
) -> list[str]:
    """Return the ids of the values to explain: one for each property and state.

    It is the one nearest to a temperature, and of those a mean before its parts; values at no
    temperature have one besides. Means of what is reported are explained only where their
    property is asked for.
    """
    derived = {one.id for one in result.derivation.values}
    inside = {use.id for one in values if one.kind == "aggregate" for use in one.uses}
    groups: dict[tuple[str, Any, bool], list[DerivedValue]] = defaultdict(list)
    for value in values:
        follows = value.kind == "derived" or not derived.isdisjoint(use.id for use in value.uses)
        if follows or name is not None:
            groups[value.symbol, value.state, value.temperature is None].append(value)
    wanted = _ROOM if at is None else at

    def rank(value: "DerivedValue") -> tuple[float, bool, int, str]:
        distance = 0.0 if value.temperature is None else abs(value.temperature - wanted)
        return distance, value.id in inside, value.depth, value.id

    return [min(members, key=rank).id for members in groups.values()]


def _trees(result: _Result, ids: Sequence[str]) -> "list[Explanation]":
    from graph.propnet.explanation import Origin, explain

    origins = {
        row["id"]: Origin(
            row["title"], row["year"], f"{row['value']:g} {row['unit'] or ''}".strip()
        )
        for row in result.rows
        if row["value"] is not None
    }
    return [explain(result.derivation, result.known, id, result.library, origins) for id in ids]


def _explained(trees: "Sequence[Explanation]") -> dict[str, Any]:
    """Return the trees as records and as text, the latter of the first twenty."""
    from graph.propnet.explanation import explanation_lines

    lines: list[str] = []
    for tree in trees[:_MOST_TREES]:
        lines += [*explanation_lines(tree), ""]
    if len(trees) > _MOST_TREES:
        lines.append(f"and {len(trees) - _MOST_TREES} more: name one with --property")
    return {"trees": [tree.to_dict() for tree in trees], "lines": lines}


def _draw(
    result: _Result,
    trees: "Sequence[Explanation]",
    name: str | None,
    at: float | None,
    path: Path,
) -> None:
    """Draw the curve of a property, or the tree of its value."""
    from graph.propnet.drawing import draw
    from graph.propnet.drawing_curves import draw_curves, temperatures_of

    material = result.derivation.material
    names = sorted({tree.property for tree in trees})
    if not trees:
        what = "nothing" if name is None else f"no {name}"
        raise NotFoundError(f"--plot {path}: {what} follows for {material}; see --rejected")
    if len(names) > 1:
        few = ", ".join(names[:6])
        raise UsageError(f"--plot {path}: name one property with --property ({few} …)")
    if at is None and len(temperatures_of(result.derivation, names[0])) >= _CURVE:
        draw_curves(result.derivation, result.known, result.library.symbols[names[0]], path)
        return
    title = " ".join(filter(None, (f"{names[0]} of {material}", trees[0].conditions())))
    draw(trees[0], path, title=title)
