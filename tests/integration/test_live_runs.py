"""Runs over HTTP: started once, followed line by line, cancelled, and told in the shapes of the documents."""

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from app import processes
from app.run_events import RunEvent
from avocet import runs
from avocet.home import CHECKOUT, Home
from avocet.running import endings, timeline
from avocet.running.request import RunRequest, reserve
from avocet.running.worker import Worker, note, noted, worker_of
from avocet.store.database import store_of
from avocet.store.runs import RunLedger
from avocet.store.settings import change

QUICK = CHECKOUT / "tests" / "quick"
EVENT: TypeAdapter[Any] = TypeAdapter(RunEvent)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, make_recipe: Callable[..., str]) -> None:
    """Runs take a moment, and their recipe is `job_mail`, which the application asks for."""
    monkeypatch.setattr(processes, "FLOWS", QUICK)
    make_recipe([], {"tfidf": {"method": "tfidf"}, "whole": {"method": "full", "base": "x/y"}}, name="job_mail")


def stream(client: TestClient, path: str, **headers: str) -> list[tuple[str | None, dict[str, Any]]]:
    """(id, data) of each event until the stream ends."""
    found: list[tuple[str | None, dict[str, Any]]] = []
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                found.append((fields.get("id"), json.loads(fields["data"])))
                fields = {}
    return found


def told(events: list[tuple[str | None, dict[str, Any]]]) -> list[str]:
    return [str(e.get("message") or e.get("status") or e.get("stage")) for _, e in events]


LINES = ["waiting", "preparing", "validate", "line 0 of finetune", "line 1 of finetune", "line 2 of finetune", "completed"]  # fmt: skip


def test_a_run_is_started_and_followed_to_its_end(client: TestClient, place: Home) -> None:
    """202 with its number at once; each line once, with its number; a reader goes on where it was; 204 past the end."""
    began = client.post("/api/runs", json={"epochs": 2})
    assert (began.status_code, began.headers["location"]) == (202, "/api/runs/1")
    its = began.json()
    assert (its["id"], its["status"], its["outcome"], its["live"]) == (1, "preparing", "running", True)
    events = stream(client, "/api/runs/1/events")
    assert told(events) == LINES
    assert [i for i, _ in events] == [str(n) for n in range(1, 8)]
    for _, event in events:
        EVENT.validate_python(event)
    assert [json.loads(x) for x in (place.runs / its["run"] / "events.jsonl").read_text().splitlines()] == [
        event for _, event in events
    ]
    assert told(stream(client, f"/api/runs/{its['run']}/events", **{"Last-Event-ID": "5"})) == LINES[5:]
    assert told(stream(client, "/api/runs/1/events", **{"Last-Event-ID": "not ours"})) == LINES
    past = client.get("/api/runs/1/events", headers={"Last-Event-ID": "7"})
    assert (past.status_code, past.content) == (204, b"")
    shown = client.get("/api/runs/1").json()
    assert (shown["outcome"], shown["live"], shown["progress"], shown["sentence"]) == ("no_change", False, 1, "nothing new")  # fmt: skip
    assert [s["status"] for s in shown["stages"]] == ["done", "skipped", "skipped", "skipped", "skipped"]
    assert (shown["verdict"], shown["data"]) == (None, None)
    listed = client.get("/api/runs").json()
    assert ([r["id"] for r in listed["items"]], listed["total"], listed["next_cursor"]) == ([1], 1, None)


def test_what_cannot_be_started_is_refused_as_a_problem(client: TestClient, place: Home) -> None:
    """404, 409 and 422 before anything is written."""
    assert client.get("/api/runs/77").status_code == client.get("/api/runs/77/events").status_code == 404
    assert client.post("/api/runs/77/cancel").status_code == 404
    for body in (
        {"epochs": 21}, {"rank": 0}, {"learning_rate": 1}, {"shares": {"validation": 0.1}}, {"model": "nobody"}, {"odd": 1},
        {"recipe": "../../etc/passwd"}, {"recipe": "/etc/x.yaml"}, {"recipe": "nobody"}, {"model": "tfidf", "rank": 8},
    ):  # fmt: skip
        refused = client.post("/api/runs", json=body)
        assert refused.status_code == 422, (body, refused.text)
    assert client.get("/api/finetune/run?model=nobody").status_code == 422
    assert client.get("/api/finetune/run?epochs=21").status_code == 422
    change(store_of(place), "ann", fine_tuning_enabled=False)
    off = client.post("/api/runs", json={})
    assert (off.status_code, off.json()["type"]) == (409, "/problems#switched_off")
    assert client.post("/admin/api/start-training").status_code == 409
    assert client.get("/api/runs?cursor=x").status_code == 422
    assert RunLedger(store_of(place)).count() == 0 and not place.runs.exists()


def test_three_clients_and_two_reconnects_are_one_training(
    client: TestClient, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Document 0's stream starts or attaches; a reconnect only goes on; another wish is told which run is in the way."""
    monkeypatch.setenv("QUICK_S", "0.5")
    path = "/api/finetune/run?model=whole&epochs=3"
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(stream, client, path) for _ in range(3)]
        while not RunLedger(store_of(place)).count():
            time.sleep(0.02)
        busy = client.post("/api/runs", json={})
        assert (busy.status_code, busy.json()["type"]) == (409, "/problems#busy") and "run 1 (" in busy.json()["detail"]
        assert client.get("/api/finetune/run?model=tfidf&epochs=3").status_code == 409
        assert client.get("/api/benchmark/run").status_code == 409
        again = [stream(client, path, **{"Last-Event-ID": "1-3"}) for _ in range(2)]
        streams = [one.result() for one in waiting]
    wanted = [{"type": "progress", "message": m} for m in (
        "waiting to begin", "begun", "stage 1 of 5: validate", "line 0 of finetune", "line 1 of finetune", "line 2 of finetune",
        "nothing new",
    )]  # fmt: skip
    assert [[event for _, event in one] for one in streams] == [[*wanted, {"type": "complete"}]] * 3
    assert [[event for _, event in one] for one in again] == [[*wanted[3:], {"type": "complete"}]] * 2
    assert streams[0][0][0] == "1-1" and streams[0][-1][0] == "1-7"
    for last in ("1-7", "9-1", "x", "1-", "1-99"):
        assert client.get(path, headers={"Last-Event-ID": last}).status_code == 204, last
    assert RunLedger(store_of(place)).count() == 1


def test_a_cancelled_run_ends_in_good_order(client: TestClient, place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """From waiting and from work; the second cancel is told that it is over."""
    monkeypatch.setenv("QUICK_S", "60")
    assert client.post("/api/finetune/cancel").status_code == 404
    assert client.post("/api/runs", json={}).status_code == 202
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(stream, client, "/api/runs/1/events")
        run = RunLedger(store_of(place)).get("1").run
        while len(timeline.events(place.runs / run)) < 4:
            time.sleep(0.05)
        assert client.post("/api/benchmark/cancel").status_code == 404
        assert client.post("/api/finetune/cancel").json() == {"status": "cancelled"}
        assert told(seen.result())[-1] == "cancelled"
    shown = client.get("/api/runs/1").json()
    assert (shown["status"], shown["outcome"]) == ("failed", "cancelled")
    assert shown["sentence"].startswith("cancelled by ")
    over = client.post("/api/runs/1/cancel")
    assert (over.status_code, over.json()["detail"]) == (409, "run 1 has ended already; nothing was done")
    assert stream(client, "/api/finetune/run?model=whole", **{"Last-Event-ID": "1-4"})[-1][1] == {"type": "cancelled"}

    assert client.post("/api/runs", json={}).status_code == 202
    assert client.post("/api/runs/2/cancel").json()["outcome"] == "cancelled"  # it is still on its way
    assert told(stream(client, "/api/runs/2/events")) == ["waiting", "cancelled"]
    its = worker_of(noted(place.runs / RunLedger(store_of(place)).get("2").run / "waiting.json"))
    assert its is not None
    while not its.gone:
        time.sleep(0.05)
    assert told(stream(client, "/api/runs/2/events")) == ["waiting", "cancelled"]


def test_a_run_in_the_queue_of_a_server_that_is_away_is_cancelled_all_the_same(
    client: TestClient, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It will not begin: its flow run reads the wish. One at work goes on, and nobody is told that it was cancelled."""
    waits = reserve(place, RunRequest("job_mail"), "ann").run
    note(place.runs / waits.run / "waiting.json", flow_run="7d0e5b2c-0c0e-4f0e-9d2b-0f6e9a6f3d11")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert client.post("/api/runs/1/cancel").json()["outcome"] == "cancelled"
    at_work = reserve(place, RunRequest("job_mail"), "ann").run
    note(place.runs / at_work.run / "at-work.json", Worker.of(), flow_run="7d0e5b2c-0c0e-4f0e-9d2b-0f6e9a6f3d11")
    timeline.say(place.runs / at_work.run, "status", status="preparing")
    assert client.post("/api/runs/2/cancel").status_code == 503
    assert client.get("/api/runs/2").json()["live"]
    assert not (place.runs / at_work.run / "cancel.json").exists()


@pytest.mark.parametrize("verdict", ["promoted whole", "another sentence"])
def test_a_cut_before_the_last_event_does_not_lose_it(client: TestClient, place: Home, verdict: str) -> None:
    """Wherever document 0's stream is cut, going on brings `complete`, and no verdict twice."""
    run = reserve(place, RunRequest("job_mail"), "ann").run.run
    timeline.say(place.runs / run, "verdict", promoted=True, reason="first", sentence=verdict)
    timeline.say(place.runs / run, "end", status="completed", outcome="promoted", sentence="promoted whole")
    path = "/api/finetune/run?model=whole"
    whole = stream(client, path, **{"Last-Event-ID": "1-0"})
    assert whole[-1] == ("1-3", {"type": "complete"})
    for i, (last, _) in enumerate(whole[:-1]):
        rest = stream(client, path, **{"Last-Event-ID": str(last)})
        assert rest[-1] == whole[-1]
        assert len(rest) <= len(whole) - i  # that which has no line of its own may come twice
        assert (verdict in told(rest)) == (i < 1)


def test_to_cancel_a_run_ends_nobody_who_only_asks_for_it(client: TestClient, place: Home) -> None:
    """Another server may be asking Prefect for it; until it has, its own process stands in the run's folder."""
    run = reserve(place, RunRequest("job_mail"), "ann").run.run
    with subprocess.Popen(["sleep", "60"]) as other:
        asking = noted(place.runs / run / "waiting.json") | {"worker": asdict(Worker.of(other.pid))}
        (place.runs / run / "waiting.json").write_text(json.dumps(asking))
        assert client.post("/api/runs/1/cancel").json()["outcome"] == "cancelled"
        time.sleep(0.3)
        assert other.poll() is None
        other.kill()


def test_a_run_of_another_machine_is_not_told_as_cancelled(client: TestClient, place: Home) -> None:
    """Where it cannot be cancelled, it goes on as if nobody had asked."""
    run = reserve(place, RunRequest("job_mail"), "ann").run.run
    note(place.runs / run / "at-work.json", Worker("elsewhere", 1, 0.0))
    timeline.say(place.runs / run, "status", status="preparing")
    with runs.only_one(place):  # as it holds it there
        assert client.post("/api/runs/1/cancel").status_code == 422
    assert not (place.runs / run / "cancel.json").exists()


def test_a_run_that_dies_is_told_as_failed(client: TestClient, place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own words, or where it has none, by where to look; nobody waits for ever."""
    monkeypatch.setenv("QUICK_FAILS", "out of memory; What holds the memory: vllm (pid 41) 5.7 GiB")
    events = stream(client, "/api/finetune/run?model=whole")
    assert events[-1][1] == {"type": "error", "message": "out of memory; What holds the memory: vllm (pid 41) 5.7 GiB"}
    monkeypatch.setattr(processes, "FLOWS", QUICK / "nowhere")
    assert client.post("/api/runs", json={}).status_code == 202
    end = stream(client, "/api/runs/2/events")[-1][1]
    assert (end["status"], "flow.log" in end["sentence"]) == ("failed", True)
    assert "can't open file" in (place.runs / RunLedger(store_of(place)).get("2").run / "flow.log").read_text()


def test_document_1_starts_and_polls(client: TestClient, place: Home) -> None:
    """202 {run_id}; status, progress, results; the same idempotency key is the same run."""
    began = client.post("/admin/api/start-training", json={"model": "whole", "learning_rate": 2e-4})
    assert (began.status_code, began.json()) == (202, {"run_id": 1})
    asked = json.loads((place.runs / RunLedger(store_of(place)).get("1").run / "asked.json").read_text())
    assert (asked["model"], asked["learning_rate"]) == ("whole", 2e-4)
    while (found := client.get("/admin/api/training-status/1").json())["status"] not in ("completed", "failed"):
        assert 0 <= found["progress"] < 1
        time.sleep(0.1)
    assert found == {"run_id": 1, "status": "completed", "progress": 1, "results": None}
    first = client.post("/api/runs", json={}, headers={"Idempotency-Key": "a"})
    assert client.post("/api/runs", json={}, headers={"Idempotency-Key": "a"}).json()["id"] == first.json()["id"] == 2
    assert client.post("/api/runs", json={"epochs": 2}, headers={"Idempotency-Key": "a"}).status_code == 422
    stream(client, "/api/runs/2/events")
    judged = stream(client, "/api/benchmark/run")
    assert [event for _, event in judged][-2:] == [{"type": "progress", "message": "nothing new"}, {"type": "complete"}]
    page = client.get("/api/runs?limit=2").json()
    assert ([r["id"] for r in page["items"]], page["total"]) == ([3, 2], 3)
    rest = client.get(f"/api/runs?limit=2&cursor={page['next_cursor']}").json()
    assert ([r["id"] for r in rest["items"]], rest["next_cursor"]) == ([1], None)


def test_without_a_server_there_is_no_schedule(client: TestClient) -> None:
    """And how to get one is told."""
    found = client.get("/api/schedule").json()
    assert (found["where"], found["active"], found["next"], found["last"]) == ("none", False, None, [])
    assert "make server" in found["help"]
    refused = client.put("/api/schedule", json={"active": True})
    assert refused.status_code == 409 and "make deploy" in refused.json()["detail"]


def test_a_server_that_is_away_is_told_and_leaves_no_run_behind(
    client: TestClient, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a moment: a person waits for the answer."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    refused = client.post("/api/runs", json={})
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems#orchestrator")
    assert "http://127.0.0.1:9/api does not answer" in refused.json()["detail"]
    assert endings.live(place) == []
    assert RunLedger(store_of(place)).get("1").status == "failed"
    assert client.get("/api/schedule").status_code == 503
