"""What makes two texts the same mail."""

import random
import re
import unicodedata

import pytest

from avocet import cleaning
from avocet.cleaning import group_key, normal_form


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello  World", "hello world"),
        ("  a\t\r\n b\u00a0c\u2003d ", "a b c d"),
        ("Your code is 481516", "your code is 0"),
        ("call ٣٤ or 12-7", "call 0 or 0-0"),
        ("ｆｕｌｌ ﬁt №", "full fit no"),
        ("Straße CAFÉ", "strasse café"),
        ("cafe\u0301", "café"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_case_space_numbers_and_unicode_forms_are_no_difference(text: str, wanted: str) -> None:
    """What mail programs change on the way."""
    assert normal_form(text) == wanted


@pytest.mark.parametrize(
    "other", ["Dear Ann, you are hired!", "Dear Bob you are hired.", "Dear Bob, you are fired.", ""]
)
def test_other_words_are_another_mail(other: str) -> None:
    """Names, punctuation and words stay."""
    assert group_key(other) != group_key("Dear Bob, you are hired.")


def test_copies_share_a_key() -> None:
    """Ticket numbers and line breaks do not part them."""
    assert group_key("Ticket 17:\nclosed ") == group_key("TICKET 4: closed")


def test_a_key_holds_no_text_and_never_fails() -> None:
    """32 hex characters, also for half a surrogate pair; the same in every process."""
    assert group_key("Hello  WORLD 7") == "3cad76d283686392c9c1813baf25239a"
    assert len(group_key("\ud800 canary")) == 32 and set(group_key("\ud800 canary")) <= set("0123456789abcdef")


def test_the_normal_form_is_what_the_patterns_say() -> None:
    """It looks for dates around their words only; the digests of all mails ever seen hang on it staying the same."""

    def slow(text: str) -> str:
        folded = re.sub(r"\d+", "0", unicodedata.normalize("NFKC", text).casefold())
        return re.sub(r"\s+", " ", cleaning._DATE.sub("0", re.sub(r"\s+", " ", folded))).strip()

    odd = [*"_éſİﬁ٣²\n\x1c", "17", "3.", "00", "of", "MAY", "Sat.", "maybe", "may_", "\u0301", "\ud800", "１２"]
    parts, rng = [*sorted(cleaning._DATE_WORDS), *odd * 5], random.Random(5)
    texts = [
        "".join(rng.choice(parts) + rng.choice([" ", " ", "", ".", " of "]) for _ in range(9)) for _ in range(20_000)
    ]
    assert [text for text in texts if cleaning.normal_form(text) != slow(text)] == []
