"""What a champion is asked and what it answers, the same in the terminal and over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from avocet import recipe as recipes
from avocet.cleaning import encodable
from avocet.home import Home
from avocet.records import kind_of

if TYPE_CHECKING:
    from avocet.classifier import Prediction

TEXT = "text"  # a whole text, where a row has no fields


@dataclass(frozen=True)
class Answer:
    """One answer: `scores` are probabilities, best first; `abstained`: too unsure for the recipe to act upon."""

    label: str
    confidence: float
    abstained: bool
    scores: Mapping[str, float]
    version: str
    engine: str
    template: str  # digest of the template that built its text


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be classified: which of its fields, and what is wrong with it; never its words."""

    field: str
    why: str


def texts_of(row: Mapping[str, Any], fields: Sequence[str]) -> dict[str, str] | Fault:
    """The texts that a template of these `fields` reads.

    A row that has only a `text` serves a template with a single field, or one of subject and body as the body.
    """
    place = {name: name for name in fields}  # field -> where it stands in the row
    if TEXT in row and not place.keys() <= row.keys():
        place[fields[0] if len(fields) == 1 else "body"] = TEXT
        row = {"subject": "", **row}
    for name in fields:
        at = place[name]
        if at not in row:
            return Fault(at, f"no text field {at}")
        if not isinstance(row[at], str):
            return Fault(at, f"{at} is {kind_of(row[at])}, not text")
        if not encodable(row[at]):
            return Fault(at, f"{at} holds half a surrogate pair, which is no text")
    return {name: row[place[name]] for name in fields}


def answer(prediction: "Prediction", least: float, top: int | None = None) -> Answer:
    """The prediction as it is told; `least`: the confidence below which it abstains, `top`: so many scores (None: all)."""
    return Answer(
        prediction.label,
        prediction.confidence,
        prediction.confidence < least,
        dict(prediction.ranked[:top]),
        prediction.version,
        prediction.engine,
        prediction.template,
    )


def least_confidence(home: Home, recipe: str) -> float:
    """From which confidence on the recipe lets its champion answer; 0 where there is no such recipe any more.

    Raises RecipeError where it cannot be read. It is read again when its file has changed.
    """
    try:
        its = home.recipe(recipe).stat()
    except OSError:
        return 0.0
    return _least(home, recipe, (its.st_mtime_ns, its.st_size))


@lru_cache(maxsize=64)
def _least(home: Home, recipe: str, mark: tuple[int, int]) -> float:
    return recipes.load(home, recipe).serve.abstain_below or 0.0
