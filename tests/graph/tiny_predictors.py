"""Small predictors, really trained in about a second, for tests of what uses predictors.

What they learn is made up from the composition, so that tests know the truth: a gap that grows
with the share of the more electronegative element, a conductivity that falls with temperature.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

import numpy as np

from graph.predictors.base import Condition, Frame, MemberRecipe, Recipe, Sample
from graph.predictors.compositions import read_formula
from graph.predictors.predictor import PropertyPredictor
from graph.predictors.predictor_files import save_predictor
from graph.predictors.training import train

__all__ = [
    "CONDUCTIVITY",
    "GAP",
    "GAP_SYMMETRY",
    "METALLICITY",
    "save_tiny_predictors",
    "tiny_frame",
    "tiny_predictor",
    "tiny_table",
]

_CATIONS = ("Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Sn", "Pb", "Cu", "Fe", "Ni", "Mn")
_ANIONS = {"O": 3.44, "S": 2.58, "Se": 2.55, "Te": 2.1}  # Pauling electronegativities
_AMOUNTS = ((1, 1), (1, 2), (2, 3), (3, 2))
_TEMPERATURES = (300.0, 500.0, 700.0)
_TREES = MemberRecipe(
    "boosting",
    ("magpie", "stoichiometry"),
    {"trees": 30, "learning_rate": 0.15, "leaves": 6, "min_rows": 4},
)
GAP = Recipe(
    "band-gap",
    "band gap",
    "eV",
    (_TREES,),
    lower=0.0,
    about="Made-up gaps, for tests.",
    source="Made up for tests; CC0.",
)
CONDUCTIVITY = Recipe(
    "thermal-conductivity",
    "thermal conductivity",
    "W/(m*K)",
    (_TREES,),
    scale="log10",
    lower=0.0,
    conditions=(Condition("temperature", "K", 300.0),),
    about="Made-up conductivities, for tests.",
    source="Made up for tests; CC0.",
)
METALLICITY = Recipe(
    "metallicity",
    "metallicity",
    "1",
    (_TREES,),
    task="classification",
    classes=("nonmetal", "metal"),
    about="Made-up metals, for tests.",
    source="Made up for tests; CC0.",
)
GAP_SYMMETRY = replace(
    GAP,
    name="band-gap-symmetry",
    members=(replace(_TREES, descriptors=(*_TREES.descriptors, "symmetry")),),
    needs="symmetry",
)
_RECIPES = {one.name: one for one in (GAP, CONDUCTIVITY, METALLICITY, GAP_SYMMETRY)}
_USUAL = (GAP.name, CONDUCTIVITY.name, METALLICITY.name)


def _formulas() -> list[str]:
    return [
        f"{cation}{a if a > 1 else ''}{anion}{b if b > 1 else ''}"
        for (cation, anion), (a, b) in product(product(_CATIONS, _ANIONS), _AMOUNTS[:2])
    ]


def _noise(rows: int) -> np.ndarray:
    return np.random.default_rng(7).normal(0.0, 0.1, rows)


def _gap(sample: Sample) -> float:
    """Return the made-up gap: the electronegativity of the anion times its share."""
    return sum(share * _ANIONS[one] for one, share in sample.fractions.items() if one in _ANIONS)


@lru_cache(maxsize=1)
def _samples() -> tuple[Sample, ...]:
    return tuple(read_formula(formula) for formula in _formulas())


def _with_symmetry(sample: Sample) -> Sample:
    """Return a sample with a made-up space group."""
    return replace(sample, space_group=225 if sample.atoms == 2 else 194, cell_atoms=2)


def tiny_frame(recipe: Recipe) -> Frame:
    """Return the rows that a tiny predictor learns from."""
    samples = [_with_symmetry(one) if recipe.needs == "symmetry" else one for one in _samples()]
    gaps = np.array([_gap(sample) for sample in samples]) + _noise(len(samples))
    groups = np.arange(len(samples))
    nothing = np.empty((len(samples), 0))
    if recipe.task == "classification":
        return Frame(tuple(samples), nothing, (gaps < np.median(gaps)).astype(float), groups)
    if not recipe.conditions:
        return Frame(tuple(samples), nothing, gaps, groups)
    rows = [(sample, at) for sample in samples for at in _TEMPERATURES]
    at = np.array([[temperature] for _, temperature in rows])
    values = np.repeat(gaps, len(_TEMPERATURES)) * 300.0 / at[:, 0]
    return Frame(tuple(s for s, _ in rows), at, values, np.repeat(groups, len(_TEMPERATURES)))


@cache
def tiny_predictor(name: str) -> PropertyPredictor:
    """Return a predictor by the name of its recipe above, trained once a run of tests."""
    recipe = _RECIPES[name]
    return train(recipe, tiny_frame(recipe), folds=3)


def save_tiny_predictors(folder: Path, names: Sequence[str] = _USUAL) -> Path:
    """Write predictors into a folder, the three for formulas unless others are named."""
    for name in names:
        save_predictor(tiny_predictor(name), folder / name)
    return folder


def tiny_table(path: Path, *, column: str = "band gap") -> Path:
    """Write the rows of the gaps as CSV, to train from, and return the path."""
    frame = tiny_frame(GAP)
    rows = zip(frame.samples, frame.values.tolist(), strict=True)
    lines = [f"formula,{column}", *(f"{sample.name},{value!r}" for sample, value in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
