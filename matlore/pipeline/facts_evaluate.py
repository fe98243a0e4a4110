"""How well facts are found, against what others annotated."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matlore.errors import InputError, UsageError
from matlore.progress import Progress, no_progress
from matlore.records import Paper, text_hash

from .annotated import annotated_texts
from .facts_train import general_mentions, learning_from, need_training

__all__ = ["evaluate_facts"]


def evaluate_facts(
    home_path: Path,
    *,
    doping: Path | None = None,
    general: Path | None = None,
    values: Path | None = None,
    units: Path | None = None,
    annotations: Path | None = None,
    texts: Sequence[Path] = (),
    threads: int | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Measure the parts of fact extraction on what others annotated.

    Dopings, relations and values are measured by 5-fold cross-validation, over abstracts or
    articles, of models that are trained for it by the code that trains those that ship.

    Args:
        home_path: the data home whose papers were annotated, unless `texts` says where they
            are; else it need not exist.
        doping: hosts and dopants, `train.json` of NERRE's doping set.
        general: records of abstracts, NERRE's general set.
        values: MeasEval's folder.
        units: units of grobid-quantities.
        annotations: quantities of papers (`ner.facts.annotations`).
        texts: files and folders of rows that hold the annotated papers.
        threads: of the tagger; None for all cores.
        progress: told of the data sets done.

    Returns:
        the figures by data set: `doping`, `general`, `values`, `units`, `annotations`.

    Raises:
        InputError: a file cannot be read or has too little in it, or an annotated paper is
            not there.
        UsageError: there is nothing to measure on, or a library for training is missing.
    """
    if texts and annotations is None:
        raise UsageError("--texts are those of the papers of --annotations: name that file too")
    tasks: dict[str, Callable[[], dict[str, Any]]] = {}
    if doping is not None:
        tasks["doping"] = lambda: learning_from(doping, lambda: _cross_validated_doping(doping))
    if general is not None:
        tasks["general"] = lambda: learning_from(
            general, lambda: _cross_validated_general(general, threads)
        )
    if values is not None:
        tasks["values"] = lambda: learning_from(values, lambda: _cross_validated_values(values))
    if units is not None:
        tasks["units"] = lambda: _units(units)
    if annotations is not None:
        tasks["annotations"] = lambda: _annotated(home_path, annotations, texts, threads, progress)
    if not tasks:
        raise UsageError(
            "nothing to measure on: name --doping, --general, --values, --units or --annotations"
        )
    if doping or general or values:
        need_training()
    report: dict[str, Any] = {}
    for name, task in tasks.items():
        progress(0, text=name)
        report[name] = task()
    return report


def _cross_validated_doping(path: Path) -> dict[str, Any]:
    from ner.facts.doping_training import cross_validate_doping

    return {**cross_validate_doping(path)}


def _cross_validated_general(path: Path, threads: int | None) -> dict[str, Any]:
    from ner.facts.relation_training import cross_validate_general

    return cross_validate_general(path, general_mentions(path, threads))


def _cross_validated_values(folder: Path) -> dict[str, Any]:
    from ner.facts.measeval import cross_validate_values

    return {**cross_validate_values(folder)}


def _units(folder: Path) -> dict[str, Any]:
    from ner.facts.unit_evaluation import evaluate_units

    return evaluate_units(folder)


def _annotated(
    home_path: Path,
    annotations: Path,
    paths: Sequence[Path],
    threads: int | None,
    progress: Progress,
) -> dict[str, Any]:
    """Score the quantities that the shipped models find in annotated papers."""
    from ner.extraction import extract_mentions
    from ner.facts.annotations import annotated_ids, read_annotated_papers
    from ner.facts.extraction import extract_facts
    from ner.facts.quantity_evaluation import score_quantities

    from .ner_extract import load_extractor

    ids = annotated_ids(annotations)
    if not ids:
        raise InputError(f"{annotations}: no annotated paper in it: name a file that has some")
    texts = annotated_texts(home_path, paths, ids, progress)
    annotated = read_annotated_papers(annotations, texts)
    tagger, linker = load_extractor(threads=threads)
    papers = [_paper(id, text) for id, text in texts.items()]
    mentions = extract_mentions(papers, tagger, linker)
    facts = {
        paper.id: extract_facts(paper, found) for paper, found in zip(papers, mentions, strict=True)
    }
    return score_quantities(annotated, facts, texts)


def _paper(id: str, text: str) -> Paper:
    """Return a paper of which nothing is known but its text, as a home holds it."""
    return Paper(id, (id,), "", text, text, text_hash(text), cleaner_version="")
