"""Imports that go on while nobody waits: what was sent in, a thread that takes it in, and a file that tells how far it is.

Each has a folder under data/incoming/ with its status.json. Who works at it holds the folder's lock, which the kernel gives
back when the program dies: an import that says it is running and whose lock is free was stopped.
"""

import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Semaphore, Thread
from typing import IO, Literal

from filelock import FileLock, Timeout

from avocet.durable import on_disk
from avocet.errors import AvocetError, NoSpaceError, NotFoundError, TooLargeError
from avocet.home import Home
from avocet.incoming.importing import Imported

MAX_BYTES = 8 * 2**30
SPARE_BYTES = 256 * 2**20  # of the disk, for the store
KEPT = 50  # imports that have ended, with their counts
STOPPED = "the program was stopped before the import had ended; what came in stays: import the same once more"
_TOLD_S, _LOOK_BYTES = 0.5, 64 * 2**20
_AT_ONCE = Semaphore(2)
_ID = re.compile(r"\d{8}t\d{12}z-[0-9a-f]{4}")
_log = logging.getLogger("avocet")


@dataclass(frozen=True)
class Job:
    """One import; the counts grow while it runs, all but `n_read` at its end. `n_twice`: came twice in one import."""

    id: str
    status: Literal["running", "done", "failed"]
    filename: str
    dry_run: bool = False
    n_read: int = 0
    n_new: int = 0
    n_known: int = 0
    n_twice: int = 0
    n_labelled: int = 0
    n_other: int = 0
    n_aside: int = 0
    quarantine: str | None = None
    error: str | None = None


Work = Callable[[Callable[[int], None]], Imported]


@dataclass
class Upload:
    """A file that is being sent in; `name` is what its sender calls it."""

    path: Path
    name: str
    n_bytes: int = 0
    _stream: IO[bytes] | None = None
    _looked: int = field(default=-_LOOK_BYTES)

    def write(self, piece: bytes) -> None:
        """The next bytes of it. Raises TooLargeError, NoSpaceError, DiskError."""
        self.n_bytes += len(piece)
        if self.n_bytes > MAX_BYTES:
            raise too_large()
        if self.n_bytes - self._looked >= _LOOK_BYTES:
            enough_room(self.path.parent, 0)
            self._looked = self.n_bytes
        with on_disk("keeping what was sent in"):
            if self._stream is None:
                self._stream = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            self._stream.write(piece)

    def close(self) -> None:
        """What was written is in the file; raises DiskError."""
        if self._stream is not None:
            with on_disk("keeping what was sent in"):
                self._stream.close()


@dataclass(frozen=True)
class Jobs:
    """The imports of one AVOCET_HOME."""

    home: Home

    @property
    def _room(self) -> Path:
        return self.home.data / "incoming"

    @contextmanager
    def sent(self, name: str, ending: str, n_bytes: int | None) -> Iterator[Upload]:
        """A file to write what is sent into; it is gone where that breaks off. `n_bytes`: how many were announced.

        Raises TooLargeError, NoSpaceError, DiskError.
        """
        if n_bytes is not None and n_bytes > MAX_BYTES:
            raise too_large()
        with on_disk("keeping what was sent in"):
            self._room.mkdir(mode=0o700, parents=True, exist_ok=True)
            enough_room(self._room, n_bytes or 0)
            self._tidy()
            folder = self._room / f"{datetime.now(UTC):%Y%m%dt%H%M%S%fz}-{secrets.token_hex(2)}"
            folder.mkdir(mode=0o700)
        upload = Upload(folder / f"upload{ending}", name)
        try:
            yield upload
        except BaseException:
            upload.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def start(self, upload: Upload, work: Work, dry_run: bool = False) -> Job:
        """Do the work in a thread; what was sent in is removed at its end."""
        upload.close()
        folder = upload.path.parent
        job = Job(folder.name, "running", upload.name, dry_run)
        lock = _lock(folder)
        lock.acquire(timeout=0)
        self._tell(job)
        Thread(target=self._do, args=(job, upload.path, work, lock), name=f"import {job.id}", daemon=True).start()
        return job

    def get(self, name: str) -> Job:
        """One of them. Raises NotFoundError."""
        job = self._read(self._room / name) if _ID.fullmatch(name) else None
        if job is None:
            raise NotFoundError(f"there is no import {name!r:.80}")
        return job

    def all(self) -> list[Job]:
        """Each that is known, the newest first."""
        folders = sorted(self._room.glob("*"), reverse=True) if self._room.is_dir() else []
        return [job for folder in folders if (job := self._read(folder)) is not None]

    def _do(self, job: Job, upload: Path, work: Work, lock: FileLock) -> None:
        told = _Teller(self, job)
        try:
            with _AT_ONCE:
                found = work(told.at)
            added = found.added
            told.job = replace(
                told.job, status="done", n_read=found.n_read, n_new=added.n_new, n_known=added.n_known,
                n_labelled=added.n_labelled, n_other=added.n_other, n_twice=found.n_twice, n_aside=found.n_aside,
                quarantine=Path(found.quarantine).stem if found.quarantine else None,
            )  # fmt: skip
        except AvocetError as e:
            # Its sender knows the file by its own name only.
            told.job = replace(told.job, status="failed", error=str(e).replace(str(upload), job.filename))
        except Exception as e:  # noqa: BLE001  a thread's error is nobody's else; its message may hold mail
            _log.error("import %s broke: %s", job.id, type(e).__name__)
            told.job = replace(
                told.job, status="failed", error=f"a bug in Avocet ({type(e).__name__}), nothing you did"
            )
        finally:
            try:
                upload.unlink(missing_ok=True)
                self._tell(told.job)
            finally:
                lock.release()

    def _read(self, folder: Path) -> Job | None:
        """As its file tells it; one that says it is running and is not was stopped."""
        try:
            found = json.loads((folder / "status.json").read_bytes())
            job = Job(**{name.name: found[name.name] for name in fields(Job)})
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if job.status != "running":
            return job
        with suppress(Timeout), _lock(folder).acquire(timeout=0):
            ended = json.loads((folder / "status.json").read_bytes())["status"] != "running"  # just now
            if not ended:
                self._tell(replace(job, status="failed", error=STOPPED))
                for left in folder.glob("upload*"):
                    left.unlink()
            return self._read(folder)
        return job

    def _tell(self, job: Job) -> None:
        path = self._room / job.id / "status.json"
        with on_disk("telling how far the import is"):
            draft = path.with_suffix(".draft")
            draft.write_text(json.dumps(asdict(job)), encoding="utf-8")
            draft.replace(path)

    def _tidy(self) -> None:
        """Forget the oldest that have ended, and what was left of files that were never sent whole."""
        jobs = self.all()
        for job in [job for job in jobs if job.status != "running"][KEPT:]:
            shutil.rmtree(self._room / job.id, ignore_errors=True)
        known = {job.id for job in jobs}
        for folder in self._room.glob("*"):
            if folder.name not in known and time.time() - folder.stat().st_mtime > 86_400:
                shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Teller:
    """Tells how many were read, twice a second."""

    jobs: Jobs
    job: Job
    _told: float = 0.0

    def at(self, n_read: int) -> None:
        self.job = replace(self.job, n_read=n_read)
        if time.monotonic() - self._told >= _TOLD_S:
            self._told = time.monotonic()
            self.jobs._tell(self.job)


def too_large() -> TooLargeError:
    """One line for people."""
    return TooLargeError(
        f"more than {MAX_BYTES // 2**30} GB are not taken over HTTP: `avocet import FILE` has no such limit"
    )


def enough_room(room: Path, n_bytes: int) -> None:
    """Raises NoSpaceError where so many more bytes would leave the store none."""
    free = shutil.disk_usage(room).free - SPARE_BYTES
    if n_bytes >= free:
        raise NoSpaceError(
            f"there are {max(free, 0) // 2**20} MB left for what is sent in; make room and send it again"
        )


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock", thread_local=False)
