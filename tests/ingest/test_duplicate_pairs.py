"""The builder of labelled pairs: the same pairs for the same seed, and none told by its ids."""

from collections import Counter
from pathlib import Path
from random import Random

import duplicate_pairs as pairs
import pytest

from ingest.rows import paper_from_row
from ingest.store import PaperStore
from matlore.home import Home


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[dict[str, object]]:
    return list(pairs.read_rows(shared_data / "corpus", "abstracts-201*.jsonl.gz"))


@pytest.mark.parametrize(("build", "same"), [("altered", True), ("near_misses", False)])
def test_pairs_are_many_repeatable_and_share_no_id(
    rows: list[dict[str, object]], build: str, same: bool
) -> None:
    found = getattr(pairs, build)(rows, Random(7))
    assert len(found) == pairs.COUNT
    assert {pair.same for pair in found} == {same}
    assert not any(_ids(pair.first) & _ids(pair.second) for pair in found)
    assert found == getattr(pairs, build)(rows, Random(7))


def test_each_alteration_leads_equally_often(rows: list[dict[str, object]]) -> None:
    assert pairs.altered(rows, Random(7)) != pairs.altered(rows, Random(8))
    leading = Counter(pair.kind.split("+")[0] for pair in pairs.altered(rows, Random(7)))
    assert max(leading.values()) - min(leading.values()) <= 1


def test_duplicates_are_told_from_near_misses(
    rows: list[dict[str, object]], tmp_path: Path
) -> None:
    found = [*pairs.altered(rows, Random(7)), *pairs.near_misses(rows, Random(7))]
    with Home.open(tmp_path / "data", create=True).writer() as writer:
        store = PaperStore(writer)
        merged = []
        for pair in found:
            first, second = paper_from_row(pair.first), paper_from_row(pair.second)
            store.put(first)
            before = store.owner(first.id)
            store.put(second)
            merged.append(store.owner(second.id) == before)
        store.close()
    right = sum(pair.same for pair, one in zip(found, merged, strict=True) if one)
    assert right / sum(merged) >= 0.99
    assert right / pairs.COUNT >= 0.97


def test_building_changes_no_row(rows: list[dict[str, object]]) -> None:
    before = repr(rows[:2000])
    pairs.altered(rows, Random(7))
    assert repr(rows[:2000]) == before


def _ids(row: dict[str, object]) -> set[str]:
    return {str(row["id"])} | ({f"doi:{row['doi']}"} if row["doi"] else set())
