import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def topics() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "topics.py"
    spec = importlib.util.spec_from_file_location("topics", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_15_topics_each_with_its_criterion(topics: ModuleType) -> None:
    found = topics.read_topics()

    assert len(found) == len({topic.id for topic in found}) == 15
    assert all(topic.query and topic.criterion for topic in found)


def test_judged_file_holds_ids_and_grades_only(topics: ModuleType) -> None:
    known = {topic.id for topic in topics.read_topics()}
    rows = topics._rows(topics.JUDGED)

    assert len({(query, paper) for query, paper, _ in rows}) == len(rows)
    assert {query for query, _, _ in rows} == known
    assert {grade for _, _, grade in rows} <= {"0", "1", "2", "3"}
    assert not any(" " in cell for row in rows for cell in row)


def test_pool_is_what_any_method_puts_first_and_nobody_judged(topics: ModuleType) -> None:
    lists = {"one": {"q": ["a", "b", "late"]}, "two": {"q": ["c", "a"], "r": ["d"]}}

    pooled = topics.pool(lists, {"q": {"b": 2}}, depth=2)

    assert {query: set(ids) for query, ids in pooled.items()} == {"q": {"a", "c"}, "r": {"d"}}


def test_pool_does_not_tell_which_method_found_a_paper(topics: ModuleType) -> None:
    """Its order is the same whichever method found what."""
    first, second = [f"p{n}" for n in range(10)], [f"p{n}" for n in range(10, 20)]

    pooled = topics.pool({"one": {"q": first}, "two": {"q": second}}, {})

    assert pooled == topics.pool({"one": {"q": second}, "two": {"q": first}}, {})
    assert pooled["q"] != sorted(pooled["q"])


def test_score_counts_papers_that_nobody_judged(
    topics: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [topic.id for topic in topics.read_topics()]
    judged = "".join(f"{name}\tbest\t3\n{name}\tpoor\t0\n" for name in names)
    (tmp_path / "judged.tsv").write_text("# how\n" + judged, encoding="utf-8")
    grades = topics.read_judged(tmp_path / "judged.tsv")
    monkeypatch.setattr(topics, "read_judged", lambda: grades)
    lists = {
        "text": {name: ["poor", "best"] for name in names},
        "fusion": {name: ["best", "new"] for name in names},
    }
    (tmp_path / "topic-lists.json").write_text(json.dumps(lists), encoding="utf-8")

    topics.score(tmp_path)

    told = capsys.readouterr().out
    assert "15 papers are not judged" in told
    assert "| fusion | 1.000 (1.000 to 1.000) | +0.369" in told
    assert "| 15, 0 |" in told
