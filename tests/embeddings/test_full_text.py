"""The full-text index: what is found, in which order, and what is damaged."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.full_text import MOST_TERMS, FullTextIndex, TextDocument, matching_spans
from embeddings.full_text_query import parse_query
from matlore.errors import ArtifactError, HomeBusyError, UsageError

DOCUMENTS = [
    TextDocument(0, "Thin films of Bi2Te3", "Seebeck coefficients were measured near 300 K."),
    TextDocument(1, "", "We grow bismuth telluride by evaporation.", ["Bi2Te3"]),
    TextDocument(2, "Perovskites", "Aluminium sulphides with α-phase; crystallised slowly."),
    TextDocument(3, "Lattices", "The lattice thermal conductivity of PbTe is low."),
    TextDocument(4, "Heat", "Conductivity of a thermal bath; a lattice of spins, far from lead."),
    TextDocument(5, "Optics", "Graphene on silicon carbide.", ["name:graphene"]),
    TextDocument(6, "Оксид цинка", "热电材料 の研究"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full_text") / "text"
    with FullTextIndex.create(path) as index:
        index.add(DOCUMENTS)
        index.commit()
    return path


@pytest.fixture(scope="module")
def index(folder: Path) -> Iterator[FullTextIndex]:
    with FullTextIndex.open(folder) as opened:
        yield opened


def rows(found: list[tuple[int, float]]) -> list[int]:
    return [row for row, _ in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Bi2Te3", {0, 1}),
        ("Te3Bi2", {0, 1}),
        ("bi2te3", {0, 1}),
        ("thin-film", {0}),
        ("aluminum sulfide", {2}),
        ("alpha crystallization", {2}),
        ("ALUMINIUM", {2}),
        ("grapheně", {5}),
        ("оксид", {6}),
        ("热电", {6}),
        ("Zr7Xe9", set()),
        ("the of and", set()),
        ("", set()),
        (" \t\n", set()),
        ("+-&&||!(){}[]^~*?:\\/", set()),
        ('"', set()),
        ('"" -', set()),
        ("title:perovskites", {2}),
        ("perovskite* AND (", {2}),
        ("row:[0 TO 5]", set()),
    ],
)
def test_queries(index: FullTextIndex, query: str, expected: set[int]) -> None:
    assert set(rows(index.search(query, 10))) == expected
    assert index.count(query) == len(expected)


def test_a_material_is_found_by_its_key(index: FullTextIndex) -> None:
    assert rows(index.search("", 5, materials=["name:graphene"])) == [5]
    assert set(rows(index.search("telluride", 5, materials=["Bi2Te3"]))) == {0, 1}
    assert index.search("", 5, materials=["name:nothing", "\ud800"]) == []


def test_words_beside_each_other_come_first(index: FullTextIndex) -> None:
    found = index.search("lattice thermal conductivity", 5)
    assert rows(found)[:2] == [3, 4]
    assert found[0][1] > found[1][1]


def test_a_quoted_phrase_is_required_where_anything_has_it(index: FullTextIndex) -> None:
    assert rows(index.search('"thermal conductivity"', 5)) == [3]
    assert set(rows(index.search('"thermal lattice"', 5))) == {3, 4}
    assert set(rows(index.search('"thermal conductivity"', 5, syntax=False))) == {3, 4}


def test_a_word_behind_a_minus_is_excluded(index: FullTextIndex) -> None:
    assert rows(index.search("thermal -PbTe", 5)) == [4]
    assert rows(index.search("thermal -spins", 5)) == [3]
    assert index.search("-spins", 5) == []


def test_filters_are_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FullTextIndex.create(tmp_path) as index:
        index.add(TextDocument(k, "", "zinc " * (1 + k % 7) + "oxide") for k in range(600))
        index.commit()
        best = index.search("zinc", 600)
        for step in (2, 97):
            allowed = np.zeros(600, np.bool_)
            allowed[::step] = True
            expected = [row for row, _ in best if allowed[row]][:20]
            for few in (0, 10_000):
                monkeypatch.setattr("embeddings.full_text._FEW", few)
                assert rows(index.search("zinc", 20, allowed=allowed)) == expected
        assert index.search("zinc", 5, allowed=np.zeros(600, np.bool_)) == []
        assert rows(index.search("zinc", 5, allowed=np.ones(1, np.bool_))) == [0]
        assert index.search("zinc", 0) == []
        assert len(index.search("zinc", 10**9)) == 600


def test_like_finds_what_shares_telling_words(index: FullTextIndex) -> None:
    text = DOCUMENTS[3].body + " We discuss PbTe and the conductivity."
    assert rows(index.like(text, 2))[0] == 3
    only = np.arange(7) == 4
    assert rows(index.like(text, 2, allowed=only)) == [4]
    assert index.like("", 3) == []


def test_a_query_of_100_kilobytes_is_cut(index: FullTextIndex) -> None:
    query = " ".join(["perovskites", *(f"word{k % 500}" for k in range(14_000))])
    assert len(query) > 100_000
    assert rows(index.search(query, 3)) == [2]
    common = " ".join(document.body for document in DOCUMENTS) * 200
    assert len(parse_query(common).terms) < MOST_TERMS
    assert index.search(common, 3)


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_no_query_is_an_error(index: FullTextIndex, query: str) -> None:
    index.search(query, 3)
    index.count(query)
    index.like(query, 3)
    matching_spans(DOCUMENTS[0].body, query)


def test_rows_are_replaced_and_deleted(tmp_path: Path) -> None:
    with FullTextIndex.create(tmp_path / "text") as index:
        assert (index.n_documents, index.next_row) == (0, 0)
        assert index.search("zinc", 3) == []
        index.add(DOCUMENTS)
        index.commit()
        index.delete([0, 6, 99])
        index.add([TextDocument(7, "", "Thin films of zinc")])
        assert index.next_row == 7
        index.commit()
        assert index.row_numbers().tolist() == [1, 2, 3, 4, 5, 7]
        assert rows(index.search("thin films", 3)) == [7]
        index.truncate(4)
        index.commit()
        assert (index.n_documents, index.next_row) == (3, 4)


def test_what_was_not_committed_is_gone(tmp_path: Path) -> None:
    with FullTextIndex.create(tmp_path) as index:
        index.add(DOCUMENTS[:2])
        index.commit()
        index.add(DOCUMENTS[2:])
    with FullTextIndex.create(tmp_path) as index:
        assert index.next_row == 2
        index.add(DOCUMENTS[2:])
        index.commit()
        assert index.next_row == 7


def test_a_reader_sees_what_was_there_at_its_opening(tmp_path: Path) -> None:
    with FullTextIndex.create(tmp_path) as index:
        index.add(DOCUMENTS[:3])
        index.commit()
        with FullTextIndex.open(tmp_path) as reader:
            index.add(DOCUMENTS[3:])
            index.commit()
            assert reader.n_documents == 3
            with pytest.raises(UsageError, match="reading only"):
                reader.commit()
        with pytest.raises(HomeBusyError, match="another process"):
            FullTextIndex.create(tmp_path)


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="matlore index build"):
        FullTextIndex.open(tmp_path / "none")


@pytest.mark.parametrize("name", ["idx", "term", "fast", "pos", "fieldnorm", "meta.json"])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_truncated_file_is_told(folder: Path, tmp_path: Path, name: str, share: float) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = next(path for path in tmp_path.iterdir() if path.name.endswith(name))
    content = damaged.read_bytes()
    damaged.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ArtifactError, match="matlore index build"):
        FullTextIndex.open(tmp_path)


def test_a_flipped_bit_is_found(folder: Path, tmp_path: Path, index: FullTextIndex) -> None:
    index.verify()
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = next(tmp_path.glob("*.pos"))
    content = bytearray(damaged.read_bytes())
    content[0] ^= 1
    damaged.write_bytes(content)
    with FullTextIndex.open(tmp_path) as opened, pytest.raises(ArtifactError, match="checksum"):
        opened.verify()


def test_matching_spans() -> None:
    text = "Thin films of Te3Bi2 and silicon carbide: crystallized, thin."
    spans = matching_spans(text, "thin-film Bi2Te3 crystallisation", [(25, 40), (30, 40)])
    marked = [text[start:end] for start, end in spans]
    assert marked == ["Thin", "films", "Te3Bi2", "silicon carbide", "crystallized", "thin"]
    assert matching_spans(text, "te3bi2 bi2te3 -thin") == [(14, 20)]
    assert matching_spans(text, "") == []
    assert matching_spans("", "thin") == []
