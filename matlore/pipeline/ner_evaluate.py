"""How good a tagger is, on tagged words and on annotated sentences of raw abstracts."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from matlore.errors import UsageError
from matlore.progress import Progress, no_progress

from .annotated import annotated_texts

if TYPE_CHECKING:
    from ner.evaluation import NerReport
    from ner.labels import Span
    from ner.tagger import Tagger

__all__ = ["evaluate_tagger", "record_metrics"]

_Item = TypeVar("_Item")
_CHUNK_SENTENCES = 1024
_CHUNK_TEXTS = 64
_RECORDED = ("micro", "macro_f1", "per_label", "interval_95", "mentions", "sentences")


@dataclass(frozen=True, slots=True)
class _Test:
    """What taggers are measured on.

    Attributes:
        gold: the mentions of each sentence.
        tagged: how many sentences a tagger reads for that.
        find: lets a tagger find the mentions of each of the sentences of `gold`.
    """

    gold: list[list["Span"]]
    tagged: int
    find: Callable[["Tagger", Progress], list[list["Span"]]]


def evaluate_tagger(
    home_path: Path,
    *,
    files: Sequence[Path] = (),
    annotations: Path | None = None,
    texts: Sequence[Path] = (),
    model: str | None = None,
    against: str | None = None,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Measure a tagger on files of tagged words, or on annotated sentences of papers.

    Annotated sentences are read as `matlore ner extract` reads them: the tagger gets the
    whole text of the paper and finds its sentences itself; a mention counts for a sentence
    that it overlaps.

    Args:
        home_path: the data home whose papers were annotated, unless `texts` says where
            they are; else it need not exist.
        files: in CoNLL's columns, words normalised as Matscholar's.
        annotations: instead, a file that `ner.annotations` reads.
        texts: files and folders of rows that hold the annotated papers.
        model: a folder or a Hugging Face id; None for the model that ships.
        against: another one to compare it with.
        threads: of the tagger; None for all cores.
        progress: told of the sentences, or papers, tagged.

    Returns:
        `model` (its version), the fields of `ner.evaluation.NerReport.as_dict` and, where
        there is another model, `against` (the same of it) and `comparison`: the
        `difference` of the micro F1, the model's minus the other's, its `interval_95`, and
        `p`, the share of resamples in which the model is not better.

    Raises:
        ArtifactError: a model is missing or damaged.
        HomeError: there is no home at `home_path`, and it is needed.
        InputError: a file cannot be read; or a paper is not there, or has another text
            than the one annotated.
        UsageError: there is nothing to measure on, or too much.
    """
    from ner.evaluation import compare
    from ner.tagger import load_tagger

    if bool(files) == (annotations is not None):
        raise UsageError("name files of tagged words, or one of --annotations")
    if texts and annotations is None:
        raise UsageError("--texts are those of the papers of --annotations: name that file too")
    if annotations is None:
        test = _tagged_words(files)
    else:
        test = _annotated_sentences(home_path, annotations, texts, progress)
    first = _measure(test, load_tagger(model, threads=threads), progress)
    result = first.result
    if against is not None:
        second = _measure(test, load_tagger(against, threads=threads), progress)
        result["against"] = second.result
        result["comparison"] = compare(test.gold, second.found, first.found)
    return result


def record_metrics(
    model: str | None, name: str, report: Mapping[str, Any], *, command: str
) -> None:
    """Write what was measured into the card of a tagger of ours.

    Speed is left out: it is that of a machine.

    Args:
        model: its folder; None for the one that ships.
        name: of the test, such as `dev`.
        report: from `evaluate_tagger`.
        command: that measured it.

    Raises:
        ArtifactError: the folder has no card.
    """
    from ner.card import NER_FOLDER, load_card, save_card

    folder = NER_FOLDER if model is None else Path(model)
    card = load_card(folder)
    kept = {key: report[key] for key in _RECORDED} | {"command": command}
    if "comparison" in report:
        kept["against"] = {**report["comparison"], "micro_f1": report["against"]["micro"]["f1"]}
    save_card(replace(card, metrics=card.metrics | {name: kept}), folder)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a tagger found, and how good that is."""

    found: list[list["Span"]]
    result: dict[str, Any]


def _measure(test: _Test, tagger: "Tagger", progress: Progress) -> _Measured:
    from ner.evaluation import evaluate_spans

    begun = time.perf_counter()
    found = test.find(tagger, progress)
    seconds = time.perf_counter() - begun
    report: NerReport = evaluate_spans(test.gold, found, seconds=seconds)
    result = {"model": tagger.version, **report.as_dict()}
    # Of annotated papers more sentences are tagged than are annotated.
    result["sentences_per_second"] = round(test.tagged / seconds, 1) if seconds else None
    return _Measured(found, result)


# Tagged words


def _tagged_words(files: Iterable[Path]) -> _Test:
    from ner.conll import read_conll
    from ner.labels import spans_of

    sentences = [sentence for file in files for sentence in read_conll(file)]
    words = [sentence.words for sentence in sentences]

    def find(tagger: "Tagger", progress: Progress) -> list[list["Span"]]:
        progress(0, total=len(words), text="sentences")
        tags: list[list[str]] = []
        for chunk in _chunks(words, _CHUNK_SENTENCES):
            tags += tagger.tag_words(chunk)
            progress(len(chunk))
        return [list(spans_of(row)) for row in tags]

    return _Test([list(spans_of(one.tags)) for one in sentences], len(words), find)


# Annotated sentences


def _annotated_sentences(
    home_path: Path, annotations: Path, paths: Sequence[Path], progress: Progress
) -> _Test:
    from ner.annotations import annotation_ids, read_annotations
    from ner.sentences import split_sentences

    ids = annotation_ids(annotations)
    if not ids:
        raise UsageError(f"{annotations}: no annotated sentence; name a file that holds some")
    found = annotated_texts(home_path, paths, ids, progress)
    sentences = read_annotations(annotations, found)
    papers = {one.paper_id: found[one.paper_id] for one in sentences}

    def find(tagger: "Tagger", progress: Progress) -> list[list["Span"]]:
        progress(0, total=len(papers), text="papers")
        spans: dict[str, list[Span]] = {}
        for chunk in _chunks([*papers], _CHUNK_TEXTS):
            texts = [papers[id] for id in chunk]
            spans.update(zip(chunk, tagger.tag(texts), strict=True))
            progress(len(chunk))
        return [_inside(spans[one.paper_id], one.start, one.end) for one in sentences]

    tagged = sum(len(split_sentences(text)) for text in papers.values())
    return _Test([list(one.spans) for one in sentences], tagged, find)


def _inside(spans: Iterable["Span"], start: int, end: int) -> list["Span"]:
    """Return the mentions that overlap a sentence: one that leaves it counts as wrong."""
    return [span for span in spans if span.start < end and start < span.end]


def _chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
