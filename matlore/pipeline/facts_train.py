"""The small models that find facts: trained, measured, and written with their card."""

import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from matlore.errors import InputError, UsageError
from matlore.progress import Progress, no_progress
from matlore.records import Mention, Paper

if TYPE_CHECKING:
    from ner.facts.cards import ModelCard

__all__ = ["general_mentions", "learning_from", "need_training", "train_facts"]

_Result = TypeVar("_Result")
_LICENSE = "CC-BY-4.0"
_DATA = {
    "doping": {
        "name": "NERRE, doping: 162 abstracts",
        "reference": "Dagdelen et al., Nat. Commun. 15, 1418 (2024)",
        "license": "MIT (texts are their publishers')",
    },
    "relations": {
        "name": "NERRE, general: 549 abstracts",
        "reference": "Dagdelen et al., Nat. Commun. 15, 1418 (2024)",
        "license": "MIT (texts are their publishers')",
    },
    "values": {
        "name": "MeasEval, train and trial: 313 paragraphs",
        "reference": "Harper et al., SemEval-2021 Task 8",
        "license": "CC BY 4.0 (Elsevier OA-STM)",
    },
}


class _Savable(Protocol):
    def save(self, path: Path) -> None:
        """Write a model to a file."""


def train_facts(
    out: Path | None = None,
    *,
    doping: Path | None = None,
    general: Path | None = None,
    values: Path | None = None,
    threads: int | None = None,
    command: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train models on annotated data, and measure them by cross-validation.

    Args:
        out: the folder that gets `doping.json.zst`, `relations.json.zst`, `values.json.zst`,
            as far as there is data, and their card; None for that of the starter pack.
        doping: hosts and dopants, `train.json` of NERRE's doping set.
        general: records of abstracts, NERRE's general set.
        values: MeasEval's folder.
        threads: of the tagger; None for all cores.
        command: recorded in the card.
        progress: told of the models done.

    Returns:
        by model its `path`, `kilobytes` and `metrics`.

    Raises:
        InputError: the data cannot be read, or are too few; or `out` can be no folder.
        UsageError: there is nothing to train on, or a library is missing.
    """
    from ner.facts.cards import FACTS_FOLDER, add_card

    tasks: dict[str, Callable[[], tuple[_Savable, dict[str, Any]]]] = {}
    if doping is not None:
        tasks["doping"] = lambda: learning_from(doping, lambda: _doping(doping))
    if general is not None:
        tasks["relations"] = lambda: learning_from(general, lambda: _relations(general, threads))
    if values is not None:
        tasks["values"] = lambda: learning_from(values, lambda: _values(values))
    if not tasks:
        raise UsageError("nothing to train on: name --doping, --general or --values")
    need_training()
    folder = out or FACTS_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: no folder for models ({error}): choose another `--out`"
        ) from error
    report = {}
    for name, task in tasks.items():
        progress(0, text=name)
        model, metrics = task()
        path = folder / f"{name}.json.zst"
        model.save(path)
        add_card(folder, path.name, _card(name, path, metrics, command))
        kilobytes = round(path.stat().st_size / 1000, 1)
        report[name] = {"path": str(path), "kilobytes": kilobytes, "metrics": metrics}
    return report


def learning_from(path: Path, run: Callable[[], _Result]) -> _Result:
    """Return what training or measuring on a data set returns.

    Raises:
        InputError: there is too little in it; the trainers fail on this in many ways.
    """
    try:
        return run()
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise InputError(
            f"{path}: too little to learn from ({error}): give the whole data set"
        ) from error


def need_training() -> None:
    """Raise where the libraries for training are missing.

    Raises:
        UsageError: they are, and how to get them.
    """
    try:
        import pycrfsuite  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise UsageError(f"training needs {error.name}: `pip install 'matlore[train]'`") from error


def general_mentions(path: Path, threads: int | None) -> list[tuple[Paper, Sequence[Mention]]]:
    """Return the abstracts of NERRE's general set as papers, with the tagger's mentions.

    Raises:
        InputError: the file cannot be read.
    """
    from ner.extraction import extract_mentions
    from ner.facts.general import read_general

    from .documents import document
    from .ner_extract import load_extractor

    papers = [document(abstract.text) for abstract in read_general(path)]
    tagger, linker = load_extractor(threads=threads)
    return [*zip(papers, extract_mentions(papers, tagger, linker), strict=True)]


def _doping(path: Path) -> tuple[_Savable, dict[str, Any]]:
    from ner.facts.doping_training import cross_validate_doping, train_doping

    return train_doping(path), {"links by words, 5 folds": cross_validate_doping(path)}


def _relations(path: Path, threads: int | None) -> tuple[_Savable, dict[str, Any]]:
    from ner.facts.relation_training import cross_validate_general, train_relations

    mentions = general_mentions(path, threads)
    metrics = cross_validate_general(path, mentions)
    return train_relations(path, mentions), {"formula and words, 5 folds": metrics}


def _values(folder: Path) -> tuple[_Savable, dict[str, Any]]:
    from ner.facts.measeval import cross_validate_values, train_values

    return train_values(folder), {"spans, 5 folds by article": cross_validate_values(folder)}


def _card(name: str, path: Path, metrics: dict[str, Any], command: str | None) -> "ModelCard":
    from ner.facts.cards import ModelCard

    libraries = ("python-crfsuite", "scikit-learn")
    return ModelCard(
        sha256=sha256(path.read_bytes()).hexdigest(),
        trained=datetime.now(UTC).date().isoformat(),
        data=dict(_DATA[name]),
        metrics=metrics,
        versions={"python": platform.python_version()} | {one: version(one) for one in libraries},
        command=command,
        license=_LICENSE,
    )
