"""What `matlore build` does: from a corpus to a graph and indexes, each step only where needed.

Every step tells for itself what is left to do, and goes on where it was killed: so does the
build, which is nothing but the steps in their order.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError
from matlore.home import Home
from matlore.progress import Progress, no_progress

from .build_types import BuildOptions, BuildStep, StepDone

if TYPE_CHECKING:
    from embeddings.vectors import VectorsCard

    from .index_build import IndexOptions

__all__ = ["STEPS", "BuildOptions", "BuildStep", "plan_build", "run_build"]

STEPS = ("mentions", "facts", "vectors", "graph", "derive", "predict", "index")
_GROWTH = 0.05
_FEWEST = 20_000


def plan_build(home_path: Path, options: BuildOptions) -> list[BuildStep]:
    """Return the steps of a build with what each has to do as things stand.

    Raises:
        HomeError: there is no such home.
        InputError: it has no papers.
        ArtifactError: a model cannot be loaded.
    """
    home = _open(home_path)
    mentions = _plan_mentions(home, options)
    facts = _plan_facts(home, mentions)
    vectors = _plan_vectors(home, options)
    before = [step for step in (mentions, facts, vectors) if step.state == "to do"]
    graph = _plan_graph(home_path, options, before)
    derive = _plan_derive(home_path, options, graph)
    predict = _plan_predict(home_path, options, graph)
    index = _plan_index(home_path, options, [*before, graph])
    return [mentions, facts, vectors, graph, derive, predict, index]


def run_build(
    home_path: Path,
    options: BuildOptions,
    *,
    done: StepDone,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Do what there is to do, step by step.

    Args:
        home_path: the data home.
        options: how.
        done: told of each step.
        progress: told of each step's items; its label begins with the step's name.

    Returns:
        `steps`: each with `name`, `state`, `why` and its `report`, null where it did nothing;
        `failed`: papers that could not be read.

    Raises:
        HomeError, InputError, ArtifactError, GraphError: see the steps.
    """
    home = _open(home_path)
    steps = []
    for name, (plan, run) in _steps(home, home_path, options).items():
        step = plan()
        report = run(_named(progress, name)) if step.state == "to do" else None
        done(step, report)
        steps.append({**asdict(step), "report": report})
    reports = [step["report"] or {} for step in steps]
    return {"steps": steps, "failed": sum(int(report.get("failed") or 0) for report in reports)}


def _steps(
    home: Home, home_path: Path, options: BuildOptions
) -> dict[str, tuple[Callable[[], BuildStep], Callable[[Progress], dict[str, Any]]]]:
    """Return each step's plan, to be asked when its turn has come, and what does it."""
    return {
        "mentions": (
            lambda: _plan_mentions(home, options),
            lambda progress: _read_mentions(home_path, options, progress),
        ),
        "facts": (
            lambda: _plan_facts(home, None),
            lambda progress: _read_facts(home_path, options, progress),
        ),
        "vectors": (
            lambda: _plan_vectors(home, options),
            lambda progress: _train(home_path, options, progress),
        ),
        "graph": (
            lambda: _plan_graph(home_path, options, []),
            lambda progress: _load(home_path, options, progress),
        ),
        "derive": (
            lambda: _plan_derive(home_path, options, None),
            lambda progress: _derive(home_path, options, progress),
        ),
        "predict": (
            lambda: _plan_predict(home_path, options, None),
            lambda progress: _predict(home_path, options, progress),
        ),
        "index": (
            lambda: _plan_index(home_path, options, []),
            lambda progress: _index(home_path, options, progress),
        ),
    }


def _open(home_path: Path) -> Home:
    home = Home.open(home_path)
    with home.connect() as connection:
        (papers,) = connection.execute("SELECT count(*) FROM papers").fetchone()
    if not papers:
        raise InputError(f"{home_path}: no papers; bring some in with `matlore ingest file PATH`")
    return home


def _named(progress: Progress, name: str) -> Progress:
    """Return a progress whose labels begin with the name of a step."""

    def told(done: int = 1, /, *, total: int | None = None, text: str | None = None) -> None:
        progress(done, total=total, text=f"{name}: {text}" if text else text)

    progress(0, text=name)
    return told


# Mentions and facts


def _plan_mentions(home: Home, options: BuildOptions) -> BuildStep:
    from ner.extraction import extractor_version
    from ner.jobs import count_unread

    from .ner_extract import load_extractor

    version = extractor_version(*load_extractor(options.model))
    unread = count_unread(home, version)
    return _of_papers("mentions", unread, "papers are new, changed, or read by another version")


def _plan_facts(home: Home, mentions: BuildStep | None) -> BuildStep:
    from ner.fact_jobs import count_without_facts

    from .facts_extract import load_finder

    if mentions is not None and mentions.state == "to do":
        return BuildStep("facts", "to do", mentions.papers, "their mentions are found before")
    unread = count_without_facts(home, load_finder().version)
    return _of_papers("facts", unread, "papers have new mentions, or facts of another version")


def _of_papers(name: str, unread: int, why: str) -> BuildStep:
    if unread:
        return BuildStep(name, "to do", unread, f"{unread} {why}")
    return BuildStep(name, "up to date", 0, "every paper was read")


def _read_mentions(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .ner_extract import extract_home

    return extract_home(
        home_path,
        model=options.model,
        min_relevance=options.min_relevance,
        threads=options.workers,
        progress=progress,
    )


def _read_facts(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .facts_extract import extract_home_facts

    return extract_home_facts(home_path, workers=options.workers, progress=progress)


# Vectors


def _plan_vectors(home: Home, options: BuildOptions) -> BuildStep:
    with home.connect() as connection:
        (papers,) = connection.execute("SELECT count(*) FROM papers").fetchone()
    cards = list(_cards(home))
    if options.retrain:
        return BuildStep("vectors", "to do", papers, "--retrain")
    if not cards and papers < _FEWEST:
        why = f"fewer than {_FEWEST:,} papers: those that ship serve better (--retrain trains)"
        return BuildStep("vectors", "skipped", None, why)
    if not cards:
        return BuildStep("vectors", "to do", papers, "none were trained on this corpus")
    grown = _growth(home, papers, cards)
    if grown > _GROWTH:
        why = f"the corpus has grown by {grown:.0%} since"
        return BuildStep("vectors", "to do", papers, why)
    why = f"the corpus has grown by {grown:.1%} since, not by {_GROWTH:.0%}"
    return BuildStep("vectors", "up to date", None, why)


def _cards(home: Home) -> "Iterator[VectorsCard]":
    """Yield the cards of the vectors of the whole corpus that a home has."""
    from embeddings.vectors import WordVectors
    from matlore.errors import ArtifactError

    for file in sorted(home.folder("vectors").glob("*/card.json")):
        try:
            card = WordVectors.load_card(file.parent)
        except ArtifactError:
            continue  # half written, or of another version: to be trained anew
        if card.trained_until is None:
            yield card


def _growth(home: Home, papers: int, cards: "list[VectorsCard]") -> float:
    """Return by how much the corpus has grown since the vectors that fit it best."""
    from .vectors import corpus_fingerprint

    fingerprint = corpus_fingerprint(home)
    if any(card.corpus.get("fingerprint") == fingerprint for card in cards):
        return 0.0
    staged = max(int(card.corpus.get("staged_papers") or 1) for card in cards)
    return max(0.0, papers / staged - 1.0)


def _train(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .vectors import new_settings, train_home_vectors

    trained = train_home_vectors(
        home_path,
        settings=new_settings(),
        workers=options.workers,
        progress=progress,
        command="matlore build",
    )
    return {"vectors": trained.vectors.card.id, "words": len(trained.vectors)}


# The graph


def _plan_graph(home_path: Path, options: BuildOptions, before: list[BuildStep]) -> BuildStep:
    from .graph_load import graph_is_current

    if before:
        names = " and ".join(step.name for step in before)
        return BuildStep("graph", "to do", None, f"{names} will be new")
    if graph_is_current(home_path, store=options.store, login=options.login):
        return BuildStep("graph", "up to date", None, "facts and vectors are those it was made of")
    return BuildStep("graph", "to do", None, "facts or vectors are others than it was made of")


def _load(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .graph_load import load_home_graph

    return load_home_graph(home_path, store=options.store, login=options.login, progress=progress)


# What follows from the graph's values


def _plan_derive(home_path: Path, options: BuildOptions, graph: BuildStep | None) -> BuildStep:
    from .graph_derive import derive_is_current

    if graph is not None and graph.state == "to do":
        return BuildStep("derive", "to do", None, "the graph will be new")
    materials = derive_is_current(home_path, store=options.store, login=options.login)
    if materials is None:
        return BuildStep("derive", "up to date", None, "values and models are those derived from")
    if not materials:
        return BuildStep("derive", "to do", None, "the graph lacks what was derived, or models")
    why = f"{materials} materials have other values, or models are others, than derived from"
    return BuildStep("derive", "to do", None, why)


def _derive(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .graph_derive import derive_home_graph

    return derive_home_graph(
        home_path,
        store=options.store,
        login=options.login,
        workers=options.workers,
        progress=progress,
    )


# What predictors say of the graph's materials


def _plan_predict(home_path: Path, options: BuildOptions, graph: BuildStep | None) -> BuildStep:
    from .graph_predict import has_predictors, predict_is_current

    if not has_predictors(home_path):
        return BuildStep("predict", "skipped", None, "there are no predictors")
    if graph is not None and graph.state == "to do":
        return BuildStep("predict", "to do", None, "the graph will be new")
    materials = predict_is_current(home_path, store=options.store, login=options.login)
    news = {None: "every material was predicted", 0: "the graph has other values"}
    why = news.get(materials, f"{materials} materials were not predicted")
    return BuildStep("predict", "up to date" if materials is None else "to do", None, why)


def _predict(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .graph_predict import predict_home_graph

    report = predict_home_graph(
        home_path, store=options.store, login=options.login, progress=progress
    )
    return {**report, "failed": 0}  # those are predictors, and a build counts papers


# The indexes


def _plan_index(home_path: Path, options: BuildOptions, before: list[BuildStep]) -> BuildStep:
    """Return what is to be indexed; of what comes before only what makes other texts counts."""
    from .index_build import plan_home_index

    plan = plan_home_index(home_path, _index_options(options))
    todo = {
        row["collection"]: row["added"] + row["changed"] + row["deleted"] for row in plan["indexes"]
    }
    papers = todo.get("papers", 0)
    if any(todo.values()):
        told = ", ".join(f"{count} {name}" for name, count in todo.items() if count)
        why = f"new, changed or gone: {told} (encoder {plan['encoder']})"
        return BuildStep("index", "to do", papers, why)
    late = [step.name for step in before if step.name != "vectors" and step.state == "to do"]
    if late:
        return BuildStep("index", "to do", papers, f"{' and '.join(late)} will be new")
    return BuildStep("index", "up to date", 0, "every paper, sentence and node is indexed")


def _index(home_path: Path, options: BuildOptions, progress: Progress) -> dict[str, Any]:
    from .index_build import build_home_index

    return build_home_index(home_path, _index_options(options), progress=progress)


def _index_options(options: BuildOptions) -> "IndexOptions":
    from .index_build import IndexOptions

    return IndexOptions(
        encoder=options.encoder,
        workers=options.workers,
        store=options.store,
        login=options.login,
    )
