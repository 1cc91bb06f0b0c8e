"""What is kept on disk: made once and not again, whole or not believed; a cache can lose everything without harm."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from avocet.methods import kept, tfidf
from avocet.methods.kept import keep, key_of, known
from avocet.methods.memory import forgetting, of_each, remembering


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """By what made it and text; another text or another base is not known."""
    path, keys = tmp_path / "cache" / "kept.sqlite", [key_of("base cpu 256", f"text {i}") for i in range(1200)]
    keep(path, {key: b"%d" % i for i, key in enumerate(keys)})
    found = known(path, keys)
    assert len(found) == 1200
    assert found[keys[7]] == b"7"
    assert known(path, [key_of("other cpu 256", "text 7"), key_of("base cpu 128", "text 7")]) == {}


def test_no_text_is_in_the_file(tmp_path: Path) -> None:
    """A key is a digest, and terms are hashed."""
    with remembering(tmp_path / "kept.sqlite"):
        tfidf.counts_of(["canary of a mail"])
    assert b"canary" not in (tmp_path / "kept.sqlite").read_bytes()


@pytest.mark.parametrize("damage", ["no database", "a flipped bit", "another row's", "empty"])
def test_a_damaged_cache_costs_time_and_nothing_else(damage: str, tmp_path: Path) -> None:
    """It is an empty one; a value that was altered or moved is not believed; the next night keeps again."""
    path, key, other = tmp_path / "kept.sqlite", key_of("base", "text"), key_of("base", "other")
    keep(path, {key: b"made", other: b"of the other"})
    if damage == "no database":
        path.write_bytes(b"x" * 4096)
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with sqlite3.connect(path) as db:
            (raw,) = db.execute("SELECT value FROM made WHERE key = ?", (other,)).fetchone()
            if damage == "a flipped bit":
                (raw,) = db.execute("SELECT value FROM made WHERE key = ?", (key,)).fetchone()
                raw = raw[:-1] + bytes([raw[-1] ^ 1])
            db.execute("UPDATE made SET value = ? WHERE key = ?", (raw, key))
    assert known(path, [key]) == {}
    keep(path, {key: b"again"})
    keep(path, {key: b"again"})
    assert known(path, [key])[key] == b"again"


def test_a_row_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    """After 60 days without use; one that was needed stays."""
    path, old, needed = tmp_path / "kept.sqlite", key_of("base", "old"), key_of("base", "needed")
    keep(path, {old: b"0", needed: b"1"})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE made SET used = used - ?", (kept.UNUSED_DAYS + 1,))
    keep(path, {}, used=[needed])
    assert list(known(path, [old, needed])) == [needed]


@pytest.mark.parametrize(("days", "noted"), [(3, False), (8, True)])
def test_a_use_is_noted_once_a_week(days: int, noted: bool, tmp_path: Path) -> None:
    """To note each of a million uses each night would write the whole file each night."""
    path, key = tmp_path / "kept.sqlite", key_of("base", "text")
    keep(path, {key: b"made"})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE made SET used = used - ?", (days,))
    keep(path, {}, used=[key])
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT CAST(julianday('now') AS INTEGER) - used FROM made").fetchone() == (
            0 if noted else days,
        )


class Counter:
    """Makes text lengths, and notes of which texts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def lengths(self, texts: list[str], mark: str | None = "lengths") -> list[int]:
        def make(new: list[str]) -> list[int]:
            self.asked += new
            return [len(text) for text in new]

        return list(of_each(texts, mark, make, lambda n: b"%d" % n, int))


def test_a_text_is_made_once_and_a_night_makes_its_new_ones_only(tmp_path: Path) -> None:
    """Twice in one question, twice in one night, and in a later night; in the order asked."""
    counter, disk = Counter(), tmp_path / "kept.sqlite"
    with remembering(disk):
        assert counter.lengths(["aa", "b", "aa"]) == [2, 1, 2]
        assert counter.lengths(["b", "aa"]) == [1, 2]
    with remembering(disk):
        assert counter.lengths(["ccc", "aa"]) == [3, 2]
    assert counter.asked == ["aa", "b", "ccc"]


def test_what_is_timed_is_not_remembered(tmp_path: Path) -> None:
    """Nor what no mark tells apart, nor anything outside."""
    counter = Counter()
    with remembering(tmp_path / "kept.sqlite"):
        counter.lengths(["a"])
        with forgetting():
            counter.lengths(["a"])
        counter.lengths(["a"], mark=None)
        counter.lengths(["a"])
    counter.lengths(["a"])
    assert counter.asked == ["a"] * 4


def test_terms_are_the_same_from_the_disk(tmp_path: Path) -> None:
    """Bit for bit, with a text that has no term, one that repeats its terms often, and one in another script."""
    texts = ["invoice invoice 42", "", "x " * 70_000, "переслано вчера", "?!"]
    fresh = tfidf.counts_of(texts)
    for _ in range(2):
        with remembering(tmp_path / "kept.sqlite"):
            again = tfidf.counts_of(texts)
        assert (again != fresh).nnz == 0
        assert again.shape == fresh.shape == (5, 2 * tfidf.N_FEATURES)
    assert fresh.max() >= 70_000
    assert np.diff(fresh.indptr)[1] == 0


def test_no_text_has_no_terms() -> None:
    """Shape (0, features): a fold or a side may be empty."""
    assert tfidf.counts_of([]).shape == (0, 2 * tfidf.N_FEATURES)


def test_other_code_makes_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a release counts otherwise must not be mixed with, or judged by, what the last one counted."""
    with remembering(tmp_path / "kept.sqlite"):
        tfidf.counts_of(["a mail"])
    counted: list[str] = []
    count = tfidf._counted
    monkeypatch.setattr(tfidf, "_counted", lambda texts: counted.extend(texts) or count(texts))
    with remembering(tmp_path / "kept.sqlite"):
        tfidf.counts_of(["a mail"])
        assert counted == []
        monkeypatch.setattr(tfidf, "made_by", lambda *_: "other code")
        tfidf.counts_of(["a mail"])
        assert counted == ["a mail"]
    (tmp_path / "a.py").write_text("a = 1")
    (tmp_path / "b.py").write_text("a = 2")
    assert kept.made_by(str(tmp_path / "a.py"), "numpy") != kept.made_by(str(tmp_path / "b.py"), "numpy")


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    """What was made of a mail lets others guess at the mail."""
    path = tmp_path / "cache" / "kept.sqlite"
    keep(path, {key_of("m", "a mail"): b"made"})
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_disk_that_takes_nothing_costs_time_only(tmp_path: Path) -> None:
    """Here a file stands where the folder should be."""
    (tmp_path / "cache").write_text("")
    path = tmp_path / "cache" / "kept.sqlite"
    keep(path, {key_of("m", "a mail"): b"made"})
    assert known(path, [key_of("m", "a mail")]) == {}
