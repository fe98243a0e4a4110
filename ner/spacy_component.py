"""matlore's tagger as a component of a spaCy pipeline: `nlp.add_pipe("matlore_ner")`.

```python
import spacy

nlp = spacy.blank("en")
nlp.add_pipe("matlore_ner")
doc = nlp("PbTe is a thermoelectric.")
[(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents]
```

What the component leaves on a `Doc`:

- `doc.ents`: one entity a mention, its norm as `kb_id_`. Mentions have offsets in characters
  and spaCy's entities whole tokens of spaCy's, so a mention inside a token becomes all of it,
  and of two in one token the longer is chosen. Entities that an earlier component found stay
  where none of ours lies.
- `doc.spans["matlore"]`: all mentions, widened to tokens, which may overlap.
- `doc._.mentions`: all mentions, exactly as found (`FoundMention`); kept in
  `doc.user_data["matlore_mentions"]` too, so that they survive serialisation.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

# Only spaCy imports this module, by the entry point; the decorator below needs the class.
from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokens import Span as SpacySpan
from spacy.util import minibatch, raise_error

from .labels import LABELS, Span

if TYPE_CHECKING:
    from .tagger import Tagger

__all__ = ["SPANS_KEY", "FoundMention", "MatloreNer", "make_component"]

SPANS_KEY = "matlore"
_USER_DATA_KEY = "matlore_mentions"
_CONFIG_FILE = "matlore_ner.json"
_BATCH = 64

ErrorHandler = Callable[[str, Any, list[Doc], Exception], Any]


class FoundMention(NamedTuple):
    """A mention with offsets in characters of `doc.text`, `end` excluded."""

    start: int
    end: int
    label: str
    text: str
    norm: str | None
    score: float | None


class LinkerLike(Protocol):
    """What gives mentions their norm (`ner.linking.Linker`)."""

    def link(self, text: str, spans: Sequence[Span]) -> list[str | None]:
        """Return the norm of each mention of a document, in order."""


@Language.factory(
    "matlore_ner",
    assigns=["doc.ents", "doc.spans", "doc._.mentions", "token.ent_type", "token.ent_iob"],
    default_config={"model": None, "threads": None, "link": True},
)
def make_component(
    nlp: Language, name: str, model: str | None, threads: int | None, link: bool
) -> "MatloreNer":
    """Make the component, as `nlp.add_pipe("matlore_ner", config={…})` does.

    Args:
        nlp: the pipeline; the component needs nothing of it.
        name: of the component in the pipeline.
        model: a folder or Hugging Face id of a token classifier; None for the one that
            ships with matlore.
        threads: how many threads the model may use; None for all cores.
        link: whether mentions get norms.
    """
    return MatloreNer(name, model=model, threads=threads, link=link)


class MatloreNer:
    """Finds materials, properties and methods in a `Doc`. The model is loaded at first use."""

    def __init__(
        self,
        name: str = "matlore_ner",
        *,
        model: str | None = None,
        threads: int | None = None,
        link: bool = True,
        tagger: "Tagger | None" = None,
        linker: LinkerLike | None = None,
    ) -> None:
        self.name = name
        self.model = model
        self.threads = threads
        self.link = link
        self._given = tagger, linker
        self._tagger, self._linker = self._given
        self._saved_version: str | None = None
        self._error_handler: ErrorHandler = raise_error
        if not Doc.has_extension("mentions"):
            Doc.set_extension("mentions", getter=_mentions)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that entities may have."""
        return LABELS

    @property
    def tagger(self) -> "Tagger":
        """The tagger, loaded when first asked for.

        Raises:
            ArtifactError: the model cannot be loaded.
        """
        if self._tagger is None:
            from .tagger import load_tagger

            self._tagger = load_tagger(self.model, threads=self.threads)
        if self._saved_version not in (None, self._tagger.version):
            warnings.warn(
                f"the pipeline was saved with tagger {self._saved_version}, this is "
                f"{self._tagger.version}: mentions may differ",
                stacklevel=2,
            )
            self._saved_version = None
        return self._tagger

    @property
    def linker(self) -> LinkerLike:
        """What gives mentions their norms, loaded when first asked for."""
        if self._linker is None:
            from .linking import Linker

            self._linker = Linker()
        return self._linker

    def __call__(self, doc: Doc) -> Doc:
        """Find the mentions of one document."""
        try:
            self._annotate([doc])
        except Exception as error:  # spaCy's contract: the handler decides, by default it raises
            self._error_handler(self.name, self, [doc], error)
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = _BATCH) -> Iterator[Doc]:
        """Find the mentions of many documents, a batch at a time: faster than one by one."""
        for docs in minibatch(stream, size=batch_size):  # type: ignore[no-untyped-call]
            try:
                self._annotate(docs)
            except Exception as error:  # as in __call__
                self._error_handler(self.name, self, docs, error)
            else:
                yield from docs

    def _annotate(self, docs: list[Doc]) -> None:
        for doc, spans in zip(docs, self.tagger.tag([doc.text for doc in docs]), strict=True):
            norms = self.linker.link(doc.text, spans) if self.link else [None] * len(spans)
            set_mentions(doc, spans, norms)

    def get_error_handler(self) -> ErrorHandler:
        """Return what is called when documents fail (spaCy's `Pipe`)."""
        return self._error_handler

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """Set what is called with name, component, documents and error when documents fail."""
        self._error_handler = error_handler

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was loaded, as a process that is started afresh loads it itself."""
        tagger, linker = self._given
        return {**vars(self), "_tagger": tagger, "_linker": linker}

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the component's settings as JSON; the model stays where it is."""
        import json

        return json.dumps(self._settings(), sort_keys=True).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "MatloreNer":
        """Take over settings of `to_bytes`."""
        import json

        self._apply(json.loads(data))
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the component's settings into a folder; the model stays where it is."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CONFIG_FILE).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "MatloreNer":
        """Take over settings of `to_disk`."""
        return self.from_bytes((Path(path) / _CONFIG_FILE).read_bytes())

    def _settings(self) -> dict[str, Any]:
        version = self._saved_version if self._tagger is None else self._tagger.version
        return {
            "model": self.model,
            "threads": self.threads,
            "link": self.link,
            "version": version,
        }

    def _apply(self, settings: dict[str, Any]) -> None:
        if settings["model"] != self.model:
            self._tagger, self._given = None, (None, self._given[1])
        self.model, self.threads = settings["model"], settings["threads"]
        self.link, self._saved_version = settings["link"], settings["version"]


def set_mentions(doc: Doc, spans: Sequence[Span], norms: Sequence[str | None]) -> None:
    """Put mentions on a document: entities, span group and exact offsets."""
    text = doc.text
    found: list[FoundMention] = []
    widened: list[SpacySpan] = []
    for (start, end, label, score), norm in zip(spans, norms, strict=True):
        found.append(FoundMention(start, end, label, text[start:end], norm, score))
        span = doc.char_span(start, end, label=label, kb_id=norm or "", alignment_mode="expand")
        if span is None:
            raise ValueError(f"a mention at {start}:{end} lies outside of the document")
        widened.append(span)
    doc.user_data[_USER_DATA_KEY] = [tuple(mention) for mention in found]
    doc.spans[SPANS_KEY] = widened
    doc.set_ents(_choose(widened, doc.ents), default="outside")


def _choose(widened: Sequence[SpacySpan], others: Sequence[SpacySpan]) -> list[SpacySpan]:
    """Return entities that do not overlap: longer mentions first, then those of others."""
    chosen: list[SpacySpan] = []
    taken: set[int] = set()
    longest_first = sorted(widened, key=lambda span: span.start_char - span.end_char)
    for span in [*longest_first, *others]:
        tokens = range(span.start, span.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


def _mentions(doc: Doc) -> tuple[FoundMention, ...]:
    """Return the exact mentions of a document; none where the component has not run."""
    return tuple(FoundMention(*row) for row in doc.user_data.get(_USER_DATA_KEY, ()))
