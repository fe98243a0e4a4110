"""The tagger: mentions of seven kinds in raw text, by an int8 BERT under onnxruntime.

A text is cut into sentences, sentences into Matscholar's words (`ner.model_words`), words
into pieces; sentences of similar length go through the network together; Viterbi's
algorithm chooses the best valid IOB2 tags; mentions come back with offsets into the raw
text. torch is not needed.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from matlore.bert.running import open_session
from matlore.bert.wordpieces import load_tokenizer

from .card import CARD, MODEL, NER_FOLDER, TaggerCard, load_card
from .encoding import Batch, WordEncoder, batches, word_scores
from .labels import TAGS, Span, best_tags, marginals, spans_of
from .model_words import ModelWord, model_words
from .sentences import split_sentences

if TYPE_CHECKING:
    import numpy as np

__all__ = ["OnnxTagger", "Tagger", "load_tagger"]

MAX_PIECES = 2048
"""Pieces of a batch, padding included; more is not faster, and takes memory."""

_CHUNK_SENTENCES = 512
_CHUNK_WORDS = 50_000  # beside their number: so that endless sentences take no more memory
_LONGEST_SENTENCE = 5_000


class Tagger(Protocol):
    """What finds mentions. The same text always gets the same mentions."""

    @property
    def version(self) -> str:
        """Changes when anything changes that may change the mentions."""

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the mentions of each text.

        Args:
            texts: raw, cleaned text of any length.

        Returns:
            For each text its mentions in characters: sorted, disjoint, never empty, without
            blanks around them; scores are probabilities.
        """

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return valid IOB2 tags for the words of each sentence, normalised as Matscholar's."""


def load_tagger(model: str | Path | None = None, *, threads: int | None = None) -> Tagger:
    """Load a tagger.

    Args:
        model: None for the one that ships with matlore, the folder of one that `matlore ner
            train` made, or a folder or Hugging Face id of any token classifier.
        threads: of the processor; None for all cores.

    Raises:
        ArtifactError: there is none, it is damaged, or it is no tagger.
    """
    folder = NER_FOLDER if model is None else Path(model)
    if model is None or (folder / CARD).is_file():
        return OnnxTagger(folder, threads=threads)
    from .foreign import load_foreign

    return load_foreign(model, threads=threads)


class OnnxTagger:
    """A tagger of ours, from its folder."""

    def __init__(
        self, folder: Path, *, threads: int | None = None, max_pieces: int = MAX_PIECES
    ) -> None:
        """Open the tagger in `folder`.

        Raises:
            ArtifactError: it is missing, damaged or of another version.
        """
        import numpy as np

        self.card: TaggerCard = load_card(folder)
        self._session = open_session(folder / MODEL, threads=1)
        self._threads = threads or os.cpu_count() or 1
        self._pool, self._process = ThreadPoolExecutor(self._threads), os.getpid()
        self._encoder = WordEncoder(load_tokenizer(folder))
        self._max_pieces = max_pieces
        transitions = self.card.transitions
        self._transitions = np.array(transitions, dtype=np.float32) if transitions else None

    @property
    def version(self) -> str:
        """The model's id."""
        return self.card.id

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the mentions of each text (see `Tagger.tag`)."""
        found: list[list[Span]] = [[] for _ in texts]
        read: deque[tuple[int, list[ModelWord]]] = deque()

        def forms() -> Iterator[list[str]]:
            for number, words in _sentences(texts):
                read.append((number, words))
                yield [word.form for word in words]

        for tags, scores in self._tags(forms()):
            number, words = read.popleft()
            for first, last, label, _ in spans_of(tags):
                score = round(float(scores[first:last].min()), 4)
                start, end = words[first].start, words[last - 1].end
                found[number].append(Span(start, end, label, score))
        return found

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return valid IOB2 tags (see `Tagger.tag_words`)."""
        return [tags for tags, _ in self._tags(sentences)]

    def _tags(
        self, sentences: Iterable[Sequence[str]]
    ) -> Iterator[tuple[list[str], "np.ndarray[Any, Any]"]]:
        """Yield for each sentence its tags and (words,) their probabilities.

        While the network reads one chunk of sentences, the next one is made ready.
        """
        under_way: deque[_UnderWay] = deque()
        for chunk in _chunks(sentences):
            under_way.append(self._begin(chunk))
            if len(under_way) > 1:
                yield from self._finish(under_way.popleft())
        while under_way:
            yield from self._finish(under_way.popleft())

    def _begin(self, sentences: Sequence[Sequence[str]]) -> "_UnderWay":
        """Hand sentences to the network."""
        encoded = [self._encoder.encode(words) for words in sentences]
        size = self.card.window - 2
        rows = batches(encoded, self._encoder, size=size, max_pieces=self._max_pieces)
        if self._process != os.getpid():  # forked, as spaCy's n_process does: no thread came along
            self._pool, self._process = ThreadPoolExecutor(self._threads), os.getpid()
        return _UnderWay(
            [len(words) for words in sentences],
            [(batch, self._pool.submit(self._run, batch)) for batch in rows],
        )

    def _run(self, batch: Batch) -> "np.ndarray[Any, Any]":
        """Return (all words of the batch, tags) float32."""
        return word_scores(self._session.run(["logits"], batch.inputs())[0], batch)

    def _finish(self, under_way: "_UnderWay") -> Iterator[tuple[list[str], "np.ndarray[Any, Any]"]]:
        """Choose the tags of a chunk."""
        import numpy as np

        scores = under_way.scores()
        order = sorted(range(len(scores)), key=lambda k: len(scores[k]))
        found: list[tuple[list[int], np.ndarray[Any, Any]]] = [([], np.zeros(0))] * len(scores)
        for some in (order[i : i + 64] for i in range(0, len(order), 64)):
            lengths = [len(scores[k]) for k in some]
            padded = np.zeros((len(some), max(lengths), len(TAGS)), np.float32)
            for row, k in enumerate(some):
                padded[row, : lengths[row]] = scores[k]
            chosen = best_tags(padded, lengths, self._transitions)
            likely = marginals(padded, lengths, self._transitions)
            for row, (k, tags) in enumerate(zip(some, chosen, strict=True)):
                found[k] = tags, likely[row, np.arange(len(tags)), tags]
        for tags, certainty in found:
            yield [TAGS[tag] for tag in tags], certainty


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A chunk of sentences that the network is reading: numbers of words, and batches."""

    lengths: list[int]
    rows: "list[tuple[Batch, Future[np.ndarray[Any, Any]]]]"

    def scores(self) -> list["np.ndarray[Any, Any]"]:
        """Wait, and return for each sentence (words, tags) float32."""
        import numpy as np

        scores = [np.zeros((length, len(TAGS)), np.float32) for length in self.lengths]
        for batch, future in self.rows:
            of_words, done = future.result(), 0
            for window in batch.windows:
                here = of_words[done : done + window.end - window.start]
                done += window.end - window.start
                kept = here[window.first - window.start : window.last - window.start]
                scores[window.sentence][window.first : window.last] = kept
        return scores


def _sentences(texts: Sequence[str]) -> Iterator[tuple[int, list[ModelWord]]]:
    """Yield the words of each sentence with the number of its text."""
    for number, text in enumerate(texts):
        for start, end in split_sentences(text):
            for part in _parts(model_words(text[start:end])):
                yield number, _moved(part, start)


def _chunks(sentences: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """Yield sentences in chunks that are neither of too many nor of too long ones."""
    chunk: list[Sequence[str]] = []
    words = 0
    for sentence in sentences:
        chunk.append(sentence)
        words += len(sentence)
        if len(chunk) >= _CHUNK_SENTENCES or words >= _CHUNK_WORDS:
            yield chunk
            chunk, words = [], 0
    if chunk:
        yield chunk


def _moved(words: list[ModelWord], by: int) -> list[ModelWord]:
    return [ModelWord(form, start + by, end + by) for form, start, end in words]


def _parts(words: list[ModelWord]) -> Iterator[list[ModelWord]]:
    """Yield a sentence, or what is no sentence of any language in parts."""
    for start in range(0, len(words), _LONGEST_SENTENCE):
        yield words[start : start + _LONGEST_SENTENCE]
