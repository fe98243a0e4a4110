"""Tagged sentences are read as they stand, and what is wrong is named."""

import gzip
import logging
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matlore.errors import InputError
from ner.conll import TaggedSentence, read_conll, write_conll
from ner.labels import LABELS, spans_of


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_sentences_are_apart_by_empty_lines(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.conll", "-DOCSTART- O\n\nO2Ti B-MAT\nfilms B-DSC\n\n\nXRD\tB-CMT\n")
    assert read_conll(path) == [
        TaggedSentence(("O2Ti", "films"), ("B-MAT", "B-DSC")),
        TaggedSentence(("XRD",), ("B-CMT",)),
    ]


def test_lines_without_a_tag_are_outside_and_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _write(tmp_path / "a.conll", "thin B-DSC\nand \nso\n")
    with caplog.at_level(logging.WARNING, logger="matlore"):
        (sentence,) = read_conll(path)
    assert sentence.tags == ("B-DSC", "O", "O")
    assert len(caplog.records) == 1
    assert "2 lines without a tag" in caplog.text
    assert "line 2" in caplog.text


@pytest.mark.parametrize(
    ("tags", "iob2"),
    [
        ("I-MAT I-MAT B-MAT O I-PRO", "B-MAT I-MAT B-MAT O B-PRO"),  # IOB1
        ("S-PRO B-APL I-APL E-APL E-APL S-APL", "B-PRO B-APL I-APL I-APL B-APL B-APL"),
        ("B-APL M-APL E-APL O S-MAT I-MAT", "B-APL I-APL I-APL O B-MAT B-MAT"),
        ("U-MAT B-MAT I-MAT L-MAT U-MAT", "B-MAT B-MAT I-MAT I-MAT B-MAT"),
        ("B-MAT I-PRO I-PRO O I-PRO", "B-MAT B-PRO I-PRO O B-PRO"),  # strays
    ],
)
def test_other_schemes_and_stray_tags_become_iob2(tmp_path: Path, tags: str, iob2: str) -> None:
    lines = "".join(f"w {tag}\n" for tag in tags.split())
    (sentence,) = read_conll(_write(tmp_path / "a.conll", lines))
    assert sentence.tags == tuple(iob2.split())


@settings(deadline=None)
@given(st.lists(st.sampled_from(["O", *(f"{side}-{x}" for side in "BIES" for x in LABELS[:2])])))
def test_iob2_holds_the_mentions_that_seqeval_reads(
    tmp_path_factory: pytest.TempPathFactory, tags: list[str]
) -> None:
    from seqeval.metrics.sequence_labeling import get_entities

    path = tmp_path_factory.mktemp("conll") / "a.conll"
    (sentence,) = read_conll(_write(path, "".join(f"w {tag}\n" for tag in ["O", *tags])))
    ours = [(span.label, span.start, span.end - 1) for span in spans_of(sentence.tags)]
    assert ours == get_entities(["O", *tags])
    valid = [tag[0] != "I" or before[2:] == tag[2:] for before, tag in pairwise(sentence.tags)]
    assert all(valid)


def test_columns_between_word_and_tag_do_not_matter(tmp_path: Path) -> None:
    (sentence,) = read_conll(_write(tmp_path / "a.conll", "ZnO NN x B-MAT\n"))
    assert sentence == TaggedSentence(("ZnO",), ("B-MAT",))


def test_a_blank_within_a_word_of_two_columns_is_kept(tmp_path: Path) -> None:
    lines = "of O\n0.7 O\nMPam 1/2  O\nsteel B-MAT\n"
    (sentence,) = read_conll(_write(tmp_path / "a.conll", lines))
    assert sentence.words == ("of", "0.7", "MPam 1/2", "steel")
    assert sentence.tags == ("O", "O", "O", "B-MAT")


def test_a_tag_after_a_blank_alone_is_no_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _write(tmp_path / "a.conll", "mAh O\n O\nO B-MAT\n B-PRO\n")
    (sentence,) = read_conll(path)
    assert sentence == TaggedSentence(("mAh", "", "O", ""), ("O", "O", "B-MAT", "B-PRO"))
    assert not caplog.records
    write_conll(path, [sentence])
    assert read_conll(path) == [sentence]


def test_line_ends_and_byte_order_marks_of_windows(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(b"\xef\xbb\xbfZnO B-MAT\r\n\r\nso O\r\n")
    assert [s.words for s in read_conll(tmp_path / "a.conll")] == [("ZnO",), ("so",)]


@pytest.mark.parametrize("tag", ["B-XYZ", "X-MAT", "MAT", "B-"])
def test_an_unknown_tag_is_named_with_its_line(tmp_path: Path, tag: str) -> None:
    path = _write(tmp_path / "a.conll", f"a O\nb {tag}\n")
    with pytest.raises(InputError, match=r"a\.conll: line 2: unknown tag"):
        read_conll(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.conll: cannot be read"):
        read_conll(tmp_path / "none.conll")
    (tmp_path / "latin.conll").write_bytes("so O\nMüller O\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.conll: line 2: not UTF-8"):
        read_conll(tmp_path / "latin.conll")
    with pytest.raises(InputError, match="no tagged sentence"):
        read_conll(_write(tmp_path / "empty.conll", "\n\n"))


@pytest.mark.parametrize("damage", [slice(0, -9), slice(3, None)])
def test_a_damaged_gz_is_named(tmp_path: Path, damage: slice) -> None:
    path = tmp_path / "a.conll.gz"
    path.write_bytes(gzip.compress(b"ZnO B-MAT\n" * 50)[damage])
    with pytest.raises(InputError, match=r"a\.conll\.gz: cannot be read"):
        read_conll(path)


def test_gz_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "a.conll.gz"
    write_conll(path, [TaggedSentence(("ZnO",), ("B-MAT",))])
    assert gzip.decompress(path.read_bytes()) == b"ZnO B-MAT\n\n"
    assert read_conll(path) == [TaggedSentence(("ZnO",), ("B-MAT",))]


@pytest.mark.parametrize("word", ["a\nb", "a\r", "-DOCSTART-"])
def test_a_word_that_would_break_the_file_is_refused(tmp_path: Path, word: str) -> None:
    path = _write(tmp_path / "a.conll", "before O\n")
    with pytest.raises(InputError, match="cannot be written"):
        write_conll(path, [TaggedSentence((word,), ("O",))])
    assert path.read_text(encoding="utf-8") == "before O\n"


words = st.text(alphabet="abcXYZ019-/()", min_size=1, max_size=6).filter(
    lambda w: w != "-DOCSTART-"
)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.tuples(words, st.sampled_from(("O", *LABELS))), min_size=1), min_size=1)
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[tuple[str, str]]]
) -> None:
    sentences = [
        TaggedSentence(
            tuple(word for word, _ in row),
            tuple("O" if name == "O" else f"B-{name}" for _, name in row),
        )
        for row in rows
    ]
    path = tmp_path_factory.mktemp("conll") / "a.conll"
    write_conll(path, sentences)
    assert read_conll(path) == sentences


def test_matscholar(shared_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = shared_data / "ner_matscholar"
    train, dev = (read_conll(folder / f"{name}.txt") for name in ("train", "dev"))
    assert (len(train), len(dev)) == (4402, 511)
    assert sum(len(s.words) for s in train) == 110541
    assert sum(tag[0] == "B" for s in train for tag in s.tags) == 20386
    # 2341 of them are B- in the file, one is a stray I-
    assert sum(tag[0] == "B" for s in dev for tag in s.tags) == 2342
    assert "MPam 1/2" in {word for s in train for word in s.words}
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder / 'dev.txt'}: 32 lines without a tag are read as O, the first is line 287"
    ]
