"""Settings, recipes, health and version."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from pydantic import StrictBool, StrictInt

from app.needs import Place, Who
from app.paging import Cursor, Limit, page_of
from app.said_bodies import Strict
from app.shapes import Page
from avocet import __version__
from avocet.store.database import store_of
from avocet.store.settings import Settings, change, load
from avocet.views.recipes import Listed, listed

router = APIRouter()


class Switched(Strict):
    """What is to be changed; what is not given stays as it is."""

    fine_tuning_enabled: StrictBool | None = None
    min_training_examples: StrictInt | None = None
    auto_train: StrictBool | None = None


@dataclass(frozen=True)
class Health:
    """It answers."""

    status: Literal["ok"]


@dataclass(frozen=True)
class Version:
    """Avocet's own."""

    version: str


@router.get("/api/settings")
def show_settings(place: Place) -> Settings:
    """Whether anything is trained, from how many labels on, and whether new labels start a run."""
    return load(store_of(place))


@router.put("/api/settings")
def set_settings(given: Switched, place: Place, who: Who) -> Settings:
    """Change them, all or none."""
    return change(store_of(place), who, **given.model_dump(exclude_none=True))


@router.get("/api/recipes")
def list_recipes(place: Place, limit: Limit = 200, cursor: Cursor = None) -> Page[Listed]:
    """What can be learned here; `collection` is null where the recipe reads files only."""
    return page_of(listed(place), limit, cursor)


@router.get("/api/health")
def show_health() -> Health:
    """For a program that waits until this one answers; no token is asked for, and nothing is told."""
    return Health("ok")


@router.get("/api/version")
def show_version() -> Version:
    """Which Avocet this is; no token is asked for."""
    return Version(__version__)
