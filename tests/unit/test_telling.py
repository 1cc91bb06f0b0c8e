"""Which of a training's events become the run's."""

from collections.abc import Callable
from typing import Any

from avocet import runs
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.running import telling, timeline
from avocet.running.telling import Telling


def test_steps_are_told_now_and_then_and_the_last_one_always(
    place: Home, recipe_of: Callable[..., Recipe], monkeypatch: Any
) -> None:
    """A night of a million steps is no million lines; a fold's are marked, and a full memory waits for its story."""
    clock = iter(i * 0.1 for i in range(1000))
    monkeypatch.setattr(telling.time, "monotonic", lambda: next(clock))
    run = runs.begin(place, recipe_of())
    teller = Telling(run, "small")
    told: list[dict[str, Any]] = [
        {"type": "note", "message": "a fold", "kept": False},
        *({"type": "progress", "step": i, "of": 10} for i in range(1, 11)),
        {"type": "metrics", "epoch": 1},
        {"type": "note", "message": "on all", "kept": True},
        {"type": "metrics", "epoch": 1},
        {"type": "oom", "message": "MemoryError"},
    ]
    for event in told:
        teller.tell(event)
    found = timeline.events(run.folder)
    assert [e["step"] for e in found if e["type"] == "progress"] == [1, 4, 7, 10]
    assert [e.get("kept") for e in found if e["type"] == "metrics"] == [False, None]
    assert {e["candidate"] for e in found} == {"small"} and "oom" not in {e["type"] for e in found}
