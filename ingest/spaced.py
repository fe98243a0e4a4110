"""Formulas that lost their subscripts to blanks: `Na 3 V 2 (PO 4 ) 3` is `Na3V2(PO4)3`.

Some aggregators replace each tag of a subscript or superscript by a blank. Only what cannot
well be anything else is joined: symbols of elements, a small number, and no unit after it.
"""

import re

__all__ = ["join_spaced"]

# While it works, \x01 ends a number that was joined to its element, and \x02 stands where
# a blank inside a formula was.
_ELEMENTS = (
    "He|Li|Be|Ne|Na|Mg|Al|Si|Cl|Ar|Ca|Sc|Ti|Cr|Mn|Fe|Co|Ni|Cu|Zn|Ga|Ge|As|Se|Br|Kr|Rb|Sr|Zr|Nb|"
    "Mo|Tc|Ru|Rh|Pd|Ag|Cd|In|Sn|Sb|Te|Xe|Cs|Ba|La|Ce|Pr|Nd|Pm|Sm|Eu|Gd|Tb|Dy|Ho|Er|Tm|Yb|Lu|Hf|"
    "Ta|Re|Os|Ir|Pt|Au|Hg|Tl|Pb|Bi|Po|Ra|Ac|Th|Pa|Np|Pu|H|B|C|N|O|F|P|S|K|V|Y|I|W|U"
)
_PIECE = rf"[(\[]*(?:{_ELEMENTS})(?:[(\[]|{_ELEMENTS}|[)\]])*"
_NUMBER = r"(?:\d{1,2}(?:\.\d{1,3})?(?:[-+–][xyzδ])?|1[-–][xyz](?:[-–][xyz])?|[xyδ])"
_NOT_A_SUBSCRIPT = (
    r"(?![\w%°‰]|[.,]\d|[-–][A-Za-z\d]| ?(?:"
    r"(?:[kmcμnpMGT]?(?:m|g|V|A|W|Hz|eV|L|l|mol|s|Pa|J|M|K)|h|min|hours?|days?|weeks?|times?|"
    r"years?|at\.?%|wt|vol|mAh|ppm|Å|layers?|steps?|fold|to \d)(?![A-Za-z]| \d)|[°%×±]))"
)
_CANDIDATE = re.compile(r"(?:[A-Z][a-z]?|[)\]]) (?:\d|[xyδ] )")
_SUBSCRIPT = re.compile(rf"(?<![A-Za-z\d.])({_PIECE}) ({_NUMBER}){_NOT_A_SUBSCRIPT}")
_GROUP = re.compile(rf"(\x01 ?[)\]]+) ({_NUMBER}){_NOT_A_SUBSCRIPT}")
_CHARGED = re.compile(
    rf"(?<![A-Za-z\d])((?:{_ELEMENTS})+(?:\d{{1,2}}\x01)?) (\d?)([+–-])(?=[,.;:)/]| [a-z]{{2}}|$)"
)
_ION = re.compile(rf"(?<![A-Za-z\d])({_ELEMENTS}) (\d)\+(?![\w.])")
_BEFORE_PIECE = re.compile(
    r"\x01 (?=[)\]]|[(\[][^()\[\]]{1,40}[)\]](?:\d|[xyδ]\x01|\()|"
    rf"(?:{_ELEMENTS})+(?:\d[\d.]*(?:[-+–][xyzδ])?|[xyδ]|1[-–][xyz])\x01)"
)
_BEFORE_ANION = re.compile(
    rf"(?<![A-Za-z)\]\x01])((?:{_ELEMENTS})[\d.]+)\x01 "
    r"((?:O|S|Se|Te|N|P|F|Cl|Br|I|C|B|Si|As|Sb)(?![A-Za-z']))"
)
_MXENE = re.compile(r"(?<=[CN\d])\x01? T x(?![A-Za-z])")
_ALONE = re.compile(rf"(?<![A-Za-z\d)\]\x02])((?:{_ELEMENTS})+)({_NUMBER})\x01(?!\x02)")
_MIXED = re.compile(rf"(?:{_ELEMENTS}){{2,}}(?:[2-9]|1\d|(?<=[OSN])[xyδ])|(?:Cl|Br)2")
_CAPITALS = re.compile(  # most words in capitals are no formulas
    r"[HNOFI]2|O3|[HKB]?(?:CO|NO|SO|PO|VO|IO)[2-7x]|"
    r"(?:NH|CH|OH|PF|BF|WS|WO|VS|BO|PS|SF|CF|UO|BH|NF|CS|CN)[2-7x]"
)


def join_spaced(text: str) -> str:
    """Return `text` with the blanks inside formulas taken out.

    Args:
        text: cleaned text on one line.
    """
    if not _CANDIDATE.search(text):
        return text
    marked = _ION.sub(r"\1\2+", text)
    marked = _SUBSCRIPT.sub("\\1\\2\x01", marked)
    if "\x01" not in marked:
        return marked
    marked = _GROUP.sub("\\1\\2\x01", marked)
    marked = _CHARGED.sub(_charged, marked)
    marked = _BEFORE_PIECE.sub("\x02", marked)
    marked = _BEFORE_ANION.sub("\\1\x02\\2", marked)
    marked = _MXENE.sub("\x02Tx", marked)
    marked = _ALONE.sub(_only_if_sure, marked)
    return marked.replace("\x01", "").replace("\x02", "")


def _charged(match: re.Match[str]) -> str:
    """Join a charge to its ion; after a subscript a number gets a `^`."""
    ion, number, sign = match.groups()
    caret = "^" if number and ion.endswith("\x01") else ""
    return f"{ion}{caret}{number}{'+' if sign == '+' else '-'}"


def _only_if_sure(match: re.Match[str]) -> str:
    """Undo the join of a number that nothing follows, where it may be any number."""
    joined = match[1] + match[2]
    known = _CAPITALS if match[1].isupper() else _MIXED
    return joined if known.fullmatch(joined) else f"{match[1]} {match[2]}"
