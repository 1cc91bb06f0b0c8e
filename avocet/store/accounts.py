"""Mailboxes to fetch from, and how far each was read; a password is never among what is kept of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal, get_args

from sqlalchemy import delete, insert, select, update

from avocet.errors import NotFoundError, WrongUseError
from avocet.home import checked_name
from avocet.store import schema
from avocet.store.database import Database
from avocet.times import now

Security = Literal["tls", "starttls", "none"]
PORTS: Mapping[Security, int] = {"tls": 993, "starttls": 143, "none": 143}


@dataclass(frozen=True)
class Account:
    """One folder of one mailbox, and the collection that its mails go to; `last_uid` counts within `uidvalidity`.

    Raises AvocetError for a name that is none, WrongUseError for what cannot be a mailbox or would send a password in clear.
    """

    name: str
    collection: str
    host: str
    port: int
    security: Security
    username: str
    folder: str = "INBOX"
    uidvalidity: int | None = None
    last_uid: int | None = None
    fetched_at: str | None = None

    def __post_init__(self) -> None:
        checked_name(self.name, "account")
        checked_name(self.collection, "collection")
        if self.security not in get_args(Security):
            raise WrongUseError(f"security is tls, starttls or none, not {self.security!r:.40}")
        for what, text in (("host", self.host), ("user", self.username), ("folder", self.folder)):
            if not text or not text.isprintable() or (what == "host" and " " in text):
                raise WrongUseError(f"{what} {text!r:.80} cannot be one")
        if self.security == "none" and not _is_loopback(self.host):
            raise WrongUseError(f"without TLS the password would travel in clear to {self.host}: use tls or starttls")

    @property
    def variable(self) -> str:
        """The environment variable that may hold its password."""
        return f"AVOCET_PASSWORD_{self.name.upper().replace('-', '_')}"


@dataclass(frozen=True)
class Accounts:
    """The accounts of one store."""

    database: Database

    def add(self, account: Account) -> None:
        """Keep a new one. Raises WrongUseError where its name is taken, or reads the same in the environment; StoreError."""
        for other in self.all():
            if other.variable == account.variable:
                raise WrongUseError(
                    f"there is an account {other.name} already; `avocet accounts rm {other.name}` first"
                )
        values = {column.name: getattr(account, column.name) for column in schema.accounts.columns}
        with self.database.writing() as db:
            db.execute(insert(schema.accounts), values)

    def remove(self, name: str) -> None:
        """Forget one; the mails that came from it stay. Raises NotFoundError, StoreError."""
        with self.database.writing() as db:
            gone = db.execute(delete(schema.accounts).where(schema.accounts.c.name == name))
        if not gone.rowcount:
            raise self._not_there(name)

    def get(self, name: str) -> Account:
        """One by its name. Raises NotFoundError, StoreError."""
        found = next((account for account in self.all() if account.name == name), None)
        if found is None:
            raise self._not_there(name)
        return found

    def all(self) -> list[Account]:
        """Every account, by name. Raises StoreError."""
        with self.database.reading() as db:
            query = select(schema.accounts).order_by(schema.accounts.c.name)
            return [_as_account(row) for row in db.execute(query)]

    def read_up_to(self, name: str, uidvalidity: int, last_uid: int) -> None:
        """Every mail up to `last_uid` is in the store. Of two fetches at once, the one that is further counts.

        Raises NotFoundError where the account was removed meanwhile, StoreError.
        """
        its = schema.accounts.c
        with self.database.writing() as db:
            before = db.execute(select(its.uidvalidity, its.last_uid).where(its.name == name)).first()
            if before is None:
                raise self._not_there(name)
            if before.uidvalidity == uidvalidity:
                last_uid = max(last_uid, before.last_uid or 0)
            values = {"uidvalidity": uidvalidity, "last_uid": last_uid, "fetched_at": now()}
            db.execute(update(schema.accounts).where(its.name == name).values(values))

    def _not_there(self, name: str) -> NotFoundError:
        return NotFoundError(f"there is no account {name!r:.80}; `avocet accounts` lists what there is")


def _as_account(row: Any) -> Account:
    return Account(**row._mapping)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host.lower() == "localhost"
