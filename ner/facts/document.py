"""A paper's text with its mentions, sentence by sentence: what facts are found in."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from matlore.records import Label, Mention, Paper

from ..acronyms import Acronym, find_acronyms
from ..sentences import split_sentences
from ..tokens import Token, tokenize

__all__ = ["Document"]


class Document:
    """A text and its mentions, which grow: positions of mentions never change.

    Args:
        paper: whose `text` the mentions point into.
        mentions: the tagger's, sorted by their start.
    """

    def __init__(self, paper: Paper, mentions: Sequence[Mention]) -> None:
        self.paper = paper
        self.text = paper.text
        self.mentions = [*mentions]
        self._indexed = 0
        self._at: dict[tuple[int, int, Label], int] = {}
        self._in_sentence: dict[int, list[int]] = {}

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Offsets of the sentences; the title is the first, where there is one."""
        return split_sentences(self.text)

    @cached_property
    def acronyms(self) -> list[Acronym]:
        """Definitions of acronyms, anywhere in the text."""
        return find_acronyms(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    def sentence_at(self, offset: int) -> int:
        """Return the number of the sentence that holds a character."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def tokens(self, sentence: int) -> list[Token]:
        """Return the tokens of a sentence, with offsets into the whole text."""
        start, end = self.sentences[sentence]
        return [
            Token(token.text, token.start + start, token.end + start)
            for token in tokenize(self.text[start:end])
        ]

    def mentions_in(self, sentence: int, label: Label) -> list[int]:
        """Return the positions of a sentence's mentions of a label, in the order of the text."""
        self._index()
        found = [
            position
            for position in self._in_sentence.get(sentence, ())
            if self.mentions[position].label == label
        ]
        return sorted(found, key=lambda position: self.mentions[position].start)

    def _index(self) -> None:
        """Take the mentions into account that were added since the last time."""
        for position in range(self._indexed, len(self.mentions)):
            mention = self.mentions[position]
            self._at.setdefault((mention.start, mention.end, mention.label), position)
            number = self.sentence_at(mention.start)
            if mention.start < self.sentences[number][1]:
                self._in_sentence.setdefault(number, []).append(position)
        self._indexed = len(self.mentions)

    def add(self, start: int, end: int, label: Label, norm: str | None, score: float) -> int:
        """Return the position of a mention with this span and label, added if there is none."""
        self._index()
        known = self._at.get((start, end, label))
        if known is not None:
            return known
        self.mentions.append(
            Mention(
                paper_id=self.paper.id,
                text_sha=self.paper.text_sha,
                start=start,
                end=end,
                label=label,
                text=self.text[start:end],
                norm=norm,
                score=score,
                source="relation",
            )
        )
        return len(self.mentions) - 1
