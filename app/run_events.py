"""The shapes of a run's events, as its stream sends them, and the stream itself: one line of events.jsonl an event."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Literal

from anyio import BrokenResourceError
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from avocet.endings import Outcome
from avocet.errors import AvocetError
from avocet.home import Home
from avocet.timeline import LOOK_S, POLL_S, Reader

_log = logging.getLogger("avocet")


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Of(_Event):
    candidate: str
    at: str | None = None  # not in runs of an older Avocet


class StatusEvent(_Event):
    """Where the run is."""

    type: Literal["status"]
    status: Literal["waiting", "preparing", "training", "evaluating"]
    at: str


class StageEvent(_Event):
    """A stage begins; `candidates` are those that `finetune` trains, in this order."""

    type: Literal["stage"]
    stage: str
    n: int
    of: int
    at: str
    candidates: list[str] = []


class LogEvent(_Event):
    """One sentence."""

    type: Literal["log"]
    message: str
    level: Literal["info", "warning", "error"]
    at: str


class AttemptEvent(_Of):
    """A training begins; from 1 on it is one that ran out of memory before, and `setting` says what is tried."""

    type: Literal["attempt"]
    attempt: int
    setting: str


class PhaseEvent(_Of):
    """Within a training."""

    type: Literal["phase"]
    phase: str
    kept: bool = True


class ProgressEvent(_Of):
    """So many steps of a training, or of judging (candidate `benchmark`). `kept` is false in a fold that is only scored."""

    type: Literal["progress"]
    step: float
    of: float | None
    message: str | None = None
    kept: bool = True


class TrialEvent(_Of):
    """An engine is tried out for a version."""

    type: Literal["trial"]
    message: str


class MetricsEvent(_Of):
    """One epoch, on the validation rows. `kept` is false in a fold that is only scored."""

    model_config = ConfigDict(extra="allow")

    type: Literal["metrics"]
    epoch: float
    of: float
    macro_f1: float | None = None
    accuracy: float | None = None
    loss: float | None = None
    kept: bool = True


class NoteEvent(_Of):
    """What there is to know of a training."""

    type: Literal["note"]
    message: str
    kept: bool = True


class OomEvent(_Of):
    """The memory did not do: what ran out, what is tried next, or what holds it."""

    type: Literal["oom"]
    message: str


class ErrorEvent(_Of):
    """A training failed; the log has more."""

    type: Literal["error"]
    reason: str
    message: str
    kept: bool = True


class DoneEvent(_Of):
    """A training, or the judging, is over."""

    model_config = ConfigDict(extra="allow")

    type: Literal["done"]


class VerdictEvent(_Event):
    """What the gate says; it is carried out."""

    type: Literal["verdict"]
    promoted: bool
    reason: str
    sentence: str
    at: str


class EndEvent(_Event):
    """The last event of every run; `reason` is the short code of an error that ended it."""

    type: Literal["end"]
    status: Literal["completed", "failed", "cancelled"]
    outcome: Outcome
    sentence: str
    at: str
    reason: str | None = None


RunEvent = Annotated[
    StatusEvent | StageEvent | LogEvent | AttemptEvent | PhaseEvent | ProgressEvent | TrialEvent | MetricsEvent | NoteEvent | OomEvent
    | ErrorEvent | DoneEvent | VerdictEvent | EndEvent,
    Field(discriminator="type"),
]  # fmt: skip


class StreamRoute(APIRoute):
    """A stream whose reader may go away at any moment: FastAPI takes a cut in mid-line for a crash, and logs it as one."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any route."""
        try:
            await super().handle(scope, receive, send)
        except* BrokenResourceError:
            _log.debug("the reader of %s went away", scope["path"])


@dataclass(frozen=True)
class Followed:
    """A run to follow from behind line `after` of its events."""

    home: Home
    name: str
    after: int = 0


def nothing_left(followed: Followed) -> bool:
    """Whether the run has ended and the reader has it all."""
    reader = Reader(followed.home.runs / followed.name, followed.after)
    while found := reader.read():
        if found:
            return False
    return reader.ended


async def lines(followed: Followed) -> AsyncIterator[tuple[int, str]]:
    """(number, line) as they come, until the run has ended. Raises nothing: an error inside a stream cannot be told."""
    from app import runs

    reader, quiet = Reader(followed.home.runs / followed.name, followed.after), 0.0
    while not reader.ended:
        try:
            found = reader.read()
        except OSError:  # its folder was removed
            return
        for number, line in found:
            yield number, line
        if found:
            quiet = 0.0
            continue
        await asyncio.sleep(POLL_S)
        quiet += POLL_S
        if quiet >= LOOK_S:
            quiet = 0.0
            try:
                await run_in_threadpool(runs.look, followed.home, followed.name)
            except AvocetError as e:
                _log.warning("run %s cannot be looked after: %s", followed.name, e)
