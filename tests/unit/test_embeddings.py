"""Embeddings on disk: what was embedded once is not embedded again, and a cache can lose everything without harm."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from avocet.methods import embeddings
from avocet.methods.embeddings import keep, key_of, known
from avocet.methods.memory import forgetting, memory, remembering


def unit(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=8)
    return np.asarray((vector / np.linalg.norm(vector)).astype(np.float32), dtype=np.float64)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """By base, device, length and text; another text or another base is not known."""
    path, keys = tmp_path / "cache" / "e.sqlite", [key_of("base cpu 256", f"text {i}") for i in range(1200)]
    keep(path, {key: unit(i) for i, key in enumerate(keys)})
    found = known(path, keys)
    assert len(found) == 1200
    assert np.array_equal(found[keys[7]], unit(7))
    assert known(path, [key_of("other cpu 256", "text 7"), key_of("base cpu 128", "text 7")]) == {}


def test_no_text_is_in_the_file(tmp_path: Path) -> None:
    """A key is a digest."""
    path = tmp_path / "e.sqlite"
    keep(path, {key_of("base", "canary of a mail"): unit(0)})
    assert b"canary" not in path.read_bytes()


@pytest.mark.parametrize("damage", ["no database", "a flipped bit", "empty"])
def test_a_damaged_cache_costs_time_and_nothing_else(damage: str, tmp_path: Path) -> None:
    """It is an empty one; a vector that has not length 1 is not believed; the next night keeps again."""
    path, key = tmp_path / "e.sqlite", key_of("base", "text")
    keep(path, {key: unit(0)})
    if damage == "no database":
        path.write_bytes(b"x" * 4096)
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with sqlite3.connect(path) as db:
            db.execute("UPDATE embeddings SET vector = ?", ((unit(0) * 3).astype(np.float32).tobytes(),))
    assert known(path, [key]) == {}
    keep(path, {key: unit(1)})
    keep(path, {key: unit(1)})
    assert np.array_equal(known(path, [key])[key], unit(1))


def test_a_row_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    """After 60 days without use; one that was needed stays."""
    path, old, needed = tmp_path / "e.sqlite", key_of("base", "old"), key_of("base", "needed")
    keep(path, {old: unit(0), needed: unit(1)})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE embeddings SET used = used - ?", (embeddings.UNUSED_DAYS + 1,))
    keep(path, {}, used=[needed])
    assert list(known(path, [old, needed])) == [needed]


def test_what_is_timed_is_not_remembered(tmp_path: Path) -> None:
    """Within `forgetting` there is no memory, and after it there is."""
    with remembering(tmp_path / "e.sqlite"):
        room = memory("embeddings")
        with forgetting():
            assert memory("embeddings") is None
        assert memory("embeddings") is room
