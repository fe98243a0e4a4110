"""Tables of numbers of the elements, from which composition descriptors are made.

The tables in `elements/` ship; `card.json` there says of each where it is from, what its columns
mean, and which numbers are missing. Other tables can be read from ElementEmbeddings where it is
installed. `python -m graph.predictors.element_tables` makes the files anew.

A number that a table lacks is the median of that number over the elements that are most alike:
those of the same block and period, else of the same block, else all. An element is refused
where nothing is known of its solid: where the Magpie table (Ward et al., npj Comput. Mater. 2,
16028 (2016)) has no row for it, or neither its melting temperature nor its volume. These are
francium and the elements from californium on.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, UsageError

from ..propnet.elements import Element, load_elements

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import numpy as np

__all__ = [
    "SYMBOLS",
    "ElementTable",
    "known_elements",
    "load_element_numbers",
    "load_table",
    "position_of",
    "table_card",
    "table_names",
]

SYMBOLS: tuple[str, ...] = tuple(load_elements())[:98]
"""The elements 1 to 98, of which tables have rows."""
_FOLDER = files(__package__) / "elements"


@dataclass(frozen=True)
class ElementTable:
    """Numbers of the elements.

    Attributes:
        name: `magpie`.
        version: changes with any number.
        names: of the columns, for people: `melting temperature`.
        units: of the columns.
        values: shape (98, k), rows in the order of `SYMBOLS`; filled, so none is missing.
        missing: shape (98, k), of bool: where a number was filled in.
        citation: the paper that it follows.
    """

    name: str
    version: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    values: "np.ndarray"
    missing: "np.ndarray"
    citation: str

    def column(self, name: str) -> "np.ndarray":
        """Return the numbers of one column, shape (98,)."""
        return self.values[:, self.names.index(name)]


@lru_cache(maxsize=1)
def position_of() -> Mapping[str, int]:
    """Return the row of each element in a table."""
    return MappingProxyType({symbol: row for row, symbol in enumerate(SYMBOLS)})


@lru_cache(maxsize=1)
def table_card() -> Mapping[str, Any]:
    """Return what `elements/card.json` says of each table, by name."""
    try:
        card = json.loads((_FOLDER / "card.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"graph/predictors/elements/card.json cannot be read ({error}); reinstall matlore"
        ) from None
    tables: dict[str, Any] = card["tables"]
    return MappingProxyType(tables)


def table_names() -> tuple[str, ...]:
    """Return the names of the tables that ship."""
    return tuple(table_card())


@lru_cache(maxsize=1)
def known_elements() -> frozenset[str]:
    """Return the elements that descriptors take; the module says which are refused."""
    table = load_table("magpie")
    solid = [table.names.index(name) for name in ("melting temperature", "volume per atom")]
    lacking = table.missing[:, solid].min(axis=1)
    return frozenset(symbol for row, symbol in enumerate(SYMBOLS) if not lacking[row])


@lru_cache(maxsize=32)
def load_table(name: str) -> ElementTable:
    """Return a table: one that ships, or one of ElementEmbeddings where that is installed.

    Args:
        name: `magpie`, `oliynyk`, `mat2vec`, `vectors`, or ElementEmbeddings' name: `skipatom`.

    Raises:
        UsageError: there is no such table, or the package is not installed.
        ArtifactError: the file of the table is damaged.
    """
    card = table_card().get(name)
    if card is None:
        return _installed_table(name)
    data = _checked(_FOLDER / card["file"], card["sha256"])
    values = _read_csv(data, card) if card["file"].endswith(".csv") else _read_tensor(data)
    columns = card.get("columns") or [
        {"name": f"{card['column']} {k}", "unit": "1"} for k in range(1, values.shape[1] + 1)
    ]
    names = tuple(str(column["name"]) for column in columns)
    units = tuple(str(column["unit"]) for column in columns)
    return _filled(name, card["sha256"][:8], names, units, values, card["citation"])


@lru_cache(maxsize=1)
def load_element_numbers() -> ElementTable:
    """Return the numbers of `graph/propnet/elements.csv` as a table.

    Abundance spans eleven powers of ten, so its logarithm is taken.
    """
    import numpy as np

    rows = [load_elements()[symbol] for symbol in SYMBOLS]
    values = np.array([_numbers(element) for element in rows], dtype=np.float64)
    version = sha256(values.tobytes()).hexdigest()[:8]
    names, units = zip(*_NUMBERS, strict=True)
    citation = "Meija et al., Pure Appl. Chem. 88, 265 (2016), and others: propnet/elements.json"
    return _filled("elements", version, names, units, values, citation)


_NUMBERS = (
    ("atomic mass", "g/mol"),
    ("Pauling electronegativity", "1"),
    ("group in the periodic table", "1"),
    ("period in the periodic table", "1"),
    ("number of valence electrons", "1"),
    ("covalent radius", "pm"),
    ("melting temperature", "K"),
    ("log10 of crustal abundance", "log10(mg/kg)"),
    ("concentration of producing countries (HHI)", "1"),
    ("concentration of reserves (HHI)", "1"),
)


def _numbers(element: Element) -> list[float]:
    from math import log10, nan

    found = (
        element.atomic_mass,
        element.electronegativity,
        element.group,
        element.period,
        element.valence_electrons,
        element.covalent_radius,
        element.melting_point,
        log10(element.crustal_abundance) if element.crustal_abundance else None,
        element.hhi_production,
        element.hhi_reserves,
    )
    return [nan if number is None else float(number) for number in found]


def _checked(path: "Traversable", expected: str) -> bytes:
    """Return the content of a file whose hash is known."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path.name}: cannot be read ({error}); reinstall matlore") from None
    if sha256(data).hexdigest() != expected:
        raise ArtifactError(
            f"{path.name}: its content is not what card.json says; reinstall matlore, or make it"
            " anew with `python -m graph.predictors.element_tables`"
        )
    return data


def _read_csv(data: bytes, card: Mapping[str, Any]) -> "np.ndarray":
    import numpy as np

    values = np.full((len(SYMBOLS), len(card["columns"])), np.nan)
    for row in csv.DictReader(data.decode("utf-8").splitlines()):
        numbers = [row[column["column"]] for column in card["columns"]]
        values[position_of()[row["element"]]] = [float(n) if n else np.nan for n in numbers]
    return values


def _read_tensor(data: bytes) -> "np.ndarray":
    import numpy as np
    from safetensors.numpy import load

    return load(data)["values"].astype(np.float64)


def _installed_table(name: str) -> ElementTable:
    """Read a table of ElementEmbeddings."""
    from .element_table_sources import read_installed

    found = read_installed(name)
    if found is None:
        raise UsageError(
            f"no descriptors {name!r}; `matlore predict describe` lists those there are"
        )
    import numpy as np

    values, citation = found
    names = tuple(f"{name} number {k}" for k in range(1, values.shape[1] + 1))
    version = sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:8]
    return _filled(name, version, names, ("1",) * len(names), values, citation)


def _filled(
    name: str,
    version: str,
    names: tuple[str, ...],
    units: tuple[str, ...],
    values: "np.ndarray",
    citation: str,
) -> ElementTable:
    """Fill in what is missing as the module says."""
    import numpy as np

    missing = np.isnan(values)
    elements = [load_elements()[symbol] for symbol in SYMBOLS]
    block = np.array([element.block for element in elements])
    period = np.array([element.period for element in elements])
    full = values.copy()
    for row in np.flatnonzero(missing.any(axis=1)):
        same_block = block == block[row]
        alike = (same_block & (period == period[row]), same_block, np.ones_like(same_block))
        for column in np.flatnonzero(missing[row]):
            there = ~missing[:, column]
            rows = next((a & there for a in alike if (a & there).any()), there)
            full[row, column] = np.median(values[rows, column])
    full.setflags(write=False)
    missing.setflags(write=False)
    return ElementTable(name, version, names, units, full, missing, citation)


if __name__ == "__main__":
    from .element_table_sources import write_tables

    write_tables()
