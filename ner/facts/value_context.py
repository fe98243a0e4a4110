"""What stands around a value: comparators, lists, and what makes a number none."""

import re
from collections.abc import Sequence

from matlore.records import Comparator

from .value_grammar import Item

__all__ = ["comparator_before", "counted_noun", "is_no_quantity", "neighbours", "set_off"]

_LOOK_BACK = 40
_SIGNS: dict[str, Comparator] = {
    **dict.fromkeys("~∼≈≃≅⋍", "~"),
    **dict.fromkeys("<≤≲≪⩽≦", "<"),
    **dict.fromkeys(">≥≳≫⩾≧", ">"),
}
_SIGN_BEFORE = re.compile(r"(?:\bsub-|([~∼≈≃≅⋍<≤≲≪⩽≦>≥≳≫⩾≧])[=~∼]?\s?)$")
_COMPARED = (
    "less|lower|smaller|fewer|shorter|thinner|weaker|narrower",
    "more|greater|larger|higher|longer|thicker|stronger|better|bigger",
)
_WORDS: tuple[tuple[Comparator, str], ...] = (
    ("<", "(?:no|not) (?:more|higher|larger|greater|longer) than|not exceeding"),
    (">", "(?:no|not) (?:less|lower|smaller|fewer) than|not below"),
    (
        "~",
        r"about|approximately|approx\.?|around|nearly|roughly|circa|ca\.?|c\.|close to|almost"
        r"|near(?: to)?|(?:of|on|in) the order of|in the vicinity of"
        r"|estimated at|some|an? average of",
    ),
    (
        "<",
        rf"below|under|(?:{_COMPARED[0]}) than|within|up to|at most|beneath|(?:a )?maximum of",
    ),
    (
        ">",
        rf"above|over|(?:{_COMPARED[1]}) than|exceed(?:s|ing|ed)?|at least|beyond"
        r"|in excess of|surpass(?:es|ing)|(?:a )?minimum of|upwards of",
    ),
    (
        "=",
        r"as (?:high|low|much|many|large|small|little|few|long|short|thin|thick|fast|great) as"
        r"|down to",
    ),
)
_WORD_BEFORE = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(f"(?P<w{k}>{words})" for k, (_, words) in enumerate(_WORDS))
    + r")\s$",
    re.IGNORECASE,
)
_WORD_AFTER = re.compile(
    r"\s(?:or|and)\s(?:(?P<more>more|above|higher|greater|over|longer|larger|beyond|up(?! to))"
    r"|(?P<less>less|below|lower|fewer|smaller|shorter))\b"
)
_FROM = re.compile(r"\b(?:from|between)\s$", re.IGNORECASE)
_LIST = re.compile(
    r"\s?(?:[,;/&]|,?\s?\b(?:and|or|as well as|to)\b)\s?"
    r"(?:(?:about|around|approximately|nearly)\s|[~∼≈<>≤≥]\s?)?"
)

_NAMED = re.compile(
    r"(?:\b(?:fig|figs|figure|figures|table|tables|ref|refs|references?|eqs?|eqns?|equations?|sections?|sect?"
    r"|chapters?|nos?|samples?|specimens?|vols?|pp|pages?|versions?|ver|v|models?|types?|groups?|class|panel"
    r"|scheme|parts?|steps?|stages?|cases?|grade|batch|appendix|theorem|site|sites|mode|alloy|steel|iso|astm"
    r"|number|compounds?|complex(?:es)?|structures?|lett|rev|phys|chem|mater|commun|soc|sci|int|catalysts?"
    r"|devices?|january|february|march|april|may|june|july|august|september|october|november|december)"
    r"\.?\s?[#(\[]?\s?|#|№|§\s?|arxiv:\s?|doi:?\s?)$",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[\[({⟨〈<|][-–−\d,;.\s]*$")
_CLOSING = re.compile(r"[-–−\d,;.\s]{0,40}[\])}⟩〉>|]")
_QUOTES = "\"'“”‘’`″"
_PART_OF_NAME = re.compile(
    r"[\d,;:']{0,20}-[a-z]"  # locants
    r"|,?\s?\d{0,9}\s?\((?:19|20)\d\d\)|\s\(\d{1,5}\),"  # volume, page (year); volume (issue),
    r"|\+|\s[spdf][- ](?:orbital|electron|state|band|level|shell)"
    r"|/[^\W\d]|[-–'′](?=[^\W\d])|[^\W\d]|\s?[×x]\s?\d|\s?\+\s?\w|[-–]\d{1,9}[-–]"
)
_AFTER_TIMES = re.compile(
    r"(?:\d|[)\]])\s?[×x]\s?$|[\w)]\s?[+*]\s?$|[^\W\d_][-/]$|\d'?,\d{0,2}$"
    r"|(?<![^\W\d])(?:[A-Z][a-z]?){2,}\s$|\((?:19|20)\d\d\)[,:]?\s$"
)
_DETACHED = re.compile(r"[^\W\d]\s$")
_ORDERS = re.compile(
    r"(?:\s\w+)?[-\s]orders?[-\s]of[-\s]magnitude|\s?[-\s]?dimension", re.IGNORECASE
)
_NOUN = re.compile(r"\s([a-z][a-z-]{2,}s)\b")
_NO_NOUNS = frozenset(
    "is was as has does this its plus versus across thus whereas vs towards besides always perhaps"
    " exhibits shows yields gives is results remains becomes displays indicates suggests".split()
)


def comparator_before(text: str, start: int) -> tuple[int, Comparator]:
    """Return where an expression begins, its comparator's sign or words included, and which."""
    found: Comparator = "="
    for _ in range(2):
        before = text[max(start - _LOOK_BACK, 0) : start]
        if match := _SIGN_BEFORE.search(before):
            comparator = _SIGNS[match[1] or "<"]
        elif match := _WORD_BEFORE.search(before):
            comparator = _WORDS[int((match.lastgroup or "w0")[1:])][0]
        else:
            break
        start -= len(before) - match.start()
        found = found if comparator in ("=", "~") and found != "=" else comparator
    if match := _FROM.search(text, max(start - 9, 0), start):
        start = match.start()
    return start, found


def set_off(text: str, end: int) -> tuple[int, Comparator] | None:
    """Return the end and the comparator of words behind a value: `300 K or more`."""
    match = _WORD_AFTER.match(text, end)
    return None if match is None else (match.end(), ">" if match["more"] else "<")


def _joins_list(text: str, first: Item, second: Item) -> bool:
    """Tell whether two items are neighbours of one list: `5, 10 and 20 K`."""
    gap = text[first.end : second.start]
    return len(gap) < _LOOK_BACK and _LIST.fullmatch(gap) is not None


def counted_noun(text: str, end: int) -> str | None:
    """Return the plural noun that a number counts: `5 layers`."""
    match = _NOUN.match(text, end)
    return match[1] if match and match[1] not in _NO_NOUNS else None


def is_no_quantity(text: str, item: Item) -> bool:
    """Tell whether a number is a name, a citation, a year, a plane or an exponent."""
    if _ORDERS.match(text, item.end):
        return True
    if item.unit is not None:
        return False
    before = text[max(item.start - _LOOK_BACK, 0) : item.start]
    if item.words:
        return text[item.end : item.end + 1] == "-"
    if _NAMED.search(before) or _PART_OF_NAME.match(text, item.end) or _AFTER_TIMES.search(before):
        return True
    if item.whole and (_is_year(item) or (-10 < item.value < 0 and _DETACHED.search(before))):
        return True
    if before[-1:] in _QUOTES and before and text[item.end : item.end + 1] in _QUOTES:
        return True
    return _in_brackets(text, item, before)


def _is_year(item: Item) -> bool:
    return 1800 <= item.value < 2100 and item.number_end - item.start == 4


def _in_brackets(text: str, item: Item, before: str) -> bool:
    """Tell citations, planes, points and numbering: nothing but numbers between brackets."""
    opening, closing = _OPENING.search(before), _CLOSING.match(text, item.end)
    if not opening or not closing:
        return False
    inside = opening.group() + text[item.start : closing.end()]
    return item.whole or inside.count(",") + inside.count(" ") > 1 or item.value_max is not None


def neighbours(items: Sequence[Item], text: str) -> list[list[Item]]:
    """Return the items in runs, each a list in the text's sense or one item alone."""
    runs: list[list[Item]] = []
    for item in items:
        if runs and _joins_list(text, runs[-1][-1], item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs
