"""The champions that this server answers with: one of each recipe, loaded at first use, changed under running requests."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter
from fastapi import Depends, Request

from avocet import registry
from avocet.answer import Answer, Fault, answer, least_confidence, texts_of
from avocet.errors import AvocetError, RowError, TooLargeError
from avocet.home import Home
from avocet.live import Live
from avocet.views.version import ModelDetail, shown

AT_ONCE = 4  # requests that compute: torch uses all cores for one already
MAX_CHARS = 20_000_000  # of one request: HTML is parsed at about a megabyte a second
RETRY_S = 30.0  # a champion that does not load is verified again after so long, not at each request
_MAKING = Lock()


@dataclass(frozen=True)
class Metrics:
    """What the last run that judged a version found, on `n` rows of its holdout; `lo`..`hi` is macro-F1's 95 % interval."""

    run: str
    n: int
    macro_f1: float | None
    lo: float | None
    hi: float | None
    accuracy: float | None


@dataclass(frozen=True)
class ModelInfo:
    """Who answers: `base` where no version is in use. `problem`: why it is not the version that it should be.

    `coming`: the champion, where it is still being loaded; it answers within moments.
    """

    type: Literal["base", "finetuned"]
    version: str | None
    recipe: str
    metrics: Metrics | None
    problem: str | None
    coming: str | None = None


class Champions:
    """The `Live` champion of each recipe; thread-safe."""

    def __init__(self, place: Home) -> None:
        self.place, self.limit = place, CapacityLimiter(AT_ONCE)
        self._live: dict[str, Live] = {}
        self._failed: dict[str, tuple[str | None, float, AvocetError]] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def of(self, recipe: str) -> Live:
        """The recipe's champion; the first call loads it. Raises NotFoundError where there is none, and what loading does."""
        with self._lock:
            loading = self._locks.setdefault(recipe, Lock())
        with loading:  # of ten first requests one loads
            if recipe not in self._live:
                self._live[recipe] = self._loaded(recipe)
            return self._live[recipe]

    def _loaded(self, recipe: str) -> Live:
        pointed = registry.champion_id(self.place.models, recipe)
        version, until, error = self._failed.get(recipe, (None, 0.0, None))
        if error is not None and version == pointed and time.monotonic() < until:
            raise type(error)(str(error))
        try:
            return Live(self.place.models, recipe)
        except AvocetError as e:
            if pointed is not None:
                self._failed[recipe] = (pointed, time.monotonic() + RETRY_S, e)
            raise

    def classify(self, recipe: str, rows: Sequence[Mapping[str, Any]], top: int | None, at: str = "") -> list[Answer]:
        """One answer for each row, all of one version.

        Raises RowError naming each row that lacks a text, by a JSON pointer below `at`, and TooLargeError.
        """
        classifier = self.of(recipe).classifier()
        found = [texts_of(row, classifier.fields) for row in rows]
        faults = [(f"{at}/{i}/{its.field}", its.why) for i, its in enumerate(found) if isinstance(its, Fault)]
        if faults:
            error = RowError(
                f"{len(faults)} of {len(rows)} rows cannot be classified; version {classifier.version.id} reads "
                f"{', '.join(classifier.fields)}"
            )
            error.errors = faults
            raise error
        texts = [its for its in found if not isinstance(its, Fault)]
        if sum(len(text) for row in texts for text in row.values()) > MAX_CHARS:
            raise TooLargeError(f"the rows hold more than {MAX_CHARS:,} characters; send fewer at a time")
        least = least_confidence(self.place, recipe)
        return [answer(said, least, top) for said in classifier.classify_fields(texts)]

    def info(self, recipe: str) -> ModelInfo:
        """Who answers for the recipe now, or would: nothing is loaded for this. Never raises for a damaged champion."""
        pointed, live = registry.champion_id(self.place.models, recipe), self._live.get(recipe)
        version = live.classifier().version.id if live else pointed
        if version is None:
            return ModelInfo("base", None, recipe, None, None)
        try:
            its = shown(self.place, version)
        except AvocetError as e:
            return ModelInfo("finetuned", version, recipe, None, str(e))
        failed = self._failed.get(recipe)
        problem = live.problem if live else str(failed[2]) if failed and failed[0] == pointed else its.damaged
        return ModelInfo("finetuned", version, recipe, _metrics(its), problem, live.coming if live else None)


def _metrics(its: ModelDetail) -> Metrics | None:
    card = its.card
    if card is None or its.card_run is None:
        return None
    return Metrics(its.card_run, card.n, card.macro_f1, card.lo, card.hi, card.accuracy)


def _champions(request: Request) -> Champions:
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "champions"):
            state.champions = Champions(state.place)
    found: Champions = state.champions
    return found


TheChampions = Annotated[Champions, Depends(_champions)]
