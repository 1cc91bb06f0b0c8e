"""Stage 3, finetune: train one candidate in a child process; out of memory is tried again with smaller batches."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.runtime import task_run
from prefect.states import Completed

from avocet import artifacts, pictures
from avocet.errors import NotAtHandError
from avocet.progress import Bar
from avocet.running.words import epoch_sentence
from avocet.runs import Run
from avocet.sides import Sides
from avocet.training import Trained, train
from tasks import AGAIN_S, is_out_of_memory, key_of, log, publish, publish_picture, say, send

ARTIFACT_EVERY_S = 5.0  # an update is a request to the server; a bar need not move more often


# Retries: as many as can make sense (`attempts.retries`), set by the flow (`with_options`), and only for memory.
@task(
    name="finetune",
    task_run_name="finetune {candidate}",
    tags=["gpu"],
    retries=5,
    retry_delay_seconds=AGAIN_S,
    retry_condition_fn=is_out_of_memory,
    timeout_seconds=12 * 3600,
    persist_result=False,
)
def finetune(run: Run, sides: Sides, candidate: str, ready: Mapping[str, str] | None = None) -> Trained | State[Any]:
    """A published version of `candidate`; a state called Skipped where its base is not at hand.

    `ready` (candidate -> version) is what a blend may be made of.
    Each attempt after the first is a rung further down the ladder, which keeps the effective batch, or waited for
    memory that others held. Raises OutOfMemoryError after the last rung, NonFiniteError, ChildFailedError.
    """
    attempt = max((task_run.run_count or 1) - 1, 0) if TaskRunContext.get() else 0
    with Bar(candidate) as bar:
        shown = _Shown(run, candidate, bar)
        try:
            trained = train(run, sides, candidate, attempt, shown.hear, ready, partial(_tell, candidate, attempt))
        except NotAtHandError as e:
            say(run, f"{candidate} is skipped: {e}", "warning")
            return Completed(name="Skipped", message=str(e), data=e)
        shown.finish()
    if trained.curve:
        publish_picture(
            key_of(run.recipe.name, candidate, "curves"),
            pictures.curves(candidate, trained.curve),
            f"Training curves of {trained.version}",
        )
    publish(
        key_of(run.recipe.name, candidate, "training"),
        artifacts.training(trained),
        f"How {candidate} was trained",
    )
    say(run, artifacts.training_sentence(trained))
    return trained


def _tell(candidate: str, attempt: int, setting: str) -> None:
    log().info("%s, attempt %d: %s", candidate, attempt + 1, setting)


class _Shown:
    """One candidate's events on the terminal's bar, in the progress artifact, and one log line an epoch."""

    def __init__(self, run: Run, candidate: str, bar: Bar) -> None:
        self.candidate, self.bar = candidate, bar
        self.key = key_of(run.recipe.name, candidate, "progress")
        self.artifact: UUID | None = None
        self.told = 0.0
        self.kept = True  # trainings that are only scored tell that they begin, and no epochs

    def hear(self, event: Mapping[str, Any]) -> None:
        """Show one event."""
        if event["type"] == "progress":
            self.bar.at(event["step"], event["of"])
            if time.monotonic() - self.told > ARTIFACT_EVERY_S:
                self.told = time.monotonic()
                self._progress(100.0 * event["step"] / max(event["of"], 1))
        elif event["type"] == "note":
            self.kept = bool(event.get("kept", True))
            log().info("%s: %s", self.candidate, event["message"])
        elif event["type"] == "metrics" and self.kept:
            log().info("%s", epoch_sentence(self.candidate, event))

    def finish(self) -> None:
        """The artifact says 100 where one was begun."""
        if self.artifact is not None:
            self._progress(100.0)

    def _progress(self, percent: float) -> None:
        send(lambda: self._send(percent))

    def _send(self, percent: float) -> None:
        if self.artifact is None:
            made = create_progress_artifact(progress=percent, key=self.key, description=f"Training {self.candidate}")
            self.artifact = made if isinstance(made, UUID) else None
        else:
            update_progress_artifact(self.artifact, progress=percent)
