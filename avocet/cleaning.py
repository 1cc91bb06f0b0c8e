"""What makes two texts the same mail: the normal form behind duplicates, conflicts and groups."""

import hashlib
import re
import unicodedata

_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")
_MONTHS = (
    "jan(?:uary|uar|vier)?|feb(?:ruary|ruar|ruari)?|février|mar(?:ch|s)?|märz|maart|apr(?:il)?|may|mai|mei|june?|juni|juin"
    "|july?|juli|juillet|aug(?:ust|ustus)?|août|sept?(?:ember|embre)?|o[ck]t(?:ober|obre)?|nov(?:ember|embre)?"
    "|de[cz](?:ember)?|décembre"
)
_DAYS = (
    "mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    "|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
)
# A month counts as part of a date beside a number only ("may" is also a verb), a day of the week anywhere.
_DATE = re.compile(rf"\b(?:{_DAYS})(?:day)?\b|(?<=0)(?:\.| of)? ?\b(?:{_MONTHS})\b\.?|\b(?:{_MONTHS})\b\.?(?= ?0)")
# Where a quoted mail begins, as mail programs write it above the quote: one line, matched from its start.
_QUOTE_BEGINS = re.compile(
    r"^\s*(?:-{2,}\s?(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|oorspronkelijk)"
    r"|(?:on|am|le|op|el|il)\s.{6,200}\s(?:wrote|schrieb.{0,80}|a écrit|schreef.{0,80}|escribió|ha scritto)\s?:?\s*$)",
    re.IGNORECASE,
)


def encodable(text: str) -> bool:
    """Whether `text` can be written as UTF-8: half a surrogate pair cannot, and would crash the first writer."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def own_words(text: str) -> str:
    """`text` without quoted mail and without a signature behind "-- "; `text` itself where nothing else is left.

    A line at a time: the reply parsers that were tried took half a minute for a mail of blank lines.
    """
    kept = []
    for line in text.split("\n"):
        if line.rstrip("\r") in ("-- ", "--") or _QUOTE_BEGINS.match(line[:400]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    own = "\n".join(kept)
    return own if own.strip() else text


def normal_form(text: str) -> str:
    """`text` without what differs between copies of one mail: case, white space, numbers, dates, Unicode forms."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACE.sub(" ", _DATE.sub("0", _SPACE.sub(" ", _DIGITS.sub("0", folded)))).strip()


def group_key(text: str) -> str:
    """Texts with one key are copies of each other; 32 hex characters, no text in it."""
    return hashlib.sha256(normal_form(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]
