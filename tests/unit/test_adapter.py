"""What an adapter may say of itself, what it needs of memory, and which bases it fits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from avocet.candidates import Lora
from avocet.errors import ArchiveError, NotAtHandError
from avocet.home import Home
from avocet.methods.adapter import Adapter, n_adapter_parameters
from avocet.methods.bases import at_hand

FIELDS: dict[str, Any] = {"r": 4, "lora_alpha": 8, "lora_dropout": 0.0, "target_modules": ["query"]}


def test_an_adapter_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Plain JSON, with what PEFT's own reader needs to know."""
    adapter = Adapter(**FIELDS)
    adapter.write(tmp_path)
    assert Adapter.read(tmp_path) == adapter
    raw = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (raw["peft_type"], raw["base_model_name_or_path"], raw["auto_mapping"]) == ("LORA", None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("auto_mapping", {"base_model_class": "X", "parent_library": "os"}),
        ("base_model_name_or_path", "someone/other"),
        ("peft_type", "VERA"),
        ("r", 0),
        ("r", 10**6),
        ("r", True),
        ("lora_alpha", "8"),
        ("lora_dropout", 1.0),
        ("inference_mode", False),
        ("target_modules", ".*"),
        ("target_modules", []),
        ("target_modules", ["(a+)+$"]),
        ("layers_pattern", "(a+)+$"),
        ("corda_config", {"cache_file": "/etc/passwd"}),
        ("megatron_core", "os"),
    ],
)
def test_what_is_not_ours_is_refused_by_name(field: str, value: Any) -> None:
    """Nothing that imports, fetches, opens, or matches by a pattern gets as far as PEFT."""
    with pytest.raises(ArchiveError, match=f"^adapter_config.json: {field}") as caught:
        Adapter.checked(json.dumps({**FIELDS, field: value}).encode())
    assert "\n" not in str(caught.value)


def test_adapters_are_counted_beside_the_matrices_that_they_adapt() -> None:
    """r rows and r columns each; without targets beside all but the word embeddings."""
    tensors = [("embeddings.word_embeddings.weight", [100, 8]), ("a.query.weight", [8, 8]), ("a.dense.weight", [16, 8]),
               ("a.query.bias", [8])]  # fmt: skip
    plain = {"method": "lora", "base": "b", "r": 2}
    assert n_adapter_parameters(Lora(**plain), tensors) == 2 * (16 + 24)
    assert n_adapter_parameters(Lora(**plain, targets=("query",)), tensors) == 2 * 16


def test_a_base_for_adapters_needs_the_memory_of_a_frozen_one_and_its_adapters(place: Home) -> None:
    """4 bytes a parameter of the base, 16 a parameter of the adapters; to the byte."""
    base = place.root / "bases" / "tiny"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    save_file({"a.query.weight": np.zeros((3, 4), np.float32)}, base / "model.safetensors")
    lora = Lora(method="lora", base="bases/tiny", r=2)
    needs = 12 * 4 + 2 * 7 * 16
    assert at_hand(lora, place, lambda: needs).n_parameters == 12
    with pytest.raises(NotAtHandError, match="does not fit"):
        at_hand(lora, place, lambda: needs - 1)
