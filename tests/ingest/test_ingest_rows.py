"""Identifiers, columns, and rows turned into papers."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.columns import FIELDS, parse_mapping, recognise
from ingest.ids import content_id, normalize_arxiv, normalize_doi, normalize_id
from ingest.rows import MAX_TEXT, paper_from_row
from matlore.errors import InputError, UsageError
from matlore.records import Paper, text_hash


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("10.1000/ABC.5", "doi:10.1000/abc.5"),
        ("doi:10.1000/abc", "doi:10.1000/abc"),
        ("DOI: 10.1000/abc.", "doi:10.1000/abc"),
        ("https://doi.org/10.1000/abc", "doi:10.1000/abc"),
        ("http://dx.doi.org/10.1000/(SICI)1097<1::x>", "doi:10.1000/(sici)1097"),
        ("2401.00001", "arxiv:2401.00001"),
        ("0704.0001v3", "arxiv:0704.0001"),
        ("arXiv:2401.00001v12", "arxiv:2401.00001"),
        ("https://arxiv.org/abs/2401.00001v2", "arxiv:2401.00001"),
        ("http://arxiv.org/pdf/2401.00001.pdf", "arxiv:2401.00001"),
        ("oai:arXiv.org:cond-mat/0601001", "arxiv:cond-mat/0601001"),
        ("cond-mat/0601001v2", "arxiv:cond-mat/0601001"),
        ("cond-mat.mtrl-sci/0601001", "arxiv:cond-mat/0601001"),
        ("10.48550/arXiv.2401.00001", "arxiv:2401.00001"),
        ("hash:0123abc", "hash:0123abc"),
        ("chemrxiv:60c7", "chemrxiv:60c7"),
        ("PMID:123456", "pmid:123456"),
        ("17", None),
        ("paper-17", None),
        ("", None),
        ("doi:", None),
        ("https://example.org/1", None),
        ("no id: at all", None),
    ],
)
def test_identifiers_have_one_spelling(text: str, id: str | None) -> None:
    assert normalize_id(text) == id
    assert id is None or normalize_id(id) == id


@given(st.text())
def test_any_text_is_an_identifier_or_none(text: str) -> None:
    found = normalize_id(text)
    assert found is None or normalize_id(found) == found
    assert normalize_doi(text) is None or str(normalize_doi(text)).startswith("10.")
    assert normalize_arxiv(text) is None or "v" not in str(normalize_arxiv(text)).split("/")[-1]


def test_every_spelling_names_one_field() -> None:
    spellings = [spelling for names in FIELDS.values() for spelling in names]
    assert sorted(set(spellings)) == sorted(spellings)


def test_columns_are_recognised_by_their_names() -> None:
    found = recognise(["Headline", "Abstract Text", "Publication_Year", "AU", "Journal", "colour"])
    assert found == {
        "title": ("Headline",),
        "abstract": ("Abstract Text",),
        "year": ("Publication_Year",),
        "authors": ("AU",),
        "venue": ("Journal",),
    }


def test_a_mapping_beats_what_is_recognised() -> None:
    found = recognise(["title", "summary", "abstract"], {"abstract": "summary"})
    assert found["abstract"] == ("summary",)
    assert recognise(["title"], {"abstract": "title"})["title"] == ()


def test_a_mapping_is_read() -> None:
    assert parse_mapping(["abstract=body", "title = head"]) == {"abstract": "body", "title": "head"}


@pytest.mark.parametrize("pair", ["abstract", "abstract=", "colour=red", "=x"])
def test_a_wrong_mapping_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="FIELD=COLUMN"):
        parse_mapping([pair])


def test_a_row_becomes_a_paper() -> None:
    paper = paper_from_row(
        {
            "id": "arXiv:2401.00001v2",
            "doi": "https://doi.org/10.1000/ABC",
            "title": "Growth of Bi$_2$Te$_3$",
            "abstract": "We grow  it.",
            "date": "2024-01-05",
            "authors": ["A. Doe", "B. Roe"],
            "journal": "J. Tests",
            "categories": "cond-mat.mtrl-sci physics.app-ph",
            "license": "CC0-1.0",
        }
    )
    assert paper.ids == ("arxiv:2401.00001", "doi:10.1000/abc")
    assert (paper.id, paper.doi) == ("arxiv:2401.00001", "10.1000/abc")
    assert paper.title == "Growth of Bi$_2$Te$_3$"
    assert paper.text == "Growth of Bi2Te3\nWe grow it."
    assert paper.text_sha == text_hash(paper.text)
    assert (paper.year, paper.date) == (2024, date(2024, 1, 5))
    assert paper.categories == ("cond-mat.mtrl-sci", "physics.app-ph")
    assert paper.venue == "J. Tests"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"title": "Only a title"}, "Only a title\n"),
        ({"abstract": "Only an abstract."}, "\nOnly an abstract."),
        ({"title": float("nan"), "abstract": "A."}, "\nA."),
        ({"title": "A", "abstract": ["One.", "Two."]}, "A\nOne. Two."),
        ({"title": "null", "abstract": "A."}, "\nA."),
    ],
)
def test_title_or_abstract_is_enough(row: dict[str, Any], text: str) -> None:
    paper = paper_from_row(row)
    assert paper.text == text
    assert paper.id == content_id(text)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([1, 2], "not an object"),
        ("text", "not an object"),
        ({}, "no text"),
        ({"id": "10.1000/1", "title": "  ", "abstract": None}, "no text"),
        ({"title": "$$", "abstract": "---"}, "no text"),
        ({"title": 5, "abstract": {"a": 1}}, "not text"),
        ({"abstract": "x" * (MAX_TEXT + 1)}, "characters"),
    ],
)
def test_a_bad_row_is_refused_with_a_reason(row: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        paper_from_row(row)


@pytest.mark.parametrize(
    ("row", "year", "day"),
    [
        ({"year": 1999}, 1999, None),
        ({"year": "1999.0"}, 1999, None),
        ({"PY": "2010/05//"}, 2010, None),
        ({"date": "2010-05"}, 2010, None),
        ({"date": "2010/5/7"}, 2010, date(2010, 5, 7)),
        ({"date": "2010-13-45"}, 2010, None),
        ({"published": "2010-05-07T10:00:00Z"}, 2010, date(2010, 5, 7)),
        ({"date": date(2011, 2, 3)}, 2011, date(2011, 2, 3)),
        ({"date": datetime(2011, 2, 3, 4, 5)}, 2011, date(2011, 2, 3)),
        ({"date": {"date-parts": [[2012, 1, 2]]}}, 2012, date(2012, 1, 2)),
        ({"year": "in press"}, None, None),
        ({"year": 99}, None, None),
        ({"year": 9999}, None, None),
        ({"date": "2090-05-01"}, None, None),
        ({"date": date(2090, 5, 1)}, None, None),
        ({"year": True}, None, None),
    ],
)
def test_years_and_dates(row: dict[str, Any], year: int | None, day: date | None) -> None:
    paper = paper_from_row({"title": "A", **row})
    assert (paper.year, paper.date) == (year, day)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Doe, Jo and Roe, Al", ("Doe, Jo", "Roe, Al")),
        ("Jo Doe, Al Roe and Cy Poe", ("Jo Doe", "Al Roe", "Cy Poe")),
        ("Doe, J.; Roe, A.", ("Doe, J.", "Roe, A.")),
        ("Doe, Jo", ("Doe, Jo",)),
        ([{"given": "Jo", "family": "Doe"}, {"name": "Al Roe"}], ("Jo Doe", "Al Roe")),
        ([" Jo  Doe ", None, "Jo Doe"], ("Jo Doe",)),
        ('["Jo Doe", "Al Roe"]', ("Jo Doe", "Al Roe")),
        (None, ()),
        (5, ()),
    ],
)
def test_authors_come_in_many_ways(value: object, names: tuple[str, ...]) -> None:
    assert paper_from_row({"title": "A", "authors": value}).authors == names


def test_identifiers_may_be_nested() -> None:
    row = {"title": "A", "externalIds": {"DOI": "10.1000/X", "ArXiv": "2401.00001", "n": None}}
    assert paper_from_row(row).ids == ("doi:10.1000/x", "arxiv:2401.00001")


def test_a_hash_that_the_source_gives_is_kept() -> None:
    assert paper_from_row({"id": "hash:abc123", "title": "A"}).id == "hash:abc123"


@pytest.mark.parametrize(
    "row",
    [
        {"title": "A", "abstract": "This paper has been withdrawn by the author."},
        {"title": "RETRACTED: A", "abstract": "We grow crystals."},
        {"title": "A", "is_retracted": True},
    ],
)
def test_retractions_are_noticed(row: dict[str, Any]) -> None:
    assert paper_from_row(row).retracted


def test_a_paper_on_withdrawing_is_not_retracted() -> None:
    row = {"title": "Withdrawal force", "abstract": "The tip is withdrawn from the surface."}
    assert not paper_from_row(row).retracted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "ids", "other"]), JSON))
def test_any_object_gives_a_paper_or_an_input_error(row: dict[str, Any]) -> None:
    papers = [_paper_or_reason(row), _paper_or_reason(row)]
    assert papers[0] == papers[1]
    if isinstance(papers[0], Paper):
        assert papers[0].id == papers[0].ids[0]
        assert papers[0].text.count("\n") == 1


def _paper_or_reason(row: dict[str, Any]) -> Paper | str:
    try:
        return paper_from_row(row)
    except InputError as error:
        return str(error)
