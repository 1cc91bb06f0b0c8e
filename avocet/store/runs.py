"""Runs as the store keeps them, under the names of document 1's FineTuningRun, and which of them used a label."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, insert, or_, select, update

from avocet.errors import NotFoundError
from avocet.home import NAME
from avocet.store import schema
from avocet.store.database import Database
from avocet.times import now

Status = Literal["preparing", "training", "evaluating", "completed", "failed"]
_NO_NUMBER = 2**63  # larger than any run's
ENDED: tuple[Status, ...] = ("completed", "failed")
LEARNED = ("train", "validation")  # sides


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

    def latest(self, n: int = 20, recipe: str | None = None, before: int | None = None) -> list[FineTuningRun]:
        """The latest `n` (with a number below `before`), newest first."""
        query = select(schema.runs).order_by(schema.runs.c.id.desc()).limit(n)
        if before is not None:
            query = query.where(schema.runs.c.id < before)
        if recipe is not None:
            query = query.where(schema.runs.c.recipe == recipe)
        with self.database.reading() as db:
            return [_as_run(found) for found in db.execute(query)]

    def count(self, recipe: str | None = None) -> int:
        """How many there are."""
        query = select(func.count()).select_from(schema.runs)
        if recipe is not None:
            query = query.where(schema.runs.c.recipe == recipe)
        with self.database.reading() as db:
            return int(db.execute(query).scalar_one())

    def get(self, which: str) -> FineTuningRun:
        """By number or name. Raises NotFoundError."""
        none = NotFoundError(f"there is no run {which!r:.80}; `avocet runs` lists what there is")
        if not NAME.fullmatch(which):
            raise none
        its = schema.runs.c
        by = its.id == int(which) if which.isdecimal() and len(which) < 10 else its.run == which
        with self.database.reading() as db:
            found = db.execute(select(schema.runs).where(by)).first()
        if found is None:
            raise none
        return _as_run(found)

    def that_used(self, collection: str, row_ids: Sequence[str] | None = None) -> dict[int, int]:
        """Number of a label event (of these rows) -> number of the first run that learned from it, if one did.

        A run used a label if its recipe reads the collection, it trained a version, began after the label was given, and
        had the row on a side that is learned from (a row that cleaning left out that night counts, too). It follows
        from runs, sides and labels and is kept nowhere, so it cannot disagree with them.
        """
        runs, sides, labels = schema.runs.c, schema.sides.c, schema.labels.c
        found = dict[int, int]()
        with self.database.reading() as db:
            nights = _nights(db, collection)
            if not nights:
                return {}
            number = {run: its for its, run in db.execute(select(runs.id, runs.run))}
            given = select(labels.seq, labels.row_id, labels.labeled_at).where(
                labels.collection == collection, labels.label.is_not(None)
            )
            events = db.execute(given if row_ids is None else given.where(labels.row_id.in_(list(row_ids)))).all()
            for recipe, its in nights.items():
                seen = select(sides.row_id, sides.first_run).where(sides.recipe == recipe, sides.side.in_(LEARNED))
                seen = seen if row_ids is None else seen.where(sides.row_id.in_(list(row_ids)))
                first = {row_id: number.get(run, 0) for row_id, run in db.execute(seen)}
                for seq, row_id, labeled_at in events:
                    if row_id not in first:
                        continue
                    after = its[bisect_right(its, (labeled_at, _NO_NUMBER)) :]
                    used = next((one for _, one in after if one >= first[row_id]), None)
                    if used is not None:
                        found[seq] = min(found.get(seq, used), used)
        return found


def was_used(db: Connection, collection: str, row_id: Any, labeled_at: Any) -> ColumnElement[bool]:
    """The same as a condition: whether a run learned from the label that row `row_id` was given at `labeled_at`."""
    runs, sides = schema.runs, schema.sides
    each = []
    for recipe, nights in _nights(db, collection).items():
        began, last = nights[-1]
        seen = (
            select(sides.c.row_id)
            .outerjoin(runs, runs.c.run == sides.c.first_run)
            .where(sides.c.recipe == recipe, sides.c.row_id == row_id, sides.c.side.in_(LEARNED))
            .where(func.coalesce(runs.c.id, 0) <= last)
        )
        each.append(and_(labeled_at < began, exists(seen)))
    return or_(false(), *each)


def _nights(db: Connection, collection: str) -> dict[str, list[tuple[str, int]]]:
    """Recipe that reads the collection -> (when begun, number) of each run that trained a version, in order."""
    runs, name = schema.runs.c, f"store:{collection}"
    done = db.execute(select(schema.runs).where(runs.status == "completed", runs.model_path.is_not(None)))
    nights: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for run in sorted(map(_as_run, done), key=lambda run: run.id):
        if name in run.training_config.get("rows", ()):
            nights[run.recipe].append((run.created_at, run.id))
    return nights


def _as_run(found: Any) -> FineTuningRun:
    its = dict(found._mapping)
    its["training_config"] = json.loads(its["training_config"])
    its["results"] = json.loads(its["results"]) if its["results"] else None
    return FineTuningRun(**its)
