"""Every recipe that can be run here: those of AVOCET_HOME and those that ship with the checkout."""

from dataclasses import dataclass

from avocet import recipe as recipes
from avocet import registry
from avocet.errors import RecipeError
from avocet.home import NAME, Home
from avocet.recipe import Recipe


@dataclass(frozen=True)
class ListedCandidate:
    """A candidate of a recipe."""

    name: str
    method: str
    base: str | None


@dataclass(frozen=True)
class Listed:
    """One recipe; `collection`: whose mails are labelled for it, `problem`: why it cannot be read."""

    name: str
    about: str
    labels: tuple[str, ...]
    candidates: tuple[ListedCandidate, ...]
    collection: str | None
    rows: tuple[str, ...]
    champion: str | None
    problem: str | None = None


def listed(home: Home) -> list[Listed]:
    """All of them, by name; a broken one is told and keeps nobody from the others."""
    rooms = {home.root / "recipes", home.recipe("x").parent}
    names = {path.stem for room in rooms for path in room.glob("*.yaml") if NAME.fullmatch(path.stem)}
    return [_listed(home, name) for name in sorted(names)]


def _listed(home: Home, name: str) -> Listed:
    champion = registry.champion_id(home.models, name)
    try:
        its = recipes.load(home, name)
    except RecipeError as e:
        return Listed(name, "", (), (), None, (), champion, str(e))
    candidates = tuple(ListedCandidate(n, c.method, getattr(c, "base", None)) for n, c in its.candidates.items())
    return Listed(name, its.about, its.labels, candidates, _collection(its), its.rows, champion)


def _collection(recipe: Recipe) -> str | None:
    return next(iter(recipe.collections), None)


def collection_for(recipe: Recipe) -> str:
    """Where mails for the recipe are kept: the first collection that it reads, else one of its own name."""
    return _collection(recipe) or recipe.name
