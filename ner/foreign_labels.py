"""The label schemes of other people's taggers, and their way to Matscholar's seven labels.

Known schemes:

- Matscholar's own (Weston et al. 2019), of MatBERT's solid-state model and of MatSciBERT's;
- MatBERT's doping scheme (Trewartha et al., Patterns 3, 100488, 2022): `BASEMAT`, `DOPANT`,
  `DOPMODQ`; and its gold nanoparticles': `MOR` (morphology), `DES` (descriptor);
- SOFC-Exp (Friedrich et al., ACL 2020): `MATERIAL`, `DEVICE`, `EXPERIMENT`, `VALUE`, and slots
  such as `anode_material`;
- the labels' names written out (`PROPERTY`, `SYNTHESIS_METHOD`, British or American).

Prefixes may be those of IOB1, IOB2, BIOES, BILOU and BMES, with `-` or `_`, or absent. They
need not be told apart: in all of them a mention ends before `O`, before another label, before
a beginning (`B`, `S`, `U`), and after an end (`E`, `L`, `S`, `U`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matlore.records import Label

from .elements import word_set
from .labels import TAGS

__all__ = ["MATSCIBERT_LABELS", "Scheme", "iob2", "read_scheme"]

MATSCIBERT_LABELS: tuple[str, ...] = tuple(sorted(TAGS))
"""The order of labels in MatSciBERT's NER checkpoint for Matscholar, whose config lacks it."""

_NAMES: dict[Label, frozenset[str]] = {
    "MAT": word_set("MAT MATERIAL MATERIALS BASEMAT DOPANT FUEL_USED"),
    "SPL": word_set("SPL PHASE SYMMETRY SYMMETRY_PHASE SYMMETRY_PHASE_LABEL"),
    "DSC": word_set("DSC DESCRIPTOR SAMPLE_DESCRIPTOR DES MOR MORPHOLOGY"),
    "PRO": word_set("PRO PROPERTY PROPERTIES MATERIAL_PROPERTY"),
    "APL": word_set("APL APPLICATION APPLICATIONS DEVICE"),
    "SMT": word_set("SMT SYNTHESIS SYNTHESIS_METHOD"),
    "CMT": word_set(
        "CMT CHARACTERIZATION CHARACTERISATION CHARACTERIZATION_METHOD CHARACTERISATION_METHOD"
    ),
}
_LABEL_OF: dict[str, Label] = {name: label for label, names in _NAMES.items() for name in names}
_ANY_MATERIAL = "_MATERIAL"  # the slots of SOFC-Exp

_OUTSIDE = word_set("O OUT OUTSIDE NONE NULL X PAD [PAD] [CLS] [SEP] <PAD>")
_PREFIXED = re.compile(r"([BIESULM])[-_](.+)", re.DOTALL)
_NO_NAME_CHARACTERS = re.compile(r"[\W_]+")
_UNNAMED = re.compile(r"LABEL_\d+")


class ModelTag(NamedTuple):
    """What one output of a model means: a side (`B`, `I`, `E`, `S`; `O` outside) and a label."""

    side: str
    label: Label | None


class Scheme(NamedTuple):
    """What the outputs of a model mean.

    Attributes:
        tags: by output number.
        unused: names of labels that have no counterpart here, sorted.
    """

    tags: tuple[ModelTag, ...]
    unused: tuple[str, ...]

    @property
    def columns(self) -> list[int] | None:
        """The output for each of `TAGS`, where outputs and `TAGS` match one to one."""
        names = [tag.side if tag.label is None else f"{tag.side}-{tag.label}" for tag in self.tags]
        return [names.index(tag) for tag in TAGS] if sorted(names) == sorted(TAGS) else None


OUTSIDE = ModelTag("O", None)
_SIDES = {"U": "S", "L": "E", "M": "I"}


def read_scheme(names: Sequence[str]) -> Scheme | None:
    """Read the names of a model's outputs.

    Args:
        names: by output number.

    Returns:
        The scheme, or None where the outputs have only numbers for names (`LABEL_0`).
    """
    if all(_UNNAMED.fullmatch(name) for name in names):
        return None
    tags, unused = [], set()
    for name in names:
        match = _PREFIXED.fullmatch(name)
        side, entity = match.groups() if match else ("I", name)
        label = _label(entity)
        tags.append(ModelTag(_SIDES.get(side, side), label) if label else OUTSIDE)
        if label is None and name.upper() not in _OUTSIDE:
            unused.add(entity)
    return Scheme(tuple(tags), tuple(sorted(unused)))


def _label(entity: str) -> Label | None:
    name = _NO_NAME_CHARACTERS.sub("_", entity).strip("_").upper()
    return "MAT" if name.endswith(_ANY_MATERIAL) else _LABEL_OF.get(name)


def iob2(tags: Sequence[ModelTag]) -> list[str]:
    """Return a row of tags of any scheme as valid IOB2: what no `B` begins, begins here."""
    row: list[str] = []
    open_label: Label | None = None
    for side, label in tags:
        if label is None:
            row.append("O")
        elif side in "BS" or label != open_label:
            row.append(f"B-{label}")
        else:
            row.append(f"I-{label}")
        open_label = None if side in "ES" else label
    return row


def names_of(id2label: Mapping[str, object]) -> list[str]:
    """Return the names of `id2label` in a model's config by output number.

    Raises:
        ValueError: the numbers are not 0, 1, 2 … .
    """
    by_number = {int(number): str(name) for number, name in id2label.items()}
    if sorted(by_number) != list(range(len(by_number))):
        raise ValueError(f"numbers of labels have gaps: {sorted(by_number)}")
    return [by_number[number] for number in range(len(by_number))]
