"""The fingerprints of all papers of a home, asked for those that may be one work."""

from matlore.home import Home, HomeWriter

from .corpus import Corpus
from .duplicates import same_work
from .fingerprints import (
    FINGERPRINT_VERSION,
    Fingerprint,
    bands,
    fingerprint,
    title_key,
)

__all__ = ["DuplicateIndex"]

_JOB, _KEY = "duplicates", "version"
_MOST_CANDIDATES = 64
_COLUMNS = "id, title, author, year, shingles, signature"


class DuplicateIndex:
    """Finds the papers that a record may be of; kept in the manifest, made anew when needed."""

    def __init__(self, writer: HomeWriter) -> None:
        self._sql = writer.connection
        if writer.cursor(_JOB, _KEY) != {"version": FINGERPRINT_VERSION}:
            self._fill(writer.home)
            writer.set_cursor(_JOB, _KEY, {"version": FINGERPRINT_VERSION})

    def add(self, id: str, record: str, print: Fingerprint) -> None:
        """Note the fingerprint of a record of the paper `id`."""
        key = title_key(print.title)
        number = self._sql.execute(
            "INSERT INTO fingerprints (id, record, title_key, title, author, year, shingles, "
            "signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (id, record, key, print.title, print.author, print.year, print.shingles,
             print.signature),
        ).lastrowid  # fmt: skip
        self._sql.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)",
            [(band, number) for band in bands(print.signature)],
        )

    def forget(self, id: str, record: str) -> None:
        """Take back the fingerprint of a record."""
        query = "DELETE FROM fingerprints WHERE id = ? AND record = ?"
        self._sql.execute(query, (id, record))

    def rename(self, id: str, new: str) -> None:
        """Give the fingerprints of a paper another paper's id."""
        self._sql.execute("UPDATE fingerprints SET id = ? WHERE id = ?", (new, id))

    def find(self, print: Fingerprint) -> list[tuple[str, str, float]]:
        """Return the papers of the same work with how they were found and a score, best first."""
        found: dict[str, tuple[str, float]] = {}
        for id, other in self._candidates(print):
            match = same_work(print, other)
            if match is not None and match[1] > found.get(id, ("", -1.0))[1]:
                found[id] = match
        return sorted(
            ((id, how, score) for id, (how, score) in found.items()), key=lambda m: (-m[2], m[0])
        )

    def _candidates(self, print: Fingerprint) -> list[tuple[str, Fingerprint]]:
        """Return the papers with the same title, or with an abstract in a common band."""
        key = title_key(print.title)
        rows = []
        if key:
            query = f"SELECT {_COLUMNS} FROM fingerprints WHERE title_key = ? LIMIT ?"
            rows += self._sql.execute(query, (key, _MOST_CANDIDATES)).fetchall()
        keys = bands(print.signature)
        if keys:
            marks = ",".join("?" * len(keys))
            query = (
                f"SELECT {_COLUMNS} FROM fingerprints WHERE number IN "
                f"(SELECT number FROM bands WHERE key IN ({marks})) LIMIT ?"
            )
            rows += self._sql.execute(query, (*keys, _MOST_CANDIDATES)).fetchall()
        return [(row[0], Fingerprint(*row[1:])) for row in rows]

    def _fill(self, home: Home) -> None:
        """Make the fingerprints of the whole corpus: an older version left none, or others."""
        self._sql.execute("DELETE FROM fingerprints")
        self._sql.execute("DELETE FROM bands")
        for paper in Corpus(home):
            self.add(paper.id, paper.id, fingerprint(paper))
