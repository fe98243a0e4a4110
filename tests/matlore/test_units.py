import math
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matlore.errors import InputError
from matlore.units import (
    convert,
    fits,
    measure,
    normalise_unit,
    parse_unit,
    same_dimension,
    to_si,
    unit_at,
)
from matlore.units.dimensions import registry
from matlore.vocabulary import load_terms

WRITTEN = [
    ("Wm−1K−1", "W m^-1 K^-1"),
    ("W m−1 K−1", "W m^-1 K^-1"),
    ("W m^{-1} K^{-1}", "W m^-1 K^-1"),
    ("W·m⁻¹·K⁻¹", "W m^-1 K^-1"),
    ("W/(m K)", "W m^-1 K^-1"),
    ("W/m K", "W m^-1 K^-1"),
    ("W/m/K", "W m^-1 K^-1"),
    ("K^-1 W m^-1", "W m^-1 K^-1"),
    ("W/(m*K**2)", "W m^-1 K^-2"),
    ("cm2V−1s−1", "cm^2 V^-1 s^-1"),
    ("cm^2/Vs", "cm^2 V^-1 s^-1"),
    ("cm2 (V s)−1", "cm^2 V^-1 s^-1"),
    ("mAhg−1", "mA h g^-1"),
    ("mA h g−1", "mA h g^-1"),
    ("mAh/g", "mA h g^-1"),
    ("mAh gZn-1", "mA h g^-1"),
    ("F g−1", "F g^-1"),
    ("J/mol K", "J mol^-1 K^-1"),
    ("μV/K", "μV K^-1"),
    ("uV/K", "μV K^-1"),
    ("emu/g", "emu g^-1"),
    ("μ_B/f.u.", "μ_B f.u.^-1"),
    ("μB per Mn atom", "μ_B atom^-1"),
    ("muB/Mn", "μ_B atom^-1"),
    ("meV/atom", "meV atom^-1"),
    ("mΩ cm", "mΩ cm"),
    ("μΩ-cm", "μΩ cm"),
    ("Ω·cm", "Ω cm"),
    ("\N{OHM SIGN}/sq", "Ω sq^-1"),
    ("at. %", "at.%"),
    ("weight percent", "wt%"),
    ("mol%", "mol%"),
    ("per cent", "%"),
    ("\N{ANGSTROM SIGN}", "Å"),
    ("Å^3", "Å^3"),
    ("eV/A", "eV Å^-1"),
    ("degrees Celsius", "°C"),
    ("oC", "°C"),
    ("deg. C", "°C"),
    ("electron volts", "eV"),
    ("kiloelectronvolts", "keV"),
    ("kelvin", "K"),
    ("volts", "V"),
    ("hours", "h"),
    ("Gpa", "GPa"),
    ("e^2/h", "e^2 h_P^-1"),
    ("MPa m^{1/2}", "MPa m^0.5"),
    ("MPa√m", "MPa m^0.5"),
    ("fT/√Hz", "fT Hz^-0.5"),
    ("ms−2", "m s^-2"),
    ("1/K", "K^-1"),
    ("kg/m3", "kg m^-3"),
    ("1", "1"),
    ("ML", "ML"),
    ("dpa", "dpa"),
    ("ppm", "ppm"),
    ("k_B", "k_B"),
    ("m_e", "m_e"),
    ("MGOe", "MGOe"),
]


@pytest.mark.parametrize(("text", "printed"), WRITTEN)
def test_one_spelling(text: str, printed: str) -> None:
    assert normalise_unit(text) == printed
    assert normalise_unit(printed) == printed or "h_P" in printed


def test_lists_are_as_written() -> None:
    unit = parse_unit("ml·kg −1 ·min −1")
    assert unit is not None
    assert unit.prefixes == ("m", "k")
    assert unit.bases == ("l", "g", "min")
    assert unit.powers == ("−1", "−1")
    slashed = parse_unit("mJ/mm 2")
    assert slashed is not None
    assert (slashed.prefixes, slashed.bases) == (("m", "m"), ("J", "m"))
    assert slashed.powers == ("/", "2")


@pytest.mark.parametrize(
    "text",
    ["", " ", "(", "W/(m", "NaCl", "xyz", "1.2", "10^-", "m^0", "m^1/0", "[[", "^-1", "//",
     "per", "K 9", "\x00", "m" * 500],
)  # fmt: skip
def test_garbage_is_none(text: str) -> None:
    assert parse_unit(text) is None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="mkKWVsAh/()[]{}^-−1230. ·%°μ√*per", max_size=40))
def test_no_text_raises(text: str) -> None:
    printed = normalise_unit(text)
    if printed is not None and "h_P" not in printed:
        measured = measure(text)
        assert measured is not None
        assert same_dimension(text, printed) or printed == "1"
    assert unit_at(text, 0) is None or 0 < (unit_at(text, 0) or 0) <= len(text)


def test_units_of_the_vocabulary() -> None:
    units = [term.unit for term in load_terms("property").values() if term.unit]
    assert len(units) > 400
    for unit in set(units):
        known = to_si(1.0, unit)
        assert known is not None, unit
        assert fits(unit, unit)
        if unit not in ("1", "%", "percent", "ppm", "dB", "deg", "degree", "rad/(T*m)"):
            size: float = registry().Quantity(1.0, unit).to_base_units().magnitude
            assert math.isclose(size, known[0], rel_tol=1e-9), unit


@pytest.mark.parametrize(
    ("value", "unit", "si", "si_unit"),
    [
        (1, "eV", 1.602176634e-19, "J"),
        (25, "°C", 298.15, "K"),
        (2, "kOe", 159154.943092, "A/m"),
        (3, "emu/g", 3, "A m^2/kg"),
        (3, "emu cm−3", 3000, "A/m"),
        (300, "μV/K", 3e-4, "V/K"),
        (2, "W m−1 K−1", 2, "W/(m K)"),
        (1, "mΩ cm", 1e-5, "Ω m"),
        (5, "S/cm", 500, "S/m"),
        (100, "cm2 V−1 s−1", 0.01, "m^2/(V s)"),
        (200, "mAh g−1", 720000, "C/kg"),
        (40, "MGOe", 318309.886184, "J/m^3"),
        (300, "Wh/L", 1.08e9, "J/m^3"),
        (5, "GPa", 5e9, "Pa"),
        (2, "J/m^2", 2, "J/m^2"),
        (2, "N/m", 2, "N/m"),
        (5, "at.%", 0.05, "1"),
        (10, "meV/atom", 1.602176634e-21, "J"),
        (3, "kHz", 3000, "Hz"),
        (5, "°C/min", 1 / 12, "K/s"),
        (7, "1", 7, "1"),
        (0.5, "ML", 0.5, "ML"),
    ],
)
def test_si(value: float, unit: str, si: float, si_unit: str) -> None:
    found = to_si(value, unit)
    assert found is not None
    assert found[1] == si_unit
    assert found[0] == pytest.approx(si, rel=1e-9)


def test_si_of_unknown() -> None:
    assert to_si(1.0, "flurb") is None
    assert to_si(math.inf, "K") is None


def test_convert() -> None:
    assert convert(25, "°C", "K") == 298.15
    assert convert(300, "K", "°C") == pytest.approx(26.85)
    assert convert(212, "°F", "°C") == pytest.approx(100)
    assert convert(1, "eV/atom", "kJ/mol") == pytest.approx(96.485, rel=1e-5)
    assert convert(10, "kOe", "T") == pytest.approx(1, rel=1e-5)
    assert convert(8065.54, "cm−1", "eV") == pytest.approx(1, rel=1e-5)
    assert convert(1239.84, "nm", "eV") == pytest.approx(1, rel=1e-5)


def test_convert_says_why_not() -> None:
    with pytest.raises(InputError, match="'K' to 'eV'"):
        convert(1, "K", "eV")
    with pytest.raises(InputError, match="'flurb' is no unit"):
        convert(1, "flurb", "eV")
    with pytest.raises(InputError, match="different things"):
        convert(0, "nm", "eV")


@pytest.mark.parametrize(
    ("unit", "wanted", "fitting"),
    [
        ("meV", "eV", True),
        ("K", "eV", False),
        ("cm−1", "eV", False),
        ("nm", "eV", False),
        ("THz", "eV", False),
        ("flurb", "eV", False),
        ("°C", "K", True),
        ("emu/g", "A*m**2/kg", True),
        ("μB/f.u.", "A*m**2/kg", True),
        ("emu/cm3", "A*m**2/kg", True),
        ("emu/g", "Oe", False),
        ("kOe", "T", True),
        ("mT", "Oe", True),
        ("eV/atom", "kJ/mol", True),
        ("cm−1", "THz", True),
        ("%", "1", True),
        ("°", "1", False),
        ("cycles", "1", False),
        ("HV", "GPa", True),
        ("S/cm", "ohm*m", False),
    ],
)
def test_fits(unit: str, wanted: str, fitting: bool) -> None:
    assert fits(unit, wanted) is fitting


# The unit is between bars; none for a number with no unit behind it.
RUNNING = """
held at 5 |K| in air
cooled to 5 || at room temperature
rods of 2 |m| in length
the 2 || a axis
a field of 3 |T|.
annealed for 10 |h|, then
at 10 |A g−1| after
0.5 |V| vs. Li/Li+
a 5|nm|-thick film
all 4 || in one
with 2 || NaCl
with 3 || Co atoms
with 2 || N atoms
of 2 || In2O3
of 5 || V2O5
of 2 || VN
on 4 ||H-SiC
in 2||D materials
of 3||d electrons
in 1||T-TaS2
the 1||T′ phase
the Fm-3||m phase
by 19||F resonance
is 3 |W m−1 K−1| at
is 3 |W m^-1 K^-1|) at
is 3 |W/(m K)|, the
is 3 |W/m K| at
has 1.2 |μ_B/f.u.| and
has 1.2 |μB per Mn atom| in
has 2.1 |μB/Mn|.
of 5 |mΩ cm|.
of 120 |mAh g−1| after
heated to 500 |° C| for
heated to 500 |oC| for
heated to 500 |degrees C| for
heated to 500 |deg. C| for
with 5 |at. %| of
with 5 |wt %| Ag
with 5 |%| Ag
of 3 |cm2 V−1 s−1|.
of 3 |cm^2V^-1s^-1|) and
of 1.3 |cm 3 g^-1| and
from 10 |K|-400 K
from 5 |K|-10 K
from 5 |V|-3 V
of 3 |MPa m^{1/2}| for
of 20 |fT/√Hz|.
of 3 |mJ/mol K2|.
of 3 |electron volts|.
after 1000 |cycles|.
with 5 || atoms
was 5 |K|.We
in 5 |M| NaOH
is 3 |eV per atom|.
1 sun, AM 1.5||G light
of 3 |N m|.
of 3 |mAhg-1| at
of 3 |kgs-1| and
of 3 |mA g− 1| and
of 3 |μm|/inset
2 ||W/Cu layers
of 3 |K/min| to
has 3 || layers
"""


@pytest.mark.parametrize("line", RUNNING.strip().splitlines())
def test_unit_at(line: str) -> None:
    before, unit, after = line.split("|")
    found = unit_at(before + unit + after, len(before))
    assert found == (len(before) + len(unit) if unit else None)


def test_unit_at_the_edges() -> None:
    assert unit_at("", 0) is None
    assert unit_at("5 K", 3) is None
    assert unit_at("5 K", 99) is None
    assert unit_at("5 K", 2) == 3


@pytest.mark.parametrize("part", ["1", "(", "m", "m ", "m/", "m-1 ", "°", "μ_", "per "])
def test_hostile_texts_are_fast(part: str) -> None:
    text = part * (100_000 // len(part))
    start = time.perf_counter()
    for position in range(0, len(text), 50):
        unit_at(text, position)
    parse_unit(text)
    assert time.perf_counter() - start < 2


def test_pint_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, matlore.units as u; u.unit_at('5 K', 2); assert 'pint' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
