"""Which row comes when: each label equally often where asked, rows of similar length in one optimizer step."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset, Sampler

NOTHING = -100  # the label that torch and transformers count as none
POOL = 16  # optimizer steps that are drawn together before they are sorted by length


class LengthGrouped(Sampler[int]):
    """The places of one epoch. It depends on (seed, epoch) alone, so that a run that goes on sees what is left.

    Rows are drawn at random, then sorted by length within a pool of POOL steps: nearly random batches with
    nearly no padding. Grouped by the whole step and not by the micro-batch, so each rung of the ladder sees the
    same rows in a step.
    """

    def __init__(
        self,
        ys: Sequence[int],
        lengths: Sequence[int],
        step_rows: int,
        seed: int,
        balanced: bool = False,
        multiple: int = 1,
    ) -> None:
        self.ys, self.lengths = np.asarray(ys), np.asarray(lengths)
        self.step_rows, self.seed, self.balanced = step_rows, seed, balanced
        self.epoch = 0
        # Processes that train together take as many batches each: the last step is filled up with a row that counts
        # nothing (Filled), else accelerate repeats rows that count twice.
        self.n_filling = -len(ys) % multiple

    def set_epoch(self, epoch: int) -> None:
        """Called by the data loader before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.ys) + self.n_filling

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        drawn = self._balanced(rng) if self.balanced else rng.permutation(len(self.ys))
        n, pool = self.step_rows, self.step_rows * POOL
        pools = [drawn[at : at + pool] for at in range(0, len(drawn), pool)]
        sorted_by_length = [its[np.argsort(self.lengths[its], kind="stable")] for its in pools]
        steps = [its[at : at + n] for its in sorted_by_length for at in range(0, len(its), n)]
        # A short step, if there is one, stays last: the loader cuts the stream into batches without looking.
        whole = [s for s in steps if len(s) == n]
        order = [*(whole[i] for i in rng.permutation(len(whole))), *(s for s in steps if len(s) < n)]
        return iter([*(int(i) for step in order for i in step), *[len(self.ys)] * self.n_filling])

    def _balanced(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """As many places as there are rows, each label in turn; a label's rows come all before one comes again."""
        labels = np.unique(self.ys)
        turns = np.bincount(np.arange(len(self.ys)) % len(labels), minlength=len(labels))
        parts = []
        for label, n in zip(rng.permutation(labels), turns, strict=True):
            rows = np.flatnonzero(self.ys == label)
            parts.append(np.concatenate([rng.permutation(rows) for _ in range(-(-n // len(rows)))])[:n])
        return np.asarray(rng.permutation(np.concatenate(parts)), dtype=np.int64)


class Filled(Dataset[dict[str, Any]]):
    """Rows, and behind them one more whose label says that it counts nothing."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return self.rows[place] if place < len(self.rows) else {**self.rows[0], "labels": NOTHING}
