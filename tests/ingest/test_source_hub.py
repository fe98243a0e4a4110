"""Data sets in all their local forms, streamed, resumed and missing."""

import gzip
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict
from huggingface_hub.errors import OfflineModeIsEnabled

from ingest.rows import paper_from_row
from ingest.sources import hub
from ingest.sources.base import Page, Source
from ingest.sources.hub import PAGE_ROWS, DatasetSource
from matlore.errors import SourceError

COUNT = 2 * PAGE_ROWS + 3


def rows(count: int = COUNT, first: int = 0) -> list[dict[str, str]]:
    return [
        {"id": f"x:{number}", "title": f"Paper {number}", "abstract": "Of no note."}
        for number in range(first, first + count)
    ]


def ids(pages: list[Page]) -> list[str]:
    return [row.value["id"] for page in pages for row in page.rows if isinstance(row.value, dict)]


def saved(folder: Path) -> Path:
    Dataset.from_list(rows()).save_to_disk(str(folder / "papers"))
    return folder / "papers"


def saved_splits(folder: Path) -> Path:
    parts = {
        "train": Dataset.from_list(rows(PAGE_ROWS + 1)),
        "test": Dataset.from_list(rows(PAGE_ROWS + 2, PAGE_ROWS + 1)),
    }
    DatasetDict(parts).save_to_disk(str(folder / "papers"))
    return folder / "papers"


def jsonl(folder: Path) -> Path:
    path = folder / "papers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
    return path


def csv(folder: Path) -> Path:
    path = folder / "papers.csv"
    lines = ["id,title,abstract", *(",".join(row.values()) for row in rows())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def parquet(folder: Path) -> Path:
    path = folder / "papers.parquet"
    pq.write_table(pa.Table.from_pylist(rows()), path)
    return path


def parquet_folder(folder: Path) -> Path:
    (folder / "papers").mkdir()
    pq.write_table(pa.Table.from_pylist(rows()), folder / "papers" / "train.parquet")
    return folder / "papers"


FORMS = [saved, saved_splits, jsonl, csv, parquet, parquet_folder]


@pytest.fixture(params=FORMS, ids=lambda form: form.__name__)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = request.param(tmp_path)
    assert isinstance(found, Path)
    return found


def test_every_form_gives_every_row_once_and_in_order(path: Path) -> None:
    source: Source = DatasetSource(path)
    pages = list(source.pages(None))
    assert ids(pages) == [f"x:{number}" for number in range(COUNT)]
    assert max(len(page.rows) for page in pages) == PAGE_ROWS
    assert ids(list(source.pages(None))) == ids(pages)


def test_resumes_after_any_page(path: Path) -> None:
    pages = list(DatasetSource(path).pages(None))
    for number, page in enumerate(pages, start=1):
        cursor = json.loads(json.dumps(page.cursor))
        assert ids(list(DatasetSource(path).pages(cursor))) == ids(pages[number:])


def test_starts_anew_when_the_file_has_changed(tmp_path: Path) -> None:
    path = jsonl(tmp_path)
    first, *_ = DatasetSource(path).pages(None)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(rows(1, COUNT)[0]) + "\n")
    assert len(ids(list(DatasetSource(path).pages(first.cursor)))) == COUNT + 1


def test_starts_anew_from_a_cursor_that_is_none_of_its_own(tmp_path: Path) -> None:
    path = jsonl(tmp_path)
    assert len(ids(list(DatasetSource(path).pages({"page": 3})))) == COUNT


def test_reads_one_split_where_asked(tmp_path: Path) -> None:
    pages = list(DatasetSource(saved_splits(tmp_path), split="test").pages(None))
    assert ids(pages) == [row["id"] for row in rows(PAGE_ROWS + 2, PAGE_ROWS + 1)]


def test_an_unknown_split_is_refused_with_those_there_are(tmp_path: Path) -> None:
    source = DatasetSource(saved_splits(tmp_path), split="dev")
    with pytest.raises(SourceError, match="no split dev: there are train, test"):
        list(source.pages(None))


@pytest.mark.parametrize("limit", [0, 1, PAGE_ROWS, PAGE_ROWS + 5, COUNT + 5])
def test_limit_counts_rows_over_all_splits_and_after_a_cursor(tmp_path: Path, limit: int) -> None:
    source = DatasetSource(saved_splits(tmp_path), limit=limit)
    pages = list(source.pages(None))
    assert len(ids(pages)) == min(limit, COUNT)
    for number, page in enumerate(pages, start=1):
        assert ids(list(source.pages(page.cursor))) == ids(pages[number:])


def test_mapped_columns_take_their_fields_names(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text('{"a": "Über nichts", "b": "Text.", "source": null}\n', encoding="utf-8")
    (page,) = DatasetSource(path, mapping={"title": "a", "abstract": "b"}).pages(None)
    assert page.rows[0].value == {"title": "Über nichts", "abstract": "Text.", "source": "odd"}
    assert paper_from_row(page.rows[0].value).source == "odd"


def test_a_row_keeps_its_own_source(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"title": "Nothing", "source": "elsewhere"}\n', encoding="utf-8")
    (page,) = DatasetSource(path).pages(None)
    assert paper_from_row(page.rows[0].value).source == "elsewhere"


def test_a_mapping_to_no_column_is_refused_with_those_there_are(tmp_path: Path) -> None:
    source = DatasetSource(jsonl(tmp_path), mapping={"title": "headline"})
    with pytest.raises(SourceError, match="no column headline: there are id, title, abstract"):
        list(source.pages(None))


def test_a_data_set_not_found_is_named_with_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **options: object) -> None:
        raise OSError("404: no such repository.\nA trace follows")

    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", refuse)
    wanted = r"^nobody/nothing: not found on the hub: 404: no such repository\. Check .* a copy"
    with pytest.raises(SourceError, match=wanted):
        list(DatasetSource("nobody/nothing").pages(None))


def test_offline_a_data_set_is_named_with_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def offline(*_: object, **options: object) -> None:
        asked.append(options.get("revision"))
        raise OfflineModeIsEnabled("offline")

    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", offline)
    monkeypatch.setattr("datasets.load_dataset", offline)
    with pytest.raises(SourceError, match=r"nobody/nothing: no data set .*: offline\. Check"):
        list(DatasetSource("nobody/nothing", revision="v2").pages(None))
    assert asked == ["v2", "v2"]


@pytest.mark.parametrize("name", ["/no/such/folder", "./papers", "papers.jsonl", "a/b/c"])
def test_a_path_to_nothing_is_not_sought_on_the_hub(name: str) -> None:
    with pytest.raises(SourceError, match="there is no such file or folder"):
        list(DatasetSource(name).pages(None))


def test_packed_lines_are_read(tmp_path: Path) -> None:
    packed = tmp_path / "papers.jsonl.gz"
    packed.write_bytes(gzip.compress(jsonl(tmp_path).read_bytes()))
    assert ids(list(DatasetSource(packed).pages(None))) == [row["id"] for row in rows()]


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "torn.jsonl"
    path.write_text('{"title": "Whole"}\n{"title"\n', encoding="utf-8")
    with pytest.raises(SourceError, match=r"torn\.jsonl: "):
        list(DatasetSource(path).pages(None))


def test_pages_before_a_broken_row_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(split: object, start: int) -> object:
        yield from rows(PAGE_ROWS)
        raise ValueError("torn\nat the end")

    monkeypatch.setattr("datasets.IterableDataset.skip", broken)
    pages = DatasetSource(jsonl(tmp_path)).pages(None)
    assert len(next(pages).rows) == PAGE_ROWS
    with pytest.raises(SourceError, match=r"cannot be read on: torn$"):
        next(pages)


def test_a_file_of_another_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "papers.docx"
    path.write_bytes(b"PK")
    with pytest.raises(SourceError, match="of no known type"):
        list(DatasetSource(path).pages(None))


def test_without_the_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(SourceError, match=r"pip install \"matlore\[datasets\]\""):
        list(DatasetSource(jsonl(tmp_path)).pages(None))


def test_on_the_hub_the_commit_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(DatasetSource, "_commit", lambda self: "c0ffee")

    def load(name: str, config: str | None, **options: object) -> dict[str, object]:
        asked.append((name, config, options))
        return {"train": Dataset.from_list(rows(2)).to_iterable_dataset()}

    monkeypatch.setattr("datasets.load_dataset", load)
    (page,) = DatasetSource("some/papers", config="small").pages(None)
    assert asked == [("some/papers", "small", {"revision": "c0ffee", "streaming": True})]
    assert page.cursor == {"rows": 2, "split": "train", "row": 2, "revision": "c0ffee"}
    assert [paper_from_row(row.value).source for row in page.rows] == ["some/papers"] * 2


def test_query_tells_sources_apart_that_give_other_rows() -> None:
    base = {"config": "a", "split": "b", "revision": "c", "mapping": {"title": "d"}}
    queries = {DatasetSource("some/papers", **{key: base[key]}).query for key in base}  # type: ignore[arg-type]
    assert len(queries | {DatasetSource("some/papers").query}) == 5
    assert DatasetSource("some/papers", limit=3).query == "some/papers"
    assert hub.__all__ == ["PAGE_ROWS", "DatasetSource"]
