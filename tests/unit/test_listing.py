"""What is told of versions, whatever their training_info.json holds; and removing one that never was champion."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from avocet import registry, runs
from avocet.byhand import rollback
from avocet.errors import BusyError, InUseError, NotFoundError, WrongUseError
from avocet.home import Home
from avocet.retention import remove
from avocet.runs import only_one
from avocet.views.version import shown
from avocet.views.versions import models, newest
from tests.nights import night, said

Make = Callable[..., str]


def test_champions_former_ones_and_damaged_ones_are_told_apart(place: Home, tfidf_version: Make) -> None:
    """Newest first; a damaged one has nothing but its name and what is wrong."""
    for i in (1, 2, 3, 4):
        tfidf_version(f"tfidf-{i}", penalty=float(i), timestamp=f"2026-11-0{i}T02:00:00Z")
    tfidf_version("other-1", recipe="other", timestamp="2026-11-09T02:00:00Z")
    for i in (1, 2):
        registry.promote(place.models, "tiny", f"tfidf-{i}", "run", "better")
    rollback(place, None, None)
    (place.models / "tfidf-3" / "training_info.json").write_text("{")
    found = {m.version: (m.champion, m.was_champion, m.damaged is not None) for m in models(place, "tiny")}
    assert found == {
        "tfidf-4": (False, False, False), "tfidf-2": (False, True, False), "tfidf-1": (True, True, False),
        "tfidf-3": (False, False, True),
    }  # fmt: skip
    assert [m.version for m in models(place)][:2] == ["other-1", "tfidf-4"]
    assert [(m.name, m.timestamp) for m in newest(place)] == [
        ("avocet-other-tfidf", "2026-11-09T02:00:00Z"), ("avocet-tiny-tfidf", "2026-11-04T02:00:00Z"),
    ]  # fmt: skip


@pytest.mark.parametrize("odd", [{"val_macro_f1": "high"}, {"sample_count": 3.5}, {"recipe": 7}, {"timestamp": None}])
def test_a_story_of_other_types_is_told_as_far_as_it_goes(
    odd: dict[str, Any], place: Home, tfidf_version: Make
) -> None:
    """A list must always come; what cannot be read is left empty."""
    tfidf_version("tfidf-1")
    path = place.models / "tfidf-1" / "training_info.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **odd}))
    (model,) = models(place, "tiny")
    assert getattr(model, next(iter(odd))) is None and model.version == "tfidf-1"


def test_one_version_comes_with_its_card(place: Home, tfidf_version: Make) -> None:
    """From the last run that judged it; by its alias too; a damaged one says so."""
    tfidf_version("tfidf-1")
    assert (shown(place, "tfidf-1").card, shown(place, "tfidf-1").card_run) == (None, None)
    night(place, "run-1", {"tfidf-1": said(1)})
    found = shown(place, "avocet-tiny-tfidf")
    assert (found.version, found.card_run, found.champion, found.info["seed"]) == ("tfidf-1", "run-1", True, 13)
    assert found.card is not None and found.card.name == "tfidf-1"
    (place.models / "tfidf-1" / "training_info.json").unlink()
    assert "is missing or not JSON" in str(shown(place, "tfidf-1").damaged)
    with pytest.raises(NotFoundError):
        shown(place, "nope")


def test_only_what_never_was_champion_is_removed(
    place: Home, tfidf_version: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its alias names the newest that is left, or goes; a line of the ledger says so; never while a run is at work."""
    for i in (1, 2, 3):
        tfidf_version(f"tfidf-{i}", penalty=float(i), timestamp=f"2026-11-0{i}T02:00:00Z")
    registry.promote(place.models, "tiny", "tfidf-1", "run", "better")
    alias = place.models / "avocet-tiny-tfidf"
    monkeypatch.setattr(runs, "LOCK_S", 0.1)
    with pytest.raises(WrongUseError, match="is a name for tfidf-3"):
        remove(place, alias.name)
    with only_one(place), pytest.raises(BusyError):
        remove(place, "tfidf-3")
    assert remove(place, "tfidf-3") > 1000
    assert not (place.models / "tfidf-3").exists() and str(alias.readlink()) == "tfidf-2"
    assert registry.ledger(place.models)[-1]["event"] == "pruned"
    registry.promote(place.models, "tiny", "tfidf-2", "run", "better")
    for kept in ("tfidf-1", "tfidf-2"):
        with pytest.raises(InUseError, match="a rollback may need it"):
            remove(place, kept)
    with pytest.raises(NotFoundError):
        remove(place, "tfidf-3")
    (place.models / "champion-tiny").unlink()
    shutil.rmtree(place.models / "tfidf-1")
    (place.models / "ledger.jsonl").unlink()
    remove(place, "tfidf-2")
    assert not alias.is_symlink()


def test_a_damaged_version_can_be_removed(place: Home, tfidf_version: Make) -> None:
    """Also one that has lost its story; a link that somebody put into it is not followed."""
    tfidf_version("tfidf-1")
    (place.models / "tfidf-1" / "training_info.json").unlink()
    (place.models / "tfidf-1" / "out").symlink_to(place.data)
    remove(place, "tfidf-1")
    assert not (place.models / "tfidf-1").exists() and place.data.is_dir()
