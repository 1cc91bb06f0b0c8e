"""The numbers a model is judged by; macro-F1 is defined here, once, and used everywhere."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.errors import NonFiniteError

TIMED_ROWS = 20


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label's precision, recall and F1 (0..1) over `n` judged rows."""

    label: str
    precision: float
    recall: float
    f1: float
    n: int


def macro_f1(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> float:
    """Mean of per-label F1 over those of `labels` that have a row in `true`.

    A label that a model cannot predict still counts, with 0: its rows are misses. A predicted label outside
    `labels` is a miss like any other. Same as sklearn's f1_score(labels=present, average="macro",
    zero_division=0). Raises ValueError for no rows or unequal lengths, NonFiniteError for a NaN.
    """
    scores = [s.f1 for s in label_scores(true, predicted, labels) if s.n]
    if not scores:
        raise ValueError("no rows to judge")
    # Rounded where floats stop telling: a tie must be a tie, whatever the labels' order and the F1s' last bits.
    return finite(round(math.fsum(scores) / len(scores), 12), "macro-F1")


def accuracy(true: Sequence[str], predicted: Sequence[str]) -> float:
    """Share of rows predicted right, 0..1."""
    if not true or len(true) != len(predicted):
        raise ValueError(f"{len(true)} labels, {len(predicted)} predictions")
    return sum(t == p for t, p in zip(true, predicted, strict=True)) / len(true)


def label_scores(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> list[LabelScore]:
    """Precision, recall, F1 and number of rows for each of `labels`, in that order; 0 where undefined."""
    from sklearn.metrics import precision_recall_fscore_support

    if len(true) != len(predicted):
        raise ValueError(f"{len(true)} labels, {len(predicted)} predictions")
    if not true:
        return [LabelScore(label, 0.0, 0.0, 0.0, 0) for label in labels]
    columns = precision_recall_fscore_support(list(true), list(predicted), labels=list(labels), zero_division=0)
    return [
        LabelScore(label, float(p), float(r), float(f), int(n))
        for label, p, r, f, n in zip(labels, *columns, strict=True)
    ]


def confusion(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> list[list[int]]:
    """Counts: row i, column j = rows of labels[i] that were predicted as labels[j]."""
    place = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for t, p in zip(true, predicted, strict=True):
        if t in place and p in place:
            counts[place[t], place[p]] += 1
    return [[int(c) for c in row] for row in counts]


def top_k_accuracy(true: Sequence[str], ranked: Sequence[Sequence[str]], k: int) -> float:
    """Share of rows whose label is among the first `k` of their `ranked` labels (best first)."""
    if not true or len(true) != len(ranked):
        raise ValueError(f"{len(true)} labels, {len(ranked)} rankings")
    return sum(t in r[:k] for t, r in zip(true, ranked, strict=True)) / len(true)


def median_ms(answer: Callable[[list[Any]], Any], rows: Sequence[Any]) -> float:
    """Median milliseconds that `answer` takes for a single row, over the first TIMED_ROWS of `rows`."""
    times = []
    for row in rows[:TIMED_ROWS]:
        started = time.perf_counter()
        answer([row])
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 3)


def finite(value: float, what: str) -> float:
    """`value` itself. Raises NonFiniteError where it is NaN or infinite: such a number must never be compared."""
    if not np.isfinite(value):
        raise NonFiniteError(f"{what} is {value}; nothing can be decided from it")
    return value


def checked_scores(scores: NDArray[np.floating], n_rows: int, n_labels: int) -> NDArray[np.float64]:
    """Scores as float64 of shape (n_rows, n_labels). Raises NonFiniteError for another shape or a NaN.

    A model of NaNs predicts class 0 for everything, which can beat a weak baseline.
    """
    found = np.asarray(scores, dtype=np.float64)
    if found.shape != (n_rows, n_labels):
        raise NonFiniteError(f"scores of shape {found.shape}, expected {(n_rows, n_labels)}")
    if not np.isfinite(found).all():
        raise NonFiniteError(
            f"{int((~np.isfinite(found)).any(axis=1).sum())} of {n_rows} rows got a NaN or infinite score"
        )
    return found
