"""Runs in the store: document 1's fields and states, what a kill leaves, and which labels a run learned from."""

from collections.abc import Callable
from typing import Any

import pytest

from avocet import registry, runs
from avocet.errors import AvocetError, DataStoppedError, NotFoundError
from avocet.gate import Reason, Verdict
from avocet.home import Home
from avocet.looks import Look
from avocet.recipe import Recipe
from avocet.running import journal
from avocet.scorecard import Scoreboard, scorecard
from avocet.sides import Sides
from avocet.splits import Member
from avocet.store.database import Database, store_of
from avocet.store.labels import Incoming, Labels, StoredRow
from avocet.store.ledger import SideLedger
from avocet.store.runs import RunLedger

SIDES = Sides("d", {"x": {"train": 6, "validation": 2, "holdout": 2}}, ("x",), 10, 10, 1, 0, ())


def board() -> Scoreboard:
    true = ["x", "x", "y", "y"]
    cards = [
        scorecard("v-2", "head", "challenger", "h", true, [["x"], ["x"], ["y"], ["x"]], ("x", "y"), 1.0, ("x", "y")),
        scorecard("majority", "majority", "baseline", "h", true, [["x"]] * 4, ("x", "y"), 1.0, ("x", "y")),
    ]
    return Scoreboard(tuple(cards), ("a", "b", "c", "d"), tuple(true), ("x", "y"), "h")


def test_a_run_tells_the_store_where_it_is(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """preparing, training, evaluating, completed; and what it came to."""
    ledger = RunLedger(store_of(place))
    with journal.recorded(place, recipe_of()) as run:
        assert ledger.get("1").status == "preparing"
        journal.divided(run, SIDES)
        assert ledger.get(run.id).status == "training"
        journal.trained(run)
        assert ledger.get("1").status == "evaluating"
        journal.decided(run, board(), Verdict(Reason.FIRST, "promoted head", "v-2"))
    found = ledger.get("1")
    assert (found.run, found.recipe, found.status, found.sentence) == (run.id, "tiny", "completed", "promoted head")
    assert (found.num_training_examples, found.num_validation_examples, found.num_test_examples) == (6, 2, 2)
    assert found.model_path == "models/v-2"
    assert found.training_config["candidates"] == {"tfidf": {"method": "tfidf", "inverse_penalty": None}}
    assert found.results is not None
    assert (found.results["promoted"], found.results["accuracy"]) == (True, 0.75)
    assert found.results["f1_by_label"] == {"x": pytest.approx(0.8), "y": pytest.approx(2 / 3)}
    assert found.improvement_over_baseline == pytest.approx((0.8 + 2 / 3) / 2 - (2 / 3) / 2)
    assert found.completed_at is not None and found.completed_at > found.created_at


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DataStoppedError("fewer than 2 labels"), "fewer than 2 labels"),
        (KeyboardInterrupt(), "it was stopped (KeyboardInterrupt)"),
    ],
)
def test_a_run_that_an_error_ends_has_failed(
    error: BaseException, told: str, place: Home, recipe_of: Callable[..., Recipe]
) -> None:
    """With the one line that says why."""
    with pytest.raises(type(error)), journal.recorded(place, recipe_of()):
        raise error
    found = RunLedger(store_of(place)).get("1")
    assert (found.status, found.sentence) == ("failed", told)


def test_a_killed_run_is_told_as_failed_by_the_next_one(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Of this home: a run of another home on the same store may be at work."""
    ledger = RunLedger(store_of(place))
    killed = runs.begin(place, recipe_of())
    ledger.begin(killed.id, "tiny", {})
    ledger.begin("of-another-home", "tiny", {})
    with journal.recorded(place, recipe_of()) as run:
        pass
    found = {one.run: (one.status, one.sentence) for one in ledger.latest()}
    assert found == {
        killed.id: ("failed", journal.KILLED),
        "of-another-home": ("preparing", None),
        run.id: ("preparing", None),
    }


def test_a_killed_run_that_had_promoted_is_told_so(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """The models' ledger knows; the champion did not stay as it was."""
    killed = runs.begin(place, recipe_of())
    RunLedger(store_of(place)).begin(killed.id, "tiny", {})
    registry.record(
        place.models,
        {"recipe": "tiny", "event": "promoted", "version": "v", "run": killed.id, "sentence": "promoted v"},
    )
    with journal.recorded(place, recipe_of()):
        pass
    found = RunLedger(store_of(place)).get(killed.id)
    assert (found.status, found.sentence) == ("completed", "promoted v")


def test_a_verdict_stands_though_the_store_cannot_be_told(
    place: Home, recipe_of: Callable[..., Recipe], caplog: pytest.LogCaptureFixture
) -> None:
    """It was carried out; the next run tells it."""
    with journal.recorded(place, recipe_of()) as run:
        kept = place.store.read_bytes()
        place.store.unlink()
        place.store.mkdir()
        journal.decided(run, board(), Verdict(Reason.FIRST, "promoted head", "v-2"))
        place.store.rmdir()
        place.store.write_bytes(kept)
    assert "the verdict stands" in caplog.text


def test_a_store_that_is_gone_does_not_hide_what_ended_the_run(
    place: Home, recipe_of: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first error is the one to be told; the second stands beside it."""
    with pytest.raises(AvocetError, match="no candidate") as caught, journal.recorded(place, recipe_of()):
        place.store.unlink()
        place.store.mkdir()
        raise AvocetError("no candidate")
    assert "the store could not be told" in caught.value.__notes__[0]


def test_a_run_that_has_ended_stays_as_it_is(database: Database) -> None:
    """A late word of a killed child changes no history."""
    ledger = RunLedger(database)
    ledger.begin("r", "tiny", {})
    ledger.move("r", "completed", sentence="promoted")
    ledger.move("r", "failed", sentence="late")
    assert [(one.status, one.sentence) for one in ledger.latest()] == [("completed", "promoted")]
    assert ledger.unfinished() == []
    for odd in ("nobody", "\0", "\udcff", "9" * 40, "-1", "", "x" * 5000):
        with pytest.raises(NotFoundError, match="there is no run '"):
            ledger.get(odd)


def test_a_label_was_used_by_the_first_run_that_learned_from_its_row(database: Database) -> None:
    """Not by one that failed, or began before the label was given; a judged row is never learned from."""
    labels, ledger = Labels(database, "tiny"), RunLedger(database)
    rows = [StoredRow(name, {"text": f"words of {name}"}, "f:1") for name in ("learned", "judged", "late", "unseen")]
    labels.add([Incoming(row) for row in rows])

    def night(name: str, status: Any, sees: dict[str, Any]) -> None:
        ledger.begin(name, "tiny", {"rows": ["store:tiny"]})
        members = [Member(row, row, "x") for row in sees]
        looks = [Look(row, (), "", b"") for row in sees]
        SideLedger(database).record("tiny", name, members, sees, looks)
        ledger.move(name, status, model_path="models/v" if status == "completed" else None)

    before = labels.put("learned", "x", "ann")
    judged = labels.put("judged", "x", "ann")
    night("failed-night", "failed", {"learned": "train", "judged": "holdout"})
    night("first-night", "completed", {})
    late = labels.put("late", "x", "ann")
    relabelled = labels.put("learned", "y", "ann")
    night("second-night", "completed", {"late": "validation"})
    unseen = labels.put("unseen", "x", "ann")
    assert ledger.that_used("tiny") == {before.seq: 2, late.seq: 3, relabelled.seq: 3}
    assert judged.seq not in ledger.that_used("tiny") and unseen.seq not in ledger.that_used("tiny")
    other = Labels(database, "other")  # that no recipe reads; a row there has the id of one that was learned from
    other.add([Incoming(StoredRow("learned", {"text": "quite another"}, "f:1"))])
    other.put("learned", "x", "ann")
    assert ledger.that_used("other") == {}
