"""The numbers: macro-F1 is sklearn's over the labels that have rows, and a NaN is never a number."""

import random

import numpy as np
import pytest

from avocet import metrics
from avocet.errors import NonFiniteError
from avocet.metrics import LabelScore, checked_scores, finite, macro_f1

LABELS = ("a", "b", "c", "d", "e")


@pytest.mark.parametrize("seed", range(20))
def test_macro_f1_is_sklearns_over_the_labels_with_rows(seed: int) -> None:
    """f1_score(labels=present, average="macro", zero_division=0), on random labels, also foreign ones."""
    from sklearn.metrics import accuracy_score, f1_score

    rng = random.Random(seed)
    n = rng.randint(1, 60)
    true = rng.choices(LABELS[: rng.randint(1, 5)], k=n)
    predicted = [t if rng.random() < 0.5 else rng.choice([*LABELS, "foreign"]) for t in true]
    present = [x for x in LABELS if x in true]
    wanted = f1_score(true, predicted, labels=present, average="macro", zero_division=0)
    assert macro_f1(true, predicted, LABELS) == pytest.approx(wanted, abs=1e-12)
    assert metrics.accuracy(true, predicted) == pytest.approx(accuracy_score(true, predicted), abs=1e-12)


def test_a_label_that_cannot_be_predicted_counts_zero() -> None:
    """Its rows are misses: (1 + 0) / 2, not 1."""
    assert macro_f1(["a", "a", "b"], ["a", "a", "foreign"], ["a", "b"]) == 0.5


def test_labels_without_judged_rows_are_left_out() -> None:
    """They can be neither right nor wrong."""
    assert macro_f1(["a", "b"], ["a", "b"], ["a", "b", "c", "d"]) == 1.0


def test_rows_of_a_label_outside_the_recipe_count_only_as_false_hits() -> None:
    """A row of another label is not judged, but calling it `a` costs `a` precision."""
    assert macro_f1(["a", "z"], ["a", "a"], ["a"]) == pytest.approx(2 / 3)


def test_all_wrong_is_zero_and_all_right_is_one() -> None:
    """The ends of the scale."""
    assert (macro_f1(["a", "b"], ["b", "a"], LABELS), macro_f1(["a", "b"], ["a", "b"], LABELS)) == (0.0, 1.0)


def test_the_same_scores_on_other_labels_are_the_same_macro_f1() -> None:
    """Two models that mirror each other tie, to the last bit: the gate compares with `>`."""
    swap = str.maketrans("bc", "cb")
    true = "a" * 10 + "b" * 10 + "c" * 10
    predicted = "aaaaaaaabaabbcbbbbbbcccccccccc"
    mirrored = [p.translate(swap) for p in predicted]
    labels = ["a", "b", "c"]
    straight = macro_f1(list(true), list(predicted), labels)
    assert macro_f1([t.translate(swap) for t in true], mirrored, labels) == straight


def test_no_rows_are_no_score() -> None:
    """An empty holdout raises; so do rows of foreign labels only, and predictions that do not fit."""
    for true, predicted in (([], []), (["z"], ["z"]), (["a"], []), (["a"], ["a", "a"])):
        with pytest.raises(ValueError):
            macro_f1(true, predicted, LABELS)


def test_label_scores_are_per_label_in_the_given_order() -> None:
    """Precision, recall, F1 and rows; zeros for a label without any."""
    found = metrics.label_scores(["a", "a", "b"], ["a", "b", "b"], ["b", "a", "c"])
    assert found == [
        LabelScore("b", 0.5, 1.0, pytest.approx(2 / 3), 1),
        LabelScore("a", 1.0, 0.5, pytest.approx(2 / 3), 2),
        LabelScore("c", 0.0, 0.0, 0.0, 0),
    ]
    assert metrics.label_scores([], [], ["a"]) == [LabelScore("a", 0.0, 0.0, 0.0, 0)]


def test_confusion_counts_true_by_predicted() -> None:
    """Rows are true labels, columns predicted ones; foreign labels are left out."""
    assert metrics.confusion(["a", "a", "b", "z"], ["b", "a", "b", "a"], ["a", "b"]) == [[1, 1], [0, 1]]


def test_top_k_finds_the_label_among_the_first_k() -> None:
    """0, then half, then all."""
    ranked = [["b", "a", "c"], ["c", "b", "a"]]
    assert [metrics.top_k_accuracy(["a", "a"], ranked, k) for k in (1, 2, 3)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_never_compared(value: float) -> None:
    """A NaN would lose or win a comparison at random."""
    with pytest.raises(NonFiniteError, match="macro-F1 is"):
        finite(value, "macro-F1")
    assert finite(0.5, "macro-F1") == 0.5


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_scores_with_a_nan_are_refused(value: float) -> None:
    """Such a model answers class 0 for every mail, which can beat a weak baseline."""
    scores = np.full((3, 2), 0.5)
    assert np.array_equal(checked_scores(scores, 3, 2), scores)
    scores[1, 0] = value
    with pytest.raises(NonFiniteError, match="1 of 3 rows got a NaN or infinite score"):
        checked_scores(scores, 3, 2)


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (3,), (6,)])
def test_scores_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """A missing row or label would shift all that follow."""
    with pytest.raises(NonFiniteError, match="scores of shape"):
        checked_scores(np.zeros(shape), 3, 2)


def test_equal_fractions_are_equal_scores_however_they_come_about() -> None:
    """Both are 73/119 on the same rows; the gate compares with `>`, and would promote on the last bit."""
    true, labels = "aaaaaaaabbbbbbbbcccccccc", "abc"
    one, other = "cacbaacbbbbbaabbccabcccc", "ababbcababbbbbcaccccaccc"
    assert macro_f1(list(true), list(one), list(labels)) == macro_f1(list(true), list(other), list(labels))
