"""What a training child is asked to do: one JSON file that names rows, labels, base, rung and staging folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from avocet.candidates import Candidate
from avocet.errors import NotAtHandError
from avocet.methods.ladder import Rung
from avocet.methods.lessons import Lessons
from avocet.template import build


@dataclass(frozen=True)
class BaseAtHand:
    """A pretrained model on this machine: where it lies and what it is."""

    id: str
    path: str
    revision: str
    digest: str
    n_parameters: int
    pooled: bool  # a sentence-transformers folder: the classifier starts from its pooled embedding


@dataclass(frozen=True)
class Job:
    """One candidate, one attempt."""

    candidate: str
    settings: dict[str, Any]
    rows: str  # the run's rows.jsonl: id, label, fields, group, side
    text: str
    labels: tuple[str, ...]  # that can be trained, in canonical order
    seed: int
    staging: str
    rung: Rung
    base: BaseAtHand | None = None
    info: dict[str, Any] = field(default_factory=dict)  # what training_info.json says beside the results
    below: int = 0  # so many rows to learn from are answered in `folds` folds; more, or 0 of these, by side
    folds: int = 0
    members: dict[str, str] = field(default_factory=dict)  # of a blend: candidate -> its version's folder
    resume: str = ""  # where checkpoints outlive a killed run; empty, they go with the child

    @property
    def method(self) -> Any:
        """The candidate's settings as the recipe's model of them."""
        return TypeAdapter(Candidate).validate_python(self.settings)

    def its_base(self) -> BaseAtHand:
        """The base. Raises NotAtHandError for a method that needs one and was given none."""
        if self.base is None:
            raise NotAtHandError(f"method {self.method.method} needs a base")
        return self.base

    def lessons(self, dear: bool = False) -> Lessons:
        """What to learn from, and how it is answered out of sample.

        Few rows: train and validation rows in one pool, in grouped folds. Many: the validation rows are answered
        after learning from the train rows; a dear method then learns from no others.
        """
        from avocet.folds import grouped_folds

        place = {label: i for i, label in enumerate(self.labels)}
        rows = [r for r in read_rows(Path(self.rows)) if r["side"] in ("train", "validation") and r["label"] in place]
        found = None
        if self.folds >= 2 and len(rows) < self.below:
            found = grouped_folds(
                [r.get("group", r["id"]) for r in rows], [r["label"] for r in rows], self.folds, self.seed
            )
        by_side = None
        if found is None:
            sides = [[i for i, r in enumerate(rows) if r["side"] == side] for side in ("train", "validation")]
            by_side = (sides[0], sides[1]) if all(sides) else None
        return Lessons(
            [build(self.text, r["fields"]) for r in rows],
            [place[r["label"]] for r in rows],
            [r["id"] for r in rows],
            [r.get("group", r["id"]) for r in rows],
            len(self.labels),
            found if found is not None else [by_side] if by_side else [],
            held_out=dear and by_side is not None,
            weights=_weights(rows),
        )

    def places(self, side: str) -> list[int]:
        """Where the rows of `side` stand in the lessons."""
        place = set(self.labels)
        rows = [r for r in read_rows(Path(self.rows)) if r["side"] in ("train", "validation") and r["label"] in place]
        return [i for i, r in enumerate(rows) if r["side"] == side]

    def texts(self, side: str) -> tuple[list[str], list[int]]:
        """(texts, label indices) of the rows on `side` whose label is trained."""
        texts: list[str] = []
        ys: list[int] = []
        place = {label: i for i, label in enumerate(self.labels)}
        for row in read_rows(Path(self.rows)):
            if row["side"] == side and row["label"] in place:
                texts.append(build(self.text, row["fields"]))
                ys.append(place[row["label"]])
        return texts, ys

    def weights(self, side: str) -> list[float]:
        """What each of `texts(side)` counts; empty where all count the same."""
        return _weights([r for r in read_rows(Path(self.rows)) if r["side"] == side and r["label"] in self.labels])

    def all_texts(self, side: str) -> tuple[list[str], list[str]]:
        """(texts, labels) of the rows on `side`, those of dropped labels included: they count as misses."""
        rows = [row for row in read_rows(Path(self.rows)) if row["side"] == side]
        return [build(self.text, row["fields"]) for row in rows], [row["label"] for row in rows]

    def untrained_texts(self, side: str) -> tuple[list[str], list[str]]:
        """(texts, labels) of the rows on `side` whose label is not trained."""
        texts, labels = self.all_texts(side)
        found = [(t, x) for t, x in zip(texts, labels, strict=True) if x not in self.labels]
        return [t for t, _ in found], [x for _, x in found]

    def at(self, base: BaseAtHand | None, rung: Rung) -> Self:
        """The same job with this base, at this rung."""
        return replace(self, base=base, rung=rung)

    def write_rows(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows that the job learns from, where it has none of a run's."""
        Path(self.rows).write_text("".join(json.dumps(r, ensure_ascii=True) + "\n" for r in lines), encoding="utf-8")

    def write(self, path: Path) -> None:
        """Write the job where the child reads it."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=True), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """The job in `path`."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["rung"] = Rung(**raw["rung"])
        raw["base"] = BaseAtHand(**raw["base"]) if raw["base"] else None
        raw["labels"] = tuple(raw["labels"])
        return cls(**raw)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a run, as `validate` and `split` wrote them (ours, hence trusted)."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _weights(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    found = [float(row.get("weight", 1.0)) for row in rows]
    return found if any(weight != 1.0 for weight in found) else []
