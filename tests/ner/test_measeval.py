"""MeasEval's annotations: read, scored, trained on."""

from pathlib import Path

import pytest

from matlore.errors import InputError
from ner.facts.measeval import (
    cross_validate_values,
    quantity_spans,
    read_measeval,
    score_spans,
    train_values,
)
from ner.facts.parts import Value
from ner.facts.values import find_values

HEAD = "docId\tannotSet\tannotType\tstartOffset\tendOffset\tannotId\ttext\tother\n"


def _write(folder: Path, part: str, name: str, text: str, quantities: list[str]) -> None:
    texts = folder / part / {"train": "text", "trial": "txt"}[part]
    tables = folder / part / "tsv"
    texts.mkdir(parents=True, exist_ok=True)
    tables.mkdir(parents=True, exist_ok=True)
    (texts / f"{name}.txt").write_text(text, encoding="utf-8")
    rows = "".join(
        f"{name}\t{k}\tQuantity\t{text.index(q)}\t{text.index(q) + len(q)}\tT{k}\t{q}\t\n"
        for k, q in enumerate(quantities)
    )
    (tables / f"{name}.tsv").write_text(HEAD + rows, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k in range(12):
        text = f"The film of {k + 3} nm was heated to about {k + 40} °C, as Fig. {k + 1} shows."
        part = "train" if k % 2 else "trial"
        _write(tmp_path, part, f"A{k}-{k}", text, [f"{k + 3} nm", f"about {k + 40} °C"])
    return tmp_path


def test_paragraphs_are_read_with_their_article(folder: Path) -> None:
    paragraphs = read_measeval(folder)
    assert len(paragraphs) == 12
    first = paragraphs[0]
    assert (first.name, first.article) == ("A0-0", "A0")
    assert [first.text[a:b] for a, b in first.spans] == ["3 nm", "about 40 °C"]


def test_a_paragraph_without_table_has_no_quantity(folder: Path) -> None:
    (folder / "trial" / "tsv" / "A0-0.tsv").unlink()
    assert read_measeval(folder)[0].spans == []


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no paragraphs"):
        read_measeval(tmp_path)


def test_wrong_offsets_are_an_error(folder: Path) -> None:
    table = folder / "trial" / "tsv" / "A0-0.tsv"
    table.write_text(HEAD + "A0-0\t1\tQuantity\t0\t4\tT1\t3 nm\t\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"A0-0\.tsv"):
        read_measeval(folder)


def test_spans_match_one_to_one() -> None:
    gold = [(0, 5), (10, 20)]
    assert score_spans(gold, [(0, 5), (11, 13), (15, 20)]) == (1, 2)
    assert score_spans(gold, []) == (0, 0)
    assert score_spans([], [(0, 5)]) == (0, 0)


def test_a_list_is_one_span_and_unlikely_values_are_none() -> None:
    text = "5 and 10 K, two, 7"
    values = [
        Value(0, 1, 5, "K", group=0),
        Value(6, 10, 10, "K", group=0),
        Value(12, 15, 2, "1", score=0.3),
        Value(17, 18, 7, "1", score=0.3),
    ]
    assert quantity_spans(text, values) == [(0, 10), (12, 15)]


def test_trained_model_finds_what_it_saw(folder: Path) -> None:
    pytest.importorskip("pycrfsuite")
    model = train_values(folder)
    text = "The film of 8 nm was heated to about 77 °C, as Fig. 2 shows."
    spans = quantity_spans(text, find_values(text, model=model))
    assert [text[a:b] for a, b in spans] == ["8 nm", "about 77 °C"]


def test_cross_validation_reports_rates(folder: Path) -> None:
    pytest.importorskip("pycrfsuite")
    rates = cross_validate_values(folder)
    assert rates["soft"]["f1"] > 0.9
    assert set(rates["strict"]) == {"precision", "recall", "f1"}
