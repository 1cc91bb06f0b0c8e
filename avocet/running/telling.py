"""Which of a training's events become the run's: enough to follow it, not each of a million steps."""

import time

from avocet.events import Event
from avocet.runs import Run

STEP_S = 0.25  # between two steps that are told; a reader looks no oftener


class Telling:
    """Takes a child's events in their order."""

    def __init__(self, run: Run, candidate: str) -> None:
        self.run, self.candidate = run, candidate
        self.kept = True  # or it is a fold's training, which is only scored
        self.last_step = float("-inf")

    def tell(self, event: Event) -> None:
        """Tell it, unless it is one step of many, or memory ran out: that is told with what comes of it."""
        self.kept = bool(event.get("kept", self.kept))
        if event["type"] == "oom" or (event["type"] == "progress" and not self._is_news(event)):
            return
        # Epochs of a fold are no epochs of the version.
        self.run.tell(self.candidate, event if self.kept else {**event, "kept": False})

    def _is_news(self, event: Event) -> bool:
        now = time.monotonic()
        if event["step"] != event["of"] and now - self.last_step < STEP_S:
            return False
        self.last_step = now
        return True
