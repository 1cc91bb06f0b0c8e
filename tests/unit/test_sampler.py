"""Which row comes when: the same for the same epoch, each label equally often where asked, similar lengths together."""

from collections import Counter

import pytest

from avocet.methods.sampler import LengthGrouped

YS = [0] * 60 + [1] * 30 + [2] * 7
LENGTHS = [(i * 37) % 91 + 5 for i in range(97)]


def test_each_row_comes_once_an_epoch() -> None:
    """And in another order in the next epoch; the same sampler says the same twice."""
    sampler = LengthGrouped(YS, LENGTHS, 16, 3)
    first, again = list(sampler), list(sampler)
    sampler.set_epoch(1)
    assert sorted(first) == list(range(97))
    assert first == again
    assert list(sampler) != first
    assert list(LengthGrouped(YS, LENGTHS, 16, 4)) != first


def test_balanced_epochs_show_each_label_equally_often() -> None:
    """As many places as there are rows; every row of a rare label comes before one comes again."""
    for epoch in range(3):
        sampler = LengthGrouped(YS, LENGTHS, 16, 3, balanced=True)
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        assert len(drawn) == len(sampler) == 97
        assert sorted(Counter(YS[i] for i in drawn).values()) == [32, 32, 33]
        rare = Counter(i for i in drawn if YS[i] == 2)
        assert set(rare) == set(range(90, 97))
        assert max(rare.values()) - min(rare.values()) <= 1


def test_a_step_holds_rows_of_similar_length() -> None:
    """The spread of lengths within a step of 8 rows is a small part of the spread of all."""
    sampler = LengthGrouped(YS, LENGTHS, 8, 3)
    order = list(sampler)
    steps = [[LENGTHS[i] for i in order[at : at + 8]] for at in range(0, 96, 8)]
    assert max(max(s) - min(s) for s in steps) <= 12


@pytest.mark.parametrize(("micro", "accumulation"), [(8, 2), (4, 4), (1, 16)])
def test_the_rungs_of_the_ladder_see_the_same_rows_in_a_step(micro: int, accumulation: int) -> None:
    """The order hangs on the rows of an optimizer step, not on the micro-batch."""
    assert list(LengthGrouped(YS, LENGTHS, micro * accumulation, 3)) == list(LengthGrouped(YS, LENGTHS, 16, 3))
