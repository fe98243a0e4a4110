"""How good a ranking for thermoelectrics is: against computed power factors and known ones.

The measures are those of Tshitoyan et al., Nature 571, 95 (2019): the reference lists
formulas with a flag (mentioned as a thermoelectric in the literature of that paper) and
computed power factors. Each measure is also taken of two rankings that know less: by
input vectors on both sides, and by how often a material is named.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matlore.errors import NotFoundError, UsageError
from matlore.vocabulary import Application, load_applications
from ner.formulas import is_formula_key

from . import statistics
from .comparison import Comparison, compare_rankings
from .measures import TOP_NEW, TOPS, Listed, Metric, Ranking, correlation_name, descending, measure
from .rank_fusion import fuse_ranks, shared_ranks
from .ranking import application_vector, material_scores, resolve_application
from .reference import REFERENCE_FILE, ReferenceMaterial, load_reference, part_of

if TYPE_CHECKING:
    from .counts import StudyCounts
    from .vectors import WordVectors

__all__ = [
    "REFERENCE_FILE",
    "Comparison",
    "Metric",
    "Part",
    "PredictedScores",
    "RankedMaterial",
    "RankingReport",
    "ReferenceMaterial",
    "evaluate_ranking",
    "load_reference",
    "part_of",
]

Part = Literal["dev", "test", "all"]


@dataclass(frozen=True, slots=True)
class PredictedScores:
    """What predicted properties say of the listed materials.

    Attributes:
        scores: the higher the better, by formula; None, or absent, where nothing is predicted.
        learned: formulas that a predictor learned from.
    """

    scores: Mapping[str, float | None] = field(default_factory=dict)
    learned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RankedMaterial:
    """A material of the list as ranked, named often enough.

    `known` is the list's flag; `studied` is what the corpus says, None without counts.
    """

    rank: int
    formula: str
    score: float
    n: int
    known: bool
    studied: bool | None
    power_factor: float | None


@dataclass(frozen=True, slots=True)
class RankingReport:
    """What `evaluate_ranking` found.

    Attributes:
        application: the application ranked for.
        part: which half of the list, or all of it.
        min_count: how often a formula is named at least.
        n_listed: formulas of this part of the list, as keys.
        n_ranked: how many of them are ranked and named often enough.
        n_computed: how many of those have a computed power factor.
        base_rate: share of the ranked ones that are flagged as known.
        not_known_by: `counts` (no paper of the corpus names both) or `list` (no flag).
        metrics: the measures, all of one ranking after those of another.
        top: the first hundred of the list, as ranked.
        comparison: the fused ranking beside that of the literature; empty without predictions.
    """

    application: str
    part: Part
    min_count: int
    n_listed: int
    n_ranked: int
    n_computed: int
    base_rate: float | None
    not_known_by: Literal["counts", "list"]
    metrics: tuple[Metric, ...]
    top: tuple[RankedMaterial, ...]
    comparison: tuple[Comparison, ...] = ()

    def metric(self, name: str, ranking: Ranking = "output") -> Metric:
        """Return a measure by its name.

        Raises:
            NotFoundError: there is no measure of this name.
        """
        for metric in self.metrics:
            if (metric.name, metric.ranking) == (name, ranking):
                return metric
        names = ", ".join(dict.fromkeys(metric.name for metric in self.metrics))
        raise NotFoundError(f"no measure {name!r} of ranking {ranking!r}; there are: {names}")

    @property
    def spearman(self) -> float | None:
        """Rank correlation of our score with the power factor, all named often enough."""
        return self.metric(correlation_name(self.min_count)).value

    def known_in_top(self, size: int) -> int:
        """Return how many of the first `size` are flagged as known thermoelectrics."""
        return self.metric(f"known in top {size}").hits or 0

    @property
    def new_power_factor(self) -> float | None:
        """Mean computed power factor of the ten best that are not known."""
        return self.metric(f"power factor of top {TOP_NEW} not known").value


def evaluate_ranking(
    vectors: "WordVectors",
    counts: "StudyCounts | None",
    reference: Sequence[ReferenceMaterial],
    *,
    application: str | Application = "thermoelectric",
    min_count: int = 5,
    part: Part = "all",
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
    predicted: PredictedScores | None = None,
) -> RankingReport:
    """Measure how good the ranking for an application is.

    Args:
        vectors: word vectors; the score is the cosine of the application's input vector
            with the output vector of a material.
        counts: which papers name a material together with the application, taken until
            the year until which the vectors were trained; None to go by the list's flag.
        reference: the list, of `load_reference`.
        application: an application, or what a user types for one.
        min_count: how often a formula must be named; correlations are also given for
            those named twice as often.
        part: only this half of the list: choose settings on `dev`, report `test`.
        resamples: bootstrap resamples and random draws; 0 for no intervals.
        seed: of the resampling.
        predicted: for two more rankings, `prediction` and `fused` (reciprocal ranks of `output`
            and `prediction` added), and for the comparison of the latter with `output`.

    Raises:
        ArtifactError: the vectors have no output vectors (word2vec files do not).
        NotFoundError: the application is not known and not a term of the vectors.
        UsageError: `part` or `min_count` is wrong.
    """
    if part not in get_args(Part) or min_count < 1:
        raise UsageError(f"part {part!r}, count {min_count}: take dev, test or all, and 1 or more")
    chosen = [item for item in reference if part in ("all", part_of(item.formula))]
    if isinstance(application, str):
        application = resolve_application(application, vectors, load_applications())
    listed = _match(vectors, counts, chosen, application, min_count)
    comparison: tuple[Comparison, ...] = ()
    if predicted is not None:
        listed = _with_predictions(listed, predicted)
        unseen = np.array([m.formula not in predicted.learned for m in listed.materials], bool)
        comparison = tuple(compare_rankings(listed, unseen, resamples=resamples, seed=seed))
    metrics = [
        metric
        for ranking in listed.scores
        for metric in measure(listed, ranking, min_count, resamples, seed)
    ]
    return RankingReport(
        application=application.name,
        part=part,
        min_count=min_count,
        n_listed=len(chosen),
        n_ranked=len(listed.materials),
        n_computed=int(np.isfinite(listed.power_factor).sum()),
        base_rate=float(listed.known.mean()) if listed.materials else None,
        not_known_by="list" if listed.studied is None else "counts",
        metrics=tuple(metrics),
        top=tuple(_top_materials(listed)),
        comparison=comparison,
    )


def _with_predictions(listed: Listed, predicted: PredictedScores) -> Listed:
    """Add the ranking by predictions, and that by literature and predictions together."""
    formulas = [material.formula for material in listed.materials]
    literature = dict(zip(formulas, listed.scores["output"].tolist(), strict=True))
    prediction = {formula: predicted.scores.get(formula) for formula in formulas}
    fused = fuse_ranks([shared_ranks(literature), shared_ranks(prediction)], formulas)
    added: dict[Ranking, NDArray[np.float64]] = {
        "prediction": np.array([_or_last(prediction[one]) for one in formulas], np.float64),
        "fused": np.array([fused[one] for one in formulas], np.float64),
    }
    return replace(listed, scores={**listed.scores, **added})


def _or_last(value: float | None) -> float:
    return -math.inf if value is None else value


def _match(
    vectors: "WordVectors",
    counts: "StudyCounts | None",
    reference: Sequence[ReferenceMaterial],
    application: Application,
    min_count: int,
) -> Listed:
    """Find the listed formulas in the vocabulary, with all their scores."""
    by_formula = {item.formula: item for item in reference}
    until = vectors.card.trained_until
    scores = material_scores(vectors, application)
    query = application_vector(vectors, application)
    ids = vectors.output_ids
    rows = [
        row
        for row in np.argsort(ids, kind="stable")
        if (name := vectors.words[ids[row]]) in by_formula
        and vectors.counts[ids[row]] >= min_count
        and is_formula_key(name)
    ]
    words = ids[rows].astype(np.int64)
    materials = tuple(by_formula[vectors.words[i]] for i in words)
    named = np.asarray(vectors.counts, dtype=np.int64)[words]
    return Listed(
        materials=materials,
        named=named,
        known=np.array([item.known for item in materials], dtype=bool),
        studied=_studied(counts, materials, application.name, until),
        power_factor=np.array([_or_nan(item.power_factor) for item in materials]),
        scores={
            "output": scores[rows].astype(np.float64),
            "input": (vectors.unit_inputs[words] @ query).astype(np.float64),
            "frequency": _papers(counts, materials, named, until),
        },
    )


def _studied(
    counts: "StudyCounts | None",
    materials: Sequence[ReferenceMaterial],
    application: str,
    until: int | None,
) -> NDArray[np.bool_] | None:
    """Say which materials a paper of the corpus names together with the application."""
    if counts is None or application not in counts.applications:
        return None
    return np.array(
        [
            counts.n_application_papers(item.formula, application, until=until) > 0
            for item in materials
        ],
        dtype=bool,
    )


def _papers(
    counts: "StudyCounts | None",
    materials: Sequence[ReferenceMaterial],
    named: NDArray[np.int64],
    until: int | None,
) -> NDArray[np.float64]:
    """Return how many papers name each material; how often it is named, without counts."""
    if counts is None:
        return named.astype(np.float64)
    return np.array(
        [counts.n_papers(item.formula, until=until) for item in materials], dtype=np.float64
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _top_materials(listed: Listed) -> Iterator[RankedMaterial]:
    scores = listed.scores["output"]
    for rank, i in enumerate(descending(scores)[: max(TOPS)], 1):
        material = listed.materials[i]
        yield RankedMaterial(
            rank=rank,
            formula=material.formula,
            score=float(scores[i]),
            n=int(listed.named[i]),
            known=material.known,
            studied=None if listed.studied is None else bool(listed.studied[i]),
            power_factor=material.power_factor,
        )
