"""The processes that train together, where `accelerate launch` started several: who speaks, and what each takes."""

import os
from collections.abc import Callable

from avocet.errors import WrongUseError
from avocet.methods.ladder import Rung


def size() -> int:
    """How many processes train together; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is; rank 0 speaks and writes."""
    return int(os.environ.get("RANK", "0"))


def share(rung: Rung, n: int) -> tuple[int, int]:
    """(micro-batch, accumulation) of each of `n` processes, so that a step has the rows that the recipe says.

    Accumulation is what is given up first. Raises WrongUseError where the step's rows cannot be shared evenly.
    """
    rows = rung.micro_batch * rung.accumulation
    if rows % n:
        raise WrongUseError(f"{rows} rows a step cannot be shared by {n} processes: make batch_size a multiple of {n}")
    each = rows // n
    micro = max(m for m in range(1, min(rung.micro_batch, each) + 1) if each % m == 0)
    return micro, each // micro


def agreed(decide: Callable[[], str]) -> str:
    """What rank 0 decides, on every rank: a group that goes on from different places would hang or learn nonsense."""
    if size() == 1:
        return decide()
    import torch.distributed as dist

    words = [decide() if rank() == 0 else ""]
    dist.broadcast_object_list(words, src=0)
    return words[0]


def together() -> None:
    """Wait until all have come here."""
    if size() > 1:
        import torch.distributed as dist

        dist.barrier()
