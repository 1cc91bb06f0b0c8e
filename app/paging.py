"""Pages of lists that are in memory anyway."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from app.shapes import Page
from avocet.store import paging

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=200, description="So many at most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
LIMIT = 50


def page_of(every: Sequence[Item], limit: int, cursor: str | None) -> Page[Item]:
    """The page of `every` that begins at `cursor`. Raises WrongUseError for a cursor that no page has given."""
    found = paging.page_of(every, limit, cursor)
    return Page(found.items, found.total, found.next_cursor)
