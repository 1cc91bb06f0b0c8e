"""The training child: `python -m avocet.methods JOB.json` trains one candidate into a sealed staging folder."""

import time
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from avocet import metrics, registry
from avocet.calibration import temperature
from avocet.classifier import load_folder
from avocet.durable import room_for
from avocet.events import JUDGING, Emit, Event, run_as_child
from avocet.home import home
from avocet.methods import Scorer, group, method, pieces
from avocet.methods.answers import write_answers
from avocet.methods.finite import check_files
from avocet.methods.job import Job, read_rows
from avocet.methods.lessons import Answered, Lessons
from avocet.methods.memory import forgetting, remembering

CHECK_ROWS = 8
SCORES = (
    "val_macro_f1", "val_accuracy", "val_precision", "val_recall", "val_worst_label_f1", "ms_per_mail",
    "holdout_macro_f1", "oof_macro_f1", "oof_rows",
)  # fmt: skip


def work(path: Path, emit: Emit) -> Event:
    """Train, write the weights and their story, seal, and load back what a reader will load."""
    job = Job.read(path)
    # Folds share what was made of a text, and so do nights.
    kept = remembering(home().kept)
    with room_for(f"training {job.candidate}"), pieces.at_most(job.rung.evaluation), kept:
        return _work(job, emit)


def _work(job: Job, emit: Emit) -> Event:
    if group.rank() > 0:  # it helps to train; the first one writes and judges
        with TemporaryDirectory() as elsewhere:
            method(job.method.method).train(job, Path(elsewhere), emit)
        return {}
    staging = Path(job.staging)
    started = time.monotonic()
    learned = method(job.method.method).train(job, staging, emit)
    emit(JUDGING)
    info = {**job.info, **learned.info, "train_s": round(time.monotonic() - started, 2)}
    check_files(staging)
    lessons = job.lessons()
    if learned.answered is not None:
        metrics.checked_scores(learned.answered.scores, len(learned.answered.places), len(job.labels))
        write_answers(staging, lessons, job.labels, learned.answered)
    registry.write_learned_from(staging, _keys(job))
    registry.write_info(staging, info)
    scored = _scored(job, lessons, learned.answered, registry.read_info(staging), staging)
    registry.write_info(staging, {**info, **scored})
    registry.seal(staging)
    _loads_and_predicts(job, staging)
    return {**scored, "epochs_run": learned.info["epochs_run"]}


def _keys(job: Job) -> dict[str, list[str]]:
    """The keys of the rows that were learned from and stopped early on, so that no later run judges on them."""
    sides: dict[str, set[str]] = {"train": set(), "validation": set()}
    for row in read_rows(Path(job.rows)):
        if row["side"] in sides:
            sides[row["side"]].add(row["key"])
    return {side: sorted(keys) for side, keys in sides.items()}


def _scored(
    job: Job, lessons: Lessons, answered: Answered | None, info: dict[str, Any], staging: Path
) -> dict[str, Any]:
    """What the version is worth out of sample, on holdout rows, and how fast it is on the path that serving takes.

    val_* is over the validation rows, oof_macro_f1 over all that were answered out of fold. The holdout score is
    kept to be shown: the gate scores again, tonight and beside the champion.
    """
    scorer = method(info["method"]).load(staging, info)
    found: dict[str, Any] = dict.fromkeys(SCORES)
    texts, true = job.all_texts("holdout")
    if texts:
        found["holdout_macro_f1"] = metrics.macro_f1(true, _labels(job, scorer, texts), info["labels"])
    timed = texts or lessons.texts
    with forgetting():
        found["ms_per_mail"] = metrics.median_ms(scorer.scores, timed)
    if answered is None:
        return found
    scores = metrics.checked_scores(answered.scores, len(answered.places), len(job.labels))
    found["temperature"] = temperature(scores, [lessons.ys[i] for i in answered.places])
    said = dict(zip(answered.places, (job.labels[i] for i in scores.argmax(axis=1)), strict=True))
    learned = {i: job.labels[lessons.ys[i]] for i in answered.places}
    found["oof_rows"] = len(said)
    found["oof_macro_f1"] = metrics.macro_f1(list(learned.values()), list(said.values()), info["labels"])
    held = [i for i in job.places("validation") if i in said]
    # Rows of labels that could not be trained are nobody's lesson: the version answers them, wrongly.
    odd, odd_true = job.untrained_texts("validation")
    true = [learned[i] for i in held] + odd_true
    if true:
        found |= _validation(true, [said[i] for i in held] + _labels(job, scorer, odd), info["labels"])
    return found


def _labels(job: Job, scorer: Scorer, texts: list[str]) -> list[str]:
    if not texts:
        return []
    scores = metrics.checked_scores(scorer.scores(texts), len(texts), len(job.labels))
    return [job.labels[i] for i in scores.argmax(axis=1)]


def _validation(true: list[str], said: list[str], labels: list[str]) -> dict[str, float]:
    judged = [s for s in metrics.label_scores(true, said, labels) if s.n]
    return {
        "val_macro_f1": metrics.macro_f1(true, said, labels),
        "val_accuracy": metrics.accuracy(true, said),
        "val_precision": mean(s.precision for s in judged),
        "val_recall": mean(s.recall for s in judged),
        "val_worst_label_f1": min(s.f1 for s in judged),
    }


def _loads_and_predicts(job: Job, staging: Path) -> None:
    """Open the sealed folder as a stranger would and classify a few rows; raises what is wrong with it."""
    rows = read_rows(Path(job.rows))[:CHECK_ROWS]
    load_folder(staging).classify_fields([row["fields"] for row in rows])


if __name__ == "__main__":
    run_as_child(work)
