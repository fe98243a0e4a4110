"""What plans are made of: models as ways from properties to others."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

from matlore.errors import UsageError

from .base import FORMULA, TEMPERATURE, Model, Symbol

__all__ = [
    "Need",
    "NeededWay",
    "PlanLibrary",
    "Route",
    "Step",
    "Way",
    "closure",
    "property_named",
    "ways_of",
]


class PlanLibrary(Protocol):
    """A library, as far as plans need it."""

    @property
    def symbols(self) -> Mapping[str, Symbol]:
        """The properties by name."""

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by name."""

    def find_symbol(self, text: str) -> Symbol | None:
        """Return the property of a name or synonym, or None."""


@dataclass(frozen=True, slots=True)
class Way:
    """A model solved for one property.

    Attributes:
        model: its name.
        gives: the property.
        needs: properties, and `temperature` and `formula`, each once, as the model has them.
        equation: of the model, or the function's name.
        direct: whether the model gives the property as it is written.
    """

    model: str
    gives: str
    needs: tuple[str, ...]
    equation: str
    direct: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {
            "model": self.model,
            "gives": self.gives,
            "needs": list(self.needs),
            "equation": self.equation,
            "direct": self.direct,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """A property in reach.

    Attributes:
        depth: how many models lie between it and what is given, at least.
        ways: by which it is found at that depth.
    """

    property: str
    unit: str
    depth: int
    ways: tuple[Way, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {
            "property": self.property,
            "unit": self.unit,
            "depth": self.depth,
            "ways": [way.to_dict() for way in self.ways],
        }


@dataclass(frozen=True, slots=True)
class NeededWay:
    """A way to a property, with all that it needs."""

    way: Way
    needs: tuple["Need", ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        needs = [need.to_dict() for need in self.needs]
        return {"model": self.way.model, "equation": self.way.equation, "needs": needs}


@dataclass(frozen=True, slots=True)
class Need:
    """A property, or `temperature` or `formula`, and the ways to it: one of them is enough.

    Attributes:
        ways: none for what must be known.
        elsewhere: the ways to it are shown at another place of the tree.
        cut: there are ways, beyond the depth or the size of the tree.
    """

    property: str
    unit: str
    ways: tuple[NeededWay, ...] = ()
    elsewhere: bool = False
    cut: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {
            "property": self.property,
            "unit": self.unit,
            "ways": [way.to_dict() for way in self.ways],
            "elsewhere": self.elsewhere,
            "cut": self.cut,
        }


@dataclass(frozen=True, slots=True)
class Route:
    """Models that lead, one after the other, from what is given to a property.

    Attributes:
        steps: in the order in which they can be taken.
        missing: what is needed besides; empty for a route that can be taken.
    """

    steps: tuple[Way, ...]
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {"steps": [way.to_dict() for way in self.steps], "missing": list(self.missing)}


def property_named(library: PlanLibrary, text: str) -> str:
    """Return the canonical name of a property, or `temperature` or `formula`.

    Raises:
        UsageError: nothing is called so; the message names what is spelled alike.
    """
    plain = " ".join(text.lower().replace("_", " ").split())
    if plain in (TEMPERATURE, FORMULA):
        return plain
    symbol = library.find_symbol(text) or library.find_symbol(plain)
    if symbol is not None:
        return symbol.name
    near = list(dict.fromkeys(_near(library, plain)))[:3]
    hint = f": did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(
        f"{text!r} is no property that models connect{hint or '.'}"
        " `matlore graph models` lists them"
    )


def _near(library: PlanLibrary, text: str) -> Iterator[str]:
    """Yield the names of properties whose name or synonym is close to a text, the best first."""
    owners = {name: symbol.name for symbol in library.symbols.values() for name in symbol.synonyms}
    owners = {name.lower(): owner for name, owner in owners.items()}
    owners |= {name: name for name in library.symbols}
    for spelling in get_close_matches(text, sorted(owners), n=8, cutoff=0.7):
        yield owners[spelling]


def ways_of(library: PlanLibrary) -> dict[str, list[Way]]:
    """Return the ways to each property, the direct ones first, then by the model's name."""
    ways: dict[str, list[Way]] = {}
    for model in library.models.values():
        for target in model.solve_for:
            way = _way(model, target)
            if way is not None:
                ways.setdefault(way.gives, []).append(way)
    for found in ways.values():
        found.sort(key=lambda way: (not way.direct, way.model, way.needs))
    return dict(sorted(ways.items()))


def _way(model: Model, target: str) -> Way | None:
    """Return a model solved for a variable; None where it would need what it gives."""
    variable = model.variables[target]
    needs = tuple(dict.fromkeys(one.stands_for for one in model.inputs(target)))
    if not variable.is_property or variable.stands_for in needs:
        return None
    equation = model.equation or f"{model.output} = {model.function}"
    return Way(model.name, variable.stands_for, needs, equation, target == model.output)


def closure(
    ways: Mapping[str, Sequence[Way]], given: Collection[str]
) -> dict[str, tuple[int, list[Way]]]:
    """Return the depth of each property in reach, and the ways to it at that depth."""
    found: dict[str, tuple[int, list[Way]]] = {}
    have, depth = set(given), 0
    while True:
        depth += 1
        new = {
            name: usable
            for name, all_ways in ways.items()
            if name not in have
            and (usable := [way for way in all_ways if have.issuperset(way.needs)])
        }
        if not new:
            return found
        found |= {name: (depth, usable) for name, usable in new.items()}
        have |= new.keys()
