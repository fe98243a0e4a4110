"""What is doped with what: pairs of a host and a dopant that a sentence names.

Both are often no mention of the tagger, which takes `Mn-doped ZnO` for one material, so that
mentions are added. What has no key is left out: hosts such as `the films`, whose material another
sentence names, and dopants that are no matter (`hole doping`, `n-type`).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..elements import ELEMENT_NAMES, ELEMENTS
from ..labels import Span
from ..names import material_key
from .document import Document
from .doping_model import load_doping_model
from .doping_pairs import DopingSpan
from .doping_rules import find_hints
from .doping_tokens import PARTS, DopingToken, doping_tokens, may_dope
from .own_materials import material_linker
from .parts import Relation

__all__ = ["DOPING_VERSION", "dopant_key", "find_dopings"]

DOPING_VERSION = "3"
"""Changes when other dopings may be found."""

_ION = re.compile(r"(?:\d*\.?\d+\s*%?\s*)?([A-Z][a-z]?)(?:x|y|\s?[\d+−–-]{1,3}|\s?\(?[IV]+\)?)?")
_DECORATION = re.compile(
    r"^(?:tri|di|tetra|mono|penta|hexa)valent |^elemental |^element |^atomic |^metallic |^metal "
    r"| (?:ions?|atoms?|dopants?|elements?|impurit(?:y|ies)|cations?|anions?|metals?)$"
)
_NO_HOST = re.compile(
    r"\b(?:sites?|sublattices?|dopants?|ions?|atoms?)$|^[A-Z][a-z]?\d?[+−]$", re.I
)
_LONGEST_TAIL = 25
# The word at the beginning of a sentence, a spin and other symbols with a value.
_OTHER_SIGN = re.compile(r"No\s|[A-Z]\s?[=≥≤<>]")
_LEAST_SCORE = 0.3
_MOST_SENTENCES = 500  # the rest is dropped; abstracts have less than 60
_GASES = frozenset("O O2 N N2 H H2 F Cl Br S He Ar Ne P".split())
"""Never a host: what reads so is what was replaced (`oxygen substituted with nitrogen`)."""

_OTHER_MATTER = re.compile(r"(?:ides?|ates?|ites?|phosphorenes?)$")
_BASED = re.compile(r"[-‐–](?:based|type|like|rich|containing|poor)\b")
_NO_DOPANT = frozenset("electron electrons hole holes e- e− carrier carriers n p H2O".split())


class _Found(NamedTuple):
    """A pair with offsets into the text."""

    host: tuple[int, int]
    dopant: tuple[int, int]
    score: float


def find_dopings(document: Document) -> list[Relation]:
    """Return what a paper says is doped with what, sentence by sentence.

    Args:
        document: mentions that the tagger did not make are added to it.

    Returns:
        `DOPED_WITH`, host first, each pair of mentions once, with a score from 0 to 1.

    Raises:
        ArtifactError: the model that ships cannot be read.
    """
    found = [
        pair
        for number in range(min(len(document.sentences), _MOST_SENTENCES))
        for pair in _in_sentence(document, number)
        if pair.score >= _LEAST_SCORE
    ]
    hosts = _host_mentions(document, {pair.host: pair.score for pair in found})
    relations: dict[tuple[int, int], Relation] = {}
    for pair in found:
        host, key = hosts.get(pair.host), dopant_key(document.text[slice(*pair.dopant)])
        if host is None or key is None or document.mentions[host].norm in _GASES | {key}:
            continue
        if _OTHER_SIGN.match(document.text, pair.dopant[0]):
            continue
        dopant = document.add(*pair.dopant, "MAT", key, round(pair.score, 4))
        score = round(pair.score, 4)
        if dopant != host and (
            (host, dopant) not in relations or relations[host, dopant].score < score
        ):
            relations[host, dopant] = Relation("DOPED_WITH", host, dopant, score=score)
    return [*relations.values()]


def _in_sentence(document: Document, number: int) -> Iterator[_Found]:
    """Yield the pairs of a sentence."""
    start, end = document.sentences[number]
    if not may_dope(document.text[start:end]):
        return
    tokens = doping_tokens(document.text, start, end)
    hints = find_hints(tokens)
    if not any(hint.dopants for hint in hints):
        return
    model = load_doping_model()
    for host, dopant, score in model.links(tokens, hints, model.spans(tokens, hints)):
        place = (tokens[host.first].start, tokens[host.last].end)
        for part in _parts(tokens, dopant):
            yield _Found(place, part, score)


def _parts(tokens: Sequence[DopingToken], span: DopingSpan) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each dopant of a span such as `Yb3+/Er3+`."""
    inside = tokens[span.first : span.last + 1]
    parts = [token for token in inside if token.kind in PARTS]
    if len(parts) > 1 and all(t.kind in PARTS or t.text in "/,-–+and&" for t in inside):
        yield from ((token.start, token.end) for token in parts)
    else:
        yield inside[0].start, inside[-1].end


def _host_mentions(
    document: Document, hosts: dict[tuple[int, int], float]
) -> dict[tuple[int, int], int]:
    """Return the mention of each host that has a key, by its place."""
    places = [place for place in hosts if _may_host(document.text, *place)]
    if not places:
        return {}
    spans = [Span(start, end, "MAT") for start, end in places]
    found = {}
    for place, norm in zip(places, material_linker().link(document.text, spans), strict=True):
        known = _known_mention(document, place, norm)
        if known is not None:
            found[place] = known
        elif norm is not None and _is_sure(norm, document.text[slice(*place)]):
            found[place] = document.add(*place, "MAT", norm, round(hosts[place], 4))
    return found


def _may_host(text: str, start: int, end: int) -> bool:
    """Say whether a host is a material: no site, no ion, no element that a material is rich in."""
    host = text[start:end]
    if _NO_HOST.search(host):
        return False
    element = host in ELEMENTS or host.lower() in ELEMENT_NAMES
    return not (element and host.lower() != "carbon" and _BASED.match(text, end))


def _is_sure(norm: str, text: str) -> bool:
    """Say whether a key is a formula or a name that is known, no mere string (`name:black`)."""
    return not norm.startswith("name:") or material_key(text) == norm


def _known_mention(document: Document, place: tuple[int, int], norm: str | None) -> int | None:
    """Return the tagger's mention of a host: one that overlaps it and has its norm.

    Where the host has none that says something (`carbon sheaths`), a mention that begins it,
    or all but a prefix of it, stands for it.
    """
    start, end = place
    for position in sorted(document.mentions_in(document.sentence_at(start), "MAT")):
        mention = document.mentions[position]
        if mention.norm is None or mention.end <= start or mention.start >= end:
            continue
        vague = norm is None or norm.startswith("name:")
        tail = document.text[mention.end : end]
        part = not tail or (mention.start == start and len(tail) < _LONGEST_TAIL)
        if part and _OTHER_MATTER.search(tail):
            continue
        if mention.norm == norm or (vague and start <= mention.start and part):
            return position
    return None


@lru_cache(maxsize=16384)
def dopant_key(text: str) -> str | None:
    """Return the key of a dopant: `Er` for `Er3+`, `trivalent erbium` or `Erx`; None for a hole."""
    previous, bare = None, " ".join(text.split()).strip(" ()-–")
    while previous != bare:
        previous, bare = bare, _DECORATION.sub("", bare).strip()
    if not bare or bare in _NO_DOPANT:
        return None
    if bare.lower() in ELEMENT_NAMES:
        return ELEMENT_NAMES[bare.lower()]
    if (ion := _ION.fullmatch(bare)) and ion.group(1) in ELEMENTS:
        return ion.group(1)
    return material_key(bare)
