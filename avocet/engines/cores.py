"""How many cores this process may use: an engine that takes all of the machine's waits for its neighbours."""

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def n_cores() -> int:
    """The cores that this process may run on, within the cgroup's quota and OMP_NUM_THREADS."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if _QUOTA.exists():
        allowed, period = _QUOTA.read_text().split()
        if allowed.isdigit():
            n = min(n, max(1, int(allowed) // int(period)))
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]  # a list is of nested levels, the outermost first
    return min(n, int(asked)) if asked.isdigit() and int(asked) else n
