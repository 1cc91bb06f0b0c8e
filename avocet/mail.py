"""One e-mail file as subject and body, by the standard library, around the ways in which it fails on real mail."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from avocet.html_text import html_to_text

_SAID = re.compile(r'(SUMMARY|LOCATION|DESCRIPTION)(?:;(?:[^:"]|"[^"]*")*)?:(.*)', re.I)
_ESCAPED = re.compile(r"\\([nN,;\\])")
_HEADERS = ("from", "message_id", "in_reply_to", "references")


@dataclass(frozen=True)
class Mail:
    """What a message says: words, who and which thread (`headers`), when, and the labels that Gmail gave it."""

    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None
    date: str | None = None  # ISO 8601
    gmail_labels: tuple[str, ...] = ()


def parse_mail(raw: bytes) -> Mail:
    """The message in `raw`; never raises for a broken one, since something is always readable."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(raw)
    except Exception:  # noqa: BLE001  as below: what is left is read as the body of a mail without headers
        message = EmailMessage()
        message.set_payload(raw.decode("utf-8", "replace"))
    found = {name: _header(message, name.replace("_", "-")) for name in _HEADERS}
    headers = {name: text for name, text in found.items() if text}
    its_id = found["message_id"].strip("<> ") or None
    labels = tuple(word.strip() for word in _header(message, "x-gmail-labels").split(",") if word.strip())
    return Mail(_header(message, "subject"), _body(message), headers, its_id, _date(message), labels)


def parse_eml(raw: bytes) -> dict[str, str]:
    """{"subject": ..., "body": ...} of a message; never raises for a broken one."""
    found = parse_mail(raw)
    return {"subject": found.subject, "body": found.body}


def _header(message: EmailMessage, name: str) -> str:
    try:
        text = str(message.get(name, ""))
    except Exception:  # noqa: BLE001  strangers write headers, and the parser fails on them in a dozen ways
        text = next((str(v) for k, v in message.raw_items() if k.lower() == name), "")
    return " ".join(_encodable(text).replace("\x00", "").split())  # an encoded word may hold a line break


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None  # a date that is none


def _body(message: MIMEPart) -> str:
    """What it says, and behind it what each message says that it forwards."""
    texts, waiting = [], [message]
    while waiting:  # no recursion: strangers nest as deep as they like
        leaves, forwarded = _parts(waiting.pop())
        texts.append(_words(leaves))
        waiting.extend(reversed(forwarded))
    return _encodable("\n".join(filter(None, texts))).replace("\x00", "").strip()


def _parts(message: MIMEPart) -> tuple[list[tuple[MIMEPart, str]], list[MIMEPart]]:
    """(the parts that hold something, with their kinds, messages that are forwarded whole)."""
    leaves: list[tuple[MIMEPart, str]] = []
    forwarded: list[MIMEPart] = []
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if not part.is_multipart():
            leaves.append((part, _kind(part)))
        elif _is_forwarded(part):
            forwarded.extend(part.iter_parts())
        else:
            waiting.extend(reversed(list(part.iter_parts())))
    return leaves, forwarded


def _is_forwarded(part: MIMEPart) -> bool:
    """Whether it holds another message, shown or attached."""
    try:
        return part.get_content_type() == "message/rfc822"
    except Exception:  # noqa: BLE001  strangers write headers, and the parser fails on them in a dozen ways
        return False


def _words(leaves: list[tuple[MIMEPart, str]]) -> str:
    """The plain parts; HTML as text where they are missing or blank; an appointment where there is nothing else."""
    found = [(kind, _decoded(part)) for part, kind in leaves if kind in ("text/plain", "text/html", "text/calendar")]
    plain = (text.strip() for kind, text in found if kind == "text/plain")
    html = (html_to_text(text) for kind, text in found if kind == "text/html")
    calendar = (_appointment(text) for kind, text in found if kind == "text/calendar")
    # Generators: the HTML of a mail is read only where its plain parts say nothing.
    return next(filter(None, ("\n".join(filter(None, texts)) for texts in (plain, html, calendar))), "")


def _appointment(text: str) -> str:
    """What, where and why, of iCalendar's lines (RFC 5545: folded, commas and line breaks escaped)."""
    said: list[str] = []
    within = [""]
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        name, _, value = line.strip().partition(":")
        if name.upper() == "BEGIN":
            within.append(value.upper())
        elif name.upper() == "END":
            del within[max(1, len(within) - 1) :]
        elif within[-1] == "VEVENT" and (found := _SAID.match(line)):  # a reminder within it says nothing
            said.append(_ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], found[2].strip()))
    return "\n".join(filter(None, said))


def _kind(part: MIMEPart) -> str:
    """The content type of a leaf that is to be read; one whose headers cannot be parsed, or lie, is plain text."""
    try:
        if part.get_content_disposition() == "attachment":
            return "attachment"
        return "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type()
    except Exception:  # noqa: BLE001  strangers write headers, and the parser fails on them in a dozen ways
        return "text/plain"


def _decoded(part: MIMEPart) -> str:
    """The part's text. Windows-1252 stands in for what is unknown or not what it says: mail mostly means that."""
    try:
        payload, said = part.get_payload(decode=True), part.get_content_charset()
    except Exception:  # noqa: BLE001  as above
        payload, said = part.get_payload(), None
    raw = payload if isinstance(payload, bytes) else str(payload or part.get_payload()).encode("utf-8", "replace")
    for charset in (said or "utf-8", "utf-8", "cp1252"):
        try:
            return raw.decode(
                "cp1252"
                if charset.lower() in ("iso-8859-1", "latin-1", "us-ascii") and _is_not_utf8(raw)
                else "utf-8"
                if charset.lower() == "us-ascii"
                else charset
            )
        except (LookupError, ValueError):  # no such charset, not in it, or a charset's name that is none
            continue
    return raw.decode("utf-8", "replace")


def _is_not_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _encodable(text: str) -> str:
    """Half surrogate pairs, which the parser makes of raw 8-bit headers, as what they most likely were."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
