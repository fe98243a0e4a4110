"""Papers put into clusters, and the phrases that set each apart."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["cluster_papers", "cluster_phrases", "diversified"]

_FEWEST = 8
_MOST_CLUSTERS = 8
_MANY = 40
_ROUNDS = 30
_WORD = re.compile(r"[^\W_][\w+-]*(?:[./]\w+)*")
_LONGEST_PHRASE = 3
_PHRASES = 4
_LEAST_SHARE = 0.15  # of a cluster's papers that hold a phrase
_EXTRA_STOP = frozenset(
    "find show using used based results study studied paper work new first also two three high low"
    " large small different recent recently report present here however well due such both one"
    " between than most more very may can our via per within without under over".split()
)


def cluster_papers(vectors: "np.ndarray[Any, Any]", *, seed: int = 0) -> list[list[int]]:
    """Return clusters of papers, the largest first, in each the most central paper first.

    Spherical k-means (Dhillon and Modha, Mach. Learn. 42, 143, 2001) on vectors from which
    their mean is taken. Of the numbers of clusters up to eight (of forty papers or more, three
    at least) that one counts whose mean silhouette is the best (Rousseeuw, J. Comput. Appl.
    Math. 20, 53, 1987).

    Args:
        vectors: (papers, size), of length one.
        seed: of the first centres.

    Returns:
        Positions of papers; one cluster where there are fewer than eight papers.
    """
    import numpy as np

    if len(vectors) < _FEWEST:
        return [list(range(len(vectors)))] if len(vectors) else []
    centred = vectors - vectors.mean(axis=0)
    points = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    most = min(_MOST_CLUSTERS, len(points) // 4)
    least = 2 if len(points) < _MANY else 3
    tried = [_k_means(points, k, seed) for k in range(least, most + 1)]
    labels = max(tried, key=lambda found: _silhouette(points, found))
    return _ordered(points, labels)


def _k_means(points: "np.ndarray[Any, Any]", k: int, seed: int) -> "np.ndarray[Any, Any]":
    """Return the cluster of each point; the first centres are far from each other."""
    import numpy as np

    draw = np.random.default_rng(seed)
    chosen = [int(draw.integers(len(points)))]
    while len(chosen) < k:
        nearest = (points @ points[chosen].T).max(axis=1)
        far = np.maximum(1 - nearest, 0) ** 2
        chosen.append(int(draw.choice(len(points), p=far / far.sum())) if far.sum() else chosen[0])
    centres = points[chosen]
    labels = np.zeros(len(points), np.int64)
    for _ in range(_ROUNDS):
        found = (points @ centres.T).argmax(axis=1)
        if (found == labels).all() and _:
            break
        labels = found
        for j in range(k):
            if (labels == j).any():
                mean = points[labels == j].mean(axis=0)
                centres[j] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return labels


def _silhouette(points: "np.ndarray[Any, Any]", labels: "np.ndarray[Any, Any]") -> float:
    """Return the mean silhouette, by cosine distances."""
    import numpy as np

    kinds = np.unique(labels)
    if len(kinds) < 2:
        return -1.0
    distances = 1 - points @ points.T
    members = np.stack([labels == kind for kind in kinds], axis=1).astype(float)
    sums, sizes = distances @ members, members.sum(axis=0)
    own = members.astype(bool)
    inside = sums[own] / np.maximum(sizes[own.argmax(axis=1)] - 1, 1)
    outside = np.where(own, np.inf, sums / sizes).min(axis=1)
    scale = np.maximum(np.maximum(inside, outside), 1e-9)
    alone = sizes[own.argmax(axis=1)] == 1
    return float(np.where(alone, 0.0, (outside - inside) / scale).mean())


def _ordered(points: "np.ndarray[Any, Any]", labels: "np.ndarray[Any, Any]") -> list[list[int]]:
    import numpy as np

    clusters = []
    for kind in np.unique(labels):
        members = np.flatnonzero(labels == kind)
        near = points[members] @ points[members].mean(axis=0)
        clusters.append(members[np.lexsort((members, -near))].tolist())
    return sorted(clusters, key=lambda cluster: (-len(cluster), cluster[0]))


def cluster_phrases(
    texts: Sequence[str], clusters: Sequence[Sequence[int]], *, topic: str = ""
) -> list[tuple[str, ...]]:
    """Return the phrases that set each cluster apart: class-based tf-idf over papers.

    A phrase counts by the share of the cluster's papers that hold it, times the logarithm of
    how much commoner it is there than among the others (after Grootendorst, arXiv:2203.05794);
    formulas, terms of the vocabulary and phrases of several words count more than single words.

    Args:
        texts: of the papers.
        clusters: positions of papers.
        topic: what all of them are about: its own words tell nothing.
    """
    holding = [{phrase.lower(): phrase for phrase in _phrases(text)} for text in texts]
    total: Counter[str] = Counter(phrase for phrases in holding for phrase in phrases)
    known = {stem for word in topic.lower().split() for stem in _stems(word)}
    found = []
    for cluster in clusters:
        counts = Counter(phrase for k in cluster for phrase in holding[k])
        least = min(len(cluster), max(2, round(_LEAST_SHARE * len(cluster))))
        scores = {
            phrase: _telling(count, len(cluster), total[phrase], len(texts))
            * _weight(_shown(phrase, [holding[k] for k in cluster]))
            for phrase, count in counts.items()
            if count >= least and not known.issuperset(_stems(phrase))
        }
        ranked = sorted(scores, key=lambda phrase: (-scores[phrase], phrase))
        kept = _without_parts(ranked, known)
        found.append(tuple(_shown(phrase, holding) for phrase in kept))
    return found


def _shown(phrase: str, holding: Sequence[Mapping[str, str]]) -> str:
    """Return a phrase as most texts write it."""
    forms = Counter(phrases[phrase] for phrases in holding if phrase in phrases)
    return max(forms, key=lambda form: (forms[form], form))


def _telling(count: int, size: int, total: int, papers: int) -> float:
    """Return how well a phrase tells a cluster of `size` papers from the other papers."""
    share = count / size
    elsewhere = (total - count + 0.5) / (papers - size + 1.0)
    return share * log(max(share / elsewhere, 1e-9))


def _weight(phrase: str) -> float:
    """Return how well a phrase names something: a word alone may be anything."""
    if any(_is_symbol(word) for word in phrase.split()):
        return 1.5
    named = phrase.lower() in _terms()
    if " " not in phrase:
        return 0.8 if named else 0.2
    return 1.5 if named else 1.25


@lru_cache(maxsize=1)
def _terms() -> frozenset[str]:
    """Return the terms of the vocabulary in small letters."""
    from matlore.vocabulary import load_terms

    return frozenset(
        name.lower()
        for kind in ("property", "application", "method", "phase")
        for term in load_terms(kind).values()
        for name in (term.name, *term.synonyms)
    )


def _without_parts(ranked: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the first phrases none of which shares a word with another, but for the topic's."""
    kept: list[str] = []
    for phrase in ranked[:60]:
        words = set(_stems(phrase)) - set(known)
        if not any(words & set(_stems(other)) for other in kept):
            kept.append(phrase)
        if len(kept) == _PHRASES:
            break
    return tuple(kept)


def _stems(phrase: str) -> list[str]:
    return [_stem(word) for word in phrase.lower().replace("-", " ").split()]


def _stem(word: str) -> str:
    word = word.removeprefix("ultra")
    return f"{word[:-3]}y" if word.endswith("ies") else word.rstrip("s")


def _phrases(text: str) -> Iterator[str]:
    """Yield the phrases of a text that may name something: no stop word at either end."""
    from matlore.vocabulary import load_stop_words

    inner = _function_words()
    stop = load_stop_words() | _EXTRA_STOP | inner
    words = [match.group() for match in _WORD.finditer(text)]
    lower = [word.lower() for word in words]
    for start, first in enumerate(lower):
        if first in stop or not first[0].isalpha() or len(first) < 3:
            continue
        for end in range(start + 1, min(len(lower), start + _LONGEST_PHRASE) + 1):
            last = lower[end - 1]
            if last in inner:
                break
            if last in stop or last.endswith("ly") or not any(c.isalpha() for c in last):
                continue
            yield " ".join(words[start:end])


def _is_symbol(word: str) -> bool:
    """Tell whether a word is a formula or an acronym: written small it would be none."""
    return any(c.isdigit() or c.isupper() for part in word.split("-") for c in part[1:])


def _function_words() -> frozenset[str]:
    from embeddings.analysis import STOP_WORDS

    return STOP_WORDS


def diversified(
    similarity: "np.ndarray[Any, Any]", vectors: "np.ndarray[Any, Any]", number: int
) -> list[int]:
    """Choose what is relevant and not said yet: maximal marginal relevance, λ = 0.7.

    Carbonell and Goldstein, SIGIR 1998.

    Args:
        similarity: (items,) to what is asked.
        vectors: (items, size), of length one.
        number: how many are chosen.
    """
    import numpy as np

    chosen: list[int] = []
    said = np.full(len(vectors), -1.0)
    left = np.ones(len(vectors), bool)
    while left.any() and len(chosen) < number:
        scores = np.where(left, 0.7 * similarity - 0.3 * np.maximum(said, 0), -np.inf)
        best = int(scores.argmax())
        chosen.append(best)
        left[best] = False
        said = np.maximum(said, vectors @ vectors[best])
    return chosen
