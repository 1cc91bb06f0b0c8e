"""A real Prefect server and a real worker on this checkout, started once, closed as `make server` closes it."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from ruamel.yaml import YAML

from avocet.home import CHECKOUT

# A small machine under load takes 20-28 s to start a server; these are the times after which something is broken.
UP_S = 180
COMMAND_S = 180
CANARY = "Zyxwolf-Quarrel-7731"  # in a mail that is learned from
BROKEN_CANARY = "Vexbaum-Ortolan-4402"  # in a line that is set aside
PYTHON = sys.executable


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    code: int
    said: str


class Api:
    """The server's API as a browser or a script speaks to it: an auth string, and a CSRF token for every change."""

    def __init__(self, url: str, secret: str) -> None:
        user, _, password = secret.partition(":")
        self.http = httpx.Client(base_url=url, auth=(user, password), timeout=30)
        token = self.http.get("/csrf-token", params={"client": "avocet-tests"}).raise_for_status().json()["token"]
        self.http.headers.update({"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "avocet-tests"})

    def get(self, path: str) -> Any:
        """What a GET answers."""
        return self.http.get(path).raise_for_status().json()

    def filter(self, what: str, **body: Any) -> list[dict[str, Any]]:
        """All objects of a kind that match, e.g. `filter("flow_runs", flow_runs={...})`."""
        found: list[dict[str, Any]] = self.http.post(f"/{what}/filter", json=body).raise_for_status().json()
        return found

    def deployment(self, name: str) -> dict[str, Any]:
        """The deployment `avocet/<name>`."""
        found: dict[str, Any] = self.get(f"/deployments/name/avocet/{name}")
        return found

    def worker_online(self) -> bool:
        """Whether the pool exists, which the worker makes, and a worker polls it."""
        pools = {pool["name"] for pool in self.filter("work_pools")}
        return "gpu" in pools and any(w["status"] == "ONLINE" for w in self.filter("work_pools/gpu/workers"))

    def runs(self, deployment: str) -> list[dict[str, Any]]:
        """The deployment's flow runs, oldest first."""
        wanted = {"deployment_id": {"any_": [self.deployment(deployment)["id"]]}}
        found = self.filter("flow_runs", flow_runs=wanted, limit=200)
        return sorted(found, key=lambda run: str(run["created"]))


@dataclass(frozen=True)
class Stack:
    """A server with its folders, and how to speak to it."""

    url: str
    api: Api
    avocet_home: Path
    prefect_home: Path
    environment: dict[str, str]
    logs: tuple[Path, ...]
    canaries: tuple[str, ...] = (CANARY, BROKEN_CANARY)

    def prefect(self, *words: str) -> Done:
        """Run one `prefect` command in the checkout, as a person does who has evaluated `app.server --env`."""
        done = subprocess.run(
            [PYTHON, "-m", "prefect", *words],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_S,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(errors="replace"))

    def wait_for(self, true: Callable[[], bool], seconds: float, what: str) -> None:
        """Return once `true()`; fail with `what` and the logs' ends after `seconds`."""
        wait_for(true, seconds, what, self.told)

    def told(self) -> str:
        """The ends of the server's and the worker's log, for a failed assertion."""
        return "\n".join(f"--- end of {log.name}:\n{tail(log)}" for log in self.logs)

    def everything(self) -> str:
        """All that Prefect has kept or printed: each table as SQL, each file of its home as it lies on disk, each log."""
        database = sqlite3.connect(f"file:{self.prefect_home / 'prefect.db'}?mode=ro", uri=True)
        try:
            tables = "\n".join(database.iterdump())
        finally:
            database.close()
        files = [path for path in self.prefect_home.rglob("*") if path.is_file()]
        texts = [path.read_bytes().decode("utf-8", errors="replace") for path in [*files, *self.logs]]
        return "\n".join([tables, *texts])


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def wait_for(true: Callable[[], bool], seconds: float, what: str, told: Callable[[], str]) -> None:
    """Return once `true()`; fail with `what` and what `told()` says after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {seconds:.0f} s\n{told()}")
        time.sleep(0.25)


@contextmanager
def started(command: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own that ends, with all it has started, when the block does."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A worker turns SIGTERM into SIGINT, and SIGINT is ignored where pytest was started with `&`:
            # such a worker cannot be stopped.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to stop, then kill its group and every descendant, also those in sessions of their own."""
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.wait(timeout=15)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fill(home: Path) -> None:
    """An AVOCET_HOME as of a small mailbox: job_mail with its cheapest candidate, and the invented mails as its rows.

    One usable mail and one broken line each carry a text of their own, to be looked for where no mail may be.
    """
    (home / "recipes").mkdir(parents=True)
    (home / "data").mkdir()
    recipe = YAML(typ="safe").load((CHECKOUT / "recipes" / "job_mail.yaml").read_text(encoding="utf-8"))
    recipe["candidates"] = {"tfidf": recipe["candidates"]["tfidf"]}
    recipe["baselines"] = ["majority"]  # zero-shot would load a model twice, which other tests do
    (home / "recipes" / "job_mail.yaml").write_text(json.dumps(recipe, indent=1), encoding="utf-8")
    lines = (CHECKOUT / "data" / "demo_mail.jsonl").read_text(encoding="utf-8").splitlines()
    marked = json.loads(lines[0])
    marked["subject"] = f"{CANARY} {marked['subject']}"
    marked["body"] = f"{CANARY} {marked['body']}"
    broken = f'{{"id": "broken-1", "subject": "{BROKEN_CANARY}", "body": "{BROKEN_CANARY}", "label": '
    rows = [json.dumps(marked), *lines[1:], broken]
    (home / "data" / "email_score.jsonl").write_text("".join(row + "\n" for row in rows), encoding="utf-8")


def _clean(avocet_home: Path, prefect_home: Path) -> dict[str, str]:
    """This environment without what it knows of Prefect, for a server and homes of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "AVOCET_"))}
    own = {"AVOCET_HOME": str(avocet_home), "PREFECT_HOME": str(prefect_home)}
    return {**kept, **own, "NO_COLOR": "1", "COLUMNS": "200"}


def _let_in(clean: dict[str, str], port: int) -> dict[str, str]:
    """The environment of a shell that has evaluated what `app.server --env` prints."""
    line = f'lines="$("{PYTHON}" -m app.server --env --port {port})" && eval "$lines" && env -0'
    shell = ["bash", "-c", line]
    out = subprocess.run(shell, cwd=CHECKOUT, env=clean, capture_output=True, timeout=COMMAND_S, check=False)
    assert out.returncode == 0, out.stderr.decode()
    return dict(pair.split("=", 1) for pair in out.stdout.decode().split("\0") if pair)


def _healthy(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    return False


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The server of `python -m app.server` and a worker of one run at a time, both ended with the session."""
    root = tmp_path_factory.mktemp("stack")
    homes = root / "avocet", root / "prefect"
    fill(homes[0])
    clean = _clean(*homes)
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    server_log, worker_log = root / "server.log", root / "worker.log"
    with started([PYTHON, "-m", "app.server", "--port", str(port)], clean, server_log) as server:
        told = lambda: f"--- end of the server's log:\n{tail(server_log)}"  # noqa: E731
        wait_for(lambda: server.poll() is not None or _healthy(url), UP_S, "a healthy server", told)
        assert server.poll() is None, f"the server ended with {server.returncode}\n{told()}"
        environment = {**_let_in(clean, port), "PREFECT_WORKER_QUERY_SECONDS": "2"}
        api = Api(url, environment["PREFECT_API_AUTH_STRING"])
        work = [PYTHON, "-m", "prefect", "worker", "start", "--pool", "gpu", "--type", "process", "--limit", "1"]
        with started(work, environment, worker_log) as worker:
            stack = Stack(url, api, *homes, environment, (server_log, worker_log))
            ready = lambda: worker.poll() is not None or api.worker_online()  # noqa: E731
            stack.wait_for(ready, UP_S, "a worker that is online")
            assert worker.poll() is None, f"the worker ended with {worker.returncode}\n{stack.told()}"
            yield stack
