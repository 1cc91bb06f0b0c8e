"""What a person decides instead of the gate: rolling back, and a promotion that is forced with a reason."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avocet import registry
from avocet.errors import (
    AvocetError,
    DamagedVersionError,
    NotFoundError,
    NothingToDoError,
    OutOfMemoryError,
    WrongUseError,
)
from avocet.history import SETTLED, champions_ever, former, recipes
from avocet.home import Home, checked_name
from avocet.runs import only_one

MAX_REASON = 500
_INVENTED = "An invented line: we would like to invite you to a call."


@dataclass(frozen=True)
class Moved:
    """The champion of `recipe` is now `version`; it was `before`."""

    recipe: str
    version: str
    before: str | None
    sentence: str


def rollback(place: Home, version: str | None, recipe: str | None) -> Moved:
    """Make a former champion (None: the one before the present) the champion again, once it has proved to work.

    What it rolls back from is not opened: that may be the damaged one. Raises NothingToDoError where the
    version is champion already, NotFoundError where there was none before, WrongUseError where it never was
    champion, DamagedVersionError where it does not work, BusyError where a run is at work.
    """
    with only_one(place):
        registry.recover(place.models)
        whose = _recipe_of(place.models, version, recipe)
        present = registry.champion_id(place.models, whose)
        chosen = _former(place.models, whose, present, version)
        _proved(place.models, chosen, former(place.models, whose, present))
        sentence = f"rolled back from {present or 'no champion'} to {chosen}"
        _move(place.models, whose, chosen, "rolling_back", {"user": user()}, sentence)
    return Moved(whose, chosen, present, sentence)


def override(place: Home, version: str, recipe: str | None, reason: str) -> Moved:
    """Make `version` champion though no gate said so; the ledger keeps who did it, and why.

    Raises WrongUseError without a reason or for another recipe's version, NothingToDoError where it is champion
    already, DamagedVersionError where it does not work, BusyError where a run is at work.
    """
    # A broken byte of a command line arrives as half a surrogate pair, which no terminal can print again.
    why = " ".join(reason.encode("utf-8", "replace").decode().split())
    if not why or len(why) > MAX_REASON:
        raise WrongUseError(
            f"a forced promotion needs a reason of 1 to {MAX_REASON} characters, which the ledger keeps"
        )
    with only_one(place):
        registry.recover(place.models)
        found = registry.open_version(place.models / checked_name(version, "version"))
        whose = checked_name(str(found.info.get("recipe")), "recipe")
        if recipe not in (None, whose):
            raise WrongUseError(f"version {found.id} belongs to recipe {whose}, not to {recipe!r:.80}")
        present = registry.champion_id(place.models, whose)
        if present == found.id:
            raise NothingToDoError(f"{found.id} is the champion of {whose} already; nothing was changed")
        proved(found.folder)
        sentence = f"{user()} made {found.id} champion instead of {present or 'none'}, without the gate: {why}"
        _move(place.models, whose, found.id, "overriding", {"user": user(), "reason": why}, sentence)
    return Moved(whose, found.id, present, sentence)


def proved(folder: Path) -> None:
    """Digests, loads, and gives finite scores for one invented text. Raises AvocetError saying which it does not."""
    from avocet.classifier import load_folder
    from avocet.events import is_out_of_memory

    try:
        classifier = load_folder(folder)
        classifier.classify_fields([dict.fromkeys(classifier.fields, _INVENTED)])
    except AvocetError:
        raise
    except Exception as e:  # noqa: BLE001  as in load_folder: a strange file can fail a library in any way
        if is_out_of_memory(e):
            raise OutOfMemoryError(
                f"version {folder.name} does not fit into memory now; free some and try again"
            ) from None
        raise DamagedVersionError(f"version {folder.name} loads but does not predict: {type(e).__name__}") from None


def user() -> str:
    """Who is at the keyboard; a container may have no name for its user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def _recipe_of(models: Path, version: str | None, recipe: str | None) -> str:
    """Whose champion is meant. Raises WrongUseError where that is not clear."""
    if recipe is not None:
        return checked_name(recipe, "recipe")
    known = sorted({*recipes(models), *registry.champions(models)})
    has = [
        r for r in known if version is None or version in (*champions_ever(models, r), registry.champion_id(models, r))
    ]
    if len(has) > 1:
        raise WrongUseError(f"there are {len(has)} recipes with a champion; say whose: --recipe {' | '.join(has)}")
    if has:
        return has[0]
    if version is None:
        raise NotFoundError("there is no champion to roll back; `avocet history` tells what happened")
    raise _never(checked_name(version, "version"))


def _former(models: Path, recipe: str, present: str | None, version: str | None) -> str:
    """The version to go back to."""
    if version is None:
        line = former(models, recipe, present)
        if not line and present is None:
            has = ", ".join(registry.champions(models)) or "none"
            raise NotFoundError(f"recipe {recipe} has no champion to roll back; those that have one: {has}")
        if not line:
            raise NothingToDoError(
                f"recipe {recipe} has had no champion before {present}, and there is no base model that answers "
                "without one; nothing was changed"
            )
        return line[0]
    if version == present:
        raise NothingToDoError(f"{version} is the champion of {recipe} already; nothing was changed")
    if version not in champions_ever(models, recipe):
        raise _never(checked_name(version, "version"))
    return version


def _never(version: str) -> WrongUseError:
    return WrongUseError(
        f"{version} was never champion, so there is no rolling back to it; "
        "`avocet models promote VERSION --force --reason TEXT` makes any version champion"
    )


def _proved(models: Path, chosen: str, others: tuple[str, ...]) -> None:
    """Like `proved`; an error names the next former champion whose files are whole."""
    try:
        proved(registry.open_version(models / chosen).folder)
    except (DamagedVersionError, NotFoundError) as e:
        whole = next((v for v in others if v != chosen and _whole(models / v)), None)
        hint = f"; `avocet rollback {whole}` goes further back" if whole else ""
        raise type(e)(f"{e}; the champion was not changed{hint}") from None


def _whole(folder: Path) -> bool:
    try:
        registry.verify(folder)
    except DamagedVersionError:
        return False
    return True


def _move(models: Path, recipe: str, version: str, event: str, story: Mapping[str, Any], sentence: str) -> None:
    """Move the pointer. The night stays settled if it was: what a person chose is not undone by the same rows."""
    words = [e for e in registry.ledger(models) if e.get("recipe") == recipe and e.get("event") in SETTLED]
    last = words[-1] if words else {}
    ending = {"sentence": sentence, "run_key": last.get("run_key")}
    registry.move(models, recipe, version, event, {"run": last.get("run"), **story}, ending)
