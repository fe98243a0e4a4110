"""The chemical elements: symbols, names, and the order in which formulas list them."""

__all__ = [
    "ELECTRONEGATIVITY",
    "ELEMENTS",
    "ELEMENT_NAMES",
    "electronegativity_rank",
    "word_set",
]


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text between blanks, as a set."""
    return frozenset(words.split())


# Pauling's electronegativities (Allred 1961, lowest common oxidation state: Pb 1.87), with
# Allen's values for the 4d and 5d metals that Pauling puts above tellurium or antimony, so
# that formulas come out as chemists write them (WTe2, PtSb2). This table is frozen: it fixes
# the keys of materials, and a changed value would rename them. Elements without a value
# come last, in alphabetical order.
ELECTRONEGATIVITY: dict[str, float] = {
    "H": 2.20, "Li": 0.98, "Be": 1.57, "B": 2.04, "C": 2.55, "N": 3.04, "O": 3.44, "F": 3.98,
    "Na": 0.93, "Mg": 1.31, "Al": 1.61, "Si": 1.90, "P": 2.19, "S": 2.58, "Cl": 3.16,
    "K": 0.82, "Ca": 1.00, "Sc": 1.36, "Ti": 1.54, "V": 1.63, "Cr": 1.66, "Mn": 1.55,
    "Fe": 1.83, "Co": 1.88, "Ni": 1.91, "Cu": 1.90, "Zn": 1.65, "Ga": 1.81, "Ge": 2.01,
    "As": 2.18, "Se": 2.55, "Br": 2.96, "Kr": 3.00, "Rb": 0.82, "Sr": 0.95, "Y": 1.22,
    "Zr": 1.33, "Nb": 1.60, "Mo": 1.47, "Tc": 1.51, "Ru": 1.54, "Rh": 1.56, "Pd": 1.58,
    "Ag": 1.93, "Cd": 1.69, "In": 1.78, "Sn": 1.96, "Sb": 2.05, "Te": 2.10, "I": 2.66,
    "Xe": 2.60, "Cs": 0.79, "Ba": 0.89, "La": 1.10, "Ce": 1.12, "Pr": 1.13, "Nd": 1.14,
    "Pm": 1.13, "Sm": 1.17, "Eu": 1.20, "Gd": 1.20, "Tb": 1.10, "Dy": 1.22, "Ho": 1.23,
    "Er": 1.24, "Tm": 1.25, "Yb": 1.10, "Lu": 1.27, "Hf": 1.30, "Ta": 1.50, "W": 1.47,
    "Re": 1.60, "Os": 1.65, "Ir": 1.68, "Pt": 1.72, "Au": 1.92, "Hg": 2.00, "Tl": 1.62,
    "Pb": 1.87, "Bi": 2.02, "Po": 2.00, "At": 2.20, "Rn": 2.20, "Fr": 0.70, "Ra": 0.90,
    "Ac": 1.10, "Th": 1.30, "Pa": 1.50, "U": 1.38, "Np": 1.36, "Pu": 1.28, "Am": 1.30,
    "Cm": 1.30, "Bk": 1.30, "Cf": 1.30, "Es": 1.30, "Fm": 1.30, "Md": 1.30, "No": 1.30,
}  # fmt: skip

_NAMES = """
H hydrogen; He helium; Li lithium; Be beryllium; B boron; C carbon; N nitrogen; O oxygen;
F fluorine; Ne neon; Na sodium; Mg magnesium; Al aluminium aluminum; Si silicon; P phosphorus;
S sulfur sulphur; Cl chlorine; Ar argon; K potassium; Ca calcium; Sc scandium; Ti titanium;
V vanadium; Cr chromium; Mn manganese; Fe iron; Co cobalt; Ni nickel; Cu copper; Zn zinc;
Ga gallium; Ge germanium; As arsenic; Se selenium; Br bromine; Kr krypton; Rb rubidium;
Sr strontium; Y yttrium; Zr zirconium; Nb niobium; Mo molybdenum; Tc technetium; Ru ruthenium;
Rh rhodium; Pd palladium; Ag silver; Cd cadmium; In indium; Sn tin; Sb antimony; Te tellurium;
I iodine; Xe xenon; Cs cesium caesium; Ba barium; La lanthanum; Ce cerium; Pr praseodymium;
Nd neodymium; Pm promethium; Sm samarium; Eu europium; Gd gadolinium; Tb terbium;
Dy dysprosium; Ho holmium; Er erbium; Tm thulium; Yb ytterbium; Lu lutetium; Hf hafnium;
Ta tantalum; W tungsten wolfram; Re rhenium; Os osmium; Ir iridium; Pt platinum; Au gold;
Hg mercury; Tl thallium; Pb lead; Bi bismuth; Po polonium; At astatine; Rn radon; Fr francium;
Ra radium; Ac actinium; Th thorium; Pa protactinium; U uranium; Np neptunium; Pu plutonium;
Am americium; Cm curium; Bk berkelium; Cf californium; Es einsteinium; Fm fermium;
Md mendelevium; No nobelium; Lr lawrencium; Rf rutherfordium; Db dubnium; Sg seaborgium;
Bh bohrium; Hs hassium; Mt meitnerium; Ds darmstadtium; Rg roentgenium; Cn copernicium;
Nh nihonium; Fl flerovium; Mc moscovium; Lv livermorium; Ts tennessine; Og oganesson
"""

_ENTRIES = [entry.split() for entry in _NAMES.split(";")]

ELEMENTS: frozenset[str] = frozenset(symbol for symbol, *_ in _ENTRIES)
"""The 118 symbols."""

ELEMENT_NAMES: dict[str, str] = {name: symbol for symbol, *names in _ENTRIES for name in names}
"""English names, lower case, British and American, to symbols."""


def electronegativity_rank(symbol: str) -> tuple[float, str]:
    """Return the sort key that puts electropositive elements first, ties alphabetically."""
    return (ELECTRONEGATIVITY.get(symbol, float("inf")), symbol)
