"""The vocabulary keeps what science writes."""

from collections import Counter
from pathlib import Path

import pytest

from matlore.bert.wordpieces import (
    SPECIAL,
    cut_vocabulary,
    load_tokenizer,
    old_pieces,
    wordpiece_tokenizer,
)
from matlore.errors import ArtifactError
from ner.vocabulary_parts import count_parts

LETTERS = "abcdefghijklmnopqrstuvwxyz"
BASE = wordpiece_tokenizer([*SPECIAL, *LETTERS, *(f"##{c}" for c in LETTERS), "photo", "##lum"])
WORDS = Counter({"Photoluminescence": 9, "O2Ti": 4, "film-like": 3, "photolumen": 2})


def test_parts_are_counted_without_case_and_formulas_by_their_elements() -> None:
    parts = count_parts(WORDS, BASE)
    assert parts["photoluminescence"] == 9
    assert parts["ti"] == parts["o"] == 4
    assert parts["film"] == parts["-"] == parts["like"] == 3


def test_common_words_stay_whole_and_others_keep_their_pieces() -> None:
    pieces = cut_vocabulary(count_parts(WORDS, BASE), BASE, whole=3, size=80)
    assert pieces[: len(SPECIAL)] == list(SPECIAL)
    assert "photoluminescence" in pieces
    assert "film" not in pieces
    assert "##lum" in pieces
    assert len(set(pieces)) == len(pieces)
    tokenizer = wordpiece_tokenizer(pieces)
    assert tokenizer.encode("Photoluminescence").tokens == ["photoluminescence"]
    assert "[UNK]" not in tokenizer.encode("photolumen film").tokens


def test_size_is_kept_but_characters_never_dropped() -> None:
    parts = count_parts(WORDS, BASE)
    pieces = cut_vocabulary(parts, BASE, whole=0, size=10)
    assert set("photlumin") <= set(pieces)


def test_new_pieces_are_made_of_old_ones() -> None:
    known = BASE.get_vocab()
    photo, rest = old_pieces(["photo", "photox"], BASE)
    assert photo == [known["photo"]]
    assert rest == [known["photo"], known["##x"]]


def test_tokenizers_are_read_and_damaged_ones_named(tmp_path: Path) -> None:
    BASE.save(str(tmp_path / "tokenizer.json"))
    assert load_tokenizer(tmp_path).get_vocab() == BASE.get_vocab()
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path)
    with pytest.raises(ArtifactError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path / "none")
