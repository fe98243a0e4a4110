"""What an ideal solar cell of a band gap gives: the limit of Shockley and Queisser (1961).

Light: AM1.5G (ASTM G173-03), of which `photon_flux.csv` has the photons above each energy. Every
photon of at least the gap makes one pair; the only loss is light that the cell, at 298.15 K,
sends out of its front. NaN for gaps outside the table, 0.31 to 4.43 eV.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import constants
from scipy.special import lambertw

from .elements import read_table

__all__ = ["SOLAR_FUNCTIONS", "photon_flux_above"]

Values = NDArray[np.float64]

CELL_TEMPERATURE = 298.15
SUNLIGHT = 1000.37
"""W/m², the sum of the same spectrum from 280 to 4000 nm."""
_THERMAL = constants.k * CELL_TEMPERATURE / constants.e
"""kT in eV."""


@lru_cache(maxsize=1)
def _flux_table() -> tuple[Values, Values]:
    rows = [
        (float(row["photon_energy"]), float(row["flux_above"]))
        for row in read_table("photon_flux.csv")
    ]
    table = np.array(rows, dtype=np.float64)
    return table[:, 0], table[:, 1]


def photon_flux_above(gap: Values) -> Values:
    """Return photons per m² and s of at least an energy in eV; NaN outside the table."""
    energies, flux = _flux_table()
    return np.interp(gap, energies, flux, left=np.nan, right=np.nan)


def _light_current(gap: Values) -> Values:
    """Return A/m² of one pair a photon."""
    flux = photon_flux_above(np.atleast_1d(np.asarray(gap, dtype=np.float64)))
    return np.where(flux > 0, flux * constants.e, np.nan)


def _dark_current(gap: Values) -> Values:
    """Return A/m² of the light that the cell sends out of its front, in the dark.

    2 pi e / (h³ c²) times the integral of E² / (exp(E/kT) - 1) above the gap, the Bose function
    as a series of exponentials, of which three are more than enough for gaps above 10 kT.
    """
    width = _THERMAL * constants.e
    edge = np.atleast_1d(np.asarray(gap, dtype=np.float64)) / _THERMAL
    integral = sum(
        np.exp(-k * edge) * (edge**2 / k + 2 * edge / k**2 + 2 / k**3) for k in (1, 2, 3)
    )
    per_area = 2 * np.pi * constants.e / (constants.h**3 * constants.c**2)
    return np.asarray(per_area * width**3 * integral, dtype=np.float64)


def _current_ratio(gap: Values) -> tuple[Values, Values]:
    """Return the light current in A/m² and how many times the dark current it is."""
    light = _light_current(gap)
    inside = np.where(np.isfinite(light), np.atleast_1d(gap), 1.0)
    return light, light / _dark_current(inside)


def short_circuit_current_limit(gap: Values) -> Values:
    """Return mA/cm² from a band gap in eV."""
    return _light_current(gap) / 10


def open_circuit_voltage_limit(gap: Values) -> Values:
    """Return V from a band gap in eV."""
    _, ratio = _current_ratio(gap)
    return np.asarray(_THERMAL * np.log1p(ratio), dtype=np.float64)


def shockley_queisser(gap: Values) -> Values:
    """Return the largest efficiency in percent from a band gap in eV.

    The power V (J_L - J_0 (exp(V/kT) - 1)) is largest at V/kT = W(e (1 + J_L/J_0)) - 1, where W
    is Lambert's function.
    """
    light, ratio = _current_ratio(gap)
    best = np.asarray(lambertw(np.e * (1 + ratio), 0)).real - 1
    current = light * (1 - np.expm1(best) / ratio)
    return np.asarray(100 * _THERMAL * best * current / SUNLIGHT, dtype=np.float64)


def fill_factor_limit(gap: Values) -> Values:
    """Return the fill factor of the cell at the limit, 0 to 1, from a band gap in eV."""
    current = short_circuit_current_limit(gap) * 10
    voltage = open_circuit_voltage_limit(gap)
    return shockley_queisser(gap) / 100 * SUNLIGHT / (current * voltage)


SOLAR_FUNCTIONS: dict[str, Callable[..., Values]] = {
    "shockley_queisser": shockley_queisser,
    "short_circuit_current_limit": short_circuit_current_limit,
    "open_circuit_voltage_limit": open_circuit_voltage_limit,
    "fill_factor_limit": fill_factor_limit,
}
"""By the name that a model's `function` has."""
