"""Pages of lists that are in memory anyway."""

import base64
from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from app.shapes import Page
from avocet.errors import WrongUseError

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=200, description="So many at most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
LIMIT = 50


def page_of(every: Sequence[Item], limit: int, cursor: str | None) -> Page[Item]:
    """The page of `every` that begins at `cursor`. Raises WrongUseError for a cursor that no page has given."""
    start = _place(cursor) if cursor else 0
    end = start + limit
    return Page(every[start:end], len(every), _cursor(end) if end < len(every) else None)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        text = ""
    if not text.isdecimal() or len(text) > 9:
        raise WrongUseError("the cursor is none that a page has given; begin without one")
    return int(text)
