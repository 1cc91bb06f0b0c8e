"""Answers as IMAP servers give them, in every order and with refusals: each mail is found, or costs itself only."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from avocet.errors import FetchError
from avocet.incoming import imap
from avocet.incoming.items import Bad, Found
from avocet.store.accounts import Account

WORK = Account("work", "tiny", "imap.example.org", 993, "tls", "ann")


def mail(uid: int) -> bytes:
    return b"Subject: mail %d\n\nwords" % uid


class Server:
    """Knows some mails, refuses others, and says more than it was asked, as real ones do."""

    def __init__(self, uids: Sequence[int], refused: Sequence[int] = (), behind: bool = False) -> None:
        self.uids, self.refused, self.behind = uids, refused, behind
        self.client = SimpleNamespace(uid=self.uid)
        self.asked: list[str] = []

    def uid(self, command: str, words: str, parts: str) -> tuple[str, list[Any]]:
        wanted = [uid for run in words.split(",") for uid in range(int(run.split(":")[0]), int(run.split(":")[-1]) + 1)]
        if "SIZE" in parts:
            return "OK", [b"%d (RFC822.SIZE %d UID %d)" % (uid, len(mail(uid)), uid) for uid in wanted]
        self.asked.append(words)
        if set(wanted) & set(self.refused):
            return "NO", [b"[SERVERBUG] damaged"]
        lines: list[Any] = [b"9 (FLAGS (\\Recent))"]
        for uid in (uid for uid in wanted if uid in self.uids):
            if self.behind:
                lines += [(b"1 (BODY[] {%d}" % len(mail(uid)), mail(uid)), b" UID %d)" % uid, b"9 (FLAGS ())"]
            else:
                lines += [(b"1 (UID %d BODY[] {%d}" % (uid, len(mail(uid))), mail(uid)), b")"]
        return "OK", lines


def read(server: Server, uids: Sequence[int]) -> list[tuple[int, str]]:
    items = imap._items(server, WORK, uids)  # type: ignore[arg-type]
    return [(one.place, one.incoming.row.fields["subject"] if isinstance(one, Found) else one.reason) for one in items]


@pytest.mark.parametrize("behind", [False, True])
def test_each_mail_is_found_wherever_its_uid_stands(behind: bool) -> None:
    """Before the mail or behind it, with lines between that nobody asked for."""
    assert read(Server(range(1, 60), behind=behind), range(1, 60)) == [(n, f"mail {n}") for n in range(1, 60)]


def test_a_mail_that_the_server_refuses_costs_itself_only() -> None:
    """It is set aside, like one that was deleted meanwhile; those around it are asked for one by one."""
    server = Server([1, 2, 4], refused=[3])
    no = "the server did not give it out"
    assert read(server, [1, 2, 3, 4, 5]) == [(1, "mail 1"), (2, "mail 2"), (3, no), (4, "mail 4"), (5, no)]
    assert server.asked == ["1:5", "1", "2", "3", "4", "5"]


def test_a_server_that_refuses_every_mail_is_asked_again_later() -> None:
    """Nothing of it is set aside, so that no mail is passed over for good."""
    items = imap._items(Server([], refused=range(1, 9)), WORK, range(1, 9))  # type: ignore[arg-type]
    with pytest.raises(FetchError, match="gives out no mail of account work now; try again later"):
        next(items)


def test_uids_are_asked_for_in_runs() -> None:
    """A server may cap the length of a line."""
    assert imap._set([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"
    assert isinstance(next(imap._items(Server([]), WORK, [5])), Bad)  # type: ignore[arg-type]
