"""Sentences of papers that a review quotes, and the check that they stand there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .review_classes import in_classes
from .review_clusters import diversified
from .review_types import Statement

if TYPE_CHECKING:
    import numpy as np

    from embeddings.encoders.base import TextEncoder
    from matlore.records import Paper, Quantity

    from .review_topic import Topic

__all__ = ["check_review", "choose_statements", "nearest_sentence"]

_MOST = 12
_LEAST_SENTENCE, _MOST_SENTENCE = 40, 450
# Beside cosines of 0.3 to 0.7: what names what is asked counts more than what sounds like it.
_NAMED, _MATERIAL, _VALUE = 0.15, 0.05, 0.10
_VAGUE, _OPPOSED = 0.12, 0.20
_CITING = ("values", "conflicts", "clusters")


def choose_statements(
    papers: Sequence["Paper"],
    topic: "Topic",
    quantities: Iterable["Quantity"],
    encoder: "TextEncoder",
) -> list[Statement]:
    """Return the sentences that answer a topic, each adding something to those before.

    What counts is the cosine to the topic, and whether a sentence names what the topic asks
    for, a material of its classes, and a value that was read; sentences that announce or
    praise come later, and so do those about much where little is asked for. At most two are
    from one paper.

    Args:
        papers: best first.
        topic: that is asked.
        quantities: that were read from the papers, of what is asked.
        encoder: of the index.
    """
    import numpy as np

    sentences = list(_sentences(papers))
    if not sentences:
        return []
    vectors = encoder.encode([topic.text, *(one.text for one in sentences)])
    places = _places(quantities)
    worth = [_worth(one, topic, places.get(one.paper, ())) for one in sentences]
    similarity = vectors[1:] @ vectors[0] + np.array(worth, np.float32)
    kept: list[Statement] = []
    for k in diversified(similarity, vectors[1:], 4 * _MOST):
        if sum(one.paper == sentences[k].paper for one in kept) < 2:
            kept.append(sentences[k])
    return kept[:_MOST]


def _worth(one: Statement, topic: "Topic", places: Collection[tuple[int, int]]) -> float:
    """Return what a sentence is worth beside its cosine."""
    worth = _NAMED * topic.share_named(one.text)
    if _has_material(one.text, topic):
        worth += _MATERIAL
    if any(one.start <= start and end <= one.end for start, end in places):
        worth += _VALUE
    elif topic.is_vague(one.text):
        worth -= _VAGUE
    return worth - _OPPOSED * topic.is_opposed(one.text)


def _has_material(text: str, topic: "Topic") -> bool:
    from .index_sources import text_materials

    if topic.named.materials:
        return topic.has_material(text)
    keys = text_materials(text)
    return any(in_classes(key, topic.classes) for key in keys)


def _places(quantities: Iterable["Quantity"]) -> dict[str, list[tuple[int, int]]]:
    """Return where values stand, by paper."""
    places: dict[str, list[tuple[int, int]]] = {}
    for one in quantities:
        where = one.provenance
        places.setdefault(where.paper_id or "", []).extend((s[0], s[1]) for s in where.spans)
    return places


def nearest_sentence(
    papers: Iterable["Paper"],
    middle: "np.ndarray[Any, Any]",
    topic: "Topic",
    encoder: "TextEncoder",
) -> Statement | None:
    """Return the sentence nearest to the middle of a cluster that states something."""
    import numpy as np

    sentences = list(_sentences(papers))
    if not sentences:
        return None
    vectors = encoder.encode([one.text for one in sentences])
    vague = np.array([topic.is_vague(one.text) for one in sentences])
    return sentences[int((vectors @ middle - _VAGUE * vague).argmax())]


def _sentences(papers: Iterable["Paper"]) -> Iterable[Statement]:
    """Yield the sentences of abstracts that can be quoted: neither scraps nor half a page."""
    from ner.sentences import split_sentences

    for paper in papers:
        start = paper.text.find("\n") + 1
        for a, b in split_sentences(paper.text):
            if a >= start and _LEAST_SENTENCE <= b - a <= _MOST_SENTENCE:
                yield Statement(paper.text[a:b], paper.id, a, b)


def check_review(review: Mapping[str, Any], papers: Mapping[str, "Paper"]) -> list[str]:
    """Return what in a review does not hold.

    Args:
        review: as JSON has it.
        papers: its papers by id.

    Returns:
        Problems in words: a quote that does not stand in its paper, a paper that is no
        reference, a statement without a paper.
    """
    numbers = {one["id"] for one in review["references"]}
    problems = [f"{id}: no such paper" for id in sorted(numbers - set(papers))]
    quotes = [*review["statements"], *(c["quote"] for c in review["clusters"] if c["quote"])]
    for quote in quotes:
        paper = papers.get(quote["paper"])
        if paper is None or paper.text[quote["start"] : quote["end"]] != quote["text"]:
            problems.append(f"{quote['paper']}: does not say: {quote['text'][:60]}")
    cited = [
        *(id for part in (*_CITING, "gaps") for one in review[part] for id in one["papers"]),
        *(quote["paper"] for quote in quotes),
    ]
    problems += [f"{id}: cited, but no reference" for id in sorted(set(cited) - numbers)]
    for part in _CITING:
        bare = [one for one in review[part] if not one["papers"]]
        problems += [f"{part}: {len(bare)} without a paper"] if bare else []
    return problems
