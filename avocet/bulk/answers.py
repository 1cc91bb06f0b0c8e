"""Answers as lines: JSON, or CSV; one line a row in the rows' order, with its id and place, and `error` where there is none."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avocet.bulk.asked import Asked
    from avocet.classifier import Classifier, Prediction

_DIGITS = 6  # of a probability


@dataclass(frozen=True)
class Form:
    """How answers are written; `labels` and `fields` are the version's, for the columns of a CSV."""

    is_csv: bool
    with_text: bool
    labels: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The first line of a CSV."""
        scores = [f"score.{label}" for label in self.labels]
        texts = [f"text.{name}" for name in self.fields] if self.with_text else []
        return ["id", "file", "place", "label", "confidence", *scores, "version", "engine", *texts, "error"]

    @property
    def head(self) -> bytes:
        """What stands before the first row."""
        return _csv([self.columns]) if self.is_csv else b""


@dataclass(frozen=True)
class Answers:
    """The lines of some rows that follow each other, and how many of them have no answer."""

    lines: bytes
    n_rows: int
    n_bad: int


def answers(classifier: "Classifier", asked: "Sequence[Asked]", form: Form) -> Answers:
    """The rows' lines, the usable ones classified in one pass. Raises what `classify_fields` raises."""
    found = iter(classifier.classify_fields([one.texts for one in asked if one.texts is not None]))
    values = [_value(one, next(found) if one.texts is not None else None, form) for one in asked]
    if form.is_csv:
        lines = _csv([[_cell(value, column) for column in form.columns] for value in values])
    else:
        lines = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()
    return Answers(lines, len(values), sum(one.texts is None for one in asked))


def _value(asked: "Asked", said: "Prediction | None", form: Form) -> dict[str, Any]:
    place = {"id": asked.id, "file": asked.file, "place": asked.place}
    if said is None:
        return {**place, "error": asked.error}
    scores = {label: round(score, _DIGITS) for label, score in said.ranked}
    by = {"version": said.version, "engine": said.engine}
    text = {"text": dict(asked.texts or {})} if form.with_text else {}
    return {**place, "label": said.label, "confidence": round(said.confidence, _DIGITS), "scores": scores, **by, **text}


def _cell(value: dict[str, Any], column: str) -> Any:
    room, _, name = column.partition(".")
    if not name:
        return value.get(column, "")
    return value.get("scores" if room == "score" else "text", {}).get(name, "")


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
