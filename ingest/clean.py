"""Titles and abstracts as received, turned into plain text.

The result has plain formulas (`Yb2Be2SiO7`, `La1-xSrxMnO3`), one spelling for each sign,
no markup, no publisher's boilerplate and single blanks. `CLEANER_VERSION` goes into each
paper: it changes whenever the same record may give another text.
"""

import re
import unicodedata

from .latex import render_latex
from .markup import render_markup
from .spaced import join_spaced

__all__ = ["CLEANER_VERSION", "clean_text"]

CLEANER_VERSION = "3"

_SPECIAL = re.compile(r"[\\${}_^~]")
_MARKUP = re.compile(r"&[#A-Za-z]|</?[A-Za-z!?]")
_MOJIBAKE = re.compile("[ÂÃÎÏâ][\u0080-\u00bf\u201a-\u203a\u20ac\u2122]|[\u0080-\u009f]|\ufffd")
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\uffff\ud800-\udfff]"
)
_DIGITS = "0123456789"
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", _DIGITS + "+-=()ni", strict=True))
_SUPERSCRIPT_RUN = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_SIGNS = (
    dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", _DIGITS + "+-=()", strict=True))
    | {
        "‐": "-", "‑": "-", "‒": "-", "−": "-", "﹣": "-", "－": "-", "─": "-", "―": "—",
        "═": "=", "∼": "~", "⁓": "~", "～": "~", "∗": "*", "⁎": "*", "∙": "·", "⋅": "·",
        "‧": "·", "・": "·", "･": "·", "∆": "Δ", "𝛥": "Δ", "ϵ": "ε", "ɛ": "ε", "ϕ": "φ",
        "ϑ": "θ", "ϱ": "ρ", "µ": "μ", "ƞ": "η", "℃": "°C", "℉": "°F", "º": "°", "˚": "°",
        "’": "'", "‘": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "′": "'", "″": '"', "´": "'", "…": "...", "⋯": "...", "⩽": "≤", "⩾": "≥", "≦": "≤",
        "≧": "≥", "◦": "°", "ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl",
        "½": "1/2", "¼": "1/4", "¾": "3/4", "\uf8ff": "-", "\uf8fe": "=", "\uf0b0": "°",
        "\uf02d": "-", "\uf061": "α", "\uf062": "β", "\uf064": "δ", "\uf067": "γ",
        "\uf06d": "μ", "\uf070": "π", "\uf071": "θ", "\uf073": "σ", "\uf077": "ω",
        "\uf044": "Δ", "\uf057": "Ω", "\uf0d7": "·", "\uf0b4": "×", "\uf0b1": "±",
        "\uf0e0": "→", "\uf020": " ", "\uf032": "2", "\uf06c": "λ", "\uf06b": "κ",
        "⟶": "→", "⁄": "/", "∕": "/",
    }
)  # fmt: skip
_SIGN = re.compile("[" + "".join(_SIGNS) + "]")
_COMPATIBILITY = re.compile("[ₐ-ₜᵢ-ᵪ\uff01-\uff5e\U0001d400-\U0001d7ff\u2100-\u2112\u2114-\u2134ⱼ]")
_DASHED_VARIABLE = re.compile(r"(?<=\d)–(?=[xyzδ]\b|[xyzδ][A-Z(])")
_QUOTES = re.compile(r"``|''")
_DASHES = re.compile(r"(?<!-)(-{2,3})(?!-)")
_SPACE = re.compile(r"\s+")
_BEFORE_STOP = re.compile(r" +(?=[,.;](?: |$))")
_LABEL = re.compile(
    r"(?i:(?:graphical )?abstract\s*[:.–—]\s*)|(?:ABSTRACT|SUMMARY)\s*:?\s+|"
    r"(?:Abstract|Summary)\s+(?=[A-Z][\w-]*\s+\w)"
)
_RIGHTS = r"(?:©|\(c\)|\(C\)|[Cc]opyright|COPYRIGHT)\s*(?:©|\([cC]\))?\s*(?:\d{4}|[A-Z])"
_OWNER = (
    r"(?:[Aa]ll [Rr]ights [Rr]eserved|Elsevier [^.]{0,30}(?:B\.\s?V|Ltd|Inc|Masson SAS|GmbH)|"
    r"American Chemical Society|American Physical Society|American Institute of Physics|"
    r"AIP Publishing(?: LLC)?|IOP Publishing(?: Ltd)?|The Royal Society of Chemistry|"
    r"Wiley[^.]{0,40}(?:GmbH(?: & Co\. KGaA)?|Inc|Ltd|LLC|KGaA)[^.]{0,20}|"
    r"Springer[^.]{0,60}|The Authors?|Author\(s\)|Optical Society of America|"
    r"The Electrochemical Society|Materials Research Society)"
)
_LEADING_RIGHTS = re.compile(rf"^{_RIGHTS}.{{0,160}}?{_OWNER}\.?,?\s*(?:{_OWNER}\.?\s*)*(?=[A-Z])")
_TRAILING_RIGHTS = re.compile(rf"(?:^|(?<=[.!?)\]])\s|\s)\s*{_RIGHTS}[^\n]{{0,200}}$")
_MINUS_DIGIT = re.compile(r"[A-Za-zΩ] ?[‐−–] ?[1-4](?![\w.%])")
_UNIT_EXPONENT = re.compile(
    r"(?<=[\s\d·/])((?:[kmcnμdMGTp]?(?:m|s|g|V|W|A|K|J|Pa|Hz|eV|S|L|F|C|mol|Ω)|h|mAh|Wh|min|dec))"
    r" ?[‐−–] ?([1-4])(?![\w.%]| ?[‐−–-] ?\d)"
)


def clean_text(raw: str) -> str:
    """Return a title or an abstract as plain text.

    Args:
        raw: anything: LaTeX, HTML, MathML, wrong encodings; never raises.

    Returns:
        One line in Unicode NFC without markup and without surrounding blanks.
    """
    text = raw
    if not text.isascii():
        text = _repair(text)
    if "&" in text or "<" in text:
        text = _markup(text)
    if not text.isascii():
        text = _signs(text)
    if _SPECIAL.search(text):
        text = render_latex(text)
    if "--" in text or "``" in text or "''" in text:
        text = _typewriter(text)
    text = _CONTROL.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _SIGN.sub(_plain_sign, text))
    text = _SPACE.sub(" ", text).strip()
    text = _BEFORE_STOP.sub("", text)
    return join_spaced(_without_boilerplate(text))


def _repair(text: str) -> str:
    """Undo a wrong decoding (`Ã©` for `é`), where the text shows signs of one."""
    if not _MOJIBAKE.search(text):
        return text
    import ftfy

    return str(ftfy.fix_encoding(text))


def _markup(text: str) -> str:
    return render_markup(text) if _MARKUP.search(text) else text


def _signs(text: str) -> str:
    """Reduce look-alike signs to one each, and scripts to LaTeX's."""
    if _MINUS_DIGIT.search(text):
        text = _UNIT_EXPONENT.sub(r"\1^{-\2}", text)
    text = _SIGN.sub(_plain_sign, text)
    text = _SUPERSCRIPT_RUN.sub(_superscript, text)
    text = _COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return _DASHED_VARIABLE.sub("-", text)


def _plain_sign(match: re.Match[str]) -> str:
    return _SIGNS[match.group()]


def _superscript(match: re.Match[str]) -> str:
    return "^{" + "".join(_SUPERSCRIPTS[sign] for sign in match.group()) + "}"


def _typewriter(text: str) -> str:
    """Replace LaTeX's ``quotes'' and dashes."""
    text = _QUOTES.sub('"', text)
    return _DASHES.sub(lambda match: "–" if len(match.group()) == 2 else "—", text)


def _without_boilerplate(text: str) -> str:
    """Drop a leading label and the publisher's copyright lines."""
    match = _LABEL.match(text)
    if match:
        text = text[match.end() :]
    if "©" in text or "opyright" in text or "(c)" in text or "(C)" in text:
        text = _LEADING_RIGHTS.sub("", text)
        text = _TRAILING_RIGHTS.sub("", text).rstrip()
    return text
