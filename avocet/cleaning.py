"""What makes two texts the same mail: the normal form behind duplicates, conflicts and groups."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"\w+")
_MONTHS = (
    "jan|january|januar|janvier|feb|february|februar|februari|février|mar|march|mars|märz|maart|apr|april|may|mai|mei|jun"
    "|june|juni|juin|jul|july|juli|juillet|aug|august|augustus|août|sep|sept|september|septembre|sepember|sepembre|oct"
    "|october|octobre|okt|oktober|oktobre|nov|november|novembre|dec|december|dez|dezember|décembre"
)
_DAYS = (
    "mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    "|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
)
# A month counts as part of a date beside a number only ("may" is also a verb), a day of the week anywhere.
_DATE = re.compile(rf"\b(?:{_DAYS})(?:day)?\b|(?<=0)(?:\.| of)? ?\b(?:{_MONTHS})\b\.?|\b(?:{_MONTHS})\b\.?(?= ?0)")
_DATE_WORDS = frozenset(_MONTHS.split("|") + [day + end for day in _DAYS.split("|") for end in ("", "day")])
_TO_ZERO = str.maketrans("123456789", "0" * 9)
_TO_SPACE = {i: " " for i in range(128) if not (chr(i).isalnum() or chr(i) == "_")}
_BEFORE_A_MONTH = len(" of ")  # what a date may take along in front of its word
# Where a quoted mail begins, as mail programs write it above the quote: one line, matched from its start.
_QUOTE_BEGINS = re.compile(
    r"^\s*(?:-{2,}\s?(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|oorspronkelijk)"
    r"|(?P<wrote>on|am|le|op|el|il)\s.{6,200}\s(?:wrote|schrieb.{0,80}|a écrit|schreef.{0,80}|escribió|ha scritto)\s?:?\s*$)",
    re.IGNORECASE,
)

# Outlook's quote: From:, Sent:, To:, Subject: in lines of their own, in the languages that were met.
_FROM = re.compile(r"^\s*\*?(?:from|von|de|van|da)\s?:\*?\s?\S", re.IGNORECASE)
_HEADER = re.compile(
    r"^\s*\*?(?:sent|to|cc|subject|date|gesendet|datum|an|betreff|envoyé|à|objet|verzonden|aan|onderwerp|enviado|para"
    r"|asunto|inviato|a|oggetto)\s?:",
    re.IGNORECASE,
)
_HEADER_LINES = 5
_TAG = re.compile(
    r"</?(?:html|head|body|div|p|br|table|tr|td|span|a|b|i|ul|li|h[1-6]|font|img|style|strong|em)\b[^<>]{0,2000}/?>",
    re.IGNORECASE,
)


def encodable(text: str) -> bool:
    """Whether `text` can be written as UTF-8: half a surrogate pair cannot, and would crash the first writer."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Marked:
    """A mail's text in its parts; together they hold every line of it."""

    own: str
    quoted: str
    signature: str


def marked(text: str) -> Marked:
    """What its sender wrote, what was quoted or forwarded, and the signature behind "-- ".

    All is own where nothing else is left: a forwarded mail is what it forwards. Below "... wrote:" and lines that begin
    with > stands an answer; below one without them, as Outlook writes it, the rest is the quote. A line at a time: the
    reply parsers that were tried took half a minute for a mail of blank lines.
    """
    parts: dict[str, list[str]] = {"own": [], "quoted": [], "signature": []}
    lines, rest = text.split("\n"), "own"
    for i, line in enumerate(lines):
        if rest == "own" and _heads_a_block(lines, i):
            parts["quoted"].append(line)
            continue
        if rest != "quoted" and (_QUOTE_BEGINS.match(line[:400]) or _header_block(lines[i : i + _HEADER_LINES])):
            rest = "quoted"
        elif rest == "own" and line.rstrip("\r") in ("-- ", "--"):
            rest = "signature"
        parts["quoted" if rest == "own" and line.lstrip().startswith(">") else rest].append(line)
    own, quoted, signature = ("\n".join(parts[name]) for name in ("own", "quoted", "signature"))
    return Marked(own, quoted, signature) if own.strip() else Marked(text, "", "")


def _heads_a_block(lines: Sequence[str], i: int) -> bool:
    """Whether line `i` says "... wrote:" and the quote below it is marked with >, so that it ends where these end."""
    found = _QUOTE_BEGINS.match(lines[i][:400])
    below = (lines[j] for j in range(i + 1, len(lines)) if lines[j].strip())
    return found is not None and found["wrote"] is not None and next(below, "").lstrip().startswith(">")


def _header_block(lines: Sequence[str]) -> bool:
    """Whether a quote as Outlook writes it begins here: From: and, below it, at least two headers more."""
    if not _FROM.match(lines[0][:400]):
        return False
    return sum(bool(_HEADER.match(line[:400])) for line in lines[1:]) >= 2


def own_words(text: str) -> str:
    """`text` without quoted mail and without a signature; `text` itself where nothing else is left."""
    return marked(text).own


def looks_like_html(text: str) -> bool:
    """Whether `text` is HTML rather than a text in which a < stands."""
    return len(_TAG.findall(text[:20_000])) >= 2


def normal_form(text: str) -> str:
    """`text` without what differs between copies of one mail: case, white space, numbers, dates, Unicode forms."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():  # the same, three times as fast
        folded = folded.translate(_TO_ZERO)
        while "00" in folded:
            folded = folded.replace("00", "0")
    else:
        folded = _DIGITS.sub("0", folded)
    return _without_dates(" ".join(folded.split()))


def _without_dates(text: str) -> str:
    """`text` with 0 for each date; `_DATE` is tried only where one of its words stands."""
    words = text.translate(_TO_SPACE).split() if text.isascii() else _WORDS.findall(text)
    if not (here := _DATE_WORDS.intersection(words)):
        return text
    kept, done = [], 0
    for at in sorted(i for word in here for i in _places(text, word)):
        if at < done:  # within the word before: mon in monday
            continue
        begins = [i for i in range(max(done, at - _BEFORE_A_MONTH), at) if text[i - 1 : i] == "0"]
        if date := next(filter(None, (_DATE.match(text, i) for i in [*begins, at])), None):
            kept += [text[done : date.start()], "0"]
            done = date.end()
    return " ".join("".join([*kept, text[done:]]).split())


def _places(text: str, word: str) -> list[int]:
    """Where `word` begins in `text`, also within others."""
    found, at = [], text.find(word)
    while at >= 0:
        found.append(at)
        at = text.find(word, at + 1)
    return found


def group_key(text: str) -> str:
    """Texts with one key are copies of each other; 32 hex characters, no text in it."""
    return hashlib.sha256(normal_form(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]
