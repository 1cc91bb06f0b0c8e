"""Runs that are started over HTTP where a Prefect server is: a worker does them, and the same events come of them."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from avocet.home import CHECKOUT
from tests.e2e.conftest import free_port, started

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

SERVE = CHECKOUT / "tests" / "quick" / "serve.py"
RUN_S = 300


@pytest.fixture(scope="module")
def api(stack: "Stack") -> Iterator[httpx.Client]:
    """The application in a shell that was let in, with everything deployed."""
    stack.prefect("work-pool", "create", "shards", "--type", "process")
    deployed = stack.prefect("--no-prompt", "deploy", "--all")
    assert deployed.code == 0, deployed.said
    port = free_port()
    command = [sys.executable, str(SERVE), str(stack.avocet_home), str(port)]
    headers = {"Authorization": "Bearer t"}
    with (
        started(command, stack.environment, stack.prefect_home.parent / "api.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client,
    ):
        stack.wait_for(lambda: _answers(client), 120, "an application that answers")
        yield client


def _answers(client: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return client.get("/api/runs").status_code == 200
    return False


def _events(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        return [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: ")]


def _flow_run(stack: "Stack", its: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stack.api.get(f"/flow_runs/{its['flow_run_url'].rpartition('/')[2]}")
    return found


@pytest.mark.slow
def test_a_run_is_done_by_a_worker(api: httpx.Client, stack: "Stack") -> None:
    """The number comes at once, the events come from the worker, the page leads to Prefect, and no mail is in it."""
    began = api.post("/api/runs", json={"shares": {"validation": 0.15, "holdout": 0.2}})
    assert began.status_code == 202, began.text
    its = began.json()
    assert its["live"] and its["flow_run_url"].startswith(stack.url.removesuffix("/api"))
    assert api.post("/api/runs", json={}).status_code == 409
    events = _events(api, f"/api/runs/{its['id']}/events")
    assert events[-1]["status"] == "completed", f"{events[-1]}\n{stack.told()}"
    assert [e["status"] for e in events if e["type"] == "status"] == [
        "waiting", "preparing", "training", "evaluating",
    ]  # fmt: skip
    assert [e["stage"] for e in events if e["type"] == "stage"] == [
        "validate", "split", "finetune", "benchmark", "promote",
    ]  # fmt: skip
    shown = api.get(f"/api/runs/{its['id']}").json()
    assert (shown["outcome"], shown["flow_run_url"]) == (events[-1]["outcome"], its["flow_run_url"])
    assert shown["data"]["n_rows"] > 400 and shown["verdict"]["promoted"] == (shown["outcome"] == "promoted")
    run = lambda: _flow_run(stack, its)  # noqa: E731
    stack.wait_for(lambda: run()["state_type"] == "COMPLETED", 60, "the end of the flow run")
    assert run()["parameters"]["run"] == its["run"]
    assert not any(canary in json.dumps(events) or canary in stack.everything() for canary in stack.canaries)


@pytest.mark.slow
def test_a_run_is_cancelled_wherever_it_is(api: httpx.Client, stack: "Stack") -> None:
    """In Prefect's queue, and at work: its last event says so, and Prefect has it as cancelled."""
    for at_work in (False, True):
        its = api.post("/api/runs", json={"model": "tfidf"}).json()
        while at_work and api.get(f"/api/runs/{its['id']}").json()["stages"][0]["status"] == "waiting":
            time.sleep(0.2)
        assert api.post(f"/api/runs/{its['id']}/cancel").status_code == 202
        end = _events(api, f"/api/runs/{its['id']}/events")[-1]
        assert (end["type"], end["status"]) == ("end", "cancelled"), f"{end}\n{stack.told()}"
        over = lambda its=its: _flow_run(stack, its)["state_type"] == "CANCELLED"  # noqa: E731
        stack.wait_for(over, 60, "a flow run that is cancelled")


@pytest.mark.slow
def test_judging_alone_is_a_deployment_of_its_own(api: httpx.Client, stack: "Stack") -> None:
    """Document 0's stream of it ends with `complete`, and the scores are kept."""
    events = _events(api, "/api/benchmark/run")
    assert events[-1] == {"type": "complete"}, f"{events[-1]}\n{stack.told()}"
    assert "nothing was trained or decided" in events[-2]["message"]
    newest = api.get("/api/runs").json()["items"][0]
    assert newest["outcome"] == "no_change"
    assert (stack.avocet_home / "data" / "runs" / newest["run"] / "decision.json").exists()


@pytest.mark.slow
def test_the_schedule_is_prefects(api: httpx.Client, stack: "Stack") -> None:
    """Switched and moved from here; what is no time is refused."""

    def deployed() -> tuple[Any, ...]:
        (its,) = stack.api.deployment("nightly")["schedules"]
        return its["active"], its["schedule"]["cron"], its["schedule"]["timezone"], its["slug"]

    def put(**wanted: Any) -> dict[str, Any]:
        answer = api.put("/api/schedule", json=wanted)
        assert answer.status_code == 200, f"{answer.text}\n{stack.told()}"
        return dict(answer.json())

    found = api.get("/api/schedule").json()
    usual = {"where": "prefect", "cron": "0 3 * * *", "timezone": "Europe/Berlin", "active": True}
    assert {name: found[name] for name in usual} == usual
    assert found["next"].endswith("Z") and found["last"]
    off = put(active=False)
    assert (off["active"], off["next"], off["cron"]) == (False, None, "0 3 * * *")
    assert deployed() == (False, "0 3 * * *", "Europe/Berlin", "nightly")
    on = put(active=True, cron="30 4 * * *")
    assert (on["active"], on["cron"], on["timezone"]) == (True, "30 4 * * *", "Europe/Berlin")
    assert on["next"] is not None
    assert deployed() == (True, "30 4 * * *", "Europe/Berlin", "nightly")
    for wrong in ({"cron": "whenever"}, {"timezone": "Moon/Crater"}, {"odd": 1}):
        assert api.put("/api/schedule", json=wrong).status_code == 422, wrong
    put(cron="0 3 * * *")
    assert deployed() == (True, "0 3 * * *", "Europe/Berlin", "nightly")
