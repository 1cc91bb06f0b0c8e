"""A run's way through its stages, as its events and the store are told: where it is, what it came to, how it ended."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from avocet import runs
from avocet.errors import (
    DataStoppedError,
    NotFoundError,
    NothingToDoError,
    StoreError,
    SwitchedOffError,
    WrongUseError,
)
from avocet.gate import Verdict
from avocet.home import Home, checked_name
from avocet.recipe import STORED, Recipe
from avocet.running import endings, timeline
from avocet.running.endings import AT_WORK, CANCEL, KILLED, Ending
from avocet.running.timeline import STAGES
from avocet.running.worker import Worker, note
from avocet.runs import Run
from avocet.scorecard import Scoreboard
from avocet.sides import Sides
from avocet.store import settings
from avocet.store.database import store_of
from avocet.store.runs import RunLedger, Status

__all__ = ["KILLED"]
_log = logging.getLogger("avocet")


@contextmanager
def answering(home: Home, reserved: str | None) -> Iterator[None]:
    """Whatever stops a reserved run before it begins ends it, so that whoever asked for it hears of it."""
    try:
        yield
    except BaseException as e:
        if reserved is not None and (folder := home.runs / checked_name(reserved, "run")).is_dir():
            with suppress(StoreError):  # what ended the run is what a person must hear of
                endings.abandon(home, reserved, endings.by_error(folder, e))
        raise


@contextmanager
def recorded(home: Home, recipe: Recipe, reserved: str | None = None, **where: str) -> Iterator[Run]:
    """A new run, or the `reserved` one, which ends as failed where an error ends it. Call it under the lock `runs.only_one`.

    `where` is what is known of it elsewhere: its flow run. Raises NoSpaceError, StoreError, and NotFoundError,
    NothingToDoError or WrongUseError for a reserved run that is not here, was cancelled, or is of another recipe.
    """
    ledger = RunLedger(store_of(home))
    run = (_adopted(home, recipe, reserved) if reserved else None) or runs.begin(home, recipe)
    for name in ledger.unfinished():
        if name != run.id and (home.runs / name).is_dir() and not endings.waits(home, name):
            endings.close(home, name)  # of this home, whose lock is ours: nobody works on it any more
    if run.id != reserved:
        ledger.begin(run.id, recipe.name, config(recipe))
    note(run.folder / AT_WORK, Worker.of(), **where)
    if not timeline.say(run.folder, "status", status="preparing"):
        raise NothingToDoError(f"run {run.id} was ended before it began; nothing was done")
    try:
        yield run
    except BaseException as e:
        try:
            endings.finish(home, run.id, endings.decided(home, run.id, endings.by_error(run.folder, e)))
        except StoreError as lost:  # what ended the run is what a person must hear of
            e.add_note(f"and the store could not be told: {lost}")
        raise


def _adopted(home: Home, recipe: Recipe, reserved: str) -> Run | None:
    """The reserved run; None where it was begun before, as it was where an orchestrator tries a lost run again.

    Raises NothingToDoError for one that ended before it began: whoever asked was told that nothing would come of it.
    """
    folder = home.runs / checked_name(reserved, "run")
    if not folder.is_dir():
        raise NotFoundError(f"run {reserved} was reserved in another AVOCET_HOME than {home.root}; nothing was done")
    if (folder / CANCEL).exists():
        raise NothingToDoError(f"run {reserved} was cancelled before it began; nothing was done")
    row = RunLedger(store_of(home)).get(reserved)
    if row.recipe != recipe.name:
        raise WrongUseError(f"run {reserved} was reserved for recipe {row.recipe}, not for {recipe.name}")
    if (folder / AT_WORK).exists():
        return None
    if timeline.ending(folder) is not None:
        raise NothingToDoError(f"run {reserved} was given up before it began; nothing was done")
    runs.check_space(home)
    return Run(reserved, home, recipe)


def stage(run: Run, name: str, **more: Any) -> None:
    """A stage begins, and with it the one before has ended."""
    timeline.say(run.folder, "stage", stage=name, n=STAGES.index(name) + 1, of=len(STAGES), **more)


def log(run: Run, message: str, level: str = "info") -> None:
    """One sentence about the run, as its log has it; `level` is info, warning or error."""
    timeline.say(run.folder, "log", message=message, level=level)


def check_wanted(home: Home) -> None:
    """Raises SwitchedOffError where a person switched training off, StoreError."""
    if not settings.load(store_of(home)).fine_tuning_enabled:
        raise SwitchedOffError(
            "training is switched off, so nothing was done: `avocet settings fine_tuning_enabled=true` switches it on"
        )


def check_enough(run: Run, n_rows: int) -> None:
    """Raises DataStoppedError where there are fewer usable rows than a person wants at least, StoreError.

    Where the store alone is learned from (document 1); files are taken as they are (document 0).
    """
    if runs.row_files(run.home, run.recipe):
        return
    least = settings.load(store_of(run.home)).min_training_examples
    if n_rows < least:
        raise DataStoppedError(
            f"{n_rows} usable rows, and min_training_examples is {least}: label more mails, or change it with "
            "`avocet settings min_training_examples=N`"
        )


def divided(run: Run, sides: Sides) -> None:
    """The rows have their sides; training begins."""
    n = {side: sides.total(side) for side in ("train", "validation", "holdout")}
    _move(
        run, "training", num_training_examples=n["train"], num_validation_examples=n["validation"],
        num_test_examples=n["holdout"],
    )  # fmt: skip


def trained(run: Run) -> None:
    """Tonight's versions are there; they are judged now."""
    _move(run, "evaluating")


def decided(run: Run, board: Scoreboard, verdict: Verdict, learned: bool = True) -> None:
    """The gate has spoken; `learned`: on versions that were trained on this run's rows.

    The verdict is carried out already, so a store that cannot be told of it is a warning: the next run tells it.
    """
    card = board.challenger or board.champion
    found: dict[str, Any] = {"promoted": verdict.promoted, "reason": verdict.reason.value}
    gain = None
    if card is not None and card.macro_f1 is not None and card.error is None:
        found |= {
            "macro_f1": card.macro_f1, "accuracy": card.accuracy, "precision": card.precision, "recall": card.recall,
            "f1_by_label": {s.label: s.f1 for s in card.per_label if s.n},
        }  # fmt: skip
        beaten = max((c.macro_f1 for c in board.baselines if c.macro_f1 is not None), default=None)
        gain = None if beaten is None else card.macro_f1 - beaten
    version = f"models/{board.challenger.name}" if board.challenger and learned else None
    timeline.say(
        run.folder, "verdict", promoted=verdict.promoted, reason=verdict.reason.value, sentence=verdict.sentence
    )
    ending = Ending("completed", "promoted" if verdict.promoted else "refused", verdict.sentence)
    try:
        endings.finish(run.home, run.id, ending, results=found, improvement_over_baseline=gain, model_path=version)
    except StoreError as e:
        _log.warning("the verdict stands, and the store could not be told of it: %s", e)


def rested(run: Run, sentence: str) -> None:
    """A night without news, or one that only judged: no champion was to be found."""
    endings.finish(run.home, run.id, Ending("completed", "no_change", sentence))


def _move(run: Run, status: Status, **known: Any) -> None:
    RunLedger(store_of(run.home)).move(run.id, status, **known)
    timeline.say(run.folder, "status", status=status)


def config(recipe: Recipe) -> dict[str, Any]:
    """What the store keeps of the recipe."""
    rows = [*recipe.files, *(f"{STORED}{name}" for name in recipe.collections)]
    return {**recipe.model_dump(mode="json", exclude={"about", "rows_help"}), "rows": rows}
