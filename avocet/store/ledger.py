"""The ledger of sides: it remembers on which side a row was first seen, and what it looked like."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Column, Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from avocet.looks import Look
from avocet.splits import Member, Side
from avocet.store.database import Database
from avocet.store.schema import looks as looks_table
from avocet.store.schema import sides as sides_table

_BATCH = 10_000


@dataclass(frozen=True)
class SideLedger:
    """Sides for life, in the store."""

    database: Database

    def rows(self, recipe: str) -> dict[str, Side]:
        """Row id -> side, of all rows that `recipe` has ever seen."""
        query = select(sides_table.c.row_id, sides_table.c.side).where(sides_table.c.recipe == recipe)
        with self.database.reading() as db:
            return {row_id: cast(Side, side) for row_id, side in db.execute(query)}

    def seen(self, recipe: str, tonight: Collection[tuple[str, str]]) -> list[tuple[Look, Side]]:
        """Every look that any recipe has seen, with its row's side, but for tonight's (row id, key) of `recipe`.

        Of all recipes, so that a mail is on one side whoever asks; of rows that are gone or were edited too.
        """
        its, side = looks_table.c, sides_table.c
        same = (its.recipe == side.recipe) & (its.row_id == side.row_id)
        # In an order of its own: groups must not hang on how a database happens to keep its rows.
        query = (
            select(its.recipe, its.row_id, its.key, its.links, its.sender, its.signature, side.side)
            .join(sides_table, same)
            .order_by(its.recipe, its.row_id, its.key)
        )
        here = set(tonight)
        with self.database.reading() as db:
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
        two processes. An edited row has one look more: what it was once learned from as stays known.
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        listed = list(members)
        with self.database.writing() as db:
            # On most nights nearly all are there, and asking costs a tenth of being refused one by one.
            placed, known = (
                _known(db, sides_table.c.row_id, recipe),
                _known(db, looks_table.c.row_id, recipe, looks_table.c.key),
            )
            rows = (
                {"recipe": recipe, "row_id": m.row_id, "label": m.label, "side": side_of[m.row_id], "first_run": run, "first_seen": now}
                for m in listed if (m.row_id,) not in placed
            )  # fmt: skip
            seen = (
                {"recipe": recipe, "row_id": m.row_id, "key": look.key, "links": "\n".join(look.links), "sender": look.sender, "signature": look.signature}
                for m, look in zip(listed, looks, strict=True) if (m.row_id, look.key) not in known
            )  # fmt: skip
            n_new = _add(db, sides_table, rows)
            _add(db, looks_table, seen)
        return n_new


def _known(db: Connection, row_id: Column[str], recipe: str, *more: Column[str]) -> set[tuple[str, ...]]:
    """The keys that a recipe has in a table, beside its name."""
    return {tuple(found) for found in db.execute(select(row_id, *more).where(row_id.table.c.recipe == recipe))}


def _add(db: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Insert those whose key is new, and pass over the others alone: a side that is none is still refused."""
    dialect: Any = postgresql if db.dialect.name == "postgresql" else sqlite
    its_key = list(table.primary_key.columns)
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=its_key).returning(its_key[0])
    left, n_new = iter(rows), 0
    while some := list(islice(left, _BATCH)):
        n_new += len(db.execute(statement, some).all())
    return n_new
