"""Which material an abstract is about."""

import re
from collections import defaultdict
from dataclasses import dataclass

from matlore.records import Mention

from ..elements import ELEMENTS, word_set
from .document import Document
from .own_materials import outermost

__all__ = ["ELECTRODE", "Main", "find_main", "is_battery", "material_name"]

_TITLE, _FIRST, _CLEAR = 2.5, 1.0, 1.1
_BESIDE = re.compile(
    r"[- ]?(?:doped|doping|dopants?|substitut\w+|substrates?|ions?\b|atoms?|content|vacanc\w+"
    r"|concentration|rich|free|electrodes?\b|site|addition|interstitial|like\b|based\b|[Dd]erived\b"
    r"|contamination|impurit\w+|precursors?|template|binder|coat\w+|layers?\b on)"
)
_BEFORE = re.compile(
    r"(?:substrates?|\bthan|versus|\bvs\.?(?: Ag/)?|compared (?:to|with)|doped with|into)"
    r" (?:the )?$|\b(?:oxidation|reduction|pyrolysis|decomposition|reaction|annealing) of $"
    r"|\b(?:encapsulated (?:by|in|with)|between|coated with|supported on|derived from) $"
)
ELECTRODE = re.compile(
    r"(?:[- ]based)?[- ](?:\w+[- ])?(?:cathodes?|anodes?|electrodes?)\b"
    r"|(?: \w+)? as (?:an? |the )?(?:[\w-]+ ){0,2}(?:cathode|anode|electrode|host)"
)
_WORDS = re.compile(
    r"oxides?|metals?|alloys?|films?|nanoparticles?|polymers?|ceramics?|glass(?:es)?|steels?"
    r"|semiconductors?|perovskites?|carbon|ion|Li|Na|K|H2O|water|O|H|hydrogen|oxygen|halides?"
    r"|sul(?:f|ph)ides?|chalcogenides?|fluorides?|cuprates?|pnictides?|composites?",
    re.IGNORECASE,
)
_NO_ELECTRODES = ELEMENTS - word_set("C Si Ge Sn Pb P As Sb Bi S Se Te Li Na K Mg Ca Zn Al In")
_ION = re.compile(r"[A-Z][a-z]?\d? ?[+-]")
_OTHER_PART = re.compile(
    r"\)?[- ](?:based )?(?:[\w-]+ ){0,2}(?:electrolytes?|separators?|binders?|additives?|salts?)\b"
)
_BATTERY = re.compile(
    r"[ -](?:ion |metal |air |full |coin |flow |pouch |hybrid |redox ){0,2}"
    r"(?:batter(?:y|ies)|LOBs|LSBs|cells?)\b",
    re.IGNORECASE,
)
_FEW_ELEMENTS = re.compile(r"[A-Z][a-z]?\d?(?:[-–][A-Z][a-z]?\d?)?")
_CHEMISTRY = re.compile(
    r"(?:Li|Na|K|Zn|Mg|Al|Ca)[-–](?:S|Se|Te|O2|I2|Br2|CO2|air|ion)"
    r"|(?:zinc|lithium|sodium|potassium|alumini?um|magnesium)[-–]"
    r"(?:air|sul(?:f|ph)ur|iodine|ion|metal|oxygen|selenium|bromine|iodide)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Main:
    """The main material: its key, its mention, and how clear it is, 0 to 1."""

    name: str
    mention: int
    clear: float


def material_name(mention: Mention) -> str:
    """Return what mentions of one material have in common: the norm, or the text itself."""
    return mention.norm or mention.text.lower()


def find_main(document: Document, *, electrode: bool = False) -> Main | None:
    """Return the main material of a text by title, frequency and first position.

    Args:
        document: with its mentions.
        electrode: whether the material of a battery's electrode is wanted.

    Returns:
        None where there is no material, or several are as good.
    """
    points: defaultdict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    title_end = max(document.text.find("\n"), 0)
    materials = [item for item in enumerate(document.mentions) if item[1].label == "MAT"]
    for position, mention in outermost(materials):
        name = material_name(mention)
        gained = _points(document.text, mention, title_end, name in first)
        if electrode:
            gained *= _electrode_factor(document.text, mention)
        points[name] += gained
        first.setdefault(name, position)
    ranked = sorted(points, key=lambda name: (-points[name], first[name]))
    if not ranked or points[ranked[0]] <= 0:
        return None
    best = points[ranked[0]]
    second = max(points[ranked[1]], 0.0) if len(ranked) > 1 else 0.0
    if best < _CLEAR * second:
        return None
    return Main(ranked[0], first[ranked[0]], best / (best + second))


def _electrode_factor(text: str, mention: Mention) -> float:
    """Return how much more a mention weighs where an electrode is meant, less than 1 for less."""
    if ELECTRODE.match(text, mention.end):
        return 2.5
    if _ION.fullmatch(mention.text) or _OTHER_PART.match(text, mention.end):
        return 0.2
    if mention.norm in _NO_ELECTRODES:
        return 0.3
    return 0.2 if is_battery(text, mention) else 1.0


def is_battery(text: str, mention: Mention) -> bool:
    """Say whether a mention only names a kind of battery: `Li-S batteries`, `Na-O2 battery`."""
    if _CHEMISTRY.fullmatch(mention.text):
        return True
    return bool(_FEW_ELEMENTS.fullmatch(mention.text) and _BATTERY.match(text, mention.end))


def _points(text: str, mention: Mention, title_end: int, known: bool) -> float:
    """Return what one mention says for its material."""
    aside = _BESIDE.match(text, mention.end) or _BEFORE.search(
        text, max(0, mention.start - 20), mention.start
    )
    points = 0.2 if aside else 1.0
    if mention.start < title_end:
        points += _TITLE * (0.2 if aside else 1.0)
    elif not known:
        points += _FIRST * max(0.0, 1 - (mention.start - title_end) / 600)
    # The second of `A-B` and `A/B`.
    if mention.start and text[mention.start - 1] in "-/:|" and text[mention.start - 2].isalnum():
        points *= 0.5
    if (mention.norm or "name:").startswith("name:"):
        points *= 0.75
    if _WORDS.fullmatch(mention.text) or is_battery(text, mention):
        return points * 0.35
    if (mention.norm or mention.text) in ELEMENTS:
        return points * (0.7 if mention.start < title_end and not aside else 0.35)
    return points
