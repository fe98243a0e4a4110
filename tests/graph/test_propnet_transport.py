"""Transport, heat, electrons, superconductors: models agree with one another and with physics.

Each expected number is from a formula written here, from a handbook, or from a law that ties
several models together; none is from the library.
"""

from functools import lru_cache

import numpy as np
import pytest
from scipy import constants
from scipy.integrate import quad

from graph.propnet.base import Solution
from graph.propnet.library import load_library

LIBRARY = load_library()
SOLUTIONS = {(one.model.name, one.target.name): one for one in LIBRARY.solutions()}

K, E, H, HBAR = constants.k, constants.e, constants.h, constants.hbar
M_E, EPS_0, MU_0, R = constants.m_e, constants.epsilon_0, constants.mu_0, constants.R
PHI_0 = H / (2 * E)
MU_B = constants.physical_constants["Bohr magneton"][0]


def _solution(model: str, target: str | None) -> Solution:
    return SOLUTIONS[model, target or LIBRARY.models[model].output]


def roots(model: str, target: str | None = None, **values: float) -> list[float]:
    """Return the solutions for which no constraint is broken."""
    solution = _solution(model, target)
    inputs = {name: np.array([value]) for name, value in values.items()}
    found = solution.roots(inputs)[:, 0]
    return [
        float(root)
        for root in found[np.isfinite(found)]
        if not any(
            broken[0]
            for broken in solution.broken(
                {**inputs, solution.target.name: np.array([root])}
            ).values()
        )
    ]


def given(model: str, target: str | None = None, **values: float) -> float:
    """Return the only solution."""
    (root,) = roots(model, target, **values)
    return root


# Thermoelectrics


@pytest.mark.parametrize("seebeck", [-220e-6, 60e-6, 350e-6])
def test_figure_of_merit_follows_from_its_parts(seebeck: float) -> None:
    sigma, kappa_l, temperature = 8e4, 0.8, 420.0
    lorenz = given("lorenz number from the seebeck coefficient", S=seebeck * 1e6)
    kappa_e = given("wiedemann-franz law", L=lorenz, sigma=sigma, T=temperature)
    kappa = given("total thermal conductivity", kappa_l=kappa_l, kappa_e=kappa_e)
    direct = given("figure of merit", S=seebeck, sigma=sigma, kappa=kappa, T=temperature)
    power_factor = given("power factor", S=seebeck, sigma=sigma)
    other = given("figure of merit from the power factor", PF=power_factor, kappa=kappa, T=420)
    by_hand = (1.5 + np.exp(-abs(seebeck) * 1e6 / 116)) * 1e-8 * sigma * temperature
    assert kappa_e == pytest.approx(by_hand)
    assert direct == pytest.approx(seebeck**2 * sigma * temperature / (kappa_l + by_hand))
    assert other == pytest.approx(direct)


def test_electrons_cannot_carry_more_heat_than_all() -> None:
    assert roots("total thermal conductivity", "kappa_l", kappa=1.0, kappa_e=1.2) == []


@lru_cache(maxsize=256)
def _fermi(order: float, eta: float) -> float:
    """Return the Fermi integral without a gamma function, by quadrature in sqrt(x)."""

    def inside(t: float) -> float:
        return float(2 * t ** (2 * order + 1) / (1 + np.exp(t * t - eta)))

    return float(quad(inside, 0, np.sqrt(max(eta, 0) + 45), limit=200)[0])


def _band(eta: float) -> tuple[float, float, float]:
    """Return S in V/K, sigma over sigma_E0, and the Hall factor of an acoustic band."""
    seebeck = K / E * (2 * _fermi(1, eta) / _fermi(0, eta) - eta)
    hall = 1.5 * _fermi(0.5, eta) * _fermi(-0.5, eta) / (2 * _fermi(0, eta) ** 2)
    return seebeck, _fermi(0, eta), hall


ETAS = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0)


@pytest.mark.parametrize("eta", ETAS)
def test_single_band_estimates_are_near_the_fermi_integrals(eta: float) -> None:
    seebeck, filling, hall = _band(eta)
    temperature, mass, sigma_0 = 500.0, 1.3, 2e5
    f0, f1, f2 = (_fermi(order, eta) for order in (0, 1, 2))
    lorenz = (K / E) ** 2 * (3 * f0 * f2 - 4 * f1**2) / f0**2
    assert given("lorenz number from the seebeck coefficient", S=seebeck * 1e6) == (
        pytest.approx(lorenz, rel=0.05)
    )
    prefactor = 8 * np.pi * E * (2 * M_E * K * temperature) ** 1.5 / (3 * H**3)
    mobility = given("weighted mobility", S=seebeck, sigma=sigma_0 * filling, T=temperature)
    assert mobility == pytest.approx(sigma_0 / prefactor, rel=0.035)
    quality = given("electronic quality factor", S=seebeck, sigma=sigma_0 * filling)
    assert quality == pytest.approx((K / E) ** 2 * sigma_0, rel=0.04)
    n = 4 * np.pi * (2 * mass * M_E * K * temperature / H**2) ** 1.5 * _fermi(0.5, eta)
    found = given(
        "effective mass from the thermopower", S=seebeck * 1e6, n=n / hall * 1e-6, T=temperature
    )
    assert found == pytest.approx(mass, rel=0.05)


@pytest.mark.parametrize("eta", [4.0, 5.0, 8.0, 12.0, 30.0])
def test_degenerate_limits_are_near_the_fermi_integrals(eta: float) -> None:
    seebeck = _band(eta)[0]
    temperature, mass = 400.0, 0.7
    n = 4 * np.pi * (2 * mass * M_E * K * temperature / H**2) ** 1.5 * _fermi(0.5, eta)
    found = given(
        "effective mass from the thermopower of degenerate carriers", S=-seebeck, n=n, T=temperature
    )
    assert found == pytest.approx(mass, rel=0.03)
    found = given("reduced chemical potential of degenerate carriers", S=-seebeck)
    assert found == pytest.approx(eta, rel=0.06)


def test_degenerate_limits_are_not_taken_beyond() -> None:
    assert roots("reduced chemical potential of degenerate carriers", S=2e-4) == []
    name = "effective mass from the thermopower of degenerate carriers"
    assert roots(name, S=2e-4, n=1e25, T=300) == []


def test_quality_factor_is_the_same_by_both_ways() -> None:
    seebeck, sigma, temperature = 240e-6, 5e4, 600.0
    direct = given("electronic quality factor", S=seebeck, sigma=sigma)
    mobility = given("weighted mobility", S=seebeck, sigma=sigma, T=temperature)
    name = "electronic quality factor from the weighted mobility"
    assert given(name, mu_w=mobility, T=temperature) == pytest.approx(direct, rel=0.005)
    b = given("quality factor b", B_E=direct, kappa_l=0.7, T=temperature)
    assert 0.2 < b < 1.5  # good thermoelectrics have 0.4 to 1


# Carriers


def test_hall_data_give_the_conductivity_back() -> None:
    hall, sigma = -3.1e-7, 4.2e4
    n = given("carrier concentration from the hall coefficient", R_H=hall)
    mu = given("mobility from the hall coefficient", R_H=hall, sigma=sigma)
    assert n == pytest.approx(1 / (E * 3.1e-7))
    assert given("conductivity of one kind of carrier", n=n, mu=mu) == pytest.approx(sigma)
    sheet = given("sheet carrier density", n=n, t=5e-8)
    square = given("sheet resistance", rho=1 / sigma, t=5e-8)
    assert given("sheet resistance of a carrier sheet", n_s=sheet, mu=mu) == pytest.approx(square)


def test_copper_is_a_free_electron_gas() -> None:
    """Ashcroft & Mermin (1976), tables 1.1 to 2.1: 7.00 eV, 1.57e6 m/s, 8.16e4 K, 92 A (r_s)^2."""
    n, rho = 8.47e28, 1.56e-8
    wave = given("fermi wave vector", n=n)
    energy = given("fermi energy of a band", k=wave, m=1)
    velocity = given("fermi velocity", k=wave, m=1)
    assert energy == pytest.approx(7.00, rel=0.01)
    assert velocity == pytest.approx(1.57e6, rel=0.01)
    assert given("fermi temperature", E=energy) == pytest.approx(8.16e4, rel=0.01)
    path = given("mean free path of a free electron gas", n=n, rho=rho)
    mobility = given("conductivity of one kind of carrier", "mu", sigma=1 / rho, n=n)
    time = given("mobility from the scattering time", "tau", mu=mobility, m=1)
    assert time == pytest.approx(2.7e-14, rel=0.02)  # table 1.3
    assert path == pytest.approx(velocity * time)
    assert given("ioffe-regel parameter", k=wave, l=path) == pytest.approx(wave * path)


def test_diffusion_of_carriers_in_silicon() -> None:
    diffusion = given("einstein relation", mu=0.135, T=300)
    assert diffusion == pytest.approx(35e-4, rel=0.01)  # Streetman & Banerjee, table 4-1
    length = given("diffusion length", D=diffusion, tau=1e-5)
    assert length == pytest.approx(np.sqrt(0.135 * K * 300 / E * 1e-5))
    assert given("diffusion length", "tau", D=diffusion, L=length) == pytest.approx(1e-5)


def test_plasma_frequency_and_screening() -> None:
    n = 5e25
    frequency = given("plasma frequency of free carriers", n=n, m=0.35)
    depth = given("london penetration depth", n=n, m=0.35)
    assert depth == pytest.approx(constants.c / (2 * np.pi * frequency), rel=1e-6)
    length = given("debye length", eps=11.9, n=1e22, T=300)
    assert length == pytest.approx(41e-9, rel=0.02)  # silicon with 1e16/cm3, Sze & Ng
    assert given("debye length", eps=11.9, n=4e22, T=300) == pytest.approx(length / 2)


def test_exciton_is_a_scaled_hydrogen_atom() -> None:
    energy = given("exciton binding energy", m=0.104, eps=9.4)
    radius = given("exciton bohr radius", m=0.104, eps=9.4)
    coulomb = E / (8 * np.pi * EPS_0 * 9.4 * radius * 1e-9)
    assert energy / 1000 == pytest.approx(coulomb, rel=1e-5)
    assert given("exciton binding energy", m=1, eps=1) == pytest.approx(13605.7, rel=1e-5)
    critical = given("mott criterion", m=0.104, eps=9.4)
    assert critical ** (1 / 3) * radius * 1e-9 == pytest.approx(0.26, rel=1e-5)


def test_band_edges_of_silicon() -> None:
    assert given("band gap from ionization energy and affinity", I=5.17, A=4.05) == (
        pytest.approx(1.12)
    )
    middle = given("mulliken electronegativity", I=5.17, A=4.05)
    assert given("butler-ginley band edge", X=middle, E_g=1.12) == pytest.approx(4.05)
    # the ionization energy of a dopant says nothing of the gap
    assert roots("band gap from ionization energy and affinity", I=0.045, A=4.05) == []


def test_heat_capacity_of_electrons() -> None:
    bare = given("bare sommerfeld coefficient", g=1)
    assert bare * 1e3 == pytest.approx(2.357, rel=0.001)  # mJ/(mol K2) a state/eV
    assert given("sommerfeld coefficient", "lam", gamma=3, gamma_0=2) == pytest.approx(0.5)
    assert roots("sommerfeld coefficient", "lam", gamma=1, gamma_0=2) == []


# Heat


def _moduli_to_debye(bulk: float, shear: float, density: float, n: float) -> float:
    v_l = given("longitudinal sound velocity", B=bulk, G=shear, rho=density)
    v_t = given("transverse sound velocity", G=shear, rho=density)
    mean = given("mean sound velocity", v_l=v_l, v_t=v_t)
    return given("debye temperature from sound", n=n, v=mean)


@pytest.mark.parametrize(
    ("bulk", "shear", "density", "mass", "atoms", "debye"),
    [
        (137.8, 48.3, 8930, 63.546, 1, 343),  # copper
        (75.5, 26.1, 2700, 26.98, 1, 428),  # aluminium
        (97.9, 66.5, 2329, 28.086, 1, 645),  # silicon
        (254, 155, 3990, 101.96, 5, 1040),  # alumina
        (24.9, 14.7, 2165, 58.44, 2, 321),  # rock salt
    ],
)
def test_debye_temperatures_follow_from_moduli(
    bulk: float, shear: float, density: float, mass: float, atoms: int, debye: float
) -> None:
    """Moduli of polycrystals and densities: Kaye & Laby, CRC; Debye temperatures: Kittel, CRC."""
    n = atoms * density * constants.N_A / (mass * 1e-3)
    assert _moduli_to_debye(bulk * 1e9, shear * 1e9, density, n) == pytest.approx(debye, rel=0.05)


def test_limits_of_the_thermal_conductivity_of_silicon() -> None:
    n, v_l, v_t, young, density = 5.0e28, 8970.0, 5330.0, 163e9, 2329.0
    cahill = given("cahill model", n=n, v_l=v_l, v_t=v_t)
    diffuson = given("diffuson model", n=n, v_l=v_l, v_t=v_t)
    clarke = given("clarke model", n=n, E=young, rho=density)
    assert cahill == pytest.approx(0.403 * K * n ** (2 / 3) * (v_l + 2 * v_t), rel=0.001)
    assert diffuson / cahill == pytest.approx(0.63, abs=0.01)  # Agne et al. (2018): 37 % lower
    assert 0.8 < diffuson < clarke < cahill < 1.8  # amorphous silicon has 1 to 2 W/(m K)


def test_slack_model_orders_crystals_as_they_are() -> None:
    """Inputs of Morelli & Slack (2006), Debye temperatures times the cube root of two."""
    diamond = given("slack model", gamma=0.75, M=12.01, theta=1827, V=5.67, n=2, T=600)
    oxide = given("slack model", gamma=1.44, M=20.15, theta=756, V=9.34, n=2, T=600)
    salt = given("slack model", gamma=1.56, M=29.22, theta=277, V=22.4, n=2, T=600)
    assert oxide == pytest.approx(60 / 2, rel=0.1)
    assert diamond > 10 * oxide > 50 * salt
    assert roots("slack model", gamma=0.75, M=12.01, theta=1827, V=5.67, n=2, T=300) == []


def test_phonons_in_silicon_come_forty_nanometres() -> None:
    path = given("kinetic formula", "l", kappa=148, c=712, rho=2330, v=6400)
    assert path == pytest.approx(3 * 148 / (712 * 2330 * 6400))
    assert path == pytest.approx(41e-9, rel=0.05)  # Chen (1998)


def test_diffusivity_and_effusivity() -> None:
    alpha = given("thermal diffusivity", "alpha", kappa=401, rho=8933, c=385)
    effusivity = given("thermal effusivity", kappa=401, rho=8933, c=385)
    assert alpha == pytest.approx(117e-6, rel=0.01)  # Incropera & DeWitt, table A.1
    assert effusivity == pytest.approx(401 / np.sqrt(alpha))


def test_heat_capacities_and_expansion_fit_together() -> None:
    alpha, bulk, volume, heat, temperature = 16.5e-6, 137.8e9, 7.11e-6, 24.44, 298.0
    at_volume = given(
        "heat capacity at constant volume", C_p=heat, alpha=alpha, B=bulk, V=volume, T=temperature
    )
    gamma = given("gruneisen relation", alpha=alpha, B=bulk, V=volume, C=at_volume)
    assert heat / at_volume == pytest.approx(1 + 3 * alpha * gamma * temperature)
    assert gamma == pytest.approx(2.0, abs=0.1)  # copper: 1.96 to 2.06 in the literature
    assert at_volume < given("dulong-petit law", N=1)


@pytest.mark.parametrize("ratio", [1.5, 1.7, 2.0, 2.5])
def test_gruneisen_parameters_of_sound_are_the_same_by_both_ways(ratio: float) -> None:
    poisson = (ratio**2 - 2) / (2 * (ratio**2 - 1))
    by_sound = given("gruneisen parameter from sound velocities", v_l=3000 * ratio, v_t=3000)
    by_poisson = given("gruneisen parameter from poisson's ratio", nu=poisson)
    assert by_sound == pytest.approx(by_poisson)


def test_debye_coefficient_is_that_of_debyes_integral() -> None:
    theta, temperature = 300.0, 5.0
    beta = given("debye temperature from low-temperature heat capacity", "beta", theta=theta, N=2)
    upper = theta / temperature
    integral = quad(lambda x: x**4 * np.exp(x) / np.expm1(x) ** 2, 0, upper)[0]
    assert beta * temperature**3 == pytest.approx(2 * 9 * R * upper**-3 * integral, rel=1e-6)


# Superconductors


def test_critical_fields_and_lengths_fit_together() -> None:
    """Ginzburg and Landau: Hc1 Hc2 = Hc² (ln kappa + 0.5), J_d = (2/3)^1.5 Hc / (mu_0 lambda)."""
    lam, xi = 180e-9, 2.5e-9
    kappa = given("ginzburg-landau parameter", lam=180, xi=2.5)
    thermodynamic = given("thermodynamic critical field", lam=lam, xi=xi)
    upper = given("coherence length from the upper critical field", xi=xi)
    lower = given("lower critical field", lam=lam, xi=xi)
    name = "upper and thermodynamic critical field"
    assert given(name, kappa=kappa, H_c=thermodynamic) == pytest.approx(upper)
    assert upper == pytest.approx(PHI_0 / (2 * np.pi * xi**2))
    assert lower * upper == pytest.approx(thermodynamic**2 * (np.log(kappa) + 0.497))
    assert given("lower critical field", "lam", H=lower, xi=xi) == pytest.approx(lam)
    current = given("depairing current density", lam=lam, xi=xi)
    assert current == pytest.approx((2 / 3) ** 1.5 * thermodynamic / (MU_0 * lam))
    energy = given("condensation energy density", H_c=thermodynamic)
    assert energy == pytest.approx(thermodynamic**2 / (2 * MU_0))


def test_gap_and_pauli_limit_of_weak_coupling() -> None:
    gap = given("bcs gap", T_c=10)
    assert given("gap ratio", Delta=gap, T_c=10) == pytest.approx(3.528, rel=0.001)
    by_gap = given("pauli limit from the gap", Delta=gap * 1e-3 * E)
    assert by_gap == pytest.approx(1.764 * K * 10 / (np.sqrt(2) * MU_B))
    by_temperature = given("pauli limit from the critical temperature", T_c=10)
    assert by_gap == pytest.approx(by_temperature, rel=0.015)
    length = given("bcs coherence length", v=5e5, Delta=gap * 1e-3 * E)
    assert length == pytest.approx(0.18 * HBAR * 5e5 / (K * 10), rel=0.005)  # Tinkham: 0.18


@pytest.mark.parametrize(
    ("debye", "critical", "coupling"),
    [
        (277, 9.22, 0.82),
        (258, 4.48, 0.65),
        (399, 5.30, 0.60),
        (460, 0.92, 0.41),
        (290, 0.55, 0.41),
        (415, 1.69, 0.46),
    ],
)
def test_coupling_of_transition_metals(debye: float, critical: float, coupling: float) -> None:
    """McMillan (1968), table I: Nb, Ta, V, Mo, Zr, Re."""
    inverse = given("coupling constant from the critical temperature", theta=debye, T_c=critical)
    assert inverse == pytest.approx(coupling, rel=0.03)
    found = given("mcmillan formula", "lam", T_c=critical, theta=debye, mu=0.13)
    assert found == pytest.approx(inverse, rel=1e-6)
    again = given("mcmillan formula", theta=debye, lam=inverse, mu=0.13)
    assert again == pytest.approx(critical, rel=1e-6)


def test_repulsion_beyond_attraction_makes_no_superconductor() -> None:
    assert roots("mcmillan formula", theta=300, lam=0.1, mu=0.13) == []
    assert roots("allen-dynes formula", omega=300, lam=0.1, mu=0.13) == []


# All


def test_signs_do_not_matter_where_only_size_does() -> None:
    checked = set()
    for (name, target), solution in SOLUTIONS.items():
        for variable in ("S", "R_H", "rho_xy"):
            if f"Abs({variable})" not in (solution.model.equation or ""):
                continue
            assert variable not in solution.model.solve_for
            example = solution.model.examples[0].values
            values = {key: float(value) for key, value in example.items() if key != target}
            negative = {**values, variable: -values[variable]}
            assert roots(name, target, **negative) == roots(name, target, **values), name
            checked.add(name)
    assert len(checked) >= 10


def test_there_are_models_enough() -> None:
    counts = dict.fromkeys(("transport", "thermal", "electronic", "superconducting"), 0)
    for model in LIBRARY.models.values():
        if model.category in counts:
            counts[model.category] += 1
    assert counts["transport"] >= 16
    assert counts["thermal"] >= 12
    assert counts["electronic"] >= 8
    assert counts["superconducting"] >= 9
