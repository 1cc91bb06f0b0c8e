"""The five stages as Prefect tasks; what they share: the run's log, artifacts, and quiet user errors.

Each stage also works as a plain function (`validate.fn(...)`): outside a task run, artifacts go nowhere and
the log is Python's own.
"""

import base64
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import httpx
from prefect.artifacts import create_image_artifact, create_markdown_artifact
from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.utilities.urls import url_for

from avocet.attempts import BUSY_DELAY_S
from avocet.errors import AvocetError, MemoryBusyError, OutOfMemoryError
from avocet.running import journal
from avocet.runs import Run

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun


AGAIN_S = 1
Level = Literal["info", "warning", "error"]


def log() -> Any:
    """The task run's logger, or `avocet` outside of one."""
    return get_run_logger() if TaskRunContext.get() else logging.getLogger("avocet")


def say(run: Run, message: str, level: Level = "info") -> None:
    """One sentence, in the log and among the run's events."""
    getattr(log(), level)("%s", message)
    journal.log(run, message, level)


def publish(key: str, markdown: str, description: str) -> None:
    """A markdown artifact of this task run; the same key again is a new version of it."""
    send(lambda: create_markdown_artifact(markdown, key=key, description=description))


def publish_picture(key: str, png: bytes, description: str) -> None:
    """A PNG as an image artifact, carried in the artifact itself."""
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    send(lambda: create_image_artifact(image_url=url, key=key, description=description))


def send(create: Callable[[], Any]) -> None:
    """Artifacts show what is already safe on disk: one that the server refuses is logged and costs no run.

    Outside of a task run nothing is sent.
    """
    if TaskRunContext.get() is None:
        return
    try:
        create()
    except httpx.HTTPError as e:
        log().warning("an artifact could not be published: %s", type(e).__name__)


def key_of(*parts: str) -> str:
    """An artifact key: lower case, digits and dashes, as Prefect asks."""
    return "-".join(parts).replace("_", "-").lower()


def this_flow_run() -> dict[str, str]:
    """The flow run that this is, and its page, where a server keeps it; empty where none does when the run is over."""
    if not flow_run.id or not get_current_settings().api.url:
        return {}
    return {"flow_run": str(flow_run.id), "flow_run_url": url_for("flow-run", obj_id=flow_run.id) or ""}


def is_out_of_memory(task: Any, task_run: "TaskRun", state: "State[Any]") -> bool:
    """Retry condition: out of memory is worth another attempt with a smaller setting, at once; memory that others
    hold is worth waiting for.

    A task has one delay, and the engine reads it after it asked this: it is set here on the task of this candidate
    (`with_options` made it), so that the state AwaitingRetry and the log say truly when the next attempt comes.
    """
    result = state.result(raise_on_failure=False)
    busy = isinstance(result, MemoryBusyError)
    task.retry_delay_seconds = BUSY_DELAY_S if busy else AGAIN_S
    return busy or (isinstance(result, OutOfMemoryError) and result.again)


class OneLine(logging.Filter):
    """Drops the traceback of errors that are ours: their message says all that a person needs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        if record.exc_info and isinstance(record.exc_info[1], AvocetError):
            record.msg, record.args = "%s", (str(record.exc_info[1]),)
            record.exc_info = record.exc_text = None
        return True


for _name in ("prefect.task_runs", "prefect.flow_runs"):
    logging.getLogger(_name).addFilter(OneLine())
