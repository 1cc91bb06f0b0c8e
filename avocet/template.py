"""The one text builder: a recipe's template over a row's fields, the same for training, judging and serving.

A field may be asked for a part of it: {body.plain} is HTML as text, {body.own} what its sender wrote, without quoted
mail and signature, {body.quoted} and {body.signature} the rest. Rows keep their whole words; a template chooses.
"""

import hashlib
import string
from collections.abc import Mapping

from avocet.cleaning import looks_like_html, marked
from avocet.html_text import html_to_text


class Words(str):
    """A field's text, with the parts that a template may ask for."""

    __slots__ = ()

    @property
    def plain(self) -> str:
        """As text, where it is HTML."""
        return html_to_text(self) if looks_like_html(self) else str(self)

    @property
    def own(self) -> str:
        """What the sender wrote; all of it where nothing else is left."""
        return marked(self.plain).own

    @property
    def quoted(self) -> str:
        """What was quoted or forwarded below."""
        return marked(self.plain).quoted

    @property
    def signature(self) -> str:
        """What stands behind "-- "."""
        return marked(self.plain).signature


PARTS = tuple(name for name, value in vars(Words).items() if isinstance(value, property))


def build(template: str, fields: Mapping[str, str]) -> str:
    """The text that a model sees. Raises KeyError for a field that is not there."""
    return template.format(**{name: Words(text) for name, text in fields.items()})


def template_digest(template: str) -> str:
    """Twelve hex characters that name a template."""
    return hashlib.sha256(template.encode()).hexdigest()[:12]


def template_fields(template: str) -> tuple[str, ...]:
    """The field names of a template.

    Raises ValueError for anything else that str.format would do (other attributes, indexes, conversions): a
    template comes from a file, and `{body.__class__}` is not something a row should be asked.
    """
    names: list[str] = []
    for _, found, spec, conversion in string.Formatter().parse(template):
        if found is None:
            continue
        name, dot, part = found.partition(".")
        if not name.isidentifier() or conversion or "{" in (spec or "") or (dot and part not in PARTS):
            raise ValueError(
                f"{{{found}}}: a template may hold only fields like {{subject}} or {{body:.400}}, "
                f"and parts of them: {', '.join('{body.' + one + '}' for one in PARTS)}"
            )
        if name == "label":
            raise ValueError("{label}: a text that holds its own answer teaches nothing; leave it out")
        format("", spec or "")
        names.append(name)
    if not names:
        raise ValueError("the template reads no field; it needs one such as {subject}")
    return tuple(dict.fromkeys(names))
