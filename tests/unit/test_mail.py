"""Reading one e-mail file: what the standard library trips over still gives a subject and a body."""

from pathlib import Path

import pytest

from avocet.home import CHECKOUT
from avocet.html_text import html_to_text
from avocet.mail import Mail, parse_eml, parse_mail

AWKWARD = CHECKOUT.parent / "shared" / "data" / "dirty_visible" / "cpython_test_email"


ALTERNATIVE = b'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="x"\n\n--x\n'
FORWARD = b'Subject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n'
APPOINTMENT = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nDESCRIPTION:a zone\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    b"SUMMARY;LANGUAGE=en:Interview\\, round 2\r\nDTSTART:20261105T090000Z\r\nLOCATION:Room 4\r\n"
    b'DESCRIPTION;ALTREP="cid:1":Dear Ann\\,\\nwe look for\r\n ward to it.\r\nBEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\n'
    b"END:VCALENDAR\r\n"
)
NEWS = '<div style="{}">only in the list of mails</div><p>what a person sees</p>'

# What the standard library's own reading (policy.default, Python 3.11) trips over, each by its name.
AWKWARD_MAILS = {
    "a plain one": (b"Subject: hi\n\nhello", Mail("hi", "hello")),
    "nothing": (b"", Mail("", "")),
    "an unknown charset": (b"Content-Type: text/plain; charset=klingon\n\nna\xc3\xafve", Mail("", "naïve")),
    "a charset that exists and decodes nothing": (b'Content-Type: text/plain; charset="undefined"\n\nna\xc3\xafve', Mail("", "naïve")),
    "a charset whose name is a NUL": (b"Content-Type: text/plain; charset*=''%00\n\nx", Mail("", "x")),
    "UTF-8 labelled us-ascii": (b"Content-Type: text/plain; charset=us-ascii\n\ngr\xc3\xbc\xc3\x9fe", Mail("", "grüße")),
    "Windows-1252 labelled iso-8859-1": (b"Content-Type: text/plain; charset=iso-8859-1\n\nit\x92s", Mail("", "it’s")),
    "a Message-ID in brackets": (
        b"Message-ID: <[abc]@x>\nSubject: s\n\nb",
        Mail("s", "b", {"message_id": "<[abc]@x>"}, "[abc]@x"),
    ),
    "a date that is none": (b"Date: the day before yesterday\nSubject: s\n\nb", Mail("s", "b")),
    "a date that is one": (
        b"Date: Mon, 02 Nov 2026 10:00:00 +0100\nSubject: s\n\nb",
        Mail("s", "b", date="2026-11-02T10:00:00+01:00"),
    ),
    "an appointment and nothing else": (
        b"Subject: Invitation\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\n\n" + APPOINTMENT,
        Mail("Invitation", "Interview, round 2\nRoom 4\nDear Ann,\nwe look forward to it."),
    ),
    "an appointment beside words": (
        ALTERNATIVE + b"Content-Type: text/plain\n\nthe words\n--x\nContent-Type: text/calendar\n\n" + APPOINTMENT + b"\n--x--\n",
        Mail("", "the words"),
    ),
    "Outlook's winmail.dat and nothing else": (
        b'Subject: Offer\nContent-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\neJ8+IgAA\n',
        Mail("Offer", ""),
    ),
    "a forwarded message and nothing else": (
        b"Subject: Fwd\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: inner\n\nthe inner words\n",
        Mail("Fwd", "the inner words"),
    ),
    "a forwarded message in HTML below words": (
        FORWARD + b"Content-Type: text/plain\n\nsee below\n--x\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n"
        b"Subject: inner\nContent-Type: text/html\n\n<p>the <b>inner</b> words</p>\n--x--\n",
        Mail("Fwd", "see below\nthe inner words"),
    ),
    "a blank plain part that hides the HTML": (
        ALTERNATIVE + b"Content-Type: text/plain\n\n \n--x\nContent-Type: text/html\n\n<p>the real one</p>\n--x--\n",
        Mail("", "the real one"),
    ),
    "a line break within an encoded word": (
        b"Subject: =?utf-8?q?two=0D=0ABcc:_x@example.org?=\n\nx",
        Mail("two Bcc: x@example.org", "x"),
    ),
    "NUL bytes": (b"Subject: a\x00b\n\nc\x00d", Mail("ab", "cd")),
    "encoded words that belong together": (
        b"Subject: =?utf-8?q?Versch=C3=B6nerung?= =?utf-8?q?_Einladung?=\n\nx",
        Mail("Verschönerung Einladung", "x"),
    ),
    "raw 8-bit headers": (
        b"Subject: Gr\xc3\xbc\xc3\x9fe\nFrom: J\xc3\xb6rg <j@example.org>\n\nx",
        Mail("Grüße", "x", {"from": "Jörg <j@example.org>"}),
    ),
    "HTML only": (b"Content-Type: text/html\n\n<p>We <b>invite</b> you</p>", Mail("", "We invite you")),
    "HTML with a broken declaration": (b"Content-Type: text/html\n\n<p>before</p><![foo[bar]]>after", Mail("", "before\nafter")),
    "a hidden pre-header": (b"Content-Type: text/html\n\n" + NEWS.format("display:none").encode(), Mail("", "what a person sees")),
}  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD_MAILS)
def test_an_awkward_mail_gives_all_that_it_says(name: str) -> None:
    """Subject, body, headers, id and date, whole; `parse_eml` says the same."""
    raw, says = AWKWARD_MAILS[name]
    assert parse_mail(raw) == says
    assert parse_eml(raw) == {"subject": says.subject, "body": says.body}


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "DISPLAY : none !important", "visibility:hidden", "font-size:0", "font-size: 0.0px; color: red",
        "color:#fff;font-size:0px", "font:0/0 a", "mso-hide:all", "opacity:0", "opacity: 0.00", "max-height:0",
        "max-height:0px;overflow:hidden",
    ],
)  # fmt: skip
def test_a_hidden_pre_header_is_left_out(style: str) -> None:
    """In each way in which newsletters hide it; nested or not."""
    assert html_to_text(NEWS.format(style)) == "what a person sees"
    assert html_to_text(f'<div style="{style}"><p>a<i>b</p>c</div>d') == "d"


@pytest.mark.parametrize("style", ["font-size:0.9em", "opacity:.5", "opacity:0.5", "max-height:05px", "line-height:0"])
def test_what_is_small_or_pale_is_seen(style: str) -> None:
    """Zero hides; what only begins with it does not."""
    assert html_to_text(NEWS.format(style)) == "only in the list of mails\nwhat a person sees"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p hidden>pre</p>seen", "seen"),
        ('<td style="font-size:0px"><div style="font-size:13px">seen</div>not</td>', "seen"),
        ('<div style="visibility:hidden">not<b style="visibility:visible">seen</b>not</div>after', "seen\nafter"),
        ('<p style="display:none">pre<p>seen', "seen"),
        ('<ul><li style="display:none">pre<li>seen</ul>', "seen"),
        ('<tr><td style="display:none">pre<td>seen', "seen"),
        ('<span style="display:none">pre<div>more</span>seen', "seen"),
        ('<img style="display:none">seen<br style="display:none">too', "seen\ntoo"),
        ("<div><b><i>one</b> two</i><p>three<div>four</p>five<ul><li>six<li>seven</div>", "one two\nthree\nfour\nfive\nsix\nseven"),
        ("<div>one</div>two</p></b></nothing>three", "one\ntwo\nthree"),
        (
            "<style>p{}</style><div style='display: none'>pre<br>header</div><p>One &amp; two</p><script>x</script>"
            "<table><tr><td>a</td><td>b</td></tr></table>",
            "One & two\n\na b",
        ),
        ("<html><head><meta charset=x><body><p>Hello there</p></body></html>", "Hello there"),
        ("<head><title>Not</title><meta charset=x><p>Hello there", "Hello there"),
        ("<head><title>Not<body>Hello <b>there", "Hello there"),
        ("<head><title>1 < 2 <p>not</title></head>Hello", "Hello"),
        ("<style><!-- p > b { } </style>Hello<!-- <b> a > b -->, <!--[if !mso]><!-->Ann<!--<![endif]-->!", "Hello, Ann!"),
        ("1 < 2, 2<3 and a <b and so on", "1 < 2, 2<3 and a <b and so on"),
        ("<a title='a > b' href=\"x\">Hello</a><a href=\"x>there</a>, <?xml a?><![if !mso]>Ann<![endif]>", "Hellothere, Ann"),
        ('Hello <a x=">" there', 'Hello <a x=">" there'),
        ('<div style="display:none"/>seen<style/>too', "seentoo"),
        ("Hello &#" + "9" * 5000 + "; there", "Hello \ufffd there"),
    ],
)  # fmt: skip
def test_nested_and_unclosed_html_shows_what_a_browser_shows(html: str, text: str) -> None:
    """What is hidden ends where it ends, blocks stand on lines of their own and cells apart."""
    assert html_to_text(html) == text


def test_messages_forwarded_in_each_other_are_read_to_any_depth() -> None:
    """Without recursion, which strangers could exhaust."""
    raw = b"Subject: s\n" + b"Content-Type: message/rfc822\n\nSubject: x\n" * 50 + b"\nthe words"
    assert parse_mail(raw) == Mail("s", "the words")
    deep = b"Subject: s\n" + b"Content-Type: message/rfc822\n\nSubject: x\n" * 3000 + b"\nthe words"
    assert "the words" in parse_mail(deep).body


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


def test_a_long_appointment_that_ends_nothing_is_read_in_time() -> None:
    """100,000 beginnings without an end."""
    raw = b"Content-Type: text/calendar\n\n" + b"BEGIN:VEVENT\nSUMMARY:x\n" * 100_000
    assert parse_mail(raw).body.count("x") == 100_000


def test_a_long_html_mail_that_closes_nothing_is_read_in_time() -> None:
    """100,000 paragraphs: it was quadratic, minutes for a megabyte."""
    text = html_to_text("<p>x" * 100_000)
    assert text.count("x") == 100_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part",
    [
        "<a ", "<a b='", '<a href="', "<!--", "<a x=y", "<!-- x>", "<!", "<?", "<![CDATA[", "<![CDATA[x>", "</", "</a", '<a x=">" ',
        "<script>", "<style>", "<title>", "<textarea>", "<a b='>",
    ],
)  # fmt: skip
def test_a_megabyte_of_markup_that_never_ends_is_read_in_time(part: str) -> None:
    """Alone, or with the one sign behind it that a parser would look for from each of them; words before it stay."""
    many = part * (1_000_000 // len(part))
    for html in (many, f"{many}>", f"{many} b='", f"{many} b='>", f"{many}<!-- x"):
        assert html_to_text(f"<p>Hello</p>{html}").startswith("Hello")
