"""All that is known of one version: how it is listed, its training_info.json, and its card in the last run that judged it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from avocet import registry
from avocet.errors import DamagedVersionError
from avocet.home import Home, checked_name
from avocet.registry import Version
from avocet.views.cards import Card, last_card
from avocet.views.versions import Model, model_of


@dataclass(frozen=True)
class ModelDetail(Model):
    """One version with its training_info.json, and its card in the last run that judged it."""

    info: Mapping[str, Any]
    card: Card | None
    card_run: str | None


def shown(place: Home, version: str) -> ModelDetail:
    """All that is known of `version` (or of what a link such as avocet-minilm names). Raises NotFoundError."""
    folder = place.models / checked_name(version, "version")
    try:
        found = registry.open_version(folder)
    except DamagedVersionError as e:
        found = Version(folder.resolve().name, folder.resolve(), {"damaged": str(e)})
    card, run = last_card(place, found.id) or (None, None)
    return ModelDetail(**asdict(model_of(place, found)), info=dict(found.info), card=card, card_run=run)
