import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embeddings.counts import StudyCounts
from embeddings.evaluation import evaluate_ranking, load_reference, part_of
from embeddings.reference import REFERENCE_FILE, ReferenceMaterial
from embeddings.stage import StagedPaper
from embeddings.vectors import VectorsCard, WordVectors
from matlore.errors import ArtifactError, InputError, NotFoundError, UsageError
from ner.formulas import normalize_formula

SYMBOLS = re.findall("..", "LiNaRbCsMgCaSrBaTiZrHfMnFeCoNiCuZnAlGaSc")
ANIONS = ("O", "S", "Se", "Te", "F", "Cl", "Br", "N", "P", "As")


def formulas(n: int) -> list[str]:
    keys = [normalize_formula(a + b) for a in SYMBOLS for b in ANIONS]
    return [key for key in keys if key][:n]


def make_vectors(
    scores: dict[str, float], *, counts: dict[str, int] | None = None, rare: int = 100
) -> WordVectors:
    """Return vectors in which the output vector of each formula has the given cosine.

    The input vectors have the opposite ones.
    """
    words = ("thermoelectric", *scores)
    cosines = np.array([1.0, *scores.values()], dtype=np.float32)
    output = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1)[1:]
    mirrored = np.stack([-cosines, np.sqrt(1 - cosines**2)], axis=1)
    mirrored[0] = [1, 0]
    return WordVectors(
        words=words,
        counts=np.array([1000, *((counts or {}).get(word, rare) for word in scores)]),
        input=mirrored * 3,
        output=output * 2,
        output_ids=np.arange(1, len(words)),
        card=VectorsCard("test", 2),
    )


def listed(power: dict[str, float | None], known: set[str]) -> list[ReferenceMaterial]:
    return [ReferenceMaterial(key, key, key in known, value) for key, value in power.items()]


@pytest.fixture
def perfect() -> tuple[WordVectors, list[ReferenceMaterial]]:
    """Return vectors that rank by power factor, the first third of which is known."""
    keys = formulas(90)
    power: dict[str, float | None] = {key: 100.0 - i for i, key in enumerate(keys)}
    return make_vectors({key: 0.9 - i / 100 for i, key in enumerate(keys)}), listed(
        power, set(keys[:30])
    )


def test_perfect_ranking_correlates_fully(
    perfect: tuple[WordVectors, list[ReferenceMaterial]],
) -> None:
    vectors, reference = perfect

    report = evaluate_ranking(vectors, None, reference, resamples=200)

    assert report.spearman == pytest.approx(1)
    assert report.metric("rank correlation, named 5 times or more", "input").value == pytest.approx(
        -1
    )
    assert report.metric("rank correlation, named 5 times or more", "frequency").value is None
    assert (report.n_listed, report.n_ranked, report.n_computed) == (90, 90, 90)
    assert report.base_rate == pytest.approx(1 / 3)


def test_known_among_the_first_with_base_rate(
    perfect: tuple[WordVectors, list[ReferenceMaterial]],
) -> None:
    vectors, reference = perfect

    report = evaluate_ranking(vectors, None, reference, resamples=200)

    assert report.known_in_top(20) == 20
    assert report.known_in_top(50) == 30
    share = report.metric("known in top 50")
    assert (share.value, share.n, share.baseline_n) == (0.6, 50, 90)
    assert share.baseline == pytest.approx(1 / 3)
    assert share.low is not None
    assert share.high is not None
    assert share.low < 0.6 < share.high
    assert report.metric("known in top 100").n == 90


def test_new_power_factor_leaves_out_the_known(
    perfect: tuple[WordVectors, list[ReferenceMaterial]],
) -> None:
    vectors, reference = perfect

    report = evaluate_ranking(vectors, None, reference, resamples=200)

    assert report.not_known_by == "list"
    assert report.new_power_factor == pytest.approx(np.mean(np.arange(70, 60, -1)))
    new = report.metric("power factor of top 10 not known")
    assert new.baseline == pytest.approx(np.mean(np.arange(11, 71)))
    assert new.baseline_n == 60
    assert new.baseline_high is not None
    assert new.value is not None
    assert new.value > new.baseline_high


def test_counts_say_what_is_known(
    perfect: tuple[WordVectors, list[ReferenceMaterial]],
) -> None:
    vectors, reference = perfect
    first = reference[0].formula
    papers = [
        StagedPaper("1", 2010, ["thermoelectric", first]),
        StagedPaper("2", 2011, ["magnet", reference[1].formula]),
    ]
    counts = StudyCounts.count(papers, {"thermoelectric": ["thermoelectric"]})

    report = evaluate_ranking(vectors, counts, reference, resamples=0)

    assert report.not_known_by == "counts"
    assert report.new_power_factor == pytest.approx(np.mean(np.arange(99, 89, -1)))
    assert [item.studied for item in report.top[:2]] == [True, False]
    assert [item.known for item in report.top[:2]] == [True, True]


def test_ranking_by_frequency_alone_is_seen_through() -> None:
    """What is named more often has a higher power factor here, and a higher score."""
    keys = formulas(120)
    often = {key: 1000 - 8 * i for i, key in enumerate(keys)}
    power: dict[str, float | None] = {key: 100.0 - i for i, key in enumerate(keys)}
    vectors = make_vectors({key: 0.9 - i / 200 for i, key in enumerate(keys)}, counts=often)

    report = evaluate_ranking(vectors, None, listed(power, set(keys[:60])), resamples=100)

    assert report.spearman == pytest.approx(1)
    assert report.metric("rank correlation at equal frequency, named 5 times or more").value is None
    share = report.metric("known in top 50")
    assert (share.value, share.matched, share.matched_low) == (1.0, 1.0, 1.0)
    assert share.baseline == pytest.approx(0.5)


def test_rare_and_uncomputed_materials_are_left_out() -> None:
    a, b, c, d = formulas(4)
    vectors = make_vectors({a: 0.9, b: 0.8, c: 0.7, d: 0.6}, counts={d: 4}, rare=5)
    reference = listed({a: 3.0, b: None, c: 1.0, d: 2.0}, {a})

    report = evaluate_ranking(vectors, None, reference, resamples=100)

    assert (report.n_listed, report.n_ranked, report.n_computed) == (4, 3, 2)
    assert [item.formula for item in report.top] == [a, b, c]
    assert report.metric("rank correlation, named 10 times or more").n == 0


def test_words_of_the_list_that_are_no_compounds_are_left_out() -> None:
    vectors = make_vectors({"Si": 0.9, "PbTe": 0.8})
    reference = listed({"Si": 1.0, "PbTe": 2.0}, set())

    report = evaluate_ranking(vectors, None, reference, resamples=0)

    assert [item.formula for item in report.top] == ["PbTe"]


def test_list_without_any_ranked_material_gives_empty_measures() -> None:
    report = evaluate_ranking(make_vectors({"PbTe": 0.5}), None, listed({"ZnO": 1.0}, set()))

    assert report.base_rate is None
    assert {metric.value for metric in report.metrics} == {None}


def test_halves_part_the_list_and_do_not_move() -> None:
    keys = formulas(150)
    dev = {key for key in keys if part_of(key) == "dev"}
    vectors = make_vectors({key: 0.5 for key in keys})
    reference = listed({key: 1.0 for key in keys}, set())

    sizes = {
        part: evaluate_ranking(vectors, None, reference, part=part, resamples=0).n_ranked
        for part in ("dev", "test", "all")
    }

    assert sizes == {"dev": len(dev), "test": 150 - len(dev), "all": 150}
    assert 50 < len(dev) < 100
    assert [part_of(key) for key in ("PbTe", "Bi2Te3", "SnSe", "ZnO")] == [
        "test",
        "test",
        "test",
        "dev",
    ]


def test_report_is_a_function_of_the_seed(
    perfect: tuple[WordVectors, list[ReferenceMaterial]],
) -> None:
    vectors, reference = perfect

    first = evaluate_ranking(vectors, None, reference, seed=1, resamples=50)

    assert first == evaluate_ranking(vectors, None, reference, seed=1, resamples=50)
    assert first != evaluate_ranking(vectors, None, reference, seed=2, resamples=50)


def test_wrong_requests_are_refused(
    perfect: tuple[WordVectors, list[ReferenceMaterial]],
) -> None:
    vectors, reference = perfect
    with pytest.raises(UsageError, match="dev, test or all"):
        evaluate_ranking(vectors, None, reference, part="half")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="levitation"):
        evaluate_ranking(vectors, None, reference, application="levitation")
    with pytest.raises(NotFoundError, match="no measure"):
        evaluate_ranking(vectors, None, reference, resamples=0).metric("beauty")


def test_vectors_without_output_vectors_are_refused() -> None:
    bare = make_vectors({"PbTe": 0.5})
    inputs_only = WordVectors(
        bare.words, bare.counts, bare.input, bare.output[:0], bare.output_ids[:0], bare.card
    )

    with pytest.raises(ArtifactError, match="embeddings train"):
        evaluate_ranking(inputs_only, None, listed({"PbTe": 1.0}, set()))


@pytest.fixture
def write_list(tmp_path: Path) -> Callable[[str], Path]:
    def write(content: str) -> Path:
        (tmp_path / REFERENCE_FILE).write_text(content, encoding="utf-8")
        return tmp_path

    return write


def test_reading_the_list(write_list: Callable[[str], Path]) -> None:
    entries = {
        "TePb": [{"PbTe": 3}, True, [107.0, 1.0, 2.0]],
        "PbTe": [{"PbTe": 1}, False, [5.0, 1.0, 2.0]],
        "Bi0.5Sb1.5Te3": [{}, False, None],
        "ZnO": [{}, False, [None, 1.0, 2.0]],
        "LaOx": [{}, False, None],
    }
    text = json.dumps(entries) + " "

    found = load_reference(write_list(text.replace("[null, 1.0", "[NaN, 1.0")))

    assert [(item.formula, item.listed, item.known, item.power_factor) for item in found] == [
        ("PbTe", "TePb", True, 107.0),
        ("BiSb3Te6", "Bi0.5Sb1.5Te3", False, None),
        ("ZnO", "ZnO", False, None),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("{}", "lists no formula"),
        ('{"PbTe": [1]}', "PbTe: expected"),
        ('{"PbTe": [{}, true, []]}', "PbTe: expected"),
        ('{"PbTe": [{}, true, ["much", 1, 2]]}', "'much' is not a number"),
    ],
)
def test_broken_lists_are_named(
    write_list: Callable[[str], Path], content: str, message: str
) -> None:
    folder = write_list(content)

    with pytest.raises(InputError, match=message) as caught:
        load_reference(folder)

    assert REFERENCE_FILE in str(caught.value)
    assert "--ranking DIR" in str(caught.value)


def test_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file.*--ranking DIR"):
        load_reference(tmp_path)


def test_shared_list_is_read_as_its_source_says(shared_data: Path) -> None:
    found = load_reference(shared_data / "ranking")

    assert len(found) > 35_000
    with_power = [item for item in found if item.power_factor is not None]
    assert len(with_power) > 9_300
    assert sum(item.known for item in with_power) > 1_700
    assert sum(part_of(item.formula) == "dev" for item in found) / len(found) == pytest.approx(
        0.5, abs=0.02
    )
