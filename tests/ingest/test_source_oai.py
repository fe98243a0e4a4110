"""OAI-PMH against a local archive: whole lists, broken ones, and those that never end."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import oai_server
import pytest

from ingest.http import Fetcher
from ingest.rows import paper_from_row
from ingest.sources.base import Cursor, Page, RawRow
from ingest.sources.oai import OaiSource
from matlore.errors import SourceError


def papers(count: int, **more: Any) -> list[dict[str, Any]]:
    """Return papers, two a day."""
    return [
        {
            "id": f"arxiv:2401.{n:05d}",
            "title": f"Zinc oxide film number {n}",
            "abstract": f"We grew film {n} & measured x < {n}.",
            "datestamp": f"2024-01-{1 + n // 2:02d}",
            **more,
        }
        for n in range(count)
    ]


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(allow_private=True, pause=0, retries=0, sleep=lambda _: None) as one:
        yield one


def harvest(source: OaiSource, cursor: Cursor | None = None) -> tuple[list[RawRow], list[Page]]:
    """Return all rows and pages after a cursor."""
    pages = list(source.pages(cursor))
    return [row for page in pages for row in page.rows], pages


def ids(rows: list[RawRow]) -> list[object]:
    """Return the ids of the rows that could be read."""
    return [row.value["id"] for row in rows if isinstance(row.value, dict)]


def numbers(*wanted: int) -> list[str]:
    """Return the ids of the papers of these numbers."""
    return [f"arxiv:2401.{n:05d}" for n in wanted]


RICH = {
    "id": "arxiv:cond-mat/0601001",
    "title": "Tin\n  selenide",
    "abstract": "  A crystal\n  was grown.",
    "authors": ["Ada B. Roe", "Grigori Doe"],
    "categories": ["cond-mat.mtrl-sci", "physics.chem-ph"],
    "date": "2006-01-02",
    "updated": "2007-03-04",
    "license": "http://creativecommons.org/licenses/by/4.0/",
    "venue": "J. Inv. Mat. 1, 2 (2006)",
    "doi": "10.1000/One",
    "comments": "12 pages",
}


def test_fields_of_arxiv(fetcher: Fetcher) -> None:
    row = {**RICH, "doi": "10.1000/one 10.1000/two"}
    with oai_server.OaiServer([row]) as server:
        (found,), _ = harvest(OaiSource(fetcher, server.url))
    assert found.value == {
        "id": "arxiv:cond-mat/0601001",
        "doi": "10.1000/one",
        "title": "Tin selenide",
        "abstract": "A crystal was grown.",
        "authors": ["Ada B. Roe", "Grigori Doe"],
        "categories": ["cond-mat.mtrl-sci", "physics.chem-ph"],
        "date": "2006-01-02",
        "updated": "2007-03-04",
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "venue": "J. Inv. Mat. 1, 2 (2006)",
        "url": "https://arxiv.org/abs/cond-mat/0601001",
        "source": "arXiv",
    }
    assert paper_from_row(found.value).ids == ("arxiv:cond-mat/0601001", "doi:10.1000/one")


def test_fields_of_dublin_core(fetcher: Fetcher) -> None:
    with oai_server.OaiServer([RICH]) as server:
        (found,), _ = harvest(OaiSource(fetcher, server.url, "oai_dc"))
    assert found.value == {
        "id": "arxiv:cond-mat/0601001",
        "doi": "10.1000/one",
        "title": "Tin selenide",
        "abstract": "A crystal was grown.",
        "authors": ["Ada B. Roe", "Grigori Doe"],
        "categories": ["cond-mat.mtrl-sci", "physics.chem-ph"],
        "date": "2006-01-02",
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "url": "https://arxiv.org/abs/cond-mat/0601001",
        "source": "arXiv",
    }


def test_another_archive_keeps_its_own_ids(fetcher: Fetcher) -> None:
    xml = (
        '<dc xmlns="http://www.openarchives.org/OAI/2.0/oai_dc/">'
        '<title xmlns="http://purl.org/dc/elements/1.1/">Clay</title></dc>'
    )
    with oai_server.OaiServer([{"id": "x", "xml": xml}]) as server:
        body = server.answer({"verb": "ListRecords", "metadataPrefix": "oai_dc"})
        server.tamper = lambda *_: body.replace(b"oai:arXiv.org:x", b"oai:clay.org:7")
        (found,), _ = harvest(OaiSource(fetcher, server.url, "oai_dc", name="clay"))
    assert found.value == {"id": "oai:clay.org:7", "title": "Clay", "source": "127.0.0.1"}


@pytest.mark.parametrize("missing", ["title", "abstract"])
def test_a_record_without_a_field_or_date_survives(fetcher: Fetcher, missing: str) -> None:
    rows = papers(1, authors=[])
    del rows[0][missing]
    with oai_server.OaiServer(rows) as server:
        (found,), _ = harvest(OaiSource(fetcher, server.url))
    assert ids([found]) == numbers(0)
    assert paper_from_row(found.value).date is None


def test_a_record_without_id_is_named_by_its_header(fetcher: Fetcher) -> None:
    xml = '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><title>Bare</title></arXiv>'
    with oai_server.OaiServer(papers(1, xml=xml)) as server:
        (found,), _ = harvest(OaiSource(fetcher, server.url))
    assert ids([found]) == numbers(0)


def test_a_record_without_header_survives(fetcher: Fetcher) -> None:
    def without(_: int, body: bytes) -> bytes:
        return re.sub(rb"<header>.*?</header>", b"", re.sub(rb"<id>.*?</id>", b"", body))

    with oai_server.OaiServer(papers(1), tamper=without) as server:
        (found,), _ = harvest(OaiSource(fetcher, server.url))
    assert found.error is None
    assert paper_from_row(found.value).id.startswith("hash:")


@pytest.mark.parametrize("prefix", ["arXiv", "oai_dc"])
def test_withdrawn_papers(fetcher: Fetcher, prefix: str) -> None:
    remarks = [
        "This paper has been withdrawn by the author",
        "Withdrawn due to an error",
        "4 pages",
    ]
    rows = [{**row, "comments": one} for row, one in zip(papers(3), remarks, strict=True)]
    rows += [{**RICH, "abstract": "This manuscript is withdrawn."}]
    rows += [{**RICH, "id": "arxiv:2402.00001", "abstract": "Heat is withdrawn from a film."}]
    with oai_server.OaiServer(rows) as server:
        found, _ = harvest(OaiSource(fetcher, server.url, prefix))
    marks = [row.value.get("retracted") for row in found if isinstance(row.value, dict)]
    assert marks == [True, True, None, True, None]


def test_deleted_records(fetcher: Fetcher) -> None:
    rows = papers(3)
    rows[1]["deleted"] = True
    with oai_server.OaiServer(rows) as server:
        found, _ = harvest(OaiSource(fetcher, server.url))
    assert found[1] == RawRow(2, {"id": "arxiv:2401.00001", "deleted": True})
    assert ids(found) == numbers(0, 1, 2)


def test_pages_by_token(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        found, pages = harvest(OaiSource(fetcher, server.url))
    assert ids(found) == numbers(*range(10))
    assert [page.total for page in pages] == [10, 10, 10]
    assert pages[0].cursor["datestamp"] == "2024-01-02"
    assert set(pages[-1].cursor) == {"since"}
    assert [set(asked) for asked in server.requests[1:]] == [{"verb", "resumptionToken"}] * 2


def test_since_last_run(fetcher: Fetcher) -> None:
    def at(_: int, body: bytes) -> bytes:
        return re.sub(rb"<responseDate>[^<]*", b"<responseDate>2024-01-04T09:00:00Z", body)

    with oai_server.OaiServer(papers(10), page_size=4, tamper=at) as server:
        source = OaiSource(fetcher, server.url, since=date(2024, 1, 2))
        found, pages = harvest(source)
        again, _ = harvest(source, pages[-1].cursor)
    assert ids(found) == numbers(*range(2, 10))
    assert pages[-1].cursor == {"since": "2024-01-04"}
    assert ids(again) == numbers(6, 7, 8, 9)


def test_set_and_until_are_asked_for(fetcher: Fetcher) -> None:
    rows = papers(8)
    for row in rows[::2]:
        row["sets"] = ["physics:cond-mat"]
    with oai_server.OaiServer(rows) as server:
        source = OaiSource(fetcher, server.url, set_name="physics:cond-mat", until=date(2024, 1, 3))
        found, pages = harvest(source)
        again, _ = harvest(source, pages[-1].cursor)
    assert ids(found) == numbers(0, 2, 4)
    assert again == []
    assert len(server.requests) == 1
    assert "set=physics:cond-mat until=2024-01-03" in source.query


def test_no_records_match_is_an_empty_end(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(2)) as server:
        found, (page,) = harvest(OaiSource(fetcher, server.url, since=date(2025, 1, 1)))
    assert found == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(page.cursor["since"]))


def test_the_protocol_s_errors_may_come_with_another_status(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(2)) as server:
        server.status = 422
        found, _ = harvest(OaiSource(fetcher, server.url, since=date(2025, 1, 1)))
        assert found == []
        server.tamper = lambda *_: HTML
        with pytest.raises(SourceError, match="422"):
            harvest(OaiSource(fetcher, server.url))


def test_a_restart_goes_on_with_the_token(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        source = OaiSource(fetcher, server.url)
        first = next(source.pages(None))
        rest, pages = harvest(source, first.cursor)
    assert ids(rest) == numbers(*range(4, 10))
    assert pages[-1].cursor == {"since": first.cursor["begun"]}


def test_after_an_expired_token_it_goes_on_from_the_last_datestamp(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        source = OaiSource(fetcher, server.url)
        first = next(source.pages(None))
        server.refused.add(str(first.cursor["token"]))
        rest, _ = harvest(source, first.cursor)
    assert server.requests[2]["from"] == "2024-01-02"
    assert ids(rest) == numbers(*range(2, 10))


def test_without_order_an_expired_token_means_to_begin_anew(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10)[::-1], page_size=4) as server:
        source = OaiSource(fetcher, server.url)
        first = next(source.pages(None))
        server.refused.add(str(first.cursor["token"]))
        rest, _ = harvest(source, first.cursor)
    assert ids(rest) == numbers(*range(9, -1, -1))


def test_deep_nesting_does_no_harm(fetcher: Fetcher) -> None:
    deep = b"<b>" * 50_000 + b"</b>" * 50_000
    with oai_server.OaiServer(papers(1)) as server:
        server.tamper = lambda _, body: body.replace(b"film number", deep)
        found, _ = harvest(OaiSource(fetcher, server.url))
    assert ids(found) == numbers(0)


EXPIRED = b'<OAI-PMH><error code="badResumptionToken">old</error></OAI-PMH>'


def test_each_token_expires_and_yet_all_come(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        server.tamper = lambda number, body: EXPIRED if number % 2 else body
        found, _ = harvest(OaiSource(fetcher, server.url))
    assert set(ids(found)) == set(numbers(*range(10)))


def test_tokens_that_expire_without_progress(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10, datestamp="2024-01-01"), page_size=4) as server:
        server.tamper = lambda number, body: EXPIRED if number % 2 else body
        pages = OaiSource(fetcher, server.url).pages(None)
        with pytest.raises(SourceError, match="again and again at 2024-01-01"):
            list(pages)
    assert len(server.requests) == 4


def test_a_token_that_repeats(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        body = server.answer({"verb": "ListRecords", "metadataPrefix": "arXiv"})
        server.tamper = lambda *_: body
        with pytest.raises(SourceError, match="came twice"):
            harvest(OaiSource(fetcher, server.url))


def test_empty_pages_without_end(fetcher: Fetcher) -> None:
    def empty(number: int, _: bytes) -> bytes:
        token = f"<resumptionToken>t{number}</resumptionToken>"
        return f"<OAI-PMH><ListRecords>{token}</ListRecords></OAI-PMH>".encode()

    with oai_server.OaiServer(papers(1), tamper=empty) as server:
        pages = OaiSource(fetcher, server.url).pages(None)
        with pytest.raises(SourceError, match="5 empty pages"):
            list(pages)


def test_an_error_names_its_code(fetcher: Fetcher) -> None:
    with (
        oai_server.OaiServer(papers(1)) as server,
        pytest.raises(SourceError, match=r"cannotDisseminateFormat: .*metadataPrefix"),
    ):
        harvest(OaiSource(fetcher, server.url, "marc"))


HTML = b"<!DOCTYPE html><html><head><title>Down for repair</title></head></html>"


def test_an_html_page_is_asked_again(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(4)) as server:
        server.tamper = lambda number, body: HTML if number == 0 else body
        found, _ = harvest(OaiSource(fetcher, server.url))
        assert len(found) == 4
        server.tamper = lambda *_: HTML
        with pytest.raises(SourceError, match=r"HTML page .*Down for repair"):
            harvest(OaiSource(fetcher, server.url))
    assert len(server.requests) == 4


def test_an_xhtml_page_is_named(fetcher: Fetcher) -> None:
    with oai_server.OaiServer([], tamper=lambda *_: b'<?xml version="1.0"?>' + HTML) as server:
        pages = OaiSource(fetcher, server.url).pages(None)
        with pytest.raises(SourceError, match="HTML page"):
            list(pages)


@pytest.mark.parametrize("size", ["", "many", "9" * 5000, "²"])
def test_a_size_that_is_none(fetcher: Fetcher, size: str) -> None:
    token = f'<resumptionToken completeListSize="{size}"/></ListRecords>'.encode()
    with oai_server.OaiServer(papers(1)) as server:
        server.tamper = lambda _, body: body.replace(b"</ListRecords>", token)
        found, (page,) = harvest(OaiSource(fetcher, server.url))
    assert len(found) == 1
    assert page.total is None


@pytest.mark.parametrize("body", [b"", b"<feed/>", b"{}", b"\xff\xfe\x00", b"<a>" * 9])
def test_nonsense(fetcher: Fetcher, body: bytes) -> None:
    with (
        oai_server.OaiServer([], tamper=lambda *_: body) as server,
        pytest.raises(SourceError, match="try again later"),
    ):
        harvest(OaiSource(fetcher, server.url))


def cut(body: bytes) -> bytes:
    """Cut an answer in the middle of its third record."""
    return body[: body.index(b"<title", body.index(b"2401.00005<"))]


def test_an_answer_cut_off_once_is_asked_again(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        server.tamper = lambda number, body: cut(body) if number == 1 else body
        found, _ = harvest(OaiSource(fetcher, server.url))
    assert ids(found) == numbers(*range(10))


def test_an_answer_cut_off_twice_is_saved_and_gone_on_from(fetcher: Fetcher) -> None:
    with oai_server.OaiServer(papers(10), page_size=4) as server:
        server.tamper = lambda number, body: cut(body) if number in (1, 2) else body
        found, pages = harvest(OaiSource(fetcher, server.url))
        assert server.requests[3]["from"] == "2024-01-03"
        assert pages[1].cursor["token"] is None
        rest, _ = harvest(OaiSource(fetcher, server.url), pages[1].cursor)
    assert ids(found) == numbers(*range(5), *range(4, 10))
    assert [row.line for row in found if row.error] == [2]
    assert ids(rest) == numbers(*range(4, 10))


def test_an_answer_always_cut_off_ends_in_an_error(fetcher: Fetcher) -> None:
    rows: list[RawRow] = []
    with oai_server.OaiServer(papers(10), page_size=8) as server:
        server.tamper = lambda _, body: cut(body)
        with pytest.raises(SourceError, match="breaks off again"):
            rows.extend(
                row for page in OaiSource(fetcher, server.url).pages(None) for row in page.rows
            )
    assert set(ids(rows)) == set(numbers(*range(5)))


@pytest.mark.parametrize("bad", [b"</wrong>", b"&nothing;", b"<title", b"a & b", b"\xff<x>"])
def test_one_broken_record_costs_only_itself(fetcher: Fetcher, bad: bytes) -> None:
    with oai_server.OaiServer(papers(6), page_size=3) as server:
        server.tamper = lambda _, body: body.replace(b"film number 1<", bad + b"<")
        found, _ = harvest(OaiSource(fetcher, server.url))
    assert ids(found) == numbers(0, 2, 3, 4, 5)
    (broken,) = [row for row in found if row.error]
    assert "2401.00001" in str(broken.value)


@pytest.mark.parametrize("bad", [b"\x0b", b"\x00", b"\xe9"])
def test_bytes_that_xml_forbids_cost_nothing(fetcher: Fetcher, bad: bytes) -> None:
    with oai_server.OaiServer(papers(6), page_size=3) as server:
        server.tamper = lambda _, body: body.replace(b"film number 1<", bad + b" film<")
        found, _ = harvest(OaiSource(fetcher, server.url))
    assert ids(found) == numbers(*range(6))


BOMB = b'<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
DTD = b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'


@pytest.mark.parametrize("doctype", [BOMB, OUTSIDE, DTD])
def test_entities_and_document_types_are_refused(fetcher: Fetcher, doctype: bytes) -> None:
    def infect(_: int, body: bytes) -> bytes:
        head, end, rest = body.partition(b"?>")
        return head + end + doctype + rest.replace(b"film", b"&b;")

    with oai_server.OaiServer(papers(2), tamper=infect) as server:
        pages = OaiSource(fetcher, server.url).pages(None)
        with pytest.raises(SourceError, match="refused XML"):
            list(pages)
