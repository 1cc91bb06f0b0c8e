"""The rows of files, mailboxes and collections of the store, one after another, as a version's template wants to read them."""

import csv
import hashlib
import lzma
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from avocet.cleaning import encodable
from avocet.errors import AvocetError, NotFoundError, RowsUnreadableError, WrongUseError
from avocet.home import Home, checked_name
from avocet.incoming.importing import READERS, format_of
from avocet.incoming.items import Bad, Item, id_of
from avocet.records import BadRecordError, Naming, Record, kind_of, records
from avocet.rows import HEADERS, header_text
from avocet.store.database import store_of
from avocet.store.labels import Labels, StoredRow

STORE = "store:"  # before the name of a collection
_RECORDS = ("jsonl", "csv", "parquet")


@dataclass(frozen=True, slots=True)
class Asked:
    """One row: where it stands, its id, and the texts that the template reads; or why it cannot be used, never its text."""

    file: str
    place: int
    id: str | None = None
    texts: Mapping[str, str] | None = None
    error: str = ""


@dataclass(frozen=True)
class Input:
    """What is to be classified. `marks` tell it from any other input: of the same marks come the same rows."""

    home: Home
    marks: tuple[Mapping[str, Any], ...]
    naming: Naming

    def rows(self, fields: Sequence[str], skip: int = 0) -> Iterator[Asked]:
        """All rows but the first `skip`, always in the same order, with the texts of `fields`.

        Raises RowsUnreadableError where a file breaks off, WrongUseError for a kind that cannot be told.
        """
        alone = skip if len(self.marks) == 1 else 0  # of several sources nobody knows which one the row is in
        left = skip - alone
        for mark in self.marks:
            name = str(mark["file"])
            try:
                found = (
                    self._of_store(mark, fields, alone)
                    if name.startswith(STORE)
                    else self._of_path(name, fields, alone)
                )
                for one in found:
                    if left:
                        left -= 1
                    else:
                        yield one
            except AvocetError:
                raise
            except (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error) as e:
                raise RowsUnreadableError(f"{name} cannot be read to its end ({type(e).__name__})") from None

    def _of_store(self, mark: Mapping[str, Any], fields: Sequence[str], skip: int) -> Iterator[Asked]:
        labels = Labels(store_of(self.home), str(mark["file"]).removeprefix(STORE))
        for number, row in enumerate(labels.all_rows(str(mark["until"]), skip), 1 + skip):
            yield _of_row(row, str(mark["file"]), number, fields)

    def _of_path(self, name: str, fields: Sequence[str], skip: int) -> Iterator[Asked]:
        path = Path(name)
        kind = format_of(path)
        if kind in _RECORDS:
            for place, record in records(path, skip):
                yield _of_record(record, name, place, fields, self.naming)
            return
        for item in islice(READERS[kind](path, name, self.naming), skip, None):
            yield _of_item(item, name, fields)


def open_input(
    home: Home, sources: Sequence[str], naming: Naming, before: Sequence[Mapping[str, Any]] | None = None
) -> Input:
    """The input that `sources` name: paths, or collections as store:NAME; `before`: its marks when a run of it began.

    Rows that came into a collection since then are not of it. Raises NotFoundError, WrongUseError.
    """
    old = {str(mark.get("file")): mark for mark in before or ()}
    marks = [
        _collection(home, one, old.get(one, {}).get("until")) if one.startswith(STORE) else _path(Path(one), one)
        for one in sources
    ]
    if not marks:
        raise WrongUseError("nothing to classify: name a file, a folder or store:NAME")
    return Input(home, tuple(marks), naming)


def _collection(home: Home, source: str, until: str | None) -> dict[str, Any]:
    name = checked_name(source.removeprefix(STORE), "collection")
    labels = Labels(store_of(home), name)
    until = until or labels.newest()
    if until is None:
        raise NotFoundError(f"there is no row in the collection {name}; `avocet import` takes some in")
    return {"file": source, "until": until, "n_rows": labels.count(until)}


def _path(path: Path, source: str) -> dict[str, Any]:
    if not path.exists():
        raise NotFoundError(f"{source} is not there")
    if not encodable(source):
        raise WrongUseError("a source has a name that is no UTF-8; rename it, the output could not name its rows")
    if path.is_dir():
        return {"file": source, "digest": _listing(path)}
    stat = path.stat()
    return {"file": source, "n_bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _listing(folder: Path) -> str:
    """A digest of the names, sizes and times of all files below."""
    found = hashlib.sha256()
    for parent, rooms, files in os.walk(folder):
        rooms.sort()
        for name in sorted(files):
            stat = (Path(parent) / name).stat()
            found.update(os.fsencode(f"{parent}/{name}") + f"\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _of_record(record: Record, file: str, place: int, fields: Sequence[str], naming: Naming) -> Asked:
    if isinstance(record, str):
        return Asked(file, place, error=record)
    try:
        its = naming.ours(record)
    except BadRecordError as e:
        return Asked(file, place, error=str(e))
    given = its.pop("id", None)
    words = {name: one for name, one in its.items() if isinstance(one, str) and name not in (*HEADERS, "label")}
    found = {name: header_text(one) if name in HEADERS and name in fields else one for name, one in its.items()}
    return _checked(id_of(given, words), file, place, found, fields)


def _of_item(item: Item, file: str, fields: Sequence[str]) -> Asked:
    if isinstance(item, Bad):
        return Asked(item.file or file, item.place, error=item.reason)
    row = item.incoming.row
    # A message in a folder of them says itself where it stands.
    return _of_row(row, row.source.rpartition(":")[0] or file, item.place, fields)


def _of_row(row: StoredRow, file: str, place: int, fields: Sequence[str]) -> Asked:
    # A mail need not have every header; a file of records has the column or not.
    return _checked(row.id, file, place, {**dict.fromkeys(HEADERS, ""), **row.headers, **row.fields}, fields)


def _checked(row_id: str, file: str, place: int, found: Mapping[str, Any], fields: Sequence[str]) -> Asked:
    texts: dict[str, str] = {}
    for name in fields:
        text = found.get(name)
        if not isinstance(text, str):
            why = f"no field {name!r}" if name not in found else f"{name} is {kind_of(text)}, not text"
            return Asked(file, place, row_id, error=why)
        if not encodable(text):
            return Asked(file, place, row_id, error=f"{name} holds half a surrogate pair")
        texts[name] = text
    if not any(text.strip() for text in texts.values()):
        return Asked(file, place, row_id, error="no word in it")
    return Asked(file, place, row_id, texts)
