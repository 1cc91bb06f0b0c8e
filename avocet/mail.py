"""One e-mail file as subject and body, by the standard library, around the ways in which it fails on real mail."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

_BLANK = re.compile(r"[ \t\r\f\v]+")
_LINES = re.compile(r"\n{3,}")
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


def _body(message: EmailMessage) -> str:
    """The plain part; the HTML part as text where the plain one is missing or blank."""
    kinds = [(part, _kind(part)) for part in message.walk() if not part.is_multipart()]
    plain = [_decoded(part) for part, kind in kinds if kind == "text/plain"]
    text = "\n".join(filter(None, (its.strip() for its in plain)))
    if not text:
        text = "\n".join(html_to_text(_decoded(part)) for part, kind in kinds if kind == "text/html")
    return _encodable(text).replace("\x00", "").strip()


def _kind(part: EmailMessage) -> str:
    """The content type of a leaf that is to be read; one whose headers cannot be parsed, or lie, is plain text."""
    try:
        if part.get_content_disposition() == "attachment":
            return "attachment"
        return "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type()
    except Exception:  # noqa: BLE001  strangers write headers, and the parser fails on them in a dozen ways
        return "text/plain"


def _decoded(part: EmailMessage) -> str:
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


def html_to_text(html: str) -> str:
    """Visible text of an HTML mail: scripts, styles and hidden pre-headers left out, blocks on lines of their own."""
    reader = _Reader()
    with suppress(AssertionError):  # how the standard library ends on a broken declaration; what was read stays
        reader.feed(html)
        reader.close()
    lines = (_BLANK.sub(" ", line).strip() for line in "".join(reader.found).split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    _UNSEEN = ("script", "style", "head", "title", "template")
    _VOID = ("br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "source", "embed")
    _BLOCK = ("p", "div", "br", "tr", "li", "table", "h1", "h2", "h3", "h4", "hr", "blockquote", "td", "th")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._names: Counter[str] = Counter()  # of what is open: a mail of a megabyte may never close its paragraphs
        self._n_unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCK:
            self.found.append(" " if tag in ("td", "th") else "\n")
        if tag not in self._VOID:
            style = (dict(attrs).get("style") or "").replace(" ", "").lower()
            unseen = tag in self._UNSEEN or "display:none" in style
            self._open.append((tag, unseen))
            self._names[tag] += 1
            self._n_unseen += unseen

    def handle_endtag(self, tag: str) -> None:
        closed = "" if self._names[tag] else tag
        while closed != tag:
            closed, unseen = self._open.pop()
            self._names[closed] -= 1
            self._n_unseen -= unseen

    def handle_data(self, data: str) -> None:
        if not self._n_unseen:
            self.found.append(data)
