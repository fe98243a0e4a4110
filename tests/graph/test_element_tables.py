from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

import graph.predictors.element_tables as element_tables
from graph.predictors.element_table_sources import write_tables
from graph.predictors.element_tables import (
    SYMBOLS,
    known_elements,
    load_element_numbers,
    load_table,
    position_of,
    table_card,
    table_names,
)
from matlore.errors import ArtifactError, UsageError

FOLDER = Path(element_tables.__file__).parent / "elements"


def test_tables_that_ship() -> None:
    assert table_names() == ("magpie", "oliynyk", "mat2vec", "vectors")
    widths = {"magpie": 22, "oliynyk": 44, "mat2vec": 200, "vectors": 200}
    for name, width in widths.items():
        table = load_table(name)
        assert table.values.shape == table.missing.shape == (98, width)
        assert len(set(table.names)) == len(table.units) == width
        assert np.isfinite(table.values).all()
        assert table.citation
        assert {"source", "licence", "sha256", "command", "created"} <= table_card()[name].keys()


def test_tables_are_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 150_000


def test_francium_and_californium_are_refused() -> None:
    assert SYMBOLS[0] == "H"
    assert SYMBOLS[97] == "Cf"
    assert set(SYMBOLS) - known_elements() == {"Fr", "Cf"}


def test_magpie_agrees_with_pymatgen() -> None:
    element = pytest.importorskip("pymatgen.core").Element
    table = load_table("magpie")
    for symbol in ("H", "O", "Fe", "Te", "Bi", "U"):
        row = position_of()[symbol]
        other = element(symbol)
        assert table.column("atomic number")[row] == other.Z
        assert table.column("atomic weight")[row] == pytest.approx(float(other.atomic_mass), 1e-3)
        assert table.column("group in the periodic table")[row] == other.group
        assert table.column("electronegativity")[row] == pytest.approx(other.X, abs=0.05)
    electrons = [table.column(f"number of {o} valence electrons") for o in "spdf"]
    total = table.column("number of valence electrons")
    assert np.array_equal(np.sum(electrons, axis=0)[:97], total[:97])


def test_electronegativities_are_paulings() -> None:
    numbers = load_element_numbers()
    column = numbers.column("Pauling electronegativity")
    assert column[position_of()["F"]] == 3.98
    assert column[position_of()["Cs"]] == 0.79
    assert numbers.column("log10 of crustal abundance")[position_of()["O"]] == pytest.approx(
        np.log10(461000)
    )


def test_missing_numbers_are_medians_of_like_elements() -> None:
    table = load_table("magpie")
    melting = table.names.index("melting temperature")
    helium = position_of()["He"]
    assert table.missing[helium, melting]
    assert table.values[helium, melting] == 14.01  # hydrogen, the other one of its block and period
    volume = table.names.index("volume per atom")
    polonium = position_of()["Po"]
    alike = [table.values[position_of()[s], volume] for s in ("Tl", "Pb", "Bi")]
    assert table.values[polonium, volume] == pytest.approx(np.median(alike))


def test_tables_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_table("magpie").values[0, 0] = 7


def test_tables_of_the_package() -> None:
    pytest.importorskip("elementembeddings")
    table = load_table("megnet16")
    assert table.values.shape == (98, 16)
    scale = load_table("mod_petti")
    assert scale.values[position_of()["Li"], 0] == 11
    assert load_table("skipatom").values.shape == (98, 200)
    with pytest.raises(UsageError, match="no descriptors 'nonsense'"):
        load_table("nonsense")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "elementembeddings", None)
    monkeypatch.setitem(sys.modules, "elementembeddings.utils.config", None)
    with pytest.raises(UsageError, match=r"pip install 'matlore\[train\]'"):
        load_table("matscholar")


def test_damaged_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(copytree(FOLDER, tmp_path / "elements"))
    (folder / "magpie.csv").write_text("element,Number\nH,2\n", "utf-8")
    monkeypatch.setattr(element_tables, "_FOLDER", folder)
    with pytest.raises(ArtifactError, match=r"magpie\.csv: its content is not"):
        load_table.__wrapped__("magpie")
    (folder / "card.json").write_text("{", "utf-8")
    with pytest.raises(ArtifactError, match="cannot be read"):
        table_card.__wrapped__()


def test_tables_are_made_as_they_ship(tmp_path: Path) -> None:
    pytest.importorskip("elementembeddings")
    write_tables(tmp_path)
    for name in ("magpie.csv", "oliynyk.csv", "mat2vec.safetensors"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_vectors_are_those_that_ship(tmp_path: Path) -> None:
    from matlore.pipeline.element_vectors import write_element_vectors

    made = write_element_vectors(tmp_path)
    assert made.read_bytes() == (FOLDER / "vectors.safetensors").read_bytes()
    table = load_table("vectors")
    assert not table.missing[position_of()["Te"]].any()
    assert table.missing[position_of()["Bk"]].all()
