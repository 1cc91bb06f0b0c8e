"""Method blend: other candidates of tonight together, each weighed by what it answered out of fold (stacking).

softmax(sum of w_m log p_m) with weights w_m >= 0 (a logarithmic opinion pool; Wolpert's stacking with as many
numbers to learn as there are members, so that a few hundred rows are enough).
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from avocet.engines import Outputs
from avocet.errors import NotAtHandError
from avocet.events import Emit
from avocet.folds import grouped_folds
from avocet.methods.answers import answers_of
from avocet.methods.job import Job
from avocet.methods.lessons import Answered, Learned
from avocet.methods.linear import sharpness, softmax

if TYPE_CHECKING:
    from avocet.engines.network import Network

_MEMBERS = "members"
_LEAST = 1e-6  # a probability of 0 would veto all other members
_PULL = 0.5  # towards equal weights, in nats of the mean loss at distance 1: a prior for few rows


@dataclass(frozen=True)
class BlendScorer:
    """Members and their weights."""

    members: Mapping[str, Any]
    weights: tuple[float, ...]  # in the order of the members

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities of shape (len(texts), n labels)."""
        return pooled([member.scores(texts) for member in self.members.values()], self.weights)

    def networks(self) -> "dict[str, Network]":
        """See Networked: each member's, under its name."""
        return {
            f"{name}/{inner}": network
            for name, member in self.members.items()
            if hasattr(member, "networks")
            for inner, network in member.networks().items()
        }

    def through(self, outputs: Mapping[str, Outputs]) -> "BlendScorer":
        """See Networked."""
        through = {
            name: member.through(_of(name, outputs)) if hasattr(member, "through") else member
            for name, member in self.members.items()
        }
        return BlendScorer(through, self.weights)


def _of(name: str, outputs: Mapping[str, Outputs]) -> dict[str, Outputs]:
    """Those of one member, under its own names."""
    return {key.removeprefix(f"{name}/"): its for key, its in outputs.items() if key.startswith(f"{name}/")}


def pooled(scores: Sequence[NDArray[np.float64]], weights: Sequence[float]) -> NDArray[np.float64]:
    """The members' probabilities, each (n, n labels), as one."""
    return softmax(np.sum([w * np.log(np.maximum(p, _LEAST)) for w, p in zip(weights, scores, strict=True)], axis=0))


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train. Weighs and copies; what its own answers are worth is found by folds over the answers."""
    from avocet.registry import read_info

    if len(job.members) < 2:
        raise NotAtHandError(
            f"method blend needs two members that were trained, there is {', '.join(job.members) or 'none'}"
        )
    lessons = job.lessons()
    answers = {name: answers_of(Path(its), lessons) for name, its in job.members.items()}
    shared = sorted(set.intersection(*(set(a.places) for a in answers.values())))
    if not shared:
        raise NotAtHandError("method blend needs rows that all members answered out of fold; there are too few rows")
    scores = [_at(a, shared) for a in answers.values()]
    ys = [lessons.ys[i] for i in shared]
    weights = weigh(scores, ys)
    groups = [lessons.groups[i] for i in shared]
    out_of_fold = pooled(scores, weights)
    for learn, judged in grouped_folds(groups, ys, 5, job.seed) or []:
        its = weigh([s[learn] for s in scores], [ys[i] for i in learn])
        out_of_fold[judged] = pooled([s[judged] for s in scores], its)
    infos = {name: read_info(Path(its)) for name, its in job.members.items()}
    for name, version in job.members.items():
        _take(Path(version), folder / _MEMBERS / name)
    most_cut = max(infos.values(), key=lambda i: int(i.get("n_truncated", 0)))
    info = {
        "epochs_run": max(int(i.get("epochs_run") or 1) for i in infos.values()),
        "weights": dict(zip(job.members, weights, strict=True)),
        "members": infos,
        "n_truncated": most_cut.get("n_truncated", 0),
        "max_tokens": most_cut.get("max_tokens"),
    }
    return Learned(info, Answered(shared, out_of_fold))


def weigh(scores: Sequence[NDArray[np.float64]], ys: Sequence[int]) -> tuple[float, ...]:
    """Weights >= 0 with the least log loss over rows of equal weight a label, pulled towards equal ones.

    Each member is calibrated before: a fine-tuned model is surer than it should be, and its weight is not to pay
    for that. With a few hundred rows the pull matters more than the fit (docs/LOG.md).
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    raw = [np.log(np.maximum(p, _LEAST)) for p in scores]
    calibrations = np.asarray([sharpness(log, ys) for log in raw])
    logs = np.stack([log * by for log, by in zip(raw, calibrations, strict=True)])
    places = np.asarray(ys)
    importance = 1 / np.bincount(places, minlength=logs.shape[2])[places]
    importance /= importance.sum()
    rows = np.arange(len(places))
    equal = 1 / len(scores)

    def loss(weights: NDArray[np.float64]) -> float:
        right = log_softmax(np.tensordot(weights, logs, axes=1), axis=1)[rows, places]
        return -float(importance @ right) + _PULL * float(((weights / weights.sum() - equal) ** 2).sum())

    start = np.full(len(scores), equal)
    found = minimize(loss, start, bounds=[(1e-3, 10.0)] * len(scores), method="L-BFGS-B")
    return tuple(float(w) for w in found.x * calibrations)


def _at(its: Answered, places: Sequence[int]) -> NDArray[np.float64]:
    """The member's scores at these places of the lessons."""
    row = {place: i for i, place in enumerate(its.places)}
    return its.scores[[row[place] for place in places]]


def _take(version: Path, into: Path) -> None:
    """A member's files as this version's own; linked where the disk can, since both are immutable."""
    for file in sorted(p for p in version.rglob("*") if p.is_file()):
        if file.name in ("manifest.json", "learned_from.json", "answers.json", "training_info.json"):
            continue  # its story is told in ours
        target = into / file.relative_to(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(file, target)


def load(folder: Path, info: Mapping[str, Any]) -> BlendScorer:
    """See Method.load."""
    from avocet.methods import method

    members = {name: method(its["method"]).load(folder / _MEMBERS / name, its) for name, its in info["members"].items()}
    return BlendScorer(members, tuple(info["weights"][name] for name in members))


def answering(folder: Path, info: Mapping[str, Any], outputs: Mapping[str, Outputs]) -> BlendScorer:
    """See methods.answering."""
    from avocet.methods import answering as through
    from avocet.methods import method

    members: dict[str, Any] = {}
    for name, its in info["members"].items():
        place, mine = folder / _MEMBERS / name, _of(name, outputs)
        members[name] = through(place, its, mine) if mine else method(its["method"]).load(place, its)
    return BlendScorer(members, tuple(info["weights"][name] for name in members))
