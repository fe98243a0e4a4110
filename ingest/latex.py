"""LaTeX as it occurs in abstracts, rendered as plain text.

One pass over the text, over its special characters only: whatever stands between them is
copied. Abstracts are not compiled by anybody, so nothing here assumes correct LaTeX:
unbalanced `$` and braces, scripts outside of mathematics and unknown macros all give a
sensible text, and no input raises.

Scripts follow the plain spelling of the field: `Bi$_2$Te$_3$` is `Bi2Te3`, a charge
follows its ion (`Pb2+`), an isotope precedes its element (`13C`), every other exponent
keeps a `^` (`10^-3`, `cm^-1`).
"""

import re
import unicodedata

from .latex_scripts import SUPERSCRIPT, attach_superscript, bare_subscript, subscript_pattern
from .latex_symbols import (
    ACCENTS,
    BARS,
    DROPPED,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    LINKS,
    OPERATORS,
    QUANTITIES,
    symbol,
)
from .latex_tokens import Tokens, split_tokens

__all__ = ["render_latex"]

_MILLER = re.compile(r"[-\s\dhkl]{3,12}")
_PRICE = re.compile(r"\d[\d.,]*(?: [A-Za-z]{2,},?)+ ")
_SPACES = frozenset([",", ";", ":", " ", ">", "\n", "\t", "\\"])
_DEPTH = 20


def render_latex(text: str) -> str:
    r"""Return `text` with its LaTeX replaced by plain text.

    Args:
        text: anything; text without `\`, `$`, `{`, `_`, `^` and `~` comes back as it is.
    """
    return _Renderer(split_tokens(text)).render()


class _Renderer(Tokens):
    """Renders one list of tokens; scripts and arguments are rendered by a nested one."""

    def __init__(self, tokens: list[str], *, depth: int = 0, math: bool = False) -> None:
        super().__init__(tokens)
        self.out: list[str] = []
        self.depth = depth
        self.math = math
        self.display = False

    def render(self) -> str:
        while self.tokens:
            self.step(self.tokens.pop())
        return "".join(self.out)

    def step(self, token: str) -> None:
        """Render one token, and those that belong to it."""
        first = token[0]
        if first == "\\":
            self.macro(token[1:])
        elif first == "$":
            self.dollar(token)
        elif first == "_":
            self.subscript()
        elif first == "^":
            self.superscript()
        elif first == "~":
            self.out.append(self.tilde())
        elif first == "{":
            self.open_brace()
        elif first != "}":
            self.out.append(token)

    def last(self) -> str:
        """Return the last character rendered so far."""
        for part in reversed(self.out):
            if part:
                return part[-1]
        return ""

    # Dollars, braces, tildes

    def dollar(self, token: str) -> None:
        if not self.math and self.is_price():
            self.out.append(token)
        elif len(token) == 1:
            self.math = not self.math
        elif self.math and not self.display:
            self.tokens.append("$")  # `$a$$b$`: one span ends and the next begins
            self.math = False
        else:
            self.math = self.display = not self.math
        if self.math:
            self.strip_start()

    def is_price(self) -> bool:
        """Tell whether a dollar is an amount of money: it closes nowhere, or around words."""
        if not self.ahead().isdigit():
            return False
        closing = next((i for i, t in enumerate(reversed(self.tokens)) if t[0] == "$"), None)
        if closing != 1:
            return closing is None
        words = _PRICE.fullmatch(self.tokens[-1])
        next_is_price = len(self.tokens) > 2 and self.tokens[-3][0].isdigit()
        return bool(words and (next_is_price or " " in self.tokens[-1].strip()[2:].strip()))

    def strip_start(self) -> None:
        """Drop blanks at the start of a span, and those before a leading subscript."""
        self.skip_space()
        if self.ahead() == "_" and self.out and self.out[-1].endswith(" "):
            word = self.out[-1].rstrip()
            if word and (word[-1].isalpha() or word[-1] in ")]"):
                self.out[-1] = word

    def open_brace(self) -> None:
        """Keep the braces of a family of planes such as {111}; all others vanish."""
        if (
            len(self.tokens) > 1
            and self.tokens[-2] == "}"
            and _MILLER.fullmatch(self.tokens[-1])
            and not self.math
        ):
            self.out.append("{" + self.tokens.pop() + "}")
            self.tokens.pop()

    def tilde(self) -> str:
        """Read `~` as a sign for "about", or as the blank it is in LaTeX."""
        before, after = self.last(), self.ahead()
        if not before or not (before.isalnum() or before in ".,;:%}"):
            return "~"
        tail = self.out[-1][-2:]
        letters = tail.isalpha() and len(tail) == 2
        if after.isspace() or (before.isalpha() and not letters and after.isalnum()):
            return "~"
        return " "

    # Scripts

    def superscript(self) -> None:
        content = self.script(SUPERSCRIPT)
        if content is None:
            self.out.append("^")
            return
        content = content.replace("−", "-")
        before = self.last()
        if before == " " and re.fullmatch(r"-\d", content):  # `cm $^{-1}$`
            self.out[-1] = self.out[-1].rstrip()
            before = self.last()
        self.out.append(attach_superscript(before, content) if self.depth < 1 else content)

    def subscript(self) -> None:
        before = self.last()
        content = None
        if self.math or before.isalnum() or before in ")]}'" or self.ahead() in "{\\":
            content = self.script(None if self.math else self.text_pattern())
        self.out.append("_" if content is None else bare_subscript(content))

    def text_pattern(self) -> re.Pattern[str]:
        """Return what may be a subscript here, outside of mathematics."""
        before = self.out[-1][-2:] if self.out else ""
        return subscript_pattern(before, self.tokens[-1] if self.tokens else "")

    def script(self, pattern: re.Pattern[str] | None) -> str | None:
        """Take a script's content; None if a bare script matches no `pattern`."""
        if self.math:
            self.skip_space()
        token = self.tokens[-1] if self.tokens else ""
        if not token or token[0] in "}$_^~":
            return None
        if token[0] in "{\\":
            return self.argument()
        match = pattern.match(token) if pattern else re.match(r"\d+(?:\.\d+)?|\S", token)
        if not match:
            return None
        self.push_back(token[match.end() :])
        return match.group()

    # Arguments

    def argument(self) -> str:
        """Take and render the next argument: a group, a macro with its own, a character."""
        self.skip_space()
        if not self.tokens or self.tokens[-1] in ("}", "$", "$$"):
            return ""
        token = self.tokens[-1]
        if token[0] == "\\":
            self.tokens.pop()
            return self.nested_macro(token)
        if token[0] != "{":
            self.push_back(token[1:])
            return token[0]
        return self.nested(self.group())

    def nested(self, tokens: list[str]) -> str:
        if self.depth >= _DEPTH:
            return "".join(token for token in tokens if token not in "{}")
        return _Renderer(tokens, depth=self.depth + 1, math=self.math).render()

    def nested_macro(self, token: str) -> str:
        """Render a macro that is itself an argument, with the arguments it takes."""
        if self.depth >= _DEPTH:
            return ""
        inner = _Renderer([], depth=self.depth + 1, math=self.math)
        inner.tokens = self.tokens  # shared: what the macro takes is gone from here too
        inner.macro(token[1:])
        if token[1:] in FONTS:
            inner.out.append(inner.argument())
        return "".join(inner.out)

    # Macros

    def macro(self, name: str) -> None:
        name = name.rstrip("*") if len(name) > 1 else name
        if not name or not name[0].isalpha():
            self.control_symbol(name)
        elif name in FONTS:
            self.font(name)
        elif name in DROPPED:
            self.drop()
        elif name in ACCENTS:
            self.accent(name)
        elif not self.structure(name):
            self.named(name)

    def control_symbol(self, name: str) -> None:
        """Render a backslash and one sign: an accent, a blank or an escaped sign."""
        if name in ("(", "["):
            self.math = True
            self.skip_space()
        elif name in (")", "]"):
            self.math = False
        elif name == "_" and self.math:
            self.subscript()
        elif name in _SPACES:
            self.out.append(" ")
        elif name in ACCENTS and (self.ahead().isalpha() or self.ahead() in "{\\"):
            self.accent(name)
        elif name not in ("!", "/", "-", "@", '"', "'", "`"):
            self.out.append({"|": "‖"}.get(name, name))

    def font(self, name: str) -> None:
        self.skip_space()
        if name in ("left", "right") and self.ahead() == ".":
            self.push_back(self.tokens[-1][1:])

    def drop(self) -> None:
        """Drop a macro together with its arguments, and a blank before it."""
        self.optional()
        if self.ahead() == "{":
            self.group()
        if self.out and self.out[-1].endswith(" "):
            self.out[-1] = self.out[-1].rstrip(" ")
        if self.ahead().isalnum():
            self.out.append(" ")

    def accent(self, name: str) -> None:
        base = self.argument() if self.tokens else ""
        if base and base[0].isalpha():
            base = unicodedata.normalize("NFC", base[0] + ACCENTS[name]) + base[1:]
        self.out.append(base)

    def structure(self, name: str) -> bool:
        """Render a macro with arguments; False if `name` is none of those known."""
        if name in FRACTIONS:
            self.out.append(f"{_atom(self.argument())}/{_atom(self.argument())}")
        elif name == "sqrt":
            self.optional()
            self.out.append("√" + _atom(self.argument()))
        elif name in BARS:
            content = self.argument()
            self.out.append("-" + content if content[:1].isdigit() else content)
        elif name == "dot":
            self.out.append(self.argument())
        elif name in LINKS:
            self.argument()
            self.out.append(self.argument())
        elif name in ("textsuperscript", "textsubscript"):
            self.tokens.append("^" if name == "textsuperscript" else "_")
        elif name in QUANTITIES:
            self.optional()
            self.out.append(f"{self.argument()} {self.argument()}")
        elif name == "unit":
            value, unit = self.optional(), self.argument()
            self.out.append(f"{value} {unit}" if value else unit)
        elif name == "unicode":
            self.out.append(_code_point(self.argument()))
        else:
            return False
        return True

    def named(self, name: str) -> None:
        """Render a symbol, a function or a macro that nobody knows (as its name)."""
        if name in FUNCTIONS:
            self.out.append(" " + name if self.last().isalnum() else name)
            return
        found = symbol(name)
        spaced = self.ahead() == " "
        self.skip_space()
        if name in OPERATORS:
            self.operator(found or "", spaced=spaced)
        else:
            self.out.append(name if found is None else found)
            if found is None and spaced and self.ahead().isalnum():
                self.out.append(" ")

    def operator(self, sign: str, *, spaced: bool) -> None:
        """Write an operator with a blank on both sides or on neither."""
        if sign in "×±" and self.last() == " " and spaced:
            self.out[-1] = self.out[-1].rstrip(" ")
        elif spaced and self.last() == " " and sign != "~":
            sign += " "
        self.out.append(sign)


def _atom(text: str) -> str:
    """Put parentheses around anything longer than a name or a number."""
    text = text.strip()
    return text if re.fullmatch(r"[\w.']*", text) else f"({text})"


def _code_point(text: str) -> str:
    """Return the character of `x2013`, as in MathJax's `unicode` macro."""
    match = re.fullmatch(r"[xX]([0-9A-Fa-f]{1,6})", text.strip())
    code = int(match.group(1), 16) if match else 0
    return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code < 0x110000 else ""
