"""What a backtest finds: by cutoff and year, by cutoff as a whole, and the first picks."""

from dataclasses import dataclass

__all__ = ["BacktestReport", "BacktestRow", "CutoffReport", "Pick"]


@dataclass(frozen=True, slots=True)
class Pick:
    """One of the first materials of a cutoff's ranking.

    Attributes:
        rank: from 1.
        formula: the material.
        score: cosine with the application.
        n_papers: papers that name it until the cutoff.
        found: year of the first later paper that names it with the application.
    """

    rank: int
    formula: str
    score: float
    n_papers: int
    found: int | None


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """What came true of the picks of a cutoff until a year.

    Attributes:
        cutoff: the vectors saw nothing published later.
        year: papers until the end of this year count.
        hits: picks reported for the application by then.
        picks: materials picked.
        rate: share of the picks, with its 95% interval (Wilson) in `low` and `high`.
        random: expected hits of random picks, with the central 95% of what they give.
        matched: the same for picks matched by frequency.
        frequent: hits of the most frequent candidates.
        ratio: hits to those expected of random picks.
        matched_ratio: hits to those expected of matched picks.
        random_p: chance that random picks give as many hits or more.
        matched_p: chance that matched picks do.
        candidates: materials ranked.
        positives: candidates reported for the application by then.
        thin: the corpus holds few papers of this year.
    """

    cutoff: int
    year: int
    hits: int
    picks: int
    rate: float | None
    low: float | None
    high: float | None
    random: float | None
    random_low: float | None
    random_high: float | None
    ratio: float | None
    random_p: float | None
    matched: float | None
    matched_low: float | None
    matched_high: float | None
    matched_ratio: float | None
    matched_p: float | None
    frequent: int
    candidates: int
    positives: int
    thin: bool


@dataclass(frozen=True, slots=True)
class CutoffReport:
    """The whole ranking of a cutoff against what was reported until the last year.

    Attributes:
        cutoff: the vectors saw nothing published later.
        vectors: id of the vectors.
        until: the last year followed.
        candidates: materials ranked.
        positives: how many of them were reported for the application.
        studied: materials dropped because they had been reported by the cutoff.
        average_precision: of the ranking; a random one gives `prevalence` on average.
        prevalence: share of positives among the candidates.
        auc: chance that a positive ranks above a negative, with DeLong's 95% interval in
            `auc_low` and `auc_high`; a random ranking gives 0.5.
        frequency_auc: the same of a ranking by number of papers.
        picks: the first materials.
    """

    cutoff: int
    vectors: str
    until: int
    candidates: int
    positives: int
    studied: int
    average_precision: float | None
    prevalence: float | None
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    frequency_auc: float | None
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """What `backtest` found.

    Attributes:
        application: the application ranked for.
        top: how many materials are picked.
        rows: by cutoff, the years that were asked for.
        curve: by cutoff, every year from the cutoff on.
        cutoffs: the rankings as a whole.
        thin_years: years of which the corpus holds few papers: nothing can be found there.
    """

    application: str
    top: int
    rows: tuple[BacktestRow, ...]
    curve: tuple[BacktestRow, ...]
    cutoffs: tuple[CutoffReport, ...]
    thin_years: tuple[int, ...]
