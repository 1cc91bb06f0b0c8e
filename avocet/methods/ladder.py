"""The way down when memory runs out: smaller micro-batches with the effective batch kept, then recomputing."""

from dataclasses import dataclass

from avocet.recipe import Full


@dataclass(frozen=True)
class Rung:
    """One setting of the ladder; micro_batch * accumulation is the same on all of them."""

    micro_batch: int
    accumulation: int
    gradient_checkpointing: bool

    def __str__(self) -> str:
        recompute = ", gradient checkpointing" if self.gradient_checkpointing else ""
        return f"micro-batch {self.micro_batch} x accumulation {self.accumulation}{recompute}"


def rungs(candidate: object) -> tuple[Rung, ...]:
    """The rungs for a candidate, largest first.

    The micro-batch is halved and the accumulation doubled while it is even, so that the effective batch stays
    exactly what the recipe says; the last rung trades time for memory by gradient checkpointing. Methods
    without a batch have a single rung.
    """
    if not isinstance(candidate, Full):
        return (Rung(1, 1, False),)
    micro, accumulation = candidate.batch_size, candidate.accumulation
    found = [Rung(micro, accumulation, candidate.gradient_checkpointing)]
    while micro % 2 == 0:
        micro, accumulation = micro // 2, accumulation * 2
        found.append(Rung(micro, accumulation, candidate.gradient_checkpointing))
    if micro > 1:  # an odd rest cannot be halved, but goes one by one
        micro, accumulation = 1, accumulation * micro
        found.append(Rung(micro, accumulation, candidate.gradient_checkpointing))
    if not candidate.gradient_checkpointing:
        found.append(Rung(micro, accumulation, True))
    return tuple(found)
