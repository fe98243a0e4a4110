"""Crossref, spoken to on a real local server."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from json_server import Asked, Reply, serving

from ingest.clean import clean_text
from ingest.http import Fetcher, ServiceError
from ingest.rows import paper_from_row
from ingest.sources.base import Cursor, Page
from ingest.sources.crossref import CrossrefSource
from matlore.errors import SourceError, UsageError

DAY = date(2026, 11, 2)
FETCHER = Fetcher(allow_private=True, pause=0, retries=0, sleep=lambda _: None)
JATS = (
    "<jats:title>Abstract</jats:title><jats:p>We made Bi<jats:sub>2</jats:sub>"
    "Te<jats:sub>3</jats:sub> films.</jats:p>"
)


@pytest.fixture(autouse=True, scope="module")
def closed() -> Iterator[None]:
    """Leave no connection open after the last test."""
    yield
    FETCHER.close()


def work(number: int, **changes: object) -> dict[str, object]:
    """Return an invented work in the form of Crossref."""
    return {
        "DOI": f"10.5555/Work.{number}",
        "URL": f"https://doi.org/10.5555/work.{number}",
        "title": [f"Invented telluride {number}"],
        "abstract": JATS,
        "author": [{"given": "Ada", "family": "Roe"}, None, {"name": "The Team"}],
        "container-title": ["J. Inv."],
        "subject": ["Physics"],
        "license": [
            {"URL": "https://example.org/tdm", "content-version": "tdm"},
            {"URL": "https://example.org/by", "content-version": "vor"},
        ],
        "published": {"date-parts": [[2020, 5, 1]]},
        "indexed": {"date-time": f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}Z"},
    } | changes


def body(works: list[Any], following: str | None = None, total: int = 9) -> dict[str, object]:
    message = {"items": works, "next-cursor": following, "total-results": total}
    return {"status": "ok", "message": message}


def listing(count: int) -> Callable[[Asked], Reply]:
    """Return a service that keeps one cursor for all pages, as Crossref may."""
    state = {"at": 0}

    def answer(asked: Asked) -> Reply:
        if asked.params["cursor"] == "*":
            since = asked.params["filter"].partition("from-index-date:")[2]
            moments = [str(work(n)["indexed"])[15:34] for n in range(count)]
            state["at"] = sum(moment < since for moment in moments)
        start = state["at"]
        state["at"] = min(count, start + int(asked.params["rows"]))
        return Reply(body([work(n) for n in range(start, state["at"])], "DnF1+/=", count))

    return answer


def source(url: str, **options: Any) -> CrossrefSource:
    asked: dict[str, Any] = {
        "query": "telluride",
        "today": lambda: DAY,
        "contact": "a@example.org",
    } | options
    return CrossrefSource(FETCHER, base_url=url, **asked)


def titles(pages: list[Page]) -> list[object]:
    return [row.value["title"] for page in pages for row in page.rows]  # type: ignore[index]


def only(record: dict[str, object]) -> Any:
    """Return the one row that an answer of one record becomes."""
    with serving(lambda _: Reply(body([record]))) as (url, _):
        ((row,),) = [page.rows for page in source(url).pages(None)]
    return row


def test_all_pages_come_though_the_cursor_stays_the_same() -> None:
    with serving(listing(1200)) as (url, asked):
        pages = list(source(url).pages(None))
    assert titles(pages) == [f"Invented telluride {n}" for n in range(1200)]
    assert pages[-1].cursor == {"since": "2026-11-02"}
    assert pages[0].total == 1200
    assert asked[0].params["mailto"] == "a@example.org"
    assert asked[0].params["filter"] == "has-abstract:true"
    assert asked[1].params["cursor"] == "DnF1+/="


def test_a_later_harvest_asks_for_what_was_indexed_since() -> None:
    with serving(listing(0)) as (url, asked):
        one = source(url, filter="type:journal-article", since=date(2020, 1, 1), contact=None)
        list(one.pages({"since": "2026-10-01"}))
    assert asked[0].params["filter"] == (
        "has-abstract:true,type:journal-article,from-pub-date:2020-01-01,from-index-date:2026-10-01"
    )
    assert "mailto" not in asked[0].params
    assert "query=telluride" in one.query


@pytest.mark.parametrize("status", [400, 404])
def test_an_expired_cursor_starts_anew_from_the_last_record(status: int) -> None:
    serve = listing(1200)

    def answer(asked: Asked) -> Reply:
        return serve(asked) if asked.params["cursor"] != "old" else Reply({}, status)

    with serving(answer) as (url, asked):
        first = next(iter(source(url).pages(None)))
        rest = list(source(url).pages({**first.cursor, "cursor": "old"}))
    assert set(titles([first, *rest])) == {f"Invented telluride {n}" for n in range(1200)}
    assert len(titles(rest)) == 701
    assert asked[2].params["filter"].endswith("from-index-date:2026-01-01T00:08:19")
    assert rest[-1].cursor == {"since": "2026-11-02"}


def test_a_service_without_moments_is_asked_by_the_day() -> None:
    serve = listing(3)
    cursor = {"cursor": "old", "began": "2026-10-30", "after": "2026-01-01T00:00:02"}

    def answer(asked: Asked) -> Reply:
        is_fine = asked.params["filter"].endswith("from-index-date:2026-01-01")
        return serve(asked) if is_fine else Reply({}, 400)

    with serving(answer) as (url, _):
        pages = list(source(url).pages(cursor))
    assert len(titles(pages)) == 3


def test_without_an_order_an_expired_cursor_starts_from_the_beginning() -> None:
    cursor = {"cursor": "old", "since": "2026-01-01", "began": "2026-10-30"}

    def answer(asked: Asked) -> Reply:
        if asked.params["cursor"] == "*":
            return Reply(body([work(9), work(3)], "next"))
        return Reply({}, 404) if asked.params["cursor"] == "old" else Reply(body([]))

    with serving(answer) as (url, asked):
        pages = list(source(url).pages(cursor))
    assert asked[1].params["filter"].endswith("from-index-date:2026-01-01")
    assert "after" not in pages[0].cursor
    assert pages[-1].cursor == {"since": "2026-10-30"}


def test_limits_come_to_the_end_though_cursors_expire_in_between() -> None:
    serve = listing(100)
    got: set[object] = set()
    cursor: Cursor | None = None
    with serving(lambda a: Reply({}, 404) if a.params["cursor"] == "old" else serve(a)) as (url, _):
        for _ in range(5):
            pages = list(source(url, limit=30).pages(cursor))
            got |= set(titles(pages))
            cursor = {**pages[-1].cursor, "cursor": "old"}
    assert got == {f"Invented telluride {n}" for n in range(100)}


def test_a_service_that_forgets_each_cursor_is_an_error() -> None:
    page = [work(1), work(1)]
    with (
        serving(
            lambda a: Reply(body(page, "c")) if a.params["cursor"] == "*" else Reply({}, 404)
        ) as (url, asked),
        pytest.raises(SourceError, match="forgets its cursors"),
    ):
        list(source(url).pages(None))
    assert len(asked) < 60


def test_a_refused_first_page_is_an_error() -> None:
    with serving(lambda _: Reply({}, 400)) as (url, _), pytest.raises(ServiceError):
        list(source(url).pages(None))


def test_the_same_page_again_and_again_is_an_error() -> None:
    with (
        serving(lambda _: Reply(body([work(1)], "X"))) as (url, asked),
        pytest.raises(SourceError, match="same page again and again"),
    ):
        list(source(url).pages(None))
    assert len(asked) == 2


def test_empty_pages_end_the_harvest() -> None:
    with serving(lambda _: Reply(body([], "X"))) as (url, asked):
        (page,) = source(url).pages(None)
    assert page.cursor == {"since": "2026-11-02"}
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"<html>", [], {"message": []}, {"message": {"items": {}}}])
def test_answers_of_another_kind_are_errors(answer: object) -> None:
    with serving(lambda _: Reply(answer)) as (url, _), pytest.raises(SourceError, match="answer"):
        list(source(url).pages(None))


def test_a_query_or_a_filter_is_needed() -> None:
    with pytest.raises(UsageError, match="query or a filter"):
        source("http://127.0.0.1:1", query=None)


def test_a_work_becomes_a_paper() -> None:
    row = only(work(7))
    assert row.value["abstract"] == JATS
    paper = paper_from_row(row.value)
    assert paper.ids == ("doi:10.5555/work.7",)
    assert paper.text == "Invented telluride 7\nWe made Bi2Te3 films."
    assert paper.date == date(2020, 5, 1)
    assert paper.authors == ("Ada Roe", "The Team")
    assert (paper.venue, paper.source) == ("J. Inv.", "Crossref")
    assert paper.license == "https://example.org/by"
    assert not paper.retracted


@pytest.mark.parametrize(
    ("jats", "text"),
    [
        (JATS, "We made Bi2Te3 films."),
        ("<jats:p>One.</jats:p>\n<jats:p>Two.</jats:p>", "One. Two."),
        ("<jats:p>A <jats:italic>p</jats:italic>-type x</jats:p>", "A p-type x"),
        ("<jats:title>Abstract</jats:title>\n  <jats:p>The end.</jats:p>", "The end."),
    ],
)
def test_jats_is_cleaned(jats: str, text: str) -> None:
    assert clean_text(jats) == text


def test_only_the_retracted_work_is_retracted() -> None:
    notice = work(1, **{"update-to": [{"type": "retraction", "DOI": "10.5555/work.2"}]})
    assert not paper_from_row(only(notice).value).retracted
    retracted = work(2, **{"updated-by": [None, {"type": "retraction", "DOI": "10.5555/x"}]})
    assert paper_from_row(only(retracted).value).retracted
    corrected = work(3, **{"updated-by": [{"type": "correction"}]})
    assert not paper_from_row(only(corrected).value).retracted
    assert paper_from_row(only(work(4, title=["RETRACTED: Old films"])).value).retracted


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ({"date-parts": [[2020]]}, "2020"),
        ({"date-parts": [["2020", "5"]]}, "2020-05"),
        ({"date-parts": [[None]]}, None),
        ({"date-parts": [[2020, None, 3]]}, None),
        ({"date-parts": []}, None),
        ("2020", None),
    ],
)
def test_dates_are_read_as_far_as_they_go(published: object, day: str | None) -> None:
    assert only(work(1, published=published)).value.get("date") == day


def test_odd_records_raise_nothing() -> None:
    odd = {key: None for key in work(1)}
    wrong: dict[str, object] = {key: [None, 3, {"a": []}] for key in work(1)}
    strange: dict[str, object] = {key: 5 for key in work(1)}
    with serving(lambda _: Reply(body([None, odd, wrong, strange, work(2)]))) as (url, _):
        (page,) = source(url).pages(None)
    assert [row.error is None for row in page.rows] == [False, True, True, True, True]
