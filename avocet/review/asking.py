"""What a person is asked next: a collection's unlabelled mails in the order of the review queue, with suggestions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from avocet import registry
from avocet.classifier import Classifier, load
from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.looked import looks_of
from avocet.looks import alike
from avocet.recipe import Recipe
from avocet.review import Order, interval_width, queue
from avocet.rows import words_of
from avocet.sources import collections_of
from avocet.store.labels import Labels, Prediction, StoredRow
from avocet.template import build

if TYPE_CHECKING:
    from avocet.methods.encoder import Encoder

NO_TEXT = "-"  # a template that reads nothing: mails of one collection may have other fields
MOST = 2_000  # unlabelled mails that are scored for a queue, the newest first: half a minute of the dearest champion
_MOST_LOOKED_AT = 20_000  # for look-alikes, whose looks are kept


@dataclass(frozen=True)
class Asked:
    """One mail to label: what the champion says (None without one), and whether it was drawn at random."""

    row: StoredRow
    suggestion: Prediction | None
    drawn: bool


@dataclass(frozen=True)
class Bought:
    """What labels buy: the 95 % interval of a label's recall, as wide as it is if 8 of 10 are found."""

    label: str
    n_labelled: int
    width: float
    width_after: float  # if each mail asked for were of this label


def next_mails(home: Home, recipe: Recipe, n: int, order: Order, seed: int = 0) -> list[Asked]:
    """At most `n` mails of the recipe's first collection; those that were skipped come last, discarded ones never.

    Without a champion they are drawn at random. Raises NotFoundError where the recipe reads no collection, and what loading
    a champion raises.
    """
    labels = its_collection(home, recipe)
    waiting = [row for row, _ in labels.page(MOST, unlabelled=True)]
    states = labels.states(row.id for row in waiting)
    champion = registry.champion(home.models, recipe.name)
    classifier = load(champion.folder) if champion and waiting else None
    counts = Counter(said.label for _, said in labels.labelled()) if classifier else Counter[str | None]()
    found: list[Asked] = []
    for skipped in (False, True):
        some = [row for row in waiting if states[row.id].skipped == skipped]
        if len(found) < n and some:
            found += _in_order(some, n - len(found), order, seed, classifier, counts)
    return found


def _in_order(
    waiting: list[StoredRow],
    n: int,
    order: Order,
    seed: int,
    classifier: Classifier | None,
    counts: Counter[str | None],
) -> list[Asked]:
    if classifier is None:
        uniform = np.full((len(waiting), 2), 0.5)
        return [Asked(waiting[i], None, drawn) for i, drawn in queue(uniform, n, "random", seed)]
    waiting = [row for row in waiting if all(name in row.fields for name in classifier.fields)]
    if not waiting:
        return []
    fields = [{name: row.fields[name] for name in classifier.fields} for row in waiting]
    predictions = classifier.classify_fields(fields)
    scores = np.array([[dict(p.ranked)[label] for label in classifier.labels] for p in predictions])
    by_label = [counts[label] for label in classifier.labels]
    vectors = embedded(classifier, fields) if order == "diverse" else None
    found = queue(scores, n, order, seed, by_label, vectors)
    return [
        Asked(waiting[i], Prediction(predictions[i].label, predictions[i].confidence, predictions[i].version), drawn)
        for i, drawn in found
    ]


def bought(home: Home, recipe: Recipe, n: int) -> list[Bought]:
    """For each label of the recipe, what `n` more labels would do to its interval; the widest first."""
    counts = Counter(said.label for _, said in its_collection(home, recipe).labelled())
    share = recipe.shares.holdout
    found = [
        Bought(
            label, counts[label],
            interval_width(0.8, round(share * counts[label])), interval_width(0.8, round(share * (counts[label] + n))),
        )
        for label in recipe.labels
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.width)


def look_alikes(home: Home, labels: Labels, one: StoredRow) -> list[StoredRow]:
    """Those of the newest mails without a label that say what `one` says: copies, near copies, a sender's template."""
    waiting = [row for row, _ in labels.page(_MOST_LOOKED_AT, unlabelled=True) if row.id != one.id]
    its, *others = looks_of(map(line_of, (one, *waiting)), NO_TEXT, home.kept)
    return [waiting[i] for i in alike(its, others)]


def line_of(row: StoredRow) -> dict[str, Any]:
    """A stored row as its look is taken of it."""
    return {"fields": words_of(row.fields) or dict(row.fields), "more": {}, "headers": dict(row.headers)}


def its_collection(home: Home, recipe: Recipe) -> Labels:
    """The collection whose mails are asked for. Raises NotFoundError."""
    found = collections_of(home, recipe)
    if not found:
        raise NotFoundError(f"recipe {recipe.name} reads no collection; give it rows: store:{recipe.name}")
    return found[0]


def embedded(classifier: Classifier, fields: Sequence[dict[str, str]]) -> np.ndarray:
    """Vectors of length 1, by the base that is installed with Avocet: it only says which mails are alike."""
    encoder = _encoder()
    return encoder.embed([build(classifier.version.info["text"], its) for its in fields])


@cache
def _encoder() -> "Encoder":
    from avocet.methods.bases import embedded_base
    from avocet.methods.encoder import Encoder

    return Encoder.open(embedded_base(), 256)
