"""The real flow, started over HTTP in a process of its own: its events, and what a cancel, a kill and full memory leave."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from app.run_events import RunEvent
from avocet import registry
from avocet.home import Home
from avocet.running.timeline import Reader, events
from avocet.running.worker import noted, worker_of

EVENT: TypeAdapter[Any] = TypeAdapter(RunEvent)
TFIDF = {"tfidf": {"method": "tfidf"}}
SETTINGS: dict[str, Any] = {"name": "job_mail", "gate": {"holdout_rows": 10}, "baselines": ["majority"]}
Make = Callable[..., str]
Rows = list[dict[str, Any]]


def to_the_end(client: TestClient, number: int) -> list[dict[str, Any]]:
    """All events of the run; each fits its shape."""
    with client.stream("GET", f"/api/runs/{number}/events") as answer:
        found = [json.loads(x.removeprefix("data: ")) for x in answer.iter_lines() if x.startswith("data: ")]
    for event in found:
        EVENT.validate_python(event)
    return found


def until(client: TestClient, place: Home, number: int, kind: str) -> Path:
    """Wait until the run has told an event of this kind; its folder."""
    folder = place.runs / client.get(f"/api/runs/{number}").json()["run"]
    reader, deadline = Reader(folder), time.monotonic() + 120
    while time.monotonic() < deadline:
        for _, line in reader.read():
            if json.loads(line)["type"] == kind:
                return folder
        assert not reader.ended, (folder / "flow.log").read_text()
        time.sleep(0.05)
    pytest.fail(f"no {kind} came")


@pytest.mark.slow
def test_a_night_over_http_and_the_benchmark_after_it(
    client: TestClient, place: Home, make_recipe: Make, few_rows: Rows
) -> None:
    """Promoted, told in full; judged again without a decision; a second night has no news."""
    make_recipe(few_rows, TFIDF, **SETTINGS)
    assert client.post("/api/runs", json={}).status_code == 202
    told = to_the_end(client, 1)
    assert [e["stage"] for e in told if e["type"] == "stage"] == [
        "validate",
        "split",
        "finetune",
        "benchmark",
        "promote",
    ]
    assert (told[-2]["type"], told[-1]["outcome"]) == ("verdict", "promoted")
    shown = client.get("/api/runs/1").json()
    assert {s["status"] for s in shown["stages"]} == {"done"}
    assert shown["verdict"]["promoted"] and shown["verdict"]["sentence"] == shown["sentence"]
    assert shown["data"] == {
        "n_rows": 120, "by_label": {"rejected": 40, "digest": 40, "neutral": 40}, "dropped": [], "quarantined": 0,
    }  # fmt: skip
    assert [c["role"] for c in shown["cards"]] == ["challenger", "baseline"]
    champion = registry.champion_id(place.models, "job_mail")

    with client.stream("GET", "/api/benchmark/run") as answer:
        judged = [json.loads(x.removeprefix("data: ")) for x in answer.iter_lines() if x.startswith("data: ")]
    assert judged[-1] == {"type": "complete"}
    assert judged[-2]["message"].startswith("2 of 2 scored on 24 mails, nothing was trained or decided; best is tfidf")
    assert registry.champion_id(place.models, "job_mail") == champion
    assert [e["event"] for e in registry.ledger(place.models)] == ["promoting", "promoted"]
    judged_only = client.get("/api/runs/2").json()
    assert (judged_only["verdict"], [c["role"] for c in judged_only["cards"]]) == (None, ["champion", "baseline"])
    board = json.loads((place.runs / client.get("/api/runs/2").json()["run"] / "decision.json").read_text())
    assert (board["promoted"], board["board"]["cards"][0]["role"]) == (False, "champion")

    assert client.post("/api/runs", json={}).status_code == 202
    assert to_the_end(client, 3)[-1]["outcome"] == "no_change"


@pytest.mark.slow
def test_a_cancelled_and_a_killed_training_leave_nothing_behind(
    client: TestClient, place: Home, make_recipe: Make, few_rows: Rows, tiny_deberta: Path
) -> None:
    """No process, no half version, no champion, no lock; both are told, and the next run begins."""
    slow = {"method": "full", "base": str(tiny_deberta), "epochs": 20, "max_tokens": 64}
    make_recipe(few_rows, {"small": slow}, **SETTINGS)
    for number, how in ((1, "cancelled"), (2, "failed")):
        assert client.post("/api/runs", json={}).status_code == 202
        folder = until(client, place, number, "progress")
        its = worker_of(noted(folder / "at-work.json"))
        assert its is not None
        family = psutil.Process(its.pid).children(recursive=True)
        assert family
        if how == "cancelled":
            assert client.post(f"/api/runs/{number}/cancel").status_code == 202
        else:
            os.kill(its.pid, signal.SIGKILL)
        end = to_the_end(client, number)[-1]
        assert (end["status"], end["outcome"]) == (how, how), (folder / "flow.log").read_text()
        psutil.wait_procs(family, timeout=20)
        trained = [p for p in family if p.is_running() and "avocet.methods" in " ".join(p.cmdline())]
        assert trained == [], "a child outlived its run and would hold the GPU"
        assert registry.champion_id(place.models, "job_mail") is None and registry.versions(place.models) == []
    assert events(folder)[-1]["sentence"].startswith("it was killed")
    for process in family:  # Prefect's temporary server, which nobody could ask to end
        if process.is_running():
            process.kill()


@pytest.mark.slow
def test_what_holds_the_memory_is_told_to_whoever_watches(
    client: TestClient,
    place: Home,
    make_recipe: Make,
    few_rows: Rows,
    tiny_deberta: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Document 0: a clear message, in the stream, each attempt and the last one."""
    narrow = {"method": "full", "base": str(tiny_deberta), "epochs": 1, "max_tokens": 32, "batch_size": 1}
    make_recipe(few_rows, {"small": {**narrow, "gradient_checkpointing": True}}, **SETTINGS)
    monkeypatch.setenv("AVOCET_FAULT", "kill@1")
    assert client.post("/api/runs", json={}).status_code == 202
    told = to_the_end(client, 1)
    ooms = [e["message"] for e in told if e["type"] == "oom"]
    assert "What holds the memory" in ooms[-1] and "small at micro-batch 1" in ooms[-1]
    assert (told[-1]["status"], told[-1]["reason"]) == ("failed", "nothing_trained")
    assert ooms[-1] in told[-1]["sentence"]
