"""OpenVINO: bf16 where the chip has it, or int8 by NNCF's post-training quantisation."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from avocet.engines import Arrays, Run
from avocet.engines.cores import n_cores

if TYPE_CHECKING:
    from avocet.engines.network import Network

_FILE = "model.xml"
_CALIBRATION = 64  # texts; more changed nothing that could be measured


def missing(precision: str) -> str:
    """See Engine."""
    needs = ("openvino", "nncf") if precision == "int8" else ("openvino",)
    absent = [name for name in needs if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed (pip install -e '.[fast]')" if absent else ""


def export(network: "Network", texts: Sequence[str], folder: Path, precision: str) -> None:
    """See Engine."""
    import openvino
    import torch

    from avocet.engines.network import ByPlace

    example = network.example(texts)
    with torch.inference_mode():
        model = openvino.convert_model(ByPlace(network.module, list(example)), example_input=tuple(example.values()))
    if precision == "int8":
        model = _quantised(model, network, texts)
    openvino.save_model(model, folder / _FILE, compress_to_fp16=False)


def _quantised(model: Any, network: "Network", texts: Sequence[str]) -> Any:
    import nncf

    nncf.set_log_level("ERROR")

    def columns(text: str) -> list[NDArray[np.int64]]:
        its = network.tokenizer([text], truncation=True, max_length=network.max_tokens, return_tensors="np")
        return [np.asarray(its[name], dtype=np.int64) for name in its]

    some = nncf.Dataset(list(texts[:_CALIBRATION]), columns)
    return nncf.quantize(model, some, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(texts[:_CALIBRATION]))


def open(folder: Path, precision: str) -> Run:
    """See Engine."""
    import openvino

    core = openvino.Core()
    mine = local()  # a request of its own for each thread: one that is busy refuses the next
    settings = {"INFERENCE_NUM_THREADS": n_cores(), "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16"}
    compiled = core.compile_model(core.read_model(folder / _FILE), "CPU", settings)

    def run(columns: Arrays) -> NDArray[np.float32]:
        if not hasattr(mine, "request"):
            mine.request = compiled.create_infer_request()
        return np.array(mine.request.infer(list(columns.values()))[0], dtype=np.float32)

    return run
