"""Rank the materials of a vocabulary for an application.

The method is that of Tshitoyan et al., Nature 571, 95 (2019): the score of a material is the
cosine of the *input* vector of the application's word with the *output* vector of the
material, both scaled to length 1. Skip-gram with negative sampling trains a word's input
vector to point at the output vectors of the words near it, so the score says how well the
material would fit beside the word. Input against input, which asks whether the two occur in
like surroundings, is the known mistake: see issues 13 and 15 of mat2vec on GitHub.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from matlore.errors import ArtifactError, NotFoundError, UsageError
from matlore.records import Candidate
from matlore.vocabulary import Application, find_application
from ner.formulas import composition, is_formula_key
from ner.tokens import training_tokens

from .counts import StudyCounts
from .vectors import WordVectors, unit_rows

__all__ = [
    "ElementFilter",
    "application_vector",
    "material_scores",
    "rank_materials",
    "resolve_application",
]

MIN_COUNT = 4
"""A material must be named more than three times in the training corpus, as in the paper."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ElementFilter:
    """Which elements a material may, must not and must contain.

    Attributes:
        only: the elements allowed; None for any.
        without: none of these.
        contains: all of these.

    Raises:
        UsageError: one of them is no element.
    """

    only: frozenset[str] | None = None
    without: frozenset[str] = field(default_factory=frozenset)
    contains: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        named = (self.only or frozenset()) | self.without | self.contains
        if wrong := sorted(name for name in named if list(composition(name)) != [name]):
            raise UsageError(f"{wrong[0]!r} is not an element; write symbols such as Bi,Te")

    def accepts(self, elements: Collection[str]) -> bool:
        """Tell whether a material of these elements passes."""
        present = frozenset(elements)
        allowed = self.only is None or present <= self.only
        return allowed and not (present & self.without) and self.contains <= present


def resolve_application(
    text: str, vectors: WordVectors, applications: Mapping[str, Application]
) -> Application:
    """Return the application that a user means.

    That is one of the vocabulary by name or alias, or any other word or phrase of the
    vectors, which then stands for itself.

    Args:
        text: a name such as `battery cathode`, or a term such as `Seebeck coefficient`.
        vectors: the vectors to rank with.
        applications: the known applications.

    Raises:
        NotFoundError: neither the one nor the other; the message names the nearest terms.
    """
    found = find_application(text, applications)
    if found is not None and any(term in vectors for term in found.query):
        return found
    tokens = training_tokens(text)
    term = next((t for t in (text, "_".join(tokens)) if t in vectors), None)
    if term is not None:
        name = term.replace("_", " ")
        return replace(found, query=(term,)) if found else Application(name, (term,), (name,))
    raise NotFoundError(_unknown(text, vectors, applications, named=found))


def application_vector(vectors: WordVectors, application: Application) -> Floats:
    """Return the (d,) float32 vector of an application, of length 1.

    It is the normalised mean of the normalised input vectors of those query terms that the
    vectors hold.

    Raises:
        NotFoundError: they hold none of them.
    """
    present = [term for term in application.query if term in vectors]
    if not present:
        raise NotFoundError(_unknown(application.name, vectors, {}, named=application))
    inputs = np.stack([vectors.unit_input(term) for term in present])
    return np.asarray(unit_rows(inputs.mean(axis=0, keepdims=True))[0])


def material_scores(vectors: WordVectors, application: Application) -> Floats:
    """Return the (M,) cosines of an application with the words that have output vectors.

    Raises:
        ArtifactError: the vectors hold no output vectors (files in word2vec format do not).
        NotFoundError: they hold none of the application's terms.
    """
    if len(vectors.output) == 0:
        raise ArtifactError(
            f"vectors {vectors.card.id}: no output vectors, which the ranking needs (files in"
            " word2vec format hold input vectors only); name a folder made by"
            " `matlore embeddings train`, or leave out --vectors"
        )
    return vectors.unit_outputs @ application_vector(vectors, application)


def rank_materials(
    vectors: WordVectors,
    counts: StudyCounts | None,
    *,
    application: Application,
    top: int | None = 20,
    novel: bool = False,
    until: int | None = None,
    elements: ElementFilter | None = None,
    min_count: int = MIN_COUNT,
    min_papers: int = 0,
) -> list[Candidate]:
    """Rank the compounds of the vocabulary for an application.

    Args:
        vectors: trained word vectors with output vectors.
        counts: papers by material and application. Without them, or where they lack the
            application, nothing is said on what is known.
        application: as `resolve_application` returns it.
        top: how many candidates; None for all.
        novel: leave out materials named together with the application.
        until: count papers up to and with this year; None for all.
        elements: which materials by their elements; None for all.
        min_count: rank materials that occur at least so often in the training corpus.
        min_papers: leave out materials that fewer counted papers name: one paper may name
            a material many times. Without counts nothing is left out.

    Returns:
        Candidates by falling score; equal scores in the order of their formulas.

    Raises:
        ArtifactError, NotFoundError: see `material_scores`; also where `novel` is asked
            for and no counts tell what is known.
    """
    if novel and not _counted(counts, application):
        raise NotFoundError(
            f"what is known of {application.name!r} was not counted, so --novel cannot be"
            " answered; leave it out, or read a corpus in with `matlore ingest`"
        )
    found = _candidates(
        vectors,
        counts,
        application=application,
        until=until,
        elements=elements or ElementFilter(),
        min_count=min_count,
    )
    wanted = (
        candidate
        for candidate in found
        if not (novel and candidate.known)
        and (candidate.n_papers is None or candidate.n_papers >= min_papers)
    )
    return [
        replace(candidate, rank=rank) for rank, candidate in enumerate(islice(wanted, top), start=1)
    ]


def _candidates(
    vectors: WordVectors,
    counts: StudyCounts | None,
    *,
    application: Application,
    until: int | None,
    elements: ElementFilter,
    min_count: int,
) -> Iterator[Candidate]:
    """Yield all candidates, the best first; the costly checks are made as they are met."""
    for formula, score in _ordered(vectors, application, min_count=min_count):
        if not is_formula_key(formula) or formula in application.query:
            continue
        if elements.accepts(composition(formula)):
            yield _candidate(formula, score, vectors, counts, application, until=until)


def _ordered(
    vectors: WordVectors, application: Application, *, min_count: int
) -> Iterator[tuple[str, float]]:
    """Yield the words that may be materials with their scores, the best first."""
    scores = material_scores(vectors, application)
    numbers = vectors.counts[vectors.output_ids]
    enough = (numbers >= min_count) | ~vectors.counts.any()  # files without counts hold zeros
    words = [vectors.words[k] for k in vectors.output_ids]
    rows = [k for k in np.flatnonzero(enough) if words[k][:1].isupper()]
    rows.sort(key=lambda k: (-scores[k], words[k]))
    return ((words[k], float(scores[k])) for k in rows)


def _candidate(
    formula: str,
    score: float,
    vectors: WordVectors,
    counts: StudyCounts | None,
    application: Application,
    *,
    until: int | None,
) -> Candidate:
    """Return a material with what the counts know of it (rank 0 for the time being)."""
    candidate = Candidate(
        rank=0,
        formula=formula,
        score=score,
        known=None,
        n_papers=None if counts is None else counts.n_papers(formula, until=until),
        n_application_papers=None,
        first_year=None if counts is None else _first(counts.by_year(formula), until),
        display=vectors.display.get(formula, formula),
    )
    if counts is None or not _counted(counts, application):
        return candidate
    number = counts.n_application_papers(formula, application.name, until=until)
    first = _first(counts.by_year(formula, application.name), until)
    return replace(
        candidate,
        known=number > 0,
        n_application_papers=number,
        first_application_year=first,
    )


def _counted(counts: StudyCounts | None, application: Application) -> bool:
    return counts is not None and application.name in counts.applications


def _first(by_year: Mapping[int, int], until: int | None) -> int | None:
    """Return the first year with papers, if that is not after `until`."""
    first = min(by_year, default=None)
    return None if first is None or (until is not None and first > until) else first


def _unknown(
    text: str,
    vectors: WordVectors,
    applications: Mapping[str, Application],
    *,
    named: Application | None,
) -> str:
    """Say that an application is not known, and what the user could type instead."""
    if named is not None:
        terms = ", ".join(named.query)
        what = f"application {named.name!r}: the vectors {vectors.card.id} hold none of {terms}"
    else:
        what = f"{text!r} is neither a known application nor a term of {vectors.card.id}"
    near = ", ".join(term.replace("_", " ") for term in vectors.nearest_terms(text)) or "none"
    known = ", ".join(applications)
    return f"{what}; nearest terms: {near}" + (f"; known applications: {known}" if known else "")
