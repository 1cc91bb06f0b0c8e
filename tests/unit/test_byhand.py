"""Rolling back and forcing a promotion: proved first, recorded with a name, never half."""

import getpass
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet import byhand, durable, history, registry, runs
from avocet.byhand import override, rollback
from avocet.errors import (
    AvocetError,
    BusyError,
    DamagedVersionError,
    DiskError,
    NonFiniteError,
    NotFoundError,
    NothingToDoError,
    WrongUseError,
)
from avocet.home import Home

Make = Callable[..., str]


@pytest.fixture
def three(place: Home, tfidf_version: Make) -> tuple[str, str, str]:
    """Three versions of `tiny`, promoted one after the other."""
    found = tuple(tfidf_version(f"tfidf-{i}", penalty=float(i)) for i in (1, 2, 3))
    for version in found:
        registry.promote(place.models, "tiny", version, f"run-{version}", f"promoted {version}", f"key-{version}")
    return found  # type: ignore[return-value]


def champion(place: Home) -> str | None:
    return registry.champion_id(place.models, "tiny")


def last(place: Home) -> dict[str, object]:
    return registry.ledger(place.models)[-1]


def test_a_rollback_goes_one_champion_back_each_time(place: Home, three: tuple[str, str, str]) -> None:
    """With who did it; and says when there is nothing before."""
    first, second, third = three
    moved = rollback(place, None, None)
    assert (moved.version, moved.before, champion(place)) == (second, third, second)
    assert last(place)["event"] == "rolled_back" and last(place)["user"] == getpass.getuser()
    assert rollback(place, None, "tiny").version == first
    with pytest.raises(NothingToDoError, match="had no champion before tfidf-1, and there is no base model"):
        rollback(place, None, None)
    assert champion(place) == first


def test_a_rollback_to_a_named_version_is_idempotent(place: Home, three: tuple[str, str, str]) -> None:
    """The second time says so and writes nothing."""
    rollback(place, three[0], None)
    lines = registry.ledger(place.models)
    with pytest.raises(NothingToDoError, match="is the champion of tiny already"):
        rollback(place, three[0], None)
    assert registry.ledger(place.models) == lines and champion(place) == three[0]
    assert rollback(place, three[2], None).version == three[2]  # and forth, by name


DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": shutil.rmtree,
    "altered": lambda folder: (folder / "tfidf.safetensors").write_bytes(b"rot"),
    "without a story": lambda folder: (folder / "training_info.json").unlink(),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_rollback_works_when_the_newest_version_is_damaged(
    what: str, place: Home, three: tuple[str, str, str]
) -> None:
    """It is what one rolls back from."""
    DAMAGE[what](place.models / three[2])
    assert rollback(place, None, None).version == three[1] == champion(place)


@pytest.mark.parametrize("what", DAMAGE)
def test_a_rollback_to_a_damaged_version_changes_nothing(what: str, place: Home, three: tuple[str, str, str]) -> None:
    """It names the one that would do."""
    DAMAGE[what](place.models / three[1])
    lines = registry.ledger(place.models)
    with pytest.raises((DamagedVersionError, NotFoundError), match="`avocet rollback tfidf-1` goes further back"):
        rollback(place, None, None)
    assert champion(place) == three[2] and registry.ledger(place.models) == lines


def test_a_version_of_nans_is_not_rolled_back_to(place: Home, tfidf_version: Make) -> None:
    """Its digests are right and it loads; what it says is no number."""
    tfidf_version("good")
    staging = place.models / ".staging-bad"
    shutil.copytree(place.models / "good", staging)
    from safetensors.numpy import load_file, save_file

    tensors = load_file(staging / "tfidf.safetensors")
    tensors["bias"] = tensors["bias"] * float("nan")
    save_file(tensors, staging / "tfidf.safetensors")
    registry.write_info(staging, {**registry.read_info(staging), "version": "bad"})
    registry.seal(staging)
    registry.publish(staging, None)
    for version in ("bad", "good"):
        registry.promote(place.models, "tiny", version, "run", "")
    with pytest.raises(NonFiniteError):
        rollback(place, None, None)
    assert champion(place) == "good"


def test_only_former_champions_are_rolled_back_to(
    place: Home, three: tuple[str, str, str], tfidf_version: Make
) -> None:
    """Others need a reason; a name that leads elsewhere leads nowhere."""
    tfidf_version("never")
    with pytest.raises(WrongUseError, match="was never champion"):
        rollback(place, "never", None)
    for name in ("../tfidf-1", "/etc", ""):
        with pytest.raises(AvocetError, match="is no name"):
            rollback(place, name, "tiny")
    assert champion(place) == three[2]


def test_whose_champion_must_be_clear(place: Home, three: tuple[str, str, str]) -> None:
    """With two recipes a rollback asks which, unless the version says it."""
    registry.promote(place.models, "other", three[0], "run", "")
    registry.promote(place.models, "other", three[1], "run", "")
    with pytest.raises(WrongUseError, match=r"--recipe other \| tiny"):
        rollback(place, None, None)
    assert rollback(place, three[2] if champion(place) != three[2] else three[0], "tiny").recipe == "tiny"
    assert registry.champion_id(place.models, "other") == three[1]


def test_an_empty_home_has_nothing_to_roll_back(place: Home) -> None:
    """And says where to look."""
    with pytest.raises(NotFoundError, match="avocet history"):
        rollback(place, None, None)


def test_what_a_person_chose_is_not_undone_by_the_same_rows(place: Home, three: tuple[str, str, str]) -> None:
    """A night is settled by its key; rolling back keeps the key, so that only news judges again."""
    rollback(place, None, None)
    assert last(place)["run_key"] == f"key-{three[2]}" and last(place)["champion"] == three[1]


def test_a_forced_promotion_keeps_name_and_reason(place: Home, tfidf_version: Make) -> None:
    """And needs both the version's own recipe and a reason."""
    tfidf_version("tfidf-1")
    for reason in ("", "  \n", "x" * 501):
        with pytest.raises(WrongUseError, match="needs a reason of 1 to 500"):
            override(place, "tfidf-1", None, reason)
    with pytest.raises(WrongUseError, match="belongs to recipe tiny"):
        override(place, "tfidf-1", "other", "why not")
    assert champion(place) is None and registry.ledger(place.models) == []
    override(place, "tfidf-1", None, "the  gate's\nholdout was wrong")
    opened, done = registry.ledger(place.models)
    assert (opened["event"], done["event"]) == ("overriding", "overridden")
    assert done["reason"] == opened["reason"] == "the gate's holdout was wrong" and done["user"] == getpass.getuser()
    with pytest.raises(NothingToDoError):
        override(place, "tfidf-1", None, "again")
    (word,) = history.history(place.models)
    assert word.by == getpass.getuser() and "without the gate" in word.sentence


def test_a_reason_that_cannot_be_printed_is_kept_as_far_as_it_can(place: Home, tfidf_version: Make) -> None:
    """A broken byte of a command line arrives as half a surrogate pair; no later reader may stumble over it."""
    tfidf_version("tfidf-1")
    override(place, "tfidf-1", None, "gr\udcfcn")
    assert last(place)["reason"] == "gr?n" and champion(place) == "tfidf-1"


def test_one_at_a_time(place: Home, three: tuple[str, str, str]) -> None:
    """While a run holds the lock, nobody moves its pointer."""
    with runs.only_one(place):
        for attempt in (lambda: rollback(place, None, None), lambda: override(place, three[0], None, "x")):
            with pytest.raises(BusyError):
                attempt()
    assert champion(place) == three[2]


@pytest.mark.parametrize("moved", [True, False])
def test_a_rollback_that_a_kill_interrupted_is_closed(
    moved: bool, place: Home, three: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the pointer says, with the name of who began it."""
    replace_link = durable.replace_link

    def killed(link: Path, target: str) -> None:
        if moved:
            replace_link(link, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(durable, "replace_link", killed)
    with pytest.raises(KeyboardInterrupt):
        rollback(place, None, None)
    monkeypatch.undo()
    ending = "finished" if moved else "left undone"
    assert registry.recover(place.models) == [f"an interrupted rollback to tfidf-2 was {ending}"]
    assert last(place)["event"] == ("rolled_back" if moved else "abandoned") and last(place)["user"]
    assert history.lineage(place.models, "tiny") == (three[:2] if moved else three)


def test_a_pointer_that_moved_without_its_line_is_put_back(
    place: Home, three: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears of a failure: then the old champion must still be the champion."""
    record = registry.record

    def full(models: Path, entry: dict[str, object]) -> None:
        if entry["event"] == "rolled_back":
            raise OSError(28, "No space left on device")
        record(models, entry)

    monkeypatch.setattr(registry, "record", full)
    with pytest.raises(DiskError, match="No space left"):
        rollback(place, None, None)
    assert champion(place) == three[2] and last(place)["event"] == "abandoned"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have no entry for its user."""

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert byhand.user().startswith("uid ")


def test_a_rollback_takes_well_under_a_second(place: Home, three: tuple[str, str, str]) -> None:
    """Once the libraries are imported: lock, digests, loading, a prediction, pointer and ledger."""
    rollback(place, three[0], None)
    took = []
    for version in (three[1], three[0], three[1]):
        started = time.perf_counter()
        rollback(place, version, None)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.5
