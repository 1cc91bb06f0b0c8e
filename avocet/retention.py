"""Which versions can go: never a champion, never what a link names, never a champion's line back, not the last few."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from avocet import durable, registry
from avocet.errors import InUseError, NotFoundError, WrongUseError
from avocet.history import champions_ever, lineage, recipes
from avocet.home import Home, checked_name
from avocet.registry import Version
from avocet.runs import only_one

KEEP = 5
N_FORMER = 3  # champions that are kept even where a rollback took them out of the line


@dataclass(frozen=True)
class Pruned:
    """What was removed (or would be), what stays and why."""

    removed: tuple[str, ...]
    kept: dict[str, str]
    freed_bytes: int
    dry_run: bool


def prune(place: Home, keep: int = KEEP, dry_run: bool = False) -> Pruned:
    """Remove all versions but the newest `keep` of each recipe and those that a rollback or a link may need.

    Raises BusyError where a run is at work, WrongUseError for a `keep` below 1.
    """
    if keep < 1:
        raise WrongUseError("--keep is at least 1: the newest version may be tonight's challenger")
    with only_one(place):
        if not dry_run:
            registry.recover(place.models)
        found = registry.versions(place.models)
        kept = _kept(place.models, found, keep)
        going = [v for v in found if v.id not in kept]
        freed = sum(p.stat().st_size for v in going for p in v.folder.rglob("*") if p.is_file())
        for version in () if dry_run else going:
            _remove(place.models, version)
    return Pruned(tuple(v.id for v in going), kept, freed, dry_run)


def remove(place: Home, version: str) -> int:
    """Remove a version that never was a champion, also a damaged one; returns the bytes that were freed.

    An alias that named it names the newest other version of its candidate from then on, or goes. Raises NotFoundError,
    WrongUseError for an alias, InUseError for a champion or former champion, BusyError where a run is at work.
    """
    models, folder = place.models, place.models / checked_name(version, "version")
    if folder.is_symlink():
        raise WrongUseError(f"{version} is a name for {folder.readlink()}; remove that by its own name")
    with only_one(place):
        registry.recover(models)
        if not folder.is_dir():
            raise NotFoundError(f"there is no version {version}; `avocet models` lists what there is")
        for recipe in {*recipes(models), *registry.champions(models)}:
            if version in (*champions_ever(models, recipe), registry.champion_id(models, recipe)):
                raise InUseError(f"{version} is or was the champion of {recipe}: a rollback may need it, so it stays")
        freed = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        known = registry.versions(models)
        with registry.on_disk(f"removing {version}"):
            _point_elsewhere(models, version, known)
        _remove(models, next((v for v in known if v.id == version), Version(version, folder, {})))
    return freed


def _point_elsewhere(models: Path, version: str, known: list[Version]) -> None:
    for link in (p for p in models.iterdir() if p.is_symlink() and str(p.readlink()) == version):
        following = next((v.id for v in known if v.id != version and v.info.get("name") == link.name), None)
        if following:
            durable.replace_link(link, following)
        else:
            link.unlink()
            durable.sync(models)


def _kept(models: Path, found: list[Version], keep: int) -> dict[str, str]:
    """Version id -> why it stays, the strongest reason."""
    why: dict[str, str] = {}
    newest: dict[str, int] = {}
    for version in found:
        recipe = str(version.info.get("recipe"))
        newest[recipe] = newest.get(recipe, 0) + 1
        if newest[recipe] <= keep:
            why[version.id] = f"one of the newest {keep} of {recipe}"
        if "damaged" in version.info or not (version.folder / registry.MANIFEST).is_file():
            why[version.id] = "not a whole version; `avocet doctor` says what to do"
    for link in (p for p in models.iterdir() if p.is_symlink()) if models.is_dir() else ():
        why[link.resolve().name] = f"{link.name} names it"
    for recipe in {*recipes(models), *registry.champions(models)}:
        former = dict.fromkeys((*champions_ever(models, recipe)[: N_FORMER + 1], *lineage(models, recipe)))
        why |= dict.fromkeys(former, f"was champion of {recipe}")
    return why | {version: f"champion of {recipe}" for recipe, version in registry.champions(models).items()}


def _remove(models: Path, version: Version) -> None:
    """First out of sight in one move, then away: a reader finds the whole version or none."""
    aside = registry.new_staging(models)
    with registry.on_disk(f"removing {version.id}"):
        version.folder.rename(aside / version.id)
        durable.sync(models)
        registry.record(models, {"event": "pruned", "recipe": version.info.get("recipe"), "version": version.id})
        shutil.rmtree(aside)
