"""The units of the field and how they are spelled.

One line a base unit: the symbol that we print; what it is for pint; the prefixes that it
takes; other spellings as symbols; spellings as words (whose plurals and spelled prefixes,
`kiloelectronvolts`, are made by rule). The order of the lines is that of factors in a
printed unit: `J mol^-1 K^-1`, `cm^2 V^-1 s^-1`.
"""

from functools import lru_cache
from typing import NamedTuple

__all__ = ["COUNTS", "PREFIXES", "Atom", "Base", "atoms", "bases"]

PREFIXES = {
    "Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3,
    "h": 1e2, "d": 1e-1, "c": 1e-2, "m": 1e-3, "μ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15,
    "a": 1e-18,
}  # fmt: skip
_MICRO = ("μ", "µ", "u", "\uf06d")  # the last one is of a PDF's symbol font
_SPELLED = {
    "tera": "T", "giga": "G", "mega": "M", "kilo": "k", "hecto": "h", "deci": "d", "centi": "c",
    "milli": "m", "micro": "μ", "nano": "n", "pico": "p", "femto": "f", "atto": "a",
}  # fmt: skip

_TABLE = """
W | watt | YZPTGMkmμnpf | | watt
J | joule | YZEPTGMkmμnpfa | | joule
eV | electron_volt | PTGMkmμn | | electronvolt, electron volt, electron-volt
cal | calorie | k | Cal | calorie
erg | erg | | ergs |
Ry | rydberg | m | Ryd | rydberg
Ha | hartree | m | | hartree
E_h | hartree | m | Eh |
μ_B | bohr_magneton | m | μB, µB, µ_B, μb, muB, mu_B, uB, μ_{B}, µ_{B}, bohr_magneton, mB | bohr magneton
μ_N | nuclear_magneton | | μN, µN, mu_N |
emu | emu | mμkn | e.m.u. |
S | siemens | GMkmμnp | | siemens
Ω | ohm | TGMkmμn | \u2126, \uf057, ohm, ohms, Ohm, Ohms | ohm
F | farad | mμnpf | | farad
H | henry | mμn | | henry
C | coulomb | kmμnpf | | coulomb
Ah | ampere*hour | km | | ampere-hour, ampere hour
Wh | watt*hour | TGMkm | | watt-hour, watt hour
VA | volt*ampere | GMkm | | volt-ampere
A | ampere | GMkmμnpf | Amp, Amps | ampere, amp
V | volt | TGMkmμnpf | VRHE, V_RHE, V_{RHE}, VSHE, V_{SHE} | volt
GOe | gauss*oersted | kM | |
T | tesla | kmμnpf | | tesla
G | gauss | TMkmμn | Gs | gauss
Oe | oersted | kMm | Oersted | oersted
Wb | weber | mμ | | weber
Mx | maxwell | | | maxwell
Φ_0 | magnetic_flux_quantum | mμ | Φ0, Phi0, Phi_0, ϕ0, φ0 |
N | newton | GMkmμnpf | | newton
dyn | dyne | | dyne, dynes |
kgf | kilogram_force | | |
HV | vickers | | Hv |
Pa | pascal | TGMkhmμn | pa | pascal
bar | bar | GMkmμn | Bar | bar
atm | atmosphere | | Atm | atmosphere
Torr | torr | mμn | torr |
mmHg | mmHg | | mm Hg, mm-Hg |
psi | psi | k | |
P | poise | cm | | poise
g | gram | TGMkmμnpf | gm | gram, gramme
u | dalton | | amu |
Da | dalton | Mk | | dalton
t | tonne | MGk | | tonne, ton
lb | pound | | lbs | pound
mol | mole | kmμnpf | mole, moles, Mol |
M | molar | mμnpf | | molar
ppm | ppm | | ppmw, ppmv |
ppb | ppb | | |
ppt | ppt | | |
e | elementary_charge | | | elementary charge, electron charge
m_e | electron_mass | | me, m0, m_0, m_{0}, m_{e}, mₑ, m₀, electron_mass | electron mass
k_B | boltzmann_constant | | kB, k_{B} |
ħ | hbar | | ℏ, hbar |
h_P | planck_constant | | |
R_gas | molar_gas_constant | | |
cd | candela | km | | candela
lm | lumen | kMm | | lumen
lx | lux | k | | lux
D | debye | m | Debye | debye
a_0 | bohr | | a0, a_{0}, bohr, Bohr |
L | liter | kdcmμnpf | l, ℓ | liter, litre
cc | cm**3 | s | ccm |
m | meter | YZPGkdcmμnpf | | meter, metre
Å | angstrom | mk | \u212b, A\u030a, Ang, Angs, angstrom, Angstrom, ang | angstrom, ångström, angstroem
μ | micron | | µ | micron
in | inch | | in., inches | inch
ft | foot | | feet | foot
AU | astronomical_unit | mk | au |
ly | light_year | kMG | | light year, light-year
pc | parsec | kMG | | parsec
b | barn | Mkmμ | | barn
Jones | cm*hertz**0.5/watt | | jones |
Hz | hertz | EPTGMkmμn | hz | hertz
rpm | revolutions_per_minute | k | r.p.m., RPM |
s | second | YZkmμnpfa | sec, secs | second, sec
min | minute | | mins | minute
h | hour | | hr, hrs, Hr | hour
d | day | | | day
wk | week | | | week
mo | month | | | month
yr | year | kMG | y, yrs | year
decade | decade_of_years | | | decades
K | kelvin | MkmμnpG | \u212a, Kelvin, Kelvins | kelvin, degree kelvin
°C | degree_Celsius | m | | celsius, centigrade
°F | degree_Fahrenheit | | | fahrenheit
° | degree | m | º, ˚, deg, Deg, degs | degree
rad | radian | kmμn | | radian
sr | steradian | mμ | | steradian
′ | arcminute | | arcmin, ' | arcminute, minute of arc
″ | arcsecond | | ′′, arcsec, asec, '', " | arcsecond, second of arc
as | arcsecond | mμ | |
% | percent | | percent, per cent, pct, percents, Percent |
at.% | atomic_percent | | at%, at-%, at. %, at %, At.%, a/o | atomic percent, atom percent, atomic %
mol% | atomic_percent | | mol.%, mol.-%, mol-%, mol. %, mol %, mole% | mole percent, mole %, molar %
wt% | weight_percent | | wt.%, wt.-%, wt-%, wt. %, wt %, Wt%, Wt.%, mass%, mass %, w/w% | weight percent, weight %
vol% | volume_percent | | vol.%, vol.-%, vol-%, vol. %, vol %, Vol% | volume percent, volume %
‰ | permille | | |
Bq | becquerel | TGMkm | | becquerel
Ci | curie | mμnk | | curie
Gy | gray | Mkmμ | | gray
Sv | sievert | mμ | | sievert
ML | monolayer | | MLs | monolayer
dpa | displacement_per_atom | m | DPA |
dB | decibel | | dBm, dBi | decibel
Jy | jansky | kmμn | | jansky
bit | bit | kMGT | b, bits |
dec | count | | |
sq | count | | sq., □, ◻, square |
f.u. | count | | f.u, fu, F.U., f. u., fu. | formula unit, formula-unit
u.c. | count | | u.c, uc, unit cell, unit cells, unit-cell, cell, cells |
atom | count | | at, at. | atom
ion | count | | | ion
molecule | count | | | molecule, site, electron, photon, particle, grain, proton, neutron, formula, count, defect, vacancy
cycle | count | | cycles |
spin | count | | | spin
pixel | count | | | pixel
pH | count | | |
rev | revolution | | revs | revolution
bpm | revolutions_per_minute | | | beats per minute
B | byte | kMGT | | byte
ha | hectare | | | hectare
acre | acre | | | acre
mi | mile | | | mile
kn | knot | | kt | knot
gal | gallon | | | gallon
oz | ounce | | | ounce
century | century | | centuries | century
millennium | millennium | | millennia | millennium
IU | count | kMm | UI |
mag | count | m | | magnitude
dex | count | | |
M_⊙ | solar_mass | | M⊙, M ⊙, M☉, Msun, M_sun |
M_⊕ | earth_mass | | M⊕, M ⊕, Mearth |
L_⊙ | solar_luminosity | | L⊙, L ⊙, Lsun, L_sun |
R_⊙ | solar_radius | | R⊙, R ⊙, Rsun, R_sun |
$ | dollar | kM | US$, USD | dollar
€ | euro | kM | EUR | euro
£ | pound_sterling | kM | GBP | pound sterling
bp | count | kM | | base pair
CFU | count | | cfu |
"""  # noqa: E501

# Words may stand in these without changing the unit: `degrees Celsius`, `oC`.
_DEGREES = ("°", "\uf0b0", "º", "˚", "◦", "∘", "•", "o", "⁰", "deg", "deg.", "Deg", "DEG",
            "degree", "degrees")  # fmt: skip
_DEGREE_SIGNS = ("°", "º", "˚", "◦", "∘", "•")


class Base(NamedTuple):
    """A unit without prefix: its printed symbol, name for pint and place in a product."""

    symbol: str
    pint: str
    rank: int


COUNTS = frozenset({"dec", "sq", "f.u.", "u.c.", "atom", "ion", "molecule", "cycle", "spin"})


class Atom(NamedTuple):
    """A spelling taken apart: prefix and base as written, and what they stand for."""

    prefix: str
    written: str
    scale: str
    base: Base


@lru_cache(maxsize=1)
def bases() -> dict[str, Base]:
    """Return the base units by their printed symbol."""
    rows = (line.split(" | ")[:2] for line in _lines())
    return {symbol: Base(symbol, name, rank) for rank, (symbol, name) in enumerate(rows)}


@lru_cache(maxsize=1)
def atoms() -> dict[str, Atom]:
    """Return all spellings of units, prefixes included; the earlier line wins."""
    found: dict[str, Atom] = {}
    for line in _lines():
        symbol, _, prefixes, spellings, words = (part.strip() for part in f"{line} ".split(" |"))
        base = bases()[symbol]
        symbols = (symbol, *_split(spellings))
        for spelling in symbols:
            found.setdefault(spelling, Atom("", spelling, "", base))
        for word in _split(words):
            _add_word(found, word, prefixes, base)
        for spelling in symbols:
            _add_prefixed(found, spelling, prefixes, base)
    _add_temperatures(found)
    found["Kg"] = found["Kgs"] = Atom("K", "g", "k", bases()["g"])
    return found


def _lines() -> list[str]:
    """Return the rows of the table."""
    return [line for line in _TABLE.splitlines() if line]


def _split(cell: str) -> list[str]:
    """Return the spellings of a cell."""
    return [part.strip() for part in cell.split(",") if part.strip()]


def _add_prefixed(found: dict[str, Atom], spelling: str, prefixes: str, base: Base) -> None:
    """Add a symbol with each of its prefixes: `mV`, `μV`, `uV`."""
    for prefix in prefixes:
        for written in _MICRO if prefix == "μ" else (prefix,):
            found.setdefault(written + spelling, Atom(written, spelling, prefix, base))


def _add_word(found: dict[str, Atom], word: str, prefixes: str, base: Base) -> None:
    """Add a word, its plural, capital and spelled prefixes; a word counts as a base whole."""
    spelled = [("", ""), *((name, p) for name, p in _SPELLED.items() if p in prefixes)]
    for name, prefix in spelled:
        for start in (name, f"{name}-") if name else ("",):
            for form in (word, _plural(word)):
                for text in (start + form, (start + form).capitalize(), start + form.capitalize()):
                    found.setdefault(text, Atom("", text, prefix, base))


def _plural(word: str) -> str:
    """Return the plural of a unit's name."""
    if word.startswith("degree "):
        return word.replace("degree", "degrees", 1)
    if word.endswith(("hertz", "siemens", "bar", "%", "percent", "decades", "lux")):
        return word
    if word.endswith(("ch", "x")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("cy") else f"{word}s"


def _add_temperatures(found: dict[str, Atom]) -> None:
    """Add degrees Celsius and Fahrenheit as texts and broken PDFs write them."""
    for sign in _DEGREES:
        for letter, words in (("C", ("Celsius", "celsius", "centigrade")), ("F", ("Fahrenheit",))):
            blanks = ("", " ") if sign in _DEGREE_SIGNS or len(sign) > 2 else ("",)
            endings = (letter, *words) if len(sign) < 4 or letter == "C" else words
            for text in (sign + blank + ending for blank in blanks for ending in endings):
                found.setdefault(text, Atom("", text, "", bases()[f"°{letter}"]))
        if sign in _DEGREE_SIGNS:
            found.setdefault(f"{sign}K", Atom("", f"{sign}K", "", bases()["K"]))
    found["℃"] = Atom("", "℃", "", bases()["°C"])
    found["℉"] = Atom("", "℉", "", bases()["°F"])
