"""HTML, JATS and MathML inside titles and abstracts.

Scripts become LaTeX (`_{2}`, `^{-1}`), so that one place decides how a script looks in
plain text: `ingest.latex`. Only tags known by name are read as tags: `<T>` is an average.
"""

import html
import re

__all__ = ["render_markup"]

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,12}\d{0,2});")
_NAMES = (
    "p|br|div|span|i|b|u|em|strong|small|big|sub|sup|inf|a|ul|ol|li|dl|dt|dd|h[1-6]|hr|tt|font|"
    "table|tr|td|th|tbody|thead|img|title|sec|section|abstract|italic|bold|sc|monospace|"
    "underline|label|list|list-item|graphic|ext-link|named-content|styled-content|xref|"
    "inline-formula|disp-formula|alternatives|inline-graphic|roman|LaTeX|math|mrow|mi|mn|mo|"
    "ms|mtext|mspace|mstyle|mfrac|msqrt|mroot|msub|msup|msubsup|munder|mover|munderover|"
    "mmultiscripts|mprescripts|none|mfenced|mpadded|mphantom|menclose|semantics|annotation|"
    "annotation-xml|mtable|mtr|mtd|merror|tex-math"
)
_TAG = re.compile(
    rf"<(?P<end>/?)(?:[a-zA-Z]{{2,5}}:)?(?P<name>{_NAMES})(?P<rest>\s[^<>]*?)?\s*(?P<empty>/?)>"
)
_ANY_NAMESPACED = re.compile(r"</?(?:jats|mml|xhtml|m|ce|sb):[\w-]+(?:\s[^<>]*)?/?>")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->|<\?xml.*?\?>", re.DOTALL)
_MATH = re.compile(r"<((?:\w+:)?)math\b[^<>]{0,500}>.{0,8000}?</\1math>", re.DOTALL)
_HIDDEN = re.compile(
    r"<((?:\w+:)?(?:annotation|annotation-xml|tex-math|script|style))\b[^<>]*>.*?</\1>", re.DOTALL
)
_HAS_MATH = re.compile(r"<(?:\w+:)?math\b")
_BLOCK = frozenset(
    "p br div ul ol li h1 h2 h3 h4 h5 h6 hr table tr td th title sec section abstract "
    "list list-item label".split()
)
_OPEN = {"sub": "_{", "inf": "_{", "sup": "^{"}
_LEAVES = frozenset(["mi", "mn", "mo", "mtext", "ms"])


def render_markup(text: str) -> str:
    """Return `text` with tags removed, entities decoded and scripts as LaTeX."""
    if "&" in text:
        text = _ENTITY.sub(_decode, text)
        if "&" in text:  # encoded twice: `&amp;lt;`
            text = _ENTITY.sub(_decode, text)
    if "<" not in text:
        return text
    text = _COMMENT.sub(" ", text)
    if _HAS_MATH.search(text):
        text = _MATH.sub(lambda match: _mathml(match.group()), _HIDDEN.sub("", text))
    text = _CDATA.sub(r"\1", text)
    return _ANY_NAMESPACED.sub(" ", _TAG.sub(_tag, text))


def _decode(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _tag(match: re.Match[str]) -> str:
    """Return what stands for one tag: a script's brace, a blank, or nothing."""
    name = match["name"].lower()
    if match["empty"]:
        return " " if name in _BLOCK else ""
    if name in _OPEN:
        return "}" if match["end"] else _OPEN[name]
    return " " if name in _BLOCK else ""


def _mathml(source: str) -> str:
    """Render one `<math>` element: a stack of elements, each a list of rendered children."""
    stack: list[tuple[str, list[str]]] = [("math", [])]
    position = 0
    for match in _TAG.finditer(source):
        _leaf_text(stack[-1], source[position : match.start()])
        position = match.end()
        name = match["name"]
        if match["empty"]:
            stack[-1][1].append(" " if name == "mspace" else "")
        elif not match["end"]:
            stack.append((name, []))
        elif len(stack) > 1:
            closed, children = stack.pop()
            stack[-1][1].append(_element(closed, children))
    while len(stack) > 1:
        closed, children = stack.pop()
        stack[-1][1].append(_element(closed, children))
    return "".join(stack[0][1])


def _leaf_text(element: tuple[str, list[str]], text: str) -> None:
    """Keep the text of leaves; blanks between elements mean nothing."""
    name, children = element
    if name in _LEAVES or text.strip():
        children.append(text if name == "mtext" else text.strip())


def _element(name: str, children: list[str]) -> str:
    """Render an element from its rendered children."""
    if name in ("msub", "munder") and len(children) == 2:
        return f"{children[0]}_{{{children[1]}}}"
    if name == "msup" and len(children) == 2:
        return f"{children[0]}^{{{children[1]}}}"
    if name in ("msubsup", "munderover") and len(children) == 3:
        return f"{children[0]}_{{{children[1]}}}^{{{children[2]}}}"
    if name == "mover" and len(children) == 2:
        return _over(children[0], children[1])
    if name == "mfrac" and len(children) == 2:
        return f"\\frac{{{children[0]}}}{{{children[1]}}}"
    if name == "msqrt":
        return f"\\sqrt{{{''.join(children)}}}"
    if name == "mfenced":
        return f"({','.join(children)})"
    if name == "mmultiscripts":
        return _multiscripts(children)
    return "" if name in ("mphantom", "none") else "".join(children)


def _over(base: str, mark: str) -> str:
    """Render something over a base: a bar over a digit is a minus of a Miller index."""
    return f"\\bar{{{base}}}" if mark.strip() in ("¯", "‾", "―", "̅", "_", "-") else base


def _multiscripts(children: list[str]) -> str:
    """Render an isotope: base, scripts after it; scripts before it follow `mprescripts`."""
    base, scripts = (children[0], children[1:]) if children else ("", [])
    filled = [child for child in scripts if child]
    return f"^{{{filled[-1]}}}{base}" if filled else base
