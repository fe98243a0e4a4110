"""What a query names."""

import pytest

from matlore.pipeline.search_query import expanded_terms, material_names, named_things
from matlore.pipeline.search_types import NamedThings


@pytest.mark.parametrize(
    ("text", "materials"),
    [
        ("SnSe crystals", ("SnSe",)),
        ("Bi$_2$Te$_3$ films", ("Bi2Te3",)),
        ("Bi₂Te₃ films", ("Bi2Te3",)),
        ("Te3Bi2 and Bi2Te3", ("Bi2Te3",)),
        ("bismuth telluride", ("Bi2Te3",)),
        ("graphene on Cu", ("name:graphene", "Cu")),
        ("graphene, (CdTe); GaN?", ("name:graphene", "CdTe", "GaN")),
        ("Mg(OH)2 layers", ("MgH2O2",)),
        ("Li7La3Zr2O12 with Al Ta", ("Li7La3Zr2O12", "Al", "Ta")),
        ("CdTe GaN", ("CdTe", "GaN")),
        ("(Ba,Sr)TiO3 films", ("family:Ba-O-Sr-Ti",)),
        ("cobalt", ("Co",)),
        ("how to lead in air as it is", ()),
        ("Xx9Qq7 does not exist", ()),
    ],
)
def test_materials_are_found_by_formula_and_name(text: str, materials: tuple[str, ...]) -> None:
    assert named_things(text).materials == materials


def test_terms_of_all_kinds_are_found_in_canonical_names() -> None:
    named = named_things("Band gaps of perovskites for solar cells by sputtering")
    assert named.properties == ("band gap",)
    assert named.phases == ("perovskite",)
    assert named.applications == ("photovoltaic",)
    assert named.methods == ("sputtering",)


def test_the_longest_name_wins() -> None:
    assert named_things("lattice thermal conductivity").properties == (
        "lattice thermal conductivity",
    )
    assert named_things("thermal conductivity").properties == ("thermal conductivity",)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t", '"()[]{}', "+-*/~^:", "...", "теплопроводность", "热电材料", "😀 \x00"],
)
def test_any_text_will_do(text: str) -> None:
    assert named_things(text) == NamedThings()


def test_of_a_long_text_the_beginning_is_read() -> None:
    assert named_things("SnSe " * 20_000) == NamedThings(materials=("SnSe",))
    assert named_things("x" * 100_000 + " SnSe") == NamedThings()


def test_a_name_is_spelled_in_several_ways() -> None:
    spelled = expanded_terms(named_things("band gap of bismuth telluride"))
    assert set(spelled) == {"band gap", "Bi2Te3"}
    assert spelled["band gap"][0] == "band gap"
    assert "bandgap" in spelled["band gap"]
    assert material_names("Bi2Te3")[0] == "Bi2Te3"
    assert material_names("name:graphene")[0] == "graphene"
    assert material_names("Xe7") == ("Xe7",)
