"""Say why a material is ranked for an application: words, papers and sentences.

A word `w` connects an application `a` with a material `m` by the product of two
similarities, taken in the direction of the score: how much `w` is expected beside the
application, cos(input(a), output(w)), times how much the material is expected beside `w`,
cos(input(w), output(m)). Input and output vectors each share a large common part, so each
similarity is counted from its mean over all words.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matlore.records import Candidate, Evidence
from matlore.vocabulary import Application, load_stop_words
from ner.sentences import split_sentences

from .ranking import application_vector
from .stage import PaperText
from .vectors import WordVectors, unit_rows

__all__ = ["connecting_words", "explain", "history", "names_application", "sentences"]

N_WORDS = 5
N_PAPERS = 3
_SEARCH_WORDS = 20
_MIN_COUNT = 50
_POOL = 200

_WORD = re.compile(r"[a-z]+(?:[-_][a-z]+)*")


def explain(
    candidates: Sequence[Candidate],
    vectors: WordVectors,
    application: Application,
    *,
    texts: Iterable[PaperText] = (),
    listed: Callable[[str, str], Sequence[str]] | None = None,
    until: int | None = None,
) -> list[Candidate]:
    """Add the evidence to candidates.

    Args:
        candidates: as `rank_materials` returns them.
        vectors: the vectors that they were ranked with.
        application: what they were ranked for.
        texts: papers to find evidence in; read once, in bounded memory.
        listed: returns ids of papers that name a material and an application (see
            `StudyPapers.of`): they follow those found in `texts`.
        until: take no paper of a later or unknown year; None for all.

    Returns:
        The candidates with up to five words, three papers and one sentence a paper each.
    """
    formulas = [candidate.formula for candidate in candidates]
    words = connecting_words(vectors, application, formulas, n=_SEARCH_WORDS)
    searches = [
        _Search(candidate, tuple(word for word, _ in found), application)
        for candidate, found in zip(candidates, words, strict=True)
    ]
    for paper_id, year, text in texts:
        if until is None or (year is not None and year <= until):
            for search in searches:
                search.look_at(paper_id, year, text)
    named = listed or (lambda formula, application: ())
    return [
        replace(
            candidate,
            evidence=search.evidence(
                found[:N_WORDS], listed=named(candidate.formula, application.name)
            ),
        )
        for candidate, search, found in zip(candidates, searches, words, strict=True)
    ]


def connecting_words(
    vectors: WordVectors, application: Application, formulas: Sequence[str], *, n: int = N_WORDS
) -> list[tuple[tuple[str, float], ...]]:
    """Return the words that connect each material with an application.

    Formulas, element symbols, acronyms, rare words, words that any abstract holds and the
    application's own words are left out, and so are words that repeat a better one.

    Returns:
        For each formula up to `n` (word, product of the two similarities), largest first;
        none for a formula without output vector.
    """
    words, rows = _context_words(vectors, application)
    if not words:
        return [() for _ in formulas]
    inputs = unit_rows(vectors.input[vectors.output_ids[rows]])
    beside_application = _above_mean(
        vectors.unit_outputs[rows] @ application_vector(vectors, application)
    )
    found: list[tuple[tuple[str, float], ...]] = []
    for formula in formulas:
        row = vectors.output_row(formula)
        if row is None:
            found.append(())
        else:
            beside_word = _above_mean(inputs @ vectors.unit_outputs[row])
            found.append(_best_words(words, beside_application * beside_word, n=n))
    return found


def history(candidate: Candidate, application: Application, *, until: int | None) -> str | None:
    """Return since when a material and an application are named together, in words.

    Returns:
        None where it was not counted.
    """
    number, first = candidate.n_application_papers, candidate.first_application_year
    if number is None:
        return None
    if number == 0:
        when = "" if until is None else f" until {until}"
        return f"never named together with {application.name}{when}"
    papers = "1 paper" if number == 1 else f"{number} papers"
    if first is None:
        return f"named together with {application.name} ({papers})"
    return f"first named together with {application.name} in {first} ({papers})"


def names_application(application: Application) -> Callable[[str], bool]:
    """Return a test for texts that say they are about an application."""
    return _any_phrase_pattern(application.words)


def sentences(text: str) -> list[str]:
    """Split a cleaned text into its sentences, verbatim."""
    return [text[start:end] for start, end in split_sentences(text)]


class _Search:
    """Collects the best papers for one candidate."""

    def __init__(
        self, candidate: Candidate, words: Sequence[str], application: Application
    ) -> None:
        spellings = dict.fromkeys((candidate.formula, candidate.display or candidate.formula))
        self._spellings = tuple(spellings)
        self._names = _formula_pattern(self._spellings)
        self._words = tuple(_phrase_pattern(word) for word in words)
        self._application = names_application(application)
        self._best: list[tuple[tuple[int, bool, int], str, str]] = []

    def look_at(self, paper_id: str, year: int | None, text: str) -> None:
        """Keep a paper if it names the material beside the application or words that connect."""
        if not any(spelling in text for spelling in self._spellings):
            return
        if not self._names(text):
            return
        hits, states = self._hits(text), self._application(text)
        if not hits and not states:
            return
        merit = (hits, states, year or 0)
        self._best.append((merit, paper_id, text))
        self._best.sort(key=lambda item: ([-int(part) for part in item[0]], item[1]))
        del self._best[N_PAPERS:]

    def evidence(self, words: tuple[tuple[str, float], ...], *, listed: Sequence[str]) -> Evidence:
        """Return what was found, with further papers up to the usual number."""
        found = [paper_id for _, paper_id, _ in self._best]
        quotes = ((paper_id, self._quote(text)) for _, paper_id, text in self._best)
        return Evidence(
            words=words,
            papers=tuple(dict.fromkeys([*found, *listed]))[:N_PAPERS],
            sentences=tuple((paper_id, quote) for paper_id, quote in quotes if quote),
        )

    def _hits(self, text: str) -> int:
        return sum(says(text) for says in self._words)

    def _quote(self, text: str) -> str | None:
        """Return the sentence that names the material with the most connecting words."""
        naming = [sentence for sentence in sentences(text) if self._names(sentence)]
        return max(naming, key=self._hits, default=None)


Test = Callable[[str], bool]


def _formula_pattern(spellings: Sequence[str]) -> Test:
    """Return a test for one of several formulas that stands for itself in a text."""
    options = "|".join(re.escape(spelling) for spelling in spellings)
    return _test(rf"(?<![A-Za-z0-9.])(?:{options})(?![A-Za-z0-9]|\.\d)")


@lru_cache(maxsize=1024)
def _phrase_pattern(word: str) -> Test:
    """Return a test for a word or phrase of the vocabulary."""
    return _test(rf"\b{_spaced(word)}\b", re.IGNORECASE)


@lru_cache(maxsize=8)
def _any_phrase_pattern(phrases: tuple[str, ...]) -> Test:
    """Return a test for any of an application's words; acronyms keep their case."""
    options = (
        _spaced(phrase) if phrase[-1:].isupper() else f"(?i:{_spaced(phrase)})"
        for phrase in phrases
    )
    return _test(rf"\b(?:{'|'.join(options)})\b")


def _test(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Test:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.search(text) is not None


def _spaced(phrase: str) -> str:
    """Return a pattern for a phrase whose words blanks or hyphens part."""
    return r"[\s\-]".join(re.escape(part) for part in _parts(phrase))


def _context_words(
    vectors: WordVectors, application: Application
) -> tuple[list[str], NDArray[np.int64]]:
    """Return the words that may connect, and their rows among the output vectors."""
    own = _OwnWords(application)
    chosen = [
        (vectors.words[k], row)
        for row, k in enumerate(vectors.output_ids.tolist())
        if (vectors.counts[k] >= _MIN_COUNT or not vectors.counts[0])
        and _may_connect(vectors.words[k])
        and not own.include(vectors.words[k])
    ]
    return [word for word, _ in chosen], np.array([row for _, row in chosen], dtype=np.int64)


def _above_mean(similarities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far similarities are above their mean; those below it become zero."""
    return np.asarray(np.maximum(similarities - similarities.mean(), 0), dtype=np.float32)


def _may_connect(word: str) -> bool:
    """Tell whether a word of the vocabulary means something on its own."""
    parts = _parts(word)
    informative = [part for part in parts if len(part) > 2 and part not in load_stop_words()]
    return _WORD.fullmatch(word) is not None and len(informative) == len(parts)


def _best_words(
    words: Sequence[str], products: NDArray[np.float32], *, n: int
) -> tuple[tuple[str, float], ...]:
    """Return the `n` words of the largest products that do not repeat each other."""
    pool = min(_POOL, len(words) - 1)
    top = np.argpartition(-products, pool)[: pool + 1]
    order = sorted(top.tolist(), key=lambda k: (-products[k], words[k]))
    best: list[tuple[str, float]] = []
    for k in order:
        if len(best) == n or products[k] <= 0:
            break
        if not any(_repeats(words[k], word) for word, _ in best):
            best.append((words[k], round(float(products[k]), 4)))
    return tuple(best)


class _OwnWords:
    """The words of an application, which explain nothing about it."""

    def __init__(self, application: Application) -> None:
        stated = [_parts(phrase.lower()) for phrase in application.words]
        named = [_parts(phrase.lower()) for phrase in (*application.query, application.name)]
        self._single = [parts[0] for parts in (*stated, *named) if len(parts) == 1]
        self._named = [part for parts in named for part in parts]
        self._phrases = ["_".join(parts) for parts in stated if len(parts) > 1]

    def include(self, word: str) -> bool:
        """Tell whether a word says no more than the application's words, or holds one."""
        parts = _parts(word)
        if any(_same_stem(part, own) for part in parts for own in self._single):
            return True
        if all(any(_same_stem(part, own) for own in self._named) for part in parts):
            return True
        return len(parts) > 1 and any(_repeats(word, phrase) for phrase in self._phrases)


def _parts(phrase: str) -> list[str]:
    """Split a phrase of a text or of the vocabulary into its words."""
    return re.split(r"[\s_\-]", phrase)


def _repeats(word: str, other: str) -> bool:
    """Tell whether one of two words or phrases says nothing beyond the other."""
    first, second = _parts(word), _parts(other)
    fewer, more = (first, second) if len(first) <= len(second) else (second, first)
    return all(any(_same_stem(part, longer) for longer in more) for part in fewer)


def _same_stem(word: str, other: str) -> bool:
    """Tell whether two words differ in their ending only (`alloy`, `alloys`)."""
    shorter = min(len(word), len(other))
    stem = min(max(4, shorter - 1), shorter)
    return word[:stem] == other[:stem]
