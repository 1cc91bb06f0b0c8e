"""Training one candidate from the outside: is its base here, was it trained already, start the child, publish."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from avocet import attempts, launch, registry, resume, tracking
from avocet.candidates import Blend, FineTuned, OnBase
from avocet.errors import AvocetError, DamagedVersionError, MemoryBusyError, OutOfMemoryError
from avocet.events import Event
from avocet.home import Home
from avocet.methods.bases import at_hand
from avocet.methods.job import BaseAtHand, Job
from avocet.process import run_child
from avocet.recipe import Recipe, digest
from avocet.running.telling import Telling
from avocet.runs import LIBRARIES, Run, code_digest, write_json
from avocet.sides import Sides


@dataclass(frozen=True)
class Trained:
    """A version that is ready to be judged."""

    candidate: str
    version: str
    val_macro_f1: float | None
    epochs_run: int
    rung: str
    reused: bool  # trained on an earlier night from the same rows, settings, base and code
    n_truncated: int = 0  # training texts of which the model read only the first `max_tokens` tokens
    max_tokens: int | None = None
    out_of_fold: tuple[float, int] | None = None  # macro-F1, and over how many of the rows that it learned from
    weights: Mapping[str, float] = field(default_factory=dict)  # of a blend: member -> weight
    tried: tuple[str, ...] = ()  # settings before this one, and what became of them
    curve: tuple[Mapping[str, Any], ...] = ()  # one entry an epoch: macro_f1, accuracy, loss


def train(
    run: Run,
    sides: Sides,
    candidate: str,
    attempt: int,
    on_event: Callable[[Event], None],
    ready: Mapping[str, str] | None = None,
    on_attempt: Callable[[str], None] = lambda setting: None,
) -> Trained:
    """Train `candidate` in a child, and publish the version.

    `attempt` 0 starts at the setting that worked last time, or at the first one that is thought to fit; each
    further one of the same run is smaller where memory ran out. `on_attempt` is told the setting.

    `ready` (candidate -> version) is what was trained before it tonight: a blend is made of these.

    Raises NotAtHandError (skip it), OutOfMemoryError and MemoryBusyError (call again with the next
    attempt, at once or later, where they say `again`), NonFiniteError, ChildFailedError. Nothing is left under models/ then.
    """
    settings = run.recipe.candidates[candidate]
    base = at_hand(settings, run.home) if isinstance(settings, OnBase) else None
    if isinstance(settings, FineTuned):
        tracking.check(candidate, settings.report_to)
    if len(sides.trained_labels) < 2:
        raise AvocetError(f"only {len(sides.trained_labels)} label has training rows; two are needed to learn anything")
    members = _members(settings, ready or {})
    key = _key(run, sides, candidate, base, members)
    goes_on = resume.folder_for(run.home.models, run.recipe.alias_of(candidate), key)
    earlier = _trained_before(run, key)
    if earlier is not None:
        # A kill after the version was published may have left its alias behind.
        registry.point_alias(run.home.models, run.recipe.alias_of(candidate), earlier.id)
        resume.forget(goes_on)
        return _trained(candidate, earlier.info, reused=True)
    its = attempts.plan(run, candidate, settings, base, attempt)
    _check_room(run, candidate, its)
    run.tell(candidate, {"type": "attempt", "attempt": attempt, "setting": str(its.rung)})
    if isinstance(settings, FineTuned):  # the others have no batch that could be smaller
        on_attempt(str(its.rung))
    staging = registry.new_staging(run.home.models)
    job = Job(
        candidate, settings.model_dump(mode="json"), str(run.rows), run.recipe.text, sides.trained_labels,
        run.recipe.seed, str(staging), its.rung, base, _info(run, sides, candidate, key, base),
        run.recipe.choose.below, run.recipe.choose.folds,
        {name: str(run.home.models / version) for name, version in members.items()}, str(goes_on),
    )  # fmt: skip
    try:
        with _tidied(staging, goes_on):
            curve = _in_child(run, job, candidate, on_event)
            published = registry.publish(staging, run.recipe.alias_of(candidate))
    except OutOfMemoryError as e:
        _check_room(run, candidate, its)  # others may have come between
        died = its.died(e)
        run.tell(candidate, {"type": "oom", "message": str(died)})
        raise died from None
    its.worked()
    return replace(_trained(candidate, published.info, reused=False, curve=curve), tried=tuple(its.tried))


def _check_room(run: Run, candidate: str, its: attempts.Plan) -> None:
    try:
        its.check_room()
    except MemoryBusyError as e:
        run.tell(candidate, {"type": "oom", "message": str(e)})
        raise


@contextmanager
def _tidied(staging: Path, goes_on: Path) -> Iterator[None]:
    """Whatever ends this, no half version is left; checkpoints stay only where they can be gone on from."""
    try:
        yield
    except AvocetError as e:
        registry.discard(staging)
        # A smaller setting starts anew beside them. Any other failure would come again from where it was, and after a
        # full disk its checkpoints are room that is needed.
        (resume.leave if isinstance(e, OutOfMemoryError) else resume.forget)(goes_on)
        raise
    except BaseException:  # a cancelled run: what was learned is gone on with
        registry.discard(staging)
        resume.leave(goes_on)
        raise
    resume.forget(goes_on)


def _key(run: Run, sides: Sides, candidate: str, base: BaseAtHand | None, members: Mapping[str, str]) -> str:
    """What a training depends on; not the memory setting: all train the same model, or (contrastive) one as good."""
    parts: list[object] = [
        run.recipe.training_digest(candidate),
        sides.digest,
        sides.trained_labels,
        base.digest if base else "",
    ]
    parts += [members] if members else []
    return digest([*parts, code_digest()])


def _members(settings: object, ready: Mapping[str, str]) -> dict[str, str]:
    """Those of a blend's members that were trained tonight; one whose base is not at hand is left out."""
    return {name: ready[name] for name in settings.of if name in ready} if isinstance(settings, Blend) else {}


def trained_before(home: Home, recipe: Recipe, version: str) -> Trained | None:
    """The version called `version` as one that is ready to be judged; None where there is none of that recipe."""
    found = {v.id: v for v in registry.versions(home.models)}.get(version)
    if found is None or found.info.get("recipe") != recipe.name:
        return None
    return _trained(str(found.info["candidate"]), found.info, reused=True)


def newest(home: Home, recipe: Recipe) -> list[Trained]:
    """The newest version of each candidate of the recipe that has one."""
    links = (home.models / recipe.alias_of(candidate) for candidate in recipe.candidates)
    found = (trained_before(home, recipe, link.resolve().name) for link in links if link.is_symlink())
    return [its for its in found if its is not None]


def _in_child(run: Run, job: Job, candidate: str, on_event: Callable[[Event], None]) -> list[dict[str, Any]]:
    """Run the job; returns the curve of the training that is kept, and writes all to metrics-<candidate>.json."""
    curve: list[Mapping[str, Any]] = []
    phase, telling = "", Telling(run, candidate)

    def hear(event: Event) -> None:
        nonlocal phase
        telling.tell(event)
        if event["type"] == "phase":  # ours alone: where a kill struck, which leaves no word
            phase = event["phase"]
            return
        if event["type"] == "metrics":
            curve.append(event)
        on_event(event)

    path = run.folder / f"train-{candidate}.json"
    job.write(path)
    launcher = launch.words() if isinstance(job.method, FineTuned) else []
    try:
        run_child("avocet.methods", path, run.folder / f"train-{candidate}.log", hear, launcher)
    except OutOfMemoryError as e:
        e.where = phase
        raise
    if curve:
        told = {"rung": str(job.rung), "epochs": tracking.numbered(curve)}
        with suppress(OSError):  # a version is worth more than this file, and the events say the same
            write_json(run.folder / f"metrics-{candidate}.json", told)
    return tracking.last_training(curve) if curve else []


def _trained_before(run: Run, key: str) -> registry.Version | None:
    """A whole version with this training key: a run that was killed after training need not train again."""
    for version in registry.versions(run.home.models):
        if version.info.get("training_key") == key:
            try:
                registry.verify(version.folder)
            except DamagedVersionError:
                continue  # `avocet models` shows it as damaged; a new one is trained beside it
            return version
    return None


def _trained(
    candidate: str, info: Mapping[str, Any], reused: bool, curve: Sequence[Mapping[str, Any]] | None = None
) -> Trained:
    return Trained(
        candidate,
        info["version"],
        info["val_macro_f1"],
        info["epochs_run"],
        info.get("rung", ""),
        reused,
        info.get("n_truncated", 0),
        info.get("max_tokens"),
        None if info.get("oof_macro_f1") is None else (info["oof_macro_f1"], info["oof_rows"]),
        info.get("weights", {}),
        curve=tuple(curve or ()),
    )


def _info(run: Run, sides: Sides, candidate: str, key: str, base: BaseAtHand | None) -> dict[str, Any]:
    """What training_info.json says beside the results of training (document 0's keys first)."""
    recipe = run.recipe
    now = datetime.now(UTC)
    trains = {x: sides.counts[x]["train"] for x in sides.trained_labels}
    return {
        "name": recipe.alias_of(candidate),
        "base_model_id": base.id if base else "none",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "epochs_run": None,
        "val_macro_f1": None,
        "val_accuracy": None,
        "sample_count": sum(n for by_side in sides.counts.values() for n in by_side.values()),
        "train_sample_count": sum(trains.values()),
        "label_counts": {x: sum(sides.counts[x].values()) for x in recipe.labels if any(sides.counts[x].values())},
        "holdout_macro_f1": None,
        "version": f"{candidate[:30]}-{now.strftime('%Y%m%dt%H%M%Sz')}-{key[:6]}",
        "recipe": recipe.name,
        "candidate": candidate,
        "method": recipe.candidates[candidate].method,
        "settings": recipe.candidates[candidate].model_dump(mode="json"),
        "text": recipe.text,
        "labels": list(recipe.labels),
        "trained_labels": list(sides.trained_labels),
        "base_revision": base.revision if base else None,
        "base_digest": base.digest if base else None,
        "seed": recipe.seed,
        "rows_digest": sides.digest,
        "left_out": dict(sides.left_out),
        "suspects": recipe.clean.suspects,
        "training_key": key,
        "run": run.id,
        "libraries": {name: installed(name) for name in LIBRARIES},
    }
