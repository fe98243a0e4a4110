"""Filters as they are typed."""

import pytest

from matlore.errors import NotFoundError, UsageError
from matlore.pipeline.search_filters import (
    allowed_papers,
    graph_filters,
    parse_filters,
    parse_property,
    parse_years,
)
from matlore.pipeline.search_types import PropertyRange, SearchFilters

_EV = 1.602176634e-19


@pytest.mark.parametrize(
    ("text", "years"),
    [
        (None, (None, None)),
        (" ", (None, None)),
        ("2015", (2015, 2015)),
        ("2010:2015", (2010, 2015)),
        ("2010-2015", (2010, 2015)),
        ("2010:", (2010, None)),
        (":2015", (None, 2015)),
    ],
)
def test_years(text: str | None, years: tuple[int | None, int | None]) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize("text", [":", "20", "last year", "2015:2010", "2010:2011:2012", "-"])
def test_years_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="--year"):
        parse_years(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("band gap", None, None),
        ("Band Gaps", None, None),
        ("band gap 1.0:1.6 eV", 1.0, 1.6),
        ("band gap=1.0:1.6 eV", 1.0, 1.6),
        ("band gap = 1..1.6", 1.0, 1.6),
        ("bandgap 1:", 1.0, None),
        ("band gap :1.6 eV", None, 1.6),
        ("band gap > 1 eV", 1.0, None),
        ("band gap <= 1500 meV", None, 1.5),
        ("band gap >1eV", 1.0, None),
        ("band gap 1e-1:2e0 eV", 0.1, 2.0),
    ],
)
def test_properties(text: str, low: float | None, high: float | None) -> None:
    found = parse_property(text)
    assert found.property == "band gap"
    for bound, wanted in ((found.low, low), (found.high, high)):
        assert bound == (None if wanted is None else pytest.approx(wanted * _EV, rel=1e-6))


def test_a_property_without_a_unit() -> None:
    assert parse_property("thermoelectric figure of merit > 1").low == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("band gap 1:2 K", "no unit of band gap"),
        ("band gap 1:2 bananas", "bananas"),
        ("band gap 2:1 eV", "below"),
        ("crystal structure 1:2", "no values"),
    ],
)
def test_ranges_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_property(text)


def test_unknown_names_are_told_with_those_alike() -> None:
    with pytest.raises(NotFoundError, match=r"did you mean .*band gap"):
        parse_property("band gaap")
    with pytest.raises(NotFoundError, match="--application qqqqq: no such application"):
        parse_filters(applications=["qqqqq"])
    with pytest.raises(NotFoundError, match="--method"):
        parse_filters(methods=[""])


def test_materials_are_keys() -> None:
    filters = parse_filters(
        materials=["Te3Bi2", "bismuth telluride", "graphene", "name:graphene", "unheard stuff"]
    )
    assert filters.materials == (
        "Bi2Te3",
        "Bi2Te3",
        "name:graphene",
        "name:graphene",
        "name:unheard stuff",
    )
    with pytest.raises(UsageError, match="--material"):
        parse_filters(materials=[" "])


def test_elements() -> None:
    assert parse_filters(elements="Bi, Te,Bi").elements == ("Bi", "Te")
    for text in ("", ",", "Xx", "bi", "Bismuth", "Bi;DROP"):
        with pytest.raises(UsageError, match="--elements"):
            parse_filters(elements=text)


def test_without_filters_the_graph_is_not_asked() -> None:
    class Nobody:
        def run(self, *_: object) -> None:
            raise AssertionError

    filters = SearchFilters(years=(2010, None), sources=("notes",), licenses=("cc0",))
    assert allowed_papers(filters, Nobody()) == (None, {})  # type: ignore[arg-type]


def test_each_filter_says_in_words_what_it_asks() -> None:
    filters = SearchFilters(
        materials=("Bi2Te3",),
        elements=("Bi", "Te"),
        properties=(PropertyRange("band gap"), PropertyRange("band gap", 1.0)),
        applications=("photovoltaic",),
        methods=("sputtering",),
    )
    assert [one.words for one in graph_filters(filters)] == [
        "mentions Bi2Te3",
        "names a material with Bi, Te",
        "mentions band gap",
        "reports band gap in the range 1:",
        "mentions photovoltaic",
        "mentions sputtering",
    ]
