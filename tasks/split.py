"""Stage 2, split: every row gets a side for life (train, validation or holdout)."""

from prefect import task

from avocet import artifacts
from avocet.findings import DataReport
from avocet.runs import Run
from avocet.sides import Sides, divide
from tasks import key_of, log, publish


# No retry: the ledger's file is on this machine, and a second try would meet the same disk.
@task(name="split", task_run_name="split", persist_result=False)
def split(run: Run, report: DataReport) -> Sides:
    """Tonight's sides; old rows keep theirs."""
    sides = divide(run, report.dropped_labels)
    publish(key_of(run.recipe.name, "split"), artifacts.split(run, sides), "Rows of each label on each side")
    log().info(
        "%d rows to learn from, %d of validation, %d to judge on; %d are new",
        sides.total("train"), sides.total("validation"), sides.total("holdout"), sides.n_new,
    )  # fmt: skip
    for why, n in sides.left_out.items():
        log().info("%d rows are left out tonight: %s", n, why)
    for warning in sides.warnings:
        log().warning("%s", warning)
    return sides
