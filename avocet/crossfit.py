"""Judging on all rows while the holdout is small: each row is answered by a training that has not seen its group.

Grouped, stratified k-fold: the challenger's way of training against the champion's, on the same folds. The champion
is re-lived with the rows that it had, so that rows which came since count for the challenger, as they should.
Runs in the benchmark's child.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet import registry
from avocet.candidates import OnBase
from avocet.errors import AvocetError
from avocet.folds import Folds, grouped_folds
from avocet.methods import method
from avocet.methods.answers import load_answers, mark_of
from avocet.methods.bases import at_hand
from avocet.methods.blend import pooled
from avocet.methods.job import BaseAtHand, Job
from avocet.methods.ladder import rungs
from avocet.metrics import accuracy, checked_scores, macro_f1
from avocet.recipe import Recipe
from avocet.scorecard import CrossFitted, LeakGap
from avocet.selection import LEFT_OUT
from avocet.template import build

LEAK_ROWS = 1000  # the leak gap is a figure to look at; more rows would cost more than they say
Rows = Sequence[Mapping[str, Any]]


def crossfit(rows: Rows, recipe: Recipe, champion: Path, challenger: Path, room: Path) -> CrossFitted:
    """Both ways of training, out of fold on `rows`; temporary files go to `room`, under data/ since they hold mail.

    Where a method is too dear for k trainings more (gate.crossfit.methods), each stands by what it answered out of
    fold on the night it was trained. Returns why there is none where that was not kept or rows are too few.
    """
    asked = recipe.gate.crossfit
    infos = {"champion": registry.read_info(champion), "challenger": registry.read_info(challenger)}
    dear = sorted({m for i in infos.values() for m in _methods(i) if m not in asked.methods})
    used = [
        r for r in rows if r["label"] in recipe.labels and r["side"] in ("train", "validation", "holdout", LEFT_OUT)
    ]
    if dear:
        found = as_answered(used, recipe, champion, challenger)
        why = f"{' and '.join(dear)} would be trained {asked.folds} times (gate.crossfit.methods)"
        return replace(found, why_not=f"{why}, and {found.why_not}") if found.why_not else found
    if any("settings" not in info for info in infos.values()):
        return CrossFitted(why_not="the champion does not say how it was trained")
    folds = _folds(used, recipe)
    if folds is None:
        return CrossFitted(why_not=f"too few groups for {asked.folds} folds")
    known = registry.learned_from(champion)
    here = {r["key"] for r in used}
    if known and len(known & here) < len(known) / 2:
        return CrossFitted(why_not="the champion has learned from rows that are not here")
    own = [r["side"] == "holdout" or r["key"] in known for r in used]  # what the champion's night had to learn from
    # Each by its own way of training: what doubted rows counted on the champion's night, they count again.
    like_tonight = infos["champion"].get("suspects", 1.0) == recipe.clean.suspects
    its = used if like_tonight else [{k: v for k, v in r.items() if k != "weight"} for r in used]
    said = {
        "champion": out_of_fold(its, folds, recipe, infos["champion"], own, room),
        "challenger": out_of_fold(
            used, folds, recipe, infos["challenger"], [r["side"] != LEFT_OUT for r in used], room
        ),
    }
    return _compared(used, folds, recipe, said["champion"], said["challenger"])


def as_answered(used: Rows, recipe: Recipe, champion: Path, challenger: Path) -> CrossFitted:
    """Both by what each answered of its own rows out of fold, on the rows that both answered.

    The challenger is the one that answered best of tonight's, so this flatters it a little: it can refuse, and
    the holdout promotes.
    """
    both = [load_answers(champion), load_answers(challenger)]
    if both[0] is None or both[1] is None:
        return CrossFitted(why_not=f"what the {'champion' if both[0] is None else 'challenger'} answered was not kept")
    old, new = both[0], both[1]
    shared = [r for r in used if mark_of(r["id"]) in old.rows.keys() & new.rows.keys()]
    folds = _folds(shared, recipe) if len(shared) >= recipe.gate.holdout_rows else None
    if folds is None:
        return CrossFitted(why_not=f"the {len(shared)} rows that both answered out of fold are too few")
    said = [[a.labels[int(np.argmax(a.rows[mark_of(r["id"])][1]))] for r in shared] for a in (old, new)]
    return replace(_compared(shared, folds, recipe, *said), as_answered=True)


def _folds(rows: Rows, recipe: Recipe) -> Folds | None:
    labels = [r["label"] for r in rows]
    return grouped_folds([r["group"] for r in rows], labels, recipe.gate.crossfit.folds, recipe.seed)


def _compared(rows: Rows, folds: Folds, recipe: Recipe, old: Sequence[str], new: Sequence[str]) -> CrossFitted:
    """The answers of champion and challenger, pooled and by fold."""
    true = [r["label"] for r in rows]
    scores = [
        [(accuracy(t, s), macro_f1(t, s, recipe.labels)) for t, s in (_at(true, said, judged) for _, judged in folds)]
        for said in (old, new)
    ]
    return CrossFitted(
        tuple(r["id"] for r in rows),
        tuple(true),
        tuple(old),
        tuple(new),
        (macro_f1(true, old, recipe.labels), macro_f1(true, new, recipe.labels)),
        tuple((a[0], b[0]) for a, b in zip(*scores, strict=True)),
        tuple((a[1], b[1]) for a, b in zip(*scores, strict=True)),
    )


def _methods(info: Mapping[str, Any]) -> set[str]:
    """The methods that training it again would take."""
    return {str(its["method"]) for its in info["members"].values()} if "members" in info else {str(info["method"])}


def leak_gap(rows: Rows, recipe: Recipe, room: Path) -> LeakGap | None:
    """What a split that tears look-alikes apart would seem to gain; None where there are too few rows for folds."""
    used = [r for r in rows if r["label"] in recipe.labels][:LEAK_ROWS]
    true = [r["label"] for r in used]
    grouped = grouped_folds([r["group"] for r in used], true, 5, recipe.seed)
    torn = grouped_folds([r["id"] for r in used], true, 5, recipe.seed)
    if grouped is None or torn is None:
        return None
    info = {"method": "tfidf", "settings": {"method": "tfidf"}, "text": recipe.text, "seed": recipe.seed}
    scores = [
        macro_f1(true, out_of_fold(used, folds, recipe, info, [True] * len(used), room), recipe.labels)
        for folds in (grouped, torn)
    ]
    return LeakGap(scores[0], scores[1], len(used))


def out_of_fold(
    rows: Rows, folds: Folds, recipe: Recipe, info: Mapping[str, Any], known: Sequence[bool], room: Path
) -> list[str]:
    """The answer for each row of a model that was trained as `info` says on the known rows of the other folds."""
    answers = [""] * len(rows)
    for learn, judged in folds:
        chosen = [rows[i] for i in learn if known[i]]
        with TemporaryDirectory(dir=room) as folder:
            for i, answer in zip(judged, _answers(chosen, [rows[i] for i in judged], recipe, info, Path(folder)), strict=True):  # fmt: skip
                answers[i] = answer
    return answers


def _answers(learn: Rows, judged: Rows, recipe: Recipe, info: Mapping[str, Any], folder: Path) -> list[str]:
    """Train on `learn` by the real training code, answer `judged`."""
    present = {r["label"] for r in learn if r["side"] != "validation"}
    labels = tuple(label for label in recipe.labels if label in present)
    if len(labels) < 2:
        raise AvocetError("fewer than two labels are left to learn in one of the folds")
    scores = _scores(learn, judged, labels, info, recipe, folder)
    return [labels[i] for i in scores.argmax(axis=1)]


def _scores(
    learn: Rows, judged: Rows, labels: tuple[str, ...], info: Mapping[str, Any], recipe: Recipe, folder: Path
) -> NDArray[np.float64]:
    """Probabilities (len(judged), len(labels)); a blend's by its members, weighed as that night weighed them."""
    if "members" in info:
        parts = []
        for name, its in info["members"].items():
            (folder / name).mkdir()
            parts.append(_scores(learn, judged, labels, its, recipe, folder / name))
        return pooled(parts, [float(info["weights"][name]) for name in info["members"]])
    job = _job(learn, labels, info, folder)
    learner = method(info["method"])
    found = learner.train(job, folder, lambda event: None).info
    about = {**info, **found, "trained_labels": list(labels), "labels": list(recipe.labels), "version": "a fold"}
    about |= {"base_model_id": job.base.id, "base_digest": job.base.digest} if job.base else {}
    texts = [build(str(info["text"]), {**r["more"], **r["fields"]}) for r in judged]
    scores = checked_scores(learner.load(folder, about).scores(texts), len(texts), len(labels))
    # A fold has no folds of its own to find how sure its model may be; a blend's weights are for one as sure as that night's.
    usual = float(found.get("sharpened", 1))
    return pooled([scores], [float(info.get("sharpened", usual)) / usual])


def _job(learn: Rows, labels: tuple[str, ...], info: Mapping[str, Any], folder: Path) -> Job:
    """The job of one fold, with what was chosen out of fold that night; its rows are kept beside it.

    A row that judges at night is learned from here. Only a method that stops early keeps its validation rows.
    """
    from avocet.home import home

    stops = info["method"] == "full"
    lines = [{**r, "side": "validation" if stops and r["side"] == "validation" else "train"} for r in learn]
    job = Job(
        "fold", {**info["settings"], **info.get("chosen", {})}, str(folder / "rows.jsonl"), str(info["text"]), labels,
        int(info["seed"]), str(folder), rungs(None)[0], None, {},
    )  # fmt: skip
    job.write_rows(lines)
    settings = job.method
    base: BaseAtHand | None = at_hand(settings, home()) if isinstance(settings, OnBase) else None
    return job.at(base, rungs(settings)[0])


def _at(true: Sequence[str], said: Sequence[str], places: Sequence[int]) -> tuple[list[str], list[str]]:
    return [true[i] for i in places], [said[i] for i in places]
