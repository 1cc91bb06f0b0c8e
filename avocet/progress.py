"""A progress bar on a terminal; nothing where standard error is a file or a worker's pipe, or quiet is asked for."""

import os
import sys
from types import TracebackType
from typing import Any, Self


class Bar:
    """`with Bar("minilm") as bar: bar.at(3, 60)`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._progress: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not os.environ.get("AVOCET_QUIET"):
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description:>14}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TextColumn("{task.completed:.0f}"),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
            self._task = self._progress.add_task(self.name, total=None)
        return self

    def at(self, step: int, of: int | None) -> None:
        """Show `step` of `of`; None where nobody knows of how many."""
        if self._progress is not None:
            self._progress.update(self._task, completed=step, total=of)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
