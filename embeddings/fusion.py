"""Ranked lists made one: by their scores, or by their ranks alone.

Scores say more than ranks: a long sentence that stands in one abstract has a full-text score
far above all others, which ranks do not show. So searches add scores up (the convex
combination of Bruch, Gai and Ingber, ACM Trans. Inf. Syst. 42, 20, 2023); where lists have no
scores that can be added, reciprocal ranks are (Cormack, Clarke and Buettcher, SIGIR 2009).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["FusionWeights", "ScoreWeights", "add_scores", "fuse"]


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """How much scores count beside those of full text, whose best one is 1.

    Attributes:
        cosine: of the query's vector and the text's.
        lists: by name, of other lists, whose best score is 1; a list that is not named counts
            once.
    """

    cosine: float = 0.5
    lists: Mapping[str, float] = field(default_factory=dict)


def add_scores(
    lists: Mapping[str, Mapping[str, float]],
    cosines: Mapping[str, float],
    weights: ScoreWeights,
    *,
    complete: Sequence[str] = (),
) -> list[tuple[str, float]]:
    """Return what any list or `cosines` holds, best first: the weighted sum of its scores.

    Args:
        lists: scores by key, each list best first; they are divided by the best.
        cosines: by key.
        weights: of both.
        complete: names of lists that hold all that has a score; in the others, cut off at
            some length, what is missing counts as their last.

    Returns:
        Keys and scores; ties in the order of the keys.
    """
    scores = {key: weights.cosine * value for key, value in cosines.items()}
    for found in lists.values():
        scores.update((key, 0.0) for key in found if key not in scores)
    for name, found in lists.items():
        best = max(found.values(), default=0.0)
        if best <= 0:
            continue
        last = 0.0 if name in complete else min(found.values()) / best
        weight = weights.lists.get(name, 1.0)
        for key in scores:
            scores[key] += weight * (found[key] / best if key in found else last)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """How much each list counts; a list that is not named counts once.

    Attributes:
        constant: is added to every rank: the larger, the less the first ranks stand out.
        weights: by the name of the list.
    """

    constant: float = 60.0
    weights: Mapping[str, float] = field(default_factory=dict)


def fuse(
    lists: Mapping[str, Sequence[str]], weights: FusionWeights, top: int | None = None
) -> list[tuple[str, float]]:
    """Return what any list holds, best first: the sum over the lists of weight / (constant + rank).

    Args:
        lists: of keys, each list best first; of a key that is there twice the first rank counts.
        weights: of the lists.
        top: how many at most; None for all.

    Returns:
        Keys and scores; ties in the order of the keys.
    """
    scores: dict[str, float] = defaultdict(float)
    for name, keys in lists.items():
        weight = weights.weights.get(name, 1.0)
        for rank, key in enumerate(dict.fromkeys(keys), start=1):
            scores[key] += weight / (weights.constant + rank)
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return ranked[:top]
