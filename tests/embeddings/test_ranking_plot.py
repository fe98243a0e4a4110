from pathlib import Path

import pytest

from embeddings.ranking_plot import formula_markup, plot_ranking
from matlore.errors import InputError
from matlore.records import Candidate


def _candidates(n: int, *, known: bool | None = True) -> list[Candidate]:
    number = None if known is None else 3
    return [
        Candidate(rank, "PbTe", 1 / rank, known, 1200, number, 1999) for rank in range(1, n + 1)
    ]


@pytest.mark.parametrize(
    ("formula", "markup"),
    [
        ("PbTe", "PbTe"),
        ("Bi2Te3", r"Bi$_{\mathregular{2}}$Te$_{\mathregular{3}}$"),
        (
            "Bi0.5Sb1.5Te3",
            r"Bi$_{\mathregular{0.5}}$Sb$_{\mathregular{1.5}}$Te$_{\mathregular{3}}$",
        ),
        ("(Bi,Sb)2Te3", r"(Bi,Sb)$_{\mathregular{2}}$Te$_{\mathregular{3}}$"),
        ("0.9PbTe", "0.9PbTe"),
        ("a$b_c^d\\e", "abcde"),
    ],
)
def test_amounts_become_subscripts(formula: str, markup: str) -> None:
    assert formula_markup(formula) == markup


@pytest.mark.parametrize("known", [True, False, None])
@pytest.mark.parametrize("n", [1, 60])
def test_any_number_of_candidates_can_be_drawn(tmp_path: Path, n: int, known: bool | None) -> None:
    path = tmp_path / "chart.svg"
    plot_ranking(_candidates(n, known=known), "thermal barrier coating", path, vectors="v")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_nothing_to_draw_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no candidates"):
        plot_ranking([], "laser", tmp_path / "chart.png", vectors="v")


def test_plots_that_cannot_be_written_name_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "chart.png"
    folder.mkdir()
    with pytest.raises(InputError, match=r"chart\.png: the plot cannot be written"):
        plot_ranking(_candidates(2), "laser", folder, vectors="v")
