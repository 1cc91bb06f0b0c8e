"""What this machine computes well: native bfloat16, and as many threads as it has been given cores."""

from typing import Any

import torch

from avocet.engines.cores import n_cores


def native_bf16() -> bool:
    """Whether bfloat16 is computed by the chip itself. Emulated, a training step took 18 times as long."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("arm_bf16") or found.get("bf16"))


def attention() -> dict[str, Any]:
    """How a base computes attention while it is trained.

    On a CPU the plain way: in bfloat16 the backward pass of torch's fused one took 99 ms a mail, the plain one 62.
    """
    return {} if torch.cuda.is_available() else {"attn_implementation": "eager"}


def use_our_cores() -> int:
    """Let torch use the cores that this process may run on, within the cgroup's quota; returns their number.

    Torch counts the machine's cores: in a container of two on a host of 64, its 64 threads wait for each other.
    """
    n = n_cores()
    torch.set_num_threads(n)
    return n
