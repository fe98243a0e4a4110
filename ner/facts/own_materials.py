"""Materials that the tagger has missed or cut up: composites, cells, acronyms before a device.

`S@Fe-N/P-PC` is one material, though a tagger may see but `Fe` in it; `Li||NCM811` is a cell,
and what is measured is the electrode that is no metal; `the LRMO cathode` is made of LRMO.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from matlore.records import Mention
from matlore.vocabulary import find_term

from ..elements import ELEMENTS, word_set
from ..formulas import normalize_formula
from ..labels import Span
from ..linking import Linker
from .document import Document

__all__ = ["add_materials", "material_linker", "outermost"]

_COMPOSITE_SCORE, _CELL_SCORE, _KNOWN_SCORE, _HEAD_SCORE = 0.85, 0.85, 0.85, 0.75
_PART = r"(?:r|[a-z]-|[a-z]{4,10}-)?[A-Zα-ω][\w.()+δ]{0,30}"
_COMPOSITE = re.compile(rf"(?<![\w@/|‖∥–.-]){_PART}(?:[@/–-]{_PART}){{1,5}}(?![\w@|‖∥])")
_SPLIT = re.compile(r"[@/–-]")
# Two strokes, or one on either side of an electrolyte: `Li|PSI|NCM9055`.
_CELL_SIGN = re.compile(
    r"\s?(?:\|\||‖|∥|││|//)\s?|(?<=[LZ][in])\|[^\s|]{1,30}\||(?<=Na)\|[^\s|]{1,30}\|"
)
_MEMBER_BEFORE = re.compile(
    r"(?:\b[A-Z]{2,5} (?=\d{3}))?[^\s|‖∥│,;/]{1,40}(?:/[^\s|‖∥│,;/]{1,20})?$"
)
_MEMBER_AFTER = re.compile(r"[^\s|‖∥│,;/]{1,40}(?: \d{3}\b)?")
_NAME = re.compile(r"(?<![\w@/-])[A-Zα-ω][\w-]{0,30}\w")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d{0,2}){2,6}(?<=\d)|(?:[A-Z][a-z]?\d{1,2}){1,5}[A-Z][a-z]?")
_ELECTRODE = r"(?:cathodes?|anodes?|electrodes?)\b"
_HEAD = re.compile(
    r"(?<![\w@/-])(?P<name>[A-Zα-ω](?:[\w@/.+-]|\([\w.,-]{1,20}\)){1,30}|[a-z]{5,24})"
    r"\)?(?:[- ]based)? "
    rf"(?:as (?:an? |the )?(?:[\w-]+ )?{_ELECTRODE}|{_ELECTRODE}"
    r"|(?:thin[- ])?(?:films?|nanowires?|nanosheets?|nanoribbons?|nanotubes?|monolayers?"
    r"|(?:single )?crystals?|transistors?|FETs|TFTs)\b)"
)
_IS_ELECTRODE = re.compile(_ELECTRODE)
_TELLING = re.compile(r"[A-Z0-9]")
_DEVICES = word_set(
    "FET FETs MOSFET MOSFETs TFT TFTs HEMT HEMTs LED LEDs OLED IGBT APD SPD DFT XRD NMR STM ARPES "
    "LIB LIBs SIB SIBs NIB NIBs PIB PIBs ZIB ZIBs AZIB AZIBs LSB LSBs LMB LMBs SSB SSBs ASSB ASSBs "
    "ASSLB ASSLBs ASSLSBs SSE SSEs SEI CEI HER OER ORR ZAB ZABs AZMBs MEA CVD MOCVD MBE ALD PLD "
    "TEM SEM 2D 3D 1D 0D RT DC AC RF UV IR NIR PV PCE TE SC HTS AFM FM FE AFE RE TM TMD TMDs TMDC "
    "TMDCs NP NPs NW NWs NT NTs QD QDs LOB LOBs Type Janus Heusler Dirac Weyl Mott Hall IV II III "
    "VI G0W0 GW PBE HSE HSE06 BSE LDA GGA DMFT Li-ion Na-ion K-ion Zn-ion Al-ion Mg-ion Zn-air "
    "Li-air Al-air"
)
_METALS = word_set("Li Na K Zn Al Mg Ca Cu Pt C Gr graphite AC SSE LATP LLZO LPSC")
_SHORT_FORM = re.compile(r"[@/]|^[A-Z]{2,5}\d{2,4}$|[A-Z]{3}")
_JOINED = re.compile(r"[\w.()+δ-]+(?:[@/][\w.()+δ-]+)+")
_MOST_ADDED = 40


def add_materials(document: Document, ranges: Sequence[tuple[int, int]]) -> None:
    """Add the materials of some stretches that the tagger has missed, with their norms.

    Args:
        document: grows; composites that the tagger found without a norm get one.
        ranges: where to look, such as sentences.
    """
    known = _known_names(document)
    for start, end in ranges:
        there = [one for one in document.mentions if start <= one.start < end]
        materials = [(one.start, one.end) for one in there if one.label == "MAT"]
        for span in _found(document, start, end, there, known):
            low, high = span.start, span.end
            if any(a <= low and high <= b for a, b in materials):
                continue
            materials.append((low, high))
            surface = document.text[low:high]
            document.add(low, high, "MAT", known.get(surface) or _norm(surface), span.score or 0.0)
        for span in _cells(document.text, start, end):
            surface = document.text[span.start : span.end]
            norm = known.get(surface) or _norm(surface)
            document.add(span.start, span.end, "MAT", norm, span.score or 0.0)
    _name_composites(document)


def _found(
    document: Document, start: int, end: int, there: Sequence[Mention], known: dict[str, str | None]
) -> list[Span]:
    """Return what may be a material between two offsets, the longest kinds first."""
    text = document.text
    other = {(one.start, one.end) for one in there if one.label != "MAT"}
    spans = [*_composites(text, start, end, there)]
    for match in _NAME.finditer(text, start, end):
        word = match.group()
        new = _FORMULA.fullmatch(word) and match.span() not in other and normalize_formula(word)
        if word in known or new:
            spans.append(Span(*match.span(), "MAT", _KNOWN_SCORE))
    spans += _before_heads(document, start, end, there)
    return spans[:_MOST_ADDED]


def outermost(mentions: Sequence[tuple[int, Mention]]) -> list[tuple[int, Mention]]:
    """Return the mentions that are not part of a larger one, in the order of the text.

    Of a cell (`Li||NCM811`) its electrode is returned instead.
    """
    ordered = sorted(mentions, key=lambda item: (item[1].start, -item[1].end))
    whole = [item for item in ordered if not _is_cell(item[1].text)]
    if len(whole) < len(ordered):
        inner = [one for _, one in whole]
        ordered = [item for item in ordered if item in whole or not _holds(item[1], inner)]
    kept: list[tuple[int, Mention]] = []
    for position, mention in ordered:
        if mention.text.isupper() and _is_other(mention.norm or "", mention.text):
            continue
        if not kept or mention.end > kept[-1][1].end:
            kept.append((position, mention))
    return kept


@lru_cache(maxsize=8192)
def _is_other(norm: str, text: str) -> bool:
    """Say whether an acronym is of a property or a method: `FE`, for Faradaic efficiency."""
    name = norm.removeprefix("name:")
    if name == norm or name.lower() == text.lower():
        return False
    return any(find_term(name, kind) is not None for kind in ("property", "method"))


def _is_cell(text: str) -> bool:
    return "||" in text or "‖" in text or "∥" in text or "//" in text or "|" in text


def _holds(outer: Mention, others: Sequence[Mention]) -> bool:
    return any(outer.start <= one.start and one.end <= outer.end for one in others)


def _known_names(document: Document) -> dict[str, str | None]:
    """Return the names of more than an element that the text uses for materials elsewhere."""
    known: dict[str, str | None] = {}
    elsewhere = {mention.text for mention in document.mentions if mention.label != "MAT"}
    for mention in document.mentions:
        name = mention.text
        sure = mention.label == "MAT" and (mention.score or 1.0) > 0.5
        # A compound's acronym stays one where the tagger takes it for an application.
        compound = mention.norm is not None and not mention.norm.startswith("name:")
        if sure and _is_name(name) and (compound or name not in elsewhere):
            known.setdefault(name, mention.norm)
    for acronym in document.acronyms:
        if acronym.short in known or not _is_name(acronym.short):
            continue
        # `hard carbon (HC)`, but no `carbon-based cathode (CBC)`.
        low, high = acronym.long_start, acronym.long_end
        if any(m.label == "MAT" and low <= m.start < high <= m.end for m in document.mentions):
            known[acronym.short] = _norm(acronym.long)
    return known


def _is_name(word: str) -> bool:
    return len(_TELLING.findall(word)) > 1 and word not in ELEMENTS and word not in _DEVICES


def _composites(text: str, start: int, end: int, there: Sequence[Mention]) -> Iterator[Span]:
    """Yield words of several parts one of which is known for a material."""
    for match in _COMPOSITE.finditer(text, start, end):
        parts = _SPLIT.split(match.group())
        if any(part in _DEVICES for part in parts) or all(part in ELEMENTS for part in parts):
            continue
        low = match.start()
        high = match.end() - len(match.group()) + len(match.group().rstrip(".)+"))
        if text.count("(", low, high) > text.count(")", low, high):
            high += text[high : high + 1] == ")"
        if text.count("(", low, high) != text.count(")", low, high):
            continue  # cut out of a formula
        named = [one for one in there if one.start < high and low < one.end]
        if any(one.label == "MAT" for one in named) and _are_parts(parts, named):
            yield Span(low, high, "MAT", _COMPOSITE_SCORE)


def _are_parts(parts: Sequence[str], named: Sequence[Mention]) -> bool:
    """Say whether all parts look like formulas or acronyms, or are known for materials."""
    words = {one.text for one in named if one.label == "MAT"}
    return all(part in words or part in ELEMENTS or _TELLING.findall(part)[1:] for part in parts)


def _cells(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the electrode of a cell that is no metal, the later one of two: `Zn||MnO2`."""
    if not _is_cell(text):
        return
    last = start
    for sign in _CELL_SIGN.finditer(text, start, end):
        if sign.start() < last:
            continue
        before = _MEMBER_BEFORE.search(text, max(start, sign.start() - 60), sign.start())
        after = _MEMBER_AFTER.match(text, sign.end(), end)
        for member in (after, before):
            if member and _is_electrode(member.group()):
                low = member.start() + len(member.group()) - len(member.group().lstrip("(["))
                yield Span(low, member.end(), "MAT", _CELL_SCORE)
                break
        last = sign.end()


def _is_electrode(member: str) -> bool:
    return (
        member not in _METALS
        and member not in ELEMENTS
        and member.rpartition("@")[2] not in ("Li", "Na", "K")
        and len(re.findall(r"[A-Z]", member)) > 1
    )


def _before_heads(
    document: Document, start: int, end: int, there: Sequence[Mention]
) -> Iterator[Span]:
    """Yield acronyms and known names before a device that is made of them."""
    other = {(one.start, one.end) for one in there if one.label != "MAT"}
    for match in _HEAD.finditer(document.text, start, end):
        name, span = match.group("name"), match.span("name")
        if span in other or (name != name.lower() and not _is_name(name)):
            continue
        if name == name.lower() and not (
            _IS_ELECTRODE.match(document.text, match.end("name") + 1) and _norm(name)
        ):
            continue
        if any(acronym.short == name for acronym in document.acronyms):
            continue  # of a material, it would be known by now
        if re.search(r"[a-z]-[a-z]", name) or name.rstrip("s") in _DEVICES:
            continue
        yield Span(*span, "MAT", _HEAD_SCORE)


def _name_composites(document: Document) -> None:
    """Give composites that the tagger found the name that they are written by."""
    for position, mention in enumerate(document.mentions):
        if mention.label != "MAT" or mention.norm is not None or _is_cell(mention.text):
            continue
        if _JOINED.fullmatch(mention.text) and mention.text.count("(") == mention.text.count(")"):
            document.mentions[position] = replace(mention, norm=_norm(mention.text))


@lru_cache(maxsize=1)
def material_linker() -> Linker:
    """Return a linker for materials alone, which are named without vocabularies of terms."""
    return Linker(terms={})


@lru_cache(maxsize=8192)
def _norm(surface: str) -> str | None:
    """Return the norm of a name; a composite without one is known by its name as written."""
    (norm,) = material_linker().link(surface, [Span(0, len(surface), "MAT")])
    # `NCM9055` is no compound of carbon and nitrogen.
    torn = norm and norm.startswith("family:") and _SHORT_FORM.search(surface)
    if torn or (norm is None and _JOINED.fullmatch(surface)):
        return f"name:{surface}"
    if norm and norm.startswith("name:") and surface == surface.lower():
        return None
    return norm
