"""The cards of a run's contestants as people read them: scores with 95 % intervals, latency, confusion, calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from avocet import decision
from avocet.calibration import expected_error
from avocet.decision import Decision
from avocet.errors import DamagedDecisionError, NotFoundError
from avocet.home import Home, checked_name
from avocet.intervals import Intervals, intervals
from avocet.scorecard import Role, Scoreboard, Scorecard
from avocet.views.judged import scores


@dataclass(frozen=True)
class LabelCard:
    """One label's scores over `n` judged rows; F1 lies between `lo` and `hi` (95 %), null where no row was judged."""

    label: str
    precision: float
    recall: float
    f1: float
    lo: float | None
    hi: float | None
    n: int


@dataclass(frozen=True)
class Card:
    """One contestant on the `n` rows of a run's holdout; with `error` set there are no numbers.

    `confusion`: row i, column j = rows of labels[i] that were predicted as labels[j]; sizes in bytes, of its own files.
    """

    name: str
    candidate: str
    role: Role
    macro_f1: float | None
    lo: float | None
    hi: float | None
    accuracy: float | None
    ms_per_mail: float | None
    size_bytes: int | None
    engine: str | None
    engine_why: str | None
    n: int
    top_k: Mapping[str, float] | None
    per_label: Sequence[LabelCard]
    labels: Sequence[str]
    confusion: Sequence[Sequence[int]]
    calibration_error: float | None
    error: str | None


def judged(place: Home, run: str) -> tuple[Decision, tuple[Card, ...]]:
    """The run's decision, and the card of each contestant in its order. Raises NotFoundError, DamagedDecisionError.

    Computed once for a decision's file: it does not change any more when its run has ended.
    """
    path = place.runs / checked_name(run, "run") / "decision.json"
    try:
        its = path.stat()
        mark = (its.st_mtime_ns, its.st_size)
    except OSError:
        mark = (0, 0)  # `decision.read` says what is wrong
    return _judged(place, run, mark)


@lru_cache(maxsize=16)
def _judged(place: Home, run: str, mark: tuple[int, int]) -> tuple[Decision, tuple[Card, ...]]:
    found = decision.read(place, run)
    if len(found.board.row_ids) != len(found.board.true):
        raise DamagedDecisionError(f"run {run}: its decision names other rows than it has labels of")
    return found, tuple(_card(one, found.board, found.seed) for one in found.board.cards)


def last_card(place: Home, version: str) -> tuple[Card, str] | None:
    """The card of `version` in the last run that judged it, and that run; None where none did.

    A run whose decision cannot be read whole is passed over, as `scores` does.
    """
    for score in reversed(scores(place, version)):
        try:
            of_run, found = judged(place, score.run)
            return found[of_run.board.cards.index(scored(of_run.board, version))], score.run
        except (DamagedDecisionError, NotFoundError):
            continue
    return None


def scored(board: Scoreboard, version: str) -> Scorecard:
    """The version's card. Raises DamagedDecisionError where it has none, or one that stands on other rows."""
    for card in board.cards:
        if card.name == version and card.macro_f1 is not None and len(card.predictions) == len(board.true):
            return card
    raise DamagedDecisionError(f"the decision holds no card of {version!r:.80} on its own rows")


def _card(card: Scorecard, board: Scoreboard, seed: int) -> Card:
    within = None
    whole = len(card.predictions) == len(board.true)
    if card.macro_f1 is not None and whole and not set(board.labels).isdisjoint(board.true):
        within = intervals(board.true, card.predictions, board.labels, seed)
    return Card(
        name=card.name,
        candidate=card.candidate,
        role=card.role,
        macro_f1=card.macro_f1,
        lo=within.macro_f1.lo if within else None,
        hi=within.macro_f1.hi if within else None,
        accuracy=card.accuracy,
        ms_per_mail=card.ms_per_mail,
        size_bytes=card.size_bytes,
        engine=card.engine,
        engine_why=card.engine_why,
        n=len(board.true),
        top_k=card.top_k,
        per_label=_labels(card, within),
        labels=board.labels,
        confusion=card.confusion,
        calibration_error=_calibration_error(card, board) if whole else None,
        error=card.error,
    )


def _labels(card: Scorecard, within: Intervals | None) -> tuple[LabelCard, ...]:
    known = within.by_label if within else {}
    found = []
    for score in card.per_label:
        its = known.get(score.label)
        lo, hi = (its.lo, its.hi) if its else (None, None)
        found.append(LabelCard(score.label, score.precision, score.recall, score.f1, lo, hi, score.n))
    return tuple(found)


def _calibration_error(card: Scorecard, board: Scoreboard) -> float | None:
    """How far confidence is from accuracy; null where the contestant told none, as baselines do."""
    if len(card.confidences) != len(board.true) or not board.true:
        return None
    right = [t == p for t, p in zip(board.true, card.predictions, strict=True)]
    return round(expected_error(card.confidences, right), 4)
