"""Small predictors on made-up laws, for tests."""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np

from graph.predictors.base import Condition, MemberRecipe, Recipe, Sample
from graph.predictors.compositions import read_formula
from graph.predictors.featurizers import describe
from graph.predictors.members import BoostingMember, KernelMember, Member, laplacian, standardised
from graph.predictors.predictor import PropertyPredictor, make_predictor
from graph.predictors.training_rows import Training
from graph.predictors.tree_text import compact_trees

METALS = ("Li", "Na", "K", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Al", "Ga", "In", "Sn", "Pb", "Bi")
PARTNERS = ("O", "S", "Se", "Te", "F", "Cl", "Br", "I")
TEMPERATURE = Condition("temperature", "K", 300.0)
TREES = MemberRecipe("boosting", ("fractions", "stoichiometry"))
KERNEL = MemberRecipe("kernel", ("stoichiometry", "fractions"))


def formulas() -> list[str]:
    """Return 240 formulas of two elements."""
    return [f"{m}{n}{p}" for m in METALS for p in PARTNERS for n in ("", "2")]


def law(sample: Sample) -> float:
    """Return a made-up property: it falls with the heavier partner, and with the metal's share."""
    partner = next(p for p in PARTNERS if p in sample.fractions)
    return 6.0 - 0.6 * PARTNERS.index(partner) - 2.0 * (1.0 - sample.fractions[partner])


def training_of(
    samples: Sequence[Sample], values: np.ndarray, conditions: np.ndarray | None = None
) -> Training:
    """Return rows with residuals drawn at 0.1, each material its own group."""
    rng = np.random.default_rng(7)
    names = {sample.formula: group for group, sample in enumerate(samples)}
    groups = np.array([names[sample.formula] for sample in samples])
    if conditions is None:
        conditions = np.empty((len(samples), 0))
    return Training(tuple(samples), conditions, values, rng.normal(0.0, 0.1, len(samples)), groups)


def fit_trees(features: np.ndarray, target: np.ndarray, **settings: Any) -> BoostingMember:
    """Return boosted trees."""
    given = {"objective": "regression", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    data = lightgbm.Dataset(features, target)
    booster = lightgbm.train({**given, "deterministic": True, **settings}, data, 30)
    return BoostingMember(TREES, compact_trees(booster.model_to_string()))


def fit_kernel(features: np.ndarray, target: np.ndarray) -> KernelMember:
    """Return a kernel machine."""
    center, spread = features.mean(axis=0), features.std(axis=0)
    rows = standardised(features, center, spread)
    kernel = laplacian(rows, rows, 20.0) + 0.01 * np.eye(len(rows))
    dual = np.linalg.solve(kernel, target - target.mean()).astype(np.float32)
    return KernelMember(KERNEL, center, spread, rows, dual, float(target.mean()), 20.0)


def gap_predictor(**changes: Any) -> PropertyPredictor:
    """Return a predictor of `law` at a temperature, of trees and a kernel machine."""
    samples = [sample for sample in map(read_formula, formulas()) for _ in range(2)]
    conditions = np.tile([[300.0], [600.0]], (len(samples) // 2, 1))
    values = np.array([law(sample) for sample in samples]) - conditions[:, 0] / 1000.0
    members: list[Member] = [
        fit_trees(np.hstack([describe(samples, TREES.descriptors), conditions]), values),
        fit_kernel(np.hstack([describe(samples, KERNEL.descriptors), conditions]), values),
    ]
    recipe = Recipe(
        **{
            "name": "gap",
            "property": "band gap",
            "unit": "eV",
            "members": (TREES, KERNEL),
            "conditions": (TEMPERATURE,),
            "lower": 0.0,
            **changes,
        }
    )
    training = training_of(samples, values, conditions)
    return make_predictor(recipe, members, (0.75, 0.25), training, {"licence": "made up"})


def metal_predictor() -> PropertyPredictor:
    """Return a classifier: tellurides and iodides are metals, which trees see nearly."""
    samples = [read_formula(formula) for formula in formulas()]
    labels = np.array([float("Te" in s.fractions or "I" in s.fractions) for s in samples])
    rng = np.random.default_rng(3)
    labels = np.where(rng.random(len(labels)) < 0.1, 1.0 - labels, labels)
    member = fit_trees(describe(samples, TREES.descriptors), labels, objective="binary")
    recipe = Recipe(
        name="metallicity",
        property="metallicity",
        unit="1",
        members=(TREES,),
        task="classification",
        classes=("nonmetal", "metal"),
    )
    training = training_of(samples, labels)
    chances = np.clip(member.predict(describe(samples, TREES.descriptors)), 0.05, 0.95)
    rows = Training(training.samples, training.conditions, labels, chances, training.groups)
    return make_predictor(recipe, [member], [1.0], rows, {})
