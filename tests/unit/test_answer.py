"""What a row must hold to be classified, for each kind of template."""

from typing import Any

import pytest

from avocet.answer import Fault, texts_of

BOTH = ("subject", "body")


@pytest.mark.parametrize(
    ("row", "fields", "found"),
    [
        ({"subject": "a", "body": "b", "id": 7}, BOTH, {"subject": "a", "body": "b"}),
        ({"text": "b"}, BOTH, {"subject": "", "body": "b"}),
        ({"text": "b", "subject": "a"}, BOTH, {"subject": "a", "body": "b"}),
        ({"text": "b", "subject": "a", "body": "c"}, BOTH, {"subject": "a", "body": "c"}),
        ({"text": "b"}, ("headline",), {"headline": "b"}),
        ({"text": "b", "headline": "a"}, ("headline",), {"headline": "a"}),
        ({"text": "b"}, ("text",), {"text": "b"}),
        ({"text": "b", "from": "a"}, ("from", "text"), {"from": "a", "text": "b"}),
        ({"text": "b"}, ("title", "content"), Fault("title", "no text field title")),
        ({"subject": "a"}, BOTH, Fault("body", "no text field body")),
        ({"text": 7}, BOTH, Fault("text", "text is number, not text")),
        ({"subject": True, "body": "b"}, BOTH, Fault("subject", "subject is boolean, not text")),
        ({"subject": "", "body": "\udfff"}, BOTH, Fault("body", "body holds half a surrogate pair, which is no text")),
    ],
)
def test_the_texts_of_a_row(row: dict[str, Any], fields: tuple[str, ...], found: Any) -> None:
    """Its fields where it has them; else its one text; else what is wrong, and where, but not its words."""
    assert texts_of(row, fields) == found
