"""What a method learns from, and how it answers rows that it was not trained on, so that candidates can be compared.

While rows are few, train and validation rows are one pool: k grouped folds are answered out of fold, and the version
is trained on the whole pool. With many, validation rows are held out, which is as good and costs one training.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.events import JUDGING, TRAINING, Emit
from avocet.folds import Folds


@dataclass(frozen=True)
class Lessons:
    """Texts, label indices, row ids and groups to learn from, and the folds to answer; `held_out` where those are by side.

    `weights`: what each row counts; empty where all count the same.
    """

    texts: list[str]
    ys: list[int]
    ids: list[str]
    groups: list[str]
    n_labels: int
    folds: Folds
    held_out: bool
    weights: Sequence[float] = ()

    def weights_at(self, places: list[int]) -> list[float]:
        """What the rows at these places count; empty where all count the same."""
        return [self.weights[i] for i in places] if self.weights else []


@dataclass(frozen=True)
class Answered:
    """Scores (len(places), n labels) of rows of the lessons by a training that had not seen them."""

    places: list[int]
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class Learned:
    """What `train` has to tell: facts for training_info.json, and what it answered out of sample."""

    info: dict[str, Any] = field(default_factory=dict)
    answered: Answered | None = None


def answered(folds: Folds, parts: Iterable[NDArray[np.float64]]) -> Answered | None:
    """The folds' scores in one piece; None where there are no folds."""
    if not folds:
        return None
    places = [place for _, judged in folds for place in judged]
    return Answered(places, np.concatenate(list(parts)))


def spread(scores: NDArray[np.float64], present: list[int], n_labels: int) -> NDArray[np.float64]:
    """Scores over the labels in `present` as scores over all: a fold without a rare label never answers it."""
    whole = np.zeros((len(scores), n_labels))
    whole[:, present] = scores
    return whole


def cross_fitted(
    lessons: Lessons,
    train_on: Callable[[list[int]], Any],
    score: Callable[[Any, list[str]], NDArray[np.float64]],
    emit: Emit,
) -> tuple[Any, Answered | None]:
    """(the model to keep, what was answered out of sample) of a method that pays for each training.

    By folds: one training a fold that is only scored, then one on everything. By side: a single training on the
    train rows, scored on the validation rows, is kept. A note is emitted before each training; `kept` says which
    one it is that stays. Raises what `train_on` raises.
    """
    everything = list(range(len(lessons.texts)))
    if lessons.held_out:
        (learn, judged), *_ = lessons.folds
        model = train_on(learn)
        emit(JUDGING)
        return model, Answered(judged, score(model, [lessons.texts[i] for i in judged]))
    parts = []
    for i, (learn, judged) in enumerate(lessons.folds, start=1):
        emit({"type": "note", "message": f"out of fold, {i} of {len(lessons.folds)}: {len(learn)} rows", "kept": False})
        model = train_on(learn)
        emit(JUDGING)
        parts.append(score(model, [lessons.texts[i] for i in judged]))
        emit(TRAINING)
    emit({"type": "note", "message": f"on all {len(everything)} rows", "kept": True})
    return train_on(everything), answered(lessons.folds, parts)
