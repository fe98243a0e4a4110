"""The best of a ranking ordered anew by what single sentences say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .search_hits import paper_of

if TYPE_CHECKING:
    from embeddings.encoders.base import TextEncoder

    from .search_texts import PaperTexts

__all__ = ["RERANKED", "reranked"]

RERANKED = 50
"""How many are ordered anew."""

_CONSTANT = 20.0


def reranked(
    text: str,
    ranked: Sequence[tuple[str, float]],
    encoder: "TextEncoder",
    papers: "PaperTexts",
) -> list[tuple[str, float]]:
    """Return a ranking, its best fused with their order by the cosine of their best sentence.

    Args:
        text: of the query.
        ranked: keys and scores, best first.
        encoder: of the index.
        papers: to be read.
    """
    from embeddings.fusion import FusionWeights, fuse
    from ner.sentences import split_sentences

    best = [key for key, _ in ranked[:RERANKED]]
    texts = papers.texts(paper_of(key) for key in best)
    sentences = [
        (key, texts[paper_of(key)].text[start:end])
        for key in best
        if paper_of(key) in texts
        for start, end in split_sentences(texts[paper_of(key)].text)
    ]
    if not sentences:
        return list(ranked)
    vectors = encoder.encode([text, *(sentence for _, sentence in sentences)])
    cosines: list[float] = (vectors[1:] @ vectors[0]).tolist()
    scores: dict[str, float] = {}
    for (key, _), cosine in zip(sentences, cosines, strict=True):
        scores[key] = max(cosine, scores.get(key, -1.0))
    by_sentence = sorted(scores, key=lambda key: -scores[key])
    lists = {"before": best, "sentence": by_sentence}
    return [*fuse(lists, FusionWeights(_CONSTANT)), *ranked[RERANKED:]]
