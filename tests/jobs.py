"""Training jobs for tests that train in this process: a story that an importer believes, and few rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from avocet import registry
from avocet.candidates import Candidate
from avocet.home import Home
from avocet.methods.__main__ import work
from avocet.methods.bases import at_hand
from avocet.methods.job import Job
from avocet.methods.ladder import rungs

TEMPLATE = "{subject} [SEP] {body:.400}"
Row = dict[str, Any]


def job_of(place: Home, settings: Row, rows: Sequence[Row], labels: Sequence[str], **more: Any) -> Job:
    """A job in a staging folder of `place`; `rows` are mails with label, side and, where it matters, group."""
    its = TypeAdapter(Candidate).validate_python(settings)
    base = at_hand(its, place)  # type: ignore[arg-type]
    staging = registry.new_staging(place.models)
    version = f"{its.method}-1"
    info = {
        "name": f"avocet-tiny-{its.method}", "base_model_id": base.id, "timestamp": "2026-11-01T02:00:00Z", "epochs_run": 1,
        "val_macro_f1": None, "val_accuracy": None, "holdout_macro_f1": None, "version": version, "recipe": "tiny",
        "candidate": its.method, "method": its.method, "settings": its.model_dump(mode="json"), "text": TEMPLATE,
        "labels": list(labels), "trained_labels": list(labels), "base_revision": base.revision, "base_digest": base.digest,
        "seed": 13,
    }  # fmt: skip
    path = str(place.root / "data" / "rows.jsonl")
    job = Job(its.method, settings, path, TEMPLATE, tuple(labels), 13, str(staging), rungs(its)[0], base, info, **more)
    job.write_rows(
        [
            {
                "id": f"r{i}", "key": f"{i:064x}", "label": r["label"], "side": r.get("side", "train"),
                "group": r.get("group", f"g{i}"), "fields": {"subject": r["subject"], "body": r["body"]},
            }
            for i, r in enumerate(rows)
        ]
    )  # fmt: skip
    return job


def published(place: Home, job: Job) -> Path:
    """The folder of the version that the training child makes of `job`, without starting a child."""
    path = place.root / "data" / "job.json"
    job.write(path)
    work(path, lambda event: None)
    return registry.publish(Path(job.staging), f"avocet-tiny-{job.candidate}").folder


def sided(rows: Sequence[Row], labels: Sequence[str], each: int, validation: int) -> list[Row]:
    """The first `each` rows of each label, of which the last `validation` are validation rows."""
    found = []
    for label in labels:
        its = [r for r in rows if r["label"] == label][:each]
        found += [{**r, "side": "train" if i < each - validation else "validation"} for i, r in enumerate(its)]
    return found
