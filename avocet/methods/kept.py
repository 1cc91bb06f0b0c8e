"""What was made of a text, kept on disk by content: a night embeds and counts its new rows only.

One SQLite file under data/, losable at any time. An embedding or a count of words says what a mail is about, so it
stays in data/, the room of mail, like the rows themselves; the text is in the file as a digest only.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

UNUSED_DAYS = 60  # a row that was not needed for so long is gone, and so is what was made of it
_NOTED_DAYS = 7
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS made (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID"
)
_TODAY = "CAST(julianday('now') AS INTEGER)"
_ASKED = 500  # keys in one question; SQLite allows 32,766
_CHECKSUM = 8  # bytes in front of each value: a flipped bit in a cache must not teach anything


@cache
def made_by(source: str, *libraries: str) -> str:
    """The part of a mark that says which code makes it: what other code has made is another thing."""
    versions = " ".join(f"{name} {installed(name)}" for name in libraries)
    return hashlib.sha256(Path(source).read_bytes() + versions.encode()).hexdigest()[:16]


def key_of(mark: str, text: str) -> bytes:
    """The key of what was made of a text; `mark` says by whom (base, device and length, or kind of terms)."""
    return hashlib.sha256(f"{mark}\0{text}".encode("utf-8", "surrogatepass")).digest()


def known(path: Path, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    """Those of `keys` that are kept and whole; a file that cannot be read is an empty one."""
    asked = list(keys)
    found: dict[bytes, bytes] = {}
    with suppress(sqlite3.DatabaseError, OSError), _open(path) as db:
        for at in range(0, len(asked), _ASKED):
            some = asked[at : at + _ASKED]
            marks = ",".join("?" * len(some))
            for key, raw in db.execute(f"SELECT key, value FROM made WHERE key IN ({marks})", some):  # noqa: S608
                if raw[:_CHECKSUM] == _checksum(key, raw[_CHECKSUM:]):
                    found[key] = raw[_CHECKSUM:]
    return found


def keep(path: Path, values: Mapping[bytes, bytes], used: Iterable[bytes] = (), forgets: bool = True) -> None:
    """Add `values`, note that `used` were needed, and forget what has not been for UNUSED_DAYS (unless not `forgets`).

    A disk that is full or a file that is broken costs the next night its time and this one nothing.
    """
    rows = [(key, _checksum(key, value) + value) for key, value in values.items()]
    try:
        with _open(path) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(f"INSERT OR REPLACE INTO made VALUES (?, ?, {_TODAY})", rows)  # noqa: S608
            again = [(key,) for key in used]
            old = f"{_TODAY} - {_NOTED_DAYS}"  # to note each use each night would write the whole file each night
            db.executemany(f"UPDATE made SET used = {_TODAY} WHERE key = ? AND used < {old}", again)  # noqa: S608
            if forgets:
                db.execute(f"DELETE FROM made WHERE used < {_TODAY} - {UNUSED_DAYS}")  # noqa: S608
            db.execute("COMMIT")
    except (sqlite3.OperationalError, OSError):
        return  # locked or full: nothing was kept
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)  # no database any more


def _checksum(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(value, key=key, digest_size=_CHECKSUM).digest()


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Other users of the machine could guess at mails by what was made of them. SQLite gives its journal the same mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")  # what a power cut costs is made again
        db.execute("PRAGMA cache_size=-65536")  # KiB; keys are digests, so that each new one lands on another page
        db.execute(_SCHEMA)
        yield db
