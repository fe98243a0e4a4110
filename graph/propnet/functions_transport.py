"""What no equation in closed form says: Fermi integrals of a single parabolic band, Debye's.

The band scatters carriers by acoustic phonons, so that the transport integrals have whole orders:
|S| = (k/e) (2 F1/F0 - eta), after A. F. May and G. J. Snyder, "Introduction to modeling
thermoelectric transport at high temperatures" (2012). eta is the chemical potential over kT,
counted from the band edge into the band.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import constants
from scipy.interpolate import PchipInterpolator

__all__ = ["TRANSPORT_FUNCTIONS", "fermi_integral"]

Values = NDArray[np.float64]

K_OVER_E = constants.k / constants.e
"""V/K."""
_DEGENERATE = 40.0
"""From this eta on, Sommerfeld's expansion is good to 1e-8."""
_CLASSICAL = -25.0
"""Below this eta, Boltzmann's statistics is good to 1e-11."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)


def _column(value: Values) -> Values:
    return np.atleast_1d(np.asarray(value, dtype=np.float64))


def fermi_integral(order: float, eta: Values) -> Values:
    """Return the integral of x^order / (1 + exp(x - eta)) from zero, without a gamma function.

    Args:
        order: 0, 1/2, 1 or 2.
        eta: (n,).

    Returns:
        (n,), to a relative error of about 1e-8; NaN stays NaN.
    """
    eta = _column(eta)
    middle = np.clip(np.nan_to_num(eta), -700.0, _DEGENERATE)
    values = _quadrature(order, middle)
    high = np.maximum(np.nan_to_num(eta), _DEGENERATE)
    values = np.where(eta > _DEGENERATE, _sommerfeld(order, high), values)
    return np.where(np.isfinite(eta), values, np.nan)


def _quadrature(order: float, eta: Values) -> Values:
    """Integrate over t = sqrt(x), in which half-integer orders are smooth."""
    end = np.sqrt(np.maximum(eta, 0.0) + 45.0)[:, None]
    t = end * (_NODES + 1) / 2
    bands = np.exp(-np.logaddexp(0.0, t**2 - eta[:, None]))
    return np.asarray((end[:, 0] / 2) * ((2 * t ** (2 * order + 1) * bands) @ _WEIGHTS))


def _sommerfeld(order: float, eta: Values) -> Values:
    first = np.pi**2 / 6 * (order + 1) * order / eta**2
    second = 7 * np.pi**4 / 360 * (order + 1) * order * (order - 1) * (order - 2) / eta**4
    return np.asarray(eta ** (order + 1) / (order + 1) * (1 + first + second))


def _reduced_seebeck(eta: Values) -> Values:
    """Return |S| over k/e."""
    return 2 * fermi_integral(1, eta) / fermi_integral(0, eta) - eta


@lru_cache(maxsize=1)
def _inverse_seebeck() -> tuple[PchipInterpolator, float, float]:
    """Return eta as a function of the logarithm of |S| e/k, and the ends of its range."""
    eta = np.linspace(_CLASSICAL, _DEGENERATE, 6501)
    reduced = _reduced_seebeck(eta)
    return PchipInterpolator(np.log(reduced[::-1]), eta[::-1]), reduced[-1], reduced[0]


def reduced_chemical_potential(S: Values) -> Values:
    """Return eta of a band from its Seebeck coefficient in V/K; NaN for zero."""
    size = np.abs(_column(S)) / K_OVER_E
    size = np.where((size > 0) & np.isfinite(size), size, np.nan)
    inverse, least, most = _inverse_seebeck()
    inside = np.clip(np.nan_to_num(size, nan=1.0), least, most)
    eta = np.where(size > most, 2.0 - size, inverse(np.log(inside)))
    eta = np.where(size < least, np.pi**2 / 3 / size, eta)
    return np.where(np.isfinite(size), eta, np.nan)


def lorenz_number(S: Values) -> Values:
    """Return W ohm/K² from a Seebeck coefficient in V/K.

    L = (k/e)² (3 F0 F2 - 4 F1²) / F0²: pi²/3 (k/e)² for a metal, 2 (k/e)² for few carriers.
    """
    eta = reduced_chemical_potential(S)
    inner = np.clip(eta, _CLASSICAL, _DEGENERATE)
    f0, f1, f2 = (fermi_integral(order, inner) for order in (0, 1, 2))
    band = (3 * f0 * f2 - 4 * f1**2) / f0**2
    metal = np.pi**2 / 3 * (1 - np.pi**2 / 3 / np.maximum(eta, 1.0) ** 2)
    return K_OVER_E**2 * np.where(eta > _DEGENERATE, metal, band)


def _thermal_wave_number(T: Values) -> Values:
    """Return (2 m_e k T)^(3/2) / h³ in 1/m³; NaN unless T is above zero."""
    T = _column(T)
    T = np.where(T > 0, T, np.nan)
    return np.asarray((2 * constants.m_e * constants.k * T) ** 1.5 / constants.h**3)


def density_of_states_mass(S: Values, n: Values, T: Values) -> Values:
    """Return the effective mass in electron masses from S in V/K, n in 1/m³ and T in K.

    n = 4 pi (2 m k T / h²)^(3/2) F_1/2(eta).
    """
    half = fermi_integral(0.5, reduced_chemical_potential(S))
    ratio = _column(n) / (4 * np.pi * _thermal_wave_number(T) * half)
    return np.where(ratio > 0, np.cbrt(np.where(ratio > 0, ratio, 1.0)) ** 2, np.nan)


def weighted_mobility(S: Values, sigma: Values, T: Values) -> Values:
    """Return m²/(V s), that is mu (m/m_e)^(3/2), from S in V/K, sigma in S/m and T in K.

    sigma = 8 pi e (2 m_e k T)^(3/2) / (3 h³) mu_w F0(eta).
    """
    f0 = fermi_integral(0, reduced_chemical_potential(S))
    scale = 8 * np.pi * constants.e / 3 * _thermal_wave_number(T)
    mobility = _column(sigma) / (scale * f0)
    return np.where(mobility >= 0, mobility, np.nan)


def debye_heat_capacity(theta: Values, T: Values) -> Values:
    """Return J/(mol K), a mole of atoms at constant volume, from the Debye temperature and T in K.

    9 R (T/theta)³ times the integral of x⁴ eˣ / (eˣ - 1)² up to theta/T. Above theta/T = 60 it is
    taken up to 60: the rest is below 1e-18.
    """
    theta, T = _column(theta), _column(T)
    fit = (theta > 0) & (T > 0) & np.isfinite(theta) & np.isfinite(T)
    ratio = np.where(fit, theta, 1.0) / np.where(fit, T, 1.0)
    end = np.minimum(ratio, 60.0)[:, None]
    x = end * (_NODES + 1) / 2
    modes = x**4 * np.exp(-x) / np.expm1(-x) ** 2
    integral = (end[:, 0] / 2) * (modes @ _WEIGHTS)
    return np.where(fit, 9 * constants.R * integral / ratio**3, np.nan)


TRANSPORT_FUNCTIONS: Mapping[str, Callable[..., Values]] = {
    "reduced_chemical_potential": reduced_chemical_potential,
    "lorenz_number_of_band": lorenz_number,
    "density_of_states_mass": density_of_states_mass,
    "weighted_mobility_of_band": weighted_mobility,
    "debye_heat_capacity": debye_heat_capacity,
}
"""By the name that a model's `function` has."""
