"""What a library of symbols and models is made of, and what the engine takes and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

__all__ = [
    "ALL_CONDITIONS",
    "FORMULA",
    "TEMPERATURE",
    "Composition",
    "Conflict",
    "Derivation",
    "DerivedValue",
    "Example",
    "KnownValue",
    "Model",
    "Reference",
    "Rejection",
    "Solution",
    "Symbol",
    "Use",
    "Variable",
]

TEMPERATURE = "temperature"
"""The condition that a variable of a model may stand for."""
FORMULA = "formula"
"""What a variable stands for that takes the composition; only functions can."""
ALL_CONDITIONS = "all"

Composition = Mapping[str, Fraction]
"""Atoms of each element in a formula unit."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A property that models connect.

    Attributes:
        name: of the property.
        unit: of its values, as `matlore.units` reads it; `1` for a plain number.
        latex: how it is printed, without dollars.
        category: `transport`, `thermal`, `mechanical` …
        lower: no value in `unit` is physically below it.
        upper: no value in `unit` above it is known or to be expected.
        synonyms: what else texts write for it.
        ignores: conditions that make no other value of it (`temperature`, `direction` …), or
            `all`.
        negligible: differences up to this, in `unit`, are never a disagreement.
        instead: a unit of another dimension to the property that values in it are values of.
        in_vocabulary: whether matlore's vocabulary has it.
    """

    name: str
    unit: str
    latex: str
    category: str
    lower: float | None = None
    upper: float | None = None
    synonyms: tuple[str, ...] = ()
    ignores: frozenset[str] = frozenset()
    negligible: float = 0.0
    instead: Mapping[str, str] = field(default_factory=dict)
    in_vocabulary: bool = True

    def depends_on(self, condition: str) -> bool:
        """Tell whether another value of a condition makes another value of the property."""
        return condition not in self.ignores and ALL_CONDITIONS not in self.ignores


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a model.

    Attributes:
        name: as the equation has it.
        stands_for: the name of a symbol, or `temperature`, or `formula`.
        unit: in which the model takes and gives it; empty for a formula.
    """

    name: str
    stands_for: str
    unit: str

    @property
    def is_property(self) -> bool:
        """Whether it stands for a property."""
        return self.stands_for not in (TEMPERATURE, FORMULA)


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a model is from."""

    text: str
    doi: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: values of all variables, in the model's units.

    Attributes:
        values: by variable; a formula as text.
        tolerance: relative; each variable that the model is solved for must come out within it.
        source: where the numbers are from.
    """

    values: Mapping[str, float | str]
    tolerance: float
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """An equation or a function that connects properties.

    Attributes:
        equation: `left = right`, or None for a function.
        function: the name of a function in `graph.propnet.functions`, or None.
        output: the variable that it gives as it is written.
        solve_for: all variables that it may be solved for, the output first.
        constraints: comparisons of expressions that must hold, such as `kappa > 0`.
        relative_error: of the model itself, for one standard deviation: 0 for a definition.
        version: a hash of all this.
    """

    name: str
    about: str
    category: str
    variables: Mapping[str, Variable]
    output: str
    solve_for: tuple[str, ...]
    equation: str | None = None
    function: str | None = None
    constraints: tuple[str, ...] = ()
    assumptions: str = ""
    relative_error: float = 0.0
    references: tuple[Reference, ...] = ()
    examples: tuple[Example, ...] = ()
    version: str = ""

    def inputs(self, target: str) -> tuple[Variable, ...]:
        """Return the variables that are needed for one of them."""
        return tuple(one for name, one in self.variables.items() if name != target)


class Solution(Protocol):
    """A model solved for one of its variables.

    Attributes:
        model: the model.
        target: the variable that it is solved for.
        inputs: the others.
        direct: whether the target is the model's output.
    """

    model: Model
    target: Variable
    inputs: tuple[Variable, ...]
    direct: bool

    def roots(
        self, values: "Mapping[str, Values]", composition: Composition | None = None
    ) -> "Values":
        """Return all real solutions.

        Args:
            values: by variable, (n,) each, in the model's units; not of a formula.
            composition: for a model that takes one.

        Returns:
            (k, n), k at least 1: NaN where there is no such solution. Never an infinity. Roots
            are sorted, the NaNs last.
        """

    def derivatives(
        self,
        values: "Mapping[str, Values]",
        root: "Values",
        composition: Composition | None = None,
    ) -> "dict[str, Values]":
        """Return how a solution changes with each input, (n,) each, in the model's units.

        Args:
            values: of the inputs, (n,) each.
            root: the solution, (n,).
            composition: for a model that takes one.
        """

    def broken(self, values: "Mapping[str, Values]") -> "dict[str, NDArray[np.bool_]]":
        """Return where constraints do not hold, (n,) each, by the constraint's text.

        Args:
            values: of all variables, (n,) each; the target among them.
        """


# What the engine takes and gives.


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value of a property of the material, in the unit of its symbol.

    Attributes:
        id: of the quantity.
        symbol: the name of the property.
        std: one standard deviation as stated; None where none is.
        rounding: that of the last digit written, in the symbol's unit.
        temperature: K, or None where none is given.
        state: all other conditions, sorted: name and value in one spelling.
        source: the paper's id, or the user's source.
        score: 0 to 1.
        modality: observed, computed or attributed.
    """

    id: str
    symbol: str
    value: float
    std: float | None = None
    rounding: float = 0.0
    temperature: float | None = None
    state: tuple[tuple[str, str], ...] = ()
    source: str = ""
    score: float = 1.0
    modality: str = "observed"


@dataclass(frozen=True, slots=True)
class Use:
    """What a value was computed from.

    Attributes:
        id: of the quantity.
        variable: which variable of the model it is; empty for a mean.
        weight: its share in a weighted mean or an interpolation, 0 to 1: 0 for an outlier.
    """

    id: str
    variable: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class DerivedValue:
    """A value that follows from others.

    Attributes:
        id: a hash of the model, what it uses, and what it says.
        kind: `aggregate` for a weighted mean of sources or paths, else `derived`.
        value: in the unit of the symbol.
        std: one standard deviation; None where nothing is known of it.
        model: its name; `weighted mean` for an aggregate.
        uses: the quantities it was computed from.
        source: the only paper behind it; None where there are several, or none.
        depth: 1 for what follows from reported values alone; an aggregate has that of its parts.
    """

    id: str
    kind: Literal["derived", "aggregate"]
    symbol: str
    value: float
    std: float | None
    model: str
    uses: tuple[Use, ...]
    temperature: float | None = None
    state: tuple[tuple[str, str], ...] = ()
    source: str | None = None
    score: float = 1.0
    modality: str = "observed"
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was not used or not derived, and why.

    Attributes:
        what: the model's name, or the id of a quantity.
        symbol: the property that it would have been a value of.
        reason: in words, without numbers, so that it can be counted.
        example: the numbers of the first of them.
        count: how many.
    """

    what: str
    symbol: str
    reason: str
    example: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Conflict:
    """A derived value and a reported one that disagree.

    Attributes:
        derived: id of the derived value.
        reported: id of the reported value, or of the mean of such.
        difference: derived less reported, over reported; None where that is zero.
    """

    derived: str
    reported: str
    difference: float | None


@dataclass(frozen=True, slots=True)
class Derivation:
    """All that follows for one material."""

    material: str
    values: Sequence[DerivedValue]
    rejections: Sequence[Rejection] = ()
    conflicts: Sequence[Conflict] = ()
    cut_off: str | None = None
