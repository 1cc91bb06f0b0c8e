"""What a person switched: whether anything is trained, from how many labels on, and whether new labels start a run.

`auto_train` is kept for the automation that will read it; today nothing does.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from avocet.errors import WrongUseError
from avocet.store import schema
from avocet.store.database import Database
from avocet.times import now

LEAST = 3  # rows; fewer have no side each


@dataclass(frozen=True)
class Settings:
    """Under document 1's names; of all recipes of one store."""

    fine_tuning_enabled: bool = True
    min_training_examples: int = 20
    auto_train: bool = False

    def changed(self, name: str, value: object) -> "Settings":
        """With another value. Raises WrongUseError for a name that is none, or a value of another kind."""
        kinds = {one.name: type(one.default) for one in fields(self)}
        if name not in kinds:
            raise WrongUseError(f"there is no setting {name!r:.60}; there are {', '.join(kinds)}")
        if type(value) is not kinds[name] or (type(value) is int and value < LEAST):
            wanted = "true or false" if kinds[name] is bool else f"a number from {LEAST} on"
            raise WrongUseError(f"{name} is {wanted}, not {value!r:.60}")
        return replace(self, **{name: value})  # type: ignore[arg-type]


def load(database: Database) -> Settings:
    """The settings as they are. Raises StoreError."""
    found = Settings()
    known = asdict(found)
    with database.reading() as db:
        for name, value in db.execute(select(schema.settings.c.name, schema.settings.c.value)):
            if name in known:  # one of a newer Avocet is passed over
                found = found.changed(name, json.loads(value))
    return found


def change(database: Database, who: str, **values: object) -> Settings:
    """Set them, all or none; the settings from then on. Raises WrongUseError, StoreError."""
    found = load(database)
    for name, value in values.items():
        found = found.changed(name, value)
    keep(database, who, values)
    return found


def kept(database: Database, name: str) -> Any:
    """What was kept under another name, None for nothing. Raises StoreError."""
    with database.reading() as db:
        found = db.execute(select(schema.settings.c.value).where(schema.settings.c.name == name)).scalar()
    return None if found is None else json.loads(found)


def keep(database: Database, who: str, values: Mapping[str, object]) -> None:
    """Keep values (what JSON can say) under their names, all or none. Raises StoreError."""
    rows = [{"name": n, "value": json.dumps(v), "changed_at": now(), "who": who} for n, v in values.items()]
    with database.writing() as db:
        dialect = postgresql if db.dialect.name == "postgresql" else sqlite
        for row in rows:
            insert = dialect.insert(schema.settings).values(row)
            db.execute(insert.on_conflict_do_update(index_elements=["name"], set_=row))
