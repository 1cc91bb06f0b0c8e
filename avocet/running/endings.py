"""How a run ends, exactly once: in the store and as the last of its events, by itself or by whoever finds it dead."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from avocet import durable, registry
from avocet.errors import AvocetError, BusyError, NotFoundError, StoreError, SwitchedOffError
from avocet.home import Home
from avocet.running import timeline
from avocet.running.worker import noted, worker_of
from avocet.runs import only_one
from avocet.store.database import store_of
from avocet.store.runs import ENDED, FineTuningRun, RunLedger, Status
from avocet.times import now

Outcome = Literal["promoted", "refused", "no_change", "failed", "cancelled", "stopped", "running"]
KILLED = "it was killed, or its machine went away; the champion stayed as it was"
NEVER_BEGAN = "its process ended before it began: data/runs/{run}/flow.log says why; the champion stayed as it was"
# What is known of a run's process: `asked` for it before it was there, at work, and whether it shall stop.
ASKED, WAITING, AT_WORK, CANCEL = "asked.json", "waiting.json", "at-work.json", "cancel.json"


@dataclass(frozen=True)
class Ending:
    """What a run came to; `reason` is the short code of the error that ended it."""

    status: Literal["completed", "failed", "cancelled"]
    outcome: Outcome
    sentence: str
    reason: str | None = None

    @property
    def stored(self) -> Status:
        """As the store has it: document 1 knows no cancelled run."""
        return "completed" if self.status == "completed" else "failed"


def by_error(folder: Path, error: BaseException) -> Ending:
    """How an error ends a run; one that comes of its being cancelled is no failure."""
    if wish := noted(folder / CANCEL):
        return Ending("cancelled", "cancelled", f"cancelled by {wish['who']}; the champion stayed as it was")
    if isinstance(error, SwitchedOffError):
        return Ending("completed", "stopped", str(error))
    if isinstance(error, AvocetError):
        return Ending("failed", "failed", str(error), error.reason)
    return Ending("failed", "failed", f"it was stopped ({type(error).__name__})")


def finish(home: Home, name: str, ending: Ending, **known: Any) -> None:
    """End a run: what is `known` of it goes to the store, the event follows. One that has ended stays as it is.

    Raises StoreError, and then the event is there.
    """
    lost = None
    try:
        RunLedger(store_of(home)).move(name, ending.stored, sentence=ending.sentence, **known)
    except StoreError as e:
        lost = e
    _tell(home, name, ending)
    if lost is not None:
        raise lost


def abandon(home: Home, name: str, ending: Ending) -> bool:
    """End a run that waits to begin; False where it has begun or ended meanwhile."""
    # The event first: the process that begins it writes one too, and only the first of the two does.
    if not _tell(home, name, ending, at_most=1):
        return False
    RunLedger(store_of(home)).move(name, ending.stored, sentence=ending.sentence)
    return True


def _tell(home: Home, name: str, ending: Ending, at_most: int | None = None) -> bool:
    more = {"reason": ending.reason} if ending.reason else {}
    return timeline.say(
        home.runs / name, "end", at_most, status=ending.status, outcome=ending.outcome, sentence=ending.sentence, **more
    )


def wish(home: Home, name: str, who: str) -> None:
    """Note that somebody wants the run cancelled, so that whatever ends it now is told as that."""
    durable.replace_text(home.runs / name / CANCEL, json.dumps({"who": who, "at": now()}) + "\n")


def decided(home: Home, name: str, otherwise: Ending) -> Ending:
    """What the run came to, where the ledger of the models or the store knows it already."""
    words = [e for e in registry.ledger(home.models) if e.get("run") == name and e.get("event") in _DECIDES]
    if words:
        outcome: Outcome = "promoted" if words[-1]["event"] == "promoted" else "refused"
        return Ending("completed", outcome, str(words[-1].get("sentence") or words[-1]["event"]))
    with suppress(NotFoundError, StoreError):
        row = RunLedger(store_of(home)).get(name)
        if row.status in ENDED:
            return of_row(row)
    return otherwise


_DECIDES = ("promoted", "refused", "abandoned")


def of_row(row: FineTuningRun) -> Ending:
    """The ending of a run of which only the store is left."""
    if row.status == "failed":
        return Ending("failed", "failed", row.sentence or KILLED)
    promoted = None if row.results is None else bool(row.results.get("promoted"))
    outcome: Outcome = "no_change" if promoted is None else "promoted" if promoted else "refused"
    return Ending("completed", outcome, row.sentence or outcome)


def of_event(event: dict[str, Any]) -> Ending:
    """The ending that an event told."""
    return Ending(event["status"], event["outcome"], event["sentence"], event.get("reason"))


def close(home: Home, name: str) -> None:
    """End a run that nobody works on any more. Call it under the lock `runs.only_one`."""
    folder = home.runs / name
    told = timeline.ending(folder)
    killed = Ending("failed", "failed", KILLED)
    ending = of_event(told) if told else decided(home, name, by_wish(folder) or killed)
    finish(home, name, ending)


def by_wish(folder: Path) -> Ending | None:
    """The ending of a run that somebody wanted cancelled."""
    return by_error(folder, KeyboardInterrupt()) if (folder / CANCEL).exists() else None


def waits(home: Home, name: str) -> bool:
    """Whether the run was asked for and has not begun, and may still."""
    folder = home.runs / name
    if (folder / AT_WORK).exists() or not (folder / WAITING).exists():
        return False
    known = noted(folder / WAITING)
    its = worker_of(known)
    return bool(known.get("flow_run")) or its is None or its.gone is not True


def settle(home: Home, name: str) -> None:
    """End the record of a run that is of this home and that nobody works on any more; any other stays as it is.

    What waits in an orchestrator's queue is its to say. Raises StoreError.
    """
    folder = home.runs / name
    if not folder.is_dir() or at_work(folder):
        return
    if told := timeline.ending(folder):  # whoever ended it was killed before the store heard of it
        finish(home, name, of_event(told))
        return
    if waits(home, name):
        return
    if (folder / WAITING).exists() and not (folder / AT_WORK).exists():
        never = Ending("failed", "failed", NEVER_BEGAN.format(run=name))
        abandon(home, name, by_wish(folder) or never)
        return
    with suppress(BusyError), only_one(home, wait_s=0):  # whoever works on it holds the lock
        close(home, name)


def at_work(folder: Path) -> bool:
    """Whether the process that began the run is there, as far as can be seen from here."""
    its = worker_of(noted(folder / AT_WORK))
    return its is not None and its.gone is False


def told(home: Home, row: FineTuningRun) -> None:
    """See to it that a run which ended has an event that says so: those of an older Avocet have none."""
    folder = home.runs / row.run
    if row.status in ENDED and folder.is_dir() and not at_work(folder) and timeline.ending(folder) is None:
        _tell(home, row.run, decided(home, row.run, of_row(row)))


def live(home: Home) -> list[FineTuningRun]:
    """The runs of this home that wait or are at work, newest first; what was found dead has ended now. Raises StoreError."""
    ledger = RunLedger(store_of(home))
    for name in ledger.unfinished():
        settle(home, name)
    return [ledger.get(name) for name in reversed(ledger.unfinished()) if (home.runs / name).is_dir()]
