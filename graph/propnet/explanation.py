"""Why a value is what it is: the tree of models, means and papers behind it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from matlore.errors import InputError, NotFoundError
from matlore.units import convert

from .base import FORMULA, TEMPERATURE, Derivation, DerivedValue, KnownValue, Model, Symbol, Use
from .explanation_text import plain_number, put_in, with_std, with_unit
from .plans import PlanLibrary

__all__ = ["Explanation", "Origin", "explain", "explanation_lines"]

MOST_PARTS = 6
"""How many sources of a mean are shown."""
_MOST_NODES = 300  # of one tree; what is below the rest is only counted
_LONGEST_TITLE = 70
_COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a reported value is from, as it is shown.

    Attributes:
        written: value and unit as the source has them.
    """

    title: str | None = None
    year: int | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value with all that it was computed from.

    Attributes:
        id: of the quantity; the formula itself for a composition.
        kind: a `composition` is what functions take; `unknown` is a value that is not at hand.
        latex: of the property, without dollars.
        value: in `unit`; None for a composition.
        state: all conditions but the temperature.
        variable: which one it is in the model above; empty in a mean.
        weight: its share in a mean or an interpolation.
        left_aside: why it has no weight in a mean: `outlier`, or `calculated` beside what was
            observed.
        model: what gave it; None for what is reported.
        equation: with the numbers put in, in the model's units.
        source: the paper's id, or what the user named as the source, of a reported value.
        written: a reported value as its source has it.
        disagrees: in words, with which values of the same property it does not agree.
        parts: what it was computed from; the heaviest of a mean.
        more: how many more it was computed from.
        more_aside: how many of those have no weight.
        repeated: its parts are shown further up.
    """

    id: str
    kind: Literal["derived", "aggregate", "reported", "composition", "unknown"]
    property: str = ""
    latex: str = ""
    value: float | None = None
    std: float | None = None
    unit: str = ""
    temperature: float | None = None
    state: tuple[tuple[str, str], ...] = ()
    variable: str = ""
    weight: float = 1.0
    left_aside: str = ""
    model: str | None = None
    equation: str | None = None
    source: str | None = None
    title: str | None = None
    year: int | None = None
    written: str = ""
    disagrees: tuple[str, ...] = ()
    parts: tuple["Explanation", ...] = field(default=())
    more: int = 0
    more_aside: int = 0
    repeated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **said,
            "state": dict(self.state),
            "disagrees": list(self.disagrees),
            "parts": [part.to_dict() for part in self.parts],
        }

    def amount(self) -> str:
        """Return value, standard deviation and unit in words; a composition as its formula."""
        if self.value is None:
            return self.id
        return with_unit(with_std(self.value, self.std), self.unit)

    def conditions(self) -> str:
        """Return temperature and other conditions in words; empty where there are none."""
        at = "" if self.temperature is None else f"at {plain_number(self.temperature)} K"
        others = ", ".join(f"{name} = {value}" for name, value in self.state)
        return " ".join(filter(None, (at, f"({others})" if others else "")))


def explain(
    derivation: Derivation,
    known: Sequence[KnownValue],
    id: str,
    library: PlanLibrary,
    origins: Mapping[str, Origin] | None = None,
) -> Explanation:
    """Return the tree of one value.

    Args:
        derivation: with the value, and those it was computed from.
        known: the reported values that it began with.
        id: of the value, derived or reported.
        library: with its symbols and models.
        origins: by id of a reported value, its paper.

    Raises:
        NotFoundError: there is no such value.
    """
    tree = _Tree(derivation, known, library, origins or {})
    if id not in tree.derived and id not in tree.known:
        raise NotFoundError(
            f"{derivation.material} has no value {id!r}; run `matlore graph derive`"
        )
    return tree.node(Use(id))


class _Tree:
    """Builds trees; what is below a value is shown once."""

    def __init__(
        self,
        derivation: Derivation,
        known: Iterable[KnownValue],
        library: PlanLibrary,
        origins: Mapping[str, Origin],
    ) -> None:
        self.derived = {value.id: value for value in derivation.values}
        self.known = {value.id: value for value in known}
        self._material = derivation.material
        self._library = library
        self._origins = origins
        self._seen: set[str] = set()
        self._size = 0
        self._conflicts: dict[str, list[str]] = defaultdict(list)
        for conflict in derivation.conflicts:
            self._note(conflict.derived, "reported", conflict.reported, conflict.difference)
            self._note(conflict.reported, "derived", conflict.derived, conflict.difference)

    def node(self, use: Use) -> Explanation:
        """Return a value as it is used, with all below it."""
        self._size += 1
        value = self.derived.get(use.id) or self.known.get(use.id)
        if value is None:
            return Explanation(use.id, "unknown", variable=use.variable, weight=use.weight)
        if isinstance(value, KnownValue):
            return self._reported(value, use)
        repeated = value.id in self._seen
        self._seen.add(value.id)
        shown = replace(
            self._said(value, use),
            kind=value.kind,
            model=value.model,
            disagrees=tuple(self._conflicts[value.id]),
            repeated=repeated and bool(value.uses),
        )
        if repeated:
            return shown
        if self._size > _MOST_NODES:
            return replace(shown, more=len(value.uses))
        return self._mean(shown, value) if value.kind == "aggregate" else self._made(shown, value)

    def _said(self, value: KnownValue | DerivedValue, use: Use) -> Explanation:
        """Return what reported and derived values have in common."""
        symbol = self._symbol(value.symbol)
        aside = "calculated" if value.modality == _COMPUTED else "outlier"
        return Explanation(
            id=value.id,
            kind="reported",
            property=symbol.name,
            latex=symbol.latex,
            value=value.value,
            std=value.std,
            unit=symbol.unit,
            temperature=value.temperature,
            state=value.state,
            variable=use.variable,
            weight=use.weight,
            left_aside="" if use.weight else aside,
        )

    def _reported(self, value: KnownValue, use: Use) -> Explanation:
        origin = self._origins.get(value.id, Origin())
        return replace(
            self._said(value, use),
            source=value.source or None,
            title=origin.title,
            year=origin.year,
            written=origin.written,
            disagrees=tuple(self._conflicts[value.id]),
        )

    def _mean(self, shown: Explanation, value: DerivedValue) -> Explanation:
        """Return a mean with its heaviest parts, and one that was left aside if there is any."""
        uses = sorted(value.uses, key=lambda use: (-use.weight, use.id))
        kept = uses[:MOST_PARTS]
        if len(uses) > MOST_PARTS and kept[-1].weight and not uses[-1].weight:
            kept[-1] = uses[-1]
        rest = [use for use in uses if use not in kept]
        return replace(
            shown,
            parts=tuple(self.node(use) for use in kept),
            more=len(rest),
            more_aside=sum(not use.weight for use in rest),
        )

    def _made(self, shown: Explanation, value: DerivedValue) -> Explanation:
        """Return what a model gave, with its inputs in the order of the model."""
        model = self._library.models.get(value.model)
        if model is None:
            return replace(shown, parts=tuple(self.node(use) for use in value.uses))
        order = list(model.variables)
        uses = sorted(
            value.uses,
            key=lambda use: order.index(use.variable) if use.variable in order else len(order),
        )
        parts = [self.node(use) for use in uses]
        for one in model.variables.values():
            if one.stands_for == FORMULA:
                parts.append(Explanation(self._material, "composition", variable=one.name))
        return replace(shown, equation=self._equation(model, value), parts=tuple(parts))

    def _equation(self, model: Model, value: DerivedValue) -> str:
        """Return a model's equation, with the numbers put in, and what comes out."""
        used = {use.variable for use in value.uses}
        target = next(
            name
            for name in (*model.solve_for, model.output)
            if model.variables[name].stands_for == value.symbol and name not in used
        )
        numbers = self._numbers(model, value)
        found = self._in_unit(value.value, value.symbol, model.variables[target].unit)
        result = with_unit(plain_number(found), model.variables[target].unit)
        if model.equation is None:
            given = ", ".join(f"{name} = {text}" for name, text in numbers.items())
            return f"{target} = {model.function}({given}) = {result}"
        left, _, right = model.equation.partition("=")
        if left.strip() == target:
            return f"{model.equation} = {put_in(right.strip(), numbers)} = {result}"
        return f"{model.equation}: {put_in(model.equation, numbers)}, so {target} = {result}"

    def _numbers(self, model: Model, value: DerivedValue) -> dict[str, str]:
        """Return the inputs as they went into a model, in its units, in its order."""
        shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for use in value.uses:
            source = self.derived.get(use.id) or self.known.get(use.id)
            if source is not None and use.variable in model.variables:
                unit = model.variables[use.variable].unit
                number = self._in_unit(source.value, source.symbol, unit)
                shares[use.variable].append((use.weight, number))
        found = {}
        for name, variable in model.variables.items():
            if variable.stands_for == FORMULA:
                found[name] = self._material
            elif variable.stands_for == TEMPERATURE and value.temperature is not None:
                found[name] = plain_number(_converted(value.temperature, "K", variable.unit))
            elif name in shares:
                total = sum(weight for weight, _ in shares[name]) or 1.0
                mixed = sum(weight * number for weight, number in shares[name]) / total
                found[name] = plain_number(mixed)
        return found

    def _in_unit(self, value: float, symbol: str, unit: str) -> float:
        return _converted(value, self._symbol(symbol).unit, unit)

    def _symbol(self, name: str) -> Symbol:
        """Return a symbol; one without unit for what an older library had."""
        return self._library.symbols.get(name) or Symbol(name, "1", rf"\mathrm{{{name}}}", "")

    def _note(self, id: str, kind: str, other: str, difference: float | None) -> None:
        value = self.derived.get(other) or self.known.get(other)
        if value is None:
            return
        amount = with_unit(plain_number(value.value), self._symbol(value.symbol).unit)
        by = "" if difference is None else f" by {abs(difference):.0%}"
        self._conflicts[id].append(f"the {kind} {amount}{by}")


def _converted(value: float, unit: str, wanted: str) -> float:
    """Return a value in a unit; as it is where the library and the value do not fit together."""
    try:
        return convert(value, unit, wanted)
    except InputError:
        return value


# As text.


def explanation_lines(tree: Explanation) -> list[str]:
    """Return a tree as lines of text, with ├─ and └─ for what a value was computed from."""
    return [_head(tree, ""), *_below(tree, "")]


def _below(tree: Explanation, indent: str) -> Iterator[str]:
    """Yield the lines below the first one of a value."""
    inner = "│  " if tree.parts or tree.more else "   "
    if tree.equation:
        yield f"{indent}{inner}{tree.equation}"
    for other in tree.disagrees:
        yield f"{indent}{inner}disagrees with {other}"
    for number, part in enumerate(tree.parts, start=1):
        last = number == len(tree.parts) and not tree.more
        yield f"{indent}{'└─ ' if last else '├─ '}{_head(part, tree.property)}"
        yield from _below(part, indent + ("   " if last else "│  "))
    if tree.more:
        aside = f" ({tree.more_aside} of them left aside)" if tree.more_aside else ""
        yield f"{indent}└─ and {tree.more} more{aside}"


def _head(node: Explanation, above: str) -> str:
    """Return the first line of a value; its property is not said again in a mean of it."""
    name = f"{node.variable}: " if node.variable else ""
    if node.kind == "composition":
        return f"{name}composition of {node.id}"
    if node.kind == "unknown":
        return f"{name}quantity {node.id}, which is not at hand"
    what = "" if node.property == above else f"{node.property} = "
    amount = " ".join(filter(None, (node.amount(), node.conditions())))
    notes = [*_share(node), *_from(node)]
    return ", ".join([f"{name}{what}{amount}", *notes])


def _share(node: Explanation) -> Iterator[str]:
    if node.left_aside:
        yield f"{node.left_aside.upper()}, left aside"
    elif node.weight < 1:
        yield f"weight {node.weight:.0%}" if node.weight >= 0.005 else "weight below 1%"


def _from(node: Explanation) -> Iterator[str]:
    """Yield what gave a value: the paper, the model, or the mean."""
    if node.kind == "reported":
        year = f" ({node.year})" if node.year else ""
        yield f"{node.source or 'no source'}{year}"
        if node.title:
            yield f"“{_cut(node.title)}”"
    elif node.kind == "aggregate":
        yield _mean_of(node)
    else:
        yield f"by {node.model}"
    if node.repeated:
        yield "as above"


def _mean_of(node: Explanation) -> str:
    """Return what a mean is of, such as `weighted mean of 3 (1 more left aside)`."""
    aside = sum(bool(part.left_aside) for part in node.parts) + node.more_aside
    count = len(node.parts) + node.more - aside
    of = f" of {count}" if count else ""
    return f"weighted mean{of}" + (f" ({aside} more left aside)" if aside else "")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1].rstrip()}…"
