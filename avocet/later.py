"""What a champion scores on mail that arrived after its night: the honest number, which nobody had on that night."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, Self

from avocet import registry
from avocet.classifier import load
from avocet.errors import DataStoppedError
from avocet.findings import DataReport
from avocet.looks import group, looks
from avocet.methods.job import read_rows
from avocet.metrics import macro_f1
from avocet.runs import Run

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Later:
    """All rows there will ever be, with the groups of look-alikes among all of them and the times of their labels."""

    rows: Rows
    groups: tuple[str, ...]
    times: Mapping[str, datetime]  # row id -> when it was labelled
    labels: tuple[str, ...]

    @classmethod
    def of(cls, run: Run, validate: Callable[[Run], DataReport], times: Mapping[str, datetime]) -> Self:
        """The rows of `run` that validation keeps. Raises DataStoppedError."""
        report = validate(run)
        if report.stopped:
            raise DataStoppedError("; ".join(f.message for f in report.stopped))
        rows = read_rows(run.rows)
        return cls(rows, tuple(group(looks(rows, run.recipe.text))), times, run.recipe.labels)

    def judged(self, folder: Path, after: datetime) -> Rows:
        """Rows labelled after that time that do not look like anything that the version in `folder` has learned from.

        A copy of a mail that was learned from is answered by memory, and says nothing of mail to come.
        """
        learned = registry.learned_from(folder)
        known = {its for row, its in zip(self.rows, self.groups, strict=True) if row["key"] in learned}
        both = zip(self.rows, self.groups, strict=True)
        return [row for row, its in both if self.times[row["id"]] > after and its not in known]

    def macro_f1(self, folder: Path, rows: Rows) -> float | None:
        """Macro-F1 of the version in `folder` on `rows`; None where there are none."""
        if not rows:
            return None
        with redirect_stderr(StringIO()):  # loading a base draws a bar
            said = [p.label for p in load(folder).classify_fields([row["fields"] for row in rows])]
        return macro_f1([row["label"] for row in rows], said, self.labels)
