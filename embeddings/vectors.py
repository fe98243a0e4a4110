"""Word vectors on disk and in memory: input and output vectors, counts, and a card.

A set of vectors is a folder with `vectors.safetensors` and `card.json`. The card says what
they were trained on and how, and holds the sha256 of the file, which is checked on load.
Files in word2vec's text or binary format are read too; they have no output vectors.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from matlore.errors import ArtifactError, NotFoundError

__all__ = ["VectorsCard", "WordVectors", "unit_rows"]

Floats = NDArray[np.float32]
FORMAT_VERSION = 1
_TENSORS, _CARD = "vectors.safetensors", "card.json"


@dataclass(frozen=True)
class VectorsCard:
    """What a set of vectors was trained on, how, and how good it is.

    Attributes:
        id: name of the set, a function of its corpus and settings.
        dimension: components of a vector.
        trained_until: last year of publication in the training corpus; None for all.
        seed: seed of the initial vectors.
        corpus: papers, tokens, years, licences and fingerprint of the corpus.
        settings: training settings.
        versions: versions of the software that made it.
        metrics: measured quality, each with its test set.
        command: the command that made it.
        created: date, ISO 8601.
        sha256: of `vectors.safetensors`.
    """

    id: str
    dimension: int
    trained_until: int | None = None
    seed: int | None = None
    corpus: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    command: str | None = None
    created: str | None = None
    sha256: str | None = None
    format: int = FORMAT_VERSION


@dataclass(frozen=True)
class WordVectors:
    """Word vectors of a vocabulary, most frequent words first.

    Attributes:
        words: the vocabulary; parts of a phrase are joined by `_`.
        counts: (V,) int64, occurrences in the training corpus.
        input: (V, d) float32, the vectors that word2vec calls syn0, as trained.
        output: (M, d) float32, the output vectors (syn1neg) of the words `output_ids`.
        output_ids: (M,) int64, positions in `words`.
        card: training corpus, settings and metrics.
        display: key of a material to its commonest spelling, where they differ.
    """

    words: tuple[str, ...]
    counts: NDArray[np.int64]
    input: Floats
    output: Floats
    output_ids: NDArray[np.int64]
    card: VectorsCard
    display: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size, dimension = self.input.shape
        consistent = (
            len(self.words) == size == len(self.counts)
            and self.output.shape == (len(self.output_ids), dimension)
            and dimension == self.card.dimension
            and (len(self.output_ids) == 0 or int(self.output_ids.max()) < size)
        )
        if not consistent:
            raise ArtifactError(
                f"vectors {self.card.id}: words, counts and vectors differ in number or"
                " dimension; train them again with `matlore embeddings train`"
            )

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def _output_rows(self) -> dict[int, int]:
        return {int(position): row for row, position in enumerate(self.output_ids)}

    def __contains__(self, word: object) -> bool:
        return word in self._positions

    def __len__(self) -> int:
        return len(self.words)

    def index(self, word: str) -> int:
        """Return the position of `word`.

        Raises:
            NotFoundError: the word is not in the vocabulary.
        """
        try:
            return self._positions[word]
        except KeyError:
            near = ", ".join(self.nearest_terms(word)) or "none"
            raise NotFoundError(
                f"{word!r} is not in the vocabulary of the vectors {self.card.id};"
                f" nearest spellings: {near}"
            ) from None

    def count(self, word: str) -> int:
        """Return how often `word` occurs in the training corpus; 0 for unknown words."""
        position = self._positions.get(word)
        return 0 if position is None else int(self.counts[position])

    def output_row(self, word: str) -> int | None:
        """Return the row of `word` in `output`, or None where its output vector is not kept."""
        position = self._positions.get(word)
        return None if position is None else self._output_rows.get(position)

    @cached_property
    def unit_inputs(self) -> Floats:
        """(V, d) float32, rows of `input` scaled to length 1."""
        return unit_rows(self.input)

    @cached_property
    def unit_outputs(self) -> Floats:
        """(M, d) float32, rows of `output` scaled to length 1."""
        return unit_rows(self.output)

    def unit_input(self, word: str) -> Floats:
        """Return the (d,) input vector of `word`, scaled to length 1."""
        position = self.index(word)
        return unit_rows(self.input[position : position + 1]).reshape(-1)

    def nearest_terms(self, text: str, n: int = 5) -> list[str]:
        """Return up to `n` words of the vocabulary that are spelled like `text`."""
        wanted = text.lower().replace(" ", "_")
        starts = [w for w in self.words if w.lower().startswith(wanted[:6])][: 4 * n]
        near = get_close_matches(wanted, starts, n=n, cutoff=0.5)
        return near or get_close_matches(wanted, self.words[:20000], n=n, cutoff=0.7)

    def save(self, folder: Path, *, quantize: bool = False) -> "WordVectors":
        """Write the vectors to `folder`; the card is written last.

        Args:
            folder: made where missing.
            quantize: store int8 with one scale a row, a quarter of the size.

        Returns:
            The same vectors, their card with the file's sha256.
        """
        folder.mkdir(parents=True, exist_ok=True)
        data = save_tensors(self._tensors(quantize=quantize))
        _write(folder / _TENSORS, data)
        card = VectorsCard(**{**asdict(self.card), "sha256": sha256(data).hexdigest()})
        _write(folder / _CARD, json.dumps(asdict(card), indent=2, ensure_ascii=False).encode())
        return WordVectors(
            self.words, self.counts, self.input, self.output, self.output_ids, card, self.display
        )

    def _tensors(self, *, quantize: bool) -> dict[str, NDArray[Any]]:
        tensors: dict[str, NDArray[Any]] = {
            "counts": self.counts.astype(np.int64),
            "output_ids": self.output_ids.astype(np.int32),
            "words": _text_tensor("\n".join(self.words)),
            "display": _text_tensor(json.dumps(dict(self.display), ensure_ascii=False)),
        }
        for name, matrix in (("input", self.input), ("output", self.output)):
            if quantize:
                tensors[name], tensors[f"{name}_scale"] = _quantize(matrix)
            else:
                tensors[name] = np.ascontiguousarray(matrix, dtype=np.float32)
        return tensors

    @classmethod
    def load(cls, path: Path) -> "WordVectors":
        """Read vectors from a folder of ours, or from a file in word2vec format.

        Raises:
            ArtifactError: missing, damaged, or of a newer format.
        """
        if path.is_dir():
            return _load_folder(path)
        if path.is_file():
            return _load_word2vec(path)
        raise ArtifactError(
            f"no vectors at {path}; train some with `matlore embeddings train`,"
            " or leave out --vectors to use those that ship with matlore"
        )

    @classmethod
    def load_card(cls, folder: Path) -> VectorsCard:
        """Read the card of the vectors in `folder` alone."""
        try:
            fields = json.loads((folder / _CARD).read_text(encoding="utf-8"))
            card = VectorsCard(**fields)
        except (OSError, ValueError, TypeError) as error:
            raise ArtifactError(
                f"{folder / _CARD}: no readable card of word vectors ({error});"
                " train them again with `matlore embeddings train`"
            ) from error
        if card.format > FORMAT_VERSION:
            raise ArtifactError(
                f"{folder}: vectors of format {card.format}, this matlore reads up to"
                f" {FORMAT_VERSION}; upgrade matlore"
            )
        return card


def unit_rows(matrix: Floats) -> Floats:
    """Return the (n, d) rows scaled to length 1; a zero row stays zero."""
    norms = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))[:, None]
    return np.asarray(matrix / np.where(norms > 0, norms, 1), dtype=np.float32)


def _load_folder(folder: Path) -> WordVectors:
    card = WordVectors.load_card(folder)
    try:
        data = (folder / _TENSORS).read_bytes()
    except OSError as error:
        raise ArtifactError(f"{folder / _TENSORS}: cannot be read ({error})") from error
    if sha256(data).hexdigest() != card.sha256:
        raise ArtifactError(
            f"{folder / _TENSORS}: sha256 differs from its card, the file is damaged;"
            " train again with `matlore embeddings train` or install matlore again"
        )
    try:
        tensors = load_tensors(data)
        return WordVectors(
            words=tuple(_tensor_text(tensors["words"]).split("\n")),
            counts=tensors["counts"].astype(np.int64),
            input=_dequantize(tensors, "input"),
            output=_dequantize(tensors, "output"),
            output_ids=tensors["output_ids"].astype(np.int64),
            card=card,
            display=json.loads(_tensor_text(tensors["display"])),
        )
    except (SafetensorError, KeyError, ValueError) as error:
        raise ArtifactError(f"{folder / _TENSORS}: not a file of word vectors ({error})") from error


def _load_word2vec(path: Path) -> WordVectors:
    """Read a file in word2vec's text or binary format, gzipped or not."""
    from gensim.models import KeyedVectors

    binary = ".bin" in path.suffixes
    try:
        vectors = KeyedVectors.load_word2vec_format(str(path), binary=binary)
    except (OSError, ValueError, EOFError, UnicodeDecodeError) as error:
        raise ArtifactError(
            f"{path}: not word vectors in word2vec format ({error}); name a folder made by"
            " `matlore embeddings train`, or a .txt, .vec or .bin file"
        ) from error
    words: Sequence[str] = vectors.index_to_key
    return WordVectors(
        words=tuple(words),
        counts=np.zeros(len(words), dtype=np.int64),
        input=vectors.vectors.astype(np.float32),
        output=np.zeros((0, vectors.vector_size), dtype=np.float32),
        output_ids=np.zeros(0, dtype=np.int64),
        card=VectorsCard(id=path.name, dimension=int(vectors.vector_size)),
    )


def _quantize(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return int8 rows and their scales, so that row ≈ int8 row times scale."""
    peak = np.abs(matrix).max(axis=1, initial=0.0) if len(matrix) else np.zeros(0)
    scale = np.where(peak > 0, peak / 127, 1).astype(np.float32)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def _dequantize(tensors: Mapping[str, NDArray[Any]], name: str) -> Floats:
    matrix = tensors[name].astype(np.float32)
    scale = tensors.get(f"{name}_scale")
    return matrix if scale is None else matrix * scale[:, None]


def _text_tensor(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _tensor_text(tensor: NDArray[np.uint8]) -> str:
    return tensor.tobytes().decode()


def _write(path: Path, data: bytes) -> None:
    """Write a file under another name, then rename it: never half a file under its name."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(data)
    temporary.replace(path)
