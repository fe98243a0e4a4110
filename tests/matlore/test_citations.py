"""References, read back by the libraries that reference managers use or by their rules."""

import datetime
import json

import pytest
import rispy

from matlore.pipeline.citations import CitationFormat, citations, name_parts
from matlore.records import Paper


def paper(**fields: object) -> Paper:
    given: dict[str, object] = {
        "id": "doi:10.1/x_y",
        "ids": ("doi:10.1/x_y",),
        "title": "",
        "abstract": "",
        "text": "Glass & ceramics: 50 % harder\nTwo lines\nof plain words.",
        "text_sha": "s",
        "cleaner_version": "1",
        "year": 2020,
        "date": datetime.date(2020, 3, 9),
        "venue": "Journal of Hard Things",
        "authors": ("Marie Curie", "van der Waals, Johannes D.", "The Glass Collaboration"),
        "doi": "10.1/x_y",
        "url": "https://example.org/x",
    }
    return Paper(**{**given, **fields})  # type: ignore[arg-type]


BARE = paper(id="arxiv:1", venue=None, doi=None, url=None, authors=(), year=None, date=None)


def test_ris_can_be_read_back() -> None:
    first, second = rispy.loads(citations([paper(), BARE], CitationFormat.RIS))
    assert first["type_of_reference"] == "JOUR"
    assert first["title"] == "Glass & ceramics: 50 % harder"
    assert first["authors"][:2] == ["Curie, Marie", "van der Waals, Johannes D."]
    assert first["doi"] == "10.1/x_y"
    assert first["year"] == "2020"
    assert first["abstract"] == "Two lines of plain words."
    assert second["type_of_reference"] == "UNPB"
    assert "authors" not in second


def test_ris_holds_nothing_but_tags() -> None:
    odd = paper(
        venue="Journal\nof  Lines", authors=("Curie,\nMarie",), ids=("arxiv:9.9",), url=None
    )
    lines = citations([odd, BARE], CitationFormat.RIS).splitlines()
    assert all(not line or line[2:6] == "  - " for line in lines)
    assert "T2  - Journal of Lines" in lines
    assert "AU  - Curie, Marie" in lines
    assert "UR  - https://arxiv.org/abs/9.9" in lines
    assert citations([], CitationFormat.RIS).strip() == ""


def test_csl_json_has_the_fields_of_the_schema() -> None:
    first, second = json.loads(citations([paper(), BARE], CitationFormat.CSL_JSON))
    assert first["author"][0] == {"family": "Curie", "given": "Marie"}
    assert first["issued"] == {"date-parts": [[2020, 3, 9]]}
    assert first["container-title"] == "Journal of Hard Things"
    assert first["DOI"] == "10.1/x_y"
    assert second == {
        "id": "arxiv:1",
        "type": "article",
        "title": first["title"],
        "abstract": first["abstract"],
    }


def test_bibtex_can_be_read_back() -> None:
    from bibtexparser.entrypoint import parse_string

    entries = parse_string(citations([paper(), paper()], CitationFormat.BIBTEX)).entries
    assert entries[0].key != entries[1].key
    assert entries[0].fields_dict["doi"].value == "10.1/x_y"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Marie Curie", ("Curie", "Marie")),
        ("Curie, Marie", ("Curie", "Marie")),
        ("Johannes D. van der Waals", ("van der Waals", "Johannes D.")),
        ("A. Smith Jr.", ("Smith", "A., Jr.")),
        ("CMS", ("CMS", "")),
        ("Li Wei", ("Wei", "Li")),
    ],
)
def test_names_are_parted(name: str, parts: tuple[str, str]) -> None:
    assert name_parts(name) == parts
