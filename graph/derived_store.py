"""What was derived for each material, kept in a home as Parquet files.

A card names the files of one state and their hashes; it is written last. So a run that is killed
leaves the state before it, and what files it left go with the next change. Whoever writes holds
the home's lock.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from matlore.bert.files import check_file, file_sha256, write_whole
from matlore.errors import ArtifactError
from matlore.home import sync_path

from .schema import SCHEMA
from .tables import NodeTable, arrow_schema, sql_path

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["FAILED", "DerivedCard", "DerivedDraft", "DerivedStore", "Noted", "derived_schemas"]

_FORMAT = 1
_CARD = "card.json"
_REMEDY = "remove its folder, and derive all again with `matlore graph derive`"
_OF_MATERIALS = ("materials", "quantities", "uses", "conflicts", "rejections")
_OF_MODELS = ("models", "needs", "gives")
_ORDER = {
    "materials": ("material",),
    "quantities": ("material", "id"),
    "uses": ("material", '"from"', '"to"'),
    "conflicts": ("material", '"from"', '"to"'),
    "rejections": ("material", "what", "symbol", "reason", "example"),
    "models": ("name",),
    "needs": ('"from"', '"to"'),
    "gives": ('"from"', '"to"'),
}
_ROW_GROUP = 122_880
# Columns of quantities that derived ones have not: their files need not have them.
_NOT_KEPT = {"conflict", "lower", "upper", "level", "in_domain"}
FAILED = "failed: "
"""How the note on a material begins with which something went wrong."""
_COUNTS = f"""
SELECT (SELECT count(*) FROM quantities WHERE kind <> 'aggregate'),
    (SELECT count(*) FROM quantities WHERE kind = 'aggregate'),
    (SELECT count(*) FROM conflicts),
    (SELECT count(DISTINCT material) FROM quantities),
    count(*) FILTER (cut_off IS NOT NULL AND NOT starts_with(cut_off, '{FAILED}')),
    count(*) FILTER (starts_with(cut_off, '{FAILED}'))
FROM materials
"""
_ERRORS = f"""
SELECT material || ': ' || cut_off FROM materials WHERE starts_with(cut_off, '{FAILED}')
ORDER BY material LIMIT 5
"""
_REASONS = """
SELECT reason, sum(count) AS n FROM rejections GROUP BY reason ORDER BY n DESC, reason
"""


def derived_schemas() -> "dict[str, pa.Schema]":
    """Return the columns of the tables that are kept, by their names.

    `materials` are those that were looked at; `quantities` have the columns of the node and
    `material`, `property` and `model`; `uses` and `conflicts` go from a derived value to another;
    `models`, `needs` and `gives` are as in the graph.
    """
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    node = arrow_schema(NodeTable(SCHEMA.node_types["Quantity"]))
    kept = [field for field in node if field.name not in _NOT_KEPT]
    about = [(name, text) for name in ("material", "property", "model")]
    edge = [("material", text), ("from", text), ("to", text)]
    end = [("from", text), ("to", text), ("variable", text)]
    noted = [(name, text) for name in ("material", "fingerprint", "version", "cut_off")]
    reasons = [(name, text) for name in ("material", "what", "symbol", "reason", "example")]
    return {
        "materials": pa.schema([*noted, ("seconds", number)]),
        "quantities": pa.schema([*[pa.field(*one) for one in about], *kept]),
        "uses": pa.schema([*edge, ("variable", text), ("weight", number)]),
        "conflicts": pa.schema([*edge, ("difference", number)]),
        "rejections": pa.schema([*reasons, ("count", pa.int64())]),
        "models": arrow_schema(NodeTable(SCHEMA.node_types["Model"])),
        "needs": pa.schema(end),
        "gives": pa.schema([*end, ("direct", pa.bool_())]),
    }


class Noted(NamedTuple):
    """What is noted of a material that was looked at.

    Attributes:
        fingerprint: of the values that it had.
        version: of what derived from them, and of its settings.
        cut_off: why not all was derived; None where all was.
        seconds: that it was given.
    """

    fingerprint: str
    version: str
    cut_off: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class DerivedCard:
    """Which files are the state of a store.

    Attributes:
        version: of the models, and of what derived with them last.
        folder: the name of the folder they are in.
        files: their sha256, by table.
        rows: how many rows each has.
    """

    version: str
    folder: str
    files: Mapping[str, str]
    rows: Mapping[str, int]

    @property
    def stamp(self) -> str:
        """A hash of all rows: the same only while they are."""
        return sha256(repr(sorted(self.files.items())).encode()).hexdigest()[:16]


class DerivedStore:
    """The derived values of a home; there are none before the first are written.

    Args:
        path: of a folder, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def card(self) -> DerivedCard | None:
        """Return what is there, or None where nothing is.

        Raises:
            ArtifactError: the card is damaged, or was written by another version.
        """
        path = self.path / _CARD
        if not path.is_file():
            return None
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said["format"] != _FORMAT:
                raise ArtifactError(f"{path} was written by another version of matlore: {_REMEDY}")
            names = ("version", "folder", "files", "rows")
            return DerivedCard(*(said[name] for name in names))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtifactError(f"{path} is damaged ({error}): {_REMEDY}") from error

    def stamp(self) -> str | None:
        """Return a hash of what is there, or None where nothing is."""
        card = self.card()
        return None if card is None else card.stamp

    def file(self, table: str) -> Path | None:
        """Return the file of a table, or None where nothing is there.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        card = self.card()
        if card is None:
            return None
        path = self.path / card.folder / f"{table}.parquet"
        check_file(path, card.files[table], remedy=_REMEDY)
        return path

    def materials(self) -> "dict[str, Noted]":
        """Return what is noted of the materials that were looked at.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        import pyarrow.parquet as pq

        path = self.file("materials")
        if path is None:
            return {}
        columns = pq.read_table(path).to_pydict()
        rows = zip(*(columns[name] for name in ("material", *Noted._fields)), strict=True)
        return {material: Noted(*noted) for material, *noted in rows}

    def counts(self) -> dict[str, Any]:
        """Count what is there.

        Returns:
            `quantities` that follow, `aggregates` of several, `conflicts`, `with_values`:
            materials of which something follows, `cut_off`: those of which not all was derived,
            `failed`: those with which something went wrong, `errors`: what, the first few; and
            `rejections`, by reason.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        import duckdb

        with closing(duckdb.connect()) as database:
            for name in _OF_MATERIALS:
                _see_table(database, name, self.file(name))
            (row,) = database.execute(_COUNTS).fetchall()
            errors = [str(error) for (error,) in database.execute(_ERRORS).fetchall()]
            rejections = {str(one): int(n) for one, n in database.execute(_REASONS).fetchall()}
        names = ("quantities", "aggregates", "conflicts", "with_values", "cut_off", "failed")
        return {**dict(zip(names, row, strict=True)), "errors": errors, "rejections": rejections}

    def draft(self) -> "DerivedDraft":
        """Return an empty draft of changes."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._sweep()
        return DerivedDraft(self, self.path / f"draft-{uuid4().hex[:12]}")

    def _replace(self, folder: Path, rows: Mapping[str, int], version: str) -> DerivedCard:
        """Make a folder with all tables the state."""
        files = {}
        for name in _ORDER:
            path = folder / f"{name}.parquet"
            sync_path(path)
            files[name] = file_sha256(path)
        sync_path(folder)
        sync_path(self.path)
        card = DerivedCard(version, folder.name, files, rows)
        text = json.dumps({"format": _FORMAT, **asdict(card)}, indent=1, sort_keys=True) + "\n"
        write_whole(self.path / _CARD, text.encode(), durable=True)
        self._sweep()
        return card

    def _sweep(self) -> None:
        """Remove what is no part of the state: of killed runs, and of states before."""
        card = self.card()
        for entry in self.path.iterdir():
            if entry.is_dir() and (card is None or entry.name != card.folder):
                shutil.rmtree(entry, ignore_errors=True)


class DerivedDraft:
    """Changes to a store: rows of materials that were derived anew. Nothing counts until `commit`.

    Args:
        store: to be changed.
        path: of a folder for the rows meanwhile.
    """

    def __init__(self, store: DerivedStore, path: Path) -> None:
        self._store = store
        self._path = path
        self._pieces = 0
        path.mkdir()

    def add(self, tables: "Mapping[str, pa.Table]") -> None:
        """Add rows of materials, in the columns of `derived_schemas`."""
        import pyarrow.parquet as pq

        schemas = derived_schemas()
        for name in _OF_MATERIALS:
            folder = self._path / name
            folder.mkdir(exist_ok=True)
            path = folder / f"{self._pieces:06}.parquet"
            pq.write_table(tables[name].select(schemas[name].names).cast(schemas[name]), path)
        self._pieces += 1

    def commit(
        self, models: "Mapping[str, pa.Table]", version: str, gone: Iterable[str] = ()
    ) -> DerivedCard:
        """Put the rows in the place of those that their materials had before.

        Args:
            models: `models`, `needs` and `gives`: all there are. Others stay while there are
                values of them.
            version: of these, and of what derived with them.
            gone: materials whose rows go.

        Returns:
            What is there now.

        Raises:
            ArtifactError: what was there before is damaged.
        """
        import duckdb

        folder = self._store.path / f"state-{uuid4().hex[:12]}"
        folder.mkdir()
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": "1GB",
            "temp_directory": str(self._path / "spill"),
        }
        with closing(duckdb.connect(config=config)) as database:
            self._see(database, models, gone)
            rows = {name: self._write(database, name, folder) for name in _OF_MATERIALS}
            _see_table(database, "quantities", folder / "quantities.parquet")
            _choose_models(database)
            rows |= {name: self._write(database, name, folder) for name in _OF_MODELS}
        return self._store._replace(folder, rows, version)

    def _see(
        self,
        database: "duckdb.DuckDBPyConnection",
        models: "Mapping[str, pa.Table]",
        gone: Iterable[str],
    ) -> None:
        """Let queries see the rows that are there, those that are new, and which go."""
        import pyarrow as pa

        schemas = derived_schemas()
        for name in _ORDER:
            _see_table(database, name, self._store.file(name), "old_")
        for name in _OF_MATERIALS:
            pieces = self._path / name / "*.parquet" if self._pieces else None
            _see_table(database, name, pieces, "new_")
        for name in _OF_MODELS:
            database.register(f"new_{name}", models[name].cast(schemas[name]))
        database.register("given", pa.table({"material": pa.array([*gone], pa.string())}))
        database.execute(
            "CREATE TEMP TABLE changed AS"
            " SELECT material FROM given UNION SELECT material FROM new_materials"
        )
        for name in _OF_MATERIALS:
            database.execute(
                f"CREATE TEMP VIEW all_{name} AS SELECT * FROM new_{name}"
                f" UNION ALL SELECT * FROM old_{name} ANTI JOIN changed USING (material)"
            )

    def _write(self, database: "duckdb.DuckDBPyConnection", name: str, folder: Path) -> int:
        """Write a table of the new state, sorted."""
        import pyarrow.parquet as pq

        schema, count = derived_schemas()[name], 0
        columns = ", ".join(f'"{one}"' for one in schema.names)
        query = f"SELECT {columns} FROM all_{name} ORDER BY {', '.join(_ORDER[name])}"
        with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as file:
            for batch in database.sql(query).to_arrow_reader(_ROW_GROUP):
                file.write_batch(batch.cast(schema), row_group_size=_ROW_GROUP)
                count += batch.num_rows
        return count


def _see_table(
    database: "duckdb.DuckDBPyConnection", name: str, path: Path | None, prefix: str = ""
) -> None:
    """Let queries see a table, which has no rows where it has no file."""
    if path is None:
        database.register(f"{prefix}{name}", derived_schemas()[name].empty_table())
        return
    database.execute(
        f"CREATE TEMP VIEW {prefix}{name} AS SELECT * FROM read_parquet({sql_path(path)})"
    )


def _choose_models(database: "duckdb.DuckDBPyConnection") -> None:
    """Keep models that are no more, while values of them are there."""
    database.execute(
        "CREATE TEMP TABLE left_models AS SELECT name FROM old_models"
        " ANTI JOIN new_models USING (name) SEMI JOIN quantities q ON q.model = name"
    )
    for name in _OF_MODELS:
        key = "name" if name == "models" else '"from"'
        database.execute(
            f"CREATE TEMP VIEW all_{name} AS SELECT * FROM new_{name}"
            f" UNION ALL SELECT * FROM old_{name} WHERE {key} IN (SELECT name FROM left_models)"
        )
