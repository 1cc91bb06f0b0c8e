"""Mail as mail programs keep it: single .eml files, folders of them, Maildir, mbox, and Gmail's Takeout (an mbox)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from avocet.incoming.items import Bad, Item, Items, item_of
from avocet.mail import parse_mail
from avocet.records import Naming

MAX_MAIL_BYTES = 32 * 1024 * 1024  # with attachments, which are read over
_LINE = 64 * 1024  # a longer one is read in pieces


def message_file(path: Path, shown: str, naming: Naming) -> Items:
    """One message in a file. Raises OSError."""
    yield _file(path, shown, naming)


def mbox(path: Path, shown: str, naming: Naming) -> Items:
    """The messages of one file, each behind a line that begins with From. Raises OSError."""
    with path.open("rb") as stream:
        if stream.read(5) != b"From ":
            yield Bad(1, "no mbox: it does not begin with 'From '")
            return
        stream.seek(0)
        for number, (raw, n_bytes) in enumerate(_between_from_lines(stream), start=1):
            yield message(raw, number, shown, naming) if n_bytes == len(raw) else too_large(number, n_bytes)


def maildir(path: Path, shown: str, naming: Naming) -> Items:
    """The messages below cur/ and new/, also of the folders within. Raises OSError."""
    yield from _files(sorted(p for room in ("cur", "new") for p in path.rglob(f"{room}/*") if p.is_file()), naming)


def folder(path: Path, shown: str, naming: Naming) -> Items:
    """The .eml files below a folder. Raises OSError."""
    yield from _files(sorted(path.rglob("*.eml")), naming)


def message(raw: bytes, place: int, shown: str, naming: Naming) -> Item:
    """The row that one message is, or why it is none; never raises for a broken one."""
    if len(raw) > MAX_MAIL_BYTES:
        return too_large(place, len(raw))
    if b":" not in raw[:4096]:
        return Bad(place, "no message: there is no header in it")
    mail = parse_mail(raw)
    if "Chat" in mail.gmail_labels:
        return Bad(place, "a chat, no mail")
    value: dict[str, object] = {"subject": mail.subject, "body": mail.body, **mail.headers, "id": mail.message_id}
    label = next((naming.labels[word] for word in mail.gmail_labels if word in naming.labels), None)
    its = value | ({"label": label} if label else {}) | ({"date": mail.date} if mail.date else {})
    return item_of(its, place, shown, Naming(), weak=True)


def too_large(place: int, n_bytes: int, file: str = "") -> Bad:
    """Why a message over MAX_MAIL_BYTES is no row."""
    return Bad(place, f"a message of {n_bytes // 2**20} MB", file)


def _between_from_lines(stream: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """(message, its size) of an mbox; of one over MAX_MAIL_BYTES no more than the size.

    The standard library's reader holds whole lines and messages, and a bomb is one line of gigabytes.
    """
    held = bytearray()
    n_bytes, at_a_line = 0, True
    stream.readline(_LINE)
    while line := stream.readline(_LINE):
        if at_a_line and line.startswith(b"From "):
            yield bytes(held), n_bytes
            held, n_bytes = bytearray(), 0
        else:
            n_bytes += len(line)
            if n_bytes <= MAX_MAIL_BYTES:
                held += line
            else:
                held.clear()
        at_a_line = line.endswith(b"\n")
    yield bytes(held), n_bytes


def _files(paths: list[Path], naming: Naming) -> Iterator[Item]:
    for path in paths:
        yield _file(path, str(path).encode("utf-8", "replace").decode(), naming)


def _file(path: Path, shown: str, naming: Naming) -> Item:
    """One message; a file that is gone or cannot be read costs itself only."""
    try:
        if path.stat().st_size > MAX_MAIL_BYTES:
            return too_large(1, path.stat().st_size, shown)
        found = message(path.read_bytes(), 1, shown, naming)
    except OSError as e:
        return Bad(1, f"it cannot be read: {e.strerror}", shown)
    return replace(found, file=shown) if isinstance(found, Bad) else found
