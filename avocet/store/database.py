"""Where the store is kept: one SQLite file under data/, or a PostgreSQL database that AVOCET_DATABASE names.

`reading` and `writing` are one transaction each. A database of an older Avocet is brought up to date at the first
opening (migrations/), one of a newer Avocet is refused.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from avocet.durable import on_disk
from avocet.errors import StoreError, WrongUseError
from avocet.home import Home

HEAD = "0004"  # the newest migration; asking Alembic costs 0.4 s, which no reader should pay
_MIGRATIONS = Path(__file__).with_name("migrations")
_UPGRADE_LOCK, _WRITE_LOCK = 4_218_763, 4_218_764  # any numbers that are ours: PostgreSQL has one lock a number
_SECRETS = ("password", "sslpassword")
_BUSY_S = 60


@dataclass(frozen=True)
class Database:
    """One database, by its URL."""

    url: str

    @property
    def shown(self) -> str:
        """The URL as people may read it, without a password."""
        its = make_url(self.url)
        hidden = {name: "***" for name in _SECRETS if name in its.query}
        return its.update_query_dict(hidden).render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that writes nothing. Raises StoreError where the database cannot be used."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing, and others who write wait until it is over. Raises StoreError, and then nothing was written."""
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, writes: bool) -> Iterator[Connection]:
        try:
            engine = _engine(self.url)
            with engine.connect() as connection:
                _brought_up_to_date(engine, connection)
                connection.rollback()
                if not writes and engine.dialect.name == "postgresql":
                    # All queries of one reading see the same moment, as on SQLite.
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.execution_options(writes=writes).begin():
                    if writes and engine.dialect.name == "postgresql":
                        # What is written hangs on what was read before: as on SQLite, one writer at a time.
                        connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})"))
                    yield connection
        except DatabaseError as e:
            raise StoreError(f"the store {self.shown} cannot be used: {_first_line(e)}") from None


def on_sqlite(path: Path) -> Database:
    """The database in a file."""
    return Database(f"sqlite:///{path}")


def store_of(home: Home) -> Database:
    """The store of this AVOCET_HOME: the database that AVOCET_DATABASE names, else a file under data/."""
    return Database(url) if (url := os.environ.get("AVOCET_DATABASE")) else on_sqlite(home.store)


@cache
def _engine(url: str) -> Engine:
    """Without a pool: a connection is cheap beside a night, and none is shared with a forked child."""
    try:
        parsed = make_url(url)
        kind = parsed.drivername.partition("+")[0]
        if kind not in ("sqlite", "postgres", "postgresql"):
            raise WrongUseError(f"AVOCET_DATABASE is a {kind} database; it can be postgresql or sqlite")
        parsed = parsed.set(drivername="sqlite" if kind == "sqlite" else "postgresql+psycopg")
        engine = create_engine(parsed, poolclass=NullPool)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise WrongUseError("AVOCET_DATABASE is no URL like postgresql://user@host/name") from None
    except ModuleNotFoundError:
        raise WrongUseError(
            "AVOCET_DATABASE asks for PostgreSQL: `pip install -e '.[postgresql]'` in the checkout"
        ) from None
    if engine.dialect.name == "sqlite":
        if parsed.database:
            _for_its_owner(Path(parsed.database))
        event.listen(engine, "connect", _as_we_need_it)
        event.listen(engine, "begin", _begin)
    return engine


def _for_its_owner(path: Path) -> None:
    """It holds mail, so nobody else on this machine reads it; SQLite gives its journal the same mode."""
    with on_disk("opening the store"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _as_we_need_it(connection: Any, record: Any) -> None:
    """A power cut after a commit must not lose a label, and two nights at once queue up instead of failing."""
    connection.isolation_level = None  # the driver would begin where it thinks fit
    # The patience first: setting the journal can meet a writer too.
    for pragma in (f"busy_timeout={_BUSY_S * 1000}", "journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: one that reads first and writes then could only fail."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _brought_up_to_date(engine: Engine, connection: Connection) -> None:
    if _version(connection) == HEAD:
        return
    connection.rollback()
    with engine.connect().execution_options(writes=True) as alone, alone.begin():
        if engine.dialect.name == "postgresql":
            alone.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        found = _version(alone)
        if found is not None and found > HEAD:
            raise StoreError(f"the store was written by a newer Avocet (its version is {found}, this one knows {HEAD})")
        if found != HEAD:  # or another process was faster
            _upgrade(alone)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _first_line(error: DatabaseError) -> str:
    """What the database said, which quotes no row; parameters, which do, stand behind it."""
    return str(error.orig).strip().split("\n")[0] if error.orig else type(error).__name__
