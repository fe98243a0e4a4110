"""How likely the material of a value is right: `material_trust`."""

import re

from ..elements import ELEMENTS
from .document import Document
from .linear import logistic
from .material_choice import MaterialChoice, is_molecule
from .parts import Value

__all__ = ["material_trust"]

# What devices and mixtures have as often as materials.
_OF_DEVICES = frozenset(
    {
        "efficiency", "sensitivity", "concentration", "yield", "conversion", "selectivity",
        "resolution", "power density", "cell voltage", "open-circuit voltage", "accuracy",
    }
)  # fmt: skip
_ACRONYM = re.compile(r"name:[A-Z][A-Za-z]{0,2}[A-Z]{1,4}s?")


def material_trust(
    document: Document, material: MaterialChoice, value: Value, property_name: str
) -> float:
    """Return how likely the material is right: the link, and the mention that it goes to.

    The weights are set by hand on 118 values of 84 annotated abstracts and 120 of the corpus:
    where the tagger is unsure, or the name is no formula, the material is wrong more often; so
    it is where an element, a gas or an acronym is named, or what devices have is asked for.
    """
    mention = document.mentions[material.mention]
    doubt = 1.0 - (0.9 if mention.score is None else mention.score)
    if mention.norm and "@" in mention.text:
        doubt = min(doubt, 0.15)  # written as a material is, whatever the tagger makes of it
    unknown = (mention.norm or "name:").startswith("name:")
    odds = 0.9 + 1.4 * material.score - 4.5 * doubt - 0.9 * unknown
    if mention.norm in ELEMENTS:
        odds -= 1.0 if mention.start < max(document.text.find("\n"), 0) else 1.8
    elif is_molecule(mention):
        odds -= 1.8
    elif _ACRONYM.fullmatch(mention.norm or "") and "@" not in mention.text:
        odds -= 0.9
    odds -= 0.6 * (property_name in _OF_DEVICES)
    apart = document.sentence_at(mention.start) != document.sentence_at(value.start)
    return logistic(odds - 0.25 * apart)
