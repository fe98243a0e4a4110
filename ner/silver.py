"""Silver sentences: texts without tags, tagged by several networks together.

A network trained on what an ensemble says of many texts comes near the ensemble (Hinton et
al., arXiv 1503.02531, 2015), here with the best tags of the mean scores as targets.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch

from matlore.progress import Progress, no_progress

from .conll import TaggedSentence
from .encoding import EncodedWord, WordEncoder, batches
from .labels import TAGS, best_tags
from .network import LONGEST_ROW, TaggerNetwork

if TYPE_CHECKING:
    import numpy as np

__all__ = ["draw_sentences", "predict", "tag_silver"]

_MAX_PIECES = 4096
_CHUNK = 2000
_FEWEST_WORDS, _MOST_WORDS = 6, 80


def draw_sentences(
    texts: Iterable[Sequence[list[str]]], count: int, *, seed: int = 0
) -> list[list[str]]:
    """Draw sentences of 6 to 80 words at random, one a text at most.

    Args:
        texts: for each its sentences, as words in their model form; read twice, so no
            generator.
        count: how many; fewer where there are fewer texts.
        seed: of the drawing.
    """
    drawing = random.Random(seed)
    total = sum(1 for _ in texts)
    wanted = set(drawing.sample(range(total), min(count, total)))
    found = []
    for number, text in enumerate(texts):
        if number in wanted:
            good = [words for words in text if _FEWEST_WORDS <= len(words) <= _MOST_WORDS]
            if good:
                found.append(drawing.choice(good))
    return found


def tag_silver(
    networks: Sequence[TaggerNetwork],
    sentences: Sequence[list[str]],
    encoder: WordEncoder,
    *,
    progress: Progress = no_progress,
) -> list[TaggedSentence]:
    """Tag sentences by the mean scores of networks that read the same pieces."""
    progress(0, total=len(sentences), text="tagging silver sentences")
    found: list[TaggedSentence] = []
    remaining = iter(sentences)
    while some := list(islice(remaining, _CHUNK)):
        tags = predict(networks, [encoder.encode(words) for words in some], encoder)
        pairs = zip(some, tags, strict=True)
        found += [TaggedSentence(tuple(words), tuple(row)) for words, row in pairs]
        progress(len(some))
    return found


def predict(
    networks: Sequence[TaggerNetwork],
    sentences: Sequence[Sequence[EncodedWord]],
    encoder: WordEncoder,
) -> list[list[str]]:
    """Return the best valid tags of sentences by the mean scores of networks."""
    tags = [["O"] * len(words) for words in sentences]
    transitions = torch.stack([n.transitions.detach() for n in networks]).mean(dim=0).numpy()
    for batch, scores in _scores(networks, sentences, encoder):
        lengths = [window.end - window.start for window in batch.windows]
        chosen = best_tags(scores, lengths, transitions)
        for window, row in zip(batch.windows, chosen, strict=True):
            kept = row[window.first - window.start : window.last - window.start]
            tags[window.sentence][window.first : window.last] = [TAGS[tag] for tag in kept]
    return tags


def _scores(
    networks: Sequence[TaggerNetwork],
    sentences: Sequence[Sequence[EncodedWord]],
    encoder: WordEncoder,
) -> Iterator[tuple[Any, "np.ndarray[Any, Any]"]]:
    """Yield batches with the mean scores of their words."""
    for network in networks:
        network.eval()
    size = LONGEST_ROW - 2
    for batch in batches(sentences, encoder, size=size, max_pieces=_MAX_PIECES, multiple=16):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            scores = torch.stack([network.word_scores(batch) for network in networks])
        yield batch, scores.mean(dim=0).numpy()
