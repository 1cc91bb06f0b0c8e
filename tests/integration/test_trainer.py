"""The weighted Trainer: document 0's own tests, and the loss that accumulation must not change."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import EvalPrediction, TrainingArguments
from transformers.modeling_outputs import SequenceClassifierOutput

from avocet.errors import NonFiniteError
from avocet.methods.trainer import WeightedTrainer, compute_metrics_for_trainer
from avocet.metrics import class_weights


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
    tmp_path: Any, micro: int = 16, accumulation: int = 1, weights: Any = None, **settings: Any
) -> WeightedTrainer:
    arguments = TrainingArguments(
        output_dir=str(tmp_path), per_device_train_batch_size=micro, gradient_accumulation_steps=accumulation,
        num_train_epochs=1, learning_rate=0.1, optim="sgd", max_grad_norm=1e9, lr_scheduler_type="constant",
        save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True, logging_steps=1,
        train_sampling_strategy="sequential", remove_unused_columns=False, **settings,
    )  # fmt: skip
    weights = torch.tensor(class_weights([10, 3, 3])) if weights is None else weights
    return WeightedTrainer(model=Linear(), args=arguments, train_dataset=rows(), class_weights=weights)


def batch() -> dict[str, torch.Tensor]:
    return {
        "features": torch.tensor(np.stack([r["features"] for r in rows()])),
        "labels": torch.tensor([r["labels"] for r in rows()]),
    }


def test_the_weighted_loss_differs_from_the_unweighted_one(tmp_path: Any) -> None:
    """The rare classes count more; num_items_in_batch is taken and divides the weighted sum."""
    weighted = trainer(tmp_path)
    plain = trainer(tmp_path, weights=torch.ones(3))
    ours = weighted.compute_loss(weighted.model, batch(), num_items_in_batch=16)
    theirs = plain.compute_loss(plain.model, batch(), num_items_in_batch=16)
    assert not torch.isclose(ours, theirs)
    logits = weighted.model(batch()["features"]).logits
    by_hand = nn.functional.cross_entropy(logits, batch()["labels"], reduction="none")
    by_hand = (by_hand * weighted.class_weights[batch()["labels"]]).sum() / 16
    assert torch.isclose(ours, by_hand)
    assert torch.isclose(weighted.compute_loss(weighted.model, batch(), num_items_in_batch=32), by_hand / 2)


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
