"""Runs of the flow: start, watch, cancel; the schedule."""

from collections.abc import AsyncIterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from app import runs
from app.needs import Place, RecipeName, Who
from app.run_events import Followed, RunEvent, StreamRoute, lines, nothing_left
from app.runs import Schedule
from app.shapes import Page
from avocet.candidates import EPOCHS
from avocet.errors import WrongUseError
from avocet.home import Home, checked_name
from avocet.running import endings
from avocet.running.request import RunRequest
from avocet.store.database import store_of
from avocet.store.runs import RunLedger
from avocet.views import runs as run_view
from avocet.views.runs import RunDetail, RunView

router = APIRouter()
streams = APIRouter(route_class=StreamRoute)


class NewShares(BaseModel):
    """Of the rows that have no side yet; the rest is learned from."""

    model_config = ConfigDict(extra="forbid")

    validation: float = Field(gt=0, lt=0.5)
    holdout: float = Field(gt=0, lt=0.5)


class NewRun(BaseModel):
    """What a run shall do; what is not given is as the recipe says. `model` is a candidate, or a version to judge."""

    model_config = ConfigDict(extra="forbid")

    recipe: str | None = None
    model: str | None = Field(None, max_length=100)
    epochs: int | None = Field(None, ge=EPOCHS[0], le=EPOCHS[1])
    learning_rate: float | None = Field(None, gt=0, lt=1)
    rank: int | None = Field(None, ge=1, le=512, description="of the candidates that are trained by lora")
    shares: NewShares | None = None

    def asked(self, recipe: str) -> RunRequest:
        """For the domain; `recipe` is the app's own."""
        shares = self.shares.model_dump() if self.shares else None
        name = checked_name(self.recipe or recipe, "recipe")
        return RunRequest(name, self.model, self.epochs, self.learning_rate, self.rank, shares)


class NewSchedule(BaseModel):
    """What shall change of the schedule."""

    model_config = ConfigDict(extra="forbid")

    active: bool | None = None
    cron: str | None = Field(None, max_length=100)
    timezone: str | None = Field(None, max_length=100)


Key = Annotated[str | None, Header(alias="Idempotency-Key", description="The same key again gives the same run.")]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", description="Go on behind this event.")]


@router.post("/api/runs", status_code=202)
def start_run(place: Place, recipe: RecipeName, who: Who, wanted: NewRun, answer: Response, key: Key = None) -> RunView:
    """Start a run; its events tell how it goes. 409 while another waits or is at work, and where there is too little to learn from."""
    started = run_view.view(place, runs.start(place, wanted.asked(recipe), who, key))
    answer.headers["Location"] = f"/api/runs/{started.id}"
    return started


@router.get("/api/runs")
def list_runs(
    place: Place,
    recipe: RecipeName,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
) -> Page[RunView]:
    """The runs of a recipe, newest first."""
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise WrongUseError(f"cursor {cursor!r} is none that this list has given")
    whose = checked_name(recipe, "recipe")
    runs.tidy(place)
    found, following = run_view.page(place, limit, whose, None if cursor is None else int(cursor))
    total = RunLedger(store_of(place)).count(whose)
    return Page(found, total, None if following is None else str(following))


@router.get("/api/runs/{run}")
def show_run(place: Place, run: str) -> RunDetail:
    """One run, by its number or its name."""
    found = run_view.detail(place, run)
    if not found.live:
        return found
    runs.look(place, found.run)
    return run_view.detail(place, run)


@router.post("/api/runs/{run}/cancel", status_code=202)
def cancel_run(place: Place, run: str, who: Who, answer: Response) -> RunView:
    """Have a run end. It takes a moment; its last event says so. The champion stays as it was."""
    cancelled = runs.cancel(place, run, who)
    answer.headers["Location"] = f"/api/runs/{cancelled.id}"
    return cancelled


def followed(place: Home, which: str, after: int) -> Followed:
    """The run's events from behind line `after`. Raises NotFoundError, HTTPException(204) where there is nothing to come."""
    row = RunLedger(store_of(place)).get(which)
    run_view.folder_of(place, row)
    runs.look(place, row.run)
    endings.told(place, RunLedger(store_of(place)).get(row.run))
    found = Followed(place, row.run, after)
    if after and nothing_left(found):
        raise HTTPException(204)
    return found


def _followed(place: Place, run: str, last_event_id: LastEventId = None) -> Followed:
    last = (last_event_id or "0").strip()
    # What is no number of ours is of another stream: then all is sent, which loses nothing.
    return followed(place, run, int(last) if last.isascii() and last.isdecimal() and len(last) < 10 else 0)


GONE: Mapping[int | str, dict[str, Any]] = {204: {"description": "The run has ended, and nothing is left to send."}}


@streams.get("/api/runs/{run}/events", response_class=EventSourceResponse, responses=dict(GONE))
async def run_events(its: Annotated[Followed, Depends(_followed)]) -> AsyncIterable[RunEvent]:
    """A run's events, from its first one or from behind Last-Event-ID, as they come; ends with the run."""
    async for number, line in lines(its):
        yield ServerSentEvent(id=str(number), raw_data=line)  # type: ignore[misc]  # the annotation is the event's, for OpenAPI


@router.get("/api/schedule")
def show_schedule(place: Place, recipe: RecipeName) -> Schedule:
    """When Avocet runs by itself, and what the latest runs came to."""
    return runs.schedule(place, checked_name(recipe, "recipe"))


@router.put("/api/schedule")
def change_schedule(place: Place, recipe: RecipeName, wanted: NewSchedule) -> Schedule:
    """Switch the nights on or off, or move them. 409 without a Prefect server."""
    whose = checked_name(recipe, "recipe")
    return runs.set_schedule(place, whose, wanted.active, wanted.cron, wanted.timezone)


router.include_router(streams)
