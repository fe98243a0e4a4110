"""The sample corpus: well-formed digests that say only what their sources say."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]

_SAMPLE = Path(__file__).parents[2] / "ingest" / "sample"
_FIELDS = {
    "id": str,
    "title": str,
    "abstract": str,
    "year": int,
    "authors": list,
    "source": str,
    "license": str,
}
_DIGESTS = 150
_LONGEST_SHARED_RUN = 5
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9(\[])")
_ID_START = '{"id": "'
_MARKUP = re.compile(r"[$_{}\\]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# A number of its own: not the digits of a formula (Bi2Te3, Ca(OH)2) or of a unit (cm^3, cm-3).
_OWN_NUMBER = re.compile(r"(?<![\w.^)\]])(?<![A-Za-z)\]]-)\d+(?:\.\d+)?")
_EDGES = ".,;:!?=<>()[]\"'“”‘’"


def _rows() -> list[Row]:
    files = sorted(_SAMPLE.glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def _text(row: Row) -> str:
    return f"{row['title']}. {row['abstract']}"


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", _MARKUP.sub("", text.replace("~", " ")))


def _values(numbers: Iterable[str]) -> set[Decimal]:
    return {Decimal(number).normalize() for number in numbers}


def _words(text: str) -> list[str]:
    words = (word.strip(_EDGES) for word in _plain(text).lower().split())
    return [word for word in words if word]


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def _shared_runs(digest: str, source: str) -> list[str]:
    length = _LONGEST_SHARED_RUN + 1
    shared = _runs(_words(digest), length) & _runs(_words(source), length)
    return sorted(" ".join(run) for run in shared)


def _strange_numbers(digest: str, source: str) -> set[Decimal]:
    own = _values(_OWN_NUMBER.findall(_plain(digest)))
    return own - _values(_NUMBER.findall(_plain(source)))


@pytest.fixture(scope="module")
def digests() -> list[Row]:
    return _rows()


@pytest.fixture(scope="module")
def sources(digests: list[Row], shared_data: Path) -> dict[str, list[Row]]:
    """Return the rows of the shared corpus that the digests name, by id."""
    wanted = {row["id"] for row in digests}
    found: dict[str, list[Row]] = defaultdict(list)
    for file in sorted((shared_data / "corpus").glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                # The id stands first in each line: only the lines that are wanted are parsed.
                assert line.startswith(_ID_START)
                paper_id = line[len(_ID_START) : line.index('"', len(_ID_START))]
                if paper_id in wanted:
                    found[paper_id].append(json.loads(line))
    return found


def _source_text(rows: list[Row]) -> str:
    return " ".join(f"{row['title']} {row['abstract']}" for row in rows)


def test_the_sample_has_its_digests_once_each(digests: list[Row]) -> None:
    ids = [row["id"] for row in digests]
    assert len(ids) == _DIGESTS
    assert len(set(ids)) == len(ids)
    assert len({row["title"] for row in digests}) == len(ids)
    assert all(paper_id.startswith(("arxiv:", "doi:")) for paper_id in ids)


def test_each_digest_has_the_fields_of_a_paper(digests: list[Row]) -> None:
    for row in digests:
        assert {name: type(value) for name, value in row.items()} == _FIELDS, row["id"]
        assert row["title"].strip()
        assert (row["source"], row["license"]) == ("matlore digest", "CC0-1.0"), row["id"]


def test_each_digest_is_short_and_dated(digests: list[Row]) -> None:
    for row in digests:
        assert 2 <= len(_SENTENCE_END.split(row["abstract"])) <= 4, row["id"]
        assert row["abstract"].endswith("."), row["id"]
        assert 1998 <= row["year"] <= 2026, row["id"]


def test_each_source_is_in_the_shared_corpus_with_its_year(
    digests: list[Row], sources: dict[str, list[Row]]
) -> None:
    years = {paper_id: {row["year"] for row in rows} for paper_id, rows in sources.items()}
    wrong = [row["id"] for row in digests if row["year"] not in years.get(row["id"], set())]
    assert wrong == []


def test_every_number_stands_in_the_source(
    digests: list[Row], sources: dict[str, list[Row]]
) -> None:
    strange = {
        row["id"]: numbers
        for row in digests
        if (numbers := _strange_numbers(_text(row), _source_text(sources[row["id"]])))
    }
    assert strange == {}


def test_no_digest_copies_its_source(digests: list[Row], sources: dict[str, list[Row]]) -> None:
    copied = {
        row["id"]: runs
        for row in digests
        if (runs := _shared_runs(_text(row), _source_text(sources[row["id"]])))
    }
    assert copied == {}


def test_the_checks_find_what_they_look_for() -> None:
    source = "The film of Bi$_2$Te$_3$ grown on glass at 1,050 K has $ZT$~0.9."
    assert _strange_numbers("Bi2Te3 at 1050 K: ZT 0.90 with 7 cm^-3", source) == {Decimal(7)}
    assert _strange_numbers("ZT of 0.8 in W/(m K2)", source) == {Decimal("0.8")}
    run = ["film of bi2te3 grown on glass"]
    assert _shared_runs("A film of Bi2Te3 (grown on glass).", source) == run
    assert _shared_runs("A film of Bi2Te3 on glass.", source) == []
