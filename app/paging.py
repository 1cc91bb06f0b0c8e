"""Pages of lists that are in memory anyway."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from app.shapes import Page
from avocet.store.paging import cursor_of, parts_of

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=200, description="So many at most.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")]
LIMIT = 50


def page_of(every: Sequence[Item], limit: int, cursor: str | None) -> Page[Item]:
    """The page of `every` that begins at `cursor`. Raises WrongUseError for a cursor that no page has given."""
    start = max(parts_of(cursor, int)[0], 0) if cursor else 0
    end = start + limit
    return Page(every[start:end], len(every), cursor_of(end) if end < len(every) else None)
