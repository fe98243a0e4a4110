"""The parts of fact extraction put together, with the models that ship."""

import pickle
from time import perf_counter

import pytest

from matlore.records import Label, Mention, Paper, text_hash
from ner.facts.extraction import Finder, extract_facts, facts_version
from ner.facts.parts import PaperFacts
from ner.facts.records import facts_object, paper_records

TEXT = (
    "Transport in layered tin selenide\n"
    "Tin selenide (SnSe) doped with Na was grown by spark plasma sintering. "
    "SnSe shows a Seebeck coefficient of 310 μV/K at 300 K and a band gap of 0.86 eV."
)


def _paper(text: str) -> Paper:
    return Paper("a", ("a",), "", text, text, text_hash(text), "1")


def _mention(
    text: str, words: str, label: Label, norm: str | None, *, last: bool = False
) -> Mention:
    start = text.rindex(words) if last else text.index(words)
    return Mention("a", text_hash(text), start, start + len(words), label, words, norm, 0.9)


@pytest.fixture(scope="module")
def facts() -> PaperFacts:
    mentions = [
        _mention(TEXT, "tin selenide", "MAT", "SnSe"),
        _mention(TEXT, "Tin selenide", "MAT", "SnSe"),
        _mention(TEXT, "SnSe", "MAT", "SnSe"),
        _mention(TEXT, "Na", "MAT", "Na"),
        _mention(TEXT, "spark plasma sintering", "SMT", "spark plasma sintering"),
        _mention(TEXT, "SnSe", "MAT", "SnSe", last=True),
        _mention(TEXT, "Seebeck coefficient", "PRO", "seebeck_coefficient"),
        _mention(TEXT, "band gap", "PRO", "band_gap"),
    ]
    return extract_facts(_paper(TEXT), mentions)


def test_quantities_have_their_material_property_and_condition(facts: PaperFacts) -> None:
    found = {(one.property_name, one.value.value, one.value.unit): one for one in facts.quantities}
    seebeck = next(one for (name, value, _), one in found.items() if value == 310)
    gap = next(one for (name, value, _), one in found.items() if value == 0.86)
    assert seebeck.property_name != gap.property_name
    for one in (seebeck, gap):
        assert one.material is not None
        assert facts.mentions[one.material].norm == "SnSe"
        assert one.property_name
    assert [one.value for one in seebeck.conditions if one.name == "temperature"] == [300]


def test_relations_have_their_ends(facts: PaperFacts) -> None:
    said = {
        (one.type, facts.mentions[one.head].norm, facts.mentions[one.tail].norm)
        for one in facts.relations
    }
    assert ("DOPED_WITH", "SnSe", "Na") in said
    assert any(type_ == "MADE_BY" for type_, *_ in said)


def test_each_relation_is_there_once_and_points_into_the_mentions(facts: PaperFacts) -> None:
    keys = [(one.type, one.head, one.tail) for one in facts.relations]
    assert len(keys) == len(set(keys))
    for mention in facts.mentions:
        assert TEXT[mention.start : mention.end] == mention.text
    for _, head, tail in keys:
        assert 0 <= head < len(facts.mentions)
        assert 0 <= tail < len(facts.mentions)
    scores = [*(one.score for one in facts.relations), *(one.score for one in facts.quantities)]
    assert all(0 <= score <= 1 for score in scores)


def test_facts_become_records_and_json(facts: PaperFacts) -> None:
    quantities, claims = paper_records(_paper(TEXT), facts, facts_version())
    assert quantities
    assert claims
    assert len({one.id for one in claims}) == len(claims)
    assert len(facts_object(_paper(TEXT), facts)["mentions"]) == len(facts.mentions)


def test_the_version_is_a_name_and_stays() -> None:
    first = facts_version()
    facts_version.cache_clear()
    assert facts_version() == first
    assert facts_version().startswith("facts-")
    assert "@" not in facts_version()


def test_the_finder_can_be_sent_to_another_process() -> None:
    finder = pickle.loads(pickle.dumps(Finder()))
    assert finder.version == facts_version()
    assert finder.find(_paper("Nothing is said."), []).relations == ()


HOSTILE = {
    "digits": "1" * 50_000,
    "numbers": "1.2.3 " * 8_000,
    "brackets": "(" * 50_000,
    "nested": "(1 " * 16_000,
    "units": "10^- " * 10_000,
    "plus": "5 ± " * 12_000,
    "lists": "1, " * 16_000 + "K",
    "words": "of " * 16_000,
    "one word": "a" * 50_000,
    "letters and digits": "Sn2Te3" * 8_000,
    "empty": "",
    "blank": " " * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_little_time(name: str) -> None:
    extract_facts(_paper("A first text loads the models: 5 K."), [])
    started = perf_counter()
    extract_facts(_paper(HOSTILE[name]), [])
    assert perf_counter() - started < 20  # where each number is looked at, a second or two


def test_a_text_full_of_mentions_takes_little_time() -> None:
    text = "SnTe and PbTe doped with Na have 5 K, respectively. " * 500
    step = len(text) // 500
    mentions = [
        Mention("a", "s", k * step + place, k * step + place + size, "MAT", words, words, 0.9)
        for k in range(500)
        for place, size, words in ((0, 4, "SnTe"), (9, 4, "PbTe"), (25, 2, "Na"))
    ]
    started = perf_counter()
    extract_facts(_paper(text), mentions)
    assert perf_counter() - started < 30
