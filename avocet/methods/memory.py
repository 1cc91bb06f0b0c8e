"""What is remembered while one process judges: k folds cost one embedding, and one counting of words, a text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Room -> key -> what a method made of one text. A list, so that one that is opened within another shares it.
_remembered: list[dict[str, dict[Any, Any]]] = []


@contextmanager
def remembering() -> Iterator[None]:
    """Within this, what was made of a text is not made again; within another, it is shared."""
    _remembered.append(_remembered[-1] if _remembered else {})
    try:
        yield
    finally:
        _remembered.pop()


def memory(room: str) -> dict[Any, Any] | None:
    """What is remembered in `room`, to be read and added to; None outside of `remembering`."""
    return _remembered[-1].setdefault(room, {}) if _remembered else None
