"""Annotated sentences: the reader, what it refuses, and the set of 200 that is shipped."""

import importlib.util
import random
from collections import Counter
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

from matlore.errors import InputError
from ner.annotations import AnnotatedSentence, annotation_ids, read_annotations, sentence_sha
from ner.evaluation import evaluate_spans
from ner.labels import LABELS, Span

PAPER = "doi:10.1/made-up"
TEXT = "Hafnia in memories\nWe grew HfO2 films by sputtering. They switch at 2 V."
START, END = 19, 52
SENTENCE = "We grew HfO2 films by sputtering."
SHA = sentence_sha(SENTENCE)
MENTIONS = "27:31:MAT 32:37:DSC 41:51:SMT"
N_SENTENCES = 200
N_SECOND = 80
# Whose ends were set by hand, where the splitter was wrong.
REPAIRED = {
    "arxiv:0902.1146",
    "arxiv:1009.4040",
    "arxiv:1602.04054",
    "arxiv:1606.08007",
    "arxiv:1804.03175",
    "doi:10.1149/ma2024-01211302mtgabs",
}


@pytest.fixture(scope="module")
def annotation_file() -> Path:
    return Path(__file__).parents[1] / "data" / "ner_annotations.tsv"


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "draw_sentences.py"
    spec = importlib.util.spec_from_file_location("draw_sentences", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def corpus_files(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "corpus").glob("*.jsonl.gz"))


@pytest.fixture(scope="module")
def annotated(
    annotation_file: Path, drawing: ModuleType, corpus_files: list[Path]
) -> list[AnnotatedSentence]:
    texts = drawing.paper_texts(corpus_files, annotation_ids(annotation_file))
    return read_annotations(annotation_file, texts)


@pytest.fixture(scope="module")
def second(
    annotation_file: Path, drawing: ModuleType, corpus_files: list[Path]
) -> list[AnnotatedSentence]:
    path = annotation_file.with_name("ner_annotations_second.tsv")
    return read_annotations(path, drawing.paper_texts(corpus_files, annotation_ids(path)))


def _file(folder: Path, *columns: object) -> Path:
    path = folder / "annotations.tsv"
    path.write_text("# a comment\n\n" + "\t".join(map(str, columns)) + "\n", encoding="utf-8")
    return path


def test_a_line_is_read_with_its_text(tmp_path: Path) -> None:
    path = _file(tmp_path, PAPER, START, END, SHA, MENTIONS)
    (sentence,) = read_annotations(path, {PAPER: TEXT})
    assert sentence == AnnotatedSentence(
        PAPER,
        START,
        END,
        SENTENCE,
        (Span(27, 31, "MAT"), Span(32, 37, "DSC"), Span(41, 51, "SMT")),
    )
    assert [TEXT[span.start : span.end] for span in sentence.spans] == [
        "HfO2",
        "films",
        "sputtering",
    ]
    assert annotation_ids(path) == [PAPER]


def test_a_sentence_may_have_no_mention(tmp_path: Path) -> None:
    path = _file(tmp_path, PAPER, START, END, SHA, "")
    assert read_annotations(path, {PAPER: TEXT})[0].spans == ()


def test_a_changed_text_is_refused_by_the_papers_name(tmp_path: Path) -> None:
    path = _file(tmp_path, PAPER, START, END, SHA, MENTIONS)
    with pytest.raises(InputError, match=f"line 3: the text of paper {PAPER} is no longer"):
        read_annotations(path, {PAPER: TEXT.replace("HfO2", "ZrO2")})


def test_a_shortened_text_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, PAPER, START, END, SHA, MENTIONS)
    with pytest.raises(InputError, match=PAPER):
        read_annotations(path, {PAPER: TEXT[:30]})


def test_a_missing_paper_is_refused_with_the_next_command(tmp_path: Path) -> None:
    path = _file(tmp_path, PAPER, START, END, SHA, MENTIONS)
    with pytest.raises(InputError, match=rf"{PAPER} is not among.*`matlore ingest file`"):
        read_annotations(path, {})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((PAPER, START, END, SHA), "line 3: 4 columns instead of 5"),
        ((PAPER, "x", END, SHA, MENTIONS), f"{PAPER}.*invalid literal"),
        ((PAPER, START, END, SHA, "27:31:XYZ"), f"{PAPER}.*unknown label 'XYZ'"),
        ((PAPER, START, END, SHA, "27:31"), f"{PAPER}.*start:end:LABEL"),
        ((PAPER, START, END, SHA, "27:99:MAT"), f"{PAPER}.*not inside"),
        ((PAPER, START, END, SHA, "3:6:MAT"), f"{PAPER}.*not inside"),
        ((PAPER, START, END, SHA, "27:27:MAT"), f"{PAPER}.*not inside"),
        ((PAPER, START, END, SHA, "27:31:MAT 30:37:DSC"), f"{PAPER}.*behind the other"),
        ((PAPER, START, START, SHA, ""), f"{PAPER}.*not inside"),
    ],
)
def test_a_bad_line_is_refused(tmp_path: Path, columns: tuple[object, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        annotation_ids(_file(tmp_path, *columns))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        annotation_ids(tmp_path / "nowhere.tsv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="binary"):
        annotation_ids(tmp_path / "binary")


def test_the_shipped_file_holds_200_papers_once_each(annotation_file: Path) -> None:
    ids = annotation_ids(annotation_file)
    assert len(ids) == len(set(ids)) == N_SENTENCES


def test_the_shipped_annotations_fit_the_corpus(annotated: list[AnnotatedSentence]) -> None:
    assert len(annotated) == N_SENTENCES
    surfaces = [s.text[m.start - s.start : m.end - s.start] for s in annotated for m in s.spans]
    assert surfaces
    assert all(surface == surface.strip() != "" for surface in surfaces)
    assert {span.label for sentence in annotated for span in sentence.spans} == set(LABELS)


def test_a_surface_changes_its_label_only_where_sense_does(
    annotated: list[AnnotatedSentence],
) -> None:
    labels: dict[str, Counter[str]] = {}
    for sentence in annotated:
        for span in sentence.spans:
            surface = sentence.text[span.start - sentence.start : span.end - sentence.start]
            labels.setdefault(surface.lower(), Counter())[span.label] += 1
    ambiguous = {surface for surface, found in labels.items() if len(found) > 1}
    # A quantity or its measurement; an oxygen vacancy or vanadium oxide.
    assert ambiguous == {"magnetic susceptibility", "specific heat", "vo"}


def test_the_draw_is_repeatable(
    drawing: ModuleType, corpus_files: list[Path], annotated: list[AnnotatedSentence]
) -> None:
    drawn = list(islice(drawing.draw(corpus_files, random.Random(20261125)), N_SENTENCES))
    assert [one.paper_id for one in drawn] == [sentence.paper_id for sentence in annotated]
    changed = {
        one.paper_id
        for one, sentence in zip(drawn, annotated, strict=True)
        if one.text != sentence.text
    }
    assert changed == REPAIRED


def test_the_second_annotator_read_the_first_sentences(
    annotated: list[AnnotatedSentence], second: list[AnnotatedSentence]
) -> None:
    assert [one[:4] for one in second] == [one[:4] for one in annotated[:N_SECOND]]


def test_the_agreement_in_the_description_is_the_computed_one(
    annotation_file: Path, annotated: list[AnnotatedSentence], second: list[AnnotatedSentence]
) -> None:
    ours = [sentence.spans for sentence in annotated[:N_SECOND]]
    theirs = [sentence.spans for sentence in second]
    report = evaluate_spans(ours, theirs)
    low, high = report.interval
    spl = report.per_label["SPL"]
    text = " ".join(annotation_file.with_suffix(".md").read_text(encoding="utf-8").split())
    assert (
        f"exact span and label: {report.micro.f1:.3f} (95% bootstrap over sentences {low:.2f} to"
        f" {high:.2f}; {report.micro.gold} mentions here, {report.micro.found} there)"
    ) in text
    assert f"one of the same label in the other: {_overlapping_share(ours, theirs):.3f}." in text
    by_label = {label: f"{label} {score.f1:.3f}" for label, score in report.per_label.items()}
    by_label["SPL"] += f" ({spl.gold} and {spl.found} mentions)"
    assert f"F1 by label: {', '.join(by_label.values())}." in text


def _overlapping_share(ours: list[tuple[Span, ...]], theirs: list[tuple[Span, ...]]) -> float:
    """Return the share of all mentions that overlap one of the same label in the other."""
    met = [
        any(a.label == b.label and a.start < b.end and b.start < a.end for b in other)
        for one, two in zip(ours, theirs, strict=True)
        for spans, other in ((one, two), (two, one))
        for a in spans
    ]
    return sum(met) / len(met)
