"""Sentences of a cleaned text, with offsets."""

import re

__all__ = ["split_sentences"]

# Blanks are looked through from their first one only: a run of many would take its square.
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]?\s+(?=[A-Z0-9(\[\"“‘'$\u0370-\u03ff])|(?<!\s)\s*\n\s*")
# A capital and a full stop are an initial (`J. Smith`), unless after a number (`300 K.`).
_ABBREVIATION = re.compile(
    r"(?:\b(?:al|deg|e\.g|i\.e|Fig|Figs|Ref|Refs|Eq|Eqs|Sec|vs|cf|ca|approx|viz|resp|No|Nos|Dr|Prof)"
    r"|(?<!\d )\b[A-Z])\.$"
)
_LOOK_BACK = 12


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Split a text at line breaks and at full stops that end a sentence.

    Returns:
        Offsets `[start, end)` of the sentences, in order, without the blanks around them;
        together they hold every character that is no white space.
    """
    found: list[tuple[int, int]] = []
    start = 0
    for gap in _END.finditer(text):
        stop = gap.start()
        if "\n" in gap.group() or not _ABBREVIATION.search(
            text, max(start, stop - _LOOK_BACK), stop
        ):
            _add(found, text, start, gap.end())
            start = gap.end()
    _add(found, text, start, len(text))
    return found


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    """Append a stretch without the blanks around it, if anything is left."""
    stretch = text[start:end]
    start += len(stretch) - len(stretch.lstrip())
    end -= len(stretch) - len(stretch.rstrip())
    if start < end:
        found.append((start, end))
