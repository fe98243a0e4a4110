"""Does it work: the evaluation of word vectors, and the backtest of the ranking."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import ArtifactError, NotFoundError, UsageError
from matlore.progress import Progress, no_progress

if TYPE_CHECKING:
    from embeddings.counts import StudyCounts
    from embeddings.evaluation import Part, PredictedScores, ReferenceMaterial
    from embeddings.training import TrainingSettings
    from matlore.vocabulary import Application

    from .recommend_predictions import PredictorsAtHand

__all__ = ["backtest_home", "cutoff_years", "evaluate_vectors", "training_settings"]


def evaluate_vectors(
    home_path: Path,
    *,
    ranking: Path,
    analogies: Path | None = None,
    vectors: Path | None = None,
    application: str = "thermoelectric",
    part: "Part" = "all",
    min_count: int = 5,
    seed: int = 0,
    fused: bool = False,
    predictors: "PredictorsAtHand | None" = None,
    progress: Progress = no_progress,
) -> dict[str, object]:
    """Measure word vectors against computed power factors, known materials and analogies.

    With `fused` the ranking by literature and predicted properties together is measured beside
    that by literature alone, on the same materials. What papers report takes no part: it would
    give away which materials are known. Predictors know properties, not papers or years; but of
    some of the materials they learned, so all is compared for those they never saw too.

    Args:
        home_path: the data home; it need not exist.
        ranking: folder of the reference list.
        analogies: a file of analogies; None for the one in `ranking`, if there is one.
        vectors: the vectors; None for the newest of the home, else those of the starter.
        application: for which to rank.
        part: which half of the reference list: `dev`, `test` or `all`.
        min_count: how often a material must be named.
        seed: of the bootstrap.
        fused: measure the fused ranking too.
        predictors: those to use; None for those of the home and of matlore.
        progress: told of the analogies asked.

    Returns:
        The fields of `RankingReport`, the vectors' id, and the scores by analogy group.

    Raises:
        ArtifactError: the vectors cannot be read.
        InputError: the reference list or the analogies are missing or broken.
        NotFoundError: the application is not known, or there is no predictor for it.
        UsageError: rankings to fuse for an application whose properties are not laid down.
    """
    from embeddings.analogies import ANALOGIES_FILE, evaluate_analogies, load_analogies
    from embeddings.evaluation import evaluate_ranking, load_reference

    from .vectors import resolve_vectors

    reference = load_reference(ranking)
    beside = ranking / ANALOGIES_FILE
    file = beside if analogies is None and beside.is_file() else analogies
    groups = () if file is None else load_analogies(file)
    loaded = resolve_vectors(home_path, vectors=vectors)
    predicted = None
    if fused:
        listed = [one for one in reference if one.formula in loaded.vectors]
        predicted = _predicted_scores(home_path, listed, application, predictors)
    report = evaluate_ranking(
        loaded.vectors,
        loaded.counts,
        reference,
        application=application,
        part=part,
        min_count=min_count,
        seed=seed,
        predicted=predicted,
    )
    scores = evaluate_analogies(loaded.vectors, groups, progress=progress) if groups else ()
    card = loaded.vectors.card
    return {
        "vectors": card.id,
        "trained_until": card.trained_until,
        **asdict(report),
        "analogies": [asdict(score) for score in scores],
    }


def _predicted_scores(
    home_path: Path,
    listed: "Sequence[ReferenceMaterial]",
    application: str,
    predictors: "PredictorsAtHand | None",
) -> "PredictedScores":
    """Return how desirable the predicted properties of listed materials are.

    Raises:
        NotFoundError: nothing could be predicted.
        UsageError: which properties matter is not laid down.
    """
    from embeddings.evaluation import PredictedScores
    from matlore.vocabulary import find_application, load_applications

    from .predict_models import home_predictors
    from .recommend_fusion import desirabilities
    from .recommend_predictions import predicted_values, with_solar_limits
    from .recommend_properties import what_matters

    known = find_application(application, load_applications())
    matters = what_matters(application if known is None else known.name, required="--fused")
    assert matters is not None
    formulas = [one.formula for one in listed]
    values = predicted_values(predictors or home_predictors(home_path), formulas, matters)
    values = with_solar_limits(values, matters.properties)
    scores = desirabilities(formulas, values, matters.properties, "prediction")
    if all(score is None for score in scores.values()):
        raise NotFoundError(
            f"nothing that matters for {matters.application!r} can be predicted of the listed"
            " materials; `matlore predict models` lists the predictors; leave out --fused"
        )
    learned = [f for f, found in values.items() if any(one.learned for one in found)]
    return PredictedScores(scores, frozenset(learned))


def backtest_home(
    home_path: Path,
    *,
    application: str,
    cutoffs: Sequence[int],
    follow: Sequence[int] = (),
    top: int = 50,
    settings: "TrainingSettings | None" = None,
    plot: Path | None = None,
    workers: int = 2,
    progress: Progress = no_progress,
) -> dict[str, object]:
    """Rank as of past years on the corpus of a home, and follow what was reported later.

    Vectors of a cutoff are kept in the home and used again.

    Args:
        home_path: the data home.
        application: one of the vocabulary, or a term of the vectors.
        cutoffs: years; vectors are trained on what was published until each.
        follow: until which years to follow; none for every year of the corpus.
        top: how many materials are picked.
        settings: of the training; None for the defaults.
        plot: a PNG, SVG or PDF file to draw.
        workers: threads of the training.
        progress: told of each epoch.

    Returns:
        The fields of `BacktestReport`, the training settings and the plot's path.

    Raises:
        HomeError: there is no home at `home_path`.
        InputError: its corpus is empty, or the plot cannot be written.
        NotFoundError: no paper names the application, or the vectors do not hold it.
        UsageError: years or options make no sense together.
    """
    from embeddings.backtest import backtest
    from embeddings.backtest_plot import check_plot_path, plot_backtest
    from embeddings.training import TrainingSettings

    from .vectors import ensure_counts, trained_until

    if plot is not None:
        check_plot_path(plot)
    chosen = settings or TrainingSettings()
    counts = ensure_counts(home_path, progress=progress)
    wanted, counts = _counted(home_path, application, counts)
    report = backtest(
        lambda year: trained_until(
            home_path, year, settings=chosen, workers=workers, progress=progress
        ),
        counts,
        application=wanted,
        cutoffs=cutoffs,
        follow=follow,
        top=top,
    )
    if plot is not None:
        plot_backtest(report, plot)
    return {**asdict(report), "settings": asdict(chosen), "plot": plot}


def cutoff_years(
    *, first: int | None, last: int | None, step: int = 2, years: Sequence[int] = ()
) -> list[int]:
    """Return the cutoff years: those listed, else from the first to the last one.

    Raises:
        UsageError: neither or both are given, or they make no sense together.
    """
    if years and (first is not None or last is not None):
        raise UsageError("give either --cutoffs or --from and --to, not both")
    if years:
        return sorted(set(years))
    if first is None or last is None:
        raise UsageError("name the cutoff years: --from Y --to Y, or --cutoffs 2009,2011,2013")
    if first > last or step < 1:
        raise UsageError(f"--from {first} --to {last} --step {step}: there is no such year")
    return list(range(first, last + 1, step))


def training_settings(*, like: Path | None = None, epochs: int | None = None) -> "TrainingSettings":
    """Return the training settings of other vectors, or the defaults.

    Args:
        like: the folder of vectors whose settings to take; None for the defaults.
        epochs: instead of theirs.

    Raises:
        ArtifactError: the vectors have no settings that this version knows.
    """
    from embeddings.training import TrainingSettings
    from embeddings.vectors import WordVectors

    card = None if like is None else WordVectors.load_card(like)
    try:
        settings = TrainingSettings(**(card.settings if card else {}))
    except TypeError as error:
        raise ArtifactError(
            f"{like}: trained with settings that this version does not know ({error});"
            " leave out --like to train with the defaults"
        ) from error
    return settings if epochs is None else replace(settings, epochs=epochs)


def _counted(
    home_path: Path, application: str, counts: "StudyCounts"
) -> "tuple[Application, StudyCounts]":
    """Return an application with counts that hold it: any other term is counted now.

    Raises:
        NotFoundError: no paper names a material together with it.
    """
    from embeddings.counts import StudyCounts
    from matlore.home import Home
    from matlore.vocabulary import Application, find_application, load_applications
    from ner.tokens import training_tokens

    from .vectors import ensure_stage

    known = load_applications()
    found = find_application(application, known)
    if found is None:
        term = "_".join(training_tokens(application.replace("_", " ")))
        found = Application(application, (term,), (application.replace("_", " "),))
        stage = ensure_stage(Home.open(home_path))
        counts = StudyCounts.count(stage, {found.name: found.words})
    if not counts.totals(found.name).any():
        raise NotFoundError(
            f"{application!r}: no paper of the corpus names a material together with it;"
            f" known applications: {', '.join(known)}"
        )
    return found, counts
