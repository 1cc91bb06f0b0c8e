"""What makes two texts the same mail: the normal form behind duplicates, conflicts and groups."""

import hashlib
import re
import unicodedata

_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")


def encodable(text: str) -> bool:
    """Whether `text` can be written as UTF-8: half a surrogate pair cannot, and would crash the first writer."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def normal_form(text: str) -> str:
    """`text` without what differs between copies of one mail: case, white space, numbers, Unicode forms."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACE.sub(" ", _DIGITS.sub("0", folded)).strip()


def group_key(text: str) -> str:
    """Rows with one key are look-alikes and stay on one side; 32 hex characters, no text in it."""
    return hashlib.sha256(normal_form(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]
