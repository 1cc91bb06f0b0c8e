"""The gate: whether the challenger replaces the champion. It fails closed; every refusal has a typed reason."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from avocet.conditions import Condition, conditions
from avocet.evidence import DRAWS, Evidence, compare
from avocet.recipe import Gate
from avocet.scorecard import Scoreboard, Scorecard


class Reason(StrEnum):
    """Why a night ended as it did."""

    BETTER = "better"
    FIRST = "first_champion"
    NOT_BETTER = "not_better"
    NOT_BETTER_THAN_BASELINE = "not_better_than_baseline"
    NOT_BETTER_CROSSFITTED = "not_better_crossfitted"
    CONDITION = "condition"
    ALREADY_CHAMPION = "already_champion"
    NO_CHALLENGER = "no_challenger"
    HOLDOUT_TOO_SMALL = "holdout_too_small"
    UNSCORABLE = "unscorable"
    OTHER_ROWS = "other_rows"
    OTHER_LABELS = "other_labels"
    OTHER_TEMPLATE = "other_template"
    LEARNED_FROM_HOLDOUT = "learned_from_holdout"
    NON_FINITE = "non_finite"
    GATE_BROKEN = "gate_broken"


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
    evidence: Evidence | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def promoted(self) -> bool:
        """Whether the challenger becomes the champion."""
        return self.reason in PROMOTES


def judge(board: Scoreboard, gate: Gate, seed: int = 0, draws: int = DRAWS) -> Verdict:
    """The verdict on tonight's challenger; the same for the same board, gate and seed.

    With a champion, the challenger's macro-F1 must be greater by more than `gate.margin`, on the holdout and,
    where there is cross-fitted evidence, out of fold on all rows as well. Without one it must be greater than
    that of every baseline. All of the gate's conditions must hold. Both sides were scored tonight on the same
    holdout rows, or there is no promotion.
    """
    challenger, champion = board.challenger, board.champion
    if challenger is None:
        return Verdict(Reason.NO_CHALLENGER, "refused: nobody challenges, so there is nothing to decide")
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
    return _compared(board, challenger, rival, gate, seed, draws)


def _flaw(board: Scoreboard, cards: tuple[Scorecard, ...], gate: Gate) -> tuple[Reason, str] | None:
    """The first thing that makes a comparison impossible, or None."""
    n = len(board.row_ids)
    if n < gate.holdout_rows:
        return Reason.HOLDOUT_TOO_SMALL, (
            f"too few rows for an honest holdout: {n} judged, the gate asks for {gate.holdout_rows}; label more mails"
        )
    if len(cards) < 2:
        return Reason.UNSCORABLE, "there is neither a champion nor a baseline to compare with"
    if board.text is not None and cards[0].text not in (None, board.text):
        return Reason.OTHER_TEMPLATE, f"{cards[0].name} was trained with another text template than the recipe's"
    for card in cards:
        flaw = _flaw_of(card, board)
        if flaw is not None:
            return flaw
    return None


def _flaw_of(card: Scorecard, board: Scoreboard) -> tuple[Reason, str] | None:
    who, n = f"{card.role} {card.name}", len(board.row_ids)
    if card.error is not None or card.macro_f1 is None:
        return Reason.UNSCORABLE, f"{who} could not be scored ({card.error or 'no macro-F1'})"
    if not math.isfinite(card.macro_f1):
        return Reason.NON_FINITE, f"the macro-F1 of {who} is {card.macro_f1}"
    if card.holdout != board.holdout or len(card.predictions) != n:
        return Reason.OTHER_ROWS, f"{who} was scored on other rows"
    if not set(card.trained_labels) <= set(board.labels):
        odd = sorted(set(card.trained_labels) - set(board.labels))
        return Reason.OTHER_LABELS, f"{who} knows labels that the recipe has not: {', '.join(odd)}"
    if card.learned_from_holdout:
        return Reason.LEARNED_FROM_HOLDOUT, f"{who} has learned from {card.learned_from_holdout} of the {n} judged rows"
    return None


def _compared(board: Scoreboard, challenger: Scorecard, rival: Scorecard, gate: Gate, seed: int, draws: int) -> Verdict:
    evidence = compare(board.row_ids, board.true, rival.predictions, challenger.predictions, board.labels, seed, draws)
    held = conditions(gate, challenger, rival, evidence)
    verdict = Verdict(
        _reason(board, challenger, rival, gate, held),
        "",
        challenger.name,
        rival.name,
        challenger.macro_f1,
        rival.macro_f1,
        evidence,
        held,
    )
    return replace(verdict, sentence=_sentence(verdict, board, challenger, rival, gate))


def _reason(
    board: Scoreboard, challenger: Scorecard, rival: Scorecard, gate: Gate, held: tuple[Condition, ...]
) -> Reason:
    ours, theirs = float(challenger.macro_f1 or 0.0), float(rival.macro_f1 or 0.0)
    margin = gate.margin if rival.role == "champion" else 0.0
    if not ours > theirs + margin:
        return Reason.NOT_BETTER if rival.role == "champion" else Reason.NOT_BETTER_THAN_BASELINE
    crossfitted = board.crossfit.macro_f1
    # Equal out of fold means trained in the same way on the same rows: then only the holdout can tell them apart.
    if rival.role == "champion" and crossfitted is not None and crossfitted[1] < crossfitted[0]:
        return Reason.NOT_BETTER_CROSSFITTED
    if not all(condition.held for condition in held):
        return Reason.CONDITION
    return Reason.BETTER if rival.role == "champion" else Reason.FIRST


def _sentence(verdict: Verdict, board: Scoreboard, challenger: Scorecard, rival: Scorecard, gate: Gate) -> str:
    """What a stranger understands: who against whom, the numbers, the mails, and what stood in the way."""
    evidence = verdict.evidence
    assert evidence is not None  # noqa: S101 - narrows the type; _compared has set it
    ours, theirs = float(challenger.macro_f1 or 0.0), float(rival.macro_f1 or 0.0)
    first = " (the first champion)" if verdict.reason is Reason.FIRST else ""
    asked = f", a margin of {gate.margin:g} is asked for" if gate.margin and not verdict.promoted else ""
    parts = [
        f"{'promoted' if verdict.promoted else 'refused'} {challenger.candidate}{first}: macro-F1 {_f1(ours, theirs)} "
        f"against {_f1(theirs, ours)} of {rival.candidate}{' (champion)' if rival.role == 'champion' else ''}{asked}",
        f"{_mails(len(evidence.fixed))} fixed, {len(evidence.broken)} broken, of {len(board.row_ids)} judged",
        f"P(better) {evidence.p_better:.2f}",
    ]
    crossfitted = board.crossfit.macro_f1
    if rival.role == "champion" and crossfitted is not None:
        before, after = crossfitted
        but = "but " if verdict.reason is Reason.NOT_BETTER_CROSSFITTED else ""
        parts.append(
            f"{but}cross-fitted {_f1(after, before)} against {_f1(before, after)} on {len(board.crossfit.true)}"
        )
    failed = [c for c in verdict.conditions if not c.held]
    if failed:
        parts.append("asked for " + " and ".join(f"{c.name} {c.wanted}, found {c.found}" for c in failed))
    return "; ".join(parts)


def _f1(value: float, other: float) -> str:
    """Two decimals, or as many as it takes to tell the two apart."""
    digits = next((d for d in (2, 3, 4) if f"{value:.{d}f}" != f"{other:.{d}f}" or value == other), 6)
    return f"{value:.{digits}f}"


def _mails(n: int) -> str:
    return f"{n} mail{'' if n == 1 else 's'}"
