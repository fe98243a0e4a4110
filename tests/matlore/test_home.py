"""The data home: opening, one writer, commits that hold, readers that see the last one."""

import json
import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from matlore.errors import HomeBusyError, HomeError, HomeFormatError
from matlore.home import FORMAT, Home, HomeWriter


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "data", create=True)


def _write_shard(writer: HomeWriter, content: bytes = b"rows", *, rows: int = 1) -> None:
    shard = writer.new_shard("corpus", stem="papers")
    shard.path.write_bytes(content)
    writer.commit([(shard, rows)], job="test", cursors={"k": {"rows": rows}})


def test_a_missing_home_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"matlore ingest file PATH --home"):
        Home.open(tmp_path / "nowhere")


def test_a_new_home_says_its_format(home: Home) -> None:
    assert json.loads((home.path / "home.json").read_text())["format"] == FORMAT
    assert Home.open(home.path).shards("corpus") == []


def test_making_a_home_twice_keeps_it(home: Home) -> None:
    with home.writer() as writer:
        _write_shard(writer)
    assert len(Home.open(home.path, create=True).shards("corpus")) == 1


def test_a_folder_with_something_else_is_not_made_a_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("")
    with pytest.raises(HomeError, match=r"thesis\.doc"):
        Home.open(tmp_path, create=True)
    assert not (tmp_path / "home.json").exists()


def test_a_newer_format_is_refused_with_the_command_to_use(home: Home) -> None:
    (home.path / "home.json").write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(HomeFormatError, match="pip install --upgrade matlore"):
        Home.open(home.path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "x"}', '{"format": 0}', "\xff"])
def test_a_damaged_format_file_is_an_error(home: Home, text: str) -> None:
    (home.path / "home.json").write_text(text, encoding="latin-1")
    with pytest.raises(HomeError):
        Home.open(home.path)


def test_a_damaged_manifest_is_an_error(home: Home) -> None:
    (home.path / "state.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(HomeError, match="cannot be read"):
        home.shards("corpus")


def test_a_commit_registers_shards_and_cursors_together(home: Home) -> None:
    with home.writer() as writer:
        _write_shard(writer, b"first", rows=7)
        assert home.cursor("test", "k") == {"rows": 7}
    (shard,) = home.shards("corpus")
    assert (shard.number, shard.rows, shard.size) == (1, 7, 5)
    assert shard.path.read_bytes() == b"first"


def test_what_was_not_committed_is_gone(home: Home) -> None:
    with home.writer() as writer:
        _write_shard(writer)
        shard = writer.new_shard("corpus", stem="papers")
        shard.path.write_bytes(b"half")
        writer.set_cursor("test", "other", {})
    assert len(home.shards("corpus")) == 1
    assert home.cursor("test", "other") is None


def test_a_writer_sweeps_what_a_killed_one_left(home: Home) -> None:
    folder = home.folder("corpus")
    folder.mkdir()
    (folder / "papers-000001.parquet").write_bytes(b"renamed, but never registered")
    (folder / ".papers-000002.parquet.tmp").write_bytes(b"half")
    (folder / "notes.txt").write_text("not ours")
    with home.writer() as writer:
        _write_shard(writer, b"new")
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "papers-000001.parquet"]
    assert home.shards("corpus")[0].path.read_bytes() == b"new"


def test_readers_see_the_last_commit_while_a_writer_works(home: Home) -> None:
    with home.writer() as writer:
        _write_shard(writer)
        writer.connection.execute("INSERT INTO aliases VALUES ('doi:10.1/x', 'hash:1', 0)")
        with Home.open(home.path).connect() as connection:
            assert connection.execute("SELECT count(*) FROM aliases").fetchone() == (0,)
        assert len(home.shards("corpus")) == 1


def test_readers_cannot_write(home: Home) -> None:
    with home.connect() as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM shards")


def test_a_second_writer_gets_an_error_that_names_the_first(home: Home) -> None:
    with (
        home.writer(),
        pytest.raises(HomeBusyError, match=rf"process {os.getpid()}\b"),
        Home.open(home.path).writer(),
    ):
        pytest.fail("two writers")
    with home.writer() as writer:
        assert writer.home is home


def _try_to_write(path: Path, answers: "multiprocessing.SimpleQueue[str]") -> None:
    try:
        with Home.open(path).writer():
            answers.put("writes")
    except HomeBusyError as error:
        answers.put(str(error))


def test_a_second_process_gets_the_error_as_well(home: Home) -> None:
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    with home.writer():
        process = context.Process(target=_try_to_write, args=(home.path, answers))
        process.start()
        process.join()
    assert f"process {os.getpid()}" in answers.get()


def _write_and_fail(home: Home) -> None:
    with home.writer() as writer:
        _write_shard(writer)
        raise ZeroDivisionError


def test_an_error_in_the_block_lets_go_of_the_lock(home: Home) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(home)
    with home.writer() as writer:
        _write_shard(writer)
    assert [shard.number for shard in home.shards("corpus")] == [1, 2]


def test_numbers_are_never_used_again(home: Home) -> None:
    with home.writer() as writer:
        assert [writer.new_shard("corpus", stem="p").number for _ in range(3)] == [1, 2, 3]
        assert writer.new_shard("facts", stem="m").name == "m-000001.parquet"


def test_a_home_that_may_not_be_written_to_can_still_be_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.writer() as writer:
        _write_shard(writer)
    connect = sqlite3.connect

    def refuse(database: str, **options: bool) -> sqlite3.Connection:
        if "mode=ro" in str(database):  # what SQLite says where it cannot make its lock files
            raise sqlite3.OperationalError("unable to open database file")
        return connect(database, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(sqlite3, "connect", refuse)
    assert len(home.shards("corpus")) == 1
