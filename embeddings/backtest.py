"""Backtest: would the ranking of a past year have found what was reported later?

For each cutoff year, vectors that saw nothing later rank the materials that no paper until
then named together with the application. A material counts as found in the year of the
first later paper that names both. The hits among the first picks are compared with

- random picks: the hypergeometric distribution over all candidates, exact;
- picks matched by frequency: as many random candidates from each class of similar paper
  counts as the ranking took from it, exact (a convolution of hypergeometrics), because
  what is written about often is also written about with the application;
- the most frequent: the candidates named in most papers until the cutoff.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matlore.errors import NotFoundError, UsageError
from matlore.progress import Progress, no_progress
from matlore.vocabulary import Application
from ner.formulas import is_formula_key

from . import statistics
from .backtest_report import BacktestReport, BacktestRow, CutoffReport, Pick
from .matching import frequency_classes, strata
from .ranking import material_scores
from .statistics import Estimate

if TYPE_CHECKING:
    from .counts import StudyCounts
    from .vectors import WordVectors

__all__ = [
    "BacktestReport",
    "BacktestRow",
    "CutoffReport",
    "Pick",
    "backtest",
    "mentions_by_year",
    "thin_years",
]

TOP = 50
MIN_NAMED = 4
THIN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The candidates of a cutoff, best first; `found` is 0 where never reported."""

    formulas: tuple[str, ...]
    scores: NDArray[np.float64]
    papers: NDArray[np.int64]
    found: NDArray[np.int64]
    studied: int


def backtest(
    train: Callable[[int], "WordVectors"],
    counts: "StudyCounts",
    *,
    application: Application,
    cutoffs: Sequence[int],
    follow: Sequence[int] = (),
    top: int = TOP,
    min_named: int = MIN_NAMED,
    papers_by_year: Mapping[int, int] | None = None,
    progress: Progress = no_progress,
) -> BacktestReport:
    """Rank as of past years and follow what is reported later.

    Args:
        train: returns vectors trained only on what was published until a year.
        counts: which papers of which year name a material and the application.
        application: as `resolve_application` returns it; `counts` hold its name.
        cutoffs: the years to rank in.
        follow: until which years to follow, in `rows`; none for every year.
        top: how many materials are picked.
        min_named: how often a material must be named until the cutoff.
        papers_by_year: papers of the corpus; None to estimate from `counts`.
        progress: told of each cutoff done.

    Raises:
        NotFoundError: the counts do not hold the application, or the vectors no word of it.
        UsageError: cutoffs, years or `top` make no sense together.
    """
    by_year = mentions_by_year(counts) if papers_by_year is None else papers_by_year
    last = max(by_year, default=0)
    _check(counts, application.name, cutoffs, follow, top, last)
    years = sorted(set(cutoffs))
    thin = thin_years(by_year, first=years[0])
    curve: list[BacktestRow] = []
    reports: list[CutoffReport] = []
    progress(0, total=len(years))
    for cutoff in years:
        progress(0, text=f"vectors until {cutoff}")
        vectors = train(cutoff)
        candidates = _rank(vectors, counts, application, cutoff, min_named)
        reports.append(_report(candidates, cutoff, vectors.card.id, top, last))
        curve.extend(_curve(candidates, cutoff, top, range(cutoff, last + 1), thin))
        progress()
    rows = (row for row in curve if row.year > row.cutoff and row.year in (follow or by_year))
    return BacktestReport(application.name, top, tuple(rows), tuple(curve), tuple(reports), thin)


def mentions_by_year(counts: "StudyCounts") -> dict[int, int]:
    """Return by year how many (paper, material) pairs the counts hold."""
    chosen = (counts.what == 0) & (counts.years > 0)
    total = np.bincount(counts.years[chosen], counts.numbers[chosen])
    return {int(year): int(total[year]) for year in np.flatnonzero(total)}


def thin_years(papers_by_year: Mapping[int, int], *, first: int) -> tuple[int, ...]:
    """Return the years with less than a fifth of the median year's papers.

    Years before `first` are left out of both; years without papers, up to the last one
    with any, are thin.
    """
    years = range(first, max(papers_by_year, default=first - 1) + 1)
    papers = [papers_by_year.get(year, 0) for year in years]
    limit = THIN_SHARE * median(papers) if papers else 0
    return tuple(year for year, number in zip(years, papers, strict=True) if number < limit)


def _check(
    counts: "StudyCounts",
    application: str,
    cutoffs: Sequence[int],
    follow: Sequence[int],
    top: int,
    last: int,
) -> None:
    """Refuse what cannot be answered, before anything is trained."""
    if application not in counts.applications:
        held = ", ".join(counts.applications)
        raise NotFoundError(f"{application!r}: the counts do not hold it; they hold {held}")
    if not cutoffs or top < 1:
        raise UsageError("backtest: name at least one cutoff year, and a top of 1 or more")
    if max(cutoffs) >= last:
        raise UsageError(
            f"cutoff {max(cutoffs)}: the corpus ends in {last}, so nothing can follow;"
            " name earlier years with --cutoffs"
        )
    if follow and (min(follow) <= max(cutoffs) or max(follow) > last):
        raise UsageError(
            f"--follow {', '.join(map(str, follow))}: name years after the last cutoff"
            f" {max(cutoffs)} and not after {last}, where the corpus ends"
        )


def _rank(
    vectors: "WordVectors",
    counts: "StudyCounts",
    application: Application,
    cutoff: int,
    min_named: int,
) -> _Candidates:
    """Rank what is named often enough and not yet studied for the application."""
    papers = dict(zip(counts.materials, counts.totals(until=cutoff), strict=True))
    studied = counts.totals(application.name, until=cutoff) > 0
    done = {name for name, is_done in zip(counts.materials, studied, strict=True) if is_done}
    named = [row for row in _material_rows(vectors, min_named) if _word(vectors, row) in papers]
    rows = [row for row in named if _word(vectors, row) not in done]
    scores = material_scores(vectors, application)[rows].astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    formulas = tuple(_word(vectors, rows[i]) for i in order)
    found = [counts.first_application_year(formula, application.name) or 0 for formula in formulas]
    return _Candidates(
        formulas=formulas,
        scores=scores[order],
        papers=np.array([papers[formula] for formula in formulas], dtype=np.int64),
        found=np.array(found, dtype=np.int64),
        studied=len(named) - len(rows),
    )


def _word(vectors: "WordVectors", row: int) -> str:
    """Return the word of a row of output vectors."""
    return vectors.words[int(vectors.output_ids[row])]


def _material_rows(vectors: "WordVectors", min_named: int) -> list[int]:
    """Return the output rows of materials named often enough, in the vocabulary's order."""
    return [
        int(row)
        for row in np.argsort(vectors.output_ids, kind="stable")
        if vectors.counts[vectors.output_ids[row]] >= min_named
        and is_formula_key(_word(vectors, row))
    ]


def _report(
    candidates: _Candidates, cutoff: int, vectors: str, top: int, last: int
) -> CutoffReport:
    """Judge a ranking as a whole."""
    positive = candidates.found > 0
    area = statistics.auc(candidates.scores, positive)
    return CutoffReport(
        cutoff=cutoff,
        vectors=vectors,
        until=last,
        candidates=len(candidates.formulas),
        positives=int(positive.sum()),
        studied=candidates.studied,
        average_precision=statistics.average_precision(positive),
        prevalence=float(positive.mean()) if len(positive) else None,
        auc=area.value,
        auc_low=area.low,
        auc_high=area.high,
        frequency_auc=statistics.auc(candidates.papers, positive).value,
        picks=tuple(_picks(candidates, top)),
    )


def _picks(candidates: _Candidates, top: int) -> Iterator[Pick]:
    for i, formula in enumerate(candidates.formulas[:top]):
        yield Pick(
            rank=i + 1,
            formula=formula,
            score=float(candidates.scores[i]),
            n_papers=int(candidates.papers[i]),
            found=int(candidates.found[i]) or None,
        )


def _curve(
    candidates: _Candidates, cutoff: int, top: int, years: Iterable[int], thin: Sequence[int]
) -> Iterator[BacktestRow]:
    """Follow the picks year by year; at the cutoff itself nothing is found yet."""
    classes = frequency_classes(candidates.papers)
    frequent = np.argsort(-candidates.papers, kind="stable")[:top]
    for year in years:
        positive = (candidates.found > 0) & (candidates.found <= year)
        yield _row(positive, classes, frequent, cutoff, year, top, thin=year in thin)


def _row(
    positive: NDArray[np.bool_],
    classes: NDArray[np.int64],
    frequent: NDArray[np.int64],
    cutoff: int,
    year: int,
    top: int,
    *,
    thin: bool,
) -> BacktestRow:
    picks = min(top, len(positive))
    hits = int(positive[:picks].sum())
    share = statistics.wilson(hits, picks)
    random, random_p = _expected([(len(positive), int(positive.sum()), picks)], hits)
    matched, matched_p = _expected(strata(positive, classes, np.arange(picks)), hits)
    return BacktestRow(
        cutoff=cutoff,
        year=year,
        hits=hits,
        picks=picks,
        rate=share.value,
        low=share.low,
        high=share.high,
        random=random.value,
        random_low=random.low,
        random_high=random.high,
        ratio=_ratio(hits, random.value),
        random_p=random_p,
        matched=matched.value,
        matched_low=matched.low,
        matched_high=matched.high,
        matched_ratio=_ratio(hits, matched.value),
        matched_p=matched_p,
        frequent=int(positive[frequent].sum()),
        candidates=len(positive),
        positives=int(positive.sum()),
        thin=thin,
    )


def _expected(layers: list[tuple[int, int, int]], hits: int) -> tuple[Estimate, float | None]:
    """Return the hits that picks from strata give by chance, and the chance of `hits`."""
    if not sum(picks for _, _, picks in layers):
        return Estimate(None, None, None, 0), None
    law = statistics.count_distribution(layers)
    return statistics.distribution_interval(law), statistics.tail_probability(law, hits)


def _ratio(hits: int, expected: float | None) -> float | None:
    return hits / expected if expected else None
