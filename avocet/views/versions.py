"""The list of versions: what is told of each, whatever its training_info.json holds."""

from dataclasses import dataclass
from typing import Any

from avocet import registry
from avocet.history import champions_ever
from avocet.home import Home
from avocet.registry import Version


@dataclass(frozen=True)
class FinetuneStatus:
    """Document 0's shape of a fine-tuned model; `sample_count` is all rows that its night used."""

    name: str
    base_model: str | None
    val_macro_f1: float | None
    timestamp: str | None
    sample_count: int | None


@dataclass(frozen=True)
class Model(FinetuneStatus):
    """One version. Its scores are those of the night it was trained on, and not to be compared."""

    version: str
    recipe: str | None
    candidate: str | None
    method: str | None
    holdout_macro_f1: float | None
    champion: bool
    was_champion: bool  # before the present one, or the present one itself
    damaged: str | None


def models(place: Home, recipe: str | None = None) -> list[Model]:
    """Every version (of `recipe`), newest first; a damaged one is listed too, whosever it is."""
    known = _Champions(place)
    found = [_model(version, known) for version in registry.versions(place.models)]
    return [model for model in found if recipe is None or model.recipe in (None, recipe)]


def newest(place: Home) -> list[FinetuneStatus]:
    """The newest whole version under each name, as models/<name> points at it."""
    found: dict[str, FinetuneStatus] = {}
    for model in models(place):
        if model.damaged is None:
            known = (model.name, model.base_model, model.val_macro_f1, model.timestamp, model.sample_count)
            found.setdefault(model.name, FinetuneStatus(*known))
    return list(found.values())


def model_of(place: Home, version: Version) -> Model:
    """How one version is listed."""
    return _model(version, _Champions(place))


class _Champions:
    """Who is and who was champion, each recipe's ledger read once."""

    def __init__(self, place: Home) -> None:
        self._models, self.now = place.models, registry.champions(place.models)
        self._ever: dict[str, tuple[str, ...]] = {}

    def ever(self, recipe: str) -> tuple[str, ...]:
        if recipe not in self._ever:
            self._ever[recipe] = champions_ever(self._models, recipe)
        return self._ever[recipe]


def _model(version: Version, known: _Champions) -> Model:
    info, recipe = version.info, _text(version.info.get("recipe"))
    is_champion = recipe is not None and known.now.get(recipe) == version.id
    n_rows = info.get("sample_count")
    return Model(
        name=_text(info.get("name")) or version.id,
        base_model=_text(info.get("base_model_id")),
        val_macro_f1=_score(info.get("val_macro_f1")),
        timestamp=_text(info.get("timestamp")),
        sample_count=n_rows if type(n_rows) is int else None,
        version=version.id,
        recipe=recipe,
        candidate=_text(info.get("candidate")),
        method=_text(info.get("method")),
        holdout_macro_f1=_score(info.get("holdout_macro_f1")),
        champion=is_champion,
        was_champion=is_champion or (recipe is not None and version.id in known.ever(recipe)),
        damaged=_text(info.get("damaged")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
