"""Taking files in: read, add to the collection in batches, set aside what is no row, count everything.

Each batch is one transaction and ids are stable, so an import that was killed is simply run again.
"""

import csv
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO

from avocet.durable import on_disk
from avocet.errors import RowsUnreadableError, WrongUseError
from avocet.home import Home
from avocet.incoming import exports, mailboxes, tables
from avocet.incoming.items import Bad, Found, Items, by_its_words
from avocet.records import Naming
from avocet.store.database import store_of
from avocet.store.labels import Added, Incoming, Labels
from avocet.times import now

BATCH = 500
Reader = Callable[[Path, str, Naming], Items]
READERS: dict[str, Reader] = {
    "jsonl": tables.json_lines,
    "csv": tables.comma_separated,
    "parquet": tables.parquet,
    "eml": mailboxes.message_file,
    "mbox": mailboxes.mbox,
    "maildir": mailboxes.maildir,
    "folder": mailboxes.folder,
    "json": exports.json_records,
    "takeout": exports.takeout,
}
_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".gz": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".eml": "eml",
    ".mbox": "mbox",
    ".json": "json",
    ".zip": "takeout",
}


@dataclass(frozen=True)
class Imported:
    """What an import came to: `n_read == added.n_new + added.n_known + n_twice + n_aside`."""

    n_read: int
    added: Added
    n_twice: int  # came twice in one import
    n_aside: int
    quarantine: str | None  # the file that says which, and why


def format_of(path: Path) -> str:
    """The name of the reader for `path`. Raises WrongUseError where nothing tells."""
    if path.is_dir():
        return "maildir" if any((path / room).is_dir() for room in ("cur", "new")) else "folder"
    if (found := _BY_SUFFIX.get(path.suffix.lower())) is not None:
        return found
    with path.open("rb") as stream:
        begins = stream.read(5)
    if begins == b"From ":
        return "mbox"
    raise WrongUseError(f"{path}: its kind cannot be told; say --format, one of {', '.join(READERS)}")


def import_files(
    home: Home,
    collection: str,
    paths: Sequence[Path],
    naming: Naming,
    kind: str | None = None,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
) -> Imported:
    """Take all rows of `paths` into `collection`; `dry_run` only counts. `on_batch` is told how many were read.

    What is no row goes to a file under data/quarantine/, by file, place and reason. Raises RowsUnreadableError for a
    file that cannot be read to its end (what came before it is in), WrongUseError, StoreError, DiskError.
    """
    labels = Labels(store_of(home), collection)
    added, n_read, n_twice, n_aside = Added(), 0, 0, 0
    seen: dict[str, str] = {}
    aside = home.quarantine / f"import-{re.sub('[^0-9T]', '', now())}-{collection}.jsonl"
    with _aside(aside, dry_run) as say:
        for path in paths:
            shown = str(path).encode("utf-8", "replace").decode()  # a name may be no UTF-8
            items = READERS[kind or format_of(path)](path, shown, naming)
            for batch in _batches(path, items):
                found = [item for item in batch if isinstance(item, Found)]
                known = labels.keys([one.incoming.row.id for one in found])
                fresh, again, strange = _told_apart(found, seen, known)
                for bad in (*(item for item in batch if isinstance(item, Bad)), *strange):
                    n_aside += 1
                    say(path, bad)
                n_twice += len(again)
                n_read += len(batch)
                if dry_run:
                    added += labels.would_add(fresh)
                else:
                    added += labels.add(fresh)
                    # What came before may bring its label now, or a later one; it is not known once more.
                    added += replace(labels.add(again), n_new=0, n_known=0) if again else Added()
                on_batch(n_read)
    return Imported(n_read, added, n_twice, n_aside, home.shown(aside) if n_aside and not dry_run else None)


def _told_apart(
    found: Sequence[Found], seen: dict[str, str], known: Mapping[str, str]
) -> tuple[list[Incoming], list[Incoming], list[Bad]]:
    """(rows that come first, the same mail once more, ids of another mail); `seen` and `known`: row id -> key."""
    fresh: list[Incoming] = []
    again: list[Incoming] = []
    strange: list[Bad] = []
    for item in found:
        one = item.incoming
        other = seen.get(one.row.id, known.get(one.row.id, one.row.key))
        if other != one.row.key and not one.weak:
            strange.append(Bad(item.place, "its id is another mail's here"))
            continue
        its = by_its_words(one) if other != one.row.key else one
        (again if its.row.id in seen else fresh).append(its)
        seen[its.row.id] = its.row.key
    return fresh, again, strange


def _batches(path: Path, items: Items) -> Iterator[list[Found | Bad]]:
    try:
        while batch := list(islice(items, BATCH)):
            yield batch
    except (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error) as e:
        raise RowsUnreadableError(
            f"{path} cannot be read to its end ({type(e).__name__}: {e}); what came before it is in"
        ) from None


@contextmanager
def _aside(path: Path, dry_run: bool) -> Iterator[Callable[[Path, Bad], None]]:
    """Writes the quarantine file, which is there only where something was set aside."""
    stream: IO[str] | None = None

    def say(source: Path, bad: Bad) -> None:
        nonlocal stream
        if dry_run:
            return
        with on_disk("writing the quarantine"):
            if stream is None:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                stream = path.open("a", encoding="utf-8")
            stream.write(json.dumps({"file": bad.file or str(source), "line": bad.place, "reason": bad.reason}) + "\n")

    try:
        yield say
    finally:
        if stream is not None:
            stream.close()
