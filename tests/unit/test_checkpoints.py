"""Which checkpoints a training goes on from: those of the same sums, however few rows are judged at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avocet.methods.checkpoints import place_for
from avocet.methods.job import Job
from avocet.methods.ladder import Rung


@pytest.fixture
def job(tmp_path: Path) -> Job:
    settings: dict[str, Any] = {"method": "full", "base": "b"}
    more = {"resume": str(tmp_path / ".resume-x"), "rows": "", "text": "{body}"}
    return Job("full", settings, labels=("a", "b"), seed=1, staging="", rung=Rung(16, 1, False), info={}, **more)


def place(job: Job, tmp_path: Path) -> Path:
    with place_for(job, tmp_path, [[1, 2]], "Trainer") as (found, keep):
        assert keep
        found.mkdir(parents=True, exist_ok=True)
        return found


def test_judging_fewer_rows_at_once_goes_on_from_the_same_place(job: Job, tmp_path: Path) -> None:
    """A kill while judging must not cost the training; a smaller micro-batch, whose sums round otherwise, starts anew."""
    first = place(job, tmp_path)
    assert place(replace(job, rung=Rung(16, 1, False, 4)), tmp_path) == first
    other = place(replace(job, rung=Rung(8, 2, False)), tmp_path)
    assert other != first and not first.exists(), "what a higher rung left is removed"
