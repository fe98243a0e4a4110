"""Trains the model of relations on `relations_general`, and measures it by cross-validation.

What trees see of the linear model, and what the linear model sees of the terms found, comes
from models that were not trained on the same abstract: within the training part there is
another division into parts, and each part is described by models of the others.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from matlore.errors import InputError
from matlore.records import ClaimType, Label, Mention, Paper

from .document import Document
from .general import LabelledAbstract, Pairs, folded, gold_pairs, pairs_of, read_general, score
from .linear import LinearModel, train_linear
from .relation_features import Pair, Stage, pair_features, pair_numbers, pairs_with
from .relation_terms import LONGEST, NONE, TermFinder, anchors, head_of, term_features
from .relation_things import Layout, Thing, materials
from .relations import PairModel, RelationModel, find_relations, head_formula, settled, tree_chances
from .trees import train_trees

__all__ = ["cross_validate_general", "train_relations"]

Tagged = tuple[Paper, Sequence[Mention]]
_LABELS: dict[Literal["USED_IN", "HAS_PHASE"], Label] = {"USED_IN": "APL", "HAS_PHASE": "SPL"}
_PARTS = 4
_TERM_C, _PAIR_C, _ABOUT_C = 1.0, 0.3, 0.3
_RAREST_HEAD = 0.08
_CUTS = tuple(step / 40 for step in range(6, 26))
_PUNCTUATION = "([{,.;:)]}"
_HYPHEN = re.compile(r"(?<=[a-z]{3})-(?=[a-z]{3})")


@dataclass
class _Example:
    """An abstract with its things, and what annotators said of them."""

    abstract: LabelledAbstract
    paper: Paper
    mentions: Sequence[Mention]

    @cached_property
    def layout(self) -> Layout:
        return Layout(Document(self.paper, self.mentions))

    @cached_property
    def stage(self) -> Stage:
        return Stage(materials(self.layout), self.layout)

    def strings(self, label: Label) -> Iterator[str]:
        """Yield the applications or phases of all records."""
        for record in self.abstract.records:
            yield from record.applications if label == "APL" else record.phases

    def words_of(self, thing: Thing, label: Label) -> set[str]:
        """Return the words of all applications or phases of a material."""
        return {
            word
            for record in self.records_of(thing)
            for text in (record.applications if label == "APL" else record.phases)
            for word in _parts(text)
        }

    def records_of(self, thing: Thing) -> Iterator[Any]:
        """Yield the records of a material."""
        text = self.paper.text
        written = {"".join(text[start:end].split()) for start, end in thing.spans}
        for record in self.abstract.records:
            formula = folded(record.formula).replace(" ", "")
            names = {"".join(name.split()) for name in (record.name, record.acronym) if name}
            if (formula and formula in written | {thing.formula}) or names & written:
                yield record


def _parts(text: str) -> list[str]:
    """Return the words of a string, hyphened words in their parts."""
    words = (word.strip(_PUNCTUATION) for word in text.lower().split())
    return [part for word in words if word for part in _HYPHEN.split(word)]


def train_relations(path: Path, mentions: Sequence[Tagged]) -> RelationModel:
    """Train the model on all abstracts of a file of `relations_general`.

    Args:
        path: of its train.jsonl.
        mentions: the tagger's, with the papers, one for each line of the file.

    Raises:
        InputError: the file cannot be read, or has other abstracts than `mentions`.
    """
    return _train(_examples(path, mentions))


def _examples(path: Path, mentions: Sequence[Tagged]) -> list[_Example]:
    abstracts = read_general(path)
    if len(abstracts) != len(mentions):
        raise InputError(
            f"{path}: {len(abstracts)} abstracts, but mentions of {len(mentions)}; tag this file"
        )
    return [_Example(one, *tagged) for one, tagged in zip(abstracts, mentions, strict=True)]


def _train(examples: Sequence[_Example]) -> RelationModel:
    about_rows, about_labels = [], []
    for one in examples:
        for rank, thing in enumerate(one.stage.things):
            about_rows.append(one.stage.traits(rank))
            about_labels.append(str(any(one.records_of(thing))))
    about = train_linear(about_rows, about_labels, c=_ABOUT_C)
    pairs: dict[ClaimType, PairModel] = {type_: _train_pairs(examples, type_) for type_ in _LABELS}
    return RelationModel(pairs, about)


@dataclass
class _Row:
    """A pair of an abstract, as what is to be learned."""

    part: int
    pair: Pair
    features: list[str]
    right: bool
    formula: str | None
    said: str


def _train_pairs(examples: Sequence[_Example], type_: Literal["USED_IN", "HAS_PHASE"]) -> PairModel:
    label = _LABELS[type_]
    rows: list[list[_Row]] = [[] for _ in examples]
    for part in range(_PARTS):
        others = [one for k, one in enumerate(examples) if k % _PARTS != part]
        finder = _train_finder(others, label)
        for k in range(part, len(examples), _PARTS):
            rows[k] = _rows(examples[k], finder, part)
    every = [row for some in rows for row in some]
    chances = {id(row): chance for row, chance in _unseen_chances(every)}
    numbers = [
        pair_numbers([row.pair for row in some], [chances[id(row)] for row in some], one.stage)
        for some, one in zip(rows, examples, strict=True)
    ]
    cut = _best_cut(examples, rows, numbers, type_)
    trees = train_trees([row for some in numbers for row in some], [row.right for row in every])
    return PairModel(_train_finder(examples, label), _linear(every), trees, cut)


def _rows(example: _Example, finder: TermFinder, part: int) -> list[_Row]:
    """Return the pairs of an abstract with the terms that a finder finds."""
    found = []
    for term in finder.find(example.layout):
        said = finder.said(example.paper.text[slice(*term.spans[0])])
        words = _parts(said)
        for pair in pairs_with(example.stage, term):
            thing = example.stage.things[pair.rank]
            gold = example.words_of(thing, finder.label)
            right = bool(words) and sum(word in gold for word in words) > len(words) / 2
            features = pair_features(pair, example.stage)
            found.append(_Row(part, pair, features, right, thing.formula, said))
    return found


def _linear(rows: Sequence[_Row]) -> LinearModel:
    return train_linear([row.features for row in rows], [str(row.right) for row in rows], c=_PAIR_C)


def _unseen_chances(rows: Sequence[_Row]) -> Iterator[tuple[_Row, float]]:
    """Yield each row with the probability that a model trained without its part gives it."""
    for part in range(_PARTS):
        model = _linear([row for row in rows if row.part != part])
        for row in rows:
            if row.part == part:
                yield row, model.probabilities(row.features)["True"]


def _best_cut(
    examples: Sequence[_Example],
    rows: Sequence[Sequence[_Row]],
    numbers: Sequence[Sequence[Sequence[float]]],
    type_: Literal["USED_IN", "HAS_PHASE"],
) -> float:
    """Return the cut with the best F1 on pairs judged by trees that did not see their part."""
    judged: list[list[tuple[float, _Row]]] = [[] for _ in examples]
    for part in range(_PARTS):
        seen = [
            (line, row.right)
            for some, lines in zip(rows, numbers, strict=True)
            for row, line in zip(some, lines, strict=True)
            if row.part != part
        ]
        trees = train_trees([line for line, _ in seen], [right for _, right in seen])
        for k in range(part, len(examples), _PARTS):
            pairs = [row.pair for row in rows[k]]
            chances = settled(pairs, tree_chances(trees, numbers[k]), examples[k].stage)
            judged[k] = [*zip(chances, rows[k], strict=True)]
    gold = [gold_pairs(one.abstract, type_, fold=True) for one in examples]
    return max(_CUTS, key=lambda cut: score([_chosen(some, cut) for some in judged], gold)["f1"])


def _chosen(judged: Iterable[tuple[float, _Row]], cut: float) -> Pairs:
    found: set[tuple[str, str]] = set()
    for chance, row in judged:
        if chance >= cut and row.formula:
            found |= pairs_of(row.formula, [row.said])
    return frozenset(found)


def _train_finder(examples: Sequence[_Example], label: Label) -> TermFinder:
    heads, singular = _heads(examples, label)
    rows, labels = [], []
    for one in examples:
        gold = [words for text in one.strings(label) if (words := _parts(text))]
        for anchor in anchors(one.layout, label, heads):
            rows.append(term_features(one.layout, anchor, label))
            labels.append(str(_gold_length(one.layout, anchor.word, gold)) or NONE)
    return TermFinder(label, heads, singular, train_linear(rows, labels, c=_TERM_C))


def _heads(examples: Sequence[_Example], label: Label) -> tuple[frozenset[str], frozenset[str]]:
    """Return words that often end a term, and those of them that are said in the singular."""
    often: Counter[str] = Counter()
    total: Counter[str] = Counter()
    singular: Counter[str] = Counter()
    for one in examples:
        last = {head_of(words[-1]): words[-1] for s in one.strings(label) if (words := _parts(s))}
        for word in one.layout.words:
            head = head_of(word.lower)
            total[head] += 1
            if head in last:
                often[head] += 1
                if word.lower != head and word.lower.endswith("s"):
                    singular[head] += -1 if last[head].endswith("s") else 1
    heads = {head for head in often if often[head] > _RAREST_HEAD * total[head] and len(head) > 1}
    return frozenset(heads), frozenset(head for head, votes in singular.items() if votes > 0)


def _gold_length(layout: Layout, last: int, gold: Iterable[Sequence[str]]) -> int:
    """Return how many words of a text, up to this one, are a term of the annotators; 0 if none."""
    best = 0
    for wanted in gold:
        words: list[str] = []
        for first in range(last, max(last - LONGEST, -1), -1):
            words = _HYPHEN.split(layout.words[first].lower) + words
            if len(words) == len(wanted) and words[:-1] == list(wanted[:-1]):
                same = head_of(words[-1]) == head_of(wanted[-1])
                best = max(best, (last - first + 1) * same)
    return best


def cross_validate_general(
    path: Path, mentions: Sequence[Tagged], *, folds: int = 5
) -> dict[str, Any]:
    """Measure `find_relations` on abstracts that its model was not trained on.

    Args:
        path: of the train.jsonl of `relations_general`.
        mentions: the tagger's, with the papers, one for each line of the file.
        folds: their number.

    Returns:
        By type, mean F1 over folds (`f1`), its values (`folds`), precision, recall and F1 over
        all abstracts together (`micro`), and the same of exactly the annotators' characters
        (`verbatim`): texts are cleaned, so that their dashes differ.
    """
    examples = _examples(path, mentions)
    order = [*range(len(examples))]
    random.Random(0).shuffle(order)
    found: dict[int, dict[str, Pairs]] = {}
    parts = [order[k::folds] for k in range(folds)]
    for k, part in enumerate(parts):
        others = [examples[i] for j, other in enumerate(parts) if j != k for i in other]
        model = _train(others)
        found |= {i: _predicted(examples[i], model) for i in part}
    return {type_: _report(examples, found, parts, type_) for type_ in _LABELS}


def _predicted(example: _Example, model: RelationModel) -> dict[str, Pairs]:
    """Return the pairs of a formula and a word that the relations of an abstract give."""
    document = Document(example.paper, example.mentions)
    found: dict[str, set[tuple[str, str]]] = {type_: set() for type_ in _LABELS}
    for relation in find_relations(document, model=model):
        formula = head_formula(document, relation.head)
        if relation.type in found and formula:
            said = model.pairs[relation.type].finder.said(document.mentions[relation.tail].text)
            found[relation.type] |= pairs_of(formula, [said])
    return {type_: frozenset(pairs) for type_, pairs in found.items()}


def _report(
    examples: Sequence[_Example],
    found: dict[int, dict[str, Pairs]],
    parts: Sequence[Sequence[int]],
    type_: str,
) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for name, fold in (("micro", True), ("verbatim", False)):
        gold = {i: gold_pairs(one.abstract, type_, fold=fold) for i, one in enumerate(examples)}
        report[name] = score([found[i][type_] for i in gold], [*gold.values()])
        by_fold = [score([found[i][type_] for i in p], [gold[i] for i in p])["f1"] for p in parts]
        mean = sum(by_fold) / len(by_fold)
        report |= {"f1": mean, "folds": by_fold} if fold else {}
        report[name]["mean_f1"] = mean
    return report
