"""A base whose weights were trained, with its head: drawn fresh, written as safetensors, read back, answering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from avocet.engines import Outputs
from avocet.engines.network import Logits, Network
from avocet.methods.encoder import SAFE, SAFE_WEIGHTS, PooledClassifier, batched, device
from avocet.methods.logits import LogitScorer
from avocet.methods.machine import use_our_cores

_ENCODER, _HEAD = "encoder", "head.safetensors"


@dataclass(frozen=True)
class TrainedScorer:
    """A trained model and its tokenizer, ready to answer."""

    tokenizer: Any
    model: Any
    max_tokens: int

    @classmethod
    def of(cls, tokenizer: Any, model: Any, max_tokens: int) -> Self:
        """The model as it answers: without dropout, where the accelerator is."""
        return cls(tokenizer, model.eval().to(device()), max_tokens)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""

        def run(batch: dict[str, Tensor]) -> Tensor:
            logits: Tensor = self.model(**batch).logits
            return logits.double().softmax(dim=1)

        return batched(run, self.tokenizer, texts, self.max_tokens)

    def networks(self) -> dict[str, Network]:
        """See Networked."""
        return {"": Network(self.tokenizer, Logits(self.model), self.max_tokens)}

    def through(self, outputs: Mapping[str, Outputs]) -> LogitScorer:
        """See Networked."""
        return LogitScorer(outputs[""])


def fresh(base: Path, pooled: bool, labels: Sequence[str], **more: Any) -> Any:
    """The base with a new head for `labels`.

    An NLI base brings a head of 3 classes; its weights are left out and a new head is drawn. The dtype is
    written out: left to "auto", a base stored in fp16 would be trained in fp16 without loss scaling.
    """
    if pooled:
        return PooledClassifier(AutoModel.from_pretrained(base, **SAFE_WEIGHTS, **more), len(labels))
    return AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        ignore_mismatched_sizes=True,
        **SAFE_WEIGHTS,
        **more,
    )


def save_trained(model: Any, tokenizer: Any, folder: Path, pooled: bool) -> None:
    """Weights as safetensors and the tokenizer."""
    from safetensors.torch import save_file

    if pooled:
        model.encoder.save_pretrained(folder / _ENCODER)
        tokenizer.save_pretrained(folder / _ENCODER)
        save_file({k: v.detach().cpu().contiguous() for k, v in model.head.state_dict().items()}, folder / _HEAD)
    else:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def load_trained(folder: Path, info: Mapping[str, Any]) -> TrainedScorer:
    """What `save_trained` wrote. Raises ValueError where weights are missing."""
    from safetensors.torch import load_file

    use_our_cores()
    tokenizer = AutoTokenizer.from_pretrained(folder / _ENCODER if info["pooled"] else folder, **SAFE)
    if info["pooled"]:
        encoder = _whole(AutoModel.from_pretrained(folder / _ENCODER, output_loading_info=True, **SAFE_WEIGHTS))
        model: Any = PooledClassifier(encoder, len(info["trained_labels"]), bool(info.get("normalised")))
        model.head.load_state_dict(load_file(folder / _HEAD))
    else:
        model = _whole(
            AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True, **SAFE_WEIGHTS)
        )
    return TrainedScorer.of(tokenizer, model, int(info["max_tokens"]))


def _whole(loaded: tuple[Any, Mapping[str, Any]]) -> Any:
    """The model, if every weight came from its files. Raises ValueError: what is missing would be drawn at random."""
    model, report = loaded
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(what):
            raise ValueError(f"{len(report[what])} {what.replace('_', ' ')}")
    return model
