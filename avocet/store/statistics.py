"""What a collection holds: labels, corrections against confirmations, copies, conflicts, and whether it is enough."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from avocet.store import schema
from avocet.store.labels import Labels
from avocet.store.runs import RunLedger
from avocet.store.settings import load


@dataclass(frozen=True)
class Statistics:
    """Counts of rows; `conflicts` are rows whose very words also stand under another label."""

    n_rows: int
    n_labelled: int
    by_label: Mapping[str, int]
    corrections: int
    confirmations: int
    copies: int
    conflicts: int
    used: int  # labels that a run has learned from
    least: int  # labels, of at least two kinds, that are enough to train on
    ready: bool


def statistics(labels: Labels) -> Statistics:
    """Of one collection; what was undone or taken away does not count. Raises StoreError."""
    least = load(labels.database).min_training_examples
    by_label: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    under: dict[str, list[str]] = defaultdict(list)
    learned, n_used, rows = RunLedger(labels.database).that_used(labels.collection), 0, schema.rows.c
    with labels.database.reading() as db:
        ours, told = rows.collection == labels.collection, schema.labels.c
        n_rows = db.execute(select(func.count()).select_from(schema.rows).where(ours)).scalar_one()
        # Of those of which something was said: of 100,000 mails most are only waiting.
        spoken = select(told.row_id).where(told.collection == labels.collection)
        query = select(rows.id, rows.key).where(ours, rows.id.in_(spoken))
        key = {found.id: found.key for found in db.execute(query)}
        for name, state in labels.states_within(db):
            if (said := state.word) is None or said.label is None:
                continue
            by_label[said.label] += 1
            kinds[said.kind] += 1
            under[key[name]].append(said.label)
            n_used += said.seq in learned
    n = by_label.total()
    return Statistics(
        n_rows, n, dict(by_label.most_common()), kinds["correction"], kinds["confirmation"],
        sum(len(its) - 1 for its in under.values()),
        sum(len(its) for its in under.values() if len(set(its)) > 1),
        n_used, least, n >= least and len(by_label) > 1,
    )  # fmt: skip
