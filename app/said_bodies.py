"""What routes about labels take: bodies, and the version of the mail that the caller saw."""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Header, Path
from pydantic import BaseModel, ConfigDict, Field

from avocet.errors import WrongUseError
from avocet.recipe import Recipe
from avocet.rows import MAX_ID_CHARS, MAX_LABEL_CHARS
from avocet.store.said import Prediction

_NO_NUL = r"^[^\x00]*$"  # which a database refuses
RowId = Annotated[str, Path(alias="id", description="The mail's id; a slash in it may be sent as %2F.")]
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARS, pattern=_NO_NUL)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARS, pattern=_NO_NUL)]
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_NEVER = -1  # is no mail's version


class Strict(BaseModel):
    """Unknown keys are refused: one that is mistyped would silently do nothing."""

    model_config = ConfigDict(extra="forbid")


class Suggested(Strict):
    """What the person saw: the champion's label, how sure it was, and which version said so."""

    label: Name
    confidence: float = Field(ge=0, le=1, allow_inf_nan=False)
    version: Name


class Said(Strict):
    """A label for a mail; `base_version` is the mail's `version` as the caller saw it, `suggestion` what was shown with it."""

    label: Name
    base_version: int | None = None
    suggestion: Suggested | None = None

    @property
    def seen(self) -> Prediction | None:
        """As the store keeps it."""
        its = self.suggestion
        return Prediction(its.label, its.confidence, its.version) if its else None


class SaidOf(Said):
    """A label, and for which mail."""

    id: Id


class Which(Strict):
    """Which mail."""

    id: Id
    base_version: int | None = None


class AlikeSaid(Strict):
    """One label for several mails."""

    label: Name
    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class Undo(Strict):
    """Which event is to be undone; the last one if not given."""

    event: int | None = None


def _base(
    if_match: Annotated[str | None, Header(description='The ETag that was seen: "<version>".')] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    return int(found[1]) if found else _NEVER


Base = Annotated[int | None, Depends(_base)]


def seen_version(header: int | None, body: int | None) -> int | None:
    """The version that the caller saw; two that contradict each other are no mail's."""
    if header is None or body is None or header == body:
        return body if header is None else header
    return _NEVER


def checked_label(label: str, recipe: Recipe, pointer: str = "/body/label") -> str:
    """`label` itself where the recipe has it. Raises WrongUseError."""
    if label not in recipe.labels:
        names: Sequence[str] = recipe.labels
        error = WrongUseError(f"recipe {recipe.name} has no such label; it has {', '.join(names)}"[:600])
        error.errors = [(pointer, "none of the recipe's labels")]
        raise error
    return label
