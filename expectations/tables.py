"""The two tables that rules read: facts of each row without its text, and one line for each canonical label."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from avocet.cleaning import group_key
from avocet.recipe import Recipe
from avocet.rows import Row
from avocet.splits import quotas
from avocet.template import build
from expectations.suite import LABEL_COLUMNS, ROW_COLUMNS

if TYPE_CHECKING:
    import pandas as pd


def row_facts(recipe: Recipe, rows: Sequence[Row], now: datetime | None = None) -> "pd.DataFrame":
    """One line a row, columns ROW_COLUMNS. Bodies are reduced to facts first: 8 times less memory in the rules."""
    import pandas as pd

    now = now or datetime.now(UTC)
    first: dict[str, str] = {}
    labels: dict[str, set[str]] = defaultdict(set)
    facts = []
    for row in rows:
        text = build(recipe.text, row.fields)
        key = group_key(text)
        first.setdefault(key, row.id)
        labels[key].add(row.label)
        n_chars = sum(len(value.strip()) for value in row.fields.values())
        n_replaced = sum(value.count("\ufffd") for value in row.fields.values())
        facts.append([row.id, row.label, n_chars, key, True, True, n_replaced, _in_the_past(row.labeled_at, now)])
    for fact in facts:
        fact[4] = first[str(fact[3])] == fact[0]
        fact[5] = len(labels[str(fact[3])]) == 1
    return pd.DataFrame(facts, columns=list(ROW_COLUMNS))


def label_table(recipe: Recipe, labels: Sequence[str]) -> "pd.DataFrame":
    """One line for each canonical label, columns LABEL_COLUMNS; `labels` are those of the kept rows."""
    import pandas as pd

    counts = Counter(labels)
    largest = max((counts[label] for label in recipe.labels), default=0)
    lines = []
    for label in recipe.labels:
        n = counts[label]
        # For a label without rows the ratio is undefined and another rule speaks: 1 lets this one pass.
        lines.append([label, n, n - sum(quotas(n, recipe.shares)), largest / n if n else 1.0])
    return pd.DataFrame(lines, columns=list(LABEL_COLUMNS))


def _in_the_past(labeled_at: str | None, now: datetime) -> bool:
    """True where there is no date, or an ISO 8601 date that is not after `now`."""
    if labeled_at is None:
        return True
    try:
        at = datetime.fromisoformat(labeled_at)
    except ValueError:
        return False
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) <= now
