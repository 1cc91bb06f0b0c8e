"""Whether a word is in a column of JSON texts, in SQL: exact in upper and lower case, never by a field's name."""

import json
import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func

_ESCAPE = "!"
_NO_NAME = (
    r'(?![^"\\]*": )'  # what follows within a name of a field; in a text the quote would stand behind a backslash
)
_SHORT = "bfnrtu"  # letters that stand behind a backslash for something else
_HEX = "0123456789abcdef"


def holds(db: Connection, column: Any, word: str) -> ColumnElement[bool]:
    """Whether a text of the JSON object in `column` (as json.dumps writes it, in ASCII) has `word` in it.

    LIKE finds the few rows that may; the pattern, which costs ten times as much, is asked of those only.
    """
    pattern = f"%{''.join(map(_like, word))}%"
    if db.dialect.name == "sqlite":  # whose LIKE knows ASCII's cases
        rough = column.like(pattern, escape=_ESCAPE)
    else:  # in the server's own alphabet each text would be folded whole, which takes twice as long
        rough = column.collate("C").ilike(pattern, escape=_ESCAPE)
    its = func.lower(column if db.dialect.name == "sqlite" else column.collate("C"))
    return and_(rough, its.regexp_match(pattern_of(word)))


def pattern_of(word: str) -> str:
    """A regular expression, the same for Python and PostgreSQL, over such JSON in lower case."""
    found = "".join(map(_exact, word.lower()))
    behind = [rf"(?<!\\{found})"] if word[0].lower() in _SHORT else []
    if word[0].lower() in _HEX:  # 2026 is also the code of the three dots
        behind += [rf"(?<!\\u{'.' * k}{found})" for k in range(4)]
    return found + "".join(behind) + _NO_NAME


def _like(letter: str) -> str:
    if letter.isascii():
        return "".join(_ESCAPE + c if c in "%_" + _ESCAPE else c for c in _json(letter))
    # Both cases have another code, of the same length where it is a single one.
    return "\\u____" if ord(letter) < 0x10000 else "%"


def _exact(letter: str) -> str:
    if letter.isascii():
        return re.escape(_json(letter))
    cases = dict.fromkeys(one for one in (letter, letter.lower(), letter.upper()) if len(one) == 1)
    return f"(?:{'|'.join(re.escape(_json(one)) for one in cases)})"


def _json(letter: str) -> str:
    return json.dumps(letter)[1:-1]
