"""The HF Trainer with an explicit answer to imbalance, faults on request, and a stop for losses that are no number."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Sampler
from transformers import EvalPrediction, Trainer
from transformers.trainer_pt_utils import nested_concat

from avocet.candidates import Imbalance
from avocet.errors import NonFiniteError
from avocet.methods import faults
from avocet.methods.pieces import Pieces
from avocet.methods.sampler import NOTHING, LengthGrouped
from avocet.metrics import accuracy, macro_f1


class WeightedTrainer(Trainer):  # type: ignore[misc]  # transformers ships no types
    """Cross-entropy over the items of the whole optimizer step, with imbalance answered as the recipe says.

    class_weights: each row counts total / (n_classes * count of its label). balanced_batches: each label comes
    equally often. logit_adjustment: the labels' log-shares are added to the logits while training, so that the
    model learns what is beyond them (Menon et al. 2021, tau = 1).

    A mean per micro-batch would multiply the loss by the accumulation (4 micro-batches of 4 gave 4 times the
    loss of one batch of 16); divided by the step's items the two agree, so the OOM ladder changes nothing.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self,
        *args: Any,
        lesson: tuple[Sequence[int], int],
        imbalance: Imbalance = "class_weights",
        planned: tuple[faults.Fault, ...] = (),
        **kwargs: Any,
    ) -> None:
        self.ys, n_labels = lesson  # before the Trainer's own start, which may ask for a sampler
        super().__init__(*args, **kwargs)
        counts = torch.bincount(torch.tensor(self.ys), minlength=n_labels).float()
        weighted, adjusted = imbalance == "class_weights", imbalance == "logit_adjustment"
        self.balanced = imbalance == "balanced_batches"
        # A fold may lack a rare label: it weighs nothing then, and no row asks for it.
        present = int((counts > 0).sum())
        self.class_weights = torch.where(counts > 0, counts.sum() / (present * counts), 0.0) if weighted else None
        self.log_shares = (counts.clamp(min=0.5) / counts.sum()).log() if adjusted else None
        self.planned = planned
        self.pieces = Pieces(self.args.eval_batch_size)
        # Without this the Trainer counts no items for models whose forward takes no **kwargs.
        self.model_accepts_loss_kwargs = True

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        """Rows of similar length in one step, each label equally often where asked."""
        step = self.args.train_batch_size * self.args.gradient_accumulation_steps * max(self.args.world_size, 1)
        lengths = [len(row.get("input_ids", ())) for row in self.train_dataset]
        world = max(self.args.world_size, 1)
        multiple = self.args.train_batch_size * world if world > 1 else 1
        return LengthGrouped(self.ys, lengths, step, self.args.seed, self.balanced, multiple)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Loss of one micro-batch. `num_items_in_batch` counts the rows of the optimizer step.

        Raises NonFiniteError: the Trainer itself would log a NaN loss as 0.0 and go on.
        """
        counted = inputs["labels"] != NOTHING
        if counted.any() and not counted.all():  # a group's last step is filled up
            inputs = {k: v[counted] for k, v in inputs.items()}
        labels, weight = inputs["labels"], inputs.get("weight")
        outputs = model(**{k: v for k, v in inputs.items() if k not in ("labels", "weight")})
        if counted.any():
            losses = self.of_each(outputs, labels, model.training)
            total = (losses if weight is None else losses * weight.to(losses)).sum()
        else:
            total = outputs.logits.sum() * 0
        loss = total / (len(labels) if num_items_in_batch is None else num_items_in_batch)
        if num_items_in_batch is not None:
            # The count is over all processes, and their gradients are averaged.
            loss = loss * self.accelerator.num_processes
        if model.training:
            loss = loss * faults.strike(self.planned, self.state.global_step, len(labels))
        else:
            loss = loss * faults.strike_evaluation(self.planned, len(labels))
        if not torch.isfinite(loss):
            raise NonFiniteError(
                f"the loss is {loss.item()} at step {self.state.global_step}; try a smaller learning_rate"
            )
        return (loss, outputs) if return_outputs else loss

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[Tensor | None, Any, Any]:
        """(mean loss, logits, labels) of one batch; where memory runs out, of its halves, and so on down to single rows.

        Only what is judged at once becomes smaller: the Trainer would let the error out, and a rung of training
        would be lost to it.
        """
        step = super().prediction_step
        n = len(inputs["labels"])

        def run(part: slice) -> tuple[int, tuple[Tensor | None, Any, Any]]:
            its = {name: column[part] for name, column in inputs.items()}
            return part.stop - part.start, step(model, its, prediction_loss_only, ignore_keys)

        parts = self.pieces.over(n, run)
        if len(parts) == 1:
            return parts[0][1]
        losses, logits, labels = zip(*(found for _, found in parts), strict=True)
        loss = (
            None
            if losses[0] is None
            else torch.stack([k * x for (k, _), x in zip(parts, losses, strict=True)]).sum() / n
        )
        return loss, _joined(logits), _joined(labels)

    def of_each(self, outputs: Any, labels: Tensor, training: bool) -> Tensor:
        """The loss of each row of a micro-batch, shape (n,)."""
        logits = outputs.logits.float()
        if training and self.log_shares is not None:
            logits = logits + self.log_shares.to(logits.device)
        weight = None if self.class_weights is None else self.class_weights.to(logits.device)
        return F.cross_entropy(logits, labels, weight=weight, reduction="none")


def _joined(parts: Sequence[Any]) -> Any:
    """Tensors, or tuples of them, one after the other; None where there were none."""
    return None if parts[0] is None else reduce(nested_concat, parts)


def compute_metrics_for_trainer(eval_pred: EvalPrediction) -> dict[str, float]:
    """macro_f1 and accuracy of logits (n, n_labels) against label_ids (n,), by the one definition in metrics."""
    logits, label_ids = eval_pred
    logits = np.asarray(logits)
    if not np.isfinite(logits).all():
        raise NonFiniteError("validation scores are NaN or infinite")
    names = [str(i) for i in range(logits.shape[-1])]
    true, predicted = [str(i) for i in label_ids], [names[i] for i in logits.argmax(axis=-1)]
    return {"macro_f1": macro_f1(true, predicted, names), "accuracy": accuracy(true, predicted)}
