"""Embeddings kept on disk by content: a night embeds the new rows only. One SQLite file under data/, losable at any time.

An embedding says what a mail is about, so it stays in data/, the room of mail, like the rows themselves.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNUSED_DAYS = 60  # a row that was not embedded for so long is gone, and so is its vector
_SCHEMA = """
CREATE TABLE IF NOT EXISTS embeddings (key BLOB PRIMARY KEY, vector BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID
"""
_TODAY = "CAST(julianday('now') AS INTEGER)"
_ASKED = 500  # keys in one question; SQLite allows 32,766


def key_of(mark: str, text: str) -> bytes:
    """The key of a text's embedding; `mark` says of which base, device and length."""
    return hashlib.sha256(f"{mark}\0{text}".encode("utf-8", "surrogatepass")).digest()


def known(path: Path, keys: Iterable[bytes]) -> dict[bytes, NDArray[np.float64]]:
    """Those of `keys` that are kept, as vectors of length 1; a file that cannot be read is an empty one."""
    asked = list(keys)
    found: dict[bytes, NDArray[np.float64]] = {}
    with suppress(sqlite3.DatabaseError), _open(path) as db:
        for at in range(0, len(asked), _ASKED):
            some = asked[at : at + _ASKED]
            marks = ",".join("?" * len(some))
            for key, raw in db.execute(f"SELECT key, vector FROM embeddings WHERE key IN ({marks})", some):  # noqa: S608
                vector = np.frombuffer(raw, dtype=np.float32).astype(np.float64)
                # A flipped bit in a cache must not teach anything: an embedding has length 1.
                if len(vector) and abs(float(vector @ vector) - 1) < 1e-3:
                    found[key] = vector
    return found


def keep(path: Path, vectors: Mapping[bytes, NDArray[np.float64]], used: Iterable[bytes] = ()) -> None:
    """Add `vectors`, note that `used` were needed today, and forget what has not been for UNUSED_DAYS.

    A disk that is full or a file that is broken costs the next night its time and this one nothing.
    """
    rows = [(key, np.asarray(vector, dtype=np.float32).tobytes()) for key, vector in vectors.items()]
    try:
        with _open(path) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(f"INSERT OR REPLACE INTO embeddings VALUES (?, ?, {_TODAY})", rows)  # noqa: S608
            again = [(key,) for key in used]
            db.executemany(f"UPDATE embeddings SET used = {_TODAY} WHERE key = ? AND used < {_TODAY}", again)  # noqa: S608
            db.execute(f"DELETE FROM embeddings WHERE used < {_TODAY} - {UNUSED_DAYS}")  # noqa: S608
            db.execute("COMMIT")
    except sqlite3.OperationalError:
        return  # locked or full: nothing was kept
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)  # no database any more


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")  # what a power cut costs is embedded again
        db.execute(_SCHEMA)
        yield db
