"""Rank materials for an application, with evidence: what `matlore recommend` answers."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matlore.errors import UsageError
from matlore.progress import Progress, no_progress
from matlore.records import Candidate
from matlore.vocabulary import Application, load_applications

if TYPE_CHECKING:
    from embeddings.counts import StudyCounts
    from embeddings.ranking import ElementFilter
    from embeddings.stage import PaperText, StagedPaper
    from ingest.corpus import Corpus

    from .recommend_predictions import PredictorsAtHand
    from .vectors import LoadedVectors

__all__ = ["POOL", "RankBy", "recommend"]

RankBy = Literal["literature", "fused"]

POOL = 500
"""So many of the best candidates of the literature are ranked anew where rankings are fused."""

PLOT_SUFFIXES = (".png", ".svg")
_COLUMNS = ("id", "year", "text", "retracted")
_SCORE_DIGITS = 6


def recommend(
    home: Path,
    *,
    application: str,
    top: int = 20,
    novel: bool = False,
    explain: bool = False,
    before: int | None = None,
    elements: Sequence[str] | None = None,
    without: Sequence[str] = (),
    contains: Sequence[str] = (),
    min_papers: int = 0,
    vectors: Path | None = None,
    plot: Path | None = None,
    properties: bool = False,
    rank: RankBy = "literature",
    predictors: "PredictorsAtHand | None" = None,
    progress: Progress = no_progress,
) -> dict[str, object]:
    """Rank the materials of word vectors for an application.

    Args:
        home: the data home; it need not exist.
        application: a name or alias of the vocabulary, or a term of the vectors.
        top: how many candidates.
        novel: leave out materials named together with the application.
        explain: add connecting words, papers and sentences, from the home's corpus or, where
            there is none, from the sample corpus.
        before: use vectors and counts trained until this year, and papers up to it.
        elements: the elements allowed; None for any.
        without: elements that must not be there.
        contains: elements that must all be there.
        min_papers: leave out materials that fewer counted papers name.
        vectors: a folder of vectors, or a file in word2vec format; None for the newest of
            the home, else those that ship with matlore.
        plot: PNG or SVG file to draw the ranking to.
        properties: add what is known or predicted of the properties that matter for the
            application, and what limits the use of the elements.
        rank: by the literature alone, or `fused`: by reciprocal rank fusion of the literature,
            of predicted and of reported or derived properties; the best `POOL` of the literature
            take part. Then properties are added too.
        predictors: those to use; None for those of the home and of matlore.
        progress: called while a corpus is read.

    Returns:
        The record that DESIGN.md describes, ready to be printed.

    Raises:
        NotFoundError: an unknown application, or no vectors trained until `before`.
        ArtifactError: vectors that cannot be loaded or have no output vectors.
        UsageError: something that is no element, an unknown kind of plot, or rankings to fuse
            for an application whose properties are not laid down.
    """
    from embeddings.ranking import rank_materials, resolve_application

    from .recommend_beside import Beside, what_matters, with_properties
    from .vectors import resolve_vectors

    _check_plot(plot)
    chosen = _element_filter(elements, without, contains)
    loaded = resolve_vectors(home, vectors=vectors, before=before)
    until = loaded.vectors.card.trained_until if before is None else before
    known = resolve_application(application, loaded.vectors, load_applications())
    fused = rank == "fused"
    if fused:
        what_matters(known.name, required="--rank fused")
    counts = _counts_with(loaded, known, home, progress=progress)
    candidates = rank_materials(
        loaded.vectors,
        counts,
        application=known,
        top=max(top, POOL) if fused else top,
        novel=novel,
        until=until,
        elements=chosen,
        min_papers=min_papers,
    )
    beside = Beside()
    if properties or fused:
        candidates, beside = with_properties(
            candidates, known, home, top=top, fused=fused, until=until, predictors=predictors
        )
    if explain:
        candidates = _explained(candidates, loaded, known, home, until=until, progress=progress)
    if plot is not None:
        from embeddings.ranking_plot import plot_ranking

        plot_ranking(candidates, known.name, plot, vectors=loaded.vectors.card.id)
    return {
        "application": known.name,
        "vectors": loaded.vectors.card.id,
        "trained_until": until,
        "query": [term for term in known.query if term in loaded.vectors],
        "counted_papers": None if counts is None else counts.papers,
        **beside.head,
        "candidates": [
            {
                **_row(candidate, known, until=until, explain=explain),
                **beside.rows.get(candidate.formula, {}),
            }
            for candidate in candidates
        ],
    }


def _check_plot(plot: Path | None) -> None:
    """Refuse a plot that cannot be drawn before any work is done.

    Raises:
        UsageError: neither PNG nor SVG, or a folder that is not there.
    """
    if plot is None:
        return
    if plot.suffix.lower() not in PLOT_SUFFIXES:
        raise UsageError(f"--plot {plot}: name a file that ends in {' or '.join(PLOT_SUFFIXES)}")
    if not plot.absolute().parent.is_dir():
        raise UsageError(f"--plot {plot}: there is no folder {plot.parent}; make it first")


def _element_filter(
    elements: Sequence[str] | None, without: Sequence[str], contains: Sequence[str]
) -> "ElementFilter":
    from embeddings.ranking import ElementFilter

    only = None if elements is None else frozenset(elements)
    return ElementFilter(only=only, without=frozenset(without), contains=frozenset(contains))


def _counts_with(
    loaded: "LoadedVectors", application: Application, home: Path, *, progress: Progress
) -> "StudyCounts | None":
    """Return the counts of the vectors, with the application if a corpus allows it."""
    counts = loaded.counts
    if counts is not None and application.name in counts.applications:
        return counts
    papers = _staged(loaded, home, progress=progress)
    if papers is None:
        return counts
    words = {application.name: application.words}
    if counts is not None and _counted_here(loaded):
        return counts.extended(papers, words)
    from embeddings.counts import StudyCounts

    return StudyCounts.count(papers, words)


def _counted_here(loaded: "LoadedVectors") -> bool:
    """Tell whether the counts of the vectors are those of the home's own corpus."""
    counted = loaded.vectors.card.corpus.get("fingerprint")
    return loaded.stage is not None and loaded.stage.fingerprint == counted


def _staged(
    loaded: "LoadedVectors", home: Path, *, progress: Progress
) -> "Iterable[StagedPaper] | None":
    """Return the papers to count an application in, or None where there is no corpus."""
    if loaded.stage is not None:
        return _watched(loaded.stage, progress, total=len(loaded.stage))
    texts = _corpus_texts(home, progress=progress)
    return None if texts is None else _tokenized(texts)


def _tokenized(texts: "Iterable[PaperText]") -> "Iterator[StagedPaper]":
    from embeddings.stage import StagedPaper
    from ner.tokens import training_tokens

    for paper_id, year, text in texts:
        yield StagedPaper(paper_id, year, training_tokens(text))


def _watched(
    papers: "Iterable[StagedPaper]", progress: Progress, *, total: int
) -> "Iterator[StagedPaper]":
    """Yield papers and tell how many are done."""
    progress(0, total=total, text="counting papers")
    for done, paper in enumerate(papers, start=1):
        yield paper
        if done % 1000 == 0:
            progress(1000)


def _explained(
    candidates: list[Candidate],
    loaded: "LoadedVectors",
    application: Application,
    home: Path,
    *,
    until: int | None,
    progress: Progress,
) -> list[Candidate]:
    """Add evidence from the home's corpus or, where there is none, from the sample."""
    from embeddings.explain import explain

    texts = _corpus_texts(home, progress=progress)
    papers = loaded.papers
    return explain(
        candidates,
        loaded.vectors,
        application,
        texts=_sample_texts() if texts is None else texts,
        listed=None if papers is None else partial(papers.of, until=until),
        until=until,
    )


def _corpus_texts(home: Path, *, progress: Progress) -> "Iterator[PaperText] | None":
    """Return the papers of the home's corpus that stand, or None where there is none."""
    if not (home / "home.json").is_file():
        return None
    from ingest.corpus import Corpus
    from matlore.home import Home

    corpus = Corpus(Home.open(home))
    return _texts(corpus, progress) if len(corpus) else None


def _texts(corpus: "Corpus", progress: Progress) -> "Iterator[PaperText]":
    progress(0, total=len(corpus), text="reading the corpus")
    for batch in corpus.batches(columns=_COLUMNS):
        columns = (batch.column(name).to_pylist() for name in _COLUMNS)
        for paper_id, year, text, retracted in zip(*columns, strict=True):
            if not retracted:
                yield paper_id, year, text
        progress(batch.num_rows)


def _sample_texts() -> "Iterator[PaperText]":
    """Return the papers of the sample corpus."""
    import json

    import ingest
    from ingest.clean import clean_text

    for path in sorted((Path(ingest.__file__).parent / "sample").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = f"{clean_text(row['title'])}\n{clean_text(row['abstract'])}"
            yield row["id"], row["year"], text


def _row(
    candidate: Candidate, application: Application, *, until: int | None, explain: bool
) -> dict[str, object]:
    """Return a candidate as an item of the result."""
    from embeddings.explain import history

    row: dict[str, object] = {
        "rank": candidate.rank,
        "formula": candidate.formula,
        "display": candidate.display,
        "score": round(candidate.score, _SCORE_DIGITS),
        "known": candidate.known,
        "n_papers": candidate.n_papers,
        "n_application_papers": candidate.n_application_papers,
        "first_year": candidate.first_year,
        "first_application_year": candidate.first_application_year,
    }
    if explain:
        evidence = candidate.evidence
        row["history"] = history(candidate, application, until=until)
        row["words"] = [{"word": word, "product": product} for word, product in evidence.words]
        row["papers"] = list(evidence.papers)
        row["sentences"] = [
            {"paper": paper_id, "sentence": sentence} for paper_id, sentence in evidence.sentences
        ]
    return row
