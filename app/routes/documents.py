"""The paths of document 1 about training data, with their own shapes, over the same domain functions."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from app.needs import TheRecipe, Who
from app.paging import LIMIT, Cursor, Limit
from app.queues import TheLabels
from avocet.store.examples import TrainingExample, TrainingStats, examples, take_out, training_stats
from avocet.store.mails import Given, Wanted

router = APIRouter()


@router.get("/admin/api/training-stats")
def show_training_stats(labels: TheLabels, recipe: TheRecipe) -> TrainingStats:
    """How many labels there are of each kind, whether they are enough, and how many each label should get."""
    return training_stats(labels, recipe.name, recipe.labels)


@router.get("/admin/api/training-examples")
def list_training_examples(
    request: Request,
    response: Response,
    labels: TheLabels,
    q: Annotated[str, Query(max_length=200, description="Words that must all be in it.")] = "",
    label: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    kind: Annotated[Given | None, Query(description="How it was labelled.")] = None,
    used: Annotated[bool | None, Query(description="Whether a run has learned from it.")] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Sequence[TrainingExample]:
    """A page of labelled mails as a bare list: X-Total-Count says how many there are, Link where the next page is."""
    found = examples(labels, Wanted(q, label, kind, "labelled", used), limit, cursor)
    response.headers["X-Total-Count"] = str(found.total)
    if found.next_cursor:
        asked = {**dict(request.query_params), "cursor": found.next_cursor}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(asked)}>; rel="next"'
    return found.items


@router.delete("/admin/api/training-example/{id}", status_code=204)
def remove_training_example(
    number: Annotated[int, Path(alias="id", ge=0, le=2**31 - 1)], labels: TheLabels, who: Who
) -> None:
    """Take its label away; the mail stays, and the deletion can be undone."""
    take_out(labels, number, who)
