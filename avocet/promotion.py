"""Carrying out a verdict: decision.json first, then the champion pointer, between two lines of the ledger."""

from dataclasses import asdict, replace

from avocet import registry
from avocet.errors import AvocetError
from avocet.gate import Reason, Verdict, judge
from avocet.runs import Run, write_json
from avocet.scorecard import Scoreboard


def decide(run: Run, board: Scoreboard, run_key: str | None) -> Verdict:
    """Judge the board, write the decision, and promote where the verdict says so.

    `run_key` goes into the ledger, so that a night with the same key is known to be settled; None where
    something went wrong tonight that another night may not meet.
    A version that no longer verifies at the last moment turns the verdict into a refusal.
    """
    verdict = judge(board, run.recipe.gate)
    models = run.home.models
    before = registry.champion_id(models, run.recipe.name)
    _write(run, verdict, board, before)
    if verdict.promoted and verdict.challenger is not None:
        try:
            registry.promote(models, run.recipe.name, verdict.challenger, run.id, verdict.sentence, run_key)
        except AvocetError as e:
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
    Reason.NOT_BETTER_THAN_BASELINE,
    Reason.ALREADY_CHAMPION,
    Reason.HOLDOUT_TOO_SMALL,
)


def _settles(verdict: Verdict, run_key: str | None) -> str | None:
    """Only a refusal that the same rows would meet again settles the night; a fault may be gone tomorrow."""
    return run_key if verdict.reason in SETTLED else None


def _write(run: Run, verdict: Verdict, board: Scoreboard, before: str | None) -> None:
    write_json(
        run.decision,
        {
            "run": run.id,
            "recipe": run.recipe.name,
            "promoted": verdict.promoted,
            "champion_before": before,
            **asdict(verdict),
            "gate": run.recipe.gate.model_dump(mode="json"),
            "holdout": {
                "digest": board.holdout,
                "row_ids": board.row_ids,
                "true": board.true,
                "labels": board.labels,
            },
            "cards": [asdict(card) for card in board.cards],
        },
    )
