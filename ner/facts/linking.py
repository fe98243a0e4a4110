"""Values linked to their property, material and conditions: `link_quantities`.

A value's property comes from what its sentence says, and must be of the value's dimension; its
material from the sentence or, where that names none, from the whole abstract. What cannot be told
is left open: a value is never spread over several materials.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

from matlore.records import Condition, Mention

from .condition_dealing import condition_runs, is_anothers, possible_conditions
from .conditions import FoundCondition, find_conditions, is_condition, phase_of
from .document import Document
from .linear import logistic
from .main_material import Main, find_main, material_name
from .material_choice import MaterialChoice, Place, choose_material, is_subject
from .material_trust import material_trust
from .modality import modality_of
from .own_materials import add_materials, outermost
from .parts import FoundQuantity, Value
from .property_choice import PropertyChoice, choose_property, is_difference, is_set
from .property_cues import Context, Cue, describe, find_cues, fitting_name, unit_for
from .respectively import deal, runs
from .value_plausibility import plausibility

__all__ = ["LINKING_FACTS_VERSION", "link_quantities"]

LINKING_FACTS_VERSION = "5"
"""Changes when values may be linked to another property, material or condition."""

_Item = TypeVar("_Item")
# More values than any abstract has: what comes behind them is left unlinked.
_MOST_VALUES = 300
_MOST_NEAR = 24
_MOST_MATERIALS = 12
_UNLINKED = 0.1
_NO_MATERIAL = 0.4
_RESPECTIVELY = re.compile(r"\brespectively\b|\bresp\.")
# A value with a preposition of conditions is the property's only right behind its name.
_AT_PROPERTY = 1.6
_UNDEALT = 1.3
_LISTED = re.compile(r"(?:\band\b|,) ")
_CAPACITIES = frozenset(
    {"specific capacity", "theoretical capacity", "areal capacity", "volumetric capacity"}
)
# The main material, and the one where an electrode's is asked for.
_Mains = tuple[Main | None, Main | None]
# What is rather set than found, `at a current density of 10 mA/cm^2`.
_SET_BY_HAND = frozenset(
    {
        "current density", "voltage", "operating voltage", "operating temperature", "photon energy",
        "excitation energy", "magnetic field strength", "magnetic flux density", "strain rate",
        "partial pressure", "oxygen partial pressure", "sintering temperature", "applied stress",
    }
)  # fmt: skip


@dataclass(slots=True)
class _Sentence:
    """A sentence with what stands in it, each in the order of the text.

    `earlier` are the materials of the sentence before it, or of one before that.
    """

    start: int
    end: int
    earlier: list[tuple[int, Mention]]
    values: list[Value] = field(default_factory=list)
    materials: list[tuple[int, Mention]] = field(default_factory=list)
    properties: list[tuple[int, Mention]] = field(default_factory=list)
    phases: list[Mention] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Linked:
    """A value of a sentence with its property, before its material is known."""

    index: int
    choice: PropertyChoice
    run: tuple[int, ...]


def link_quantities(document: Document, values: Sequence[Value]) -> list[FoundQuantity]:
    """Link values to the property, the material and the conditions that the text gives them.

    Args:
        document: gets mentions of properties that the tagger has missed.
        values: of its text, sorted by their start.

    Returns:
        One quantity a value, in the order of the text, except for values that are conditions of
        others. A value without a property, or one that is a mere difference, stays unlinked; a
        score of 0.7 or more is for those who want few errors, 0.3 for those who want them all.
    """
    if not values:
        return []
    values_linked = values[:_MOST_VALUES]
    add_materials(document, _ranges(document, values_linked))
    context = describe(document.text, document.mentions)
    main = find_main(document)
    electrode = find_main(document, electrode=True) if "capacit" in context.words else main
    found: list[FoundQuantity] = []
    for sentence in _sentences(document, values_linked):
        found += _link_sentence(document, sentence, context, (main, electrode))
    found += [_unlinked(value) for value in values[_MOST_VALUES:]]
    return found


def _ranges(document: Document, values: Sequence[Value]) -> list[tuple[int, int]]:
    """Return the title and the sentences that hold a value."""
    numbers = {0, *(document.sentence_at(value.start) for value in values)}
    return [document.sentences[number] for number in sorted(numbers)]


def _unlinked(value: Value) -> FoundQuantity:
    return FoundQuantity(value, None, None, None, score=round(_UNLINKED * value.score, 4))


def _sentences(document: Document, values: Sequence[Value]) -> list[_Sentence]:
    """Return the sentences that hold a value, with their values and mentions."""
    by_number: defaultdict[int, list[tuple[int, Mention]]] = defaultdict(list)
    for position, mention in enumerate(document.mentions):
        if mention.label == "MAT":
            by_number[document.sentence_at(mention.start)].append((position, mention))
    sentences: dict[int, _Sentence] = {}
    for value in values:
        number = document.sentence_at(value.start)
        if number not in sentences:
            earlier = next((by_number[n] for n in (number - 1, number - 2) if n in by_number), [])
            sentences[number] = _Sentence(*document.sentences[number], outermost(earlier))
            sentences[number].materials = outermost(by_number.get(number, ()))
        sentences[number].values.append(value)
    for position, mention in enumerate(document.mentions):
        if mention.label in ("PRO", "SPL"):
            sentence = sentences.get(document.sentence_at(mention.start))
            if sentence and mention.label == "PRO":
                sentence.properties.append((position, mention))
            elif sentence:
                sentence.phases.append(mention)
    return [*sentences.values()]


def _link_sentence(
    document: Document, sentence: _Sentence, context: Context, mains: _Mains
) -> list[FoundQuantity]:
    """Link the values of one sentence."""
    text, values = document.text, sentence.values
    sentence.cues = find_cues(text, sentence.start, sentence.end, sentence.properties, context)
    linked, aside = _properties(text, sentence, context)
    by_index = {item.index: item for item in linked}
    said = find_conditions(text, sentence.start, sentence.end, [values[index] for index in aside])
    materials = _materials(text, sentence, linked, mains)
    shared = _conditions(text, sentence, linked, said, aside)
    found = []
    for index, value in enumerate(values):
        if item := by_index.get(index):
            material = materials.get(index)
            conditions = shared.get(index, ())
            if material and sentence.phases:
                conditions = _with_phase(document, sentence, material, conditions)
            found.append(_quantity(document, item, value, material, conditions))
        elif index not in aside:
            found.append(_unlinked(value))
    return found


def _with_phase(
    document: Document,
    sentence: _Sentence,
    material: MaterialChoice,
    conditions: tuple[Condition, ...],
) -> tuple[Condition, ...]:
    """Return conditions with the phase of a material that the same sentence names."""
    mention = document.mentions[material.mention]
    phase = phase_of(document.text, mention, sentence.phases[:_MOST_NEAR])
    return tuple(sorted((*conditions, phase), key=str)) if phase else conditions


def _quantity(
    document: Document,
    item: _Linked,
    value: Value,
    material: MaterialChoice | None,
    conditions: tuple[Condition, ...],
) -> FoundQuantity:
    """Return a linked value with its modality and score."""
    cue = item.choice.cue
    position = None
    if cue:
        position = cue.mention
        if position is None:
            position = document.add(cue.start, cue.end, "PRO", item.choice.name, 0.5)
    trust = _NO_MATERIAL
    if material:
        trust = material_trust(document, material, value, item.choice.name)
    unit = unit_for(item.choice.name, value.unit) or value.unit
    if unit != value.unit:
        value = replace(value, unit=unit)
    sure = value.score * plausibility(item.choice.name, value)
    return FoundQuantity(
        value=value,
        material=material.mention if material else None,
        property=position,
        property_name=item.choice.name,
        conditions=possible_conditions(item.choice.name, conditions),
        modality=modality_of(document, value.start, value.end),
        score=round(sure * logistic(1.4 + 0.7 * item.choice.score) * trust, 4),
    )


def _near(
    items: Sequence[_Item], starts: Sequence[int], offset: int, most: int = _MOST_NEAR
) -> Sequence[_Item]:
    """Return the items around an offset: hostile texts have thousands."""
    middle = bisect_right(starts, offset)
    return items[max(0, middle - most) : middle + most // 2]


def _properties(
    text: str, sentence: _Sentence, context: Context
) -> tuple[list[_Linked], list[int]]:
    """Return the values with a property, and the positions of those that are conditions."""
    values = sentence.values
    starts = [cue.start for cue in sentence.cues]
    linked: list[_Linked] = []
    aside: list[int] = []
    for run in runs(text, [(value.start, value.end) for value in values]):
        first, last = values[run[0]], values[run[-1]]
        cues = _near(sentence.cues, starts, first.start)
        near = values[max(0, run[0] - _MOST_NEAR) : run[-1] + _MOST_NEAR]
        introduced = is_condition(text, first)
        for index in run:
            value = values[index]
            run_end = last.end if value.unit == last.unit else value.end
            run_start = first.start if value.unit == first.unit else value.start
            place = near.index(value)
            choice = choose_property(text, near, place, cues, context, run_start, run_end)
            # `100 mAh/g at 1 C and 80 mAh/g at 2 C`: the second is no condition like the first.
            at = introduced and value.unit == first.unit
            if at and not (choice and _names_its_place(choice, value)):
                aside.append(index)
            elif choice and not (is_difference(text, value) or is_set(text, value, choice.name)):
                linked.append(_Linked(index, choice, tuple(run)))
            elif choice is None and is_condition(text, value):
                aside.append(index)
    return _dealt_properties(text, sentence, linked), aside


def _names_its_place(choice: PropertyChoice, value: Value) -> bool:
    """Say whether a property takes even a value after `at`: `superconductivity sets in at 9 K`.

    One that is named behind the value has to stand next to it: not `at 900 K its Tc rises`.
    """
    return (
        choice.cue is not None
        and choice.cue.start <= value.end + 1
        and choice.name not in _SET_BY_HAND
        and choice.score - choice.cue.trust >= _AT_PROPERTY
    )


def _dealt_properties(text: str, sentence: _Sentence, linked: list[_Linked]) -> list[_Linked]:
    """Deal out n properties to a list of n values: `TN and TC are 5 and 10 K, respectively`."""
    if not _RESPECTIVELY.search(text, sentence.start, sentence.end):
        return linked
    known = [cue for cue in sentence.cues if cue.names]
    lists = [
        [known[position] for position in run]
        for run in runs(text, [(cue.start, cue.end) for cue in known])
        if len(run) > 1
    ]
    dealt = []
    for item in linked:
        fitting = [members for members in lists if len(members) == len(item.run)]
        name = None
        if len(item.run) > 1 and fitting:
            cue = fitting[-1][item.run.index(item.index)]
            name = fitting_name(cue, sentence.values[item.index])
        if name:
            choice = PropertyChoice(name, cue, max(item.choice.score, 1.5))
            item = _Linked(item.index, choice, item.run)
        dealt.append(item)
    return dealt


def _materials(
    text: str, sentence: _Sentence, linked: Sequence[_Linked], mains: _Mains
) -> dict[int, MaterialChoice]:
    """Return the material of each linked value that has one."""
    recent = next((item for item in sentence.earlier if is_subject(text, item[1])), None)
    chosen: dict[int, MaterialChoice] = {}
    starts = [mention.start for _, mention in sentence.materials]
    lists = _material_lists(text, sentence)
    for item in linked:
        value = sentence.values[item.index]
        run = [index for index in item.run if any(other.index == index for other in linked)]
        members = deal(run, lists) if item.index in run else None
        if members:
            chosen[item.index] = MaterialChoice(members[run.index(item.index)], 1.8)
            continue
        place = _place(sentence, item, value)
        near = _near(sentence.materials, starts, value.start, _MOST_MATERIALS)
        choice = choose_material(text, place, near, mains[place.electrode], recent)
        if choice and len(run) > 1 and _undealt(text, sentence, choice, near):
            choice = replace(choice, score=choice.score - _UNDEALT)
        if choice:
            chosen[item.index] = choice
    return chosen


def _undealt(
    text: str, sentence: _Sentence, choice: MaterialChoice, near: Sequence[tuple[int, Mention]]
) -> bool:
    """Say whether a list of values goes with a list of which but one material is known.

    `1.2 and 1.4 eV for ZnX and the other, respectively`: the one found is right for one of them.
    """
    mention = next((one for position, one in near if position == choice.mention), None)
    return (
        mention is not None
        and _RESPECTIVELY.search(text, sentence.start, sentence.end) is not None
        and _LISTED.search(text, max(0, mention.start - 20), mention.end + 20) is not None
    )


def _place(sentence: _Sentence, item: _Linked, value: Value) -> Place:
    """Return where a value, its list and its property stand."""
    run = [sentence.values[index] for index in item.run]
    cue = item.choice.cue
    low, high = max(0, item.index - _MOST_NEAR), item.index + _MOST_NEAR
    return Place(
        start=run[0].start,
        end=run[-1].end,
        cue_start=cue.start if cue else run[0].start,
        cue_end=cue.end if cue else run[0].start,
        sentence_start=sentence.start,
        values=[v for v in sentence.values[low:high] if v.unit == value.unit and v not in run],
        electrode=item.choice.name in _CAPACITIES,
    )


def _material_lists(text: str, sentence: _Sentence) -> list[list[int]]:
    """Return the lists of different materials where a sentence says `respectively`, its own first.

    The sentence before may have the list: `Their gaps are 1.9 and 1.4 eV, respectively`.
    """
    if not _RESPECTIVELY.search(text, sentence.start, sentence.end):
        return []
    found = []
    for materials in (() if sentence.materials else sentence.earlier, sentence.materials):
        for run in runs(text, [(mention.start, mention.end) for _, mention in materials]):
            names = {material_name(materials[position][1]) for position in run}
            spans = [(materials[k][1].start, materials[k][1].end) for k in run]
            if len(run) > 1 and len(names) == len(run) and not _is_stack(text, spans):
                found.append([materials[position][0] for position in run])
    return found[::-1]


def _is_stack(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether materials are the parts of one thing: `PbSe/PbTe`."""
    return any("/" in text[end:start] for (_, end), (start, _) in pairwise(spans))


def _conditions(
    text: str,
    sentence: _Sentence,
    linked: Sequence[_Linked],
    found: Sequence[FoundCondition],
    aside: Sequence[int],
) -> dict[int, tuple[Condition, ...]]:
    """Deal the conditions of a sentence out to its values.

    A condition belongs to the value, or the list of values, that it follows; one that stands
    before them all holds for all that have none of its kind, and a list of them is dealt out to
    a first list of as many values.
    """
    shared: dict[int, dict[str, Condition]] = {item.index: {} for item in linked}
    starts = [sentence.values[item.index].start for item in linked]
    ahead: list[FoundCondition] = []
    for group in condition_runs(text, found):
        before = bisect_left(starts, group[0].start)
        if is_anothers(
            sentence.values, aside, group[0].start, starts[before - 1] if before else -1
        ):
            continue
        run = linked[max(before - 1, 0)].run if linked else ()
        owners = [item.index for item in linked if item.index in run]
        if before == 0 and not 1 < len(group) == len(owners):
            ahead += group[:1]
            continue
        for number, index in enumerate(owners):
            item = group[number] if len(group) == len(owners) else group[0]
            shared[index].setdefault(item.condition.name, item.condition)
    for item in ahead:
        for conditions in shared.values():
            conditions.setdefault(item.condition.name, item.condition)
    return {index: tuple(sorted(c.values(), key=str)) for index, c in shared.items()}
