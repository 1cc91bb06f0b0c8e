"""Lists by the page: some of all items, how many there are, and an opaque cursor behind which the next page begins."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from avocet.cleaning import encodable
from avocet.errors import WrongUseError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Some(Generic[Item]):
    """Some of `total` items; `next_cursor` is None at the end."""

    items: Sequence[Item]
    total: int
    next_cursor: str | None = None


def cursor_of(*parts: str | int) -> str:
    """What the last item of a page is found again by."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def parts_of(cursor: str, *kinds: type[str] | type[int]) -> tuple[Any, ...]:
    """What a cursor was made of. Raises WrongUseError for one that no page has given."""
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        found = None
    whole = isinstance(found, list) and [type(part) for part in found] == list(kinds)
    if not whole or any("\x00" in part or not encodable(part) for part in found if isinstance(part, str)):
        raise WrongUseError("the cursor is none that a page has given; begin without one")
    return tuple(found)
