"""The training child: `python -m avocet.methods JOB.json` trains one candidate into a sealed staging folder."""

import time
from pathlib import Path
from statistics import mean
from typing import Any

from avocet import metrics, registry
from avocet.classifier import load_folder
from avocet.events import Emit, Event, run_as_child
from avocet.methods import method
from avocet.methods.job import Job, read_rows

CHECK_ROWS = 8
SCORES = (
    "val_macro_f1", "val_accuracy", "val_precision", "val_recall", "val_worst_label_f1", "ms_per_mail",
    "holdout_macro_f1",
)  # fmt: skip


def work(path: Path, emit: Emit) -> Event:
    """Train, write the weights and their story, seal, and load back what a reader will load."""
    job = Job.read(path)
    staging = Path(job.staging)
    started = time.monotonic()
    found = method(job.method.method).train(job, staging, emit)
    info = {**job.info, **found, "train_s": round(time.monotonic() - started, 2)}
    registry.write_learned_from(staging, _keys(job))
    registry.write_info(staging, info)
    scored = _scored(job, registry.read_info(staging), staging)
    registry.write_info(staging, {**info, **scored})
    registry.seal(staging)
    _loads_and_predicts(job, staging)
    return {**scored, "epochs_run": found["epochs_run"]}


def _keys(job: Job) -> dict[str, list[str]]:
    """The keys of the rows that were learned from and stopped early on, so that no later run judges on them."""
    sides: dict[str, set[str]] = {"train": set(), "validation": set()}
    for row in read_rows(Path(job.rows)):
        if row["side"] in sides:
            sides[row["side"]].add(row["key"])
    return {side: sorted(keys) for side, keys in sides.items()}


def _scored(job: Job, info: dict[str, Any], staging: Path) -> dict[str, float | None]:
    """Scores on validation and holdout rows, by the path that serving will take; None for a side without rows.

    The holdout score is kept to be shown: the gate scores again, tonight and beside the champion.
    """
    scorer = method(info["method"]).load(staging, info)
    found: dict[str, float | None] = dict.fromkeys(SCORES)
    for side in ("validation", "holdout"):
        texts, true = job.all_texts(side)
        if not texts:
            continue
        scores = metrics.checked_scores(scorer.scores(texts), len(texts), len(job.labels))
        predicted = [job.labels[i] for i in scores.argmax(axis=1)]
        macro_f1 = metrics.macro_f1(true, predicted, info["labels"])
        if side == "holdout":
            found["holdout_macro_f1"] = macro_f1
            continue
        judged = [s for s in metrics.label_scores(true, predicted, info["labels"]) if s.n]
        found |= {
            "val_macro_f1": macro_f1,
            "val_accuracy": metrics.accuracy(true, predicted),
            "val_precision": mean(s.precision for s in judged),
            "val_recall": mean(s.recall for s in judged),
            "val_worst_label_f1": min(s.f1 for s in judged),
            "ms_per_mail": metrics.median_ms(scorer.scores, texts),
        }
    return found


def _loads_and_predicts(job: Job, staging: Path) -> None:
    """Open the sealed folder as a stranger would and classify a few rows; raises what is wrong with it."""
    rows = read_rows(Path(job.rows))[:CHECK_ROWS]
    load_folder(staging).classify_fields([row["fields"] for row in rows])


if __name__ == "__main__":
    run_as_child(work)
