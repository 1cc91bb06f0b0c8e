"""The gate: whether the challenger replaces the champion. It fails closed; every refusal has a typed reason."""

import math
from dataclasses import dataclass
from enum import StrEnum

from avocet.recipe import Gate
from avocet.scorecard import Scoreboard, Scorecard, fixed_and_broken


class Reason(StrEnum):
    """Why a night ended as it did."""

    BETTER = "better"
    FIRST = "first_champion"
    NOT_BETTER = "not_better"
    NOT_BETTER_THAN_BASELINE = "not_better_than_baseline"
    ALREADY_CHAMPION = "already_champion"
    NO_CHALLENGER = "no_challenger"
    HOLDOUT_TOO_SMALL = "holdout_too_small"
    UNSCORABLE = "unscorable"
    OTHER_ROWS = "other_rows"
    OTHER_LABELS = "other_labels"
    LEARNED_FROM_HOLDOUT = "learned_from_holdout"
    NON_FINITE = "non_finite"


PROMOTES = (Reason.BETTER, Reason.FIRST)


@dataclass(frozen=True)
class Verdict:
    """Promoted or not, why, and the evidence in mails."""

    reason: Reason
    sentence: str
    challenger: str | None = None
    rival: str | None = None  # the champion, or the baseline that a first champion had to beat
    macro_f1: float | None = None
    rival_macro_f1: float | None = None
    fixed: tuple[str, ...] = ()  # ids of rows that the challenger gets right and the rival does not
    broken: tuple[str, ...] = ()

    @property
    def promoted(self) -> bool:
        """Whether the challenger becomes the champion."""
        return self.reason in PROMOTES


def judge(board: Scoreboard, gate: Gate) -> Verdict:
    """The verdict on tonight's challenger.

    With a champion, the challenger's macro-F1 must be greater by more than `gate.margin`. Without one it must
    be greater than that of every baseline. Both were scored tonight on the same holdout rows, or there is no
    promotion.
    """
    challenger, champion = board.challenger, board.champion
    if challenger is None:
        return Verdict(Reason.NO_CHALLENGER, "refused: no candidate could be trained, so there is nothing to judge")
    if champion is not None and challenger.name == champion.name:
        return Verdict(
            Reason.ALREADY_CHAMPION,
            f"kept {champion.name}: it is tonight's best candidate already",
            challenger.name,
        )
    rivals = (champion,) if champion is not None else board.baselines
    flaw = _flaw(board, (challenger, *rivals), gate)
    if flaw is not None:
        return Verdict(flaw[0], f"refused {challenger.name}: {flaw[1]}", challenger.name)
    rival = max(rivals, key=lambda card: card.macro_f1 or 0.0)
    return _compared(board, challenger, rival, gate)


def _flaw(board: Scoreboard, cards: tuple[Scorecard, ...], gate: Gate) -> tuple[Reason, str] | None:
    """The first thing that makes a comparison impossible, or None."""
    n = len(board.row_ids)
    if n < gate.holdout_rows:
        return Reason.HOLDOUT_TOO_SMALL, (
            f"too few rows for an honest holdout: {n} judged, the gate asks for {gate.holdout_rows}; label more mails"
        )
    if len(cards) < 2:
        return Reason.UNSCORABLE, "there is neither a champion nor a baseline to compare with"
    for card in cards:
        if card.error is not None or card.macro_f1 is None:
            return (
                Reason.UNSCORABLE,
                f"{card.role} {card.name} could not be scored ({card.error or 'no macro-F1'})",
            )
        if not math.isfinite(card.macro_f1):
            return Reason.NON_FINITE, f"the macro-F1 of {card.role} {card.name} is {card.macro_f1}"
        if card.holdout != board.holdout or len(card.predictions) != n:
            return Reason.OTHER_ROWS, f"{card.role} {card.name} was scored on other rows"
        if not set(card.trained_labels) <= set(board.labels):
            odd = sorted(set(card.trained_labels) - set(board.labels))
            return (
                Reason.OTHER_LABELS,
                f"{card.role} {card.name} knows labels that the recipe has not: {', '.join(odd)}",
            )
        if card.learned_from_holdout:
            return Reason.LEARNED_FROM_HOLDOUT, (
                f"{card.role} {card.name} has learned from {card.learned_from_holdout} of the {n} judged rows"
            )
    return None


def _compared(board: Scoreboard, challenger: Scorecard, rival: Scorecard, gate: Gate) -> Verdict:
    ours, theirs = float(challenger.macro_f1 or 0.0), float(rival.macro_f1 or 0.0)
    margin = gate.margin if rival.role == "champion" else 0.0
    fixed, broken = fixed_and_broken(board.true, rival.predictions, challenger.predictions)
    if ours > theirs + margin:
        reason, verb = (Reason.BETTER if rival.role == "champion" else Reason.FIRST), "promoted"
    else:
        reason, verb = (
            (Reason.NOT_BETTER if rival.role == "champion" else Reason.NOT_BETTER_THAN_BASELINE),
            "refused",
        )
    first = " (the first champion)" if reason is Reason.FIRST else ""
    asked = f", a margin of {margin:g} is asked for" if margin and verb == "refused" else ""
    sentence = (
        f"{verb} {challenger.candidate}{first}: macro-F1 {_f1(ours, theirs)} against {_f1(theirs, ours)} of "
        f"{rival.candidate}{' (champion)' if rival.role == 'champion' else ''}{asked}, "
        f"{_mails(len(fixed))} fixed, {len(broken)} broken, of {len(board.row_ids)} judged"
    )
    return Verdict(
        reason,
        sentence,
        challenger.name,
        rival.name,
        ours,
        theirs,
        tuple(board.row_ids[i] for i in fixed),
        tuple(board.row_ids[i] for i in broken),
    )


def _f1(value: float, other: float) -> str:
    """Two decimals, or as many as it takes to tell the two apart."""
    digits = next((d for d in (2, 3, 4) if f"{value:.{d}f}" != f"{other:.{d}f}" or value == other), 6)
    return f"{value:.{digits}f}"


def _mails(n: int) -> str:
    return f"{n} mail{'' if n == 1 else 's'}"
