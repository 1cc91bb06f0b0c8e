"""Who waits for a label, kept in memory: each look reads only what came or was said since the last one."""

import hashlib
import time
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from avocet.store import schema
from avocet.store.labels import IMPORT, Labels
from avocet.store.said import State

_COUNT_S = (
    60.0  # rows are counted so often: a clock that is behind another one's hides rows from who asks for newer ones
)


def mark(row_id: str, salt: str) -> float:
    """A number from 0 to 1 that is the row's for good, and says nothing of what is in it."""
    return int.from_bytes(hashlib.blake2b(f"{salt} {row_id}".encode(), digest_size=7).digest()) / 2**56


@dataclass(frozen=True)
class Counts:
    """Rows that wait (skipped ones, too), were skipped, and were labelled by people since midnight here."""

    waiting: int
    skipped: int
    today: int


@dataclass
class Following:
    """The rows of one collection that wait; not for two threads at once."""

    labels: Labels
    waiting: set[str] = field(default_factory=set)
    skipped: dict[str, int] = field(default_factory=dict)  # -> number of the skip
    by_label: Counter[str] = field(default_factory=Counter)  # labelled rows
    n_rows: int = 0
    _label: dict[str, str] = field(default_factory=dict)
    _arrived: list[tuple[str, str]] = field(default_factory=list)  # (when, row), also some that wait no more
    _drawn: list[tuple[float, str]] = field(default_factory=list)  # (a number of chance, row), likewise
    _listed: set[str] = field(default_factory=set)  # rows that are in both
    _at: dict[str, str] = field(default_factory=dict)  # -> when it came
    _newest: str = ""
    _seq: int = 0
    _counted_at: float | None = None
    _midnight: str = ""
    _first_today: int = 0

    def look(self) -> Counts:
        """Take in what happened since the last look. Raises StoreError."""
        with self.labels.database.reading() as db:
            if self._counted_at is None:
                self._read_all(db)
            else:
                self._read_new(db)
                if time.monotonic() - self._counted_at > _COUNT_S and self._n_there(db) != self.n_rows:
                    self._read_all(db)
            return Counts(len(self.waiting), len(self.skipped), self._today(db))

    def newest(self) -> Iterator[str]:
        """Rows that wait and were not skipped, the newest first."""
        return (name for _, name in reversed(self._arrived) if name in self.waiting and name not in self.skipped)

    def oldest(self) -> Iterator[str]:
        """The same, the oldest first."""
        return (name for _, name in self._arrived if name in self.waiting and name not in self.skipped)

    def drawn(self) -> Iterator[str]:
        """The same, in an order of chance that stays as it is while rows come and go."""
        return (name for _, name in self._drawn if name in self.waiting and name not in self.skipped)

    def left_for_later(self) -> list[str]:
        """Skipped rows, the first skipped first."""
        return sorted(self.skipped, key=self.skipped.__getitem__)

    @property
    def n_done(self) -> int:
        """Rows that need not be asked for now: it grows by one with each answer."""
        return self.n_rows - len(self.waiting) + len(self.skipped)

    def _read_all(self, db: Connection) -> None:
        rows, said = schema.rows.c, schema.labels.c
        self.waiting, self.skipped, self.by_label, self._label, self._at = set(), {}, Counter(), {}, {}
        self._arrived, self._drawn, self._listed, self._newest = [], [], set(), ""
        self._seq = int(db.execute(select(func.max(said.seq))).scalar() or 0)
        its = select(rows.id, rows.imported_at).where(rows.collection == self.labels.collection)
        self._came({found.id: found.imported_at for found in db.execute(its)})
        for name, state in self.labels.states_within(db):
            self._set(name, state)
        self._arrived = [one for one in self._arrived if one[1] in self.waiting]
        self._drawn = [one for one in self._drawn if one[1] in self.waiting]
        self._listed = set(self.waiting)
        self._counted_at, self._midnight = time.monotonic(), ""

    def _n_there(self, db: Connection) -> int:
        self._counted_at = time.monotonic()
        rows = schema.rows
        query = select(func.count()).select_from(rows).where(rows.c.collection == self.labels.collection)
        return int(db.execute(query).scalar_one())

    def _read_new(self, db: Connection) -> None:
        rows, said = schema.rows.c, schema.labels.c
        mine = rows.collection == self.labels.collection
        fresh = select(rows.id, rows.imported_at).where(mine, rows.imported_at > self._newest)
        self._came({found.id: found.imported_at for found in db.execute(fresh)})
        # SQLite would search a collection by its index, and look at all that was ever said in it.
        new = select(said.seq, said.row_id).where(self._mine(), said.seq > self._seq)
        events = db.execute(new).all()
        if events:
            self._seq = max(found.seq for found in events)
            names = {found.row_id for found in events}
            states = dict(self.labels.states_within(db, names))
            for name in names:
                self._set(name, states.get(name, State()))  # where all was undone, nothing stands

    def _mine(self) -> ColumnElement[bool]:
        return func.coalesce(schema.labels.c.collection, "") == self.labels.collection

    def _came(self, rows: dict[str, str]) -> None:
        fresh = {name: at for name, at in rows.items() if name not in self._at}
        if not fresh:
            return
        self._at |= fresh
        self.n_rows = len(self._at)
        self.waiting |= fresh.keys()
        self._newest = max(self._newest, max(fresh.values()))
        self._listed |= fresh.keys()
        self._arrived = sorted([*self._arrived, *((at, name) for name, at in fresh.items())])
        self._drawn = sorted([*self._drawn, *((mark(name, "drawn"), name) for name in fresh)])

    def _set(self, name: str, state: State) -> None:
        if name not in self._at:
            return
        before = self._label.pop(name, None)
        if before is not None:
            self.by_label[before] -= 1
        if state.label is not None:
            self._label[name] = state.label
            self.by_label[state.label] += 1
        self.skipped.pop(name, None)
        if state.skipped:
            self.skipped[name] = state.version
        if not state.waits:
            self.waiting.discard(name)
            return
        self.waiting.add(name)
        if name not in self._listed:
            self._listed.add(name)
            insort(self._arrived, (self._at[name], name))
            insort(self._drawn, (mark(name, "drawn"), name))

    def _today(self, db: Connection) -> int:
        """Rows that people labelled today; events are numbered in the order of their times, so the search is short."""
        said, undoing = schema.labels, schema.labels.alias("undoing")
        midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        since = midnight.strftime("%Y-%m-%dT%H:%M:%S")
        by_people = (self._mine(), said.c.who != IMPORT, said.c.label.is_not(None))
        if since != self._midnight:
            first = select(func.min(said.c.seq)).where(*by_people, said.c.labeled_at >= since)
            self._midnight, self._first_today = since, int(db.execute(first).scalar() or self._seq + 1)
        undone = select(undoing.c.seq).where(undoing.c.undoes == said.c.seq).exists()
        labelled = select(said.c.row_id).where(*by_people, said.c.seq >= self._first_today, ~undone).distinct()
        return sum(name in self._label for name in db.execute(labelled).scalars())


def first(names: Iterable[str], n: int, but: Callable[[str], bool] = lambda name: False) -> list[str]:
    """The first `n` of them, without those that are `but`."""
    return list(islice((name for name in names if not but(name)), n))
