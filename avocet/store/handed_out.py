"""Labelled mails as a file for other programs: JSON lines, CSV, Parquet; written as it is read, however many there are."""

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from avocet.durable import on_disk
from avocet.errors import WrongUseError
from avocet.store.labels import Labels

Form = Literal["jsonl", "csv", "parquet"]
_PAGE = 500
_PIECE = 1024 * 1024
_FIRST = ("id", "label", "labeled_at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for the beginning of a command


def handed_out(labels: Labels, form: Form, room: Path) -> Iterator[bytes]:
    """Every labelled row, in pieces, as a recipe and an import read it; `room` is a folder for what must be written first.

    In a CSV, a text that a spreadsheet would run begins with an apostrophe: strangers write mails. Raises WrongUseError for
    Parquet without pyarrow, StoreError, DiskError.
    """
    if form == "jsonl":
        return (
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in page).encode() for page in _pages(labels)
        )
    return _csv(labels) if form == "csv" else _parquet(labels, room)


def _csv(labels: Labels) -> Iterator[bytes]:
    names = _names(labels)
    yield _written([[_harmless(name) for name in names]])
    for page in _pages(labels):
        yield _written([[_harmless(line.get(name, "")) for name in names] for line in page])


def _written(rows: list[list[str]]) -> bytes:
    out = StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _parquet(labels: Labels, room: Path) -> Iterator[bytes]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise WrongUseError("Parquet needs pyarrow: `pip install -e '.[parquet]'` in the checkout") from None
    names = _names(labels)
    with on_disk("writing the Parquet file"), TemporaryDirectory(dir=room, prefix="export-") as folder:
        path = Path(folder) / "labels.parquet"
        with pq.ParquetWriter(path, pa.schema([(name, pa.string()) for name in names])) as writer:
            for page in _pages(labels):
                columns = {name: [line.get(name) for line in page] for name in names}
                writer.write_table(pa.table(columns, schema=writer.schema))
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece


def _names(labels: Labels) -> list[str]:
    """Every column that some row has; ours first."""
    found = dict.fromkeys(_FIRST)
    for page in _pages(labels):
        for line in page:
            found.update(dict.fromkeys(line))
    return list(found)


def _pages(labels: Labels) -> Iterator[list[Mapping[str, str]]]:
    """Lines of labelled rows, in the order of their ids.

    A transaction for each page: an open reader would keep people from labelling for as long as a download takes.
    """
    until = labels.newest()
    rows = labels.all_rows(until, n_page=_PAGE) if until else iter(())
    while page := list(islice(rows, _PAGE)):
        states = labels.states(row.id for row in page)
        words = [(row, word) for row in page if (word := states[row.id].word) is not None and word.label is not None]
        yield [
            {"id": row.id, "label": str(word.label), **word.when, **row.headers, **row.fields} for row, word in words
        ]
