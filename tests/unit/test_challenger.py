"""Who challenges: chosen on validation rows, as the recipe prefers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avocet.challenger import choose_challenger
from avocet.methods.answers import write_answers
from avocet.methods.lessons import Answered, Lessons
from avocet.recipe import Gate


def info(macro_f1: float | None, precision: float | None, ms: float | None) -> dict[str, Any]:
    return {
        "version": "v", "candidate": "c", "val_macro_f1": macro_f1, "val_precision": precision, "val_recall": 0.9,
        "val_accuracy": 0.9, "val_worst_label_f1": 0.5, "ms_per_mail": ms,
    }  # fmt: skip


INFOS = {"slow": info(0.97, 0.96, 90.0), "quick": info(0.95, 0.97, 9.0), "cheap": info(0.90, 0.80, 1.0)}
TRAINED = {name: f"{name}-1" for name in INFOS}
FASTEST: dict[str, Any] = {"prefer": "fastest"}


@pytest.mark.parametrize(
    ("gate", "wanted"),
    [
        ({}, "slow-1"),
        ({"prefer": "precision"}, "quick-1"),
        ({**FASTEST, "target": {"macro_f1": 0.9}}, "cheap-1"),
        ({**FASTEST, "target": {"macro_f1": 0.95, "precision": 0.95, "latency_ms": 50}}, "quick-1"),
        ({**FASTEST, "target": {"macro_f1": 0.96}}, "slow-1"),
        ({**FASTEST, "target": {"macro_f1": 0.99}}, "slow-1"),
        ({**FASTEST, "target": {"worst_label_f1": 0.6}}, "slow-1"),
    ],
)
def test_the_recipe_says_who_challenges(gate: dict[str, Any], wanted: str) -> None:
    """The best; the most precise; the fastest of those that are good enough, and the best where none is."""
    assert choose_challenger(TRAINED, INFOS, Gate.model_validate(gate)) == wanted


def test_a_tie_goes_to_the_earlier_candidate_and_no_score_is_the_least() -> None:
    """Candidates stand cheapest first."""
    assert choose_challenger({"b": "b-1", "a": "a-1"}, {"a": info(0.5, 0, 1), "b": info(0.5, 0, 1)}, Gate()) == "b-1"
    assert (
        choose_challenger({"a": "a-1", "b": "b-1"}, {"a": info(None, None, None), "b": info(0.0, 0, 1)}, Gate())
        == "b-1"
    )
    assert (
        choose_challenger({"a": "a-1", "b": "b-1"}, {"a": info(None, None, None), "b": info(None, None, None)}, Gate())
        == "a-1"
    )
    assert choose_challenger({}, {}, Gate()) is None


def answers(folder: Path, right: list[float], wrong_at: set[int], sure: float) -> Path:
    """A version that gives its label probability `sure`, and is wrong at some rows."""
    folder.mkdir()
    labels = ("a", "b")
    lessons = Lessons([""] * len(right), [int(y) for y in right], [str(i) for i in range(len(right))], [], 2, [], False)
    said = [1 - int(y) if i in wrong_at else int(y) for i, y in enumerate(right)]
    scores = np.array([[1 - sure, sure] if y else [sure, 1 - sure] for y in said])
    write_answers(folder, lessons, labels, Answered(list(range(len(right))), scores))
    return folder


def test_among_those_near_the_best_the_surest_challenges(tmp_path: Path) -> None:
    """Two rows of 200 are luck; what all rows say is not. One that is clearly worse is not saved by being sure, nor by
    being a blend; a blend that is near the best goes first.
    """
    true = [float(i % 2) for i in range(200)]
    folders = {
        "lucky": answers(tmp_path / "lucky", true, set(range(18)), 0.55),
        "sure": answers(tmp_path / "sure", true, set(range(20, 40)), 0.85),
        "worse": answers(tmp_path / "worse", true, set(range(60)), 0.99),
    }
    infos = {name: info(0.9, 0.9, 1.0) for name in folders}
    trained = {name: f"{name}-1" for name in folders}
    assert choose_challenger(trained, infos, Gate(), folders) == "sure-1"
    infos["lucky"]["method"] = "blend"
    assert choose_challenger(trained, infos, Gate(), folders) == "lucky-1"
    infos["lucky"]["method"], infos["worse"]["method"] = "head", "blend"
    assert choose_challenger(trained, infos, Gate(), folders) == "sure-1"
    del folders["sure"], trained["sure"]
    assert choose_challenger(trained, infos, Gate(), folders) == "lucky-1"


def test_one_that_did_not_answer_leaves_the_choice_to_the_validation_rows(tmp_path: Path) -> None:
    """What was not measured on the same rows is not compared."""
    folders = {"a": answers(tmp_path / "a", [float(i % 2) for i in range(80)], set(), 0.9), "b": tmp_path / "b"}
    infos = {"a": info(0.5, 0, 1), "b": info(0.6, 0, 1)}
    assert choose_challenger({"a": "a-1", "b": "b-1"}, infos, Gate(), folders) == "b-1"


def test_one_that_answers_fewer_rows_does_not_narrow_the_others(tmp_path: Path) -> None:
    """`full` answers validation rows alone: the others are compared on all rows, and then their best with it."""
    true = [float(i % 2) for i in range(200)]
    folders = {
        "worse": answers(tmp_path / "worse", true, set(range(60, 140)), 0.9),  # right on all that `full` answers
        "better": answers(tmp_path / "better", true, {0, 1}, 0.9),
        "full": answers(tmp_path / "full", true[:50], set(range(10)), 0.6),
    }
    infos = {name: info(0.9, 0.9, 1.0) for name in folders}
    trained = {name: f"{name}-1" for name in folders}
    assert choose_challenger(trained, infos, Gate(), folders) == "better-1"
    folders["full"] = answers(tmp_path / "good", true[:50], set(), 0.99)
    assert choose_challenger(trained, infos, Gate(), folders) == "full-1"
    folders["full"] = answers(tmp_path / "few", true[:20], set(), 0.99)
    assert choose_challenger(trained, infos, Gate(), folders) == "better-1"
