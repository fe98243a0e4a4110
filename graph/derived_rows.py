"""What was derived, as rows of the tables that `derived_store` keeps."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matlore.units import to_si

from .derived_store import derived_schemas
from .propnet.base import TEMPERATURE, Derivation, DerivedValue, Model, Symbol, Use

if TYPE_CHECKING:
    import pyarrow as pa

    Rows = dict[str, list[dict[str, Any]]]

__all__ = ["derivation_tables", "model_tables"]

_PRESSURE = re.compile(r"([-+.\de]+) Pa")
_MEAN_REFERENCE = (
    "weights of a random-effects model: DerSimonian & Laird, Control. Clin. Trials 7, 177 (1986);"
    " outliers by the modified z-score: Iglewicz & Hoaglin (1993)"
)


def derivation_tables(
    derivations: Iterable[tuple[Derivation, Mapping[str, Any]]],
    symbols: Mapping[str, Symbol],
    versions: Mapping[str, str],
) -> "dict[str, pa.Table]":
    """Return the rows of derivations, by the table they belong to.

    Args:
        derivations: each with what else is noted of its material: `fingerprint`, `version` and
            `seconds`.
        symbols: by name.
        versions: of what made a value, by the model's name.
    """
    rows: Rows = {name: [] for name in ("materials", "quantities", "uses", "conflicts")}
    rows["rejections"] = []
    for derivation, noted in derivations:
        _add(rows, derivation, noted, symbols, versions)
    return _tables(rows)


def model_tables(models: Iterable[Model], *, mean: str, version: str) -> "dict[str, pa.Table]":
    """Return nodes of models, and what they need and give.

    Args:
        models: of the library.
        mean: the name of what makes one value of several.
        version: of that.
    """
    rows: Rows = {"models": [_mean_row(mean, version)], "needs": [], "gives": []}
    for model in models:
        rows["models"].append(_model_row(model))
        rows["needs"] += _needs(model)
        rows["gives"] += _gives(model)
    return _tables(rows)


def _tables(rows: "Rows") -> "dict[str, pa.Table]":
    import pyarrow as pa

    schemas = derived_schemas()
    return {name: pa.Table.from_pylist(some, schemas[name]) for name, some in rows.items()}


# Values.


def _add(
    rows: "Rows",
    derivation: Derivation,
    noted: Mapping[str, Any],
    symbols: Mapping[str, Symbol],
    versions: Mapping[str, str],
) -> None:
    material = {"material": derivation.material}
    rows["materials"].append({**material, **noted, "cut_off": derivation.cut_off})
    for value in derivation.values:
        said = _quantity(value, symbols[value.symbol].unit, versions.get(value.model))
        rows["quantities"].append({**material, **said})
        rows["uses"] += [{**material, **use} for use in _uses(value)]
    rows["conflicts"] += [
        {**material, "from": one.derived, "to": one.reported, "difference": one.difference}
        for one in derivation.conflicts
    ]
    rows["rejections"] += [
        {name: getattr(one, name) for name in ("what", "symbol", "reason", "example", "count")}
        | material
        for one in derivation.rejections
    ]


def _quantity(value: DerivedValue, unit: str, version: str | None) -> dict[str, Any]:
    si = to_si(value.value, unit)
    known = value.std is not None and math.isfinite(value.std)
    return {
        "id": value.id,
        "property": value.symbol,
        "model": value.model,
        "value": value.value,
        "std": value.std if known else None,
        "comparator": "=",
        "unit": unit,
        "si_value": si[0] if si else None,
        "si_unit": si[1] if si else None,
        "conditions": _conditions(value),
        "temperature": value.temperature,
        "pressure": _pressure(value),
        "kind": value.kind,
        "modality": value.modality,
        "score": round(value.score, 4),
        "source": value.source,
        "version": version,
    }


def _conditions(value: DerivedValue) -> list[str]:
    """Return conditions as texts, sorted as those of reported values are."""
    said = [f"{name} = {text}" for name, text in value.state]
    if value.temperature is not None:
        said.append(f"{TEMPERATURE} = {value.temperature:.6g} K")
    return sorted(said)


def _pressure(value: DerivedValue) -> float | None:
    for name, text in value.state:
        found = _PRESSURE.fullmatch(text) if name == "pressure" else None
        if found is not None:
            return float(found[1])
    return None


def _uses(value: DerivedValue) -> Iterator[dict[str, Any]]:
    """Yield what a value was computed from, each once."""
    merged: dict[str, list[Use]] = {}
    for use in value.uses:
        merged.setdefault(use.id, []).append(use)
    for id, uses in merged.items():
        variables = ", ".join(dict.fromkeys(use.variable for use in uses if use.variable))
        weight = max(use.weight for use in uses)
        yield {"from": value.id, "to": id, "variable": variables or None, "weight": weight}


# Models.


def _mean_row(name: str, version: str) -> dict[str, Any]:
    about = "One value of several that sources report, or that follow in several ways."
    said = {"name": name, "kind": "aggregation", "about": about}
    return {**said, "reference": _MEAN_REFERENCE, "version": version}


def _model_row(model: Model) -> dict[str, Any]:
    references = [f"{one.text}, doi:{one.doi}" if one.doi else one.text for one in model.references]
    return {
        "name": model.name,
        "kind": "equation" if model.equation else "function",
        "about": model.about or None,
        "reference": "; ".join(references) or None,
        "version": model.version,
        "equation": model.equation,
    }


def _needs(model: Model) -> list[dict[str, Any]]:
    """Return the properties that a model takes as it is written."""
    names = [name for name in model.variables if name != model.output]
    return [
        {"from": model.name, "to": property, "variable": ", ".join(variables)}
        for property, variables in _by_property(model, names).items()
    ]


def _gives(model: Model) -> list[dict[str, Any]]:
    return [
        {
            **{"from": model.name, "to": property, "variable": ", ".join(variables)},
            "direct": model.output in variables,
        }
        for property, variables in _by_property(model, model.solve_for).items()
    ]


def _by_property(model: Model, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the variables by the property that they stand for."""
    found: dict[str, list[str]] = {}
    for name in names:
        variable = model.variables[name]
        if variable.is_property:
            found.setdefault(variable.stands_for, []).append(name)
    return found
