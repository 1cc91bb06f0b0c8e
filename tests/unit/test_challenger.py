"""Who challenges: chosen on validation rows, as the recipe prefers."""

from typing import Any

import pytest

from avocet.benchmark import choose_challenger
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
