"""One large bulk classification in shards: files under data/bulk/, each done by whoever comes to it, put together in order.

data/bulk/<plan>/plan.json     what shall be classified, by which version, and how many rows there are
data/bulk/<plan>/00007.jsonl   the answers of a shard (or .csv), 00007.json: that they are whole, and how many
"""

import hashlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from avocet import registry
from avocet.bulk.asked import STORE, open_input
from avocet.bulk.part import Far, names
from avocet.bulk.run import CHUNK, Order, Span, check, classify_all, form_of
from avocet.durable import replace_private, sync
from avocet.errors import DiskError, NotFoundError, WrongUseError
from avocet.home import Home, checked_name

ROWS = 100 * CHUNK  # in a shard, unless a person says otherwise
KEPT_S = 30 * 86_400.0  # a plan that nobody has gone on with for so long is given up: its shards may hold mail


@dataclass(frozen=True)
class Plan:
    """A classification cut into shards; `marks` are of its input when it was cut."""

    key: str
    sources: tuple[str, ...]
    out: str
    version: str
    with_text: bool
    rows_per_shard: int
    n_rows: int
    marks: tuple[Mapping[str, Any], ...]

    @property
    def n_shards(self) -> int:
        """At least one: an input without rows has an output as well."""
        return max(1, -(-self.n_rows // self.rows_per_shard))

    def span(self, number: int) -> Span:
        """The rows of a shard. Raises NotFoundError for a number that is none."""
        if not 0 <= number < self.n_shards:
            raise NotFoundError(f"plan {self.key} has no shard {number}; it has {self.n_shards}")
        first = number * self.rows_per_shard
        return Span(first, min(self.rows_per_shard, self.n_rows - first))


_PLANS = TypeAdapter(Plan)


def room_of(home: Home, key: str) -> Path:
    """Where a plan and its shards lie."""
    return home.data / "bulk" / checked_name(key, "plan")


def answers_of(home: Home, plan: Plan, number: int) -> Path:
    """The file of a shard's answers."""
    return room_of(home, plan.key) / f"{number:05}{'.csv' if Path(plan.out).suffix.lower() == '.csv' else '.jsonl'}"


def make_plan(
    home: Home,
    sources: Sequence[str],
    out: Path,
    version: Path,
    with_text: bool,
    again: bool,
    rows_per_shard: int = ROWS,
) -> Plan:
    """Cut the rows of `sources` into shards; the plan of the same order that was begun before is gone on with.

    Raises NotFoundError, WrongUseError (also where the input has changed since that was begun), RowsUnreadableError.
    """
    if rows_per_shard < CHUNK or rows_per_shard % CHUNK:
        raise WrongUseError(f"{rows_per_shard} rows a shard: give a multiple of {CHUNK}, the rows of one pass")
    rooted = tuple(one if one.startswith(STORE) else str(home.root / one) for one in sources)
    order = Order(rooted, home.root / out, version, with_text, again=again)
    check(order)
    its = registry.open_version(version)
    asked = {"sources": rooted, "out": str(order.out), "version": its.id, "with_text": with_text}
    key = hashlib.sha256(json.dumps([asked, rows_per_shard]).encode()).hexdigest()[:16]
    sweep(home)
    before = read_plan(home, key) if (room_of(home, key) / "plan.json").exists() else None
    rows = open_input(home, rooted, order.naming, before.marks if before else None)
    if before is not None:
        if list(before.marks) != list(rows.marks):
            room = home.shown(room_of(home, key))
            raise WrongUseError(f"the input has changed since {room} was begun; remove that to begin anew")
        return before
    n_rows = sum(1 for _ in rows.rows(form_of(its, order).fields))
    plan = Plan(key, rooted, str(order.out), its.id, with_text, rows_per_shard, n_rows, rows.marks)
    room_of(home, key).mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_private(room_of(home, key) / "plan.json", _PLANS.dump_json(plan))
    return plan


def sweep(home: Home) -> list[str]:
    """Remove plans that were given up; their keys."""
    old = time.time() - KEPT_S
    rooms = [
        room
        for room in (home.data / "bulk").glob("*/")
        if max(p.stat().st_mtime for p in (room, *room.iterdir())) < old
    ]
    for room in rooms:
        shutil.rmtree(room)
    return [room.name for room in rooms]


def read_plan(home: Home, key: str) -> Plan:
    """Raises NotFoundError where there is none (any more), or it cannot be read."""
    try:
        return _PLANS.validate_json((room_of(home, key) / "plan.json").read_bytes())
    except (OSError, ValidationError) as e:
        raise NotFoundError(f"plan {key} cannot be read under {home.data / 'bulk'} ({type(e).__name__})") from None


def done(home: Home, plan: Plan, number: int) -> Far | None:
    """What a shard came to; None where it is not whole yet."""
    path = answers_of(home, plan, number).with_suffix(".json")
    return Far(**json.loads(path.read_bytes())) if path.exists() else None


def do_shard(home: Home, key: str, number: int) -> Far:
    """Classify one shard, go on with it, or find it done. Raises NotFoundError and what `classify_all` raises."""
    plan = read_plan(home, key)
    if (found := done(home, plan, number)) is not None:
        return found
    out, span = answers_of(home, plan, number), plan.span(number)
    order = Order(plan.sources, out, home.models / plan.version, plan.with_text, again=True, span=span)
    far = classify_all(home, replace(order, planned=plan.marks))
    if far.n_rows != span.n_rows:
        raise WrongUseError(f"shard {number} of plan {key} has {far.n_rows} rows, not {span.n_rows}: its input changed")
    replace_private(out.with_suffix(".json"), json.dumps(asdict(far)).encode())
    return far


def how_far(home: Home, plan: Plan, number: int) -> int:
    """Bytes that a shard's file has by now: what does not grow is not being worked on."""
    part = names(answers_of(home, plan, number))[0]
    return part.stat().st_size if part.exists() else 0


def assemble(home: Home, plan: Plan) -> Far:
    """All shards in order as the output, in one move; then they are removed.

    Raises NotFoundError where one is not done, DiskError.
    """
    found = [done(home, plan, number) for number in range(plan.n_shards)]
    if missing := [number for number, far in enumerate(found) if far is None]:
        raise NotFoundError(f"shard {missing[0]} of plan {plan.key} is not done; start the same run again")
    out = Path(plan.out)
    version = registry.open_version(home.models / plan.version)
    head = form_of(version, Order(plan.sources, out, version.folder, plan.with_text)).head
    aside = out.with_name(f".{out.name}.{plan.key}")
    try:
        replace_private(aside, head)
        with aside.open("ab") as stream:
            for number in range(plan.n_shards):
                with answers_of(home, plan, number).open("rb") as shard:
                    shard.seek(len(head))
                    shutil.copyfileobj(shard, stream)
        sync(aside)
        aside.replace(out)
        sync(out.parent)
    except OSError as e:
        raise DiskError(f"writing {out} failed: {e.strerror}; the shards are whole, start the same run again") from None
    shutil.rmtree(room_of(home, plan.key))
    fars = [far for far in found if far is not None]
    return Far(sum(far.n_rows for far in fars), sum(far.n_bad for far in fars), out.stat().st_size)
