"""The ledger of models/: a line for each promotion, refusal, rollback and override, and what can be asked of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from avocet import durable
from avocet.errors import WrongUseError

LEDGER = "ledger.jsonl"
# What a move of the champion pointer is called in the line before it and in the line behind it.
MOVES = {"promoting": "promoted", "rolling_back": "rolled_back", "overriding": "overridden"}
MOVED = tuple(MOVES.values())
# After one of these a night or a person has decided, and the pointer stands still.
SETTLED = (*MOVED, "refused", "abandoned")


@dataclass(frozen=True)
class Word:
    """One decision of the ledger: when, about which version, in a sentence, and by whom where it was a person."""

    at: datetime
    recipe: str
    event: str
    version: str | None
    sentence: str
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Told:
    """A word as JSON has it."""

    at: str
    recipe: str
    event: str
    version: str | None
    sentence: str
    by: str | None
    reason: str | None


def told(word: Word) -> Told:
    """The word, its time to the second in UTC."""
    at = word.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Told(at, word.recipe, word.event, word.version, word.sentence, word.by, word.reason)


def record(models: Path, entry: Mapping[str, Any]) -> None:
    """Append one line to the ledger, with the time."""
    models.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    # ASCII: a reason from a command line may hold what UTF-8 cannot write, and that would tear a promotion in two.
    durable.append_line(models / LEDGER, json.dumps({"at": at, **entry}, ensure_ascii=True, allow_nan=False))


def ledger(models: Path) -> list[dict[str, Any]]:
    """All whole lines of the ledger, oldest first; a line that a kill tore is passed over (`avocet doctor` tells)."""
    path = models / LEDGER
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [entry for line in lines if (entry := parsed(line)) is not None]


def parsed(line: bytes) -> dict[str, Any] | None:
    """A line of the ledger, None where it is no JSON object."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def history(models: Path, recipe: str | None = None) -> list[Word]:
    """Every decision about `recipe` (None: about any), oldest first."""
    found, opened = [], {}
    for entry in ledger(models):
        key = (entry.get("recipe"), entry.get("version"))
        if entry.get("event") in MOVES:
            opened[key] = entry.get("at")
        if entry.get("event") not in SETTLED or (recipe is not None and entry.get("recipe") != recipe):
            continue
        # A kill's line was closed by a later run: the pointer moved when it was opened.
        at = time_of(opened.get(key) if entry.get("recovered") else None) or time_of(entry.get("at"))
        if at is not None and isinstance(entry.get("recipe"), str):
            found.append(_word(entry, at))
    return found


def _word(entry: Mapping[str, Any], at: datetime) -> Word:
    event, version = str(entry["event"]), entry.get("version")
    plain = f"{event.replace('_', ' ')} {version}"
    if entry.get("recovered"):
        plain += ", as the next run found after a kill"
    return Word(
        at, entry["recipe"], event, version, entry.get("sentence") or plain, entry.get("user"), entry.get("reason")
    )


def champion_at(models: Path, recipe: str, when: datetime) -> Word | None:
    """The move that had made a version the champion of `recipe` at `when`; None where there was no champion yet."""
    moves = [w for w in history(models, recipe) if w.event in MOVED and w.at <= when]
    return moves[-1] if moves else None


def recipes(models: Path) -> list[str]:
    """Every recipe that the ledger speaks of."""
    return sorted({word.recipe for word in history(models)})


def lineage(models: Path, recipe: str) -> tuple[str, ...]:
    """The champions of `recipe` that led to the present one, oldest first.

    A rollback takes away what came after its version: rolling back twice goes two back, not back and forth.
    """
    line: list[str] = []
    for entry in ledger(models):
        version, before = entry.get("version"), entry.get("before")
        if entry.get("recipe") != recipe or entry.get("event") not in MOVED or not isinstance(version, str):
            continue
        if before and before not in line:  # a pointer that was set by hand, before there was a ledger
            line.append(before)
        if entry["event"] == "rolled_back" and version in line:
            del line[_last(line, version) + 1 :]
        elif line[-1:] != [version]:
            line.append(version)
    return tuple(line)


def champions_ever(models: Path, recipe: str) -> tuple[str, ...]:
    """Every version that was champion of `recipe`, each once, the last one first."""
    moves = [e for e in ledger(models) if e.get("recipe") == recipe and e.get("event") in MOVED]
    listed = [v for e in moves for v in (e.get("before"), e.get("version")) if isinstance(v, str)]
    return tuple(dict.fromkeys(reversed(listed)))


def _last(line: list[str], version: str) -> int:
    return len(line) - 1 - line[::-1].index(version)


def former(models: Path, recipe: str, present: str | None) -> tuple[str, ...]:
    """The champions before `present`, nearest first: where a rollback can go."""
    line = list(lineage(models, recipe))
    end = _last(line, present) if present in line else len(line)
    return tuple(dict.fromkeys(v for v in reversed(line[:end]) if v != present))


def time_of(text: Any) -> datetime | None:
    """A time of the ledger, None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def asked_time(text: str) -> datetime:
    """A time that a person typed, with its zone. Raises WrongUseError: without one, nobody knows which night is meant."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUseError(f"{text!r:.60} is no time; write it like 2026-11-03T02:00Z") from None
    if found.tzinfo is None:
        raise WrongUseError(f"{text!r:.60} has no time zone; write Z for UTC, as in 2026-11-03T02:00Z, or +01:00")
    return found
