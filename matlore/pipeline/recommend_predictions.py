"""What the predictors at hand say of candidates."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from matlore.errors import InputError, UsageError

from .recommend_values import CandidateValue, Values, in_unit, merged

if TYPE_CHECKING:
    import numpy as np

    from graph.predictors.application_properties import ApplicationProperties, WantedProperty
    from graph.predictors.base import Prediction, Recipe, Sample
    from graph.predictors.predictor import PropertyPredictor

__all__ = ["GAP", "LIMIT", "PredictorsAtHand", "predicted_values", "with_solar_limits"]

GAP: Final = "band gap"
LIMIT: Final = "shockley-queisser limit"
_GAPS: Final = (0.31, 4.42)
"""In eV: where there is sunlight in the table, and the limit is known."""
_STEPS: Final = 41
_DECIMALS: Final = 6


class PredictorsAtHand(Protocol):
    """Predictors by name, as `matlore.pipeline.predict_models.Predictors` has them."""

    def __iter__(self) -> Iterator[str]: ...

    def __getitem__(self, name: str) -> "PropertyPredictor": ...

    def recipe(self, name: str) -> "Recipe":
        """Return the recipe of a predictor, without loading it."""

    def source(self, name: str) -> str:
        """Return where it is from: `starter` or `home`."""


def predicted_values(
    predictors: PredictorsAtHand, formulas: Sequence[str], matters: "ApplicationProperties"
) -> Values:
    """Predict the properties that matter of materials, from their compositions.

    Args:
        predictors: those at hand; only those of wanted properties are loaded.
        formulas: keys of the materials; of what is no composition nothing is predicted.
        matters: the properties, and the conditions.
    """
    samples = dict(_samples(formulas))
    names = _chosen(predictors, matters.properties)
    parts = []
    for wanted, name in names:
        predictor = predictors[name]
        conditions = _conditions(predictor.recipe, matters.conditions, len(samples))
        seen = {sample.formula for sample in predictor.training.materials.samples}
        found = _predictions(predictor, list(samples.items()), conditions)
        parts.append({f: _values(p, predictor.recipe, wanted, seen) for f, p in found})
    return merged(parts)


def _samples(formulas: Sequence[str]) -> "Iterator[tuple[str, Sample]]":
    """Yield formulas with their samples; those that are no composition are left out."""
    from graph.predictors.compositions import read_formula

    for formula in formulas:
        try:
            yield formula, read_formula(formula)
        except InputError:
            continue


def _chosen(
    predictors: PredictorsAtHand, wanted: Sequence["WantedProperty"]
) -> "list[tuple[WantedProperty, str]]":
    """Return for each property the predictor to use; the user's own come before those shipped."""
    found = []
    for one in wanted:
        named = [
            (predictors.source(name) == "starter", name)
            for name in predictors
            if predictors.recipe(name).property == one.name
            and predictors.recipe(name).needs == "composition"
        ]
        if named:
            found.append((one, min(named)[1]))
    return found


def _conditions(recipe: "Recipe", given: Mapping[str, float], rows: int) -> "np.ndarray":
    """Return (rows, c): the conditions of the application, else the recipe's defaults."""
    import numpy as np

    values = [given.get(one.name, one.default) for one in recipe.conditions]
    return np.tile(np.array(values, dtype=np.float64), (rows, 1))


def _predictions(
    predictor: "PropertyPredictor", samples: "Sequence[tuple[str, Sample]]", given: "np.ndarray"
) -> "Iterator[tuple[str, Prediction]]":
    """Yield predictions; where some cannot be made, halves are tried down to the bad material."""
    if not samples:
        return
    try:
        found = predictor.predict([sample for _, sample in samples], given)
    except InputError:
        if len(samples) == 1:
            return
        middle = len(samples) // 2
        yield from _predictions(predictor, samples[:middle], given[:middle])
        yield from _predictions(predictor, samples[middle:], given[middle:])
        return
    for (formula, _), one in zip(samples, found, strict=True):
        yield formula, one


def _values(
    one: "Prediction", recipe: "Recipe", wanted: "WantedProperty", seen: set[str]
) -> list[CandidateValue]:
    """Return a prediction in the unit that is wanted; none where its dimension is another."""
    value = in_unit(one.value, one.unit, wanted)
    if value is None:
        raise UsageError(
            f"{one.model} predicts {one.property} in {one.unit!r}, which is no unit of it; train it"
            f" anew with {wanted.unit!r}"
        )
    units = {condition.name: condition.unit for condition in recipe.conditions}
    conditions = tuple(f"{name} = {at:g} {units[name]}" for name, at in one.conditions.items())
    is_class = recipe.task == "classification"
    return [
        CandidateValue(
            property=wanted.name,
            kind="predicted",
            value=value,
            unit=wanted.unit,
            # The interval of a classification is one of classes, not of the probability.
            lower=None if is_class else in_unit(one.lower, one.unit, wanted),
            upper=None if is_class else in_unit(one.upper, one.unit, wanted),
            conditions=conditions,
            in_domain=one.in_domain,
            doubts=tuple(one.doubts),
            model=one.model,
            learned=one.formula in seen,
        )
    ]


def with_solar_limits(values: Values, wanted: Sequence["WantedProperty"]) -> Values:
    """Add the limit of Shockley and Queisser where it is wanted, and a band gap is known.

    That of a predicted gap counts as predicted, any other as derived. A gap outside the table of
    sunlight, 0.31 to 4.42 eV, counts as its end, and the value says so.
    """
    limit = next((one for one in wanted if one.name == LIMIT), None)
    if limit is None:
        return values
    return {
        formula: [*known, *(_limit(one) for one in known if one.property == GAP)]
        for formula, known in values.items()
    }


def _limit(gap: CandidateValue) -> CandidateValue:
    """Return the limit of a band gap in eV; its interval is that over the gap's."""
    ends = [gap.value if end is None else end for end in (gap.lower, gap.upper)]
    known = None not in (gap.lower, gap.upper)
    over = _limits(ends[0], ends[1])
    (value,) = _limits(gap.value, gap.value, steps=1)
    outside = not _GAPS[0] <= gap.value <= _GAPS[1]
    doubt = f"the band gap is outside {_GAPS[0]} to {_GAPS[1]} eV, and counts as its end"
    return CandidateValue(
        property=LIMIT,
        kind="predicted" if gap.kind == "predicted" else "derived",
        value=value,
        unit="%",
        lower=min(*over, value) if known else None,
        upper=max(*over, value) if known else None,
        sources=gap.sources,
        in_domain=gap.in_domain,
        doubts=(*gap.doubts, doubt) if outside else gap.doubts,
        papers=gap.papers,
        model=LIMIT if gap.model is None else f"{LIMIT} of {gap.model}",
        learned=gap.learned,
    )


def _limits(low: float, high: float, *, steps: int = _STEPS) -> list[float]:
    """Return the limit in percent at gaps from one to another."""
    import numpy as np

    from graph.propnet.functions_solar import shockley_queisser

    gaps = np.clip(np.linspace(low, high, steps), *_GAPS)
    return [round(one, _DECIMALS) for one in shockley_queisser(gaps).tolist()]
