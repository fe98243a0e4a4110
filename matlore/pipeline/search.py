"""Literature search: full text, vectors and facts of the graph, fused into one ranking."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.fusion import ScoreWeights
from matlore.errors import GraphError, QueryError

from .search_checks import LONGEST_QUERY, check_query
from .search_filters import allowed_papers
from .search_hits import Found, HitMaker, bare_hits, paper_of, sentence_of
from .search_index import load_index_encoder, open_index
from .search_query import named_things
from .search_texts import PaperTexts
from .search_types import Mode, NamedThings, SearchAnswer, SearchFilters, SearchHit

if TYPE_CHECKING:
    import numpy as np

    from embeddings.encoders.base import TextEncoder
    from graph.stores import Login
    from matlore.records import Paper

    from .cypher import CypherSession
    from .search_graph import Evidence, GraphEvidence

__all__ = [
    "LONGEST_QUERY",
    "POOL",
    "Searcher",
    "fusion_weights",
    "paper_of",
    "search_home",
    "sentence_of",
]

POOL = 200
"""Papers of each list that are fused, more only where more are asked for."""

_COSINES = {"transformer": 1.0, "static": 0.3}
_OTHER_COSINES = 0.5
_GRAPH = 0.1


def search_home(
    home_path: Path,
    query: str,
    *,
    top: int = 10,
    mode: Mode = "fusion",
    filters: SearchFilters | None = None,
    like: str | None = None,
    collection: str = "papers",
    encoder: str | None = None,
    rerank: bool = False,
    store: str | None = None,
    login: "Login | None" = None,
) -> SearchAnswer:
    """Search the papers of a home, or its sentences, once (see `Searcher`)."""
    with Searcher(
        home_path, encoder=encoder, collection=collection, store=store, login=login
    ) as searcher:
        return searcher.search(query, top=top, mode=mode, filters=filters, like=like, rerank=rerank)


def fusion_weights(encoder: str) -> ScoreWeights:
    """Return how much cosines and evidence count beside full text, for an encoder's id.

    Chosen on titles and sentences that are in no test (`benchmarks/known_item.py --dev`).
    """
    kind = encoder.partition("-")[0]
    return ScoreWeights(_COSINES.get(kind, _OTHER_COSINES), {"graph": _GRAPH})


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search.

    Attributes:
        text: of the query, cut to what is read; empty where only `given` counts.
        given: the paper that others should be like.
        named: by the text, or by the title of the given paper.
        mode: what finds.
        allowed: by row, which may be found; None for all.
        pool: how many each list has.
    """

    text: str
    given: "Paper | None"
    named: NamedThings
    mode: Mode
    allowed: "np.ndarray[Any, Any] | None"
    pool: int


class Searcher:
    """Searches an index of a home; what it opens stays open for the next query.

    Attributes:
        index: that is searched.
        papers: the texts that it was made of.
        graph_problem: why the graph was not asked although it might have said something; None
            where it was, or was not needed.
    """

    def __init__(
        self,
        home_path: Path,
        *,
        encoder: str | None = None,
        collection: str = "papers",
        store: str | None = None,
        login: "Login | None" = None,
    ) -> None:
        """Open an index.

        Args:
            home_path: the data home.
            encoder: the name of the index's encoder, where it is not the one that was noted.
            collection: `papers` or `sentences`.
            store: the address of the graph's store; None for the one in the home.
            login: for a server.

        Raises:
            NotFoundError: the home has no index.
            ArtifactError: the index is damaged.
        """
        self.home_path = home_path
        self.collection = collection
        self.index, self._encoder_name = open_index(home_path, collection, encoder)
        self.papers = PaperTexts(home_path)
        self._store, self._login = store, login
        self._encoder: TextEncoder | None = None
        self._session: CypherSession | None = None
        self._evidence: GraphEvidence | None = None
        self.graph_problem: str | None = None
        self._stale: int | None = None

    def __enter__(self) -> "Searcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and the graph."""
        self.index.close()
        self.papers.close()
        if self._session is not None:
            self._session.close()

    @property
    def encoder(self) -> "TextEncoder":
        """The encoder of the index.

        Raises:
            ArtifactError: it cannot be loaded.
            UsageError: it is another one than the index was made with.
        """
        if self._encoder is None:
            self._encoder = load_index_encoder(self.index, self._encoder_name)
        return self._encoder

    @property
    def session(self) -> "CypherSession":
        """What asks the graph."""
        if self._session is None:
            from .cypher import CypherSession
            from .graph_load import store_address

            address = store_address(self.home_path, self._store)
            self._session = CypherSession(address, login=self._login)
        return self._session

    @property
    def stale(self) -> int:
        """How many papers the index does not know as they are now."""
        if self._stale is None:
            from .index_stats import stale_papers

            self._stale = stale_papers(self.home_path)
        return self._stale

    # Searching

    def search(
        self,
        query: str,
        *,
        top: int = 10,
        mode: Mode = "fusion",
        filters: SearchFilters | None = None,
        like: str | None = None,
        rerank: bool = False,
        details: bool = True,
    ) -> SearchAnswer:
        """Return the papers that answer a query best.

        Args:
            query: words, formulas, a question; a part in double quotes must stand in the paper
                as it is, a word behind a minus must not. May be empty where `like` is given.
                What is longer than `LONGEST_QUERY` is cut.
            top: how many at most.
            mode: what finds.
            filters: what papers must be; exact: as many are found as there are.
            like: id of a paper that others should be like; it is not found itself.
            rerank: order the best 50 anew by their best sentence.
            details: whether to read the papers, for titles, snippets and reasons.

        Raises:
            UsageError: the query is empty, one letter or without any, or the mode is none.
            NotFoundError: there is no paper `like`.
            GraphError: a filter or the mode needs a graph and there is none.
        """
        check_query(query, mode, like, self.collection)
        filters = filters or SearchFilters()
        given = self.papers.get(like) if like is not None else None
        text = query[:LONGEST_QUERY].strip()
        named = named_things(text or (given.text.partition("\n")[0] if given else ""))
        allowed, passing = self._allowed(filters)
        pool = max(POOL, top) + (given is not None)
        asked = _Asked(text, given, named, mode, allowed, pool)
        found = self._find(asked)
        ranked = self._ranked(found, None if given is None else given.id)
        if rerank:
            from .search_rerank import reranked

            wanted = text or (given.text if given else "")
            ranked = reranked(wanted, ranked, self.encoder, self.papers)
        return SearchAnswer(
            query=query,
            mode=mode,
            encoder=None if found.vector is None else self.index.card.encoder,
            named=named,
            filters=filters,
            n_allowed=None if allowed is None else int(allowed.sum()),
            passing=passing,
            n_matched=self.index.count(text, named.materials) if text else None,
            stale=self.stale,
            hits=self._hits(ranked, top, asked, found) if details else bare_hits(ranked[:top]),
        )

    def _hits(
        self, ranked: list[tuple[str, float]], top: int, asked: "_Asked", found: Found
    ) -> tuple[SearchHit, ...]:
        similar: dict[str, float] = {}
        if found.vector is not None:
            similar = self.index.similarities([key for key, _ in ranked[: 2 * top]], found.vector)
        text = asked.text or (asked.given.text.partition("\n")[0] if asked.given else "")
        return HitMaker(self.papers, text, asked.named, found, similar).hits(ranked, top)

    # Filters

    def _allowed(
        self, filters: SearchFilters
    ) -> "tuple[np.ndarray[Any, Any] | None, dict[str, int]]":
        """Return the rows that pass the filters, None for all, and papers by filter."""
        if filters == SearchFilters():
            return None, {}
        papers, passing = allowed_papers(filters, self.session)
        keys: set[str] | None = papers
        if papers is not None and self.collection == "sentences":
            keys = {key for key in self.index.all_keys() if paper_of(key) in papers}
        passing |= self._passing(filters)
        allowed = self.index.allowed(
            keys=keys, years=filters.years, sources=filters.sources, licenses=filters.licenses
        )
        return allowed, passing

    def _passing(self, filters: SearchFilters) -> dict[str, int]:
        """Return how many rows pass each filter that the index answers alone."""
        passing: dict[str, int] = {}
        if filters.years != (None, None):
            first, last = (year or "" for year in filters.years)
            passing[f"year {first}:{last}"] = int(self.index.allowed(years=filters.years).sum())
        if filters.sources:
            mask = self.index.allowed(sources=filters.sources)
            passing[self._in_words("source", filters.sources)] = int(mask.sum())
        if filters.licenses:
            mask = self.index.allowed(licenses=filters.licenses)
            passing[self._in_words("license", filters.licenses)] = int(mask.sum())
        return passing

    def _in_words(self, name: str, values: tuple[str, ...]) -> str:
        """Return a filter in words; of one that no paper has, what papers have instead."""
        choices = self.index.choices(name)
        if choices.keys() & set(values):
            return f"{name} {', '.join(values)}"
        return f"{name} {', '.join(values)} (there is {', '.join(list(choices)[:8]) or 'none'})"

    # Lists

    def _find(self, asked: "_Asked") -> Found:
        """Return the lists that the mode needs."""
        found = Found()
        if asked.mode in ("fusion", "text"):
            found.lists |= self._by_words(asked)
        if asked.mode in ("fusion", "dense"):
            found.vector = self._vector(asked)
            # A text of which the encoder knows nothing has no direction.
            if found.vector.any():
                found.lists["dense"] = dict(
                    self.index.dense(found.vector, asked.pool, asked.allowed)
                )
        if asked.mode in ("fusion", "graph") and self.collection == "papers":
            evidence = self._by_facts(asked)
            found.lists["graph"] = {one.paper: one.score for one in evidence}
            found.facts = {one.paper: tuple(one.facts) for one in evidence}
        return found

    def _by_words(self, asked: "_Asked") -> dict[str, dict[str, float]]:
        index, allowed, pool = self.index, asked.allowed, asked.pool
        lists: dict[str, dict[str, float]] = {}
        if asked.text:
            materials = asked.named.materials
            hits = index.full_text(asked.text, pool, materials=materials, allowed=allowed)
            lists["text"] = dict(hits)
        if asked.given is not None:
            name = "like" if asked.text else "text"
            lists[name] = dict(index.like(asked.given.text, pool, allowed))
        return lists

    def _vector(self, asked: "_Asked") -> "np.ndarray[Any, Any]":
        """Return the direction of the query, of the given paper, or between them."""
        import numpy as np

        vector: np.ndarray[Any, Any] = np.zeros(self.index.card.size, np.float32)
        if asked.text:
            vector = self.encoder.encode([asked.text])[0]
        if asked.given is not None:
            kept = self.index.vectors([asked.given.id]).get(asked.given.id)
            of_paper = self.encoder.encode([asked.given.text])[0] if kept is None else kept
            vector = vector + of_paper
            vector = vector / (float(np.linalg.norm(vector)) or 1.0)
        return vector

    def _by_facts(self, asked: "_Asked") -> "list[Evidence]":
        """Return evidence of the graph; where it cannot say any, none, unless only it is asked."""
        if asked.named == NamedThings() or (self.graph_problem and asked.mode != "graph"):
            return []
        from .search_graph import GraphEvidence

        if self._evidence is None:
            self._evidence = GraphEvidence(self.session)
        among = None if asked.allowed is None else set(self.index.keys_of(asked.allowed))
        try:
            return self._evidence.find(asked.named, asked.pool, allowed=among)
        except (GraphError, QueryError) as error:
            if asked.mode == "graph":
                raise
            self.graph_problem = str(error)
            return []

    def _ranked(self, found: Found, without: str | None) -> list[tuple[str, float]]:
        from embeddings.fusion import add_scores

        lists = found.lists
        if len(lists) == 1:
            ranked = list(next(iter(lists.values())).items())
        else:
            cosines: dict[str, float] = {}
            if found.vector is not None and "dense" in lists:
                keys = {key for scores in lists.values() for key in scores}
                cosines = self.index.similarities(keys, found.vector)
            others = {name: scores for name, scores in lists.items() if name != "dense"}
            weights = fusion_weights(self.index.card.encoder)
            ranked = add_scores(others, cosines, weights, complete=["graph"])
        if "graph" in lists:
            # The graph may know papers that the index does not have any more.
            there = self.index.present(key for key, _ in ranked)
            ranked = [hit for hit in ranked if hit[0] in there]
        return [hit for hit in ranked if paper_of(hit[0]) != without]
