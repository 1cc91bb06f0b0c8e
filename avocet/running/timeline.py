"""A run's events.jsonl, the only source of its events: lines come whole, the last one says how the run ended.

A line's number, from 1, is the id under which a reader goes on behind it. Whoever reads takes whole lines only, so a
line that is being written, or that a full disk has torn, is never shown in part.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from avocet.durable import room_for, write_all
from avocet.times import now

FILE = "events.jsonl"
STAGES = ("validate", "split", "finetune", "benchmark", "promote")
POLL_S = 0.2  # between two looks into the file of a run that is at work
LOOK_S = 2.0  # without news, whoever writes it may be dead
_BLOCK = 1 << 16
# How far a run is when a stage begins; the last one ends at 1.
_BEGINS = {"validate": 0.02, "split": 0.08, "finetune": 0.1, "benchmark": 0.75, "promote": 0.97}
StageStatus = Literal["waiting", "running", "done", "failed", "skipped"]


def say(folder: Path, kind: str, at_most: int | None = None, **more: Any) -> bool:
    """Append an event of the run as a whole, with the time; as `append`."""
    return append(folder, {"type": kind, **more, "at": now()}, at_most)


def append(folder: Path, event: Mapping[str, Any], at_most: int | None = None) -> bool:
    """Append one event in a single write; False, and nothing is written, behind the event that ended the run.

    `at_most`: nothing either where more than so many lines stand there already. Raises DiskError where it is full.
    """
    line = (json.dumps(event, ensure_ascii=True) + "\n").encode()
    with room_for("a run's events"):
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # else two could end one run
            last = _last_line(descriptor)
            if parsed(last).get("type") == "end" or (at_most is not None and _n_lines(descriptor) > at_most):
                return False
            torn = bool(last) and not last.endswith(b"\n")
            write_all(descriptor, b"\n" * torn + line)
        finally:
            os.close(descriptor)
    return True


def parsed(line: bytes) -> dict[str, Any]:
    """The event in a line; empty for one that was torn."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def ending(folder: Path) -> dict[str, Any] | None:
    """The event that ended the run; None where none did yet."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        last = parsed(_last_line(descriptor))
    finally:
        os.close(descriptor)
    return last if last.get("type") == "end" else None


def _last_line(descriptor: int) -> bytes:
    end = os.fstat(descriptor).st_size
    found, start = b"", end
    while start > 0 and b"\n" not in found[:-1]:
        start = max(start - _BLOCK, 0)
        found = os.pread(descriptor, end - start, start)
    return found[found.rfind(b"\n", 0, -1) + 1 :]


def _n_lines(descriptor: int) -> int:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).count(b"\n")


@dataclass
class Reader:
    """Goes through a run's events from behind line number `after`; what comes later is read by the next call."""

    folder: Path
    after: int = 0
    number: int = 0  # of the last line that was read
    ended: bool = False  # the last event was
    _place: int = field(default=0, repr=False)

    def read(self) -> list[tuple[int, str]]:
        """(number, line) of the whole lines that came since the last call, a block of them at a time; [] for none."""
        found: list[tuple[int, str]] = []
        while not found and not self.ended:
            block = self._block()
            if not block:
                break
            for line in block.split(b"\n")[:-1]:
                self.number += 1
                event = parsed(line)
                self.ended = event.get("type") == "end"
                if event and self.number > self.after:
                    found.append((self.number, line.decode("ascii", errors="replace")))
            self._place += len(block)
        return found

    def _block(self) -> bytes:
        """Whole lines from where the last call ended."""
        try:
            with (self.folder / FILE).open("rb") as stream:
                stream.seek(self._place)
                block = stream.read(_BLOCK)
                while len(block) % _BLOCK == 0 and block and b"\n" not in block:  # one line longer than a block
                    more = stream.read(_BLOCK)
                    if not more:
                        break
                    block += more
        except FileNotFoundError:
            return b""
        return block[: block.rfind(b"\n") + 1]


def events(folder: Path) -> list[dict[str, Any]]:
    """All whole events so far."""
    reader, found = Reader(folder), list[dict[str, Any]]()
    while lines := reader.read():
        found += [json.loads(line) for _, line in lines]
    return found


@dataclass(frozen=True)
class Stage:
    """One of the five stages in one run, and when it was (UTC)."""

    name: str
    status: StageStatus
    began_at: str | None = None
    ended_at: str | None = None


def stages(told: Iterable[Mapping[str, Any]]) -> tuple[Stage, ...]:
    """Where a run's stages are, as its events tell."""
    told = list(told)
    begun = [(str(e["stage"]), str(e["at"])) for e in told if e.get("type") == "stage"]
    end = told[-1] if told and told[-1].get("type") == "end" else None
    over = [at for _, at in begun[1:]] + [None if end is None else str(end["at"])]
    found = {}
    for (name, began), ended in zip(begun, over, strict=False):
        last = name == begun[-1][0]
        broken = last and end is not None and end.get("status") != "completed"
        status: StageStatus = "failed" if broken else "done" if ended else "running"
        found[name] = Stage(name, status, began, ended)
    reached = max((STAGES.index(name) for name in found if name in STAGES), default=-1)
    for i, name in enumerate(STAGES):
        # What was passed by, as `finetune` is where a version is only judged, does not come any more.
        found.setdefault(name, Stage(name, "skipped" if end is not None or i < reached else "waiting"))
    return tuple(found[name] for name in STAGES)


def progress(told: Iterable[Mapping[str, Any]]) -> float:
    """How far a run is, 0..1: by stage, and within a stage by what it tells. A guess, but it only grows."""
    at, seen, candidates = 0.0, list[str](), 1
    for event in told:
        kind, who = event.get("type"), str(event.get("candidate"))
        found = 0.0
        if kind == "end":
            return 1.0
        if kind == "stage":
            found = _BEGINS.get(str(event["stage"]), 0.0)
            candidates = max(len(event.get("candidates", ())), candidates)
        elif kind == "attempt":
            seen += [] if who in seen else [who]
            found = _within("finetune", (len(seen) - 1) / candidates)
        elif kind == "progress" and event.get("kept", True) and event.get("of"):
            share = min(event["step"] / event["of"], 1.0)
            if who in seen:
                found = _within("finetune", (len(seen) - 1 + share) / candidates)
            elif who == "benchmark":
                found = _within("benchmark", share)
        at = max(at, found)
    return at


def _within(stage: str, share: float) -> float:
    begin, end = _BEGINS[stage], _BEGINS[STAGES[STAGES.index(stage) + 1]]
    return begin + (end - begin) * min(share, 1.0)
