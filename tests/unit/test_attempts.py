"""Attempts: what a retry does after what the ones before it died of, what is remembered, and waiting for others."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avocet import attempts, remembered
from avocet.attempts import BUSY_TRIES, Plan, plan, retries
from avocet.candidates import Full, Head, Tfidf
from avocet.errors import MemoryBusyError, OutOfMemoryError
from avocet.home import Home
from avocet.methods.job import BaseAtHand
from avocet.methods.ladder import Rung, rungs
from avocet.methods.room import Room

GIB = 1024**3
FULL = Full(method="full", base="b")
NOW = datetime.now(UTC)


@pytest.fixture
def base(tmp_path: Path) -> BaseAtHand:
    """MiniLM's shape; weights are not looked at."""
    config = {
        "model_type": "bert", "num_hidden_layers": 6, "hidden_size": 384, "num_attention_heads": 12,
        "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    return BaseAtHand("b", str(tmp_path), "local", "d" * 64, 22_700_000, pooled=True)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the machine's memory, in GiB."""

    def set_(free: float, total: float = 80, gpu: bool = True) -> None:
        its = Room("H200", int(free * GIB), int(total * GIB), gpu)
        monkeypatch.setattr(attempts, "here", lambda: its)

    set_(80)
    return set_


@pytest.fixture
def planned(place: Home, base: BaseAtHand, room: Any) -> Callable[..., Plan]:
    """The plan of an attempt of one run."""
    folder = place.runs / "run-1"
    folder.mkdir(parents=True)
    run: Any = SimpleNamespace(home=place, folder=folder)
    return lambda attempt, settings=FULL: plan(run, "small", settings, base, attempt)


def died(where: str) -> OutOfMemoryError:
    error = OutOfMemoryError("out of memory (MemoryError)")
    error.where = where
    return error


def test_training_goes_down_the_ladder_and_judging_down_its_own(planned: Callable[..., Plan]) -> None:
    """In any order; the effective batch is 16 throughout, and the micro-batch is not lost to judging."""
    seen = []
    for attempt, where in enumerate(["evaluation", "training", "evaluation", "", "training"]):
        its = planned(attempt)
        seen.append((its.rung.micro_batch, its.rung.judged))
        assert its.rung.micro_batch * its.rung.accumulation == 16
        assert its.died(died(where)).again
    assert seen == [(16, 16), (16, 8), (8, 4), (8, 2), (4, 2)]
    assert planned(5).rung == Rung(2, 8, False, 2)
    assert len(planned(5).tried) == 5 and planned(5).tried[1].endswith("judging 8 at once: out of memory in training")


@pytest.mark.parametrize(("where", "attempts_"), [("training", 6), ("evaluation", 5), ("", 9)])
def test_each_ladder_ends_with_who_holds_the_memory(where: str, attempts_: int, planned: Callable[..., Plan]) -> None:
    """Six rungs; 16, 8, 4, 2, 1 at once; both where nobody knows. The last error asks for no other attempt, and retries are enough for it."""
    for attempt in range(attempts_):
        error = planned(attempt).died(died(where))
        assert error.again == (attempt < attempts_ - 1)
    assert "the smallest setting" in str(error) and "What holds the memory" in str(error)
    assert attempts_ - 1 <= retries(FULL)


def test_a_frozen_base_only_judges(planned: Callable[..., Plan]) -> None:
    """And a method without a base has nothing to make smaller."""
    head = Head(method="head", base="b")
    for attempt, judged in enumerate((8, 4, 2, 1)):
        its = planned(attempt, head)
        assert (its.rung.judged, its.died(died("")).again) == (judged, judged > 1)
    assert not planned(0, Tfidf(method="tfidf")).died(died("")).again
    assert retries(Tfidf(method="tfidf")) == 0


def test_an_attempt_that_left_no_word_was_one_of_training(planned: Callable[..., Plan]) -> None:
    """As when the flow itself was killed and its run is taken up again."""
    assert planned(2).rung == rungs(FULL)[2]
    assert planned(99).rung == rungs(FULL)[-1]


def test_what_worked_is_where_the_next_night_starts(planned: Callable[..., Plan], place: Home) -> None:
    """No retry then; what is remembered is of this base, device, length, batch and method."""
    planned(0).died(died("training"))
    planned(1).died(died("evaluation"))
    planned(2).worked()
    assert planned(0).rung == Rung(8, 2, False, 4)
    assert planned(0, FULL.model_copy(update={"max_tokens": 128})).rung == rungs(FULL)[0]
    assert planned(0, FULL.model_copy(update={"accumulation": 2})).rung.micro_batch == 16
    assert planned(0, FULL.model_copy(update={"batch_size": 8, "accumulation": 2})).rung == Rung(8, 2, False, 4)
    planned(0).died(died("training"))
    assert remembered.recall(place, planned(1).key) is None, "what failed is forgotten"
    assert planned(1).rung == Rung(4, 4, False, 4), "but this run goes on from there"


@pytest.mark.parametrize(
    ("age", "free", "expected"),
    [
        (13, 80, Rung(4, 4, False)),
        (15, 80, Rung(8, 2, False)),
        (0, 119, Rung(4, 4, False)),
        (0, 121, Rung(8, 2, False)),
    ],
)
def test_after_a_fortnight_or_with_much_more_memory_one_rung_up_is_tried(
    age: int, free: float, expected: Rung, planned: Callable[..., Plan], place: Home, room: Callable[..., None]
) -> None:
    """One, and not each night: one that failed puts the date of the rung below to today."""
    room(free, 200)
    key = planned(0).key
    remembered.keep(place, key, remembered.Kept(Rung(4, 4, False), NOW - timedelta(days=age), 80 * GIB), refuted=False)
    its = planned(0)
    assert its.rung == expected
    if expected.micro_batch == 8:
        its.died(died("training"))
        planned(1).worked()
        assert planned(0).rung == Rung(4, 4, False)


def test_the_same_rung_keeps_its_date(place: Home) -> None:
    """Or a rung that works each night would never be left."""
    old = remembered.Kept(Rung(4, 4, False), NOW - timedelta(days=9), GIB)
    remembered.keep(place, "k", old, refuted=False)
    remembered.keep(place, "k", replace(old, since=NOW), refuted=False)
    assert remembered.recall(place, "k") == old
    remembered.keep(place, "k", replace(old, since=NOW), refuted=True)
    assert remembered.recall(place, "k") == replace(old, since=NOW)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"k": 1}', '{"k": {"rung": {"x": 1}, "since": "now", "free": 1}}'])
def test_a_damaged_file_says_nothing(text: str, place: Home) -> None:
    """It costs a retry, not a night; and it is written anew."""
    place.rungs.write_text(text)
    assert remembered.recall(place, "k") is None
    kept = remembered.Kept(Rung(4, 4, False), NOW, GIB)
    remembered.keep(place, "k", kept, refuted=False)
    assert remembered.recall(place, "k") == kept


def test_the_file_does_not_grow_for_ever(place: Home) -> None:
    """The oldest settings go."""
    for i in range(3):
        known = {f"k{i}": remembered.Kept(Rung(1, 1, False), NOW + timedelta(days=i), 1) for i in range(300)}
    remembered._write(place, known)
    assert len(json.loads(place.rungs.read_text())) == remembered.MOST
    assert remembered.recall(place, "k299") and not remembered.recall(place, "k0")


@pytest.mark.parametrize(("free", "micro"), [(80, 16), (6, 16), (3, 8), (1.6, 2), (1.2, 1)])
def test_the_first_guess_is_a_rung_that_fits(
    free: float, micro: int, planned: Callable[..., Plan], room: Callable[..., None]
) -> None:
    """Less free memory starts lower; what is remembered wins over the guess."""
    room(free, 80, gpu=False)
    its = planned(0)
    assert its.rung.micro_batch <= micro and its.rung.micro_batch * its.rung.accumulation == 16
    assert (its.rung.micro_batch == 16) == (micro == 16)
    if free < 4:
        its.worked()
        remembered.keep(its.run.home, its.key, remembered.Kept(Rung(16, 1, False), NOW, int(free * GIB)), refuted=True)
        assert planned(0).rung.micro_batch == 16


@pytest.mark.parametrize("gpu", [True, False])
def test_memory_that_others_hold_is_waited_for_with_a_limit(
    gpu: bool, planned: Callable[..., Plan], room: Callable[..., None]
) -> None:
    """Who holds it is told; waiting loses no rung, and a base that is too large for all of it is no such case."""
    room(0.2, 80, gpu)
    for attempt in range(BUSY_TRIES):
        with pytest.raises(MemoryBusyError, match=r"0\.2 of 80\.0 GiB of H200 are free: held by .* GiB"):
            planned(attempt).check_room()
    its = planned(BUSY_TRIES)
    its.check_room()  # what is needed was a guess: it is tried all the same
    assert its.rung == rungs(FULL)[-1] and its.died(died("training")).again is False
    room(80, 80, gpu)
    planned(0)
    room(0.2, 80, gpu)
    with pytest.raises(MemoryBusyError):
        planned(0).check_room()
    room(80, 80, gpu)
    its = planned(1)
    its.check_room()
    assert its.rung == rungs(FULL)[0]
    room(0.2, 0.3, gpu)
    planned(0).check_room()
    assert retries(FULL) >= BUSY_TRIES + len(rungs(FULL)) - 1
