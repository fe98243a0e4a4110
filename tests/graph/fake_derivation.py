"""A small library and an engine of three rules, for tests of what is kept of derivations.

Of a band gap follows a refractive index (Moss, n**4 * E = 95 eV), of several values of a property
their mean, and of every formula a formula mass of 100. Of four values or more the largest is an
outlier, and an index follows of their mean too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.derived_store import DerivedDraft
from graph.derived_work import Material, Work, derive_materials
from graph.propnet.base import (
    Conflict,
    Derivation,
    DerivedValue,
    KnownValue,
    Model,
    Reference,
    Rejection,
    Symbol,
    Use,
    Variable,
)
from graph.propnet.engine import DeriveOptions
from matlore.records import fact_id

__all__ = ["FakeLibrary", "FakeWork", "add_derivations", "fake_derive", "fake_library"]

GAP, INDEX, MASS = "band gap", "refractive index", "formula mass"
_MOSS = 95.0
_TOLERANCE = 0.1
_MANY = 4


@dataclass(frozen=True)
class FakeLibrary:
    """Symbols and models, as `graph.propnet.library.Library` has them."""

    symbols: Mapping[str, Symbol]
    models: Mapping[str, Model] = field(default_factory=dict)
    version: str = "1"


def fake_library(version: str = "1", *, without: str = "") -> FakeLibrary:
    """Return the library; a model may be left out."""
    always = frozenset({"all"})
    symbols = [
        Symbol(GAP, "eV", "E_g", "electronic", 0.0, 20.0),
        Symbol(INDEX, "1", "n", "optical", 0.0, 10.0, ignores=always),
        Symbol(MASS, "g/mol", "M", "composition", 0.0, synonyms=("formula weight",),
               in_vocabulary=False),
    ]  # fmt: skip
    models = [_moss(version), _mass(version)]
    return FakeLibrary(
        {one.name: one for one in symbols},
        {one.name: one for one in models if one.name != without},
        f"library {version} {without}",
    )


def _moss(version: str) -> Model:
    variables = {"E": Variable("E", GAP, "eV"), "n": Variable("n", INDEX, "1")}
    reference = Reference("Moss, Phys. Status Solidi B 131, 415 (1985)", "10.1002/pssb.2221310202")
    return Model(
        "moss relation", "Empirical.", "optical", variables, "n", ("n", "E"),
        equation="n = (95 / E)**(1/4)", references=(reference,), version=version,
    )  # fmt: skip


def _mass(version: str) -> Model:
    variables = {"f": Variable("f", "formula", ""), "M": Variable("M", MASS, "g/mol")}
    return Model(
        "mass of a formula", "", "composition", variables, "M", ("M",),
        function="molar_mass", version=version,
    )  # fmt: skip


def fake_derive(
    material: str, values: Sequence[KnownValue], library: Any, options: DeriveOptions
) -> Derivation:
    """Return what follows, by the three rules."""
    made: list[DerivedValue] = []
    conflicts: list[Conflict] = []
    by_symbol: dict[str, list[KnownValue]] = defaultdict(list)
    for value in values:
        by_symbol[value.symbol].append(value)
    if ":" not in material:
        id = fact_id("mass", material)
        made.append(DerivedValue(id, "derived", MASS, 100.0, 0.0, "mass of a formula", ()))
    for symbol, some in sorted(by_symbol.items()):
        if len(some) > 1:
            made.append(_mean(symbol, some))
        if len(some) >= _MANY and symbol == GAP:
            mean = made[-1]
            made.append(_index(KnownValue(mean.id, GAP, mean.value)))
    for gap in by_symbol[GAP]:
        if gap.value == 13.0:
            raise RuntimeError("an unlucky number")
        if gap.value <= 0 or "moss relation" not in library.models:
            continue
        index = _index(gap)
        made.append(index)
        for told in by_symbol[INDEX]:
            difference = (index.value - told.value) / told.value
            if abs(difference) > _TOLERANCE:
                conflicts.append(Conflict(index.id, told.id, difference))
    zeros = [
        Rejection("moss relation", INDEX, "no gap", count=1) for one in values if not one.value
    ]
    return Derivation(material, made, zeros, conflicts)


def _mean(symbol: str, values: Sequence[KnownValue]) -> DerivedValue:
    ordered = sorted(values, key=lambda one: (one.value, one.id))
    kept = ordered[:-1] if len(ordered) >= _MANY else ordered
    mean = sum(one.value for one in kept) / len(kept)
    uses = tuple(Use(one.id, "", 1 / len(kept) if one in kept else 0.0) for one in values)
    id = fact_id("mean", symbol, *(use.id for use in uses))
    return DerivedValue(id, "aggregate", symbol, mean, 0.1, "weighted mean", uses)


def _index(gap: KnownValue) -> DerivedValue:
    value = (_MOSS / gap.value) ** 0.25
    return DerivedValue(
        fact_id("moss", gap.id), "derived", INDEX, value, None, "moss relation",
        (Use(gap.id, "E"),), gap.temperature, gap.state, gap.source,
    )  # fmt: skip


class FakeWork(Work):
    """Work with the three rules, in other processes too."""

    def follow(self, material: Material) -> Derivation:
        known = [
            KnownValue(row["id"], row["property"], row["value"], source=row["source"] or "")
            for row in material.rows
            if row["property"] in self.library.symbols
        ]
        return fake_derive(material.key, known, self.library, self.options)


def add_derivations(draft: DerivedDraft, materials: Sequence[Material], library: Any) -> None:
    """Add what follows for materials to a draft."""
    work = FakeWork(library, DeriveOptions())
    for tables in derive_materials(materials, work, workers=1):
        draft.add(tables)
