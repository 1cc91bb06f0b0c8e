"""Going on where a killed training was: which checkpoint, when one is worth its time, and what a finished one left."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from avocet import resume
from avocet.durable import on_disk
from avocet.methods import faults, group
from avocet.methods.job import Job

# Writing the optimizer's state takes seconds for a large base: what a kill may cost is this or an epoch, if longer.
WORTH_S = 30.0
_WEIGHTS = "weights.safetensors"


def worth_s() -> float:
    """Seconds of training that are worth a checkpoint: AVOCET_CHECKPOINT_S, or 30."""
    return float(os.environ.get("AVOCET_CHECKPOINT_S") or WORTH_S)


@contextmanager
def place_for(job: Job, folder: Path, rows: Any, kind: str) -> Iterator[tuple[Path, bool]]:
    """(where this training's checkpoints go, whether they outlive the child).

    A training is known by its rows, its settings and its rung: each fold has its own place, and a lower rung, whose
    sums are rounded otherwise, starts anew (what a higher one left is removed).
    """
    if not job.resume:
        with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as checkpoints:
            yield Path(checkpoints), False
        return
    trains = replace(job.rung, evaluation=0)  # how many rows are judged at once changes no weight
    rung = hashlib.sha256(json.dumps([asdict(trains), group.size()]).encode()).hexdigest()[:6]
    text = json.dumps([kind, job.settings, job.seed, torch.cuda.is_available(), rows], default=_plain)
    place = Path(job.resume) / f"{rung}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if group.rank() == 0:
        for other in Path(job.resume).glob("*-*"):
            if not other.name.startswith(rung):
                shutil.rmtree(other, ignore_errors=True)
    yield place, True


def _plain(value: Any) -> Any:
    """An array or tensor among the rows as a list."""
    return value.tolist()


def go_on_from(place: Path, keep: bool) -> Path | None:
    """The checkpoint that all processes go on from."""
    found = group.agreed(lambda: str(resume.newest(place) or "")) if keep else ""
    return Path(found) if found else None


def stopped_at(checkpoint: Path) -> int | None:
    """The step after which early stopping had ended the training, if it had: it must not go on."""
    state = resume.state_of(checkpoint)
    control = state.get("stateful_callbacks", {}).get("TrainerControl", {})
    stopped = control.get("args", {}).get("should_training_stop")
    return int(state["global_step"]) if stopped else None


def without_gain(checkpoint: Path) -> int:
    """How many epochs in a row had brought no better validation figure: early stopping's patience goes on with it."""
    early = resume.state_of(checkpoint).get("stateful_callbacks", {}).get("EarlyStoppingCallback", {})
    return int(early.get("attributes", {}).get("early_stopping_patience_counter", 0))


class Sealing(TrainerCallback):  # type: ignore[misc]  # transformers ships no types
    """Decides after each epoch whether a checkpoint is worth its time, seals it, and only then removes older ones."""

    def __init__(self, planned: tuple[faults.Fault, ...], needed: bool) -> None:
        self.planned, self.needed = planned, needed  # needed: the best epoch is come back to
        self.last = time.monotonic()

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """No checkpoint for a few seconds of work, nor after the last step, which `finish` keeps."""
        if self.needed:
            return
        soon = time.monotonic() - self.last < worth_s() or state.global_step >= state.max_steps
        control.should_save = not group.agreed(lambda: "soon" if soon else "")

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Seal what all ranks have written."""
        group.together()
        if state.is_world_process_zero:
            checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            faults.strike_saving(self.planned, state.global_step, checkpoint)
            resume.seal(checkpoint)
            resume.thin(Path(args.output_dir), checkpoint)
        self.last = time.monotonic()


def finish(model: Any, place: Path, facts: dict[str, Any], history: list[dict[str, Any]], took_s: float) -> None:
    """Keep a finished training's weights while the others of its candidate go on; its checkpoints are done with."""
    done = place / resume.FINISHED
    if group.rank() == 0 and took_s >= worth_s():
        with on_disk("keeping a finished training"):
            shutil.rmtree(done, ignore_errors=True)
            done.mkdir(parents=True)
            save_file(_trained_tensors(model), done / _WEIGHTS)
        resume.seal(done, {"facts": facts, "history": history})
        for checkpoint in place.glob("checkpoint-*"):
            shutil.rmtree(checkpoint, ignore_errors=True)
    elif group.rank() == 0:
        shutil.rmtree(place, ignore_errors=True)


def finished(model: Any, place: Path) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """(facts, history) of a training that an earlier run had finished, its weights put into `model`; else None."""
    done = place / resume.FINISHED
    story = resume.story_of(done)
    if story is None:
        return None
    model.load_state_dict(load_file(done / _WEIGHTS), strict=False)
    return story["facts"], story["history"]


def _trained_tensors(model: Any) -> dict[str, torch.Tensor]:
    """What training can have changed: parameters that learn (a shared one once), and buffers."""
    kept = set(model.state_dict())
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    named |= {name: b for name, b in model.named_buffers() if name in kept}
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in named.items() if name in kept}
