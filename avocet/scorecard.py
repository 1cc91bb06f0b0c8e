"""The numbers of one contestant on the holdout, all from one pass over the same rows tonight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from avocet.metrics import LabelScore, accuracy, confusion, label_scores, macro_f1, top_k_accuracy

Role = Literal["champion", "challenger", "candidate", "baseline"]


@dataclass(frozen=True)
class Scorecard:
    """What one contestant did; with `error` set there are no numbers, and nothing may be decided for it."""

    name: str  # the version id, or what kind of baseline
    candidate: str
    role: Role
    holdout: str  # digest of the judged rows and labels: only cards with the same one can be compared
    predictions: tuple[str, ...] = ()
    macro_f1: float | None = None
    accuracy: float | None = None
    top_k: Mapping[str, float] | None = None
    per_label: tuple[LabelScore, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    precision: float | None = None  # mean over the labels with judged rows, like recall
    recall: float | None = None
    ms_per_mail: float | None = None
    size_bytes: int | None = None  # of the version's own files
    text: str | None = None  # the template that the version was trained with
    trained_labels: tuple[str, ...] = ()
    learned_from_holdout: int = 0  # judged rows that this contestant has learned from; must be 0
    error: str | None = None
    confidences: tuple[float, ...] = ()  # of the predictions
    engine: str | None = None  # what ran the version
    engine_why: str | None = None


def scorecard(
    name: str,
    candidate: str,
    role: Role,
    holdout: str,
    true: Sequence[str],
    ranked: Sequence[Sequence[str]],
    labels: Sequence[str],
    ms_per_mail: float,
    trained_labels: Sequence[str],
    learned_from_holdout: int = 0,
    size_bytes: int | None = None,
    text: str | None = None,
    confidences: Sequence[float] = (),
    engine: tuple[str, str] | None = None,
) -> Scorecard:
    """The card of a contestant that `ranked` its labels (best first) for each row of `true`."""
    predicted = [r[0] for r in ranked]
    per_label = tuple(label_scores(true, predicted, labels))
    judged = [s for s in per_label if s.n]
    return Scorecard(
        name=name,
        candidate=candidate,
        role=role,
        holdout=holdout,
        predictions=tuple(predicted),
        macro_f1=macro_f1(true, predicted, labels),
        accuracy=accuracy(true, predicted),
        top_k={str(k): top_k_accuracy(true, ranked, k) for k in (1, 2, 3)},
        per_label=per_label,
        confusion=tuple(tuple(row) for row in confusion(true, predicted, labels)),
        precision=mean(s.precision for s in judged),
        recall=mean(s.recall for s in judged),
        ms_per_mail=ms_per_mail,
        size_bytes=size_bytes,
        text=text,
        trained_labels=tuple(trained_labels),
        learned_from_holdout=learned_from_holdout,
        confidences=tuple(confidences),
        engine=engine[0] if engine else None,
        engine_why=engine[1] if engine else None,
    )


@dataclass(frozen=True)
class CrossFitted:
    """Two ways of training, judged out of fold on all rows; `why_not` says why there is none tonight.

    `fold_accuracy` and `fold_macro_f1` hold (champion's, challenger's) for each fold, for mean and deviation.
    `as_answered`: neither was trained anew, each stands by what it answered out of fold on its own night.
    """

    row_ids: tuple[str, ...] = ()
    true: tuple[str, ...] = ()
    champion: tuple[str, ...] = ()  # predictions
    challenger: tuple[str, ...] = ()
    macro_f1: tuple[float, float] | None = None  # champion's, challenger's, over all folds pooled
    fold_accuracy: tuple[tuple[float, float], ...] = ()
    fold_macro_f1: tuple[tuple[float, float], ...] = ()
    why_not: str | None = None
    as_answered: bool = False

    @property
    def rows_told(self) -> str:
        """On which rows, in words."""
        return (
            f"{len(self.true)} rows that both had answered out of fold"
            if self.as_answered
            else f"all {len(self.true)} rows"
        )


@dataclass(frozen=True)
class LeakGap:
    """TF-IDF's macro-F1 out of fold: look-alikes kept together, and torn apart. The difference is what a leak adds."""

    grouped: float
    ungrouped: float
    n: int


@dataclass(frozen=True)
class Scoreboard:
    """All cards of one night, and the rows they stand on (ids and true labels, no text)."""

    cards: tuple[Scorecard, ...]
    row_ids: tuple[str, ...]
    true: tuple[str, ...]
    labels: tuple[str, ...]
    holdout: str
    crossfit: CrossFitted = CrossFitted(why_not="it was not asked for")
    leak: LeakGap | None = None
    text: str | None = None  # the recipe's template

    @property
    def champion(self) -> Scorecard | None:
        """The card of the version in use, if there is one."""
        return next((c for c in self.cards if c.role == "champion"), None)

    @property
    def challenger(self) -> Scorecard | None:
        """The card of the one version that may replace it."""
        return next((c for c in self.cards if c.role == "challenger"), None)

    @property
    def baselines(self) -> tuple[Scorecard, ...]:
        """What anybody could have without training."""
        return tuple(c for c in self.cards if c.role == "baseline")
