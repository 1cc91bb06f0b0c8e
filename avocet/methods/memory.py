"""What is remembered while one process judges: k folds cost one embedding, and one counting of words, a text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Room -> key -> what a method made of one text. A list, so that one that is opened within another shares it.
_remembered: list[dict[str, dict[Any, Any]]] = []
_disks: list[Path | None] = []


@contextmanager
def remembering(disk: Path | None = None) -> Iterator[None]:
    """Within this, what was made of a text is not made again; within another, it is shared.

    With `disk`, embeddings are kept there for later nights as well.
    """
    _remembered.append(_remembered[-1] if _remembered else {})
    _disks.append(disk or (_disks[-1] if _disks else None))
    try:
        yield
    finally:
        _remembered.pop()
        _disks.pop()


@contextmanager
def forgetting() -> Iterator[None]:
    """Within this nothing is remembered: what is timed must be done."""
    held, _remembered[:] = list(_remembered), []
    try:
        yield
    finally:
        _remembered[:] = held


def disk() -> Path | None:
    """Where embeddings are kept for later nights; None where they are not."""
    return _disks[-1] if _remembered and _disks else None


def memory(room: str) -> dict[Any, Any] | None:
    """What is remembered in `room`, to be read and added to; None outside of `remembering`."""
    return _remembered[-1].setdefault(room, {}) if _remembered else None
