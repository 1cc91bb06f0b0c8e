"""The way down when memory runs out: smaller micro-batches with the effective batch kept, then recomputing."""

from dataclasses import dataclass, replace
from typing import Self

from avocet.candidates import Contrastive, FineTuned

USUALLY_JUDGED = 8


@dataclass(frozen=True)
class Rung:
    """One setting of the ladder; micro_batch * accumulation is the same on all of them."""

    micro_batch: int
    accumulation: int
    gradient_checkpointing: bool
    evaluation: int = 0  # rows that are judged at once; 0: as usual

    @property
    def judged(self) -> int:
        """Rows that are judged at once, on a ladder of its own: that costs no gradients, and changes no model."""
        return self.evaluation or max(self.micro_batch, USUALLY_JUDGED)

    def judging_less(self, times: int) -> Self:
        """This rung, judging half as many rows at once, `times` times; at least one."""
        return replace(self, evaluation=max(self.judged >> times, 1)) if times else self

    def __str__(self) -> str:
        recompute = ", gradient checkpointing" if self.gradient_checkpointing else ""
        judged = f", judging {self.evaluation} at once" if self.evaluation else ""
        return f"micro-batch {self.micro_batch} x accumulation {self.accumulation}{recompute}{judged}"


def rungs(candidate: object) -> tuple[Rung, ...]:
    """The rungs for a candidate, largest first.

    The micro-batch is halved and the accumulation doubled while it is even, so that the effective batch stays
    exactly what the recipe says; the last rung trades time for memory by gradient checkpointing. Methods
    without a batch have a single rung. `contrastive` keeps two rows in a forward pass: one alone has no pair.
    """
    if not isinstance(candidate, FineTuned):
        return (Rung(1, 1, False),)
    micro, accumulation = candidate.batch_size, candidate.accumulation
    found = [Rung(micro, accumulation, candidate.gradient_checkpointing)]
    least = 2 if isinstance(candidate, Contrastive) else 1
    while micro % (2 * least) == 0:
        micro, accumulation = micro // 2, accumulation * 2
        found.append(Rung(micro, accumulation, candidate.gradient_checkpointing))
    if micro > least:  # an odd rest cannot be halved, but goes in the smallest pieces
        micro, accumulation = least, accumulation * (micro // least)
        found.append(Rung(micro, accumulation, candidate.gradient_checkpointing))
    if not candidate.gradient_checkpointing:
        found.append(Rung(micro, accumulation, True))
    return tuple(found)
