"""The one text builder: a template may ask for what a mail's sender wrote, and nothing of a mail is lost."""

import pytest

from avocet.cleaning import looks_like_html, marked
from avocet.template import build, template_fields

QUOTES = {
    "english": "On Mon, 3 Nov 2026 at 09:12, Ann <ann@example.org> wrote:",
    "german": "Am Mo., 3. Nov. 2026 um 09:12 Uhr schrieb Ann <ann@example.org>:",
    "french": "Le lun. 3 nov. 2026 à 09:12, Ann <ann@example.org> a écrit :",
    "dutch": "Op ma 3 nov 2026 om 09:12 schreef Ann <ann@example.org>:",
    "outlook line": "-----Original Message-----",
    "outlook block": "From: Ann <ann@example.org>\nSent: Monday, 3 November 2026 09:12\nTo: Bob\nSubject: Offer",
    "outlook block, german": "Von: Ann\nGesendet: Montag, 3. November 2026 09:12\nAn: Bob\nBetreff: Angebot",
    "outlook block, bold": "*From:* Ann\n*Sent:* Monday\n*To:* Bob",
}


@pytest.mark.parametrize("form", QUOTES)
def test_a_quote_is_told_from_what_its_sender_wrote(form: str) -> None:
    """As mail programs write it, in the languages that were met."""
    text = f"Thanks, I accept.\n\n{QUOTES[form]}\n\nWe would like to\nmake you an offer."
    assert build("{body.own}", {"body": text}) == "Thanks, I accept.\n"
    assert build("{body.quoted}", {"body": text}).endswith("make you an offer.")
    assert QUOTES[form].split("\n")[0] in build("{body.quoted}", {"body": text})


def test_a_mail_is_marked_and_not_a_line_of_it_is_lost() -> None:
    """An answer between the quoted lines is the sender's own."""
    text = "Dear Ann,\n> When?\nTomorrow.\n-- \nBob\nExample Ltd\nOn Mon, 3 Nov 2026 Ann wrote:\nold"
    found = marked(text)
    assert (found.own, found.signature) == ("Dear Ann,\nTomorrow.", "-- \nBob\nExample Ltd")
    assert found.quoted == "> When?\nOn Mon, 3 Nov 2026 Ann wrote:\nold"
    together = [*found.own.split("\n"), *found.quoted.split("\n"), *found.signature.split("\n")]
    assert sorted(together) == sorted(text.split("\n"))


def test_an_answer_below_the_quote_is_the_senders_own() -> None:
    """The quote ends with its last >; its signature is one; without a > the rest is quoted; no line is lost."""
    head = "On Mon, 3 Nov 2026 Bob wrote:"
    text = f"Hi Ann,\n\n{head}\n\n> When?\n> Where?\n\nYes I will come on Friday\n-- \nAnn\n{head}\n> older\nfooter"
    found = marked(text)
    assert " ".join(found.own.split()) == "Hi Ann, Yes I will come on Friday"
    assert found.quoted == f"{head}\n> When?\n> Where?\n{head}\n> older\nfooter" and found.signature == "-- \nAnn"
    together = [*found.own.split("\n"), *found.quoted.split("\n"), *found.signature.split("\n")]
    assert sorted(together) == sorted(text.split("\n"))
    assert marked(f"{head}\n> When?\nTomorrow.\n> Where?\nHere.").own == "Tomorrow.\nHere."
    assert marked(f"Yes.\n{head}\n\nWhen?\n> older").own == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "> all of it\n> is quoted",
        "---------- Forwarded message ---------\nFrom: Ann\nhello",
        "",
        "From: here to there\nand nothing more",
    ],
)
def test_where_nothing_else_is_left_all_is_own(text: str) -> None:
    """A forwarded mail is what it forwards, and a sentence may begin with From:."""
    assert build("{body.own}", {"body": text}) == text


def test_html_is_read_as_text_where_it_is_html() -> None:
    """A hidden pre-header is no word of a mail; a < in a text stays."""
    html = '<html><body><div style="display:none">50 % off!</div><p>Hello&nbsp;Ann</p><p>Bye</p></body></html>'
    assert build("{body.plain}", {"body": html}) == "Hello\xa0Ann\nBye"
    assert build("{body}", {"body": html}) == html
    assert build("{body.plain}", {"body": "a <b and c> d"}) == "a <b and c> d"
    assert [looks_like_html(t) for t in ("1 < 2 > 0", "<ann@example.org>", "<p>one", "<p>one</p>", "x<BR/>y<br>")] == [
        False, False, False, True, True,
    ]  # fmt: skip


def test_a_part_can_be_cut_like_a_field_and_its_field_is_the_field() -> None:
    """The template reads body, however it asks for it."""
    template = "{subject} [SEP] {body.own:.5}{body.signature}"
    assert build(template, {"subject": "Hi", "body": "Thanks\n-- \nBob"}) == "Hi [SEP] Thank-- \nBob"
    assert template_fields(template) == ("subject", "body")


@pytest.mark.parametrize("template", ["{body.__class__}", "{body.own.plain}", "{body.upper}", "{body.}"])
def test_no_other_attribute_is_asked(template: str) -> None:
    """A template comes from a file."""
    with pytest.raises(ValueError, match="a template may hold only fields"):
        template_fields(template)
