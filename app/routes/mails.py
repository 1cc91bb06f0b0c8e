"""Mails, what people say of them, and the queue in which they are asked for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.needs import TheRecipe, Who
from app.paging import LIMIT, Cursor, Limit, page_of
from app.queues import TheLabels, TheLookAlikes, TheQueue
from app.said_bodies import AlikeSaid, Base, RowId, Said, SaidOf, Which, checked_label, seen_version
from app.shapes import Page
from avocet.errors import NotFoundError
from avocet.recipe import Recipe
from avocet.review.waiting import Order, Queue
from avocet.store.labels import Labels
from avocet.store.mails import Given, Mail, Standing, Wanted, mail, mails_of, search
from avocet.store.said import Act

router = APIRouter()
QUEUED = 10


@dataclass(frozen=True)
class Labelled:
    """How many mails got the label."""

    n: int


@router.get("/api/queue")
def show_queue(
    queue: TheQueue,
    limit: Limit = QUEUED,
    order: Annotated[Order, Query(description="Which come first.")] = "uncertain",
) -> Queue:
    """The mails to label next, with what the champion says of them; one in ten without, one in ten drawn by chance."""
    return queue.ask(limit, order)


@router.get("/api/mails")
def list_mails(
    labels: TheLabels,
    q: Annotated[str, Query(max_length=200, description="Words that must all be in it.")] = "",
    label: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    kind: Annotated[Given | None, Query(description="How it was labelled.")] = None,
    state: Annotated[Standing | None, Query(description="All but the discarded ones if not given.")] = None,
    used: Annotated[bool | None, Query(description="Whether a run has learned from its label.")] = None,
    since: Annotated[str | None, Query(max_length=40, description="When it was labelled, else came in.")] = None,
    until: Annotated[str | None, Query(max_length=40, description="Included; a date is its whole day.")] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Page[Mail]:
    """The mails that were asked for, newest first."""
    found = search(labels, Wanted(q, label, kind, state, used, since, until), limit, cursor)
    return Page(found.items, found.total, found.next_cursor)


@router.get("/api/mails/{id:path}/alike")
def list_alike(
    row_id: RowId, labels: TheLabels, alike: TheLookAlikes, limit: Limit = LIMIT, cursor: Cursor = None
) -> Page[Mail]:
    """Mails that wait for a label and say nearly the same."""
    page = page_of(alike.of(_known(row_id)), limit, cursor)
    return Page(mails_of(labels, page.items), page.total, page.next_cursor)


@router.post("/api/mails/{id:path}/alike")
def label_alike(row_id: RowId, said: AlikeSaid, labels: TheLabels, recipe: TheRecipe, who: Who) -> Labelled:
    """One label for those of the mails that wait for one; a single undo takes all of them back."""
    mail(labels, row_id)
    return Labelled(labels.put_all(said.ids, checked_label(said.label, recipe), who))


@router.get("/api/mails/{id:path}")
def show_mail(row_id: RowId, labels: TheLabels, response: Response) -> Mail:
    """One mail; its ETag is its version."""
    return _told(labels, row_id, response)


@router.put("/api/mails/{id:path}/label")
def label_mail(
    row_id: RowId, said: Said, labels: TheLabels, recipe: TheRecipe, who: Who, base: Base, response: Response
) -> Mail:
    """Label a mail; 412 where somebody said something of it since. Sent again, it is not said again."""
    return _labelled(_known(row_id), said, labels, recipe, who, base, response)


@router.post("/api/label")
def label_by_body(said: SaidOf, labels: TheLabels, recipe: TheRecipe, who: Who, base: Base, response: Response) -> Mail:
    """The same, with the mail's id in the body."""
    return _labelled(said.id, said, labels, recipe, who, base, response)


@router.delete("/api/mails/{id:path}/label", status_code=204)
def take_label_away(row_id: RowId, labels: TheLabels, who: Who, base: Base) -> None:
    """The mail waits for a label again; can be undone."""
    labels.take_away(_known(row_id), who, base)


@router.post("/api/mails/{id:path}/skip")
def skip_mail(row_id: RowId, labels: TheLabels, who: Who, base: Base, response: Response) -> Mail:
    """Ask for it later."""
    return _done(labels, row_id, "skip", who, base, response)


@router.post("/api/mails/{id:path}/discard")
def discard_mail(row_id: RowId, labels: TheLabels, who: Who, base: Base, response: Response) -> Mail:
    """Ask for it no more and do not learn from it, whatever is said of it elsewhere; a label brings it back."""
    return _done(labels, row_id, "discard", who, base, response)


@router.post("/api/skip")
def skip_by_body(which: Which, labels: TheLabels, who: Who, base: Base, response: Response) -> Mail:
    """Ask for it later."""
    return _done(labels, which.id, "skip", who, seen_version(base, which.base_version), response)


@router.post("/api/discard")
def discard_by_body(which: Which, labels: TheLabels, who: Who, base: Base, response: Response) -> Mail:
    """Ask for it no more and do not learn from it."""
    return _done(labels, which.id, "discard", who, seen_version(base, which.base_version), response)


@router.delete("/api/mails/{id:path}", status_code=204)
def delete_mail(row_id: RowId, labels: TheLabels, who: Who, base: Base) -> None:
    """Discard it; can be undone."""
    labels.do(_known(row_id), "discard", who, base)


def _labelled(
    row_id: str, said: Said, labels: Labels, recipe: Recipe, who: str, base: int | None, response: Response
) -> Mail:
    label = checked_label(said.label, recipe)
    labels.put(row_id, label, who, said.seen, seen_version(base, said.base_version))
    return _told(labels, row_id, response)


def _done(labels: Labels, row_id: str, act: Act, who: str, base: int | None, response: Response) -> Mail:
    labels.do(_known(row_id), act, who, base)
    return _told(labels, row_id, response)


def _told(labels: Labels, row_id: str, response: Response) -> Mail:
    found = mail(labels, row_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


def _known(row_id: str) -> str:
    """No row's id holds a NUL, and a database is not to be asked for it."""
    if "\x00" in row_id:
        raise NotFoundError("there is no such row: a NUL is in no id")
    return row_id
