"""Library files that are wrong say so in plain words; those of a user add to the library."""

import re
from pathlib import Path

import pytest

from graph.propnet.library import Library, load_library
from graph.propnet.model_files import read_library_file
from matlore.errors import InputError

MODEL = """
models:
  - name: speed of things
    about: How far in a time.
    category: mechanical
    equation: {equation}
    variables: {{v: sound velocity, L: mean free path, t: carrier lifetime}}
    references: [{{text: "a textbook"}}]
    examples:
      - values: {{v: 2.0, L: 6.0, t: 3.0}}
        source: by hand
"""
GOOD = MODEL.format(equation="v = L / t")
SYMBOL = """
symbols:
  - {name: squishiness, latex: 's_{q}', category: odd, unit: 1/GPa, lower: 0, synonyms: [squish]}
"""


def _write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "propnet"


def _message(own: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        load_library(_write(own, text))
    lines = str(caught.value).split("\n")
    assert all(line.startswith((str(own / "mine.yaml"), "and ")) for line in lines)
    assert "pydantic" not in str(caught.value)
    return str(caught.value)


def _changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_users_file_adds_to_the_library(own: Path) -> None:
    plain = load_library()
    library = load_library(_write(own, GOOD + SYMBOL))
    model = library.models["speed of things"]
    assert model.output == "v"
    assert model.solve_for == ("v", "L", "t")
    assert model.variables["t"].unit == "s"
    assert library.own == {"speed of things"}
    assert library.symbols["squishiness"].lower == 0
    assert not library.symbols["squishiness"].in_vocabulary
    assert library.find_symbol("Squish") is library.symbols["squishiness"]
    assert library.version != plain.version
    assert set(library.models) - set(plain.models) == library.own


def test_a_folder_that_is_not_there_adds_nothing(own: Path) -> None:
    assert load_library(own) is load_library()


def test_a_file_instead_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "propnet"
    path.write_text("models: []")
    with pytest.raises(InputError, match="must be a folder"):
        load_library(path)


def test_a_library_is_read_once_for_each_state_of_its_files(own: Path) -> None:
    first = load_library(_write(own, GOOD))
    assert load_library(own) is first
    changed = load_library(_write(own, _changed("How far in a time.", "How far.")))
    assert changed.models["speed of things"].version != first.models["speed of things"].version
    assert changed.version != first.version


def test_a_users_model_may_take_a_users_symbol_of_another_file(own: Path) -> None:
    _write(own, SYMBOL, "z.yaml")
    text = GOOD.replace("v: sound velocity", "v: {property: squishiness, unit: 1/Pa}")
    library = load_library(_write(own, text, "a.yml"))
    variable = library.models["speed of things"].variables["v"]
    assert library.scale(variable) == pytest.approx(1e-9)
    assert library.bounds(variable) == (0, None)


def test_hidden_and_other_files_are_left_alone(own: Path) -> None:
    _write(own, "symbols: [", ".draft.yaml")
    assert not load_library(_write(own, "symbols: [", "notes.txt")).own


def test_two_files_of_a_user_cannot_have_one_name(own: Path) -> None:
    _write(own, GOOD, "a.yaml")
    _write(own, GOOD.replace("speed of", "Speed  of").replace("Speed  of", "Speed of"), "b.yaml")
    with pytest.raises(
        InputError, match=r"b\.yaml: model 'Speed of things': .*a\.yaml has a model"
    ):
        load_library(own)


BAD_FILES = {
    "no YAML": ("models: [", "line 2: cannot be read as YAML"),
    "an object of Python": ("models: !!python/object:os.system x", "cannot be read as YAML"),
    "no mapping": ("- a\n- b\n", "must be a mapping with the lists"),
    "empty": ("", "must be a mapping with the lists"),
    "an unknown list": ("model: []", "unknown key 'model' (known: symbols, models)"),
    "no list": ("models: {a: b}", "models: must be a list"),
    "no entry": ("models: [a]", "model 1: must be a mapping"),
    "a cycle": ("models: &all\n  - *all\n", "makes a cycle"),
    "a cycle of mappings": ("models:\n  - &one\n    about: *one\n", "makes a cycle"),
    "an alias": ("models:\n  - &one {name: a}\n  - *one\n", "aliases (`*name`) are not allowed"),
    "a key that comes twice": ("models: []\nmodels: []\n", "the key 'models' comes twice"),
    "a date that there is not": ("models: [{name: 2024-13-45}]", "cannot be read: month"),
    "nested without end": ("models: " + "[" * 3000 + "]" * 3000, ""),
}


@pytest.mark.parametrize("text_and_words", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_read_says_why(own: Path, text_and_words: tuple[str, str]) -> None:
    text, words = text_and_words
    assert words in _message(own, text)


BAD_MODELS = {
    "an unknown key": (
        "    about:",
        "    abuot: x\n    about:",
        "unknown key 'abuot' (known: name,",
    ),
    "a number as text": ("L: 6.0", "L: 6e0", "L must be a number such as 3 or 1.0e+9: '6e0'"),
    "no number": ("L: 6.0", "L: .nan", "examples 1 values: L must be a number that is finite: nan"),
    "an infinity": ("t: 3.0}", "t: .inf}", "t must be a number that is finite: inf"),
    "a truth value": ("t: 3.0}", "t: yes}", "t must be a number or a formula: True"),
    "a key that is no text": (
        "{v: sound",
        "{yes: sound",
        "variables: the name must be text; write it in quotes: True",
    ),
    "a keyword": ("t: carrier", "lambda: carrier", "'lambda' cannot be a variable"),
    "an underscore": ("t: carrier", "_t: carrier", "'_t' cannot be a variable"),
    "a constant": ("t: carrier lifetime", "k_B: carrier lifetime", "k_B is a constant"),
    "a function": ("t: carrier lifetime", "exp: carrier lifetime", "exp is a function"),
    "no equation": ("    equation: v = L / t\n", "", "equation: is missing"),
    "an equation and a function": ("    about:", "    function: f\n    about:", "not both"),
    "an unknown property": (
        "sound velocity",
        "sound speeed",
        "there is no property 'sound speeed'",
    ),
    "a synonym": ("mean free path", "bandgap", "no property is called 'bandgap': use 'band gap'"),
    "no values": ("mean free path", "superhardness", "'superhardness' has no values"),
    "an unknown variable": ("v = L / t", "v = L / t * q", "q is neither a variable nor a constant"),
    "an unused variable": ("v = L / t", "v = L / 3", "variables t: is not in the equation"),
    "code": ("v = L / t", "v = L / t.__class__", "equation: "),
    "a call": ("v = L / t", "v = L / t + __import__('os')", "equation: "),
    "two equal signs": ("v = L / t", "v = L = t", "equation: "),
    "no equal sign": ("v = L / t", "L / t", "equation: "),
    "the output not alone": (
        "v = L / t",
        "v * t = L",
        "one variable alone on its left, not 'v * t'",
    ),
    "a number on the left": ("v = L / t", "0 = L / t - v", "one variable alone on its left"),
    "what it needs on both sides": (
        "v = L / t",
        "v = L / t + 2 * v",
        "must not give what it needs",
    ),
    "one property twice": (
        "mean free path",
        "sound velocity",
        "a model must not give what it needs",
    ),
    "no unit": ("sound velocity", "{property: sound velocity, unit: m/blorp}", "is no unit"),
    "another dimension": (
        "sound velocity",
        "{property: sound velocity, unit: V/K}",
        "variables v: 'V/K' does not measure what 'm/s' does",
    ),
    "a count": ("sound velocity", "{property: sound velocity, unit: '1'}", "does not measure"),
    "a formula in an equation": ("mean free path", "formula", "only a function can"),
    "temperature in Celsius": (
        "mean free path",
        "{property: temperature, unit: °C}",
        "variables L: temperature is in K, not in '°C'",
    ),
    "an output of temperature": ("v: sound velocity", "v: temperature", "must be a property"),
    "another output": ("    about:", "    output: L\n    about:", "output: is what is on the left"),
    "solved for temperature": (
        "L: mean free path, t: carrier lifetime}",
        "L: mean free path, t: temperature}\n    solve_for: [v, t]",
        "solve_for: t is no property",
    ),
    "solved for what is not there": (
        "    about:",
        "    solve_for: [x]\n    about:",
        "'x' is no variable",
    ),
    "solved for nothing": ("    about:", "    solve_for: []\n    about:", "solve_for: "),
    "a list that is none": (
        "    about:",
        "    solve_for: v\n    about:",
        "must be a list, as in [v]",
    ),
    "an odd constraint": ("    about:", "    constraints: [v > q]\n    about:", "q is neither"),
    "a constraint that is none": (
        "    about:",
        "    constraints: [v + L]\n    about:",
        "constraints",
    ),
    "a negative error": ("    about:", "    relative_error: -1\n    about:", "relative_error: "),
    "a DOI that is none": ("a textbook", 'x", doi: "doi:1', "must be a DOI"),
    "no examples": (
        "      - values: {v: 2.0, L: 6.0, t: 3.0}\n        source: by hand\n",
        "",
        "examples",
    ),
    "an example without a variable": (", t: 3.0}", "}", "examples 1: has no value of t"),
    "an example with another": ("t: 3.0}", "t: 3.0, q: 1.0}", "examples 1: 'q' is no variable"),
    "an example with text": ("L: 6.0", "L: NaCl", "examples 1: L must be a number"),
    "no source": ("        source: by hand\n", "", "examples 1 source: is missing"),
    "a tolerance of nothing": (
        "source: by hand",
        "source: by hand\n        tolerance: 0",
        "tolerance",
    ),
    "no name": ("name: speed of things", "name: ''", "name: "),
    "a name that is no text": ("name: speed of things", "name: 5", "model 1: name: must be text"),
}


@pytest.mark.parametrize("case", BAD_MODELS.values(), ids=BAD_MODELS)
def test_a_wrong_model_says_what_is_wrong(own: Path, case: tuple[str, str, str]) -> None:
    old, new, words = case
    assert words in _message(own, _changed(old, new))


def test_an_example_below_absolute_zero_is_refused(own: Path) -> None:
    text = _changed("carrier lifetime", "temperature").replace("t: 3.0}", "t: -3.0}")
    assert "t is below absolute zero: -3 K" in _message(own, text)


BAD_SYMBOLS = {
    "unit: is missing": "{name: squishiness, latex: s, category: odd}",
    "is no unit": "{name: squishiness, latex: s, category: odd, unit: blorp}",
    "has a zero of its own; use K": "{name: squishiness, latex: s, category: odd, unit: degC}",
    "lower (2) must be less than upper (1)": (
        "{name: squishiness, latex: s, category: odd, unit: K, lower: 2, upper: 1}"
    ),
    "lower: must be a number": "{name: squishiness, latex: s, category: odd, unit: K, lower: .nan}",
    "upper: must be a number such as 3 or 1.0e+9: '1e9'": (
        "{name: squishiness, latex: s, category: odd, unit: K, upper: 1e9}"
    ),
    "has a brace without its other half": "{name: squishiness, latex: 's_{', category: o, unit: K}",
    "must be without dollars": "{name: squishiness, latex: '$s$', category: odd, unit: K}",
    "must be lower case, words apart by one space": (
        "{name: Squishiness, latex: s, category: odd, unit: K}"
    ),
    "is what variables may stand for": "{name: temperature, latex: T, category: odd, unit: K}",
    "'bandgap' is what matlore's vocabulary calls 'band gap'": (
        "{name: bandgap, latex: E, category: odd, unit: eV}"
    ),
    "symbol 'squishiness': 'bandgap' is what": (
        "{name: squishiness, latex: s, category: odd, unit: K, synonyms: [soft, bandgap]}"
    ),
    "unit: is that of matlore's vocabulary": (
        "{name: haze, latex: H, category: odd, unit: percent}"
    ),
    "matlore has an entry for it": "{name: band gap, latex: E, category: odd}",
    "has no values in matlore's vocabulary": "{name: superhardness, latex: H, category: odd}",
    "instead V: there is no property 'volts'": (
        "{name: squishiness, latex: s, category: odd, unit: K, instead: {V: volts}}"
    ),
    "instead mK: measures what the property's own unit does": (
        "{name: squishiness, latex: s, category: odd, unit: K, instead: {mK: melting point}}"
    ),
    "instead V: is no unit of 'band gap', which is in eV": (
        "{name: squishiness, latex: s, category: odd, unit: K, instead: {V: band gap}}"
    ),
    "negligible: input should be greater than or equal to 0: -1": (
        "{name: squishiness, latex: s, category: odd, unit: K, negligible: -1}"
    ),
    "ignores: must be a list, as in [temperature]": (
        "{name: squishiness, latex: s, category: odd, unit: K, ignores: temperature}"
    ),
}


@pytest.mark.parametrize(("words", "entry"), BAD_SYMBOLS.items(), ids=BAD_SYMBOLS)
def test_a_wrong_symbol_says_what_is_wrong(own: Path, words: str, entry: str) -> None:
    assert words in _message(own, f"symbols:\n  - {entry}\n")


def test_two_symbols_cannot_share_a_spelling(own: Path) -> None:
    text = SYMBOL + "  - {name: softness, latex: s, category: odd, unit: '1', synonyms: [Squish]}\n"
    assert "'Squish' names the symbol 'squishiness' too" in _message(own, text)


def test_all_that_is_wrong_is_said_at_once(own: Path) -> None:
    broken = _changed("v = L / t", "v = L / q").replace("speed of things", "other")
    text = GOOD.replace("sound velocity", "sound speeed") + broken.replace("\nmodels:\n", "")
    lines = _message(own, text).split("\n")
    assert [re.search(r"model '([a-z ]+)'", line).group(1) for line in lines] == [  # type: ignore[union-attr]
        "speed of things",
        "other",
    ]


def test_long_lists_of_problems_are_cut(own: Path) -> None:
    text = "models:\n" + "  - {name: x}\n" * 30
    lines = _message(own, text).split("\n")
    assert len(lines) == 13
    assert lines[-1].startswith("and ")


def test_a_users_file_replaces_no_model_of_matlore(own: Path, library: Library) -> None:
    name = next(iter(library.models))
    text = GOOD.replace("speed of things", name)
    assert "matlore has a model of this name; call this one something else" in _message(own, text)


@pytest.fixture
def library() -> Library:
    return load_library()


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("#" * 2_000_001)
    with pytest.raises(InputError, match="larger than 2 MB"):
        read_library_file(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_library_file(tmp_path / "none.yaml")
