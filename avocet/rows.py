"""Rows to learn from, as a recipe's files hold them; what cannot be used is told by file, line and reason."""

import csv
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from avocet.cleaning import encodable, group_key
from avocet.errors import AvocetError, RowsUnreadableError
from avocet.records import BadRecordError, Naming, json_lines, kind_of, records

MAX_LABEL_CHARS = 200
MAX_ID_CHARS = 200  # a longer one would not fit an index of the store
# Fields that hold a mail's words, by whatever name, and those that say who and which thread. A row's id and key
# hang on the former and not on the template: a template that reads one field more must not make all rows new.
WORDS = ("subject", "title", "headline", "body", "text", "content", "message", "description", "question", "answer")
HEADERS = ("from", "thread_id", "message_id", "in_reply_to", "references")


def words_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Those of the fields that hold a mail's words."""
    return {name: fields[name] for name in WORDS if name in fields}


def words_key(fields: Mapping[str, str], more: Mapping[str, str]) -> str:
    """Equal for the same mail whatever the template reads; what versions remember of the rows they learned from."""
    words = words_of({**fields, **more}) or fields
    return group_key("\n".join(words[name] for name in sorted(words)))


@dataclass(frozen=True, slots=True)
class Row:
    """An example: the fields its text is built from, and its label."""

    id: str
    label: str
    fields: Mapping[str, str]
    file: str
    line: int
    labeled_at: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)  # words of the mail that the template does not read
    headers: Mapping[str, str] = field(default_factory=dict)  # who and which thread, where known

    @property
    def words(self) -> dict[str, str]:
        """What makes it this mail, whatever the template reads."""
        return words_of({**self.fields, **self.more}) or dict(self.fields)


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line or row that was set aside, and why; never its text."""

    file: str
    line: int
    reason: str
    id: str | None = None


@dataclass(frozen=True)
class Reading:
    """What one or more files held: `n_lines == len(rows) + len(unusable)`, blank lines not counted."""

    rows: tuple[Row, ...]
    unusable: tuple[Unusable, ...]
    n_lines: int = field(default=0)


def read(files: Sequence[tuple[Path, str]], fields: Sequence[str], naming: Naming | None = None) -> Reading:
    """All rows of `files` ((path, name to show) pairs; JSON lines, CSV, Parquet), read for the given text `fields`.

    Never raises for a bad line: that becomes an Unusable. Raises RowsUnreadableError where a file cannot be read,
    WrongUseError for Parquet without pyarrow.
    """
    rows: list[Row] = []
    unusable: list[Unusable] = []
    seen: dict[str, Row] = {}
    times: Counter[str] = Counter()
    naming = naming or Naming()
    for path, shown in files:
        try:
            for number, record in records(path):
                try:
                    if isinstance(record, str):
                        raise BadRecordError(record)
                    row = _with_unique_id(_row(naming.ours(record), fields, shown, number), seen, times)
                except BadRecordError as e:
                    unusable.append(Unusable(shown, number, str(e)))
                else:
                    rows.append(row)
        except AvocetError:
            raise
        except (OSError, EOFError, zlib.error, csv.Error) as e:
            raise RowsUnreadableError(
                f"{shown} cannot be read to its end ({type(e).__name__}); nothing was used"
            ) from None
    return Reading(tuple(rows), tuple(unusable), len(rows) + len(unusable))


def _row(value: dict[str, Any], fields: Sequence[str], file: str, line: int) -> Row:
    texts = {name: _text(value, name) for name in fields}
    label = _text(value, "label").strip()
    if not label:
        raise BadRecordError("label is empty")
    if len(label) > MAX_LABEL_CHARS:
        raise BadRecordError(f"label of {len(label)} characters")
    given = value.get("id")
    if given is not None and (isinstance(given, bool) or not isinstance(given, str | int)):
        raise BadRecordError(f"id is {kind_of(given)}, not text")
    if isinstance(given, str):
        _refuse_surrogates(given, "id")
        if len(given) > MAX_ID_CHARS or "\x00" in given:
            raise BadRecordError(f"id is longer than {MAX_ID_CHARS} characters or holds a NUL")
    labeled_at = value.get("labeled_at")
    if labeled_at is not None:
        labeled_at = _text(value, "labeled_at")
    more = {name: text for name in WORDS if name not in texts and isinstance(text := value.get(name), str)}
    headers = {name: text for name in HEADERS if (text := header_text(value.get(name)))}
    row = Row("" if given is None else str(given), label, texts, file, line, labeled_at, _whole(more), _whole(headers))
    return row if given not in (None, "") else replace(row, id=content_id(row.words))


def row_of(value: Mapping[str, Any], fields: Sequence[str], shown: str, number: int) -> Row | Unusable:
    """The row that `value` is, as a line of a file would be; or why it is none."""
    try:
        return _row(dict(value), fields, shown, number)
    except BadRecordError as e:
        return Unusable(shown, number, str(e))


def header_text(value: Any) -> str:
    """A header as one text; references may be a list, a thread id a number."""
    if isinstance(value, list):
        return " ".join(str(part) for part in value if isinstance(part, str | int))
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _whole(texts: dict[str, str]) -> dict[str, str]:
    """Without those that are no Unicode: they only help to find look-alikes, so the row need not go for them."""
    return {name: text for name, text in texts.items() if encodable(text)}


def _text(value: Mapping[str, Any], name: str) -> str:
    if name not in value:
        raise BadRecordError(f"no field '{name}'")
    text = value[name]
    if not isinstance(text, str):
        raise BadRecordError(f"{name} is {kind_of(text)}, not text")
    _refuse_surrogates(text, name)
    return text


def _refuse_surrogates(text: str, name: str) -> None:
    if not encodable(text):
        raise BadRecordError(f"{name} holds half a surrogate pair")


def content_id(texts: Mapping[str, str]) -> str:
    """A stable id for a row without one: the same mail gets the same id in any file, at any line."""
    parts = json.dumps([texts[k] for k in sorted(texts)], ensure_ascii=True)
    return "c-" + hashlib.sha256(parts.encode()).hexdigest()[:20]


def _with_unique_id(row: Row, seen: dict[str, Row], times: Counter[str]) -> Row:
    """The row under an id that no earlier row has.

    Rows without an id of their own may repeat (the same mail labelled twice): the second gets '-2'. A
    given id that comes back is told as unusable, since one of the two rows would vanish behind the other.
    """
    if row.id not in seen:
        seen[row.id] = row
        return row
    first = seen[row.id]
    if row.id != content_id(row.words):
        raise BadRecordError(f"its id was seen before, in {first.file} line {first.line}")
    name = row.id
    while name in seen:
        times[row.id] += 1
        name = f"{row.id}-{times[row.id] + 1}"
    seen[name] = replace(row, id=name)
    return seen[name]


def read_unusable(path: Path) -> list[Unusable]:
    """What `write_unusable`, or an import, wrote there; a line that was cut off by a kill is left out."""
    found = (value for _, value in json_lines(path) if isinstance(value, dict))
    return [Unusable(str(v.get("file")), int(v.get("line") or 0), str(v.get("reason")), v.get("id")) for v in found]


def write_unusable(path: Path, unusable: Sequence[Unusable]) -> None:
    """The quarantine file of one run: one JSON object a line with file, line, reason, and id where known."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(asdict(u), ensure_ascii=False) for u in unusable)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
