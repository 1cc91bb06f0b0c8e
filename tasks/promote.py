"""Stage 5, promote: the gate decides, the pointer moves in one step or not at all, and the ledger remembers."""

from prefect import task

from avocet import artifacts
from avocet.gate import Verdict
from avocet.promotion import decide
from avocet.runs import Run
from avocet.scorecard import Scoreboard
from tasks import key_of, log, publish


# No retry: a second try could not know whether the first one moved the pointer; the next run does, from the ledger.
@task(name="promote", task_run_name="promote", persist_result=False)
def promote(run: Run, board: Scoreboard, run_key: str | None) -> Verdict:
    """The verdict, carried out."""
    verdict = decide(run, board, run_key)
    publish(key_of(run.recipe.name, "verdict"), artifacts.verdict(run, verdict, board), "Promoted or not, and why")
    log().info("%s", verdict.sentence)  # among the events it is the verdict
    return verdict
