"""The ladder: less memory on each rung, and the same effective batch on all."""

from itertools import pairwise

import pytest

from avocet.candidates import Full, Head, Tfidf
from avocet.methods.ladder import Rung, rungs


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("accumulation", [1, 3, 4])
@pytest.mark.parametrize("batch", range(1, 34))
def test_the_effective_batch_is_the_same_on_all_rungs(batch: int, accumulation: int, checkpointing: bool) -> None:
    """It begins as the recipe says, goes down to single rows, and ends with checkpointing."""
    found = rungs(
        Full(method="full", base="b", batch_size=batch, accumulation=accumulation, gradient_checkpointing=checkpointing)
    )
    assert found[0] == Rung(batch, accumulation, checkpointing)
    assert {r.micro_batch * r.accumulation for r in found} == {batch * accumulation}
    assert found[-1].micro_batch == 1 and found[-1].gradient_checkpointing
    assert all(
        below.micro_batch < above.micro_batch or below.gradient_checkpointing > above.gradient_checkpointing
        for above, below in pairwise(found)
    )
    assert all(
        above.micro_batch in (below.micro_batch, 2 * below.micro_batch) or below.micro_batch == 1
        for above, below in pairwise(found)
    )


def test_the_ladder_of_the_design_card() -> None:
    """16, 8, 4, 2, 1, then recomputing."""
    assert rungs(Full(method="full", base="b")) == (
        Rung(16, 1, False), Rung(8, 2, False), Rung(4, 4, False), Rung(2, 8, False), Rung(1, 16, False), Rung(1, 16, True),
    )  # fmt: skip


def test_an_odd_batch_goes_one_by_one() -> None:
    """It cannot be halved without changing the effective batch."""
    assert rungs(Full(method="full", base="b", batch_size=6, gradient_checkpointing=True)) == (
        Rung(6, 1, True), Rung(3, 2, True), Rung(1, 6, True),
    )  # fmt: skip


@pytest.mark.parametrize("candidate", [Tfidf(method="tfidf"), Head(method="head", base="b")])
def test_a_method_without_batches_has_one_rung(candidate: object) -> None:
    """Trying again would be the same again."""
    assert rungs(candidate) == (Rung(1, 1, False),)


def test_a_rung_reads_as_a_sentence() -> None:
    """It stands in messages and in training_info.json."""
    assert str(Rung(4, 4, False)) == "micro-batch 4 x accumulation 4"
    assert str(Rung(1, 16, True)) == "micro-batch 1 x accumulation 16, gradient checkpointing"
