"""Where a training that was killed goes on: models/.resume-<alias>-<key>/, each checkpoint sealed by a manifest.

A checkpoint counts only if its manifest, written last, names its files exactly: half a one looks whole to transformers.
It is kept for the same rows, settings, base and code (the training key) alone, and gone when the version is published.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from avocet import durable, registry
from avocet.durable import on_disk
from avocet.errors import DamagedVersionError
from avocet.home import checked_name

PREFIX = registry.RESUME
STATE = "trainer_state.json"
FINISHED = "finished"


def folder_for(models: Path, alias: str, key: str) -> Path:
    """The folder for the candidate called `alias` with this training key (not made here).

    Those of its other keys are removed: rows, settings or code have changed, so nothing goes on from them.
    """
    wanted = models / f"{PREFIX}{checked_name(alias, 'alias')}-{key[:16]}"
    for other in models.glob(f"{PREFIX}{alias}-*"):
        if other.name.rpartition("-")[0] == wanted.name.rpartition("-")[0] and other != wanted:
            forget(other)
    return wanted


def forget(folder: Path) -> None:
    """Remove the folder of a training that is published, or that must not be gone on with."""
    if not folder.name.startswith(PREFIX):
        raise ValueError(f"{folder.name} is no folder to resume from")
    shutil.rmtree(folder, ignore_errors=True)


def leave(folder: Path) -> None:
    """Keep what a later run can go on from; where nothing was sealed, remove the folder."""
    if not any(folder.rglob(registry.MANIFEST)):
        forget(folder)


def seal(checkpoint: Path, story: dict[str, Any] | None = None) -> None:
    """Make the checkpoint durable, then write its manifest. Raises DiskError."""
    with on_disk(f"sealing {checkpoint.name}"):
        (checkpoint / registry.MANIFEST).unlink(missing_ok=True)
        durable.sync_tree(checkpoint)
        text = json.dumps({"format": 1, "files": registry.fingerprints(checkpoint), "story": story or {}})
        durable.replace_text(checkpoint / registry.MANIFEST, text)
        durable.sync(checkpoint.parent)
    for parent in checkpoint.parents:
        if parent.name.startswith(PREFIX):
            os.utime(parent)  # its age counts from the last thing that was worth keeping


def story_of(checkpoint: Path) -> dict[str, Any] | None:
    """What was told at sealing; None where the checkpoint is not whole."""
    try:
        found = json.loads((checkpoint / registry.MANIFEST).read_text(encoding="utf-8"))
        return dict(found["story"]) if found["files"] == registry.fingerprints(checkpoint) else None
    except (OSError, ValueError, KeyError, TypeError, DamagedVersionError):
        return None


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint in `folder` whose best one is whole too; what cannot be gone on from is removed."""
    found = list(_checkpoints(folder))
    whole = [checkpoint for checkpoint in found if story_of(checkpoint) is not None]
    usable = [checkpoint for checkpoint in whole if best_of(checkpoint) in (None, *whole)]
    for checkpoint in found:
        if not usable or checkpoint not in (usable[-1], best_of(usable[-1])):
            shutil.rmtree(checkpoint, ignore_errors=True)
    return usable[-1] if usable else None


def thin(folder: Path, newest_one: Path) -> None:
    """Remove all checkpoints but the newest and the best so far: only once the newest is sealed."""
    for checkpoint in _checkpoints(folder):
        if checkpoint not in (newest_one, best_of(newest_one)):
            shutil.rmtree(checkpoint, ignore_errors=True)


def best_of(checkpoint: Path) -> Path | None:
    """The checkpoint that training would come back to in the end, as its state says."""
    named = state_of(checkpoint).get("best_model_checkpoint")
    return Path(named) if named else None


def state_of(checkpoint: Path) -> dict[str, Any]:
    """The trainer's own state in a checkpoint; empty where there is none."""
    with suppress(OSError, ValueError):
        found = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _checkpoints(folder: Path) -> Iterator[Path]:
    """Checkpoints by step, oldest first."""
    found = [p for p in folder.glob("checkpoint-*") if p.is_dir() and p.name.rpartition("-")[2].isdigit()]
    return iter(sorted(found, key=lambda p: int(p.name.rpartition("-")[2])))
