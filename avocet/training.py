"""Training one candidate from the outside: is its base here, was it trained already, start the child, publish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import Any

from avocet import registry
from avocet.errors import AvocetError, DamagedVersionError, OutOfMemoryError
from avocet.events import Event
from avocet.home import Home
from avocet.methods.bases import at_hand, memory_holders
from avocet.methods.job import BaseAtHand, Job
from avocet.methods.ladder import Rung, rungs
from avocet.process import run_child
from avocet.recipe import Recipe, Tfidf, digest
from avocet.runs import LIBRARIES, Run, code_digest
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
    curve: tuple[Mapping[str, Any], ...] = ()  # one entry an epoch: macro_f1, accuracy, loss


def train(run: Run, sides: Sides, candidate: str, attempt: int, on_event: Callable[[Event], None]) -> Trained:
    """Train `candidate` at rung `attempt` (0 = as the recipe says) in a child, and publish the version.

    Raises NotAtHandError (skip it), OutOfMemoryError (call again with the next attempt), NonFiniteError,
    ChildFailedError. Nothing is left under models/ then.
    """
    settings = run.recipe.candidates[candidate]
    base = None if isinstance(settings, Tfidf) else at_hand(settings, run.home)
    if len(sides.trained_labels) < 2:
        raise AvocetError(f"only {len(sides.trained_labels)} label has training rows; two are needed to learn anything")
    parts = [run.recipe.training_digest(candidate), sides.digest, sides.trained_labels, base.digest if base else ""]
    key = digest([*parts, code_digest()])
    earlier = _trained_before(run, key)
    if earlier is not None:
        # A kill after the version was published may have left its alias behind.
        registry.point_alias(run.home.models, run.recipe.alias_of(candidate), earlier.id)
        return _trained(candidate, earlier.info, reused=True)
    ladder = rungs(settings)
    rung = ladder[min(attempt, len(ladder) - 1)]
    staging = registry.new_staging(run.home.models)
    try:
        job = Job(
            candidate,
            settings.model_dump(mode="json"),
            str(run.rows),
            run.recipe.text,
            sides.trained_labels,
            run.recipe.seed,
            str(staging),
            rung,
            base,
            _info(run, sides, candidate, key, base),
        )
        curve = _in_child(run, job, candidate, on_event)
        published = registry.publish(staging, run.recipe.alias_of(candidate))
    except OutOfMemoryError as e:
        registry.discard(staging)
        raise _out_of_memory(e, candidate, rung, last=rung == ladder[-1]) from None
    except BaseException:
        registry.discard(staging)
        raise
    return _trained(candidate, published.info, reused=False, curve=curve)


def trained_before(home: Home, recipe: Recipe, version: str) -> Trained | None:
    """The version called `version` as one that is ready to be judged; None where there is none of that recipe."""
    found = {v.id: v for v in registry.versions(home.models)}.get(version)
    if found is None or found.info.get("recipe") != recipe.name:
        return None
    return _trained(str(found.info["candidate"]), found.info, reused=True)


def _in_child(run: Run, job: Job, candidate: str, on_event: Callable[[Event], None]) -> list[Mapping[str, Any]]:
    """Run the job; returns the curve."""
    curve: list[Mapping[str, Any]] = []

    def hear(event: Event) -> None:
        run.tell(candidate, event)
        if event["type"] == "metrics":
            curve.append(event)
        on_event(event)

    path = run.folder / f"train-{candidate}.json"
    job.write(path)
    run_child("avocet.methods", path, run.folder / f"train-{candidate}.log", hear)
    return curve


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
    candidate: str, info: Mapping[str, Any], reused: bool, curve: list[Mapping[str, Any]] | None = None
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
        tuple(curve or ()),
    )


def _out_of_memory(error: OutOfMemoryError, candidate: str, rung: Rung, last: bool) -> OutOfMemoryError:
    if not last:
        return OutOfMemoryError(f"{candidate} at {rung}: {error}; trying again with smaller micro-batches")
    holders = ", ".join(memory_holders()) or "nothing that can be seen"
    return OutOfMemoryError(
        f"{candidate} at {rung}, the smallest setting: {error}. What holds the memory: {holders}. "
        "Stop what you can spare, or lower max_tokens in the recipe"
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
        "training_key": key,
        "run": run.id,
        "libraries": {name: installed(name) for name in LIBRARIES},
    }
