"""Two versions side by side: stored scores are shown, and compared only where one run judged both."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet.errors import NotFoundError, WrongUseError
from avocet.home import Home
from avocet.judged import compare, scores
from avocet.registry import Version

Make = Callable[..., Version]


@pytest.fixture
def two(place: Home, published: Make) -> tuple[str, str]:
    published(place.models, "a", val_macro_f1=0.5, labels=["x", "y"], label_counts={"x": 3, "y": 4}, method="tfidf")
    published(place.models, "b", val_macro_f1=0.6, labels=["x", "z"], label_counts={"x": 5, "z": 6}, method="head")
    return "a", "b"


def judged(place: Home, run: str, **macro_f1: Any) -> Path:
    folder = place.runs / run
    folder.mkdir(parents=True)
    cards = [{"name": name, "macro_f1": score, "accuracy": 0.9} for name, score in macro_f1.items()]
    (folder / "decision.json").write_text(json.dumps({"board": {"cards": cards, "true": ["x"] * 20}}))
    return folder / "decision.json"


def test_lines_stand_side_by_side(place: Home, two: tuple[str, str]) -> None:
    """Method, scores of their nights, sizes, and the rows of each label of either."""
    lines = {what: (a, b) for what, a, b in compare(place, *two).lines}
    assert lines["method"] == ("tfidf", "head") and lines["val_macro_f1"] == (0.5, 0.6)
    assert (lines["rows of x"], lines["rows of y"], lines["rows of z"]) == ((3, 5), (4, 0), (0, 6))
    assert lines["size_mb"] == (0.0, 0.0)


def test_scores_of_different_nights_are_not_compared(place: Home, two: tuple[str, str]) -> None:
    """Each was judged, but never on the same rows."""
    judged(place, "run-1", a=0.5)
    judged(place, "run-2", b=0.6)
    found = compare(place, *two)
    assert found.together is None and "different rows and must not be compared" in found.sentence


@pytest.mark.parametrize(
    ("a", "b", "says"), [(0.5, 0.6, "b is better"), (0.6, 0.5, "a is better"), (0.5, 0.5, "equal")]
)
def test_the_last_run_that_judged_both_decides(
    a: float, b: float, says: str, place: Home, two: tuple[str, str]
) -> None:
    """On its rows, in its numbers."""
    judged(place, "run-1", a=0.9, b=0.1)
    judged(place, "run-2", a=a, b=b)
    judged(place, "run-3", a=0.1)
    sentence = compare(place, *two).sentence
    assert sentence == f"run run-2 judged both on the same 20 rows: macro-F1 {a:.3f} against {b:.3f}, {says}"


def test_a_decision_that_cannot_be_read_is_passed_over(place: Home, two: tuple[str, str]) -> None:
    """Half a file, another shape, a card without a score: the other runs still count."""
    for i, text in enumerate(["{", "[]", '{"board": 3}', '{"board": {"cards": [3], "true": []}}', "null"]):
        judged(place, f"run-{i}").write_text(text)
    judged(place, "run-7", a=None)
    judged(place, "run-8", a=0.5)
    assert [(s.run, s.n_rows, s.macro_f1, s.accuracy) for s in scores(place, "a")] == [("run-8", 20, 0.5, 0.9)]


def test_a_version_is_not_compared_with_itself(place: Home, two: tuple[str, str]) -> None:
    """Nor by its alias; nor with one that is not there."""
    with pytest.raises(WrongUseError, match="are the same version"):
        compare(place, "b", "avocet-tfidf")
    with pytest.raises(NotFoundError):
        compare(place, "a", "nope")
