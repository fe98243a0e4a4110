"""An index: finding, filters that are exact, changes, kills and damage."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from fake_encoder import FakeEncoder

from embeddings.full_text import FullTextIndex
from embeddings.index import (
    IndexCard,
    IndexedText,
    IndexWriter,
    SearchIndex,
    folder,
    read_known,
    vector_index,
    writer,
)
from embeddings.index.card import check_files
from matlore.errors import ArtifactError, HomeBusyError, UsageError

TEXTS = [
    IndexedText("p:1", "a", "Bismuth telluride films", "Zone melting gives dense Bi2Te3.",
                ("Bi2Te3",), 2001, "arxiv", "CC0"),
    IndexedText("p:2", "b", "Lead-free perovskites", "Tin replaces lead in solar cells.",
                (), 2015, "openalex", "CC BY"),
    IndexedText("p:3", "c", "Graphene on copper", "Chemical vapor deposition of large grains.",
                ("name:graphene",), 2010, "arxiv", None),
    IndexedText("p:4", "d", "Copper oxides", "Superconductivity above liquid nitrogen.",
                (), 1988, "openalex", "CC0"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose probes by fewer queries, to be quick."""
    monkeypatch.setattr(vector_index, "_SAMPLE", 25)


def build(
    folder: Path, texts: Sequence[IndexedText] = TEXTS, *, kind: str | None = None
) -> FakeEncoder:
    encoder = FakeEncoder()
    with IndexWriter.open(folder, encoder, kind=kind) as writer:
        writer.add(texts)
        writer.finish()
    return encoder


def many(number: int) -> list[IndexedText]:
    draw = np.random.default_rng(0)
    words = [f"word{k}" for k in range(60)]
    return [
        IndexedText(f"p:{k}", "x", "", " ".join(draw.choice(words, 6)), year=1900 + k % 100)
        for k in range(number)
    ]


def keys(hits: Sequence[tuple[str, float]]) -> list[str]:
    return [key for key, _ in hits]


def test_a_text_is_found_by_its_words_by_its_vector_and_by_its_material(tmp_path: Path) -> None:
    encoder = build(tmp_path)
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == index.card.rows == 4
        assert index.card.kind == "flat"
        assert keys(index.full_text("copper oxides", 3))[0] == "p:4"
        assert keys(index.full_text("nothing of that", 3, materials=("name:graphene",))) == ["p:3"]
        asked = encoder.encode(["chemical vapor deposition of grains"])[0]
        best = index.dense(asked, 2)
        assert best[0].key == "p:3"
        assert best[0].score == pytest.approx(index.similarities(["p:3"], asked)["p:3"])
        assert best[0].score > best[1].score
        assert keys(index.like("Tin and lead in perovskites", 1)) == ["p:2"]
        assert index.count("copper") == 2


def test_filters_are_exact(tmp_path: Path) -> None:
    encoder = build(tmp_path)
    vector = encoder.encode(["copper"])[0]
    with SearchIndex.open(tmp_path) as index:
        old = index.allowed(years=(None, 2001))
        assert keys(index.dense(vector, 9, old)) in (["p:4", "p:1"], ["p:1", "p:4"])
        assert keys(index.full_text("copper", 9, allowed=old)) == ["p:4"]
        both = index.allowed(sources=["arxiv"], years=(2005, None), keys=["p:3", "p:4", "p:9"])
        assert keys(index.dense(vector, 9, both)) == ["p:3"]
        free = index.allowed(licenses=["CC0"])
        assert sorted(keys(index.dense(vector, 9, free))) == ["p:1", "p:4"]
        assert index.choices("source") == {"arxiv": 2, "openalex": 2}
        assert not index.dense(vector, 9, index.allowed(years=(1900, 1901)))


def test_adding_replacing_and_deleting(tmp_path: Path) -> None:
    encoder = build(tmp_path)
    with IndexWriter.open(tmp_path, encoder) as writer:
        writer.add(
            [
                IndexedText("p:5", "e", "", "first of its key"),
                IndexedText("p:1", "a2", "", "skutterudites with filled voids"),
                IndexedText("p:5", "e2", "", "magnets without rare earths"),
            ]
        )
        writer.delete(["p:2", "p:none"])
        assert writer.known() == {"p:1": "a2", "p:3": "c", "p:4": "d", "p:5": "e2"}
        writer.finish()
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == 4
        assert not index.has("p:2")
        assert not index.full_text("perovskites", 3)
        assert not index.full_text("first of its key", 3)
        assert keys(index.full_text("voids", 3)) == ["p:1"]
        assert keys(index.dense(encoder.encode(["rare magnets without earths"])[0], 9))[0] == "p:5"
        assert len(index.dense(encoder.encode(["x"])[0], 9)) == 4
        assert set(index.vectors(["p:1", "p:2"])) == {"p:1"}


def test_nothing_is_left_when_all_is_deleted(tmp_path: Path) -> None:
    encoder = build(tmp_path)
    with IndexWriter.open(tmp_path, encoder) as writer:
        writer.delete(list(writer.known()))
        writer.finish()
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == 0
        assert index.dense(encoder.encode(["copper"])[0], 3) == []
        assert index.full_text("copper", 3) == []


@pytest.mark.parametrize("kind", ["ivf", "ivf-pq"])
def test_lists_find_what_comparing_all_finds_and_take_changes(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "_EXHAUSTIVE", 10)
    texts = many(3_000)
    encoder = build(tmp_path, texts, kind=kind)
    more = [IndexedText(f"q:{k}", "y", "", f"word1 word2 word3 new{k}") for k in range(50)]
    with IndexWriter.open(tmp_path, encoder, kind=kind) as writer:
        before = encoder.encoded
        writer.add(more)
        writer.delete(f"p:{k}" for k in range(0, 3_000, 3))
        card = writer.finish()
        assert encoder.encoded - before == 50
    assert card.kind == kind
    assert card.settings["recall"] >= 0.98
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == 2_050
        asked = encoder.encode(["word1 word2 word3 new7"])[0]
        found = index.dense(asked, 10)
        assert found[0].key == "q:7"
        assert not [key for key in keys(found) if key.startswith("p:") and int(key[2:]) % 3 == 0]
        allowed = index.allowed(years=(1950, 1950))
        of_1950 = [f"p:{k}" for k in range(50, 3_000, 100) if k % 3]
        cosines = {k: float(v @ asked) for k, v in index.vectors(of_1950).items()}
        exact = sorted(cosines.items(), key=lambda item: -item[1])
        assert keys(index.dense(asked, 5, allowed)) == [key for key, _ in exact[:5]]


def test_a_build_that_was_killed_goes_on(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "from fake_encoder import FakeEncoder\n"
        "from test_search_index import TEXTS\n"
        "from embeddings.index import IndexWriter\n"
        "import embeddings.index.rows as rows\n"
        "writer = IndexWriter.open(Path(sys.argv[1]), FakeEncoder())\n"
        "writer.add(TEXTS[:2])\n"
        "rows.RowStore.write = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "writer.add(TEXTS[2:])\n"
    )
    here = Path(__file__)
    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(here.parents[2]), str(here.parent)],
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert set(read_known(tmp_path)) == {"p:1", "p:2"}
    with pytest.raises(ArtifactError, match="matlore index build"):
        SearchIndex.open(tmp_path)
    encoder = build(tmp_path, TEXTS[2:])
    assert encoder.encoded == 2
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == 4
        assert keys(index.full_text("grains", 9)) == ["p:3"]
        assert keys(index.full_text("copper", 9, allowed=index.allowed())) == keys(
            index.full_text("copper", 9)
        )
        assert keys(index.dense(encoder.encode(["Copper oxides"])[0], 1)) == ["p:4"]


def test_readers_see_the_last_finished_state(tmp_path: Path) -> None:
    encoder = build(tmp_path)
    with IndexWriter.open(tmp_path, encoder) as writer:
        writer.add([IndexedText("p:9", "z", "", "copper tubes")])
        with SearchIndex.open(tmp_path) as index:
            assert not index.has("p:9")
            assert "p:9" not in keys(index.full_text("copper tubes", 9))
        with pytest.raises(HomeBusyError):
            IndexWriter.open(tmp_path, encoder)
        writer.finish()
    with SearchIndex.open(tmp_path) as index:
        assert keys(index.full_text("tubes", 9)) == ["p:9"]


def test_another_encoder_is_refused_unless_the_index_is_begun_anew(tmp_path: Path) -> None:
    build(tmp_path)
    other = FakeEncoder("fake-8", 8)
    with pytest.raises(UsageError, match="--replace"):
        IndexWriter.open(tmp_path, other)
    with (
        SearchIndex.open(tmp_path) as index,
        pytest.raises(ArtifactError, match="32 numbers, the encoder's 8"),
    ):
        index.dense(other.encode(["copper"])[0], 3)
    with IndexWriter.open(tmp_path, other, replace=True) as writer:
        assert writer.known() == {}
        writer.add(TEXTS[:1])
        writer.finish()
    with SearchIndex.open(tmp_path) as index:
        assert (len(index), index.card.size) == (1, 8)


def test_wrong_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ivf-pq"):
        IndexWriter.open(tmp_path / "new", FakeEncoder(), kind="hnsw")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("vectors.f16", b"short", "truncated"),
        ("vectors.f16", None, "cannot be read"),
        ("rows.sqlite", b"not a database" * 99, r"rows\.sqlite"),
        ("rows.sqlite", None, "no such file"),
        ("card.json", b"{", "not the card"),
        ("card.json", b"[]", "not the card"),
        ("card.json", b'{"format": 99}', "another version"),
        ("card.json", None, "matlore index build"),
    ],
)
def test_damage_is_told(tmp_path: Path, name: str, data: bytes | None, message: str) -> None:
    build(tmp_path)
    for wal in tmp_path.glob("rows.sqlite-*"):
        wal.unlink()
    if data is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=message):
        SearchIndex.open(tmp_path)


def test_a_changed_byte_is_told(tmp_path: Path) -> None:
    build(tmp_path)
    path = tmp_path / "vectors.f16"
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match="sha256 differs"):
        SearchIndex.open(tmp_path)


def test_a_damaged_list_file_is_told_and_made_anew(tmp_path: Path) -> None:
    encoder = build(tmp_path, many(1_000), kind="ivf")
    (path,) = tmp_path.glob("lists*")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ArtifactError, match="truncated"):
        SearchIndex.open(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    assert set(card["files"]) == {"vectors.f16", path.name}
    with IndexWriter.open(tmp_path, encoder, kind="ivf") as writer:
        writer.finish()
    with SearchIndex.open(tmp_path) as index:
        index.verify()
        assert len(index.dense(encoder.encode(["word1"])[0], 5)) == 5


def test_lists_are_exact_about_filters_and_about_how_many_are_found(tmp_path: Path) -> None:
    encoder = build(tmp_path, many(2_000), kind="ivf")
    vector = encoder.encode(["word1 word2"])[0]
    with SearchIndex.open(tmp_path) as index:
        assert len(index.dense(vector, 2_000)) == 2_000
        assert len(index.dense(vector, 5_000)) == 2_000
        for year in (1900, 1999):
            allowed = index.allowed(years=(year, year))
            found = index.dense(vector, 30, allowed)
            assert len(found) == 20 == allowed.sum()
            assert {int(key[2:]) % 100 for key in keys(found)} == {year - 1900}
        assert index.dense(vector, 0) == []
        scores = [hit.score for hit in index.dense(vector, 50)]
        assert scores == sorted(scores, reverse=True)


def test_lists_are_the_same_each_time(tmp_path: Path) -> None:
    texts = many(1_000)
    build(tmp_path / "a", texts, kind="ivf-pq")
    build(tmp_path / "b", texts, kind="ivf-pq")
    names = [{path.name for path in (tmp_path / name).glob("lists*")} for name in "ab"]
    assert names[0] == names[1]  # a name is that of what is in the file


def test_lists_are_trained_anew_when_an_index_has_doubled_by_and_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = many(2_100)
    encoder = build(tmp_path, texts[:1_000], kind="ivf")
    trained = Mock(wraps=vector_index.build_lists)
    monkeypatch.setattr(writer, "build_lists", trained)
    seen = []
    for end in (1_050, 1_600, 2_100):
        with IndexWriter.open(tmp_path, encoder, kind="ivf") as opened:
            opened.add(texts[len(opened.known()) : end])
            settings = opened.finish().settings
        seen.append((settings["trained"], settings["tuned"], trained.call_count))
    assert seen == [(1_000, 1_000, 0), (1_000, 1_600, 0), (2_100, 2_100, 1)]


def test_a_build_that_is_killed_before_its_card_leaves_the_last_one_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = many(1_100)
    encoder = build(tmp_path, texts[:1_000], kind="ivf")

    def killed(card: IndexCard, folder: Path) -> None:
        raise KeyboardInterrupt

    with (
        monkeypatch.context() as patched,
        IndexWriter.open(tmp_path, encoder, kind="ivf") as opened,
    ):
        patched.setattr(writer, "save_card", killed)
        opened.add(texts[1_000:])
        with pytest.raises(KeyboardInterrupt):
            opened.finish()
    with SearchIndex.open(tmp_path) as index:
        index.verify()
        assert len(index) == len(index.dense(encoder.encode(["word1"])[0], 2_000)) == 1_000
    with IndexWriter.open(tmp_path, encoder, kind="ivf") as opened:
        opened.finish()
    assert len(list(tmp_path.glob("lists*"))) == 1
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == 1_100


def test_an_index_finished_while_it_is_opened_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = many(1_100)
    encoder = build(tmp_path, texts[:1_000], kind="ivf")
    original = check_files

    def late(card: IndexCard, where: Path, *, hashes: bool) -> None:
        if card.rows == 1_000:
            with IndexWriter.open(tmp_path, encoder, kind="ivf") as opened:
                opened.add(texts[1_000:])
                opened.finish()
        original(card, where, hashes=hashes)

    monkeypatch.setattr(folder, "check_files", late)
    with SearchIndex.open(tmp_path) as index:
        assert len(index) == 1_100


@pytest.mark.parametrize("change", ["replace", "delete"])
def test_rows_whose_words_a_kill_took_are_indexed_again(tmp_path: Path, change: str) -> None:
    encoder = build(tmp_path)
    with IndexWriter.open(tmp_path, encoder) as opened:
        opened._rows.write = Mock(side_effect=KeyboardInterrupt)  # type: ignore[method-assign]
        replaced = IndexedText("p:1", "a2", "", "skutterudites")
        with pytest.raises(KeyboardInterrupt):
            opened.add([replaced]) if change == "replace" else opened.delete(["p:1"])
    with IndexWriter.open(tmp_path, encoder) as opened:
        assert set(opened.known()) == {"p:2", "p:3", "p:4"}
        opened.add(TEXTS[:1])
        opened.finish()
    with SearchIndex.open(tmp_path) as index:
        assert keys(index.full_text("telluride", 9)) == ["p:1"]
        assert not index.full_text("skutterudites", 9)
        assert len(index) == len(index.dense(encoder.encode(["films"])[0], 9)) == 4


def test_words_without_a_row_are_taken_out(tmp_path: Path) -> None:
    encoder = build(tmp_path)
    with IndexWriter.open(tmp_path, encoder) as opened:
        opened._rows.write([], [0], first=4)
    with IndexWriter.open(tmp_path, encoder):
        pass
    with FullTextIndex.open(tmp_path / "text") as text:
        assert text.row_numbers().tolist() == [1, 2, 3]


def test_vectors_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    spoilt = Mock(return_value=np.full((len(TEXTS), 32), np.nan, np.float32))
    encoder.encode = spoilt  # type: ignore[method-assign]
    with IndexWriter.open(tmp_path, encoder) as opened:
        with pytest.raises(ArtifactError, match="p:1 has numbers that are not finite"):
            opened.add(TEXTS)
        assert opened.known() == {}


def test_verify_reads_the_files_of_full_text_too(tmp_path: Path) -> None:
    build(tmp_path)
    path = max((tmp_path / "text").glob("*.store"), key=lambda one: one.stat().st_size)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(bytes(data))
    with SearchIndex.open(tmp_path) as index, pytest.raises(ArtifactError, match="checksum"):
        index.verify()


def test_damaged_settings_are_told(tmp_path: Path) -> None:
    build(tmp_path, many(1_000), kind="ivf")
    path = tmp_path / "card.json"
    card = json.loads(path.read_text())
    for settings in ({}, {"lists": 0, "probes": 1, "candidates": 1, "recall": 1.0}, {"x": 1}):
        path.write_text(json.dumps(card | {"settings": settings}))
        with pytest.raises(ArtifactError, match="settings are damaged"):
            SearchIndex.open(tmp_path)


def test_quotes_are_words_without_syntax(tmp_path: Path) -> None:
    build(tmp_path)
    with SearchIndex.open(tmp_path) as index:
        assert not index.full_text("copper -graphene -oxides", 9)
        assert len(index.full_text("copper -graphene -oxides", 9, syntax=False)) == 2
