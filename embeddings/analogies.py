"""Word analogies by group: `Bi is to Bi2O3 as Al to` Al2O3.

The method is 3CosAdd (Mikolov, Yih, Zweig, NAACL 2013): of all words but the three given,
the one whose input vector has the greatest cosine with `b - a + c`. Reported, never tuned
on. A question with a word outside the vocabulary is skipped and counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matlore.errors import InputError
from matlore.progress import Progress, no_progress
from ner.formulas import normalize_formula

from .statistics import wilson

if TYPE_CHECKING:
    from .vectors import WordVectors

__all__ = [
    "ANALOGIES_FILE",
    "AnalogyGroup",
    "AnalogyScore",
    "evaluate_analogies",
    "load_analogies",
    "vocabulary_word",
]

ANALOGIES_FILE = "analogies.txt"
GRAMMAR_PREFIX = "gram"

_BATCH = 512
_NEXT = "name a file of lines `a b c d` in groups `: name` with `--analogies FILE`"

Question = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class AnalogyGroup:
    """Questions of one kind: `a` is to `b` as `c` is to `d`."""

    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class AnalogyScore:
    """How many questions of a group were answered correctly.

    Attributes:
        group: name of the group; `materials`, `grammar` and `all` sum up.
        correct: questions whose first answer is the right one.
        asked: questions with all four words in the vocabulary.
        total: questions of the group.
        accuracy: correct of those asked; None where none was.
        low: lower bound of its 95% interval (Wilson).
        high: upper bound of it.
    """

    group: str
    correct: int
    asked: int
    total: int
    accuracy: float | None
    low: float | None
    high: float | None


def load_analogies(path: Path) -> tuple[AnalogyGroup, ...]:
    """Read a file of analogies in word2vec's format.

    Raises:
        InputError: the file is missing, broken, or not of this kind.
    """
    groups: list[tuple[str, list[Question]]] = []
    for number, line in enumerate(_read(path).splitlines(), 1):
        words = line.split()
        if line.startswith(":"):
            groups.append((line[1:].strip(), []))
        elif len(words) == 4 and groups:
            groups[-1][1].append((words[0], words[1], words[2], words[3]))
        elif words:
            raise InputError(f"{path}, line {number}: not an analogy of four words; {_NEXT}")
    if not groups:
        raise InputError(f"{path}: holds no analogies; {_NEXT}")
    return tuple(AnalogyGroup(name, tuple(questions)) for name, questions in groups)


def vocabulary_word(vectors: "WordVectors", word: str) -> str | None:
    """Return the word of the vocabulary that `word` stands for, or None.

    A formula stands for its key, an element or unit for itself, any other word for its
    lower-cased form; the first of these that the vocabulary holds.
    """
    for form in (normalize_formula(word), word, word.lower()):
        if form is not None and form in vectors:
            return form
    return None


def evaluate_analogies(
    vectors: "WordVectors",
    groups: Sequence[AnalogyGroup],
    *,
    progress: Progress = no_progress,
) -> tuple[AnalogyScore, ...]:
    """Ask all questions of all groups.

    Args:
        vectors: word vectors, of which the input vectors are used.
        groups: the questions.
        progress: told of each question asked.

    Returns:
        One score a group, in order, then the sums: `materials` (all groups that are not
        grammar), `grammar` (their names start with `gram`) and `all`.
    """
    positions = _positions(vectors, groups)
    held = [_held_questions(group, positions) for group in groups]
    questions = np.concatenate(held) if held else np.zeros((0, 4), dtype=np.int64)
    progress(0, total=len(questions), text="analogies")
    right = _answer(vectors.unit_inputs, questions, progress)
    ends = np.cumsum([len(part) for part in held])[:-1]
    scores = [
        _score(group.name, int(part.sum()), len(part), len(group.questions))
        for group, part in zip(groups, np.split(right, ends), strict=True)
    ]
    return (*scores, *_sums(scores))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file; {_NEXT}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; {_NEXT}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; {_NEXT}") from error


def _positions(vectors: "WordVectors", groups: Sequence[AnalogyGroup]) -> dict[str, int]:
    """Return the position in the vocabulary of each word that the questions use."""
    used = {word for group in groups for question in group.questions for word in question}
    held = {word: vocabulary_word(vectors, word) for word in used}
    return {word: vectors.index(form) for word, form in held.items() if form is not None}


def _held_questions(group: AnalogyGroup, positions: dict[str, int]) -> NDArray[np.int64]:
    """Return (n, 4): the questions of which the vocabulary holds all words."""
    rows = [
        [positions[word] for word in question]
        for question in group.questions
        if all(word in positions for word in question)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _answer(
    units: NDArray[np.float32], questions: NDArray[np.int64], progress: Progress
) -> NDArray[np.bool_]:
    """Return which questions get the right first answer."""
    right = np.zeros(len(questions), dtype=bool)
    for start in range(0, len(questions), _BATCH):
        batch = questions[start : start + _BATCH]
        a, b, c, d = batch.T
        similarity = (units[b] - units[a] + units[c]) @ units.T
        similarity[np.arange(len(batch))[:, None], batch[:, :3]] = -np.inf
        right[start : start + _BATCH] = similarity.argmax(axis=1) == d
        progress(len(batch))
    return right


def _score(group: str, correct: int, asked: int, total: int) -> AnalogyScore:
    share = wilson(correct, asked)
    return AnalogyScore(group, correct, asked, total, share.value, share.low, share.high)


def _sums(scores: Sequence[AnalogyScore]) -> Iterator[AnalogyScore]:
    grammar = [score for score in scores if score.group.startswith(GRAMMAR_PREFIX)]
    materials = [score for score in scores if score not in grammar]
    for name, chosen in (("materials", materials), ("grammar", grammar), ("all", scores)):
        yield _score(
            name,
            sum(score.correct for score in chosen),
            sum(score.asked for score in chosen),
            sum(score.total for score in chosen),
        )
