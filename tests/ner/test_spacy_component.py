"""The spaCy component: entities, batches, serialisation. The tagger here is a fake."""

import pickle
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ner.labels import Span

spacy = pytest.importorskip("spacy", reason="pip install 'matlore[spacy]'")

from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc, DocBin  # noqa: E402

from ner import spacy_component  # noqa: E402
from ner.spacy_component import FoundMention, MatloreNer  # noqa: E402

TEXT = "PbTe films show a low thermal conductivity."
_TERMS = {"PbTe": "MAT", "SnTe": "MAT", "films": "DSC", "thermal conductivity": "PRO"}


class FakeTagger:
    """Finds the terms above; fails on a text with `fail` in it."""

    version = "ner-fake"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        self.batches.append(len(texts))
        if any("fail" in text for text in texts):
            raise RuntimeError("cannot tag")
        return [self._spans(text) for text in texts]

    def _spans(self, text: str) -> list[Span]:
        found = re.finditer("|".join(_TERMS), text)
        return [Span(m.start(), m.end(), _TERMS[m.group()], 0.9) for m in found]  # type: ignore[arg-type]

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        raise NotImplementedError


class FakeLinker:
    """The norm of a mention is its text in capitals; of a descriptor there is none."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        return [None if s.label == "DSC" else text[s.start : s.end].upper() for s in spans]


@pytest.fixture
def component() -> MatloreNer:
    return MatloreNer(tagger=FakeTagger(), linker=FakeLinker())


def _doc(component: MatloreNer, text: str) -> Doc:
    doc: Doc = component(spacy.blank("en")(text))
    return doc


def test_entities_carry_label_and_norm(component: MatloreNer) -> None:
    doc = _doc(component, TEXT)
    assert [(e.text, e.label_, e.kb_id_) for e in doc.ents] == [
        ("PbTe", "MAT", "PBTE"),
        ("films", "DSC", ""),
        ("thermal conductivity", "PRO", "THERMAL CONDUCTIVITY"),
    ]
    assert doc[3].ent_iob_ == "O"
    assert doc._.mentions[0] == FoundMention(0, 4, "MAT", "PbTe", "PBTE", 0.9)


def test_mention_inside_a_token_is_widened_and_kept_exactly(component: MatloreNer) -> None:
    doc = _doc(component, "nanoPbTe grows")
    assert [e.text for e in doc.ents] == ["nanoPbTe"]
    assert [(m.start, m.end, m.text) for m in doc._.mentions] == [(4, 8, "PbTe")]


def test_of_two_mentions_in_a_token_none_is_lost(component: MatloreNer) -> None:
    doc = _doc(component, "PbTe1SnTe1 and SnTe")
    assert [e.text for e in doc.ents] == ["PbTe1SnTe1", "SnTe"]
    assert len(doc.spans["matlore"]) == 3
    assert [m.text for m in doc._.mentions] == ["PbTe", "SnTe", "SnTe"]


def test_of_two_mentions_that_share_a_token_the_longer_is_the_entity() -> None:
    class Sharing(FakeTagger):
        def _spans(self, text: str) -> list[Span]:
            return [Span(0, 10, "MAT"), Span(10, 14, "PRO")]

    doc = _doc(MatloreNer(tagger=Sharing(), link=False), "lead telluride")
    assert [(e.text, e.label_) for e in doc.ents] == [("lead telluride", "MAT")]
    assert [(e.text, e.label_) for e in doc.spans["matlore"]] == [
        ("lead telluride", "MAT"),
        ("telluride", "PRO"),
    ]


def test_entities_of_an_earlier_component_stay_where_ours_do_not_lie(
    component: MatloreNer,
) -> None:
    doc = spacy.blank("en")(TEXT)
    doc.set_ents([doc.char_span(0, 10, label="X"), doc.char_span(18, 21, label="Y")])
    component(doc)
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("PbTe", "MAT"),
        ("films", "DSC"),
        ("low", "Y"),
        ("thermal conductivity", "PRO"),
    ]


@pytest.mark.parametrize("text", ["", " ", "\x00\x01", "нет материалов", "材料"])
def test_texts_without_mentions(component: MatloreNer, text: str) -> None:
    doc = _doc(component, text)
    assert doc.ents == ()
    assert doc._.mentions == ()


def test_pipe_batches_and_keeps_the_order() -> None:
    nlp, tagger = spacy.blank("en"), FakeTagger()
    component = MatloreNer(tagger=tagger, linker=FakeLinker())
    texts = [f"{i} PbTe" for i in range(10)]
    docs = list(component.pipe(map(nlp, texts), batch_size=4))
    assert [doc.text for doc in docs] == texts
    assert all(doc.ents[0].text == "PbTe" for doc in docs)
    assert tagger.batches == [4, 4, 2]


def test_failing_documents_go_to_the_error_handler(component: MatloreNer) -> None:
    nlp = spacy.blank("en")
    with pytest.raises(RuntimeError, match="cannot tag"):
        _doc(component, "fail")
    failed: list[str] = []
    component.set_error_handler(lambda name, proc, docs, error: failed.extend(map(str, docs)))
    docs = list(component.pipe(map(nlp, ["PbTe", "fail", "SnTe"]), batch_size=1))
    assert [doc.text for doc in docs] == ["PbTe", "SnTe"]
    assert failed == ["fail"]


def test_mentions_survive_serialisation_of_documents(component: MatloreNer) -> None:
    doc = _doc(component, TEXT)
    copy = next(DocBin(store_user_data=True, docs=[doc]).get_docs(doc.vocab))
    assert copy._.mentions == doc._.mentions
    assert [e.kb_id_ for e in copy.ents] == [e.kb_id_ for e in doc.ents]


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let `nlp.add_pipe` make components with fakes; return the settings of each."""
    made: list[dict[str, Any]] = []

    class Faked(MatloreNer):
        def __init__(self, name: str, **settings: Any) -> None:
            made.append(settings)
            super().__init__(name, tagger=FakeTagger(), linker=FakeLinker(), **settings)

    monkeypatch.setattr(spacy_component, "MatloreNer", Faked)
    return made


def test_add_pipe_takes_the_settings(fakes: list[dict[str, Any]]) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("matlore_ner")
    nlp.add_pipe("matlore_ner", name="other", config={"model": "a/b", "link": False})
    assert fakes == [
        {"model": None, "threads": None, "link": True},
        {"model": "a/b", "threads": None, "link": False},
    ]
    assert "doc.ents" in nlp.get_pipe_meta("matlore_ner").assigns


def test_nlp_pipe_runs_the_component(fakes: list[dict[str, Any]]) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("matlore_ner")
    docs = list(nlp.pipe(["PbTe", "", "SnTe films"]))
    assert [[e.text for e in doc.ents] for doc in docs] == [["PbTe"], [], ["SnTe", "films"]]


def test_pipeline_round_trips_through_disk(fakes: list[dict[str, Any]], tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("matlore_ner", config={"threads": 2, "link": False})
    nlp.to_disk(tmp_path)
    loaded: Language = spacy.load(tmp_path)
    assert getattr(loaded.get_pipe("matlore_ner"), "threads") == 2  # noqa: B009
    assert [e.text for e in loaded(TEXT).ents] == [e.text for e in nlp(TEXT).ents]


def test_pipeline_round_trips_through_bytes(fakes: list[dict[str, Any]]) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("matlore_ner", config={"threads": 2})
    other = spacy.blank("en")
    other.add_pipe("matlore_ner")
    other.from_bytes(nlp.to_bytes())
    assert getattr(other.get_pipe("matlore_ner"), "threads") == 2  # noqa: B009


def test_another_version_of_the_tagger_is_told_once(component: MatloreNer) -> None:
    settings = component.to_bytes().replace(b"ner-fake", b"ner-older")
    component.from_bytes(settings)
    with pytest.warns(UserWarning, match="saved with tagger ner-older, this is ner-fake"):
        _doc(component, TEXT)
    assert len(_doc(component, TEXT).ents) == 3


def test_displacy_shows_entities(component: MatloreNer) -> None:
    from spacy import displacy

    html = displacy.render(_doc(component, TEXT), style="ent", jupyter=False)
    assert "PBTE" in html


def test_a_component_that_has_loaded_its_model_goes_to_new_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # `nlp.pipe(n_process=2)` pickles components where processes are spawned, not forked.
    loaded: list[FakeTagger] = []

    def load(model: str | None, *, threads: int | None) -> FakeTagger:
        loaded.append(FakeTagger())
        loaded[-1].lock = threading.Lock()  # type: ignore[attr-defined]  # no session is pickled
        return loaded[-1]

    monkeypatch.setattr("ner.tagger.load_tagger", load)
    component = MatloreNer(linker=FakeLinker())
    found = [entity.text for entity in _doc(component, TEXT).ents]
    copied = pickle.loads(pickle.dumps(component))
    assert [entity.text for entity in _doc(copied, TEXT).ents] == found != []
    assert len(loaded) == 2
