"""Answering out of fold: what is told on the way, and whom a kill is blamed on."""

from typing import Any

import numpy as np
import pytest

from avocet.events import JUDGING, TRAINING, Event
from avocet.methods.lessons import Lessons, cross_fitted


@pytest.mark.parametrize(
    ("held_out", "wanted"),
    [(False, ["train", JUDGING, "score", TRAINING] * 2 + ["train"]), (True, ["train", JUDGING, "score"])],
)
def test_only_while_rows_are_judged_is_a_kill_one_of_judging(held_out: bool, wanted: list[Any]) -> None:
    """Building the next fold's model and writing weights belong to training: judging fewer at once would not help."""
    told: list[Any] = []

    def hear(event: Event) -> None:
        if event["type"] == "phase":
            told.append(event)

    def train_on(learn: list[int]) -> str:
        told.append("train")
        return "model"

    def score(model: str, texts: list[str]) -> Any:
        told.append("score")
        return np.full((len(texts), 2), 0.5)

    folds = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    lessons = Lessons(
        ["t"] * 4, [0, 1, 0, 1], list("abcd"), list("abcd"), 2, folds[:1] if held_out else folds, held_out
    )
    model, answered = cross_fitted(lessons, train_on, score, hear)
    assert (model, told) == ("model", wanted)
    assert answered is not None and len(answered.places) == (2 if held_out else 4)
