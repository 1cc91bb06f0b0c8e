"""The HF Trainer with class weights, and what watches it: progress, faults, and losses that are no number."""

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import EvalPrediction, Trainer, TrainerCallback

from avocet.errors import NonFiniteError
from avocet.events import Emit
from avocet.methods import faults
from avocet.metrics import accuracy, macro_f1

EVENT_EVERY_S = 0.5


class WeightedTrainer(Trainer):  # type: ignore[misc]  # transformers ships no types
    """Cross-entropy with class weights, summed and divided by the items of the whole optimizer step.

    A mean per micro-batch would multiply the loss by the accumulation (4 micro-batches of 4 gave 4 times the
    loss of one batch of 16); divided by the step's items the two agree, so the OOM ladder changes nothing.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self, *args: Any, class_weights: Tensor, planned: tuple[faults.Fault, ...] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.class_weights = class_weights
        self.planned = planned
        # Without this the Trainer counts no items for models whose forward takes no **kwargs.
        self.model_accepts_loss_kwargs = True

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Weighted loss of one micro-batch. `num_items_in_batch` counts the rows of the optimizer step.

        Raises NonFiniteError: the Trainer itself would log a NaN loss as 0.0 and go on.
        """
        labels = inputs["labels"]
        outputs = model(**{k: v for k, v in inputs.items() if k != "labels"})
        weight = self.class_weights.to(outputs.logits.device, torch.float32)
        total = F.cross_entropy(outputs.logits.float(), labels, weight=weight, reduction="sum")
        loss = total / (len(labels) if num_items_in_batch is None else num_items_in_batch)
        if model.training:
            loss = loss * faults.strike(self.planned, self.state.global_step, len(labels))
        if not torch.isfinite(loss):
            raise NonFiniteError(
                f"the loss is {loss.item()} at step {self.state.global_step}; try a smaller learning_rate"
            )
        return (loss, outputs) if return_outputs else loss


def compute_metrics_for_trainer(eval_pred: EvalPrediction) -> dict[str, float]:
    """macro_f1 and accuracy of logits (n, n_labels) against label_ids (n,), by the one definition in metrics."""
    logits, label_ids = eval_pred
    logits = np.asarray(logits)
    if not np.isfinite(logits).all():
        raise NonFiniteError("validation scores are NaN or infinite")
    names = [str(i) for i in range(logits.shape[-1])]
    true, predicted = [str(i) for i in label_ids], [names[i] for i in logits.argmax(axis=-1)]
    return {"macro_f1": macro_f1(true, predicted, names), "accuracy": accuracy(true, predicted)}


class Watch(TrainerCallback):  # type: ignore[misc]  # transformers ships no types
    """Turns the Trainer's calls into events: progress at most twice a second, metrics once an epoch."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.told = 0.0
        self.loss: float | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Tell the step."""
        now = time.monotonic()
        if now - self.told > EVENT_EVERY_S or state.global_step == state.max_steps:
            self.told = now
            self.emit({"type": "progress", "step": state.global_step, "of": state.max_steps})

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Remember the epoch's training loss; without validation rows there is nothing else to wait for."""
        if "loss" not in (logs or {}):
            return
        self.loss = float((logs or {})["loss"])
        if args.eval_strategy == "no":
            self.emit(
                {
                    "type": "metrics",
                    "epoch": round(state.epoch),
                    "of": round(args.num_train_epochs),
                    "loss": self.loss,
                }
            )

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        """Tell the epoch's validation figures."""
        found = metrics or {}
        self.emit(
            {
                "type": "metrics",
                "epoch": round(state.epoch),
                "of": round(args.num_train_epochs),
                "macro_f1": found.get("eval_macro_f1"),
                "accuracy": found.get("eval_accuracy"),
                "validation_loss": found.get("eval_loss"),
                "loss": self.loss,
            }
        )
