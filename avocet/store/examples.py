"""Labelled mails under the names of document 1: TrainingExample, and what is counted of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from avocet.errors import NotFoundError
from avocet.rows import words_of
from avocet.store.labels import IMPORT, Labels
from avocet.store.mails import Mail, Wanted, search
from avocet.store.paging import Some
from avocet.store.palette import shown, targets
from avocet.store.said import Said
from avocet.store.statistics import Statistics, statistics


@dataclass(frozen=True)
class TrainingExample:
    """One label that stands; `id` is the number of its event, `submission_id` the mail's id."""

    id: int
    submission_id: str
    message: str
    original_category: str | None
    corrected_category: str
    contributor_type: Literal["person", "import"]
    correction_timestamp: str | None
    confidence_score: float | None
    used_in_training: bool
    training_run_id: int | None


@dataclass(frozen=True)
class TrainingStats(Statistics):
    """The statistics, and how many mails each label should get (null: nobody said)."""

    targets: Mapping[str, int | None]


def examples(labels: Labels, wanted: Wanted, limit: int, cursor: str | None) -> Some[TrainingExample]:
    """A page of them, newest mail first. Raises WrongUseError for a cursor that is none."""
    found = search(labels, wanted, limit, cursor)
    states = labels.states(one.id for one in found.items)
    its = [_example(one, word) for one in found.items if (word := states[one.id].word) is not None and word.label]
    return Some(its, found.total, found.next_cursor)


def take_out(labels: Labels, number: int, who: str) -> Said:
    """Take the label away that event `number` gave. Raises NotFoundError where it stands no more."""
    row_id = labels.row_of(number)
    word = labels.states([row_id])[row_id].word if row_id is not None else None
    if row_id is None or word is None or word.seq != number or word.label is None:
        raise NotFoundError(f"there is no training example {number} any more; look at the list again")
    return labels.take_away(row_id, who)


def training_stats(labels: Labels, recipe: str, names: Sequence[str]) -> TrainingStats:
    """Of the recipe's collection. Raises StoreError."""
    its = targets(shown(labels.database, recipe, names))
    return TrainingStats(**asdict(statistics(labels)), targets=its)


def _example(mail: Mail, word: Said) -> TrainingExample:
    message = "\n\n".join(text for text in (words_of(mail.fields) or mail.fields).values() if text)
    return TrainingExample(
        word.seq, mail.id, message, mail.predicted, str(word.label), "import" if word.who == IMPORT else "person",
        mail.labeled_at, mail.confidence, mail.used_in_run is not None, mail.used_in_run,
    )  # fmt: skip
