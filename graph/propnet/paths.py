"""What can follow from what: properties in reach, what a property needs, and the ways to it.

Nothing is computed here: models are the steps of a plan. The temperature is a condition that
values carry, so that it is never missing; the composition has to be given.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import TypeVar

from matlore.errors import UsageError

from .base import FORMULA, TEMPERATURE
from .plans import Need, NeededWay, PlanLibrary, Route, Step, Way, closure, property_named, ways_of

__all__ = ["MAX_DEPTH", "need_lines", "paths", "reachable", "requirements"]

_T = TypeVar("_T")

MAX_DEPTH = 8
"""How many models may be one below the other in a tree of needs."""
_MOST_NEEDS = 400
_MOST_ROUTES = 10
_LONGEST_ROUTE = 6
_MOST_TRIES = 20_000


# What is in reach.


def reachable(library: PlanLibrary, sources: Sequence[str]) -> list[Step]:
    """Return all properties that can be derived from others, by depth and name.

    Args:
        library: with symbols and models.
        sources: properties by any of their names, `temperature` (which is never missing) and
            `formula`, without which no model that takes a composition is used.

    Raises:
        UsageError: a property that is not known, or none at all.
    """
    given = _given(library, sources)
    found = closure(ways_of(library), given)
    return [
        Step(name, library.symbols[name].unit, depth, tuple(ways))
        for name, (depth, ways) in found.items()
    ]


def _given(library: PlanLibrary, sources: Sequence[str]) -> frozenset[str]:
    """Return what is given, by its canonical name; the temperature always is."""
    if not sources:
        raise UsageError("name what is known with --from PROPERTY, or --from formula")
    return frozenset({TEMPERATURE} | {property_named(library, one) for one in sources})


# What a property needs.

_Place = tuple[str, ...]  # property, model, property, model, … from the root on


def requirements(library: PlanLibrary, target: str, depth: int = 3) -> Need:
    """Return the ways to a property, what each needs, the ways to that, and so on.

    No property is below itself, and the ways to one are shown once: where it is nearest to the
    top. `temperature` and `formula` are leaves.

    Args:
        library: with symbols and models.
        target: a property by any of its names.
        depth: how many models may be one below the other.

    Raises:
        UsageError: the property is not known, or the depth is none.
    """
    if not 1 <= depth <= MAX_DEPTH:
        raise UsageError(f"--depth {depth}: give a number from 1 to {MAX_DEPTH}")
    name = _target(library, target)
    ways = ways_of(library)
    return _need(library, ways, _expand(ways, name, depth), (name,))


def _target(library: PlanLibrary, text: str) -> str:
    name = property_named(library, text)
    if name in (TEMPERATURE, FORMULA):
        raise UsageError(f"--to {name}: it is given, not derived; name a property")
    return name


def _expand(
    ways: Mapping[str, Sequence[Way]], target: str, depth: int
) -> dict[_Place, tuple[Way, ...]]:
    """Return the ways that are shown at each place, breadth first, until there are enough."""
    shown: dict[_Place, tuple[Way, ...]] = {}
    level: list[_Place] = [(target,)]
    seen, size = {target}, 1
    for _ in range(depth):
        below: list[_Place] = []
        for place in level:
            above = set(place[::2])
            usable = tuple(way for way in ways.get(place[-1], ()) if above.isdisjoint(way.needs))
            size += sum(len(way.needs) for way in usable)
            if size > _MOST_NEEDS and len(place) > 1:
                return shown
            shown[place] = usable
            for way in usable:
                below += [(*place, way.model, one) for one in way.needs if one not in seen]
                seen.update(way.needs)
        level = below
    return shown


def _need(
    library: PlanLibrary,
    ways: Mapping[str, Sequence[Way]],
    shown: Mapping[_Place, Sequence[Way]],
    place: _Place,
) -> Need:
    """Return a place of the tree with all below it."""
    name = place[-1]
    if name in (TEMPERATURE, FORMULA):
        return Need(name, "K" if name == TEMPERATURE else "")
    unit = library.symbols[name].unit
    if place in shown:
        below = tuple(
            NeededWay(
                way,
                tuple(_need(library, ways, shown, (*place, way.model, one)) for one in way.needs),
            )
            for way in shown[place]
        )
        return Need(name, unit, below)
    above = set(place[::2])
    more = any(above.isdisjoint(way.needs) for way in ways.get(name, ()))
    elsewhere = more and any(other[-1] == name for other in shown)
    return Need(name, unit, elsewhere=elsewhere, cut=more and not elsewhere)


def need_lines(need: Need) -> list[str]:
    """Return a tree of needs as lines of text: properties, and below each the models for it."""
    return [need.property, *_lines_below(need, "")]


def _lines_below(need: Need, indent: str) -> Iterator[str]:
    for way, branch, inner in _branches(need.ways, indent):
        yield f"{branch}{way.way.model}: {way.way.equation}"
        for one, twig, below in _branches(way.needs, inner):
            note = " (see above)" if one.elsewhere else " …" if one.cut else ""
            yield f"{twig}{one.property}{note}"
            yield from _lines_below(one, below)


def _branches(items: Sequence[_T], indent: str) -> Iterator[tuple[_T, str, str]]:
    """Yield items with what stands before them, and before what is below them."""
    for number, item in enumerate(items, start=1):
        last = number == len(items)
        yield item, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  ")


# The ways from here to there.


def paths(library: PlanLibrary, sources: Sequence[str], target: str) -> list[Route]:
    """Return the ways from some properties to another, the shortest first, at most ten.

    Where there is none: what else would be needed, the nearest first; nothing where no model
    gives the property.

    Args:
        library: with symbols and models.
        sources: see `reachable`; the target among them is not used.
        target: a property by any of its names.

    Raises:
        UsageError: a property that is not known, or nothing to start from.
    """
    name = _target(library, target)
    given = _given(library, sources) - {name}
    ways = ways_of(library)
    found = closure(ways, given)
    if name in found:
        return _routes(ways, given, found, name)
    return _misses(ways, given, found, name)


def _routes(
    ways: Mapping[str, Sequence[Way]],
    given: Collection[str],
    found: Mapping[str, tuple[int, Sequence[Way]]],
    target: str,
) -> list[Route]:
    """Search backwards from a property for plans, those with the fewest steps first.

    A plan takes one way to each property that it needs and is not given. What must still be
    found is a lower bound for the steps to come, so that plans come out sorted.
    """
    usable = {
        name: [way for way in ways[name] if all(one in given or one in found for one in way.needs)]
        for name in found
    }
    routes: list[Route] = []
    queue: list[tuple[int, int, dict[str, Way]]] = [(1, 0, {})]
    tried = 0
    while queue and len(routes) < _MOST_ROUTES and tried < _MOST_TRIES:
        _, _, plan = heappop(queue)
        open_ones = _open(plan, given, target)
        if not open_ones:
            routes.append(Route(_in_order(plan, target)))
            continue
        for way in usable[open_ones[0]]:
            larger = {**plan, way.gives: way}
            cost = len(larger) + len(_open(larger, given, target))
            if cost <= _LONGEST_ROUTE and not _leads_to(larger, way, way.gives):
                tried += 1
                heappush(queue, (cost, tried, larger))
    return routes or [_first_route(found, target)]


def _open(plan: Mapping[str, Way], given: Collection[str], target: str) -> list[str]:
    """Return what a plan needs and does not give, sorted."""
    needed = {target}.union(*(way.needs for way in plan.values()))
    return sorted(one for one in needed if one not in plan and one not in given)


def _leads_to(plan: Mapping[str, Way], way: Way, name: str) -> bool:
    """Tell whether a way needs a property, by itself or through other ways of the plan."""
    return any(
        one == name or (one in plan and _leads_to(plan, plan[one], name)) for one in way.needs
    )


def _in_order(plan: Mapping[str, Way], target: str) -> tuple[Way, ...]:
    """Return the ways of a plan such that each comes after those that it needs."""
    ordered: dict[str, Way] = {}

    def add(name: str) -> None:
        if name in plan and name not in ordered:
            for one in plan[name].needs:
                add(one)
            ordered[name] = plan[name]

    add(target)
    return tuple(ordered.values())


def _first_route(found: Mapping[str, tuple[int, Sequence[Way]]], target: str) -> Route:
    """Return the route that takes the first way to each property."""
    return Route(_in_order({name: usable[0] for name, (_, usable) in found.items()}, target))


def _misses(
    ways: Mapping[str, Sequence[Way]],
    given: Collection[str],
    found: Collection[str],
    target: str,
) -> list[Route]:
    """Return routes that need something more: one thing if that is enough, else the fewest."""
    have = {*given, *found}
    others = {one for all_ways in ways.values() for way in all_ways for one in way.needs}
    routes = []
    for extra in sorted({*others, *ways} - have - {target}):
        reach = closure(ways, {*given, extra})
        if target in reach:
            routes.append(Route(_first_route(reach, target).steps, (extra,)))
    if not routes:
        for way in ways.get(target, ()):
            missing = tuple(sorted(set(way.needs) - have))
            before = closure(ways, {*given, *missing})
            routes.append(Route(_first_route(before, target).steps, missing))
    routes.sort(key=lambda one: (len(one.missing), len(one.steps), one.missing))
    return list({(one.steps, one.missing): one for one in routes}.values())[:_MOST_ROUTES]
