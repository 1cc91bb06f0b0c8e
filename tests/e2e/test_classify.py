"""avocet/classify on a real server: its shards run on workers of their own pool, and a lost one's shard is done again."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from avocet.bulk.run import CHUNK, Order, classify_all
from avocet.home import Home
from tests.e2e.conftest import started

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

N = 60 * CHUNK
PER_SHARD = 20 * CHUNK


@pytest.fixture
def version(stack: "Stack", tfidf_version: Callable[..., str], place: Home) -> str:
    """A tfidf version in the stack's home."""
    name = tfidf_version("tfidf-bulk")
    (stack.avocet_home / "models").mkdir(exist_ok=True)
    (place.models / name).rename(stack.avocet_home / "models" / name)
    return name


@pytest.fixture
def shards_worker(stack: "Stack") -> Iterator[Any]:
    """A worker of the shards' pool, which takes two at a time."""
    work = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "shards", "--type", "process", "--limit", "2"]
    log = stack.prefect_home.parent / "shards.log"
    with started(work, stack.environment, log) as worker:
        ready = lambda: any(w["status"] == "ONLINE" for w in _workers(stack))  # noqa: E731
        stack.wait_for(ready, 180, "a worker of the shards' pool")
        yield worker


def _workers(stack: "Stack") -> list[dict[str, Any]]:
    if "shards" not in {pool["name"] for pool in stack.api.filter("work_pools")}:
        return []
    return stack.api.filter("work_pools/shards/workers")


def _killed_one(worker: Any, stack: "Stack") -> None:
    """Kill the process of the first shard that has written something."""
    parts = lambda: list(stack.avocet_home.glob("data/bulk/*/*.part.done"))  # noqa: E731
    stack.wait_for(lambda: bool(parts()), 180, "a shard that has begun")
    time.sleep(0.3)
    for child in psutil.Process(worker.pid).children(recursive=True):
        with suppress(psutil.Error):
            if "prefect" in " ".join(child.cmdline()):
                child.kill()
                return
    pytest.fail("no shard's process was there to be killed")


@pytest.mark.slow
def test_a_lost_workers_shard_is_done_again(stack: "Stack", version: str, shards_worker: Any, tmp_path: Any) -> None:
    """Four runs for three shards; what comes out is what one bulk run writes, and no mail text is in Prefect."""
    deployed = stack.prefect("--no-prompt", "deploy", "--all")
    assert deployed.code == 0, deployed.said
    source = stack.avocet_home / "data" / "big.jsonl"
    with source.open("w") as stream:
        for i in range(N):
            stream.write(
                json.dumps({"id": f"m{i}", "subject": f"{stack.canaries[0]} {i}", "body": "New jobs " * 40}) + "\n"
            )
    words = {
        "sources": '["data/big.jsonl"]',
        "out": "data/big-out.jsonl",
        "model": version,
        "rows_per_shard": PER_SHARD,
    }
    made = stack.prefect("deployment", "run", "avocet/classify", *(f"--param={k}={v}" for k, v in words.items()))
    assert made.code == 0, made.said
    _killed_one(shards_worker, stack)
    run = lambda: stack.api.runs("classify")[-1]  # noqa: E731
    stack.wait_for(lambda: run()["state_type"] in ("COMPLETED", "FAILED", "CRASHED"), 400, "the end of the run")
    told = f"{run()['state']['message']}\n{stack.told()}"
    assert run()["state_type"] == "COMPLETED", told
    assert sorted(one["state_type"] for one in stack.api.runs("classify-shard")) == ["COMPLETED"] * 3 + ["CRASHED"], (
        told
    )
    home = Home(stack.avocet_home)
    alone = Order((str(source),), tmp_path / "alone.jsonl", home.models / version)
    classify_all(home, alone)
    assert (home.data / "big-out.jsonl").read_bytes() == alone.out.read_bytes()
    assert not any(canary in stack.everything() for canary in stack.canaries)
