from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from graph.predictors.base import Needs, Sample
from graph.predictors.compositions import read_formula
from graph.predictors.feature_cache import FeatureCache, content_key
from matlore.errors import InputError


@dataclass
class Counting:
    """A featurizer that says how many samples it described."""

    name: str = "counting"
    version: str = "1"
    needs: Needs = "structure"
    names: tuple[str, ...] = ("atoms", "elements")
    units: tuple[str, ...] = ("1", "1")
    citations: tuple[str, ...] = ()
    described: list[str] = field(default_factory=list)

    def featurize(self, samples: Sequence[Sample]) -> np.ndarray:
        if any("Fr" in sample.fractions for sample in samples):
            raise InputError("no data for Fr")
        self.described += [sample.name for sample in samples]
        rows = [[sample.atoms, float(len(sample.fractions))] for sample in samples]
        return np.array(rows).reshape(len(samples), 2)


def read(*formulas: str) -> list[Sample]:
    return [read_formula(formula) for formula in formulas]


def test_each_content_is_described_once(tmp_path: Path) -> None:
    featurizer, cache = Counting(), FeatureCache(tmp_path / "new")
    first = cache.featurize(featurizer, read("NaCl", "Fe2O3", "Fe4O6"))
    assert first.tolist() == [[2, 2], [5, 2], [5, 2]]
    assert featurizer.described == ["NaCl", "Fe4O6"]
    again = FeatureCache(tmp_path / "new").featurize(featurizer, read("Fe2O3", "KCl"))
    assert again.tolist() == [[5, 2], [2, 2]]
    assert featurizer.described == ["NaCl", "Fe4O6", "KCl"]
    assert cache.featurize(featurizer, []).shape == (0, 2)


def test_a_new_version_is_described_anew(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path)
    cache.featurize(Counting(), read("NaCl"))
    newer = Counting(version="2")
    cache.featurize(newer, read("NaCl"))
    assert newer.described == ["NaCl"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text", "folder"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    featurizer, cache = Counting(), FeatureCache(tmp_path)
    expected = cache.featurize(featurizer, read("NaCl", "Fe2O3"))
    path = cache.path(featurizer)
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        flipped = data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]
        bad = {"cut": data[:-9], "flip": flipped, "empty": b"", "text": b"hello, world"}
        path.write_bytes(bad[damage])
    assert np.array_equal(cache.featurize(featurizer, read("NaCl", "Fe2O3")), expected)
    assert len(featurizer.described) == 4
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_oldest_rows_go_first(tmp_path: Path) -> None:
    featurizer = Counting()
    cache = FeatureCache(tmp_path, max_bytes=2 * 32)  # two rows
    cache.featurize(featurizer, read("NaCl", "KCl"))
    cache.featurize(featurizer, read("LiCl"))
    featurizer.described.clear()
    cache.featurize(featurizer, read("KCl", "LiCl"))
    assert featurizer.described == []
    cache.featurize(featurizer, read("NaCl"))
    assert featurizer.described == ["NaCl"]


def test_writers_at_once_leave_a_whole_file(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path)
    formulas = [f"Fe{n}O{n + 1}" for n in range(1, 13)]

    def work(formula: str) -> list[float]:
        row: list[float] = cache.featurize(Counting(), read(formula))[0].tolist()
        return row

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(work, formulas))
    assert found == [[read_formula(f).atoms, 2] for f in formulas]
    last = Counting()
    cache.featurize(last, read(*formulas))
    assert len(last.described) < len(formulas)
    assert [file.suffix for file in tmp_path.iterdir()] == [".safetensors"]


def test_a_refused_sample_keeps_nothing(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path)
    with pytest.raises(InputError):
        cache.featurize(Counting(), read("NaCl", "FrCl"))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    cache = FeatureCache(tmp_path / "file")
    assert cache.featurize(Counting(), read("NaCl")).tolist() == [[2, 2]]


def test_names_of_files_are_safe(tmp_path: Path) -> None:
    path = FeatureCache(tmp_path).path(Counting(name="../a b", version="1/2"))
    assert path.parent == tmp_path


def test_keys_go_by_content() -> None:
    sample = read_formula("Fe2O3")
    assert content_key(sample) == content_key(replace(sample, name="another"))
    others = [
        replace(sample, space_group=167),
        replace(sample, cell_atoms=10),
        read_formula("Fe3O4"),
    ]
    assert len({content_key(s) for s in (sample, *others)}) == 4


def test_keys_see_positions() -> None:
    core = pytest.importorskip("pymatgen.core")
    sample = read_formula("CsCl")
    lattice = core.Lattice.cubic(4.12)
    places = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.51])
    structures = [core.Structure(lattice, ["Cs", "Cl"], [[0, 0, 0], place]) for place in places]
    keys = [content_key(replace(sample, structure=structure)) for structure in structures]
    again = core.Structure(lattice, ["Cs", "Cl"], [[0, 0, 0], places[0]])
    assert keys[0] == content_key(replace(sample, structure=again))
    assert len({*keys, content_key(sample)}) == 3
