"""A paper and its mentions to facts: the parts put together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from matlore.records import Mention, Paper

from ..acronyms import find_acronyms
from ..sentences import split_sentences
from ..tokens import TOKENS_VERSION
from .coherence import coherent, name_properties
from .document import Document
from .parts import FoundQuantity, PaperFacts, Relation

__all__ = ["FactFinder", "Finder", "extract_facts", "facts_version"]

# Counts up when this module, or a part without a version, finds other facts than before.
_EXTRACTION_VERSION = "3"
_PARTS = ("values", "linking", "doping", "relations", "same_as", "modality")
_SCORE_DIGITS = 4


class FactFinder(Protocol):
    """Finds the facts of a paper; it is sent to other processes, so it can be pickled."""

    @property
    def version(self) -> str:
        """A name without `@` that changes when what is found does."""

    def find(self, paper: Paper, mentions: Sequence[Mention]) -> PaperFacts:
        """Return what a paper says; `mentions` are those of its text, by their start."""


class Finder:
    """The finder that ships: `extract_facts` and its version."""

    @property
    def version(self) -> str:
        """See `facts_version`."""
        return facts_version()

    def find(self, paper: Paper, mentions: Sequence[Mention]) -> PaperFacts:
        """See `extract_facts`."""
        return extract_facts(paper, mentions)


def extract_facts(paper: Paper, mentions: Sequence[Mention]) -> PaperFacts:
    """Return the quantities and relations of a paper.

    Args:
        paper: whose `text` is read.
        mentions: of this text, by their start.

    Returns:
        facts that point into the mentions given and those that the parts added after them.
    """
    from .linking import link_quantities
    from .same_as import find_same
    from .values import find_values

    document = Document(paper, mentions)
    same = find_same(document)  # first: what an acronym stands for, others want to know
    quantities = link_quantities(document, find_values(document.text))
    name_properties(document, quantities)
    relations = coherent(document, _surest([*same, *_relations(document)]), quantities)
    return PaperFacts(
        mentions=tuple(document.mentions),
        relations=tuple(_with_modality(document, one) for one in relations),
        quantities=tuple(_of_modality(document, one) for one in quantities),
    )


def _relations(document: Document) -> list[Relation]:
    """Return the relations between different things."""
    from .doping import find_dopings
    from .relations import find_relations

    return [*find_relations(document), *find_dopings(document)]


def _surest(relations: Iterable[Relation]) -> list[Relation]:
    """Return each pair of a type once, as the surest says it."""
    best: dict[tuple[str, int, int], Relation] = {}
    for relation in relations:
        key = (relation.type, relation.head, relation.tail)
        if key not in best or relation.score > best[key].score:
            best[key] = relation
    return list(best.values())


def _with_modality(document: Document, relation: Relation) -> Relation:
    """Return a relation with the modality of what stands between its ends, and its score cut."""
    from .modality import modality_of

    score = round(relation.score, _SCORE_DIGITS)
    modality = relation.modality
    if modality == "observed" and relation.type != "SAME_AS":  # an acronym is no observation
        head, tail = document.mentions[relation.head], document.mentions[relation.tail]
        start, end = min(head.start, tail.start), max(head.end, tail.end)
        modality = modality_of(document, start, end)
    return replace(relation, modality=modality, score=score)


def _of_modality(document: Document, quantity: FoundQuantity) -> FoundQuantity:
    """Return a quantity with the modality of its value, and its score cut.

    A value of nothing that is known claims nothing.
    """
    from .modality import modality_of

    modality = quantity.modality
    if modality == "observed" and (quantity.property_name or quantity.material is not None):
        modality = modality_of(document, quantity.value.start, quantity.value.end)
    return replace(quantity, modality=modality, score=round(quantity.score, _SCORE_DIGITS))


@lru_cache(maxsize=1)
def facts_version() -> str:
    """Return the version of what makes facts; another one means: all must be redone.

    It changes with the constants `…_VERSION` of the parts and of what they stand on, with
    the models that ship, and with the vocabulary.
    """
    said = [f"extraction {_EXTRACTION_VERSION}", f"tokens {TOKENS_VERSION}"]
    modules = [f"{__package__}.{part}" for part in _PARTS]
    modules += ["matlore.units", find_acronyms.__module__, split_sentences.__module__]
    for name in modules:
        module = import_module(name)
        said += [f"{name} {k} {v}" for k, v in sorted(vars(module).items()) if _is_version(k, v)]
    root = Path(str(files("matlore")))
    for folder, pattern in (("starter/facts", "*.json.zst"), ("vocabulary", "*.*ml")):
        for path in sorted((root / folder).glob(pattern)):
            said.append(f"{path.name} {sha256(path.read_bytes()).hexdigest()}")
    digest = sha256("\n".join(said).encode()).hexdigest()
    return f"facts-{digest[:12]}"


def _is_version(name: str, value: object) -> bool:
    return name.endswith("_VERSION") and isinstance(value, str | int)
