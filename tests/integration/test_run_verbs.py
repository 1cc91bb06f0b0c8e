"""Runs in the terminal: started, watched, stopped; what a verb says as JSON is what the API answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient

from app import processes
from app.cli import main
from avocet.home import CHECKOUT, Home
from avocet.store.database import store_of
from avocet.store.runs import RunLedger

QUICK = CHECKOUT / "tests" / "quick"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, make_recipe: Callable[..., str]) -> None:
    """Runs take a moment."""
    monkeypatch.setattr(processes, "FLOWS", QUICK)
    make_recipe([], {"tfidf": {"method": "tfidf"}}, name="job_mail")


@pytest.fixture
def avocet(place: Home) -> Callable[..., Result]:
    """One command in the terminal."""
    return lambda *words: CliRunner().invoke(main, words, catch_exceptions=False)


def test_a_run_is_followed_and_told_again(avocet: Callable[..., Result], client: TestClient) -> None:
    """Exit code 3: nothing was new. Later `logs` says the same, and `watch` ends at once with the same code."""
    ran = avocet("train", "job_mail", "--epochs", "2", "--follow")
    assert ran.exit_code == 3
    said = [line.partition("  ")[2] for line in ran.stdout.splitlines()]
    lines = ["stage 1 of 5: validate", *(f"line {i} of finetune" for i in range(3)), "nothing new"]
    assert said == ["waiting to begin", "begun", *lines]
    assert "avocet runs cancel 1" in ran.stderr
    watched, logged = avocet("runs", "watch", "1"), avocet("runs", "logs", "1")
    assert (watched.exit_code, logged.exit_code) == (3, 0)
    assert watched.stdout == logged.stdout == ran.stdout
    events = [json.loads(line) for line in avocet("runs", "logs", "1", "--nl").stdout.splitlines()]
    assert (events[0]["type"], events[-1]["outcome"]) == ("status", "no_change")
    assert json.loads(avocet("runs", "--json").stdout) == client.get("/api/runs").json()
    assert json.loads(avocet("runs", "show", "1", "--json").stdout) == client.get("/api/runs/1").json()
    assert "no_change" in avocet("runs").stdout
    assert json.loads(avocet("schedule", "--json").stdout) == client.get("/api/schedule").json()


def test_judging_alone_is_done_when_it_is_done(avocet: Callable[..., Result], place: Home) -> None:
    """Nothing new is what it is for."""
    ran = avocet("benchmark", "--follow")
    assert ran.exit_code == 0 and "line 2 of benchmark" in ran.stdout
    assert avocet("runs", "cancel", "1").exit_code == 3
    assert avocet("runs", "watch", "77").exit_code == 3


def test_a_failure_has_its_errors_exit_code(avocet: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """And its words."""
    monkeypatch.setenv("QUICK_FAILS", "out of memory; What holds the memory: vllm")
    ran = avocet("train", "--follow")
    assert ran.exit_code == 1 and ran.stdout.endswith("out of memory; What holds the memory: vllm\n")
    refused = avocet("train", "--follow", "--rank", "8")
    assert refused.exit_code == 2 and "rank: none of tfidf" in refused.output


def test_a_run_is_cancelled_from_the_terminal(
    avocet: Callable[..., Result], client: TestClient, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits until the run has ended."""
    monkeypatch.setenv("QUICK_S", "60")
    assert client.post("/api/runs", json={}).status_code == 202
    busy = avocet("train", "--follow")
    assert busy.exit_code == 6 and "run 1 (" in busy.output
    done = avocet("runs", "cancel", "1")
    assert done.exit_code == 0 and done.stdout.startswith("cancelled by ")
    assert RunLedger(store_of(place)).get("1").status == "failed"
    assert avocet("runs", "watch", "1").exit_code == 130


@pytest.mark.parametrize("words", [("schedule", "on"), ("schedule", "off"), ("schedule", "on", "--cron", "0 4 * * *")])
def test_without_a_server_nothing_is_switched(words: tuple[str, ...], avocet: Callable[..., Result]) -> None:
    """How to get one is told."""
    found: Any = avocet(*words)
    assert found.exit_code == 3 and "make server" in found.output
