"""Rows of an index and their vectors: commits, snapshots, damage, folders that only can be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from embeddings.index import rows as rows_module
from embeddings.index.records import IndexedText
from embeddings.index.rows import ROWS, RowStore, read_known
from embeddings.index.vector_file import VECTORS, append_vectors, cut_vectors, map_vectors
from matlore.errors import ArtifactError


def text(key: str, year: int | None = None, source: str | None = None) -> IndexedText:
    return IndexedText(key, f"sha of {key}", "", key, year=year, source=source, license="CC0")


TEXTS = [
    text("a", 1999, "arxiv"),
    text("b", 2010, "openalex"),
    text("c", None, None),
    text("d", 2020, "arxiv"),
]


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[RowStore]:
    with closing(RowStore(tmp_path, writable=True)) as store:
        store.write(TEXTS, [], first=0)
        yield store


def test_a_number_is_never_used_twice(rows: RowStore) -> None:
    rows.write([], [3], first=rows.total)
    assert (rows.total, rows.live()) == (4, 3)
    rows.write([text("d")], [], first=rows.total)
    assert rows.rows_of(["a", "d", "none"]) == {"a": 0, "d": 4}
    assert rows.deleted().tolist() == [3]
    assert rows.keys_of([3, 4, 9]) == {3: "d", 4: "d"}


def test_a_key_is_not_there_twice_and_such_a_block_is_not_there_at_all(rows: RowStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        rows.write([text("e"), text("a")], [1], first=rows.total)
    assert rows.rows_of(["b", "e"]) == {"b": 1}
    assert rows.total == 4
    rows.write([text("a")], [0], first=rows.total)
    assert rows.rows_of(["a"]) == {"a": 4}


def test_many_keys_are_looked_up_at_once(rows: RowStore) -> None:
    more = [text(f"m{k}") for k in range(1_201)]
    rows.write(more, [], first=rows.total)
    found = rows.rows_of(one.key for one in more)
    assert found == {f"m{k}": 4 + k for k in range(1_201)}
    assert rows.keys_of(list(found.values())) == {row: key for key, row in found.items()}
    assert len(rows.known()) == len(rows.all_keys()) == 1_205


@pytest.mark.parametrize(
    ("years", "sources", "wanted"),
    [
        ((None, None), [], [0, 1, 2, 3]),
        ((2010, None), [], [1, 3]),
        ((None, 2010), [], [0, 1]),
        ((2010, 2010), ["openalex", "other"], [1]),
        ((None, None), ["arxiv"], [0, 3]),
        ((2030, 1990), [], []),
    ],
)
def test_rows_are_filtered(
    rows: RowStore, years: tuple[int | None, int | None], sources: list[str], wanted: list[int]
) -> None:
    assert sorted(rows.matching(years=years, sources=sources)) == wanted


def test_values_to_filter_by_are_counted(rows: RowStore) -> None:
    assert rows.choices("source") == {"arxiv": 2, "openalex": 1}
    with pytest.raises(ValueError, match="key"):
        rows.choices("key")


def test_a_reader_keeps_its_state_while_a_writer_goes_on(rows: RowStore, tmp_path: Path) -> None:
    with closing(RowStore(tmp_path)) as reader:
        rows.write([text("e")], [0], first=rows.total)
        assert set(reader.known()) == {"a", "b", "c", "d"}
        assert reader.total == 4
    assert set(read_known(tmp_path)) == {"b", "c", "d", "e"}


def test_a_reader_cannot_write(rows: RowStore, tmp_path: Path) -> None:
    with closing(RowStore(tmp_path)) as reader, pytest.raises(sqlite3.OperationalError):
        reader.note("encoder", "other")


def test_rows_are_read_where_nothing_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(RowStore(tmp_path, writable=True)) as store:
        store.write(TEXTS, [], first=0)
    connected = rows_module._connected

    def refused(name: str, *, uri: bool = False) -> sqlite3.Connection:
        if "mode=ro" in name:  # what SQLite says where it can make no lock files
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return connected(name, uri=uri)

    monkeypatch.setattr(rows_module, "_connected", refused)
    assert set(read_known(tmp_path)) == {"a", "b", "c", "d"}
    (tmp_path / f"{ROWS}-wal").write_bytes(b"more")  # the file alone is not the whole state
    with pytest.raises(ArtifactError, match="readonly"):
        read_known(tmp_path)


def test_a_damaged_page_is_told_when_it_is_read(tmp_path: Path) -> None:
    with closing(RowStore(tmp_path, writable=True)) as store:
        store.write([text(f"key {k}") for k in range(3_000)], [], first=0)
    path = tmp_path / ROWS
    data = bytearray(path.read_bytes())
    for page in range(4096 * 8, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    path.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=r"rows\.sqlite.*matlore index build"):
        read_known(tmp_path)


def test_no_rows_are_none_known(tmp_path: Path) -> None:
    assert read_known(tmp_path) == {}
    with pytest.raises(ArtifactError, match="no such file"):
        RowStore(tmp_path)


# Their vectors


def test_vectors_come_back_and_what_was_not_committed_is_cut_off(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    append_vectors(tmp_path, vectors[:3], rows=0)
    append_vectors(tmp_path, vectors[3:], rows=3)
    np.testing.assert_allclose(map_vectors(tmp_path, 5, 8), vectors, rtol=1e-3)
    cut_vectors(tmp_path, rows=4, size=8)
    assert (tmp_path / VECTORS).stat().st_size == 4 * 8 * 2
    append_vectors(tmp_path, vectors[:1], rows=2)  # the third and fourth did not count
    np.testing.assert_allclose(map_vectors(tmp_path, 3, 8), vectors[[0, 1, 0]], rtol=1e-3)


def test_missing_vectors_are_told(tmp_path: Path) -> None:
    assert map_vectors(tmp_path, 0, 8).shape == (0, 8)
    cut_vectors(tmp_path, rows=0, size=8)
    with pytest.raises(ArtifactError, match="truncated or missing"):
        map_vectors(tmp_path, 1, 8)
    append_vectors(tmp_path, np.ones((2, 8), np.float32), rows=0)
    with pytest.raises(ArtifactError, match="2 vectors of 3"):
        cut_vectors(tmp_path, rows=3, size=8)
    with pytest.raises(ArtifactError, match="not 3 vectors of 8"):
        map_vectors(tmp_path, 3, 8)
