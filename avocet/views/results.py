"""What the last run of a recipe measured: everybody's card on the same rows, and the verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from avocet import recipe as recipes
from avocet.decision import Decision
from avocet.errors import DamagedDecisionError, NotFoundError
from avocet.home import Home, checked_name
from avocet.views.cards import Card, judged


@dataclass(frozen=True)
class VerdictTold:
    """Promoted or not, and why."""

    promoted: bool
    reason: str
    sentence: str


@dataclass(frozen=True)
class Results:
    """The last run's cards, best first; `sample_count` rows of its holdout. Without a run there are no cards."""

    recipe: str
    run: str | None
    timestamp: str | None
    sample_count: int
    labels: Sequence[str]
    models: Sequence[Card]
    verdict: VerdictTold | None


def last_results(place: Home, recipe: str) -> Results:
    """Of the last run of `recipe` whose decision can be read; the verdict of the last one in which somebody challenged.

    Raises RecipeError where there is neither run nor recipe.
    """
    found = _judged(place, recipe)
    newest = next(found, None)
    if newest is None:
        labels = recipes.load(place, checked_name(recipe, "recipe")).labels
        return Results(recipe, None, None, 0, labels, (), None)
    path, its, cards = newest
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    best_first = sorted(cards, key=lambda card: -1.0 if card.macro_f1 is None else card.macro_f1, reverse=True)
    decided = next((one for _, one, _ in chain([newest], found) if one.board.challenger is not None), None)
    verdict = VerdictTold(decided.promoted, decided.verdict.reason.value, decided.sentence) if decided else None
    return Results(recipe, its.run, at, len(its.board.true), its.board.labels, tuple(best_first), verdict)


def _judged(place: Home, recipe: str) -> Iterator[tuple[Path, Decision, tuple[Card, ...]]]:
    """Runs of the recipe whose decision can be read, the newest first."""
    for path in sorted(place.runs.glob("*/decision.json"), reverse=True):
        try:
            found, cards = judged(place, path.parent.name)
        except (DamagedDecisionError, NotFoundError):
            continue
        if found.recipe == recipe:
            yield path, found, cards
