"""Writing so that a kill or a power cut leaves the old state or the new one, never half of each."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from avocet.errors import AvocetError, DiskError


def sync(path: Path) -> None:
    """Make a file or a folder's entries durable. Without the folders' fsyncs a reported promotion can be lost."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make every file and folder below `folder`, and `folder` itself, durable."""
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            sync(Path(parent) / name)
        sync(Path(parent))


def replace_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one move: a reader sees the old file or the new one."""
    with _aside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        sync(temporary)
        temporary.replace(path)
    sync(path.parent)


def replace_private(path: Path, content: bytes) -> None:
    """Write `content` to `path` in one move, for its owner alone from its first byte on."""
    with _aside(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    sync(path.parent)


def replace_link(link: Path, target: str) -> None:
    """Point `link` at `target` (a name in the same folder) in one move."""
    with _aside(link) as temporary:
        temporary.symlink_to(target)
        temporary.replace(link)
    sync(link.parent)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A hidden name beside `path`, gone again where what was to be built there failed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield temporary
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A hidden file to write, which becomes `path` in one move; raises FileExistsError where `path` is there by then."""
    with _aside(path) as temporary:
        try:
            yield temporary
            sync(temporary)
            path.hardlink_to(temporary)  # a rename would replace what is there
        finally:
            with suppress(OSError):  # the archive is whole, or the first error is the one to tell
                temporary.unlink(missing_ok=True)
    sync(path.parent)


def append_line(path: Path, line: str) -> None:
    """Append one line and make it durable. A line that a kill left without its end is closed off first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        try:
            write_all(descriptor, (("\n" if torn else "") + line + "\n").encode("utf-8"))
            os.fsync(descriptor)
            sync(path.parent)
        except OSError:
            with suppress(OSError):  # a line that was reported as not written must not be read later
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """All of `data`; raises OSError: a disk that fills up takes a part first and says no at the next write only."""
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def on_disk(what: str) -> Iterator[None]:
    """Turns a full or failing disk into one line about `what`."""
    try:
        yield
    except OSError as e:
        if isinstance(e, AvocetError):
            raise
        raise DiskError(
            f"{what} failed: {e.strerror or type(e).__name__}; every published version is whole, the champion is "
            "the old one or the new one. Look at the disk, then `avocet doctor --fix` clears what was left"
        ) from None


def is_full_disk(error: BaseException) -> bool:
    """Whether `error` is one of the shapes that a full disk takes: torch and safetensors have their own."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return any(sign in str(error) for sign in ("inline_container", "os error 28", "os error 122", "No space left"))


@contextmanager
def room_for(what: str) -> Iterator[None]:
    """Turns a disk that fills up during `what` into one line, whichever library was writing; other errors pass."""
    try:
        yield
    except AvocetError:
        raise
    except Exception as e:
        if not is_full_disk(e):
            raise
        raise DiskError(
            f"the disk is full ({what}); nothing was published, every version and the champion are as they were. "
            "Make room, `avocet models prune` removes old versions, then train again"
        ) from None
