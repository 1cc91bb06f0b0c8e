"""The mails of a recipe as the routes ask for them: its collection, its queue in memory, and mails that are alike."""

from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request

from app.champions import Champions, TheChampions
from app.needs import Place, TheRecipe
from avocet import registry
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.review.look_alikes import LookAlikes
from avocet.review.waiting import Waiting
from avocet.store.database import store_of
from avocet.store.labels import Labels
from avocet.views.recipes import collection_for

_MAKING = Lock()


@dataclass
class Queues:
    """One queue for each recipe that somebody labels for; thread-safe."""

    place: Home
    champions: Champions
    _queues: dict[Labels, dict[str, tuple[Waiting, LookAlikes]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, recipe: Recipe) -> tuple[Waiting, LookAlikes]:
        """The queue, and who finds mails that are alike; another collection of the recipe is another queue."""
        labels = labels_for(self.place, recipe)
        with self._lock:
            its = self._queues.setdefault(labels, {})
            if recipe.name not in its:
                pointed = partial(registry.champion_id, self.place.models, recipe.name)
                queue = Waiting(labels, pointed, lambda: self.champions.of(recipe.name).classifier())
                its[recipe.name] = (queue, LookAlikes(self.place, labels, queue.newest))
            return its[recipe.name]


def labels_for(place: Home, recipe: Recipe) -> Labels:
    """The collection in which the recipe's mails are kept."""
    return Labels(store_of(place), collection_for(recipe))


def _labels(place: Place, recipe: TheRecipe) -> Labels:
    return labels_for(place, recipe)


TheLabels = Annotated[Labels, Depends(_labels)]


def _queues(request: Request, place: Place, champions: TheChampions) -> Queues:
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "queues"):
            state.queues = Queues(place, champions)
    found: Queues = state.queues
    return found


def _queue(queues: Annotated[Queues, Depends(_queues)], recipe: TheRecipe) -> Waiting:
    return queues.of(recipe)[0]


TheQueue = Annotated[Waiting, Depends(_queue)]


def _look_alikes(queues: Annotated[Queues, Depends(_queues)], recipe: TheRecipe) -> LookAlikes:
    return queues.of(recipe)[1]


TheLookAlikes = Annotated[LookAlikes, Depends(_look_alikes)]
