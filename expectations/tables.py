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


def row_facts(
    recipe: Recipe, rows: Sequence[Row], now: datetime | None = None, keys: Sequence[str] | None = None
) -> "pd.DataFrame":
    """One line a row, columns ROW_COLUMNS. Bodies are reduced to facts first: 8 times less memory in the rules.

    `keys`: the group keys of the rows' texts, where they are at hand.
    """
    import pandas as pd

    now = now or datetime.now(UTC)
    keys = [group_key(build(recipe.text, row.fields)) for row in rows] if keys is None else keys
    first: dict[str, str] = {}
    labels: dict[str, set[str]] = defaultdict(set)
    for row, key in zip(rows, keys, strict=True):
        first.setdefault(key, row.id)
        labels[key].add(row.label)
    facts = {
        "id": [row.id for row in rows],
        "label": [row.label for row in rows],
        "n_chars": [sum(len(value.strip()) for value in row.fields.values()) for row in rows],
        "text_key": keys,
        "first_of_text": [first[key] == row.id for row, key in zip(rows, keys, strict=True)],
        "labels_agree": [len(labels[key]) == 1 for key in keys],
        "replaced_chars": [sum(value.count("\ufffd") for value in row.fields.values()) for row in rows],
        "labeled_at_ok": [_in_the_past(row.labeled_at, now) for row in rows],
    }
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
