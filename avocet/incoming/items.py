"""What a reader finds, one after another: a row on its way in, or why there is none."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from avocet.cleaning import encodable
from avocet.records import BadRecordError, Naming
from avocet.rows import HEADERS, MAX_ID_CHARS, MAX_LABEL_CHARS, WORDS, content_id, header_text, words_of
from avocet.store.labels import Incoming, StoredRow
from avocet.times import moment

_ID = re.compile(rf"[\x21-\x7e]{{1,{MAX_ID_CHARS}}}")  # what may stand for a mail in logs and artifacts


@dataclass(frozen=True)
class Bad:
    """Something that is no row: where it stands in its file, and why; never its text. `file`: if it has one of its own."""

    place: int
    reason: str
    file: str = ""


@dataclass(frozen=True)
class Found:
    """A row of a file: its place there (line, or number of the message), and the row."""

    place: int
    incoming: Incoming


Item = Found | Bad


def item_of(value: Mapping[str, Any], place: int, shown: str, naming: Naming, weak: bool = False) -> Item:
    """The row that one record is. All its texts are kept, so that any template can be written later. `weak`: see Incoming."""
    try:
        its = naming.ours(value)
    except BadRecordError as e:
        return Bad(place, str(e))
    label, labeled_at = its.pop("label", None), its.pop("labeled_at", None)
    given = its.pop("id", None)
    if label is not None and not isinstance(label, str):
        return Bad(place, "label is not text")
    headers = {name: text for name in HEADERS if (text := header_text(its.pop(name, None)))}
    fields = {name: one for name, one in its.items() if isinstance(one, str)}
    if not words_of(fields):
        return Bad(place, f"none of {', '.join(WORDS)} is there: say which column holds the words (--column text=NAME)")
    if not all(map(encodable, [*fields.values(), *headers.values(), *fields, label or "", str(given or "")])):
        return Bad(place, "not UTF-8, or half a surrogate pair")
    if not any(one.strip() for one in words_of(fields).values()):
        return Bad(place, "no word in it")
    found = label or None
    if found is not None and (len(found) > MAX_LABEL_CHARS or not found.isprintable()):
        return Bad(place, "label is too long or holds what cannot be printed")
    at = moment(labeled_at) if isinstance(labeled_at, str) else None
    row = StoredRow(id_of(given, fields), fields, f"{shown}:{place}", headers)
    return Found(place, Incoming(row, found, at.isoformat() if at else None, weak))


def id_of(given: Any, fields: Mapping[str, str]) -> str:
    """The id a row is given if it is sane, else one by its words: the same mail has the same id wherever it comes from."""
    if isinstance(given, str | int) and not isinstance(given, bool) and _ID.fullmatch(str(given)):
        return str(given)
    return content_id(words_of(fields) or fields)


def by_its_words(incoming: Incoming) -> Incoming:
    """The same row under the id that its words give."""
    return replace(incoming, row=replace(incoming.row, id=incoming.row.key))


Items = Iterator[Item]
