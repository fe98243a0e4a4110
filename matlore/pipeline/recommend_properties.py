"""The properties that matter for an application, beside ranked candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import UsageError

from .candidate_elements import elements_of_candidate
from .recommend_known import derived_values, reported_values
from .recommend_predictions import PredictorsAtHand, predicted_values, with_solar_limits
from .recommend_values import CandidateValue, Values, merged, value_row

if TYPE_CHECKING:
    from graph.predictors.application_properties import ApplicationProperties

__all__ = ["CandidateProperties", "candidate_properties", "what_matters"]

_NONE_LAID_DOWN = "which properties matter for {name!r} is not laid down; it is for {known}"
_NO_PREDICTOR = "there are no predictors of {names} at hand (`matlore predict models` lists them)"
_YEARS = (
    "predictions know no years: their models learned from all data that there were, and so may"
    " know what was found after {until}"
)


@dataclass(frozen=True, slots=True)
class CandidateProperties:
    """What is known of candidates.

    Attributes:
        matters: the properties that matter; None where nothing is laid down.
        values: by formula.
        notes: what to know of them, in words.
    """

    matters: "ApplicationProperties | None"
    values: Values
    notes: tuple[str, ...] = ()

    def row(self, formula: str) -> dict[str, object]:
        """Return the fields that a candidate gets: `properties` and `elements`."""
        from ner.formulas import composition

        known = self.values.get(formula, ())
        return {
            "properties": [value_row(one) for one in self._in_order(known)],
            "elements": elements_of_candidate(composition(formula)),
        }

    def _in_order(self, known: Sequence[CandidateValue]) -> list[CandidateValue]:
        """Return values in the order of the wanted properties; read before predicted ones."""
        names = () if self.matters is None else [one.name for one in self.matters.properties]
        kinds = ("reported", "derived", "predicted")
        return sorted(known, key=lambda one: (names.index(one.property), kinds.index(one.kind)))

    def wanted(self) -> dict[str, Any] | None:
        """Return which properties matter, and why, as a part of the result."""
        if self.matters is None:
            return None
        return {
            "properties": [
                {"property": one.name, "unit": one.unit, "counts": bool(one.corners)}
                for one in self.matters.properties
            ],
            "conditions": dict(self.matters.conditions),
            "about": self.matters.about,
            "reference": self.matters.reference,
        }


def what_matters(
    application: str, *, required: str | None = None
) -> "ApplicationProperties | None":
    """Return which properties matter for an application, or None where nothing is laid down.

    Args:
        application: its name in the vocabulary.
        required: the option that cannot do without, for the message.

    Raises:
        UsageError: nothing is laid down, and it is required.
    """
    from graph.predictors.application_properties import load_application_properties

    known = load_application_properties()
    if required and application not in known:
        told = _NONE_LAID_DOWN.format(name=application, known=", ".join(known))
        raise UsageError(f"{required}: {told}; leave it out")
    return known.get(application)


def candidate_properties(
    home_path: Path,
    formulas: Sequence[str],
    application: str,
    *,
    until: int | None = None,
    predictors: PredictorsAtHand | None = None,
) -> CandidateProperties:
    """Return the reported, derived and predicted properties of materials that matter.

    Args:
        home_path: the data home, whose facts, derived values and predictors are used; it need
            not exist: then those that ship with matlore are.
        formulas: keys of the materials.
        application: its name in the vocabulary.
        until: only papers up to this year; values that were derived, whose papers may be newer,
            are then left out.
        predictors: those to use; None for those of the home and of matlore.

    Raises:
        ArtifactError: facts, derived values or a predictor cannot be read.
    """
    matters = what_matters(application)
    if matters is None:
        return CandidateProperties(None, {}, (_nothing(application),))
    if predictors is None:
        from .predict_models import home_predictors

        predictors = home_predictors(home_path)
    wanted = matters.properties
    parts = [reported_values(home_path, formulas, wanted, until=until)]
    if until is None:
        parts.append(derived_values(home_path, formulas, wanted))
    parts.append(predicted_values(predictors, formulas, matters))
    values = with_solar_limits(merged(parts), wanted)
    return CandidateProperties(matters, values, tuple(_notes(matters, values, until)))


def _nothing(application: str) -> str:
    from graph.predictors.application_properties import load_application_properties

    known = ", ".join(load_application_properties())
    return _NONE_LAID_DOWN.format(name=application, known=known)


def _notes(matters: "ApplicationProperties", values: Values, until: int | None) -> list[str]:
    if not any(one.kind == "predicted" for known in values.values() for one in known):
        names = ", ".join(one.name for one in matters.properties)
        return [_NO_PREDICTOR.format(names=names)]
    return [] if until is None else [_YEARS.format(until=until)]
