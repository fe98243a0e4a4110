"""Texts and mentions that nobody would write, through the whole extraction of facts."""

from dataclasses import replace
from time import process_time
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matlore.records import Label, Mention, Paper, text_hash
from ner.facts.extraction import extract_facts
from ner.facts.parts import PaperFacts
from ner.facts.records import facts_object, paper_records

LENGTH = 40_000
PIECES = [
    *("1 ", "PbTe ", "5 K ", "(1", "[1,", "a-doped b-doped ", "1.1.1.", "10^-", "±", "(", "([{"),
    *("A=B ", "PbTe (BT) ", "\n", "😀", "٣ ", "\0", "\ud800", "\u202eabc ", "-", "- ", "5 K. "),
    *("gap of 5 eV in PbTe, ", "no band gap was observed, ", "PbTe is doped with Na. "),
    *("a = 5 Å, ", "Pb1-xSnxTe/", "x=0.1,0.2 and ", "at 5 K and 6 K, respectively, "),
]
BLOCKS = [
    *("PbTe", "SnSe", "Bi2Te3", "lead telluride", "(BT)", "Na", "Na-doped", "doped with", "XRD"),
    *(
        "of",
        "5",
        "1.2.3",
        "10^-",
        "5 ± 1",
        "2-3",
        "1e999",
        "10^400",
        "eV",
        "K",
        "μV/K",
        "zT",
        "and",
    ),
    *(
        ", ",
        ". ",
        "\n",
        "(",
        ")",
        "[",
        "–",
        "±",
        "=",
        "≡",
        "no",
        "calculated",
        "whereas",
        "x = 0.1",
    ),
    *("band gap", "respectively", "solar cells", "cubic", "a = 5.1 Å", "\0", "\ud800", "😀", "٣"),
    *("annealing", "\u202e", "-", "%", "°C"),
]
LABELS: tuple[Label, ...] = get_args(Label)


def _paper(text: str) -> Paper:
    sha = text_hash(text.encode("utf-8", "replace").decode())
    return Paper("a", ("a",), "", text, text, sha, "1")


def _mention(paper: Paper, start: int, end: int, label: int, norm: str | None) -> Mention:
    name = LABELS[label % len(LABELS)]
    return Mention(paper.id, paper.text_sha, start, end, name, paper.text[start:end], norm, 0.9)


def _many(paper: Paper) -> list[Mention]:
    """Return a mention every five characters, of each label in turn."""
    starts = range(0, len(paper.text) - 5, 5)
    return [_mention(paper, k, k + 4, k // 5, paper.text[k : k + 4]) for k in starts]


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    extract_facts(_paper("PbTe is doped with Na and has a band gap of 0.3 eV at 5 K."), [])


def _check(paper: Paper, facts: PaperFacts) -> None:
    """Assert that facts point to where they may."""
    places = range(len(facts.mentions))
    for mention in facts.mentions:
        assert 0 <= mention.start <= mention.end <= len(paper.text)
        assert paper.text[mention.start : mention.end] == mention.text
    for relation in facts.relations:
        assert relation.head in places
        assert relation.tail in places
        assert relation.head != relation.tail
        assert 0 <= relation.score <= 1
    for quantity in facts.quantities:
        assert quantity.material is None or quantity.material in places
        assert quantity.property is None or quantity.property in places
        assert 0 <= quantity.value.start < quantity.value.end <= len(paper.text)
        assert 0 <= quantity.score <= 1
    keys = [(one.type, one.head, one.tail) for one in facts.relations]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_long_repetitions_take_little_time(piece: str) -> None:
    paper = _paper((piece * (LENGTH // len(piece) + 1))[:LENGTH])
    repeated = _many(paper)
    different = [replace(one, norm=f"{one.norm} {k}") for k, one in enumerate(repeated)]
    for mentions in ([], repeated, different):
        started = process_time()
        facts = extract_facts(paper, mentions)
        assert process_time() - started < 5  # about half a second
        _check(paper, facts)


@st.composite
def _papers(draw: st.DrawFn) -> tuple[Paper, list[Mention]]:
    words = st.sampled_from(BLOCKS) | st.text(max_size=6)
    paper = _paper(draw(st.sampled_from([" ", ""])).join(draw(st.lists(words, max_size=40))))
    places = st.integers(0, len(paper.text))
    norms = st.none() | st.sampled_from(["PbTe", "Na", "band_gap", "name:x", ""]) | st.text()
    spans = st.tuples(places, places, st.integers(0, len(LABELS) - 1), norms)
    mentions = [
        _mention(paper, min(one, other), max(one, other), label, norm)
        for one, other, label, norm in draw(st.lists(spans, max_size=15))
        if one != other
    ]
    return paper, sorted(mentions, key=lambda one: one.start)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_papers())
def test_any_text_with_any_mentions_gives_facts_that_hold(
    drawn: tuple[Paper, list[Mention]],
) -> None:
    paper, mentions = drawn
    facts = extract_facts(paper, mentions)
    _check(paper, facts)
    assert facts == extract_facts(paper, mentions)
    paper_records(paper, facts, "facts-1@ner-1")
    facts_object(paper, facts)
