"""Suspects by what a real version answered of its own rows."""

from collections.abc import Callable
from typing import Any

from avocet import recipe as recipes
from avocet import runs
from avocet.home import Home
from avocet.process import in_this_process
from avocet.sides import divide
from avocet.suspects import learned_suspects
from avocet.training import train
from expectations.validation import validate_rows
from tests.conftest import LABELS


def test_planted_errors_among_learned_rows_are_named_with_a_reason(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """Of twelve wrong labels most of those that were learned from; few others; no holdout row."""
    wrong = {row["id"] for row in few_rows[::10]}
    other = dict(zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True))
    rows = [{**row, "label": other[row["label"]] if row["id"] in wrong else row["label"]} for row in few_rows]
    run = runs.begin(place, recipes.load(place, make_recipe(rows, {"tfidf": {"method": "tfidf"}})))
    sides = divide(run, validate_rows(run).dropped_labels)
    with in_this_process():
        version = train(run, sides, "tfidf", 0, lambda event: None).version
    found = learned_suspects(run, place.models / version)
    assert {s.side for s in found} <= {"train", "validation"}
    hit = [s for s in found if s.row_id in wrong]
    assert len(hit) >= 5 and len(hit) / len(found) > 0.6
    assert all(s.reason.startswith(f"a model that had not seen it gives {s.likely} 0.") for s in found)
    assert sum(other[s.likely] == s.label for s in hit) >= 5, "the likely label is mostly the true one"
