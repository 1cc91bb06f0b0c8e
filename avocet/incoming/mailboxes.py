"""Mail as mail programs keep it: single .eml files, folders of them, Maildir, mbox, and Gmail's Takeout (an mbox)."""

import mailbox
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from avocet.incoming.items import Bad, Item, Items, Reading, item_of
from avocet.mail import parse_mail

MAX_MAIL_BYTES = 32 * 1024 * 1024  # with attachments, which are read over


def message_file(path: Path, shown: str, reading: Reading) -> Items:
    """One message in a file. Raises OSError."""
    yield _file(path, shown, reading)


def mbox(path: Path, shown: str, reading: Reading) -> Items:
    """The messages of one file, each behind a line that begins with From. Raises OSError."""
    with path.open("rb") as stream:
        if stream.read(5) != b"From ":
            yield Bad(1, "no mbox: it does not begin with 'From '")
            return
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), start=1):
            yield message(box.get_bytes(key), number, shown, reading)
    finally:
        box.close()


def maildir(path: Path, shown: str, reading: Reading) -> Items:
    """The messages below cur/ and new/, also of the folders within. Raises OSError."""
    yield from _files(sorted(p for room in ("cur", "new") for p in path.rglob(f"{room}/*") if p.is_file()), reading)


def folder(path: Path, shown: str, reading: Reading) -> Items:
    """The .eml files below a folder. Raises OSError."""
    yield from _files(sorted(path.rglob("*.eml")), reading)


def message(raw: bytes, place: int, shown: str, reading: Reading) -> Item:
    """The row that one message is, or why it is none; never raises for a broken one."""
    if len(raw) > MAX_MAIL_BYTES:
        return too_large(place, len(raw))
    if b":" not in raw[:4096]:
        return Bad(place, "no message: there is no header in it")
    mail = parse_mail(raw)
    if "Chat" in mail.gmail_labels:
        return Bad(place, "a chat, no mail")
    value: dict[str, object] = {"subject": mail.subject, "body": mail.body, **mail.headers, "id": mail.message_id}
    label = next((reading.labels[word] for word in mail.gmail_labels if word in reading.labels), None)
    its = value | ({"label": label} if label else {}) | ({"date": mail.date} if mail.date else {})
    return item_of(its, place, shown, Reading(), weak=True)


def too_large(place: int, n_bytes: int, file: str = "") -> Bad:
    """Why a message over MAX_MAIL_BYTES is no row."""
    return Bad(place, f"a message of {n_bytes // 2**20} MB", file)


def _files(paths: list[Path], reading: Reading) -> Iterator[Item]:
    for path in paths:
        yield _file(path, str(path).encode("utf-8", "replace").decode(), reading)


def _file(path: Path, shown: str, reading: Reading) -> Item:
    """One message; a file that is gone or cannot be read costs itself only."""
    try:
        if path.stat().st_size > MAX_MAIL_BYTES:
            return too_large(1, path.stat().st_size, shown)
        found = message(path.read_bytes(), 1, shown, reading)
    except OSError as e:
        return Bad(1, f"it cannot be read: {e.strerror}", shown)
    return replace(found, file=shown) if isinstance(found, Bad) else found
