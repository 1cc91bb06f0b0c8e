"""Many rows into one file, in shards on the workers of a pool or here: `python flows/classify.py SOURCE... --out FILE`."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import flows  # noqa: F401  isort: skip  first: it sets what Prefect reads when it is imported
from prefect import flow, get_client, get_run_logger, task
from prefect.client.schemas.objects import FlowRun, State, WorkerStatus
from prefect.context import FlowRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Completed, Crashed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from avocet.bulk import shards
from avocet.bulk.run import CHUNK
from avocet.bulk.shards import Plan
from avocet.classifier import chosen
from avocet.errors import AvocetError, ChildFailedError, NotFoundError, WrongUseError
from avocet.home import home
from avocet.progress import Bar

SHARD = "avocet/classify-shard"
AT_ONCE = 16  # shards that are given out at a time; more workers than that would wait
LOOK_S, SILENT_S = 2.0, 900.0  # a worker's shard is looked at so often, and is lost after so long without a new chunk


def _worth_again(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Retry condition: a lost worker or a full memory may do better; what was asked wrongly stays wrong."""
    return not isinstance(state.result(raise_on_failure=False), WrongUseError | NotFoundError)


@flow(name="avocet", flow_run_name=lambda: f"shard {flow_run.parameters['number']} of {flow_run.parameters['plan']}",
      persist_result=False)  # fmt: skip
def classify_shard(plan: str, number: Annotated[int, Field(ge=0)]) -> State[Any]:
    """One shard of a plan of `classify`, which starts this on the workers; it is no use by hand."""
    try:
        far = shards.do_shard(home(), plan, number)
    except AvocetError as error:
        return Failed(message=str(error), data=error)
    return Completed(message=f"{far.n_rows} rows, {far.n_bad} without an answer")


@task(name="shard", task_run_name="shard {number}", persist_result=False,
      retries=3, retry_delay_seconds=5, retry_condition_fn=_worth_again)  # fmt: skip
def do_shard(plan: str, number: int, on_workers: bool) -> None:
    """Have one shard done. What an attempt left of it is gone on with. Raises what it failed with, ChildFailedError."""
    if not on_workers:
        shards.do_shard(home(), plan, number)
        return
    its = shards.read_plan(home(), plan)
    # timeout=0: we wait ourselves, since a host that is lost never says so.
    try:
        run = run_deployment(SHARD, parameters={"plan": plan, "number": number}, timeout=0, as_subflow=True)
    except ObjectNotFound:
        raise WrongUseError(f"{SHARD} is not deployed: `make deploy`, or do the shards here") from None
    _wait_for(cast(FlowRun, run).id, its, number)


def _wait_for(run_id: Any, plan: Plan, number: int) -> None:
    """Until the shard is done: the file says so, not the run's state. Raises ChildFailedError where its worker is lost."""
    heard, n_bytes = time.monotonic(), 0
    with get_client(sync_client=True) as client:
        while shards.done(home(), plan, number) is None:
            state = client.read_flow_run(run_id).state
            if state is not None and state.is_final() and shards.done(home(), plan, number) is None:
                raise ChildFailedError(f"shard {number} ended as {state.name} on its worker: {state.message}")
            now, n = time.monotonic(), shards.how_far(home(), plan, number)
            running = state is not None and state.is_running()
            # One that waits its turn is in good hands for as long as there is a worker that may come to it.
            if n != n_bytes or (not running and _worker_online(_pool())):
                heard, n_bytes = now, n
            if now - heard > SILENT_S:
                client.set_flow_run_state(run_id, Crashed(message="no news of its file"), force=True)
                for_long = f"in {SILENT_S:.0f} s"
                why = (
                    f"no chunk {for_long}, its worker is taken for lost"
                    if running
                    else f"no worker of its pool came online {for_long}"
                )
                raise ChildFailedError(f"shard {number}: {why}")
            time.sleep(LOOK_S)


def _pool() -> str | None:
    """The work pool of the shards; None where they were never deployed."""
    with get_client(sync_client=True) as client, suppress(ObjectNotFound):
        return client.read_deployment_by_name(SHARD).work_pool_name
    return None


def _worker_online(pool: str | None) -> bool:
    with get_client(sync_client=True) as client, suppress(ObjectNotFound):  # no worker has ever made the pool
        found = client.read_workers_for_work_pool(pool) if pool else []
        return any(worker.status == WorkerStatus.ONLINE for worker in found)
    return False


def _on_workers(where: str) -> bool:
    """Whether shards go to workers. Raises WrongUseError where we are that pool's work ourselves: we would wait for our own slot."""
    context, pool = FlowRunContext.get(), _pool()
    mine = pool is not None and bool(context and context.flow_run and context.flow_run.work_pool_name == pool)
    if where == "workers" and mine:
        raise WrongUseError(
            f"this run and its shards are both work of pool {pool}; give the shards a pool of their own"
        )
    return where == "workers" or (where == "auto" and not mine and _worker_online(pool))


@flow(
    name="avocet",
    flow_run_name=lambda: f"classify by {flow_run.id[:8]}",
    persist_result=False,
    task_runner=ThreadPoolTaskRunner(max_workers=AT_ONCE),  # type: ignore[arg-type]
)
def classify(
    sources: list[str],
    out: str,
    recipe: str | None = None,
    model: str | None = None,
    with_text: bool = False,
    again: bool = False,
    rows_per_shard: Annotated[int, Field(ge=CHUNK, multiple_of=CHUNK)] = shards.ROWS,
    where: Literal["auto", "here", "workers"] = "auto",
) -> State[Any]:
    """Classify `sources` (paths from AVOCET_HOME on, or store:NAME) into `out`, by a champion or `model`.

    Each shard is a run of its own on the workers of the shards' pool; one after the other here where there is none.
    The same run again goes on where an earlier one ended.
    """
    try:
        place = home()
        version = chosen(place.models, recipe, model)
        plan = shards.make_plan(place, sources, Path(out), version, with_text, again, rows_per_shard)
        on_workers = _on_workers(where)
        get_run_logger().info(
            "plan %s: %d rows in %d shards, %s", plan.key, plan.n_rows, plan.n_shards,
            "on the workers" if on_workers else "here, one after the other",
        )  # fmt: skip
        _do_all(plan, on_workers)
        far = shards.assemble(place, plan)
    except AvocetError as error:
        return Failed(message=str(error), data=error)
    return Completed(
        message=f"{far.n_rows} rows in {plan.n_shards} shards by {plan.version}, {far.n_bad} without an answer"
    )


def _do_all(plan: Plan, on_workers: bool) -> None:
    """Every shard that is not done yet. Raises what the first one failed with for good, once all have ended."""
    left = [number for number in range(plan.n_shards) if shards.done(home(), plan, number) is None]
    with Bar("shards") as bar:
        if not on_workers:
            for number in left:
                do_shard(plan.key, number, False)
                bar.at(number + 1, plan.n_shards)
            return
        given = [do_shard.submit(plan.key, number, True) for number in left]
        for n, future in enumerate(given, 1 + plan.n_shards - len(left)):
            future.wait()
            bar.at(n, plan.n_shards)
        for future in given:
            future.result()


def main() -> None:
    """The command line; exit codes as in the README."""
    import click

    @click.command(context_settings={"help_option_names": ["-h", "--help"]})
    @click.argument("sources", nargs=-1, required=True)
    @click.option("--out", required=True, type=click.Path(path_type=Path))
    @click.option("--recipe", help="Whose champion answers; needed where there are several.")
    @click.option("--model", help="A version or link under models/ instead of the champion.")
    @click.option("--with-text", is_flag=True, help="Write the mails' texts beside the answers.")
    @click.option("--again", is_flag=True, help="Replace FILE where it is there.")
    @click.option("--where", type=click.Choice(["auto", "here", "workers"]), default="auto")
    def command(sources: tuple[str, ...], out: Path, **asked: Any) -> None:
        """Classify the rows of SOURCES (JSON lines, CSV, Parquet, store:NAME) into a file, in shards."""
        # A worker stands in another folder, so it is told whole paths.
        whole = [one if one.startswith("store:") else str(Path(one).resolve()) for one in sources]
        state = classify(whole, str(out.resolve()), **asked, return_state=True)
        error = state.result(raise_on_failure=False)
        click.echo(f"avocet: {state.message}" if state.is_failed() else state.message, err=True)
        if state.is_failed() or state.is_crashed():
            sys.exit(error.exit_code if isinstance(error, AvocetError) else 1)

    command()


if __name__ == "__main__":
    main()
