"""Groups, parents and acids of organic names: the tables of `organic_names`.

Only compositions matter here, so that isomers are one entry and positions are not read. A group
is written with the bond that it makes open (`methyl CH3`), a parent as its molecule.
"""

from functools import lru_cache

from .formulas import composition

__all__ = ["ALKYLENES", "FUNCTIONS", "MULTIPLIERS", "acids", "groups", "parents", "read_amounts"]

Amounts = dict[str, int]

MULTIPLIERS = {
    "mono": 1, "di": 2, "tri": 3, "tetra": 4, "tetr": 4, "penta": 5, "pent": 5, "hexa": 6,
    "hepta": 7, "octa": 8, "nona": 9, "deca": 10, "undeca": 11, "dodeca": 12, "bis": 2, "tris": 3,
    "tetrakis": 4, "pentakis": 5, "hexakis": 6, "trideca": 13, "hexadeca": 16, "heptadeca": 17,
}  # fmt: skip
"""Multiplying prefixes of chemical names."""

_STEMS = (
    "meth eth prop but pent hex hept oct non dec undec dodec tridec tetradec pentadec hexadec"
    " heptadec octadec nonadec icos heneicos docos tricos tetracos"
).split()

_GROUPS = """
phenyl C6H5; phenoxy C6H5O; benzyl C7H7; benzyloxy C7H7O; benzoyl C7H5O; acetyl C2H3O; acetoxy
C2H3O2; allyl C3H5; allyloxy C3H5O; vinyl C2H3; ethynyl C2H; propargyl C3H3; amino NH2; nitro NO2;
nitroso NO; hydroxy OH; hydroxyl OH; fluoro F; chloro Cl; bromo Br; iodo I; cyano CN; mercapto SH;
sulfanyl SH; carboxy CO2H; formyl CHO; sulfo SO3H; sulfonyl SO2H; sulfinyl SOH; silyl SiH3; siloxy
SiH3O; germyl GeH3; stannyl SnH3; glycidyl C3H5O; glycidoxy glycidyloxy C3H5O2; acryloyl C3H3O;
acryloxy acryloyloxy C3H3O2; methacryloyl C4H5O; methacryloxy methacryloyloxy C4H5O2; oxy OH; thio
SH; carbonyl COH; carbamoyl CONH2; thienyl C4H3S; furyl C4H3O; furfuryl C5H5O; pyridyl pyridinyl
C5H4N; naphthyl C10H7; anthryl anthracenyl C14H9; pyrenyl C16H9; biphenyl C12H9; tolyl C7H7; xylyl
C8H9; mesityl C9H11; cumyl C9H11; trityl C19H15; tosyl C7H7SO2; lauryl C12H25; cetyl palmityl
C16H33; stearyl C18H37; oleyl C18H35; myristyl C14H29; amyl isoamyl C5H11; capryl C8H17; crotyl
C4H7; imidazolyl C3H3N2; pyrrolyl C4H4N; carbazolyl C12H8N; indolyl C8H6N; quinolyl C9H6N;
phosphino PH2; phosphoryl POH2; boryl BH2; ureido CH3N2O; azido N3; hydrazino N2H3; isocyanato
NCO; isothiocyanato NCS; thiocyanato SCN; picryl C6H2N3O6; cinnamyl C9H9; triazolyl C2H2N3;
ferrocenyl C10H9Fe; adamantyl C10H15; norbornyl C7H11; glycoloyl C2H3O2; oxalyl C2HO2; styryl
C8H7; lactyl C3H5O2; carbethoxy C3H5O2; methylenedioxy CO2H; imino NH2; abietyl C20H31; linoleyl
C18H33
"""

# The chains that bind twice, as cations of charge 2 for esters, oxides and glycols of them.
ALKYLENES = {
    "methylene": {"C": 1, "H": 2},
    "ethylene": {"C": 2, "H": 4},
    "propylene": {"C": 3, "H": 6},
    "trimethylene": {"C": 3, "H": 6},
    "butylene": {"C": 4, "H": 8},
    "tetramethylene": {"C": 4, "H": 8},
    "hexamethylene": {"C": 6, "H": 12},
    "vinylene": {"C": 2, "H": 2},
    "styrene": {"C": 8, "H": 8},
    "phenylene": {"C": 6, "H": 4},
    "xylylene": {"C": 8, "H": 8},
    "ethylidene": {"C": 2, "H": 4},
}
"""Groups with two bonds."""

_PARENTS = """
benzene C6H6; toluene C7H8; xylene C8H10; mesitylene cumene C9H12; styrene C8H8; stilbene C14H12;
naphthalene azulene C10H8; anthracene phenanthrene C14H10; tetracene C18H12; pentacene C22H14;
hexacene C26H16; pyrene fluoranthene C16H10; perylene C20H12; coronene C24H12; chrysene C18H12;
rubrene C42H28; fluorene C13H10; biphenyl C12H10; terphenyl C18H14; quaterphenyl C24H18; indene
C9H8; adamantane C10H16; decalin C10H18; tetralin C10H12; norbornene C7H10; limonene pinene
camphene C10H16; squalene C30H50; isoprene C5H8; butadiene C4H6; cyclopentadiene C5H6;
dicyclopentadiene C10H12; cyclooctadiene C8H12; divinylbenzene C10H10; acetylene C2H2; ethylene
C2H4; propylene C3H6; butylene isobutylene isobutene C4H8; allene C3H4; isooctane C8H18; isobutane
C4H10; phenol C6H6O; cresol anisole C7H8O; naphthol C10H8O; thiophenol C6H6S; catechol
pyrocatechol resorcinol hydroquinone C6H6O2; pyrogallol phloroglucinol C6H6O3; thymol carvacrol
C10H14O; eugenol C10H12O2; guaiacol C7H8O2; dopamine C8H11NO2; benzoquinone quinone C6H4O2;
anthraquinone C14H8O2; naphthoquinone C10H6O2; furan C4H4O; thiophene C4H4S; pyrrole C4H5N;
selenophene C4H4Se; imidazole pyrazole C3H4N2; oxazole C3H3NO; thiazole C3H3NS; triazole C2H3N3;
tetrazole CH2N4; thiadiazole C2H2N2S; oxadiazole C2H2N2O; pyridine C5H5N; pyrazine pyrimidine
pyridazine C4H4N2; triazine C3H3N3; melamine C3H6N6; cyanurate C3H3N3O3; indole C8H7N; carbazole
C12H9N; quinoline isoquinoline C9H7N; acridine C13H9N; phenazine C12H8N2; phenothiazine C12H9NS;
benzimidazole C7H6N2; benzotriazole C6H5N3; benzothiazole C7H5NS; benzothiadiazole C6H4N2S;
benzofuran C8H6O; benzothiophene C8H6S; bithiophene C8H6S2; terthiophene C12H8S3; dibenzothiophene
C12H8S; phenanthroline C12H8N2; bipyridine bipyridyl C10H8N2; terpyridine C15H11N3; porphyrin
porphine C20H14N4; tetraphenylporphyrin C44H30N4; phthalocyanine C32H18N8; purine C5H4N4; adenine
C5H5N5; guanine C5H5N5O; cytosine C4H5N3O; thymine C5H6N2O2; uracil C4H4N2O2; caffeine C8H10N4O2;
piperidine C5H11N; piperazine C4H10N2; morpholine C4H9NO; pyrrolidine C4H9N; pyrroline C4H7N;
aziridine C2H5N; pyrrolidone pyrrolidinone C4H7NO; caprolactam C6H11NO; butyrolactone C4H6O2;
valerolactone C5H8O2; caprolactone C6H10O2; propiolactone C3H4O2; lactide C6H8O4; glycolide
C4H4O4; dioxane C4H8O2; dioxolane C3H6O2; trioxane C3H6O3; oxirane C2H4O; epichlorohydrin C3H5ClO;
glycidol C3H6O2; glyme C4H10O2; monoglyme C4H10O2; diglyme C6H14O3; triglyme C8H18O4; tetraglyme
C10H22O5; sulfolane C4H8O2S; oxazolidinone C3H5NO2; imidazolidinone C3H6N2O; oxazoline C3H5NO;
aniline C6H7N; toluidine C7H9N; anisidine C7H9NO; benzylamine C7H9N; phenylenediamine C6H8N2;
benzidine C12H12N2; naphthylamine C10H9N; hydrazine N2H4; hydroxylamine NH3O; urea CH4N2O;
thiourea CH4N2S; selenourea CH4N2Se; guanidine CH5N3; biuret C2H5N3O2; dicyandiamide
cyanoguanidine C2H4N4; semicarbazide CH5N3O; thiosemicarbazide CH5N3S; carbohydrazide CH6N4O;
formamide CH3NO; acetamide C2H5NO; thioacetamide C2H5NS; propionamide C3H7NO; acrylamide C3H5NO;
methacrylamide C4H7NO; benzamide C7H7NO; acetanilide C8H9NO; oxamide C2H4N2O2; phthalimide
C8H5NO2; succinimide C4H5NO2; maleimide C4H3NO2; sulfonamide SO2NH3; acetonitrile C2H3N;
acrylonitrile C3H3N; benzonitrile C7H5N; malononitrile C3H2N2; succinonitrile C4H4N2; adiponitrile
C6H8N2; propionitrile C3H5N; butyronitrile C4H7N; formaldehyde CH2O; acetaldehyde C2H4O;
propionaldehyde C3H6O; butyraldehyde C4H8O; acrolein C3H4O; benzaldehyde C7H6O; glutaraldehyde
C5H8O2; glyoxal C2H2O2; furfural C5H4O2; hydroxymethylfurfural C6H6O3; vanillin C8H8O3;
salicylaldehyde C7H6O2; terephthalaldehyde C8H6O2; cinnamaldehyde C9H8O; paraformaldehyde CH2O;
acetone C3H6O; acetophenone C8H8O; benzophenone C13H10O; acetylacetone C5H8O2; cyclohexanone
C6H10O; camphor C10H16O; isophorone C9H14O; ketene C2H2O; chloroform CHCl3; bromoform CHBr3;
iodoform CHI3; fluoroform CHF3; phosgene COCl2; cyanogen C2N2; ethylenediamine C2H8N2;
diethylenetriamine C4H13N3; triethylenetetramine C6H18N4; tetraethylenepentamine C8H23N5;
hexamethylenediamine C6H16N2; hexamethylenetetramine hexamine urotropine C6H12N4; spermine
C10H26N4; spermidine C7H19N3; putrescine C4H12N2; ethanolamine C2H7NO; diethanolamine C4H11NO2;
triethanolamine C6H15NO3; propanolamine C3H9NO; tromethamine C4H11NO3; glycol C2H6O2;
diethyleneglycol C4H10O3; triethyleneglycol C6H14O4; tetraethyleneglycol C8H18O5;
dipropyleneglycol C6H14O3; glycerol glycerin glycerine C3H8O3; thioglycerol C3H8O2S; erythritol
C4H10O4; pentaerythritol C5H12O4; xylitol arabitol C5H12O5; sorbitol mannitol C6H14O6; inositol
C6H12O6; glucose fructose galactose mannose C6H12O6; xylose ribose arabinose C5H10O5; sucrose
lactose maltose trehalose cellobiose C12H22O11; glucosamine C6H13NO5; raffinose C18H32O16;
cholesterol C27H46O; terpineol borneol geraniol linalool citronellol C10H18O; menthol C10H20O;
citral C10H16O; glycine C2H5NO2; alanine C3H7NO2; valine C5H11NO2; leucine isoleucine C6H13NO2;
serine C3H7NO3; threonine C4H9NO3; cysteine C3H7NO2S; cystine C6H12N2O4S2; methionine C5H11NO2S;
proline C5H9NO2; phenylalanine C9H11NO2; tyrosine C9H11NO3; tryptophan C11H12N2O2; histidine
C6H9N3O2; lysine C6H14N2O2; arginine C6H14N4O2; asparagine C4H8N2O3; glutamine C5H10N2O3; taurine
C2H7NO3S; creatine C4H9N3O2; betaine C5H11NO2; ferrocene C10H10Fe; cobaltocene C10H10Co;
nickelocene C10H10Ni; catecholborane C6H5BO2; borane BH3; ammoniaborane BH6N; decaborane B10H14;
diborane B2H6; carborane C2H12B10; borazine B3H6N3; boroxine B3H3O3;
cyclotriphosphazene P3N3H6; silane SiH4; disilane Si2H6;
trisilane Si3H8; germane GeH4; stannane SnH4; arsine AsH3; stibine SbH3; phosphine PH3; disiloxane
Si2H6O; disilazane Si2H7N; trisilylamine Si3H9N; silsesquioxane SiHO1.5; cyclotrisiloxane Si3H6O3;
cyclotetrasiloxane Si4H8O4; cyclopentasiloxane Si5H10O5; amine NH3; imine NH3; oxime NH3O;
pyridoxal C8H9NO3; pyridoxine C8H11NO3; retinal C20H28O; thiamine C12H17N4OS; riboflavin
C17H20N4O6; hydroperoxide H2O2; tetrathiafulvalene C6H4S4; tetracyanoethylene C6N4;
tetracyanoquinodimethane C12H4N4; cyclen C8H20N4; cyclam C10H24N4; cyclodextrin C42H70O35; aspirin
C9H8O4; ibuprofen C13H18O2; paracetamol acetaminophen C8H9NO2; carbamazepine C15H12N2O;
tetracycline C22H24N2O8; curcumin C21H20O6; quercetin C15H10O7; nicotine C10H14N2; dithiane
C4H8S2; thiirane C2H4S; thiirene C2H2S; diazomethane CH2N2; azobenzene C12H10N2;
azobisisobutyronitrile C8H12N4; hydrazobenzene C12H12N2; benzil C14H10O2; benzoin C14H12O2;
coumarin C9H6O2; fluorescein C20H12O5; indigo C16H10N2O2; hydantoin C3H4N2O2; barbituricacid
C4H4N2O3; phenylhydrazine C6H8N2; trinitrotoluene C7H5N3O6; spirobifluorene C25H16; triphenylene
C18H12; truxene C27H18; corannulene C20H10; cubane C8H8; camphorquinone C10H14O2
"""

_ACIDS = """
formic CH2O2 1; acetic C2H4O2 1; propionic C3H6O2 1; butyric isobutyric C4H8O2 1; valeric
isovaleric pivalic C5H10O2 1; caproic C6H12O2 1; enanthic C7H14O2 1; caprylic C8H16O2 1;
pelargonic C9H18O2 1; capric neodecanoic C10H20O2 1; lauric C12H24O2 1; myristic C14H28O2 1;
palmitic C16H32O2 1; margaric C17H34O2 1; stearic isostearic C18H36O2 1; arachidic C20H40O2 1;
behenic C22H44O2 1; oleic elaidic C18H34O2 1; linoleic C18H32O2 1; linolenic C18H30O2 1;
ricinoleic C18H34O3 1; undecylenic C11H20O2 1; erucic C22H42O2 1; acrylic C3H4O2 1; methacrylic
crotonic C4H6O2 1; propiolic C3H2O2 1; sorbic C6H8O2 1; cinnamic C9H8O2 1; benzoic C7H6O2 1;
toluic C8H8O2 1; salicylic C7H6O3 1; anthranilic C7H7NO2 1; gallic C7H6O5 1; vanillic C8H8O4 1;
caffeic C9H8O4 1; ferulic C10H10O4 1; mandelic C8H8O3 1; naphthoic C11H8O2 1; nicotinic
isonicotinic picolinic C6H5NO2 1; furoic C5H4O3 1; abietic C20H30O2 1; cholic C24H40O5 1; retinoic
C20H28O2 1; lactic C3H6O3 1; glycolic C2H4O3 1; glyoxylic C2H2O3 1; pyruvic C3H4O3 1; levulinic
C5H8O3 1; acetoacetic C4H6O3 1; gluconic C6H12O7 1; glucuronic C6H10O7 1; alginic C6H8O6 1;
ascorbic C6H8O6 1; lipoic C8H14O2S2 1; thioglycolic C2H4O2S 1; folic C19H19N7O6 2; biotinic
C10H16N2O3S 1; quinic C7H12O6 1; shikimic C7H10O5 1; oxalic C2H2O4 2; malonic C3H4O4 2; succinic
C4H6O4 2; glutaric C5H8O4 2; adipic C6H10O4 2; pimelic C7H12O4 2; suberic C8H14O4 2; azelaic
C9H16O4 2; sebacic C10H18O4 2; maleic fumaric C4H4O4 2; itaconic citraconic mesaconic C5H6O4 2;
malic C4H6O5 2; tartaric C4H6O6 2; tartronic C3H4O5 2; mucic saccharic C6H10O8 2; aspartic C4H7NO4
2; glutamic C5H9NO4 1; iminodiacetic C4H7NO4 2; diglycolic C4H6O5 2; phthalic isophthalic
terephthalic C8H6O4 2; trimesic trimellitic hemimellitic C9H6O6 3; pyromellitic C10H6O8 4;
mellitic C12H6O12 6; citric isocitric C6H8O7 3; aconitic C6H6O6 3; nitrilotriacetic C6H9NO6 3;
ethylenediaminetetraacetic edetic C10H16N2O8 4; phytic C6H18O24P6 12;
diethylenetriaminepentaacetic C14H23N3O10 5; carbamic CH3NO2 1; dithiocarbamic CH3NS2 1; xanthic
CH2OS2 1; squaric C4H2O4 2; rhodizonic C6H2O6 2; croconic C5H2O5 2; uric C5H4N4O3 1; hippuric
C9H9NO3 1; picric C6H3N3O7 1; cyanuric C3H3N3O3 3; sulfosalicylic C7H6O6S 2; tannic C76H52O46 1;
phosphonic H3PO3 2; phosphinic H3PO2 1; boronic H3BO2 2; arsonic AsH3O3 2; kojic C6H6O4 1;
sulfonic H2SO3 1; sulfinic H2SO2 1; thiobenzoic C7H6OS 1; thioacetic C2H4OS 1; perbenzoic C7H6O3
1; peracetic C2H4O3 1; hyaluronic C14H21NO11 1; oleanolic C30H48O3 1; tolfenamic C14H12ClNO2 1
"""

# Endings that put a function in place of hydrogen: what they add to the parent.
FUNCTIONS = {
    "tetracarboxylicacid": ("C4O8", 4), "tricarboxylicacid": ("C3O6", 3),
    "dicarboxylicacid": ("C2O4", 2), "carboxylicacid": ("CO2", 1), "disulfonicacid": ("S2O6", 2),
    "sulfonicacid": ("SO3", 1), "boronicacid": ("BO2H", 2), "carboxaldehyde": ("CO", 0),
    "carbaldehyde": ("CO", 0), "carboxamide": ("CONH", 0), "dithiol": ("S2", 0), "thiol": ("S", 0),
    "oxime": ("NH", 0), "tetrol": ("O4", 0), "triol": ("O3", 0), "diol": ("O2", 0),
    "tetramine": ("N4H4", 0),
    "tetraamine": ("N4H4", 0), "triamine": ("N3H3", 0), "diamine": ("N2H2", 0),
}  # fmt: skip
"""Endings of a parent: elements added, number of acid hydrogens."""


@lru_cache(maxsize=4096)
def read_amounts(formula: str) -> dict[str, int]:
    """Return the elements of a formula of whole amounts (shared: do not change it)."""
    return {element: int(n) for element, n in composition(formula).items()}


_WITHOUT_EFFECT = ("iso", "neo", "sec", "tert", "ortho", "meta", "para")


def _entries(text: str) -> list[list[str]]:
    return [entry.split() for entry in text.split(";") if entry.strip()]


@lru_cache(maxsize=1)
def groups() -> dict[str, Amounts]:
    """Return what each group changes in a molecule when it takes the place of a hydrogen."""
    found: dict[str, Amounts] = {}
    for *names, formula in _entries(_GROUPS):
        found.update(dict.fromkeys(names, read_amounts(formula)))
    for n, stem in enumerate(_STEMS, start=1):
        chain = {"C": n, "H": 2 * n + 1}
        found |= {
            f"{stem}yl": chain,
            f"{stem}oxy": chain | {"O": 1},
            f"{stem}yloxy": chain | {"O": 1},
        }
        if n > 1:
            found |= {
                f"{stem}enyl": {"C": n, "H": 2 * n - 1},
                f"{stem}anoyl": {"C": n, "H": 2 * n - 1, "O": 1},
            }
        if n > 2:
            found |= {f"cyclo{stem}yl": {"C": n, "H": 2 * n - 1}}
    changes = {name: _plus(amounts, {"H": -1}) for name, amounts in found.items()}
    unchanged: dict[str, Amounts] = {word: {} for word in _WITHOUT_EFFECT}
    return (
        changes
        | unchanged
        | {"hydro": {"H": 1}, "oxo": {"O": 1, "H": -2}, "aza": {"N": 1, "C": -1, "H": -1}}
    )


def _plus(first: Amounts, second: Amounts) -> Amounts:
    total = dict(first)
    for element, n in second.items():
        total[element] = total.get(element, 0) + n
    return total


@lru_cache(maxsize=1)
def parents() -> dict[str, Amounts]:
    """Return the molecules to which groups are added, by name without blanks."""
    found: dict[str, Amounts] = {}
    for *names, formula in _entries(_PARENTS):
        found.update(dict.fromkeys(names, read_amounts(formula)))
    for name, (amounts, _) in acids().items():
        found[f"{name}acid"] = amounts
    for n, stem in enumerate(_STEMS, start=1):
        found.update(_chain(n, stem))
    return {name: amounts for name, amounts in found.items() if len(amounts) > 1}


def _chain(n: int, stem: str) -> dict[str, Amounts]:
    """Return the alkanes, alcohols, … of a chain of `n` carbon atoms."""
    full = {"C": n, "H": 2 * n + 2}
    less = {"C": n, "H": 2 * n}
    made = {
        f"{stem}ane": full, f"{stem}anol": full | {"O": 1}, f"{stem}anethiol": full | {"S": 1},
        f"{stem}anal": less | {"O": 1}, f"{stem}anenitrile": {"C": n, "H": 2 * n - 1, "N": 1},
        f"{stem}anamide": {"C": n, "H": 2 * n + 1, "N": 1, "O": 1},
        f"{stem}anamine": {"C": n, "H": 2 * n + 3, "N": 1},
    }  # fmt: skip
    if n > 1:
        made |= {f"{stem}ene": less, f"{stem}enol": less | {"O": 1}}
        made |= {f"{stem}yne": {"C": n, "H": 2 * n - 2}}
    if n > 2:
        made |= {f"{stem}anone": less | {"O": 1}, f"cyclo{stem}ane": less}
        made |= {f"cyclo{stem}anol": less | {"O": 1}, f"cyclo{stem}ene": {"C": n, "H": 2 * n - 2}}
        made |= {f"cyclo{stem}anone": {"C": n, "H": 2 * n - 2, "O": 1}}
    return made


@lru_cache(maxsize=1)
def acids() -> dict[str, tuple[Amounts, int]]:
    """Return acids by the word before `acid`: elements and the number of acid hydrogens."""
    found: dict[str, tuple[Amounts, int]] = {}
    for *names, formula, count in _entries(_ACIDS):
        found.update(dict.fromkeys(names, (read_amounts(formula), int(count))))
    for n, stem in enumerate(_STEMS, start=1):
        found[f"{stem}anoic"] = ({"C": n, "H": 2 * n, "O": 2}, 1)
        found[f"{stem}enoic"] = ({"C": n, "H": 2 * n - 2, "O": 2}, 1)
        found[f"{stem}anedioic"] = ({"C": n, "H": 2 * n - 2, "O": 4}, 2)
    return {name: acid for name, acid in found.items() if len(acid[0]) > 1}
