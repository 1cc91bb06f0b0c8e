"""The output while it grows: OUT.part, and beside it OUT.part.done, which says of what it is and how far it is whole.

The first line of OUT.part.done names input, version and options. Each chunk is made durable in OUT.part before a line of
OUT.part.done counts it, so that whatever a kill or a power cut leaves, the last such line is true: a run goes on there.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

from avocet.bulk.answers import Answers
from avocet.durable import replace_private, sync, write_all
from avocet.errors import AvocetError, BusyError, DiskError, WrongUseError


@dataclass(frozen=True)
class Far:
    """How far a part is whole: rows, those of them without an answer, and bytes."""

    n_rows: int = 0
    n_bad: int = 0
    n_bytes: int = 0


@dataclass
class Part:
    """An opened OUT.part; what is added is durable when `add` returns."""

    out: Path
    far: Far
    stream: FileIO  # unbuffered: a full disk must not say no once more when it is closed
    done: FileIO

    def add(self, more: Answers) -> None:
        """Raises DiskError; what was written of these is cut off when the run is gone on with."""
        with _told(self.out):
            write_all(self.stream.fileno(), more.lines)
            os.fsync(self.stream.fileno())
            far = self.far
            self.far = Far(far.n_rows + more.n_rows, far.n_bad + more.n_bad, far.n_bytes + len(more.lines))
            write_all(self.done.fileno(), _line(asdict(self.far)))


def names(out: Path) -> tuple[Path, Path, Path]:
    """(the part, what says how far it is, the lock) of an output."""
    part = out.with_name(f"{out.name}.part")
    return part, part.with_name(f"{part.name}.done"), part.with_name(f"{part.name}.lock")


def begun_of(out: Path) -> Mapping[str, Any] | None:
    """Of what the part of `out` is, as `opened` was told; None where there is none."""
    found = _lines(names(out)[1])
    return found[0] if found and names(out)[0].exists() else None


def check_new(out: Path, again: bool) -> None:
    """Raises WrongUseError where `out` is there and nobody said that it may be replaced."""
    if out.exists() and not again:
        raise WrongUseError(f"{out} is there already; --again makes it anew and replaces it when it is whole")


@contextmanager
def opened(out: Path, of: Mapping[str, Any], head: bytes, again: bool) -> Iterator[Part]:
    """The part of `out`, begun or gone on with; it becomes `out` in one move where the block ends well.

    Raises WrongUseError where `out` is there (not with `again`) or the part is `of` something else, BusyError where
    another process writes it, DiskError.
    """
    part, done, lock_file = names(out)
    lock = _locked(out, lock_file)
    try:
        check_new(out, again)
        with ExitStack() as streams:
            with _told(out):
                far = _gone_on(out, of) or _begun(out, of, head)
                its = Part(out, far, *(streams.enter_context(path.open("ab", buffering=0)) for path in (part, done)))
            yield its
        with _told(out):
            part.replace(out)
            sync(out.parent)
            done.unlink(missing_ok=True)
            lock_file.unlink(missing_ok=True)
    finally:
        lock.release()


def _locked(out: Path, file: Path) -> BaseFileLock:
    lock = FileLock(file)
    with _told(out):
        try:
            lock.acquire(timeout=0)
        except Timeout:  # an OSError
            raise BusyError(f"another process writes {names(out)[0]}") from None
    return lock


def _begun(out: Path, of: Mapping[str, Any], head: bytes) -> Far:
    part, done, _ = names(out)
    done.unlink(missing_ok=True)
    replace_private(part, head)
    far = Far(n_bytes=len(head))
    replace_private(done, _line(of) + _line(asdict(far)))
    return far


def _gone_on(out: Path, of: Mapping[str, Any]) -> Far | None:
    """How far the part is whole, cut there; None where there is none. Raises WrongUseError."""
    part, done, _ = names(out)
    begun = begun_of(out)
    if begun is None:
        return None
    mine = json.loads(json.dumps(of))
    if begun != mine:
        what = ", ".join(sorted(key for key in {*mine, *begun} if mine.get(key) != begun.get(key)))
        was = f" (it was begun by {begun.get('version')})" if mine.get("version") != begun.get("version") else ""
        raise WrongUseError(f"{part} was begun with another {what}{was}; remove it, or give another --out")
    n_bytes = part.stat().st_size
    whole = [Far(**line) for line in _lines(done)[1:]]
    far = next((one for one in reversed(whole) if one.n_bytes <= n_bytes), None)
    if far is None:
        return None
    os.truncate(part, far.n_bytes)
    replace_private(done, _line(of) + _line(asdict(far)))
    return far


def _lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines; a kill may have left the last without its end."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


@contextmanager
def _told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if isinstance(e, AvocetError):
            raise
        why = e.strerror or type(e).__name__
        raise DiskError(f"writing {out} failed: {why}; when that is mended, the same command goes on") from None
