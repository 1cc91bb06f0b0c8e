"""A training that the machine kills goes on from its last whole checkpoint and ends at the very same weights."""

import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.home import Home
from avocet.runs import Run
from avocet.sides import Sides, divide
from expectations.validation import validate_rows

# Trains as the task does, in a fork of a process that has imported all: starting Python costs more than a life.
LIVES = """
import json, os, pickle, sys
import avocet.methods.full, avocet.methods.lpft, avocet.methods.__main__, sklearn.linear_model
from avocet.process import in_this_process
from avocet.training import train
with open(sys.argv[1], "rb") as file:
    run, sides = pickle.load(file)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ["AVOCET_FAULT"] = asked["fault"]
        os.write(1, f"{os.getpid()}\\n".encode())
        def hear(event):
            if event["type"] == "note":
                os.write(1, (event["message"] + "\\n").encode())
        try:
            with in_this_process():
                train(run, sides, asked["candidate"], 0, hear)
        except BaseException as e:
            os.write(1, f"{type(e).__name__}: {e}\\n".encode())
            os._exit(1)
        os._exit(0)
    os.waitpid(child, 0)
    os.write(1, b"ended\\n")
"""


def prepare(place: Home, name: str) -> tuple[Run, Sides]:
    run = runs.begin(place, recipes.load(place, name))
    return run, divide(run, validate_rows(run).dropped_labels)


class Lives:
    """Lives of one night, each killed or not, and what the last of them published."""

    def __init__(self, run: Run, process: "subprocess.Popen[str]") -> None:
        self.run, self.process, self.took_s = run, process, 0.0

    def live(self, candidate: str, fault: str = "", kill_after_s: float | None = None) -> list[str]:
        """One life; returns what it said."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"candidate": candidate, "fault": fault}) + "\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        born = time.monotonic()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            with suppress(ProcessLookupError):  # it was done before
                os.kill(pid, signal.SIGKILL)
        said = []
        while (line := self.process.stdout.readline()) != "ended\n":
            said.append(line)
        self.took_s = time.monotonic() - born
        registry.sweep(self.run.home.models)  # as the next flow does: what can be gone on from stays
        return said

    def weights(self) -> dict[str, Any]:
        """The published version's weights and epochs; it is removed, so that the next life trains again."""
        (version,) = registry.versions(self.run.home.models)
        registry.verify(version.folder)
        files: dict[str, Any] = {p.name: p.read_bytes() for p in version.folder.rglob("*.safetensors")}
        files["epochs"] = version.info["epochs_run"]
        shutil.rmtree(version.folder)
        assert not list(self.run.home.models.glob(".*")), "checkpoints outlived their version"
        return files


@pytest.fixture
def lives(
    place: Home,
    make_recipe: Callable[..., str],
    few_rows: list[dict[str, Any]],
    tiny_deberta: Path,
    tiny_xlmr: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Lives]:
    """Early stopping and a best epoch in one candidate, folds and dropout in the other."""
    pooled = Path(shutil.copytree(tiny_xlmr, tmp_path / "pooled"))
    (pooled / "modules.json").write_text("[]")
    same = {"max_tokens": 24, "learning_rate": 1e-3}
    candidates = {
        "full": {"method": "full", "base": str(tiny_deberta), "epochs": 4, "patience": 2, **same},
        "still": {
            **same,
            "method": "full",
            "base": str(tiny_deberta),
            "epochs": 6,
            "patience": 2,
            "learning_rate": 1e-9,
        },
        "lpft": {"method": "lpft", "base": str(pooled), "epochs": 3, "dropout": True, **same},
    }
    run, sides = prepare(place, make_recipe(few_rows, candidates, choose={"folds": 2}))
    (tmp_path / "night").write_bytes(pickle.dumps((run, sides)))
    monkeypatch.setenv("AVOCET_CHECKPOINT_S", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("TRANSFORMERS_VERBOSITY", "error")
    words = [sys.executable, "-c", LIVES, str(tmp_path / "night")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield Lives(run, process)
    process.kill()


@pytest.mark.parametrize("n_kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_a_killed_training_ends_at_the_weights_of_one_that_was_not(n_kills: int, lives: Lives) -> None:
    """Killed within a step, while a checkpoint is half written, and at any moment: bit for bit the same weights."""
    wanted, took = {}, {}
    for candidate in ("full", "lpft"):
        assert not [line for line in lives.live(candidate) if "goes on" in line]
        took[candidate] = lives.took_s
        wanted[candidate] = lives.weights()
    rng = random.Random(5)
    went_on = 0
    for i in range(n_kills):
        candidate = "full" if i % 2 else "lpft"
        # 72 train rows are 5 steps an epoch; lpft's folds 3 or 4.
        kind = ("kill", "torn", "")[i // 2 % 3]
        step = (
            rng.choice((5, 10, 15, 20) if candidate == "full" else (3, 6)) if kind == "torn" else rng.randrange(2, 20)
        )
        moment = None if kind else rng.uniform(0.1, 0.95) * took[candidate]
        lives.live(candidate, f"{kind}@{step}" if kind else "", moment)
        said = lives.live(candidate)
        went_on += any("goes on after step" in line for line in said)
        same = lives.weights() == wanted[candidate]  # bytes, whose difference pytest would spell out
        assert same, f"kill {i}: {kind}@{step} or after {moment} s, {said}"
    assert went_on >= n_kills // 3, "most kills came before the first checkpoint, and nothing was tested"


def test_patience_goes_on_where_it_was(lives: Lives) -> None:
    """A training that never gets better stops after its first epoch and two more, killed in between or not."""
    lives.live("still")
    wanted = lives.weights()
    assert wanted["epochs"] == 3
    lives.live("still", "kill@12")  # in the third epoch, when one had brought no gain
    assert any("goes on after step 10" in line for line in lives.live("still"))
    assert lives.weights() == wanted
