"""The setting that worked, remembered from night to night in data/rungs.json: the second night starts where it ended.

Memory gets free again and drivers get better, so after `CLIMB_AFTER`, or where there is `MUCH_MORE` free than there
was, one rung up is tried; where that fails, one attempt is lost and the clock starts anew.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from avocet import durable
from avocet.home import Home
from avocet.methods.ladder import Rung

CLIMB_AFTER = timedelta(days=14)
MUCH_MORE = 1.5
MOST = 200  # settings; the oldest go


@dataclass(frozen=True)
class Kept:
    """A rung that worked, since when it is the one that does, and the bytes that were free then."""

    rung: Rung
    since: datetime
    free: int

    def start(self, ladder: tuple[Rung, ...], free: int, now: datetime) -> Rung | None:
        """Where to start tonight; None where the recipe's ladder has this rung no more."""
        bare = replace(self.rung, evaluation=0)
        if bare not in ladder:
            return None
        if now - self.since < CLIMB_AFTER and free < self.free * MUCH_MORE:
            return self.rung
        return ladder[max(ladder.index(bare) - 1, 0)]


def recall(home: Home, key: str) -> Kept | None:
    """What worked for `key`; a file that cannot be read is one that says nothing."""
    return _read(home).get(key)


def keep(home: Home, key: str, kept: Kept, refuted: bool) -> None:
    """Remember `kept`. The same rung keeps its date unless a larger one was `refuted` just now."""
    known = _read(home)
    before = known.get(key)
    if before is not None and before.rung == kept.rung and not refuted:
        return
    _write(home, {**known, key: kept})


def forget(home: Home, key: str) -> None:
    """What is remembered for `key` failed."""
    known = _read(home)
    if known.pop(key, None) is not None:
        _write(home, known)


def _read(home: Home) -> dict[str, Kept]:
    try:
        raw: dict[str, Any] = json.loads(home.rungs.read_bytes())
        return {
            key: Kept(Rung(**its["rung"]), datetime.fromisoformat(its["since"]).astimezone(UTC), int(its["free"]))
            for key, its in raw.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _write(home: Home, known: dict[str, Kept]) -> None:
    newest = sorted(known.items(), key=lambda item: item[1].since)[-MOST:]
    raw = {key: {"rung": asdict(k.rung), "since": k.since.isoformat(), "free": k.free} for key, k in newest}
    with suppress(OSError):  # a full disk has its own checks; what is not remembered costs a retry, not the night
        durable.replace_text(home.rungs, json.dumps(raw, indent=1, ensure_ascii=True) + "\n")
