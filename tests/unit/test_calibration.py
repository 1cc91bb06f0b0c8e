"""Confidence: one temperature that changes no label, the error by hand, and what abstaining buys."""

import numpy as np
import pytest

from avocet.calibration import Bin, Coverage, calibrated, coverage, expected_error, reliability, temperature


def test_a_model_that_is_too_sure_is_cooled_down_and_says_the_same() -> None:
    """Logits three times too large are found to be so; the order of labels stays, and the error falls."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5)) * 2
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    ys = [int(rng.choice(5, p=p)) for p in true]
    sure = calibrated(true, 1 / 3)
    by = temperature(sure, ys)
    assert by == pytest.approx(3.0, rel=0.1)
    cooled = calibrated(sure, by)
    assert (cooled.argmax(axis=1) == sure.argmax(axis=1)).all()
    assert cooled.sum(axis=1) == pytest.approx(1.0)

    def error(scores: np.ndarray) -> float:
        return expected_error(scores.max(axis=1).tolist(), (scores.argmax(axis=1) == ys).tolist())

    assert error(cooled) < 0.03 < 0.15 < error(sure)


def test_a_model_that_is_unsure_is_left_so() -> None:
    """What answers out of fold knows less than the version, so that its doubts say nothing of the version's."""
    rng = np.random.default_rng(0)
    scores = np.full((400, 4), 0.2) + 0.2 * np.eye(4)[np.arange(400) % 4]
    ys = [int(rng.choice(4, p=[0.97 if i == place % 4 else 0.01 for i in range(4)])) for place in range(400)]
    assert temperature(scores, ys) == 1.0


def test_few_rows_change_nothing() -> None:
    """29 rows say nothing of how sure a model may be."""
    scores = np.full((29, 2), 0.5)
    assert temperature(scores, [0] * 29) == 1.0
    assert calibrated(scores, 1.0) is scores


def test_the_error_by_hand() -> None:
    """Two bins: 0.05 too sure on three rows, 0.4 too unsure on one."""
    said, right = [0.9, 0.85, 0.8, 0.6], [True, True, False, True]
    assert reliability(said, right, 4) == [Bin(0.6, 1.0, 1), Bin(pytest.approx(0.85), pytest.approx(2 / 3), 3)]
    assert expected_error(said, right, 4) == pytest.approx((0.4 + 3 * (0.85 - 2 / 3)) / 4)
    assert reliability([1.0, 0.0], [True, False], 2) == [Bin(0.0, 0.0, 1), Bin(1.0, 1.0, 1)]


def test_abstaining_buys_accuracy() -> None:
    """A threshold that nobody reaches is not offered."""
    said, right = [0.9, 0.8, 0.6, 0.4], [True, True, False, False]
    assert coverage(said, right, (0.5, 0.7, 0.95)) == [
        Coverage(0.5, 0.75, pytest.approx(2 / 3)),
        Coverage(0.7, 0.5, 1.0),
    ]
