"""Method lora on sentence embeddings, encoders and decoders: trained in this process, loaded as a reader loads."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from avocet import archive
from avocet.candidates import Lora
from avocet.classifier import load, load_folder
from avocet.errors import AvocetError, DamagedVersionError
from avocet.exchange import export, import_version
from avocet.home import Home
from avocet.methods import lora
from tests.jobs import TEMPLATE, job_of, published, sided

LABELS = ("rejected", "digest", "neutral")
MAIL = [{"subject": "Jobs for you", "body": "New jobs this week"}, {"subject": "", "body": ""}]
OURS = {"adapter_model.safetensors", "adapter_config.json", "head.safetensors"}


def settings(base: Path | str, **more: Any) -> dict[str, Any]:
    plain = {"r": 4, "epochs": 1, "max_tokens": 24, "learning_rate": 1e-2, "batch_size": 4, "bf16": False}
    return {"method": "lora", "base": str(base), **plain, **more}


@pytest.mark.parametrize(
    ("base", "n_labels", "head"),
    [
        ("tiny_pooled", 3, {"head.weight", "head.bias"}),
        ("tiny_deberta", 2, {"classifier.weight", "classifier.bias", "pooler.dense.weight", "pooler.dense.bias"}),
        ("tiny_llama", 3, {"score.weight"}),
        ("tiny_gpt2", 2, {"score.weight"}),
    ],
)
def test_what_is_loaded_answers_as_what_was_trained(
    base: str,
    n_labels: int,
    head: set[str],
    request: pytest.FixtureRequest,
    place: Home,
    few_rows: list[dict[str, Any]],
) -> None:
    """From adapters and head alone; with two labels too; each text by itself as in a batch with longer ones."""
    labels = LABELS[:n_labels]
    rows = sided(few_rows, labels, 8, 2)
    job = job_of(place, settings(request.getfixturevalue(base)), rows, labels)
    folder = Path(job.staging)
    learned = lora.train(job, folder, lambda event: None)
    assert {p.name for p in folder.iterdir()} == OURS
    adapters = load_file(folder / "adapter_model.safetensors")
    assert all(".lora_A." in name or ".lora_B." in name for name in adapters)
    assert any(".lora_B." in name and np.abs(tensor).max() > 0 for name, tensor in adapters.items()), "it has learned"
    assert set(load_file(folder / "head.safetensors")) == head

    scorer = lora.load(folder, {**job.info, **learned.info})
    assert learned.answered is not None
    texts = [TEMPLATE.format(**rows[i]) for i in learned.answered.places]
    scores = scorer.scores(texts)
    assert scores.shape == (2 * n_labels, n_labels) and np.allclose(scores, learned.answered.scores, atol=1e-6)
    assert np.allclose(np.concatenate([scorer.scores([text]) for text in texts]), scores, atol=1e-5)
    assert np.isfinite(scorer.scores(["", *texts[:1]])).all()


def test_pefts_own_reader_takes_the_adapter(place: Home, tiny_gpt2: Path, few_rows: list[dict[str, Any]]) -> None:
    """Same names, same numbers: the folder is an adapter for whoever has the base. (Trained on the ladder's last rung.)"""
    import torch
    from peft import PeftModel
    from transformers import AutoModel

    its = settings(tiny_gpt2, gradient_checkpointing=True)
    job = job_of(place, its, sided(few_rows, LABELS, 6, 0), LABELS)
    folder = Path(job.staging)
    learned = lora.train(job, folder, lambda event: None)
    ours = lora.load(folder, {**job.info, **learned.info}).inner.model.base_model
    theirs = PeftModel.from_pretrained(AutoModel.from_pretrained(tiny_gpt2), str(folder)).eval()
    ids = torch.arange(2, 12)[None]
    with torch.inference_mode():
        plain = AutoModel.from_pretrained(tiny_gpt2).eval()(input_ids=ids).last_hidden_state
        found = theirs(input_ids=ids).last_hidden_state
        assert torch.allclose(found, ours(input_ids=ids).last_hidden_state, atol=1e-5)
    assert not torch.allclose(found, plain, atol=1e-3)


def test_a_label_without_a_row_in_a_fold_ends_nothing(
    place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]]
) -> None:
    """Its rows look alike, so they are judged by a training that had none of them; all rows are answered."""
    rows = sided(few_rows, LABELS[:2], 8, 0) + [{**r, "group": "alike"} for r in sided(few_rows, LABELS[2:], 2, 0)]
    job = job_of(place, settings(tiny_pooled), rows, LABELS, below=1000, folds=2)
    learned = lora.train(job, Path(job.staging), lambda event: None)
    assert learned.answered is not None and sorted(learned.answered.places) == list(range(18))
    assert np.allclose(learned.answered.scores.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("base", "more", "says"),
    [
        ("tiny_deberta", {"targets": ("query_proj", "q_proj")},
         "^the base has no linear layer 'q_proj' to adapt; it has dense, key_proj, query_proj, value_proj$"),
        ("tiny_llama", {"targets": ("LlamaAttention",)}, "it has down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj$"),
        ("tiny_llama", {"r": 17}, "^r is 17, and the smaller side of layer layers.0.self_attn.v_proj is 16: no rank is higher$"),
    ],
)  # fmt: skip
def test_targets_and_rank_are_checked_before_training(
    base: str, more: Any, says: str, request: pytest.FixtureRequest, place: Home, few_rows: list[dict[str, Any]]
) -> None:
    """In one line that says what the model has."""
    job = job_of(place, settings(request.getfixturevalue(base), **more), sided(few_rows, LABELS[:2], 4, 0), LABELS[:2])
    with pytest.raises(AvocetError, match=says) as caught:
        lora.train(job, Path(job.staging), lambda event: None)
    assert "\n" not in str(caught.value)


def test_a_version_travels_and_refuses_another_base(
    place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Out as a zip of some kilobytes, in with the same answers; over another base it is refused, not wrong."""
    base = place.root / "bases" / "tiny"
    shutil.copytree(tiny_pooled, base)
    job = job_of(place, settings("bases/tiny"), sided(few_rows, LABELS, 6, 2), LABELS)
    version = published(place, job)
    before = load(version).scores(MAIL)
    out = export(place, version.name, tmp_path / "out.zip")
    there = Home(tmp_path / "there")
    assert import_version(there, out).version == "lora-1"
    assert np.array_equal(load(there.models / "lora-1").scores(MAIL), before)
    assert all(archive.allowed(p.name) for p in version.iterdir())

    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-3}))
    with pytest.raises(DamagedVersionError, match="is not the one it was trained on"):
        load_folder(version)
    shutil.rmtree(base)
    with pytest.raises(DamagedVersionError, match="lora-1: base bases/tiny is neither"):
        load_folder(version)


def test_a_base_that_lacks_tensors_has_them_in_the_version(
    place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]]
) -> None:
    """BERT after masked-word training has no pooler: drawn at random, it would be another one at each load."""
    from safetensors.numpy import save_file

    base = place.root / "bases" / "plain"
    shutil.copytree(tiny_pooled, base)
    (base / "modules.json").unlink()
    weights = load_file(base / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if "pooler" not in name}
    save_file(kept, base / "model.safetensors", {"format": "pt"})
    rows = sided(few_rows, LABELS, 6, 2)
    job = job_of(place, settings(base), rows, LABELS)
    learned = lora.train(job, Path(job.staging), lambda event: None)
    assert "bert.pooler.dense.weight" in load_file(Path(job.staging) / "head.safetensors")
    scorer = lora.load(Path(job.staging), {**job.info, **learned.info})
    assert learned.answered is not None
    texts = [TEMPLATE.format(**rows[i]) for i in learned.answered.places]
    assert np.allclose(scorer.scores(texts), learned.answered.scores, atol=1e-6)


def test_defaults_are_what_peft_knows_or_all_linear_layers() -> None:
    """For a model type that PEFT does not know, every linear layer of the base."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=16
    )  # fmt: skip
    model = BertModel(config)
    plain = Lora(method="lora", base="b", r=2)
    assert lora.adapter_for(model, plain).target_modules == ["query", "value"]
    model.config.model_type = "of-tomorrow"
    assert lora.adapter_for(model, plain).target_modules == ["dense", "key", "query", "value"]
