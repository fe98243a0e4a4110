"""What stands around the name of a material without changing which material it is.

Phases, polytypes, orientations, forms of the sample, purity, dopants and isotopes are taken off
one at a time (`strip_decoration`), so that `rutile TiO2 nanowires`, `γ-Al2O3`, `SrTiO3 (001)`,
`n-GaAs`, `a-Si:H` and `Eu-doped Y2O3` are left with the material itself: the host. They are
other labels' business (`SPL`, `DSC`).
"""

import re

from .elements import word_set

__all__ = ["LEADING", "TRAILING", "strip_decoration"]

LEADING = word_set(
    "rutile anatase brookite cubic tetragonal orthorhombic monoclinic hexagonal rhombohedral"
    " trigonal triclinic wurtzite perovskite spinel garnet olivine layered amorphous crystalline"
    " nanocrystalline microcrystalline polycrystalline single-crystal single-crystalline bulk"
    " monolayer bilayer trilayer multilayer few-layer few-layered single-layer ultrathin thin"
    " thick pure high-purity ultrapure pristine bare commercial undoped doped nominal"
    " stoichiometric nonstoichiometric off-stoichiometric porous mesoporous nanoporous macroporous"
    " microporous hollow dense sintered annealed strained relaxed epitaxial freestanding native"
    " thermal molten liquid solid gaseous aqueous hydrated hydrous anhydrous metallic elemental"
    " colloidal nanostructured nanosized nano micro superconducting semiconducting ferroelectric"
    " ferromagnetic magnetic antiferromagnetic metastable wrought cast additively-manufactured"
    " p-type n-type intrinsic hydrogenated isotopically-enriched zincblende zinc-blende rocksalt"
    " alpha beta gamma delta epsilon theta kappa eta omega lithiated delithiated exfoliated"
    " nanotubular ceramic glassy vitreous crystal the a an of fine ultrafine coarse bcc fcc hcp"
    " dry graphitic"
)
"""Words before a material that do not change it."""

TRAILING = word_set(
    "nanoparticle nanoparticles nanowire nanowires nanorod nanorods nanotube nanotubes nanosheet "
    "nanosheets nanoplate nanoplates nanoplatelet nanoplatelets nanoribbon nanoribbons nanobelt "
    "nanobelts nanofiber nanofibers nanocrystal nanocrystals nanocube nanocubes nanoflake "
    "nanoflakes nanoflower nanoflowers nanosphere nanospheres nanopowder nanopowders "
    "nanostructure nanostructures nanocluster nanoclusters nanoarray microsphere microspheres "
    "microparticle microparticles microrods microwires particle particles powder powders film "
    "films thin-film thin-films thin thick layer layers multilayer multilayers monolayer "
    "monolayers bilayer bilayers superlattice superlattices crystal crystals single-crystal "
    "single-crystals single crystallite ceramic ceramics glass glasses substrate substrates wafer "
    "wafers surface surfaces bulk foil foils plate sheet ribbon ribbons wire wires fiber fibers "
    "rod rods tube tubes sphere spheres quantum dot dots qd qds electrode electrodes cathode "
    "cathodes anode anodes electrolyte electrolytes catalyst catalysts sample samples phase "
    "phases aerogel aerogels xerogel gel sol foam foams coating coatings membrane membranes "
    "matrix solution solutions compound compounds polymorph polymorphs polytype vapor vapour gas "
    "melt melts target targets precursor precursors pellet pellets composite composites "
    "nanocomposite nanocomposites alloy alloys metal metals semiconductor semiconductors "
    "superconductor superconductors perovskite perovskites spinel system systems heterostructure "
    "mineral minerals material materials molecule molecules cluster clusters ion ions atom atoms "
    "grain grains resin polymer polymers salt whisker whiskers flake flakes nanopillars "
    "nanopillar nanoneedles nanodots nanodisks nanosized framework scaffold scaffolds liquid "
    "solid isolator insulator host lattice structure structures array arrays diode photocatalyst "
    "photocatalysts phosphor phosphors type mxene mxenes"
)
"""Words after a material that do not change it."""

_PREFIX = re.compile(
    r"^(?:[α-ωΑ-Ω]['′]?|(?:alpha|beta|gamma|delta|epsilon|theta|kappa|eta)['′]?|\d{1,2}[HTRCM]['′]?"
    r"|[a-z]{1,2}['′]?|μc|µc|nano|poly|mono|pc|nc|sc|np|[PO][23]['′]?|T['′]?|Td|as-\w+|"
    r"(?:low|high)-(?:temperature|pressure)|multi)[-‐–—]\s*(?=[A-Za-z(\[α-ω0-9])"
)
_ORIENTATION = re.compile(
    r"\s*[-‐–]?\s*(?:[(\[{⟨<]\s*-?[0-9hkl][-−‾0-9hkl ,.]+[0-9hkl.][)\]}⟩>]"
    r"|[(\[]\s*(?:[α-ω]|[a-z]+-phase|\d+[HRTC])\s*[)\]])\s*$"
)
_PURITY = re.compile(r"\s*\(\s*(?:>|≥)?\s*\d{2}\.?\d*\s*%?[^()]*\)?$|,\s*\d{2}\.\d+\s*%?$")
_BRACKET = re.compile(r"^(.{2,}?)\s+[(\[]([^()\[\]]{1,60})[)\]]$")
_DOPED = re.compile(
    r"^.{1,60}?[-‐–\s](?:co-?)?(?:doped|substituted|decorated|coated|modified|functionali[sz]ed|loaded"
    r"|capped|intercalated|implanted|alloyed|passivated|terminated|activated|codoped)[-\s]+(?=\S)",
    re.I,
)
_DOPED_WITH = re.compile(
    r"\s+(?:co-?)?(?:doped|substituted|decorated|coated|modified|loaded|intercalated)\s+(?:with|by|on)\s.*$"
)
# Of the elements whose symbols are units too (K, V, N, C), only the isotopes that are met.
_ISOTOPE = re.compile(
    r"^(?:(?:1[2-4](?=C$)|1[45](?=N$)|1[6-8](?=O$)|[123](?=H$)|3[0-4](?=[PS]$)|1[01](?=B$)"
    r"|39(?=K$)|4[01](?=K$)|51(?=V$)|19(?=F$)|8[6-9](?=Y$)|23[3-8](?=U$)|\d{1,3}(?=[A-Z][a-z]$)))"
)
_ISOTOPE_AFTER = re.compile(r"^([A-Z][a-z]?|[a-z]{4,})-\d{2,3}$")
_HOST_FIRST = re.compile(r"^((?=[A-Z(\[]).{2,}?)\s*:\s*[\dxyz.,%\s]*[A-Z]")
_DOPANT_FIRST = re.compile(r"^(?:[A-Z][a-z]?\d?[+]?[,/\s]*){1,4}:\s*(\S.*)$")
_CHARGE = re.compile(r"^[\s,;.'\"“”]+|[\s,;'\"“”*†‡]+$")


def strip_decoration(text: str) -> list[str]:
    """Return what is left of a name when one decoration is taken off, the likeliest first.

    Args:
        text: a trimmed name.

    Returns:
        Shorter names; empty where nothing can be taken off.
    """
    shorter = [
        *_dopants(text), _ORIENTATION.sub("", text), _PURITY.sub("", text),
        _ISOTOPE.sub("", text), _PREFIX.sub("", text),
    ]  # fmt: skip
    if match := _ISOTOPE_AFTER.match(text):
        shorter.append(match.group(1))
    if match := _BRACKET.match(text):
        inside = match.group(2)
        shorter += [match.group(1), *([inside] if re.search(r"[A-Z].*[A-Z]", inside) else [])]
    shorter += _words_off(text)
    return [s for part in shorter if (s := _CHARGE.sub("", part)) and s != text]


def _dopants(text: str) -> list[str]:
    """Return the host of a doped material."""
    found = [_DOPED.sub("", text, count=1), _DOPED_WITH.sub("", text)]
    first = _DOPANT_FIRST.match(text)
    if first and re.search(r"[A-Z].*[A-Z]|^[a-z]{4}", first.group(1)):
        found.append(first.group(1))
    elif match := _HOST_FIRST.match(text):
        found.append(match.group(1))
    elif ":" in text:
        found.append(text.partition(":")[0])
    return found


def _words_off(text: str) -> list[str]:
    """Return the name without its first or last word, where that is a known decoration."""
    words = text.split()
    if len(words) < 2:
        return []
    shorter = []
    if words[-1].lower() in TRAILING:
        shorter.append(" ".join(words[:-1]))
    if words[0].lower() in LEADING:
        shorter.append(" ".join(words[1:]))
    return shorter
