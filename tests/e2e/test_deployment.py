"""The deployments at work: a closed server, a worker, deploys, runs by hand and by night, and no mail in Prefect."""

import base64
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from avocet.home import CHECKOUT

if TYPE_CHECKING:
    from tests.e2e.conftest import Done, Stack

ARTIFACTS = {f"job-mail-{stage}" for stage in ("data", "split", "benchmark", "confusion", "verdict")}


@dataclass(frozen=True)
class Ran:
    """One `prefect deployment run --watch`: the command's end, and the flow run that it made."""

    done: "Done"
    run: dict[str, Any]

    @property
    def ended(self) -> tuple[int, str, str]:
        """(the command's exit code, the run's state type, the run's state name)"""
        return self.done.code, self.run["state_type"], self.run["state_name"]


def _run(stack: "Stack", *words: str) -> Ran:
    before = {run["id"] for run in stack.api.runs("finetune")}
    done = stack.prefect("deployment", "run", "avocet/finetune", "--watch", "--watch-interval", "1", *words)
    made = [run for run in stack.api.runs("finetune") if run["id"] not in before]
    assert len(made) == 1, f"{done.said}\n{stack.told()}"
    return Ran(done, made[0])


@pytest.fixture(scope="module")
def deployed(stack: "Stack") -> "Done":
    stack.prefect("work-pool", "create", "shards", "--type", "process")  # as `make deploy` does
    return stack.prefect("--no-prompt", "deploy", "--all")


@pytest.fixture(scope="module")
def first(stack: "Stack", deployed: "Done") -> Ran:
    return _run(stack)


@pytest.fixture(scope="module")
def second(stack: "Stack", first: Ran) -> Ran:
    return _run(stack)


@pytest.fixture
def paused(stack: "Stack", deployed: "Done") -> Iterator[dict[str, Any]]:
    """The nightly schedule, paused as the switch in the UI pauses it, and back in force afterwards."""
    nightly = stack.api.deployment("nightly")
    schedule = nightly["schedules"][0]
    path = f"/deployments/{nightly['id']}/schedules/{schedule['id']}"
    stack.api.http.patch(path, json={"active": False}).raise_for_status()
    yield schedule
    stack.api.http.patch(path, json={"active": True}).raise_for_status()


class TestClosed:
    """The server of `make server`."""

    def test_the_auth_string_is_made_once_and_for_its_owner_only(self, stack: "Stack") -> None:
        """File mode 0600, and the string that the server took is the one in the file."""
        file = stack.avocet_home / "data" / "prefect-auth"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text().strip() == stack.environment["PREFECT_API_AUTH_STRING"]

    def test_without_the_auth_string_the_answer_is_401(self, stack: "Stack") -> None:
        """Reading, a wrong string, and a change that even carries a valid CSRF token."""
        tokens = {k: v for k, v in stack.api.http.headers.items() if k.lower().startswith("prefect-csrf")}
        answers = [
            httpx.get(f"{stack.url}/admin/version"),
            httpx.get(f"{stack.url}/admin/version", auth=("avocet", "wrong")),
            httpx.get(f"{stack.url}/csrf-token", params={"client": "stranger"}),
            httpx.post(f"{stack.url}/flow_runs/filter", json={}, headers=tokens),
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 401]
        assert stack.api.http.get("/admin/version").status_code == 200

    def test_a_change_without_a_csrf_token_is_refused(self, stack: "Stack") -> None:
        """The auth string alone, which a browser may send by itself, changes nothing."""
        answer = httpx.post(f"{stack.url}/flow_runs/filter", json={}, auth=stack.api.http.auth)
        assert answer.status_code == 403

    def test_a_foreign_origin_is_not_let_in(self, stack: "Stack") -> None:
        """Only the server's own two names may call it from a page."""
        own = stack.url.removesuffix("/api")
        origins = (own, own.replace("127.0.0.1", "localhost"), "https://evil.example")
        ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        allowed = [
            httpx.options(f"{stack.url}/flow_runs/filter", headers={**ask, "Origin": origin}).headers.get(
                "access-control-allow-origin"
            )
            for origin in origins
        ]
        assert allowed == [origins[0], origins[1], None]

    def test_the_ui_is_served(self, stack: "Stack") -> None:
        """Its page needs no auth string, what it shows does."""
        own = stack.url.removesuffix("/api")
        page = httpx.get(f"{own}/v2/")
        assert (page.status_code, "<script" in page.text) == (200, True)
        settings = httpx.get(f"{own}/ui-settings").json()
        assert (settings["api_url"], settings["auth"], settings["csrf_enabled"]) == (stack.url, "BASIC", True)


class TestDeploy:
    """`prefect --no-prompt deploy --all`."""

    def test_it_succeeds(self, stack: "Stack", deployed: "Done") -> None:
        """Both deployments are there, on the pool, one run at a time."""
        assert deployed.code == 0, f"{deployed.said}\n{stack.told()}"
        for name in ("finetune", "nightly"):
            found = stack.api.deployment(name)
            assert found["work_pool_name"] == "gpu"
            assert found["enforce_parameter_schema"]
            assert found["parameters"] == {"recipe": "job_mail"}
            assert found["global_concurrency_limit"]["limit"] == 1
            assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"
            assert found["pull_steps"] == [
                {"prefect.deployments.steps.set_working_directory": {"directory": str(CHECKOUT)}}
            ]
        assert stack.api.deployment("finetune")["schedules"] == []

    def test_the_scheduler_creates_the_next_nights(self, stack: "Stack", deployed: "Done") -> None:
        """With SQLAlchemy 2.1 it fails in silence, and no night ever comes."""

        def nights() -> list[dict[str, Any]]:
            return [run for run in stack.api.runs("nightly") if run["state_type"] == "SCHEDULED"]

        stack.wait_for(lambda: len(nights()) >= 3, 120, "scheduling three nights")
        assert {run["auto_scheduled"] for run in nights()} == {True}
        assert not any(run["auto_scheduled"] for run in stack.api.runs("finetune"))

    def test_a_second_deploy_keeps_one_schedule_and_its_pause(self, stack: "Stack", paused: dict[str, Any]) -> None:
        """What a person switched off in the UI stays off."""
        again = stack.prefect("--no-prompt", "deploy", "--all")
        assert again.code == 0, f"{again.said}\n{stack.told()}"
        found = stack.api.deployment("nightly")["schedules"]
        assert [(s["slug"], s["active"], s["schedule"]["cron"]) for s in found] == [("nightly", False, "0 3 * * *")]
        assert found[0]["schedule"]["timezone"] == "Europe/Berlin"


class TestRun:
    """`prefect deployment run avocet/finetune --watch`."""

    def test_bad_parameters_are_refused(self, stack: "Stack", deployed: "Done") -> None:
        """No run is made for what the flow would not take."""
        before = len(stack.api.runs("finetune"))
        refused = stack.prefect("deployment", "run", "avocet/finetune", "-p", "epochs=99")
        assert refused.code == 1, refused.said
        assert "99" in refused.said
        assert len(stack.api.runs("finetune")) == before

    def test_the_first_run_completes(self, stack: "Stack", first: Ran) -> None:
        """Through the worker and the closed server, with exit code 0, and there is a champion."""
        assert first.ended == (0, "COMPLETED", "Completed"), f"{first.run['state']['message']}\n{stack.told()}"
        assert list((stack.avocet_home / "models").iterdir())

    def test_its_artifacts_tell_the_story(self, stack: "Stack", first: Ran) -> None:
        """Data, split, benchmark, confusion and verdict, each with something in it."""
        found = stack.api.filter("artifacts", artifacts={"flow_run_id": {"any_": [first.run["id"]]}})
        by_key = {artifact["key"]: artifact for artifact in found}
        assert set(by_key) >= ARTIFACTS
        assert by_key["job-mail-confusion"]["type"] == "image"
        assert by_key["job-mail-confusion"]["data"].startswith("data:image/png;base64,")
        assert "tfidf" in by_key["job-mail-verdict"]["data"]
        assert not [c for c in stack.canaries if c in str(found)]

    def test_a_night_without_news_is_told_as_such(self, stack: "Stack", second: Ran) -> None:
        """Same rows, recipe and code: the state is named NoChange, and no stage after validate ran."""
        assert second.ended == (0, "COMPLETED", "NoChange"), f"{second.run['state']['message']}\n{stack.told()}"
        found = stack.api.filter("artifacts", artifacts={"flow_run_id": {"any_": [second.run["id"]]}})
        assert {artifact["key"] for artifact in found} == {"job-mail-data"}

    def test_no_mail_and_no_secret_is_left_in_prefect(self, stack: "Stack", first: Ran, second: Ran) -> None:
        """Neither the mail that was learned from nor the line that was set aside: not in its database, files or logs."""

        def tasks() -> list[str]:
            found = stack.api.filter("task_runs", flow_runs={"id": {"any_": [first.run["id"]]}})
            return sorted(task["state_type"] for task in found)

        # Task runs come as events, a little later than the flow's own end.
        stack.wait_for(lambda: tasks() == ["COMPLETED"] * 5, 60, "recording five task runs")
        kept = stack.everything()
        secret = stack.environment["PREFECT_API_AUTH_STRING"]
        assert "job-mail-verdict" in kept, "the search does not see what Prefect keeps"
        assert any(stack.canaries[0] in p.read_text() for p in stack.avocet_home.glob("data/runs/*/rows.jsonl"))
        assert list(stack.avocet_home.glob("data/quarantine/*.jsonl"))
        unwanted = (*stack.canaries, secret.partition(":")[2], base64.b64encode(secret.encode()).decode())
        assert not [text[:8] for text in unwanted if text in kept]
