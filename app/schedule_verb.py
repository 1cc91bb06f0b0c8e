"""`avocet schedule`: when Avocet runs by itself, and the switch for it."""

import click

from app.terminal import as_json, say_json, table

_CONTEXT = {"help_option_names": ["-h", "--help"]}
recipe_option = click.option("--recipe", metavar="NAME", help="Whose latest runs are shown.")
cron_option = click.option("--cron", metavar="TIME", help='Such as "0 3 * * *".')
timezone_option = click.option("--timezone", metavar="ZONE", help="Such as Europe/Berlin.")


@click.group(invoke_without_command=True, context_settings=_CONTEXT)
@recipe_option
@as_json
@click.pass_context
def schedule(ctx: click.Context, recipe: str | None, as_json: bool) -> None:
    """The nights, and what the latest runs came to (`show` when nothing else is asked)."""
    if ctx.invoked_subcommand is None:
        _say(recipe, as_json)


@schedule.command()
@recipe_option
@as_json
def show(recipe: str | None, as_json: bool) -> None:
    """When the next night is, and what the latest runs came to."""
    _say(recipe, as_json)


@schedule.command()
@cron_option
@timezone_option
@as_json
def on(cron: str | None, timezone: str | None, as_json: bool) -> None:
    """Let it run by itself, at another time if one is given."""
    _change(True, cron, timezone, as_json)


@schedule.command()
@as_json
def off(as_json: bool) -> None:
    """Nothing runs by itself until it is switched on again."""
    _change(False, None, None, as_json)


def _change(active: bool, cron: str | None, timezone: str | None, as_json: bool) -> None:
    from app.runs import set_schedule
    from avocet.home import home

    set_schedule(home(), None, active, cron, timezone)
    _say(None, as_json)


def _say(recipe: str | None, as_json: bool) -> None:
    from dataclasses import asdict

    from app import runs
    from avocet.home import home

    found = runs.schedule(home(), recipe)
    if as_json:
        say_json(asdict(found))
        return
    if found.where == "none":
        click.echo(found.help)
    else:
        state = f"next {found.next or 'not written down yet'}" if found.active else "switched off"
        click.echo(f"{found.cron} {found.timezone}: {state}")
        click.echo(found.help, err=True)
    if found.last:
        table(
            ("run", "begun", "outcome", ""), [(str(n.id), n.at[:16], n.outcome, n.sentence or "") for n in found.last]
        )
