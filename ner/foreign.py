"""Token classifiers of others as taggers, from a local folder or the Hugging Face hub.

A model's folder holds `config.json` with the names of its labels, a tokenizer, and weights as
`model.onnx` (or `onnx/model.onnx`), which onnxruntime runs, or as `model.safetensors`, which
takes torch and transformers (extra `train`). Pickled weights (`pytorch_model.bin`) are never
opened here, because a pickle may run anything: `ner.foreign_convert` rewrites them once, with
torch's restricted reader.

Text reaches such a model as it is written, cut into matlore's sentences and tokens; of each
word the label of its first piece counts, as these models are trained. A model whose config
says `"matlore": {"normalise": true}` reads the words of `ner.model_words` instead, for those
that were trained on Matscholar's normalised sentences.
"""

import warnings
from collections.abc import Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from matlore.errors import ArtifactError

from .encoding import Batch, EncodedWord, WordEncoder, batches
from .foreign_files import CONFIG, ModelConfig, find_folder, read_config, read_tokenizer
from .foreign_labels import Scheme, iob2
from .foreign_weights import TRANSITIONS, Run, find_weights, load_runner, load_transitions
from .labels import LABELS, Span, best_tags, probabilities, spans_of
from .model_words import WORDS_VERSION, model_words
from .sentences import split_sentences
from .tokens import TOKENS_VERSION, tokenize

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer

__all__ = ["ForeignTagger", "load_foreign"]

FOREIGN_VERSION = "1"
"""Changes when the same model may give other mentions."""

_MAX_PIECES = 4096
_LONGEST_WORD = 64
_LONGEST_TEXT_OF_A_WORD = 200
_CACHE_LIMIT = 100_000


class _Tagged(NamedTuple):
    """The tags of a sentence's words, valid IOB2, and the probability of each."""

    tags: list[str]
    scores: list[float]


class ForeignEncoder(WordEncoder):
    """Turns words, as they are written, into the pieces of a model of others."""

    def __init__(self, tokenizer: "Tokenizer", *, pad: int, longest_row: int) -> None:
        super().__init__(tokenizer)
        self._longest = min(_LONGEST_WORD, longest_row - 2)
        ids, special = _framed(tokenizer)
        if special[:1] + special[-1:] != [1, 1] or sum(special) != 2:
            raise ValueError("a row must begin and end with one special piece, as BERT's do")
        self.cls, self.sep, self.pad = ids[0], ids[-1], pad

    def _remember(self, word: str) -> EncodedWord:
        # Tokenizers take no half of a surrogate pair, which JSON may hold.
        text = word[:_LONGEST_TEXT_OF_A_WORD].encode("utf-8", errors="replace").decode()
        found = self._tokenizer.encode([text], is_pretokenized=True, add_special_tokens=False)
        # A word of nothing that the model can read (a control character) is not fed to it.
        encoded = EncodedWord(tuple(found.ids[: self._longest]), 0)
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        self._cache[word] = encoded
        return encoded


def _framed(tokenizer: "Tokenizer") -> tuple[list[int], list[int]]:
    encoding = tokenizer.encode(["a"], is_pretokenized=True)
    return encoding.ids, encoding.special_tokens_mask


class ForeignTagger:
    """A tagger (`ner.tagger.Tagger`) made of somebody's token classifier.

    Args:
        run: computes scores.
        encoder: turns words into pieces.
        config: what the model's config says.
        scheme: what its outputs mean.
        transitions: of its CRF (`load_transitions`), if it has one.
        version: names weights, config and tokenizer.
    """

    def __init__(
        self,
        run: Run,
        encoder: ForeignEncoder,
        config: ModelConfig,
        scheme: Scheme,
        *,
        transitions: "np.ndarray[Any, Any] | None" = None,
        version: str = "foreign",
    ) -> None:
        self.version = version
        self._run = run
        self._encoder = encoder
        self._config = config
        self._scheme = scheme
        self._transitions = transitions

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the mentions of texts: offsets in characters, sorted, not overlapping."""
        words = [self._words(text) for text in texts]
        tagged = iter(self._tag([[form for form, _, _ in s] for rows in words for s in rows]))
        return [[span for row in rows for span in _located(row, next(tagged))] for rows in words]

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the tags of sentences that are already cut into words."""
        return [tagged.tags for tagged in self._tag(sentences)]

    def _words(self, text: str) -> list[list[tuple[str, int, int]]]:
        """Return the words of each sentence of a text with their offsets."""
        cut = model_words if self._config.normalise else tokenize
        return [
            [(form, start + first, end + first) for form, start, end in cut(text[first:last])]
            for first, last in split_sentences(text)
        ]

    def _tag(self, sentences: Sequence[Sequence[str]]) -> list[_Tagged]:
        encoded = [self._encoder.encode(words) for words in sentences]
        readable = [[i for i, word in enumerate(row) if word.pieces] for row in encoded]
        pairs = zip(encoded, readable, strict=True)
        scores = self._scores([[row[i] for i in kept] for row, kept in pairs])
        return [
            self._decode(found, kept, len(words))
            for found, kept, words in zip(scores, readable, sentences, strict=True)
        ]

    def _scores(self, rows: Sequence[Sequence[EncodedWord]]) -> list["np.ndarray[Any, Any]"]:
        """Return (words, labels) log-odds of each sentence."""
        import numpy as np

        found = [np.zeros((len(row), self._config.n_labels), np.float32) for row in rows]
        filled = [row for row in rows if row]
        number = [i for i, row in enumerate(rows) if row]
        size = self._config.longest_row - 2
        for batch in batches(filled, self._encoder, size=size, max_pieces=_MAX_PIECES):
            self._fill(found, number, batch)
        return found

    def _fill(
        self, found: "list[np.ndarray[Any, Any]]", number: Sequence[int], batch: Batch
    ) -> None:
        """Run a batch and put the scores of its words where they belong."""
        scores = self._run(batch.pieces, batch.mask)
        if scores.shape != (*batch.pieces.shape, self._config.n_labels):
            raise ArtifactError(
                f"the model gives scores of shape {scores.shape} for pieces of shape "
                f"{batch.pieces.shape} and {self._config.n_labels} labels: its {CONFIG} and its "
                "weights do not belong together; get the model anew"
            )
        of_words = scores.reshape(-1, scores.shape[-1])[batch.flat[batch.starts]]
        position = 0
        for window in batch.windows:
            part = of_words[position : position + window.end - window.start]
            counted = slice(window.first - window.start, window.last - window.start)
            found[number[window.sentence]][window.first : window.last] = part[counted]
            position += window.end - window.start

    def _decode(self, scores: "np.ndarray[Any, Any]", kept: Sequence[int], n_words: int) -> _Tagged:
        """Return the tags of a sentence of which the words `kept` were scored.

        A word that the model cannot read is inside of a mention that goes on behind it.
        """
        chosen = self._choose(scores)
        tags, certainty = ["O"] * n_words, [1.0] * n_words
        likely = probabilities(scores, chosen).tolist()
        marks = iob2([self._scheme.tags[k] for k in chosen])
        before = -1
        for i, mark, probability in zip(kept, marks, likely, strict=True):
            if mark[0] == "I":
                tags[before + 1 : i] = [mark] * (i - before - 1)
            tags[i], certainty[i], before = mark, probability, i
        return _Tagged(tags, certainty)

    def _choose(self, scores: "np.ndarray[Any, Any]") -> list[int]:
        """Return the best output for each word, by the model's CRF where it has one."""
        columns = self._scheme.columns
        if self._transitions is None or columns is None or not len(scores):
            return [int(k) for k in scores.argmax(axis=1)]
        import numpy as np

        start, end, steps = self._transitions[0], self._transitions[1], self._transitions[2:]
        emitted = scores[:, columns].copy()
        emitted[-1] += end[columns]
        rows = np.vstack([start[columns], steps[np.ix_(columns, columns)]])
        return [columns[k] for k in best_tags(emitted[None], [len(emitted)], rows)[0]]


def _located(words: Sequence[tuple[str, int, int]], tagged: _Tagged) -> list[Span]:
    """Return the mentions of a sentence in characters, each as likely as its worst word."""
    found = []
    for start, end, label, _ in spans_of(tagged.tags):
        score = round(min(tagged.scores[start:end]), 4)
        found.append(Span(words[start][1], words[end - 1][2], label, score))
    return found


def load_foreign(
    model: str | Path, *, threads: int | None = None, normalise: bool | None = None
) -> ForeignTagger:
    """Load a token classifier of others.

    Args:
        model: a folder, or a Hugging Face id `organisation/name`, best with `@revision`.
        threads: how many threads may compute; None for all cores.
        normalise: whether the model reads words normalised as Matscholar's; None for what
            its config says, which by default is no.

    Raises:
        ArtifactError: there is no such model, its files are missing or damaged, it has no
            head that tags words, or none of its labels is known.
    """
    folder = find_folder(model)
    config = read_config(folder)
    weights = find_weights(folder)
    scheme = _usable_scheme(folder, config.scheme)
    if normalise is not None:
        config = config._replace(normalise=normalise)
    try:
        tokenizer = read_tokenizer(folder)
        encoder = ForeignEncoder(tokenizer, pad=config.pad, longest_row=config.longest_row)
    except ValueError as error:
        raise ArtifactError(f"{folder}: its tokenizer is of no kind known here: {error}") from error
    return ForeignTagger(
        load_runner(weights, threads=threads),
        encoder,
        config,
        scheme,
        transitions=_transitions(folder, config),
        version=_version(folder, weights, normalise=config.normalise),
    )


def _usable_scheme(folder: Path, scheme: Scheme | None) -> Scheme:
    """Refuse a model whose labels say nothing; warn once of labels that are not used."""
    if scheme is None:
        raise ArtifactError(
            f"{folder}: its labels have no names (LABEL_0, LABEL_1 …): a base model, or one whose "
            f"{CONFIG} lacks id2label; write the names there, or name a model fine-tuned for "
            "named entities"
        )
    if not any(tag.label for tag in scheme.tags):
        raise ArtifactError(
            f"{folder}: none of its labels is known here ({', '.join(scheme.unused)}); known are "
            f"{', '.join(LABELS)} and their names written out: rename them in {CONFIG}, id2label"
        )
    if scheme.unused:
        unused = ", ".join(scheme.unused)
        warnings.warn(f"{folder}: labels without counterpart, left out: {unused}", stacklevel=3)
    return scheme


def _transitions(folder: Path, config: ModelConfig) -> "np.ndarray[Any, Any] | None":
    found = load_transitions(folder)
    if found is not None and found.shape != (2 + config.n_labels, config.n_labels):
        raise ArtifactError(f"{folder}: its CRF is not for {config.n_labels} labels")
    return found


def _version(folder: Path, weights: Path, *, normalise: bool) -> str:
    """Return a name that changes when the model, or how it is read, does."""
    digest = sha256(f"{FOREIGN_VERSION} {TOKENS_VERSION} {WORDS_VERSION} {normalise}".encode())
    small = sorted(p for p in folder.iterdir() if p.suffix in (".json", ".txt", ".model"))
    for path in (*small, *sorted(weights.parent.glob(f"{weights.name}*")), folder / TRANSITIONS):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(file_digest(file, "sha256").digest())
    return f"foreign-{digest.hexdigest()[:10]}"
