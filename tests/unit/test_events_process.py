"""Children: what they tell, how they end, and that none outlives its parent."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avocet.errors import AvocetError, ChildFailedError, NonFiniteError, NotAtHandError, OutOfMemoryError
from avocet.events import EXIT_OUT_OF_MEMORY, EXIT_REFUSED, is_out_of_memory
from avocet.process import run_child

HEAD = """
import os, signal, subprocess, sys
from avocet.errors import *
from avocet.events import run_as_child

def work(job, emit):
"""
WAIT_MS = 60_000  # a ceiling for what takes milliseconds


class Ran:
    """A child of one's own making: `ran(body)` runs `body` as its work and keeps what it told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.job, self.log = folder / "job.json", folder / "child.log"
        self.events: list[Any] = []
        self.job.write_text('{"asked": 7}')

    def write(self, body: str, before: str = "") -> None:
        """The module `child`, whose work is `body`."""
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (self.folder / "child.py").write_text(
            f"{before}\n{HEAD}{lines}\nif __name__ == '__main__':\n    run_as_child(work)\n"
        )

    def __call__(self, body: str, before: str = "") -> dict[str, Any]:
        self.write(body, before)
        return run_child("child", self.job, self.log, self.events.append)


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])))
    return Ran(tmp_path)


def died(pid: int) -> bool:
    """Whether a process of any parent has ended, waiting for it where it is about to."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(WAIT_MS))
    finally:
        os.close(handle)


@pytest.fixture
def ends() -> Iterator[Callable[[int], None]]:
    """Takes note of processes that must not stay, whatever the test finds."""
    pids: list[int] = []
    yield pids.append
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_a_childs_events_arrive_in_order_and_done_is_returned(ran: Ran) -> None:
    """The job file is its argument."""
    done = ran(
        "import json\n"
        "emit({'type': 'progress', 'step': 1, 'of': 2})\n"
        "emit({'type': 'note', 'message': 'zwei é \\u2028'})\n"
        "return {'answer': json.loads(job.read_text())['asked']}"
    )
    assert done == {"answer": 7, "type": "done"}
    assert ran.events == [{"type": "progress", "step": 1, "of": 2}, {"type": "note", "message": "zwei é \u2028"}, done]
    assert ran.log.read_text() == ""


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError('canary')",
        "RuntimeError('DefaultCPUAllocator: canary')",
        "RuntimeError('CUDA out of memory, canary')",
    ],
)
def test_running_out_of_memory_in_any_shape_is_out_of_memory(error: str, ran: Ran) -> None:
    """The child says so and exits with 77."""
    with pytest.raises(OutOfMemoryError) as caught:
        ran(f"raise {error}")
    name = error.split("(")[0]
    assert str(caught.value) == f"out of memory ({name})"
    assert ran.events == [{"type": "oom", "reason": "out_of_memory", "message": name}]


@pytest.mark.parametrize(
    "end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(137)", "os.kill(os.getpid(), signal.SIGTERM)"]
)
def test_a_kill_by_the_kernel_is_out_of_memory(end: str, ran: Ran) -> None:
    """Directly, or as a container runtime tells it."""
    with pytest.raises(OutOfMemoryError, match="SIGTERM, which is how guards" if "TERM" in end else "SIGKILL"):
        ran(f"emit({{'type': 'progress', 'step': 1, 'of': 2}})\n{end}")
    assert ran.events == [{"type": "progress", "step": 1, "of": 2}]


@pytest.mark.parametrize("kind", [NonFiniteError, NotAtHandError, OutOfMemoryError, ChildFailedError])
def test_an_error_of_ours_comes_back_as_itself(kind: type[AvocetError], ran: Ran) -> None:
    """With its message, which holds no mail text."""
    with pytest.raises(AvocetError) as caught:
        ran(f"raise {kind.__name__}('the loss is nan at step 3')")
    assert (type(caught.value), str(caught.value)) == (kind, "the loss is nan at step 3")
    assert ran.events == [{"type": "error", "reason": kind.reason, "message": "the loss is nan at step 3"}]


def test_another_error_of_ours_is_told_with_its_message(ran: Ran) -> None:
    """A smaller batch will not mend it."""
    with pytest.raises(ChildFailedError) as caught:
        ran("raise DamagedVersionError('version x: y is missing')")
    assert str(caught.value) == f"the training process failed (version x: y is missing); its log: {ran.log}"


def test_a_crash_names_the_log_and_not_the_text(ran: Ran) -> None:
    """A foreign exception may quote a mail: it goes to the log alone."""
    with pytest.raises(ChildFailedError) as caught:
        ran("raise ValueError('canary-2716 ' + job.name)")
    assert str(caught.value) == f"the training process failed (ValueError); its log: {ran.log}"
    assert ran.events == [{"type": "error", "reason": "crashed", "message": "ValueError"}]
    assert "canary-2716 job.json" in ran.log.read_text()


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os._exit(0)", "exit code 0"),
        ("os._exit(9)", "exit code 9"),
        ("os.abort()", f"exit code {-signal.SIGABRT}"),
        ("sys.exit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return {'score': float('nan')}", "ValueError"),
        ("return None", "TypeError"),
    ],
)
def test_an_end_without_done_is_a_failure(end: str, told: str, ran: Ran) -> None:
    """Whatever the exit code says; a NaN never travels."""
    with pytest.raises(ChildFailedError) as caught:
        ran(end)
    assert str(caught.value) == f"the training process failed ({told}); its log: {ran.log}"


def test_done_before_a_crash_is_not_done(ran: Ran) -> None:
    """What it returned may be half on disk."""
    with pytest.raises(ChildFailedError, match=r"exit code 3"):
        ran("import atexit\natexit.register(os._exit, 3)\nreturn {}")


def test_stray_prints_go_to_the_log(ran: Ran) -> None:
    """From Python, from C, and from a grandchild: the stream of events holds events alone."""
    done = ran(
        "print('from python')\n"
        "os.write(1, b'from below\\n')\n"
        "subprocess.run(['echo', 'from a grandchild'])\n"
        "emit({'type': 'note', 'message': 'm'})\n"
        "print('half a line', end='', flush=True)\n"
        "return {}"
    )
    assert ran.events == [{"type": "note", "message": "m"}, done]
    log = ran.log.read_text()
    assert [x for x in ("from python", "from below", "from a grandchild", "half a line") if x not in log] == []


def test_a_print_while_importing_does_not_break_the_stream(ran: Ran) -> None:
    """A library, or a sitecustomize.py, that greets when it is imported."""
    assert ran("return {}", before="print('Welcome!')") == {"type": "done"}


def test_a_kill_in_the_middle_of_an_event_is_a_kill(ran: Ran) -> None:
    """Lines of more than a pipe's 4096 bytes are not written in one go."""
    body = (
        "import fcntl\n"
        "channel = next(f for f in range(3, 20) if os.path.exists(f'/proc/self/fd/{f}') "
        "and os.readlink(f'/proc/self/fd/{f}').startswith('pipe'))\n"
        'os.write(channel, b\'{"type": "prog\')\n'
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with pytest.raises(OutOfMemoryError):
        ran(body)


def test_the_log_is_appended_to(ran: Ran) -> None:
    """A second attempt does not hide why the first one failed."""
    for word in ("first", "second"):
        with pytest.raises(ChildFailedError):
            ran(f"raise ValueError('{word}')")
    assert [w for w in ("first", "second") if w in ran.log.read_text()] == ["first", "second"]


def test_a_child_asks_no_hub_and_no_person(
    ran: Ran, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, without telemetry, with nothing on its standard input."""
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "0")
    typed, typing = os.pipe()
    os.write(typing, b"y\n")
    os.close(typing)
    mine = os.dup(0)
    os.dup2(typed, 0)
    request.addfinalizer(lambda: (os.dup2(mine, 0), os.close(mine), os.close(typed)))
    done = ran(
        "return {'in': sys.stdin.read(), **{k: os.environ[k] for k in ('HF_HUB_OFFLINE', 'HF_HUB_DISABLE_TELEMETRY')}}"
    )
    assert done == {"in": "", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "type": "done"}


def test_files_of_the_working_folder_do_not_shadow_the_childs_modules(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """flows/ is full of short names."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "colorsys.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path / "here")
    assert ran("import colorsys\nreturn {'hue': colorsys.rgb_to_hsv(0, 0, 0)[0]}") == {"hue": 0.0, "type": "done"}


def test_an_error_of_the_listener_ends_the_child_and_all_it_started(ran: Ran, ends: Callable[[int], None]) -> None:
    """A cancelled run holds no GPU."""
    ran.write(
        "other = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "emit({'type': 'note', 'pids': [os.getpid(), other.pid]})\n"
        "signal.pause()"
    )
    pids: list[int] = []

    def cancelled(event: Any) -> None:
        pids.extend(event["pids"])
        for pid in pids:
            ends(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child("child", ran.job, ran.log, cancelled)
    assert len(pids) == 2
    assert [died(pid) for pid in pids] == [True, True]


def test_a_child_dies_with_its_parent(ran: Ran, tmp_path: Path, ends: Callable[[int], None]) -> None:
    """A parent that is killed can clean nothing up; an orphan would go on holding the GPU."""
    ran.write("emit({'type': 'note', 'pid': os.getpid()})\nsignal.pause()")
    (tmp_path / "parent.py").write_text(
        "import sys\nfrom pathlib import Path\nfrom avocet.process import run_child\n"
        "run_child('child', Path(sys.argv[1]), Path(sys.argv[2]), lambda e: print(e['pid'], flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py"), str(ran.job), str(ran.log)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        ends(pid)
        handle = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        assert poll.poll(0) == [], "it lives while its parent does"
        parent.kill()
        parent.wait()
        assert poll.poll(WAIT_MS), "it died with its parent"
        os.close(handle)


def test_a_child_whose_parent_is_gone_already_does_nothing(ran: Ran, tmp_path: Path) -> None:
    """It was orphaned before it could ask the kernel: it ends by itself, before its work."""
    ran.write("(job.parent / 'worked').touch()\nreturn {}")
    env = {**os.environ, "AVOCET_PARENT_PID": "1" if os.getpid() != 1 else "2"}
    child = subprocess.run(
        [sys.executable, "-m", "child", str(ran.job)], env=env, capture_output=True, check=False, timeout=60
    )
    assert (child.returncode, child.stdout) == (1, b"")
    assert not (tmp_path / "worked").exists()


def test_the_exit_codes_are_their_own() -> None:
    """Not those of Python, of a shell, or of each other."""
    assert (EXIT_OUT_OF_MEMORY, EXIT_REFUSED) == (77, 78)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_the_shapes_of_running_out_of_memory_are_known(error: BaseException, wanted: bool) -> None:
    """Only these are worth another attempt."""
    assert is_out_of_memory(error) is wanted
