"""Method contrastive: trained in this process, loaded as a reader loads, in a zip and back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from avocet.classifier import load
from avocet.exchange import export, import_version
from avocet.home import Home
from avocet.methods import contrastive
from tests.jobs import TEMPLATE, job_of, published, sided

LABELS = ("rejected", "digest", "neutral")
MAIL = [{"subject": "Jobs for you", "body": "New jobs this week"}, {"subject": "", "body": ""}]


def settings(base: Path, **more: Any) -> dict[str, Any]:
    plain = {"epochs": 1, "max_tokens": 24, "learning_rate": 1e-3, "batch_size": 6, "bf16": False}
    return {"method": "contrastive", "base": str(base), **plain, **more}


@pytest.mark.parametrize("n_labels", [2, 3])
def test_what_is_loaded_answers_as_what_was_trained(
    n_labels: int, place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]]
) -> None:
    """The encoder was tuned, and no Trainer's checkpoint or pickle is left."""
    labels = LABELS[:n_labels]
    rows = sided(few_rows, labels, 8, 2)
    job = job_of(place, settings(tiny_pooled, gradient_checkpointing=n_labels == 2), rows, labels)
    folder = Path(job.staging)
    learned = contrastive.train(job, folder, lambda event: None)
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"head.safetensors", "encoder/model.safetensors", "encoder/tokenizer.json"} <= files
    assert all(name.endswith((".safetensors", ".json")) for name in files)
    before, after = (load_file(d / "model.safetensors") for d in (tiny_pooled, folder / "encoder"))
    assert not np.array_equal(*(w["encoder.layer.0.attention.self.query.weight"] for w in (before, after)))

    scorer = contrastive.load(folder, {**job.info, **learned.info})
    assert learned.answered is not None
    texts = [TEMPLATE.format(**rows[i]) for i in learned.answered.places]
    scores = scorer.scores(texts)
    assert scores.shape == (2 * n_labels, n_labels) and np.allclose(scores, learned.answered.scores, atol=1e-6)


def test_a_label_without_a_row_in_a_fold_is_never_answered_there(
    place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]]
) -> None:
    """Its two rows look alike, so they are judged by a training that had none of them."""
    rows = sided(few_rows, LABELS[:2], 8, 0) + [{**r, "group": "alike"} for r in sided(few_rows, LABELS[2:], 2, 0)]
    job = job_of(place, settings(tiny_pooled), rows, LABELS, below=1000, folds=2)
    learned = contrastive.train(job, Path(job.staging), lambda event: None)
    assert learned.answered is not None and sorted(learned.answered.places) == list(range(18))
    its = [row for place_, row in zip(learned.answered.places, learned.answered.scores, strict=True) if place_ >= 16]
    assert len(its) == 2 and all(row.argmax() != 2 for row in its)


def test_a_version_travels(place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]], tmp_path: Path) -> None:
    """With its whole encoder: the base need not be there."""
    version = published(place, job_of(place, settings(tiny_pooled), sided(few_rows, LABELS, 6, 2), LABELS))
    before = load(version).scores(MAIL)
    there = Home(tmp_path / "there")
    assert import_version(there, export(place, version.name, tmp_path / "out.zip")).version == "contrastive-1"
    assert np.array_equal(load(there.models / "contrastive-1").scores(MAIL), before)
