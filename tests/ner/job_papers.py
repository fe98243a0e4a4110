"""A corpus without files, for the jobs over the papers of a home."""

from collections.abc import Iterable, Sequence

from matlore.home import Home, HomeWriter
from matlore.records import Paper, text_hash
from ner.job_parts import PlacedPaper


class Papers:
    """A corpus of papers, a few a shard, without files."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.texts: dict[str, str] = {}
        self.places: dict[tuple[int, int], str] = {}
        self.shards_read: list[int] = []
        self.left_out: set[str] = set()

    def put(self, texts: dict[str, str]) -> None:
        """Add papers, or change them, as one more shard."""
        shard = 1 + max((shard for shard, _ in self.places), default=0)
        self.texts |= texts
        rows = []
        for row, (id, text) in enumerate(texts.items()):
            self.places[shard, row] = id
            rows.append((id, shard, row, text_hash(text), 0))
        with self.home.writer() as writer:
            query = "INSERT OR REPLACE INTO papers VALUES (?, ?, ?, ?, ?)"
            writer.connection.executemany(query, rows)
            aliases = [(id, id) for id in texts]
            writer.connection.executemany("INSERT OR IGNORE INTO aliases VALUES (?, ?, 0)", aliases)
            writer.commit()

    def remove(self, id: str) -> None:
        with self.home.writer() as writer:
            writer.connection.execute("DELETE FROM papers WHERE id = ?", (id,))
            writer.commit()

    def __call__(
        self, writer: HomeWriter, shard: int, rows: Sequence[int]
    ) -> Iterable[PlacedPaper]:
        self.shards_read.append(shard)
        for row in rows:
            id = self.places[shard, row]
            text = self.texts[id]
            if id not in self.left_out:
                paper = Paper(id, (id,), "", text, text, text_hash(text), "1")
                yield PlacedPaper(paper, shard, row)


class Rejects(list[tuple[str, str]]):
    """What failed: ids and reasons."""

    def __call__(self, placed: PlacedPaper, reason: str) -> None:
        self.append((placed.paper.id, reason))
