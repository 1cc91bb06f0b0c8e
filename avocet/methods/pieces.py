"""Forward passes without gradients, in as many pieces as memory asks for; training's micro-batch is another matter."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from avocet.events import is_out_of_memory
from avocet.methods import faults

T = TypeVar("T")
_limits: list[int] = []


class Pieces:
    """How many rows go through a model at once; halved when memory runs out, and never raised again."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def over(self, n: int, run: Callable[[slice], T]) -> list[T]:
        """What `run` makes of the rows 0..n, a piece at a time. Lets the error out when a single row is too much."""
        found: list[T] = []
        done = 0
        while done < n:
            part = slice(done, min(done + self.rows, n))
            try:
                found.append(run(part))
            except (RuntimeError, MemoryError) as e:
                if part.stop - part.start == 1 or not is_out_of_memory(e):
                    raise
            else:
                done = part.stop
                continue
            # Out of the except clause, or the error would hold the frames that hold the memory.
            self.rows = (part.stop - part.start) // 2
            give_back()
        return found


def give_back() -> None:
    """Return what nobody holds any more, so that a smaller piece finds room."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def at_most(rows: int) -> Iterator[None]:
    """Within this, nothing is judged in larger pieces than `rows` (0: as usual), and planned faults strike."""
    _limits.append(rows)
    try:
        yield
    finally:
        _limits.pop()


def most(usual: int) -> int:
    """`usual`, or less where the rung says so."""
    return min([usual, *filter(None, _limits)])


def begin(rows: int) -> float:
    """To be called before a piece of a training child is judged; returns 1, or NaN where a fault asks for that."""
    return faults.strike_evaluation(faults.planned(), rows) if _limits else 1.0
