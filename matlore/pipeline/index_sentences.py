"""What the index of sentences is made from: the sentences that state facts.

A fact lies in the sentence of its value (a quantity) or of its object (a claim); what it is
about may be named in another one. The key of a sentence says where it stands:
`PAPER#START-END`, offsets into the text of the paper.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from matlore.home import Home

from .index_sources import PaperRow, paper_rows, stamp, wanted_texts

if TYPE_CHECKING:
    import pyarrow as pa

    from embeddings.index import IndexedText

__all__ = ["FactSentences", "sentence_place"]

_PART_PAPERS = 50_000  # their facts are held at once
_STATED = """SELECT e.id, e.model FROM extracted e
JOIN papers p ON p.id = e.id AND p.text_sha = e.text_sha
WHERE e.kind IN ('quantities', 'claims') AND e.rows > 0"""
_QUANTITIES = ("paper_id", "spans", "material")
_CLAIMS = ("paper_id", "spans", "subject", "object", "type")
_OF_MATERIALS = frozenset(["DOPED_WITH", "SAME_AS"])  # their objects are materials


class _Stated(NamedTuple):
    """Where a fact is stated, and of which materials."""

    start: int
    materials: tuple[str, ...]


class FactSentences:
    """The sentences of a home's papers that state facts; a document is a paper."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._models: Mapping[str, str] | None = None

    def stamps(self) -> Mapping[str, str]:
        """Return the stamp of each paper with facts: of its text and what found the facts."""
        models = self._stated()
        return {
            paper.id: stamp(paper, models[paper.id])
            for paper in paper_rows(self._home)
            if paper.id in models
        }

    def document(self, key: str) -> str:
        """Return the paper of a sentence."""
        return sentence_place(key)[0]

    def texts(self, wanted: Collection[str]) -> "Iterator[tuple[str, list[IndexedText]]]":
        """Yield the wanted papers with their sentences, in the order of the corpus."""
        models = self._stated()
        rest = (row.id for row in paper_rows(self._home) if row.id in wanted and row.id in models)
        while part := frozenset(islice(rest, _PART_PAPERS)):
            facts = _facts(self._home, part)
            for paper, text in wanted_texts(self._home, part):
                sha = stamp(paper, models[paper.id])
                yield paper.id, _sentences(paper, text, facts.get(paper.id, ()), sha)

    def _stated(self) -> Mapping[str, str]:
        """Return the papers that state facts, with what found them."""
        if self._models is None:
            self._models = _stating_papers(self._home)
        return self._models


def sentence_place(key: str) -> tuple[str, int, int]:
    """Return the paper of a sentence, and where in its text it stands."""
    paper, _, place = key.rpartition("#")
    start, _, end = place.partition("-")
    return paper, int(start), int(end)


def _stating_papers(home: Home) -> dict[str, str]:
    from ner.mention_store import has_extracted

    found: dict[str, str] = {}
    with home.connect() as connection:
        if has_extracted(connection):
            for id, model in connection.execute(f"{_STATED} ORDER BY e.id, e.kind"):
                known = found.get(id)
                found[id] = model if known in (None, model) else f"{known} {model}"
    return found


def _facts(home: Home, papers: Collection[str]) -> dict[str, list[_Stated]]:
    """Return what some papers state."""
    import pyarrow as pa

    from ner.fact_store import Facts

    facts, wanted = Facts(home), pa.array(sorted(papers), pa.string())
    found: dict[str, list[_Stated]] = defaultdict(list)
    for batch in facts.quantity_batches(_QUANTITIES):
        for id, spans, material in _rows(batch, _QUANTITIES, wanted):
            if spans:
                found[id].append(_Stated(spans[0]["start"], (material,) if material else ()))
    for batch in facts.claim_batches(_CLAIMS):
        for id, spans, subject, thing, type in _rows(batch, _CLAIMS, wanted):
            if spans:
                named = (subject, thing) if type in _OF_MATERIALS else (subject,)
                keys = tuple(one for one in named if one)
                found[id].append(_Stated(spans[-1]["start"], keys))
    return found


def _rows(
    batch: "pa.RecordBatch", names: Sequence[str], papers: "pa.Array"
) -> "Iterator[tuple[Any, ...]]":
    """Yield the rows of some papers."""
    import pyarrow.compute as pc

    part = batch.filter(pc.is_in(batch.column("paper_id"), value_set=papers))
    return zip(*(part.column(name).to_pylist() for name in names), strict=True)


def _sentences(
    paper: PaperRow, text: str, facts: Sequence[_Stated], sha: str
) -> "list[IndexedText]":
    """Return the sentences of a paper in which facts are stated, in their order."""
    from embeddings.index import IndexedText
    from ner.sentences import split_sentences

    spans = split_sentences(text)
    starts = [start for start, _ in spans]
    keys: dict[int, set[str]] = defaultdict(set)
    for fact in facts:
        at = bisect_right(starts, fact.start) - 1
        if at >= 0 and fact.start < spans[at][1]:
            keys[at].update(fact.materials)
    return [
        IndexedText(
            key=f"{paper.id}#{spans[at][0]}-{spans[at][1]}",
            sha=sha,
            title="",
            body=text[slice(*spans[at])],
            materials=tuple(sorted(keys[at])),
            year=paper.year,
            source=paper.source,
            license=paper.license,
        )
        for at in sorted(keys)
    ]
