"""How much memory there is to train in: the first visible GPU's, or the host's within its cgroup; free and in all."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Room:
    """Bytes that are free now, bytes that there are in all, and of which device."""

    device: str
    free: int
    total: int
    gpu: bool


def here() -> Room:
    """The memory that a training on this machine uses. Torch trains on the first GPU that it is shown.

    Asked of NVML, which costs milliseconds, where torch costs seconds.
    """
    gpus = visible_gpus()
    if not gpus:
        return host()
    import pynvml

    found = pynvml.nvmlDeviceGetMemoryInfo(gpus[0])
    name = pynvml.nvmlDeviceGetName(gpus[0])
    return Room(name.decode() if isinstance(name, bytes) else str(name), int(found.free), int(found.total), gpu=True)


def host(cgroup: Path = CGROUP) -> Room:
    """The host's memory, or the cgroup's where that is less. Cached files count as free: the kernel lets go of them."""
    import psutil

    machine = psutil.virtual_memory()
    free, total = int(machine.available), int(machine.total)
    for limit, usage, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        most, used = _number(cgroup / limit), _number(cgroup / usage)
        if most is None:
            continue
        total = min(total, most)
        if used is not None:
            free = min(free, max(most - used + _stat((cgroup / limit).parent / "memory.stat", cached), 0))
    return Room("cpu", min(free, total), total, gpu=False)


def _number(file: Path) -> int | None:
    """A cgroup's number; None where it has none ("max")."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _stat(file: Path, name: str) -> int:
    try:
        found = dict(line.split() for line in file.read_text().splitlines())
    except (OSError, ValueError):
        return 0
    return int(found.get(name, 0))


def visible_gpus() -> list[Any]:
    """NVML's handles of the GPUs that CUDA_VISIBLE_DEVICES leaves to this process, [] without one."""
    import pynvml

    try:
        pynvml.nvmlInit()
        n = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError:  # no driver: a machine without a GPU
        return []
    found = []
    for name in os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(n)))).split(","):
        try:
            by_id = name.strip().startswith(("GPU-", "MIG-"))
            handle = pynvml.nvmlDeviceGetHandleByUUID if by_id else pynvml.nvmlDeviceGetHandleByIndex
            found.append(handle(name.strip() if by_id else int(name)))
        except (ValueError, pynvml.NVMLError):  # CUDA stops at the first entry that is none, -1 for example
            break
    return found
