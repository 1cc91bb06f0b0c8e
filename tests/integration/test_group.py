"""Two processes on a CPU (gloo): the same training as one process, one voice, one fate."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.errors import OutOfMemoryError
from avocet.home import Home
from avocet.runs import Run
from avocet.sides import Sides, divide
from avocet.training import train
from expectations.validation import validate_rows


@pytest.fixture
def night(
    place: Home,
    make_recipe: Callable[..., str],
    few_rows: list[dict[str, Any]],
    tiny_xlmr: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Run, Sides]:
    """A candidate without dropout or folds, whose last step is a short one."""
    pooled = Path(shutil.copytree(tiny_xlmr, tmp_path / "pooled"))
    (pooled / "modules.json").write_text("[]")
    small = {"method": "lpft", "base": str(pooled), "epochs": 2, "batch_size": 16, "bf16": False}
    small |= {"max_tokens": 24, "learning_rate": 1e-3, "report_to": ["tensorboard"]}
    run = runs.begin(place, recipes.load(place, make_recipe(few_rows, {"small": small}, choose={"below": 0})))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return run, divide(run, validate_rows(run).dropped_labels)


@pytest.mark.slow
def test_two_processes_train_what_one_does(night: tuple[Run, Sides], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same loss within 1e-5 and the same weights within 1e-4; events come once, from rank 0, which alone saves."""
    import torch
    from safetensors.torch import load_file

    run, sides = night
    found = {}
    for n in ("1", "2"):
        monkeypatch.setenv("AVOCET_ACCELERATE", n)
        events: list[Any] = []
        trained = train(run, sides, "small", 0, events.append)
        folder = run.home.models / trained.version
        registry.verify(folder)
        weights = {p.name: load_file(p) for p in sorted(folder.rglob("*.safetensors"))}
        found[n] = trained.curve, weights, [e["epoch"] for e in events if e["type"] == "metrics"]
        shutil.rmtree(folder)
    one, two = found["1"], found["2"]
    assert one[2] == two[2] == [1, 2]
    for alone, together in zip(one[0], two[0], strict=True):
        assert together["loss"] == pytest.approx(alone["loss"], abs=1e-5)
        assert together["learning_rate"] == pytest.approx(alone["learning_rate"])
    for name, tensors in one[1].items():
        for key, tensor in tensors.items():
            assert torch.allclose(tensor, two[1][name][key], atol=1e-4), key
    # What was followed lies below the run: the curve with the learning rate, tensorboard's files, no mail text in either.
    told = json.loads((run.folder / "metrics-small.json").read_text())["epochs"]
    assert [e["epoch"] for e in told] == [1, 2] and all(e["learning_rate"] >= 0 for e in told)
    followed = list((run.folder / "tracking-small").rglob("events.out.tfevents*"))
    assert followed
    words = {r["fields"]["subject"].encode() for r in map(json.loads, run.rows.read_text().splitlines())}
    assert not any(word in path.read_bytes() for path in followed for word in words)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["oom@2#1", "kill@2#1"])
def test_memory_that_runs_out_on_one_rank_brings_all_down_the_ladder(
    fault: str, night: tuple[Run, Sides], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By exception or by the kernel: the parent hears it through the launcher, whose own code says nothing."""
    run, sides = night
    monkeypatch.setenv("AVOCET_ACCELERATE", "2")
    monkeypatch.setenv("AVOCET_FAULT", fault)
    with pytest.raises(OutOfMemoryError, match="trying again with smaller micro-batches"):
        train(run, sides, "small", 0, lambda event: None)
    assert not list(run.home.models.iterdir())
