"""What single LaTeX macros mean in plain text."""

from functools import lru_cache

__all__ = [
    "ACCENTS",
    "BARS",
    "DROPPED",
    "FONTS",
    "FRACTIONS",
    "FUNCTIONS",
    "LINKS",
    "OPERATORS",
    "QUANTITIES",
    "symbol",
]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω",
}  # fmt: skip

# One spelling for each letter, whatever its shape in print: vocabularies stay small.
VARIANTS = {f"var{name}": letter for name, letter in GREEK.items()} | {
    f"up{name}": letter for name, letter in GREEK.items()
}

OPERATORS = {
    "times": "×", "pm": "±", "mp": "∓", "sim": "~", "thicksim": "~", "simeq": "≃",
    "approx": "≈", "thickapprox": "≈", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥",
    "geq": "≥", "geqslant": "≥", "lesssim": "≲", "gtrsim": "≳", "alt": "≲", "agt": "≳",
    "lsim": "≲", "gsim": "≳", "ll": "≪", "gg": "≫", "ne": "≠", "neq": "≠", "equiv": "≡",
    "propto": "∝", "to": "→", "rightarrow": "→", "longrightarrow": "→", "leftarrow": "←",
    "leftrightarrow": "↔", "rightleftharpoons": "⇌", "cdot": "·", "div": "÷", "parallel": "∥",
    "perp": "⊥", "bot": "⊥", "in": "∈", "cong": "≅", "mid": "|", "lt": "<", "gt": ">",
    "cross": "×", "lessapprox": "≲", "gtrapprox": "≳", "Rightarrow": "⇒", "rightleftarrows": "⇄",
}  # fmt: skip

_OTHER = {
    "AA": "Å", "angstrom": "Å", "aa": "å", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø",
    "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "i": "i", "j": "j", "eth": "ð", "deg": "°",
    "degree": "°", "textdegree": "°", "degrees": "°", "celsius": "°C", "degreeC": "°C",
    "degreeCelsius": "°C", "percent": "%", "micro": "μ", "textmu": "μ", "ell": "ℓ",
    "hbar": "ħ", "hslash": "ħ", "infty": "∞", "partial": "∂", "nabla": "∇", "prime": "'",
    "dagger": "†", "dag": "†", "ast": "*", "star": "*", "circ": "°", "bullet": "•",
    "langle": "⟨", "rangle": "⟩", "la": "⟨", "ra": "⟩", "vert": "|", "lvert": "|", "rvert": "|",
    "Vert": "‖", "lVert": "‖", "rVert": "‖", "ldots": "...", "dots": "...", "cdots": "...",
    "lq": "'", "rq": "'", "textquoteleft": "'", "textquoteright": "'", "textquotedblleft": '"',
    "textquotedblright": '"', "guillemotleft": '"', "guillemotright": '"', "textendash": "–",
    "textemdash": "—", "textless": "<", "textgreater": ">", "textasciitilde": "~",
    "textregistered": "®", "texttrademark": "™", "copyright": "©", "textcopyright": "©",
    "surd": "√", "sum": "∑", "int": "∫", "prod": "∏", "uparrow": "↑", "downarrow": "↓",
    "lbrace": "{", "rbrace": "}", "colon": ":", "onehalf": "1/2", "half": "1/2",
    "quad": " ", "qquad": " ", "thinspace": " ", "space": " ", "par": " ", "newline": " ",
    "enspace": " ", "hfill": " ", "backslash": "\\", "S": "§", "P": "¶", "lbrack": "[",
    "rbrack": "]", "square": "□", "Box": "□", "cdotp": "·", "over": "/", "per": "/",
    "meter": "m", "metre": "m", "kelvin": "K", "electronvolt": "eV", "eV": "eV",
    "milli": "m", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "nano": "n",
    "pico": "p", "femto": "f", "centi": "c", "second": "s", "tesla": "T", "hertz": "Hz",
    "watt": "W", "volt": "V", "ampere": "A", "ohm": "Ω", "pascal": "Pa", "joule": "J",
    "gram": "g", "mole": "mol", "nm": "nm", "um": "μm", "us": "μs", "K": "K", "GHz": "GHz",
    "squared": "^2", "cubed": "^3", "mum": "μm", 
    "R": "R", "Z": "Z", "C": "C", "N": "N", "muup": "μ",
}  # fmt: skip

FUNCTIONS = frozenset(
    "ln log exp cos sin tan cot sec tanh sinh cosh coth arctan arcsin arccos max min sup inf "
    "lim det dim arg mod Re Im Tr tr".split()
)

# Fonts, sizes, spacing and brackets: the macro vanishes, its argument stays.
FONTS = frozenset(
    "rm bf it em sl sf tt sc cal mit bm pmb emph text textrm textbf textit textsl textsc textsf "
    "texttt textup textnormal textmd mathrm mathbf mathit mathcal mathbb mathfrak mathsf mathtt "
    "mathscr mathnormal mathbit boldsymbol boldmath unboldmath Bbb frak EuScript operatorname "
    "mbox hbox fbox rmfamily sffamily ttfamily bfseries itshape scshape upshape ensuremath "
    "protect mathop mathbin mathrel mathord left right big Big bigg Bigg bigl bigr Bigl "
    "Bigr biggl biggr Biggl Biggr middle displaystyle textstyle scriptstyle scriptscriptstyle "
    "tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge limits nolimits "
    "nobreakdash noindent centering relax vphantom smash underline uline uppercase lowercase "
    "MakeUppercase expandafter widetilde widehat overrightarrow overleftarrow vec Vec "
    "hat tilde  linebreak nonumber notag not mathchar rev red blue tcb ce ch "
    "si num atop displaylimits bbox overbrace underbrace up".split()
)


# Over a letter; in text and, as some write it, in mathematics.
ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "v": "\u030c", "c": "\u0327", "H": "\u030b", "r": "\u030a", "k": "\u0328",
    "u": "\u0306", "ddot": "\u0308", "acute": "\u0301", "grave": "\u0300", "check": "\u030c",
    "breve": "\u0306", "mathring": "\u030a", "d": "\u0323",
}  # fmt: skip
DROPPED = frozenset(
    "cite citep citet onlinecite citealp Cite parencite textcite ref eqref label footnote "
    "thanks pacs begin end vspace hspace hskip vskip color special bibitem index phantom "
    "raisebox includegraphics".split()
)
LINKS = frozenset(["href", "textcolor", "colorbox"])
FRACTIONS = frozenset(["frac", "tfrac", "dfrac", "nicefrac", "sfrac", "cfrac"])
QUANTITIES = frozenset(["SI", "qty"])
BARS = frozenset(["bar", "overline"])


@lru_cache(maxsize=4096)
def symbol(name: str) -> str | None:
    """Return the plain text of a macro without arguments, or None if nobody knows it.

    Args:
        name: the macro's name without the backslash: `alpha`, `AA`, `lesssim`.
    """
    for table in (GREEK, OPERATORS, _OTHER, VARIANTS):
        if name in table:
            return table[name]
    return _library_symbol(name) or _greek_prefix(name)


def _greek_prefix(name: str) -> str | None:
    """Read a missing space after a Greek letter: `muV` is `μV`, `Deltax` is `Δx`."""
    for length in range(len(name) - 1, 1, -1):
        if name[:length] in GREEK:
            return GREEK[name[:length]] + name[length:]
    return None


def _library_symbol(name: str) -> str | None:
    """Look a macro up in pylatexenc's table."""
    spec = _library().get_macro_spec(name)
    found = getattr(spec, "simplify_repl", None)
    return found if isinstance(found, str) and "%" not in found else None


@lru_cache(maxsize=1)
def _library():  # type: ignore[no-untyped-def]
    """Load pylatexenc's table of macros, once."""
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()
