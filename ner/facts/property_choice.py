"""Of which property a value is: cues of its sentence, scored by the words between."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .parts import Value
from .property_cues import Context, Cue, fitting_name, implied_name

__all__ = ["PropertyChoice", "choose_property", "is_difference", "is_set"]


@dataclass(frozen=True, slots=True)
class PropertyChoice:
    """The property of a value: its name, what says it, and the log-odds of being right."""

    name: str
    cue: Cue | None
    score: float


_BEFORE, _AFTER = 260, 90
_START, _IMPLIED_SCORE, _TELLING = 2.2, 0.2, 1.0
_FOREIGN, _LINKING, _BREAK, _VALUE_BETWEEN = 0.25, 0.03, 0.9, 0.5
_LEAST = -1.5
# A number without a unit is the value of a property only right behind or before its name.
_PLAIN_NUMBER, _PLAIN_MERIT = 1.3, 0.7

_BRACKETS = re.compile(r"\([^()]{0,80}\)|\[[^\[\]]{0,40}\]")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_LINKS = frozenset(
    """of is was are were be been being to as high low large small value values reaching reaches
    reached reach about around approximately nearly up at near with a an the that which found
    estimated calculated measured determined evaluated obtained equal equals exceeding exceeds above
    below over more less than from between in range ranging order both record maximum minimum max
    peak average onset can could has have having shows exhibits achieved achieves attain attains
    attained amounts yields yielding estimate gives giving predicted expected reported set observed
    occurs only just ultralow ultrahigh it its this these those close down varies varying tunable
    tuned spans spanning lies lying by roughly on for lower higher only even typically together
    confirmed exceed increases increased decreases decreased enhanced reduced drops dropped raised
    room temperature beyond remarkable impressive superior large largest highest lowest optimal
    """.split()
)
_BREAKS = re.compile(
    r";|, (?:while|whereas|but|which|and|with|resulting|leading)\b"
    r"|\b(?:while|whereas|but|although|due to|because)\b"
)
_BLOCKING = re.compile(
    r"\b(?:energy|energies|wavelengths?|bias|voltages?|thickness\w*|widths?|diameters?|temperatures?"
    r"|pressures?|fields?|steps?|scales?|resolution|accuracy|errors?|uncertainty|deviation|masking"
    r"|peaks?|bands?|states?|levels?|densit(?:y|ies)|rates?|barriers?|amplitude|lifetimes?|RMSE|MAE"
    r"|interval|gradient|window|loading|limits?)"
    r" ?(?:\([^()]{1,12}\) ?)?(?:of|is|was|at|near|=|~|between|from|around)?\s*"
    r"(?:about|around|up to|ca\.)?\s*$"
)
_OTHER_EFFECT = re.compile(
    r"Nernst|Peltier|[Ss]pin[- ]Seebeck|Ettingshausen|Thomson|\bL?SSE\b|S_?\{?L?SSE"
)
# `cycled at a limited capacity of 1000 mAh/g`, `no order down to 2 K`, `between 2 and 300 K`.
_SET_CAPACITY = re.compile(
    r"\b(?:cycl\w+|operat\w+|stable|fixed|limit\w+|cut-?off|controlled|curtailed)\b[^.;]{0,60}"
    r"\b(?:at|with|under|of|to) (?:an? )?(?:[\w-]+ ){0,3}capacity (?:of|at) $"
    r"|\b(?:cycl\w+|hours|h) (?:at|under) $"
    r"|mA cm ?\^?[-−]2 ?(?:and|,|/|\() ?$"
)
_NO_ORDER = re.compile(
    r"\b(?:no|not|without|absence|absent|lack\w*|neither|never|non\w*|any)\b[^;]{0,150}$"
)
_DOWN_TO = re.compile(r"(?:at least )?down to\b")
_RANGE_OF_TEMPERATURE = re.compile(
    r"\b(?:temperature|T) ?(?:regions?|ranges?|intervals?|window),? ?(?:of|from|between)? ?$"
    r"|\b(?:measure|perform|investigat|studi)\w*\b[^.;]{0,90}$"
)
_APPLIED = re.compile(
    r"\b(?:[Gg]ate|bias|applied|accelerat\w+|cut-?off|scan\w*|pulse|pump|probe)"
    r"(?: [\w-]+){0,2} voltages?\b[^.;,]{0,20}$"
)
_INTRODUCES = re.compile(r"\s*(?:\([^()]{0,20}\) ?)?(?:of|is|was|are|were|=|≈|~|\()")
_MEASURING = re.compile(
    r"\b(?:measure|perform|investigat|stud(?:y|ie)|explor|determin)\w*\b[^.;]{0,90}$"
)
_WIDTH = re.compile(r"\bwidths?,? (?:ΔT_?c )?(?:of |is |was |[~=] ?|(?:in|de)creases from |\()?$")
_AT = re.compile(r"\bat (?:about |around |a )?$")
_IN_FIELDS = re.compile(
    r"\b(?:magnetic|static|pulsed|applied|external|high) fields?(?: \([^()]{1,12}\))?"
    r"(?: of| up to)? ?$"
)
_POSITIONS = frozenset({"binding energy", "fermi level", "fermi energy"})
# `0.4 in n-type and 0.5 in p-type X`: the second is of what the first is of.
_PARALLEL = re.compile(r"\s(?:in|for|at|along|of) [^,;.()\d]{1,40}(?:,? and|, or) $")
_SYMBOL = re.compile(r"(?:^|[\s(,;])([^\s(,;=≈~]{1,14})\s*[=≈≃]\s*[~≈]?\s*$")
_CHANGE = (
    r"(?:increas|decreas|reduc|enhanc|rais|lower|improv|shift|chang|drop|differ|narrow|widen"
    r"|suppress|vari|rise|rose|fell|fall|split|exceed|higher|larger|smaller|down|up)\w*"
)
_DIFFERENCE_BEFORE = re.compile(
    rf"\b{_CHANGE} (?:[\w-]+ ){{0,3}}by (?:[\w.]+ ){{0,3}}$"
    r"|(?<![A-Z]\d )\b(?:shift|increase|decrease|reduction|change|difference|variation|splitting"
    r"|bowing|enhancement|drop|correction|uncertainty|error|accuracy|resolution|spread|deviation|gain|rise"
    r"|lowering|improvement|spacing|jump|modulation|offset|discrepancy|suppression|hysteresis)s?"
    r"(?: \([^()]{1,20}\))?(?: in [\w -]{1,40}?)? (?:of|by|is|was|between|as \w+ as|up to|=)"
    r" ?(?:about |up to |around |as (?:large|much|high|small) as |approximately |only |nearly "
    r"|[~≈])*$|\b(?:within|per|every|by) (?:about |a |only |approximately |[~≈])*$"
    r"|[Δδ∆]\w{0,4} ?[=≈~] ?$"
)
_DIFFERENCE_AFTER = re.compile(
    r"\s*(?:(?:higher|lower|larger|smaller|greater|less|wider|narrower|better|more)\b"
    r"(?: [\w-]+){0,3} than|[- ]?fold\b|times\b|(?:blue|red)?-?shifts?\b|increases?\b"
    r"|reductions?\b|change\b|differences?\b|enhancements?\b|decreases?\b|improvements?\b"
    r"|per \w+|splitting|variations?\b|wide\b|below (?:the )?(?:T|E|conduction|Fermi)"
    r"|above (?:the )?(?:T|E|valence|Fermi)|(?:higher|lower|above"
    r"|below)\b)"
)


def choose_property(
    text: str,
    values: Sequence[Value],
    index: int,
    cues: Sequence[Cue],
    context: Context,
    run_start: int,
    run_end: int,
) -> PropertyChoice | None:
    """Return the property of one value of a sentence, None where none can be told.

    Args:
        text: the whole text.
        values: of the sentence.
        index: of the value among them.
        cues: of the sentence, those near the value.
        context: of the whole text.
        run_start: where the list that the value belongs to begins.
        run_end: where it ends.
    """
    value = values[index]
    other = bool(_OTHER_EFFECT.search(text, max(0, run_start - 200), run_start))
    telling = None if other else implied_name(value, context)
    parallel = 0.8 * (value.unit == "1" and _is_parallel(text, values, index))
    scored = [
        (cue, _score(text, values, cue, run_start, run_end) + parallel)
        for cue in cues
        if not (other and cue.names[:1] == ("seebeck coefficient",))
    ]
    best = _best(value, scored, telling is not None)
    if telling and (best is None or best.score < _IMPLIED_SCORE):
        best = PropertyChoice(telling, None, _IMPLIED_SCORE)
    if best is None or best.score <= _LEAST:
        return None
    rival = _rival(text, value, scored, best, run_start, run_end)
    return None if rival > max(best.score, _START - 0.4) and not telling else best


def _best(
    value: Value, scored: Sequence[tuple[Cue, float]], telling: bool
) -> PropertyChoice | None:
    """Return the property whose cue fits a value best; `telling` says that its unit speaks."""
    best: PropertyChoice | None = None
    for cue, fit in scored:
        if name := fitting_name(cue, value):
            score = fit + cue.trust + (_TELLING if telling else 0.0)
            if _is_near_enough(name, value, score) and (best is None or score > best.score):
                best = PropertyChoice(name, cue, score)
    return best


def _rival(
    text: str,
    value: Value,
    scored: Sequence[tuple[Cue, float]],
    best: PropertyChoice,
    run_start: int,
    run_end: int,
) -> float:
    """Return how well a property fits that the value cannot be given.

    `A remanence of 0.4 T and a coercivity of 1 T`: the first is of what stands before it.
    """
    rival = float("-inf")
    behind = best.cue is not None and best.cue.start >= run_end
    for cue, fit in scored:
        if cue.end > run_start:
            continue
        if not cue.names:
            rival = max(rival, fit)
        elif behind and _INTRODUCES.match(text, cue.end, run_start):
            rival = max(rival, -9.0 if fitting_name(cue, value) else fit + cue.trust)
    return rival


def _is_near_enough(name: str, value: Value, score: float) -> bool:
    """Say whether a name is near enough to a value, which a plain number needs it to be."""
    return value.unit != "1" or score >= (_PLAIN_MERIT if "merit" in name else _PLAIN_NUMBER)


def _is_parallel(text: str, values: Sequence[Value], index: int) -> bool:
    last = values[index - 1] if index else None
    return (
        last is not None
        and last.unit == "1"
        and values[index].start - last.end < 60
        and _PARALLEL.fullmatch(text, last.end, values[index].start) is not None
    )


def _score(text: str, values: Sequence[Value], cue: Cue, start: int, end: int) -> float:
    """Return how well a cue and the value, or its list, fit together."""
    if cue.end <= start:
        if start - cue.end > _BEFORE:
            return -9.0
        between = _BRACKETS.sub(" ", text[cue.end : start])
        crossed = sum(cue.end <= v.start and v.end <= start for v in values)
        return _START - _cost(between) - _VALUE_BETWEEN * crossed - _blocks(between, cue)
    if cue.start >= end:
        if cue.start - end > _AFTER:
            return -9.0
        between = text[end : cue.start]
        words = len(_WORD.findall(between))
        crossed = sum(end <= v.start and v.end <= cue.start for v in values)
        broken = 1.6 * bool(
            re.search(r",|;|\band\b|\)|\b(?:at|with|to|below|above|near|around)\b|[<>]", between)
        )
        adjacent = words <= 2 and not broken
        if words and cue.trust < 0:  # `a 39 K superconductor`, not `at 125 K in superconducting X`
            return -9.0
        return _START - 0.3 * words - broken - crossed - (0.0 if adjacent else 0.9)
    return -9.0


@lru_cache(maxsize=4096)
def _cost(between: str) -> float:
    """Return what the words between a cue and a value cost."""
    words = _WORD.findall(between)
    foreign = sum(word.lower() not in _LINKS for word in words)
    breaks = len(_BREAKS.findall(between))
    return _FOREIGN * foreign + _LINKING * (len(words) - foreign) + _BREAK * breaks


def _blocks(between: str, cue: Cue) -> float:
    """Return the cost of a noun right before the value that it belongs to instead."""
    block = _BLOCKING.search(between)
    # `a transition at a temperature of 9 K`
    if block and not (cue.trust < 0 and block.group().startswith("temp")):
        return 2.0
    symbol = _SYMBOL.search(between)
    # `thermal conductivity λ = 5`: a symbol right behind the property is its own.
    if symbol and between[: symbol.start(1)].strip(" ,"):
        return 1.5
    return 0.0


def is_set(text: str, value: Value, name: str) -> bool:
    """Say whether a value is what an experiment was set to, or a property was not found up to.

    Args:
        text: the whole text.
        value: with its comparator's words inside.
        name: of the property that it seems to be of.
    """
    before = text[max(0, value.start - 170) : value.start]
    if "capacity" in name:
        return bool(_SET_CAPACITY.search(before))
    if name == "voltage":
        return bool(_APPLIED.search(before))
    if name.endswith("critical field"):
        return bool(_IN_FIELDS.search(before))
    if name in _POSITIONS:
        return bool(_AT.search(before))
    if not name.endswith("temperature"):
        return False
    if _DOWN_TO.match(text, value.start) or before.endswith("down to "):
        return bool(_NO_ORDER.search(before) or _MEASURING.search(before))
    if _WIDTH.search(before):
        return True
    return value.value_max is not None and bool(_RANGE_OF_TEMPERATURE.search(before))


def is_difference(text: str, value: Value) -> bool:
    """Say whether a value is a change, a difference or an uncertainty, not a value reached."""
    before = text[max(0, value.start - 90) : value.start]
    return bool(
        _DIFFERENCE_BEFORE.search(before)
        or _DIFFERENCE_AFTER.match(text, value.end, value.end + 60)
    )
