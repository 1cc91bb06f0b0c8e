"""Trackers and curves: refused in one line where they are not there, kept below the run, one curve a training."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from avocet import launch, tracking
from avocet.candidates import Full
from avocet.errors import WrongUseError
from avocet.methods.group import share
from avocet.methods.ladder import Rung
from avocet.pictures import curves


def test_a_tracker_that_is_unknown_or_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one by the recipe's reader, the other before anything trains."""
    with pytest.raises(ValidationError, match="tensorboard"):
        Full(method="full", base="x", report_to=("tensorbord",))
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    tracking.check("small", ())
    with pytest.raises(WrongUseError, match=r"^candidate small reports to wandb, which is not installed: `pip install"):
        tracking.check("small", ("wandb",))


def test_each_training_has_a_place_of_its_own_below_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds would draw over each other; wandb takes neither the terminal nor the code."""
    for name in ("TENSORBOARD_LOGGING_DIR", "WANDB_CONSOLE", "WANDB_DIR", "MLFLOW_TRACKING_URI"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    tracking.prepare(tmp_path / "tracking-small", ())
    assert not list(tmp_path.iterdir())
    for n in ("1", "2"):
        tracking.prepare(tmp_path / "tracking-small", ("tensorboard", "wandb"))
        assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(tmp_path / "tracking-small" / n)
    assert os.environ["WANDB_CONSOLE"] == "off"


def test_the_curve_is_that_of_the_training_that_is_kept() -> None:
    """Two folds and a final training, of which the metrics file keeps all; the picture shows the rate beside the loss."""
    curve = [{"type": "metrics", "epoch": e, "of": 2, "loss": 1 / e, "learning_rate": 1e-4 / e} for e in (1, 2)] * 3
    assert [(e["training"], e["epoch"]) for e in tracking.numbered(curve)] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
        (3, 1),
        (3, 2),
    ]
    last = tracking.last_training(curve)
    assert [(e["training"], e["epoch"]) for e in last] == [(3, 1), (3, 2)]
    without = [{**e, "learning_rate": None} for e in last]
    assert curves("small", last)[:4] == b"\x89PNG" and curves("small", last) != curves("small", without)


@pytest.mark.parametrize(
    ("rung", "n", "wanted"),
    [((16, 1), 2, (8, 1)), ((4, 4), 2, (4, 2)), ((8, 2), 2, (8, 1)), ((6, 1), 3, (2, 1)), ((1, 16), 4, (1, 4))],
)
def test_a_group_shares_the_rows_of_a_step(rung: tuple[int, int], n: int, wanted: tuple[int, int]) -> None:
    """The effective batch is the recipe's, however many train it."""
    assert share(Rung(*rung, False), n) == wanted
    with pytest.raises(WrongUseError, match="cannot be shared by 5 processes"):
        share(Rung(*rung, False), 5)


def test_a_launcher_is_a_number_of_processes_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset and 1 mean none."""
    for none in ("", "1"):
        monkeypatch.setenv(launch.VARIABLE, none)
        assert launch.words() == []
    monkeypatch.setenv(launch.VARIABLE, "2")
    assert launch.words()[:5] == ["-m", "avocet.launch", "--multi_gpu", "--num_processes", "2"]
    file = tmp_path / "accelerate.yaml"
    monkeypatch.setenv(launch.VARIABLE, str(file))
    with pytest.raises(WrongUseError, match=r"accelerate\.yaml is neither"):
        launch.words()
    file.write_text("")
    assert launch.words() == ["-m", "avocet.launch", "--config_file", str(file)]
