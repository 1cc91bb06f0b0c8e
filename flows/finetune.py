"""The main job: validate, split, fine-tune, benchmark, promote. `python flows/finetune.py [RECIPE]` runs it here."""

import logging
import signal
import sys
from typing import Annotated, Any

import flows  # noqa: F401  isort: skip  first: it sets what Prefect reads when it is imported
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from avocet import registry, runs
from avocet.attempts import retries
from avocet.candidates import EPOCHS
from avocet.engines import choice as engines
from avocet.errors import AvocetError, NotAtHandError, NothingTrainedError, SwitchedOffError
from avocet.gate import Verdict
from avocet.home import home
from avocet.recipe import Shares
from avocet.running import journal
from avocet.running.request import RunRequest
from avocet.runs import Run
from avocet.sides import Sides
from avocet.training import Trained, trained_before
from tasks import this_flow_run
from tasks.benchmark import benchmark
from tasks.finetune import finetune as finetune_candidate
from tasks.promote import promote
from tasks.split import split
from tasks.validate import validate


@flow(
    name="avocet",
    flow_run_name=lambda: f"{flow_run.parameters['recipe']} by {flow_run.id[:8]}",
    persist_result=False,
)
def finetune(
    recipe: str = "job_mail",
    model: str | None = None,
    epochs: Annotated[int, Field(ge=EPOCHS[0], le=EPOCHS[1])] | None = None,
    learning_rate: Annotated[float, Field(gt=0, lt=1)] | None = None,
    rank: Annotated[int, Field(ge=1, le=512)] | None = None,
    shares: Shares | None = None,
    run: str | None = None,
) -> State[Any]:
    """Train the recipe's candidates (or only `model`) and replace the champion if one provably beats it.

    Where `model` names a version, an imported one for example, that version is judged and nothing is trained. Epochs,
    learning rate, rank (of lora) and shares stand instead of the recipe's. `run` is one that was reserved; it is no use by hand.
    """
    asked = RunRequest(recipe, model, epochs, learning_rate, rank, shares.model_dump() if shares else None)
    place = home()
    try:
        with journal.answering(place, run):
            chosen, version = asked.chosen(place)
            journal.check_wanted(place)
            with runs.only_one(place), journal.recorded(place, chosen, run, **this_flow_run()) as its:
                return _night(its, version)
    except SwitchedOffError as error:
        return Completed(name="SwitchedOff", message=str(error))
    except AvocetError as error:
        return Failed(message=str(error), data=error)


def _night(run: Run, version: str | None) -> State[Any]:
    """The five stages. A run that fails anywhere leaves the champion as it was."""
    registry.sweep(run.home.models)
    registry.recover(run.home.models)
    engines.sweep(run.home.models)
    journal.stage(run, "validate")
    report = validate(run)
    journal.check_enough(run, report.n_kept)
    key = runs.run_key(run.recipe, report.rows_digest, run.home, version)
    settled = runs.settled(run.home, run.recipe, key)
    if settled is not None:
        message = f"nothing new: same rows, recipe and code as in run {settled['run']}, so nothing was trained; {settled['sentence']}"
        journal.rested(run, message)
        return Completed(name="NoChange", message=message)
    journal.stage(run, "split")
    sides = split(run, report)
    journal.divided(run, sides)
    ready = trained_before(run.home, run.recipe, version) if version else None
    trained, failed = ([ready], {}) if ready else _train_all(run, sides)
    if not trained:
        reasons = "; ".join(f"{name}: {why}" for name, why in failed.items())
        raise NothingTrainedError(f"no candidate could be trained, the champion stays as it was. {reasons}")
    journal.trained(run)
    journal.stage(run, "benchmark")
    board = benchmark(run, trained)
    journal.stage(run, "promote")
    # A candidate that failed tonight may work tomorrow, so such a night is not settled by its key.
    verdict = promote(run, board, None if any(isinstance(e, AvocetError) for e in failed.values()) else key)
    journal.decided(run, board, verdict, learned=version is None)
    lost = "".join(f"; {name} failed: {why}" for name, why in failed.items() if isinstance(why, AvocetError))
    return Completed(message=verdict.sentence + lost, data=verdict)


def _train_all(run: Run, sides: Sides) -> tuple[list[Trained], dict[str, AvocetError | str]]:
    """Each candidate in turn (one GPU, one at a time): those that trained, and why the others did not."""
    journal.stage(run, "finetune", candidates=list(run.recipe.candidates))
    trained: list[Trained] = []
    failed: dict[str, AvocetError | str] = {}
    for name, settings in run.recipe.candidates.items():
        attempts = finetune_candidate.with_options(retries=retries(settings))
        state = attempts(run, sides, name, {t.candidate: t.version for t in trained}, return_state=True)
        result = state.result(raise_on_failure=False)
        if isinstance(result, Trained):
            trained.append(result)
        elif isinstance(result, NotAtHandError):
            failed[name] = str(result)
        elif isinstance(result, AvocetError):
            failed[name] = result
            journal.log(run, f"{name} failed: {result}", "error")
        else:
            raise (
                result if isinstance(result, BaseException) else NothingTrainedError(f"{name} ended as {state.name}")
            )
    return trained, failed


def _told(state: State[Any]) -> tuple[str, int]:
    """(one line for a person, exit code) of a finished run."""
    result = state.result(raise_on_failure=False)
    if isinstance(result, AvocetError):
        return f"avocet: {result}", result.exit_code
    if state.is_failed() or state.is_crashed():
        return f"avocet: the run failed: {state.message}", 1
    if state.name in ("NoChange", "SwitchedOff"):
        return str(state.message), 3
    exit_code = 0 if isinstance(result, Verdict) and result.promoted else 5
    return f"{state.message} -- `avocet models` lists what there is, `avocet classify` uses it", exit_code


def main() -> None:
    """The command line; exit codes as in the README."""
    import click

    @click.command(context_settings={"help_option_names": ["-h", "--help"]})
    @click.argument("recipe", default="job_mail")
    @click.option("--model", help="Train this candidate only, or judge this version.")
    @click.option("--epochs", type=click.IntRange(*EPOCHS), help="Instead of the recipe's.")
    @click.option("--learning-rate", type=float, help="Of every candidate that has one.")
    @click.option("--rank", type=click.IntRange(1, 512), help="Of the candidates that are trained by lora.")
    @click.option("--shares", type=(float, float), metavar="VALIDATION HOLDOUT", help="Of rows that have no side yet.")
    @click.option("--run", hidden=True, help="A run that was reserved, by its name.")
    def command(
        recipe: str,
        model: str | None,
        epochs: int | None,
        learning_rate: float | None,
        rank: int | None,
        shares: tuple[float, float] | None,
        run: str | None,
    ) -> None:
        """Validate, split, fine-tune, benchmark, promote: one run of RECIPE, here and now."""
        if run is not None:  # started by another program, maybe one that ignores SIGINT, which would be inherited
            signal.signal(signal.SIGINT, signal.default_int_handler)
        sides = dict(zip(("validation", "holdout"), shares, strict=True)) if shares else None
        asked = RunRequest(recipe, model, epochs, learning_rate, rank, sides)
        try:
            with journal.answering(home(), run):  # a mistyped name need not wait for Prefect
                runs.row_files(home(), asked.chosen(home())[0])
        except AvocetError as error:
            click.echo(f"avocet: {error}", err=True)
            sys.exit(error.exit_code)
        try:
            line, exit_code = _told(finetune(**asked.parameters, run=run, return_state=True))
        except KeyboardInterrupt:
            sys.exit(130)  # as a shell says it; Prefect has told what happened
        logging.getLogger("prefect").setLevel(logging.WARNING)  # the last line is ours, not that a server stops
        click.echo(line, err=exit_code in (1, 2, 4, 6))
        sys.exit(exit_code)

    command()


if __name__ == "__main__":
    main()
