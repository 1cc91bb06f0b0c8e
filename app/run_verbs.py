"""The terminal's verb for runs: `avocet runs`, what each night came to."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from app.terminal import as_json, say_json, table

if TYPE_CHECKING:
    from avocet.store.runs import RunLedger


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@as_json
@click.pass_context
def runs(ctx: click.Context, as_json: bool) -> None:
    """The runs of the flow (`ls` when nothing else is asked)."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_runs, as_json=as_json)


@runs.command("ls")
@click.option("--recipe", metavar="NAME", help="Of this recipe only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
def list_runs(recipe: str | None = None, limit: int = 20, as_json: bool = False) -> None:
    """The latest runs, newest first: how far they came, on how many rows, and what became of it."""
    found = _ledger().latest(limit, recipe)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    if not found:
        click.echo("no run yet: `make run` or `avocet train` runs a night")
        return
    rows = [
        (str(one.id), one.created_at[:16].replace("T", " "), one.recipe, one.status, _count(one.num_training_examples),
         _count(one.num_test_examples), one.sentence or "")
        for one in found
    ]  # fmt: skip
    table(("run", "begun", "recipe", "status", "learned", "judged", "what became of it"), rows)


@runs.command("show")
@click.argument("run")
@as_json
def show_run(run: str, as_json: bool) -> None:
    """All that is known of RUN, a number or a name."""
    found = asdict(_ledger().get(run))
    if as_json:
        say_json(found)
        return
    for name, value in found.items():
        if name != "training_config":
            click.echo(f"{name:26} {'' if value is None else value}")
    click.echo("why: `avocet explain` " + found["run"], err=True)


def _ledger() -> "RunLedger":
    from avocet.home import home
    from avocet.store.database import store_of
    from avocet.store.runs import RunLedger

    return RunLedger(store_of(home()))


def _count(n: int | None) -> str:
    return "" if n is None else str(n)
