"""Runs as people see them: what the store knows, what their events and files add, and whether they are live."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from avocet.conditions import Condition
from avocet.errors import AvocetError, NotFoundError
from avocet.home import Home
from avocet.running import endings, timeline
from avocet.running.endings import AT_WORK, WAITING, Outcome
from avocet.running.request import asked_of
from avocet.running.timeline import Stage
from avocet.running.worker import noted
from avocet.store.database import store_of
from avocet.store.runs import ENDED, FineTuningRun, RunLedger
from avocet.views.cards import Card, judged


@dataclass(frozen=True)
class RunView(FineTuningRun):
    """A run, what came of it, whether it waits or is at work, and its page where an orchestrator shows it."""

    outcome: Outcome
    live: bool
    flow_run_url: str | None


@dataclass(frozen=True)
class VerdictView:
    """The gate's word, and the conditions that it held the challenger against."""

    promoted: bool
    reason: str
    sentence: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class DataView:
    """The rows of a run: how many were used, of each label, which labels had too few, how many were set aside."""

    n_rows: int
    by_label: Mapping[str, int]
    dropped: tuple[str, ...]
    quarantined: int


@dataclass(frozen=True)
class RunDetail(RunView):
    """A run with all that its files tell; `progress` is 0..1."""

    progress: float
    stages: tuple[Stage, ...]
    verdict: VerdictView | None
    cards: tuple[Card, ...] | None
    data: DataView | None


def view(home: Home, row: FineTuningRun) -> RunView:
    """The run as it is now; one that is found dead has ended first. Raises StoreError."""
    if row.status not in ENDED:
        endings.settle(home, row.run)
        row = RunLedger(store_of(home)).get(row.run)
    folder = home.runs / row.run
    told = timeline.ending(folder)
    live = row.status not in ENDED and told is None
    if told is not None and row.status not in ENDED:  # the store hears of it a moment later
        row = replace(row, status=endings.of_event(told).stored, sentence=told["sentence"], completed_at=told["at"])
    outcome: Outcome = "running" if live else told["outcome"] if told else endings.of_row(row).outcome
    where = noted(folder / AT_WORK) or noted(folder / WAITING)
    return RunView(**vars(row), outcome=outcome, live=live, flow_run_url=where.get("flow_run_url") or None)


def folder_of(home: Home, row: FineTuningRun) -> Path:
    """The run's folder. Raises NotFoundError where it is not in this home."""
    folder = home.runs / row.run
    if not folder.is_dir():
        raise NotFoundError(f"the files of run {row.id} ({row.run}) are not in {home.runs}")
    return folder


def page(
    home: Home, limit: int, recipe: str | None = None, before: int | None = None
) -> tuple[list[RunView], int | None]:
    """(the latest runs with a number below `before`, the number below which the next ones are or None)."""
    ledger = RunLedger(store_of(home))
    found = ledger.latest(limit + 1, recipe, before)
    return [view(home, row) for row in found[:limit]], found[limit - 1].id if len(found) > limit else None


def detail(home: Home, which: str) -> RunDetail:
    """All about the run with that number or name. Raises NotFoundError, StoreError."""
    row = RunLedger(store_of(home)).get(which)
    its = view(home, row)
    told = timeline.events(home.runs / row.run)
    verdict, cards = _judged(home, row.run)
    return RunDetail(
        **vars(its),
        progress=1.0 if not its.live else timeline.progress(told),
        stages=timeline.stages(told),
        verdict=verdict,
        cards=cards,
        data=_data(home.runs / row.run / "data_report.json"),
    )


def _judged(home: Home, name: str) -> tuple[VerdictView | None, tuple[Card, ...] | None]:
    """The gate's word, where it was asked, and everybody's scores."""
    try:
        found, cards = judged(home, name)
    except NotFoundError:
        return None, None
    except AvocetError as e:  # of another Avocet, or damaged: the page of the run must open all the same
        return VerdictView(False, e.reason, str(e), ()), None
    its, asked = found.verdict, asked_of(home, name)
    if asked is not None and asked.purpose == "benchmark":
        return None, cards
    return VerdictView(its.promoted, its.reason.value, its.sentence, its.conditions), cards


def _data(path: Path) -> DataView | None:
    try:
        its = json.loads(path.read_bytes())
        counts = {str(label): int(n) for label, n in its["label_counts"].items()}
        return DataView(
            int(its["n_kept"]), counts, tuple(its["dropped_labels"]), int(its["n_lines"]) - int(its["n_kept"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # not yet, or of an older Avocet
        return None
