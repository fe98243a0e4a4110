"""Train the model that finds dopings, and measure it as the authors of its data do.

The data are `relations_doping` (Dagdelen et al., Nature Communications 15, 1418, 2024): for
each sentence of an abstract its hosts, its dopants and which dopant is in which host, as
strings without offsets.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from matlore.errors import InputError

from ..evaluation import Score
from .doping_features import ANCHORED, token_features
from .doping_model import DopingModel, spans_of
from .doping_pairs import DopingSpan, pair_features
from .doping_rules import Hint, find_hints
from .doping_tokens import DopingToken, doping_tokens, may_dope
from .linear import LinearModel, SequenceModel, train_linear, train_sequence

__all__ = [
    "DopingSentence",
    "Prediction",
    "cross_validate_doping",
    "gold_labels",
    "predict_doping",
    "read_doping",
    "score_dopings",
    "train_doping",
]

_BOLDNESS = 1.5  # off the score of "nothing" where a pattern finds something
_FOLDS = 5
_SURE = 3.0


class DopingSentence(NamedTuple):
    """An annotated sentence: `links` are pairs of a host and a dopant.

    Attributes:
        relevant: whether the annotators found that it speaks of doping.
    """

    text: str
    relevant: bool
    hosts: tuple[str, ...]
    dopants: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


class Prediction(NamedTuple):
    """What was found in a sentence, as strings."""

    hosts: tuple[str, ...]
    dopants: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def read_doping(path: Path) -> list[list[DopingSentence]]:
    """Read the sentences of each abstract of a file such as `relations_doping/train.json`.

    Raises:
        InputError: it is no such file.
    """
    try:
        abstracts = json.loads(path.read_text(encoding="utf-8"))
        return [[_sentence(row) for row in a["doping_sentences"]] for a in abstracts]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: no sentences on doping can be read from it ({error!r}); give the JSON file"
            " `train.json` of relations_doping"
        ) from error


def _sentence(row: dict[str, dict[str, str]]) -> DopingSentence:
    hosts, dopants = row["basemats"], row["dopants"]
    links = tuple((hosts[b], dopants[d]) for d, bs in row["dopants2basemats"].items() for b in bs)
    return DopingSentence(
        str(row["sentence_text"]), bool(row["relevant"]), (*hosts.values(),),
        (*dopants.values(),), links,
    )  # fmt: skip


def _train_on(sentences: Iterable[DopingSentence]) -> DopingModel:
    """Train a model on sentences.

    Args:
        sentences: those without a sign of doping are passed over, as they are at run time.

    Raises:
        ImportError: python-crfsuite or scikit-learn is missing (extra `train`).
    """
    rows, labels, pairs, linked = [], [], [], []
    for sentence in sentences:
        if not may_dope(sentence.text):
            continue
        tokens = doping_tokens(sentence.text, 0, len(sentence.text))
        hints = find_hints(tokens)
        gold = gold_labels(sentence, tokens)
        rows.append(token_features(tokens, hints))
        labels.append(gold)
        for features, is_link in _gold_pairs(sentence, tokens, hints, gold):
            pairs.append(features)
            linked.append("1" if is_link else "0")
    spans = _bold(train_sequence(rows, labels, c1=0.0, c2=1.0))
    return DopingModel(spans, _pair_model(pairs, linked))


def _pair_model(pairs: Sequence[Sequence[str]], linked: Sequence[str]) -> LinearModel:
    """Train what tells links of a host and a dopant; few data may hold nothing but links."""
    if len(set(linked)) > 1:
        return train_linear(pairs, linked)
    return LinearModel(("0", "1"), (0.0, _SURE), {})


def train_doping(path: Path) -> DopingModel:
    """Train the model that ships, on all abstracts of a file (see `read_doping`)."""
    return _train_on(sentence for abstract in read_doping(path) for sentence in abstract)


def gold_labels(sentence: DopingSentence, tokens: Sequence[DopingToken]) -> list[str]:
    """Return the label of each token: hosts and dopants wherever their string stands.

    The annotators gave strings without offsets, long ones go first.
    """
    labels = ["O"] * len(tokens)
    starts = {token.start: k for k, token in enumerate(tokens)}
    ends = {token.end: k for k, token in enumerate(tokens)}
    marked = [(host.strip(), "H") for host in sentence.hosts]
    marked += [(dopant.strip(), "D") for dopant in sentence.dopants]
    for string, kind in sorted(marked, key=lambda item: -len(item[0])):
        for at in _occurrences(sentence.text, string):
            first, last = starts.get(at), ends.get(at + len(string))
            if first is None or last is None or set(labels[first : last + 1]) != {"O"}:
                continue
            labels[first : last + 1] = [f"B-{kind}"] + [f"I-{kind}"] * (last - first)
    return labels


def _occurrences(text: str, string: str) -> Iterator[int]:
    at = text.find(string) if string else -1
    while at >= 0:
        yield at
        at = text.find(string, at + 1)


def _gold_pairs(
    sentence: DopingSentence,
    tokens: Sequence[DopingToken],
    hints: Sequence[Hint],
    labels: Sequence[str],
) -> Iterator[tuple[list[str], bool]]:
    """Yield the features of each pair of a host and a dopant, and whether it is a link."""
    spans = spans_of(labels, [1.0] * len(labels))
    links = {(host.strip(), dopant.strip()) for host, dopant in sentence.links}
    for host in (span for span in spans if span.kind == "H"):
        for dopant in (span for span in spans if span.kind == "D"):
            names = _string(sentence.text, tokens, host), _string(sentence.text, tokens, dopant)
            yield pair_features(tokens, spans, hints, host, dopant), names in links


def _string(text: str, tokens: Sequence[DopingToken], span: DopingSpan) -> str:
    return text[tokens[span.first].start : tokens[span.last].end]


def _bold(model: SequenceModel) -> SequenceModel:
    """Return a model that takes more of what the patterns find: scores count recall too."""
    data = model.to_json()
    flat = data["weights"].get(ANCHORED, [])
    weights = dict(zip(flat[::2], flat[1::2], strict=True))
    nothing = data["labels"].index("O")
    weights[nothing] = weights.get(nothing, 0.0) - _BOLDNESS
    data["weights"][ANCHORED] = [part for pair in weights.items() for part in pair]
    return SequenceModel.from_json(data)


# ---- evaluation


def predict_doping(model: DopingModel, sentence: DopingSentence) -> Prediction:
    """Return what a model finds in a sentence, as strings, each once."""
    if not may_dope(sentence.text):
        return Prediction((), (), ())
    tokens = doping_tokens(sentence.text, 0, len(sentence.text))
    hints = find_hints(tokens)
    spans = model.spans(tokens, hints)
    name = {span: _string(sentence.text, tokens, span) for span in spans}
    links = model.links(tokens, hints, spans)
    return Prediction(
        (*dict.fromkeys(name[s] for s in spans if s.kind == "H"),),
        (*dict.fromkeys(name[s] for s in spans if s.kind == "D"),),
        (*dict.fromkeys((name[h], name[d]) for h, d, _ in links),),
    )


def score_dopings(
    gold: Sequence[Sequence[DopingSentence]], found: Sequence[Sequence[Prediction]]
) -> dict[str, dict[str, float]]:
    """Score predictions by words, over the sentences of abstracts, as the data's authors do.

    Each link counts as the pairs of a word of its host and a word of its dopant.

    Returns:
        precision, recall, F1 and counts of links in the sentences that are marked relevant
        (`all_relevant`), in those before an abstract's first irrelevant one, where the
        authors' loop ends (`as_published`), in all sentences, where links in irrelevant ones
        are wrong (`all_sentences`); of words of hosts and of dopants in relevant sentences.
    """
    every = [(s, p) for a, ps in zip(gold, found, strict=True) for s, p in zip(a, ps, strict=True)]
    relevant = [(s, p) for s, p in every if s.relevant]
    published = [pair for a, ps in zip(gold, found, strict=True) for pair in _leading(a, ps)]
    return {
        "all_relevant": _f1(relevant, _pairs),
        "as_published": _f1(published, _pairs),
        "all_sentences": _f1(every, _pairs),
        "hosts": _f1(relevant, lambda s: _words(s.hosts)),
        "dopants": _f1(relevant, lambda s: _words(s.dopants)),
    }


def _leading(
    sentences: Sequence[DopingSentence], found: Sequence[Prediction]
) -> list[tuple[DopingSentence, Prediction]]:
    """Return the sentences of an abstract before its first irrelevant one."""
    kept = []
    for sentence, prediction in zip(sentences, found, strict=True):
        if not sentence.relevant:
            break
        kept.append((sentence, prediction))
    return kept


def _words(strings: Iterable[str]) -> list[str]:
    return [word for string in strings for word in string.split(" ")]


def _pairs(sentence: DopingSentence | Prediction) -> list[tuple[str, str]]:
    return [
        (host_word, dopant_word)
        for host, dopant in sentence.links
        for host_word in host.split(" ")
        for dopant_word in dopant.split(" ")
    ]


def _f1(
    pairs: Iterable[tuple[DopingSentence, Prediction]],
    items: Callable[[DopingSentence | Prediction], Sequence[object]],
) -> dict[str, float]:
    correct = n_found = n_gold = 0
    for sentence, prediction in pairs:
        gold, found = items(sentence), items(prediction)
        correct += sum(item in found for item in gold)
        n_found, n_gold = n_found + len(found), n_gold + len(gold)
    score = Score(correct, n_found, n_gold)
    return {
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "gold": n_gold,
        "found": n_found,
    }


def cross_validate_doping(path: Path) -> dict[str, dict[str, float]]:
    """Measure what `train_doping` makes by cross-validation over abstracts.

    Abstract number k of the file is tested by a model that saw no abstract of k's fold,
    `k % 5`.

    Returns:
        `score_dopings` over all abstracts.
    """
    abstracts = read_doping(path)
    found: list[list[Prediction]] = [[] for _ in abstracts]
    for fold in range(_FOLDS):
        seen = (a for k, a in enumerate(abstracts) if k % _FOLDS != fold)
        model = _train_on(sentence for abstract in seen for sentence in abstract)
        for k in range(fold, len(abstracts), _FOLDS):
            found[k] = [predict_doping(model, sentence) for sentence in abstracts[k]]
    return score_dopings(abstracts, found)
