"""What goes into an index, and what comes out."""

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Hit", "IndexedText"]


@dataclass(frozen=True, slots=True)
class IndexedText:
    """A text to be indexed.

    Attributes:
        key: what it is found as: a paper's id, `PAPER#START-END`, `Label:key` of a node.
        sha: of what is indexed; where it has changed the text is indexed anew.
        title: may be empty.
        body: may be empty.
        materials: keys of materials that full text finds it by, however they are spelled.
        year: to filter by.
        source: to filter by.
        license: to filter by.
    """

    key: str
    sha: str
    title: str
    body: str
    materials: tuple[str, ...] = ()
    year: int | None = None
    source: str | None = None
    license: str | None = None

    @property
    def text(self) -> str:
        """What an encoder reads."""
        return "\n".join(part for part in (self.title, self.body) if part)


class Hit(NamedTuple):
    """A text that was found; scores compare only within one answer."""

    key: str
    score: float
