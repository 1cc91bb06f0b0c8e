"""A mail as the store keeps it, and one thing that was said of it: a label, a skip, a discard, or that one was taken back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from avocet.rows import content_id, words_of

Act = Literal["skip", "discard"]  # what a person does with a row beside giving or taking away its label
Kind = Literal["label", "correction", "confirmation", "deletion", "skip", "discard", "undo"]


@dataclass(frozen=True)
class StoredRow:
    """A mail as it came in: its words by field, headers that say who and which thread, and where it came from."""

    id: str
    fields: Mapping[str, str]
    source: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Equal for the very same words; a row without an id of its own is called by it."""
        return content_id(words_of(self.fields) or self.fields)

    @property
    def title(self) -> str:
        """What a person knows it by, on one line: its subject, or how it begins."""
        texts = (" ".join(text[:1000].split()) for text in (words_of(self.fields) or self.fields).values())
        return next((text for text in texts if text), "")[:200]


@dataclass(frozen=True)
class Incoming:
    """A row on its way in, with the label that its file gives it, if any, and since when (ISO, if known).

    `weak`: strangers made its id (a Message-ID), so that other words under the same id are another mail.
    """

    row: StoredRow
    label: str | None = None
    labeled_at: str | None = None
    weak: bool = False


@dataclass(frozen=True)
class Added:
    """What became of rows that came in; `n_other` have another label here, which stays."""

    n_new: int = 0
    n_known: int = 0
    n_labelled: int = 0
    n_other: int = 0

    def __add__(self, more: "Added") -> "Added":
        """Both together."""
        return Added(
            self.n_new + more.n_new, self.n_known + more.n_known,
            self.n_labelled + more.n_labelled, self.n_other + more.n_other,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One event: who gave which row which label (None: took it away) when, and what a model had said before.

    `act`: what was done with the row instead; such an event has no label.
    """

    seq: int
    row_id: str
    label: str | None
    undoes: int | None
    labeled_at: str
    who: str
    predicted: str | None = None
    confidence: float | None = None
    version: str | None = None
    act: Act | None = None

    @property
    def when(self) -> dict[str, str]:
        """As a row says it; nothing where it is not known."""
        return {"labeled_at": self.labeled_at} if self.labeled_at else {}

    @property
    def kind(self) -> Kind:
        """What it is: with a prediction, a person's label corrects or confirms it."""
        if self.undoes is not None:
            return "undo"
        if self.label is None:
            return self.act or "deletion"
        if self.predicted is None:
            return "label"
        return "confirmation" if self.predicted == self.label else "correction"


@dataclass(frozen=True)
class Prediction:
    """What the person saw: label, confidence (0..1) and which version said so."""

    label: str
    confidence: float
    version: str


@dataclass(frozen=True, slots=True)
class State:
    """What stands of one row: its last word (a label, a deletion, a discard) and the last event of any kind."""

    word: Said | None = None
    last: Said | None = None

    @property
    def label(self) -> str | None:
        """The label it has now."""
        return self.word.label if self.word else None

    @property
    def discarded(self) -> bool:
        """It is asked for no more, and not learned from; a label brings it back."""
        return self.word is not None and self.word.act == "discard"

    @property
    def waits(self) -> bool:
        """Whether it is still to be labelled."""
        return self.label is None and not self.discarded

    @property
    def skipped(self) -> bool:
        """A person left it for later, and said nothing of it since."""
        return self.waits and self.last is not None and self.last.act == "skip"

    @property
    def version(self) -> int:
        """Number of the last event that stands, 0 where nothing was said: equal for two who see the same."""
        return self.last.seq if self.last else 0


@dataclass(frozen=True)
class Undone:
    """The newest event that was taken back, and how many were: what was said in one act goes in one."""

    event: int
    row_id: str
    kind: Kind
    label: str | None
    n: int


def as_row(found: Any) -> StoredRow:
    """A line of the table of rows."""
    return StoredRow(found.id, json.loads(found.fields), found.source, json.loads(found.headers))


def as_said(found: Any) -> Said:
    """A line of the table of labels."""
    return Said(
        found.seq, found.row_id, found.label, found.undoes, found.labeled_at, found.who,
        found.predicted, found.confidence, found.version, found.act,
    )  # fmt: skip
