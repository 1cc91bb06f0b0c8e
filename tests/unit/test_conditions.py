"""The conditions that a recipe's gate can ask for, one by one."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from avocet.conditions import conditions, reaches
from avocet.evidence import compare
from avocet.recipe import Gate, Target
from avocet.scorecard import Role, Scorecard, scorecard

TRUE = ("a", "b", "c", "c") * 10
IDS = tuple(str(i) for i in range(40))


def card(role: Role, wrong: int, **changes: Any) -> Scorecard:
    """Somebody who takes the first `wrong` rows for the next label."""
    following = {"a": "b", "b": "c", "c": "a"}
    ranked = [[following[t] if i < wrong else t] for i, t in enumerate(TRUE)]
    return replace(scorecard("n", "n", role, "h", TRUE, ranked, ("a", "b", "c"), 20.0, ("a",), 0, 3_000_000), **changes)


OLD, NEW = card("champion", 8), card("challenger", 4)


def held(gate: dict[str, Any], old: Scorecard = OLD, new: Scorecard = NEW) -> list[bool]:
    evidence = compare(IDS, TRUE, old.predictions, new.predictions, ("a", "b", "c"), 1)
    return [c.held for c in conditions(Gate.model_validate(gate), new, old, evidence)]


@pytest.mark.parametrize(
    ("gate", "wanted"),
    [
        ({}, []),
        ({"at_least": {"macro_f1": 0.9}}, [False]),
        ({"at_least": {"macro_f1": 0.89, "accuracy": 0.9}}, [True, True]),
        ({"at_least": {"precision": 0.88, "recall": 0.93}}, [True, False]),
        ({"at_least": {"worst_label_f1": 0.85}}, [True]),
        ({"at_least": {"worst_label_f1": 0.9}}, [False]),
        ({"at_most": {"latency_ms": 20, "size_mb": 2.9}}, [True, False]),
        ({"least_p_better": 0.9}, [True]),
        ({"least_p_better": 1.0}, [False]),
        ({"no_label_worse_than": 0.0}, [True]),
        ({"any_of": [{"accuracy_gain": 0.1}]}, [True]),
        ({"any_of": [{"accuracy_gain": 0.11}]}, [False]),
        ({"any_of": [{"accuracy_gain": 0.11}, {"labels_better": 0.5}]}, [True]),
        ({"any_of": [{"labels_better": 1.0}]}, [False]),
    ],
)
def test_each_condition_holds_or_not(gate: dict[str, Any], wanted: list[bool]) -> None:
    """The challenger: accuracy 0.90, macro precision 0.889, recall 0.9; the champion is 10 points below."""
    assert held(gate) == wanted


def test_a_label_that_falls_is_named() -> None:
    """Macro-F1 can rise while one label dies."""
    mixed = card("challenger", 0, predictions=tuple("a" if t == "b" else t for t in TRUE))
    mixed = replace(mixed, per_label=scorecard("n", "n", "challenger", "h", TRUE, [[p] for p in mixed.predictions], ("a", "b", "c"), 1, ()).per_label)  # fmt: skip
    evidence = compare(IDS, TRUE, OLD.predictions, mixed.predictions, ("a", "b", "c"), 1)
    (found,) = conditions(Gate(no_label_worse_than=0.3), mixed, OLD, evidence)
    assert (found.held, found.found) == (False, "b falls by 0.8")


def test_a_first_champion_is_not_asked_what_compares_with_a_champion() -> None:
    """Floors and ceilings stay."""
    gate = {
        "at_least": {"macro_f1": 0.5},
        "least_p_better": 1.0,
        "no_label_worse_than": 0,
        "any_of": [{"accuracy_gain": 1}],
    }
    assert held(gate, old=card("baseline", 8)) == [True]


def test_what_was_not_measured_holds_nothing() -> None:
    """A missing number is below each floor and above each ceiling."""
    gate = {"at_least": {"accuracy": 0.0}, "at_most": {"latency_ms": 1e9, "size_mb": 1e9}}
    assert held(gate, new=replace(NEW, accuracy=None, ms_per_mail=None, size_bytes=None)) == [False] * 3


def test_the_plan_of_active_learning_fits() -> None:
    """(Accuracy + 5 points or the majority of labels better) and every label with holdout rows at least 0.3."""
    plan = {"any_of": [{"accuracy_gain": 0.05}, {"labels_better": 0.5}], "at_least": {"worst_label_f1": 0.3}}
    assert held(plan) == [True, True]
    assert held(plan, new=OLD) == [True, False]


def test_a_target_is_reached_as_a_whole() -> None:
    """Commerce: 95 % precision within 50 ms."""
    target = Target(precision=0.85, latency_ms=50)
    assert reaches(target, NEW)
    assert not reaches(target, replace(NEW, ms_per_mail=51.0))
    assert not reaches(target, replace(NEW, precision=0.8))


@pytest.mark.parametrize(
    "gate",
    [
        {"any_of": [{}]},
        {"any_of": [{"accuracy_gain": 0.1, "labels_better": 0.5}]},
        {"prefer": "fastest"},
        {"target": {"precision": 0.9}},
        {"least_p_better": 1.1},
        {"at_least": {"f1": 0.5}},
        {"at_most": {"latency_ms": 0}},
    ],
)
def test_a_gate_that_means_nothing_is_refused(gate: dict[str, Any]) -> None:
    """At loading, not in the night."""
    with pytest.raises(ValidationError):
        Gate.model_validate(gate)
