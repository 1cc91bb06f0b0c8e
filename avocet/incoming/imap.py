"""Fetching mail over IMAP: what is new since the last fetch, by UID, read only and with no mail marked as seen."""

import imaplib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from avocet.errors import FetchError
from avocet.home import Home
from avocet.incoming import mailboxes
from avocet.incoming.imap_login import opened, reading
from avocet.incoming.importing import Imported, Source, import_items
from avocet.incoming.items import Bad, Item, Items
from avocet.records import Naming
from avocet.store.accounts import Account, Accounts
from avocet.store.database import store_of

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

N_BATCH = 100  # smaller than a file's: what is not kept yet has to cross the network again
N_SIZES = 500
N_AT_ONCE, BYTES_AT_ONCE = 25, 4 * 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


def fetch(
    home: Home,
    name: str,
    since: date | None = None,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
) -> Imported:
    """Take the new mails of account `name` into its collection; of those only what arrived on `since` or later.

    Where it ends early, what came in stays and the next fetch goes on behind it. What `since` passes over is new to the
    next fetch, and with it the mails behind it, which are known by then: how far a mailbox was read is a single number. A server that counts anew (another
    UIDVALIDITY) is read from the start: ids are stable, so nothing doubles. Raises NotFoundError, FetchError, StoreError.
    """
    accounts = Accounts(store_of(home))
    account = accounts.get(name)
    with opened(account) as box:
        validity = _uidvalidity(box, account)
        before = (account.last_uid or 0) if account.uidvalidity == validity else 0
        uids = _new(box, account, before, since)
        gap = min(set(_new(box, account, before)).difference(uids), default=None) if since else None

        def keep(batch: Sequence[Item]) -> None:
            read = max(item.place for item in batch)
            accounts.read_up_to(name, validity, min(read, gap - 1) if gap else read)

        source = Source(f"imap:{name}", _items(box, account, uids), keep, N_BATCH)
        found = import_items(home, account.collection, [source], dry_run, on_batch, {"account": account.name})
    if not dry_run:
        accounts.read_up_to(name, validity, before)
    return found


def looked_in(account: Account) -> int:
    """Log in and count the mails in its folder; nothing is read. Raises FetchError."""
    with opened(account) as box:
        return len(_new(box, account, 0))


def _uidvalidity(box: "BaseMailBox", account: Account) -> int:
    _, found = box.client.response("UIDVALIDITY")
    if not found or not isinstance(found[0], bytes) or not found[0].isdigit():
        raise FetchError(f"{account.host} gives folder {account.folder!r} no UIDVALIDITY, so new mail cannot be told")
    return int(found[0])


def _new(box: "BaseMailBox", account: Account, before: int, since: date | None = None) -> list[int]:
    """UIDs beyond `before`, oldest first."""
    when = f" SINCE {since.day:02d}-{_MONTHS[since.month - 1]}-{since.year}" if since else ""
    with reading(account):
        found = _asked(box, "SEARCH", f"UID {before + 1}:*{when}")
    if found is None:
        raise FetchError(f"{account.host} refuses to search folder {account.folder!r} of account {account.name}")
    uids = {int(word) for line in found if isinstance(line, bytes) for word in line.split()}
    return sorted(uid for uid in uids if uid > before)  # n:* names the last mail even where it is older than n


def _items(box: "BaseMailBox", account: Account, uids: Sequence[int]) -> Items:
    """One item for each of `uids`, in their order. Raises FetchError where the connection breaks."""
    shown = f"imap:{account.name}"
    for at in range(0, len(uids), N_SIZES):
        asked = uids[at : at + N_SIZES]
        with reading(account):
            sizes = _sizes(box, asked)
        for group in _groups(asked, sizes):
            large = [uid for uid in group if sizes.get(uid, 0) > mailboxes.MAX_MAIL_BYTES]
            wanted = [uid for uid in group if uid not in large]
            with reading(account):
                raws = _messages(box, wanted)
            if len(wanted) > 1 and not raws:  # no damaged mail: a limit, perhaps, that tomorrow lifts
                raise FetchError(f"{account.host} gives out no mail of account {account.name} now; try again later")
            for uid in group:
                if uid in large:
                    yield mailboxes.too_large(uid, sizes[uid])
                elif uid in raws:
                    yield mailboxes.message(raws[uid], uid, shown, Naming())
                else:
                    yield Bad(uid, "the server did not give it out")


def _groups(uids: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """Mails to ask for at once: a round trip each would take hours, all at once would not fit."""
    group: list[int] = []
    n_bytes = 0
    for uid in uids:
        size = sizes.get(uid, BYTES_AT_ONCE)
        if group and (len(group) == N_AT_ONCE or n_bytes + size > BYTES_AT_ONCE):
            yield group
            group, n_bytes = [], 0
        group.append(uid)
        n_bytes += size
    if group:
        yield group


def _sizes(box: "BaseMailBox", uids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for line in _asked(box, "FETCH", _set(uids), "(UID RFC822.SIZE)") or []:
        said = line if isinstance(line, bytes) else b" ".join(line)
        uid, size = _UID.search(said), _SIZE.search(said)
        if uid and size:
            found[int(uid[1])] = int(size[1])
    return found


def _messages(box: "BaseMailBox", uids: Sequence[int]) -> dict[int, bytes]:
    """Whole mails by UID, unseen as they were. One that the server refuses costs itself only."""
    lines = _asked(box, "FETCH", _set(uids), "(UID BODY.PEEK[])") if uids else []
    if lines is None and len(uids) > 1:
        return {uid: raw for one in uids for uid, raw in _messages(box, [one]).items()}
    found: dict[int, bytes] = {}
    raw: bytes | None = None
    for line in lines or []:
        # A mail is a pair (what stands before it, the mail) and a line behind it; its UID may stand in either.
        said = line if isinstance(line, bytes) else line[0]
        raw = raw if isinstance(line, bytes) else line[1]
        uid = _UID.search(said)
        if uid and raw is not None:
            found[int(uid[1])] = raw
            raw = None
    return {uid: found[uid] for uid in uids if uid in found}


def _asked(box: "BaseMailBox", command: str, *words: str) -> list[bytes | tuple[bytes, bytes]] | None:
    """The lines that answer a UID command; None where the server says no. Raises what imaplib does on a lost connection."""
    try:
        said, lines = box.client.uid(command, *words)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:  # BAD: some say it of a damaged mail
        return None
    return [line for line in lines if line is not None] if said == "OK" else None


def _set(uids: Sequence[int]) -> str:
    """UIDs as IMAP writes them, runs as first:last: a server may cap the length of a line."""
    runs: list[tuple[int, int]] = []
    for uid in uids:
        if runs and runs[-1][1] == uid - 1:
            runs[-1] = (runs[-1][0], uid)
        else:
            runs.append((uid, uid))
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)
