"""Unit strings as the field writes them, taken apart into factors.

`W m−1 K−1`, `Wm^{-1}K^{-1}`, `W/(m K)` and `W/m·K` are the same unit. A slash goes for all that
follows it without another sign, as authors mean it: `J/mol K` is J mol^-1 K^-1; only a `*` ends
it, as programs mean it: `W/m*K` is W m^-1 K. A power with a minus sign stays what it is behind
a slash too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from .symbols import Atom, atoms, bases

__all__ = ["Factor", "UnitExpression", "parse_unit", "printed_factor"]

_LONGEST = 80  # characters of a unit; longer ones are something else
_LONGEST_ATOM = 22
_MOST_STEPS = 400  # of backtracking, so that hostile input costs little

# Minus signs, some of them as PDFs of publishers break them.
_MINUS = "−–‐‑‒⫺ÀϪ؊\uf02d"
_POWER = re.compile(
    rf"\s?(?:\^|\*\*)\s?(?:\{{\s?(?P<braced>[{_MINUS}+-]?\s?\d{{1,3}}(?:[./]\d{{1,2}})?)\s?\}}"
    rf"|\((?P<enclosed>[{_MINUS}+-]?\s?\d{{1,3}}(?:[./]\d{{1,2}})?)\)"
    rf"|(?P<caret>[{_MINUS}+-]?\d{{1,3}}(?:[./]\d{{1,2}})?))"
    r"|(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    rf"|\s?(?P<signed>[{_MINUS}-]\s?\d{{1,2}}(?:[./]\d)?)(?![\d.]*\d)"
    r"|(?P<plain>\d{1,2}(?:/[2-9](?!\d)|\.5)?)(?!\d|\.\d)"
    r"|\s(?P<apart>[2-4])(?!\w|\.\d)"
)
_SEPARATOR = re.compile(r"\s*(?:[·•∙⋅・‧⅐.]|-(?=[^\W\d])|(?P<times>[*×])|(?<=\s)Á(?=\s))\s*|\s+")
_SLASH = re.compile(r"\s*(?:[/∕⁄]\s*(?:per\s)?)|\s+per\s+|^per\s+")
_COUNTED = re.compile(
    r"(?:[A-Z][a-z]?\d?[ -])?(?:atom|ion|molecule|site|spin)s?\b|(?:formula|f\.)[ -]?(?:units?|u\.)"
)
_ELEMENT = re.compile(r"[A-Z][a-z]?(?:[2-9]?[+⁺])?(?![a-z\d])")
_SHARED = frozenset({"μ_B", "eV", "e", "Ry", "Ha"})  # what texts give by element, `μB/Mn`
_GRAMS_OF = re.compile(rf"(m?)g_?(?:cat|[A-Z][a-z]?)(?=\s?\^?\{{?[{_MINUS}⁻-]|$)")
_RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹" + _MINUS, "+-0123456789" + "-" * len(_MINUS))
_NOT_GLUED = frozenset({"at", "sq", "dec", "fu", "uc", "as", "in", "ion", "ang", "deg", "t"})
_EDGES = re.compile(r"^[\s.,;:~)\]]+|[\s,;:]+$")


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a unit.

    Attributes:
        prefix: as written; empty for none, and in spelled units (`kilometers` is a base).
        base: as written.
        power: 1 where none is written, negative behind a slash.
        scale: the prefix that it has, as we print it.
        unit: the base as we print it, a key of `bases`.
    """

    prefix: str
    base: str
    power: float
    scale: str
    unit: str

    @property
    def symbol(self) -> str:
        """The factor without its power, as we print it: `μV`."""
        return self.scale + self.unit


@dataclass(frozen=True, slots=True)
class UnitExpression:
    """A unit as a product of factors.

    Attributes:
        factors: in the order of the text.
        powers: as written, in the order of the text; a slash is one of them.
    """

    factors: tuple[Factor, ...]
    powers: tuple[str, ...] = ()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes as written, of the factors that have one."""
        return tuple(factor.prefix for factor in self.factors if factor.prefix)

    @property
    def bases(self) -> tuple[str, ...]:
        """The bases as written."""
        return tuple(factor.base for factor in self.factors)

    @property
    def text(self) -> str:
        """The one spelling of this unit that we print: `W m^-1 K^-1`, `1` for none."""
        powers: dict[tuple[int, str], float] = {}
        for factor in self.factors:
            for symbol, rank in _expanded(factor):
                key = (rank, symbol)
                powers[key] = powers.get(key, 0.0) + factor.power
        ordered = sorted(powers.items(), key=lambda item: (item[1] < 0, item[0]))
        return " ".join(printed_factor(symbol, p) for (_, symbol), p in ordered if p) or "1"


def _expanded(factor: Factor) -> list[tuple[str, int]]:
    """Return the symbols of a factor and their places; `mAh` is two of them."""
    pair = {"Ah": "A", "Wh": "W"}.get(factor.unit)
    if pair is None:
        return [(factor.symbol, bases()[factor.unit].rank)]
    return [(factor.scale + pair, bases()[pair].rank), ("h", bases()["h"].rank)]


def printed_factor(symbol: str, power: float) -> str:
    """Return a factor as we print it."""
    return symbol if power == 1 else f"{symbol}^{power:g}"


class _State(NamedTuple):
    """Where the parser is.

    `below` is behind a slash, `inverse` in a bracket behind one; `first` is the number of the
    first factor in the bracket.
    """

    position: int
    factors: tuple[Factor, ...] = ()
    powers: tuple[str, ...] = ()
    below: bool = False
    inverse: bool = False
    open: int = 0
    first: int = 0


@lru_cache(maxsize=16384)
def parse_unit(text: str) -> UnitExpression | None:
    """Return a unit string taken apart, or None for what is no unit we know.

    `1` is the unit of plain numbers, with no factors.
    """
    text = _EDGES.sub("", text)
    if len(text) > 2 and text[0] == text[-1] == "$":
        text = text[1:-1]
    if not text or len(text) > _LONGEST:
        return None
    if text in ("1", "dimensionless"):
        return UnitExpression(())
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1]
    return _Parser(text).parse()


class _Parser:
    """A parser of one string: longest spelling first, with bounded backtracking."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps = 0

    def parse(self) -> UnitExpression | None:
        """Return the first reading that takes the whole text."""
        start = _State(0)
        lead = re.match(r"1\s*(?=/)|(?=/|per\s)", self.text)
        stack = [self._terms(start, False)]
        if lead:
            position = lead.end() if lead[0] else 0
            stack.insert(0, self._terms(start._replace(position=position), True))
        while stack and self.steps < _MOST_STEPS:
            self.steps += 1
            state = next(stack[-1], None)
            if state is None:
                stack.pop()
            elif self._is_end(state):
                return UnitExpression(_meant(state.factors), state.powers)
            else:
                stack.append(self._terms(state, True))
        return None

    def _is_end(self, state: _State) -> bool:
        """Tell whether only closing marks are left."""
        return not state.open and not self.text[state.position :].rstrip(" .")

    def _terms(self, state: _State, joined: bool) -> Iterator[_State]:
        """Yield the states behind a separator, if any, and one more factor."""
        for before in self._joints(state) if joined else (state,):
            opened = self._brackets(before)
            root = self.text[opened.position : opened.position + 1] == "√"
            shared = bool(opened.factors) and opened.factors[0].unit in _SHARED
            for atom, end in self._atoms(opened.position + root, opened.below, shared):
                yield from self._powered(opened, atom, end, 0.5 if root else 1.0)

    def _joints(self, state: _State) -> Iterator[_State]:
        """Yield the states behind what stands between two factors: a slash, a dot, nothing."""
        slash = _SLASH.match(self.text, state.position)
        if slash:
            powers = state.powers if slash[0].strip() == "per" else (*state.powers, "/")
            yield state._replace(position=slash.end(), powers=powers, below=True)
            return
        between = _SEPARATOR.match(self.text, state.position)
        if between:
            below = state.below and not (between["times"] and not state.open)
            yield state._replace(position=between.end(), below=below or state.inverse)
        else:
            yield state

    def _brackets(self, state: _State) -> _State:
        """Return the state behind an opening bracket, if there is one."""
        if self.text[state.position : state.position + 1] not in ("(", "[", "{"):
            return state
        after = state._replace(position=state.position + 1, open=state.open + 1)
        return after._replace(inverse=state.below, first=len(state.factors))

    def _atoms(self, start: int, below: bool, shared: bool) -> Iterator[tuple[Atom, int]]:
        """Yield the spellings that begin here, the longest first."""
        known = atoms()
        for end in range(min(len(self.text), start + _LONGEST_ATOM), start, -1):
            atom = known.get(self.text[start:end])
            if atom is not None and not self._splits_word(start, end):
                yield atom, end
        of = _GRAMS_OF.match(self.text, start)
        if of:
            yield Atom(of[1], of[0][len(of[1]) :], of[1], bases()["g"]), of.end()
        counted = _COUNTED.match(self.text, start) if below else None
        if below and shared and not counted:
            counted = _ELEMENT.match(self.text, start)
        if counted:
            yield Atom("", counted[0], "", bases()["atom"]), counted.end()

    def _splits_word(self, start: int, end: int) -> bool:
        """Tell whether a spelled unit would end within a word, or a word begin in a symbol."""
        if self.text[end : end + 2] in ("−2", "-2", "–2") and self.text[start:end] == "ms":
            return True  # m s^-2: nobody divides by squared milliseconds
        if not self.text[end : end + 1].isalpha():
            return False
        spelling = self.text[start:end]
        return (len(spelling) > 3 or spelling in _NOT_GLUED) and spelling.isalpha()

    def _powered(self, state: _State, atom: Atom, end: int, power: float) -> Iterator[_State]:
        """Yield the state behind an atom, its power and closing brackets."""
        powers = state.powers
        found = _POWER.match(self.text, end)
        if found and found.lastgroup:
            written = found[found.lastgroup].strip()
            value = _number(written)
            if value is None:
                return
            power, powers, end = power * value, (*powers, written), found.end()
        if (state.below or state.inverse) and power > 0:
            power = -power
        factor = Factor(atom.prefix, atom.written, power, atom.scale, atom.base.symbol)
        after = state._replace(position=end, factors=(*state.factors, factor), powers=powers)
        yield self._closed(after)

    def _closed(self, state: _State) -> _State:
        """Return the state behind closing brackets."""
        position, opened = state.position, state.open
        while opened and self.text[position : position + 1] in (")", "]", "}"):
            position, opened = position + 1, opened - 1
        after = state._replace(position=position, open=opened, inverse=state.inverse and opened > 0)
        found = _POWER.match(self.text, position) if opened < state.open else None
        return self._raised(after, found) if found and found.lastgroup else after

    def _raised(self, state: _State, found: re.Match[str]) -> _State:
        """Return the state behind the power of a bracket: `(V s)−1`."""
        written = found[found.lastgroup or 0].strip()
        power = _number(written) or 1.0
        group = (replace(f, power=f.power * power) for f in state.factors[state.first :])
        factors = (*state.factors[: state.first], *group)
        powers = (*state.powers, written)
        return state._replace(position=found.end(), factors=factors, powers=powers)


def _meant(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Return the factors with what their company says: h in e²/h, ångströms in eV/A."""
    above = {factor.unit for factor in factors if factor.power > 0}
    other = {"h": "h_P"} if above == {"e"} else {"A": "Å"} if above == {"eV"} else {}
    return tuple(
        replace(factor, unit=other[factor.unit])
        if factor.power < 0 and factor.unit in other
        else factor
        for factor in factors
    )


def _number(written: str) -> float | None:
    """Return the number that a power says; None for zero and for a division by it."""
    try:
        value = float(Fraction(written.translate(_RAISED).replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        return None
    return value or None
