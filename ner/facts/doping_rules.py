"""Where hosts and dopants stand by the patterns of doping: hints for the model that decides.

`Nd-doped glass`, `glass doped with 1% Nd`, `Nd doping of glass`, `doping glass with Nd`,
`glass:Nd` and `Nd:glass`: each names a stretch that holds the host and one that holds the
dopants. Where in the stretch they begin and end, and which of them are none, is learned.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .doping_tokens import COMPOUNDS, PARTS, DopingToken, is_doping

__all__ = ["Hint", "find_hints"]

_REACH = 8
_MOST_ITEMS = 30
_SEPARATORS = frozenset([",", "and", "or", "/", "&", "+"])
_DASHES = frozenset("-–")
_SMALL = PARTS - COMPOUNDS
_ADVERBS = frozenset(
    "singly lightly heavily highly co single double triple tri moderately uniformly selectively"
    " also simultaneously intentionally unintentionally slightly partially successfully further"
    " δ delta ions ion element atoms atom".split()
)
_AUXILIARIES = frozenset(
    "is are was were be been being has have had that which can could when if , ( )".split()
)
_PASSED_OVER = _AUXILIARIES | _ADVERBS | _DASHES
_AMOUNTS = frozenset(
    "the a an of different various several some small large low high trace certain with by in"
    " concentration concentrations content contents amount amounts level levels up to more less"
    " than at mol wt mole atomic weight ions part parts about only both either respectively"
    " doping single dopant dopants as such".split()
)
_IN_CHAIN = frozenset([":", ",", "/", "+", "%", "mol", "at", "wt", ".", "-", "–", "x"])
_PROPORTIONS = frozenset("ratio ratios flux molar stoichiometry = composition proportion".split())
_PLURAL = re.compile(r"[a-z]{3,}[^suio]s")
_INTO = frozenset("of in into to within inside for at".split())


class Hint(NamedTuple):
    """Tokens among which a host is, those among which its dopants are, and by which pattern."""

    pattern: str
    host: tuple[int, ...]
    dopants: tuple[int, ...]

    @property
    def is_certain(self) -> bool:
        """Whether the pattern itself joins the two."""
        return self.pattern != "loose" and bool(self.host) and bool(self.dopants)


def find_hints(tokens: Sequence[DopingToken]) -> list[Hint]:
    """Return what the patterns of doping find in a sentence, in no particular order."""
    reader = _Reader(tokens)
    found = [*reader.colons()]
    for k, token in enumerate(tokens):
        if is_doping(token.kind):
            found += reader.around(k)
    return found


class _Reader:
    """Reads phrases of a sentence to the left and to the right of a token."""

    def __init__(self, tokens: Sequence[DopingToken]) -> None:
        self.tokens = tokens
        self.kinds = [token.kind for token in tokens]
        self.words = [token.text.lower() for token in tokens]
        self.size = len(tokens)

    def around(self, k: int) -> Iterator[Hint]:
        """Yield what the patterns around a word of doping say."""
        kind, dopants = self.kinds[k], self.items_left(k)
        if kind == "UNDOPED":
            return
        if kind in ("DOPed", "~substitut", "~incorporat", "~contain", "~activat", "~alloy"):
            yield from self._adjective(k, dopants)
        else:
            yield from self._noun(k, dopants)

    def _adjective(self, k: int, dopants: tuple[int, ...]) -> Iterator[Hint]:
        """Read `X-doped HOST`, `HOST doped with X`, `X doped into HOST`."""
        after = self.words[k + 1] if k + 1 < self.size else ""
        if after in ("with", "by"):
            yield Hint("with", self.phrase_left(k), self.items_right(k + 2))
        elif after in _INTO:
            yield Hint("into", self.phrase_right(k + 2), dopants or self.phrase_left(k))
        elif dopants:
            yield Hint("doped", self.phrase_right(k + 1), dopants)
        else:
            yield Hint("bare", self.phrase_right(k + 1), ())

    def _noun(self, k: int, dopants: tuple[int, ...]) -> Iterator[Hint]:
        """Read `X doping of HOST`, `doping of X into HOST`, `doping HOST with X`."""
        after = self.words[k + 1] if k + 1 < self.size else ""
        if dopants:
            place = self._next_place(k + 1)
            yield (
                Hint("doping", place, dopants)
                if place
                else Hint("loose", self._anywhere(), dopants)
            )
        elif after in ("of", "with", "by"):
            items = self.items_right(k + 2)
            stop = max(items, default=k + 1) + 1
            yield Hint("doping " + after, self._next_place(stop), items)
        elif after in _INTO:
            yield Hint("doping in", self.phrase_right(k + 2), ())
        else:
            yield from self._verb(k)

    def _verb(self, k: int) -> Iterator[Hint]:
        """Read `doping HOST with X` and `doping X into HOST`."""
        first = self.phrase_right(k + 1)
        stop = max(first, default=k) + 1
        word = self.words[stop] if stop < self.size else ""
        if word in ("with", "by"):
            yield Hint("doping H", first, self.items_right(stop + 1))
        elif first:
            yield Hint("doping D", self._next_place(stop), first)

    def _next_place(self, k: int) -> tuple[int, ...]:
        """Return the first phrase behind `of`, `in` or `into`, within reach."""
        for j in range(k, min(k + _REACH, self.size)):
            if self.words[j] in _INTO and (phrase := self.phrase_right(j + 1)):
                return phrase
            if self.kinds[j] in ("VB", "STOP", ";", ".", ",", "(", "["):
                break
        return ()

    def _anywhere(self) -> tuple[int, ...]:
        """Return the compounds of the sentence that stand behind a preposition, or all of them."""
        compounds = [k for k, kind in enumerate(self.kinds) if kind in COMPOUNDS]
        placed = [k for k in compounds if k and self.words[k - 1] in _INTO]
        return (*(placed or compounds),)

    # ---- phrases

    def _inside(self, k: int) -> bool:
        """Say whether a token belongs to a noun phrase."""
        kind = self.kinds[k]
        if kind in PARTS or kind in ("W", "Cap", "SHP", "NUM") or self.words[k] in _DASHES | {"/"}:
            return True
        return kind == "VB" and self.words[k].endswith("ed")

    def phrase_right(self, k: int) -> tuple[int, ...]:
        """Return the noun phrase that begins at a token, articles and brackets passed over."""
        while k < self.size and (self.words[k] in _AMOUNTS or self.words[k] in _DASHES):
            k += 1
        if k < self.size and self.words[k] == "(":
            k = self._behind_bracket(k)
        stop = k
        while stop < self.size and stop - k < 2 * _REACH and self._goes_on(k, stop):
            stop += 1
        while stop > k and self.kinds[stop - 1] in ("VB", "-", "–"):
            stop -= 1
        return (*range(k, stop), *self._alias(stop))

    def _goes_on(self, start: int, k: int) -> bool:
        """Say whether a token still belongs to the noun phrase that begins at `start`."""
        if not self._inside(k) or self.words[k] == "/":
            return False
        if k == start or self.words[k - 1] in _DASHES:
            return True
        # `reduced graphene oxide` is a phrase, of `ZnO obtained by` the first word.
        if self.kinds[k] == "VB":
            return False
        plural = self.kinds[k - 1] in ("W", "SHP") and _PLURAL.fullmatch(self.words[k - 1])
        named = self.kinds[k - 1] in PARTS or self.kinds[k - 1] == "SHP"
        verb = named and self.kinds[k] == "W" and _PLURAL.fullmatch(self.words[k])
        return not plural and not verb

    def _alias(self, k: int) -> tuple[int, ...]:
        """Return the compound in a bracket behind a name: `titanium dioxide (TiO2)`."""
        if k + 2 < self.size and self.words[k] == "(" and self.words[k + 2] == ")":
            return (k + 1,) if self.kinds[k + 1] in COMPOUNDS else ()
        return ()

    def phrase_left(self, k: int) -> tuple[int, ...]:
        """Return the noun phrase that ends before a token, auxiliaries passed over."""
        stop = k
        while stop > 0 and stop > k - _REACH:
            word = self.words[stop - 1]
            if word == ")" and self._before_bracket(stop - 1) is not None:
                stop = self._before_bracket(stop - 1) or 0
            elif word in _PASSED_OVER or self.kinds[stop - 1] == "VB":
                stop -= 1
            else:
                break
        start = stop
        while start > 0 and stop - start < 2 * _REACH and self._inside(start - 1):
            start -= 1
        return (*range(start, stop),)

    def _behind_bracket(self, k: int) -> int:
        """Return the token behind a bracket that opens at a token."""
        for j in range(k + 1, min(k + _REACH, self.size)):
            if self.words[j] == ")":
                return j + 1
        return k

    def _before_bracket(self, k: int) -> int | None:
        """Return the token at which the bracket that closes at a token opens."""
        return next(
            (j for j in range(k - 1, max(k - _REACH, -1), -1) if self.words[j] == "("), None
        )

    # ---- lists of dopants

    def items_left(self, k: int) -> tuple[int, ...]:
        """Return the dopants that a word of doping has before it: `Ca-, Sr- and Ba-doped`."""
        found: list[int] = []
        stop = k - 1
        while stop >= 0 and (self._is_adverb(stop) or self.words[stop] == ")"):
            stop -= 1
        while stop >= 0 and len(found) < _MOST_ITEMS:
            kind = self.kinds[stop]
            if kind in PARTS:
                found.append(stop)
            elif not (found and self._joins(stop)):
                break
            stop -= 1
        if not found and stop >= 0 and self.kinds[stop] in ("W", "Cap", "SHP"):
            start = stop
            while start > 0 and stop - start < 2 and self.kinds[start - 1] in ("W", "Cap", "-"):
                start -= 1
            return (*range(start, stop + 1),)
        return (*reversed(found),)

    def _is_adverb(self, k: int) -> bool:
        """Say whether a token is a dash or a word such as `co`; `Co` is cobalt."""
        if self.kinds[k] == "EL":
            # `Co-doping of Mg and Al` at the beginning of a sentence.
            return k == 0 and self.words[0] == "co" and self.words[3:4] in (["of"], ["with"])
        return self.words[k] in _DASHES or self.words[k] in _ADVERBS

    def _joins(self, k: int) -> bool:
        """Say whether a token joins dopants: it has others on both sides, within two tokens."""
        word = self.words[k]
        if not (word in _SEPARATORS or word in "()%" or self._is_adverb(k)):
            return False
        return any(self.kinds[j] in PARTS for j in range(max(k - 3, 0), k))

    def items_right(self, k: int) -> tuple[int, ...]:
        """Return the dopants from a token on: `1 mol% of Mg and Zn`."""
        found: list[int] = []
        stop = min(self.size, k + 3 * _REACH)
        while k < stop:
            word, kind = self.words[k], self.kinds[k]
            if kind in PARTS or (kind in ("W", "Cap") and word not in _AMOUNTS):
                if found and kind not in PARTS and k - found[-1] > 1:
                    break
                found.append(k)
            elif (
                kind not in ("NUM", "SYM", "GRP")
                and not (word in _AMOUNTS or word in _SEPARATORS or word in "()%.-–=")
            ) or (found and word in _AMOUNTS | {"."}):
                break
            k += 1
        return (*found,)

    # ---- colons

    def colons(self) -> Iterator[Hint]:
        """Yield what `HOST:X`, `X:HOST` and `X:Y:HOST` say."""
        k = 1
        while k < self.size - 1:
            if self.words[k] != ":" or self.kinds[k - 1] not in PARTS | {"W", "Cap"}:
                k += 1
                continue
            chain, k = self._chain(k)
            if len(chain) > 1:
                yield from self._of_chain(chain, k)

    def _chain(self, k: int) -> tuple[list[int], int]:
        """Return the parts that colons and commas join, from the one before a first colon."""
        chain = [k - 1]
        j = k
        while j < self.size:
            word, kind = self.words[j], self.kinds[j]
            if kind in PARTS:
                chain.append(j)
            elif word in ("and", "or"):
                if not self._lists_dopant(j + 1):
                    break
            elif not (word in _IN_CHAIN or kind == "NUM"):
                break
            j += 1
        return chain, max(j, k + 1)

    def _is_ratio(self, chain: Sequence[int], stop: int) -> bool:
        """Say whether a chain gives proportions (`Fe:Cr = 2`) or explains (`(Ch: S, Se)`)."""
        first = chain[0]
        around = {*self.words[max(first - 4, 0) : first], *self.words[stop : stop + 2]}
        if not around.isdisjoint(_PROPORTIONS):
            return True
        if self.kinds[first] not in PARTS and first and self.words[first - 1] == "(":
            return True
        spaced = self.tokens[first].end < self.tokens[first + 1].start
        return spaced and all(self.kinds[k] in _SMALL for k in chain)

    def _lists_dopant(self, k: int) -> bool:
        """Say whether a token is a further dopant, and not the host of a chain of its own."""
        if k >= self.size or self.kinds[k] not in _SMALL:
            return False
        return k + 1 == self.size or self.words[k + 1] not in (":", "-")

    def _of_chain(self, chain: Sequence[int], stop: int) -> Iterator[Hint]:
        """Read a chain: the host is the compound, the last of several elements otherwise first."""
        if self._is_ratio(chain, stop):
            return
        compounds = [k for k in chain if self.kinds[k] not in _SMALL]
        host = compounds[0] if compounds else chain[0]
        if host == chain[0] or host == chain[-1] or self.words[host + 1] == ":":
            yield Hint("colon", (host,), (*(k for k in chain if k != host),))
