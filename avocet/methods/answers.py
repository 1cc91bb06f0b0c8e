"""What a version answered out of sample, kept beside it: candidates are compared and blends are weighed by that."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avocet.errors import NonFiniteError, NotAtHandError
from avocet.methods.lessons import Answered, Lessons

ANSWERS = "answers.json"


@dataclass(frozen=True)
class Answers:
    """Digest of a row's id -> (index of its label, score of each label); labels in the order of the scores."""

    labels: tuple[str, ...]
    rows: dict[str, tuple[int, list[float]]]


def write_answers(folder: Path, lessons: Lessons, labels: Sequence[str], found: Answered) -> None:
    """Write digests of row ids, labels, and six digits of each score; no mail, and no id that might be an address."""
    rows = {
        mark_of(lessons.ids[place]): [lessons.ys[place], [round(float(p), 6) for p in scores]]
        for place, scores in zip(found.places, found.scores, strict=True)
    }
    (folder / ANSWERS).write_text(json.dumps({"labels": list(labels), "rows": rows}), encoding="utf-8")


def load_answers(folder: Path) -> Answers | None:
    """What the version in `folder` answered; None where it says nothing."""
    path = folder / ANSWERS
    if not path.is_file():
        return None
    raw = json.loads(path.read_bytes())
    return Answers(tuple(raw["labels"]), {mark: (int(y), list(scores)) for mark, (y, scores) in raw["rows"].items()})


def answers_of(folder: Path, lessons: Lessons) -> Answered:
    """What the version in `folder` answered of these lessons. Raises NotAtHandError where it says nothing."""
    found = load_answers(folder)
    if found is None:
        raise NotAtHandError(f"{folder.name} was not answered out of fold, so it cannot be weighed")
    marks = [mark_of(row_id) for row_id in lessons.ids]
    places = [i for i, mark in enumerate(marks) if mark in found.rows]
    scores = np.asarray([found.rows[marks[i]][1] for i in places], dtype=np.float64)
    if not np.isfinite(scores).all():
        raise NonFiniteError(f"what {folder.name} answered out of fold is NaN or infinite")
    return Answered(places, scores)


def mark_of(row_id: str) -> str:
    """What a row is called in answers.json."""
    return hashlib.sha256(row_id.encode()).hexdigest()[:16]
