"""`avocet train` and `avocet benchmark`: one run, here in the terminal or where the API would start it."""

import sys
from typing import Any

import click

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_EPOCHS = (1, 20)  # document 0; the recipe's own limits are not imported for a help text

follow_option = click.option(
    "--follow", is_flag=True, help="Start it as the pages do, where it outlives this terminal, and show how it goes."
)


@click.command(context_settings=_CONTEXT)
@click.argument("recipe", default="job_mail")
@click.option("--model", help="Train this candidate only, or judge this version.")
@click.option("--epochs", type=click.IntRange(*_EPOCHS), help="Instead of the recipe's.")
@click.option("--learning-rate", type=float, help="Of every candidate that has one.")
@click.option("--rank", type=click.IntRange(1, 512), help="Of the candidates that are trained by lora.")
@click.option("--shares", type=(float, float), metavar="VALIDATION HOLDOUT", help="Of rows that have no side yet.")
@follow_option
def train(recipe: str, shares: tuple[float, float] | None, follow: bool, **wanted: Any) -> None:
    """One run of RECIPE in this process: the same as `python flows/finetune.py RECIPE`."""
    sides = dict(zip(("validation", "holdout"), shares, strict=True)) if shares else None
    _do(follow, recipe=recipe, shares=sides, **wanted)


@click.command(context_settings=_CONTEXT)
@click.argument("recipe", default="job_mail")
@follow_option
def benchmark(recipe: str, follow: bool) -> None:
    """Judge the champion, the newest versions and the baselines of RECIPE on the same rows; nothing is trained or decided."""
    _do(follow, recipe=recipe, purpose="benchmark")


def _do(follow: bool, **wanted: Any) -> None:
    from app import runs
    from app.watching import watch
    from avocet.byhand import user
    from avocet.home import home
    from avocet.running.request import RunRequest

    asked = RunRequest(**wanted)
    if not follow:
        sys.exit(runs.run_here(asked))
    place = home()
    started = runs.start(place, asked, user())
    click.echo(f"run {started.id}: Ctrl-C stops watching only, `avocet runs cancel {started.id}` stops it", err=True)
    sys.exit(watch(place, started.run))
