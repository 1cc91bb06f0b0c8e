"""Engines: what runs a trained network when it answers. torch always; ONNX Runtime and OpenVINO where they are installed.

An engine is exported once for a version on a machine (avocet/engines/choice.py), and then opened without torch.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avocet.engines.network import Network

Arrays = Mapping[str, "NDArray[np.int64]"]  # what a tokenizer makes of a batch: input_ids, attention_mask, ...
Run = Callable[[Arrays], "NDArray[np.float32]"]  # columns of shape (batch, tokens) -> (batch, width)
Outputs = Callable[[Sequence[str]], "NDArray[np.float64]"]  # texts -> (n, width)

REFERENCE = "torch-fp32"  # what the others are held against; needs no export
LINEAR = "linear"  # what a version without a network is answered by: matrix products, and no engine could be faster
TORCH = (REFERENCE, "torch-bf16")
EXPORTED = ("onnx-fp32", "onnx-int8", "openvino-bf16", "openvino-int8")
NAMES = (*TORCH, *EXPORTED)


class Engine(Protocol):
    """What each exported engine's module offers."""

    def missing(self, precision: str) -> str:
        """Why it cannot work here, in words; empty where it can."""
        ...

    def export(self, network: "Network", texts: Sequence[str], folder: Path, precision: str) -> None:
        """Write what `open` needs into `folder`; `texts` are like those that it will be asked."""
        ...

    def open(self, folder: Path, precision: str) -> Run:
        """The network in `folder`, ready to answer."""
        ...


def engine(name: str) -> tuple[Engine, str]:
    """(the engine's module, the precision) of one of EXPORTED. Raises ValueError for another name."""
    if name not in EXPORTED:
        raise ValueError(f"no engine {name!r}; there are {', '.join(EXPORTED)}")
    kind, _, precision = name.partition("-")
    module: Any = import_module(f"avocet.engines.{kind}")
    return cast(Engine, module), precision
