from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.backtest import backtest, thin_years
from embeddings.backtest_plot import plot_backtest
from embeddings.backtest_report import BacktestReport
from embeddings.counts import StudyCounts
from embeddings.stage import StagedPaper
from embeddings.vectors import VectorsCard, WordVectors
from matlore.errors import InputError, NotFoundError, UsageError
from matlore.vocabulary import Application
from ner.formulas import normalize_formula

MAGNET = Application("magnet", ("magnet",), ("magnet",))
METALS = ("Li", "Na", "Rb", "Mg", "Ca", "Sr", "Ba", "Ti", "Zr", "Hf", "Mn", "Fe", "Ni", "Cu", "Zn")
ANIONS = ("O", "S", "Se", "Te", "F", "Cl", "Br", "P")
FORMULAS = [key for a in METALS for b in ANIONS if (key := normalize_formula(a + b))]


def make_vectors(
    scores: dict[str, float], *, until: int | None = None, occurrences: int = 10
) -> WordVectors:
    words = ("magnet", *scores)
    cosines = np.array([1.0, *scores.values()], dtype=np.float32)
    matrix = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1)
    return WordVectors(
        words=words,
        counts=np.full(len(words), occurrences),
        input=matrix,
        output=matrix[1:],
        output_ids=np.arange(1, len(words)),
        card=VectorsCard(f"until-{until}", 2, trained_until=until),
    )


def make_counts(
    found: dict[str, int],
    *,
    named: dict[str, int] | None = None,
    years: Sequence[int] = range(2005, 2016),
) -> StudyCounts:
    """Return counts of a made-up corpus.

    Every formula is named in 2005 (or in as many papers as `named` says), those of
    `found` beside the application in that year, and one more material in each year.
    """
    papers = [StagedPaper("", year, ["SiO2", "glass"]) for year in years]
    for key in FORMULAS:
        papers += [StagedPaper("", 2005, [key, "glass"])] * (named or {}).get(key, 1)
    papers += [StagedPaper("", year, [key, "magnet"]) for key, year in found.items()]
    return StudyCounts.count(papers, {"magnet": ["magnet"]})


def falling(formulas: Sequence[str]) -> dict[str, float]:
    return {key: 0.95 - i / 200 for i, key in enumerate(formulas)}


def run(
    counts: StudyCounts, scores: dict[str, float], *, cutoffs: Sequence[int] = (2010,), top: int = 5
) -> BacktestReport:
    return backtest(
        lambda until: make_vectors(scores, until=until),
        counts,
        application=MAGNET,
        cutoffs=cutoffs,
        top=top,
    )


def test_picks_are_followed_year_by_year() -> None:
    """Two of the first five come true in 2012 and 2014, one further down in 2011."""
    found = {FORMULAS[0]: 2012, FORMULAS[3]: 2014, FORMULAS[40]: 2011}

    report = run(make_counts(found), falling(FORMULAS))

    assert [(row.year, row.hits, row.positives) for row in report.curve] == [
        (2010, 0, 0),
        (2011, 0, 1),
        (2012, 1, 2),
        (2013, 1, 2),
        (2014, 2, 3),
        (2015, 2, 3),
    ]
    assert [row.year for row in report.rows] == [2011, 2012, 2013, 2014, 2015]
    last = report.rows[-1]
    assert (last.picks, last.candidates, last.rate) == (5, 120, 0.4)
    assert last.random == pytest.approx(5 * 3 / 120)
    assert last.ratio == pytest.approx(2 / (5 * 3 / 120))
    assert last.random_p == pytest.approx(0.0042, abs=0.0003)
    assert [pick.found for pick in report.cutoffs[0].picks] == [2012, None, None, 2014, None]


def test_perfect_and_reversed_rankings_bound_the_auc() -> None:
    found = dict.fromkeys(FORMULAS[:10], 2012)
    counts = make_counts(found)

    good = run(counts, falling(FORMULAS), top=10)
    bad = run(counts, falling(FORMULAS[::-1]), top=10)

    assert (good.cutoffs[0].auc, good.cutoffs[0].average_precision) == (1.0, 1.0)
    assert good.rows[-1].hits == 10
    assert bad.cutoffs[0].auc == 0.0
    assert bad.rows[-1].hits == 0
    assert good.cutoffs[0].prevalence == pytest.approx(10 / 120)


def test_what_was_studied_by_the_cutoff_is_no_candidate() -> None:
    found = {FORMULAS[0]: 2010, FORMULAS[1]: 2011}

    report = run(make_counts(found), falling(FORMULAS))

    assert report.cutoffs[0].picks[0].formula == FORMULAS[1]
    assert (report.cutoffs[0].candidates, report.cutoffs[0].studied) == (119, 1)
    assert report.rows[-1].positives == 1


def test_later_cutoffs_have_their_own_vectors_and_candidates() -> None:
    found = {FORMULAS[0]: 2012, FORMULAS[1]: 2014}
    asked: list[int] = []

    def train(until: int) -> WordVectors:
        asked.append(until)
        return make_vectors(falling(FORMULAS), until=until)

    report = backtest(
        train,
        make_counts(found),
        application=MAGNET,
        cutoffs=[2013, 2011],
        follow=[2015, 2014],
        top=2,
    )

    assert asked == [2011, 2013]
    assert [cutoff.vectors for cutoff in report.cutoffs] == ["until-2011", "until-2013"]
    assert [(row.cutoff, row.year, row.hits) for row in report.rows] == [
        (2011, 2014, 2),
        (2011, 2015, 2),
        (2013, 2014, 1),
        (2013, 2015, 1),
    ]


def test_matched_picks_explain_a_ranking_by_frequency() -> None:
    """Where only often named materials come true, frequency explains all hits."""
    often = FORMULAS[:30]
    named = dict.fromkeys(often, 50)
    found = dict.fromkeys(often[:20], 2012)

    last = run(make_counts(found, named=named), falling(FORMULAS), top=30).rows[-1]

    assert last.hits == 20
    assert last.random == pytest.approx(30 * 20 / 120)
    assert last.matched == pytest.approx(20)
    assert (last.matched_low, last.matched_high) == (20, 20)
    assert last.matched_p == pytest.approx(1)
    assert last.matched_ratio == pytest.approx(1)
    assert last.frequent == 20


def test_rarely_named_materials_are_not_ranked() -> None:
    counts = make_counts({FORMULAS[0]: 2012})

    report = backtest(
        lambda until: make_vectors(falling(FORMULAS), occurrences=3),
        counts,
        application=MAGNET,
        cutoffs=[2010],
    )

    assert report.cutoffs[0].candidates == 0
    last = report.rows[-1]
    assert (last.hits, last.picks, last.rate, last.random) == (0, 0, None, None)


def test_fewer_candidates_than_picks_are_all_picked() -> None:
    found = {FORMULAS[0]: 2012}

    last = run(make_counts(found), falling(FORMULAS[:8]), top=50).rows[-1]

    assert (last.picks, last.hits, last.random, last.matched) == (8, 1, 1.0, 1.0)
    assert (last.random_low, last.random_high) == (1, 1)


def test_without_positives_there_is_nothing_to_judge() -> None:
    report = run(make_counts({}), falling(FORMULAS))

    cutoff, last = report.cutoffs[0], report.rows[-1]
    assert (cutoff.positives, cutoff.auc, cutoff.average_precision) == (0, None, None)
    assert (last.hits, last.random, last.ratio, last.random_p) == (0, 0.0, None, 1.0)


def test_equal_scores_keep_the_order_of_the_vocabulary() -> None:
    report = run(make_counts({}), dict.fromkeys(FORMULAS, 0.5))

    assert [pick.formula for pick in report.cutoffs[0].picks] == FORMULAS[:5]
    assert run(make_counts({}), dict.fromkeys(FORMULAS, 0.5)) == report


def test_thin_years_have_under_a_fifth_of_the_median() -> None:
    papers = {2005: 1, 2010: 100, 2011: 90, 2012: 15, 2014: 110, 2015: 95}

    assert thin_years(papers, first=2010) == (2012, 2013)
    assert thin_years({}, first=2010) == ()


def test_thin_years_are_marked_in_the_rows() -> None:
    report = backtest(
        lambda until: make_vectors(falling(FORMULAS)),
        make_counts({}),
        application=MAGNET,
        cutoffs=[2010],
        papers_by_year={2010: 50, 2011: 50, 2012: 2, 2013: 50},
    )

    assert report.thin_years == (2012,)
    assert [row.thin for row in report.rows] == [False, True, False]


@pytest.mark.parametrize(
    ("cutoffs", "follow", "message"),
    [
        ([], [], "at least one cutoff"),
        ([2015], [], "the corpus ends in 2015"),
        ([2010], [2010], "--follow 2010"),
        ([2010], [2020], "not after 2015"),
    ],
)
def test_years_that_make_no_sense_are_refused_before_training(
    cutoffs: list[int], follow: list[int], message: str
) -> None:
    def train(until: int) -> WordVectors:
        raise AssertionError("nothing must be trained")

    with pytest.raises(UsageError, match=message):
        backtest(train, make_counts({}), application=MAGNET, cutoffs=cutoffs, follow=follow)


def test_uncounted_application_is_named() -> None:
    other = Application("levitation", ("levitation",), ("levitation",))

    with pytest.raises(NotFoundError, match=r"levitation.*magnet"):
        backtest(
            lambda until: make_vectors(falling(FORMULAS)),
            make_counts({}),
            application=other,
            cutoffs=[2010],
        )


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_plot_has_a_panel_for_each_cutoff(tmp_path: Path, suffix: str) -> None:
    found = {FORMULAS[0]: 2012, FORMULAS[3]: 2014}
    report = run(make_counts(found), falling(FORMULAS), cutoffs=(2007, 2009, 2011))
    path = tmp_path / f"backtest{suffix}"

    plot_backtest(report, path)

    content = path.read_bytes()
    if suffix == ".png":
        assert content.startswith(b"\x89PNG")
    else:
        text = content.decode()
        assert [f"cutoff {year}" in text for year in (2007, 2009, 2011)] == [True] * 3
        assert "2 of 5" in text


def test_plot_of_nothing_found_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "empty.svg"

    plot_backtest(run(make_counts({}), falling(FORMULAS[:1]), cutoffs=(2010,)), path)

    assert "cutoff 2010" in path.read_text(encoding="utf-8")


def test_plot_refuses_other_files(tmp_path: Path) -> None:
    report = run(make_counts({}), falling(FORMULAS))
    with pytest.raises(UsageError, match=r"ends in \.png"):
        plot_backtest(report, tmp_path / "picture.docx")
    with pytest.raises(InputError, match="cannot be written"):
        plot_backtest(report, tmp_path / "missing" / "picture.png")
