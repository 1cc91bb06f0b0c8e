"""Making a version champion by hand where the gate said yes to it; where it did not, why not."""

from collections.abc import Mapping
from typing import Any

from avocet import registry
from avocet.byhand import Moved, proved, rollback
from avocet.decision import Decision
from avocet.errors import (
    DamagedDecisionError,
    NotFoundError,
    NothingToDoError,
    NotPromotedError,
    WrongUseError,
)
from avocet.gate import Reason
from avocet.home import Home, checked_name
from avocet.runs import only_one
from avocet.views.cards import judged
from avocet.views.judged import scores


def promote(place: Home, version: str, recipe: str | None = None) -> Moved:
    """Make `version` champion of its recipe as the last gate that judged it has decided; without a reason to give.

    That is a champion that was rolled back from, or one whose promotion was cut off between decision and ledger. Raises
    NotPromotedError with the gate's reasons, NothingToDoError where it is champion already, WrongUseError for
    another recipe's version, and what `rollback` raises.
    """
    found = registry.open_version(place.models / checked_name(version, "version"))
    whose = checked_name(str(found.info.get("recipe")), "recipe")
    if recipe not in (None, whose):
        raise WrongUseError(f"version {found.id} belongs to recipe {whose}, not to {recipe!r:.80}")
    if registry.champion_id(place.models, whose) == found.id:
        raise NothingToDoError(f"{found.id} is the champion of {whose} already; nothing was changed")
    word, decided = _last_word(place, whose, found.id), _last_decision(place, found.id)
    if decided is not None and decided.promoted and decided.run != (word or {}).get("run"):
        return _carried_out(place, found, whose, decided)
    if word is not None and word.get("event") == "promoted":
        return rollback(place, found.id, whose)
    raise _refusal(found.id, whose, decided)


def _last_word(place: Home, recipe: str, version: str) -> Mapping[str, Any] | None:
    """The last line of the ledger in which a gate said yes or no to the version; that it was kept is neither."""
    words = [e for e in registry.ledger(place.models) if (e.get("recipe"), e.get("version")) == (recipe, version)]
    said = [
        e for e in words if e.get("event") in ("promoted", "refused") and e.get("reason") != Reason.ALREADY_CHAMPION
    ]
    return said[-1] if said else None


def _last_decision(place: Home, version: str) -> Decision | None:
    """The last decision whose challenger it was; one that cannot be read says nothing."""
    for score in reversed(scores(place, version)):
        try:
            found, _ = judged(place, score.run)
        except (DamagedDecisionError, NotFoundError):
            continue
        if found.verdict.challenger == version and found.verdict.reason is not Reason.ALREADY_CHAMPION:
            return found
    return None


def _carried_out(place: Home, version: registry.Version, recipe: str, decided: Decision) -> Moved:
    """The gate's yes, which a kill kept from the ledger, if the champion is still the one that it was compared with."""
    with only_one(place):
        registry.recover(place.models)
        present = registry.champion_id(place.models, recipe)
        if present != decided.champion_before:
            raise NotPromotedError(
                f"run {decided.run} compared {version.id} with {decided.champion_before or 'no champion'}, and the "
                f"champion is {present} now: `avocet train {recipe} --model {version.id}` has it judged on tonight's rows"
            )
        proved(version.folder)
        registry.promote(place.models, recipe, version.id, decided.run, decided.sentence)
    return Moved(recipe, version.id, present, decided.sentence)


def _refusal(version: str, recipe: str, decided: Decision | None) -> NotPromotedError:
    if decided is None:
        why = f"no gate has judged it as a challenger yet: `avocet train {recipe} --model {version}` does"
        return NotPromotedError(f"{version} was not promoted: {why}; a person may force it, with a reason")
    error = NotPromotedError(
        f"{version} was not promoted: the gate of run {decided.run} {decided.sentence}; "
        "a person may force it, with a reason"
    )
    failed = [f"{c.name}: asked for {c.wanted}, found {c.found}" for c in decided.verdict.conditions if not c.held]
    error.errors = [("", why) for why in (decided.sentence, *failed)]
    return error
