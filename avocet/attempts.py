"""Which setting an attempt at a candidate gets: where the ladder starts, what earlier attempts of the run died of.

A retry knows no more than its number, so each attempt leaves beside the run's files what it died of: training goes
a rung down, judging halves its pieces, and waiting for memory that others hold changes nothing.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from avocet import durable, remembered
from avocet.candidates import FineTuned, OnBase
from avocet.errors import MemoryBusyError, OutOfMemoryError
from avocet.methods.bases import memory_holders
from avocet.methods.estimate import first_fit, needs
from avocet.methods.job import BaseAtHand
from avocet.methods.ladder import Rung, rungs
from avocet.methods.room import Room, here
from avocet.runs import Run

GIB = 1024**3
BUSY_TRIES = 6  # at five minutes each: a person's notebook may have closed by then, and the night has other candidates
BUSY_DELAY_S = 300
BUSY, TRAINING, EVALUATION = "busy", "training", "evaluation"


def retries(settings: object) -> int:
    """As many attempts after the first as can make sense: each rung, each halving of what is judged at once, waiting."""
    if not isinstance(settings, OnBase):
        return 0
    ladder = rungs(settings)
    return len(ladder) - 1 + ladder[0].judged.bit_length() + BUSY_TRIES


@dataclass
class Plan:
    """The attempts at one candidate in one run; `ends` says what each attempt before this one died of."""

    run: Run
    settings: object
    base: BaseAtHand | None
    path: Path
    ladder: tuple[Rung, ...]
    start: Rung
    room: Room
    attempt: int
    ends: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    @property
    def _down(self) -> int:
        """Rungs below the start; an attempt that left no word (its process was killed too) counts as one of training."""
        return self.ends.count(TRAINING) + max(self.attempt - len(self.ends), 0)

    @property
    def _place(self) -> int:
        top = self.ladder.index(_bare(self.start))
        return min(top + self._down, len(self.ladder) - 1)

    @property
    def rung(self) -> Rung:
        """The setting of this attempt."""
        its = self.ladder[self._place]
        started = Rung(its.micro_batch, its.accumulation, its.gradient_checkpointing, self.start.evaluation)
        return started.judging_less(self.ends.count(EVALUATION))

    @property
    def key(self) -> str:
        """What a setting that worked is remembered by: the base's bytes, the device, the length, the effective batch."""
        base, top = self.base, self.ladder[0]
        tokens = self.settings.max_tokens if isinstance(self.settings, OnBase) else 0
        method = getattr(self.settings, "method", "")
        digest = base.digest[:16] if base else "none"
        return f"{digest} {self.room.device} {tokens} {top.micro_batch * top.accumulation} {method}"

    def check_room(self) -> None:
        """Raises MemoryBusyError where even the smallest setting does not fit now, and would if others let go.

        After BUSY_TRIES it is tried all the same: what is needed is a guess, and reality has the last word.
        """
        if not isinstance(self.settings, OnBase) or self.base is None or self.ends.count(BUSY) >= BUSY_TRIES:
            return
        room = here()
        need = needs(self.settings, self.base, self.ladder[-1], room.gpu)
        if not room.free < need <= room.total:
            return
        holders = ", ".join(memory_holders()) or "somebody who cannot be seen from here"
        error = MemoryBusyError(
            f"about {need / GIB:.1f} GiB are needed, {room.free / GIB:.1f} of {room.total / GIB:.1f} GiB of {room.device} "
            f"are free: held by {holders}"
        )
        self._note(BUSY)
        raise error

    def died(self, error: OutOfMemoryError) -> OutOfMemoryError:
        """Take note of running out of memory; the error to raise, which says whether another attempt makes sense."""
        rung = self.rung
        kind = error.where or (TRAINING if self._can(TRAINING) else EVALUATION)
        again = self._can(kind)
        self._note(kind)
        remembered.forget(self.run.home, self.key)
        name = self.path.name.removeprefix("train-").removesuffix(".attempts.json")
        if again:
            smaller = "smaller micro-batches" if kind == TRAINING else "fewer rows judged at once"
            return OutOfMemoryError(f"{name} at {rung}: {error}; trying again with {smaller}")
        holders = ", ".join(memory_holders()) or "nothing that can be seen"
        last = OutOfMemoryError(
            f"{name} at {rung}, the smallest setting: {error}. What holds the memory: {holders}. "
            "Stop what you can spare, or lower max_tokens in the recipe"
        )
        last.again = False
        return last

    def worked(self) -> None:
        """Remember this attempt's setting, so that the next night starts with it."""
        if isinstance(self.settings, OnBase):
            refuted = TRAINING in self.ends or EVALUATION in self.ends
            kept = remembered.Kept(self.rung, datetime.now(UTC), self.room.free)
            remembered.keep(self.run.home, self.key, kept, refuted)

    def _can(self, kind: str) -> bool:
        if kind == TRAINING:
            return self._place < len(self.ladder) - 1
        return isinstance(self.settings, OnBase) and self.rung.judged > 1

    def _note(self, kind: str) -> None:
        self.tried.append(f"{self.rung}: {'memory was held by others' if kind == BUSY else f'out of memory in {kind}'}")
        self.ends += [TRAINING] * max(self.attempt - len(self.ends), 0) + [kind]
        said = {
            "start": self.start.__dict__,
            "ends": self.ends,
            "tried": self.tried,
        }
        with suppress(OSError):  # on a full disk the next attempt finds no word, and takes it for one of training
            durable.replace_text(self.path, json.dumps(said, ensure_ascii=True))


def plan(run: Run, candidate: str, settings: object, base: BaseAtHand | None, attempt: int) -> Plan:
    """The plan of attempt number `attempt` (0 = the first of the run)."""
    path = run.folder / f"train-{candidate}.attempts.json"
    if attempt == 0:
        path.unlink(missing_ok=True)
    ladder, room = rungs(settings), here()
    found = Plan(run, settings, base, path, ladder, ladder[0], room, attempt)
    said = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"ends": [], "tried": []}
    found.ends, found.tried = said["ends"], said["tried"]
    if all(end == BUSY for end in found.ends):  # nothing was tried yet, and what is free may have changed
        found.start = _start(found)
    else:
        found.start = Rung(**said["start"])
    return found


def _start(its: Plan) -> Rung:
    """What is remembered, or the first rung that is thought to fit."""
    kept = remembered.recall(its.run.home, its.key)
    known = kept.start(its.ladder, its.room.free, datetime.now(UTC)) if kept else None
    if known is not None:
        return known
    if not isinstance(its.settings, FineTuned):
        return its.ladder[0]
    return its.ladder[first_fit(its.settings, its.base, its.ladder, its.room.free, its.room.gpu)]


def _bare(rung: Rung) -> Rung:
    return Rung(rung.micro_batch, rung.accumulation, rung.gradient_checkpointing)
