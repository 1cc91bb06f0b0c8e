"""The text of an HTML mail that a person sees, read from its first sign to its last and never back."""

import re
import string
from collections import Counter
from collections.abc import Mapping
from html import unescape
from typing import ClassVar

_BLANK = re.compile(r"[ \t\r\f\v]+")
_LINES = re.compile(r"\n{3,}")
_ZERO = r"0+(?:\.0*)?(?![.\d])"
_GONE = re.compile(rf"(?:^|;)(?:display:none|mso-hide:all|opacity:{_ZERO}|max-height:{_ZERO})")
_SIZE = re.compile(r"(?:^|;)font(?:-size)?:([^;]*)")
_VISIBILITY = re.compile(r"(?:^|;)visibility:([^;]*)")
_NO_SIZE = re.compile(_ZERO)

# Markup. None of these looks at a sign more than a few times, whatever stands behind it.
_BEGINS = frozenset(string.ascii_letters + "/!?")
_START = re.compile(r"<([a-zA-Z][^\s/>]*+)")
_END = re.compile(r"</\s*+([a-zA-Z][^\s/>]*+)")
_ATTRIBUTE = re.compile(r"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+("[^"]*"|'[^']*'|[^\s>]*+))?""")
_CLOSED = re.compile(r"[\s/]*+>")
_COMMENT_ENDS = re.compile(r"--(?:!|\s*+)>")
_RAW_ENDS = {tag: re.compile(rf"</\s*+{tag}(?=[\s/>])", re.IGNORECASE) for tag in ("script", "style", "title")}
_NO_NUMBER = re.compile(r"&#[0-9]{1000,};?")  # more digits than Python converts


def html_to_text(html: str) -> str:
    """Visible text of an HTML mail: scripts, styles and hidden pre-headers left out, blocks on lines of their own."""
    reader = _Reader()
    _Markup(html, reader).read()
    lines = (_BLANK.sub(" ", line).strip() for line in "".join(reader.found).split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


class _Markup:
    """The tags and the words of a text, told to a reader.

    By hand: the standard library's parser goes back to where an unclosed tag began, minutes for 100 KB of them, and
    reads broken markup in another way with each of its releases.
    """

    def __init__(self, html: str, reader: "_Reader") -> None:
        self._html, self._reader = html, reader
        self._last = html.rfind(">")  # behind it no tag can end, and a < is a sign like others
        self._titles_end = True

    def read(self) -> None:
        """Each tag, and the words between them."""
        at = done = 0
        while 0 <= (at := self._html.find("<", at)) < self._last:
            if self._html[at + 1] not in _BEGINS:  # 1 < 2
                at += 1
                continue
            self._words(done, at)
            at = done = self._behind(at)
        self._words(done, len(self._html))

    def _words(self, start: int, end: int) -> None:
        if start < end:
            self._reader.words(unescape(_NO_NUMBER.sub("\ufffd", self._html[start:end])))

    def _behind(self, at: int) -> int:
        """Where what begins at `at` is over."""
        if found := _START.match(self._html, at):
            return self._start(found)
        if self._html.startswith("<!--", at):
            # One that never ends hides the rest from a person too. "<!-->" is a whole one.
            found = _COMMENT_ENDS.search(self._html, at + 2)
            return found.end() if found else len(self._html)
        if found := _END.match(self._html, at):
            self._reader.end(found[1].lower())
        return self._html.index(">", at) + 1  # also of <!DOCTYPE>, <?xml>, <![if]>

    def _start(self, name: re.Match[str]) -> int:
        tag, its, at = name[1].lower(), dict[str, str](), name.end()
        while found := _ATTRIBUTE.match(self._html, at):
            its.setdefault(found[1].lower(), found[2] or "")
            at = found.end()
        closed = _CLOSED.match(self._html, at)
        if closed is None:  # each > stood within quotes: words, rather than nothing
            self._words(name.start(), len(self._html))
            return len(self._html)
        self._reader.start(tag, its)
        if closed[0].endswith("/>"):
            self._reader.end(tag)
            return closed.end()
        return self._raw(tag, closed.end())

    def _raw(self, tag: str, at: int) -> int:
        """Where the words of a script, a style or a title are over: a < in them begins no tag."""
        if tag not in _RAW_ENDS or (tag == "title" and not self._titles_end):
            return at
        if found := _RAW_ENDS[tag].search(self._html, at):
            return found.start()
        self._titles_end = self._titles_end and tag != "title"
        return at if tag == "title" else len(self._html)  # a title that never ends: the body ends it


class _Reader:
    """What is seen of it."""

    _UNSEEN = ("script", "style", "head", "title", "template")
    _VOID = ("br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "source", "embed")
    _BLOCK = ("p", "div", "br", "tr", "li", "table", "h1", "h2", "h3", "h4", "hr", "blockquote", "td", "th")

    # What a person sees ends the head of a mail that does not say where it ends.
    _SEEN = (*_BLOCK, "body", "center", "ul", "ol", "dl", "pre", "span", "font", "a", "b", "i", "strong", "em", "img", "u",
             "section", "article", "main", "header", "form", "h5", "h6")  # fmt: skip

    # What ends an element that was left open: a hidden paragraph must not take the next one along.
    _ENDS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "p": ("p", "div", "table", "ul", "ol", "hr", "blockquote", "h1", "h2", "h3", "h4"),
        "li": ("li",),
        "td": ("td", "th", "tr"),
        "th": ("td", "th", "tr"),
        "tr": ("tr",),
        "head": _SEEN,
        "title": _SEEN,
    }

    def __init__(self) -> None:
        self.found: list[str] = []
        self._open: list[tuple[str, bool, tuple[bool, bool]]] = []  # tag, unseen, what held before it
        self._names: Counter[str] = Counter()  # of what is open: a mail of a megabyte may never close its paragraphs
        self._n_unseen = 0
        self._behind_a_block = False  # what follows stands on a line of its own
        self._faint = (False, False)  # written in no size, or invisible: what is within may be neither

    def start(self, tag: str, its: Mapping[str, str]) -> None:
        """A tag, with its attributes as they are written."""
        while self._open and tag in self._ENDS.get(self._open[-1][0], ()):
            self._close()
        if tag in self._BLOCK:
            self.found.append(" " if tag in ("td", "th") else "\n")
            self._behind_a_block = False
        if tag not in self._VOID:
            style = re.sub(r"\s", "", _unquoted(its.get("style", ""))).lower()
            unseen = tag in self._UNSEEN or "hidden" in its or _GONE.search(style) is not None
            self._open.append((tag, unseen, self._faint))
            self._names[tag] += 1
            self._n_unseen += unseen
            self._faint = _faint(style, self._faint)

    def end(self, tag: str) -> None:
        """The end of the last one of that name, and of what is open within it."""
        closed = "" if self._names[tag] else tag
        while closed != tag:
            closed = self._close()
        self._behind_a_block |= tag in self._BLOCK and tag not in ("td", "th")

    def words(self, data: str) -> None:
        """What stands between two tags."""
        if not self._n_unseen and not any(self._faint):
            self.found.append(f"\n{data}" if self._behind_a_block else data)
            self._behind_a_block = False

    def _close(self) -> str:
        tag, unseen, self._faint = self._open.pop()
        self._names[tag] -= 1
        self._n_unseen -= unseen
        return tag


def _unquoted(value: str) -> str:
    inner = value[1:-1] if len(value) > 1 and value[0] in "\"'" and value[0] == value[-1] else value
    return unescape(_NO_NUMBER.sub("\ufffd", inner))


def _faint(style: str, before: tuple[bool, bool]) -> tuple[bool, bool]:
    """(in no size, invisible) within an element. Both are inherited, and newsletters wrap all that they say in no size."""
    size, visibility = _SIZE.findall(style), _VISIBILITY.findall(style)
    return (
        _NO_SIZE.match(size[-1]) is not None if size and size[-1] != "inherit" else before[0],
        visibility[-1].startswith(("hidden", "collapse")) if visibility and visibility[-1] != "inherit" else before[1],
    )
