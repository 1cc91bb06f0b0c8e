"""Versions under models/: built aside, sealed, renamed into place, immutable; and the one pointer to the champion.

models/<version>/           training_info.json, weights, learned_from.json, manifest.json (written last)
models/avocet-<candidate>   link to the newest version of that candidate
models/champion-<recipe>    link to the version in use
models/ledger.jsonl         one line for each promotion and each refusal, append-only
"""

import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from avocet import durable
from avocet.errors import DamagedVersionError, NotFoundError
from avocet.home import checked_name

INFO, MANIFEST, LEARNED_FROM, LEDGER = (
    "training_info.json",
    "manifest.json",
    "learned_from.json",
    "ledger.jsonl",
)
_STAGING = ".staging-"


@dataclass(frozen=True)
class Version:
    """One trained folder: its name, its place, and its training_info.json."""

    id: str
    folder: Path
    info: Mapping[str, Any]


def new_staging(models: Path) -> Path:
    """An empty folder to build a version in; invisible to readers, since its name begins with a dot."""
    models.mkdir(parents=True, exist_ok=True)
    folder = models / f"{_STAGING}{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    return folder


def discard(staging: Path) -> None:
    """Remove a staging folder that will not become a version."""
    if not staging.name.startswith(_STAGING):
        raise ValueError(f"{staging.name} is no staging folder")
    if staging.exists():  # published already, where what followed failed
        shutil.rmtree(staging)


def sweep(models: Path) -> list[str]:
    """Remove what killed runs left behind; call only while holding the run lock. Returns the names removed."""
    stale = [p for p in models.glob(".*") if p.name.startswith(_STAGING) or p.is_symlink()]
    for path in stale:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return sorted(p.name for p in stale)


def write_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Write training_info.json into a staging folder."""
    (folder / INFO).write_text(json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_info(folder: Path) -> dict[str, Any]:
    """The folder's training_info.json. Raises DamagedVersionError."""
    return _read_json(folder, INFO)


def write_learned_from(folder: Path, groups: Mapping[str, list[str]]) -> None:
    """Write which groups (digests, no text) the version learned from, by side."""
    (folder / LEARNED_FROM).write_text(json.dumps(groups) + "\n", encoding="utf-8")


def learned_from(folder: Path) -> frozenset[str]:
    """Groups that the version in `folder` was trained or stopped early on. Raises DamagedVersionError."""
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
    files = {name: _fingerprint(folder / name) for name in _files(folder) if name != MANIFEST}
    text = json.dumps({"format": 1, "version": read_info(folder)["version"], "files": files}, indent=2)
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


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def _fingerprint(path: Path) -> dict[str, Any]:
    if path.is_symlink():
        raise DamagedVersionError(f"{path.name} is a link; a version holds files only")
    with path.open("rb") as stream:
        return {"sha256": hashlib.file_digest(stream, "sha256").hexdigest(), "bytes": path.stat().st_size}


def publish(staging: Path, alias: str) -> Version:
    """Rename a sealed staging folder to its version id, durably, and point `models/<alias>` at it.

    Raises DamagedVersionError where the staging folder does not verify; then nothing is published.
    """
    verify(staging)
    checked_name(alias, "alias")
    version = checked_name(str(read_info(staging)["version"]), "version")
    target = staging.parent / version
    durable.sync_tree(staging)
    staging.rename(target)
    durable.sync(target.parent)
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
    """Point the champion of `recipe` at `version`: the pointer in one move, between two lines of the ledger.

    The first line says what is about to happen, the second that it has; `recover` closes a promotion that a
    kill left between them. Raises DamagedVersionError before anything changes.
    """
    link = models / f"champion-{checked_name(recipe, 'recipe')}"
    verify(models / checked_name(version, "version"))
    before = champion_id(models, recipe)
    story = {"recipe": recipe, "version": version, "before": before, "run": run}
    record(models, {"event": "promoting", **story})
    durable.replace_link(link, version)
    record(models, {"event": "promoted", **story, "champion": version, "sentence": sentence, "run_key": run_key})


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
    record(models, {"event": "refused", **story, "reason": reason, "sentence": sentence, "run_key": run_key})


def champion_id(models: Path, recipe: str) -> str | None:
    """Version id that the champion pointer names, whether or not it can be opened."""
    link = models / f"champion-{recipe}"
    return str(link.readlink()) if link.is_symlink() else None


def recover(models: Path) -> list[str]:
    """Close promotions that a kill interrupted; call only while holding the run lock. Returns what was found."""
    told = []
    last = {e["recipe"]: e for e in ledger(models) if e.get("event") in ("promoting", "promoted", "abandoned")}
    for recipe, entry in last.items():
        if entry["event"] == "promoting":
            done = champion_id(models, recipe) == entry["version"]
            event = "promoted" if done else "abandoned"
            record(
                models,
                {
                    **{k: entry[k] for k in ("recipe", "version", "before", "run")},
                    "event": event,
                    "recovered": True,
                },
            )
            told.append(f"an interrupted promotion of {entry['version']} was {'finished' if done else 'left undone'}")
    return told


def record(models: Path, entry: Mapping[str, Any]) -> None:
    """Append one line to the ledger, with the time."""
    models.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    durable.append_line(models / LEDGER, json.dumps({"at": at, **entry}, ensure_ascii=False, allow_nan=False))


def ledger(models: Path) -> list[dict[str, Any]]:
    """All whole lines of the ledger, oldest first; a line that a kill tore is passed over."""
    path = models / LEDGER
    found = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found
