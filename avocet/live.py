"""The champion of a recipe as a long-lived program holds it: a promotion is taken up while requests go on."""

import gc
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread

from avocet import registry
from avocet.classifier import Classifier, Prediction, load
from avocet.errors import AvocetError, NotFoundError
from avocet.home import checked_name

_log = logging.getLogger("avocet")


class Live:
    """One recipe's champion, loaded; thread-safe.

    Each call answers by the classifier that is there when it begins, so that no answer is of two versions. A champion
    that changed is loaded aside, and takes over when it has answered once. One that does not load is refused, and the old one
    goes on until the pointer moves again.
    """

    def __init__(self, models: Path, recipe: str, loads: Callable[[Path], Classifier] = load) -> None:
        """Load the champion. Raises NotFoundError where there is none, DamagedVersionError where it does not load."""
        self._models, self.recipe, self._loads = models, checked_name(recipe, "recipe"), loads
        self.problem: str | None = None  # why the version that the pointer names is not the one that answers
        self._refused: str | None = None
        self._lock = Lock()
        self._loading: Thread | None = None
        version = registry.champion_id(models, recipe)
        if version is None:
            raise NotFoundError(
                f"recipe {recipe} has no champion yet: `avocet train {recipe}` trains and judges the first"
            )
        self._now = self._loaded(version)

    def classifier(self) -> Classifier:
        """Who answers now; a champion that changed is loaded in the background."""
        pointed = registry.champion_id(self._models, self.recipe)
        if pointed not in (None, self._now.version.id, self._refused):
            self._begin()
        return self._now

    @property
    def coming(self) -> str | None:
        """The champion that is being loaded, or will be when somebody asks next; None where it answers or was refused."""
        pointed = registry.champion_id(self._models, self.recipe)
        return None if pointed in (self._now.version.id, self._refused) else pointed

    def classify_fields(self, rows: Sequence[Mapping[str, str]]) -> list[Prediction]:
        """As `Classifier.classify_fields`, all by one version."""
        return self.classifier().classify_fields(rows)

    def wait(self, timeout_s: float | None = None) -> None:
        """Until what is being loaded has taken over, or was refused."""
        loading = self._loading
        if loading is not None:
            loading.join(timeout_s)

    def _begin(self) -> None:
        with self._lock:
            if self._loading is None or not self._loading.is_alive():
                self._loading = Thread(target=self._take_over, name=f"taking up {self.recipe}", daemon=True)
                self._loading.start()

    def _take_over(self) -> None:
        """Load what the pointer names, until it names what was loaded: another promotion may come meanwhile."""
        while (pointed := registry.champion_id(self._models, self.recipe)) not in (None, self._now.version.id):
            try:
                self._now = self._loaded(str(pointed))
            except Exception as e:  # noqa: BLE001  also a full memory: let out, each request would load it anew
                why = str(e) if isinstance(e, AvocetError) else f"it cannot be loaded here ({type(e).__name__})"
                self._refused, self.problem = pointed, why
                _log.warning("%s is not taken up, %s goes on: %s", pointed, self._now.version.id, why)
                return
            self._refused = self.problem = None
            gc.collect()  # networks are held in circles: their memory is given back now, not some time

    def _loaded(self, version: str) -> Classifier:
        """The version, once it has answered: what is slow or breaks at the first answer does so here."""
        found = self._loads(self._models / version)
        found.classify_fields([dict.fromkeys(found.fields, "")])
        return found
