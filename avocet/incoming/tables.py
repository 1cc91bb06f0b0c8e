"""Records of text files: JSON lines and CSV, read as strictly as a recipe's rows."""

import csv
from collections.abc import Iterator
from pathlib import Path

from avocet.errors import WrongUseError
from avocet.incoming.items import Bad, Items, Reading, item_of
from avocet.rows import MAX_LINE_BYTES, objects


def json_lines(path: Path, shown: str, reading: Reading) -> Items:
    """One object a line; .gz too. Raises OSError."""
    for number, value in objects(path):
        yield Bad(number, value) if isinstance(value, str) else item_of(value, number, shown, reading)


def comma_separated(path: Path, shown: str, reading: Reading) -> Items:
    """A line of names, then records; separated by commas, semicolons or tabs. Raises OSError."""
    csv.field_size_limit(MAX_LINE_BYTES)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        head = stream.readline()
        separator = max(",;\t", key=head.count)
        names = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
        if len(set(names)) != len(names) or not any(name.strip() for name in names):
            yield Bad(1, "the first line does not name the columns")
            return
        missing = [theirs for theirs in reading.columns.values() if theirs not in names]
        if missing:
            # The names are not told: in a file without that line they are somebody's mail.
            raise WrongUseError(f"the first line of {path} names no column {missing[0]!r}")
        lines = csv.reader(stream, delimiter=separator, strict=True)
        for number, record in _records(lines):
            if isinstance(record, str):
                yield Bad(number, record)
            elif len(record) != len(names):
                yield Bad(number, f"{len(record)} columns, the first line names {len(names)}")
            else:
                value = {name: one.replace("\x00", "") for name, one in zip(names, record, strict=True)}
                yield item_of(
                    {k: v for k, v in value.items() if v != "" or k not in ("label", "id")}, number, shown, reading
                )


def _records(lines: "Iterator[list[str]]") -> Iterator[tuple[int, list[str] | str]]:
    """(line on which it begins, record or why it is none); a quote that is never closed takes the lines behind it along."""
    at = 2
    while True:
        try:
            record = next(lines)
        except StopIteration:
            return
        except csv.Error as e:
            lost = lines.line_num + 2 - at  # type: ignore[attr-defined]
            yield at, f"not CSV: {e}" + (f"; with it went {lost - 1} more lines" if lost > 1 else "")
        else:
            if record:
                yield at, record
        at = 2 + lines.line_num  # type: ignore[attr-defined]
