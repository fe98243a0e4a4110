"""The labels of the tagger, its tags, and the way between tags and spans.

Labels are Matscholar's seven (Weston et al., J. Chem. Inf. Model. 59, 3692, 2019); tags
are IOB2: `B-` begins a mention, `I-` continues it, `O` is outside of all.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from matlore.records import Label

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "LABELS",
    "LABEL_NAMES",
    "TAGS",
    "Span",
    "best_tags",
    "marginals",
    "probabilities",
    "spans_of",
    "transition_mask",
]

LABELS: tuple[Label, ...] = get_args(Label)
TAGS: tuple[str, ...] = ("O", *(f"{side}-{label}" for label in LABELS for side in "BI"))
"""The tags by their number: column `k` of a tagger's scores belongs to `TAGS[k]`."""

LABEL_NAMES: dict[Label, str] = {
    "MAT": "material",
    "SPL": "symmetry or phase",
    "DSC": "sample descriptor",
    "PRO": "property",
    "APL": "application",
    "SMT": "synthesis method",
    "CMT": "characterisation method",
}

_FORBIDDEN = -1e4


class Span(NamedTuple):
    """A labelled stretch of a text or of a row of words: `[start, end)`."""

    start: int
    end: int
    label: Label
    score: float | None = None


def spans_of(tags: Sequence[str]) -> Iterator[Span]:
    """Yield the mentions of a row of IOB2 tags, in words.

    A stray `I-` begins a mention, as in the CoNLL-2000 evaluation and seqeval.
    """
    start, label = 0, ""
    for i, tag in enumerate((*tags, "O")):
        side, _, name = tag.partition("-")
        if label and (side != "I" or name != label):
            yield Span(start, i, label)  # type: ignore[arg-type]
            label = ""
        if name and not label:
            start, label = i, name


@lru_cache(maxsize=1)
def transition_mask() -> "np.ndarray[Any, Any]":
    """Return what IOB2 forbids: (1 + tags, tags) float32, 0 or a very low score.

    Row 0 is the start of a sentence, row `1 + k` the tag `TAGS[k]`; a tag `I-X` may follow
    `B-X` and `I-X` alone.
    """
    import numpy as np

    mask = np.zeros((1 + len(TAGS), len(TAGS)), dtype=np.float32)
    for column, tag in enumerate(TAGS):
        if tag[0] == "I":
            mask[:, column] = _FORBIDDEN
            for row, before in enumerate(TAGS, start=1):
                if before[2:] == tag[2:]:
                    mask[row, column] = 0
    mask.setflags(write=False)
    return mask


def best_tags(
    scores: "np.ndarray[Any, Any]",
    lengths: Sequence[int],
    transitions: "np.ndarray[Any, Any] | None" = None,
) -> list[list[int]]:
    """Return the best valid tags of a batch of sentences by Viterbi's algorithm.

    Args:
        scores: (sentences, words, tags) float32, the score of each tag for each word.
        lengths: number of words of each sentence; what stands behind is ignored.
        transitions: (1 + tags, tags), scores for a tag after another, row 0 for the first;
            None where only validity counts. What IOB2 forbids is never chosen.

    Returns:
        For each sentence the numbers of its tags, always valid IOB2.
    """
    import numpy as np

    steps = transition_mask() if transitions is None else transitions + transition_mask()
    n, width, _ = scores.shape
    if not width:
        return [[] for _ in range(n)]
    total = scores[:, 0] + steps[0]
    came_from = np.zeros(scores.shape, dtype=np.int8)
    totals = [total]
    for i in range(1, width):
        paths = total[:, :, None] + steps[1:]
        came_from[:, i] = paths.argmax(axis=1)
        total = paths.max(axis=1) + scores[:, i]
        totals.append(total)
    return [
        _backtrack(came_from[k], int(totals[length - 1][k].argmax()), length) if length else []
        for k, length in enumerate(lengths)
    ]


def marginals(
    scores: "np.ndarray[Any, Any]",
    lengths: Sequence[int],
    transitions: "np.ndarray[Any, Any] | None" = None,
) -> "np.ndarray[Any, Any]":
    """Return the probability of each tag of each word, over all valid rows of tags.

    The forward-backward algorithm of a linear-chain CRF (Lafferty et al., ICML 2001), each
    step scaled to sum to one.

    Args:
        scores: as for `best_tags`.
        lengths: likewise.
        transitions: likewise.

    Returns:
        (sentences, words, tags) float32; what stands behind a sentence's length is nothing.
    """
    import numpy as np

    steps = np.exp(transition_mask() + (0 if transitions is None else transitions))
    # Not so small that a row that IOB2 forbids leaves nothing but zeros: e^-60 is no chance.
    weights = np.exp(np.maximum(scores - scores.max(axis=2, keepdims=True), -60))
    width = scores.shape[1]
    forward, backward = np.ones_like(weights), np.ones_like(weights)
    for i in range(width):
        before = steps[0] if i == 0 else forward[:, i - 1] @ steps[1:]
        forward[:, i] = _to_one(before * weights[:, i])
    inside = np.arange(width)[None, :, None] < np.asarray(lengths)[:, None, None]
    for i in range(width - 2, -1, -1):
        after = (backward[:, i + 1] * weights[:, i + 1]) @ steps[1:].T
        backward[:, i] = np.where(inside[:, i + 1], _to_one(after), 1)
    found: np.ndarray[Any, Any] = _to_one(forward * backward)
    return found


def _to_one(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Scale the last axis to sum to one."""
    scaled: np.ndarray[Any, Any] = values / values.sum(axis=-1, keepdims=True)
    return scaled


def _backtrack(came_from: "np.ndarray[Any, Any]", tag: int, length: int) -> list[int]:
    """Return the tags that lead to `tag` at the last of `length` words."""
    path = [tag]
    for i in range(length - 1, 0, -1):
        tag = int(came_from[i, tag])
        path.append(tag)
    return path[::-1]


def probabilities(scores: "np.ndarray[Any, Any]", chosen: Sequence[int]) -> "np.ndarray[Any, Any]":
    """Return (words,): the softmax of the output chosen for each word.

    Args:
        scores: (words, outputs).
        chosen: the number of an output for each word.
    """
    import numpy as np

    if not len(chosen):
        return np.zeros(0, np.float32)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    picked: np.ndarray[Any, Any] = odds[np.arange(len(chosen)), list(chosen)] / odds.sum(axis=1)
    return picked
