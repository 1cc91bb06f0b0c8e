"""The ledger of sides: one SQLite file under data/ that remembers on which side a row was first seen."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from avocet.splits import PRECEDENCE, Member, Side

# journal_mode=DELETE and synchronous=EXTRA: a power cut after a commit must not lose a side (rules of the
# store); BEGIN IMMEDIATE: two nights at once queue up instead of failing in the middle.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sides (
    recipe TEXT NOT NULL, row_id TEXT NOT NULL, group_key TEXT NOT NULL, label TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('train', 'validation', 'holdout')),
    first_run TEXT NOT NULL, first_seen TEXT NOT NULL,
    PRIMARY KEY (recipe, row_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sides_by_group ON sides (group_key);
"""
# A row that is known already is passed over, and nothing else: OR IGNORE would also swallow a side that is none.
_INSERT = "INSERT INTO sides VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (recipe, row_id) DO NOTHING"


@dataclass(frozen=True)
class SideLedger:
    """Sides for life, in the file at `path`."""

    path: Path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=EXTRA")
            connection.executescript(_SCHEMA)
            yield connection
        finally:
            connection.close()

    def rows(self, recipe: str) -> dict[str, Side]:
        """Row id -> side, of all rows that `recipe` has ever seen."""
        with self._open() as db:
            found = db.execute("SELECT row_id, side FROM sides WHERE recipe = ?", (recipe,)).fetchall()
        return {row_id: cast(Side, side) for row_id, side in found}

    def groups(self) -> dict[str, Side]:
        """Group -> side over all recipes, so that a mail is on one side whoever asks; learning sides win."""
        with self._open() as db:
            found = db.execute("SELECT DISTINCT group_key, side FROM sides").fetchall()
        sides: dict[str, Side] = {}
        for side in reversed(PRECEDENCE):
            sides |= {group: side for group, its in found if its == side}
        return sides

    def record(self, recipe: str, run: str, members: Iterable[Member], side_of: Mapping[str, Side]) -> int:
        """Write the sides of rows that have none yet, in one transaction; returns how many were new.

        A row that has a side keeps it: the first writer wins, also between two processes.
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = [(recipe, m.row_id, m.group, m.label, side_of[m.row_id], run, now) for m in members]
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            before = db.total_changes
            db.executemany(_INSERT, rows)
            n_new = db.total_changes - before
            db.execute("COMMIT")
        return n_new
