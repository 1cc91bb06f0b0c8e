"""SIGKILL at random moments: the champion is the old version or the new one, and it loads, every time."""

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
from pathlib import Path
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.classifier import load
from avocet.errors import OutOfMemoryError
from avocet.events import Event
from avocet.home import CHECKOUT, Home
from avocet.runs import Run
from avocet.scorecard import Scoreboard, scorecard
from avocet.sides import Sides, divide
from avocet.training import train
from expectations.validation import validate_rows
from tests.conftest import LABELS

N_KILLS = 200
LONGEST_S = 0.12  # a decision takes about forty milliseconds: the kill lands anywhere in one
# Judges and promotes two versions in turn for ever, as the promote task does; forks a fresh process for each
# life, since starting Python costs more. The disk is slow, so that on a fast machine too some of the kills fall
# between a promotion's two lines of the ledger.
DECIDER = """
import os, pickle, sys, time
from avocet import durable
from avocet.decision import verdict_on
from avocet.promotion import decide
replace_link = durable.replace_link
def on_a_slow_disk(link, version):
    time.sleep(0.003)
    replace_link(link, version)
    time.sleep(0.003)
durable.replace_link = on_a_slow_disk
with open(sys.argv[1], "rb") as file:
    run, boards = pickle.load(file)
verdict_on(boards[0], run.recipe.gate, 1)  # imports what judging needs, once for all lives
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.write(1, f"{os.getpid()}\\n".encode())
        while True:
            for board in boards if line == "0\\n" else boards[::-1]:
                decide(run, board, "key")
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


def prepare(place: Home, name: str) -> tuple[Run, Sides]:
    """A run of the recipe `name`, validated and split."""
    run = runs.begin(place, recipes.load(place, name))
    return run, divide(run, validate_rows(run).dropped_labels)


@pytest.fixture
def decider(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], tmp_path: Path
) -> Iterator[tuple[Run, list[str], subprocess.Popen[str]]]:
    """Two versions that load, and a process that makes each of them champion in turn for as long as it lives."""
    found = []
    for seed in (1, 2):
        run, sides = prepare(place, make_recipe(few_rows, {"tfidf": {"method": "tfidf"}}, seed=seed))
        found.append(train(run, sides, "tfidf", 0, lambda event: None).version)
    # Each board says that its version beats whoever is champion.
    true = ("rejected", "digest", "neutral") * 10
    ranked = [[x, *(y for y in LABELS if y != x)] for x in true]
    boards = []
    for version in found:
        rival = scorecard(
            "last", "last", "champion", "h", true, [["neutral", "digest", "rejected"]] * 30, LABELS, 1, ()
        )
        card = scorecard(version, "tfidf", "challenger", "h", true, ranked, LABELS, 1, LABELS)
        boards.append(Scoreboard((rival, card), tuple(map(str, range(30))), true, LABELS, "h"))
    (tmp_path / "boards").write_bytes(pickle.dumps((run, boards)))
    words = [sys.executable, "-c", DECIDER, str(tmp_path / "boards")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield run, found, process
    process.kill()


def test_a_kill_within_promote_leaves_the_old_champion_or_the_new_one(
    decider: tuple[Run, list[str], "subprocess.Popen[str]"],
) -> None:
    """200 kills at random points of judging and promoting: pointer, ledger, decision and versions agree afterwards."""
    run, versions, process = decider
    models = run.home.models
    assert process.stdin and process.stdout
    rng = random.Random(7)
    seen = set()
    for i in range(N_KILLS):
        process.stdin.write(f"{i % 2}\n")
        process.stdin.flush()
        pid = int(process.stdout.readline())
        time.sleep(rng.uniform(0, LONGEST_S))
        os.kill(pid, signal.SIGKILL)
        assert process.stdout.readline() == "dead\n"
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
        if run.decision.exists():
            assert json.loads(run.decision.read_text())["promoted"], f"kill {i}: half a decision"
        if champion and i % 20 == 0:
            assert load(models / "champion-tiny").classify_fields([{"subject": "a", "body": "b"}])
    assert seen == set(versions), "the kills hit promotions of both"
    told = registry.ledger(models)
    assert any(e["event"] == "abandoned" or e.get("recovered") for e in told), "no kill fell within a promote"


@pytest.mark.parametrize("n_kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_child_killed_at_a_random_step_costs_one_attempt_and_nothing_else(
    n_kills: int,
    place: Home,
    make_recipe: Callable[..., str],
    few_rows: list[dict[str, Any]],
    tiny_deberta: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the first step to the writing of the version: no half model, the champion stands, the next night trains."""
    first, sides = prepare(place, make_recipe(few_rows, {"tfidf": {"method": "tfidf"}}))
    champion = train(first, sides, "tfidf", 0, lambda event: None).version
    registry.promote(place.models, "tiny", champion, first.id, "the first")
    small = {"method": "full", "base": str(tiny_deberta), "epochs": 2, "max_tokens": 48}
    run, sides = prepare(place, make_recipe(few_rows, {"small": small}))
    rng = random.Random(11)
    pids: list[int] = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        "avocet.process.subprocess.Popen",
        lambda *words, **settings: pids.append((child := popen(*words, **settings)).pid) or child,
    )
    for step in rng.choices(range(11), k=n_kills):
        # 120 rows in batches of 16 are 10 steps in 2 epochs; a moment later can be evaluating, saving or sealing.
        later = rng.uniform(0, 0.3)

        def kill(event: Event, step: int = step, later: float = later) -> None:
            if event["type"] == "progress" and event["step"] >= step:
                time.sleep(later)
                os.kill(pids[-1], signal.SIGKILL)

        with pytest.raises(OutOfMemoryError, match="SIGKILL"):
            train(run, sides, "small", 0, kill)
        assert [v.id for v in registry.versions(place.models)] == [champion], f"killed after step {step}"
        assert not list(place.models.glob(".staging-*")), f"killed after step {step}"
        for left in place.models.glob(".resume-*"):
            shutil.rmtree(left)  # the next life begins anew, so that it comes as far as its kill
        assert load(place.models / "champion-tiny").classify_fields([{"subject": "a", "body": "b"}])
    assert train(run, sides, "small", 0, lambda event: None).candidate == "small"


@pytest.mark.slow
def test_the_whole_flow_killed_around_promote_is_old_or_new(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """`python flows/finetune.py` killed with all it started, six times, from judging to the last line."""
    rng = random.Random(3)
    promoted, before = 0, None
    for i in range(6):
        # Another penalty each night is another version; it rises, so that the first nights improve on each other.
        candidate = {"method": "tfidf", "inverse_penalty": 10.0 ** (i - 3)}
        name = make_recipe(few_rows, {"tfidf": candidate}, gate={"holdout_rows": 10}, baselines=["majority"])
        known = {p.name for p in place.runs.glob("*")}
        flow = subprocess.Popen(
            [sys.executable, str(CHECKOUT / "flows" / "finetune.py"), name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

        # Half of the kills fall right behind the decision, where the pointer moves; the others anywhere after scoring.
        sign, later = ("decision.json", 0.03) if i % 2 else ("scores.json", 6.0)

        def signed(known: set[str] = known, sign: str = sign) -> bool:
            return any((p / sign).exists() for p in place.runs.glob("*") if p.name not in known)

        deadline = time.monotonic() + 120
        while not signed() and flow.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, later))
        if flow.poll() is None:
            os.killpg(flow.pid, signal.SIGKILL)
        flow.wait()
        champion = registry.champion_id(place.models, "tiny")
        versions = {v.id for v in registry.versions(place.models)}
        assert champion is None or champion in versions
        assert before is None or champion is not None, "a champion was lost"
        if champion is not None:
            assert load(place.models / "champion-tiny").classify_fields([{"subject": "a", "body": "b"}])
            promoted += champion != before
        before = champion
        with runs.only_one(place):
            registry.sweep(place.models)
            registry.recover(place.models)
        words = [e for e in registry.ledger(place.models) if e["event"] == "promoted"]
        assert champion == (words[-1]["version"] if words else None)
    assert promoted, "no night came as far as a promotion"


def test_a_killed_flow_leaves_no_child_and_no_half_model(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], tiny_deberta: Path
) -> None:
    """SIGKILL of the flow's process while a child trains: the child dies too, and the next run cleans up."""
    slow = {"method": "full", "base": str(tiny_deberta), "epochs": 20, "max_tokens": 48}
    name = make_recipe(few_rows, {"small": slow})
    divided = f"""
from avocet import runs, recipe
from avocet.home import home
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows
from tests.conftest import LABELS
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
    assert registry.versions(place.models) == []
