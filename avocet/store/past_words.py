"""What people said and did, newest first, each with the title of its mail and whether it was taken back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select

from avocet.store import schema
from avocet.store.labels import IMPORT, Labels
from avocet.store.paging import Some, cursor_of, parts_of
from avocet.store.said import Kind, as_row, as_said
from avocet.times import utc


@dataclass(frozen=True)
class Event:
    """One event; `undone`: somebody took it back since."""

    seq: int
    row_id: str
    title: str
    label: str | None
    kind: Kind
    labeled_at: str | None
    who: str
    predicted: str | None
    confidence: float | None
    version: str | None
    undone: bool


def events(labels: Labels, limit: int, cursor: str | None = None, imports: bool = False) -> Some[Event]:
    """A page of them; `imports`: also labels that came with files. Raises WrongUseError for a cursor that is none."""
    said, undoing, rows = schema.labels, schema.labels.alias("undoing"), schema.rows
    where = [said.c.collection == labels.collection, *([] if imports else [said.c.who != IMPORT])]
    undone = exists(select(undoing.c.seq).where(undoing.c.undoes == said.c.seq)).label("undone")
    query = select(said, undone).where(*where).order_by(said.c.seq.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(said.c.seq < _within(parts_of(cursor, int)[0]))
    with labels.database.reading() as db:
        total = int(db.execute(select(func.count()).select_from(said).where(*where)).scalar_one())
        found = db.execute(query).all()
        ids = {one.row_id for one in found}
        of_them = select(rows).where(rows.c.collection == labels.collection, rows.c.id.in_(ids))
        title = {one.id: as_row(one).title for one in db.execute(of_them)}
    more = cursor_of(found[limit - 1].seq) if len(found) > limit else None
    return Some([_event(one, title[one.row_id]) for one in found[:limit]], total, more)


def _event(found: Any, title: str) -> Event:
    said = as_said(found)
    return Event(
        said.seq, said.row_id, title, said.label, said.kind, utc(said.labeled_at), said.who,
        said.predicted, said.confidence, said.version, bool(found.undone),
    )  # fmt: skip


def _within(number: int) -> int:
    """No database takes a number of any length."""
    return min(max(number, 0), 2**31 - 1)
