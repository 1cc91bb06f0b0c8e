"""Stage 1, validate: are the rows what the recipe expects? What cannot be used is set aside with a reason."""

from prefect import task

from avocet import artifacts
from avocet.errors import DataStoppedError
from avocet.findings import DataReport
from avocet.runs import Run
from tasks import Level, key_of, publish, say

_LEVELS: dict[str, Level] = {"stop": "error", "note": "info"}


# No retry: the same rows give the same findings.
@task(name="validate", task_run_name="validate", persist_result=False)
def validate(run: Run) -> DataReport:
    """The report on the recipe's rows. Raises DataStoppedError, RowsNotFoundError."""
    from expectations.validation import validate_rows

    report = validate_rows(run)
    publish(
        key_of(run.recipe.name, "data"),
        artifacts.data_report(run, report),
        "What came in and what was held back",
    )
    say(run, artifacts.data_sentence(report))
    for finding in report.findings:
        say(run, finding.message, _LEVELS.get(finding.outcome, "warning"))
    if report.stopped:
        raise DataStoppedError(
            f"{'; '.join(f.message for f in report.stopped)} (see {run.home.shown(run.quarantine)} for what was set aside)"
        )
    return report
