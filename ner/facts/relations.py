"""Finds what a material is used in, which phases and properties it has, how it is made.

For applications and phases, pairs are judged by models trained on `relations_general`: of all
materials of an abstract with all its applications and phases, within a sentence and across.
For properties and methods there are no such labels: see `relation_rules`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from matlore.errors import ArtifactError
from matlore.records import ClaimType, Label

from ..formulas import formula_family, normalize_formula
from ..labels import Span
from ..linking import Linker
from .cards import FACTS_FOLDER
from .document import Document
from .linear import LinearModel, read_model, write_model
from .parts import Relation
from .relation_cells import CELL, owner_of
from .relation_features import Pair, Stage, pair_features, pair_numbers, pairs_with
from .relation_rules import ruled
from .relation_terms import TermFinder
from .relation_things import Layout, Thing, formula_part, materials
from .trees import Trees

__all__ = [
    "RELATIONS_VERSION",
    "PairModel",
    "RelationModel",
    "find_relations",
    "head_formula",
    "load_relations",
    "settled",
    "tree_chances",
]

RELATIONS_VERSION = "3"
"""Changes when other relations may be found with the same model."""

NAME = "relations.json.zst"
_MOST_OF_A_PAIR = 3
_MOST_TERMS = 40
_CELL_TRUST = 0.8
_APART = 0.4
_HOPELESS = -4.0


@dataclass(frozen=True, slots=True)
class PairModel:
    """Finds relations of one type, with applications or with phases.

    Attributes:
        finder: of the terms.
        linear: judges a pair by itself.
        trees: judge it among the others of its text.
        cut: least score at which a pair is a relation.
    """

    finder: TermFinder
    linear: LinearModel
    trees: Trees
    cut: float

    def judged(self, stage: Stage) -> list[tuple[Pair, float]]:
        """Return all pairs of a text with their probabilities."""
        terms = self.finder.find(stage.layout)[:_MOST_TERMS] if stage.things else []
        pairs = [pair for term in terms for pair in pairs_with(stage, term)]
        chances = [self.linear.probabilities(pair_features(pair, stage))["True"] for pair in pairs]
        rows = pair_numbers(pairs, chances, stage)
        return [*zip(pairs, settled(pairs, tree_chances(self.trees, rows), stage), strict=True)]


def tree_chances(trees: Trees, rows: Iterable[Sequence[float]]) -> list[float]:
    """Return what trees say of pairs; 0 for those that the linear model thinks hopeless."""
    return [trees.probability(row) if row[0] > _HOPELESS else 0.0 for row in rows]


def settled(pairs: Sequence[Pair], chances: Iterable[float], stage: Stage) -> list[float]:
    """Return probabilities that heed what is too rare in the data to be learned.

    A unit cell is one material's (`owner_of`); a contrast divides (`Pair.apart`).
    """
    found = [
        chance * (_APART if pair.apart else 1.0)
        for pair, chance in zip(pairs, chances, strict=True)
    ]
    owners: dict[str, int | None] = {}
    for k, pair in enumerate(pairs):
        if pair.tail.traits == CELL:
            if pair.tail.key not in owners:
                owners[pair.tail.key] = owner_of(pair.tail, stage)
            found[k] = _CELL_TRUST if owners[pair.tail.key] == pair.rank else 0.0
    return found


@dataclass(frozen=True, slots=True)
class RelationModel:
    """All that `find_relations` needs.

    Attributes:
        pairs: models by type: `USED_IN`, `HAS_PHASE`.
        about: says if a text is about a material, by its features alone.
    """

    pairs: Mapping[ClaimType, PairModel]
    about: LinearModel

    def save(self, path: Path) -> None:
        """Write the model to a file, compressed if its name ends in `.zst`."""
        write_model(
            {
                "about": self.about.to_json(),
                "pairs": {
                    type_: {
                        "finder": one.finder.to_json(),
                        "linear": one.linear.to_json(),
                        "trees": one.trees.to_json(),
                        "cut": one.cut,
                    }
                    for type_, one in self.pairs.items()
                },
            },
            path,
        )

    @classmethod
    def load(cls, path: Path) -> "RelationModel":
        """Read a model.

        Raises:
            ArtifactError: it is missing, damaged, or of another kind.
        """
        data, _ = read_model(path)
        try:
            pairs = {type_: _pair_model(one) for type_, one in data["pairs"].items()}
            return cls(pairs, LinearModel.from_json(data["about"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ArtifactError(
                f"{path}: not a model of relations ({error!r}); train it with `matlore facts train`"
            ) from error


def _pair_model(data: Mapping[str, Any]) -> PairModel:
    return PairModel(
        TermFinder.from_json(data["finder"]),
        LinearModel.from_json(data["linear"]),
        Trees.from_json(data["trees"]),
        float(data["cut"]),
    )


@lru_cache(maxsize=2)
def load_relations() -> RelationModel:
    """Return the model that ships, read once."""
    return RelationModel.load(FACTS_FOLDER / NAME)


def find_relations(document: Document, *, model: RelationModel | None = None) -> list[Relation]:
    """Return the relations of an abstract's materials, `DOPED_WITH` and `SAME_AS` left out.

    Args:
        document: grows by mentions of materials, applications and phases that are in a
            relation and that the tagger left out.
        model: in place of the one that ships.

    Returns:
        Each relation once, between the two mentions nearest to each other; scores are
        probabilities.
    """
    model = model or load_relations()
    layout = Layout(document)
    stage = Stage(materials(layout), layout)
    if not stage.things:
        return []
    found = [
        (type_, pair, score)
        for type_, one in model.pairs.items()
        for pair, score in one.judged(stage)
        if score >= one.cut
    ]
    found += ruled(stage, model.about)
    found.sort(key=lambda one: -one[2])
    return _relations(document, stage, found)


def _relations(
    document: Document, stage: Stage, found: Iterable[tuple[ClaimType, Pair, float]]
) -> list[Relation]:
    """Return pairs as relations between mentions, at most a few of the same two norms."""
    seen: Counter[tuple[object, ...]] = Counter()
    known: dict[tuple[int, int, Label], int] = {}
    for k, mention in enumerate(document.mentions):
        known.setdefault((mention.start, mention.end, mention.label), k)
    relations = []
    for type_, pair, score in found:
        head = _mention(document, stage.things[pair.rank], pair.one, known)
        tail = _mention(document, pair.tail, pair.other, known)
        one, other = document.mentions[head], document.mentions[tail]
        key = (type_, one.norm or one.text, other.norm or other.text.lower())
        seen[key] += 1
        if seen[key] <= _MOST_OF_A_PAIR:
            relations.append(Relation(type_, head, tail, score=score))
    return relations


def _mention(
    document: Document,
    thing: Thing,
    span: tuple[int, int],
    known: dict[tuple[int, int, Label], int],
) -> int:
    """Return the position of a thing's mention, added if it is new."""
    key = (*span, thing.label)
    if key not in known:
        known[key] = document.add(*span, thing.label, None, thing.score)
    position = known[key]
    mention = document.mentions[position]
    if mention.norm is None and mention.source == "relation":
        norm = _norm(thing.label, document.text[slice(*span)])
        document.mentions[position] = replace(mention, norm=norm)
    return position


@lru_cache(maxsize=65536)
def _norm(label: Label, text: str) -> str | None:
    if label == "MAT":
        formula = formula_part(text) or text
        return normalize_formula(formula) or formula_family(formula)
    # A unit cell is no phase that a graph could have as a node.
    return None if "=" in text or "≅" in text else _linked(label, text)


def _linked(label: Label, text: str) -> str | None:
    return _linker().link(text, [Span(0, len(text), label)])[0]


@lru_cache(maxsize=1)
def _linker() -> Linker:
    return Linker()


def head_formula(document: Document, head: int) -> str | None:
    """Return the formula of a relation's material, as the text writes it."""
    mention = document.mentions[head]
    if (formula := formula_part(mention.text)) or not mention.norm:
        return formula
    same: Sequence[str] = [
        one.text for one in document.mentions if one.label == "MAT" and one.norm == mention.norm
    ]
    return next((formula for text in same if (formula := formula_part(text))), None)
