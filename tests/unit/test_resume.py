"""Checkpoints of killed trainings: half a one is recognised by its manifest, what nobody goes on from goes away."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet import registry, resume
from avocet.durable import is_full_disk, room_for
from avocet.errors import DiskError, OutOfMemoryError
from avocet.home import Home
from avocet.upkeep import doctor


def checkpoint(folder: Path, step: int, best: int | None = None) -> Path:
    """A sealed checkpoint of invented bytes."""
    made = folder / f"checkpoint-{step}"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_bytes(os.urandom(64))
    (made / "optimizer.pt").write_bytes(os.urandom(64))
    named = str(folder / f"checkpoint-{best}") if best else None
    (made / resume.STATE).write_text(json.dumps({"global_step": step, "best_model_checkpoint": named}))
    resume.seal(made)
    return made


def truncated(made: Path) -> None:
    (made / "optimizer.pt").write_bytes((made / "optimizer.pt").read_bytes()[:32])


def a_file_less(made: Path) -> None:
    (made / "optimizer.pt").unlink()


def a_file_more(made: Path) -> None:
    (made / "rng_state.pth").write_bytes(b"")


def unsealed(made: Path) -> None:
    (made / registry.MANIFEST).unlink()


def half_a_manifest(made: Path) -> None:
    (made / registry.MANIFEST).write_text((made / registry.MANIFEST).read_text()[:40])


def other_bytes(made: Path) -> None:
    (made / "model.safetensors").write_bytes(os.urandom(64))


@pytest.mark.parametrize("spoil", [truncated, a_file_less, a_file_more, unsealed, half_a_manifest, other_bytes])
def test_half_a_checkpoint_is_passed_over_and_removed(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    """The one before it is gone on from; steps are compared as numbers."""
    whole, half = checkpoint(tmp_path, 9), checkpoint(tmp_path, 10)
    spoil(half)
    assert resume.newest(tmp_path) == whole
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint-9"]


def test_a_checkpoint_whose_best_one_is_gone_is_not_gone_on_from(tmp_path: Path) -> None:
    """Training would come back to other weights in the end."""
    best, last = checkpoint(tmp_path, 5), checkpoint(tmp_path, 10, best=5)
    assert resume.newest(tmp_path) == last and best.exists()
    truncated(best)
    assert resume.newest(tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_older_checkpoints_go_only_once_a_newer_one_is_sealed(tmp_path: Path) -> None:
    """The best one stays."""
    for step in (5, 10):
        checkpoint(tmp_path, step)
    resume.thin(tmp_path, checkpoint(tmp_path, 15, best=5))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint-15", "checkpoint-5"]


def test_another_key_of_the_same_candidate_takes_the_old_checkpoints_away(place: Home) -> None:
    """Other candidates keep theirs, also one whose name begins alike."""
    models = place.models
    old = resume.folder_for(models, "avocet-tiny-small", "a" * 64)
    other = resume.folder_for(models, "avocet-tiny-small-2", "a" * 64)
    for folder in (old, other):
        checkpoint(folder / "0-1", 5)
    new = resume.folder_for(models, "avocet-tiny-small", "b" * 64)
    assert (old.exists(), other.exists(), new.exists()) == (False, True, False)
    assert new.name == ".resume-avocet-tiny-small-" + "b" * 16
    with pytest.raises(ValueError, match="no folder to resume from"):
        resume.forget(models)


def test_checkpoints_wait_a_week_for_a_run_to_come_back(place: Home) -> None:
    """No version, no finding, not swept; then doctor tells and the next run sweeps."""
    folder = resume.folder_for(place.models, "avocet-tiny-small", "a" * 64)
    checkpoint(folder / "0-1", 5)
    assert (registry.versions(place.models), registry.sweep(place.models), doctor(place)) == ([], [], [])
    old = time.time() - (registry.RESUME_DAYS + 1) * 86400
    os.utime(folder, (old, old))
    assert [f.kind for f in doctor(place)] == ["left over"]
    assert registry.sweep(place.models) == [folder.name]


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("[enforce fail at inline_container.cc:668] . unexpected pos 64 vs 0"),
        Exception("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_one_line_whichever_library_was_writing(error: Exception) -> None:
    """And nothing else is taken for one."""
    assert is_full_disk(error)
    with (
        pytest.raises(DiskError, match=r"the disk is full \(training small\); nothing was published"),
        room_for("training small"),
    ):
        raise error
    for other in (RuntimeError("boom"), OSError(2, "no such file"), OutOfMemoryError("x")):
        with pytest.raises(type(other)) as caught, room_for("training small"):
            raise other
        assert caught.value is other
