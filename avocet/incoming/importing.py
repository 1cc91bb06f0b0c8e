"""Taking mails in from files or a mailbox: read, add to the collection in batches, set aside what is no row, count everything.

Each batch is one transaction and ids are stable, so an import that was killed is simply run again.
"""

import csv
import json
import lzma
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from avocet.durable import on_disk
from avocet.errors import AvocetError, RowsUnreadableError, WrongUseError
from avocet.home import Home
from avocet.incoming import exports, mailboxes, tables
from avocet.incoming.items import Bad, Found, Item, Items, by_its_words
from avocet.records import Naming, suffix
from avocet.store.database import store_of
from avocet.store.labels import Added, Incoming, Labels
from avocet.times import now

BATCH = 500
HOW = ".how.json"  # the end of the file beside a quarantine file that says how it was imported
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
    if suffix(path) in (".csv", ".tsv"):
        return "csv"
    if (found := _BY_SUFFIX.get(path.suffix.lower())) is not None:
        return found
    if path.parent.name in ("cur", "new"):  # a single message of a Maildir
        return "eml"
    with path.open("rb") as stream:
        begins = stream.read(5)
    if begins == b"From ":
        return "mbox"
    raise WrongUseError(f"{path}: its kind cannot be told; say --format, one of {', '.join(READERS)}")


@dataclass(frozen=True)
class Source:
    """Where items come from: as the quarantine names it, the items, and who wants to know which are in for good.

    `on_kept` is told each batch after it was committed; a dry run commits none.
    """

    name: str
    items: Items
    on_kept: Callable[[Sequence[Item]], None] = lambda batch: None
    n_batch: int = BATCH


def import_files(
    home: Home,
    collection: str,
    paths: Sequence[Path],
    naming: Naming,
    kind: str | None = None,
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
) -> Imported:
    """Take all rows of `paths` into `collection`. See `import_items`; raises WrongUseError for a kind that cannot be told."""
    sources = (_file(path, naming, kind) for path in paths)
    how = {
        "collection": collection, "kind": kind, "paths": [_shown(path.resolve()) for path in paths],
        "columns": dict(naming.columns), "labels": dict(naming.labels), "needed": sorted(naming.needed),
    }  # fmt: skip
    return import_items(home, collection, sources, dry_run, on_batch, how)


def import_items(
    home: Home,
    collection: str,
    sources: Iterable[Source],
    dry_run: bool = False,
    on_batch: Callable[[int], None] = lambda n: None,
    how: Mapping[str, Any] | None = None,
) -> Imported:
    """Take what `sources` give into `collection`; `dry_run` only counts. `on_batch` is told how many were read.

    What is no row goes to a file under data/quarantine/, by file, place and reason, beside one that says `how` it was imported,
    so that it can be done again (again.py). Raises RowsUnreadableError for a
    file that cannot be read to its end and whatever else a source ends with (what came before it is in), StoreError,
    DiskError.
    """
    labels = Labels(store_of(home), collection)
    added, n_read, n_twice, n_aside = Added(), 0, 0, 0
    seen: dict[str, str] = {}
    path = home.quarantine / f"import-{re.sub('[^0-9T]', '', now())}-{collection}.jsonl"
    with closing(_Aside(path, dry_run, how or {})) as aside:
        for source in sources:
            for batch in _batches(source):
                found = [item for item in batch if isinstance(item, Found)]
                known = labels.keys([one.incoming.row.id for one in found])
                fresh, again, strange = _told_apart(found, seen, known)
                bad = [*(item for item in batch if isinstance(item, Bad)), *strange]
                aside.add(source.name, bad)
                n_aside, n_twice, n_read = n_aside + len(bad), n_twice + len(again), n_read + len(batch)
                if dry_run:
                    added += labels.would_add(fresh)
                else:
                    added += labels.add(fresh)
                    # What came before may bring its label now, or a later one; it is not known once more.
                    added += replace(labels.add(again), n_new=0, n_known=0) if again else Added()
                    source.on_kept(batch)
                on_batch(n_read)
    return Imported(n_read, added, n_twice, n_aside, home.shown(path) if n_aside and not dry_run else None)


def _file(path: Path, naming: Naming, kind: str | None) -> Source:
    shown = _shown(path)
    return Source(shown, READERS[kind or format_of(path)](path, shown, naming))


def _shown(path: Path) -> str:
    """A name may be no UTF-8."""
    return str(path).encode("utf-8", "replace").decode()


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


def _batches(source: Source) -> Iterator[list[Item]]:
    """The items by the batch. Where the source breaks off, what came before is a batch too, and the error follows it."""
    batch: list[Item] = []
    ended: AvocetError | None = None
    try:
        for item in source.items:
            batch.append(item)
            if len(batch) == source.n_batch:
                yield batch
                batch = []
    except AvocetError as e:
        ended = e
    except (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error) as e:
        ended = RowsUnreadableError(
            f"{source.name} cannot be read to its end ({type(e).__name__}: {e}); what came before it is in"
        )
    if batch:
        yield batch
    if ended is not None:
        raise ended from None


@dataclass
class _Aside:
    """The quarantine file, which is there only where something was set aside."""

    path: Path
    dry_run: bool
    how: Mapping[str, Any]
    _stream: IO[str] | None = None

    def add(self, source: str, bad: Sequence[Bad]) -> None:
        """Durable at once: a mailbox is not asked again for what stands here. Raises DiskError."""
        if self.dry_run or not bad:
            return
        lines = ({"file": one.file or source, "line": one.place, "reason": one.reason} for one in bad)
        with on_disk("writing the quarantine"):
            if self._stream is None:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._stream = self.path.open("a", encoding="utf-8")
                self.path.with_suffix(HOW).write_text(json.dumps(self.how), encoding="utf-8")
            self._stream.write("".join(json.dumps(line) + "\n" for line in lines))
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """What was added stays."""
        if self._stream is not None:
            self._stream.close()
