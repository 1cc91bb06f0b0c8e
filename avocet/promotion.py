"""Carrying out a verdict: decision.json first, then the champion pointer, between two lines of the ledger."""

from dataclasses import replace

from avocet import decision, registry
from avocet.decision import FORMAT, Decision, verdict_on
from avocet.errors import AvocetError
from avocet.gate import Reason, Verdict
from avocet.runs import Run
from avocet.scorecard import Scoreboard


def decide(run: Run, board: Scoreboard, run_key: str | None) -> Verdict:
    """Judge the board, write the decision, and promote where the verdict says so.

    `run_key` goes into the ledger, so that a night with the same key is known to be settled; None where
    something went wrong tonight that another night may not meet.
    A version that no longer verifies at the last moment turns the verdict into a refusal.
    """
    verdict = verdict_on(board, run.recipe.gate, run.recipe.seed)
    models = run.home.models
    before = registry.champion_id(models, run.recipe.name)
    _write(run, verdict, board, before)
    if verdict.promoted and verdict.challenger is not None:
        try:
            registry.promote(models, run.recipe.name, verdict.challenger, run.id, verdict.sentence, run_key)
        except AvocetError as e:
            if registry.champion_id(models, run.recipe.name) == verdict.challenger != before:
                raise  # it is the champion, though the ledger could not say so: the next run will
            verdict = replace(verdict, reason=Reason.UNSCORABLE, sentence=f"refused {verdict.challenger}: {e}")
            _write(run, verdict, board, before)
    if not verdict.promoted:
        registry.refuse(
            models,
            run.recipe.name,
            verdict.challenger,
            run.id,
            verdict.sentence,
            verdict.reason.value,
            _settles(verdict, run_key),
        )
    return verdict


SETTLED = (
    Reason.NOT_BETTER,
    Reason.NOT_BETTER_CROSSFITTED,
    Reason.CONDITION,
    Reason.OTHER_TEMPLATE,
    Reason.OTHER_LABELS,
    Reason.NOT_BETTER_THAN_BASELINE,
    Reason.ALREADY_CHAMPION,
    Reason.HOLDOUT_TOO_SMALL,
)


def _settles(verdict: Verdict, run_key: str | None) -> str | None:
    """Only a refusal that the same rows would meet again settles the night; a fault may be gone tomorrow."""
    return run_key if verdict.reason in SETTLED else None


def keep(run: Run, board: Scoreboard) -> str:
    """Write down what everybody scored, where nobody challenges; nothing is decided. Returns what there is to say."""
    verdict = verdict_on(board, run.recipe.gate, run.recipe.seed)
    scored = [card for card in board.cards if card.macro_f1 is not None]
    best = max(scored, key=lambda card: card.macro_f1 or 0.0, default=None)
    told = f"{len(scored)} of {len(board.cards)} scored on {len(board.true)} mails, nothing was trained or decided"
    sentence = told if best is None else f"{told}; best is {best.candidate} with macro-F1 {best.macro_f1:.2f}"
    _write(run, verdict, board, registry.champion_id(run.home.models, run.recipe.name), sentence)
    return sentence


def _write(run: Run, verdict: Verdict, board: Scoreboard, before: str | None, sentence: str | None = None) -> None:
    gate, seed, told = run.recipe.gate, run.recipe.seed, sentence or verdict.sentence
    story = Decision(FORMAT, run.id, run.recipe.name, verdict.promoted, told, before, seed, gate, verdict, board)
    decision.write(run.decision, story)
