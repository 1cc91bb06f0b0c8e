"""Faults on request: they strike where they were asked to, and nowhere else."""

import math
import subprocess
import sys

import pytest

from avocet.methods.faults import Fault, planned, strike, strike_evaluation


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ()),
        ("oom@3", (Fault("oom", 3, 0),)),
        ("oom@3>4", (Fault("oom", 3, 4),)),
        ("oom@eval>4", (Fault("oom", 0, 4, evaluation=True),)),
        ("torn@5,oom@3>4#1", (Fault("torn", 5, 0), Fault("oom", 3, 4, rank=1))),
        ("kill@0, nan@12>1", (Fault("kill", 0, 0), Fault("nan", 12, 1))),
    ],
)
def test_faults_are_read_from_their_text(text: str, wanted: tuple[Fault, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Given, or from AVOCET_FAULT."""
    assert planned(text) == wanted
    monkeypatch.setenv("AVOCET_FAULT", text)
    assert planned() == wanted


def test_without_the_variable_nothing_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A production run has no faults of ours."""
    monkeypatch.delenv("AVOCET_FAULT", raising=False)
    assert planned() == ()
    assert strike((), 0, 16) == 1.0


@pytest.mark.parametrize(
    "text", ["oom", "oom@", "oom@x", "boom@3", "oom@3>", "oom@-1", "oom@evaluation", "oom@3;nan@4"]
)
def test_a_fault_that_cannot_be_read_is_an_error(text: str) -> None:
    """A fault test that silently tests nothing would pass."""
    with pytest.raises(ValueError, match="AVOCET_FAULT"):
        planned(text)


def test_memory_runs_out_at_its_step_above_its_micro_batch() -> None:
    """Not earlier, not later, and not once the micro-batch is small enough."""
    faults = planned("oom@3>4")
    assert [strike(faults, step, 16) for step in (0, 2, 4)] == [1.0, 1.0, 1.0]
    assert [strike(faults, 3, batch) for batch in (1, 4)] == [1.0, 1.0]
    for batch in (5, 16):
        with pytest.raises(MemoryError):
            strike(faults, 3, batch)


def test_a_fault_of_evaluation_is_none_of_training() -> None:
    """And the other way round."""
    faults = planned("oom@eval>4")
    assert strike(faults, 0, 16) == strike_evaluation(faults, 4) == 1.0
    with pytest.raises(MemoryError):
        strike_evaluation(faults, 5)
    assert strike_evaluation(planned("oom@0"), 16) == 1.0
    assert math.isnan(strike_evaluation(planned("nan@eval"), 1))


def test_a_loss_becomes_nan_at_its_step() -> None:
    """By the factor that it is multiplied with."""
    assert math.isnan(strike(planned("nan@2"), 2, 1))
    assert strike(planned("nan@2"), 1, 1) == 1.0


def test_a_kill_leaves_no_exception() -> None:
    """The process ends by SIGKILL, as the kernel does it."""
    code = "from avocet.methods.faults import planned, strike\nprint(strike(planned('kill@1'), 0, 1))\nstrike(planned('kill@1'), 1, 1)\nprint('alive')"
    child = subprocess.run([sys.executable, "-u", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (child.returncode, child.stdout, child.stderr) == (-9, "1.0\n", "")
