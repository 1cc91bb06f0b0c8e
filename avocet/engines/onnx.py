"""ONNX Runtime: fp32, or int8 weights with activations quantised as they come."""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avocet.engines import Arrays, Run
from avocet.engines.cores import n_cores

if TYPE_CHECKING:
    from avocet.engines.network import Network

_FILE, _COLUMNS = "model.onnx", "columns.json"
_OPSET = 17


def missing(precision: str) -> str:
    """See Engine."""
    absent = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed (pip install -e '.[fast]')" if absent else ""


def export(network: "Network", texts: Sequence[str], folder: Path, precision: str) -> None:
    """See Engine."""
    import torch

    from avocet.engines.network import ByPlace

    example = network.example(texts)
    columns, axes = list(example), {name: {0: "batch", 1: "tokens"} for name in example}
    plain = folder / ("plain.onnx" if precision == "int8" else _FILE)
    with torch.inference_mode():
        torch.onnx.export(
            ByPlace(network.module, columns), tuple(example.values()), str(plain), input_names=columns,
            output_names=["outputs"], dynamic_axes={**axes, "outputs": {0: "batch"}}, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
    if precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        # A scale a channel: on sa_mailbox 96.8 % of the labels stay as they were, 92.7 % with one scale a matrix.
        quantize_dynamic(plain, folder / _FILE, weight_type=QuantType.QInt8, per_channel=True)
        plain.unlink()
    (folder / _COLUMNS).write_text(json.dumps(columns), encoding="utf-8")


def open(folder: Path, precision: str) -> Run:
    """See Engine."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_cores()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(str(folder / _FILE), options, providers=["CPUExecutionProvider"])
    wanted = {one.name for one in session.get_inputs()}  # the exporter drops a column that the network does not use

    def run(columns: Arrays) -> NDArray[np.float32]:
        found = session.run(None, {name: column for name, column in columns.items() if name in wanted})
        return np.asarray(found[0], dtype=np.float32)

    return run
