"""What encoders are trained on: titles, sentences and abstracts as numbers of WordPieces.

A paper's title and a part of its abstract should lie near each other, and far from those of
other papers (contrastive learning, van den Oord et al., arXiv:1807.03748; with the other
papers of a batch as negatives). No labels are needed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matlore.bert.wordpieces import cut_vocabulary, wordpiece_tokenizer
from matlore.errors import ArtifactError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["TrainingPapers", "TrainingText", "choose_vocabulary", "encode_papers"]

_BATCH = 2_000


class TrainingText(NamedTuple):
    """A paper to train on: its title, other titles that mean the same, and its sentences."""

    title: str
    titles: Sequence[str]
    sentences: Sequence[str]


@dataclass(frozen=True)
class TrainingPapers:
    """Papers as pieces, in flat arrays; `[CLS]` and `[SEP]` are left to the reader.

    Attributes:
        vocabulary: the pieces.
        pieces: (all pieces,) uint16.
        rows: (titles and sentences + 1,) int64: where each begins in `pieces`.
        papers: (papers + 1,) int64: where each begins in `rows`: its title, then its sentences.
        other_rows: (other titles + 1,) int64: where each begins in `other_pieces`.
        other_pieces: (all of their pieces,) uint16.
        other_papers: (other titles,) int64: the paper of each, ascending.
    """

    vocabulary: tuple[str, ...]
    pieces: NDArray[np.uint16]
    rows: NDArray[np.int64]
    papers: NDArray[np.int64]
    other_pieces: NDArray[np.uint16]
    other_rows: NDArray[np.int64]
    other_papers: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of papers."""
        return len(self.papers) - 1

    def title(self, paper: int) -> NDArray[np.uint16]:
        """Return the pieces of a title."""
        row = self.papers[paper]
        return self.pieces[self.rows[row] : self.rows[row + 1]]

    def abstract(self, paper: int, length: int) -> NDArray[np.uint16]:
        """Return the first pieces of an abstract, at most `length`."""
        start = self.rows[self.papers[paper] + 1]
        end = self.rows[self.papers[paper + 1]]
        return self.pieces[start : min(end, start + length)]

    def sentence(self, paper: int, number: int) -> NDArray[np.uint16]:
        """Return the pieces of a sentence of an abstract."""
        row = self.papers[paper] + 1 + number
        return self.pieces[self.rows[row] : self.rows[row + 1]]

    def n_sentences(self, paper: int) -> int:
        """Return the number of sentences of an abstract."""
        return int(self.papers[paper + 1] - self.papers[paper]) - 1

    def other_titles(self, paper: int) -> list[NDArray[np.uint16]]:
        """Return the pieces of the other titles of a paper."""
        first, last = np.searchsorted(self.other_papers, [paper, paper + 1])
        return [
            self.other_pieces[self.other_rows[k] : self.other_rows[k + 1]]
            for k in range(first, last)
        ]

    def save(self, path: Path) -> None:
        """Write everything into one file (NumPy's `.npz`, no pickle)."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays["vocabulary"] = np.array(self.vocabulary)
        with path.open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "TrainingPapers":
        """Read what `save` wrote.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found: dict[str, Any] = {f.name: arrays[f.name] for f in fields(cls)}
        except (OSError, ValueError, KeyError) as error:
            raise ArtifactError(
                f"{path}: no training papers can be read from it ({error}); make them with"
                " `matlore encoder prepare`"
            ) from error
        found["vocabulary"] = tuple(str(piece) for piece in found["vocabulary"])
        return cls(**found)


def choose_vocabulary(
    texts: Iterable[str], base: "Tokenizer", *, size: int, whole: int
) -> list[str]:
    """Choose the pieces that texts need most (see `matlore.bert.wordpieces.cut_vocabulary`).

    Args:
        texts: a sample.
        base: the tokenizer of the base model.
        size: pieces of the vocabulary.
        whole: how many of the commonest words stay in one piece.
    """
    assert base.normalizer is not None
    assert base.pre_tokenizer is not None
    parts: Counter[str] = Counter()
    for text in texts:
        normal = base.normalizer.normalize_str(text)
        parts.update(part for part, _ in base.pre_tokenizer.pre_tokenize_str(normal))
    return cut_vocabulary(parts, base, whole=whole, size=size)


def encode_papers(papers: Iterable[TrainingText], vocabulary: Sequence[str]) -> TrainingPapers:
    """Turn papers into pieces of a vocabulary of at most 65,536."""
    tokenizer = wordpiece_tokenizer(vocabulary)
    rows, others = _Rows(tokenizer), _Rows(tokenizer)
    starts, owners = [0], []
    for number, paper in enumerate(papers):
        rows.add((paper.title, *paper.sentences))
        starts.append(starts[-1] + 1 + len(paper.sentences))
        others.add(paper.titles)
        owners += [number] * len(paper.titles)
    return TrainingPapers(
        tuple(vocabulary),
        *rows.arrays(),
        np.array(starts, np.int64),
        *others.arrays(),
        np.array(owners, np.int64),
    )


class _Rows:
    """Texts as pieces, encoded many at once."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer
        self._waiting: list[str] = []
        self._pieces: list[NDArray[np.uint16]] = []
        self._lengths: list[int] = []

    def add(self, texts: Sequence[str]) -> None:
        self._waiting += texts
        if len(self._waiting) >= _BATCH:
            self._encode()

    def _encode(self) -> None:
        for ids in _ids(self._tokenizer, self._waiting):
            self._pieces.append(np.array(ids, np.uint16))
            self._lengths.append(len(ids))
        self._waiting = []

    def arrays(self) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        """Return the pieces of all texts, and where each text begins."""
        self._encode()
        pieces = np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.uint16)
        return pieces, np.concatenate([[0], np.cumsum(self._lengths)]).astype(np.int64)


def _ids(tokenizer: "Tokenizer", texts: Sequence[str]) -> Iterator[list[int]]:
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        yield encoding.ids
