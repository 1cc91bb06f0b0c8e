"""Run a piece of work in a child process: its memory is always given back, and no crash of it is ours."""

import json
import os
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

from avocet.errors import (
    AvocetError,
    ChildFailedError,
    DiskError,
    NonFiniteError,
    NotAtHandError,
    OutOfMemoryError,
    WrongUseError,
)
from avocet.events import EXIT_OUT_OF_MEMORY, PARENT, Event, is_out_of_memory

_RAISED: dict[str, type[AvocetError]] = {
    e.reason: e for e in (NonFiniteError, NotAtHandError, OutOfMemoryError, ChildFailedError, DiskError, WrongUseError)
}
# How a machine gets its memory back: what a subprocess reports, and what a shell or container runtime makes of it.
_KILLS = {
    -signal.SIGKILL: "SIGKILL",
    128 + signal.SIGKILL: "SIGKILL",
    -signal.SIGTERM: "SIGTERM",
    128 + signal.SIGTERM: "SIGTERM",
}
_here: list[bool] = []


@contextmanager
def in_this_process() -> Iterator[None]:
    """Within this, `run_child` does the work here: for many small pieces, whose children would only import and end.

    Not for anything that can run out of memory: that would take this process with it.
    """
    _here.append(True)
    try:
        yield
    finally:
        _here.pop()


def run_child(
    module: str, job: Path, log: Path, on_event: Callable[[Event], None], launcher: Sequence[str] = ()
) -> dict[str, Any]:
    """Run `python [launcher] -m module job`, hand each event to `on_event`, and return the child's `done` event.

    What the child prints goes to `log`. Whatever ends this call (an exception, Ctrl-C, a cancelled run) ends
    the child and all that it started.
    Raises OutOfMemoryError (also for a kill by the kernel), NonFiniteError, NotAtHandError, ChildFailedError.
    """
    if _here:
        return _run_here(module, job, log, on_event)
    last: dict[str, Any] = {}
    failed: list[Event] = []
    with log.open("ab") as errors:
        begun = errors.tell()
        child = subprocess.Popen(
            [sys.executable, "-P", *launcher, "-m", module, str(job)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(),
            start_new_session=True,
        )
        try:
            assert child.stdout is not None  # noqa: S101 - narrows the type; stdout=PIPE
            for line in child.stdout:
                event = _event(line)
                if event is None:
                    errors.write(line)
                else:
                    last = event
                    failed += [event] if event["type"] in ("oom", "error") else []
                    on_event(event)
            code = child.wait()
        finally:
            _end(child)
    if code == 0 and last.get("type") == "done":
        return last
    if launcher and code > 0:  # its own code says nothing
        code = _code_of_first(log, begun, failed) or code
        last = dict(failed[0]) if failed else last  # what the others say follows from it
    raise _failure(code, last, log)


def _code_of_first(log: Path, begun: int, failed: Sequence[Event]) -> int | None:
    """The exit code of the process that failed first: as it told, else as the launcher's report has it."""
    if any(event["type"] == "oom" for event in failed):
        return EXIT_OUT_OF_MEMORY
    with log.open("rb") as lines:
        lines.seek(begun)
        found = re.search(rb"Root Cause.*?exitcode\s*:\s*(-?\d+)", lines.read(), re.DOTALL)
    return int(found[1]) if found else None


def _run_here(module: str, job: Path, log: Path, on_event: Callable[[Event], None]) -> dict[str, Any]:
    """The same work by the same function, and the same errors; a crash of it is told like a child's."""
    found = import_module(module)
    work = (import_module(f"{module}.__main__") if hasattr(found, "__path__") else found).work
    with log.open("a", encoding="utf-8") as prints, redirect_stdout(prints), redirect_stderr(prints):
        try:
            return {**work(job, on_event), "type": "done"}
        except AvocetError:
            raise
        except Exception as e:  # noqa: BLE001  as in run_as_child: its text may quote a mail and stays in the log
            if is_out_of_memory(e):
                raise OutOfMemoryError(f"out of memory ({type(e).__name__})") from None
            traceback.print_exc()
            raise _failure(1, {"type": "error", "message": type(e).__name__}, log) from None


def _event(line: bytes) -> dict[str, Any] | None:
    """The event in `line`; None for half a line of a killed child, or what a library printed while importing."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "type" in found else None


def _environment() -> dict[str, str]:
    """The child never asks a hub and never reports home; everything it needs is on this machine."""
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",  # as -P, for what a launcher starts
    }
    # Threads that wait for each other spin, and on a busy machine they spin where the awaited one should run: beside
    # another process a training step of two threads took 3.7 times as long, with this 1.9 times.
    return {"GOMP_SPINCOUNT": "1000", **os.environ, **quiet, PARENT: str(os.getpid())}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole group if it still runs; it has nothing to save that staging does not make safe."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _failure(code: int, last: Event, log: Path) -> AvocetError:
    if code == EXIT_OUT_OF_MEMORY:
        return OutOfMemoryError(f"out of memory ({last.get('message', '?')})")
    if code in _KILLS:
        who = "the kernel ends" if _KILLS[code] == "SIGKILL" else "guards such as earlyoom end"
        return OutOfMemoryError(f"killed by {_KILLS[code]}, which is how {who} a process that outgrew the memory")
    reason = str(last.get("reason", ""))
    if reason in _RAISED:
        return _RAISED[reason](str(last["message"]))
    what = last.get("message") if last.get("type") == "error" else f"exit code {code}"
    return ChildFailedError(f"the training process failed ({what}); its log: {log}")
