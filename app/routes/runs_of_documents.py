"""The runs of documents 0 and 1: their paths, their shapes and no more, over the same runs.

Two GETs can start a run, since a browser's EventSource knows no POST (app/door.py: STARTS). They do for a new stream only:
one that goes on after a cut (it sends Last-Event-ID) follows the run that it has seen, whatever became of it.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app import runs
from app.needs import Place, RecipeName, Who
from app.routes.runs import GONE, LastEventId, NewRun, followed
from app.run_events import Followed, StreamRoute, lines
from avocet.candidates import EPOCHS
from avocet.errors import NotFoundError
from avocet.home import Home, checked_name
from avocet.running import endings
from avocet.running.request import Purpose, RunRequest, asked_of
from avocet.running.words import words
from avocet.store.database import store_of
from avocet.store.runs import RunLedger, Status
from avocet.views import runs as run_view

router = APIRouter()
streams = APIRouter(route_class=StreamRoute)


@dataclass(frozen=True)
class Progress:
    """One line of the log."""

    type: Literal["progress"]
    message: str


@dataclass(frozen=True)
class Complete:
    """It is done."""

    type: Literal["complete"]


@dataclass(frozen=True)
class Error:
    """It failed."""

    type: Literal["error"]
    message: str


@dataclass(frozen=True)
class Cancelled:
    """Somebody stopped it."""

    type: Literal["cancelled"]


Told = Progress | Complete | Error | Cancelled


@dataclass(frozen=True)
class Cancel:
    """The run was told to end."""

    status: Literal["cancelled"]


@dataclass(frozen=True)
class Started:
    """The run that was started."""

    run_id: int


@dataclass(frozen=True)
class TrainingStatus:
    """Where a run is; `progress` is 0..1, `results` are there once it is completed."""

    run_id: int
    status: Status
    progress: float
    results: dict[str, Any] | None


@dataclass(frozen=True)
class Stream:
    """A run to follow, and its number, which is the first part of its events' ids."""

    number: int
    followed: Followed


def _stream(place: Home, asked: RunRequest, who: str, last_event_id: str | None) -> Stream:
    """Start or attach; only go on for a reader that has seen events already."""
    if last_event_id is not None:
        return _gone_on(place, last_event_id)
    row = runs.start(place, asked, who, attach=True)
    return Stream(row.id, followed(place, row.run, 0))


def _gone_on(place: Home, last_event_id: str) -> Stream:
    number, _, line = last_event_id.strip().partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (number, line)):
        raise HTTPException(204)  # no event of ours: there is nothing to go on with, and nothing is started
    try:
        return Stream(int(number), followed(place, number, int(line)))
    except NotFoundError:
        raise HTTPException(204) from None


def _finetune(
    place: Place,
    recipe: RecipeName,
    who: Who,
    model: Annotated[str | None, Query(max_length=100)] = None,
    epochs: Annotated[int | None, Query(ge=EPOCHS[0], le=EPOCHS[1])] = None,
    last_event_id: LastEventId = None,
) -> Stream:
    return _stream(place, RunRequest(checked_name(recipe, "recipe"), model, epochs), who, last_event_id)


def _benchmark(place: Place, recipe: RecipeName, who: Who, last_event_id: LastEventId = None) -> Stream:
    return _stream(place, RunRequest(checked_name(recipe, "recipe"), purpose="benchmark"), who, last_event_id)


@streams.get("/api/finetune/run", response_class=EventSourceResponse, responses=dict(GONE))
async def finetune(its: Annotated[Stream, Depends(_finetune)]) -> AsyncIterable[Told]:
    """Start a run, or attach to one that was started with the same words, and follow its log. 409 while another is at work."""
    async for told in _told(its):
        yield told  # type: ignore[misc]  # the annotation is the event's, for OpenAPI


@streams.get("/api/benchmark/run", response_class=EventSourceResponse, responses=dict(GONE))
async def benchmark(its: Annotated[Stream, Depends(_benchmark)]) -> AsyncIterable[Told]:
    """Score the champion, the newest versions and the baselines on the holdout, and keep the scores; nothing is trained."""
    async for told in _told(its):
        yield told  # type: ignore[misc]  # the annotation is the event's, for OpenAPI


async def _told(its: Stream) -> AsyncIterator[ServerSentEvent]:
    said: str | None = None
    async for number, line in lines(replace(its.followed, after=0)):  # what was said before is not said again
        event = json.loads(line)
        message = words(event)
        if event["type"] == "end":
            *before, last = _end(event, said)
            for told in before:  # under the id of the line before: a cut behind it must not lose the last word
                yield ServerSentEvent(id=f"{its.number}-{number - 1}", data=asdict(told))
            yield ServerSentEvent(id=f"{its.number}-{number}", data=asdict(last))
        elif message is not None:
            said = message
            if number > its.followed.after:
                yield ServerSentEvent(id=f"{its.number}-{number}", data=asdict(Progress("progress", message)))


def _end(event: dict[str, Any], said: str | None) -> list[Told]:
    sentence = str(event["sentence"])
    if event["status"] == "failed":
        return [Error("error", sentence)]
    if event["status"] == "cancelled":
        return [Cancelled("cancelled")]
    return [*([] if sentence == said else [Progress("progress", sentence)]), Complete("complete")]


@router.post("/api/finetune/cancel")
def cancel_finetune(place: Place, who: Who) -> Cancel:
    """Have the run end that is training. 404 where none is."""
    return _cancel(place, who, "finetune")


@router.post("/api/benchmark/cancel")
def cancel_benchmark(place: Place, who: Who) -> Cancel:
    """Have the run end that only judges. 404 where none does."""
    return _cancel(place, who, "benchmark")


def _cancel(place: Home, who: str, purpose: Purpose) -> Cancel:
    for row in endings.live(place):
        asked = asked_of(place, row.run)
        if (asked.purpose if asked else "finetune") == purpose:
            runs.cancel(place, str(row.id), who)
            return Cancel("cancelled")
    raise NotFoundError(f"no {purpose} is at work")


@router.post("/admin/api/start-training", status_code=202)
def start_training(place: Place, recipe: RecipeName, who: Who, wanted: NewRun | None = None) -> Started:
    """Start a run in the background. 409 for too few examples, while another is at work, and where training is switched off."""
    return Started(runs.start(place, (wanted or NewRun()).asked(recipe), who).id)


@router.get("/admin/api/training-status/{run_id}")
def training_status(place: Place, run_id: int) -> TrainingStatus:
    """How far a run is."""
    row = RunLedger(store_of(place)).get(str(run_id))
    runs.look(place, row.run)
    its = run_view.detail(place, row.run)
    return TrainingStatus(its.id, its.status, its.progress, dict(its.results) if its.results else None)


router.include_router(streams)
