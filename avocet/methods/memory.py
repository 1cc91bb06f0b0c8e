"""What is remembered while one process judges: k folds cost one embedding, and one counting of words, a text."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from avocet.methods import kept

T = TypeVar("T")


@dataclass(frozen=True)
class Remembered:
    """What was made of texts, by key; and the file where it is kept for later nights, if it is."""

    made: dict[bytes, Any]
    disk: Path | None


_remembered: list[Remembered] = []


@contextmanager
def remembering(disk: Path | None = None) -> Iterator[None]:
    """Within this, what was made of a text is not made again; within another, it is shared.

    With `disk`, it is kept there for later nights as well.
    """
    outer = _remembered[-1] if _remembered else Remembered({}, None)
    _remembered.append(Remembered(outer.made, disk or outer.disk))
    try:
        yield
    finally:
        _remembered.pop()


@contextmanager
def forgetting() -> Iterator[None]:
    """Within this nothing is remembered: what is timed must be done."""
    held, _remembered[:] = list(_remembered), []
    try:
        yield
    finally:
        _remembered[:] = held


def of_each(
    texts: Sequence[str],
    mark: str | None,
    make: Callable[[list[str]], Sequence[T]],
    pack: Callable[[T], bytes],
    unpack: Callable[[bytes], T],
) -> Sequence[T]:
    """What `make` makes of each text; once, where that is remembered.

    `mark` says what makes it (None: it cannot be told, so nothing is remembered). `unpack(pack(x))` is x again.
    """
    if not texts:
        return []
    if not _remembered or mark is None:
        return make(list(texts))
    made, disk = _remembered[-1].made, _remembered[-1].disk
    keys = [kept.key_of(mark, text) for text in texts]
    text_of = dict(zip(keys, texts, strict=True))
    if disk:
        made |= {key: unpack(raw) for key, raw in kept.known(disk, text_of.keys() - made.keys()).items()}
    new = [key for key in text_of if key not in made]
    packed = [pack(one) for one in make([text_of[key] for key in new])] if new else []
    made |= {key: unpack(raw) for key, raw in zip(new, packed, strict=True)}
    if disk:
        kept.keep(disk, dict(zip(new, packed, strict=True)), text_of)
    return [made[key] for key in keys]
