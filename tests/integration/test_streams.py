"""A run's stream on a real server: cuts, a kill and a restart of the server lose and double no line, and Ctrl-C ends it."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from avocet.home import CHECKOUT, Home

SERVE = CHECKOUT / "tests" / "quick" / "serve.py"
START_S = 60.0


class Api:
    """A server on a port of its own, which can be killed and started again."""

    def __init__(self, home: Home, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.home, self.log = home, log
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": "Bearer t"}, timeout=30
        )
        self.start()

    def start(self) -> None:
        """Return once it answers."""
        with self.log.open("ab") as log:
            command = [sys.executable, str(SERVE), str(self.home.root), str(self.port)]
            # A shell may ignore SIGINT for what it starts with &; a person's server has it as usual.
            usual = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=CHECKOUT, preexec_fn=usual)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                self.http.get("/api/runs")
                return
            except httpx.TransportError:
                time.sleep(0.1)
        pytest.fail(self.log.read_text())


class Follower(threading.Thread):
    """Reads a run's stream as a browser does: it connects again, behind what it has, until it is told that it has all."""

    def __init__(self, api: Api, cut_after: int | None = None) -> None:
        super().__init__(daemon=True)
        self.api, self.cut_after = api, cut_after
        self.seen: list[tuple[str, str]] = []
        self.n_connections = 0
        self.start()

    def run(self) -> None:
        while True:
            last = {"Last-Event-ID": self.seen[-1][0]} if self.seen else {}
            try:
                with self.api.http.stream("GET", "/api/runs/1/events", headers=last) as answer:
                    if answer.status_code == 204:
                        return
                    self.n_connections += 1
                    self._read(answer)
            except httpx.TransportError:
                time.sleep(0.05)

    def _read(self, answer: httpx.Response) -> None:
        fields: dict[str, str] = {}
        for n, line in enumerate(answer.iter_lines()):
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                self.seen.append((fields["id"], fields["data"]))
                fields = {}
            if self.cut_after is not None and n > self.cut_after:
                return  # in mid-line as often as not


@pytest.fixture
def api(place: Home, make_recipe: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """With a recipe, whose runs take eight seconds."""
    make_recipe([], {"tfidf": {"method": "tfidf"}}, name="job_mail")
    monkeypatch.setenv("QUICK_LINES", "40")
    monkeypatch.setenv("QUICK_S", "0.2")
    found = Api(place, tmp_path / "api.log")
    yield found
    found.process.kill()
    found.process.wait()


def test_cuts_and_restarts_lose_and_double_no_line(api: Api, place: Home) -> None:
    """Three readers, one of which is cut after every few lines; the server is killed, then stopped. The run goes on.

    Ctrl-C ends a server within five seconds, whoever still reads.
    """
    assert api.http.post("/api/runs", json={}).status_code == 202
    followers = [Follower(api), Follower(api), Follower(api, cut_after=4)]
    _all_have(followers, 8)
    api.process.kill()
    api.process.wait()
    api.start()
    _all_have(followers, 16)
    began = time.monotonic()
    api.process.send_signal(signal.SIGINT)
    api.process.wait(10)
    assert time.monotonic() - began < 5
    log = api.log.read_text()
    api.start()
    for follower in followers:
        follower.join(60)
    (events,) = place.runs.glob("*/events.jsonl")
    lines = [(str(i), line) for i, line in enumerate(events.read_text().splitlines(), 1)]
    assert [f.seen for f in followers] == [lines] * 3
    assert len(lines) == 44 and json.loads(lines[-1][1])["outcome"] == "no_change"
    assert followers[0].n_connections >= 2 and followers[2].n_connections >= 10
    assert api.http.get("/api/runs/1").json()["outcome"] == "no_change"
    assert "BrokenResourceError" not in log, "a reader that went away is no crash"


def _all_have(followers: list[Follower], n: int) -> None:
    while min(len(f.seen) for f in followers) < n:
        assert all(f.is_alive() for f in followers)
        time.sleep(0.05)
