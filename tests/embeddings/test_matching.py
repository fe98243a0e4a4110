import numpy as np
import pytest

from embeddings.matching import frequency_classes, matched_count, matched_mean, strata
from embeddings.statistics import Estimate


def test_classes_hold_enough_and_do_not_part_equals() -> None:
    papers = np.array([100, 90, 80, 8, 8, 7, 7, 7, 1, 1])

    classes = frequency_classes(papers, size=3)

    assert classes.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert frequency_classes(np.array([5, 1, 5, 5, 1, 1]), size=3).tolist() == [0, 1, 0, 0, 1, 1]
    assert frequency_classes(np.array([], dtype=np.int64)).tolist() == []


def test_strata_count_what_was_picked_of_each_class() -> None:
    positive = np.array([True, False, True, False, True])
    classes = np.array([0, 0, 0, 1, 2])

    assert strata(positive, classes, np.array([0, 1, 3])) == [(3, 2, 2), (1, 0, 1)]


def test_matched_count_of_one_class_is_the_random_one() -> None:
    positive = np.arange(100) < 30

    found = matched_count(positive, np.zeros(100, dtype=np.int64), np.arange(10))

    assert found.value == pytest.approx(3)
    assert (found.low, found.high, found.n) == (1, 6, 10)
    assert matched_count(positive, np.zeros(100, dtype=np.int64), np.arange(0)).value is None


def test_matched_mean_is_that_of_the_classes_picked_from() -> None:
    values = np.array([1.0, 3.0, 10.0, 30.0])
    classes = np.array([0, 0, 1, 1])

    found = matched_mean(values, classes, np.array([0, 1, 2]))

    assert found.value == pytest.approx((1 + 3 + 20) / 3)
    assert (found.low, found.high) == pytest.approx((14 / 3, 34 / 3))
    assert found == matched_mean(values, classes, np.array([0, 1, 2]))
    assert matched_mean(values, classes, np.arange(0)) == Estimate(None, None, None, 0)
    assert matched_mean(values, classes, np.array([3]), draws=0) == Estimate(20.0, None, None, 1)
