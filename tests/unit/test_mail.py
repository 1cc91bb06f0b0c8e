"""Reading one e-mail file: what the standard library trips over still gives a subject and a body."""

from pathlib import Path

import pytest

from avocet.home import CHECKOUT
from avocet.mail import html_to_text, parse_eml, parse_mail

AWKWARD = CHECKOUT.parent / "shared" / "data" / "dirty_visible" / "cpython_test_email"


@pytest.mark.parametrize(
    ("raw", "subject", "body"),
    [
        (b"Subject: hi\n\nhello", "hi", "hello"),
        (b"Subject: =?utf-8?q?Versch=C3=B6nerung?= =?utf-8?q?_Einladung?=\n\nx", "Verschönerung Einladung", "x"),
        (b"Subject: Gr\xc3\xbc\xc3\x9fe\n\nraw 8 bit", "Grüße", "raw 8 bit"),
        (b"Content-Type: text/plain; charset=klingon\n\nna\xc3\xafve", "", "naïve"),
        (b"Content-Type: text/plain; charset=iso-8859-1\n\nit\x92s", "", "it’s"),
        (b"Content-Type: text/plain; charset=us-ascii\n\ngr\xc3\xbc\xc3\x9fe", "", "grüße"),
        (b"Content-Type: text/html\n\n<p>We <b>invite</b> you</p>", "", "We invite you"),
        (b"Message-ID: <[abc]@x>\nSubject: s\n\na\x00b", "s", "ab"),
        (
            b'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="x"\n\n--x\nContent-Type: text/plain\n\n \n'
            b"--x\nContent-Type: text/html\n\n<p>the real one</p>\n--x--\n",
            "",
            "the real one",
        ),
        (b"Subject: =?utf-8?q?two=0Alines?=\n\nx", "two lines", "x"),
        (b"", "", ""),
        (b"Content-Type: text/html\n\n<p>before</p><![foo[bar]]>after", "", "before"),
        (b'Content-Type: text/plain; charset="undefined"\n\nna\xc3\xafve', "", "naïve"),
        (b"Content-Type: text/plain; charset*=''%00\n\nx", "", "x"),
    ],
)
def test_an_awkward_mail_gives_its_subject_and_body(raw: bytes, subject: str, body: str) -> None:
    """Unknown and wrong charsets, raw headers, blank plain parts, NULs, line breaks within a subject."""
    assert parse_eml(raw) == {"subject": subject, "body": body}


def test_hidden_and_unseen_parts_of_html_are_left_out() -> None:
    """Pre-headers, styles and scripts are not what a person reads; blocks and cells stay apart."""
    html = (
        '<style>p{}</style><div style="display: none">pre<br>header</div><p>One &amp; two</p><script>x</script>'
        "<table><tr><td>a</td><td>b</td></tr></table>"
    )
    assert html_to_text(html) == "One & two\n\na b"


@pytest.mark.skipif(not AWKWARD.is_dir(), reason="the awkward mails of ../shared/data are not on this machine")
def test_no_real_awkward_mail_raises() -> None:
    """Broken MIME, missing boundaries, odd charsets: text that can be written as UTF-8, for each."""
    files = sorted(AWKWARD.glob("*.txt"))
    assert len(files) > 40
    for file in files:
        found = parse_eml(Path(file).read_bytes())
        assert set(found) == {"subject", "body"} and "".join(found.values()).encode("utf-8") is not None


@pytest.mark.parametrize(
    "header",
    [
        b"From: " + b"(" * 3000,
        b"Content-Disposition: ;utf-8*",
        b"Content-Disposition: [[[\\?=*0*",
        b"From: ().<]]",
        b'Message-ID: a]"',
        b"From: *0*: multipart/mixed@[ ",
        b"Message-ID: \xff'text/plain(",
        b"Content-Type: multipart/mixed; boundary*=''%00",
        b"References: <" + b"a" * 200_000,
        b"Date: " + b"9" * 5000,
    ],
)
def test_no_header_of_a_stranger_costs_the_mail(header: bytes) -> None:
    """The parser fails on these in ways of its own; subject and words are read all the same."""
    found = parse_mail(header + b"\nSubject: still here\n\nthe words")
    assert (found.subject, "the words" in found.body) == ("still here", True)


def test_a_long_html_mail_that_closes_nothing_is_read_in_time() -> None:
    """100,000 paragraphs: it was quadratic, minutes for a megabyte."""
    text = html_to_text("<p>x" * 100_000)
    assert text.count("x") == 100_000
