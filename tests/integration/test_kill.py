"""SIGKILL at random moments: the champion is the old version or the new one, and it loads, every time."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.classifier import load
from avocet.home import Home
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows

N_KILLS = 200
# Promotes two versions in turn for ever; forks a fresh process for each life, since starting Python costs more.
PROMOTER = """
import os, sys
from pathlib import Path
from avocet import registry
models, versions = Path(sys.argv[1]), sys.argv[2:]
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.write(1, f"{os.getpid()}\\n".encode())
        while True:
            for version in versions:
                registry.promote(models, "tiny", version, "run", "a sentence")
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


@pytest.fixture
def two_versions(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> tuple[Path, list[str]]:
    """models/ with two versions that load."""
    found = []
    for seed in (1, 2):
        run = runs.begin(place, recipes.load(place, make_recipe(few_rows, {"tfidf": {"method": "tfidf"}}, seed=seed)))
        sides = divide(run, validate_rows(run).dropped_labels)
        found.append(train(run, sides, "tfidf", 0, lambda event: None).version)
    return place.models, found


def test_a_kill_within_promote_leaves_the_old_champion_or_the_new_one(
    two_versions: tuple[Path, list[str]],
) -> None:
    """200 kills at random points of promote; the pointer, the ledger and the versions agree afterwards."""
    models, versions = two_versions
    rng = random.Random(7)
    promoter = subprocess.Popen(
        [sys.executable, "-c", PROMOTER, str(models), *versions],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert promoter.stdin and promoter.stdout
    seen = set()
    try:
        for i in range(N_KILLS):
            promoter.stdin.write("go\n")
            promoter.stdin.flush()
            pid = int(promoter.stdout.readline())
            time.sleep(rng.uniform(0, 0.03))  # a promote takes a few milliseconds: the kill lands anywhere in one
            os.kill(pid, signal.SIGKILL)
            assert promoter.stdout.readline() == "dead\n"
            champion = registry.champion_id(models, "tiny")
            if champion is not None:
                assert champion in versions
                seen.add(champion)
                registry.verify(models / champion)
            registry.sweep(models)
            registry.recover(models)
            words = [e for e in registry.ledger(models) if e["event"] in ("promoted", "abandoned")]
            promoted = [e["version"] for e in words if e["event"] == "promoted"]
            assert champion == (promoted[-1] if promoted else None), f"kill {i}: pointer and ledger disagree"
            if champion and i % 20 == 0:
                assert load(models / "champion-tiny").classify_fields([{"subject": "a", "body": "b"}])
    finally:
        promoter.kill()
    assert seen == set(versions), "the kills hit promotions of both"
    assert any(e["event"] == "abandoned" or e.get("recovered") for e in registry.ledger(models)), (
        "no kill fell within a promote"
    )


def test_a_killed_flow_leaves_no_child_and_no_half_model(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], tiny_deberta: Path
) -> None:
    """SIGKILL of the flow's process while a child trains: the child dies too, and the next run cleans up."""
    slow = {"method": "full", "base": str(tiny_deberta), "epochs": 20, "max_tokens": 48}
    name = make_recipe(few_rows, {"small": slow})
    run = runs.begin(place, recipes.load(place, name))
    divided = f"""
from avocet import runs, recipe
from avocet.home import home
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows
run = runs.begin(home(), recipe.load(home(), "{name}"))
with runs.only_one(home()):
    train(run, divide(run, validate_rows(run).dropped_labels), "small", 0, lambda e: print(e["type"], flush=True))
"""
    flow = subprocess.Popen([sys.executable, "-c", divided], stdout=subprocess.PIPE, text=True)
    assert flow.stdout and flow.stdout.readline() == "progress\n"
    children = subprocess.run(["pgrep", "-P", str(flow.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 1
    flow.kill()
    flow.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{children[0]}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{children[0]}").exists(), "the child outlived its flow and would hold the GPU"
    with runs.only_one(place):  # the kernel gave the lock back
        left = registry.sweep(place.models)
    assert len(left) == 1 and left[0].startswith(".staging-")
    assert registry.versions(place.models) == [] and run.folder.exists()
