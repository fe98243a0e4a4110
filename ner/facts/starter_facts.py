"""The facts that ship with matlore: from where, how they are packed, and how they are read.

`starter_layout` says how they are laid out. There is no text of any paper in the pack: of names
only the keys and canonical names, and offsets into texts that are not there.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError
from matlore.records import Claim, Quantity

from ..mention_store import commonest_first
from .cards import FACTS_FOLDER
from .records import PaperRecords
from .starter_columns import FactColumns
from .starter_layout import TABLES, Layout, PaperRow, lay_out, worth

if TYPE_CHECKING:
    import pyarrow as pa

    from .starter_rows import PackedRows

__all__ = ["CARD", "FORMAT", "FactsCard", "StarterFacts", "pack_facts", "save_pack", "table_file"]

CARD = "facts.card.json"
FORMAT = 1

_BATCH_ROWS = 16_384
_MARGIN = 0.99
_MOST_TRIES = 8
_AGAIN = "make them again with `matlore starter facts` or install matlore again"


@dataclass(frozen=True, slots=True)
class FactsCard:
    """What a pack of facts is.

    Attributes:
        id: `facts-` and the beginning of a hash over the files.
        format: version of the layout.
        sha256: of each file, by its name.
        made: date, ISO 8601.
        counts: what is in it: papers, materials, claims, quantities, mentions, words.
        found: claims and quantities that there were to choose from.
        selection: how those in it were chosen.
        sources: papers by source.
        licenses: papers by licence of their metadata.
        versions: of what found the facts, and of the libraries that packed them.
        command: that made it.
        license: of the pack.
    """

    id: str
    format: int
    sha256: dict[str, str]
    made: str
    counts: dict[str, int]
    found: dict[str, int] = field(default_factory=dict)
    selection: str = ""
    sources: dict[str, int] = field(default_factory=dict)
    licenses: dict[str, int] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    command: str | None = None
    license: str | None = None


def table_file(table: str) -> str:
    """Return the name of the file of a table."""
    return f"facts.{table}.parquet"


def pack_facts(facts: FactColumns, papers: Sequence[PaperRow], *, max_bytes: int) -> Layout:
    """Lay facts out within so many bytes: all of them, or those that are worth most.

    Raises:
        ValueError: not even one fact fits.
    """
    import numpy as np

    value = worth(facts)
    best_first = np.argsort(-value, kind="stable")
    count = len(value)
    packed = lay_out(facts, papers)
    for _ in range(_MOST_TRIES):
        size = _size(packed)
        if size <= max_bytes or not count:
            break
        count = int(count * max_bytes / size * _MARGIN)
        kept = np.zeros(len(value), dtype=bool)
        kept[best_first[:count]] = True
        packed = lay_out(facts, papers, kept)
    if _size(packed) > max_bytes:
        raise ValueError(f"facts do not fit into {max_bytes} bytes")
    return packed


def _size(packed: Layout) -> int:
    return sum(map(len, packed.files.values()))


def save_pack(packed: Layout, folder: Path, card: Callable[[dict[str, str]], FactsCard]) -> None:
    """Write a pack; its card comes last, so that half a pack is none.

    Args:
        packed: from `pack_facts`.
        folder: which may hold other things.
        card: makes the card of the files' sha256, by their names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    hashes = {}
    for table, data in packed.files.items():
        (folder / table_file(table)).write_bytes(data)
        hashes[table_file(table)] = sha256(data).hexdigest()
    text = json.dumps(asdict(card(hashes)), indent=1, ensure_ascii=False) + "\n"
    (folder / CARD).write_text(text, encoding="utf-8")


def load_card(folder: Path) -> FactsCard:
    """Read the card of a pack, and check its files against it.

    Raises:
        ArtifactError: the card or a file is missing, damaged or of another format.
    """
    path = folder / CARD
    try:
        card = FactsCard(**json.loads(path.read_text(encoding="utf-8")))
        known = dict(card.sha256)
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path}: not the card of facts ({error}); {_AGAIN}") from error
    if card.format != FORMAT:
        raise ArtifactError(f"{path}: facts of another version of matlore; {_AGAIN}")
    for name in map(table_file, TABLES):
        try:
            found = sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise ArtifactError(f"{folder / name}: cannot be read ({error}); {_AGAIN}") from error
        if found != known.get(name):
            raise ArtifactError(
                f"{folder / name}: sha256 differs from its card, the file is damaged; {_AGAIN}"
            )
    return card


class StarterFacts:
    """The facts of a pack, read like those of a home (`ner.fact_store.Facts`).

    Their `text_sha` is not known, so their ids are others than in the home they are from.
    """

    def __init__(self, folder: Path, card: FactsCard) -> None:
        self.folder = folder
        self.card = card

    @classmethod
    def load(cls, folder: Path | None = None) -> "StarterFacts":
        """Open a pack; None is the one that ships.

        Raises:
            ArtifactError: there is none, or it is damaged.
        """
        folder = FACTS_FOLDER if folder is None else folder
        return cls(folder, load_card(folder))

    @cached_property
    def _rows(self) -> "PackedRows":
        from .starter_rows import PackedRows

        version = self.card.versions.get("facts")
        paths = {table: self.folder / table_file(table) for table in TABLES}
        return PackedRows(paths, version=str(version or self.card.id))

    def quantities(self) -> Iterator[Quantity]:
        """Yield the quantities, those of a paper in sequence."""
        yield from self._rows.quantities(range(self._rows.n_quantities))

    def claims(self) -> Iterator[Claim]:
        """Yield the claims, those of a paper in sequence."""
        yield from self._rows.claims(range(self._rows.n_claims))

    def quantity_batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of quantities as Arrow batches (`ner.fact_store.quantity_schema`)."""
        from ..fact_store import quantities_to_batch

        for places in _chunks(self._rows.n_quantities):
            batch = quantities_to_batch(self._rows.quantities(places))
            yield batch if columns is None else batch.select(list(columns))

    def claim_batches(self, columns: Sequence[str] | None = None) -> Iterator["pa.RecordBatch"]:
        """Yield the rows of claims as Arrow batches (`ner.fact_store.claim_schema`)."""
        from ..fact_store import claims_to_batch

        for places in _chunks(self._rows.n_claims):
            batch = claims_to_batch(self._rows.claims(places))
            yield batch if columns is None else batch.select(list(columns))

    def papers(self) -> list[tuple[str, int | None, str | None]]:
        """Return the papers that have facts: id, year and the licence of their metadata."""
        return self._rows.papers()

    def of_material(self, key: str) -> PaperRecords:
        """Return the quantities of a material and the claims whose subject it is."""
        return self._rows.of_material(key)

    def by_paper(self, id: str) -> PaperRecords:
        """Return the facts of a paper; none where it has none."""
        return self._rows.of_paper(id)

    def material_counts(self) -> dict[str, int]:
        """Return how many facts there are of each material, by its key, the most first."""
        return commonest_first(self._rows.material_counts())

    def years(self, ids: Iterable[str]) -> dict[str, int | None]:
        """Return the years of papers."""
        return self._rows.years(ids)

    def counts(self) -> dict[str, Any]:
        """Return what the card says is there."""
        return dict(self.card.counts)


def _chunks(total: int) -> Iterator[range]:
    for start in range(0, total, _BATCH_ROWS):
        yield range(start, min(total, start + _BATCH_ROWS))
