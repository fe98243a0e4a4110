"""Makes the files of `elements/` of ElementEmbeddings' data, and reads its other tables."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import UsageError

from .element_tables import SYMBOLS, position_of

if TYPE_CHECKING:
    import numpy as np

__all__ = ["read_installed", "write_card", "write_tables"]

_FOLDER = Path(__file__).parent / "elements"
_DATA = "data/element_representations"
_WARD = "L. Ward et al., npj Comput. Mater. 2, 16028 (2016)"
_OLIYNYK = "A. O. Oliynyk et al., Chem. Mater. 28, 7324 (2016)"
_TSHITOYAN = "V. Tshitoyan et al., Nature 571, 95 (2019)"

_MAGPIE = (
    ("Number", "atomic number", "1"),
    ("MendeleevNumber", "Mendeleev number", "1"),
    ("AtomicWeight", "atomic weight", "g/mol"),
    ("MeltingT", "melting temperature", "K"),
    ("Column", "group in the periodic table", "1"),
    ("Row", "period in the periodic table", "1"),
    ("CovalentRadius", "covalent radius", "pm"),
    ("Electronegativity", "electronegativity", "1"),
    ("NsValence", "number of s valence electrons", "1"),
    ("NpValence", "number of p valence electrons", "1"),
    ("NdValence", "number of d valence electrons", "1"),
    ("NfValence", "number of f valence electrons", "1"),
    ("NValence", "number of valence electrons", "1"),
    ("NsUnfilled", "number of empty s states", "1"),
    ("NpUnfilled", "number of empty p states", "1"),
    ("NdUnfilled", "number of empty d states", "1"),
    ("NfUnfilled", "number of empty f states", "1"),
    ("NUnfilled", "number of empty states", "1"),
    ("GSvolume_pa", "volume per atom", "angstrom^3"),
    ("GSbandgap", "band gap of the element (DFT)", "eV"),
    ("GSmagmom", "magnetic moment of the element (DFT)", "mu_B"),
    ("SpaceGroupNumber", "space group number of the element", "1"),
)
_OLIYNYK_COLUMNS = (
    ("Atomic_Number", "atomic number", "1"),
    ("Atomic_Weight", "atomic weight", "g/mol"),
    ("Period", "period in the periodic table", "1"),
    ("group", "group in the periodic table", "1"),
    ("families", "family of the element (1 to 9)", "1"),
    ("Metal", "being a metal", "1"),
    ("Nonmetal", "being a nonmetal", "1"),
    ("Metalliod", "being a metalloid", "1"),
    ("Mendeleev_Number", "Mendeleev number", "1"),
    ("l_quantum_number", "angular momentum of the valence shell", "1"),
    ("Atomic_Radius", "atomic radius", "angstrom"),
    ("Miracle_Radius_[pm]", "Miracle's radius", "pm"),
    ("Covalent_Radius", "covalent radius", "angstrom"),
    ("Zunger_radii_sum", "Zunger's sum of pseudopotential radii", "bohr"),
    ("ionic_radius", "ionic radius", "angstrom"),
    ("crystal_radius", "crystal radius", "angstrom"),
    ("Pauling_Electronegativity", "electronegativity (Pauling)", "1"),
    ("MB_electonegativity", "electronegativity (Martynov and Batsanov)", "1"),
    ("Gordy_electonegativity", "electronegativity (Gordy)", "1"),
    ("Mulliken_EN", "electronegativity (Mulliken)", "eV"),
    ("Allred-Rockow_electronegativity", "electronegativity (Allred and Rochow)", "1"),
    ("metallic_valence", "metallic valence", "1"),
    ("number_of_valence_electrons", "number of valence electrons", "1"),
    ("gilmor_number_of_valence_electron", "number of valence electrons (Gilman)", "1"),
    ("valence_s", "number of s valence electrons", "1"),
    ("valence_p", "number of p valence electrons", "1"),
    ("valence_d", "number of d valence electrons", "1"),
    ("valence_f", "number of f valence electrons", "1"),
    ("Number_of_unfilled_s_valence_electrons", "number of empty s states", "1"),
    ("Number_of_unfilled_p_valence_electrons", "number of empty p states", "1"),
    ("Number_of_unfilled_d_valence_electrons", "number of empty d states", "1"),
    ("Number_of_unfilled_f_valence_electrons", "number of empty f states", "1"),
    ("outer_shell_electrons", "number of outer shell electrons", "1"),
    ("1st_ionization_potential_(kJ/mol)", "first ionisation energy", "kJ/mol"),
    ("polarizability(A^3)", "polarisability", "angstrom^3"),
    ("Melting_point_(K)", "melting temperature", "K"),
    ("Boiling_Point_(K)", "boiling temperature", "K"),
    ("Density_(g/mL)", "density", "g/cm^3"),
    ("specific_heat_(J/g_K)_", "specific heat", "J/(g K)"),
    ("heat_of_fusion_(kJ/mol)_", "heat of fusion", "kJ/mol"),
    ("heat_of_vaporization_(kJ/mol)_", "heat of vaporisation", "kJ/mol"),
    ("thermal_conductivity_(W/(m_K))_", "thermal conductivity", "W/(m K)"),
    ("heat_atomization(kJ/mol)", "heat of atomisation", "kJ/mol"),
    ("Cohesive_energy", "cohesive energy", "eV"),
)
# Cells of the package's magpie.csv that were filled with medians where Magpie has no number:
# germanium's melting temperature for two elements, one volume for five, vanadium's
# electronegativity for the noble gases.
_NOT_KNOWN: Mapping[str, Sequence[str]] = {
    "MeltingT": ("He", "Fr"),
    "GSvolume_pa": ("Po", "At", "Rn", "Fr", "Ra"),
    "Electronegativity": ("He", "Ne", "Ar", "Rn"),
}


def read_installed(name: str) -> "tuple[np.ndarray, str] | None":
    """Return a table of the installed ElementEmbeddings, shape (98, k), and its citation.

    Args:
        name: as the package has it: `skipatom`.

    Returns:
        None where the package has no such table.

    Raises:
        UsageError: the package is not installed.
    """
    import numpy as np

    try:
        from elementembeddings.utils.config import DEFAULT_ELEMENT_EMBEDDINGS
    except ImportError:
        raise UsageError(
            f"no descriptors {name!r} ship with matlore; where ElementEmbeddings has them,"
            " `pip install 'matlore[train]'` brings them"
        ) from None
    if name not in DEFAULT_ELEMENT_EMBEDDINGS:
        return None
    # The package's own reader brings plotting and clustering, which take seconds to import.
    rows = _read_rows(DEFAULT_ELEMENT_EMBEDDINGS[name])
    values = np.full((len(SYMBOLS), len(next(iter(rows.values())))), np.nan)
    for symbol in rows.keys() & position_of().keys():
        values[position_of()[symbol]] = rows[symbol]
    return values, f"ElementEmbeddings {version('ElementEmbeddings')}: {name}"


def _read_rows(file: str) -> dict[str, list[float]]:
    """Return the numbers of each element in a file of the package."""
    text = (files("elementembeddings") / _DATA / file).read_text("utf-8")
    if file.endswith(".json"):
        found = json.loads(text)
        return {s: row if isinstance(row, list) else [float(row)] for s, row in found.items()}
    _, *lines = csv.reader(text.splitlines())
    return {symbol: [float(n) if n else float("nan") for n in row] for symbol, *row in lines}


def write_tables(folder: Path = _FOLDER) -> None:
    """Write the tables that are made of ElementEmbeddings' data, and their cards.

    Raises:
        UsageError: the package is not installed.
    """
    try:
        source = f"ElementEmbeddings {version('ElementEmbeddings')} (PyPI)"
    except PackageNotFoundError:
        raise UsageError(
            "ElementEmbeddings is not installed; `pip install 'matlore[train]'` brings it"
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    shared = {"source": source, "licence": "MIT (the package); the numbers are facts"}
    magpie = _write_csv(folder, "magpie", "magpie.csv", _MAGPIE, _NOT_KNOWN)
    oliynyk = _write_csv(folder, "oliynyk", "oliynyk.csv", _OLIYNYK_COLUMNS, {})
    write_card(folder, "magpie", {**magpie, **shared, "citation": _WARD})
    write_card(folder, "oliynyk", {**oliynyk, **shared, "citation": _OLIYNYK})
    write_card(folder, "mat2vec", {**_write_mat2vec(folder), **shared, "citation": _TSHITOYAN})


def write_card(folder: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Put what is known of a table into `card.json` beside it."""
    path = folder / "card.json"
    card: dict[str, Any] = {"format": 1, "tables": {}}
    if path.exists():
        card = json.loads(path.read_text("utf-8"))
    digest = sha256((folder / entry["file"]).read_bytes()).hexdigest()
    date = datetime.now(UTC).date().isoformat()
    card["tables"][name] = {**entry, "created": date, "sha256": digest}
    text = json.dumps(card, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")


def _write_csv(
    folder: Path,
    name: str,
    file: str,
    columns: Sequence[tuple[str, str, str]],
    not_known: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Write a table of named numbers; return its part of the card."""
    text = (files("elementembeddings") / _DATA / file).read_text("utf-8")
    rows = {row["element"]: row for row in csv.DictReader(text.splitlines())}
    header = [column for column, _, _ in columns]
    lines = [",".join(["element", *header])]
    for symbol in (s for s in SYMBOLS if s in rows):
        cells = ("" if symbol in not_known.get(c, ()) else _short(rows[symbol][c]) for c in header)
        lines.append(",".join([symbol, *cells]))
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return {
        "file": f"{name}.csv",
        "columns": [{"column": c, "name": n, "unit": u} for c, n, u in columns],
        "elements": sum(symbol in rows for symbol in SYMBOLS),
        "left_out": {c: list(symbols) for c, symbols in not_known.items()},
        "note": "An empty cell: no number is known. left_out: cells that the package had filled.",
        "command": "python -m graph.predictors.element_tables",
    }


def _short(text: str) -> str:
    """Return a number without a trailing `.0`."""
    return text.removesuffix(".0")


def _write_mat2vec(folder: Path) -> dict[str, Any]:
    import numpy as np
    from safetensors.numpy import save

    rows = _read_rows("mat2vec.csv")
    values = np.array([rows[symbol] for symbol in SYMBOLS])
    data = save({"values": values.astype(np.float16)})
    (folder / "mat2vec.safetensors").write_bytes(data)
    return {
        "file": "mat2vec.safetensors",
        "column": "mat2vec component",
        "elements": len(SYMBOLS),
        "note": "float16; rows in the order of the atomic numbers 1 to 98",
        "command": "python -m graph.predictors.element_tables",
    }
