"""What a training tells while it runs: progress at most twice a second, one metrics event an epoch."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from transformers import TrainerCallback

from avocet.events import JUDGING, TRAINING, Emit

EVENT_EVERY_S = 0.5


class Watch(TrainerCallback):  # type: ignore[misc]  # transformers ships no types
    """Turns the Trainer's calls into events. A training that goes on after a kill tells its earlier epochs again."""

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.told = 0.0
        self.logged: Mapping[str, Any] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The epochs before the kill are part of the curve."""
        self.retell(state.log_history, round(args.num_train_epochs))

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """From here on a kill was one of training."""
        self.emit(TRAINING)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """From here on rows are judged, where there are any, and a kill asks for smaller pieces of those only."""
        if args.eval_strategy != "no":
            self.emit(JUDGING)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Tell the step."""
        now = time.monotonic()
        if now - self.told > EVENT_EVERY_S or state.global_step == state.max_steps:
            self.told = now
            self.emit({"type": "progress", "step": state.global_step, "of": state.max_steps})

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Remember the epoch's training loss; without validation rows there is nothing else to wait for."""
        if "loss" not in (logs or {}):
            return
        self.logged = dict(logs or {})
        if args.eval_strategy == "no":
            self._tell({**self.logged, "epoch": state.epoch}, round(args.num_train_epochs))

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        """Tell the epoch's validation figures."""
        self.emit(TRAINING)
        self._tell({**self.logged, **(metrics or {}), "epoch": state.epoch}, round(args.num_train_epochs))

    def retell(self, history: Iterable[Mapping[str, Any]], of: int) -> None:
        """Tell the epochs of a log history as if they came now."""
        epochs: dict[int, dict[str, Any]] = {}
        for entry in history:
            if "loss" in entry or "eval_loss" in entry:
                epochs.setdefault(entry["step"], {}).update(entry)
        for entry in epochs.values():
            self._tell(entry, of)

    def _tell(self, found: Mapping[str, Any], of: int) -> None:
        told = {"loss": found.get("loss"), "learning_rate": found.get("learning_rate")}
        if "eval_loss" in found:
            told |= {
                "macro_f1": found.get("eval_macro_f1"),
                "accuracy": found.get("eval_accuracy"),
                "validation_loss": found["eval_loss"],
            }
        self.emit({"type": "metrics", "epoch": round(found["epoch"]), "of": of, **told})
