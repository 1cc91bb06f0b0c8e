"""The bulk flow on a temporary Prefect server: shards put together are one bulk run, and what fails is done again."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avocet.bulk import shards
from avocet.bulk.run import CHUNK, Order, classify_all
from avocet.errors import ChildFailedError, WrongUseError
from avocet.home import Home

N = 2 * CHUNK + 100
CANARY = "xylographically"
Flow = Callable[..., Any]


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """One temporary Prefect server; its default start-up time is too short for a small machine."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture
def source(place: Home) -> Path:
    """Two shards and a bit of invented mails, one line of which is none."""
    rows = [{"id": f"m{i}", "subject": f"New jobs {i}", "body": f"{CANARY} {i % 7}"} for i in range(N - 1)]
    lines = [json.dumps(row) for row in rows]
    path = place.data / "in.jsonl"
    path.write_text("\n".join([*lines[:700], f'{{"{CANARY}', *lines[700:]]) + "\n")
    return path


@pytest.fixture
def asked(place: Home, source: Path, tfidf_version: Callable[..., str]) -> dict[str, Any]:
    """What the flow is called with."""
    model = tfidf_version("tfidf-1")
    return {"sources": [str(source)], "model": model, "rows_per_shard": CHUNK, "where": "auto"}


def one_run(place: Home, asked: dict[str, Any], name: str) -> bytes:
    """What a single bulk run writes."""
    out = place.data / f"one-{name}"
    classify_all(place, Order(tuple(asked["sources"]), out, place.models / asked["model"]))
    return out.read_bytes()


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_shards_put_together_are_one_bulk_run(
    server: None, place: Home, asked: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte by byte, also where a shard fails once and is done again; nothing is left under data/bulk/."""
    from flows import classify as module

    monkeypatch.setattr(module.do_shard, "retry_delay_seconds", 0)
    fails = {1}
    do_shard = shards.do_shard

    def once(home: Home, key: str, number: int) -> Any:
        if number in fails:
            fails.clear()
            raise ChildFailedError("a worker was lost")
        return do_shard(home, key, number)

    monkeypatch.setattr(shards, "do_shard", once)
    state = module.classify(out=f"data/{name}", **asked, return_state=True)
    assert state.message == f"{N} rows in 3 shards by tfidf-1, 1 without an answer"
    assert (place.data / name).read_bytes() == one_run(place, asked, name)
    assert not fails and list((place.data / "bulk").iterdir()) == []
    again = module.classify(out=f"data/{name}", **asked, return_state=True)
    assert again.is_failed() and "is there already; --again" in again.message


def test_a_run_that_failed_for_good_is_gone_on_with(
    server: None, place: Home, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shards that were done are not done again; an input that has changed meanwhile is told."""
    from flows import classify as module

    did: list[int] = []
    do_shard = shards.do_shard

    def broken(home: Home, key: str, number: int) -> Any:
        did.append(number)
        if number == 1 and len(did) < 3:
            raise WrongUseError("not today")
        return do_shard(home, key, number)

    monkeypatch.setattr(shards, "do_shard", broken)
    first = module.classify(out="data/out.jsonl", **asked, return_state=True)
    assert first.is_failed() and first.message == "not today"
    assert not (place.data / "out.jsonl").exists()
    source = Path(asked["sources"][0])
    before = source.read_bytes()
    stat = source.stat()
    source.write_bytes(before + b"\n")
    changed = module.classify(out="data/out.jsonl", **asked, return_state=True)
    assert changed.is_failed() and "the input has changed since data/bulk/" in changed.message
    source.write_bytes(before)
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert module.classify(out="data/out.jsonl", **asked, return_state=True).is_completed()
    assert did == [0, 1, 1, 2]
    assert (place.data / "out.jsonl").read_bytes() == one_run(place, asked, "b.jsonl")


def test_a_worker_that_says_nothing_is_taken_for_lost(
    server: None, place: Home, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that is gone leaves its run Running for ever: it is the file that tells, and the run is set Crashed."""
    from prefect import get_client
    from prefect.states import Completed, Running

    from flows import classify as module

    version = place.models / asked["model"]
    plan = shards.make_plan(place, asked["sources"], Path("data/out.jsonl"), version, False, False, CHUNK)
    monkeypatch.setattr(module, "SILENT_S", 0.2)
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    with get_client(sync_client=True) as client:
        words = {"plan": plan.key, "number": 0}
        silent = client.create_flow_run(module.classify_shard, parameters=words, state=Running())
        with pytest.raises(ChildFailedError, match="shard 0: no chunk in 0 s, its worker is taken for lost"):
            module._wait_for(silent.id, plan, 0)
        told = client.read_flow_run(silent.id).state
        assert told is not None and told.is_crashed()
        liar = client.create_flow_run(module.classify_shard, parameters=words, state=Completed())
    with pytest.raises(ChildFailedError, match="shard 0 ended as Completed on its worker"):
        module._wait_for(liar.id, plan, 0)
    shards.do_shard(place, plan.key, 0)
    module._wait_for(silent.id, plan, 0)


def test_shards_that_no_worker_can_come_to_are_told(
    server: None, place: Home, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduled shard is waited for while a worker of its pool is online, and not without end where none is."""
    from prefect import get_client
    from prefect.states import Scheduled

    from flows import classify as module

    monkeypatch.setattr(module, "LOOK_S", 0.05)
    monkeypatch.setattr(module, "SILENT_S", 0.2)
    plan = shards.make_plan(place, asked["sources"], place.data / "out", place.models / asked["model"], False, False)
    with get_client(sync_client=True) as client:
        words = {"plan": plan.key, "number": 0}
        waiting = client.create_flow_run(module.classify_shard, parameters=words, state=Scheduled())
    with pytest.raises(ChildFailedError, match="no worker of its pool came online"):
        module._wait_for(waiting.id, plan, 0)


def test_without_a_deployment_the_shards_are_done_here_or_refused(
    server: None, place: Home, asked: dict[str, Any]
) -> None:
    """`auto` needs no worker; who asks for workers is told what to do."""
    from flows.classify import classify

    state = classify(out="data/out.jsonl", **{**asked, "where": "workers"}, return_state=True)
    assert state.is_failed() and state.message == (
        "avocet/classify-shard is not deployed: `make deploy`, or do the shards here"
    )
    assert classify(out="data/out.jsonl", **asked, return_state=True).is_completed()


def test_no_mail_text_reaches_the_orchestrator(server: None, asked: dict[str, Any]) -> None:
    """A word that stands in every body is nowhere in the server's database; ids and paths are parameters."""
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

    from flows.classify import classify

    assert classify(out="data/out.jsonl", **asked, with_text=True, return_state=True).is_completed()
    with sqlite3.connect(str(PREFECT_API_DATABASE_CONNECTION_URL.value()).split("///")[-1]) as database:
        dump = "\n".join(database.iterdump())
    assert "data/out.jsonl" in dump and CANARY not in dump
