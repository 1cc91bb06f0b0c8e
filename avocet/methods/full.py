"""Method full: every weight of the base is trained, with class weights, early stopping and the best epoch kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    TrainingArguments,
    set_seed,
)

from avocet.errors import NonFiniteError, NotAtHandError
from avocet.events import Emit
from avocet.methods import faults
from avocet.methods.encoder import SAFE, SAFE_WEIGHTS, PooledClassifier, batched, device, freeze, n_truncated, positions
from avocet.methods.job import Job
from avocet.methods.trainer import Watch, WeightedTrainer, compute_metrics_for_trainer
from avocet.metrics import class_weights
from avocet.recipe import Full

_ENCODER, _HEAD = "encoder", "head.safetensors"


def train(job: Job, folder: Path, emit: Emit) -> dict[str, Any]:
    """See Method.train."""
    settings: Full = job.method
    if job.base is None:
        raise NotAtHandError("method full needs a base")
    set_seed(job.seed)
    base = Path(job.base.path)
    tokenizer = AutoTokenizer.from_pretrained(base, **SAFE)
    model = _fresh(base, job.base.pooled, job.labels)
    if settings.freeze_layers:
        freeze(model.encoder if job.base.pooled else model.base_model, settings.freeze_layers)
    max_tokens = min(settings.max_tokens, positions(base, tokenizer))
    texts, ys = job.texts("train")
    sides = {"train": (texts, ys), "validation": job.texts("validation")}
    data = {side: _tokenised(tokenizer, *its, max_tokens) for side, its in sides.items()}
    with TemporaryDirectory(dir=folder) as checkpoints:
        trainer = WeightedTrainer(
            model=model,
            args=_arguments(settings, job, Path(checkpoints), bool(data["validation"])),
            train_dataset=data["train"],
            eval_dataset=data["validation"] or None,
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=compute_metrics_for_trainer,
            callbacks=[
                Watch(emit),
                *([EarlyStoppingCallback(settings.patience)] if data["validation"] else []),
            ],
            class_weights=torch.tensor(class_weights([Counter(ys)[i] for i in range(len(job.labels))])),
            planned=faults.planned(),
        )
        trainer.train()
    _save(model, tokenizer, folder, job.base.pooled)
    return {
        "epochs_run": round(trainer.state.epoch),
        "max_tokens": max_tokens,
        "n_truncated": n_truncated(tokenizer, texts, max_tokens),
        "pooled": job.base.pooled,
        "rung": str(job.rung),
    }


@dataclass(frozen=True)
class FullScorer:
    """A trained model and its tokenizer, ready to answer."""

    tokenizer: Any
    model: Any
    max_tokens: int

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""

        def run(batch: dict[str, Tensor]) -> Tensor:
            logits: Tensor = self.model(**batch).logits
            return logits.double().softmax(dim=1)

        return batched(run, self.tokenizer, texts, self.max_tokens)


def load(folder: Path, info: dict[str, Any]) -> FullScorer:
    """See Method.load."""
    from safetensors.torch import load_file

    tokenizer = AutoTokenizer.from_pretrained(folder / _ENCODER if info["pooled"] else folder, **SAFE)
    if info["pooled"]:
        encoder = _whole(AutoModel.from_pretrained(folder / _ENCODER, output_loading_info=True, **SAFE_WEIGHTS))
        model: Any = PooledClassifier(encoder, len(info["trained_labels"]))
        model.head.load_state_dict(load_file(folder / _HEAD))
    else:
        model = _whole(
            AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True, **SAFE_WEIGHTS)
        )
    return FullScorer(tokenizer, model.eval().to(device()), info["max_tokens"])


def _whole(loaded: tuple[Any, Mapping[str, Any]]) -> Any:
    """The model, if every weight came from its files. Raises ValueError: what is missing would be drawn at random."""
    model, report = loaded
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(what):
            raise ValueError(f"{len(report[what])} {what.replace('_', ' ')}")
    return model


def _fresh(base: Path, pooled: bool, labels: Sequence[str]) -> Any:
    """The base with a new head for `labels`.

    An NLI base brings a head of 3 classes; its weights are left out and a new head is drawn. The dtype is
    written out: left to "auto", a base stored in fp16 would be trained in fp16 without loss scaling.
    """
    if pooled:
        return PooledClassifier(AutoModel.from_pretrained(base, **SAFE_WEIGHTS), len(labels))
    return AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        ignore_mismatched_sizes=True,
        **SAFE_WEIGHTS,
    )


def _tokenised(tokenizer: Any, texts: list[str], ys: list[int], max_tokens: int) -> list[dict[str, Any]]:
    """Token ids without padding (the collator pads each batch to its own longest) and `labels`."""
    if not texts:
        return []
    columns = tokenizer(texts, truncation=True, max_length=max_tokens)
    return [{**{k: columns[k][i] for k in columns}, "labels": y} for i, y in enumerate(ys)]


def _arguments(settings: Full, job: Job, checkpoints: Path, validated: bool) -> TrainingArguments:
    """Document 0's training; checkpoints only to come back to the best epoch."""
    gpu = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=job.rung.micro_batch,
        gradient_accumulation_steps=job.rung.accumulation,
        per_device_eval_batch_size=max(job.rung.micro_batch, 8),
        gradient_checkpointing=job.rung.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False} if job.rung.gradient_checkpointing else None,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",  # the same AdamW; on a CPU the plain one spends a fifth of each step
        fp16=settings.fp16 and gpu,
        use_cpu=not gpu,
        dataloader_pin_memory=gpu,
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch" if validated else "no",
        save_strategy="epoch" if validated else "no",
        save_only_model=True,
        save_total_limit=1,
        load_best_model_at_end=validated,
        metric_for_best_model="macro_f1" if validated else None,
        greater_is_better=True if validated else None,
        logging_strategy="epoch",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        seed=job.seed,
        data_seed=job.seed,
    )


def _save(model: Any, tokenizer: Any, folder: Path, pooled: bool) -> None:
    """Weights as safetensors and the tokenizer. Raises NonFiniteError: a model of NaNs is no model."""
    from safetensors.torch import save_file

    bad = [
        name
        for name, tensor in model.state_dict().items()
        if tensor.is_floating_point() and not tensor.isfinite().all()
    ]
    if bad:
        raise NonFiniteError(f"{len(bad)} tensors hold NaN or infinity after training, the first is {bad[0]}")
    if pooled:
        model.encoder.save_pretrained(folder / _ENCODER)
        tokenizer.save_pretrained(folder / _ENCODER)
        save_file({k: v.detach().cpu().contiguous() for k, v in model.head.state_dict().items()}, folder / _HEAD)
    else:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
