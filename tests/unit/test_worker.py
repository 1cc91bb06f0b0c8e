"""Who works on a run: a process is known by its number and its beginning, and only of this machine."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from avocet.running.worker import Worker, note, noted, worker_of


def test_a_process_is_there_until_it_is_gone(tmp_path: Path) -> None:
    """A zombie is gone; what was noted says the same."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    its = Worker.of(child.pid)
    note(tmp_path / "at-work.json", its, flow_run="f")
    known = noted(tmp_path / "at-work.json")
    assert (worker_of(known), known["flow_run"], its.here, its.gone) == (its, "f", True, False)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not taken note of
    assert its.gone
    child.wait()
    assert its.gone and Worker.of(child.pid).gone


def test_another_process_with_the_same_number_is_another() -> None:
    """Numbers are given again."""
    me = Worker.of()
    assert me.gone is False
    assert replace(me, began=me.began - 60).gone is True


def test_of_another_machine_nothing_is_known() -> None:
    """Its process numbers mean nothing here."""
    assert replace(Worker.of(), host="elsewhere").gone is None


def test_nothing_noted_is_nothing_known(tmp_path: Path) -> None:
    """Nor is a file that is no note."""
    assert noted(tmp_path / "none.json") == {} and worker_of({}) is None
    (tmp_path / "torn.json").write_text("{")
    assert noted(tmp_path / "torn.json") == {}
