"""`avocet ui` in a process of its own, on a home as `avocet demo` makes it, for tests that drive a browser."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from ruamel.yaml import YAML

from app.demo_verb import COLLECTION, N_WAITING, RECIPE, TRIED, furnish
from avocet.home import CHECKOUT

__all__ = ["COLLECTION", "N_WAITING", "RECIPE", "TRIED", "Ui", "demo_home", "train"]

START_S = 120.0  # a small machine under load
_UI = "from app.cli import main; main()"
_CHEAP = {"serve": {"engines": []}, "baselines": ["majority"]}  # each engine and each base that is tried costs seconds


def demo_home(root: Path, **settings: Any) -> Path:
    """As `avocet demo` furnishes it, its recipe with other `settings`, by default such that runs try out little; nothing is trained yet."""
    furnish(root)
    file = root / "recipes" / f"{RECIPE}.yaml"
    recipe = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(recipe | (settings or _CHEAP), indent=1), encoding="utf-8")
    return root


def train(home: Path, model: str = TRIED) -> None:
    """One run, in a process of its own, to its end; the gate may say no."""
    command = [sys.executable, str(CHECKOUT / "flows" / "finetune.py"), RECIPE, "--model", model]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=_environment(home), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode in (0, 5), done.stderr[-3000:]


def _environment(home: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("AVOCET_DATABASE", "PREFECT_API_URL")}
    return {**clean, "AVOCET_HOME": str(home), **more}


def _usual_ctrl_c() -> None:
    """A shell may ignore SIGINT for what it starts with &; a person's server has it as usual."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Ui:
    """A server that can be killed and started again, at the same address and with the same token."""

    home: Path
    log: Path
    token: str = "a-token-for-the-tests-only"  # noqa: S105
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        headers = {"Authorization": f"Bearer {self.token}"}
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60)

    def start(self) -> None:
        """Return once it answers."""
        command = [sys.executable, "-c", _UI, "ui", "--no-browser", "--port", str(self.port), "--recipe", RECIPE]
        environment = _environment(self.home, AVOCET_UI_TOKEN=self.token)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log, preexec_fn=_usual_ctrl_c
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(httpx2.TransportError):
                self.http.get("/api/health")
                return
            time.sleep(0.1)
        pytest.fail(f"`avocet ui` did not start\n{self.log.read_text()}")

    def kill(self) -> None:
        """As a power cut does; the runs that it started are not its own."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def end(self) -> None:
        """With all runs that are still at work here."""
        self.kill()
        self.http.close()
        for process in psutil.process_iter(["environ"]):
            if (process.info["environ"] or {}).get("AVOCET_HOME") == str(self.home):
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def link(self, page: str = "", port: int | None = None) -> str:
        """An address that lets a browser in; `port`: of a line that leads here."""
        return f"http://127.0.0.1:{port or self.port}/{page}?token={self.token}"

    def get(self, path: str, **query: Any) -> Any:
        """What a GET answers to a script."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def said(self) -> list[dict[str, Any]]:
        """The label events that people gave, oldest first, as they lie in the store."""
        return [one for one in _rows(self.home, "SELECT * FROM labels ORDER BY seq") if one["who"] != "import"]

    def add(self, *mails: dict[str, Any]) -> None:
        """Import them through the API."""
        body = "".join(json.dumps(mail) + "\n" for mail in mails).encode()
        answer = self.http.post("/api/imports", params={"filename": "more.jsonl"}, content=body)
        assert answer.status_code == 202, answer.text
        place, deadline = answer.headers["location"], time.monotonic() + 60
        while (found := self.get(place))["status"] == "running":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert found["status"] == "done", found


def _rows(home: Path, query: str) -> list[dict[str, Any]]:
    database = sqlite3.connect(f"file:{home / 'data' / 'avocet.db'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in database.execute(query)]
    finally:
        database.close()


def copy(home: Path, to: Path) -> Path:
    """A home of a test's own; nobody may be writing in the first."""
    shutil.copytree(home, to, symlinks=True)
    return to
