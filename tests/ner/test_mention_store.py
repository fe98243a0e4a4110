"""Mentions on disk: only what lives is read, and what is dead goes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matlore.errors import ArtifactError, NotFoundError
from matlore.home import FORMAT, Home, HomeWriter
from matlore.records import Label, Mention
from ner.fact_compaction import compact_shards, drop_shards
from ner.mention_store import MENTIONS as KIND_OF_MENTIONS
from ner.mention_store import (
    Mentions,
    MentionWriter,
    forget_papers,
    mentions_from_batch,
    mentions_to_batch,
)

_INT32 = st.integers(0, 2**31 - 1)
MENTIONS = st.builds(
    Mention,
    st.text(),
    st.text(),
    _INT32,
    _INT32,
    st.sampled_from(get_args(Label)),
    st.text(),
    st.none() | st.text(),
    st.none() | st.floats(allow_nan=False),
    st.sampled_from(["tagger", "relation"]),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


@pytest.fixture
def writer(home: Home) -> Iterator[HomeWriter]:
    with home.writer() as writer:
        yield writer


def _add_paper(writer: HomeWriter, id: str, text_sha: str) -> None:
    writer.connection.execute(
        "INSERT OR REPLACE INTO papers VALUES (?, 1, 0, ?, 9)", (id, text_sha)
    )
    writer.connection.execute("INSERT OR IGNORE INTO aliases VALUES (?, ?, 0)", (id, id))


def _mentions(id: str, count: int, text_sha: str = "sha") -> list[Mention]:
    return [
        Mention(id, text_sha, 10 * n, 10 * n + 4, "PRO" if n % 2 else "MAT", f"{id} {n}")
        for n in range(count)
    ]


def _write(
    writer: HomeWriter, counts: Mapping[str, int], *, model: str = "m1", text_sha: str = "sha"
) -> None:
    """Put papers with so many mentions each into a shard of their own."""
    for id in counts:
        _add_paper(writer, id, text_sha)
    store = MentionWriter(writer, model=model)
    for id, count in counts.items():
        store.add({(id, text_sha): _mentions(id, count, text_sha)})
    store.commit()


def _texts(home: Home) -> list[str]:
    return [mention.text for mention in Mentions(home)]


def _names(home: Home) -> list[str]:
    return sorted(path.name for path in home.folder("facts").iterdir())


@given(st.lists(MENTIONS, max_size=5), st.text())
def test_a_round_trip_keeps_every_field(mentions: Sequence[Mention], model: str) -> None:
    batch = mentions_to_batch(mentions, model)
    assert [*mentions_from_batch(batch)] == mentions
    assert batch.column("model").to_pylist() == [model] * len(mentions)


def test_mentions_come_back_as_they_went(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 3, "b": 0, "c": 2})
    assert [*Mentions(home)] == [*_mentions("a", 3), *_mentions("c", 2)]
    assert Mentions(home).by_paper("a") == _mentions("a", 3)
    assert Mentions(home).by_paper("b") == []
    assert Mentions(home).by_paper("c") == _mentions("c", 2)
    assert Mentions(home).counts() == {
        "papers": 3,
        "pending": 0,
        "mentions": 5,
        "labels": {"MAT": 3, "PRO": 2},
        "models": {"m1": 3},
    }


def test_columns_can_be_chosen(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 1})
    (batch,) = Mentions(home).batches(["model", "text"])
    assert batch.to_pylist() == [{"model": "m1", "text": "a 0"}]


def test_a_paper_without_mentions_needs_no_shard(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 0})
    assert home.shards("facts") == []
    assert Mentions(home).counts()["papers"] == 1


def test_what_is_not_committed_is_not_seen_and_leaves_nothing(home: Home) -> None:
    with home.writer() as writer:
        _add_paper(writer, "a", "sha")
        store = MentionWriter(writer, model="m1")
        store.add({("a", "sha"): _mentions("a", 2)})
        assert _texts(home) == []
        store.close()
    assert _names(home) == []
    assert Mentions(home).counts()["papers"] == 0


def test_a_paper_by_any_of_its_identifiers(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 1})
    writer.connection.execute("INSERT INTO aliases VALUES ('doi:10.1/a', 'a', 1)")
    writer.commit()
    assert Mentions(home).by_paper("doi:10.1/a") == _mentions("a", 1)
    with pytest.raises(NotFoundError, match="no paper z"):
        Mentions(home).by_paper("z")


def test_a_paper_that_was_not_read_says_so(home: Home, writer: HomeWriter) -> None:
    _add_paper(writer, "a", "sha")
    writer.commit()
    with pytest.raises(NotFoundError, match="matlore ner extract"):
        Mentions(home).by_paper("a")


def test_mentions_of_an_old_text_are_not_shown(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 2, "b": 1, "c": 3})
    _add_paper(writer, "b", "other")
    writer.commit()
    assert _texts(home) == ["a 0", "a 1", "c 0", "c 1", "c 2"]
    counts = Mentions(home).counts()
    assert (counts["papers"], counts["pending"], counts["mentions"]) == (2, 1, 5)
    with pytest.raises(NotFoundError, match="has not been read"):
        Mentions(home).by_paper("b")


def test_a_newer_version_replaces_the_mentions(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 2, "b": 2})
    _write(writer, {"a": 1}, model="m2")
    assert _texts(home) == ["b 0", "b 1", "a 0"]
    assert Mentions(home).counts()["models"] == {"m1": 1, "m2": 1}


def test_forgotten_papers_are_gone(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 1, "b": 1})
    forget_papers(writer.connection, ["a"])
    writer.commit()
    assert _texts(home) == ["b 0"]


def test_a_reader_keeps_its_snapshot_beside_a_compaction(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 2})
    _write(writer, {"b": 2})
    reading = iter(Mentions(home))
    assert next(reading).text == "a 0"
    _write(writer, {"a": 1}, model="m2")
    compact_shards(writer, KIND_OF_MENTIONS)
    assert [mention.text for mention in reading] == ["a 1", "b 0", "b 1"]
    assert _texts(home) == ["b 0", "b 1", "a 0"]


def test_row_groups_of_dead_rows_are_skipped(
    home: Home, writer: HomeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(writer, dict.fromkeys("abcd", 2))
    forget_papers(writer.connection, "bcd")
    writer.commit()
    read: list[int] = []
    iter_batches = pq.ParquetFile.iter_batches

    def spy(file: pq.ParquetFile, *args: object, **options: object) -> Iterator[object]:
        read.append(options["row_groups"][0])  # type: ignore[index]
        return iter_batches(file, *args, **options)  # type: ignore[no-any-return]

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    assert _texts(home) == ["a 0", "a 1"]
    assert read == [0]


# Homes made before


def _make_old(home: Home) -> None:
    with sqlite3.connect(home.path / "state.sqlite") as sql:
        sql.execute("DROP TABLE extracted")
    sql.close()
    (home.path / "home.json").write_text('{"format": 2}')


def test_a_home_of_format_2_is_read_and_then_migrated(home: Home) -> None:
    with home.writer() as writer:
        _add_paper(writer, "a", "sha")
        writer.commit()
    _make_old(home)
    old = Home.open(home.path)
    assert _texts(old) == []
    assert Mentions(old).counts()["pending"] == 1
    with pytest.raises(NotFoundError, match="has not been read"):
        Mentions(old).by_paper("a")
    with old.writer() as writer:
        _write(writer, {"a": 1})
    assert _texts(old) == ["a 0"]
    assert f'"format": {FORMAT}' in (home.path / "home.json").read_text()


# Compaction


def test_small_shards_become_one(home: Home, writer: HomeWriter) -> None:
    for id in "abcde":
        _write(writer, {id: 3, f"{id}0": 0})
    before = [*Mentions(home)]
    assert compact_shards(writer, KIND_OF_MENTIONS) == 5
    assert [*Mentions(home)] == before
    assert Mentions(home).by_paper("d") == _mentions("d", 3)
    assert _names(home) == ["mentions-000006.parquet"]
    assert compact_shards(writer, KIND_OF_MENTIONS) == 0
    assert _names(home) == ["mentions-000006.parquet"]


def test_full_shards_are_filled_and_no_more(home: Home, writer: HomeWriter) -> None:
    for id in "abcdefgh":
        _write(writer, {id: 3})
    before = [*Mentions(home)]
    compact_shards(writer, KIND_OF_MENTIONS, shard_rows=13)
    assert [shard.rows for shard in home.shards("facts")] == [15, 9]
    assert [*Mentions(home)] == before


def test_dead_rows_go(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 3, "b": 2, "c": 3})
    _add_paper(writer, "a", "other")
    writer.connection.execute("DELETE FROM papers WHERE id = 'c'")
    writer.commit()
    assert compact_shards(writer, KIND_OF_MENTIONS, shard_rows=10) == 1
    assert [shard.rows for shard in home.shards("facts")] == [2]
    assert _texts(home) == ["b 0", "b 1"]
    rows = writer.connection.execute("SELECT id FROM extracted").fetchall()
    assert rows == [("b",)]


def test_a_shard_with_nothing_alive_is_dropped_but_its_number_is_not_used_again(
    home: Home, writer: HomeWriter
) -> None:
    _write(writer, {"a": 3})
    writer.connection.execute("DELETE FROM papers")
    writer.commit()
    assert compact_shards(writer, KIND_OF_MENTIONS) == 1
    assert [(s.number, s.rows) for s in home.shards("facts")] == [(2, 0)]
    assert _texts(home) == []
    _write(writer, {"b": 1})
    assert [s.number for s in home.shards("facts")] == [2, 3]


def test_a_shard_that_cannot_be_read_stops_a_compaction_and_nothing_has_changed(
    home: Home, writer: HomeWriter
) -> None:
    for id in "abc":
        _write(writer, {id: 3})
    damaged = home.shards("facts")[1]
    damaged.path.write_bytes(b"no parquet")
    before = home.shards("facts")
    with pytest.raises(ArtifactError, match=r"mentions-000002.*matlore corpus verify --repair"):
        compact_shards(writer, KIND_OF_MENTIONS)
    assert home.shards("facts") == before
    assert len(_names(home)) == 3
    assert drop_shards(writer, [damaged]) == 1
    assert _texts(home) == [f"{id} {n}" for id in "ac" for n in range(3)]


@pytest.mark.parametrize("kept", [0, 100, 0.5])
def test_a_damaged_shard_says_what_to_do(kept: float, home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 3})
    (shard,) = home.shards("facts")
    data = shard.path.read_bytes()
    start = kept if isinstance(kept, int) else int(len(data) * kept)
    shard.path.write_bytes(data[:start] + bytes(len(data) - start))
    with pytest.raises(ArtifactError, match=r"mentions-000001.* cannot be read: `matlore corpus"):
        Mentions(home).by_paper("a")
    with pytest.raises(ArtifactError, match=r"mentions-000001.* cannot be read: `matlore corpus"):
        Mentions(home).counts()


def test_a_missing_shard_says_what_to_do(home: Home, writer: HomeWriter) -> None:
    _write(writer, {"a": 1})
    home.shards("facts")[0].path.unlink()
    with pytest.raises(ArtifactError, match="matlore corpus verify --repair"):
        _texts(home)
    assert drop_shards(writer, home.shards("facts")) == 1
    assert Mentions(home).counts()["pending"] == 1


@settings(max_examples=20, deadline=None)  # each example syncs files to the disk
@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 4)), max_size=6))
def test_whatever_is_rewritten_the_last_version_lives(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[dict[str, int]]
) -> None:
    home = Home.open(tmp_path_factory.mktemp("home"), create=True)
    expected: dict[str, int] = {}
    with home.writer() as writer:
        for number, counts in enumerate(rounds):
            _write(writer, counts, model=f"m{number}")
            expected |= counts
            if number % 2:
                compact_shards(writer, KIND_OF_MENTIONS, shard_rows=8)
            assert sorted(_texts(home)) == sorted(
                f"{id} {n}" for id, count in expected.items() for n in range(count)
            )
    for id, count in expected.items():
        assert Mentions(home).by_paper(id) == _mentions(id, count)
