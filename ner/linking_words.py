"""Words by which mentions are linked: what says nothing of its own, and what makes the difference.

All are lemmas (`ner.lemmas.lemma`), in lower case.
"""

from .elements import word_set

__all__ = [
    "BROAD",
    "CONTRARY",
    "GENERIC",
    "MODIFIERS",
    "PRAISE",
    "QUALITIES",
    "SHAPES",
    "SPECIFIERS",
    "TAILS",
]

GENERIC = word_set(
    "actinide additive adsorbate adsorbent aerosol alloy anode binary carbide carbonate catalyst "
    "cathode ceramic cermet chalcogen chalcogenide chloride coating colloid component compound "
    "conductor cuprate dielectric dopant electrode electrolyte element ferrite fluid fluoride foam "
    "gas glass halide halogen host hybrid hydride hydroxide impurity insulator intermetallic "
    "iodide bromide ion ionic isotope lanthanide ligand liquid manganite material matrix metal "
    "metalloid mineral molecule monomer nanocomposite nanofluid nanomaterial nitrate nitride "
    "organic oxide oxynitride perovskite phosphate phosphide pnictide pnictogen polymer precursor "
    "product quaternary rare-earth reactant salt selenide semiconductor semimetal silicate "
    "silicide solute solution solvent sulfate sulfide superconductor superlattice surfactant "
    "telluride ternary titanate vapor acid base ferromagnet antiferromagnet monochalcogenide "
    "dichalcogenide oxyhydroxide copolymer oxycarbonate oxalate oxychloride heterostructure"
) | {
    "rare earth", "rare earth element", "rare earth metal", "transition metal", "noble metal",
    "alkali metal", "alkaline earth", "alkaline earth metal", "base metal", "metal oxide",
    "transition metal oxide", "mixed oxide", "solid solution", "high-entropy alloy",
    "metallic glass", "bulk metallic glass", "2D material", "two-dimensional material",
    "ionic liquid", "rare-earth metal", "rare-earth element", "metal alloy", "van der Waals",
    "van der waals", "alkali halide", "metal halide", "transition-metal oxide",
    "complex oxide", "perovskite oxide", "high entropy alloy", "quantum material", "2d material",
}  # fmt: skip
"""Words for kinds of materials, which stand for another material in each text."""

SHAPES = word_set(
    "film thin-film nanoparticle nanocrystal nanowire nanotube nanorod nanosheet nanoribbon powder "
    "ceramic crystal monocrystal layer multilayer monolayer bilayer substrate sample specimen "
    "bulk alloy composite coating material compound surface particle quantum-dot wafer fiber "
    "electrode matrix system phase single thin nanostructure membrane foil pellet epilayer"
)
QUALITIES = word_set(
    "pure bulk pristine undoped amorphous crystalline polycrystalline nanocrystalline monolayer "
    "bilayer monoclinic cubic tetragonal hexagonal orthorhombic rhombohedral porous mesoporous "
    "single-crystalline single crystal thin epitaxial sputtered commercial stoichiometric liquid "
    "solid metallic few-layer layered nanostructured sintered nanosized stabilized annealed the"
)

# Words that say how much, where and when, but not what: they may go before a known term.
MODIFIERS = word_set(
    "high higher highest low lower lowest large larger largest small smaller good better best "
    "excellent superior outstanding remarkable ultrahigh ultra-high ultralow ultra-low enhanced "
    "improved increased increasing decreased reduced poor strong stronger weak giant colossal huge "
    "total average mean maximum maximal minimum minimal peak overall measured calculated observed "
    "experimental theoretical intrinsic extrinsic apparent absolute relative effective significant "
    "tunable anisotropic in-plane out-of-plane bulk local global new novel good different various "
    "promising typical corresponding room room-temperature temperature-dependent low-temperature "
    "high-temperature temperature dependent initial final macroscopic microscopic optimal optimum "
    "practical efficient advanced flexible next-generation conventional commercial potential "
    "high-performance low-cost wearable stable reversible similar ideal respective the their "
    "situ ex-situ in-situ operando systematic detailed standard simple facile modified two-step "
    "one-step three-step subsequent further additional combined"
)
# Praise and the like goes even where the term is unknown; `high` may be part of the name.
PRAISE = word_set(
    "excellent superior outstanding remarkable enhanced improved good better best new novel "
    "different various promising typical corresponding similar respective significant facile "
    "simple systematic detailed subsequent conventional efficient"
)
# Words before a property that say of what or where it is: it is no other property for them.
SPECIFIERS = word_set(
    "lattice longitudinal transverse film thin-film layer sample coating composite device crystal "
    "single-crystal single nanowire nanotube nanosheet nanoparticle monolayer bilayer"
)
# Words before a term that make it another one: an inverse perovskite is no perovskite.
CONTRARY = word_set("and or anti inverse inverted non not post half double triple negative")
# What is left of a method without such words must still name one: `geometric phase analysis` is
# no phase analysis.
BROAD = word_set(
    "analysis analyses measurement method technique process study test testing treatment route "
    "deposition reaction synthesis characterization calculation simulation model theory equation "
    "relation growth function approximation"
)
TAILS: dict[str, frozenset[str]] = {
    "property": word_set("value measurement property data behavior characteristic result study "
                         "level parameter performance dependence"),
    "method": word_set("measurement analysis technique method process experiment study spectrum "
                       "pattern data result investigation characterization treatment procedure "
                       "route approach test image imaging calculation simulation synthesis "
                       "curve diffraction observation examination spectroscopy instrument system"),
    "application": word_set("application device technology system material use component cell"),
    "phase": word_set("phase structure lattice symmetry type crystal system structured polymorph "
                      "form space group"),
}  # fmt: skip
