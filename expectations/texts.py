"""The suite for plain texts without labels: what a detector of odd ones learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avocet.cleaning import group_key
from expectations.sifting import Sifted, sift
from expectations.suite import Rule

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMNS = ("id", "n_chars", "text_key", "first_of_text", "replaced_chars")


@dataclass(frozen=True, slots=True)
class Text:
    """One text."""

    id: str
    text: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class TextSettings:
    """What texts must be like."""

    text_chars: tuple[int, int] = (1, 100_000)
    rows: int = 1  # fewer usable texts stop the run


def check_texts(texts: Sequence[Text], settings: TextSettings) -> Sifted[Text]:
    """What may be learned from, what is set aside, and why. Raises DataStoppedError for a rule that crashed."""
    return sift(texts, text_facts(texts), for_texts(settings))


def for_texts(settings: TextSettings) -> list[Rule]:
    """All rules for texts, structure first."""
    shortest, longest = settings.text_chars
    return [
        Rule("text columns", "rows", "ExpectTableColumnsToMatchSet", {"column_set": list(TEXT_COLUMNS), "exact_match": True},
             "stop", "the facts of the texts have other columns than this version of Avocet writes"),
        Rule("ids are unique", "rows", "ExpectColumnValuesToBeUnique", {"column": "id"}, "stop", "{n} texts share an id"),
        Rule("text length", "rows", "ExpectColumnValuesToBeBetween",
             {"column": "n_chars", "min_value": shortest, "max_value": longest},
             "quarantine", f"{{n}} texts have fewer than {shortest} or more than {longest} characters"),
        Rule("exact duplicates", "rows", "ExpectColumnValuesToBeInSet", {"column": "first_of_text", "value_set": [True]},
             "note", "{n} texts repeat an earlier one"),
        Rule("decoded cleanly", "rows", "ExpectColumnValuesToBeInSet", {"column": "replaced_chars", "value_set": [0]},
             "warn", "{n} texts hold U+FFFD, the mark of a character that was lost in decoding"),
        Rule("enough texts", "kept", "ExpectTableRowCountToBeBetween", {"min_value": settings.rows},
             "stop", f"fewer than {settings.rows} usable texts"),
    ]  # fmt: skip


def text_facts(texts: Sequence[Text]) -> "pd.DataFrame":
    """One line a text, columns TEXT_COLUMNS; no text."""
    import pandas as pd

    first: dict[str, str] = {}
    keys = [group_key(one.text) for one in texts]
    for one, key in zip(texts, keys, strict=True):
        first.setdefault(key, one.id)
    lines = [
        [one.id, len(one.text.strip()), key, first[key] == one.id, one.text.count("\ufffd")]
        for one, key in zip(texts, keys, strict=True)
    ]
    return pd.DataFrame(lines, columns=list(TEXT_COLUMNS))
