"""One record after another of a file: JSON lines, CSV or Parquet, read strictly and whole files never at once.

Each comes with its place (its line, or its number in a Parquet file) as a dict of what stands there, or as the reason
why it is none. Nothing of a record's words stands in a reason.
"""

import csv
import gzip
import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from avocet.cleaning import encodable
from avocet.errors import RowsUnreadableError, WrongUseError

MAX_LINE_BYTES = 4 * 1024 * 1024  # a mail with its attachments cut; a longer line is a wrong file
_AT_ONCE = 500  # rows of a Parquet file
Record = dict[str, Any] | str
Records = Iterator[tuple[int, Record]]


class BadRecordError(ValueError):
    """Why one record cannot be used."""


@dataclass(frozen=True)
class Naming:
    """What files call things: which of their columns is which of ours, and which labels are called otherwise there.

    One naming serves several files: a column counts where a file has it. Those that are `needed` a person named for this
    very file.
    """

    columns: Mapping[str, str] = field(default_factory=dict)  # ours -> the files'
    labels: Mapping[str, str] = field(default_factory=dict)  # the files' -> ours
    needed: frozenset[str] = frozenset()  # of the files' names

    def label(self, text: str) -> str:
        """What the file's label is called here."""
        return self.labels.get(text.strip(), text.strip())

    def ours(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record under our names. Raises BadRecordError where a needed column is not there.

        A column that is called as ours is another one where the meant one is there.
        """
        if missing := sorted(self.needed - record.keys()):
            raise BadRecordError(f"no column {missing[0]!r:.60}")
        name_of = {theirs: ours for ours, theirs in self.columns.items() if theirs in record}
        taken = set(name_of.values())
        found = {name_of.get(name, name): one for name, one in record.items() if name in name_of or name not in taken}
        if isinstance(label := found.get("label"), str):
            found["label"] = self.label(label)
        return found


def records(path: Path, skip: int = 0) -> Records:
    """Of a file by its name: .csv and .tsv, .parquet, else JSON lines (.gz too), without the first `skip`.

    Raises OSError, RowsUnreadableError.
    """
    if suffix(path) in (".csv", ".tsv"):
        return islice(comma_separated(path), skip, None)
    return parquet(path, skip=skip) if path.suffix.lower() == ".parquet" else json_lines(path, skip)


def suffix(path: Path) -> str:
    """How the file's name ends, in lower case; of a packed one below its .gz."""
    return Path(path.stem if _is_packed(path) else path.name).suffix.lower()


def json_lines(path: Path, skip: int = 0) -> Records:
    """One object a line; .gz too. Raises OSError. The first `skip` are not even parsed, which costs an eighth."""
    with _open(path) as stream:
        for number, raw in islice(_lines(stream), skip, None):
            try:
                yield number, _parse(raw)
            except BadRecordError as e:
                yield number, str(e)


def comma_separated(path: Path, needed: Collection[str] = ()) -> Records:
    """A line of names, then records; separated by commas, semicolons or tabs; .gz too. Raises OSError.

    Raises WrongUseError where the first line does not name a `needed` column.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    with TextIOWrapper(_open(path), encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        head = stream.readline(MAX_LINE_BYTES)
        separator = max(",;\t", key=head.count)
        names = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
        if len(set(names)) != len(names) or not any(names):
            yield 1, "the first line does not name the columns"
            return
        if missing := sorted(name for name in needed if name not in names):
            # The names are not told: in a file without that line they are somebody's mail.
            raise WrongUseError(f"the first line of {path} names no column {missing[0]!r}")
        for number, record in _rows_of(csv.reader(_bounded(stream), delimiter=separator, strict=True)):
            if isinstance(record, str):
                yield number, record
            elif not encodable("".join(record)):
                yield number, "not UTF-8: save it as UTF-8"
            elif len(record) != len(names):
                yield number, f"{len(record)} columns, the first line names {len(names)}"
            else:
                yield number, {name: one.replace("\x00", "") for name, one in zip(names, record, strict=True)}


def _bounded(stream: IO[str]) -> Iterator[str]:
    """Lines, and parts of a line that is longer than any may be: a small .gz can hold one of gigabytes."""
    while line := stream.readline(MAX_LINE_BYTES):
        yield line


def _rows_of(lines: Any) -> Iterator[tuple[int, list[str] | str]]:
    """(line on which it begins, record or why it is none); a quote that is never closed takes the lines behind it along."""
    at = 2
    while True:
        try:
            record = next(lines)
        except StopIteration:
            return
        except csv.Error as e:
            lost = lines.line_num + 2 - at
            yield at, f"not CSV: {e}" + (f"; with it went {lost - 1} more lines" if lost > 1 else "")
        else:
            if record:
                yield at, record
        at = 2 + lines.line_num


def parquet(path: Path, needed: Collection[str] = (), skip: int = 0) -> Records:
    """The rows of a Parquet file; what is null is not there, and a time is told in ISO 8601.

    Raises OSError, RowsUnreadableError where it is none, WrongUseError without pyarrow or a `needed` column.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise WrongUseError(f"{path}: Parquet is read with pyarrow: pip install -e '.[parquet]'") from None
    try:
        with ParquetFile(path) as file:
            if missing := sorted(name for name in needed if name not in file.schema_arrow.names):
                raise WrongUseError(f"{path} has no column {missing[0]!r}")
            number = 0
            for batch in file.iter_batches(batch_size=_AT_ONCE):
                for i in range(batch.num_rows):
                    number += 1
                    if number > skip:
                        yield number, _parquet_row(batch.slice(i, 1))
    except pyarrow.ArrowException as e:
        raise RowsUnreadableError(f"{path} cannot be read as Parquet ({type(e).__name__})") from None


def _parquet_row(row: Any) -> Record:
    try:
        found: dict[str, Any] = row.to_pylist()[0]
    except UnicodeDecodeError:
        return "not UTF-8"
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in found.items()
        if value is not None
    }


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb") if _is_packed(path) else path.open("rb"))


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """(line number, bytes) split on \\n alone, blank lines left out; None for a line over the limit."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        too_long = len(raw) > MAX_LINE_BYTES
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if too_long:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_LINE_BYTES)
            yield number, None
        elif raw.strip():
            yield number, raw.rstrip(b"\r\n")


def json_list(raw: bytes) -> list[Any] | str:
    """The JSON list in `raw`, read as strictly as a line; or why it is none."""
    try:
        value = _loaded(raw.removeprefix(b"\xef\xbb\xbf"))
    except BadRecordError as e:
        return str(e)
    return value if isinstance(value, list) else f"a JSON {kind_of(value)}, not a list"


def _parse(raw: bytes | None) -> dict[str, Any]:
    if raw is None:
        raise BadRecordError(f"line longer than {MAX_LINE_BYTES} bytes")
    value = _loaded(raw)
    if not isinstance(value, dict):
        raise BadRecordError(f"a JSON {kind_of(value)}, not an object")
    return value


def _loaded(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_no_twins,
        )
    except UnicodeDecodeError as e:
        raise BadRecordError(f"not UTF-8 at byte {e.start}") from None
    except json.JSONDecodeError as e:
        raise BadRecordError(f"not JSON at column {e.colno}: {e.msg}") from None
    except RecursionError:
        raise BadRecordError("JSON nested too deep") from None
    except BadRecordError:
        raise
    except ValueError:  # an integer of more digits than Python converts
        raise BadRecordError("a number that is too long") from None


def _refuse_constant(name: str) -> NoReturn:
    raise BadRecordError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadRecordError("a number that is too large")
    return value


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRecordError("a key stands twice in one object")
    return found


def kind_of(value: Any) -> str:
    """What JSON calls it."""
    return {dict: "object", list: "list", str: "text", bool: "boolean", type(None): "null"}.get(type(value), "number")
