"""Linking: with small vocabularies and names of its own, so that only the rules count."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matlore.records import Label
from matlore.vocabulary.terms import Kind, Term
from ner.labels import LABELS, Span
from ner.linking import Linker

_NAMES = {
    "graphene": "name:graphene",
    "titania": "TiO2",
    "PZT": "family:O-Pb-Ti-Zr",
    "lead zirconate titanate": "family:O-Pb-Ti-Zr",
    "LCO": "LiCoO2",
    "lithium cobalt oxide": "LiCoO2",
    "PVDF": "name:PVDF",
}


def _terms(kind: Kind, entries: Mapping[str, tuple[str, ...]]) -> dict[str, Term]:
    return {name: Term(name, synonyms, kind) for name, synonyms in entries.items()}


_TERMS = {
    "property": _terms(
        "property",
        {
            "electrical conductivity": ("conductivity",),
            "thermal conductivity": (),
            "seebeck coefficient": ("thermopower",),
            "critical temperature": ("Tc",),
            "coercive field": ("Hc",),
            "hardness": (),
            "density of states": ("DOS",),
            "gibbs free energy": ("free energy",),
            "phase transition": (),
        },
    ),
    "method": _terms(
        "method",
        {
            "x-ray diffraction": ("XRD",),
            "spark plasma sintering": ("SPS",),
            "magnetron sputtering": (),
            "differential scanning calorimetry": ("DSC",),
            "sol-gel": (),
            "structural characterization": ("phase analysis",),
            "molecular dynamics": ("molecular dynamics simulation", "MD"),
            "ab initio molecular dynamics": ("AIMD",),
            "scanning tunneling spectroscopy": ("STS",),
            "spectroscopy": (),
        },
    ),
    "phase": _terms("phase", {"wurtzite": (), "perovskite": (), "body-centered cubic": ("bcc",)}),
    "application": _terms("application", {"photovoltaic": ("solar cell",), "battery": ("LIB",)}),
}


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(terms=_TERMS, material_key=_NAMES.get)


def _norms(linker: Linker, text: str, label: Label, *surfaces: str) -> list[str | None]:
    spans = []
    for surface in surfaces:
        start = text.rindex(surface)
        spans.append(Span(start, start + len(surface), label))
    return linker.link(text, spans)


@pytest.mark.parametrize(
    ("surface", "norm"),
    [
        ("titania", "TiO2"),
        ("TiO2 nanotubes", "TiO2"),
        ("undoped titania films", "TiO2"),
        ("Bi0.5Sb1.5Te3", "BiSb3Te6"),
        ("La1-xSrxMnO3", "family:La-Mn-O-Sr"),
        ("Cu-Zr", "family:Cu-Zr"),
        ("U – Zr – N", "family:N-U-Zr"),
        ("AZ91D", "name:AZ91D"),
        ("Mn-doped ZnO", "ZnO"),
        ("Al and Ga co-doped ZnO", "ZnO"),
        ("α-Fe2O3", "Fe2O3"),
        ("2H-MoS2", "MoS2"),
        ("BiFeO3 (BFO)", "FeBiO3"),
        ("silicon", "Si"),
        ("Graphene", "name:graphene"),
        ("Pentacene thin films", "name:pentacene"),
        ("carbon nano-tubes", "name:carbon nanotube"),
        ("316L stainless steels", "name:316L stainless steel"),
        ("MXenes", "name:MXene"),
        ("ZAC", "name:ZAC"),
        ("La1-xSrxMnO3, x = 0-0.7", "family:La-Mn-O-Sr"),
        ("sodium (Na", "Na"),
        ("NiII", "Ni"),
        ("N-TiO2", "TiO2"),
        ("C-Si-O", "family:C-O-Si"),
        ("CaBaFe4O7+δ(δ≈0.14)", "BaCaFe4O7"),
        ("ZnFe_2O4", "ZnFe2O4"),
    ],
)
def test_materials(linker: Linker, surface: str, norm: str) -> None:
    assert _norms(linker, f"We study {surface} here.", "MAT", surface) == [norm]


@pytest.mark.parametrize(
    "surface",
    [
        *"oxide Oxides alloys samples SAMPLES polymer thin-film undoped".split(),
        *"ABO3 LnFeO3 RE2O3 M2AX Fe/MgO/Fe X 42 - GO".split(),
        *"RMn6Sn6 Ba(Fe1-xMx)2As2 LnFeAsO1-xFx 2H".split(),
        "RMn6Sn6 (R = Gd, Tb)",
        "M)2As2 with M = Co",
        "Fe, Mn, Nb",
        "van der Waals",
        "metal oxides",
        "thin films",
    ],
)
def test_a_material_that_nobody_can_place_has_no_norm(linker: Linker, surface: str) -> None:
    assert _norms(linker, f"We study {surface} here.", "MAT", surface) == [None]


def test_the_definition_in_the_text_wins(linker: Linker) -> None:
    assert _norms(linker, "LCO is a cathode.", "MAT", "LCO") == ["LiCoO2"]
    text = "Films of lanthanum cuprate (LCO) superconduct. LCO was grown."
    assert _norms(linker, text, "MAT", "LCO", "lanthanum cuprate") == 2 * ["name:lanthanum cuprate"]
    assert _norms(linker, "LCO is a cathode.", "MAT", "LCO") == ["LiCoO2"]


@pytest.mark.parametrize(
    ("text", "surface", "norm"),
    [
        ("lead zirconate titanate (PZT): PZT", "PZT", "family:O-Pb-Ti-Zr"),
        ("a (BZO) BaZrO3 film: BZO", "BZO", "BaZrO3"),
        ("zinc oxide nanowires (ZNWs): ZNWs", "ZNWs", "name:zinc oxide"),
        ("one zinc oxide nanowire (ZNW), many ZNWs", "ZNWs", "name:zinc oxide"),
        ("polyvinylidene difluoride (PVDF): PVDF", "PVDF", "name:PVDF"),
        ("sodium titanium bronze (STB): STB", "STB", "name:sodium titanium bronze"),
        ("manganese monocarbide (MnC); MnC", "MnC", "MnC"),
        ("a graphene (Gr) film on Gr", "Gr", "name:graphene"),
        ("a Ni80Fe20 (Py) film on Py", "Py", "FeNi4"),
        ("chromium (Cr) films, Cr", "Cr", "Cr"),
    ],
)
def test_acronyms_of_materials(linker: Linker, text: str, surface: str, norm: str) -> None:
    assert _norms(linker, text, "MAT", surface) == [norm]


@pytest.mark.parametrize(
    ("label", "surface", "norm"),
    [
        ("PRO", "Electrical conductivities", "electrical conductivity"),
        ("PRO", "high electrical conductivity", "electrical conductivity"),
        ("PRO", "room temperature thermal conductivity", "thermal conductivity"),
        ("PRO", "lattice thermal conductivity", "thermal conductivity"),
        ("PRO", "Thermal Conductivity Measurements", "thermal conductivity"),
        ("PRO", "THERMAL CONDUCTIVITY", "thermal conductivity"),
        ("PRO", "hardness values", "hardness"),
        ("PRO", "grain boundary hardness", "grain boundary hardness"),
        ("PRO", "Seebeck coefficient (S)", "seebeck coefficient"),
        ("PRO", "densities of states", "density of states"),
        ("PRO", "DOS", "density of states"),
        ("PRO", "Tc", "critical temperature"),
        ("PRO", "magnetic free energy", "magnetic free energy"),
        ("PRO", "total free energies", "gibbs free energy"),
        ("PRO", "liquid-liquid phase transition", "liquid-liquid phase transition"),
        ("PRO", "TiO2 thermal conductivity", "thermal conductivity"),
        ("PRO", "4p density of states", "density of states"),
        ("PRO", "temperature hardness", "temperature hardness"),
        ("PRO", "hardness ratio", "hardness ratio"),
        ("PRO", "thermal conductivity κ", "thermal conductivity"),
        ("PRO", "hardness TiC", "hardness TiC"),
        ("CMT", "geometric phase analysis", "geometric phase analysis"),
        ("CMT", "ab initio molecular dynamics simulations", "ab initio molecular dynamics"),
        ("CMT", "large-scale molecular dynamics simulations", "molecular dynamics"),
        ("SPL", "inverse perovskite", "inverse perovskite"),
        ("PRO", "Hc", "coercive field"),
        ("PRO", "hc", "hc"),
        ("PRO", "bonding behaviours", "bonding behavior"),
        ("PRO", "excellent magnetostriction values", "magnetostriction"),
        ("APL", "high-density memory", "high-density memory"),
        ("CMT", "X-ray diffraction", "x-ray diffraction"),
        ("CMT", "XRD patterns", "x-ray diffraction"),
        ("SMT", "XRD", "x-ray diffraction"),
        ("CMT", "synchrotron XRD", "x-ray diffraction"),
        ("CMT", "XRD diffraction", "x-ray diffraction"),
        ("CMT", "spark plasma sintering", "spark plasma sintering"),
        ("SMT", "RF magnetron sputtering", "magnetron sputtering"),
        ("SMT", "sol – gel method", "sol-gel"),
        ("SMT", "annealed", "annealed"),
        ("SPL", "cubic wurtzite structure", "wurtzite"),
        ("SPL", "BCC", "body-centered cubic"),
        ("SPL", "P 21/c", "P21/c"),
        ("SPL", "Fm3¯m", "Fm-3m"),
        ("SPL", "P63 / mmc", "P63/mmc"),
        ("SPL", "spinels", "spinel"),
        ("APL", "perovskite solar cells", "photovoltaic"),
        ("APL", "LIBs", "battery"),
        ("APL", "thermal barrier coatings", "thermal barrier coating"),
        ("DSC", "thin films", "thin film"),
        ("DSC", "nano-particles", "nanoparticle"),
    ],
)
def test_terms(linker: Linker, label: Label, surface: str, norm: str) -> None:
    assert _norms(linker, f"here: {surface}.", label, surface) == [norm]


@pytest.mark.parametrize(
    ("text", "label", "surface", "norm"),
    [
        ("by spark plasma sintering (SPS); SPS", "SMT", "SPS", "spark plasma sintering"),
        ("in super plastic strain (SPS); SPS", "SMT", "SPS", "super plastic strain"),
        (
            "differential scanning calorimetric (DSC) runs; DSC",
            "CMT",
            "DSC",
            "differential scanning calorimetry",
        ),
        ("a metal halide lamp (MHL); MHL", "APL", "MHL", "metal halide lamp"),
        ("vertical nanotubes (VNTs); VNTs", "DSC", "VNTs", "vertical nanotube"),
    ],
)
def test_acronyms_of_terms(
    linker: Linker, text: str, label: Label, surface: str, norm: str
) -> None:
    assert _norms(linker, text, label, surface) == [norm]


@given(st.text(max_size=30), st.sampled_from(LABELS))
def test_terms_always_have_a_norm_and_nothing_breaks(surface: str, label: Label) -> None:
    linker = Linker(terms=_TERMS, material_key=_NAMES.get)
    if not surface:
        return
    (norm,) = linker.link(surface, [Span(0, len(surface), label)])
    assert norm is None or norm == norm.strip() != ""
    if label not in ("MAT", "SPL") and surface.isascii() and surface.isalpha():
        assert norm


def test_a_colon_alone_within_a_property_is_no_error() -> None:
    surface = "CO2 : CO ratios"
    assert Linker().link(surface, [Span(0, len(surface), "PRO")]) == ["CO2 : CO ratio"]


@pytest.mark.parametrize("piece", ["a", "-", "A-", "doped ", "a/", "(A", "A1", "high "])
@pytest.mark.parametrize("label", ["MAT", "PRO", "SPL"])
def test_a_mention_of_a_megabyte_is_cut(linker: Linker, piece: str, label: Label) -> None:
    text = piece * (1_000_000 // len(piece))
    (norm,) = linker.link(text, [Span(0, len(text), label)])
    assert norm is None or len(norm) <= 210


def test_no_mentions_no_norms(linker: Linker) -> None:
    assert linker.link("", []) == []
    assert linker.link("a text (with brackets)", []) == []


def test_the_version_tells_vocabularies_apart(linker: Linker) -> None:
    again = Linker(terms=_TERMS, material_key=_NAMES.get)
    other = Linker(terms={**_TERMS, "phase": {}}, material_key=_NAMES.get)
    assert linker.version == again.version != other.version
