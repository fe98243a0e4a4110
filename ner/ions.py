"""Ions by name: what the grammar of compound names (`compound_names`) is made of.

Tables are written as text, entries apart by `;` or blanks, and read once. Charges are absolute
values: cations positive, anions negative by their table. The valences are those of the common
compounds of textbooks (Greenwood and Earnshaw, Chemistry of the Elements); where an element has
several common ones with an anion (iron oxide, tin sulfide) there is no entry, and the compound
is known by its elements only.
"""

from functools import lru_cache
from typing import NamedTuple

from .formulas import composition

__all__ = [
    "ANIONS",
    "CATIONS",
    "COMMON_VALENCE",
    "COMPLEX_CENTRES",
    "LANTHANIDES",
    "LIGANDS",
    "OPEN_ANIONS",
    "OXOMETALLATES",
    "SALT_VALENCE",
    "SIMPLE_ANIONS",
    "USUAL_COMPOUNDS",
    "Ion",
    "ion",
]


class Ion(NamedTuple):
    """A part of a compound: its elements, its charge without sign, how often it is there.

    `charge` is 0 where it is unknown, `number` None where the name does not say.
    """

    amounts: tuple[tuple[str, int], ...]
    charge: int
    number: int | None = None


@lru_cache(maxsize=4096)
def ion(formula: str, charge: int) -> Ion:
    """Return the ion of a formula and a charge."""
    amounts = tuple((element, int(n)) for element, n in composition(formula).items())
    return Ion(amounts, charge)


def _table(text: str) -> dict[str, tuple[str, int]]:
    """Read `sulfate SO4 2; …`: names, the formula, the charge."""
    found = {}
    for entry in text.split(";"):
        *names, formula, charge = entry.split()
        found.update(dict.fromkeys(names, (formula, int(charge))))
    return found


def _valences(text: str) -> dict[str, int]:
    """Read `3 Al Ga 4 Si`: a valence, then the elements that have it."""
    found: dict[str, int] = {}
    valence = 0
    for word in text.split():
        if word.isdigit():
            valence = int(word)
        else:
            found[word] = valence
    return found


LANTHANIDES = frozenset("La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y Sc".split())
"""The rare earths, scandium and yttrium with them."""

COMMON_VALENCE = _valences(
    "1 H Li Na K Rb Cs Ag 2 Be Mg Ca Sr Ba Ra Zn Cd"
    " 3 B Al Ga In Sc Y La Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Bi 4 Si Zr Hf Th"
)
"""Elements with one common valence in compounds."""

SALT_VALENCE = COMMON_VALENCE | _valences(
    "1 Tl 2 Mn Co Ni Cu Pb Hg Sn Pd 3 Fe Cr Ce Sb As Au Rh Ru Ir Ti V U Pu Am Np"
    " 4 Ge Pt Mo W 5 Nb Ta P"
) | {"Ti": 4, "V": 4, "U": 4}  # fmt: skip
"""Valences in salts of oxoacids, hydroxides and alkoxides, where the name does not say."""

_CHALCOGENIDE = _valences("1 Tl 2 Pb Hg Mn Ge 3 As Sb Cr Ce Rh 4 Ti V Nb Ta Mo W Re Pt Th Ir Ru")
_HALIDE = _valences(
    "2 Mn Co Ni Pb Pd 3 Cr Ce Sb As Ru Rh Ir 4 Ti C Ge Th Pt 5 Nb Ta 6 W"
)  # fmt: skip
_PNICTIDE = _valences("1 Cu 3 Ti Zr Hf V Nb Ta Cr U Np Pu Th Ce 4 Ge C")

_OXIDE = _valences(
    "1 H 2 Ni Cu Pb Hg Pd 3 Cr As Sb Rh Au 4 Ti Ce Ge Sn Ru Ir Te Se Th C 5 Nb Ta P 6 W Mo"
)

SIMPLE_ANIONS: dict[str, tuple[str, int, dict[str, int]]] = {
    "oxide": ("O", 2, _OXIDE),
    "sulfide": ("S", 2, _CHALCOGENIDE),
    "selenide": ("Se", 2, _CHALCOGENIDE | {"Sn": 2, "In": 0, "Ga": 0}),
    "telluride": ("Te", 2, _CHALCOGENIDE | {"Sn": 2}),
    "fluoride": ("F", 1, _HALIDE),
    "chloride": ("Cl", 1, _HALIDE),
    "bromide": ("Br", 1, _HALIDE),
    "iodide": ("I", 1, _HALIDE | {"Ti": 4}),
    "nitride": ("N", 3, _PNICTIDE),
    "phosphide": ("P", 3, {"Cu": 0, "Si": 0, "Zr": 0, "Hf": 0}),
    "arsenide": ("As", 3, {"Ni": 3, "Mn": 3, "Zr": 0, "Hf": 0, "Si": 0}),
    "antimonide": ("Sb", 3, {"Zn": 0, "Ni": 3, "Mn": 3, "Si": 0, "Zr": 0, "Hf": 0}),
    "bismuthide": ("Bi", 3, {"Mn": 3}),
    "carbide": ("C", 4, {"Ti": 4, "V": 4, "Nb": 4, "Ta": 4, "W": 4, "Si": 4, "U": 4}),
    "hydride": ("H", 1, {"Ti": 2, "Zr": 2, "Hf": 2}),
    "silicide": ("Si", 4, {}),
    "germanide": ("Ge", 4, {}),
    "stannide": ("Sn", 4, {}),
    "plumbide": ("Pb", 4, {}),
    "boride": ("B", 3, {}),
    "deuteride": ("H", 1, {}),
}
"""One-element anions: the element, its charge, and the valence of elements that have several."""

# What does not follow from valences, but is what the name means: `boron carbide`.
USUAL_COMPOUNDS = _table(
    "europium-titanate EuTiO3 0; "
    "boron-carbide B4C 0; chromium-carbide Cr3C2 0; molybdenum-carbide Mo2C 0; calcium-carbide "
    "CaC2 0; iron-carbide Fe3C 0; titanium-boride TiB2 0; zirconium-boride ZrB2 0; "
    "magnesium-boride MgB2 0; hafnium-boride HfB2 0; lanthanum-boride LaB6 0; "
    "molybdenum-silicide MoSi2 0; tungsten-silicide WSi2 0; titanium-silicide TiSi2 0; "
    "cobalt-antimonide CoSb3 0; cobalt-oxide Co3O4 0; iron-antimonide FeSb2 0; aluminium-boride "
    "AlB2 0; manganese-silicide MnSi2 0; chromium-silicide CrSi2 0; titanium-aluminide TiAl 0; "
    "nickel-aluminide NiAl 0; iron-aluminide FeAl 0; terbium-oxide Tb4O7 0; praseodymium-oxide "
    "Pr6O11 0; uranium-oxide UO2 0; silver-oxide Ag2O 0; lead-tetroxide Pb3O4 0; "
    "tantalum-boride TaB2 0; niobium-boride NbB2 0; tin-sulfide SnS 0; carbon-sulfide CS2 0; "
    "carbonyl-sulfide COS 0; nitrogen-oxide NO 0; nitric-oxide NO 0; nitrous-oxide N2O 0; "
    "gallium-selenide GaSe 0; indium-selenide In2Se3 0; cobaltosic-oxide Co3O4 0; "
    "sodium-silicide NaSi 0; iron-disulfide FeS2 0; sulfur-hexafluoride SF6 0; "
    "hydrogen-peroxide H2O2 0; boron-phosphide BP 0; gallium-telluride GaTe 0; nickel-phosphide "
    "Ni2P 0; cobalt-phosphide CoP 0; iron-pentacarbonyl Fe(CO)5 0; nickel-tetracarbonyl Ni(CO)4 "
    "0; boron-suboxide B6O 0; ammonium-polyphosphate NH4PO3 0; carbon-suboxide C3O2 0; "
    "trilead-tetroxide Pb3O4 0"
)

ANIONS = _table(
    "hydroxide OH 1; peroxide O2 2; superoxide O2 1; azide N3 1; cyanide CN 1; cyanate OCN 1; "
    "isocyanate OCN 1; thiocyanate isothiocyanate SCN 1; cyanamide NCN 2; dicyanamide N(CN)2 1; "
    "amide NH2 1; imide NH 2; hydrosulfide SH 1; disulfidanide S2 2; triiodide I3 1; acetylide "
    "C2 2; sulfate SO4 2; sulfite SO3 2; bisulfate SO4H 1; bisulfite SO3H 1; pyrosulfate S2O7 "
    "2; thiosulfate S2O3 2; dithionite S2O4 2; persulfate peroxodisulfate peroxydisulfate S2O8 "
    "2; metabisulfite S2O5 2; sulfamate NH2SO3 1; fluorosulfate SO3F 1; chlorosulfate SO3Cl 1; "
    "selenate SeO4 2; selenite SeO3 2; tellurate TeO4 2; tellurite TeO3 2; nitrate NO3 1; "
    "nitrite NO2 1; carbonate CO3 2; bicarbonate CO3H 1; thiocarbonate CS3 2; phosphate "
    "orthophosphate monophosphate PO4 3; metaphosphate polyphosphate PO3 1; pyrophosphate "
    "diphosphate P2O7 4; triphosphate tripolyphosphate P3O10 5; tetraphosphate P4O12 4; "
    "trimetaphosphate P3O9 3; ultraphosphate P5O14 3; phosphite PO3H 2; hypophosphite PO2H2 1; "
    "thiophosphate PS4 3; fluorophosphate monofluorophosphate PO3F 2; arsenate AsO4 3; arsenite "
    "AsO3 3; antimonate SbO3 1; antimonite SbO2 1; bismuthate BiO3 1; fluoroborate "
    "tetrafluoroborate BF4 1; borohydride tetrahydroborate tetrahydridoborate BH4 1; "
    "orthoborate borate BO3 3; metaborate BO2 1; tetraborate B4O7 2; triborate B3O5 1; "
    "pyroborate B2O5 4; pentaborate B5O8 1; octaborate B8O13 2; cyanoborohydride BH3CN 1; "
    "silicate orthosilicate SiO4 4; metasilicate SiO3 2; disilicate Si2O5 2; pyrosilicate Si2O7 "
    "6; trisilicate Si3O8 4; fluorosilicate hexafluorosilicate SiF6 2; metagermanate GeO3 2; "
    "orthogermanate GeO4 4; pyrogermanate Ge2O7 6; chlorate ClO3 1; chlorite ClO2 1; "
    "perchlorate ClO4 1; hypochlorite ClO 1; bromate BrO3 1; perbromate BrO4 1; hypobromite BrO "
    "1; iodate IO3 1; periodate IO4 1; chromate CrO4 2; dichromate bichromate Cr2O7 2; "
    "permanganate MnO4 1; manganate MnO4 2; ferrate FeO4 2; perrhenate ReO4 1; pertechnetate "
    "TcO4 1; perruthenate RuO4 1; molybdate MoO4 2; dimolybdate Mo2O7 2; paramolybdate "
    "heptamolybdate Mo7O24 6; octamolybdate Mo8O26 4; tungstate wolframate WO4 2; ditungstate "
    "W2O7 2; metatungstate H2W12O40 6; paratungstate H2W12O42 10; phosphotungstate PW12O40 3; "
    "phosphomolybdate PMo12O40 3; silicotungstate SiW12O40 4; silicomolybdate SiMo12O40 4; "
    "orthovanadate VO4 3; metavanadate VO3 1; pyrovanadate V2O7 4; decavanadate V10O28 6; "
    "orthoniobate NbO4 3; metaniobate NbO3 1; orthotantalate TaO4 3; pyroniobate Nb2O7 4; "
    "orthotitanate TiO4 4; metatitanate TiO3 2; dititanate Ti2O5 2; trititanate Ti3O7 2; "
    "tetratitanate Ti4O9 2; pentatitanate Ti5O11 2; hexatitanate Ti6O13 2; metastannate SnO3 2; "
    "orthostannate SnO4 4; hydroxystannate Sn(OH)6 2; hexahydroxystannate Sn(OH)6 2; "
    "pyrotitanate Ti2O7 6; orthoferrite FeO3 3; orthochromite CrO3 3; orthoaluminate AlO3 3; "
    "hexaferrite Fe12O19 2; hexaaluminate Al12O19 2; hexagallate Ga12O19 2; metaaluminate AlO2 "
    "1; alumohydride aluminohydride aluminiumhydride alanate AlH4 1; uranate UO4 2; diuranate "
    "U2O7 2; thiogallate GaS2 1; thiogermanate GeS3 2; thiostannate SnS3 2; thioindate InS2 1; "
    "thiomolybdate tetrathiomolybdate MoS4 2; tetrathiotungstate thiotungstate WS4 2; "
    "thioantimonate SbS4 3; thioarsenate AsS4 3; thioantimonite SbS3 3; selenogallate GaSe2 1; "
    "ferrocyanide Fe(CN)6 4; ferricyanide Fe(CN)6 3; nitroprusside Fe(CN)5NO 2; fluorotitanate "
    "TiF6 2; fluorozirconate ZrF6 2; fluoroaluminate AlF6 3; acetylacetonate C5H7O2 1; "
    "hexafluoroacetylacetonate C5HF6O2 1; bisoxalatoborate B(C2O4)2 1; difluorooxalatoborate "
    "BF2C2O4 1; triflate trifluoromethanesulfonate trifluoromethylsulfonate CF3SO3 1; mesylate "
    "CH3SO3 1; tosylate C7H7SO3 1; triflimide bistriflimide bistrifluoromethanesulfonylimide "
    "bistrifluoromethylsulfonylimide bistrifluoromethanesulfonimide "
    "bistrifluoromethanesulfonylamide bistrifluoromethylsulfonylamide "
    "bistrifluoromethanesulfonimidate C2F6NO4S2 1; bisperfluoroethylsulfonylimide "
    "bispentafluoroethylsulfonylimide C4F10NO4S2 1; bisfluorosulfonylimide N(SO2F)2 1; "
    "dodecylsulfate laurylsulfate C12H25SO4 1; carbonyl CO 0; hydrogensulfide SH 1; "
    "titanylphosphate TiOPO4 1; titanylarsenate TiOAsO4 1; phthalocyanine C32H16N8 2; porphyrin "
    "C20H12N4 2; tetraphenylporphyrin C44H28N4 2; glycerophosphate C3H7PO6 2; "
    "trimethylsilanolate (CH3)3SiO 1; fulminate CNO 1; thioborate BS3 3; bifluoride HF2 1; "
    "stearate C18H35O2 1; triacetoxyborohydride BH(C2H3O2)3 1"
)
"""Anions by name (British `sulph` is read as `sulf`): formula and charge."""

CATIONS = _table(
    "ammonium NH4 1; ammonia NH4 1; hydronium oxonium H3O 1; hydrogen H 1; phosphonium PH4 1; "
    "hydrazinium N2H5 1; guanidinium CH6N3 1; formamidinium CH5N2 1; methylammonium CH6N 1; "
    "imidazolium C3H5N2 1; pyridinium C5H6N 1; pyrrolidinium C4H10N 1; piperidinium C5H12N 1; "
    "sulfonium SH3 1; anilinium C6H8N 1; morpholinium C4H10NO 1; cetrimonium C19H42N 1; choline "
    "C5H14NO 1; uronium CH5N2O 1; acetamidinium C2H7N2 1; phenethylammonium C8H12N 1; uranyl "
    "UO2 2; vanadyl VO 2; titanyl TiO 2; zirconyl ZrO 2; bismuthyl BiO 1; nitrosyl NO 1; "
    "nitronium NO2 1; hafnyl HfO 2; molybdenyl MoO2 2; antimonyl SbO 1; niobyl NbO 3; ferrous "
    "Fe 2; ferric Fe 3; cuprous Cu 1; cupric Cu 2; stannous Sn 2; stannic Sn 4; plumbous Pb 2; "
    "plumbic Pb 4; cobaltous Co 2; cobaltic Co 3; manganous Mn 2; manganic Mn 3; chromous Cr 2; "
    "chromic Cr 3; mercuric Hg 2; mercurous Hg 1; titanous Ti 3; titanic Ti 4; nitric N 2; "
    "nitrous N 1; aurous Au 1; auric Au 3; cerous Ce 3; ceric Ce 4; nickelous Ni 2; nickelic Ni "
    "3; thallous Tl 1; thallic Tl 3; vanadous V 2; vanadic V 3; antimonous Sb 3; bismuthous Bi "
    "3; arsenous As 3; phosphorous P 3; platinic Pt 4; platinous Pt 2; palladous Pd 2; "
    "argentous Ag 1; zincic Zn 2; sulfuric S 6; sulfurous S 4; uranous U 4; silicic Si 4; "
    "tungstic W 6; molybdic Mo 6"
)
"""Cations by name: formula and charge."""

OXOMETALLATES: dict[str, tuple[str, int]] = _table(
    "titanate Ti 4; zirconate Zr 4; hafnate Hf 4; stannate Sn 4; cerate Ce 4; ruthenate Ru 4; "
    "iridate Ir 4; plumbate Pb 4; germanate Ge 4; thorate Th 4; praseodymate Pr 4; osmate Os 4; "
    "niobate Nb 5; tantalate Ta 5; vanadate V 5; aluminate Al 3; gallate Ga 3; indate In 3; "
    "ferrite Fe 3; chromite Cr 3; manganite Mn 3; cobaltite Co 3; cobaltate Co 3; nickelate Ni "
    "3; rhodate Rh 3; rhodite Rh 3; scandate Sc 3; yttrate Y 3; titanite Ti 3; vanadite V 3; "
    "antimonate Sb 5; bismuthate Bi 5; tungstate W 6; molybdate Mo 6; chromate Cr 6; osmiate Os "
    "5; tellurate Te 6; technetate Tc 4; platinate Pt 4; palladate Pd 2; cuprate Cu 2; zincate "
    "Zn 2; ferrate Fe 4; lanthanate La 3; lutetate Lu 3; berylate Be 2"
)
"""Mixed oxides named as salts (`barium titanate`): the metal and its oxidation state."""

OPEN_ANIONS = {
    word: elements.split()
    for word, elements in {
        "carbonitride": "C N", "oxycarbide": "C O", "oxycarbonitride": "C N O",
        "borocarbide": "B C", "boronitride": "B N", "carboboride": "B C",
        "borocarbonitride": "B C N", "sulfoselenide": "S Se", "selenosulfide": "S Se",
        "polysulfide": "S", "polyselenide": "Se", "polyiodide": "I", "suboxide": "O",
        "aluminosilicate": "Al Si O", "borosilicate": "B Si O", "aluminoborosilicate": "Al B Si O",
        "aluminophosphate": "Al P O", "borophosphate": "B P O", "aluminoborate": "Al B O",
        "silicophosphate": "Si P O", "phosphosilicate": "P Si O", "titanosilicate": "Ti Si O",
        "germanosilicate": "Ge Si O", "gallosilicate": "Ga Si O", "vanadosilicate": "V Si O",
        "fluorosilicophosphate": "F Si P O", "phosphovanadate": "P V O",
        "fluoroborosilicate": "F B Si O", "silicoaluminophosphate": "Al P Si O",
        "borotellurite": "B Te O",
        "oxynitridosilicate": "Si N O", "nitridosilicate": "Si N",
        "ferroniobate": "Fe Nb O", "aluminogermanate": "Al Ge O", "gallogermanate": "Ga Ge O",
    }.items()
}  # fmt: skip
"""Anions whose name leaves their amounts open: their elements."""

LIGANDS = _table(
    "fluoro F 1; chloro Cl 1; bromo Br 1; iodo I 1; cyano CN 1; hydroxo OH 1; hydroxy OH 1; "
    "hydrido H 1; hydro H 1; thiocyanato SCN 1; oxalato C2O4 2; nitro NO2 1; thio S 2; oxo O 2; "
    "carbonato CO3 2; cyanato OCN 1; aquo H2O 0; aqua H2O 0; ammine NH3 0"
)
"""Ligands of complex anions: formula and charge."""

COMPLEX_CENTRES = _table(
    "titanate Ti 4; zirconate Zr 4; hafnate Hf 4; silicate Si 4; germanate Ge 4; stannate Sn 4; "
    "phosphate P 5; arsenate As 5; antimonate Sb 5; niobate Nb 5; tantalate Ta 5; borate B 3; "
    "aluminate Al 3; gallate Ga 3; indate In 3; aurate Au 3; ferrate Fe 3; cobaltate Co 3; "
    "chromate Cr 3; manganate Mn 4; platinate Pt 4; palladate Pd 4; iridate Ir 4; ruthenate Ru "
    "4; rhodate Rh 3; zincate Zn 2; cuprate Cu 2; cadmate Cd 2; mercurate Hg 2; nickelate Ni 2; "
    "plumbate Pb 4; bismuthate Bi 3; argentate Ag 1; beryllate Be 2; yttrate Y 3; scandate Sc 3"
)
"""Central atoms of complex anions: element and usual oxidation state."""
