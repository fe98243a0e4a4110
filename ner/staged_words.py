"""Texts as the words that the tagger reads, made once and read many times.

One sentence a line, its words apart by blanks, an empty line after each text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from .model_words import model_words
from .sentences import split_sentences

__all__ = ["StagedWords", "count_words", "stage_words"]

_FEWEST_WORDS = 3


class StagedWords:
    """The texts of a file that `stage_words` wrote; iterating starts afresh each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[list[list[str]]]:
        """Yield for each text its sentences, as lists of words."""
        with self._path.open(encoding="utf-8") as lines:
            sentences: list[list[str]] = []
            for line in lines:
                if line != "\n":
                    sentences.append(line.rstrip("\n").split(" "))
                elif sentences:
                    yield sentences
                    sentences = []


def stage_words(texts: Iterable[str], path: Path) -> StagedWords:
    """Write texts as words; sentences of less than three words are left out."""
    temporary = path.with_name(f"{path.name}.part")
    with temporary.open("w", encoding="utf-8") as file:
        for text in texts:
            file.writelines(_lines(text))
            file.write("\n")
    temporary.replace(path)
    return StagedWords(path)


def _lines(text: str) -> Iterator[str]:
    for start, end in split_sentences(text):
        forms = [form for word in model_words(text[start:end]) if (form := _plain(word.form))]
        if len(forms) >= _FEWEST_WORDS:
            yield " ".join(forms) + "\n"


def _plain(form: str) -> str:
    """Return a word without blanks and surrogates, which a line cannot hold."""
    return "".join(form.encode(errors="ignore").decode().split())


def count_words(texts: Iterable[list[list[str]]]) -> Counter[str]:
    """Count the words of texts."""
    words: Counter[str] = Counter()
    for text in texts:
        for sentence in text:
            words.update(sentence)
    return words
