"""Doctor finds each kind of damage and says what to do; prune never takes what a rollback may need."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet import registry, runs
from avocet.errors import BusyError, WrongUseError
from avocet.home import Home
from avocet.registry import Version
from avocet.retention import prune
from avocet.upkeep import doctor

Make = Callable[..., Version]


@pytest.fixture
def models(place: Home, published: Make) -> Path:
    """Versions a and b of `tiny`, promoted one after the other."""
    for version in ("tfidf-a", "tfidf-b"):
        published(place.models, version, timestamp=f"2026-11-01T00:00:0{version == 'tfidf-b':d}Z")
        registry.promote(place.models, "tiny", version, "run", "")
    return place.models


def told(place: Home, fix: bool = False) -> list[str]:
    return [str(f) for f in doctor(place, fix)]


def test_a_healthy_home_has_no_findings(place: Home, models: Path) -> None:
    """Nor has an empty one."""
    assert told(place) == [] and told(place, fix=True) == []
    shutil.rmtree(models)
    assert told(place) == []


def _repoint(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


ILL: dict[str, tuple[Callable[[Path], object], str]] = {
    "champion altered": (
        lambda m: (m / "tfidf-b" / "weights.safetensors").write_bytes(b"rot"),
        r"^damaged: champion version tfidf-b: weights.safetensors is not the file that was sealed; `avocet rollback`",
    ),
    "another altered": (
        lambda m: (m / "tfidf-a" / "weights.safetensors").unlink(),
        r"^damaged: version tfidf-a: weights.safetensors is missing; it is no champion: remove models/tfidf-a$",
    ),
    "champion gone": (
        lambda m: shutil.rmtree(m / "tfidf-b"),
        r"^damaged: champion-tiny names tfidf-b, which is gone; `avocet rollback --recipe tiny`$",
    ),
    "champion without a story": (
        lambda m: (m / "tfidf-b" / "training_info.json").unlink(),
        r"^damaged: tfidf-b has no training_info.json.*`avocet rollback`",
    ),
    "alias dangles": (
        lambda m: _repoint(m / "avocet-tfidf", "nowhere"),
        r"^damaged: avocet-tfidf names nowhere, which is gone; remove models/avocet-tfidf",
    ),
    "pointer leads out": (lambda m: _repoint(m / "champion-tiny", "/etc"), r"^damaged: champion-tiny leads out of models/"),
    "pointer moved by hand": (
        lambda m: _repoint(m / "champion-tiny", "tfidf-a"),
        r"^damaged: the ledger says that the champion of tiny is tfidf-b, the pointer says tfidf-a; `avocet rollback tfidf-b",
    ),
    "pointer gone": (lambda m: (m / "champion-tiny").unlink(), r"is tfidf-b, the pointer says none"),
    "another recipe's version": (
        lambda m: (m / "champion-other").symlink_to("tfidf-a"),
        r"^damaged: champion-other names tfidf-a, a version of tiny",
    ),
    "ledger gone": (
        lambda m: (m / "ledger.jsonl").unlink(),
        r"^note: champion-tiny names tfidf-b, and the ledger does not say since when$",
    ),
    "torn line": (
        lambda m: (m / "ledger.jsonl").open("ab").write(b'{"at": "20'),
        r"^note: ledger.jsonl line 5 is torn, as a kill leaves it",
    ),
    "staging": (lambda m: registry.new_staging(m), r"^left over: .staging-\w+ is from a run that was killed; `avocet doctor"),
    "interrupted": (
        lambda m: registry.record(m, {"event": "promoting", "recipe": "tiny", "version": "tfidf-a", "before": "tfidf-b"}),
        r"^left over: a move of champion-tiny to tfidf-a was interrupted; `avocet doctor --fix` closes it$",
    ),
    "a stranger's folder": (
        lambda m: ((m / "old").mkdir(), (m / "old" / "training_info.json").write_text("{}")),
        r"^note: old was not made by Avocet and is never loaded$",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ILL)
def test_each_illness_is_found_and_its_cure_named(what: str, place: Home, models: Path) -> None:
    """One line each."""
    import re

    damage, says = ILL[what]
    damage(models)
    lines = told(place)
    assert any(re.search(says, line) for line in lines), lines
    assert all("\n" not in line for line in lines)


def test_fix_removes_left_overs_and_closes_the_ledger(place: Home, models: Path) -> None:
    """And the next look finds nothing."""
    for what in ("staging", "interrupted"):
        ILL[what][0](models)
    assert sorted(line[:12] for line in told(place, fix=True)) == ["note: an int", "note: remove"]
    assert told(place) == []


def test_doctor_lets_a_run_work(place: Home, models: Path) -> None:
    """Its staging is no left-over, and --fix waits for another day."""
    registry.new_staging(models)
    with runs.only_one(place):
        assert told(place) == ["note: a run is at work, so staging was not looked at"]
        with pytest.raises(BusyError):
            doctor(place, fix=True)
    assert len(registry.stale(models)) == 1


@pytest.fixture
def ten(place: Home, published: Make) -> Path:
    """tfidf-0 to tfidf-9; 0, 1, 2, 3 and 4 were champion in turn, then back to 1."""
    for i in range(10):
        published(place.models, f"tfidf-{i}", timestamp=f"2026-11-0{i}T00:00:00Z".replace("-00T", "-01T"))
    for i in range(5):
        registry.promote(place.models, "tiny", f"tfidf-{i}", "run", "")
    registry.move(place.models, "tiny", "tfidf-1", "rolling_back", {}, {})
    return place.models


def numbers(versions: object) -> str:
    return "".join(sorted(v.removeprefix("tfidf-") for v in versions))  # type: ignore[attr-defined]


def test_prune_keeps_the_line_of_champions_and_the_newest(place: Home, ten: Path) -> None:
    """0 and 1 are the line, 1 the champion, 2 to 4 the last former ones, 9 the newest and what the alias names."""
    done = prune(place, keep=1)
    assert numbers(done.removed) == "5678" and numbers(done.kept) == "012349"
    assert numbers(v.id for v in registry.versions(ten)) == "012349"
    assert done.kept["tfidf-1"] == "champion of tiny" and done.freed_bytes > 0
    assert told(place) == [] and registry.stale(ten) == []
    assert prune(place, keep=1).removed == ()


def test_prune_says_first_what_it_would_remove(place: Home, ten: Path) -> None:
    """--dry-run removes nothing; --keep 3 keeps three; --keep 0 is refused."""
    done = prune(place, keep=3, dry_run=True)
    assert numbers(done.removed) == "56" and len(registry.versions(ten)) == 10
    with pytest.raises(WrongUseError):
        prune(place, keep=0)


def test_prune_never_takes_what_a_link_names(place: Home, ten: Path) -> None:
    """Other programs load models/avocet-tfidf, whatever is newest."""
    _repoint(ten / "avocet-tfidf", "tfidf-5")
    (ten / "champion-other").symlink_to("tfidf-6")
    assert numbers(prune(place, keep=1).removed) == "78"


def test_prune_leaves_what_is_damaged_to_doctor(place: Home, ten: Path) -> None:
    """And folders that Avocet did not make."""
    (ten / "tfidf-6" / "training_info.json").write_text("{")
    (ten / "tfidf-7" / "manifest.json").unlink()
    assert numbers(prune(place, keep=1).removed) == "58"


def test_a_prune_that_was_killed_leaves_only_staging(place: Home, ten: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is whole or gone, and the next run sweeps the rest."""

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("avocet.retention.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        prune(place, keep=1)
    monkeypatch.undo()
    for version in registry.versions(ten):
        registry.verify(version.folder)
    assert registry.sweep(ten) and prune(place, keep=1).removed
