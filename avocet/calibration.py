"""Confidence one can act on: one temperature a version, how far confidence is from accuracy, what abstaining buys."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avocet.methods.linear import sharpness, softmax

LEAST_ROWS = 30  # fewer say nothing of how sure a model may be
N_BINS = 15  # as Guo et al. 2017
_LEAST = 1e-12


@dataclass(frozen=True)
class Bin:
    """Rows of similar confidence: what was said on average, and what was right; both 0..1."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class Coverage:
    """Answering only from this confidence on: the share of rows that are answered, and how many of those rightly."""

    threshold: float
    share: float
    accuracy: float


def temperature(scores: NDArray[np.float64], ys: Sequence[int]) -> float:
    """What to divide logits by for the least log loss of rows that were not learned from (Guo et al. 2017); never below 1.

    `scores` (n, n labels) are probabilities, `ys` places of labels; 1 for too few rows. No label changes by it. A
    version is never made surer: what answered out of fold had learned from fewer rows and is less sure than the version
    itself, and each temperature below 1 made the error on unseen mails larger (benchmarks/README.md).
    """
    if len(ys) < LEAST_ROWS:
        return 1.0
    return max(1.0, 1 / sharpness(np.log(np.maximum(scores, _LEAST)), ys))


def calibrated(scores: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """Probabilities (n, n labels) with their logits divided by a temperature."""
    return scores if by == 1.0 else softmax(np.log(np.maximum(scores, _LEAST)) / by)


def reliability(confidences: Sequence[float], right: Sequence[bool], n_bins: int = N_BINS) -> list[Bin]:
    """The bins of equal width that hold rows, in order."""
    said, true = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
    place = np.minimum((said * n_bins).astype(int), n_bins - 1)
    return [
        Bin(float(said[place == i].mean()), float(true[place == i].mean()), int((place == i).sum()))
        for i in np.unique(place)
    ]


def expected_error(confidences: Sequence[float], right: Sequence[bool], n_bins: int = N_BINS) -> float:
    """Expected calibration error: mean over rows of the distance between their bin's confidence and accuracy."""
    bins = reliability(confidences, right, n_bins)
    return sum(one.n * abs(one.confidence - one.accuracy) for one in bins) / max(sum(one.n for one in bins), 1)


def coverage(
    confidences: Sequence[float], right: Sequence[bool], thresholds: Sequence[float] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
) -> list[Coverage]:
    """What abstaining below each threshold comes to; thresholds that leave no row are left out."""
    said, true = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
    kept = [(at, said >= at) for at in thresholds]
    return [Coverage(at, float(its.mean()), float(true[its].mean())) for at, its in kept if its.any()]
