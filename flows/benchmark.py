"""Everybody judged on the rows of today, nothing trained, nothing decided: `python flows/benchmark.py [RECIPE]`."""

import logging
import signal
import sys
from typing import Any

import flows  # noqa: F401  isort: skip  first: it sets what Prefect reads when it is imported
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from avocet import promotion, registry, runs
from avocet.errors import AvocetError
from avocet.home import home
from avocet.running import journal
from avocet.running.request import RunRequest
from avocet.runs import Run
from avocet.training import newest
from tasks import this_flow_run
from tasks.benchmark import benchmark as score
from tasks.split import split
from tasks.validate import validate


@flow(
    name="avocet",
    flow_run_name=lambda: f"{flow_run.parameters['recipe']} judged by {flow_run.id[:8]}",
    persist_result=False,
)
def benchmark(recipe: str = "job_mail", run: str | None = None) -> State[Any]:
    """Score the champion, the newest version of each candidate, and the baselines on the same holdout rows.

    `run` is one that was reserved; it is no use by hand.
    """
    place = home()
    try:
        with journal.answering(place, run):
            chosen, _ = RunRequest(recipe).chosen(place)
            with runs.only_one(place), journal.recorded(place, chosen, run, **this_flow_run()) as its:
                return Completed(message=_scored(its))
    except AvocetError as error:
        return Failed(message=str(error), data=error)


def _scored(run: Run) -> str:
    """Three of the stages; the champion stays whoever it is."""
    registry.recover(run.home.models)
    journal.stage(run, "validate")
    report = validate(run)
    journal.stage(run, "split")
    split(run, report)
    journal.trained(run)
    journal.stage(run, "benchmark")
    sentence = promotion.keep(run, score(run, newest(run.home, run.recipe), decides=False))
    journal.rested(run, sentence)
    return sentence


def main() -> None:
    """The command line; exit codes as in the README."""
    import click

    @click.command(context_settings={"help_option_names": ["-h", "--help"]})
    @click.argument("recipe", default="job_mail")
    @click.option("--run", hidden=True, help="A run that was reserved, by its name.")
    def command(recipe: str, run: str | None) -> None:
        """Judge the champion, the newest versions and the baselines of RECIPE on the same rows, here and now."""
        if run is not None:  # started by another program, maybe one that ignores SIGINT, which would be inherited
            signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with journal.answering(home(), run):  # a mistyped name need not wait for Prefect
                runs.row_files(home(), RunRequest(recipe).chosen(home())[0])
        except AvocetError as error:
            click.echo(f"avocet: {error}", err=True)
            sys.exit(error.exit_code)
        try:
            state = benchmark(recipe, run, return_state=True)
        except KeyboardInterrupt:
            sys.exit(130)  # as a shell says it; Prefect has told what happened
        logging.getLogger("prefect").setLevel(logging.WARNING)  # the last line is ours, not that a server stops
        found = state.result(raise_on_failure=False)
        exit_code = found.exit_code if isinstance(found, AvocetError) else 0 if state.is_completed() else 1
        click.echo(f"avocet: {state.message}" if exit_code else state.message, err=bool(exit_code))
        sys.exit(exit_code)

    command()


if __name__ == "__main__":
    main()
