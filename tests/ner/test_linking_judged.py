"""Linking of real mentions: what was judged right by hand stays right."""

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, cast

import pytest

from matlore.records import Label
from ner.labels import LABELS, Span
from ner.linking import Linker

_JUDGED = Path(__file__).parents[1] / "data" / "linking_judged.tsv"
_LEAST_KEPT = 0.97


class _Judged(NamedTuple):
    """A row of the file: a mention, the norm that it had, and what was thought of it."""

    paper_id: str
    span: Span
    norm: str
    verdict: str


@pytest.fixture(scope="module")
def judged() -> list[_Judged]:
    lines = _JUDGED.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert rows[0] == ["paper_id", "start", "end", "label", "norm", "verdict"]
    return [
        _Judged(paper_id, Span(int(start), int(end), cast(Label, label)), norm, verdict)
        for paper_id, start, end, label, norm, verdict in rows[1:]
    ]


@pytest.fixture(scope="module")
def drawing(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "draw_sentences", repository / "benchmarks" / "draw_sentences.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_holds_what_the_readme_reports(judged: list[_Judged]) -> None:
    assert Counter(one.verdict for one in judged) == {"right": 170, "mention": 20, "wrong": 10}
    assert {one.span.label for one in judged} == set(LABELS)
    assert all(one.span.start < one.span.end for one in judged)


def test_what_was_judged_right_is_linked_as_then(
    judged: list[_Judged], drawing: ModuleType, shared_data: Path
) -> None:
    right = [one for one in judged if one.verdict == "right"]
    corpus = sorted((shared_data / "corpus").glob("*.jsonl.gz"))
    texts = drawing.paper_texts(corpus, {one.paper_id for one in right})
    assert {one.paper_id for one in right} <= texts.keys()
    linker = Linker()
    changed = []
    for one in right:
        text = texts[one.paper_id]
        (norm,) = linker.link(text, [one.span])
        if norm != one.norm:
            changed.append((text[one.span.start : one.span.end], one.norm, norm))
    assert len(changed) <= (1 - _LEAST_KEPT) * len(right), changed
