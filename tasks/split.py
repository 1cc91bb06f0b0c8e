"""Stage 2, split: every row gets a side for life (train, validation or holdout)."""

from prefect import task

from avocet import artifacts
from avocet.findings import DataReport
from avocet.runs import Run
from avocet.sides import Sides, divide
from tasks import key_of, publish, say


# No retry: the ledger's file is on this machine, and a second try would meet the same disk.
@task(name="split", task_run_name="split", persist_result=False)
def split(run: Run, report: DataReport) -> Sides:
    """Tonight's sides; old rows keep theirs."""
    sides = divide(run, report.dropped_labels)
    publish(key_of(run.recipe.name, "split"), artifacts.split(run, sides), "Rows of each label on each side")
    n = {side: sides.total(side) for side in ("train", "validation", "holdout")}
    say(
        run,
        f"{n['train']} rows to learn from, {n['validation']} of validation, {n['holdout']} to judge on; {sides.n_new} are new",
    )
    for why, n_left in sides.left_out.items():
        say(run, f"{n_left} rows are left out tonight: {why}")
    for warning in sides.warnings:
        say(run, warning, "warning")
    return sides
