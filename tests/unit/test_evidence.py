"""Evidence: what changed, how sure that makes us, and what one mail is worth."""

import random
from collections import Counter

import numpy as np
import pytest

from avocet.evidence import compare, mcnemar, resampled
from avocet.metrics import macro_f1

LABELS = ("a", "b", "rare")


def world(n: int, recall_before: float, recall_after: float, seed: int) -> tuple[list[str], list[str], list[str]]:
    rng = random.Random(seed)
    true = rng.choices(LABELS, (0.6, 0.35, 0.05), k=n)

    def say(recall: float) -> list[str]:
        return [t if rng.random() < recall else rng.choice(LABELS) for t in true]

    return true, say(recall_before), say(recall_after)


def test_fixed_and_broken_are_the_rows_that_change() -> None:
    """Wrong before and after, in whatever way, is neither."""
    found = compare("0123", "abba", "aaac", "abac", "abc", 1)
    assert (found.fixed, found.broken) == (("1",), ())
    back = compare("0123", "abba", "abac", "aaac", "abc", 1)
    assert (back.fixed, back.broken) == ((), ("1",))
    assert [(c.label, c.n, c.fixed, c.broken) for c in found.by_label] == [("a", 2, 0, 0), ("b", 2, 1, 0)]


@pytest.mark.parametrize("lengths", [(3, 4, 4, 4), (4, 3, 4, 4), (4, 4, 3, 4), (4, 4, 4, 3), (0, 0, 0, 0)])
def test_rows_that_do_not_belong_together_are_refused(lengths: tuple[int, ...]) -> None:
    """A comparison of other rows is none."""
    with pytest.raises(ValueError, match="predictions"):
        compare(*("abba"[:n] for n in lengths), "ab", 1)


def test_the_resampled_differences_are_those_of_a_plain_bootstrap() -> None:
    """Row by row, within each label, with our own macro_f1: the same mean and spread."""
    true, before, after = world(200, 0.6, 0.7, 3)
    rng = random.Random(1)
    by_label = [[i for i, t in enumerate(true) if t == label] for label in LABELS]
    plain = []
    for _ in range(800):
        drawn = [i for its in by_label for i in rng.choices(its, k=len(its))]
        new, old = (macro_f1([true[i] for i in drawn], [p[i] for i in drawn], LABELS) for p in (after, before))
        plain.append(new - old)
    ours = resampled(true, before, after, LABELS, 5, 4000)
    assert ours.mean() == pytest.approx(np.mean(plain), abs=0.006)
    assert ours.std() == pytest.approx(np.std(plain), rel=0.08)


def test_p_better_knows_the_better_one_and_both_directions_add_up() -> None:
    """And a copy of the champion is as likely better as not."""
    true, before, after = world(300, 0.6, 0.8, 1)
    ids = [str(i) for i in range(300)]
    up, down = compare(ids, true, before, after, LABELS, 7), compare(ids, true, after, before, LABELS, 7)
    assert up.p_better > 0.99 and up.p_better + down.p_better == pytest.approx(1.0, abs=0.01)
    assert 0 < up.interval[0] < up.interval[1]
    same = compare(ids, true, before, before, LABELS, 7)
    assert (same.p_better, same.interval, same.mcnemar_p, same.fixed) == (0.5, (0.0, 0.0), 1.0, ())


def test_a_label_without_judged_rows_and_foreign_answers_count_as_everywhere() -> None:
    """Predictions outside the labels are misses; labels without rows are no label change."""
    found = compare("0123", "aabb", "aaxx", "aabb", (*"ab", "gone"), 1)
    assert [c.label for c in found.by_label] == ["a", "b"]
    assert found.by_label[1].f1_before == 0.0 and found.p_better > 0.9


def test_the_same_seed_is_the_same_evidence() -> None:
    """A decision can be recomputed from its file."""
    true, before, after = world(100, 0.6, 0.65, 2)
    ids = [str(i) for i in range(100)]
    assert compare(ids, true, before, after, LABELS, 7) == compare(ids, true, before, after, LABELS, 7)
    assert compare(ids, true, before, after, LABELS, 7) != compare(ids, true, before, after, LABELS, 8)


@pytest.mark.parametrize(
    ("fixed", "broken", "p"), [(0, 0, 1.0), (5, 5, 1.0), (8, 0, 0.0078), (0, 8, 0.0078), (9, 3, 0.146)]
)
def test_mcnemar_is_the_exact_one(fixed: int, broken: int, p: float) -> None:
    """By hand: 2 * 0.5**8 = 0.0078."""
    assert mcnemar(fixed, broken) == p


def test_one_mail_of_a_rare_label_is_worth_most() -> None:
    """Two rare mails, both right: one of them wrong takes a third off its F1, an eleventh of macro-F1 over three."""
    true = ["a"] * 50 + ["b"] * 48 + ["rare"] * 2
    found = compare([str(i) for i in range(100)], true, true, true, LABELS, 1)
    assert found.one_mail == pytest.approx((1 - 2 / 3) / 3, abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 100_000])
def test_it_works_at_any_size(n: int) -> None:
    """One row, and a hundred thousand in the time of a hundred."""
    true, before, after = world(n, 0.7, 0.8, 1)
    found = compare([str(i) for i in range(n)], true, before, after, LABELS, 1)
    assert 0 <= found.p_better <= 1 and sum(c.n for c in found.by_label) == sum(Counter(true).values())
