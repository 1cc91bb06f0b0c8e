"""Rows by the time at which they were labelled: what was known at a moment, and in which order it came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.rows import Row
from avocet.sources import rows_of
from avocet.times import moment

ALWAYS = datetime.min.replace(tzinfo=UTC)  # when a row was labelled that does not say it


@dataclass(frozen=True)
class Past:
    """All rows of a recipe, oldest label first; those without a time first of all."""

    rows: tuple[tuple[datetime, Row], ...]
    n_undated: int  # rows whose labeled_at is missing or no time: they count as there from the beginning
    n_unusable: int  # lines that are no rows; they are left out

    @property
    def first(self) -> datetime:
        """When the first label that says so was given."""
        return self.rows[self.n_undated][0]

    @property
    def last(self) -> datetime:
        """When the last label was given."""
        return self.rows[-1][0]

    @property
    def times(self) -> Mapping[str, datetime]:
        """Row id -> when it was labelled."""
        return {row.id: at for at, row in self.rows}

    def write(self, path: Path, until: datetime) -> int:
        """Write the rows that were labelled at `until` or before, as a file that a recipe reads; returns how many.

        Rows are only ever added at the end, as in life, and carry the id that they have in the whole file.
        """
        lines = [_line(at, row) for at, row in self.rows if at <= until]
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return len(lines)


def past(home: Home, recipe: Recipe) -> Past:
    """The recipe's rows in the order of their labels. Raises RowsNotFoundError, RowsUnreadableError, NotFoundError."""
    reading = rows_of(home, recipe)
    timed = [(moment(row.labeled_at) or ALWAYS, row) for row in reading.rows]
    n_undated = sum(at == ALWAYS for at, _ in timed)
    if n_undated == len(timed):
        raise NotFoundError(
            f"no row of {', '.join(recipe.rows)} says when it was labelled (labeled_at), so there is no history to re-live"
        )
    return Past(tuple(sorted(timed, key=lambda item: item[0])), n_undated, len(reading.unusable))


def _line(at: datetime, row: Row) -> str:
    when = {} if at == ALWAYS else {"labeled_at": at.isoformat()}
    return json.dumps({"id": row.id, **when, "label": row.label, **row.more, **row.headers, **row.fields})
