"""How runs end: once, in the store and as the last event, whoever ends them; reserved ones begin or end, never both."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avocet import registry, runs
from avocet.errors import (
    AvocetError,
    NotFoundError,
    NothingToDoError,
    OutOfMemoryError,
    SwitchedOffError,
    WrongUseError,
)
from avocet.gate import Reason, Verdict
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.running import endings, journal, timeline
from avocet.running.endings import AT_WORK, WAITING, Ending
from avocet.running.request import RunRequest, reserve
from avocet.running.worker import Worker, note
from avocet.runs import Run
from avocet.scorecard import Scoreboard
from avocet.store.database import store_of
from avocet.store.runs import FineTuningRun, RunLedger
from avocet.views.runs import detail, page, view

EMPTY = Scoreboard((), (), (), (), "h")


@pytest.fixture
def reserved(place: Home, make_recipe: Callable[..., str]) -> Callable[[], str]:
    """The name of a run that waits, as this process reserved it."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    return lambda: reserve(place, RunRequest("tiny"), "ann").run.run


@pytest.fixture
def dead() -> Worker:
    """A process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    its = Worker.of(child.pid)
    child.wait()
    return its


def told(place: Home, name: str) -> list[tuple[Any, ...]]:
    """The events of the run as a whole, without their times and sentences."""
    names = ("status", "outcome", "stage", "reason", "promoted")
    return [
        (e["type"], *(e[name] for name in names if name in e))
        for e in timeline.events(place.runs / name)
        if e["type"] != "log"
    ]


def stored(place: Home, name: str) -> tuple[str, str | None]:
    found = RunLedger(store_of(place)).get(name)
    return found.status, found.sentence


def test_a_run_tells_its_way_and_its_end(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Status, stages, verdict, end; what comes after the end is not told."""
    with journal.recorded(place, recipe_of()) as run:
        journal.stage(run, "validate")
        journal.log(run, "120 lines read")
        journal.trained(run)
        journal.decided(run, EMPTY, Verdict(Reason.FIRST, "promoted head", "v-2"))
        journal.log(run, "too late")
    assert told(place, run.id) == [
        ("status", "preparing"), ("stage", "validate"), ("status", "evaluating"),
        ("verdict", "first_champion", True), ("end", "completed", "promoted"),
    ]  # fmt: skip
    events = timeline.events(run.folder)
    assert [e["message"] for e in events if e["type"] == "log"] == ["120 lines read"]
    assert events[-1]["sentence"] == "promoted head"
    its = view(place, RunLedger(store_of(place)).get(run.id))
    assert (its.outcome, its.live, its.status) == ("promoted", False, "completed")


@pytest.mark.parametrize(
    ("error", "end", "row"),
    [
        (OutOfMemoryError("held by 41"), ("end", "failed", "failed", "out_of_memory"), ("failed", "held by 41")),
        (ZeroDivisionError("a mail"), ("end", "failed", "failed"), ("failed", "it was stopped (ZeroDivisionError)")),
        (SwitchedOffError("off"), ("end", "completed", "stopped"), ("completed", "off")),
    ],
)
def test_an_error_ends_it_in_its_own_words(
    error: Exception, end: tuple[str, ...], row: tuple[str, str], place: Home, recipe_of: Callable[..., Recipe]
) -> None:
    """A foreign error's words, which may quote a mail, are not told."""
    with pytest.raises(type(error)), journal.recorded(place, recipe_of()) as run:
        raise error
    assert (told(place, run.id)[-1], stored(place, run.id)) == (end, row)


def test_a_night_without_news_and_a_cancelled_one(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Who cancels is told, whatever the run died of; document 1 knows it as failed."""
    with journal.recorded(place, recipe_of()) as rested:
        journal.rested(rested, "nothing new")
    with pytest.raises(OutOfMemoryError), journal.recorded(place, recipe_of()) as run:
        endings.wish(place, run.id, "ann")
        raise OutOfMemoryError("killed by SIGTERM")
    assert told(place, rested.id)[-1] == ("end", "completed", "no_change")
    assert told(place, run.id)[-1] == ("end", "cancelled", "cancelled")
    assert stored(place, run.id) == ("failed", "cancelled by ann; the champion stayed as it was")
    assert [(its.id, its.outcome) for its in page(place, 5)[0]] == [(2, "cancelled"), (1, "no_change")]


def test_cancelled_after_the_promotion_it_was_promoted(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """The ledger of the models knows better."""
    with pytest.raises(KeyboardInterrupt), journal.recorded(place, recipe_of()) as run:
        endings.wish(place, run.id, "ann")
        registry.record(place.models, {"recipe": "tiny", "event": "promoted", "run": run.id, "sentence": "promoted v"})
        raise KeyboardInterrupt
    assert told(place, run.id)[-1] == ("end", "completed", "promoted")
    assert stored(place, run.id) == ("completed", "promoted v")


def _killed(place: Home, recipe: Recipe, its: Worker) -> Run:
    """A run as a kill leaves it."""
    run = runs.begin(place, recipe)
    RunLedger(store_of(place)).begin(run.id, recipe.name, {})
    timeline.say(run.folder, "status", status="preparing")
    note(run.folder / AT_WORK, its)
    return run


def test_a_killed_run_is_ended_by_whoever_looks_at_it(
    place: Home, recipe_of: Callable[..., Recipe], dead: Worker
) -> None:
    """One whose process is there is not; nor any while the lock is held."""
    alive, killed = _killed(place, recipe_of(), Worker.of()), _killed(place, recipe_of(), dead)
    with runs.only_one(place):
        assert [row.run for row in endings.live(place)] == [killed.id, alive.id]
    assert [row.run for row in endings.live(place)] == [alive.id]
    assert told(place, killed.id)[-1] == ("end", "failed", "failed")
    assert stored(place, killed.id) == ("failed", endings.KILLED)
    assert not detail(place, "2").live and detail(place, "1").live


def test_an_end_that_the_store_did_not_hear_of_is_told_to_it(
    place: Home, recipe_of: Callable[..., Recipe], dead: Worker
) -> None:
    """Killed between the two, or the store was away for a moment."""
    run = _killed(place, recipe_of(), dead)
    timeline.say(run.folder, "end", status="completed", outcome="refused", sentence="refused it")
    assert view(place, RunLedger(store_of(place)).get(run.id)).outcome == "refused"
    assert stored(place, run.id) == ("completed", "refused it")


def test_a_run_of_an_older_avocet_gets_its_last_event(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Else whoever follows it would wait for ever."""
    ledger = RunLedger(store_of(place))
    for name, status, known in (
        ("a", "failed", {"sentence": "too few"}),
        ("b", "completed", {"results": {"promoted": True}, "sentence": "promoted it"}),
        ("c", "completed", {"results": {"promoted": False}}),
        ("d", "completed", {"sentence": "nothing new"}),
    ):
        (place.runs / name).mkdir(parents=True)
        ledger.begin(name, "tiny", {})
        ledger.move(name, status, **known)  # type: ignore[arg-type]
        endings.told(place, ledger.get(name))
        endings.told(place, ledger.get(name))
    assert [told(place, name) for name in "abcd"] == [
        [("end", "failed", "failed")], [("end", "completed", "promoted")],
        [("end", "completed", "refused")], [("end", "completed", "no_change")],
    ]  # fmt: skip


def test_a_reserved_run_is_adopted(place: Home, reserved: Callable[[], str], recipe_of: Callable[..., Recipe]) -> None:
    """The same number, name and folder; with its orchestrator's page."""
    name = reserved()
    assert stored(place, name) == ("preparing", None) and told(place, name) == [("status", "waiting")]
    assert view(place, RunLedger(store_of(place)).get(name)).live
    with runs.only_one(place), journal.recorded(place, recipe_of(), name, flow_run_url="http://u/f") as run:
        assert run.id == name
        assert view(place, RunLedger(store_of(place)).get(name)).flow_run_url == "http://u/f"
        journal.rested(run, "nothing new")
    assert told(place, name) == [("status", "waiting"), ("status", "preparing"), ("end", "completed", "no_change")]
    assert [row.id for row in RunLedger(store_of(place)).latest()] == [1]


def test_a_run_that_waits_is_left_alone_by_others(
    place: Home, reserved: Callable[[], str], recipe_of: Callable[..., Recipe], dead: Worker
) -> None:
    """As long as its process is there, or an orchestrator has it in its queue."""
    mine = reserved()
    with runs.only_one(place), journal.recorded(place, recipe_of()) as run:
        journal.rested(run, "nothing new")
    assert stored(place, mine) == ("preparing", None)
    note(place.runs / mine / WAITING, flow_run="f")
    assert [row.run for row in endings.live(place)] == [mine]
    note(place.runs / mine / WAITING, dead)
    with runs.only_one(place), journal.recorded(place, recipe_of()) as run:
        journal.rested(run, "nothing new")
    assert stored(place, mine)[0] == "failed" and told(place, mine)[-1] == ("end", "failed", "failed")


def test_whatever_stops_a_reserved_run_ends_it(place: Home, reserved: Callable[[], str]) -> None:
    """Before it begins, too; what ends itself is not ended twice."""
    name = reserved()
    with pytest.raises(AvocetError, match="busy"), journal.answering(place, name):
        raise AvocetError("busy")
    with pytest.raises(AvocetError, match="again"), journal.answering(place, name):
        raise AvocetError("again")
    assert stored(place, name) == ("failed", "busy")
    assert told(place, name) == [("status", "waiting"), ("end", "failed", "failed", "error")]


def test_a_cancelled_run_does_not_begin_and_a_lost_one_is_tried_anew(
    place: Home, reserved: Callable[[], str], recipe_of: Callable[..., Recipe]
) -> None:
    """An orchestrator gives the same parameters again, with the same name."""
    name = reserved()
    endings.wish(place, name, "ann")
    with (
        pytest.raises(NothingToDoError, match="cancelled"),
        journal.answering(place, name),
        journal.recorded(place, recipe_of(), name),
    ):
        pytest.fail("it began")
    assert told(place, name)[-1] == ("end", "cancelled", "cancelled")
    lost = reserved()
    endings.abandon(place, lost, Ending("failed", "failed", "lost"))
    with pytest.raises(NothingToDoError, match="given up before it began"), journal.recorded(place, recipe_of(), lost):
        pytest.fail("it began")
    (place.runs / lost / endings.AT_WORK).write_text("{}")
    with runs.only_one(place), journal.recorded(place, recipe_of(), lost) as run:
        assert run.id != lost
        journal.rested(run, "nothing new")
    assert [(row.id, row.status) for row in RunLedger(store_of(place)).latest()] == [
        (3, "completed"), (2, "failed"), (1, "failed"),
    ]  # fmt: skip


def test_a_reserved_run_ended_at_the_last_moment_does_not_begin(
    place: Home, reserved: Callable[[], str], recipe_of: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one of the two events is written."""
    name = reserved()
    check = runs.check_space

    def then(home: Home) -> None:
        check(home)
        endings.abandon(place, name, Ending("failed", "failed", "lost"))

    monkeypatch.setattr(runs, "check_space", then)
    with pytest.raises(NothingToDoError, match="ended before it began"), journal.recorded(place, recipe_of(), name):
        pytest.fail("it began")
    assert told(place, name) == [("status", "waiting"), ("end", "failed", "failed")]


def test_a_reserved_run_is_of_one_recipe_and_one_home(
    place: Home, reserved: Callable[[], str], recipe_of: Callable[..., Recipe], tmp_path: Path
) -> None:
    """A worker with another AVOCET_HOME would train on other rows."""
    name = reserved()
    with pytest.raises(WrongUseError, match="reserved for recipe tiny"):
        journal.recorded(place, recipe_of(name="other"), name).__enter__()
    with pytest.raises(NotFoundError, match="another AVOCET_HOME"):
        journal.recorded(Home(tmp_path / "other"), recipe_of(), name).__enter__()
    with pytest.raises(AvocetError, match="is no name"):
        journal.recorded(place, recipe_of(), "../x").__enter__()


def test_the_files_of_a_run_may_be_gone(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """The store still knows it."""
    with journal.recorded(place, recipe_of()) as run:
        journal.rested(run, "nothing new")
    shutil.rmtree(run.folder)
    its = detail(place, "1")
    assert (its.outcome, its.live, its.verdict, its.data, its.progress) == ("no_change", False, None, None, 1.0)
    row: FineTuningRun = RunLedger(store_of(place)).get("1")
    endings.told(place, row)
    assert not run.folder.exists()
