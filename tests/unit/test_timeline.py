"""A run's events: whole lines, one end, readers that go on where they were, and what follows from the times."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from avocet.running.timeline import FILE, Reader, append, ending, events, progress, say, stages

END = {"type": "end", "status": "completed", "outcome": "promoted", "sentence": "promoted it"}


def test_an_event_has_its_time_and_a_line(tmp_path: Path) -> None:
    """Whatever it says; nobody else may read it."""
    assert say(tmp_path, "log", message="one\u2028two\n\udcff", level="info")
    (found,) = events(tmp_path)
    assert found.pop("at").endswith("Z")
    assert found == {"type": "log", "message": "one\u2028two\n\udcff", "level": "info"}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_nothing_comes_behind_the_end_and_there_is_one(tmp_path: Path) -> None:
    """Eight threads end a run at once; a late word of a child is dropped."""
    say(tmp_path, "status", status="preparing")
    assert ending(tmp_path) is None
    ended: list[bool] = []
    threads = [threading.Thread(target=lambda: ended.append(append(tmp_path, END))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == [False] * 7 + [True]
    assert append(tmp_path, {"type": "log"}) is False
    assert [e["type"] for e in events(tmp_path)] == ["status", "end"]
    assert ending(tmp_path) == END


def test_an_end_longer_than_a_block_is_an_end(tmp_path: Path) -> None:
    """A sentence may name all that holds the memory."""
    say(tmp_path, "log", message="x")
    long = {**END, "sentence": "y" * 200_000}
    assert append(tmp_path, long)
    assert ending(tmp_path) == long and not append(tmp_path, END)
    assert len(events(tmp_path)) == 2


def test_a_run_that_waits_is_ended_only_while_it_waits(tmp_path: Path) -> None:
    """The process that begins it may be faster."""
    say(tmp_path, "status", status="waiting")
    say(tmp_path, "status", status="preparing")
    assert append(tmp_path, END, at_most=1) is False
    assert ending(tmp_path) is None


def test_a_reader_takes_whole_lines_and_goes_on_behind_them(tmp_path: Path) -> None:
    """Half a line is not there yet; a torn one counts, and is never shown."""
    reader = Reader(tmp_path)
    assert reader.read() == []  # nor is the file
    with (tmp_path / FILE).open("ab") as stream:
        stream.write(b'{"type": "log", "message": "a"}\n{"type": "lo')
    assert reader.read() == [(1, '{"type": "log", "message": "a"}')]
    assert reader.read() == [] and not reader.ended
    append(tmp_path, {"type": "log", "message": "b"})  # whoever writes next closes it off
    append(tmp_path, END)
    assert [(number, json.loads(line)["type"]) for number, line in reader.read()] == [(3, "log"), (4, "end")]
    assert reader.ended and reader.read() == []
    late = Reader(tmp_path, after=3)
    assert [number for number, _ in late.read()] == [4]


def test_many_lines_and_long_ones_are_all_read(tmp_path: Path) -> None:
    """A block is no limit."""
    for i in range(400):
        append(tmp_path, {"type": "log", "message": "x" * (70_000 if i == 200 else 500), "i": i})
    reader, numbers = Reader(tmp_path, after=3), []
    while found := reader.read():
        numbers += [number for number, _ in found]
    assert numbers == list(range(4, 401))
    assert [e["i"] for e in events(tmp_path)] == list(range(400))


def _stage(name: str, at: str, **more: Any) -> dict[str, Any]:
    return {"type": "stage", "stage": name, "at": at, **more}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([], ["waiting"] * 5),
        ([_stage("validate", "1")], ["running", "waiting", "waiting", "waiting", "waiting"]),
        (
            [_stage("validate", "1"), _stage("split", "2"), _stage("benchmark", "3")],
            ["done", "done", "skipped", "running", "waiting"],
        ),
        (
            [_stage("validate", "1"), {**END, "outcome": "no_change", "at": "2"}],
            ["done", "skipped", "skipped", "skipped", "skipped"],
        ),
        (
            [_stage("validate", "1"), _stage("split", "2"), {**END, "status": "failed", "at": "3"}],
            ["done", "failed", "skipped", "skipped", "skipped"],
        ),
        ([{**END, "status": "cancelled", "at": "3"}], ["skipped"] * 5),
    ],
)
def test_the_stages_follow_from_the_events(told: list[dict[str, Any]], found: list[str]) -> None:
    """Each ends when the next begins, the last one with the run; what was passed by does not come any more."""
    assert [stage.status for stage in stages(told)] == found


def test_a_stage_has_its_times() -> None:
    """From one to the next."""
    told = [_stage("validate", "1"), _stage("split", "2"), {**END, "at": "3"}]
    assert [(s.began_at, s.ended_at) for s in stages(told)[:3]] == [("1", "2"), ("2", "3"), (None, None)]


def test_progress_only_grows_and_ends_at_one() -> None:
    """By stage, by candidate, by step; a fold that is only scored does not count."""
    step = {"type": "progress", "candidate": "b", "of": 10}
    told: list[dict[str, Any]] = [
        {"type": "status", "status": "waiting"},
        _stage("validate", "1"),
        _stage("split", "2"),
        _stage("finetune", "3", candidates=["a", "b"]),
        {"type": "attempt", "candidate": "a", "attempt": 0},
        {"type": "attempt", "candidate": "b", "attempt": 0},
        {**step, "step": 10, "kept": False},
        {**step, "step": 5},
        {**step, "step": 1},
        _stage("benchmark", "4"),
        {"type": "progress", "candidate": "benchmark", "step": 1, "of": 2},
        _stage("promote", "5"),
        END,
    ]
    found = [round(progress(told[:i]), 3) for i in range(len(told) + 1)]
    assert found == [0, 0, 0.02, 0.08, 0.1, 0.1, 0.425, 0.425, 0.588, 0.588, 0.75, 0.86, 0.97, 1]
