"""Looking after models/: what is damaged or left over and what to do about it (doctor)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from avocet import registry
from avocet.errors import BusyError, DamagedVersionError
from avocet.history import LEDGER, lineage, parsed, recipes, time_of
from avocet.home import Home
from avocet.runs import only_one

Kind = Literal["damaged", "left over", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that doctor saw, and what to do about it."""

    kind: Kind
    what: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}{f'; {self.do}' if self.do else ''}"


def doctor(place: Home, fix: bool = False) -> list[Finding]:
    """Everything that is not as it should be, worst first; `fix` removes staging and closes interrupted moves.

    Raises BusyError with `fix` while a run is at work: its staging is no left-over.
    """
    models = place.models
    if fix:
        with only_one(place):
            done = [*registry.recover(models), *(f"removed {name}" for name in registry.sweep(models))]
        return [*(Finding("note", told) for told in done), *_look(models, idle=True)]
    try:
        with only_one(place):
            idle = True
    except BusyError:
        idle = False
    return _look(models, idle)


def _look(models: Path, idle: bool) -> list[Finding]:
    found = [*_versions(models), *_links(models), *_ledger(models, idle), *(_staging(models) if idle else [])]
    if not idle:
        found.append(Finding("note", "a run is at work, so staging was not looked at"))
    return sorted(found, key=lambda f: ("damaged", "left over", "note").index(f.kind))


def _versions(models: Path) -> Iterator[Finding]:
    used = set(registry.champions(models).values())
    for version in registry.versions(models):
        try:
            registry.verify(version.folder)
        except DamagedVersionError as e:
            if "version" not in version.info and "damaged" not in version.info:
                yield Finding("note", f"{version.id} was not made by Avocet and is never loaded")
            elif version.id in used:
                yield Finding("damaged", f"champion {e}", "`avocet rollback` goes to the one before")
            else:
                yield Finding("damaged", str(e), f"it is no champion: remove models/{version.id}")
    for folder in sorted(p for p in models.glob("[!.]*") if p.is_dir() and not p.is_symlink()):
        if not (folder / registry.INFO).is_file():
            used_too = folder.name in used
            do = "`avocet rollback` goes to the one before" if used_too else f"remove models/{folder.name}"
            yield Finding(
                "damaged" if used_too else "note", f"{folder.name} has no {registry.INFO}, so it is no version", do
            )


def _links(models: Path) -> Iterator[Finding]:
    for link in sorted(p for p in models.glob("[!.]*") if p.is_symlink()):
        target, recipe = str(link.readlink()), link.name.removeprefix("champion-")
        champion = recipe != link.name
        back = (
            f"`avocet rollback --recipe {recipe}`"
            if champion
            else f"remove models/{link.name}, the next training makes it"
        )
        if "/" in target or target in ("", ".", ".."):
            yield Finding("damaged", f"{link.name} leads out of models/", back)
        elif not (models / target).is_dir():
            yield Finding("damaged", f"{link.name} names {target}, which is gone", back)
        elif champion and _recipe(models / target) not in (recipe, None):
            yield Finding("damaged", f"{link.name} names {target}, a version of {_recipe(models / target)}", back)


def _recipe(folder: Path) -> str | None:
    try:
        return str(registry.read_info(folder).get("recipe"))
    except DamagedVersionError:
        return None  # told already


def _ledger(models: Path, idle: bool) -> Iterator[Finding]:
    path = models / LEDGER
    for number, line in enumerate(path.read_bytes().split(b"\n") if path.exists() else [], 1):
        entry = parsed(line)
        if line.strip() and (entry is None or time_of(entry.get("at")) is None):
            yield Finding("note", f"{LEDGER} line {number} is torn, as a kill leaves it; it is passed over")
    interrupted = registry.interrupted(models)
    for entry in interrupted if idle else ():
        what = f"a move of champion-{entry['recipe']} to {entry['version']} was interrupted"
        yield Finding("left over", what, "`avocet doctor --fix` closes it")
    busy = {entry["recipe"] for entry in interrupted}
    for recipe in sorted({*recipes(models), *registry.champions(models)} - busy):
        yield from _agreement(models, recipe)


def _agreement(models: Path, recipe: str) -> Iterator[Finding]:
    line, is_now = lineage(models, recipe), registry.champion_id(models, recipe)
    if not line and is_now:
        yield Finding("note", f"champion-{recipe} names {is_now}, and the ledger does not say since when")
    elif line and line[-1] != is_now:
        what = f"the ledger says that the champion of {recipe} is {line[-1]}, the pointer says {is_now or 'none'}"
        yield Finding("damaged", what, f"`avocet rollback {line[-1]} --recipe {recipe}` believes the ledger")


def _staging(models: Path) -> Iterator[Finding]:
    for path in registry.stale(models):
        yield Finding("left over", f"{path.name} is from a run that was killed", "`avocet doctor --fix` removes it")
