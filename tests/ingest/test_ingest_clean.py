"""Text cleaning: pairs of raw and clean text, and what holds for any text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean import CLEANER_VERSION, clean_text

FORMULAS = [
    (r"Yb$_2$Be$_2$SiO$_7$", "Yb2Be2SiO7"),
    (r"Bi$_{0.5}$Sb$_{1.5}$Te$_3$", "Bi0.5Sb1.5Te3"),
    (r"La$_{1-x}$Sr$_x$MnO$_3$", "La1-xSrxMnO3"),
    (r"Bi$_{2-x}$(Sr,Ba)$_{x}$Te$_{3+\delta}$", "Bi2-x(Sr,Ba)xTe3+δ"),
    (r"{\rm SrTiO_3}", "SrTiO3"),
    (r"$\mathrm{Bi_2Te_3}$", "Bi2Te3"),
    (r"$\rm YBa_2Cu_3O_{7-\delta}$", "YBa2Cu3O7-δ"),
    (r"Sr$_2$IrO$_4$", "Sr2IrO4"),
    ("SrTiO_3 and La_1-xSr_xMnO_3", "SrTiO3 and La1-xSrxMnO3"),
    ("SmFeAsO_(0.8)F_(0.2)", "SmFeAsO0.8F0.2"),
    (r"\ce{Mn_{0.5}Zn_{0.5}Fe2O4}", "Mn0.5Zn0.5Fe2O4"),
    (r"Sr\textsubscript{2}IrO\textsubscript{4}", "Sr2IrO4"),
    ("Bi₂Te₃ and La₁₋ₓSrₓMnO₃", "Bi2Te3 and La1-xSrxMnO3"),
    ("Li<sub>2</sub>FeSiO<sub>4</sub>", "Li2FeSiO4"),
    ("La1−xSrxMnO3, Bi2–xSbxTe3", "La1-xSrxMnO3, Bi2-xSbxTe3"),
    (r"Ba$_8$Ga $_{16}$Sn$_{30}$", "Ba8Ga16Sn30"),
    (r"$\alpha$-RuCl$_3$ and {\theta}'-phase", "α-RuCl3 and θ'-phase"),
    (r"$P$$\overline3$$c$1 and $R\bar{3}m$", "P-3c1 and R-3m"),
    (r"the (10\={1}0) and $(10\bar{1}0)$ planes", "the (1010) and (10-10) planes"),
    ("{111} and {110} faces", "{111} and {110} faces"),
    (r"Pb$^{2+}$, Cu$^+$, O^{2-}, Fe$^{3+}$/Fe$^{2+}$", "Pb2+, Cu+, O2-, Fe3+/Fe2+"),
    (r"SO$_4^{2-}$", "SO4^2-"),
    (r"$^{13}$C, $^3$He and \textsuperscript{57}Fe", "13C, 3He and 57Fe"),
    ("Pb²⁺ and ¹³C", "Pb2+ and 13C"),
]
UNITS = [
    (r"10$^{-3}$, $10^{-3}$, 10^{14}, 10^(-3)", "10^-3, 10^-3, 10^14, 10^-3"),
    (r"cm$^{-1}$ and cm$^3$", "cm^-1 and cm^3"),
    ("10⁻³ cm⁻¹", "10^-3 cm^-1"),
    ("5 mA cm−2 and 300 mW m ‐2", "5 mA cm^-2 and 300 mW m^-2"),
    (r"180 $\mu$V/K, 5 \mum, 3 \AA", "180 μV/K, 5 μm, 3 Å"),
    (r"$\mathrm{W\,m^{-1}K^{-1}}$", "W m^-1K^-1"),
    (r"300$^\circ$C, 300{\deg}C, 300&deg;C, 300 ℃", "300°C, 300°C, 300°C, 300 °C"),
    (r"\SI{10}{\kelvin} and \SI{3}{\micro\meter}", "10 K and 3 μm"),
    (r"\unit[5]{nm} and \unit{K}", "5 nm and K"),
    (r"$3\times10^4$, $3 \times 10^4$, 2$\times$2", "3×10^4, 3×10^4, 2×2"),
    (r"1.2$\pm$0.3", "1.2±0.3"),
    (r"5\% at 0.5\,meV", "5% at 0.5 meV"),
    (r"$T\leq 300$ K, $T \leq 300$ K", "T≤300 K, T ≤ 300 K"),
]
SYMBOLS = [
    (r"$T_c$, $T_{c}$, $T_{\rm c}$, $T_\mathrm{c}$", "Tc, Tc, Tc, Tc"),
    (r"$d_{x^2-y^2}$ orbitals", "dx2-y2 orbitals"),
    (r"$T^*$ and $m^{\ast}$", "T* and m*"),
    (r"5$^{th}$ order", "5th order"),
    (r"$\mathcal{PT}$ and $\mathbb{Z}_2$", "PT and Z2"),
    (r"$\sqrt{2}\times\sqrt{2}$, $\frac{1}{2}$, $\frac12$", "√2×√2, 1/2, 1/2"),
    (r"$e^{-x/T}$ and $\ln T$", "e^(-x/T) and ln T"),
    (r"$\chi^{(3)}$", "χ^(3)"),
    (r"$\varepsilon$ and $\epsilon$, ϵ", "ε and ε, ε"),
    (r"a gap of ~5 meV, $\sim$5 meV, T~5 K", "a gap of ~5 meV, ~5 meV, T~5 K"),
    (r"Fig.~3 at~300 K, 10~K", "Fig. 3 at 300 K, 10 K"),
    (r"$k\cdot p$ and $\mathbf{k}\cdot\mathbf{p}$", "k·p and k·p"),
    (r"\(x = 1\) and \[y\]", "x = 1 and y"),
    (r"5 $\unicode{x212B}$", "5 Å"),
]
WORDS = [
    (r"Schr\"odinger, N\'eel, N\'{e}el, \v{C}erenkov", "Schrödinger, Néel, Néel, Čerenkov"),
    (r"Ang{\aa}str{\o}m, Schr$\ddot{o}$dinger, \'{\i}", "Angåstrøm, Schrödinger, í"),
    (r"\textit{in situ}, \emph{ab initio}, {\it et al}", "in situ, ab initio, et al"),
    (r"as shown \cite{one,two}. So", "as shown. So"),
    (r"\href{x.org}{text} and \textcolor{red}{more}", "text and more"),
    ("``quoted'' and 'this'", "\"quoted\" and 'this'"),
    ("a--b and c---d", "a–b and c—d"),
    (r"A\&B, x\_y", "A&B, x_y"),
    ("my_file_name and x^y", "my_file_name and x^y"),
    ("it costs $5 or $10 a watt", "it costs $5 or $10 a watt"),
    ("costs $5 per watt, then $7 more", "costs $5 per watt, then $7 more"),
    ("R&amp;D, a &lt; b, &amp;lt;", "R&D, a < b, <"),
    ("<p>One</p><p>Two <i>d</i>-band</p>", "One Two d-band"),
    ("<jats:p>Text <jats:italic>here</jats:italic></jats:p>", "Text here"),
    ("the average <T> and <x>, 5 < 6", "the average <T> and <x>, 5 < 6"),
    ("cafÃ© and 5 Âµm", "café and 5 μm"),
    ("zero\u200bwidth \u202aand\u202c soft\u00adhyphen\x07", "zerowidth and softhyphen"),
    ("many   blanks\n\tand\u00a0lines ", "many blanks and lines"),
    ("e\u0301tude", "étude"),
    ("“a” ‘b’ metal‐organic C═C C─C ﬁeld", "\"a\" 'b' metal-organic C=C C-C field"),
]
MATHML = [
    (
        "<mml:math><mml:msub><mml:mi>T</mml:mi><mml:mi>c</mml:mi></mml:msub></mml:math> of 9 K",
        "Tc of 9 K",
    ),
    (
        "<math><mrow><msub><mi>Bi</mi><mn>2</mn></msub><msub><mi>Te</mi><mn>3</mn></msub></mrow></math>",
        "Bi2Te3",
    ),
    ("10<math><msup><mi/><mrow><mo>-</mo><mn>3</mn></mrow></msup></math>", "10^-3"),
    ("<math><msubsup><mi>A</mi><mn>1</mn><mn>2</mn></msubsup></math>", "A1^2"),
    ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1/2"),
    ("<math><msqrt><mn>3</mn></msqrt><mo>×</mo><msqrt><mn>3</mn></msqrt></math>", "√3×√3"),
    (
        "<math><mi>x</mi><annotation encoding='tex'>x_never</annotation></math> and y",
        "x and y",
    ),
    ("a <math><mi>broken</mi>", "a broken"),
]
BOILERPLATE = [
    ("Abstract: We grow crystals.", "We grow crystals."),
    ("ABSTRACT We grow crystals.", "We grow crystals."),
    ("Abstract We grow crystals.", "We grow crystals."),
    ("Abstract algebra of crystals", "Abstract algebra of crystals"),
    ("Summary of the workshop", "Summary of the workshop"),
    ("© 2013 Elsevier B.V. All rights reserved. We grow crystals.", "We grow crystals."),
    ("We grow crystals. (c) 2006 Elsevier B.V. All rights reserved.", "We grow crystals."),
    ("We grow crystals. © 2012 American Chemical Society", "We grow crystals."),
    (r"We grow. $\copyright$2000 Published by Elsevier Science B.V.", "We grow."),
    ("We discuss copyright of data.", "We discuss copyright of data."),
]
SPACED = [
    ("the Na 3 V 2 (PO 4 ) 3 cathode", "the Na3V2(PO4)3 cathode"),
    ("LiNi 0.8 Co 0.1 Mn 0.1 O 2 and Li 3 N.", "LiNi0.8Co0.1Mn0.1O2 and Li3N."),
    ("reduction of CO 2 to H 2 and C 2 H 4 .", "reduction of CO2 to H2 and C2H4."),
    ("mobility of Zn 2+ and NO 3 − in H 2 O", "mobility of Zn2+ and NO3- in H2O"),
    ("Ti 3 C 2 T x sheets", "Ti3C2Tx sheets"),
    ("In 2012 we put GaAs 5 nm above NaCl 2 M", "In 2012 we put GaAs 5 nm above NaCl 2 M"),
    ("see Table 2, Co 3 d states, Fe 1 of 4", "see Table 2, Co 3 d states, Fe 1 of 4"),
    ("NSLS-II 28 and Fe(III) 5,10 and BNS 15.90", "NSLS-II 28 and Fe(III) 5,10 and BNS 15.90"),
]
PAIRS = FORMULAS + UNITS + SYMBOLS + WORDS + MATHML + BOILERPLATE + SPACED


@pytest.mark.parametrize(("raw", "clean"), PAIRS)
def test_a_raw_text_becomes_plain(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    "clean", [clean for _, clean in PAIRS if "Fig." not in clean and "x_y" not in clean]
)
def test_clean_text_stays_as_it_is(clean: str) -> None:
    assert clean_text(clean) == clean


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="\\$_^{}~<&`'-")))
def test_plain_ascii_is_only_folded(text: str) -> None:
    visible = re.sub(r"[\x00-\x08\x0e-\x1b\x7f]", "", text)
    plain = re.sub(r" +(?=[,.;](?: |$))", "", " ".join(visible.split()))
    known = any(word in plain.lower() for word in ("abstract", "summary", "copyright", "(c)"))
    spaced = re.search(r"[A-Z)\]][a-z]? [\dxy]", plain)
    assert known or spaced or clean_text(text) == plain


@given(st.text())
def test_any_text_is_cleaned_to_one_line_of_utf8(text: str) -> None:
    clean = clean_text(text)
    assert clean == " ".join(clean.split())
    assert clean.encode("utf-8").decode("utf-8") == clean


MARKUP = st.lists(
    st.sampled_from(
        r"$ $$ \ { } _ ^ ~ _{ ^{ \frac \sqrt \rm \mathrm{ \alpha \"o \bar \left \cite{ \ce{ \( \) "
        r"\text{ \unicode{x41} <sub> </sub> <math> <msub> <mi> </mi> </msub> </math> <b> &amp; "
        "-- `` '' ² ₂ ⁻ − ‐ Ã© © 2 x O (PO 4) Na cm K".split(" ")
    )
    | st.just(" ")
    | st.text(max_size=3)
).map("".join)


@given(MARKUP)
def test_broken_markup_never_fails(text: str) -> None:
    assert isinstance(clean_text(text), str)


@given(MARKUP)
def test_cleaning_settles(text: str) -> None:
    """A clean text may hold `{` or `~` that meant something else before: not for ever."""
    once = clean_text(text)
    for _ in range(12):
        twice = clean_text(once)
        if twice == once:
            break
        assert len(twice) <= len(once) + 8
        once = twice
    assert clean_text(once) == once


@pytest.mark.parametrize(
    "piece", ["{", "^{", "\\frac{", "$_", "<math><mi>", "\\bar", "(PO 4 ", "$1"]
)
def test_long_nonsense_is_cleaned_in_good_time(piece: str) -> None:
    assert isinstance(clean_text(piece * 5_000), str)


@given(st.lists(st.sampled_from(["Na", "Fe", "O", "Bi", "Te", "Sr"]), min_size=1), st.data())
def test_a_formula_is_the_same_in_all_notations(elements: list[str], data: st.DataObject) -> None:
    amounts = [data.draw(st.sampled_from(["2", "0.5", "1-x", "12", "x"])) for _ in elements]
    plain = "".join(e + n for e, n in zip(elements, amounts, strict=True))
    for around in ("$_{%s}$", "<sub>%s</sub>", r"\textsubscript{%s}", "_{%s}"):
        raw = "".join(e + around % n for e, n in zip(elements, amounts, strict=True))
        assert clean_text(raw) == plain


def test_lone_surrogates_are_dropped() -> None:
    assert clean_text("a\ud835b") == "ab"


def test_the_version_is_a_word() -> None:
    assert re.fullmatch(r"[\w.]+", CLEANER_VERSION)
