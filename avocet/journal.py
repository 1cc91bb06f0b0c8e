"""A run's way through its stages, as the store is told of it: where it is, what it came to, and how it ended."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from avocet import registry, runs
from avocet.errors import AvocetError, DataStoppedError, StoreError, SwitchedOffError
from avocet.gate import Verdict
from avocet.history import SETTLED
from avocet.home import Home
from avocet.recipe import STORED, Recipe
from avocet.runs import Run
from avocet.scorecard import Scoreboard
from avocet.sides import Sides
from avocet.store import settings
from avocet.store.database import store_of
from avocet.store.runs import RunLedger, Status

_log = logging.getLogger("avocet")
KILLED = "it was killed, or its machine went away; the champion stayed as it was"


@contextmanager
def recorded(home: Home, recipe: Recipe) -> Iterator[Run]:
    """A new run, which ends as failed where an error ends it. Call it under the lock `runs.only_one`.

    Raises NoSpaceError, StoreError.
    """
    run, ledger = runs.begin(home, recipe), RunLedger(store_of(home))
    for name in ledger.unfinished():
        if (home.runs / name).is_dir():  # of this home, whose lock is ours: nobody works on it any more
            _close(home, ledger, name)
    ledger.begin(run.id, recipe.name, _config(recipe))
    try:
        yield run
    except BaseException as e:
        told = str(e) if isinstance(e, AvocetError) else f"it was stopped ({type(e).__name__})"
        try:
            ledger.move(run.id, "failed", sentence=told)
        except StoreError as lost:  # what ended the run is what a person must hear of
            e.add_note(f"and the store could not be told: {lost}")
        raise


def _close(home: Home, ledger: RunLedger, name: str) -> None:
    """End a run that nobody works on any more, as the ledger of the models says, if it was decided."""
    words = [e for e in registry.ledger(home.models) if e.get("run") == name and e.get("event") in SETTLED]
    if words:
        ledger.move(name, "completed", sentence=str(words[-1].get("sentence") or words[-1]["event"]))
    else:
        ledger.move(name, "failed", sentence=KILLED)


def check_wanted(home: Home) -> None:
    """Raises SwitchedOffError where a person switched training off, StoreError."""
    if not settings.load(store_of(home)).fine_tuning_enabled:
        raise SwitchedOffError(
            "training is switched off, so nothing was done: `avocet settings fine_tuning_enabled=true` switches it on"
        )


def check_enough(run: Run, n_rows: int) -> None:
    """Raises DataStoppedError where there are fewer usable rows than a person wants at least, StoreError.

    Of recipes that learn from what people say in the store (document 1); files are taken as they are (document 0).
    """
    if not any(name.startswith(STORED) for name in run.recipe.rows):
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
    try:
        _move(
            run, "completed", results=found, sentence=verdict.sentence, improvement_over_baseline=gain,
            model_path=version,
        )  # fmt: skip
    except StoreError as e:
        _log.warning("the verdict stands, and the store could not be told of it: %s", e)


def rested(run: Run, sentence: str) -> None:
    """A night without news: nothing was trained."""
    _move(run, "completed", sentence=sentence)


def _move(run: Run, status: Status, **known: Any) -> None:
    RunLedger(store_of(run.home)).move(run.id, status, **known)


def _config(recipe: Recipe) -> dict[str, Any]:
    return recipe.model_dump(mode="json", exclude={"about", "rows_help"})
