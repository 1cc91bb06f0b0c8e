"""What was said last and how it is undone; the labels themselves, with their keys; and how many mails have which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.needs import TheRecipe, Who
from app.paging import LIMIT, Cursor, Limit
from app.queues import TheLabels
from app.said_bodies import Name, Strict, Undo
from app.shapes import Page
from avocet.store.palette import LabelLook, show, shown
from avocet.store.past_words import Event, events
from avocet.store.said import Undone
from avocet.store.statistics import Statistics, statistics

router = APIRouter()


class ShownLabel(Strict):
    """A label as a person wants it: `key` is one character or empty, `target` how many mails it should get."""

    name: Name
    key: str = Field("", max_length=8)
    colour: str = Field(max_length=20, examples=["#2f7ed8"])
    description: str = Field("", max_length=2000, pattern=r"^[^\x00]*$")
    target: int | None = None


class ShownLabels(Strict):
    """All of them; one that is not given is shown as it comes."""

    items: Annotated[list[ShownLabel], Field(max_length=500)]


@dataclass(frozen=True)
class LabelList:
    """The recipe's labels, in its order."""

    items: Sequence[LabelLook]


@router.get("/api/history")
def list_history(
    labels: TheLabels,
    imports: Annotated[bool, Query(description="Also labels that came with files.")] = False,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Page[Event]:
    """What people said and did, newest first."""
    found = events(labels, limit, cursor, imports)
    return Page(found.items, found.total, found.next_cursor)


@router.post("/api/undo")
def undo(labels: TheLabels, who: Who, which: Undo | None = None) -> Undone:
    """Take back what you said last, all of it if it was said at once; 409 where `event` is not that."""
    return labels.take_back(who, which.event if which else None)


@router.delete("/api/label/undo")
def undo_label(labels: TheLabels, who: Who) -> Undone:
    """The same."""
    return labels.take_back(who)


@router.get("/api/labels")
def list_labels(labels: TheLabels, recipe: TheRecipe) -> LabelList:
    """The labels with their keys, colours, descriptions and targets."""
    return LabelList(shown(labels.database, recipe.name, recipe.labels))


@router.put("/api/labels")
def set_labels(given: ShownLabels, labels: TheLabels, recipe: TheRecipe, who: Who) -> LabelList:
    """Change how they are shown and given; 422 points at a key that is taken, or none."""
    its = [LabelLook(one.name, one.key, one.colour, one.description, one.target) for one in given.items]
    return LabelList(show(labels.database, recipe.name, recipe.labels, its, who))


@router.get("/api/config/labels")
def list_config_labels(labels: TheLabels, recipe: TheRecipe) -> LabelList:
    """The same as /api/labels."""
    return list_labels(labels, recipe)


@router.put("/api/config/labels")
def set_config_labels(given: ShownLabels, labels: TheLabels, recipe: TheRecipe, who: Who) -> LabelList:
    """The same as /api/labels."""
    return set_labels(given, labels, recipe, who)


@router.get("/api/stats")
def show_statistics(labels: TheLabels) -> Statistics:
    """How many mails there are, with which labels, and whether they are enough to train on."""
    return statistics(labels)
