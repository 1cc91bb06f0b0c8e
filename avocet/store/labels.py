"""Rows of a collection and what was said about them: append-only, so that a label is never lost and can be undone."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, func, insert, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from avocet.errors import ChangedMeanwhileError, NotFoundError, NotTheLastError
from avocet.store import schema
from avocet.store.database import Database
from avocet.store.said import Act, Added, Incoming, Prediction, Said, State, StoredRow, Undone, as_row, as_said
from avocet.times import moment, now

__all__ = ["IMPORT", "UNKNOWN", "Added", "Incoming", "Labels", "Prediction", "Said", "State", "StoredRow", "Undone"]

IMPORT = "import"  # who said it, where a file did
UNKNOWN = ""  # since when, where a file does not say


@dataclass(frozen=True)
class Labels:
    """The rows and label events of one collection.

    A skip says nothing of a row but that it shall be asked for later. A discarded row is asked for no more and not learned
    from, whatever a file says of it, until a person labels it or takes the discard back.
    """

    database: Database
    collection: str

    def add(self, incoming: Sequence[Incoming]) -> Added:
        """Take rows in, all or none; what is known already changes nothing.

        A label that comes with a row counts where nothing was said of the row yet, or earlier. Raises StoreError.
        """
        with self.database.writing() as db:
            values, events, found = self._planned(db, incoming)
            if values:
                db.execute(_insert(db).on_conflict_do_nothing(), values)
            if events:
                db.execute(insert(schema.labels), events)
        return found

    def would_add(self, incoming: Sequence[Incoming]) -> Added:
        """What `add` would come to; nothing is written."""
        with self.database.reading() as db:
            return self._planned(db, incoming)[2]

    def _planned(
        self, db: Connection, incoming: Sequence[Incoming]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Added]:
        """(rows to insert, events to insert, what that comes to)."""
        by_id = {one.row.id: one for one in incoming}
        at, there, said = now(), self._keys(db, by_id), self._last_words(db, by_id)
        events, n_other = [], 0
        for one in by_id.values():
            before = said.get(one.row.id)
            another_mail = there.get(one.row.id, one.row.key) != one.row.key
            if one.label is None or another_mail or (before is not None and before.label == one.label):
                continue
            if before is None or (before.act is None and _later(one.labeled_at, before.labeled_at)):
                since = one.labeled_at or UNKNOWN
                events.append(self._event(one.row.id, label=one.label, who=IMPORT, labeled_at=since))
            else:
                n_other += 1
        values = [self._values(one.row, at) for one in by_id.values() if one.row.id not in there]
        return values, events, Added(len(values), len(by_id) - len(values), len(events), n_other)

    def put(
        self, row_id: str, label: str, who: str, predicted: Prediction | None = None, base: int | None = None
    ) -> Said:
        """A person's label. What the same person said of it last is not said twice: a key that bounces, a request sent again.

        `base`: the version of the row that the person saw. Raises NotFoundError for a row that is not here,
        ChangedMeanwhileError where it is at another version, StoreError.
        """
        seen: dict[str, Any] = {}
        if predicted is not None:
            seen = {"predicted": predicted.label, "confidence": predicted.confidence, "version": predicted.version}
        return self._say(row_id, base, label=label, who=who, **seen)

    def put_all(self, row_ids: Sequence[str], label: str, who: str) -> int:
        """One label for many rows, in one act: those that wait for one; how many there were. `undo` takes all back."""
        at = now()
        with self.database.writing() as db:
            there, states = self._keys(db, row_ids), self._states(db, row_ids)
            waiting = [name for name in dict.fromkeys(row_ids) if name in there and states[name].waits]
            events = [self._event(name, label=label, who=who, labeled_at=at) for name in waiting]
            if events:
                db.execute(insert(schema.labels), events)
        return len(events)

    def take_away(self, row_id: str, who: str, base: int | None = None) -> Said:
        """The row has no label any more. Raises NotFoundError where it has none, ChangedMeanwhileError, StoreError."""
        with self.database.writing() as db:
            state = self._states(db, [row_id])[row_id]
            if state.label is None:
                raise NotFoundError(f"{row_id} has no label in {self.collection} that could be taken away")
            self._refuse_other(row_id, state, base)
            return self._said(db, self._event(row_id, label=None, who=who))

    def do(self, row_id: str, act: Act, who: str, base: int | None = None) -> Said:
        """Skip or discard a row; done twice it is done once. Raises NotFoundError, ChangedMeanwhileError, StoreError."""
        return self._say(row_id, base, act=act, who=who)

    def undo(self, who: str) -> Said:
        """As `take_back`; the newest of the events that say so."""
        return self._taken_back(who, None)[1]

    def take_back(self, who: str, event: int | None = None) -> Undone:
        """Take back what `who` said or did last and has not taken back yet, all of it if it was done in one act.

        Raises NotFoundError where nothing is left, NotTheLastError where `event` is not (part of) the last one.
        """
        return self._taken_back(who, event)[0]

    def _taken_back(self, who: str, event: int | None) -> tuple[Undone, Said]:
        table = schema.labels
        with self.database.writing() as db:
            query = _standing().where(table.c.collection == self.collection, table.c.who == who)
            last = db.execute(query.order_by(table.c.seq.desc()).limit(1)).first()
            if last is None:
                raise NotFoundError(f"{who} has said nothing in {self.collection} that could be undone")
            at_once = db.execute(query.where(table.c.labeled_at == last.labeled_at, table.c.seq != last.seq)).all()
            if event is not None and event not in {last.seq, *(one.seq for one in at_once)}:
                raise NotTheLastError(
                    f"event {event} is not what {who} said last: that is event {last.seq}, undo it first"
                )
            for one in at_once:
                self._said(db, self._event(one.row_id, label=None, who=who, undoes=one.seq))
            said = self._said(db, self._event(last.row_id, label=None, who=who, undoes=last.seq))
        return Undone(last.seq, last.row_id, as_said(last).kind, last.label, len(at_once) + 1), said

    def history(self, n: int = 10, who: str | None = None) -> list[Said]:
        """The latest `n` events, newest first."""
        table = schema.labels
        query = select(table).where(table.c.collection == self.collection)
        if who is not None:
            query = query.where(table.c.who == who)
        with self.database.reading() as db:
            return [as_said(row) for row in db.execute(query.order_by(table.c.seq.desc()).limit(n))]

    def labelled(self) -> Iterator[tuple[StoredRow, Said]]:
        """Every row that has a label, with what was said last, in the order of their ids."""
        return ((row, said) for row, said in self.settled() if said.label is not None)

    def settled(self) -> Iterator[tuple[StoredRow, Said]]:
        """The same, and rows whose label was taken away, or that were discarded."""
        rows = schema.rows
        with self.database.reading() as db:
            said = self._last_words(db)
            found = db.execution_options(yield_per=1000).execute(
                select(rows).where(rows.c.collection == self.collection).order_by(rows.c.id)
            )
            for row in found:
                if row.id in said:
                    yield as_row(row), said[row.id]

    def as_lines(self) -> bytes:
        """Every labelled row as a line of JSON, as a recipe reads it from a file."""
        lines = (
            {"id": row.id, "label": said.label, **said.when, **row.headers, **row.fields}
            for row, said in self.labelled()
        )
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()

    def page(self, limit: int, unlabelled: bool = False) -> list[tuple[StoredRow, Said | None]]:
        """The newest rows, each with its label if it has one; `unlabelled`: only those that wait for one."""
        rows, found = schema.rows, []
        with self.database.reading() as db:
            words = self._last_words(db)
            settled = {name for name, its in words.items() if its.label is not None or its.act}
            newest = (
                select(rows).where(rows.c.collection == self.collection).order_by(rows.c.imported_at.desc(), rows.c.id)
            )
            for row in db.execution_options(yield_per=1000).execute(newest):
                if not (unlabelled and row.id in settled):
                    its = words.get(row.id)
                    found.append((as_row(row), its if its and its.label is not None else None))
                if len(found) == limit:
                    break
        return found

    def rows(self, row_ids: Iterable[str]) -> list[StoredRow]:
        """Those of these rows that are here."""
        rows = schema.rows
        query = select(rows).where(rows.c.collection == self.collection, rows.c.id.in_(list(row_ids)))
        with self.database.reading() as db:
            return [as_row(found) for found in db.execute(query)]

    def row(self, row_id: str) -> StoredRow:
        """One row. Raises NotFoundError."""
        rows = schema.rows
        with self.database.reading() as db:
            query = select(rows).where(rows.c.collection == self.collection, rows.c.id == row_id)
            found = db.execute(query).first()
        if found is None:
            raise NotFoundError(f"there is no row {row_id!r:.80} in {self.collection}")
        return as_row(found)

    def states(self, row_ids: Iterable[str]) -> dict[str, State]:
        """What stands of each of these rows."""
        with self.database.reading() as db:
            return self._states(db, row_ids)

    def row_of(self, event: int) -> str | None:
        """Which row an event speaks of; None where there is no such event in this collection."""
        its = schema.labels.c
        query = select(its.row_id).where(its.seq == event, its.collection == self.collection)
        with self.database.reading() as db:
            found: str | None = db.execute(query).scalar()
        return found

    def states_within(self, db: Connection, row_ids: Iterable[str] | None = None) -> Iterator[tuple[str, State]]:
        """The same of all rows (or these) of which something stands, in the transaction of the caller."""
        table = schema.labels
        query = _standing().where(table.c.collection == self.collection).order_by(table.c.row_id, table.c.seq)
        # Asked of the query: as an option of the connection it would be one of the next writing, too.
        query = query.execution_options(yield_per=1000)
        if row_ids is not None:
            query = query.where(table.c.row_id.in_(list(row_ids)))
        found = map(as_said, db.execute(query))
        for row_id, events in groupby(found, lambda one: one.row_id):
            word = last = None
            for last in events:
                word = word if last.act == "skip" else last
            yield row_id, State(word, last)

    def _states(self, db: Connection, row_ids: Iterable[str]) -> dict[str, State]:
        found: dict[str, State] = defaultdict(State)
        found.update(self.states_within(db, row_ids))
        return found

    def keys(self, row_ids: Iterable[str]) -> dict[str, str]:
        """Row id -> key, of those that are here."""
        with self.database.reading() as db:
            return self._keys(db, row_ids)

    def count(self, until: str | None = None) -> int:
        """How many rows there are, labelled or not; `until`: those that had come by then."""
        rows = schema.rows
        query = select(func.count()).select_from(rows).where(rows.c.collection == self.collection)
        if until is not None:
            query = query.where(rows.c.imported_at <= until)
        with self.database.reading() as db:
            return int(db.execute(query).scalar_one())

    def newest(self) -> str | None:
        """When the last row came in; None where there is none."""
        rows = schema.rows
        query = select(func.max(rows.c.imported_at)).where(rows.c.collection == self.collection)
        with self.database.reading() as db:
            found: str | None = db.execute(query).scalar_one()
        return found

    def all_rows(self, until: str, skip: int = 0, n_page: int = 500) -> Iterator[StoredRow]:
        """Every row that had come by `until` but the first `skip`, in the order of their ids, a page in memory at a time.

        One transaction a page: an open reader keeps all who write waiting on SQLite.
        """
        rows, after = schema.rows, ""
        query = select(rows).where(rows.c.collection == self.collection, rows.c.imported_at <= until)
        while True:
            with self.database.reading() as db:
                page = query.where(rows.c.id > after).order_by(rows.c.id).limit(n_page)
                found = db.execute(page if after else page.offset(skip)).all()
            yield from map(as_row, found)
            if len(found) < n_page:
                return
            after = str(found[-1].id)

    def _say(self, row_id: str, base: int | None, **said: Any) -> Said:
        """`label` or `act` of a row that is here; what stands already is not said again."""
        with self.database.writing() as db:
            if row_id not in self._keys(db, [row_id]):
                raise NotFoundError(f"there is no row {row_id!r:.80} in {self.collection}")
            state = self._states(db, [row_id])[row_id]
            last = state.last
            if last and (last.who, last.label, last.act) == (said["who"], said.get("label"), said.get("act")):
                return last
            self._refuse_other(row_id, state, base)
            return self._said(db, self._event(row_id, **said))

    def _refuse_other(self, row_id: str, state: State, base: int | None) -> None:
        if base is not None and base != state.version:
            its = (
                f"{state.last.who} said {state.last.kind} {state.last.label or ''}".strip()
                if state.last
                else "it was undone"
            )
            raise ChangedMeanwhileError(
                f"row {row_id!r:.80} changed meanwhile ({its}): it is at version {state.version}, not {base}; look again"
            )

    def _said(self, db: Connection, event: Mapping[str, Any]) -> Said:
        found = db.execute(insert(schema.labels).values(event).returning(schema.labels)).one()
        return as_said(found)

    def _event(self, row_id: str, **said: Any) -> dict[str, Any]:
        blank: dict[str, Any] = dict.fromkeys(("label", "undoes", "predicted", "confidence", "version", "act"))
        return {**blank, "collection": self.collection, "row_id": row_id, "labeled_at": now(), **said}

    def _values(self, row: StoredRow, at: str) -> dict[str, Any]:
        # JSON's own escapes keep what a column of text would refuse: PostgreSQL takes no NUL.
        same = {"fields": json.dumps(dict(row.fields)), "headers": json.dumps(dict(row.headers))}
        return {
            "collection": self.collection,
            "id": row.id,
            "key": row.key,
            "source": row.source,
            "imported_at": at,
            **same,
        }

    def _keys(self, db: Connection, row_ids: Iterable[str]) -> dict[str, str]:
        rows = schema.rows
        query = select(rows.c.id, rows.c.key).where(rows.c.collection == self.collection, rows.c.id.in_(list(row_ids)))
        return {found.id: found.key for found in db.execute(query)}

    def _last_words(self, db: Connection, row_ids: Iterable[str] | None = None) -> dict[str, Said]:
        """Row id -> its last label, deletion or discard; a skip is no word on it."""
        table = schema.labels
        query = _standing().where(table.c.collection == self.collection, func.coalesce(table.c.act, "") != "skip")
        if row_ids is not None:
            query = query.where(table.c.row_id.in_(list(row_ids)))
        last = func.row_number().over(partition_by=table.c.row_id, order_by=table.c.seq.desc()).label("nth")
        newest = query.add_columns(last).subquery()
        found = db.execute(select(newest).where(newest.c.nth == literal_column("1")))
        return {row.row_id: as_said(row) for row in found}


def _standing() -> Select[Any]:
    """Events that say something and were not undone."""
    table, undoing = schema.labels, schema.labels.alias("undoing")
    undone = select(undoing.c.seq).where(undoing.c.undoes == table.c.seq).exists()
    # Not `undoes IS NULL`: SQLite takes that for a rare thing and reads all labels by its index for every 500 rows asked.
    return select(table).where(func.coalesce(table.c.undoes, 0) == 0, ~undone)


def _insert(db: Connection) -> Any:
    dialect: Any = postgresql if db.dialect.name == "postgresql" else sqlite
    return dialect.insert(schema.rows)


def _later(new: str | None, old: str) -> bool:
    """Whether the new label is known to be younger; any known time is younger than an unknown one."""
    its, other = moment(new) if new else None, moment(old)
    return its is not None and (other is None or its > other)
