"""What a child tells its parent: one JSON object a line on its standard output, and an exit code.

Events, by `type`: progress (step, of), metrics (epoch, of, macro_f1, accuracy, loss), note (message), phase (training
or evaluation: what a kill from here on was of), oom (message), error (reason, message), done (what the work
returned). No event carries mail text.
"""

import ctypes
import errno
import json
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from avocet.errors import AvocetError, OutOfMemoryError

Event = Mapping[str, Any]
Emit = Callable[[Event], None]
TRAINING: Event = {"type": "phase", "phase": "training"}
JUDGING: Event = {"type": "phase", "phase": "evaluation"}

EXIT_OUT_OF_MEMORY = 77
EXIT_REFUSED = 78
PARENT = "AVOCET_PARENT_PID"
_PR_SET_PDEATHSIG = 1
# PyTorch's CPU allocator raises a bare RuntimeError; CUDA, cuBLAS and cuDNN say it in their own words. No other
# "CUDA error" is among them: a device-side assert or a lost device would only happen again with a smaller batch, and
# CUBLAS_STATUS_NOT_INITIALIZED has either cause.
_MEMORY = re.compile(
    r"DefaultCPUAllocator|\bout of memory\b|ALLOC_FAILED|ALLOCATION_FAILED|cudaErrorMemoryAllocation"
    r"|can(no|')t allocate memory|not enough memory: you tried|std::bad_alloc",
    re.IGNORECASE,
)


def run_as_child(work: Callable[[Path, Emit], Event]) -> None:
    """Run `work(job file, emit)` as a child process does: die with the parent, talk in events, exit by code."""
    die_with_parent()
    emit = _take_stdout()
    try:
        emit({**work(Path(sys.argv[1]), emit), "type": "done"})
    except AvocetError as e:
        emit({"type": "error", "reason": e.reason, "message": str(e)})
        sys.exit(EXIT_REFUSED)
    except BaseException as e:  # noqa: BLE001  the last stop: each exception becomes an event and an exit code
        if not is_out_of_memory(e):
            # The text of a foreign exception may quote a mail: it goes to the log under data/, not further.
            traceback.print_exc()
            emit({"type": "error", "reason": "crashed", "message": type(e).__name__})
            raise SystemExit(1) from None
        emit({"type": "oom", "reason": OutOfMemoryError.reason, "message": type(e).__name__})
        sys.exit(EXIT_OUT_OF_MEMORY)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` is one of the shapes that running out of GPU or host memory takes."""
    if isinstance(error, MemoryError):
        return True
    if "torch" in sys.modules and isinstance(error, sys.modules["torch"].OutOfMemoryError):
        return True
    if isinstance(error, OSError):  # a file that cannot be mapped, a process that cannot be forked
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and _MEMORY.search(str(error)) is not None


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies: an orphan would go on holding the GPU."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.environ.get(PARENT, str(os.getppid())) != str(os.getppid()):
        sys.exit(1)  # the parent died before the line above
    # If the kernel must kill for memory, let it be this child and not the flow, which can try again smaller.
    adjust = Path("/proc/self/oom_score_adj")
    if adjust.exists() and os.access(adjust, os.W_OK):
        adjust.write_text("1000")


def _take_stdout() -> Emit:
    """Keep standard output for events alone: what libraries print goes to standard error, the log."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    # Of several processes that train together the first one speaks; the others only say why they fail.
    first = os.environ.get("RANK", "0") == "0"

    def emit(event: Event) -> None:
        if first or event["type"] in ("oom", "error"):
            channel.write(json.dumps(event, ensure_ascii=True, allow_nan=False) + "\n")

    return emit
