"""Embeddings that are remembered while one process judges: k folds of a frozen base cost one embedding."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Key = tuple[Path, int, str]  # base, max_tokens, text
_remembered: "list[dict[Key, NDArray[np.float64]]]" = []


@contextmanager
def remembering() -> Iterator[None]:
    """Within this, a text that a frozen base has embedded is not embedded again; within another, it is shared."""
    _remembered.append(_remembered[-1] if _remembered else {})
    try:
        yield
    finally:
        _remembered.pop()


def memory() -> "dict[Key, NDArray[np.float64]] | None":
    """What is remembered, to be read and added to; None outside of `remembering`."""
    return _remembered[-1] if _remembered else None
