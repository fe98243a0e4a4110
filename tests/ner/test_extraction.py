"""Papers to mentions: offsets, norms, and texts that a model cannot stand."""

import re
from collections.abc import Sequence

import pytest

from matlore.errors import ArtifactError
from matlore.records import Mention, Paper, text_hash
from ner.extraction import Failure, extract_each, extract_mentions, extractor_version
from ner.labels import Span


class Tagger:
    """Finds formulas by a pattern; cannot stand the word `poison`."""

    version = "pattern-1"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        self.batches.append(len(texts))
        if any("poison" in text for text in texts):
            raise RuntimeError("a tensor of the wrong shape")
        return [
            [
                Span(m.start(), m.end(), "MAT", 0.123456789)
                for m in re.finditer(r"[A-Z][a-z]?O\d", t)
            ]
            for t in texts
        ]


class Linker:
    """Names a formula by its capitals."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        words = [text[span.start : span.end] for span in spans]
        return [None if word == "XeO3" else word.upper() for word in words]


def _paper(text: str, id: str = "arxiv:2401.00001") -> Paper:
    return Paper(id, (id,), "", text, text, text_hash(text), "1")


def test_mentions_hold_what_stands_in_the_text() -> None:
    paper = _paper("Films of TiO2\nWe compare α-TiO2 with XeO3.")
    (mentions,) = extract_mentions([paper], Tagger(), Linker())
    common = (paper.id, paper.text_sha)
    assert mentions == [
        Mention(*common, 9, 13, "MAT", "TiO2", "TIO2", 0.1235),
        Mention(*common, 27, 31, "MAT", "TiO2", "TIO2", 0.1235),
        Mention(*common, 37, 41, "MAT", "XeO3", None, 0.1235),
    ]
    assert all(paper.text[one.start : one.end] == one.text for one in mentions)


def test_a_batch_is_tagged_at_once_and_keeps_its_order() -> None:
    tagger = Tagger()
    papers = [_paper("no formula"), _paper("CeO2"), _paper("")]
    found = extract_mentions(papers, tagger, Linker())
    assert [[one.text for one in mentions] for mentions in found] == [[], ["CeO2"], []]
    assert tagger.batches == [3]
    assert extract_mentions([], tagger, Linker()) == []


def test_one_bad_text_costs_only_itself() -> None:
    papers = [_paper("CeO2"), _paper("poison TiO2"), _paper("ZrO2")]
    with pytest.raises(RuntimeError):
        extract_mentions(papers, Tagger(), Linker())
    first, bad, last = extract_each(papers, Tagger(), Linker())
    assert [first, last] == extract_mentions([papers[0], papers[2]], Tagger(), Linker())
    assert bad == Failure("RuntimeError: a tensor of the wrong shape")


def test_a_linker_that_fails_is_the_texts_failure() -> None:
    class Broken:
        def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
            return []

    none, failure = extract_each([_paper("nothing"), _paper("CeO2")], Tagger(), Broken())
    assert none == []
    assert isinstance(failure, Failure)
    assert failure.reason.startswith("ValueError")


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 5)])
def test_spans_outside_of_the_text_are_refused(start: int, end: int) -> None:
    class Wrong(Tagger):
        def tag(self, texts: Sequence[str]) -> list[list[Span]]:
            return [[Span(start, end, "MAT")] for _ in texts]

    (failure,) = extract_each([_paper("CeO2")], Wrong(), Linker())
    assert failure == Failure(f"ValueError: span {start}:{end} of a text of 4 characters")


def test_a_broken_model_is_no_failure_of_a_text() -> None:
    class Broken(Tagger):
        def tag(self, texts: Sequence[str]) -> list[list[Span]]:
            raise ArtifactError("model.onnx: its sha256 has changed")

    with pytest.raises(ArtifactError, match="sha256"):
        extract_each([_paper("CeO2"), _paper("TiO2")], Broken(), Linker())


def test_the_version_tells_taggers_and_linkers_apart() -> None:
    class Newer(Linker):
        version = "7"

    other = Tagger()
    other.version = "pattern-2"
    versions = [
        extractor_version(tagger, linker)
        for tagger in (Tagger(), other)
        for linker in (Linker(), Newer())
    ]
    assert len(set(versions)) == 4
    assert extractor_version(Tagger(), Linker()) == versions[0]
    assert versions[0].startswith("pattern-1+")
