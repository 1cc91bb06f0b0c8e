"""Runs in processes of their own on this machine: they outlive the server that started them, and are stopped by a signal."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from avocet.errors import StoreError, WrongUseError
from avocet.home import Home
from avocet.running import endings
from avocet.running.endings import AT_WORK, WAITING
from avocet.running.request import RunRequest
from avocet.running.worker import Worker, note, noted, worker_of

FLOWS = Path(__file__).resolve().parents[1] / "flows"
LOG = "flow.log"  # what the process prints
PATIENCE_S = 20.0  # for a run to end in good order before it is killed
_LOOK_S = 0.2


def words(asked: RunRequest) -> list[str]:
    """The command line that does what was asked."""
    command = [sys.executable, str(FLOWS / f"{asked.purpose}.py"), asked.recipe]
    for name in ("model", "epochs", "learning_rate", "rank"):
        value = getattr(asked, name)
        command += [] if value is None else [f"--{name.replace('_', '-')}", str(value)]
    if asked.shares is not None:
        command += ["--shares", *(str(asked.shares[side]) for side in ("validation", "holdout"))]
    return command


def begin(home: Home, name: str, asked: RunRequest) -> None:
    """Start the reserved run in a process of its own, which a signal to ours does not reach."""
    folder = home.runs / name
    with (folder / LOG).open("ab") as log:
        child = subprocess.Popen(
            [*words(asked), "--run", name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=FLOWS.parent,  # pyproject.toml has settings that Prefect reads there
            env={**os.environ, "AVOCET_HOME": str(home.root)},
        )
    note(folder / WAITING, Worker.of(child.pid))
    threading.Thread(target=_see_off, args=(home, name, child), daemon=True).start()


def _see_off(home: Home, name: str, child: "subprocess.Popen[bytes]") -> None:
    """Wait for the child: its end is told at once where it could not tell it itself, and no zombie is left."""
    child.wait()
    with suppress(StoreError):  # whoever looks at the run next tells it
        endings.settle(home, name)


def stop(home: Home, name: str) -> None:
    """Ask the run's process to end; what does not within PATIENCE_S is killed, by a thread that waits for it.

    Raises WrongUseError where it is at work on another machine.
    """
    folder = home.runs / name
    waiting = noted(folder / WAITING)
    # Who only asks for the run may be another server: it is told by the wish, and is none of ours to end.
    its = worker_of(noted(folder / AT_WORK)) or (None if waiting.get("asks") else worker_of(waiting))
    if its is not None and not its.here:
        raise WrongUseError(f"run {name} is at work on {its.host}; cancel it there")
    if its is not None and its.pid != os.getpid() and not its.gone:
        with suppress(ProcessLookupError):
            os.kill(its.pid, signal.SIGINT)
    threading.Thread(target=_see_stopped, args=(home, name, its), daemon=True).start()


def _see_stopped(home: Home, name: str, its: Worker | None) -> None:
    if its is not None and its.pid != os.getpid():
        deadline = time.monotonic() + PATIENCE_S
        while not its.gone and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        if not its.gone:
            _kill(its.pid)
            while not its.gone:
                time.sleep(_LOOK_S)
    with suppress(StoreError):  # whoever looks at the run next tells it
        endings.settle(home, name)


def _kill(pid: int) -> None:
    """The process and all that it has started; not its group, which may be a shell's."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(pid).children(recursive=True)
        for one in (psutil.Process(pid), *family):
            with suppress(psutil.NoSuchProcess):
                one.kill()
