"""What a child tells its parent: one JSON object a line on its standard output, and an exit code.

Events, by `type`: progress (step, of), metrics (epoch, of, macro_f1, accuracy, loss), note (message),
oom (message), error (reason, message), done (what the work returned). No event carries mail text.
"""

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from avocet.errors import AvocetError, OutOfMemoryError

Event = Mapping[str, Any]
Emit = Callable[[Event], None]

EXIT_OUT_OF_MEMORY = 77
EXIT_REFUSED = 78
PARENT = "AVOCET_PARENT_PID"
_PR_SET_PDEATHSIG = 1


def run_as_child(work: Callable[[Path, Emit], Event]) -> None:
    """Run `work(job file, emit)` as a child process does: die with the parent, talk in events, exit by code."""
    _die_with_parent()
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
    # PyTorch's CPU allocator raises a bare RuntimeError; cuBLAS and cuDNN say it in their own words.
    signs = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "can't allocate memory")
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in signs)


def _die_with_parent() -> None:
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

    def emit(event: Event) -> None:
        channel.write(json.dumps(event, ensure_ascii=True, allow_nan=False) + "\n")

    return emit
