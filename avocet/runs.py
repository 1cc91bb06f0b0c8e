"""One run's folder under data/runs/, the lock that keeps runs apart, and the key that knows a night without news."""

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from avocet import durable, registry
from avocet.candidates import OnBase
from avocet.errors import BusyError, DamagedVersionError, NoSpaceError, NotAtHandError, NotFoundError, RowsNotFoundError
from avocet.events import Event
from avocet.history import SETTLED
from avocet.home import Home
from avocet.methods.bases import at_hand
from avocet.recipe import Recipe, digest
from avocet.rows import Row, words_key
from avocet.running import timeline
from avocet.times import now

SPACE_BYTES = 10**9  # a few versions of the embedded base with their checkpoints
LOCK_S = 2.0  # `avocet doctor` holds the lock for a moment; a night must not be lost to that
# What the answer depends on beside rows and recipe; a newer library can train another model.
LIBRARIES = ("torch", "transformers", "peft", "scikit-learn", "numpy")


@dataclass(frozen=True)
class Run:
    """One run of the flow: which recipe, where its files are."""

    id: str
    home: Home
    recipe: Recipe

    @property
    def folder(self) -> Path:
        """Rows, events, scores and decision of this run."""
        return self.home.runs / self.id

    @property
    def rows(self) -> Path:
        """The rows that were kept, one JSON object a line: id, label, fields, and from `split` on group, side."""
        return self.folder / "rows.jsonl"

    @property
    def quarantine(self) -> Path:
        """What was set aside, by file, line and reason."""
        return self.home.quarantine / f"{self.id}.jsonl"

    @property
    def decision(self) -> Path:
        """The verdict and all it rests on."""
        return self.folder / "decision.json"

    def tell(self, candidate: str, event: Event) -> None:
        """Append one event about a candidate, with the time, to events.jsonl, the only source of a run's events."""
        timeline.append(self.folder, {"candidate": candidate, **event, "at": now()})


def begin(home: Home, recipe: Recipe) -> Run:
    """A new run with its (empty) folder, readable by nobody else since it will hold mail.

    Raises NoSpaceError before anything is trained: a disk that fills up in the middle has cost a night.
    """
    check_space(home)
    begun = datetime.now(UTC).strftime("%Y%m%dt%H%M%Sz")
    run = Run(f"{begun}-{recipe.name[:40]}-{secrets.token_hex(2)}", home, recipe)
    run.folder.mkdir(parents=True, mode=0o700)
    return run


def check_space(home: Home) -> None:
    """Raises NoSpaceError where a run would fill the disk."""
    home.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home.data).free
    if free < SPACE_BYTES:
        raise NoSpaceError(
            f"{free // 10**6} MB are free in {home.root}, a run needs {SPACE_BYTES // 10**6}: make room, nothing was changed"
        )


@contextmanager
def only_one(home: Home, wait_s: float | None = None) -> Iterator[None]:
    """Hold the lock of this AVOCET_HOME; raises BusyError where another run holds it for longer than `wait_s` (LOCK_S).

    The kernel gives the lock back when its holder dies, so a killed run blocks nobody.
    """
    lock = FileLock(home.data / ".run.lock")
    with registry.on_disk("taking the lock"):
        home.data.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=LOCK_S if wait_s is None else wait_s)
        except Timeout:
            raise BusyError(f"another run is at work in {home.root}; wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.release()


def row_files(home: Home, recipe: Recipe) -> list[tuple[Path, str]]:
    """(path, name to show) of each file of rows that is there. Raises RowsNotFoundError with how to get one that must be."""
    files = [((home.root / name).resolve(), name) for name in recipe.files]
    for path, name in files:
        if not path.is_file() and not recipe.files[name]:
            hint = " ".join(recipe.rows_help.split())
            raise RowsNotFoundError(f"recipe {recipe.name} reads {name}, which is not in {home.root}. {hint}".strip())
    return [(path, name) for path, name in files if path.is_file()]


def write_rows(path: Path, rows: Iterable[Row], keys: Mapping[str, str] | None = None, timed: bool = False) -> str:
    """Write the kept rows; returns their digest, which does not depend on their order. `keys`: row id -> its key, if made.

    When a label was given is no news for a model, unless `timed`: whoever confirms a doubted one has looked at it.
    """
    marks = []
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            line = _line(row, keys)
            said = json.dumps(line, ensure_ascii=True)
            told = json.dumps({**line, "labeled_at": row.labeled_at}, ensure_ascii=True) if row.labeled_at else said
            marks.append(hashlib.sha256((told if timed else said).encode()).hexdigest())
            out.write(told + "\n")
    return digest(sorted(marks))


def _line(row: Row, keys: Mapping[str, str] | None) -> dict[str, Any]:
    """The row as the stages after `validate` read it; `key` is what versions remember of it."""
    key = keys[row.id] if keys is not None else words_key(row.fields, row.more)
    same = {"id": row.id, "label": row.label, "fields": dict(row.fields)}
    return {**same, "key": key, "more": dict(row.more), "headers": dict(row.headers)}


def write_json(path: Path, value: Any) -> None:
    """Write a result in one move; NaN is refused."""
    durable.replace_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@cache
def code_digest() -> str:
    """Digest of what trains: this package's sources and the versions of the libraries under it."""
    here = Path(__file__).parent
    sources = {p.relative_to(here).as_posix(): p.read_bytes().hex() for p in sorted(here.rglob("*.py"))}
    return digest([sources, {name: version(name) for name in LIBRARIES}])


def run_key(recipe: Recipe, rows_digest: str, home: Home, version: str | None = None) -> str:
    """Equal for two nights that would do the same: rows, recipe with its gate and rules, code, and bases at hand.

    `version` is one that is judged instead of training.
    """
    bases = {}
    for name, settings in recipe.candidates.items():
        try:
            bases[name] = at_hand(settings, home).digest if isinstance(settings, OnBase) else ""
        except NotAtHandError:
            bases[name] = "not at hand"
    parts: list[Any] = [
        recipe.model_dump(mode="json", exclude={"about", "rows_help"}),
        rows_digest,
        bases,
        code_digest(),
    ]
    if (own := home.expectations(recipe.name)).is_file():
        parts.append({"expectations": hashlib.sha256(own.read_bytes()).hexdigest()})
    if recipe.clean.suspects < 1:  # whom the champion doubts
        parts.append({"champion": registry.champion_id(home.models, recipe.name)})
    return digest([*parts, version] if version else parts)


def settled(home: Home, recipe: Recipe, key: str) -> Mapping[str, Any] | None:
    """The ledger's last word on `recipe` if it was on the same key and still stands on disk, else None.

    Only the last word counts, and the champion it left must be there and whole: a model folder that was
    deleted since makes the night new.
    """
    words = [e for e in registry.ledger(home.models) if e.get("recipe") == recipe.name and e.get("event") in SETTLED]
    if not words or words[-1].get("run_key") != key:
        return None
    last = words[-1]
    champion = registry.champion_id(home.models, recipe.name)
    if champion != last.get("champion"):
        return None
    try:
        if champion is not None:
            registry.verify(registry.open_version(home.models / champion).folder)
    except (DamagedVersionError, NotFoundError):
        return None
    return last


def as_json(value: Any) -> Any:
    """A dataclass as what json can write."""
    return json.loads(json.dumps(asdict(value), ensure_ascii=True, allow_nan=False))
