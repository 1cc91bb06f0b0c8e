"""Mailboxes to fetch from. A password is never taken here: the answer says how it is given."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from app.needs import Place, TheRecipe
from app.paging import LIMIT, Cursor, Limit, page_of
from app.said_bodies import Strict
from app.shapes import Page
from avocet.home import Home, checked_name
from avocet.incoming.imap import fetch, looked_in
from avocet.incoming.imap_login import how_to_give
from avocet.incoming.importing import Imported
from avocet.incoming.jobs import Job, Jobs
from avocet.store.accounts import PORTS, Account, Accounts, Security
from avocet.store.database import store_of
from avocet.views.recipes import collection_for

router = APIRouter()


@dataclass(frozen=True)
class KnownAccount(Account):
    """A mailbox, and how its password is given."""

    help: str = ""


@dataclass(frozen=True)
class Tested:
    """A mailbox let us in."""

    n_mails: int
    sentence: str


class NewAccount(Strict):
    """A mailbox to fetch from; `collection` is the recipe's if not given, `port` 993 with tls, else 143."""

    name: Annotated[str, Field(max_length=64)]
    host: Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]
    username: Annotated[str, Field(max_length=320, pattern=r"^[^\x00]*$")]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Security = "tls"
    folder: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = "INBOX"
    collection: Annotated[str, Field(max_length=64)] | None = None


@router.get("/api/accounts")
def list_accounts(place: Place, limit: Limit = LIMIT, cursor: Cursor = None) -> Page[KnownAccount]:
    """Every mailbox, and when it was read last."""
    return page_of([_known(account) for account in _accounts(place).all()], limit, cursor)


@router.post("/api/accounts", status_code=201)
def add_account(given: NewAccount, place: Place, recipe: TheRecipe, response: Response) -> KnownAccount:
    """Keep a mailbox to fetch from; `help` says how its password is given."""
    account = Account(
        given.name, given.collection or collection_for(recipe), given.host, given.port or PORTS[given.security],
        given.security, given.username, given.folder,
    )  # fmt: skip
    _accounts(place).add(account)
    response.headers["Location"] = f"/api/accounts/{account.name}"
    return _known(account)


@router.delete("/api/accounts/{name}", status_code=204)
def remove_account(name: str, place: Place) -> None:
    """Forget it, and how far it was read; mails that came from it stay."""
    _accounts(place).remove(checked_name(name, "account"))


@router.post("/api/accounts/{name}/test")
def test_account(name: str, place: Place) -> Tested:
    """Log in and look, and change nothing; 422 says what is wrong, or how to give the password."""
    account = _accounts(place).get(checked_name(name, "account"))
    n = looked_in(account)
    return Tested(n, f"{account.host} lets {account.username} in; there are {n} mails in {account.folder}")


@router.post("/api/accounts/{name}/fetch", status_code=202)
def fetch_account(name: str, place: Place, response: Response) -> Job:
    """Take in what is new, in the background, as an import."""
    account = _accounts(place).get(checked_name(name, "account"))
    jobs = Jobs(place)

    def work(on_batch: Callable[[int], None]) -> Imported:
        return fetch(place, account.name, on_batch=on_batch)

    with jobs.sent(f"imap:{account.name}", "", None) as nothing:
        job = jobs.start(nothing, work)
    response.headers["Location"] = f"/api/imports/{job.id}"
    return job


def _known(account: Account) -> KnownAccount:
    return KnownAccount(**asdict(account), help=how_to_give(account))


def _accounts(place: Home) -> Accounts:
    return Accounts(store_of(place))
