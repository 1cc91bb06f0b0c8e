"""One fine-tuning with the HF Trainer, for every method that trains a base: full, lpft, lora, contrastive."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import DataCollatorWithPadding, EarlyStoppingCallback, TrainingArguments, set_seed

from avocet import tracking
from avocet.candidates import FineTuned
from avocet.errors import NonFiniteError
from avocet.events import Emit
from avocet.methods import faults, group
from avocet.methods.checkpoints import Sealing, finish, finished, go_on_from, place_for, stopped_at, without_gain
from avocet.methods.encoder import n_truncated
from avocet.methods.job import Job
from avocet.methods.machine import native_bf16, use_our_cores
from avocet.methods.rates import learning_rate
from avocet.methods.sampler import Filled
from avocet.methods.trainer import WeightedTrainer, compute_metrics_for_trainer
from avocet.methods.watch import Watch

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Lesson:
    """What one training is given: tokenised rows with `labels`, rows to stop early on (or none), how many labels."""

    rows: Rows
    n_labels: int
    validation: Rows = field(default_factory=list)

    @property
    def ys(self) -> list[int]:
        """Label indices of the rows."""
        return [row["labels"] for row in self.rows]


def tokenised(
    tokenizer: Any, texts: Sequence[str], ys: Sequence[int], max_tokens: int, weights: Sequence[float] = ()
) -> Rows:
    """Token ids without padding (the collator pads each batch to its own longest), `labels`, and `weight` where given."""
    if not texts:
        return []
    columns = tokenizer(list(texts), truncation=True, max_length=max_tokens)
    rows = [{**{k: columns[k][i] for k in columns}, "labels": y} for i, y in enumerate(ys)]
    return [{**row, "weight": weight} for row, weight in zip(rows, weights, strict=True)] if weights else rows


def fine_tune(
    model: Any,
    tokenizer: Any,
    lesson: Lesson,
    job: Job,
    folder: Path,
    emit: Emit,
    trainer_class: type[WeightedTrainer] = WeightedTrainer,
    **more: Any,
) -> dict[str, Any]:
    """Train `model` in place as the job's settings say, at the job's rung; returns facts for training_info.

    Checkpoints lie in `folder` while it runs, or where the job says that a killed run goes on. `more` goes to
    `trainer_class`. Raises NonFiniteError and whatever shape running out of memory takes (`events.is_out_of_memory`).
    """
    set_seed(job.seed)
    use_our_cores()
    with place_for(job, folder, [lesson.rows, lesson.validation], trainer_class.__name__) as (checkpoints, keep):
        watch = Watch(emit)
        before = finished(model, checkpoints) if keep else None
        if before is not None:
            facts, history = before
            watch.retell(history, job.method.epochs)
            return facts
        if group.rank() == 0:  # the others report nothing
            tracking.prepare(Path(job.rows).parent / f"tracking-{job.candidate}", job.method.report_to)
        trainer = trainer_class(
            model=model,
            args=arguments(job.method, job, checkpoints, bool(lesson.validation), keep),
            train_dataset=Filled(lesson.rows),
            eval_dataset=lesson.validation or None,
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=compute_metrics_for_trainer,
            callbacks=_callbacks(job.method, lesson, watch, keep),
            lesson=(lesson.ys, lesson.n_labels),
            imbalance=job.method.imbalance,
            planned=faults.planned(),
            **more,
        )
        started = time.monotonic()
        _run(trainer, go_on_from(checkpoints, keep), emit)
        check_finite(model)
        facts = {"epochs_run": round(trainer.state.epoch), "rung": str(job.rung)}
        if keep:
            finish(model, checkpoints, facts, trainer.state.log_history, time.monotonic() - started)
    return facts


def _run(trainer: Any, checkpoint: Path | None, emit: Emit) -> None:
    """Train, from `checkpoint` on where there is one; the weights are then the same as without the kill."""
    if checkpoint is None:
        trainer.train()
        return
    stopped = stopped_at(checkpoint)
    if stopped is not None:  # early stopping had ended it; the Trainer would begin another epoch
        trainer.args.max_steps = stopped
    for callback in trainer.callback_handler.callbacks:  # the Trainer would count from 0 again
        if isinstance(callback, EarlyStoppingCallback):
            callback.early_stopping_patience_counter = without_gain(checkpoint)
    emit({"type": "note", "message": f"goes on after step {checkpoint.name.rpartition('-')[2]}, where it was killed"})
    trainer.train(resume_from_checkpoint=str(checkpoint))


def _callbacks(settings: FineTuned, lesson: Lesson, watch: Watch, keep: bool) -> list[Any]:
    patience = getattr(settings, "patience", None)
    stopping = [EarlyStoppingCallback(patience)] if patience and lesson.validation else []
    sealing = [Sealing(faults.planned(), needed=bool(lesson.validation))] if keep else []
    return [watch, *stopping, *sealing]


def truncated(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> dict[str, Any]:
    """What training_info says of the cut."""
    return {"max_tokens": max_tokens, "n_truncated": n_truncated(tokenizer, texts, max_tokens)}


def check_finite(model: Any) -> None:
    """Raises NonFiniteError: a model of NaNs is no model."""
    bad = [
        name
        for name, tensor in model.state_dict().items()
        if tensor.is_floating_point() and not tensor.isfinite().all()
    ]
    if bad:
        raise NonFiniteError(f"{len(bad)} tensors hold NaN or infinity after training, the first is {bad[0]}")


def arguments(
    settings: FineTuned, job: Job, checkpoints: Path, validated: bool, keep: bool = False
) -> TrainingArguments:
    """The Trainer's settings; checkpoints to come back to the best epoch and, with `keep`, after a kill."""
    gpu = torch.cuda.is_available()
    fp16 = settings.fp16 and gpu
    micro, accumulation = group.share(job.rung, group.size())
    found = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=accumulation,
        per_device_eval_batch_size=job.rung.judged,
        activation_checkpointing=job.rung.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False} if job.rung.gradient_checkpointing else None,
        learning_rate=learning_rate(settings, job.its_base().n_parameters),
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",  # the same AdamW; on a CPU the plain one spends a fifth of each step
        fp16=fp16,
        bf16=settings.bf16 and not fp16 and native_bf16(),
        use_cpu=not gpu,
        dataloader_pin_memory=gpu,
        eval_strategy="epoch" if validated else "no",
        save_strategy="epoch" if validated or keep else "no",
        save_only_model=not keep,
        save_total_limit=None if keep else 1,  # kept ones are removed by Sealing, after the next is sealed
        load_best_model_at_end=validated,
        metric_for_best_model="macro_f1" if validated else None,
        greater_is_better=True if validated else None,
        logging_strategy="epoch",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=list(settings.report_to) or "none",
        remove_unused_columns=False,
        seed=job.seed,
        data_seed=job.seed,
        average_tokens_across_devices=True,
    )
    if found.n_gpu > 1:  # one process is one GPU: torch's DataParallel would split batches behind the ladder's back
        found._n_gpu = 1
    return found
