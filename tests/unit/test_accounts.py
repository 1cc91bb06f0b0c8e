"""Accounts in the store: kept without a password, and read no further than was read."""

from dataclasses import replace

import pytest

from avocet.errors import AvocetError, NotFoundError, WrongUseError
from avocet.store.accounts import Account, Accounts
from avocet.store.database import Database

WORK = Account("work", "job_mail", "imap.example.org", 993, "tls", "ann@example.org")


def test_an_account_is_kept_found_and_removed(database: Database) -> None:
    """As it was given; a name that is taken, or that the environment could not tell apart, is refused."""
    accounts = Accounts(database)
    other = replace(WORK, name="a-b")
    accounts.add(WORK)
    accounts.add(other)
    assert accounts.all() == [other, WORK] and accounts.get("work") == WORK
    for name in ("work", "a_b"):
        with pytest.raises(WrongUseError, match="there is an account"):
            accounts.add(replace(WORK, name=name))
    accounts.remove("work")
    assert accounts.all() == [other]
    for ask in (accounts.get, accounts.remove, lambda name: accounts.read_up_to(name, 1, 1)):
        with pytest.raises(NotFoundError, match="no account 'work'"):
            ask("work")


def test_how_far_it_was_read_never_goes_back(database: Database) -> None:
    """Of two fetches at once the further one counts; another UIDVALIDITY starts anew."""
    accounts = Accounts(database)
    accounts.add(WORK)
    for validity, uid, kept in ((2**32 - 1, 70, 70), (2**32 - 1, 30, 70), (8, 5, 5)):
        accounts.read_up_to("work", validity, uid)
        found = accounts.get("work")
        assert (found.uidvalidity, found.last_uid, found.fetched_at is not None) == (validity, kept, True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "../x"}, "is no name"),
        ({"collection": "A"}, "is no name"),
        ({"host": "a b"}, "host 'a b' cannot be one"),
        ({"username": "a\r\nb"}, "cannot be one"),
        ({"folder": ""}, "folder '' cannot be one"),
        ({"security": "ssl"}, "security is tls, starttls or none"),
        ({"security": "none"}, "the password would travel in clear to imap.example.org"),
        ({"security": "none", "host": "10.0.0.1"}, "in clear"),
    ],
)
def test_what_cannot_be_a_mailbox_is_refused(wrong: dict[str, str], why: str) -> None:
    """Before anything is kept or sent; without TLS only this machine is asked."""
    with pytest.raises(AvocetError, match=why):
        replace(WORK, **wrong)  # type: ignore[arg-type]
    for host in ("127.0.0.1", "::1", "localhost"):
        assert replace(WORK, host=host, security="none").host == host
