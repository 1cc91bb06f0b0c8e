"""Versions under models/: built aside, sealed, renamed into place, immutable; and the one pointer to the champion.

models/<version>/           training_info.json, weights, learned_from.json, manifest.json (written last)
models/avocet-<candidate>   link to the newest version of that candidate
models/champion-<recipe>    link to the version in use
models/.resume-<name>       checkpoints that a killed training goes on from (resume.py)
models/ledger.jsonl         one line for each promotion, refusal and rollback, append-only (history.py)
"""

import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avocet import durable
from avocet.durable import on_disk as on_disk
from avocet.errors import DamagedVersionError, NotFoundError
from avocet.history import MOVES
from avocet.history import ledger as ledger  # callers know the registry, not where its lines are kept
from avocet.history import record as record
from avocet.home import checked_name

INFO, MANIFEST, LEARNED_FROM = "training_info.json", "manifest.json", "learned_from.json"
STAGING = ".staging-"
RESUME, RESUME_DAYS = ".resume-", 7  # checkpoints of killed trainings (resume.py), and how long they may wait


# What links under models/ are called: a version of such a name would stand in their way.
POINTERS = ("champion-", "avocet-")


@dataclass(frozen=True)
class Version:
    """One trained folder: its name, its place, and its training_info.json."""

    id: str
    folder: Path
    info: Mapping[str, Any]


def new_staging(models: Path) -> Path:
    """An empty folder to build a version in; invisible to readers, since its name begins with a dot."""
    folder = models / f"{STAGING}{secrets.token_hex(6)}"
    with on_disk("making a staging folder"):
        models.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    return folder


def discard(staging: Path) -> None:
    """Remove a staging folder that will not become a version."""
    if not staging.name.startswith(STAGING):
        raise ValueError(f"{staging.name} is no staging folder")
    # Gone already where what followed its publication failed; and what a failing disk keeps, a later sweep removes:
    # the error to be told is the first one.
    shutil.rmtree(staging, ignore_errors=True)


def stale(models: Path) -> list[Path]:
    """What killed runs left behind and no run will use, if none is at work now."""
    return sorted(p for p in models.glob(".*") if p.name.startswith(STAGING) or p.is_symlink() or _given_up(p))


def _given_up(path: Path) -> bool:
    """Whether these are checkpoints that no run came back to."""
    if not path.name.startswith(RESUME):
        return False
    return time.time() - path.stat().st_mtime > RESUME_DAYS * 86400


def sweep(models: Path) -> list[str]:
    """Remove what killed runs left behind; call only while holding the run lock. Returns the names removed."""
    found = stale(models)
    with on_disk("removing what a killed run left"):
        for path in found:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    return [p.name for p in found]


def write_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Write training_info.json into a staging folder."""
    text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
    with on_disk(f"writing {INFO}"):
        (folder / INFO).write_text(text + "\n", encoding="utf-8")


def read_info(folder: Path) -> dict[str, Any]:
    """The folder's training_info.json. Raises DamagedVersionError."""
    return _read_json(folder, INFO)


def write_learned_from(folder: Path, groups: Mapping[str, list[str]]) -> None:
    """Write which rows (digests of their words, no text) the version learned from, by side."""
    with on_disk(f"writing {LEARNED_FROM}"):
        (folder / LEARNED_FROM).write_text(json.dumps(groups) + "\n", encoding="utf-8")


def learned_from(folder: Path) -> frozenset[str]:
    """Keys of rows that the version in `folder` was trained or stopped early on. Raises DamagedVersionError."""
    found = _read_json(folder, LEARNED_FROM)
    if not all(isinstance(found.get(side), list) for side in ("train", "validation")):
        raise DamagedVersionError(f"version {folder.name}: {LEARNED_FROM} does not list train and validation")
    return frozenset(found["train"]) | frozenset(found["validation"])


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DamagedVersionError(f"version {folder.name}: {name} is missing or not JSON") from None
    if not isinstance(found, dict):
        raise DamagedVersionError(f"version {folder.name}: {name} holds no object")
    return found


def seal(folder: Path) -> None:
    """Write the manifest (sha256 and size of every file) as the last file: before it, a version does not exist."""
    text = json.dumps({"format": 1, "version": read_info(folder)["version"], "files": fingerprints(folder)}, indent=2)
    with on_disk(f"writing {MANIFEST}"):
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def verify(folder: Path) -> None:
    """Check that the folder holds exactly the files of its manifest, unaltered. Raises DamagedVersionError."""
    wanted = _read_json(folder, MANIFEST).get("files")
    if not isinstance(wanted, dict):
        raise DamagedVersionError(f"version {folder.name}: the manifest lists no files")
    have = {name for name in _files(folder) if name != MANIFEST}
    if have != set(wanted):
        odd = sorted(have ^ set(wanted))[0]
        raise DamagedVersionError(
            f"version {folder.name}: {odd} is {'not in the manifest' if odd in have else 'missing'}"
        )
    links = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink())
    if links:
        raise DamagedVersionError(f"version {folder.name}: {links[0]} is a link; a version holds files only")
    for name, mark in wanted.items():
        if _fingerprint(folder / name) != mark:
            raise DamagedVersionError(f"version {folder.name}: {name} is not the file that was sealed")


def fingerprints(folder: Path) -> dict[str, dict[str, Any]]:
    """sha256 and size of every file below `folder` but its manifest. Raises DamagedVersionError for a link."""
    return {name: _fingerprint(folder / name) for name in _files(folder) if name != MANIFEST}


def size_bytes(folder: Path) -> int:
    """Bytes of the version's own files; a base that it refers to is not counted."""
    return sum((folder / name).stat().st_size for name in _files(folder))


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def _fingerprint(path: Path) -> dict[str, Any]:
    if path.is_symlink():
        raise DamagedVersionError(f"{path.name} is a link; a version holds files only")
    try:
        with path.open("rb") as stream:
            return {"sha256": hashlib.file_digest(stream, "sha256").hexdigest(), "bytes": path.stat().st_size}
    except OSError as e:
        raise DamagedVersionError(f"{path.parent.name}/{path.name} cannot be read: {e.strerror}") from None


def publish(staging: Path, alias: str | None) -> Version:
    """Rename a sealed staging folder to its version id, durably, and point `models/<alias>` (if any) at it.

    Raises DamagedVersionError where the staging folder does not verify; then nothing is published. Raises
    DiskError; then the version is there and whole, or it is not there.
    """
    verify(staging)
    if alias is not None:
        checked_name(alias, "alias")
    version = checked_name(str(read_info(staging)["version"]), "version")
    target = staging.parent / version
    with on_disk(f"publishing {version}"):
        durable.sync_tree(staging)
        staging.rename(target)
        durable.sync(target.parent)
        if alias is not None:
            point_alias(target.parent, alias, version)
    return open_version(target)


def point_alias(models: Path, alias: str, version: str) -> None:
    """`models/<alias>` names `version`; nothing is written where it does already."""
    link = models / alias
    if link.is_symlink() and str(link.readlink()) == version:
        return
    if link.is_dir() and not link.is_symlink():  # a folder of that name from before Avocet: kept, under another name
        link.rename(link.with_name(f"{alias}-before-{version}"))
    durable.replace_link(link, version)


def open_version(folder: Path) -> Version:
    """The version in `folder` (a link is followed once, so that a later promotion cannot mix two versions)."""
    real = folder.resolve()
    if not real.is_dir():
        raise NotFoundError(f"no model at {folder}; `avocet models` lists what there is")
    return Version(real.name, real, read_info(real))


def versions(models: Path) -> list[Version]:
    """Every folder under `models` that has a training_info.json, newest first; links and staging left out.

    One whose training_info.json cannot be read is listed too, with `damaged` saying why as its only info.
    """
    folders = [p for p in models.glob("[!.]*") if p.is_dir() and not p.is_symlink() and (p / INFO).is_file()]
    found = [Version(p.name, p, _info_or_damage(p)) for p in folders]
    return sorted(found, key=lambda v: (str(v.info.get("timestamp", "")), v.id), reverse=True)


def _info_or_damage(folder: Path) -> dict[str, Any]:
    try:
        return read_info(folder)
    except DamagedVersionError as e:
        return {"damaged": str(e)}


def champion(models: Path, recipe: str) -> Version | None:
    """The version in use for `recipe`, or None. Raises NotFoundError where the pointer dangles."""
    link = models / f"champion-{checked_name(recipe, 'recipe')}"
    return open_version(link) if link.is_symlink() else None


def champions(models: Path) -> dict[str, str]:
    """Recipe -> version id of each champion pointer."""
    links = sorted(p for p in models.glob("champion-*") if p.is_symlink())
    return {p.name.removeprefix("champion-"): str(p.readlink()) for p in links}


def promote(models: Path, recipe: str, version: str, run: str, sentence: str, run_key: str | None = None) -> None:
    """Make `version` the champion of `recipe`, as the gate has decided. Raises what `move` raises."""
    move(models, recipe, version, "promoting", {"run": run}, {"sentence": sentence, "run_key": run_key})


def move(
    models: Path, recipe: str, version: str, event: str, story: Mapping[str, Any], ending: Mapping[str, Any]
) -> None:
    """Point the champion of `recipe` at `version`: the pointer in one move, between two lines of the ledger.

    The first line (`event`, a key of MOVES) says what is about to happen, the second that it has; `recover`
    closes a move that a kill left between them. Raises DamagedVersionError before anything changes, and
    DiskError after the pointer was put back where the disk still let us.
    """
    link = models / f"champion-{checked_name(recipe, 'recipe')}"
    verify(models / checked_name(version, "version"))
    opening = {"recipe": recipe, "version": version, "before": champion_id(models, recipe), **story}
    with on_disk(f"{event.replace('_', ' ')} {version}"):
        record(models, {"event": event, **opening})
        try:
            durable.replace_link(link, version)
            record(models, {"event": MOVES[event], **opening, "champion": version, **ending})
        except OSError:
            _put_back(link, opening)
            raise


def _put_back(link: Path, opening: Mapping[str, Any]) -> None:
    """The pointer as it was, as far as the disk lets us; if it does not, `recover` makes the ledger follow the pointer."""
    before = opening["before"]
    with suppress(OSError):
        if before is None:
            link.unlink(missing_ok=True)
            durable.sync(link.parent)
        elif str(link.readlink()) != before:
            durable.replace_link(link, before)
        record(link.parent, {"event": "abandoned", **opening})


def refuse(
    models: Path,
    recipe: str,
    version: str | None,
    run: str,
    sentence: str,
    reason: str,
    run_key: str | None = None,
) -> None:
    """Note in the ledger that `version` did not become the champion of `recipe`, and why."""
    story = {"recipe": recipe, "version": version, "champion": champion_id(models, recipe), "run": run}
    with on_disk(f"noting that {version} was refused"):
        record(models, {"event": "refused", **story, "reason": reason, "sentence": sentence, "run_key": run_key})


def champion_id(models: Path, recipe: str) -> str | None:
    """Version id that the champion pointer names, whether or not it can be opened."""
    link = models / f"champion-{recipe}"
    return str(link.readlink()) if link.is_symlink() else None


def recover(models: Path) -> list[str]:
    """Close moves that a kill interrupted; call only while holding the run lock. Returns what was found."""
    told = []
    for entry in interrupted(models):
        done = champion_id(models, entry["recipe"]) == entry["version"]
        story = {k: v for k, v in entry.items() if k not in ("at", "event")}
        event = MOVES[entry["event"]] if done else "abandoned"
        with on_disk("closing an interrupted promotion"):
            record(models, {**story, "event": event, "recovered": True})
        what = "rollback to" if entry["event"] == "rolling_back" else "promotion of"
        told.append(f"an interrupted {what} {entry['version']} was {'finished' if done else 'left undone'}")
    return told


def interrupted(models: Path) -> list[dict[str, Any]]:
    """The opening line of each recipe's last move, where no line closes it."""
    last = {}
    for entry in ledger(models):
        if isinstance(entry.get("recipe"), str) and entry.get("event") in (*MOVES, *MOVES.values(), "abandoned"):
            last[entry["recipe"]] = entry
    return [entry for entry in last.values() if entry["event"] in MOVES and isinstance(entry.get("version"), str)]
