"""What must be done to a graph, from what it holds and what it must hold."""

from pathlib import Path
from typing import Any

from graph_samples import TABLES, write_graph

from graph.changes import compare_graphs
from graph.tables import GraphFolder

_OLD: dict[str, list[dict[str, Any]]] = {
    "Material": [{"id": "PbTe", "names": ["PbTe"]}, {"id": "SnTe", "n_papers": 1}, {"id": "Si"}],
    "Element": [{"symbol": "Pb"}],
    "CONTAINS.Material.Element": [{"from": "PbTe", "to": "Pb", "fraction": 0.5}],
}
_NEW: dict[str, list[dict[str, Any]]] = {
    "Material": [{"id": "PbTe", "names": ["PbTe"]}, {"id": "SnTe", "n_papers": 2}, {"id": "GaAs"}],
    "Element": [{"symbol": "Pb"}],
}


def _ids(folder: GraphFolder, table: str = "Material") -> list[str]:
    key = TABLES[table].keys[0]
    return [str(row[key]) for batch in folder.batches(TABLES[table]) for row in batch.to_pylist()]


def _folder(path: Path, tables: dict[str, list[dict[str, Any]]]) -> GraphFolder:
    write_graph(path, tables)
    return GraphFolder(path)


def test_into_an_empty_graph_everything_goes(tmp_path: Path) -> None:
    new = _folder(tmp_path / "new", _NEW)
    changes = compare_graphs([], new, tmp_path / "changes")
    assert changes.added is new
    assert changes.total() == 4


def test_rows_are_added_changed_and_removed(tmp_path: Path) -> None:
    old, new = _folder(tmp_path / "old", _OLD), _folder(tmp_path / "new", _NEW)
    changes = compare_graphs([old], new, tmp_path / "changes")
    assert (_ids(changes.added), _ids(changes.changed)) == (["GaAs"], ["SnTe"])
    assert _ids(changes.removed) == ["Si"]
    assert changes.removed.counts() == {"Material": 1, "CONTAINS.Material.Element": 1}


def test_nothing_is_done_to_a_graph_that_is_as_it_should_be(tmp_path: Path) -> None:
    old, new = _folder(tmp_path / "old", _OLD), _folder(tmp_path / "new", _OLD)
    assert compare_graphs([old], new, tmp_path / "changes").total() == 0


def test_what_may_be_there_or_not_is_added_and_removed(tmp_path: Path) -> None:
    """A load from the first folder to the second was killed: any row of both may be there."""
    old, half = _folder(tmp_path / "old", _OLD), _folder(tmp_path / "half", _NEW)
    new = _folder(tmp_path / "new", {"Material": [{"id": "PbTe", "names": ["PbTe"]}, {"id": "Si"}]})
    changes = compare_graphs([old, half], new, tmp_path / "changes")
    assert _ids(changes.added) == ["Si"]
    assert changes.changed.counts() == {}
    assert _ids(changes.removed) == ["GaAs", "SnTe"]
    assert _ids(changes.removed, "Element") == ["Pb"]


def test_after_a_first_load_that_was_killed_nothing_is_certain(tmp_path: Path) -> None:
    half, new = _folder(tmp_path / "half", _OLD), _folder(tmp_path / "new", _NEW)
    nothing = GraphFolder(tmp_path / "nothing")
    changes = compare_graphs([nothing, half], new, tmp_path / "changes")
    assert _ids(changes.added) == ["GaAs", "PbTe", "SnTe"]
    assert _ids(changes.removed) == ["Si"]
