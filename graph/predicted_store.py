"""What was predicted for materials, kept in a home: two Parquet files a predictor, and a card.

The card names the files that count and their hashes; it is written last. So a run that is killed
leaves what was committed before, and its other files go with the next change. Whoever writes holds
the home's lock.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from matlore.bert.files import check_file, file_sha256, write_whole
from matlore.errors import ArtifactError
from matlore.home import sync_path

from .schema import SCHEMA
from .tables import NodeTable, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "PredictedCard",
    "PredictedModel",
    "PredictedRows",
    "PredictedStore",
    "predicted_schemas",
]

_FORMAT = 1
_CARD = "card.json"
_REMEDY = "remove its folder, and predict all again with `matlore graph predict`"
_TABLES = ("quantities", "materials")
_ORDER = {"quantities": ("material", "id"), "materials": ("material",)}
# Predictions are compared with nothing, and all of a model have one licence.
_NOT_KEPT = {"conflict", "license"}


def predicted_schemas() -> "dict[str, pa.Schema]":
    """Return the columns of the two tables of a predictor.

    `quantities` have the columns of the node, `material` and `model`; `materials` are those that
    were looked at, with `note`, why there is no value; null where there is one.
    """
    import pyarrow as pa

    text = pa.string()
    node = arrow_schema(NodeTable(SCHEMA.node_types["Quantity"]))
    kept = [one for one in node if one.name not in _NOT_KEPT]
    return {
        "quantities": pa.schema([*[pa.field(one, text) for one in ("material", "model")], *kept]),
        "materials": pa.schema([("material", text), ("note", text)]),
    }


@dataclass(frozen=True, slots=True)
class PredictedModel:
    """A predictor whose values are kept: what the graph says of it, and which files hold them.

    Attributes:
        name: of the predictor, and of its node.
        version: of the predictor.
        settings: with which it predicted: conditions, level, what was left out.
        property_name: what it predicts.
        unit: of the values.
        about: what it says.
        reference: where it is from.
        license: of the data that it learned from.
        files: their names, by table; none before the first commit.
        hashes: their sha256, by table.
        values: how many are kept.
        materials: how many were looked at.
    """

    name: str
    version: str
    settings: str
    property_name: str
    unit: str
    about: str | None = None
    reference: str | None = None
    license: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    values: int = 0
    materials: int = 0

    @property
    def said(self) -> tuple[str | None, ...]:
        """What the graph says of it beside its name and version."""
        return (self.unit, self.about, self.reference, self.license, self.property_name)

    def predicts_like(self, other: "PredictedModel | None") -> bool:
        """Tell whether values of another need not be predicted anew."""
        return other is not None and (self.version, self.settings) == (
            other.version,
            other.settings,
        )


@dataclass(frozen=True)
class PredictedCard:
    """What is kept.

    Attributes:
        choices: what the user chose for the whole graph, for later runs.
        models: by name.
    """

    choices: Mapping[str, Any]
    models: Mapping[str, PredictedModel]

    @cached_property
    def stamp(self) -> str:
        """A hash of all that comes into a graph: the same only while that is."""
        said = [
            (one.name, one.version, one.said, one.hashes) for _, one in sorted(self.models.items())
        ]
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class PredictedRows:
    """What was predicted of some materials, in the columns of `predicted_schemas`."""

    quantities: "pa.Table"
    materials: "pa.Table"


class PredictedStore:
    """The predictions of a home; there are none before the first are written.

    Args:
        path: of a folder, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def card(self) -> PredictedCard:
        """Return what is kept.

        Raises:
            ArtifactError: the card is damaged, or was written by another version.
        """
        path = self.path / _CARD
        if not path.is_file():
            return PredictedCard({}, {})
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said["format"] != _FORMAT:
                raise ArtifactError(f"{path} was written by another version of matlore: {_REMEDY}")
            models = {name: PredictedModel(**one) for name, one in said["models"].items()}
            return PredictedCard(dict(said["choices"]), models)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(f"{path} is damaged ({error}): {_REMEDY}") from error

    def stamp(self) -> str | None:
        """Return a hash of what is kept, or None where nothing is."""
        card = self.card()
        return card.stamp if card.models else None

    def file(self, model: PredictedModel, table: str) -> Path:
        """Return the file of a table of a model.

        Raises:
            ArtifactError: it is missing or damaged.
        """
        try:
            path = self.path / Path(model.files[table]).name
            check_file(path, model.hashes[table], remedy=_REMEDY)
        except KeyError as error:
            raise ArtifactError(f"{self.path / _CARD} is damaged ({error}): {_REMEDY}") from error
        return path

    def notes(self, model: PredictedModel) -> dict[str, str | None]:
        """Return the materials that a model was asked about, with why it gave no value.

        Raises:
            ArtifactError: the file is missing or damaged.
        """
        import pyarrow.parquet as pq

        if not model.files:
            return {}
        columns = pq.read_table(self.file(model, "materials")).to_pydict()
        return dict(zip(columns["material"], columns["note"], strict=True))

    def counts(self, model: PredictedModel) -> dict[str, int]:
        """Count what is kept of a model.

        Returns:
            `materials` that were looked at, those `without` a value, `values`, and those
            `in_domain`.

        Raises:
            ArtifactError: a file is missing or damaged.
        """
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        kept = pq.read_table(self.file(model, "quantities"), columns=["in_domain"])
        without = sum(note is not None for note in self.notes(model).values())
        inside = pc.sum(kept["in_domain"]).as_py() or 0
        return {
            "materials": model.materials,
            "without": without,
            "values": model.values,
            "in_domain": int(inside),
        }

    def change(
        self,
        model: PredictedModel,
        rows: Iterable[PredictedRows] = (),
        gone: Collection[str] = (),
    ) -> PredictedModel:
        """Add rows of materials that a model was not asked about before, and remove others.

        Args:
            model: with the files that are kept of it; without any, all that is kept of it goes.
            rows: of materials that are new.
            gone: materials whose rows go.

        Returns:
            What is kept of it now.

        Raises:
            ArtifactError: what was kept is damaged.
        """
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        kept: list[PredictedRows] = []
        if model.files:
            old = [pq.read_table(self.file(model, name)) for name in _TABLES]
            going = pa.array(sorted(gone), pa.string())
            stays = [
                one.filter(pc.invert(pc.is_in(one["material"], value_set=going))) for one in old
            ]
            kept.append(PredictedRows(*stays))
        return self._put(model, [*kept, *rows])

    def forget(self, names: Iterable[str]) -> None:
        """Remove all of some models.

        Raises:
            ArtifactError: the card is damaged.
        """
        card, going = self.card(), set(names)
        models = {name: one for name, one in card.models.items() if name not in going}
        self._write(PredictedCard(card.choices, models))

    def choose(self, choices: Mapping[str, Any]) -> None:
        """Keep what the user chose.

        Raises:
            ArtifactError: the card is damaged.
        """
        self._write(PredictedCard(choices, self.card().models))

    def _put(self, model: PredictedModel, rows: list[PredictedRows]) -> PredictedModel:
        """Write the files of a model, and name them in the card."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path.mkdir(parents=True, exist_ok=True)
        stem, counts = uuid4().hex[:12], {}
        files = {name: f"{stem}.{name}.parquet" for name in _TABLES}
        for name, schema in predicted_schemas().items():
            some = [getattr(one, name).select(schema.names).cast(schema) for one in rows]
            table = pa.concat_tables([schema.empty_table(), *some])
            table = table.sort_by([(column, "ascending") for column in _ORDER[name]])
            pq.write_table(table.combine_chunks(), self.path / files[name], compression="zstd")
            sync_path(self.path / files[name])
            counts[name] = table.num_rows
        hashes = {name: file_sha256(self.path / file) for name, file in files.items()}
        kept = replace(
            model,
            files=files,
            hashes=hashes,
            values=counts["quantities"],
            materials=counts["materials"],
        )
        card = self.card()
        self._write(PredictedCard(card.choices, {**card.models, model.name: kept}))
        return kept

    def _write(self, card: PredictedCard) -> None:
        """Write the card, and remove the files that it does not name."""
        self.path.mkdir(parents=True, exist_ok=True)
        models = {name: asdict(one) for name, one in sorted(card.models.items())}
        said = {"format": _FORMAT, "choices": dict(card.choices), "models": models}
        text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        write_whole(self.path / _CARD, text.encode(), durable=True)
        named = {file for one in card.models.values() for file in one.files.values()}
        for entry in self.path.glob("*.parquet"):
            if entry.name not in named:
                entry.unlink(missing_ok=True)
