"""Mails with what stands of them: one, some, or page by page by words, label, kind, state, time and use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from avocet.errors import NotFoundError, WrongUseError
from avocet.store import schema
from avocet.store.labels import Labels
from avocet.store.paging import Some, cursor_of, parts_of
from avocet.store.runs import RunLedger, was_used
from avocet.store.said import Kind, State, StoredRow, as_row
from avocet.store.words import holds
from avocet.times import moment, utc

Given = Literal["label", "correction", "confirmation"]
Standing = Literal["labelled", "unlabelled", "discarded", "all"]
_LAST = "9999"  # behind every time


@dataclass(frozen=True)
class Mail:
    """A mail as a page shows it; `version` counts what was said of it (0: nothing), so that two people notice each other."""

    id: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    source: str
    imported_at: str
    label: str | None
    labeled_at: str | None
    who: str | None
    kind: Kind | None
    predicted: str | None
    confidence: float | None
    version: int
    discarded: bool
    skipped: bool
    used_in_run: int | None


@dataclass(frozen=True)
class Wanted:
    """Which mails: `words` must all be in it; `state` None: all but the discarded ones.

    `since` and `until` (ISO, `until` included; a date means its whole day) are of the label, or of the arrival of a mail
    that has none.
    """

    words: str = ""
    label: str | None = None
    kind: Given | None = None
    state: Standing | None = None
    used: bool | None = None
    since: str | None = None
    until: str | None = None


def mail(labels: Labels, row_id: str) -> Mail:
    """One of them. Raises NotFoundError."""
    found = mails_of(labels, [row_id])
    if not found:
        raise NotFoundError(f"there is no row {row_id!r:.80} in {labels.collection}")
    return found[0]


def mails_of(labels: Labels, row_ids: Sequence[str]) -> list[Mail]:
    """Those that are there, in this order."""
    ids = [name for name in row_ids if "\x00" not in name]  # which PostgreSQL refuses to look for
    rows = schema.rows
    with labels.database.reading() as db:
        query = select(rows).where(rows.c.collection == labels.collection, rows.c.id.in_(ids))
        found = {one.id: (as_row(one), str(one.imported_at)) for one in db.execute(query)}
    states = labels.states(found)
    labelled = [name for name in found if states[name].label is not None]
    used = RunLedger(labels.database).that_used(labels.collection, labelled) if labelled else {}
    return [_mail(*found[name], states[name], used) for name in ids if name in found]


def search(labels: Labels, wanted: Wanted, limit: int, cursor: str | None = None) -> Some[Mail]:
    """A page of the mails that are `wanted`, newest first. Raises WrongUseError for a time or a cursor that is none."""
    rows, word = schema.rows, schema.labels.alias("word")
    with labels.database.reading() as db:
        where = and_(rows.c.collection == labels.collection, *_clauses(db, labels, wanted, word))
        source: FromClause = rows
        if _asks_for_words(wanted):
            source = rows.outerjoin(word, word.c.seq == _last_word())
        query = select(rows.c.imported_at, rows.c.id).select_from(source).where(where)
        if cursor is None:
            total = int(db.execute(select(func.count()).select_from(source).where(where)).scalar_one())
        else:  # to count costs more than a page, so the first one's count goes along
            total, *last = parts_of(cursor, int, str, str)
            query = query.where(tuple_(rows.c.imported_at, rows.c.id) < tuple_(*last))
        newest = query.order_by(rows.c.imported_at.desc(), rows.c.id.desc()).limit(limit + 1)
        found = db.execute(newest).all()
    more = cursor_of(total, *found[limit - 1]) if len(found) > limit else None
    return Some(mails_of(labels, [one.id for one in found[:limit]]), total, more)


def _mail(row: StoredRow, imported_at: str, state: State, used: Mapping[int, int]) -> Mail:
    its = state.word if state.label is not None else None
    return Mail(
        row.id, row.fields, row.headers, row.source, imported_at,
        its.label if its else None, utc(its.labeled_at) if its else None, its.who if its else None,
        its.kind if its else None, its.predicted if its else None, its.confidence if its else None,
        state.version, state.discarded, state.skipped, used.get(its.seq) if its else None,
    )  # fmt: skip


def _asks_for_words(wanted: Wanted) -> bool:
    """Whether what was said of a row decides; to look that up for each row costs most."""
    of_the_label = (wanted.label, wanted.kind, wanted.used, wanted.since, wanted.until)
    return wanted.state in ("labelled", "unlabelled") or any(one is not None for one in of_the_label)


def _clauses(db: Connection, labels: Labels, wanted: Wanted, word: Any) -> list[ColumnElement[bool]]:
    rows = schema.rows
    found = [or_(holds(db, rows.c.fields, one), holds(db, rows.c.headers, one)) for one in wanted.words.split()]
    if wanted.state == "discarded":
        found.append(rows.c.id.in_(_discarded(labels)))
    elif wanted.state != "all":
        found.append(rows.c.id.not_in(_discarded(labels)))
    if wanted.state in ("labelled", "unlabelled"):
        found.append(word.c.label.is_not(None) if wanted.state == "labelled" else word.c.label.is_(None))
    if wanted.label is not None:
        found.append(word.c.label == wanted.label)
    if wanted.kind is not None:
        found += [word.c.label.is_not(None), _is_kind(wanted.kind, word)]
    if wanted.used is not None:
        its = and_(word.c.label.is_not(None), was_used(db, labels.collection, rows.c.id, word.c.labeled_at))
        found.append(its if wanted.used else and_(word.c.label.is_not(None), not_(its)))
    at = func.coalesce(func.nullif(word.c.labeled_at, ""), rows.c.imported_at)
    if wanted.since is not None:
        found.append(at >= _bound(wanted.since, "since"))
    if wanted.until is not None:
        found.append(at < _bound(wanted.until, "until"))
    return found


def _is_kind(kind: Given, word: Any) -> ColumnElement[bool]:
    if kind == "label":
        return and_(word.c.predicted.is_(None))
    return and_(word.c.predicted == word.c.label if kind == "confirmation" else word.c.predicted != word.c.label)


def _last_word() -> ScalarSelect[int]:
    """Number of the last event on the row that says something of it and stands."""
    rows, said = schema.rows, schema.labels.alias("said")
    query = select(said.c.seq).where(said.c.collection == rows.c.collection, said.c.row_id == rows.c.id, _is_word(said))
    return query.order_by(said.c.seq.desc()).limit(1).correlate(rows).scalar_subquery()


def _discarded(labels: Labels) -> Any:
    """Ids of the rows whose last word is a discard."""
    said, later = schema.labels.alias("discarded"), schema.labels.alias("later")
    after = select(later.c.seq).where(
        later.c.collection == said.c.collection, later.c.row_id == said.c.row_id, later.c.seq > said.c.seq,
        _is_word(later),
    )  # fmt: skip
    its = select(said.c.row_id).where(said.c.collection == labels.collection, said.c.act == "discard", _is_word(said))
    return its.where(not_(exists(after)))


def _is_word(said: Any) -> ColumnElement[bool]:
    undoing = schema.labels.alias()
    undone = exists(select(undoing.c.seq).where(undoing.c.undoes == said.c.seq))
    return and_(func.coalesce(said.c.undoes, 0) == 0, func.coalesce(said.c.act, "") != "skip", not_(undone))


def _bound(text: str, which: Literal["since", "until"]) -> str:
    """As times stand in the store, but for their fractions and their zone, which come behind it."""
    at = moment(text)
    if at is None:
        raise WrongUseError(f"{which}: {text!r:.40} is no time; write it like 2026-11-03 or 2026-11-03T02:00Z")
    if which == "until":
        try:
            at += timedelta(days=1) if len(text.strip()) <= len("2026-11-03") else timedelta(seconds=1)
        except OverflowError:
            return _LAST
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if at.year > 999 else datetime.min.isoformat()
