"""95 % intervals: they hold the truth about as often as they say, also for a handful of mails, and never shrink to a point."""

import numpy as np
import pytest
from scipy.stats import binomtest

from avocet.intervals import Interval, intervals
from avocet.metrics import label_scores, macro_f1

LABELS = ("rejected", "digest", "neutral", "hired")


def test_an_interval_holds_its_score_and_is_the_same_again() -> None:
    """Per label and in all; by the seed."""
    true = ["rejected"] * 8 + ["digest"] * 20 + ["neutral"] * 4
    said = ["rejected"] * 6 + ["digest"] * 2 + ["digest"] * 19 + ["elsewhere"] + ["neutral"] * 3 + ["digest"]
    found = intervals(true, said, LABELS, seed=13)
    assert found == intervals(true, said, LABELS, seed=13)
    assert found.macro_f1.lo < macro_f1(true, said, LABELS) < found.macro_f1.hi
    for score in label_scores(true, said, LABELS[:3]):
        assert found.by_label[score.label].lo < score.f1 < found.by_label[score.label].hi
    assert "hired" not in found.by_label  # nobody has judged it
    # 19 right of 20 that are digests and 22 that were called so: 23 mails in all.
    ends = binomtest(19, 23).proportion_ci(method="wilson")
    assert found.by_label["digest"] == Interval(*(round(2 * j / (1 + j), 4) for j in (ends.low, ends.high)))


def test_all_right_on_few_mails_is_no_certainty() -> None:
    """Three of three are no proof of a perfect label; nor are three of three wrong of a hopeless one."""
    found = intervals(["digest"] * 3 + ["neutral"] * 40, ["digest"] * 3 + ["neutral"] * 40, LABELS, 1)
    assert found.by_label["digest"].hi == found.macro_f1.hi == 1.0
    assert found.by_label["digest"].lo < 0.7 < found.macro_f1.lo < 0.95 < found.by_label["neutral"].lo
    wrong = intervals(["digest"] * 3 + ["neutral"] * 3, ["neutral"] * 3 + ["digest"] * 3, LABELS, 1)
    assert wrong.macro_f1.lo == 0.0 and 0.3 < wrong.macro_f1.hi < 0.9


def test_rows_of_other_labels_do_not_count_and_none_at_all_is_refused() -> None:
    """As macro-F1 has it."""
    one = intervals(["digest", "neutral", "spam"], ["digest", "digest", "digest"], LABELS, 1)
    assert one == intervals(["digest", "neutral"], ["digest", "digest"], LABELS, 1)
    with pytest.raises(ValueError, match="no rows"):
        intervals(["spam"], ["digest"], LABELS, 1)
    with pytest.raises(ValueError, match="zip"):
        intervals(["digest"], [], LABELS, 1)


@pytest.mark.parametrize(
    ("n_by_label", "right"),
    [((3, 5, 8, 30), 0.7), ((3, 5, 8, 30), 0.95), ((8, 8, 8, 8), 0.8), ((80, 50, 20, 200), 0.8)],
)
def test_the_truth_lies_within_about_as_often_as_they_say(n_by_label: tuple[int, ...], right: float) -> None:
    """250 holdouts drawn from one truth: within 90 to 99.6 % of the intervals, each label's and the mean's."""
    rng, n, n_labels = np.random.default_rng(7), 250, len(LABELS)
    chance = np.full((n_labels, n_labels), (1 - right) / (n_labels - 1)) + np.eye(n_labels) * (right - (1 - right) / 3)
    expected = chance * np.array(n_by_label)[:, None]
    truth = 2 * np.diag(expected) / (expected.sum(axis=0) + expected.sum(axis=1))
    held, whole = np.zeros(n_labels), 0
    true = [label for label, k in zip(LABELS, n_by_label, strict=True) for _ in range(k)]
    for _ in range(n):
        said = [LABELS[j] for i, k in enumerate(n_by_label) for j in rng.choice(n_labels, size=k, p=chance[i])]
        found = intervals(true, said, LABELS, 1, draws=200)
        held += [found.by_label[x].lo <= t <= found.by_label[x].hi for x, t in zip(LABELS, truth, strict=True)]
        whole += found.macro_f1.lo <= truth.mean() <= found.macro_f1.hi
    assert 0.9 <= whole / n <= 0.996
    assert (held / n).min() >= 0.9
