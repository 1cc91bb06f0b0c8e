"""What the stages share: an artifact that cannot be sent costs no run; Prefect's settings hold from any folder."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import tasks
from avocet.home import CHECKOUT


def test_an_artifact_that_the_server_refuses_costs_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost progress bar must not end hours of training; another error is a bug and comes out."""
    monkeypatch.setattr("tasks.TaskRunContext.get", lambda: object())
    monkeypatch.setattr("tasks.get_run_logger", lambda: __import__("logging").getLogger("test"))

    def refused() -> None:
        raise httpx.ConnectError("the server is down")

    tasks.send(refused)
    with pytest.raises(ZeroDivisionError):
        tasks.send(lambda: 1 / 0)


def test_outside_of_a_task_nothing_is_sent() -> None:
    """The stages also work as plain functions."""
    tasks.send(lambda: pytest.fail("sent"))


def test_prefect_is_set_from_any_folder(tmp_path: Path) -> None:
    """A cron job starts the flow from its home: the settings must not hang on the checkout's pyproject.toml."""
    code = (
        f"import json, runpy, sys; sys.path.insert(0, {str(CHECKOUT)!r})\n"
        f"runpy.run_path({str(CHECKOUT / 'flows' / 'finetune.py')!r}, run_name='not_main')\n"
        "from prefect.settings import get_current_settings\n"
        "s = get_current_settings()\n"
        "print(json.dumps([s.server.ephemeral.startup_timeout_seconds, s.server.analytics_enabled, s.client.max_retries]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [120, False, 12]
