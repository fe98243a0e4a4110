"""Models of mechanics, structure, optics, dielectrics, piezoelectrics, magnets, electrochemistry.

What is expected is from handbooks, or from formulas that are written here again.
"""

import math

import numpy as np
import pytest

from graph.propnet.base import Solution
from graph.propnet.building import MODELS_FOLDER
from graph.propnet.library import Library, check_examples, load_library
from graph.propnet.model_files import read_library_file

FILES = (
    "mechanical",
    "structural",
    "optical",
    "dielectric",
    "piezoelectric",
    "magnetic",
    "electrochemical",
)
AVOGADRO = 6.02214076e23
EPS_0 = 8.8541878128e-12
MU_0 = 1.25663706212e-6
MU_B = 9.2740100783e-24


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


@pytest.fixture(scope="module")
def solved(library: Library) -> dict[tuple[str, str], Solution]:
    return {(one.model.name, one.target.name): one for one in library.solutions()}


class Deriver:
    """Solves models with values in the units of the symbols."""

    def __init__(self, library: Library, solved: dict[tuple[str, str], Solution]) -> None:
        self.library = library
        self.solved = solved

    def __call__(self, model: str, target: str | None = None, **values: float) -> list[float]:
        """Return all solutions that keep the constraints and the bounds."""
        one = self.library.models[model]
        solution = self.solved[model, target or one.output]
        given = {
            name: np.array([value * self.library.scale(one.variables[name])])
            for name, value in values.items()
        }
        scale = self.library.scale(solution.target)
        lower, upper = self.library.bounds(solution.target)
        found = []
        for root in solution.roots(given)[:, 0]:
            whole = {**given, solution.target.name: np.array([root])}
            broken = any(fails[0] for fails in solution.broken(whole).values())
            low = lower is None or root >= lower
            high = upper is None or root <= upper
            if np.isfinite(root) and not broken and low and high:
                found.append(float(root) / scale)
        return found


@pytest.fixture(scope="module")
def derive(library: Library, solved: dict[tuple[str, str], Solution]) -> Deriver:
    return Deriver(library, solved)


def mine() -> list[str]:
    return [
        model.name
        for file in FILES
        for model in read_library_file(MODELS_FOLDER / f"{file}.yaml")[1]
    ]


# All models.


def test_worked_examples_come_out(library: Library) -> None:
    results = check_examples(library, mine())
    assert [f"{one.model} for {one.variable}: {one.problem}" for one in results if not one.ok] == []
    assert len({one.model for one in results}) >= 120


def test_examples_are_within_the_bounds_of_their_symbols(library: Library) -> None:
    outside = []
    for name in mine():
        model = library.models[name]
        for example in model.examples:
            for variable, value in example.values.items():
                lower, upper = library.bounds(model.variables[variable])
                if not (lower is None or float(value) >= lower * (1 - 1e-12)):
                    outside.append(f"{name}: {variable}")
                if not (upper is None or float(value) <= upper * (1 + 1e-12)):
                    outside.append(f"{name}: {variable}")
    assert outside == []


def test_new_symbols_are_used(library: Library) -> None:
    used = {one.stands_for for name in mine() for one in library.models[name].variables.values()}
    new = {
        symbol.name
        for file in FILES
        for symbol in read_library_file(MODELS_FOLDER / f"{file}.yaml")[0]
    }
    assert new - used == set()


@pytest.mark.parametrize("factor", [0.96, 1.05])
def test_what_is_solved_for_gives_back_what_it_came_from(
    library: Library, solved: dict[tuple[str, str], Solution], factor: float
) -> None:
    wrong = []
    for name in mine():
        model = library.models[name]
        values = {key: np.array([float(v)]) for key, v in model.examples[0].values.items()}
        moved = next(one.name for one in model.inputs(model.output) if one.is_property)
        values[moved] = values[moved] * factor
        direct = solved[name, model.output]
        values[model.output] = direct.roots(_without(values, model.output))[0]
        for target in model.solve_for:
            roots = solved[name, target].roots(_without(values, target))[:, 0]
            if not np.any(np.isclose(roots, values[target][0], rtol=1e-6, atol=0)):
                wrong.append(f"{name} for {target}: {roots} instead of {values[target]}")
    assert wrong == []


def _without(values: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {key: value for key, value in values.items() if key != name}


# Mechanics.


def test_moduli_of_copper_agree_by_all_ways(derive: Deriver) -> None:
    young, nu = 129.8, 0.343  # Kaye & Laby
    [shear] = derive("shear modulus from young's modulus", E=young, nu=nu)
    [bulk] = derive("bulk modulus from young's modulus", E=young, nu=nu)
    assert (shear, bulk) == pytest.approx((48.3, 137.8), rel=0.005)
    [again] = derive("young's modulus from bulk and shear modulus", K=bulk, G=shear)
    [ratio] = derive("poisson's ratio from bulk and shear modulus", K=bulk, G=shear)
    assert (again, ratio) == pytest.approx((young, nu), rel=1e-9)
    [pugh] = derive("pugh ratio", K=bulk, G=shear)
    assert pugh == pytest.approx(2 * (1 + nu) / (3 * (1 - 2 * nu)), rel=1e-9)
    [wave] = derive("p-wave modulus", K=bulk, G=shear)
    assert wave == pytest.approx(young * (1 - nu) / ((1 + nu) * (1 - 2 * nu)), rel=1e-9)
    [lame] = derive("first lame parameter", K=bulk, G=shear)
    assert lame == pytest.approx(young * nu / ((1 + nu) * (1 - 2 * nu)), rel=1e-9)
    [impedance] = derive("acoustic impedance", M=wave, rho=8.93)
    assert impedance / 8930 == pytest.approx(4760, rel=0.01)  # CRC: longitudinal sound


def test_diamond_is_the_hardest_by_all_models(derive: Deriver) -> None:
    bulk, shear, volume = 442.0, 536.0, 3.567**3 / 8
    [young] = derive("young's modulus from bulk and shear modulus", K=bulk, G=shear)
    [nu] = derive("poisson's ratio from bulk and shear modulus", K=bulk, G=shear)
    hardness = [
        *derive("chen's vickers hardness", K=bulk, G=shear),
        *derive("tian's vickers hardness", K=bulk, G=shear),
        *derive("mazhnik-oganov vickers hardness", E=young, nu=nu),
    ]
    assert hardness == pytest.approx([96] * 3, abs=8)
    toughness = [
        *derive("niu's fracture toughness", V=volume, G=shear, K=bulk),
        *derive("mazhnik-oganov fracture toughness", V=volume, E=young, nu=nu),
    ]
    assert toughness == pytest.approx([6.5, 6.4], rel=0.03)


def test_silicon_is_brittle(derive: Deriver) -> None:
    # E 160 GPa, nu 0.22 of polycrystals; measured toughness 0.8 to 0.95 MPa m^0.5
    [toughness] = derive("mazhnik-oganov fracture toughness", V=20.02, E=160, nu=0.22)
    assert 0.6 < toughness < 1.2
    [ideal] = derive("griffith's ideal toughness", gamma=1.24, E=160)
    assert ideal < toughness
    [released] = derive("critical energy release rate", K_c=toughness, nu=0.22, E=160)
    assert released == pytest.approx((toughness * 1e6) ** 2 * (1 - 0.22**2) / 160e9)


def test_models_of_brittle_solids_leave_metals_alone(derive: Deriver) -> None:
    assert derive("niu's fracture toughness", V=11.8, G=48.3, K=137.8) == []
    assert derive("mazhnik-oganov fracture toughness", V=11.8, E=129.8, nu=0.343) == []
    assert derive("tabor relation", HV=25) == []
    assert derive("tabor relation", HV=1.5) == pytest.approx([500])


@pytest.mark.parametrize(
    ("shear", "bulk"),
    [(5.6, 46), (161, 310), (28, 41), (14.7, 25)],  # Pb, W, PbTe, NaCl: 0.04, 4, 0.4, 0.2 GPa
)
def test_hardness_of_soft_solids_does_not_follow_from_moduli(
    derive: Deriver, shear: float, bulk: float
) -> None:
    assert derive("chen's vickers hardness", G=shear, K=bulk) == []
    assert derive("tian's vickers hardness", G=shear, K=bulk) == []
    [young] = derive("young's modulus from bulk and shear modulus", K=bulk, G=shear)
    [nu] = derive("poisson's ratio from bulk and shear modulus", K=bulk, G=shear)
    assert derive("mazhnik-oganov vickers hardness", E=young, nu=nu) == []


@pytest.mark.parametrize(
    ("shear", "bulk", "measured"),
    [(66, 98, 11.5), (163, 252, 20), (190, 221, 26), (405, 400, 60)],  # Si, Al2O3, SiC, c-BN
)
def test_hardness_of_hard_solids_is_within_the_stated_errors(
    derive: Deriver, library: Library, shear: float, bulk: float, measured: float
) -> None:
    for name in ("chen's vickers hardness", "tian's vickers hardness"):
        [found] = derive(name, G=shear, K=bulk)
        assert found == pytest.approx(measured, rel=2 * library.models[name].relative_error), name


def test_chains_of_polymers_are_no_formula_units(derive: Deriver) -> None:
    assert derive("molar volume", M=1.0e5, rho=1.05) == []
    assert derive("atomic volume", V_m=95000, n=16) == []


def test_strength_by_weight_of_steel_and_titanium(derive: Deriver) -> None:
    [steel] = derive("specific tensile strength", sigma=1000, rho=7.85)
    [titanium] = derive("specific tensile strength", sigma=1000, rho=4.43)
    assert (steel, titanium) == pytest.approx((127.4, 225.7), rel=0.001)
    [stiff] = derive("specific modulus", E=207, rho=7.85)
    assert stiff == pytest.approx(207e9 / 7850 / 1e6)
    [energy] = derive("modulus of resilience", sigma_y=1000, E=207)
    [strain] = derive("elastic strain limit", sigma_y=1000, E=207)
    assert energy == pytest.approx(1000 * strain / 2)


# Structure.


def test_silicon_from_its_lattice(derive: Deriver) -> None:
    volume, mass = 5.43102**3, 28.0855
    [density] = derive("density from the unit cell", Z=8, M=mass, V=volume)
    assert density == pytest.approx(2.3290, rel=1e-4)
    [molar] = derive("molar volume", M=mass, rho=density)
    assert molar == pytest.approx(12.059, rel=1e-3)  # CODATA: 12.0588 cm3/mol
    [atomic] = derive("atomic volume", V_m=molar, n=1)
    assert atomic == pytest.approx(volume / 8)
    [number] = derive("atomic number density", V_a=atomic)
    assert number == pytest.approx(5.0e28, rel=0.005)  # Kittel, chapter 1, table 4
    assert derive("atomic number density from density", rho=density, M=mass) == pytest.approx(
        [number]
    )
    assert derive("cell volume from molar volume", Z=8, V_m=molar) == pytest.approx([volume])
    assert derive("density from the unit cell", "Z", rho=density, M=mass, V=volume) == (
        pytest.approx([8])
    )


def test_powders_and_pores(derive: Deriver) -> None:
    assert derive("particle size from surface area", rho=4.0, S=50) == pytest.approx([30])
    # a framework with 3000 m2/g is no powder of such small spheres
    assert derive("particle size from surface area", rho=1.0, S=3000) == []
    assert derive("mean pore size", v=0.8, S=1000) == pytest.approx([3.2])
    assert derive("porosity from relative density", D=94) == pytest.approx([6])
    assert derive("porosity from relative density", D=103) == []
    assert derive("dislocation density from crystallite size", D=20) == pytest.approx([2.5e15])


# Light.


@pytest.mark.parametrize(
    ("gap", "index"),
    [(1.42, 3.3), (1.12, 3.42), (2.26, 3.02), (3.4, 2.3)],  # GaAs, Si, GaP, GaN
)
def test_index_from_gap_is_within_the_stated_errors(
    derive: Deriver, library: Library, gap: float, index: float
) -> None:
    for name in (
        "moss relation",
        "ravindra relation",
        "herve-vandamme relation",
        "kumar-singh relation",
    ):
        [found] = derive(name, E_g=gap)
        assert found == pytest.approx(index, rel=2 * library.models[name].relative_error), name


def test_light_at_a_surface_of_quartz(derive: Deriver) -> None:
    index = 1.5443
    [reflected] = derive("reflectivity of a transparent surface", n=index)
    assert reflected == pytest.approx(4.58, rel=0.002)
    assert derive("reflectivity of an absorbing surface", n=index, k=0) == pytest.approx(
        [reflected]
    )
    assert derive("reflectivity of a transparent surface", "n", R=reflected) == pytest.approx(
        [index]
    )
    [brewster] = derive("brewster angle", n=index)
    [critical] = derive("critical angle of total reflection", n=index)
    assert math.tan(math.radians(brewster)) * math.sin(math.radians(critical)) == pytest.approx(1)
    [through] = derive("fresnel transmittance limit", n=index)
    share = reflected / 100
    assert through == pytest.approx(100 * (1 - share) / (1 + share))
    assert derive("optical dielectric constant", "n", eps=index**2) == pytest.approx([index])


def test_metals_have_no_brewster_angle(derive: Deriver) -> None:
    assert derive("brewster angle", n=0.18) == []
    assert derive("reflectivity of a transparent surface", n=0.18) == []


def test_polarizability_of_rock_salt_in_two_ways(derive: Deriver) -> None:
    [refraction] = derive("molar refraction", V_m=27.0, n=1.5443)
    [alpha] = derive("electronic polarizability", R_m=refraction)
    # the Clausius-Mossotti relation at frequencies of light
    assert derive("clausius-mossotti relation", V_m=27.0, eps=1.5443**2) == pytest.approx([alpha])
    assert alpha == pytest.approx(0.41 + 2.96, rel=0.02)  # Kittel: Na+ and Cl-
    [metal] = derive("metallization criterion", n=1.5443)
    assert metal == pytest.approx(1 - refraction / 27.0)


def test_decay_rates_add_up(derive: Deriver) -> None:
    [light] = derive("radiative decay rate", PLQY=35, tau=12e-9)
    [dark] = derive("nonradiative decay rate", PLQY=35, tau=12e-9)
    assert light + dark == pytest.approx(1 / 12e-9)
    assert derive("emission energy", lambda_em=620) == pytest.approx([2.0], rel=0.001)
    assert derive("emission energy", "lambda_em", E=2.0) == pytest.approx([619.92], rel=1e-4)


# Dielectrics and piezoelectrics.


def test_lyddane_sachs_teller_of_rock_salt(derive: Deriver) -> None:
    # Kittel, chapter 14, table 3: 5.9, 2.25, 3.1e13 and 5.0e13 rad/s
    low, high = 3.1e13 / (2 * math.pi * 1e12), 5.0e13 / (2 * math.pi * 1e12)
    [static] = derive("lyddane-sachs-teller relation", eps_inf=2.25, f_LO=high, f_TO=low)
    assert static == pytest.approx(5.9, rel=0.02)
    assert derive(
        "lyddane-sachs-teller relation", "f_TO", eps=5.9, eps_inf=2.25, f_LO=high
    ) == pytest.approx([low], rel=0.01)


def test_capacitance_of_oxides(derive: Deriver) -> None:
    [thin] = derive("dielectric capacitance density", eps=25, t=3)
    [equivalent] = derive("equivalent oxide thickness", t=3, eps=25)
    assert derive("dielectric capacitance density", eps=3.9, t=equivalent) == pytest.approx([thin])
    assert thin == pytest.approx(EPS_0 * 25 / 3e-9 * 1e3)  # fF/um2


def test_energy_of_linear_dielectrics_only(derive: Deriver) -> None:
    assert derive("energy density of a linear dielectric", eps=2.2, F=7e8) == pytest.approx(
        [EPS_0 * 2.2 * 7e8**2 / 2 / 1e6]
    )
    assert derive("energy density of a linear dielectric", eps=1700, F=2e7) == []


def test_one_domain_of_barium_titanate(derive: Deriver) -> None:
    # Jaffe, Cook & Jaffe: d33 85.6 pC/N, eps33 168, s33 15.7e-12 m2/N, g33 57.5e-3, k33 0.56
    assert derive("piezoelectric voltage coefficient", d=85.6, eps=168) == pytest.approx(
        [0.0575], rel=0.002
    )
    assert derive("electromechanical coupling", d=85.6, E=1 / 15.7e-3, eps=168) == pytest.approx(
        [0.56], rel=0.01
    )
    [strength] = derive("piezoelectric coefficient by electrostriction", "Q", d=85.6, eps=168, P=26)
    assert strength == pytest.approx(0.11, rel=0.02)
    assert derive("energy harvesting figure of merit", d=85.6, g=0.0575) == pytest.approx(
        [85.6e-12 * 0.0575]
    )


def test_pyroelectric_figures_of_lithium_tantalate(derive: Deriver) -> None:
    [current] = derive("pyroelectric current figure of merit", p=-230, rho=7.45, c=430)
    [voltage] = derive("pyroelectric voltage figure of merit", p=-230, rho=7.45, c=430, eps=47)
    [seen] = derive(
        "pyroelectric detectivity figure of merit", p=-230, rho=7.45, c=430, eps=47, d=0.005
    )
    assert current == pytest.approx(voltage * EPS_0 * 47)
    assert seen**2 == pytest.approx(current * voltage / 0.005)
    assert voltage == pytest.approx(0.17, rel=0.02)  # Whatmore 1986


# Magnets.


def test_neodymium_magnet(derive: Deriver) -> None:
    # Coey 2010: M 1.28 MA/m, K 4.9 MJ/m3, A 8 pJ/m; density 7.6 g/cm3
    [volume] = derive("volume magnetization", sigma=168.4, rho=7.6)
    assert volume == pytest.approx(1.28e6, rel=0.001)
    assert derive("saturation induction", M=volume) == pytest.approx([1.61], rel=0.005)
    [limit] = derive("energy product limit", M=volume)
    assert limit == pytest.approx(515, rel=0.005)
    [field] = derive("anisotropy field", K=4.9e6, M=volume)
    assert field == pytest.approx(76600, rel=0.01)  # Oe: 7.7 T
    [hard] = derive("magnetic hardness parameter", K=4.9e6, M=volume)
    assert hard**2 == pytest.approx(field * 79.57747 / volume / 2, rel=1e-6)
    [width] = derive("domain wall width", A=8, K=4.9e6)
    [energy] = derive("domain wall energy", A=8, K=4.9e6)
    assert energy == pytest.approx(4 / math.pi * width * 1e-9 * 4.9e6)
    [moment] = derive("saturation moment per formula unit", sigma=168.4, M=1081.1)
    assert moment == pytest.approx(168.4 * 1.0811 / (AVOGADRO * MU_B))
    [radius] = derive("single-domain radius", A=8, K=4.9e6, M=volume)
    assert radius == pytest.approx(110, rel=0.02)


def test_soft_iron_is_no_hard_magnet(derive: Deriver) -> None:
    assert derive("single-domain radius", A=21, K=4.8e4, M=1.714e6) == []
    [soft] = derive("magnetic hardness parameter", K=4.8e4, M=1.714e6)
    assert soft == pytest.approx(math.sqrt(4.8e4 / MU_0) / 1.714e6)


def test_manganese_ion(derive: Deriver) -> None:
    [moment] = derive("spin-only moment", n=5)
    assert moment == pytest.approx(5.92, rel=0.001)  # Mn2+, Kittel
    [curie] = derive("effective moment of the curie law", "C", p=moment)
    assert curie / (4e-6 * math.pi) == pytest.approx(4.377, rel=0.002)  # emu K/mol
    assert derive("spin-only moment", "n", p=moment) == pytest.approx([5])
    assert derive("frustration index", theta=-610, T_N=116) == pytest.approx([5.26], rel=0.001)


# Electrochemistry and solar cells.


def test_lithium_iron_phosphate(derive: Deriver) -> None:
    mass, theory = 157.757, 96485.33 / 3.6 / 157.757
    [electrons] = derive("electrons transferred per formula unit", Q=160, M=mass)
    [used] = derive("capacity utilization", Q=160, Q_t=theory)
    assert electrons == pytest.approx(used / 100, rel=1e-6)
    [ideal] = derive("theoretical energy density", Q=theory, V=3.45)
    [real] = derive("energy density of an electrode", Q=160, V=3.45)
    assert real / ideal == pytest.approx(electrons, rel=1e-6)
    assert ideal == pytest.approx(586, rel=0.001)
    [volumetric] = derive("volumetric energy density", w=real, rho=3.6)
    [capacity] = derive("volumetric capacity", Q=160, rho=3.6)
    assert volumetric == pytest.approx(capacity * 3.45)


def test_supercapacitor(derive: Deriver) -> None:
    [energy] = derive("capacitive energy", C=100, V=2.7)
    assert energy == pytest.approx(101.25)
    [capacity] = derive("capacity of a capacitive electrode", C=100, V=2.7)
    assert energy == pytest.approx(capacity * 2.7 / 2)


def test_kinetics_at_an_electrode(derive: Deriver) -> None:
    [slope] = derive("tafel slope", T=298.15, alpha=0.5)
    assert slope == pytest.approx(118.3, rel=0.001)
    assert derive("tafel slope", "alpha", T=298.15, b=59.16) == pytest.approx([1], rel=0.001)
    [resistance] = derive("areal charge transfer resistance", T=298.15, j=1)
    assert resistance == pytest.approx(25.69, rel=0.001)
    # a Tafel slope of both signs is reported; only that of an anode has a coefficient here
    assert derive("tafel slope", "alpha", T=298.15, b=-120) == []


def test_corrosion_of_iron(derive: Deriver) -> None:
    [rate] = derive("corrosion rate from current", i=1e-6, M=27.92, rho=7.87)
    assert rate == pytest.approx(3.27e-3 * 27.92 / 7.87, rel=0.002)  # ASTM G102, in mm/year


def test_solar_cells_of_the_efficiency_tables(derive: Deriver) -> None:
    # Green et al. 2017, version 50: silicon, and GaAs of Alta Devices
    assert derive("power conversion efficiency", V_oc=0.738, J_sc=42.65, FF=0.849) == (
        pytest.approx([26.7], rel=0.002)
    )
    assert derive("power conversion efficiency", V_oc=1.122, J_sc=29.68, FF=0.865) == (
        pytest.approx([28.8], rel=0.002)
    )
    assert derive("power conversion efficiency", "FF", eta=26.7, V_oc=0.738, J_sc=42.65) == (
        pytest.approx([0.848], rel=0.002)
    )
