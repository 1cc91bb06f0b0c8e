"""The mails behind a run's numbers: which rows a version judged how, and their words as the run kept them under data/."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.rows import WORDS
from avocet.views.cards import judged, last_card, scored

MAX_TITLE = 100  # characters
_ID = b'{"id": '  # how each line of rows.jsonl begins
_TEXT = json.JSONDecoder()


@dataclass(frozen=True)
class JudgedMail:
    """One row as a version answered it; `fields` are empty until `with_words` was asked, or where they are gone."""

    id: str
    fields: Mapping[str, str]
    true: str
    predicted: str
    confidence: float | None


def judged_mails(
    place: Home, version: str, true: str | None = None, predicted: str | None = None
) -> tuple[str, list[JudgedMail]]:
    """The run that judged `version` last, and its rows of label `true` that were called `predicted` (None: any).

    Raises NotFoundError where no run judged it.
    """
    found = last_card(place, version)
    if found is None:
        raise NotFoundError(f"no run has judged {version!r:.80}, so there are no mails to show")
    run = found[1]
    board = judged(place, run)[0].board
    card = scored(board, version)
    sure: Sequence[float | None] = card.confidences
    if len(sure) != len(board.true):
        sure = [None] * len(board.true)
    rows = zip(board.row_ids, board.true, card.predictions, sure, strict=True)
    mails = [JudgedMail(i, {}, t, p, c) for i, t, p, c in rows if true in (None, t) and predicted in (None, p)]
    return run, mails


def with_words(place: Home, run: str, mails: Sequence[JudgedMail]) -> list[JudgedMail]:
    """The mails with the fields that the run kept of them."""
    known = words(place, run, {mail.id for mail in mails})
    return [replace(mail, fields=known.get(mail.id, {})) for mail in mails]


def words(place: Home, run: str, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Row id -> its fields, for those of `ids` that the run's rows.jsonl still holds.

    A line that is damaged costs its own mail's words and no more.
    """
    wanted, found = set(ids), dict[str, dict[str, str]]()
    path = place.runs / run / "rows.jsonl"
    if not wanted or not path.is_file():
        return found
    with path.open("rb") as lines:
        for line in lines:
            if _id_of(line) in wanted and (row := _parsed(line)) is not None:
                found[row["id"]] = row["fields"]
                if len(found) == len(wanted):
                    break
    return found


def _id_of(line: bytes) -> str | None:
    """The row's id without parsing the mail: a night may have 100,000."""
    if not line.startswith(_ID):
        return None
    try:
        return str(_TEXT.raw_decode(line[: len(_ID) + 2000].decode("utf-8", "replace"), len(_ID))[0])
    except ValueError:
        return None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    fields = row.get("fields")
    whole = isinstance(fields, dict) and all(isinstance(text, str) for text in fields.values())
    return row if whole else None


def title(fields: Mapping[str, str]) -> str:
    """What a person knows a mail by: its subject, or the first words that it has; on one line."""
    texts = (fields.get(name, "") for name in WORDS)
    first = next((short for text in texts if (short := " ".join(text[: MAX_TITLE * 4].split()))), "")
    return first if len(first) <= MAX_TITLE else first[: MAX_TITLE - 1].rstrip() + "…"
