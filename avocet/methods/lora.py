"""Method lora: low-rank adapters (Hu et al. 2021, by PEFT) and a class head are trained beside a frozen base.

Sentence embeddings, encoders and decoders. A version holds adapters and head, a few megabytes; the base is found
again by its digest, as that of method head is. On a sentence embedding the head starts as its linear probe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, set_seed
from transformers.pytorch_utils import Conv1D

from avocet.candidates import Lora
from avocet.engines import Outputs
from avocet.engines.network import Network
from avocet.errors import AvocetError, DamagedVersionError
from avocet.events import Emit
from avocet.methods.adapter import WEIGHTS, Adapter
from avocet.methods.encoder import SAFE, SAFE_WEIGHTS, Encoder, PooledClassifier, freeze, positions
from avocet.methods.finetuning import Lesson, fine_tune, tokenised, truncated
from avocet.methods.head import its_base
from avocet.methods.job import Job
from avocet.methods.lessons import Learned, cross_fitted
from avocet.methods.linear import USUAL
from avocet.methods.logits import LogitScorer
from avocet.methods.probe import put_probe
from avocet.methods.trained import TrainedScorer

_HEAD = "head.safetensors"
_PREFIX = "base_model.model."  # what PEFT calls the model that it wraps; so its own reader takes our file too
_MOST_NAMED = 8


@dataclass(frozen=True)
class LoraScorer:
    """A base with its adapters and head, ready to answer."""

    inner: TrainedScorer

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels). A decoder's tokenizer makes no token of an empty text."""
        return self.inner.scores([text or " " for text in texts])

    def networks(self) -> dict[str, Network]:
        """See Networked."""
        return self.inner.networks()

    def through(self, outputs: Mapping[str, Outputs]) -> LogitScorer:
        """See Networked."""
        return self.inner.through(outputs)


@dataclass(frozen=True)
class Adapted:
    """A classifier on a base: `part` is what comes from the base and gets adapters; `new` names the tensors that do not."""

    model: Any
    part: Any
    new: frozenset[str]


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train. Raises AvocetError for a target or a rank that the base cannot have."""
    settings: Lora = job.method
    at_hand = job.its_base()
    base, pooled = Path(at_hand.path), at_hand.pooled
    tokenizer = its_tokenizer(base)
    max_tokens = min(settings.max_tokens, positions(base, tokenizer))
    lessons = job.lessons(dear=True)
    rows = tokenised(tokenizer, [text or " " for text in lessons.texts], lessons.ys, max_tokens, lessons.weights)
    embedded = Encoder.open(base, max_tokens, at_hand.digest).embed(lessons.texts) if pooled else None
    info: dict[str, Any] = {}

    def train_on(learn: list[int]) -> Adapted:
        set_seed(job.seed)
        found = on_base(base, pooled, len(job.labels), tokenizer)
        adapt(found, adapter_for(found.part, settings), trained=True)
        if embedded is not None:  # from a head drawn at random, 400 rows end below the frozen base's (docs/LOG.md)
            ys = [lessons.ys[i] for i in learn]
            put_probe(found.model, embedded[learn], ys, USUAL["logistic"], lessons.weights_at(learn))
        if settings.freeze_layers:
            freeze(found.part, settings.freeze_layers)
        lesson = Lesson([rows[i] for i in learn], lessons.n_labels)
        info.update(fine_tune(found.model, tokenizer, lesson, job, folder, emit))
        return found

    def score(found: Adapted, texts: list[str]) -> NDArray[np.float64]:
        return LoraScorer(TrainedScorer.of(tokenizer, found.model, max_tokens)).scores(texts)

    kept, answered = cross_fitted(lessons, train_on, score, emit)
    _save(kept, adapter_for(kept.part, settings), folder)
    info |= {"pooled": pooled, **truncated(tokenizer, lessons.texts, max_tokens)}
    return Learned(info, answered)


def load(folder: Path, info: dict[str, Any]) -> LoraScorer:
    """See Method.load. Raises DamagedVersionError for another base or other targets, ValueError for tensors that do not fit."""
    from safetensors.torch import load_file

    base = Path(its_base(info).path)
    tokenizer = its_tokenizer(base)
    found = on_base(base, bool(info["pooled"]), len(info["trained_labels"]), tokenizer)
    try:
        adapter = Adapter.read(folder)
        _check_targets(found.part, adapter.target_modules)
        _check_rank(found.part, adapter)
    except AvocetError as e:
        raise DamagedVersionError(f"version {info['version']}: {e}") from None
    adapt(found, adapter, trained=False)
    _put(found.part, load_file(folder / WEIGHTS), _adapter_names(found.part))
    _put(found.model, load_file(folder / _HEAD), {name: name for name in found.new})
    return LoraScorer(TrainedScorer.of(tokenizer, found.model, int(info["max_tokens"])))


def its_tokenizer(base: Path) -> Any:
    """The base's tokenizer; a decoder's gets a padding token, and pads on the right.

    Raises AvocetError where there is none to take. (Left padding, as decoders are used to, would move the
    positions that a text is read at with whatever it shares a batch with.)
    """
    tokenizer = AutoTokenizer.from_pretrained(base, **SAFE)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        if tokenizer.pad_token is None:
            raise AvocetError("the base's tokenizer has neither a padding nor an end token, so no batch can be made")
    tokenizer.padding_side = "right"
    return tokenizer


def on_base(base: Path, pooled: bool, n_labels: int, tokenizer: Any) -> Adapted:
    """The base in fp32 with a head of `n_labels` that is drawn at random; all else is as the files say."""
    if pooled:
        part, report = AutoModel.from_pretrained(base, output_loading_info=True, **SAFE_WEIGHTS)
        model: Any = PooledClassifier(part, n_labels, normalised=True)
    else:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            base,
            id2label={i: str(i) for i in range(n_labels)},
            label2id={str(i): i for i in range(n_labels)},
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **SAFE_WEIGHTS,
        )
        # What a decoder's head looks for: the last token that is no padding.
        model.config.pad_token_id = tokenizer.pad_token_id
        part = model.base_model
    beneath = {id(parameter) for parameter in part.parameters()}
    head = {name for name, parameter in model.named_parameters() if id(parameter) not in beneath}
    # A base may lack tensors (BERT's pooler after masked-word training): drawn at random, they travel with the head.
    drawn = {f"encoder.{name}" if pooled else name for name in report["missing_keys"]}
    return Adapted(model, part, frozenset(head | (drawn & set(model.state_dict()))))


def adapter_for(part: Any, settings: Lora) -> Adapter:
    """The settings as they fit `part`. Raises AvocetError, in one line, for a target or a rank that does not."""
    targets = list(settings.targets) or _usual_targets(part)
    _check_targets(part, targets)
    layers = linear_layers(part)
    turned = {isinstance(layers[name], Conv1D) for name in _chosen(layers, targets)}
    if len(turned) > 1:
        raise AvocetError("targets mix layers that keep their weights turned with others that do not; name one kind")
    adapter = Adapter(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        fan_in_fan_out=turned.pop(),
    )
    _check_rank(part, adapter)
    return adapter


def linear_layers(part: Any) -> dict[str, Any]:
    """Name -> layer of all linear layers in `part`; GPT-2 keeps its own in a class that is not torch's."""
    return {
        name.replace(".base_layer", ""): module
        for name, module in part.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and ".lora_" not in name
    }


def _usual_targets(part: Any) -> list[str]:
    """What PEFT adapts in a model of this type, or all linear layers where it knows none that this one has."""
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN

    layers = linear_layers(part)
    known = KNOWN.get(part.config.model_type)
    if isinstance(known, list) and _chosen(layers, known):
        return list(known)
    return _names(layers)


def _names(layers: dict[str, Any]) -> list[str]:
    return sorted({name.rpartition(".")[2] for name in layers})


def _chosen(layers: dict[str, Any], targets: Sequence[str]) -> list[str]:
    """The layers that PEFT takes for these names: the whole name, or its end."""
    return [name for name in layers if any(name == t or name.endswith(f".{t}") for t in targets)]


def _check_targets(part: Any, targets: Sequence[str]) -> None:
    layers = linear_layers(part)
    for target in targets:
        if not _chosen(layers, [target]):
            names = _names(layers)
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            raise AvocetError(
                f"the base has no linear layer {target!r:.80} to adapt; it has {', '.join(names[:_MOST_NAMED])}{more}"
            )


def _check_rank(part: Any, adapter: Adapter) -> None:
    layers = linear_layers(part)
    sides = {name: min(layers[name].weight.shape) for name in _chosen(layers, adapter.target_modules)}
    name = min(sides, key=lambda name: sides[name])
    if adapter.r > sides[name]:
        raise AvocetError(f"r is {adapter.r}, and the smaller side of layer {name} is {sides[name]}: no rank is higher")


def adapt(found: Adapted, adapter: Adapter, trained: bool) -> None:
    """Put fresh adapters into the base, which do not change its answers yet; they and what is new are trainable.

    From plain numbers and names: no file is read here, and PEFT has nothing to fetch.
    """
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(
        r=adapter.r,
        lora_alpha=adapter.lora_alpha,
        lora_dropout=adapter.lora_dropout,
        target_modules=list(adapter.target_modules),
        fan_in_fan_out=adapter.fan_in_fan_out,
        bias="none",
        inference_mode=not trained,
    )
    inject_adapter_in_model(config, found.part)
    for name, parameter in found.model.named_parameters():
        if name in found.new:
            parameter.requires_grad_(trained)


def _adapter_names(part: Any) -> dict[str, str]:
    """Name in the file -> name in the model, of the adapters' tensors."""
    return {f"{_PREFIX}{name.replace('.default.', '.')}": name for name in part.state_dict() if ".lora_" in name}


def _save(found: Adapted, adapter: Adapter, folder: Path) -> None:
    """Adapters, what they are, and the head; nothing of the base."""
    from safetensors.torch import save_file

    adapters, model = found.part.state_dict(), found.model.state_dict()
    save_file(
        {name: _plain(adapters[its]) for name, its in _adapter_names(found.part).items()},
        folder / WEIGHTS,
        {"format": "pt"},
    )
    save_file({name: _plain(model[name]) for name in sorted(found.new)}, folder / _HEAD)
    adapter.write(folder)


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous()


def _put(model: Any, tensors: dict[str, Tensor], names: dict[str, str]) -> None:
    """Copy tensors into a model: exactly these, in exactly their shapes. Raises ValueError."""
    if set(tensors) != set(names):
        raise ValueError(f"{len(set(tensors) ^ set(names))} tensors are missing or too many")
    there = model.state_dict()
    for name, its in names.items():
        if there[its].shape != tensors[name].shape:
            raise ValueError("a tensor has another shape")
        there[its].copy_(tensors[name])
