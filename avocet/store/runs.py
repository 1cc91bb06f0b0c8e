"""Runs as the store keeps them, under the names of document 1's FineTuningRun, and which of them used a label."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, insert, or_, select, true, update

from avocet.errors import NotFoundError
from avocet.store import schema
from avocet.store.database import Database
from avocet.times import now

Status = Literal["preparing", "training", "evaluating", "completed", "failed"]
ENDED: tuple[Status, ...] = ("completed", "failed")


@dataclass(frozen=True)
class FineTuningRun:
    """One run of the flow; counts are rows, `model_path` lies below AVOCET_HOME, `run` names the folder in data/runs/."""

    id: int
    run: str
    recipe: str
    created_at: str
    status: Status
    num_training_examples: int | None
    num_validation_examples: int | None
    num_test_examples: int | None
    training_config: Mapping[str, Any]
    results: Mapping[str, Any] | None
    model_path: str | None
    improvement_over_baseline: float | None  # macro-F1, over the best baseline of the night
    completed_at: str | None
    sentence: str | None


@dataclass(frozen=True)
class RunLedger:
    """The runs of all recipes."""

    database: Database

    def begin(self, run: str, recipe: str, config: Mapping[str, Any]) -> int:
        """A run that prepares; its number. Raises StoreError."""
        its = {
            "run": run, "recipe": recipe, "created_at": now(), "status": "preparing",
            "training_config": json.dumps(dict(config)),
        }  # fmt: skip
        with self.database.writing() as db:
            return int(db.execute(insert(schema.runs).values(its).returning(schema.runs.c.id)).scalar_one())

    def move(self, run: str, status: Status, **known: Any) -> None:
        """The run is at `status`, and what is `known` of it now. One that has ended stays as it is."""
        its = {name: json.dumps(value) if name == "results" else value for name, value in known.items()}
        if status in ENDED:
            its["completed_at"] = now()
        runs = schema.runs
        with self.database.writing() as db:
            db.execute(update(runs).where(runs.c.run == run, runs.c.status.not_in(ENDED)).values(status=status, **its))

    def unfinished(self) -> list[str]:
        """The names of runs that have not ended, as far as was told."""
        with self.database.reading() as db:
            return list(db.execute(select(schema.runs.c.run).where(schema.runs.c.status.not_in(ENDED))).scalars())

    def latest(self, n: int = 20, recipe: str | None = None) -> list[FineTuningRun]:
        """The latest `n`, newest first."""
        query = select(schema.runs).order_by(schema.runs.c.id.desc()).limit(n)
        if recipe is not None:
            query = query.where(schema.runs.c.recipe == recipe)
        with self.database.reading() as db:
            return [_as_run(found) for found in db.execute(query)]

    def get(self, which: str) -> FineTuningRun:
        """By number or name. Raises NotFoundError."""
        its = schema.runs.c
        by = its.id == int(which) if which.isdecimal() and len(which) < 10 else its.run == which
        with self.database.reading() as db:
            found = db.execute(select(schema.runs).where(by)).first()
        if found is None:
            raise NotFoundError(f"there is no run {which!r:.80}; `avocet runs` lists what there is")
        return _as_run(found)

    def that_used(self, collection: str, events: Sequence[int] | None = None) -> dict[int, int]:
        """Number of a label event (None: of any) -> number of the first run that learned from it, if one did.

        A run used a label if it ended with a model, began after the label was given, and had the row on a side
        that is learned from. Nothing of this is kept beside runs, sides and labels, so it cannot disagree with them.
        """
        runs, sides, labels = schema.runs.c, schema.sides.c, schema.labels.c
        first = schema.runs.alias("first")
        same = (
            schema.labels.join(schema.sides, sides.row_id == labels.row_id)
            .join(schema.runs, runs.recipe == sides.recipe)
            .outerjoin(first, first.c.run == sides.first_run)
        )
        query = (
            select(labels.seq, func.min(runs.id))
            .select_from(same)
            .where(
                labels.collection == collection,
                true() if events is None else labels.seq.in_(list(events)),
                sides.side.in_(("train", "validation")),
                runs.status == "completed",
                runs.model_path.is_not(None),
                runs.created_at > labels.labeled_at,
                or_(first.c.id.is_(None), runs.id >= first.c.id),
            )
            .group_by(labels.seq)
        )
        with self.database.reading() as db:
            return {int(seq): int(run) for seq, run in db.execute(query)}


def _as_run(found: Any) -> FineTuningRun:
    its = dict(found._mapping)
    its["training_config"] = json.loads(its["training_config"])
    its["results"] = json.loads(its["results"]) if its["results"] else None
    return FineTuningRun(**its)
