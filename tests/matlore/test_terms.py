"""Properties, methods, phases and applications: what is in the files, and how they are read."""

import re
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest

from embeddings.vectors import WordVectors
from matlore.errors import InputError
from matlore.vocabulary import find_term, load_applications, load_terms, read_terms

VECTORS = Path(__file__).parents[2] / "matlore" / "starter" / "vectors"
KINDS = ("property", "method", "phase", "application")

PROPERTY = """
- name: band gap
  synonyms: [bandgap, Eg]
  unit: eV
  symbol: E_g
  lower: 0
  upper: 20
"""
METHOD = """
- name: annealing
  kind: synthesis
  synonyms: [annealed, RTA]
"""
# What one term of a kind must be called in any text of the field.
NAMES = [
    ("property", "Band gaps", None),  # plurals are the caller's
    ("property", "Bandgap", "band gap"),
    ("property", "optical band gap", "band gap"),
    ("property", "Young's modulus", "young's modulus"),
    ("property", "young 's modulus", "young's modulus"),
    ("property", "Young\u2019s modulus", "young's modulus"),
    ("property", "N\u00e9el temperature", "neel temperature"),
    ("property", "magnetisation", "magnetization"),
    ("property", "thermopower", "seebeck coefficient"),
    ("property", "zT", "thermoelectric figure of merit"),
    ("property", "PCE", "power conversion efficiency"),
    ("property", "TCR", "temperature coefficient of resistance"),
    ("property", "coefficient of thermal expansion", "thermal expansion coefficient"),
    ("property", "Tc", None),  # of a superconductor or of a ferromagnet
    ("property", "S", None),
    ("method", "XRD", "x-ray diffraction"),
    ("method", "X-ray diffraction", "x-ray diffraction"),
    ("method", "sol \u2013 gel", "sol-gel"),
    ("method", "Sol-Gel", "sol-gel"),
    ("method", "chemical vapour deposition", "chemical vapor deposition"),
    ("method", "M\u00f6ssbauer spectroscopy", "mossbauer spectroscopy"),
    ("method", "sintered", "sintering"),
    ("method", "HRTEM", "transmission electron microscopy"),
    ("method", "first - principles calculation", "density functional theory"),
    ("phase", "zinc-blende", "zinc blende"),
    ("phase", "NaCl structure", "rock salt"),
    ("phase", "austenitic", "austenite"),
    ("phase", "FCC", "face-centered cubic"),
    ("phase", "Fm-3m", "fm-3m"),
    ("phase", "Fm3\u0305m", "fm-3m"),
    ("phase", "P21/n", "p21/c"),
    ("application", "Solar cell", "photovoltaic"),
    ("application", "DSSC", "dye-sensitized solar cell"),
    ("application", "Li-ion battery", "lithium-ion battery"),
    ("application", "te", None),
    # What once was one term but is another thing.
    ("property", "dislocations", None),
    ("property", "dislocation", "dislocation"),
    ("property", "defect", "defect"),
    ("property", "chemical", "chemical property"),
    ("property", "Jahn-Teller distortion", "jahn-teller distortion"),
    ("property", "phonon", "phonon"),
    ("property", "damping", "damping"),
    ("property", "VBM", "valence band maximum"),
    ("property", "critical temperature", None),  # as Tc
    ("property", "Dzyaloshinsky-Moriya interaction", "dzyaloshinskii-moriya interaction"),
    ("method", "GGA", "generalized gradient approximation"),
    ("method", "LDA", "local density approximation"),
    ("method", "VASP", "vasp"),
    ("method", "Scherrer formula", "scherrer equation"),
    ("method", "AIMD", "ab initio molecular dynamics"),
    ("method", "QMC", "quantum monte carlo"),
    ("method", "magnetotransport measurement", "transport measurement"),
    ("method", "STS", "scanning tunneling spectroscopy"),
    ("method", "pyrolysis", "pyrolysis"),
    ("phase", "1T'", "1t' phase"),
    ("phase", "kagome lattice", "kagome"),
    ("application", "OER", "oxygen evolution reaction"),
    ("application", "OLEDs", "organic light-emitting diode"),
    ("application", "SOFC", "solid oxide fuel cell"),
]


def _file(folder: Path, text: str) -> Path:
    path = folder / "terms.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("kind", "least"), [*zip(KINDS, (150, 110, 60, 65), strict=True)])
def test_vocabularies_cover_the_field(kind: str, least: int) -> None:
    terms = load_terms(kind)
    assert len(terms) >= least
    assert all(name == term.name and term.kind == kind for name, term in terms.items())


@pytest.mark.parametrize(("kind", "text", "name"), NAMES)
def test_terms_are_found_by_what_texts_write(kind: str, text: str, name: str | None) -> None:
    found = find_term(text, kind)
    assert (found and found.name) == name


@pytest.mark.parametrize("kind", KINDS)
def test_every_spelling_finds_its_term(kind: str) -> None:
    for term in load_terms(kind).values():
        for spelling in (term.name, *term.synonyms):
            assert find_term(spelling, kind) is term, spelling


def test_methods_are_of_both_kinds() -> None:
    kinds = {name: term.method_kind for name, term in load_terms("method").items()}
    assert (kinds["annealing"], kinds["x-ray diffraction"]) == ("synthesis", "characterisation")
    assert all(kinds.values())


def test_only_properties_have_units() -> None:
    band_gap = load_terms("property")["band gap"]
    assert (band_gap.unit, band_gap.lower, band_gap.symbol) == ("eV", 0.0, "E_g")
    assert load_terms("property")["microstructure"].unit is None
    others = chain.from_iterable(load_terms(kind).values() for kind in KINDS[1:])
    assert all(term.unit is None for term in others)


@pytest.mark.skipif(find_spec("pint") is None, reason="needs pint")
def test_units_are_parsed_by_pint() -> None:
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    for term in load_terms("property").values():
        if term.unit is not None and term.unit != "1":
            assert registry.parse_units(term.unit) != registry.dimensionless, term.name


@pytest.mark.skipif(find_spec("pint") is None, reason="needs pint")
@pytest.mark.parametrize(
    ("name", "unit", "value"),
    [
        ("band gap", "eV", 1.12),  # silicon
        ("thermal conductivity", "W/(m*K)", 2200),  # diamond
        ("young's modulus", "GPa", 1050),  # diamond
        ("seebeck coefficient", "uV/K", -200),
        ("melting point", "degC", 3958),  # hafnium carbide
        ("saturation magnetization", "A*m**2/kg", 218),  # iron
        ("carrier concentration", "1/m**3", 1e26),
        ("electrical resistivity", "uohm*cm", 1.68),  # copper
        ("superconducting critical temperature", "K", 133),
        ("specific capacity", "mA*h/g", 3579),  # silicon anode
        ("density", "g/cm**3", 22.59),  # osmium
        ("lattice parameter", "nm", 0.5431),  # silicon
        ("thermoelectric figure of merit", "", 2.6),
    ],
)
def test_known_values_are_within_the_bounds(name: str, unit: str, value: float) -> None:
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    term = load_terms("property")[name]
    assert term.unit is not None
    unit_there = registry.dimensionless if term.unit == "1" else registry.parse_units(term.unit)
    there = registry.Quantity(value, unit).to(unit_there).magnitude
    assert term.lower is None or term.lower <= there
    assert term.upper is None or there <= term.upper


def test_queries_of_applications_are_in_the_shipped_vectors() -> None:
    vectors = WordVectors.load(VECTORS)
    missing = {
        application.name
        for application in load_applications().values()
        if not any(term in vectors for term in application.query)
    }
    # Phrase finding joined "change" to "memory" there, so none of its phrases is in them.
    assert missing == {"phase-change memory"}


def test_files_are_read_into_typed_entries(tmp_path: Path) -> None:
    band_gap = read_terms(_file(tmp_path, PROPERTY), "property")["band gap"]
    assert (band_gap.synonyms, band_gap.unit) == (("bandgap", "Eg"), "eV")
    assert (band_gap.lower, band_gap.upper) == (0.0, 20.0)
    assert read_terms(_file(tmp_path, "- name: cubic"), "phase")["cubic"].synonyms == ()


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("property", "- name: [", "cannot be read as YAML"),
        ("property", "", "must be a list of properties"),
        ("property", "- band gap", "entry 1: must be a mapping"),
        ("property", PROPERTY.replace("band gap", "Band gap"), "lower case"),
        ("property", PROPERTY.replace("lower", "least"), "(band gap): unknown key 'least'"),
        ("property", PROPERTY.replace("eV", "1"), "unit must be a string (write it in quotes): 1"),
        ("property", PROPERTY.replace("20", "1e9"), "upper must be a number such as 3 or 1.0e+9"),
        ("property", PROPERTY.replace("20", "true"), "upper must be a number"),
        ("property", PROPERTY.replace("20", "-1"), "lower (0) must be less than upper (-1)"),
        ("property", PROPERTY.replace("  unit: eV\n", ""), "bounds need a unit"),
        ("property", PROPERTY.replace("Eg", "band-gap"), "'band-gap' is the same as 'band gap'"),
        ("property", PROPERTY + PROPERTY, "names two entries"),
        (
            "property",
            PROPERTY + "- name: gap\n  synonyms: [Bandgap, band-gap]\n",
            "'band gap' names two entries, 'band gap' and 'gap'; leave it with one of them",
        ),
        ("method", METHOD.replace("kind: synthesis", "kind: cooking"), "kind must be synthesis or"),
        ("method", METHOD + "  unit: K\n", "unknown key 'unit'"),
    ],
)
def test_broken_files_are_refused_with_the_entry_and_the_reason(
    tmp_path: Path, kind: str, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_terms(_file(tmp_path, text), kind)
    assert str(tmp_path) in str(caught.value)


def test_unknown_kinds_are_named() -> None:
    with pytest.raises(ValueError, match=r"'colour' \(known: property, method, phase, application"):
        load_terms("colour")
