"""Why a value is what it is: trees of models, means and papers, with numbers in the equations."""

import json
from dataclasses import replace

import pytest
from fake_propnet import derivation, fake_library, figure_of_merit, known

from graph.propnet.base import Derivation, DerivedValue, KnownValue, Use
from graph.propnet.engine import derive
from graph.propnet.explanation import Explanation, Origin, explain, explanation_lines
from graph.propnet.explanation_text import plain_number, put_in, with_std, with_unit
from graph.propnet.library import load_library
from matlore.errors import NotFoundError

LIBRARY = fake_library()
ORIGINS = {"s00": Origin("Thermoelectric Bi2Te3 " * 6, 2001, "0.21 mV/K")}


def _explain(id: str, origins: dict[str, Origin] | None = None) -> Explanation:
    return explain(derivation(), figure_of_merit(), id, LIBRARY, origins)


# Numbers and equations.


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (2.195e-4, "2.195e-4"), (1e5, "1e5"), (300.0, "300"), (0.96364, "0.9636"),
     (-12.5, "-12.5"), (99999.9, "100000"), (float("nan"), "nan"), (1e-300, "1e-300")],
)  # fmt: skip
def test_numbers_have_four_digits_and_no_zeros_at_their_end(value: float, text: str) -> None:
    assert plain_number(value) == text


@pytest.mark.parametrize(
    ("value", "std", "text"),
    [(219.53, 6.1, "220 ± 6"), (0.96364, 0.0731, "0.96 ± 0.07"), (1.5, 0.1, "1.50 ± 0.10"),
     (1234.5, 250.0, "1230 ± 250"), (2.2e-4, 1e-6, "(2.200 ± 0.010)e-4"),
     (5.5e20, 2.6e20, "(5.5 ± 2.6)e20"), (1.5, None, "1.5"), (1.5, 0.0, "1.5"),
     (1.5, float("inf"), "1.5"), (1.5, 1e-12, "1.5"), (0.0, 0.1, "0.00 ± 0.10"),
     (-3.21, 0.4, "-3.2 ± 0.4")],
)  # fmt: skip
def test_a_deviation_says_how_many_digits_are_certain(
    value: float, std: float | None, text: str
) -> None:
    assert with_std(value, std) == text


def test_a_unit_is_written_behind() -> None:
    assert with_unit("1.5", "1") == "1.5"
    assert with_unit("1.5 ± 0.1", "eV") == "(1.5 ± 0.1) eV"
    assert with_unit("(1.5 ± 0.1)e-6", "V") == "(1.5 ± 0.1)e-6 V"


def test_numbers_are_put_in_for_names_only() -> None:
    text = put_in(
        "1.0e-8 * (1.5 + exp(-Abs(e) / 116)) * e**2 - S2 * k_B", {"e": "2e-4", "S2": "-3"}
    )
    assert text == "1.0e-8 * (1.5 + exp(-Abs(2e-4) / 116)) * (2e-4)**2 - (-3) * k_B"


# Trees.


def test_an_equation_has_its_numbers_in_the_units_of_the_model() -> None:
    tree = _explain("zt")
    assert tree.equation == (
        "zT = S**2 * sigma * T / kappa = (2.195e-4)**2 * 1e5 * 300 / 1.5 = 0.9636"
    )
    assert (tree.property, tree.latex, tree.model) == (
        "thermoelectric figure of merit", "zT", "figure of merit",
    )  # fmt: skip
    assert [part.variable for part in tree.parts] == ["S", "sigma", "sigma", "kappa"]


def test_an_equation_that_was_solved_says_for_what() -> None:
    assert _explain("back").equation == (
        "zT = S**2 * sigma * T / kappa: 0.8 = (2.195e-4)**2 * sigma * 300 / 1.5,"
        " so sigma = 83020 S/m"
    )


def test_a_function_shows_what_it_took() -> None:
    tree = _explain("mass")
    assert tree.equation == "M = molar_mass(formula = Bi2Te3) = 800.8 g/mol"
    assert [(part.kind, part.id) for part in tree.parts] == [("composition", "Bi2Te3")]


def test_of_many_sources_the_heaviest_six_are_shown_and_an_outlier_among_them() -> None:
    mean = _explain("zt", ORIGINS).parts[0]
    assert [part.id for part in mean.parts] == ["s00", "s01", "s02", "s03", "s04", "far"]
    assert [part.left_aside for part in mean.parts] == [*[""] * 5, "outlier"]
    assert (mean.more, mean.more_aside) == (15, 0)
    assert (mean.parts[0].source, mean.parts[0].year) == ("doi:10.1/00", 2001)


def test_what_was_calculated_is_no_outlier() -> None:
    values = [known("a", "band gap", 1.0), known("b", "band gap", 3.0, modality="computed")]
    mean = DerivedValue("m", "aggregate", "band gap", 1.0, None, "weighted mean",
                        (Use("a"), Use("b", "", 0.0)))  # fmt: skip
    tree = explain(Derivation("X", [mean]), values, "m", LIBRARY)
    assert [part.left_aside for part in tree.parts] == ["", "calculated"]
    assert "weighted mean of 1 (1 more left aside)" in explanation_lines(tree)[0]


def test_a_disagreement_is_shown_on_both() -> None:
    assert _explain("zt").disagrees == ("the reported 0.8 by 20%",)
    assert _explain("z1").disagrees == ("the derived 0.9636 by 20%",)


def test_a_tree_is_text() -> None:
    lines = explanation_lines(_explain("zt", ORIGINS))
    assert lines[0] == "thermoelectric figure of merit = 0.96 ± 0.07 at 300 K, by figure of merit"
    assert lines[1].startswith("│  zT = S**2")
    assert lines[2] == "│  disagrees with the reported 0.8 by 20%"
    assert lines[3] == (
        "├─ S: seebeck coefficient = (220 ± 6) uV/K at 300 K,"
        " weighted mean of 20 (1 more left aside)"
    )
    assert lines[4].startswith(
        "│  ├─ (210 ± 5) uV/K at 300 K, weight 5%, doi:10.1/00 (2001), “Ther"
    )
    assert lines[4].endswith("…”")
    assert "│  ├─ 900 uV/K at 300 K, OUTLIER, left aside, doi:10.1/far" in lines
    assert "│  └─ and 15 more" in lines
    assert lines[-1] == "└─ kappa: thermal conductivity = (1.50 ± 0.10) W/(m K) at 300 K, my lab"


def test_a_tree_is_json() -> None:
    said = json.loads(json.dumps(_explain("zt", ORIGINS).to_dict()))
    assert said["parts"][0]["parts"][0]["written"] == "0.21 mV/K"
    assert said["state"] == {}


def test_what_is_below_a_value_is_shown_once() -> None:
    base = derivation()
    uses = (Use("mean", "PF"), Use("mean", "kappa"))
    twice = DerivedValue("two", "derived", "band gap", 1.0, None, "a model", uses, 300.0)
    tree = explain(replace(base, values=[*base.values, twice]), figure_of_merit(), "two", LIBRARY)
    assert [part.repeated for part in tree.parts] == [False, True]
    assert not tree.parts[1].parts
    assert any(line.endswith("as above") for line in explanation_lines(tree))


def test_a_large_tree_is_cut() -> None:
    values: list[DerivedValue] = []
    reported: list[KnownValue] = []
    for n in range(200):
        below = [known(f"{n}-{k}", "band gap", 1.0) for k in range(5)]
        reported += below
        values.append(
            DerivedValue(f"m{n:03}", "aggregate", "band gap", 1.0, None, "weighted mean",
                         tuple(Use(one.id) for one in below))
        )  # fmt: skip
    top = DerivedValue("top", "derived", "band gap", 1.0, None, "a model of another version",
                       tuple(Use(value.id, "x") for value in values))  # fmt: skip
    tree = explain(Derivation("X", [*values, top]), reported, "top", LIBRARY)
    assert len(explanation_lines(tree)) < 700
    assert tree.parts[-1].more == 5
    assert tree.equation is None


def test_conditions_are_shown() -> None:
    value = known("a", "band gap", 1.0, temperature=77.0, state=(("phase", "rutile"),))
    tree = explain(Derivation("TiO2", []), [value], "a", LIBRARY)
    assert explanation_lines(tree) == ["band gap = 1 eV at 77 K (phase = rutile), no source"]


def test_what_is_not_at_hand_is_said() -> None:
    base = derivation()
    lines = explanation_lines(explain(base, [], "zt", LIBRARY))
    assert "└─ kappa: quantity k1, which is not at hand" in lines
    with pytest.raises(NotFoundError, match="Bi2Te3 has no value 'nothing'"):
        _explain("nothing")


def test_a_value_from_the_engine_goes_back_to_its_papers() -> None:
    library = load_library()
    reported = [
        known("s", "seebeck coefficient", 220.0, temperature=300.0, source="doi:10.1/a"),
        known("c", "electrical conductivity", 1e5, temperature=300.0, source="doi:10.1/a"),
        known("k", "thermal conductivity", 1.5, temperature=300.0, source="doi:10.1/a"),
    ]
    units = {one.symbol: library.symbols[one.symbol].unit for one in reported}
    assert units["electrical conductivity"] == "S/m"
    found = derive("Bi2Te3", reported, library)
    value = next(one for one in found.values if one.model == "figure of merit")
    tree = explain(found, reported, value.id, library)
    assert {part.source for part in tree.parts} == {"doi:10.1/a"}
    assert tree.value == pytest.approx((220e-6) ** 2 * 1e5 * 300 / 1.5)
    assert "= 0.968" in (tree.equation or "")
    for one in found.values:
        assert explanation_lines(explain(found, reported, one.id, library))
