"""Adapters of strangers: each attack on a lora version is refused for its own reason, and nothing of it is kept."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load, save

from avocet.exchange import export
from avocet.home import Home
from tests.archives import Files, files_of, pack, refused, sealed
from tests.jobs import job_of, published, sided

LABELS = ("rejected", "digest", "neutral")
CONFIG, WEIGHTS, HEAD = "adapter_config.json", "adapter_model.safetensors", "head.safetensors"


@pytest.fixture(scope="module")
def lora_zip(tmp_path_factory: pytest.TempPathFactory, tiny_pooled: Path, few_rows: list[dict[str, Any]]) -> Path:
    """A version of method lora that was exported; its base is on this machine."""
    place = Home(tmp_path_factory.mktemp("elsewhere"))
    (place.root / "data").mkdir()
    settings = {"method": "lora", "base": str(tiny_pooled), "r": 4, "epochs": 1, "max_tokens": 24, "bf16": False}
    version = published(place, job_of(place, settings, sided(few_rows, LABELS, 4, 0), LABELS))
    return export(place, version.name, place.root / "lora.zip")


def _config(**fields: Any) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, CONFIG: json.dumps({**json.loads(files[CONFIG]), **fields}).encode()})


def _tensors(name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, name: save(change(load(files[name])))})


def _answers(labels: tuple[str, ...], score: bytes) -> bytes:
    rows = b'{"0123456789abcdef": [0, [' + score + b", 0.1, 0.1]]}"
    return b'{"labels": ' + json.dumps(labels).encode() + b', "rows": ' + rows + b"}"


def _extra(name: str) -> Callable[[Files], Files]:
    return lambda files: sealed({**files, name: b"x"})


ATTACKS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a module to import": (_config(auto_mapping={"base_model_class": "X", "parent_library": "os"}), "adapter_config.json: auto_mapping"),
    "a base elsewhere": (_config(base_model_name_or_path="someone/other"), "adapter_config.json: base_model_name_or_path"),
    "a field of PEFT's that is not ours": (_config(layers_pattern="(a+)+$"), "adapter_config.json: layers_pattern"),
    "a file to open": (_config(corda_config={"cache_file": "/etc/passwd"}), "adapter_config.json: corda_config"),
    "targets by a pattern": (_config(target_modules=".*"), "adapter_config.json: target_modules"),
    "another kind of adapter": (_config(peft_type="VERA"), "adapter_config.json: peft_type"),
    "a rank without bound": (_config(r=10**9), "adapter_config.json: r"),
    "a rank above the layers'": (_config(r=33), "does not work here: version .*: r is 33"),
    "a target that is not there": (_config(target_modules=["nope"]), "no linear layer 'nope'"),
    "another rank than the weights": (_config(r=2), "does not work here"),
    "other targets than the weights": (_config(target_modules=["query"]), "does not work here"),
    "a key twice": (lambda f: sealed({**f, CONFIG: f[CONFIG].replace(b"{", b'{"r": 1,', 1)}), "a key is there twice"),
    "pickled adapters": (_extra("adapter_model.bin"), "not a file that a version may hold"),
    "a pickled head": (_extra("training_args.bin"), "not a file that a version may hold"),
    "code": (_extra("modeling.py"), "not a file that a version may hold"),
    "a file beside": (_extra("adapter/adapter_config.json"), "not a file that a version may hold"),
    "a tensor too many": (_tensors(WEIGHTS, lambda t: {**t, "x": next(iter(t.values()))}), "does not work here"),
    "a tensor too few": (_tensors(WEIGHTS, lambda t: dict(list(t.items())[1:])), "does not work here"),
    "weights of the base": (_tensors(HEAD, lambda t: {**t, "encoder.pooler.dense.bias": t["head.bias"]}), "does not work here"),
    "a head of another shape": (_tensors(HEAD, lambda t: {**t, "head.bias": t["head.bias"][:2].copy()}), "does not work here"),
    "no head": (lambda f: sealed({k: v for k, v in f.items() if k != HEAD}), "does not work here"),
    "a base of another digest": (lambda f: sealed(f, base_digest="0" * 64), "is not the one it was trained on"),
    "a base that is nowhere": (lambda f: sealed(f, base_model_id="someone/other"), "neither a folder nor"),
    "answers without end": (lambda f: sealed({**f, "answers.json": _answers(LABELS, b"1e999")}), "something else than scores"),
    "answers too large to add up": (lambda f: sealed({**f, "answers.json": _answers(LABELS, b"1" * 400)}), "something else than scores"),
    "answers of other labels": (lambda f: sealed({**f, "answers.json": _answers(("a", "b", "c"), b"0.5")}), "answers other labels"),
    "answers that are none": (lambda f: sealed({**f, "answers.json": b'{"rows": {"a": "x"}}'}), "something else than scores"),
}  # fmt: skip


@pytest.mark.parametrize("what", ATTACKS)
def test_each_attack_is_refused_for_its_own_reason(what: str, place: Home, lora_zip: Path, tmp_path: Path) -> None:
    """And nothing of it is kept."""
    shutil.copy(lora_zip, tmp_path / "out.zip")
    make, says = ATTACKS[what]
    refused(place, pack(tmp_path / "attack.zip", make(files_of(lora_zip))), says)
