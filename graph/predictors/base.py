"""What the parts of the predictors hand to one another.

A `Sample` is a material to describe; a `Featurizer` turns samples into a matrix; a `Recipe` says
how a predictor of a property is trained; a `Prediction` is what it says of a sample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from pymatgen.core import Structure

__all__ = [
    "Condition",
    "Driver",
    "Featurizer",
    "FittedMember",
    "Frame",
    "MemberRecipe",
    "Neighbour",
    "Prediction",
    "Recipe",
    "Sample",
]

Needs = Literal["composition", "symmetry", "structure"]
"""What must be known of a sample: its composition; its space group and the atoms of its primitive
cell too; or all positions of its atoms."""
Task = Literal["regression", "classification"]
Scale = Literal["linear", "log10", "log1p", "sqrt", "asinh"]
"""Of the numbers that the members of a predictor learn: value, log10(value), log(1 + value),
sqrt(value), arsinh(value)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A material to describe.

    Attributes:
        name: as the user gave it: a formula, or the name of a file.
        formula: its key, as `ner.formulas.normalize_formula` writes it.
        fractions: of its atoms by element; they sum to 1.
        atoms: of a formula unit, which for a formula is the sum of its key's amounts.
        space_group: its number, 1 to 230, where known.
        cell_atoms: in the primitive cell, where known.
        structure: positions of all atoms, where known (pymatgen).
        written_atoms: of the formula as it was written, where that is not its key: 1.947 for
            Fe0.947O, 4 for Hg2Cl2.
    """

    name: str
    formula: str
    fractions: Mapping[str, float]
    atoms: float
    space_group: int | None = None
    cell_atoms: int | None = None
    structure: "Structure | None" = None
    written_atoms: float | None = None

    @property
    def formula_atoms(self) -> float:
        """Return how many atoms the formula has as it was written."""
        return self.written_atoms or self.atoms


class Featurizer(Protocol):
    """Descriptors of samples. It has no state: the same sample gives the same row, always."""

    @property
    def name(self) -> str:
        """Return by which name recipes and users know it: `magpie`, `soap`."""

    @property
    def version(self) -> str:
        """Return what changes when it computes other numbers than before."""

    @property
    def needs(self) -> Needs:
        """Return what must be known of a sample."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, for people: `mean electronegativity`."""

    @property
    def units(self) -> tuple[str, ...]:
        """Return the units of the columns; `1` for none."""

    @property
    def citations(self) -> tuple[str, ...]:
        """Return what it follows."""

    def featurize(self, samples: Sequence[Sample]) -> "np.ndarray":
        """Return float64 of shape (len(samples), len(names)); NaN where it is not defined.

        Raises:
            InputError: a sample lacks what it needs, or has an element without data; the message
                names the sample.
        """


@dataclass(frozen=True, slots=True)
class Condition:
    """A number besides the material that a predictor takes, such as the temperature.

    Attributes:
        name: as in the graph: `temperature`.
        unit: in which it is given: `K`.
        default: where the user gives none.
    """

    name: str
    unit: str
    default: float


@dataclass(frozen=True, slots=True)
class MemberRecipe:
    """One of the models whose weighted mean a predictor is.

    Attributes:
        kind: `boosting` (LightGBM), `forest` (LightGBM's extremely randomised trees), `kernel`
            (kernel ridge with a Laplacian kernel) or `hurdle` (boosting twice: whether a value is
            above 0, then how large it is).
        descriptors: names of featurizers whose columns it takes; then come the conditions.
        settings: of its kind.
        choices: settings to choose among by cross-validation, each over `settings`.
    """

    kind: Literal["boosting", "forest", "kernel", "hurdle"]
    descriptors: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a predictor of a property is trained.

    Attributes:
        name: of the predictor: `band-gap`.
        property: its name in the vocabulary, or a new one in lower case.
        unit: of the values predicted; `1` for probabilities.
        task: a number, or which of two classes.
        classes: for a classification, what 0 and 1 mean: `("nonmetal", "metal")`.
        scale: on which the members learn.
        lower: no prediction is below it; None for no bound.
        upper: no prediction is above it; None for no bound.
        needs: what must be known of a sample.
        conditions: numbers besides the material.
        members: whose weighted mean it is.
        per_atom: whether the members learn the value of a mole of atoms, from which that of a mole
            of formulas follows; the scale must be log10.
        domain: names of composition featurizers in whose space distances are measured.
        seed: of all that is drawn.
        about: what it predicts, in one sentence.
        source: of the training data, with its licence.
        reference: the paper that the data are from.
    """

    name: str
    property: str
    unit: str
    members: tuple[MemberRecipe, ...]
    task: Task = "regression"
    classes: tuple[str, str] | None = None
    scale: Scale = "linear"
    lower: float | None = None
    upper: float | None = None
    needs: Needs = "composition"
    conditions: tuple[Condition, ...] = ()
    per_atom: bool = False
    domain: tuple[str, ...] = ("composition",)
    seed: int = 0
    about: str = ""
    source: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows to learn from, or to be tested on.

    Attributes:
        samples: one a row; rows of one material share the object.
        conditions: shape (n, number of conditions).
        values: shape (n,), in the recipe's unit; 0 and 1 for classes.
        groups: shape (n,), of integers: rows of one group are never split between training and
            testing.
    """

    samples: tuple[Sample, ...]
    conditions: "np.ndarray"
    values: "np.ndarray"
    groups: "np.ndarray"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.samples)

    def take(self, rows: "np.ndarray") -> "Frame":
        """Return some of the rows.

        Args:
            rows: integers, shape (k,).
        """
        return Frame(
            tuple(self.samples[row] for row in rows),
            self.conditions[rows],
            self.values[rows],
            self.groups[rows],
        )


class FittedMember(Protocol):
    """A trained model: numbers in, numbers out."""

    @property
    def recipe(self) -> MemberRecipe:
        """Return by which recipe it was made."""

    def predict(self, features: "np.ndarray") -> "np.ndarray":
        """Return shape (n,): values on the recipe's scale, or probabilities of class 1.

        Args:
            features: shape (n, d): the columns of the recipe's descriptors in their order, then
                the conditions.
        """


@dataclass(frozen=True, slots=True)
class Driver:
    """What moved a prediction away from the mean of the training data, and by how much.

    Attributes:
        name: of the descriptor: `mean electronegativity`.
        value: of the descriptor.
        unit: of the descriptor.
        effect: a SHAP value on the predictor's scale (log-odds for classes).
        text: the same for people: `raises it by 0.4 eV`, `times 1.3`.
    """

    name: str
    value: float
    unit: str
    effect: float
    text: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A material of the training data that is like a sample.

    Attributes:
        formula: its key.
        distance: to it, in units of the distance that ends the domain.
        value: measured, in the predictor's unit; the nearest in its conditions.
    """

    formula: str
    distance: float
    value: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a predictor says of a sample.

    Attributes:
        name: of the sample, as given.
        formula: its key.
        property: what is predicted.
        value: in `unit`; the probability of the second class for a classification.
        unit: of value, lower and upper.
        lower: lower end of the interval; for a classification the lowest class (0 or 1) of the
            set that holds the true one at `level`.
        upper: upper end of the interval, or highest class of the set.
        level: how often such intervals hold the true value: 0.9.
        in_domain: whether the sample is like the training data.
        doubts: why not, in words; empty where it is.
        conditions: at which it holds, by name, in the units of the recipe.
        model: name and version of the predictor.
        classes: for a classification, the names of the classes in the set.
        drivers: what moved it; empty unless asked for.
        neighbours: the nearest materials of the training data; empty unless asked for.
    """

    name: str
    formula: str
    property: str
    value: float
    unit: str
    lower: float
    upper: float
    level: float
    in_domain: bool
    doubts: tuple[str, ...]
    conditions: Mapping[str, float]
    model: str
    classes: tuple[str, ...] = ()
    drivers: tuple[Driver, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
