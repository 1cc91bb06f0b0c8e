"""Faults on request, for tests: AVOCET_FAULT="oom@3>4" runs out of memory at step 3 while the micro-batch is over 4.

Kinds: oom (the exception), kill (SIGKILL, as the kernel does), nan (a loss that is not a number). Several are
separated by commas. Without the variable nothing here does anything.
"""

import os
import re
import signal
from dataclasses import dataclass

_FAULT = re.compile(r"(?P<kind>oom|kill|nan)@(?P<step>\d+)(?:>(?P<above>\d+))?")


@dataclass(frozen=True)
class Fault:
    """One fault: what, at which optimizer step (0 = before the first), above which micro-batch."""

    kind: str
    step: int
    above: int


def planned(text: str | None = None) -> tuple[Fault, ...]:
    """The faults asked for by AVOCET_FAULT (or `text`). Raises ValueError for one that cannot be read."""
    text = os.environ.get("AVOCET_FAULT", "") if text is None else text
    found = []
    for part in filter(None, text.split(",")):
        match = _FAULT.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"AVOCET_FAULT: {part!r} is not like oom@3, kill@0>4 or nan@2")
        found.append(Fault(match["kind"], int(match["step"]), int(match["above"] or 0)))
    return tuple(found)


def strike(faults: tuple[Fault, ...], step: int, micro_batch: int) -> float:
    """Let the faults for this step happen; returns what to multiply the loss with (1, or NaN)."""
    factor = 1.0
    for fault in faults:
        if fault.step != step or micro_batch <= fault.above:
            continue
        if fault.kind == "oom":
            raise MemoryError("asked for by AVOCET_FAULT")
        if fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        factor = float("nan")
    return factor
