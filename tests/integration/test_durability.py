"""What survives a SIGKILL anywhere, a disk that fills up or fails at each call, and two at once."""

import errno
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from avocet import history, registry
from avocet.byhand import override, rollback
from avocet.classifier import load
from avocet.errors import AvocetError, NothingToDoError, WrongUseError
from avocet.exchange import export, import_version
from avocet.home import Home
from avocet.retention import prune
from avocet.upkeep import doctor

Make = Callable[..., str]
MAIL = {"subject": "a", "body": "b"}

# --- SIGKILL -------------------------------------------------------------------------------------------------------

N_KILLS = 1000
LONGEST_S = 0.012  # a promotion takes about two milliseconds, so the kill lands anywhere in the first few
# Promotes b, rolls back to a, forces b and rolls back again for ever, as the verbs do; forks a fresh process for
# each life, since starting Python costs more. Loading is left out of most moves: it writes nothing.
MOVER = """
import os, sys
from pathlib import Path
from avocet import registry
from avocet.byhand import rollback
models = Path(sys.argv[1])
a, b = "tfidf-a", "tfidf-b"
MOVES = [
    lambda: registry.promote(models, "tiny", b, "run", "promoted b", "key"),
    lambda: registry.move(models, "tiny", a, "rolling_back", {"user": "ada"}, {"sentence": "back to a"}),
    lambda: registry.refuse(models, "tiny", b, "run", "refused b", "not_better", "key"),
    lambda: registry.move(models, "tiny", b, "overriding", {"user": "ada", "reason": "x"}, {"sentence": "b by hand"}),
    lambda: registry.move(models, "tiny", a, "rolling_back", {"user": "ada"}, {"sentence": "back to a"}),
]
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.write(1, f"{os.getpid()}\\n".encode())
        while True:
            for move in MOVES:
                move()
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


@pytest.fixture
def two(place: Home, tfidf_version: Make) -> tuple[str, str]:
    """Versions a and b of `tiny`; a is champion."""
    found = tfidf_version("tfidf-a", penalty=1.0), tfidf_version("tfidf-b", penalty=2.0)
    registry.promote(place.models, "tiny", "tfidf-a", "run-0", "promoted a")
    return found


@pytest.fixture
def mover(place: Home, two: tuple[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A process that moves the pointer between a and b for as long as it lives."""
    words = [sys.executable, "-c", MOVER, str(place.models)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def test_a_kill_anywhere_leaves_the_old_champion_or_the_new_one(
    place: Home, two: tuple[str, str], mover: "subprocess.Popen[str]"
) -> None:
    """1,000 times, in promotions, rollbacks and forced promotions: it verifies, every 20th is loaded, and the ledger follows."""
    assert mover.stdin and mover.stdout
    rng = random.Random(17)
    seen: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for i in range(N_KILLS):
        mover.stdin.write("go\n")
        mover.stdin.flush()
        pid = int(mover.stdout.readline())
        time.sleep(rng.uniform(0, LONGEST_S))
        os.kill(pid, signal.SIGKILL)
        assert mover.stdout.readline() == "dead\n"
        champion = str(registry.champion_id(place.models, "tiny"))
        assert champion in two
        seen[champion] += 1
        registry.verify(place.models / champion)
        registry.sweep(place.models)
        assert list(place.models.glob(".*")) == [], f"kill {i}: left over"
        opened = registry.interrupted(place.models)
        registry.recover(place.models)
        closed.update(e["event"] + ("" if champion == e["version"] else " undone") for e in opened)
        assert history.lineage(place.models, "tiny")[-1] == champion, f"kill {i}: pointer and ledger disagree"
        last = [w for w in history.history(place.models, "tiny") if w.event in history.MOVED][-1]
        assert last.version == champion, f"kill {i}: the last word is not the champion"
        if i % 20 == 0:
            assert load(place.models / "champion-tiny").classify_fields([MAIL])
            _forget_most(place.models)
    assert set(seen) == set(two), "the kills hit moves of both"
    assert {"promoting", "rolling_back"} <= {name.removesuffix(" undone") for name in closed}, f"only {closed}"
    assert [str(f) for f in doctor(place) if f.kind != "note"] == []


def _forget_most(models: Path) -> None:
    """Only the last lines, as whole as they were: reading 100,000 lines 1,000 times would take the hour."""
    lines = (models / history.LEDGER).read_bytes().split(b"\n")
    (models / history.LEDGER).write_bytes(b"\n".join(lines[-50:]))


# --- A disk that fails ---------------------------------------------------------------------------------------------

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Disk:
    """Fails call number `fail` below `root` (and from then on, if `forever`); with fail=None it only counts."""

    def __init__(self, fail: int | None, code: int, forever: bool) -> None:
        self.fail, self.code, self.forever = fail, code, forever
        self.n = 0
        self.struck = False

    def call(self, what: str) -> None:
        """One call that changes the disk."""
        now = self.n
        self.n += 1
        if self.fail is not None and (now == self.fail or (self.forever and now > self.fail)):
            self.struck = True
            raise OSError(self.code, os.strerror(self.code), what)


@contextmanager
def failing(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Every write, fsync, rename, link, unlink, mkdir and open-for-write of this process asks `disk` first."""
    real_open, real_io_open, real_write = os.open, io.open, os.write

    def low_open(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & WRITES:
            disk.call(f"open {path}")
        return real_open(path, flags, *rest, **named)

    def high_open(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        stream = real_io_open(file, mode, *rest, **named) if set(mode).isdisjoint("wax+") else None
        if stream is not None:
            return stream
        disk.call(f"open {file}")
        stream = real_io_open(file, mode, *rest, **named)
        write = stream.write

        def half(text: Any) -> int:
            try:
                disk.call(f"write {file}")
            except OSError:
                write(text[: len(text) // 2])  # what a full disk does: some of it is there
                stream.flush()
                raise
            return int(write(text))

        stream.write = half
        return stream

    def half_write(descriptor: int, data: bytes) -> int:
        try:
            disk.call("write")
        except OSError:
            if disk.code == errno.ENOSPC and len(data) > 1 and not disk.forever:
                return real_write(descriptor, data[: len(data) // 2])  # a short write, as POSIX has it
            raise
        return real_write(descriptor, data)

    with monkeypatch.context() as patch:
        for name in ("fsync", "replace", "rename", "symlink", "unlink", "mkdir", "link", "ftruncate"):
            real = getattr(os, name)

            def ask(*given: Any, _real: Any = real, _name: str = name, **named: Any) -> Any:
                disk.call(_name)
                return _real(*given, **named)

            patch.setattr(os, name, ask)
        patch.setattr(os, "open", low_open)
        patch.setattr(os, "write", half_write)
        patch.setattr(io, "open", high_open)
        yield disk


def _publish(place: Home) -> None:
    staging = registry.new_staging(place.models)
    with registry.on_disk("copying the weights"):
        (staging / "tfidf.safetensors").write_bytes((place.models / "tfidf-a" / "tfidf.safetensors").read_bytes())
    info = registry.read_info(place.models / "tfidf-a")
    registry.write_learned_from(staging, {"train": [], "validation": []})
    registry.write_info(staging, {**info, "version": "tfidf-c"})
    registry.seal(staging)
    registry.publish(staging, "avocet-tiny-tfidf")


ACTS: dict[str, Callable[[Home], object]] = {
    "export": lambda p: export(p, "tfidf-a", p.root.parent / "out.zip"),
    "import": lambda p: import_version(p, p.root.parent / "in.zip"),
    "prune": lambda p: prune(p, keep=1),
    "publish": _publish,
    "promote": lambda p: registry.promote(p.models, "tiny", "tfidf-b", "run", "promoted b", "key"),
    "rollback": lambda p: rollback(p, None, "tiny"),
    "refuse": lambda p: registry.refuse(p.models, "tiny", "tfidf-a", "run", "refused", "not_better", "key"),
    "override": lambda p: override(p, "tfidf-a", None, "a reason"),
}
WORD = {"promote": "promoted", "rollback": "rolled_back", "refuse": "refused", "override": "overridden"}
BEGINS_WITH = {"export": "a", "import": "a", "prune": "a"} | {
    "publish": "a",
    "promote": "a",
    "rollback": "b",
    "refuse": "b",
    "override": "b",
}


@pytest.fixture
def fresh(place: Home, two: tuple[str, str], tfidf_version: Make, tmp_path: Path) -> Callable[[str], Home]:
    """The home of `two` anew, as an act needs it: after b was promoted, or before; x can be pruned, y imported."""
    for version in ("tfidf-x", "tfidf-y"):
        tfidf_version(version, timestamp="2020-01-01T00:00:00Z")
    export(place, "tfidf-y", tmp_path / "in.zip")
    shutil.rmtree(place.models / "tfidf-y")
    registry.point_alias(place.models, "avocet-tiny-tfidf", "tfidf-b")
    registry.sweep(place.models)
    load(place.models / "tfidf-a").classify_fields([MAIL])  # imports read files, and are no part of an act
    shutil.copytree(place.models, tmp_path / "kept-a", symlinks=True)
    registry.promote(place.models, "tiny", "tfidf-b", "run-1", "promoted b")
    shutil.copytree(place.models, tmp_path / "kept-b", symlinks=True)

    def make(which: str) -> Home:
        (tmp_path / "out.zip").unlink(missing_ok=True)
        shutil.rmtree(place.models)
        shutil.copytree(tmp_path / f"kept-{which}", place.models, symlinks=True)
        return place

    return make


@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
@pytest.mark.parametrize("act", ACTS)
def test_each_call_that_fails_leaves_old_or_new_and_one_line(
    act: str, code: int, forever: bool, fresh: Callable[[str], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Champion and every version whole; a clear error; what is left over goes with the next sweep; then it works."""
    do, before = ACTS[act], f"tfidf-{BEGINS_WITH[act]}"
    place = fresh(BEGINS_WITH[act])
    assert registry.champion_id(place.models, "tiny") == before
    with failing(Disk(None, code, forever), monkeypatch) as disk:
        do(place)
    n_calls = disk.n
    assert n_calls >= 3
    told: list[str] = []
    for i in range(n_calls):
        place = fresh(BEGINS_WITH[act])
        with failing(Disk(i, code, forever), monkeypatch) as disk:
            try:
                do(place)
            except AvocetError as e:
                told.append(str(e))
            else:  # a short write, for example: what was reported as done is in the ledger, whole
                assert act not in WORD or registry.ledger(place.models)[-1]["event"] == WORD[act], f"{act}, call {i}"
        assert disk.struck
        _look(place, before, f"{act}, call {i}")
        do_again(do, place)
        _look(place, before, f"{act} again, after call {i}")
    assert len(told) >= n_calls * (1 if forever else 0.5), "a failing disk went unnoticed"
    assert all("\n" not in line and os.strerror(code) in line for line in told), set(told)


def _look(place: Home, before: str, when: str) -> None:
    """What must hold after each failure."""
    models = place.models
    champion = str(registry.champion_id(models, "tiny"))
    assert champion in ("tfidf-a", "tfidf-b"), when
    for version in registry.versions(models):
        registry.verify(version.folder)
    registry.sweep(models)
    assert list(models.glob(".*")) == [], when
    registry.recover(models)
    assert history.lineage(models, "tiny")[-1] == champion, f"{when}: pointer and ledger disagree"
    assert [str(f) for f in doctor(place) if f.kind != "note"] == [], when
    out = place.root.parent / "out.zip"
    assert not out.exists() or zipfile.ZipFile(out).testzip() is None, f"{when}: half an archive"


def do_again(do: Callable[[Home], object], place: Home) -> None:
    """The disk is well again: the act can be done, or is done already."""
    try:
        do(place)
    except AvocetError as e:
        assert isinstance(e, NothingToDoError | WrongUseError) or os.strerror(errno.ENOTEMPTY) in str(e), e


def test_the_champion_still_answers_after_a_full_disk(
    fresh: Callable[[str], Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only its digests: it loads and predicts."""
    place = fresh("a")
    with failing(Disk(1, errno.ENOSPC, True), monkeypatch), pytest.raises(AvocetError):
        ACTS["promote"](place)
    assert load(place.models / "champion-tiny").classify_fields([MAIL])


# --- Two at once ---------------------------------------------------------------------------------------------------

AT_ONCE = """
from avocet import runs
runs.LOCK_S = 0  # nobody waits, so that the loser has to say so
import sys
from avocet.byhand import override, rollback
from avocet.errors import AvocetError
from avocet.home import home
print("ready", flush=True)
sys.stdin.readline()
for i in range(25):
    for act in (lambda: override(home(), "tfidf-b", None, "a reason"), lambda: rollback(home(), "tfidf-a", "tiny")):
        try:
            act()
            print("won")
        except AvocetError as e:
            print(e.reason)
"""


def test_two_that_promote_at_once_take_turns(place: Home, two: tuple[str, str]) -> None:
    """Each attempt wins or is told why not; no line of one falls between the two lines of the other."""
    words = [sys.executable, "-c", AT_ONCE]
    pair = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in pair:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in pair:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = Counter(word for process in pair for word in process.communicate()[0].split())
    assert set(told) <= {"won", "busy", "nothing_to_do"} and told.total() == 100
    assert told["won"] >= 2 and told["busy"] >= 1, told
    lines = registry.ledger(place.models)[2:]
    assert len(lines) == 2 * told["won"]
    for opening, closing in zip(lines[::2], lines[1::2], strict=True):
        assert history.MOVES[opening["event"]] == closing["event"] and opening["version"] == closing["version"]
    assert doctor(place) == []
