"""OpenAlex, spoken to on a real local server."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from json_server import Asked, Reply, serving

from ingest.http import Answer, Fetcher
from ingest.rows import paper_from_row
from ingest.sources.base import Page
from ingest.sources.openalex import MAX_WORDS, OpenAlexSource, abstract_of, is_spent
from matlore.errors import SourceError, UsageError

DAY = date(2026, 11, 2)
FETCHER = Fetcher(allow_private=True, pause=0, retries=1, sleep=lambda _: None, is_final=is_spent)
SPENT = {
    "error": "Rate limit exceeded",
    "message": "Insufficient budget for this call. Resets at midnight UTC.",
}


@pytest.fixture(autouse=True, scope="module")
def closed() -> Iterator[None]:
    """Leave no connection open after the last test."""
    yield
    FETCHER.close()


def work(number: int, **changes: object) -> dict[str, object]:
    """Return an invented work in the form of OpenAlex."""
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.5555/Work.{number}",
        "ids": {"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{number}"},
        "title": f"Invented telluride {number}",
        "abstract_inverted_index": {"Heat": [0], "is": [1], "slow.": [3]},
        "publication_date": "2020-05-01",
        "publication_year": 2020,
        "authorships": [{"author": {"display_name": "Ada Roe"}}, None],
        "primary_location": {"source": {"display_name": "J. Inv."}, "license": "cc-by"},
        "is_retracted": False,
        "topics": [{"display_name": "Thermoelectrics"}],
        "keywords": [{"display_name": "telluride"}],
    } | changes


def listing(count: int) -> Callable[[Asked], Reply]:
    """Return a service of `count` works that pages by offset cursors."""

    def answer(asked: Asked) -> Reply:
        cursor, size = asked.params["cursor"], int(asked.params["per_page"])
        start = 0 if cursor == "*" else int(cursor)
        found = [work(number) for number in range(start, min(count, start + size))]
        following = str(start + size) if found else None
        return Reply({"meta": {"count": count, "next_cursor": following}, "results": found})

    return answer


def source(url: str, **options: Any) -> OpenAlexSource:
    asked: dict[str, Any] = {"search": "telluride", "key": "K1", "today": lambda: DAY} | options
    return OpenAlexSource(FETCHER, base_url=url, **asked)


def titles(pages: list[Page]) -> list[object]:
    return [row.value["title"] for page in pages for row in page.rows]  # type: ignore[index]


def only(body: dict[str, object]) -> Any:
    """Return the one row that an answer of one record becomes."""
    with serving(
        lambda _: Reply({"meta": {"count": 1, "next_cursor": None}, "results": [body]})
    ) as (url, _):
        ((row,),) = [page.rows for page in source(url).pages(None)]
    return row


def test_all_pages_come_and_the_last_cursor_is_the_day_it_began() -> None:
    with serving(listing(250)) as (url, asked):
        pages = list(source(url).pages(None))
    assert [len(page.rows) for page in pages] == [100, 100, 50, 0]
    assert pages[0].total == 250
    assert pages[0].cursor == {"cursor": "100", "since": None, "began": "2026-11-02"}
    assert pages[-1].cursor == {"since": "2026-11-02"}
    assert asked[0].path == "/works"
    assert asked[0].headers["authorization"] == "Bearer K1"
    assert asked[0].params["search"] == "telluride"
    assert "K1" not in str(asked[0].params)


def test_a_later_run_goes_on_after_a_cursor_and_ends_on_the_first_day() -> None:
    with serving(listing(250)) as (url, _):
        first = next(iter(source(url).pages(None)))
        rest = list(source(url, today=lambda: date(2026, 12, 24)).pages(first.cursor))
    assert titles([first, *rest]) == [f"Invented telluride {n}" for n in range(250)]
    assert rest[-1].cursor == {"since": "2026-11-02"}


def test_a_limit_stops_and_the_next_run_goes_on_there() -> None:
    with serving(listing(130)) as (url, _):
        first = list(source(url, limit=120).pages(None))
        second = list(source(url, limit=120).pages(first[-1].cursor))
    assert len(titles(first)) == 120
    assert titles(first + second) == [f"Invented telluride {n}" for n in range(130)]
    assert second[-1].cursor == {"since": "2026-11-02"}


def test_dates_of_publication_and_of_the_last_harvest_are_filters() -> None:
    with serving(listing(0)) as (url, asked):
        one = source(url, filter="type:article", since=date(2020, 1, 1), until=date(2021, 1, 1))
        list(one.pages({"since": "2026-10-01"}))
    assert asked[0].params["filter"] == (
        "type:article,from_publication_date:2020-01-01,to_publication_date:2021-01-01,"
        "from_created_date:2026-10-01"
    )
    assert "type:article" in one.query
    assert "search=telluride" in one.query


def test_a_plan_without_creation_dates_falls_back_to_publication_dates() -> None:
    def answer(asked: Asked) -> Reply:
        if "from_created_date" in asked.params["filter"]:
            return Reply({"error": "plan"}, 403)
        return listing(1)(asked)

    with serving(answer) as (url, asked):
        pages = list(source(url).pages({"since": "2026-10-01"}))
    assert len(titles(pages)) == 1
    assert asked[1].params["filter"] == "from_publication_date:2026-07-03"


@pytest.mark.parametrize("key", [None, "", " "])
def test_without_a_key_one_sentence_says_what_to_do(key: str | None) -> None:
    with pytest.raises(UsageError, match=r"free API key.*MATLORE_OPENALEX_KEY.*openalex_key"):
        source("http://127.0.0.1:1", key=key)


def test_impossible_options_are_refused() -> None:
    with pytest.raises(UsageError, match="search or a filter"):
        source("http://127.0.0.1:1", search=None)
    with pytest.raises(UsageError, match="limit 0"):
        source("http://127.0.0.1:1", limit=0)
    with pytest.raises(UsageError, match="signs that no key has"):
        source("http://127.0.0.1:1", key="ключ")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "11987"}),
        ({}, {"X-RateLimit-Remaining": "5", "X-RateLimit-Credits-Required": "10"}),
        (SPENT, {}),
    ],
)
def test_spent_credit_is_not_asked_for_again(body: dict[str, str], headers: dict[str, str]) -> None:
    with (
        serving(lambda _: Reply(body, 429, headers)) as (url, asked),
        pytest.raises(SourceError, match=r"credit .* is spent.*midnight UTC"),
    ):
        list(source(url).pages(None))
    assert len(asked) == 1


def test_the_message_says_how_long_the_credit_is_away() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "11987"}
    with (
        serving(lambda _: Reply({}, 429, headers)) as (url, _),
        pytest.raises(SourceError, match="in 3 h 20 min"),
    ):
        list(source(url).pages(None))


def test_too_many_requests_pass() -> None:
    replies = [Reply({"error": "slow down"}, 429, {"X-RateLimit-Remaining": "900"})]
    with serving(lambda asked: replies.pop() if replies else listing(1)(asked)) as (url, _):
        assert len(titles(list(source(url).pages(None)))) == 1


def test_a_429_is_told_apart_by_headers_and_body() -> None:
    assert not is_spent(Answer("", 200, {"X-RateLimit-Remaining": "0"}, b""))
    assert not is_spent(Answer("", 429, {}, b"Too many requests"))
    assert not is_spent(Answer("", 429, {"X-RateLimit-Remaining": "soon"}, b""))
    assert is_spent(Answer("", 429, {"X-RateLimit-Remaining-USD": "0"}, b""))


def test_a_refused_key_is_named() -> None:
    with (
        serving(lambda _: Reply({}, 401)) as (url, _),
        pytest.raises(SourceError, match="refuses the key"),
    ):
        list(source(url).pages(None))


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", [], {}, {"meta": {}}, {"meta": None, "results": []}]
)
def test_answers_of_another_kind_are_errors(body: object) -> None:
    with serving(lambda _: Reply(body)) as (url, _), pytest.raises(SourceError, match="answer is"):
        list(source(url).pages(None))


def test_the_same_page_again_and_again_is_an_error() -> None:
    body = {"meta": {"next_cursor": "X"}, "results": [work(1)]}
    with (
        serving(lambda _: Reply(body)) as (url, asked),
        pytest.raises(SourceError, match="same page again and again"),
    ):
        list(source(url).pages(None))
    assert len(asked) == 2


def test_empty_pages_end_the_harvest() -> None:
    body = {"meta": {"next_cursor": "X"}, "results": []}
    with serving(lambda _: Reply(body)) as (url, asked):
        (page,) = source(url).pages(None)
    assert page.cursor == {"since": "2026-11-02"}
    assert len(asked) == 1


def test_a_work_becomes_a_paper() -> None:
    paper = paper_from_row(only(work(7)).value)
    assert paper.ids == ("doi:10.5555/work.7", "openalex:W7", "pmid:7")
    assert paper.abstract == "Heat is slow."
    assert paper.date == date(2020, 5, 1)
    assert paper.authors == ("Ada Roe",)
    assert (paper.venue, paper.license, paper.source) == ("J. Inv.", "cc-by", "OpenAlex")
    assert paper.categories == ("Thermoelectrics", "telluride")
    assert not paper.retracted


def test_a_work_without_doi_has_its_openalex_id() -> None:
    assert paper_from_row(only(work(7, doi=None)).value).id == "openalex:W7"
    assert paper_from_row(only(work(7, is_retracted=True)).value).retracted


def test_odd_records_raise_nothing() -> None:
    odd = {key: None for key in work(1)}
    wrong: dict[str, object] = {key: [None, 3, {"a": []}] for key in work(1)}
    body = {"meta": {"count": "4"}, "results": [None, odd, wrong, work(2)]}
    with serving(lambda _: Reply(body)) as (url, _):
        (page,) = source(url).pages(None)
    assert page.total == 4
    assert [row.error is None for row in page.rows] == [False, True, False, True]


@pytest.mark.parametrize("position", [10**9, MAX_WORDS, -1, True, None, "x", "9" * 5000, 1.5])
def test_absurd_positions_are_an_error_and_take_no_memory(position: object) -> None:
    row = only(work(1, abstract_inverted_index={"a": [0], "b": [position]}))
    assert "bad position" in row.error
    assert row.value["title"] == "Invented telluride 1"
    assert "abstract" not in row.value


def test_abstracts_are_put_together_from_their_index() -> None:
    assert abstract_of({"b": [1, 3], "a": [0], "d": ["40"]}) == ("a b b d", None)
    assert abstract_of({}) == (None, None)
    assert abstract_of(["a"])[1] is not None
    assert abstract_of({"a": [0] * (MAX_WORDS + 1)})[1] is not None


@pytest.mark.parametrize(
    "cursor", [{"cursor": 3}, {"since": "yesterday"}, {"cursor": "a", "began": []}]
)
def test_damaged_cursors_are_named(cursor: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="damaged"):
        list(source("http://127.0.0.1:1").pages(cursor))
