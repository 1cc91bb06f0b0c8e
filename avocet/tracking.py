"""Where a training is followed: trackers that the recipe names, kept below the run's folder, and the curve as JSON.

No tracker sees a row: figures and settings only. What wandb would take from the terminal or the checkout is turned off.
"""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from avocet.errors import WrongUseError


def check(candidate: str, trackers: Sequence[str]) -> None:
    """Raises WrongUseError where a tracker that the recipe names is not installed."""
    for name in trackers:
        if find_spec(name) is None:
            raise WrongUseError(
                f"candidate {candidate} reports to {name}, which is not installed: "
                f"`pip install {name}`, or take it out of report_to"
            )


def prepare(folder: Path, trackers: Sequence[str]) -> None:
    """Set this process up so that trackers write below `folder`, one place a training, unless the user says where."""
    if not trackers:
        return
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / str(1 + sum(1 for _ in folder.glob("[0-9]*")))
    place.mkdir(mode=0o700)
    if "tensorboard" in trackers:
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(place)
    # A log can quote a row, and code is nobody's business.
    os.environ |= {"WANDB_CONSOLE": "off", "WANDB_DISABLE_CODE": "true", "WANDB_DISABLE_GIT": "true"}
    os.environ.setdefault("WANDB_DIR", str(place))
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")


def numbered(curve: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The epochs with the number of their training: a method with folds trains several times."""
    found: list[dict[str, Any]] = []
    for event in curve:
        before = found[-1] if found else {"training": 1, "epoch": 0}
        training = before["training"] + (event["epoch"] <= before["epoch"])
        found.append({"training": training, **{k: v for k, v in event.items() if k != "type"}})
    return found


def last_training(curve: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The epochs of the training whose weights are kept, which comes last."""
    found = numbered(curve)
    return [e for e in found if e["training"] == found[-1]["training"]]
