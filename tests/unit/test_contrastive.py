"""The supervised contrastive loss by hand, and batches that hold pairs."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from avocet.candidates import Contrastive
from avocet.methods.contrastive import InPairs, supervised_contrastive
from avocet.methods.ladder import rungs


def test_the_loss_of_six_vectors_is_that_of_the_formula() -> None:
    """Equation 2 of Khosla et al. in plain loops; a vector without a positive has no loss."""
    angles, labels, t = [0.0, 0.3, 1.0, 1.4, 2.0, 3.0], [0, 0, 1, 1, 1, 2], 0.5
    z = [(math.cos(a), math.sin(a)) for a in angles]
    by_hand = []
    for i in range(6):
        alike = {a: math.exp(sum(x * y for x, y in zip(z[i], z[a], strict=True)) / t) for a in range(6) if a != i}
        positives = [p for p in alike if labels[p] == labels[i]]
        shares = [-math.log(alike[p] / sum(alike.values())) for p in positives]
        by_hand.append(sum(shares) / len(shares) if shares else 0.0)
    found = supervised_contrastive(torch.tensor(z), torch.tensor(labels), t)
    assert found.tolist() == pytest.approx(by_hand, abs=1e-5)
    assert by_hand[5] == 0 < min(by_hand[:5])


@pytest.mark.parametrize("labels", [[0], [0, 1], [0, 0]])
def test_the_smallest_batches_give_numbers(labels: list[int]) -> None:
    """A row alone is no NaN, neither in the loss nor in its gradient."""
    z = torch.eye(4)[: len(labels)].requires_grad_()
    loss = supervised_contrastive(z, torch.tensor(labels), 0.1).sum()
    loss.backward()
    assert loss.item() == 0 and z.grad is not None and z.grad.isfinite().all()


def test_a_small_temperature_stays_finite() -> None:
    """exp(1 / 0.01) is no fp32 number; its share is."""
    z = torch.nn.functional.normalize(torch.randn(8, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    assert supervised_contrastive(z, torch.tensor([0, 0, 1, 1, 2, 2, 3, 3]), 0.01).isfinite().all()


@pytest.mark.parametrize("batch", [2, 5, 8, 32])
def test_each_label_of_a_whole_batch_is_in_it_twice(batch: int) -> None:
    """Rare ones too, and all labels get their turn; an epoch has as many places as there are rows."""
    ys = [0] * 40 + [1] * 12 + [2] * 7 + [3]
    sampler = InPairs(ys, batch, 13)
    order = list(sampler)
    assert len(order) == len(sampler) == 60 and order == list(InPairs(ys, batch, 13))
    for at in range(0, 60 - batch + 1, batch):
        assert min(Counter(ys[i] for i in order[at : at + batch]).values()) >= 2
    seen = Counter(ys[i] for i in order)
    assert len(seen) == 4 and max(seen.values()) <= 60 / 4 + batch
    sampler.set_epoch(1)
    assert list(sampler) != order


def test_rows_of_a_label_come_all_before_one_comes_again() -> None:
    """A common label is not read from its beginning only."""
    ys = np.repeat([0, 1], [20, 20])
    order = list(InPairs(ys.tolist(), 8, 1))
    assert sorted(order) == list(range(40))


def test_the_ladder_ends_at_two_rows() -> None:
    """A row alone has no pair; the rows of a step stay."""
    for batch, smallest in ((32, (2, 16)), (6, (2, 3)), (2, (2, 1))):
        ladder = rungs(Contrastive(method="contrastive", base="b", batch_size=batch))
        assert {r.micro_batch * r.accumulation for r in ladder} == {batch}
        assert (ladder[-1].micro_batch, ladder[-1].accumulation, ladder[-1].gradient_checkpointing) == (*smallest, True)
        assert len(set(ladder)) == len(ladder)
    with pytest.raises(ValidationError, match="multiple of 2"):
        Contrastive(method="contrastive", base="b", batch_size=27)
