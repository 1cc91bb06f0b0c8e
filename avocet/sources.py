"""All rows of a recipe: its files, and collections of the store, each mail once with its latest label."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from avocet.errors import RowsNotFoundError
from avocet.home import Home
from avocet.recipe import STORED, Recipe
from avocet.rows import Reading, Row, Unusable, content_id, read, row_of
from avocet.runs import row_files
from avocet.store.database import store_of
from avocet.store.labels import Labels, Said, StoredRow
from avocet.times import moment

TAKEN_AWAY = "its label was taken away in the store"
DISCARDED = "it was discarded in the store"


def rows_of(home: Home, recipe: Recipe) -> Reading:
    """What there is to learn from tonight.

    A row that is in a file and in the store counts once, with the label that was given later; where a time is missing
    or the same, what the store says goes before the file. A label that was taken away there is gone, and a row that was
    discarded there is no row, whatever the file says.
    Raises RowsNotFoundError, RowsUnreadableError, StoreError.
    """
    files = row_files(home, recipe)
    reading = read(files, recipe.fields, recipe.naming)
    discarded = set[str]()
    for labels in collections_of(home, recipe):
        reading = _with_stored(reading, recipe, labels, discarded)
    if not files and not reading.n_lines:
        hint = " ".join(recipe.rows_help.split())
        raise RowsNotFoundError(
            f"there are no rows for recipe {recipe.name} in {' or '.join(recipe.rows)}. {hint}".strip()
        )
    return reading


def collections_of(home: Home, recipe: Recipe) -> list[Labels]:
    """The collections of the store that the recipe names."""
    return [Labels(store_of(home), name) for name in recipe.collections]


def _with_stored(reading: Reading, recipe: Recipe, labels: Labels, discarded: set[str]) -> Reading:
    """With what this collection says; `discarded` are rows that an earlier one wants no more, and becomes those of this one, too."""
    name = f"{STORED}{labels.collection}"
    by_id = {row.id: row for row in reading.rows}
    by_words = {content_id(row.words): row.id for row in reading.rows}
    unusable = list(reading.unusable)
    n_more, fields = 0, recipe.fields
    for number, (stored, said) in enumerate(labels.settled(), start=1):
        # The same words under another id are the same mail, and keep the id by which their side is known.
        its_id = by_words.get(stored.key, stored.id) if by_words and stored.id not in by_id else stored.id
        before = by_id.get(its_id)
        if said.act:
            discarded.add(its_id)
            if before is None:
                continue
        n_more += before is None
        if before is not None and not said.act and _file_is_later(before, said):
            continue
        found = _row(stored, said, fields, name, number)
        if isinstance(found, Row) and its_id in discarded:
            found = Unusable(name, number, DISCARDED, stored.id)
        by_id.pop(its_id, None)
        if isinstance(found, Row):
            by_id[its_id] = found if found.id == its_id else replace(found, id=its_id)
        else:
            unusable.append(found)
    if not n_more and not recipe.collections[labels.collection] and not labels.count():
        raise RowsNotFoundError(
            f"recipe {recipe.name} reads {name}, and nothing is in there yet: `avocet import FILE --into {labels.collection}`"
        )
    return Reading(tuple(by_id.values()), tuple(unusable), reading.n_lines + n_more)


def _row(stored: StoredRow, said: Said, fields: Sequence[str], name: str, number: int) -> Row | Unusable:
    if said.label is None:
        return Unusable(name, number, DISCARDED if said.act else TAKEN_AWAY, stored.id)
    value: Mapping[str, str] = {
        **stored.headers, **stored.fields, "id": stored.id, "label": said.label, **said.when,
    }  # fmt: skip
    found = row_of(value, fields, name, number)
    return found if isinstance(found, Row) else replace(found, id=stored.id)


def _file_is_later(row: Row, said: Said) -> bool:
    """Whether the file's label is the younger one; a person's word is younger than a file that does not say when."""
    its = moment(row.labeled_at)
    return its is not None and its > (moment(said.labeled_at) or datetime.min.replace(tzinfo=UTC))
