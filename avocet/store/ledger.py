"""The ledger of sides: one SQLite file under data/ that remembers on which side a row was first seen, and its look."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from avocet.looks import Look
from avocet.splits import Member, Side

# journal_mode=DELETE and synchronous=EXTRA: a power cut after a commit must not lose a side (rules of the
# store); BEGIN IMMEDIATE: two nights at once queue up instead of failing in the middle.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sides (
    recipe TEXT NOT NULL, row_id TEXT NOT NULL, label TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('train', 'validation', 'holdout')),
    first_run TEXT NOT NULL, first_seen TEXT NOT NULL,
    PRIMARY KEY (recipe, row_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looks (
    recipe TEXT NOT NULL, row_id TEXT NOT NULL, key TEXT NOT NULL, links TEXT NOT NULL, sender TEXT NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (recipe, row_id, key)
) WITHOUT ROWID;
"""
# A row that is known already is passed over, and nothing else: OR IGNORE would also swallow a side that is none.
_INSERT = "INSERT INTO sides VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (recipe, row_id) DO NOTHING"
# An edited row has one look more: what it was once learned from as stays known.
_LOOK = "INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (recipe, row_id, key) DO NOTHING"


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

    def seen(self, recipe: str, tonight: Collection[tuple[str, str]]) -> list[tuple[Look, Side]]:
        """Every look that any recipe has seen, with its row's side, but for tonight's (row id, key) of `recipe`.

        Of all recipes, so that a mail is on one side whoever asks; of rows that are gone or were edited too.
        """
        query = (
            "SELECT recipe, row_id, key, links, sender, signature, side FROM looks JOIN sides USING (recipe, row_id)"
        )
        here = set(tonight)
        with self._open() as db:
            return [
                (Look(key, tuple(links.split("\n")), sender, signature), cast(Side, side))
                for whose, row_id, key, links, sender, signature, side in db.execute(query)
                if whose != recipe or (row_id, key) not in here
            ]

    def record(
        self, recipe: str, run: str, members: Iterable[Member], side_of: Mapping[str, Side], looks: Iterable[Look]
    ) -> int:
        """Write the sides of rows that have none yet, and the looks that are new, in one transaction.

        Returns how many rows were new. A row that has a side keeps it: the first writer wins, also between
        two processes.
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        listed = list(members)
        rows = [(recipe, m.row_id, m.label, side_of[m.row_id], run, now) for m in listed]
        seen = [
            (recipe, m.row_id, look.key, "\n".join(look.links), look.sender, look.signature)
            for m, look in zip(listed, looks, strict=True)
        ]
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            before = db.total_changes
            db.executemany(_INSERT, rows)
            n_new = db.total_changes - before
            db.executemany(_LOOK, seen)
            db.execute("COMMIT")
        return n_new
