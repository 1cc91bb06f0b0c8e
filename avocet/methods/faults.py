"""Faults on request, for tests: AVOCET_FAULT="oom@3>4" runs out of memory at step 3 while the micro-batch is over 4.

Kinds: oom (the exception), kill (SIGKILL, as the kernel does), nan (a loss that is not a number); torn (SIGKILL while
the checkpoint after that step is half written), full (the disk is full then). `eval` in place of a step strikes where
rows are judged without gradients, above so many rows at once; oom@3#1 strikes on rank 1 of a group alone. Several are
separated by commas. Without the variable nothing here does anything.
"""

import errno
import os
import re
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_FAULT = re.compile(r"(?P<kind>oom|kill|nan|torn|full)@(?P<step>\d+|eval)(?:>(?P<above>\d+))?(?:#(?P<rank>\d+))?")
_SAVING = ("torn", "full")


@dataclass(frozen=True)
class Fault:
    """One fault: what, at which optimizer step (0 = before the first), above which micro-batch, on which rank."""

    kind: str
    step: int
    above: int
    evaluation: bool = False
    rank: int | None = None  # all

    @property
    def here(self) -> bool:
        """Whether it is meant for this process."""
        return self.rank is None or self.rank == int(os.environ.get("RANK", "0"))


def planned(text: str | None = None) -> tuple[Fault, ...]:
    """The faults asked for by AVOCET_FAULT (or `text`). Raises ValueError for one that cannot be read."""
    text = os.environ.get("AVOCET_FAULT", "") if text is None else text
    found = []
    for part in filter(None, text.split(",")):
        match = _FAULT.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"AVOCET_FAULT: {part!r} is not like oom@3, kill@0>4, nan@2 or oom@eval>4")
        judging = match["step"] == "eval"
        step, above = 0 if judging else int(match["step"]), int(match["above"] or 0)
        found.append(Fault(match["kind"], step, above, judging, _rank(match["rank"])))
    return tuple(found)


def _rank(text: str | None) -> int | None:
    return None if text is None else int(text)


def strike(faults: tuple[Fault, ...], step: int, micro_batch: int) -> float:
    """Let the faults for this step happen; returns what to multiply the loss with (1, or NaN)."""
    return _struck(f for f in faults if not f.evaluation and f.step == step and micro_batch > f.above)


def strike_evaluation(faults: tuple[Fault, ...], rows: int) -> float:
    """The same, where `rows` rows are judged at once."""
    return _struck(f for f in faults if f.evaluation and rows > f.above)


def _struck(faults: Iterable[Fault]) -> float:
    factor = 1.0
    for fault in faults:
        if not fault.here or fault.kind in _SAVING:
            continue
        if fault.kind == "oom":
            raise MemoryError("asked for by AVOCET_FAULT")
        if fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        factor = float("nan")
    return factor


def strike_saving(faults: tuple[Fault, ...], step: int, checkpoint: Path) -> None:
    """Let the faults of the checkpoint after this step happen, before it is sealed."""
    for fault in faults:
        if fault.step != step or not fault.here or fault.kind not in _SAVING:
            continue
        largest = max((p for p in checkpoint.iterdir() if p.is_file()), key=lambda p: p.stat().st_size)
        os.truncate(largest, largest.stat().st_size // 2)
        if fault.kind == "full":
            raise OSError(errno.ENOSPC, "asked for by AVOCET_FAULT")
        os.kill(os.getpid(), signal.SIGKILL)
