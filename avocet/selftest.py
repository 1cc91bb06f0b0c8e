"""The gate tests itself on tonight's cards before it is believed: four verdicts that must come out as they must."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from avocet.gate import Verdict, judge
from avocet.recipe import Gate
from avocet.scorecard import CrossFitted, Scoreboard, Scorecard, scorecard

Judge = Callable[[Scoreboard, Gate, int, int], Verdict]
_DRAWS = 50  # the probes ask which way the gate decides, not how sure it is


def broken(board: Scoreboard, gate: Gate, seed: int = 0, judged_by: Judge = judge) -> str | None:
    """The first of the gate's own tests that fails on tonight's rows, in words; None where all hold.

    A copy of the champion must tie and be refused; a challenger whose answers are shuffled must be refused; one
    that is always right must be accepted, and must not be replaced by what it has just beaten.
    """
    # The probes ask about the comparison; the recipe's own conditions could refuse even a model without fault.
    plain = Gate(margin=gate.margin, holdout_rows=gate.holdout_rows)
    champion = _champion(board)
    if champion is None or champion.macro_f1 is None or len(board.true) < gate.holdout_rows:
        return None  # nobody can be promoted tonight
    shuffled = _shuffled(board, champion, seed)
    oracle = _card(board, "oracle", board.true, champion)
    probes = [
        ("the champion was promoted over itself", champion, replace(champion, name="itself"), False),
        ("a challenger with shuffled answers was promoted", champion, shuffled, False),
        ("a challenger without a fault was refused", champion, oracle, True),
        ("a challenger was promoted over one without a fault", oracle, champion, False),
    ]
    for harm, old, new, wanted in probes:
        # Without a margin to pass, a champion that is (nearly) always right leaves an oracle nothing to gain.
        if wanted and not (new.macro_f1 or 0.0) > (old.macro_f1 or 0.0) + gate.margin:
            continue
        cards = (replace(old, role="champion"), replace(new, role="challenger"))
        probe = replace(board, cards=cards, crossfit=CrossFitted(why_not="a probe"))
        if judged_by(probe, plain, seed, _DRAWS).promoted is not wanted:
            return harm
    return None


def _champion(board: Scoreboard) -> Scorecard | None:
    """Tonight's champion, or who stands in for it on the first night."""
    whole = [c for c in (board.champion, *board.baselines) if c is not None and c.error is None and c.predictions]
    return next((replace(c, learned_from_holdout=0, trained_labels=()) for c in whole), None)


def _shuffled(board: Scoreboard, champion: Scorecard, seed: int) -> Scorecard:
    """The champion's own answers on the wrong mails, in an order that makes them no better."""
    rng, answers = Random(seed), list(champion.predictions)
    for _ in range(20):
        rng.shuffle(answers)
        card = _card(board, "shuffled", tuple(answers), champion)
        if (card.macro_f1 or 0.0) <= (champion.macro_f1 or 0.0):
            return card
    return replace(champion, name="shuffled")  # as bad as answers can be already


def _card(board: Scoreboard, name: str, answers: tuple[str, ...], like: Scorecard) -> Scorecard:
    ranked = [[answer] for answer in answers]
    known = like.trained_labels
    return scorecard(name, name, "challenger", board.holdout, board.true, ranked, board.labels, 0.0, known)
