"""Numbers of the elements and radii of their ions.

Where each column is from stands in `elements.json`, beside `elements.csv` and
`ionic_radii.csv`. A number that is not known is None.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

__all__ = ["Element", "element_card", "load_elements", "read_table", "shannon_radius"]


@dataclass(frozen=True, slots=True)
class Element:
    """What is known of an element.

    Attributes:
        atomic_mass: g/mol.
        has_standard_mass: False where the mass is that of one isotope.
        electronegativity: on Pauling's scale.
        group: 1 to 18; None in the f block.
        block: s, p, d or f.
        valence_electrons: by the rule that `elements.json` states.
        covalent_radius: pm.
        crustal_abundance: mg/kg.
        hhi_production: the Herfindahl-Hirschman index of the countries that produce it.
        hhi_reserves: the same of those that have it.
        melting_point: K.
        oxidation_states: the common ones, sorted.
        rare_oxidation_states: known ones that are not common, sorted.
    """

    symbol: str
    atomic_number: int
    atomic_mass: float
    has_standard_mass: bool
    electronegativity: float | None
    group: int | None
    period: int
    block: str
    valence_electrons: int
    covalent_radius: float | None
    crustal_abundance: float | None
    hhi_production: float | None
    hhi_reserves: float | None
    melting_point: float | None
    oxidation_states: tuple[int, ...]
    rare_oxidation_states: tuple[int, ...]


@lru_cache(maxsize=1)
def load_elements() -> Mapping[str, Element]:
    """Return the elements 1 to 103 by symbol, in the order of their numbers."""
    return MappingProxyType({row["symbol"]: _element(row) for row in read_table("elements.csv")})


@lru_cache(maxsize=1)
def element_card() -> Mapping[str, Any]:
    """Return where the numbers are from: for each file, for each column, unit and source."""
    card: dict[str, Any] = json.loads((files(__package__) / "elements.json").read_text("utf-8"))
    return MappingProxyType(card)


@lru_cache(maxsize=4096)
def shannon_radius(
    symbol: str, charge: int, coordination: int, spin: str | None = None
) -> float | None:
    """Return the effective ionic radius of an ion after Shannon (1976).

    Where there is none for the coordination, that of the nearest one is returned; of two as near,
    the higher. A square or pyramidal surrounding counts only where there is no other.

    Args:
        symbol: of the element.
        charge: in elementary charges.
        coordination: number of neighbours.
        spin: `high` or `low`; without it, the only one, else high.

    Returns:
        pm, or None for an ion that is not in the table.
    """
    known = [
        row for row in _radii().get((symbol, charge), ()) if spin in (None, row[2]) or not row[2]
    ]
    if not known:
        return None

    def preference(row: tuple[int, str, str, float]) -> tuple[int, int, bool, bool]:
        neighbours, geometry, state, _ = row
        return abs(neighbours - coordination), -neighbours, bool(geometry), state == "low"

    return min(known, key=preference)[3]


@lru_cache(maxsize=1)
def _radii() -> Mapping[tuple[str, int], list[tuple[int, str, str, float]]]:
    """Return coordination, geometry, spin and radius by symbol and charge."""
    radii: dict[tuple[str, int], list[tuple[int, str, str, float]]] = {}
    for row in read_table("ionic_radii.csv"):
        ion = row["symbol"], int(row["charge"])
        radius = float(row["ionic_radius"])
        radii.setdefault(ion, []).append(
            (int(row["coordination"]), row["geometry"], row["spin"], radius)
        )
    return radii


def _element(row: Mapping[str, str]) -> Element:
    """Make an element of a row of the table."""
    return Element(
        symbol=row["symbol"],
        atomic_number=int(row["atomic_number"]),
        atomic_mass=float(row["atomic_mass"]),
        has_standard_mass=row["mass_kind"] == "standard",
        electronegativity=_number(row["electronegativity"]),
        group=int(row["group"]) if row["group"] else None,
        period=int(row["period"]),
        block=row["block"],
        valence_electrons=int(row["valence_electrons"]),
        covalent_radius=_number(row["covalent_radius"]),
        crustal_abundance=_number(row["crustal_abundance"]),
        hhi_production=_number(row["hhi_production"]),
        hhi_reserves=_number(row["hhi_reserves"]),
        melting_point=_number(row["melting_point"]),
        oxidation_states=_whole_numbers(row["oxidation_states"]),
        rare_oxidation_states=_whole_numbers(row["rare_oxidation_states"]),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(";") if part)


def read_table(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of this package, by column."""
    yield from csv.DictReader((files(__package__) / name).read_text("utf-8").splitlines())
