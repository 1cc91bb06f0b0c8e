"""Chunks of rows through one classifier or several processes of it: answers in order, and few chunks under way at a time."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avocet.errors import ChildFailedError
from avocet.events import die_with_parent

if TYPE_CHECKING:  # a child must set its number of threads before anything imports numpy
    from avocet.bulk.answers import Answers, Form
    from avocet.bulk.asked import Asked

_WINDOW = 2  # chunks a process: one that it works on, one that waits


@dataclass(frozen=True)
class Work:
    """Which version answers, and how answers are written."""

    folder: Path
    form: "Form"

    def opened(self) -> "Callable[[Sequence[Asked]], Answers]":
        """Loads the version once. Raises what `load` raises."""
        from avocet.bulk.answers import answers
        from avocet.classifier import load

        classifier = load(self.folder)
        return lambda asked: answers(classifier, asked, self.form)


_here: list[Work] = []  # in a child: what it was begun with


def in_order(chunks: "Iterator[Sequence[Asked]]", work: Work, n_processes: int) -> "Iterator[Answers]":
    """Each chunk's answers, in the chunks' order. Raises ChildFailedError where a process dies, and what a chunk raised."""
    if n_processes == 1:
        yield from map(work.opened(), chunks)
        return
    n_threads = max(1, _n_cores() // n_processes)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_processes, spawn, partial(_begin, n_threads), (work,)) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            waiting.extend(pool.submit(_answer, chunk) for chunk in islice(chunks, _WINDOW * n_processes))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(_answer, chunk) for chunk in islice(chunks, 1))
        except BrokenProcessPool:
            raise ChildFailedError(
                "a process that classified has died (killed, or out of memory); what was written is whole: "
                "the same command goes on, with fewer --processes if memory is short"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(n_threads: int, work: Work) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of the terminal's group; the parent ends us
    die_with_parent()
    os.environ["OMP_NUM_THREADS"] = str(n_threads)
    _here.append(work)


def _answer(asked: "Sequence[Asked]") -> "Answers":
    # Not loaded in _begin: an error there breaks the pool and would be told as a process that died.
    return _opened()(asked)


@cache
def _opened() -> "Callable[[Sequence[Asked]], Answers]":
    return _here[0].opened()


def _n_cores() -> int:
    from avocet.engines.cores import n_cores

    return n_cores()
