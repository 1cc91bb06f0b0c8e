"""The text of an HTML mail that a person sees, by the standard library's parser."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from html.parser import HTMLParser
from typing import ClassVar

_BLANK = re.compile(r"[ \t\r\f\v]+")
_LINES = re.compile(r"\n{3,}")
_ZERO = r"0+(?:\.0*)?(?![.\d])"
_GONE = re.compile(rf"(?:^|;)(?:display:none|mso-hide:all|opacity:{_ZERO}|max-height:{_ZERO})")
_SIZE = re.compile(r"(?:^|;)font(?:-size)?:([^;]*)")
_VISIBILITY = re.compile(r"(?:^|;)visibility:([^;]*)")
_NO_SIZE = re.compile(_ZERO)


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

    # What ends an element that was left open: a hidden paragraph must not take the next one along.
    _ENDS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "p": ("p", "div", "table", "ul", "ol", "hr", "blockquote", "h1", "h2", "h3", "h4"),
        "li": ("li",),
        "td": ("td", "th", "tr"),
        "th": ("td", "th", "tr"),
        "tr": ("tr",),
    }

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[tuple[str, bool, tuple[bool, bool]]] = []  # tag, unseen, what held before it
        self._names: Counter[str] = Counter()  # of what is open: a mail of a megabyte may never close its paragraphs
        self._n_unseen = 0
        self._behind_a_block = False  # what follows stands on a line of its own
        self._faint = (False, False)  # written in no size, or invisible: what is within may be neither

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self._open and tag in self._ENDS.get(self._open[-1][0], ()):
            self._close()
        if tag in self._BLOCK:
            self.found.append(" " if tag in ("td", "th") else "\n")
            self._behind_a_block = False
        if tag not in self._VOID:
            its = dict(attrs)
            style = re.sub(r"\s", "", its.get("style") or "").lower()
            unseen = tag in self._UNSEEN or "hidden" in its or _GONE.search(style) is not None
            self._open.append((tag, unseen, self._faint))
            self._names[tag] += 1
            self._n_unseen += unseen
            self._faint = _faint(style, self._faint)

    def handle_endtag(self, tag: str) -> None:
        closed = "" if self._names[tag] else tag
        while closed != tag:
            closed = self._close()
        self._behind_a_block |= tag in self._BLOCK and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if not self._n_unseen and not any(self._faint):
            self.found.append(f"\n{data}" if self._behind_a_block else data)
            self._behind_a_block = False

    def _close(self) -> str:
        tag, unseen, self._faint = self._open.pop()
        self._names[tag] -= 1
        self._n_unseen -= unseen
        return tag


def _faint(style: str, before: tuple[bool, bool]) -> tuple[bool, bool]:
    """(in no size, invisible) within an element. Both are inherited, and newsletters wrap all that they say in no size."""
    size, visibility = _SIZE.findall(style), _VISIBILITY.findall(style)
    return (
        _NO_SIZE.match(size[-1]) is not None if size and size[-1] != "inherit" else before[0],
        visibility[-1].startswith(("hidden", "collapse")) if visibility and visibility[-1] != "inherit" else before[1],
    )
