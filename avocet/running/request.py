"""Asking for a run: what it shall do, held against the recipe, and the one place where a run is reserved or refused."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError

from avocet import durable, runs
from avocet import recipe as recipes
from avocet.candidates import Candidate, FineTuned, Lora, Strict
from avocet.errors import BusyError, DataStoppedError, RecipeError, WrongUseError
from avocet.home import Home
from avocet.recipe import Recipe, Shares
from avocet.running import endings, journal, timeline
from avocet.running.endings import ASKED, WAITING
from avocet.running.worker import Worker, note, noted
from avocet.sources import collections_of
from avocet.store import settings
from avocet.store.database import store_of
from avocet.store.runs import FineTuningRun, RunLedger
from avocet.training import trained_before

Purpose = Literal["finetune", "benchmark"]
KEYS_DAYS = 7  # after so long nobody asks again under the same key
_LOCK_S = 60.0  # others only reserve, which takes moments
MAX_KEY = 200
T = TypeVar("T", bound=Strict)


@dataclass(frozen=True)
class RunRequest:
    """What a run shall do; None is as the recipe says.

    `model` is a candidate, or a version that is judged instead of training. `rank` and `learning_rate` go to the candidates
    that have one. `shares` are of validation and holdout; rows that have a side keep it.
    """

    recipe: str = "job_mail"
    model: str | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    rank: int | None = None
    shares: Mapping[str, float] | None = None
    purpose: Purpose = "finetune"

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the flow; `purpose` says which flow."""
        return {name: value for name, value in asdict(self).items() if name != "purpose"}

    def chosen(self, home: Home) -> tuple[Recipe, str | None]:
        """(the recipe with what was asked for, the version to judge instead of training). Raises RecipeError."""
        found = recipes.load(home, self.recipe)
        version = self.model
        if not version or version in found.candidates or not trained_before(home, found, version):
            version = None
        narrow = found.narrowed(None if version else self.model, self.epochs)
        return self._with_settings(narrow), version

    def _with_settings(self, recipe: Recipe) -> Recipe:
        candidates = {name: self._changed(name, settings) for name, settings in recipe.candidates.items()}
        if self.learning_rate is not None and not any(isinstance(c, FineTuned) for c in candidates.values()):
            raise RecipeError(f"learning_rate: no candidate of {', '.join(candidates)} has one")
        if self.rank is not None and not any(isinstance(c, Lora) for c in candidates.values()):
            raise RecipeError(f"rank: none of {', '.join(candidates)} is trained by method lora")
        shares = recipe.shares if self.shares is None else _valid("shares", Shares, dict(self.shares))
        return recipe.model_copy(update={"candidates": candidates, "shares": shares})

    def _changed(self, name: str, settings: Candidate) -> Candidate:
        more: dict[str, Any] = {}
        if self.learning_rate is not None and isinstance(settings, FineTuned):
            more["learning_rate"] = self.learning_rate
        if self.rank is not None and isinstance(settings, Lora):
            # As many times the rank as before: the adapters' output keeps its scale, so the learning rate still fits.
            more |= {"r": self.rank, "alpha": max(round(settings.alpha * self.rank / settings.r), 1)}
        return _valid(name, type(settings), {**settings.model_dump(), **more}) if more else settings


def _valid(place: str, kind: type[T], values: Mapping[str, Any]) -> T:
    try:
        return kind.model_validate(values)
    except ValidationError as e:
        said = "; ".join(
            f"{'.'.join([place, *map(str, one['loc'])])}: {one['msg'].removeprefix('Value error, ')}"
            for one in e.errors()
        )
        raise RecipeError(said) from None


@dataclass(frozen=True)
class Reserved:
    """A run that waits for a process; `fresh`: it was not there before, so it has to be started."""

    run: FineTuningRun
    fresh: bool


def reserve(home: Home, asked: RunRequest, who: str, key: str | None = None, attach: bool = False) -> Reserved:
    """A run for what was asked, if none waits or is at work; several processes may ask at once, and one run comes of it.

    The same `key` again gives the run of the first time. `attach`: a live run that was asked for the same is it.
    Raises RecipeError, RowsNotFoundError, SwitchedOffError, DataStoppedError for too few labels, NoSpaceError,
    StoreError, WrongUseError for a key that was given with another wish, BusyError that names the live run.
    """
    recipe, _ = asked.chosen(home)
    with _alone(home):
        if (known := _of_key(home, asked, key)) is not None:
            return Reserved(known, fresh=False)
        for other in endings.live(home):
            if attach and asked_of(home, other.run) == asked:
                return Reserved(other, fresh=False)
            raise BusyError(f"run {other.id} ({other.run}) is {_doing(home, other)}; wait for it, or cancel it")
        with runs.only_one(home):  # a rollback or an import holds it too: what would begin now could only fail
            pass
        runs.row_files(home, recipe)
        if asked.purpose == "finetune":
            journal.check_wanted(home)
            check_labelled(home, recipe)
        row = _reserved(home, recipe, asked, who)
        if key is not None:
            _remember(home, asked, key, row.run)
        return Reserved(row, fresh=True)


def _reserved(home: Home, recipe: Recipe, asked: RunRequest, who: str) -> FineTuningRun:
    run, ledger = runs.begin(home, recipe), RunLedger(store_of(home))
    durable.replace_text(run.folder / ASKED, json.dumps({**asdict(asked), "who": who}) + "\n")
    note(run.folder / WAITING, Worker.of(), asks=True)  # this process, until it has started one or asked for one
    timeline.say(run.folder, "status", status="waiting")
    ledger.begin(run.id, recipe.name, journal.config(recipe))
    return ledger.get(run.id)


def asked_of(home: Home, name: str) -> RunRequest | None:
    """What the run was asked for; None where nobody asked for it in advance."""
    known = noted(home.runs / name / ASKED)
    known.pop("who", None)
    return RunRequest(**known) if known else None


def check_labelled(home: Home, recipe: Recipe) -> None:
    """Raises DataStoppedError where the store alone is learned from, and holds fewer labels than a person wants at least."""
    if runs.row_files(home, recipe):
        return  # files have rows, too: the run counts them
    least = settings.load(store_of(home)).min_training_examples
    n = sum(said.label in recipe.labels for labels in collections_of(home, recipe) for _, said in labels.labelled())
    if n < least:
        raise DataStoppedError(
            f"{n} labelled mails, and min_training_examples is {least}: label {least - n} more, or change the setting"
        )


def _doing(home: Home, run: FineTuningRun) -> str:
    return "waiting to begin" if endings.waits(home, run.run) else f"at work ({run.status})"


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    home.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.data / ".reserve.lock")
    try:
        lock.acquire(timeout=_LOCK_S)
    except Timeout:
        raise BusyError("others reserve a run just now; try again") from None
    try:
        yield
    finally:
        lock.release()


def _of_key(home: Home, asked: RunRequest, key: str | None) -> FineTuningRun | None:
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY:
        raise WrongUseError(f"an Idempotency-Key has 1 to {MAX_KEY} characters")
    known = noted(_key_file(home, key))
    if not known:
        return None
    if RunRequest(**known["asked"]) != asked:
        raise WrongUseError("this Idempotency-Key was used for another run; give each wish a key of its own")
    return RunLedger(store_of(home)).get(known["run"])


def _remember(home: Home, asked: RunRequest, key: str, name: str) -> None:
    path = _key_file(home, key)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    for old in path.parent.iterdir():
        if time.time() - old.stat().st_mtime > KEYS_DAYS * 24 * 3600:
            old.unlink()
    note(path, run=name, asked=asdict(asked))


def _key_file(home: Home, key: str) -> Path:
    return home.data / "run-keys" / hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
