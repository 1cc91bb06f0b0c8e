"""What makes two texts the same mail."""

import pytest

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
