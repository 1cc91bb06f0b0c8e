"""Fetching from a real IMAP server: new mail only, none lost, none doubled, and nothing changed in the mailbox."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from app.cli import main
from avocet.errors import FetchError, StoreError
from avocet.home import CHECKOUT, Home
from avocet.incoming import imap, imap_login, mailboxes
from avocet.incoming.imap import fetch
from avocet.store.accounts import Account, Accounts
from avocet.store.database import Database, store_of
from avocet.store.labels import Added, Incoming, Labels
from tests.imap_server import PASSWORD, USER, ImapServer, certificate, front

Add = Callable[..., Account]

WORK = "/api/accounts/work"


def mail(n: int, words: str = "hello") -> bytes:
    return f"Subject: Mail {n}\nFrom: Ann <ann@example.org>\nMessage-ID: <m{n}@example.org>\n\n{words} {n}\n".encode()


def mails(first: int, last: int) -> list[bytes]:
    return [mail(n) for n in range(first, last + 1)]


def ids(first: int, last: int) -> set[str]:
    return {f"m{n}@example.org" for n in range(first, last + 1)}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ImapServer]:
    its = ImapServer(tmp_path / "imap")
    its.start()
    yield its
    its.kill()


@pytest.fixture
def add(place: Home, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds the account `work`, or puts another in its place with its mails' position kept."""
    monkeypatch.setenv("AVOCET_PASSWORD_WORK", PASSWORD)

    def account(port: int, **other: Any) -> Account:
        given = {"security": "none", "host": "127.0.0.1", **other}
        accounts = Accounts(store_of(place))
        before = next((one for one in accounts.all() if one.name == "work"), None)
        found = (
            replace(before, port=port, **given)
            if before
            else Account("work", "tiny", port=port, username=USER, **given)
        )
        if before:
            accounts.remove("work")
        accounts.add(found)
        return found

    return account


def in_store(place: Home) -> list[str]:
    return [row.id for row, _ in Labels(store_of(place), "tiny").page(10_000)]


def test_the_first_fetch_takes_all_and_the_next_what_is_new(server: ImapServer, add: Add, place: Home) -> None:
    """With words, headers and source; nothing new means nothing read; no mail is marked as seen."""
    add(server.port)
    server.put(*mails(1, 3))
    assert fetch(place, "work", dry_run=True).added == Added(n_new=3)
    assert in_store(place) == [] and Accounts(store_of(place)).get("work").last_uid is None
    assert fetch(place, "work").added == Added(n_new=3)
    row = Labels(store_of(place), "tiny").row("m2@example.org")
    assert (row.fields, row.headers) == (
        {"subject": "Mail 2", "body": "hello 2"},
        {"from": "Ann <ann@example.org>", "message_id": "<m2@example.org>"},
    )
    assert row.source in {f"imap:work:{uid}" for uid in (1, 2, 3)}
    assert fetch(place, "work").n_read == 0
    server.put(mail(4))
    again = fetch(place, "work")
    assert (again.n_read, again.added) == (1, Added(n_new=1))
    assert set(in_store(place)) == ids(1, 4) and Accounts(store_of(place)).get("work").last_uid == 4
    assert (server.seen(), len(server.box)) == (0, 4)


def test_a_mailbox_is_tried_and_fetched_over_http(
    server: ImapServer, add: Add, place: Home, client: TestClient
) -> None:
    """A fetch is an import in the background; a second one finds nothing new."""
    add(server.port)
    server.put(*mails(1, 3))
    tried = client.post(f"{WORK}/test").json()
    assert tried == {"n_mails": 3, "sentence": "127.0.0.1 lets ann@example.org in; there are 3 mails in INBOX"}
    assert (server.seen(), in_store(place)) == (0, [])
    for n in (3, 0):
        job = client.post(f"{WORK}/fetch").json()
        while job["status"] == "running":
            job = client.get(f"/api/imports/{job['id']}").json()
            time.sleep(0.05)
        assert (job["status"], job["filename"], job["n_new"]) == ("done", "imap:work", n)
    assert set(in_store(place)) == ids(1, 3)
    assert client.get("/api/accounts").json()["items"][0]["last_uid"] == 3


def test_a_mailbox_that_counts_anew_is_read_anew(server: ImapServer, add: Add, place: Home) -> None:
    """Another UIDVALIDITY: all is read once more and known already, and what is new under an old UID comes in."""
    add(server.port)
    server.put(*mails(1, 5))
    fetch(place, "work")
    server.count_anew()
    server.put(mail(6))
    found = fetch(place, "work")
    assert (found.n_read, found.added) == (6, Added(n_new=1, n_known=5))
    assert fetch(place, "work").n_read == 0


def test_since_takes_only_what_arrived_later(server: ImapServer, add: Add, place: Home) -> None:
    """By the day it arrived, not by what its Date says."""
    add(server.port)
    server.put(mail(1))
    assert fetch(place, "work", since=date(2099, 1, 1)).n_read == 0
    assert fetch(place, "work", since=datetime.now(UTC).date().replace(day=1)).n_read == 1


def test_what_since_passed_over_comes_with_a_later_fetch(server: ImapServer, add: Add, place: Home) -> None:
    """All are there once: how far it was read stays before the first that was passed over, and moves where none was."""
    add(server.port)
    days = {1: 20, 2: 1, 3: 20, 4: 1}
    for n, day in days.items():  # one after the other, so that their UIDs are in this order
        raw = mail(n).replace(b"Message-ID", b"X-No") if n == 2 else mail(n)
        server.put(raw, arrived=datetime(2026, 10, day, 12).timestamp())
        assert fetch(place, "work", since=date(2026, 10, 10)).added.n_new == (day == 20)
        assert Accounts(store_of(place)).get("work").last_uid == 1
    assert len(in_store(place)) == 2
    found = fetch(place, "work")
    assert (found.n_read, found.added) == (3, Added(n_new=2, n_known=1))
    assert len(in_store(place)) == 4 and Accounts(store_of(place)).get("work").last_uid == 4
    assert fetch(place, "work").n_read == 0


@pytest.mark.parametrize("cut_after", [0, 40, 1100, 20_000, 40_000, 60_000])
def test_a_connection_that_breaks_anywhere_loses_and_doubles_nothing(
    cut_after: int, server: ImapServer, add: Add, place: Home
) -> None:
    """In the greeting, the login, the sizes or amid a mail: one line, what came in stays, the rest comes next time."""
    server.put(*mails(1, 400))
    with front(server.port, cut_after=cut_after) as port:
        add(port)
        with pytest.raises(FetchError, match=r"cannot be reached|was lost") as told:
            fetch(place, "work")
    assert PASSWORD not in str(told.value)
    came = len(in_store(place))
    assert (came > 0) == (cut_after >= 40_000) and came < 400
    assert (Accounts(store_of(place)).get("work").last_uid or 0) == came
    add(server.port)
    found = fetch(place, "work")
    assert (found.n_read, found.added) == (400 - came, Added(n_new=400 - came))
    assert sorted(in_store(place)) == sorted(ids(1, 400))


def test_a_server_that_is_killed_amid_a_fetch_loses_nothing(server: ImapServer, add: Add, place: Home) -> None:
    """The batch that was in stays, and the fetch after its restart goes on behind it."""
    add(server.port)
    server.put(*mails(1, 250))
    with pytest.raises(FetchError, match="was lost"):
        fetch(place, "work", on_batch=lambda n: server.kill())
    assert len(in_store(place)) == imap.N_BATCH
    server.start()
    assert fetch(place, "work").added == Added(n_new=150)
    assert sorted(in_store(place)) == sorted(ids(1, 250))


def test_a_batch_that_the_store_refuses_is_fetched_again(
    server: ImapServer, add: Add, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How far it was read moves only behind what is in the store for good."""
    add(server.port)
    server.put(*mails(1, 150))
    whole = Labels.add

    def full(self: Labels, incoming: Sequence[Incoming]) -> Added:
        if self.count():
            raise StoreError("the store is full")
        return whole(self, incoming)

    with monkeypatch.context() as patched, pytest.raises(StoreError, match="full"):
        patched.setattr(Labels, "add", full)
        fetch(place, "work")
    assert (len(in_store(place)), Accounts(store_of(place)).get("work").last_uid) == (100, 100)
    assert fetch(place, "work").added == Added(n_new=50)


def test_a_fetch_that_is_killed_is_run_again(
    server: ImapServer, database: Database, add: Add, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL at any moment: nothing is lost and nothing doubled, on both kinds of store."""
    monkeypatch.setenv("AVOCET_DATABASE", database.url)
    server.put(*mails(1, 600))
    store = Labels(database, "tiny")
    words = [sys.executable, "-c", "from app.cli import main; main()", "fetch", "work"]
    kills = 0
    with front(server.port, slow_s=0.05) as port:
        add(port)
        for wait in (0.0, 0.1):
            child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
            before, deadline = store.count(), time.monotonic() + 60
            while child.poll() is None and store.count() == before and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(wait)
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
                kills += 1
            child.wait()
            assert (Accounts(database).get("work").last_uid or 0) <= store.count()
    assert kills, "no kill came before the fetch was done"
    add(server.port)
    fetch(place, "work")
    assert {row.id for row, _ in store.page(10_000)} == ids(1, 600) and store.count() == 600


def test_a_message_that_is_too_large_is_set_aside_unread(
    server: ImapServer, add: Add, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by account and UID, never downloaded, and not asked for again."""
    add(server.port)
    server.put(mail(1), mail(2, "long " * 500_000), mail(3))
    asked: list[list[int]] = []
    messages = imap._messages
    monkeypatch.setattr(mailboxes, "MAX_MAIL_BYTES", 2**20)
    monkeypatch.setattr(imap, "_messages", lambda box, uids: asked.append(list(uids)) or messages(box, uids))
    found = fetch(place, "work")
    assert (found.added, found.n_aside, sum(map(len, asked))) == (Added(n_new=2), 1, 2)
    (line,) = (place.root / str(found.quarantine)).read_text().splitlines()
    told = json.loads(line)
    assert (told["file"], told["reason"]) == ("imap:work", "a message of 2 MB") and told["line"] in (1, 2, 3)
    assert fetch(place, "work").n_read == 0


@pytest.mark.parametrize(
    ("other", "password", "why"),
    [
        ({}, "wrong secret", "refused user ann@example.org or the password of account work: set AVOCET_PASSWORD_WORK"),
        ({}, "pässword", "refused user"),
        ({}, "two\r\nA1 LOGOUT", "holds a line break"),
        ({"folder": "Jobs/Näe"}, PASSWORD, "there is no folder 'Jobs/Näe' for account work on 127.0.0.1"),
        ({"security": "tls"}, PASSWORD, "is --security right"),
        ({"security": "starttls"}, PASSWORD, "it offers no STARTTLS"),
        ({"host": "nowhere.invalid", "security": "tls"}, PASSWORD, "nowhere.invalid:.* cannot be reached"),
        ({"host": "a..b", "security": "tls"}, PASSWORD, "cannot be a host"),
    ],
)
def test_what_keeps_it_out_is_one_line(
    other: dict[str, Any],
    password: str,
    why: str,
    server: ImapServer,
    add: Add,
    place: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says what to do, and never what the password is."""
    add(server.port, **other)
    monkeypatch.setenv("AVOCET_PASSWORD_WORK", password)
    with pytest.raises(FetchError, match=why) as told:
        fetch(place, "work")
    assert password not in str(told.value) and told.value.__cause__ is None and "\n" not in str(told.value)


def test_a_server_that_hangs_does_not_hold_the_night(add: Add, place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It listens and says nothing; and one that is not there at all."""
    monkeypatch.setattr(imap_login, "TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        add(silent.getsockname()[1])
        with pytest.raises(FetchError, match="no answer within"):
            fetch(place, "work")
    with pytest.raises(FetchError, match="Connection refused"):
        fetch(place, "work")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_only_a_certificate_that_can_be_trusted_is_taken(
    security: str, tmp_path: Path, add: Add, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown authority and another host's name are refused before the password is sent; a known one is read."""
    files = certificate(tmp_path)
    server = ImapServer(tmp_path / "imap", files if security == "starttls" else None)
    server.start()
    try:
        server.put(mail(1))
        with front(server.port, files if security == "tls" else None) as port:
            add(port, security=security, host="localhost")
            with pytest.raises(FetchError, match=r"certificate of localhost:\d+ is not to be trusted \(self-signed"):
                fetch(place, "work")
            monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
            add(port, security=security, host="127.0.0.1")
            with pytest.raises(FetchError, match=r"is not to be trusted .*(mismatch|not valid for)"):
                fetch(place, "work")
            add(port, security=security, host="localhost")
            assert fetch(place, "work").added == Added(n_new=1)
    finally:
        server.kill()


def test_a_password_comes_from_the_keyring_where_the_environment_has_none(
    server: ImapServer, add: Add, place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where neither has one, it is said how to give it."""
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    class Ring(NoKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            return {("avocet", "work"): PASSWORD}.get((service, username))

    add(server.port)
    server.put(mail(1))
    monkeypatch.delenv("AVOCET_PASSWORD_WORK")
    before = keyring.get_keyring()
    try:
        keyring.set_keyring(NoKeyring())
        with pytest.raises(
            FetchError, match="set AVOCET_PASSWORD_WORK in the environment, or `keyring set avocet work`"
        ):
            fetch(place, "work")
        keyring.set_keyring(Ring())
        assert fetch(place, "work").added == Added(n_new=1)
    finally:
        keyring.set_keyring(before)


def test_the_verbs_say_it_in_a_line(server: ImapServer, place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add, list, fetch one or all, remove; one mailbox that is down does not keep the others waiting."""

    def avocet(*words: str) -> Any:
        return CliRunner().invoke(main, words)

    assert "no account yet" in avocet("accounts").output and avocet("fetch").exit_code == 3
    common = ("--user", USER, "--security", "none", "--into", "tiny")
    said = avocet("accounts", "add", "work", "--host", "127.0.0.1", "--port", str(server.port), *common)
    assert "set AVOCET_PASSWORD_WORK in the environment, or `keyring set avocet work`" in said.output
    down = avocet("accounts", "add", "down", "--host", "127.0.0.1", "--port", "1", *common, "--json")
    assert json.loads(down.stdout)["name"] == "down"
    assert "in clear" in avocet("accounts", "add", "x", "--host", "example.org", *common).stderr
    for name in ("WORK", "DOWN"):
        monkeypatch.setenv(f"AVOCET_PASSWORD_{name}", PASSWORD)
    server.put(*mails(1, 2))
    assert avocet("fetch", "work", "--dry-run").output.startswith("work: would take in 2 of 2 new mails")
    all_of_them = avocet("fetch", "--json")
    assert all_of_them.exit_code == 1 and "127.0.0.1:1 of account down cannot be reached" in all_of_them.stderr
    its = {one["account"]: one for one in json.loads(all_of_them.stdout)}
    assert its["work"]["added"]["n_new"] == 2 and "cannot be reached" in its["down"]["error"]
    down_alone = avocet("fetch", "down")
    assert (down_alone.exit_code, down_alone.stderr.count("\n")) == (1, 1) and PASSWORD not in down_alone.output
    listed = json.loads(avocet("accounts", "--json").stdout)
    assert [one["name"] for one in listed] == ["down", "work"] and PASSWORD not in json.dumps(listed)
    assert PASSWORD.encode() not in place.store.read_bytes()
    assert avocet("accounts", "rm", "down").exit_code == 0 and avocet("accounts", "rm", "down").exit_code == 3
    assert set(in_store(place)) == ids(1, 2)
