"""The terminal's verb for runs: `avocet runs`, what each night came to, how one goes, and how it is stopped."""

import sys
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
    from avocet.home import home
    from avocet.views.runs import page

    found, following = page(home(), limit, recipe)
    if as_json:
        cursor = None if following is None else str(following)
        say_json({"items": [asdict(one) for one in found], "total": _ledger().count(recipe), "next_cursor": cursor})
        return
    if not found:
        click.echo("no run yet: `make run` or `avocet train` runs a night")
        return
    rows = [
        (str(one.id), one.created_at[:16].replace("T", " "), one.recipe, one.status if one.live else one.outcome, _count(one.num_training_examples),
         _count(one.num_test_examples), one.sentence or "")
        for one in found
    ]  # fmt: skip
    table(("run", "begun", "recipe", "status", "learned", "judged", "what became of it"), rows)


@runs.command("show")
@click.argument("run")
@as_json
def show_run(run: str, as_json: bool) -> None:
    """All that is known of RUN, a number or a name."""
    from avocet.home import home
    from avocet.views.runs import detail

    found = asdict(detail(home(), run))
    if as_json:
        say_json(found)
        return
    for name, value in found.items():
        if name not in ("training_config", "stages", "verdict", "cards", "data"):
            click.echo(f"{name:26} {'' if value is None else value}")
    click.echo("why: `avocet explain` " + found["run"], err=True)


lines_option = click.option("--nl", "lines", is_flag=True, help="As JSON, one event a line.")


@runs.command()
@click.argument("run")
@lines_option
def watch(run: str, lines: bool) -> None:
    """Show how RUN goes until it has ended; the exit code is the run's. Ctrl-C stops watching only."""
    from app import runs as live
    from app.watching import watch as follow
    from avocet.home import home
    from avocet.running import endings
    from avocet.views.runs import folder_of

    place, row = home(), _ledger().get(run)
    folder_of(place, row)
    live.look(place, row.run)
    endings.told(place, _ledger().get(row.run))
    sys.exit(follow(place, row.run, lines))


@runs.command()
@click.argument("run")
@lines_option
def logs(run: str, lines: bool) -> None:
    """What RUN has told so far."""
    from app.watching import show
    from avocet.home import home
    from avocet.running.timeline import Reader
    from avocet.views.runs import folder_of

    place = home()
    folder = folder_of(place, _ledger().get(run))
    reader = Reader(folder)
    while show(reader, lines):
        pass
    click.echo(f"what its processes printed: {place.shown(folder)}/*.log", err=True)


@runs.command()
@click.argument("run")
@as_json
def cancel(run: str, as_json: bool) -> None:
    """Have RUN end, wherever it is at work, and wait until it has; the champion stays as it was."""
    from app import runs as live
    from app.watching import wait_for
    from avocet.byhand import user
    from avocet.home import home
    from avocet.views.runs import detail

    place = home()
    its = live.cancel(place, run, user())
    wait_for(place, its.run)
    found = detail(place, run)
    if as_json:
        say_json(asdict(found))
    else:
        click.echo(found.sentence)


def _ledger() -> "RunLedger":
    from avocet.home import home
    from avocet.store.database import store_of
    from avocet.store.runs import RunLedger

    return RunLedger(store_of(home()))


def _count(n: int | None) -> str:
    return "" if n is None else str(n)
