"""What a predictor is made of, as facts that JSON can hold, and back.

Training materials are kept as formulas where those give the same fractions, otherwise with their
fractions; positions of atoms are not kept, nor the names that users gave.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np

from matlore.errors import ArtifactError

from .base import Condition, MemberRecipe, Recipe, Sample
from .calibration import Platt
from .predictor import Calibration
from .training_rows import Training

__all__ = [
    "calibration_facts",
    "read_calibration",
    "read_recipe_facts",
    "read_training",
    "recipe_facts",
    "training_bytes",
]

_PART: Final = re.compile(r"([A-Z][a-z]?)(\d*)")
_DAMAGED: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


def recipe_facts(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as JSON holds it."""
    return {field.name: _plain(getattr(recipe, field.name)) for field in fields(recipe)}


def read_recipe_facts(facts: Mapping[str, Any]) -> Recipe:
    """Return the recipe that `recipe_facts` told.

    Raises:
        ArtifactError: the facts are those of no recipe, or of a newer matlore.
    """
    try:
        given = dict(facts)
        given["members"] = tuple(_member(member) for member in given["members"])
        given["conditions"] = tuple(Condition(**condition) for condition in given["conditions"])
        given["domain"] = tuple(given["domain"])
        given["classes"] = tuple(given["classes"]) if given["classes"] else None
        return Recipe(**given)
    except _DAMAGED as error:
        raise ArtifactError(f"the recipe of a predictor cannot be read ({error})") from error


def calibration_facts(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration, but for the difficulties, which are kept with the rows."""
    platt = calibration.platt
    return {
        "domain_end": calibration.domain_end,
        "share": calibration.share,
        "platt": None if platt is None else [platt.slope, platt.offset],
    }


def read_calibration(facts: Mapping[str, Any], difficulties: np.ndarray) -> Calibration:
    """Return the calibration that `calibration_facts` told.

    Raises:
        ArtifactError: the facts are those of no calibration.
    """
    try:
        platt = None if facts["platt"] is None else Platt(*map(float, facts["platt"]))
        return Calibration(float(facts["domain_end"]), float(facts["share"]), difficulties, platt)
    except _DAMAGED as error:
        raise ArtifactError(f"the calibration of a predictor cannot be read ({error})") from error


def training_bytes(training: Training, calibration: Calibration) -> bytes:
    """Return training rows and their difficulties as JSON."""
    places: dict[str, int] = {}
    kept = [_sample_fact(sample) for sample in training.distinct[0]]
    which = [places.setdefault(json.dumps(fact), len(places)) for fact in kept]
    facts = {
        "samples": [json.loads(text) for text in places],
        "rows": [which[row] for row in training.distinct[1].tolist()],
        "conditions": [_numbers(column) for column in training.conditions.T],
        "values": _numbers(training.values),
        "residuals": _numbers(training.residuals),
        "groups": training.groups.tolist(),
        **({} if training.expected is None else {"expected": _numbers(training.expected)}),
        "difficulties": _numbers(calibration.difficulties),
    }
    return json.dumps(facts, separators=(",", ":"), allow_nan=False).encode()


def read_training(data: bytes) -> tuple[Training, np.ndarray]:
    """Return the training rows and the difficulties that `training_bytes` told.

    Raises:
        ArtifactError: the bytes tell something else.
    """
    try:
        facts = json.loads(data)
        samples = [_sample(fact) for fact in facts["samples"]]
        rows = tuple(samples[row] for row in facts["rows"])
        columns = [np.array(column, dtype=np.float64) for column in facts["conditions"]]
        conditions = np.column_stack(columns) if columns else np.empty((len(rows), 0))
        values, residuals = (np.array(facts[k], np.float64) for k in ("values", "residuals"))
        groups = np.array(facts["groups"], dtype=np.int64)
        expected = np.array(facts["expected"], np.float64) if "expected" in facts else None
        difficulties = np.array(facts["difficulties"], dtype=np.float64)
    except _DAMAGED as error:
        raise ArtifactError(f"the training rows of a predictor are damaged ({error})") from error
    lengths = {len(rows), len(values), len(residuals), len(groups), len(conditions)}
    lengths |= set() if expected is None else {len(expected)}
    if len(lengths) > 1 or len(difficulties) not in (0, len(rows)) or not rows:
        raise ArtifactError("the training rows of a predictor are damaged: their numbers differ")
    return Training(rows, conditions, values, residuals, groups, expected), difficulties


def _plain(value: Any) -> Any:
    """Return dictionaries, lists and numbers for records, mappings and tuples."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value


def _member(facts: Mapping[str, Any]) -> MemberRecipe:
    given = dict(facts)
    given["descriptors"] = tuple(given["descriptors"])
    given["choices"] = tuple(given["choices"])
    return MemberRecipe(**given)


def _numbers(values: np.ndarray) -> list[float | int]:
    """Return numbers in the fewest characters that give them back exactly."""
    numbers: Sequence[float] = values.tolist()
    return [int(n) if n.is_integer() and abs(n) < 1e15 else n for n in map(float, numbers)]


def _sample_fact(sample: Sample) -> str | list[Any]:
    """Return a formula, or a list of it and what it does not tell."""
    known = _from_key(sample.formula)
    same = known is not None and dict(known.fractions) == dict(sample.fractions)
    fractions = None if same else dict(sorted(sample.fractions.items()))
    atoms = None if same and known is not None and known.atoms == sample.atoms else sample.atoms
    fact = [sample.formula, sample.space_group, sample.cell_atoms, fractions, atoms]
    while fact[-1] is None:
        fact.pop()
    return sample.formula if len(fact) == 1 else fact


def _sample(fact: str | list[Any]) -> Sample:
    """Return the sample that `_sample_fact` told."""
    told: list[Any] = [fact] if isinstance(fact, str) else list(fact)
    padded: list[Any] = [*told, *[None] * (5 - len(told))]
    formula, space_group, cell_atoms, fractions, atoms = padded
    known = _from_key(formula)
    if known is None and (fractions is None or atoms is None):
        raise ValueError(f"{formula!r} is no formula")
    return Sample(
        name=formula,
        formula=formula,
        fractions=dict(fractions if fractions is not None or known is None else known.fractions),
        atoms=float(atoms if atoms is not None or known is None else known.atoms),
        space_group=space_group,
        cell_atoms=cell_atoms,
    )


def _from_key(key: str) -> Sample | None:
    """Return the sample that a key of integers tells by itself, or None."""
    parts = _PART.findall(key)
    amounts = {symbol: int(amount or 1) for symbol, amount in parts}
    total = sum(amounts.values())
    plain = "".join(symbol + amount for symbol, amount in parts) == key
    if not plain or not total or len(amounts) < len(parts):
        return None
    fractions = {symbol: amount / total for symbol, amount in amounts.items()}
    return Sample(name=key, formula=key, fractions=fractions, atoms=float(total))
