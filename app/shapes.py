"""Shapes that several routes answer with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some of `total` items; `next_cursor` fetches the next ones."""

    items: Sequence[Item]
    total: int
    next_cursor: str | None = None
