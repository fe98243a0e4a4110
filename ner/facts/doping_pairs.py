"""What a linear model sees of a host and a dopant of one sentence, to say whether they pair."""

from collections.abc import Sequence
from typing import NamedTuple

from .doping_rules import Hint
from .doping_tokens import DopingToken

__all__ = ["DopingSpan", "pair_features", "pattern_pairs"]


class DopingSpan(NamedTuple):
    """A host or a dopant: tokens `first` to `last`, both included."""

    kind: str
    first: int
    last: int
    score: float


def pair_features(
    tokens: Sequence[DopingToken],
    spans: Sequence[DopingSpan],
    hints: Sequence[Hint],
    host: DopingSpan,
    dopant: DopingSpan,
) -> list[str]:
    """Return the features of a pair.

    Args:
        tokens: of the sentence.
        spans: all hosts and dopants of the sentence, this pair among them.
        hints: what the patterns of doping find in the sentence.
        host: whose `kind` is `H`.
        dopant: whose `kind` is `D`.
    """
    order = "DH" if dopant.first < host.first else "HD"
    left, right = (dopant, host) if order == "DH" else (host, dopant)
    between = [span for span in spans if left.last < span.first and span.last < right.first]
    hosts = sum(span.kind == "H" for span in between)
    dopants = len(between) - hosts
    kinds = _between(tokens, left, right)
    gap = right.first - left.last - 1
    near = _bucket(gap)
    n_hosts = len({_text(tokens, span) for span in spans if span.kind == "H"})
    cues = sorted({kind for kind in kinds if kind.startswith(("DOP", ":", "~", "UNDOPED"))})
    path = "_".join(kinds) if len(kinds) < 6 else "long"
    return [
        *_hinted(hints, host, dopant),
        f"o={order}", f"g={order}{near}", f"hb={order}{min(hosts, 2)}", f"db={min(dopants, 3)}",
        f"hosts={min(n_hosts, 3)}", f"hosts={min(n_hosts, 3)}{order}{min(hosts, 2)}",
        f"path={order}{path}", *(f"cue={order}{cue}" for cue in cues), f"cues={len(cues)}",
        *(f"link={order}{kind}" for kind in {*kinds} & {";", ",", "and", "(", "with", "of", "in"}),
        f"nearest={order}{_nearest(spans, host, dopant)}",
        f"next={order}{tokens[min(left.last + 1, len(tokens) - 1)].kind}",
        f"end={order}{tokens[max(right.first - 1, 0)].kind}",
        f"kinds={tokens[dopant.first].kind}{tokens[host.first].kind}",
    ]  # fmt: skip


def _hinted(hints: Sequence[Hint], host: DopingSpan, dopant: DopingSpan) -> list[str]:
    """Return which patterns pair the two, and which pair one of them with something else."""
    found = set()
    for hint in hints:
        if not hint.is_certain:
            continue
        with_host, with_dopant = _touches(host, hint.host), _touches(dopant, hint.dopants)
        if with_host and with_dopant:
            found |= {"both", f"both={hint.pattern}"}
        elif with_host or with_dopant:
            found.add("host elsewhere" if with_host else "dopant elsewhere")
    both = "both" in found
    return [
        *sorted(found),
        f"hinted={both}{'host elsewhere' in found}{'dopant elsewhere' in found}",
    ]


def pattern_pairs(
    hints: Sequence[Hint], spans: Sequence[DopingSpan]
) -> set[tuple[DopingSpan, DopingSpan]]:
    """Return the pairs of a host and a dopant that a pattern joins."""
    return {
        (host, dopant)
        for hint in hints
        if hint.is_certain
        for host in spans
        if host.kind == "H" and _touches(host, hint.host)
        for dopant in spans
        if dopant.kind == "D" and _touches(dopant, hint.dopants)
    }


def _touches(span: DopingSpan, places: Sequence[int]) -> bool:
    return any(span.first <= k <= span.last for k in places)


def _between(tokens: Sequence[DopingToken], left: DopingSpan, right: DopingSpan) -> list[str]:
    return [token.kind for token in tokens[left.last + 1 : right.first]]


def _text(tokens: Sequence[DopingToken], span: DopingSpan) -> str:
    return " ".join(token.text for token in tokens[span.first : span.last + 1])


def _bucket(gap: int) -> int:
    return next((limit for limit in (1, 2, 3, 5, 8, 12, 20) if gap <= limit), 99)


def _nearest(spans: Sequence[DopingSpan], host: DopingSpan, dopant: DopingSpan) -> bool:
    """Say whether no other host is nearer to the dopant."""

    def gap(other: DopingSpan) -> int:
        return max(other.first - dopant.last, dopant.first - other.last)

    return all(gap(host) <= gap(span) for span in spans if span.kind == "H")
