"""Starting, watching over and stopping runs; the only module of the app that knows how they are orchestrated.

Where PREFECT_API_URL is set, a run is a flow run of the deployment that fits, done by a worker. Else it is a process of
its own on this machine. Both write the same events.
"""

import logging
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import processes
from avocet.errors import NothingToDoError, OrchestratorError, WrongUseError
from avocet.home import Home
from avocet.running import endings, timeline
from avocet.running.endings import AT_WORK, CANCEL, WAITING, Ending
from avocet.running.request import RunRequest, reserve
from avocet.running.worker import note, noted
from avocet.store.database import store_of
from avocet.store.runs import FineTuningRun, RunLedger
from avocet.views import runs as run_view
from avocet.views.runs import RunView

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import DeploymentSchedule
    from prefect.client.schemas.responses import DeploymentResponse

NIGHTLY = "avocet/nightly"
LAST = 7  # runs that a schedule shows
_ASK_S = 5.0  # between two questions about one flow run
_asked_at: dict[str, float] = {}
_log = logging.getLogger("avocet")
HELP = (
    "`make server`, `make worker` and `make deploy`, each in a shell of its own; then start Avocet where "
    '`eval "$(python -m app.server --env)"` was said'
)


def run_here(asked: RunRequest) -> int:
    """A run in a process that has this terminal; returns its exit code (README, "Exit codes")."""
    with subprocess.Popen(processes.words(asked)) as run:
        while True:
            try:
                return run.wait()
            except KeyboardInterrupt:  # the run got the Ctrl-C as well, and needs a moment to end in good order
                continue


def configured() -> bool:
    """Whether runs are a server's to give out."""
    return bool(os.environ.get("PREFECT_API_URL"))


def start(home: Home, asked: RunRequest, who: str, key: str | None = None, attach: bool = False) -> FineTuningRun:
    """The run for what was asked, started; see `reserve`, also for what it raises. OrchestratorError for a silent server."""
    tidy(home)
    found = reserve(home, asked, who, key, attach)
    if found.fresh:
        try:
            _hand_over(home, found.run.run, asked)
        except BaseException as e:
            endings.abandon(home, found.run.run, endings.by_error(home.runs / found.run.run, e))
            raise
    return found.run


def _hand_over(home: Home, name: str, asked: RunRequest) -> None:
    if not configured():
        processes.begin(home, name, asked)
        return
    wanted = {parameter: value for parameter, value in asked.parameters.items() if value is not None}
    with _client() as client:
        deployment = client.read_deployment_by_name(f"avocet/{asked.purpose}")
        made = client.create_flow_run_from_deployment(
            deployment.id, parameters={**wanted, "run": name}, idempotency_key=name
        )
    note(home.runs / name / WAITING, flow_run=str(made.id), flow_run_url=_url_of(made.id))


def _url_of(flow_run: Any) -> str:
    from prefect.utilities.urls import url_for

    return url_for("flow-run", obj_id=flow_run) or ""


def cancel(home: Home, which: str, who: str) -> RunView:
    """Have the run end as cancelled; it takes a moment. Raises NotFoundError, NothingToDoError for one that has ended."""
    tidy(home)
    row = RunLedger(store_of(home)).get(which)
    if not run_view.view(home, row).live:
        raise NothingToDoError(f"run {row.id} has ended already; nothing was done")
    folder = home.runs / row.run
    if not folder.is_dir():
        raise WrongUseError(f"run {row.id} is of another AVOCET_HOME than {home.root}; cancel it there")
    endings.wish(home, row.run, who)
    flow_run = _flow_run(home, row.run) if configured() else None
    # What has not begun yet ends here and now: a process or flow run that would begin it reads the wish.
    over = not (folder / AT_WORK).exists() and endings.abandon(
        home, row.run, endings.by_error(folder, KeyboardInterrupt())
    )
    if flow_run is None:
        _stop_process(home, row.run)
    else:
        _cancel_flow_run(home, row.run, flow_run, over)
    return run_view.view(home, RunLedger(store_of(home)).get(row.run))


def _stop_process(home: Home, name: str) -> None:
    """Have its process end; one of another machine goes on as if nobody had asked."""
    try:
        processes.stop(home, name)
    except WrongUseError:
        (home.runs / name / CANCEL).unlink(missing_ok=True)
        raise


def _cancel_flow_run(home: Home, name: str, flow_run: str, over: bool) -> None:
    """Have Prefect end it; where it cannot be told, a run that is at work goes on as if nobody had asked."""
    from prefect.states import Cancelling

    try:
        with _client() as client:
            client.set_flow_run_state(flow_run, Cancelling())
    except OrchestratorError as e:
        if not over:
            (home.runs / name / CANCEL).unlink(missing_ok=True)
            raise
        _log.warning(
            "run %s is cancelled, and its flow run, which does nothing now, is still in the queue: %s", name, e
        )


def _flow_run(home: Home, name: str) -> str | None:
    folder = home.runs / name
    known = {**noted(folder / WAITING), **noted(folder / AT_WORK)}
    return known.get("flow_run")


def tidy(home: Home) -> None:
    """End what nobody works on any more, and what would wait for ever. Raises StoreError."""
    for row in endings.live(home):
        _ask(home, row.run)


def look(home: Home, name: str) -> None:
    """The same for one run. Raises StoreError."""
    endings.settle(home, name)
    _ask(home, name)


def _ask(home: Home, name: str) -> None:
    """End a run whose flow run is over though it never began."""
    folder = home.runs / name
    flow_run = noted(folder / WAITING).get("flow_run")
    if not (flow_run and configured()) or (folder / AT_WORK).exists() or timeline.ending(folder):
        return
    if time.monotonic() - _asked_at.get(name, -_ASK_S) < _ASK_S:
        return
    _asked_at[name] = time.monotonic()
    over = _over(flow_run)
    if over is not None:
        endings.abandon(home, name, endings.by_wish(folder) or over)


def _over(flow_run: str) -> Ending | None:
    """How a flow run ended; None while it has not, and where nobody can be asked."""
    from uuid import UUID

    from prefect.exceptions import ObjectNotFound

    try:
        with _client() as client:
            try:
                state = client.read_flow_run(UUID(flow_run)).state
            except ObjectNotFound:
                return Ending("failed", "failed", "its flow run was deleted before it began")
    except OrchestratorError:
        return None
    if state is None or not state.is_final():
        return None
    if state.is_cancelled():
        return Ending("cancelled", "cancelled", "cancelled in Prefect before it began")
    return Ending("failed", "failed", f"its flow run ended as {state.name} before it began: {state.message or '?'}")


@contextmanager
def _client() -> Iterator["SyncPrefectClient"]:
    """A client of the server. Raises OrchestratorError in one line, NotFoundError for what is not deployed."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    url = os.environ.get("PREFECT_API_URL", "")
    try:
        # A person waits for the answer: a server that is busy is asked again for seconds, not for a minute.
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 2}), get_client(sync_client=True) as client:
            yield client
    except ObjectNotFound:
        raise OrchestratorError(
            f"Prefect's server at {url} does not know what it was asked for: `make deploy`"
        ) from None
    except httpx.HTTPStatusError as e:
        raise OrchestratorError(f"Prefect's server at {url} answered {e.response.status_code}: {HELP}") from None
    except httpx.HTTPError as e:
        raise OrchestratorError(f"Prefect's server at {url} does not answer ({type(e).__name__}): {HELP}") from None


@dataclass(frozen=True)
class Night:
    """What one run came to."""

    id: int
    at: str
    outcome: endings.Outcome
    sentence: str | None


@dataclass(frozen=True)
class Schedule:
    """When Avocet runs by itself: `where` is none without a server. Times are UTC, `cron` is in `timezone`."""

    where: str
    cron: str | None
    timezone: str | None
    active: bool
    next: str | None
    last: tuple[Night, ...]
    help: str


def schedule(home: Home, recipe: str | None = None) -> Schedule:
    """The nightly schedule, and what the latest runs of `recipe` came to. Raises OrchestratorError, StoreError."""
    nights, _ = run_view.page(home, LAST, recipe)
    last = tuple(Night(n.id, n.created_at, n.outcome, n.sentence) for n in nights)
    if not configured():
        return Schedule("none", None, None, False, None, last, f"nothing runs by itself yet: {HELP}")
    with _client() as client:
        deployment, its = _nightly(client)
        coming = _next(client, deployment, its) if its.active else None
    cron, zone = getattr(its.schedule, "cron", None), getattr(its.schedule, "timezone", None)
    whose = deployment.parameters.get("recipe", "job_mail")
    told = f"{NIGHTLY} runs recipe {whose} while a worker is there; `make deploy` writes the time of prefect.yaml again"
    return Schedule("prefect", cron, zone, bool(its.active), coming, last, told)


def set_schedule(
    home: Home, recipe: str | None, active: bool | None, cron: str | None, timezone: str | None
) -> Schedule:
    """Switch the nights on or off, or have them at another time; None leaves it as it is.

    Raises NothingToDoError without a server, WrongUseError for a time that is none, OrchestratorError.
    """
    if not configured():
        raise NothingToDoError(f"there is no Prefect server to keep a schedule: {HELP}")
    with _client() as client:
        from prefect.client.schemas.schedules import CronSchedule
        from pydantic import ValidationError

        deployment, its = _nightly(client)
        wanted = None
        if cron is not None or timezone is not None:
            old = its.schedule if isinstance(its.schedule, CronSchedule) else CronSchedule(cron="0 3 * * *")
            try:
                wanted = CronSchedule(cron=cron or old.cron, timezone=timezone or old.timezone)
            except ValidationError as e:
                raise WrongUseError(f"{e.errors()[0]['msg'].removeprefix('Value error, ')}") from None
        client.update_deployment_schedule(deployment.id, its.id, active=active, schedule=wanted)
    return schedule(home, recipe)


def _nightly(client: "SyncPrefectClient") -> "tuple[DeploymentResponse, DeploymentSchedule]":
    deployment = client.read_deployment_by_name(NIGHTLY)
    found = client.read_deployment_schedules(deployment.id)
    if not found:
        raise OrchestratorError(f"{NIGHTLY} has no schedule: `make deploy` gives it one")
    return deployment, next((one for one in found if one.slug == "nightly"), found[0])


def _next(client: "SyncPrefectClient", deployment: "DeploymentResponse", its: "DeploymentSchedule") -> str | None:
    """When the next run is due, as the server's scheduler has written it down, or will within a minute."""
    import asyncio
    from datetime import UTC, datetime

    from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.client.schemas.sorting import FlowRunSort
    from prefect.server.schemas.schedules import CronSchedule as Reckoned

    wanted = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"after_": datetime.now(UTC)}}
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter.model_validate({"id": {"any_": [deployment.id]}}),
        flow_run_filter=FlowRunFilter.model_validate(wanted),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=1,
    )
    due = found[0].expected_start_time if found else None
    if due is None and isinstance(its.schedule, CronSchedule):
        reckoned = Reckoned(cron=its.schedule.cron, timezone=its.schedule.timezone, day_or=its.schedule.day_or)
        due = next(iter(asyncio.run(reckoned.get_dates(1))), None)
    return due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if due is not None else None
