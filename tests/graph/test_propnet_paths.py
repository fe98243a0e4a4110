"""What can follow from what, on a small library and on the one that ships."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from fake_propnet import fake_library, model, symbol

from graph.propnet.base import TEMPERATURE
from graph.propnet.library import load_library
from graph.propnet.paths import need_lines, paths, reachable, requirements
from graph.propnet.plans import Need, Route, ways_of
from matlore.errors import UsageError

LIBRARY = fake_library()
MERIT = "thermoelectric figure of merit"
TRANSPORT = ("seebeck coefficient", "electrical resistivity", "lattice thermal conductivity")


def _models(route: Route) -> list[str]:
    return [way.model for way in route.steps]


def _walk(need: Need, above: tuple[str, ...] = ()) -> Iterator[tuple[Need, tuple[str, ...]]]:
    yield need, above
    for way in need.ways:
        for one in way.needs:
            yield from _walk(one, (*above, need.property))


# From what is given.


def test_what_is_in_reach_comes_by_depth_with_the_models_that_give_it_first() -> None:
    steps = reachable(LIBRARY, TRANSPORT)
    assert [(one.depth, one.property) for one in steps] == [
        (1, "electrical conductivity"),
        (2, "electronic thermal conductivity"),
        (2, "power factor"),
        (3, "thermal conductivity"),
        (4, MERIT),
    ]
    assert [way.model for way in steps[-1].ways] == ["figure of merit", "merit of power"]
    assert steps[1].unit == "W/(m K)"


def test_a_composition_is_used_only_where_it_is_given() -> None:
    assert "molar mass" not in {one.property for one in reachable(LIBRARY, TRANSPORT)}
    found = {one.property: one.depth for one in reachable(LIBRARY, ["formula"])}
    assert found == {"molar mass": 1, "theoretical capacity": 2}


def test_the_temperature_is_never_missing_and_what_is_given_is_not_derived() -> None:
    with_it = reachable(LIBRARY, [*TRANSPORT, TEMPERATURE])
    assert with_it == reachable(LIBRARY, TRANSPORT)
    assert reachable(LIBRARY, [TEMPERATURE]) == []


def test_names_are_found_by_synonym_and_case() -> None:
    assert reachable(LIBRARY, ["Thermopower", "electrical_resistivity"])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("seebeck coeficient", "did you mean seebeck coefficient"),
        ("thermopowr", "did you mean seebeck coefficient"),
        ("energy gapp", "did you mean band gap"),
        ("qqqq", "models connect.*graph models"),
        ("", "models connect"),
    ],
)
def test_an_unknown_property_is_refused_with_what_is_spelled_alike(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        reachable(LIBRARY, [text])
    with pytest.raises(UsageError, match=hint):
        paths(LIBRARY, ["band gap"], text)


def test_nothing_given_is_a_wrong_use() -> None:
    with pytest.raises(UsageError, match="--from"):
        reachable(LIBRARY, [])


# What a property needs.


def test_needs_are_ways_of_which_one_is_enough_each_with_all_it_needs() -> None:
    need = requirements(LIBRARY, "zT" if LIBRARY.find_symbol("zT") else MERIT, depth=1)
    assert [way.way.model for way in need.ways] == ["figure of merit", "merit of power"]
    first = need.ways[0]
    assert [one.property for one in first.needs] == [
        "seebeck coefficient",
        "electrical conductivity",
        TEMPERATURE,
        "thermal conductivity",
    ]
    assert [one.cut for one in first.needs] == [False, True, False, True]


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_no_property_is_below_itself_and_each_is_shown_once(depth: int) -> None:
    need = requirements(LIBRARY, MERIT, depth)
    assert all(one.property not in above for one, above in _walk(need))
    assert all(len(above) <= depth for _, above in _walk(need))
    shown = [one.property for one, _ in _walk(need) if one.ways]
    assert len(shown) == len(set(shown))


def test_a_tree_of_needs_is_text() -> None:
    lines = need_lines(requirements(LIBRARY, "theoretical capacity"))
    assert lines == [
        "theoretical capacity",
        "└─ capacity: Q = F_const / (3.6 * M)",
        "   └─ molar mass",
        "      └─ molar mass: M = molar_mass",
        "         └─ formula",
    ]
    assert "│  │  └─ temperature" not in lines
    assert any(line.endswith("(see above)") for line in need_lines(requirements(LIBRARY, MERIT)))


@pytest.mark.parametrize("depth", [0, -1, 9, 10**6])
def test_a_depth_has_bounds(depth: int) -> None:
    with pytest.raises(UsageError, match="--depth"):
        requirements(LIBRARY, MERIT, depth)


def test_what_is_given_cannot_be_a_target() -> None:
    with pytest.raises(UsageError, match="--to temperature"):
        requirements(LIBRARY, "temperature")
    with pytest.raises(UsageError, match="--to formula"):
        paths(LIBRARY, ["band gap"], "Formula")


def test_a_model_that_needs_what_it_gives_is_no_way() -> None:
    ratio = model("ratio", "a = b", {"a": ("band gap", "eV"), "b": ("band gap", "eV")})
    library = type(LIBRARY)({"band gap": symbol("band gap", "eV")}, {"ratio": ratio})
    assert ways_of(library) == {}


# The ways between.


def test_ways_come_shortest_first_in_an_order_that_can_be_taken() -> None:
    routes = paths(LIBRARY, TRANSPORT, MERIT)
    assert [_models(one) for one in routes] == [
        ["resistivity", "wiedemann-franz", "sum of heat", "figure of merit"],
        ["resistivity", "power factor", "wiedemann-franz", "sum of heat", "merit of power"],
    ]
    for route in routes:
        have = {*TRANSPORT, TEMPERATURE}
        for way in route.steps:
            assert have.issuperset(way.needs)
            have.add(way.gives)
        assert MERIT in have
        assert not route.missing


def test_the_target_among_the_sources_is_not_used() -> None:
    assert paths(LIBRARY, [*TRANSPORT, MERIT], MERIT) == paths(LIBRARY, TRANSPORT, MERIT)


def test_what_else_is_needed_is_named_the_nearest_first() -> None:
    routes = paths(LIBRARY, TRANSPORT[:2], MERIT)
    assert [one.missing for one in routes] == [
        ("thermal conductivity",),
        ("lattice thermal conductivity",),
    ]
    assert _models(routes[0]) == ["resistivity", "figure of merit"]
    assert paths(LIBRARY, TRANSPORT, "theoretical capacity")[-1].missing == ("formula",)


def test_where_one_more_is_not_enough_all_that_lacks_is_named() -> None:
    routes = paths(LIBRARY, ["band gap"], MERIT)
    assert [one.missing for one in routes] == [
        ("power factor", "thermal conductivity"),
        ("electrical conductivity", "seebeck coefficient", "thermal conductivity"),
    ]


def test_nothing_leads_to_what_no_model_gives() -> None:
    assert paths(LIBRARY, TRANSPORT, "band gap") == []


def test_a_way_is_found_even_where_there_are_too_many_to_look_at() -> None:
    names = [f"p{n}" for n in range(13)]
    models = [
        model(f"m{n}-{k}", f"{a} = {b}", {a: (a, "1"), b: (b, "1")}, solve_for=(a,))
        for n, (b, a) in enumerate(pairwise(names))
        for k in range(40)
    ]
    library = type(LIBRARY)({one: symbol(one) for one in names}, {one.name: one for one in models})
    (route,) = paths(library, ["p0"], "p12")
    assert _models(route) == [f"m{n}-0" for n in range(12)]
    assert len(need_lines(requirements(library, "p12", 8))) < 1000


def test_all_of_it_is_json_and_the_same_each_time() -> None:
    def everything() -> str:
        steps = [one.to_dict() for one in reachable(LIBRARY, TRANSPORT)]
        routes = [one.to_dict() for one in paths(LIBRARY, TRANSPORT, MERIT)]
        return json.dumps([steps, routes, requirements(LIBRARY, MERIT).to_dict()])

    assert everything() == everything()


def test_the_library_that_ships_leads_to_the_figure_of_merit() -> None:
    library = load_library()
    routes = paths(
        library, ["thermopower", "electrical conductivity", "thermal conductivity"], "zT"
    )
    assert _models(routes[0]) == ["figure of merit"]
    lines = need_lines(requirements(library, "zT", 4))
    assert 50 < len(lines) < 1000
    assert reachable(library, ["formula"])
