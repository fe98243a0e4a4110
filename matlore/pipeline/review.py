"""A topic turned into a review that can be checked line by line.

Nothing here writes sentences about science: papers are found, put in order, counted and
quoted. What is quoted stands verbatim in a paper, and `check_review` holds the review to that.
"""

import json
import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, MatloreError, NotFoundError, UsageError
from matlore.progress import Progress, no_progress

from .review_classes import material_classes, of_classes
from .review_clusters import cluster_papers, cluster_phrases
from .review_facts import (
    ReviewFacts,
    candidates,
    gaps,
    is_asked,
    papers_facts,
    values,
    wanted_properties,
)
from .review_statements import check_review, choose_statements, nearest_sentence
from .review_topic import Topic
from .review_types import REVIEW_FORMAT, Cluster, Reference, Review, Statement
from .search import Searcher
from .search_query import named_things
from .search_types import SearchFilters

if TYPE_CHECKING:
    import numpy as np

    from graph.stores import Login
    from matlore.records import Paper

    from .search_types import SearchAnswer, SearchHit

__all__ = ["ReviewOptions", "make_review"]

_LEAST_SHARE = 0.5
_LEAST_SIMILARITY = 0.15
_QUOTED_PAPERS = 80
_FEWEST_OF_MATERIALS = 2_000  # papers looked at where only those of some materials are kept


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """How a review is made.

    Attributes:
        top: papers at most.
        filters: what papers must be.
        since: path of the JSON of an earlier review, or a date or year: only what is new.
        encoder: of the index, where it has moved.
        store: the address of the graph's store, for filters and evidence.
        login: for a server.
        command: that makes it, for the record.
    """

    top: int = 200
    filters: SearchFilters = field(default_factory=SearchFilters)
    since: str | None = None
    encoder: str | None = None
    store: str | None = None
    login: "Login | None" = None
    command: str | None = None


def make_review(
    home_path: Path, topic: str, options: ReviewOptions, *, progress: Progress = no_progress
) -> tuple[Review, list["Paper"]]:
    """Make the review of a topic, and check it.

    Returns:
        The review, and its papers in the order of its references.

    Raises:
        UsageError: the topic is empty.
        NotFoundError: there is no index, or no paper answers.
        InputError: the earlier review cannot be read.
        MatloreError: a statement does not stand in its paper: a fault of matlore's.
    """
    since = _Since.read(options.since)
    progress(0, total=6, text="searching")
    with Searcher(
        home_path, encoder=options.encoder, store=options.store, login=options.login
    ) as searcher:
        filters = since.narrowed(options.filters)
        classes = material_classes(topic)
        depth = _depth(options.top, bool(classes or named_things(topic).materials))
        answer = searcher.search(topic, top=depth + len(since.ids), filters=filters)
        asked = Topic(topic, answer.named, classes)
        answer = replace(answer, hits=tuple(h for h in answer.hits if h.id not in since.ids))
        papers = searcher.papers.found(hit.id for hit in answer.hits)
        papers = {id: paper for id, paper in papers.items() if since.is_new(paper)}
        facts = papers_facts(home_path, papers)
        hits, left_out = _kept(answer, options.top, _about(asked, papers, facts))
        if not hits:
            raise NotFoundError(_nothing(topic, since))
        progress(1, text="clusters")
        review = _Making(searcher, asked, answer, hits, papers, options, since)
        made = review.review(facts.of({hit.id for hit in hits}), left_out, progress)
    chosen = [papers[hit.id] for hit in hits]
    if problems := check_review(made.to_dict(), {paper.id: paper for paper in chosen}):
        raise MatloreError(f"the review does not hold: {'; '.join(problems[:3])}")
    return made, chosen


def _nothing(topic: str, since: "_Since") -> str:
    if since.told is not None:
        return f"{topic}: nothing new since {since.told}"
    return f"{topic}: no paper found; try other words or fewer filters, or add papers"


def _depth(top: int, of_materials: bool) -> int:
    """Return how much of the ranking is looked at."""
    return max(2 * top, _FEWEST_OF_MATERIALS) if of_materials else 2 * top


def _about(topic: Topic, papers: Mapping[str, "Paper"], facts: ReviewFacts) -> set[str]:
    """Return the papers that are about what a topic names."""
    named = set(topic.named.materials)
    with_facts = {c.provenance.paper_id for c in facts.claims if c.subject in named}
    with_facts |= {q.provenance.paper_id for q in facts.quantities if q.material in named}
    return {
        id
        for id in of_classes(facts, papers, topic.classes)
        if topic.has_term(papers[id].text)
        and (id in with_facts or topic.has_material(papers[id].text))
    }


def _kept(
    answer: "SearchAnswer", top: int, about: Collection[str]
) -> tuple[list["SearchHit"], int]:
    """Return the papers that are near enough to the topic, and how many are not.

    Args:
        answer: of the search.
        top: papers at most.
        about: the papers about what the topic names.
    """
    among = [hit for hit in answer.hits if hit.id in about]
    nearest = max((hit.why.similarity or 0.0 for hit in among), default=0.0)
    least = max(_LEAST_SHARE * nearest, _LEAST_SIMILARITY)
    kept = [
        hit
        for hit in among
        if (hit.why.similarity or 0.0) >= least and not {"text", "graph"}.isdisjoint(hit.why.ranks)
    ]
    return kept[:top], len(answer.hits) - len(kept[:top])


class _Since:
    """What counts as new: papers that an earlier review does not have, or from a date on."""

    def __init__(self, told: str | None, ids: frozenset[str], first: date | None) -> None:
        self.told = told
        self._ids = ids
        self._first = first

    @classmethod
    def read(cls, text: str | None) -> "_Since":
        """Read `--since`.

        Raises:
            InputError: the file is no review.
            UsageError: it is neither a file nor a date.
        """
        if text is None:
            return cls(None, frozenset(), None)
        if text.isdigit() and len(text) == 4:
            return cls(text, frozenset(), date(int(text), 1, 1))
        try:
            return cls(text, frozenset(), date.fromisoformat(text))
        except ValueError:
            pass
        path = Path(text)
        if not path.is_file():
            raise UsageError(
                f"--since {text}: neither a date (2020, 2020-05-31) nor the JSON of a review"
            )
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["format"] != REVIEW_FORMAT:
                raise InputError(f"--since {text}: a review of another version of matlore")
            ids = frozenset(str(one["id"]) for one in raw["references"])
            return cls(f"the review of {raw['made']}", ids | frozenset(raw["seen"]), None)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"--since {text}: not the JSON of a review ({error})") from error

    @property
    def ids(self) -> frozenset[str]:
        """Papers that are not new."""
        return self._ids

    def narrowed(self, filters: SearchFilters) -> SearchFilters:
        """Return filters that leave out what was published in earlier years."""
        if self._first is None:
            return filters
        first, last = filters.years
        return replace(filters, years=(max(first or 0, self._first.year), last))

    def is_new(self, paper: "Paper") -> bool:
        """Tell whether a paper is new."""
        if self._first is not None:
            published = paper.date or (date(paper.year, 12, 31) if paper.year else None)
            return published is not None and published >= self._first
        return paper.id not in self._ids


class _Making:
    """A review in the making."""

    def __init__(
        self,
        searcher: Searcher,
        topic: Topic,
        answer: "SearchAnswer",
        hits: Sequence["SearchHit"],
        papers: Mapping[str, "Paper"],
        options: ReviewOptions,
        since: _Since,
    ) -> None:
        self.searcher = searcher
        self.topic = topic
        self.answer = answer
        self.hits = hits
        self.papers = {hit.id: papers[hit.id] for hit in hits}
        self.options = options
        self.since = since
        self.classes = topic.classes

    def review(self, facts: ReviewFacts, left_out: int, progress: Progress) -> Review:
        """Return the review."""
        from matlore import __version__

        named = self.answer.named
        clusters = self._clusters()
        progress(1, text="statements")
        statements = self._statements(facts)
        progress(1, text="values")
        rows, disagreements = values(facts, named, self.classes)
        progress(1, text="candidates")
        ranked, about = candidates(self.searcher.home_path, facts, named, self.classes)
        progress(1, text="writing")
        years = Counter(paper.year for paper in self.papers.values() if paper.year is not None)
        return Review(
            topic=self.topic.text,
            made=date.today().isoformat(),
            version=__version__,
            command=self.options.command or f"matlore review {shlex.quote(self.topic.text)}",
            named=self._named(),
            search=self._search(left_out),
            since=self.since.told,
            years=dict(sorted(years.items())),
            clusters=clusters,
            statements=statements,
            values=rows,
            conflicts=disagreements,
            candidates=ranked,
            gaps=gaps(facts, rows, named, self.classes),
            references=[self._reference(k, hit) for k, hit in enumerate(self.hits, start=1)],
            notes=[about, *self._notes()],
            seen=sorted(self.since.ids),
        )

    def _named(self) -> dict[str, list[str]]:
        named = self.answer.named
        kinds = ("materials", "properties", "applications", "methods", "phases")
        found = {kind: list(getattr(named, kind)) for kind in kinds}
        found["classes"] = [
            f"{name} ({', '.join(sorted(elements))})" for name, elements in self.classes.items()
        ]
        return {kind: names for kind, names in found.items() if names}

    def _search(self, left_out: int) -> dict[str, Any]:
        answer = self.answer
        return {
            "mode": answer.mode,
            "encoder": self.searcher.encoder.id,
            "corpus": len(self.searcher.papers),
            "index": len(self.searcher.index),
            "matched": answer.n_matched,
            "allowed": answer.n_allowed,
            "ranked": len(answer.hits),
            "kept": len(self.hits),
            "left_out": left_out,
            "rule": self._rule(),
            "stale": answer.stale,
            "filters": _plain_filters(answer.filters),
        }

    def _rule(self) -> str:
        depth = _depth(self.options.top, bool(self.classes or self.answer.named.materials))
        return (
            f"of the first {depth} of the ranking those{self.topic.rule()} and are at least half"
            f" as near to the topic as the nearest, the first {self.options.top} of them"
        )

    def _notes(self) -> list[str]:
        notes = []
        if self.answer.stale:
            notes.append(
                f"{self.answer.stale} papers of the corpus are not in the index as they are now"
            )
        if not any("graph" in hit.why.ranks for hit in self.hits):
            notes.append("no fact of a graph joins what the topic names: words and vectors ranked")
        return notes

    def _vectors(self) -> "np.ndarray[Any, Any]":
        import numpy as np

        found = self.searcher.index.vectors(self.papers)
        size = self.searcher.index.card.size
        return np.stack([found.get(id, np.zeros(size, np.float32)) for id in self.papers])

    def _clusters(self) -> list[Cluster]:
        ids = list(self.papers)
        vectors = self._vectors()
        groups = cluster_papers(vectors)
        phrases = cluster_phrases(
            [self.papers[id].text for id in ids], groups, topic=self.topic.spelled
        )
        clusters = []
        for group, names in zip(groups, phrases, strict=True):
            members = [ids[k] for k in group]
            years = [year for id in members if (year := self.papers[id].year) is not None]
            middle = vectors[group].mean(axis=0)
            clusters.append(
                Cluster(
                    phrases=names,
                    papers=tuple(members),
                    first_year=min(years, default=None),
                    last_year=max(years, default=None),
                    quote=nearest_sentence(
                        [self.papers[id] for id in members[:5]],
                        middle,
                        self.topic,
                        self.searcher.encoder,
                    ),
                )
            )
        return clusters

    def _statements(self, facts: ReviewFacts) -> list[Statement]:
        wanted = wanted_properties(facts, self.answer.named)
        quantities = [
            one
            for one in facts.quantities
            if one.property in wanted and is_asked(one.material, self.answer.named, self.classes)
        ]
        first = [self.papers[hit.id] for hit in self.hits[:_QUOTED_PAPERS]]
        return choose_statements(first, self.topic, quantities, self.searcher.encoder)

    def _reference(self, number: int, hit: "SearchHit") -> Reference:
        paper = self.papers[hit.id]
        return Reference(
            number=number,
            id=paper.id,
            title=paper.text.partition("\n")[0],
            year=paper.year,
            authors=paper.authors,
            venue=paper.venue,
            link=_link(paper),
            retracted=paper.retracted,
            similarity=hit.why.similarity,
        )


def _plain_filters(filters: SearchFilters) -> dict[str, Any]:
    from dataclasses import asdict

    empty = asdict(SearchFilters())
    return {name: value for name, value in asdict(filters).items() if value != empty[name]}


def _link(paper: "Paper") -> str | None:
    if paper.doi:
        return f"https://doi.org/{paper.doi}"
    if paper.url and paper.url.startswith(("https://", "http://")):
        return paper.url
    if paper.id.startswith("arxiv:"):
        return f"https://arxiv.org/abs/{paper.id.removeprefix('arxiv:')}"
    return None
