"""What routes ask for: the AVOCET_HOME, the recipe that a request is about, and who is asking."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Query, Request

from avocet import recipe as recipes
from avocet.home import Home, checked_name
from avocet.recipe import Recipe


def _place(request: Request) -> Home:
    found: Home = request.app.state.place
    return found


Place = Annotated[Home, Depends(_place)]


def _recipe_name(
    request: Request, recipe: Annotated[str | None, Query(description="Whose; the app's own if not given.")] = None
) -> str:
    """A name, never a path: what is asked over HTTP opens no file elsewhere."""
    return checked_name(recipe or str(request.app.state.recipe), "recipe")


RecipeName = Annotated[str, Depends(_recipe_name)]


@lru_cache(maxsize=64)
def _parsed(place: Home, name: str, path: Path, changed_ns: int, n_bytes: int) -> Recipe:
    """To read YAML takes longer than all else that a key press asks for."""
    return recipes.load(place, name)


def _recipe(place: Place, name: RecipeName) -> Recipe:
    path = place.recipe(name)
    if not path.is_file():
        return recipes.load(place, name)
    state = path.stat()
    return _parsed(place, name, path, state.st_mtime_ns, state.st_size)


TheRecipe = Annotated[Recipe, Depends(_recipe)]


def _who(request: Request) -> str:
    """One person per server: whoever has its token acts as the user who started it."""
    from avocet.byhand import user

    return user()


Who = Annotated[str, Depends(_who)]
