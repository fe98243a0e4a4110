"""The starter pack's facts: made from those of a home."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from matlore.errors import NotFoundError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress

if TYPE_CHECKING:
    from ner.facts.starter_facts import FactsCard
    from ner.facts.starter_layout import PaperRow

__all__ = ["build_starter_facts"]

MEGABYTE = 1_000_000
_CARD_BYTES = 8_000
_COLUMNS = ("id", "year", "license", "source", "retracted")
_LICENSE = "facts only: numbers, names and places in texts; no text of any paper"
_SELECTION = (
    "one fact a paper and statement, the surest; then those worth most:"
    " score x (1 + log2(papers that say the same) / 4), quantities twice that"
)


class _Papers(NamedTuple):
    """The papers of a home that stand."""

    rows: "list[PaperRow]"
    sources: dict[str, str]


def build_starter_facts(
    home_path: Path,
    *,
    out: Path | None = None,
    max_megabytes: float = 8.0,
    command: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Pack the facts of a home: materials, claims and quantities with papers, places, years.

    Args:
        home_path: a home whose papers were read for facts.
        out: where the pack goes; None is the folder that ships. An older pack there is
            replaced, other files are kept.
        max_megabytes: of all that lies in `out` afterwards.
        command: recorded in the card.
        progress: told what is being done.

    Raises:
        HomeError: there is no home at `home_path`.
        NotFoundError: the home has no facts.
        UsageError: `out` is a file, or what else lies in it leaves too little room.
    """
    from ner.fact_store import Facts
    from ner.facts.cards import FACTS_FOLDER
    from ner.facts.starter_columns import collect_facts
    from ner.facts.starter_facts import pack_facts, save_pack

    folder = FACTS_FOLDER if out is None else out
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder}: is a file; name a folder")
    room = int(max_megabytes * MEGABYTE) - _other_bytes(folder) - _CARD_BYTES
    if room <= 0:
        raise UsageError(f"{folder}: what else is there leaves no room in {max_megabytes} MB")
    home = Home.open(home_path)
    facts = Facts(home)
    progress(0, text="reading facts")
    papers = _papers(home)
    columns = collect_facts(facts, [paper.id for paper in papers.rows])
    found = {
        "claims": len(columns.claims.get("paper", ())),
        "quantities": len(columns.quantities.get("paper", ())),
    }
    if not any(found.values()):
        raise NotFoundError(f"{home_path} has no facts: `matlore facts extract` finds them")
    progress(0, text="packing facts")
    try:
        packed = pack_facts(columns, papers.rows, max_bytes=room)
    except ValueError as error:
        raise UsageError(f"{folder}: {error}; allow more with --max-megabytes") from error
    counts = facts.counts()

    def card(hashes: dict[str, str]) -> "FactsCard":
        return _card(
            hashes, packed.counts, found, _origin(papers, packed.papers), counts["models"], command
        )

    save_pack(packed, folder, card)
    size = sum(map(len, packed.files.values()))
    return {
        "path": str(folder),
        **packed.counts,
        "claims_found": found["claims"],
        "quantities_found": found["quantities"],
        "papers_pending": counts["pending"],
        "megabytes": round(size / MEGABYTE, 3),
    }


def _other_bytes(folder: Path) -> int:
    """Return the size of what lies in a folder, without a pack of facts."""
    from ner.facts.starter_facts import CARD, table_file
    from ner.facts.starter_layout import TABLES

    own = {CARD, *map(table_file, TABLES)}
    if not folder.is_dir():
        return 0
    return sum(one.stat().st_size for one in folder.iterdir() if one.name not in own)


def _papers(home: Home) -> _Papers:
    """Return the papers of the corpus that are not retracted."""
    from ingest.corpus import Corpus
    from ner.facts.starter_layout import PaperRow

    rows, sources = [], {}
    for batch in Corpus(home).batches(_COLUMNS):
        columns = (batch.column(name).to_pylist() for name in _COLUMNS)
        for id, year, license, source, retracted in zip(*columns, strict=True):
            if not retracted:
                rows.append(PaperRow(id, year, license))
                sources[id] = source or "unknown"
    return _Papers(rows, sources)


def _origin(papers: _Papers, used: Sequence["PaperRow"]) -> dict[str, dict[str, int]]:
    """Return how many papers of the pack are of which source and licence."""
    from ner.mention_store import commonest_first

    return {
        "sources": commonest_first(Counter(papers.sources[paper.id] for paper in used)),
        "licenses": commonest_first(Counter(paper.license or "unknown" for paper in used)),
    }


def _card(
    hashes: dict[str, str],
    counts: dict[str, int],
    found: dict[str, int],
    origin: Mapping[str, dict[str, int]],
    models: Mapping[str, int],
    command: str | None,
) -> "FactsCard":
    from ner.facts.starter_facts import FORMAT, FactsCard

    digest = sha256("".join(hashes[name] for name in sorted(hashes)).encode()).hexdigest()
    return FactsCard(
        id=f"facts-{digest[:10]}",
        format=FORMAT,
        sha256=hashes,
        made=datetime.now(UTC).date().isoformat(),
        counts=counts,
        found=found,
        selection=_SELECTION,
        sources=origin["sources"],
        licenses=origin["licenses"],
        versions={
            "facts": next(iter(models), "").partition("@")[0],
            "models": dict(models),
            "pyarrow": version_of("pyarrow"),
            "matlore": version_of("matlore"),
        },
        command=command,
        license=_LICENSE,
    )
