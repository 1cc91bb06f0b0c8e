"""The gate: each way in which a night can end, and that a gate with a planted bug would not pass these tests."""

import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avocet import gate as gates
from avocet.gate import Reason, Verdict, judge
from avocet.recipe import Gate
from avocet.scorecard import CrossFitted, Role, Scoreboard, Scorecard, scorecard

LABELS = ("a", "b")
TRUE = ("a", "b") * 20
IDS = tuple(f"r{i}" for i in range(40))
MARK = "tonight's rows"


def card(role: Role, name: str, wrong: Sequence[int] = (), **changes: Any) -> Scorecard:
    """A real card of somebody who is wrong on these rows."""
    ranked = [["b", "a"] if (t == "a") == (i in wrong) else ["a", "b"] for i, t in enumerate(TRUE)]
    made = scorecard(name, f"the {name}", role, MARK, TRUE, ranked, LABELS, 1.5, LABELS)
    return replace(made, **changes)


def board(*cards: Scorecard) -> Scoreboard:
    return Scoreboard(cards, IDS, TRUE, LABELS, MARK)


NAN, INF = float("nan"), float("inf")
NEW, OLD = card("challenger", "new", [0, 1]), card("champion", "old", [1, 2, 3, 4])
EQUAL, WORSE = card("challenger", "new", [5, 8, 9, 12]), card("challenger", "new", [0, 1, 2, 3, 4, 5])
MAJORITY, TFIDF = card("baseline", "majority", range(1, 40, 2)), card("baseline", "tfidf", [1, 2, 3])
ZERO_SHOT = card("baseline", "zero-shot", range(0, 12))
BASELINES = (MAJORITY, TFIDF, ZERO_SHOT)
BEYOND = NEW.macro_f1 - OLD.macro_f1 if NEW.macro_f1 and OLD.macro_f1 else 0.0


def fitted(old: float, new: float) -> CrossFitted:
    """Cross-fitted evidence with these two macro-F1."""
    return CrossFitted(("r0",), ("a",), ("a",), ("a",), (old, new))


def asks(**conditions: Any) -> Gate:
    return Gate.model_validate(conditions)


Case = tuple[Scoreboard, Gate, Reason]
CASES: dict[str, Case] = {
    "better": (board(OLD, NEW, *BASELINES), Gate(), Reason.BETTER),
    "better, in another order": (board(*BASELINES, NEW, OLD), Gate(), Reason.BETTER),
    "better, though less accurate": (board(OLD, replace(NEW, accuracy=0.1)), Gate(), Reason.BETTER),
    "worse, though more accurate": (board(OLD, replace(WORSE, accuracy=0.99)), Gate(), Reason.NOT_BETTER),
    "a tie": (board(OLD, EQUAL), Gate(), Reason.NOT_BETTER),
    "worse": (board(OLD, WORSE), Gate(), Reason.NOT_BETTER),
    "better by less than the margin": (board(OLD, NEW), Gate(margin=BEYOND + 1e-9), Reason.NOT_BETTER),
    "better by more than the margin": (board(OLD, NEW), Gate(margin=BEYOND - 1e-9), Reason.BETTER),
    "worse by less than the margin": (board(OLD, WORSE), Gate(margin=0.5), Reason.NOT_BETTER),
    "the first, better than all": (board(NEW, *BASELINES), Gate(), Reason.FIRST),
    "the first, with a margin for champions": (board(NEW, *BASELINES), Gate(margin=0.5), Reason.FIRST),
    "the first, as good as one baseline": (board(EQUAL, MAJORITY, replace(OLD, role="baseline")), Gate(), Reason.NOT_BETTER_THAN_BASELINE),
    "the first, better than most": (board(EQUAL, *BASELINES), Gate(), Reason.NOT_BETTER_THAN_BASELINE),
    "a weak baseline beside a champion": (board(OLD, WORSE, MAJORITY), Gate(), Reason.NOT_BETTER),
    "the champion itself": (board(OLD, replace(OLD, role="challenger")), Gate(), Reason.ALREADY_CHAMPION),
    "no challenger": (board(OLD, *BASELINES), Gate(), Reason.NO_CHALLENGER),
    "a candidate that was not chosen": (board(OLD, replace(NEW, role="candidate")), Gate(), Reason.NO_CHALLENGER),
    "nobody at all": (board(), Gate(), Reason.NO_CHALLENGER),
    "nothing to compare with": (board(NEW), Gate(), Reason.UNSCORABLE),
    "as many rows as asked for": (board(OLD, NEW), Gate(holdout_rows=40), Reason.BETTER),
    "one row too few": (board(OLD, NEW), Gate(holdout_rows=41), Reason.HOLDOUT_TOO_SMALL),
    "an empty holdout": (
        Scoreboard((replace(OLD, predictions=()), replace(NEW, predictions=())), (), (), LABELS, MARK),
        Gate(holdout_rows=1), Reason.HOLDOUT_TOO_SMALL,
    ),
    "the challenger has an error": (board(OLD, replace(NEW, error="does not load")), Gate(), Reason.UNSCORABLE),
    "the champion has an error": (board(replace(OLD, error="damaged"), NEW), Gate(), Reason.UNSCORABLE),
    "the champion has an error, the baselines not": (board(replace(OLD, error="damaged"), NEW, *BASELINES), Gate(), Reason.UNSCORABLE),
    "the challenger has no score": (board(OLD, replace(NEW, macro_f1=None)), Gate(), Reason.UNSCORABLE),
    "the champion has no score": (board(replace(OLD, macro_f1=None), NEW), Gate(), Reason.UNSCORABLE),
    "a baseline has an error": (board(NEW, MAJORITY, replace(ZERO_SHOT, error="crashed")), Gate(), Reason.UNSCORABLE),
    "a challenger of NaN": (board(OLD, replace(NEW, macro_f1=NAN)), Gate(), Reason.NON_FINITE),
    "a champion of NaN": (board(replace(OLD, macro_f1=NAN), NEW), Gate(), Reason.NON_FINITE),
    "an infinite challenger": (board(OLD, replace(NEW, macro_f1=INF)), Gate(), Reason.NON_FINITE),
    "a baseline of NaN": (board(NEW, replace(MAJORITY, macro_f1=NAN)), Gate(), Reason.NON_FINITE),
    "a challenger judged on other rows": (board(OLD, replace(NEW, holdout="yesterday's")), Gate(), Reason.OTHER_ROWS),
    "a champion judged on other rows": (board(replace(OLD, holdout="yesterday's"), NEW), Gate(), Reason.OTHER_ROWS),
    "both judged on other rows": (
        board(replace(OLD, holdout="yesterday's"), replace(NEW, holdout="yesterday's")), Gate(), Reason.OTHER_ROWS,
    ),
    "a row too few judged": (board(OLD, replace(NEW, predictions=NEW.predictions[1:])), Gate(), Reason.OTHER_ROWS),
    "a challenger with foreign labels": (board(OLD, replace(NEW, trained_labels=("a", "spam"))), Gate(), Reason.OTHER_LABELS),
    "a champion with foreign labels": (board(replace(OLD, trained_labels=("spam",)), NEW), Gate(), Reason.OTHER_LABELS),
    "a challenger that lacks a label": (board(OLD, replace(NEW, trained_labels=("a",))), Gate(), Reason.BETTER),
    "better, and as good out of fold": (replace(board(OLD, NEW), crossfit=fitted(0.8, 0.8)), Gate(), Reason.BETTER),
    "better, and better out of fold": (replace(board(OLD, NEW), crossfit=fitted(0.8, 0.9)), Gate(), Reason.BETTER),
    "better, but worse out of fold": (replace(board(OLD, NEW), crossfit=fitted(0.9, 0.8)), Gate(), Reason.NOT_BETTER_CROSSFITTED),
    "worse, but better out of fold": (replace(board(OLD, WORSE), crossfit=fitted(0.8, 0.9)), Gate(), Reason.NOT_BETTER),
    "the first, whatever is out of fold": (replace(board(NEW, *BASELINES), crossfit=fitted(0.9, 0.8)), Gate(), Reason.FIRST),
    "better, a condition does not hold": (board(OLD, NEW), asks(at_least={"accuracy": 0.96}), Reason.CONDITION),
    "better, a condition holds": (board(OLD, NEW), asks(at_least={"accuracy": 0.95}), Reason.BETTER),
    "the first, a condition does not hold": (board(NEW, *BASELINES), asks(at_most={"latency_ms": 1.4}), Reason.CONDITION),
    "a challenger with another template": (
        replace(board(OLD, replace(NEW, text="{body}")), text="{subject}"), Gate(), Reason.OTHER_TEMPLATE,
    ),
    "a champion with another template": (replace(board(replace(OLD, text="{body}"), NEW), text="{subject}"), Gate(), Reason.BETTER),
    "a challenger that knows a judged row": (board(OLD, replace(NEW, learned_from_holdout=1)), Gate(), Reason.LEARNED_FROM_HOLDOUT),
    "a champion that knows a judged row": (board(replace(OLD, learned_from_holdout=1), NEW), Gate(), Reason.LEARNED_FROM_HOLDOUT),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_night_ends_for_a_typed_reason(name: str) -> None:
    """And only the two good ones promote."""
    its_board, its_gate, reason = CASES[name]
    verdict = judge(its_board, its_gate)
    assert (verdict.reason, verdict.promoted) == (reason, reason in (Reason.BETTER, Reason.FIRST))
    assert verdict.sentence.startswith(
        ("promoted", "kept") if verdict.promoted or reason is Reason.ALREADY_CHAMPION else "refused"
    )


def test_there_is_a_case_for_each_reason() -> None:
    """No reason is only on paper; a broken gate is told by its self-test."""
    assert {reason for _, _, reason in CASES.values()} == set(Reason) - {Reason.GATE_BROKEN}


def test_a_promotion_shows_both_scores_and_the_mails() -> None:
    """Row 1 is wrong in both; 2, 3 and 4 are fixed; 0 is broken."""
    verdict = judge(board(OLD, NEW, *BASELINES), Gate())
    assert verdict.evidence is not None
    assert (verdict.challenger, verdict.rival, verdict.macro_f1, verdict.rival_macro_f1, verdict.conditions) == (
        "new", "old", NEW.macro_f1, OLD.macro_f1, (),
    )  # fmt: skip
    assert (verdict.evidence.fixed, verdict.evidence.broken) == (("r2", "r3", "r4"), ("r0",))
    assert verdict.sentence == (
        "promoted the new: macro-F1 0.95 against 0.90 of the old (champion); 3 mails fixed, 1 broken, of 40 judged; "
        f"P(better) {verdict.evidence.p_better:.2f}"
    )


def test_a_refusal_shows_what_stood_in_the_way() -> None:
    """A person sees how near it was: the margin, the folds, the condition."""
    assert judge(board(OLD, EQUAL), Gate()).sentence.startswith(
        "refused the new: macro-F1 0.90 against 0.90 of the old (champion); 4 mails fixed, 4 broken, of 40 judged; P(better) 0."
    )
    assert "of the old (champion), a margin of 0.1 is asked for; " in judge(board(OLD, NEW), Gate(margin=0.1)).sentence
    folded = judge(replace(board(OLD, NEW), crossfit=fitted(0.9, 0.8)), Gate())
    assert folded.sentence.endswith("; but cross-fitted 0.80 against 0.90 on 1")
    asked = judge(board(OLD, NEW), asks(at_least={"worst_label_f1": 0.99}, at_most={"latency_ms": 1}))
    assert asked.sentence.endswith("asked for worst label f1 >= 0.99, found 0.95 and ms a mail <= 1, found 1.5")


def test_a_first_champion_is_told_with_the_best_baseline() -> None:
    """The rival is the strongest, and one mail is a mail."""
    first = judge(board(card("challenger", "new", [1, 2]), *BASELINES), Gate())
    assert first.evidence is not None
    assert (first.rival, first.evidence.fixed, first.evidence.broken) == ("tfidf", ("r3",), ())
    assert first.sentence.startswith(
        "promoted the new (the first champion): macro-F1 0.95 against 0.92 of the tfidf; 1 mail fixed, 0 broken, of 40 judged"
    )


def test_scores_that_differ_late_are_shown_that_far() -> None:
    """`0.90 against 0.90` would not explain a promotion."""
    nearly = replace(OLD, macro_f1=0.90004)
    sentence = judge(board(nearly, replace(NEW, macro_f1=0.90012)), Gate()).sentence
    assert "macro-F1 0.9001 against 0.9000 of" in sentence


def test_a_flaw_is_told_by_who_has_it() -> None:
    """The sentence says what to look at."""
    assert judge(CASES["the champion has an error"][0], Gate()).sentence == (
        "refused new: champion old could not be scored (damaged)"
    )
    assert judge(CASES["a champion that knows a judged row"][0], Gate()).sentence == (
        "refused new: champion old has learned from 1 of the 40 judged rows"
    )
    assert judge(CASES["a challenger with foreign labels"][0], Gate()).sentence == (
        "refused new: challenger new knows labels that the recipe has not: spam"
    )


BUGS = {
    "inverted": ("ours > theirs + margin", "ours < theirs + margin"),
    "lists of metrics are compared": (
        "not ours > theirs + margin", "not [s.f1 for s in challenger.per_label] > [s.f1 for s in rival.per_label]",
    ),
    "accuracy decides": ("not ours > theirs + margin", "not (challenger.accuracy or 0) > (rival.accuracy or 0) + margin"),
    "a tie promotes": ("ours > theirs + margin", "ours >= theirs + margin"),
    "the margin is forgotten": ("ours > theirs + margin", "ours > theirs"),
    "the margin helps": ("ours > theirs + margin", "ours > theirs - margin"),
    "worse out of fold passes": ("crossfitted[1] < crossfitted[0]", "False"),
    "better out of fold is refused": ("crossfitted[1] < crossfitted[0]", "crossfitted[1] > crossfitted[0]"),
    "as good out of fold is refused": ("crossfitted[1] < crossfitted[0]", "crossfitted[1] <= crossfitted[0]"),
    "folds judge a first champion": ('rival.role == "champion" and crossfitted is not None and crossfitted[1]', "crossfitted is not None and crossfitted[1]"),
    "one condition is enough": ("if not all(condition.held", "if not any(condition.held"),
    "conditions are forgotten": ("if not all(condition.held for condition in held)", "if False"),
    "another template passes": ("cards[0].text not in (None, board.text)", "False"),
    "the champion's template is asked for": ("cards[0].text not in", "cards[-1].text not in"),
    "the margin scales": ("ours > theirs + margin", "ours > theirs * (1 + margin)"),
    "a first champion must beat the weakest": ("max(rivals", "min(rivals"),
    "a margin over baselines": ('gate.margin if rival.role == "champion" else 0.0', "gate.margin"),
    "baselines judge beside a champion": ("(champion,) if champion is not None else board.baselines", "board.baselines"),
    "only the challenger is looked at": ("for card in cards:", "for card in cards[:1]:"),
    "only the rival is looked at": ("for card in cards:", "for card in cards[1:]:"),
    "a small holdout is enough": ("n < gate.holdout_rows", "n < 0"),
    "one row too many is asked for": ("n < gate.holdout_rows", "n <= gate.holdout_rows"),
    "a NaN passes": ("not math.isfinite(card.macro_f1)", "False"),
    "an infinity passes": ("not math.isfinite(card.macro_f1)", "math.isnan(card.macro_f1)"),
    "an error passes": ("card.error is not None or ", ""),
    "other rows pass": ("card.holdout != board.holdout or ", ""),
    "fewer rows pass": (" or len(card.predictions) != n", ""),
    "foreign labels pass": ("not set(card.trained_labels) <= set(board.labels)", "False"),
    "a dropped label is refused": ("not set(card.trained_labels) <= set(board.labels)", "set(card.trained_labels) != set(board.labels)"),
    "learned rows pass": ("if card.learned_from_holdout:", "if card.learned_from_holdout > 1:"),
    "the champion is judged again": ("challenger.name == champion.name", "False"),
    "before and after are swapped": ("rival.predictions, challenger.predictions", "challenger.predictions, rival.predictions"),
}  # fmt: skip


def _changed(verdict: Verdict) -> Any:
    return verdict.evidence and (verdict.evidence.fixed, verdict.evidence.broken)


def differs(judge_it: Callable[[Scoreboard, Gate], Any]) -> bool:
    """Whether a gate answers any of the cases otherwise, or crashes on one."""
    for its_board, its_gate, reason in CASES.values():
        right = judge(its_board, its_gate)
        try:
            found = judge_it(its_board, its_gate)
        except Exception:  # noqa: BLE001  a crash in the middle of the night is caught as well
            return True
        if (found.reason, found.rival) != (reason, right.rival) or _changed(found) != _changed(right):
            return True
    return False


@pytest.mark.parametrize("name", BUGS)
def test_a_gate_with_a_planted_bug_is_found_out(name: str) -> None:
    """The cases above tell each of these gates from the right one."""
    right, wrong = BUGS[name]
    source = Path(gates.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1, "the gate was rewritten: plant this bug anew"
    mutant = types.ModuleType("avocet.gate")
    exec(compile(source.replace(right, wrong), name, "exec"), mutant.__dict__)  # noqa: S102  our own source
    assert differs(mutant.judge)


def test_the_gate_itself_is_not_found_out() -> None:
    """The search for bugs does not find one everywhere."""
    assert not differs(judge)
