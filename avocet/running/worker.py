"""Who works on a run: the process that was noted in its folder, and whether it is still there."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from avocet import durable

_SAME_S = 2.0  # the clock may be set between two looks; a number is not given to another process as fast as that


@dataclass(frozen=True)
class Worker:
    """A process: where, its number, and when it began (s since the epoch), since numbers are given again."""

    host: str
    pid: int
    began: float

    @classmethod
    def of(cls, pid: int | None = None) -> Self:
        """That process of this machine; this one if none is given."""
        import psutil

        its = os.getpid() if pid is None else pid
        try:
            return cls(socket.gethostname(), its, psutil.Process(its).create_time())
        except psutil.NoSuchProcess:  # it is over already
            return cls(socket.gethostname(), its, 0.0)

    @property
    def here(self) -> bool:
        """Whether it is, or was, on this machine."""
        return self.host == socket.gethostname()

    @property
    def gone(self) -> bool | None:
        """Whether it has ended; None where another machine would have to say."""
        import psutil

        if not self.here:
            return None
        try:
            its = psutil.Process(self.pid)
            return abs(its.create_time() - self.began) > _SAME_S or its.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def note(path: Path, worker: Worker | None = None, **more: Any) -> None:
    """Write down who works there, and what else is known of it."""
    durable.replace_text(path, json.dumps({"worker": asdict(worker) if worker else None, **more}) + "\n")


def noted(path: Path) -> dict[str, Any]:
    """What was written down; empty where nothing was."""
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def worker_of(known: dict[str, Any]) -> Worker | None:
    """The process in what was noted."""
    its = known.get("worker")
    return Worker(**its) if its else None
