"""The weighted Trainer: document 0's own tests, and the loss that accumulation must not change."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import EvalPrediction, TrainingArguments
from transformers.modeling_outputs import SequenceClassifierOutput

from avocet.errors import NonFiniteError
from avocet.methods import faults
from avocet.methods.trainer import WeightedTrainer, compute_metrics_for_trainer


class Linear(nn.Module):
    """The smallest model that the Trainer takes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(4, 3)

    def forward(self, features: torch.Tensor, labels: torch.Tensor | None = None) -> SequenceClassifierOutput:
        return SequenceClassifierOutput(logits=self.head(features))


def rows(n: int = 16) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [{"features": rng.normal(size=4).astype("float32"), "labels": [0, 0, 0, 1, 2][i % 5]} for i in range(n)]


def trainer(
    tmp_path: Any, micro: int = 16, accumulation: int = 1, imbalance: Any = "class_weights", **settings: Any
) -> WeightedTrainer:
    arguments = TrainingArguments(
        output_dir=str(tmp_path), per_device_train_batch_size=micro, gradient_accumulation_steps=accumulation,
        num_train_epochs=1, learning_rate=0.1, optim="sgd", max_grad_norm=1e9, lr_scheduler_type="constant",
        save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True, logging_steps=1,
        remove_unused_columns=False, **settings,
    )  # fmt: skip
    lesson = ([row["labels"] for row in rows()], 3)
    return WeightedTrainer(model=Linear(), args=arguments, train_dataset=rows(), lesson=lesson, imbalance=imbalance)


def batch() -> dict[str, torch.Tensor]:
    return {
        "features": torch.tensor(np.stack([r["features"] for r in rows()])),
        "labels": torch.tensor([r["labels"] for r in rows()]),
    }


def test_the_weighted_loss_differs_from_the_unweighted_one(tmp_path: Any) -> None:
    """The rare classes count more; num_items_in_batch is taken and divides the weighted sum."""
    weighted = trainer(tmp_path)
    plain = trainer(tmp_path, imbalance="none")
    ours = weighted.compute_loss(weighted.model, batch(), num_items_in_batch=16)
    theirs = plain.compute_loss(plain.model, batch(), num_items_in_batch=16)
    assert not torch.isclose(ours, theirs)
    logits = weighted.model(batch()["features"]).logits
    by_hand = nn.functional.cross_entropy(logits, batch()["labels"], reduction="none")
    by_hand = (by_hand * weighted.class_weights[batch()["labels"]]).sum() / 16
    assert torch.isclose(ours, by_hand)
    assert torch.isclose(weighted.compute_loss(weighted.model, batch(), num_items_in_batch=32), by_hand / 2)


def test_a_row_counts_what_its_weight_says(tmp_path: Any) -> None:
    """Beside its label's weight; the step's rows are still what the loss is divided by."""
    found = trainer(tmp_path)
    weight = torch.tensor([0.25 if i % 3 == 0 else 1.0 for i in range(16)])
    each = nn.functional.cross_entropy(
        found.model(batch()["features"]).logits, batch()["labels"], found.class_weights, reduction="none"
    )
    loss = found.compute_loss(found.model, {**batch(), "weight": weight}, num_items_in_batch=16)
    assert torch.isclose(loss, (each * weight).sum() / 16)
    assert not torch.isclose(loss, found.compute_loss(found.model, batch(), num_items_in_batch=16))


@pytest.mark.parametrize(("micro", "accumulation"), [(8, 2), (4, 4), (1, 16)])
def test_accumulation_changes_neither_loss_nor_weights(tmp_path: Any, micro: int, accumulation: int) -> None:
    """One step of 16 rows ends at the same weights on each rung of the ladder (to 1e-6)."""
    whole, parts = trainer(tmp_path), trainer(tmp_path, micro, accumulation)
    for each in (whole, parts):
        each.train()
        assert each.state.global_step == 1
    for name, tensor in whole.model.state_dict().items():
        assert torch.allclose(tensor, parts.model.state_dict()[name], atol=1e-6), name
    assert parts.state.log_history[0]["loss"] == pytest.approx(whole.state.log_history[0]["loss"], abs=1e-5)


def test_a_loss_that_is_no_number_stops_training(tmp_path: Any) -> None:
    """The Trainer itself would log it as 0.0."""
    broken = trainer(tmp_path)
    with torch.no_grad():
        broken.model.head.weight[0, 0] = float("nan")
    with pytest.raises(NonFiniteError, match="at step 0"):
        broken.train()


def test_the_trainers_metrics_are_macro_f1_and_accuracy() -> None:
    """On known logits: class 0 has F1 2/3, class 1 has 0.8; NaN logits are refused."""
    logits = np.array([[2.0, 1.0], [0.0, 1.0], [0.0, 3.0], [1.0, 2.0]])
    found = compute_metrics_for_trainer(EvalPrediction(predictions=logits, label_ids=np.array([0, 0, 1, 1])))
    assert found == {"macro_f1": pytest.approx((2 / 3 + 0.8) / 2), "accuracy": 0.75}
    with pytest.raises(NonFiniteError):
        compute_metrics_for_trainer(EvalPrediction(predictions=logits * np.nan, label_ids=np.array([0, 0, 1, 1])))


def test_imbalance_is_answered_as_asked(tmp_path: Any) -> None:
    """Weights are sklearn's balanced ones; logit adjustment adds the labels' log-shares while training, and only then."""
    found = trainer(tmp_path)
    assert found.class_weights is not None
    assert found.class_weights.tolist() == pytest.approx([16 / 30, 16 / 9, 16 / 9])
    adjusted = trainer(tmp_path, imbalance="logit_adjustment")
    given = batch()
    logits = adjusted.model(given["features"]).logits
    shares = torch.tensor([10 / 16, 3 / 16, 3 / 16]).log()
    wanted = nn.functional.cross_entropy(logits + shares, given["labels"])
    adjusted.model.train()
    assert torch.isclose(adjusted.compute_loss(adjusted.model, dict(given), num_items_in_batch=16), wanted)
    adjusted.model.eval()
    plain = nn.functional.cross_entropy(logits, given["labels"])
    assert torch.isclose(adjusted.compute_loss(adjusted.model, dict(given), num_items_in_batch=16), plain)
    balanced = trainer(tmp_path, imbalance="balanced_batches")
    drawn = [balanced.ys[i] for i in balanced._get_train_sampler()]
    assert sorted(drawn.count(label) for label in range(3)) == [5, 5, 6]


@pytest.mark.parametrize(("fault", "fits"), [("oom@eval>4", 4), ("oom@eval>3", 2), ("oom@eval>1", 1)])
def test_rows_are_judged_in_halves_with_the_same_figures(fault: str, fits: int, tmp_path: Any) -> None:
    """Where memory runs out in evaluation; training's micro-batch stays, and later batches begin small."""
    found = {}
    for text in ("", fault):
        it = trainer(tmp_path, micro=8, per_device_eval_batch_size=8)
        it.planned, it.compute_metrics = faults.planned(text), compute_metrics_for_trainer
        found[text] = it.predict(rows(13))
        assert it.args.per_device_train_batch_size == 8
    assert it.pieces.rows == fits
    whole, halves = found[""], found[fault]
    assert np.allclose(whole.predictions, halves.predictions, atol=1e-6)
    assert (whole.label_ids == halves.label_ids).all()
    assert whole.metrics["test_loss"] == pytest.approx(halves.metrics["test_loss"], abs=1e-6)
    assert whole.metrics["test_macro_f1"] == halves.metrics["test_macro_f1"]
