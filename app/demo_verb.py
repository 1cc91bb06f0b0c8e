"""`avocet demo`: a folder with invented mails, a first champion, and the pages."""

import json
import os
import random
import sys
from pathlib import Path

import click

from app.ui_verb import Asked, no_browser_option, port_option, serve
from avocet.errors import RowsNotFoundError, WrongUseError

ROWS = "demo_mail.jsonl"
RECIPE = "job_mail"  # what every verb takes where none is named
COLLECTION = "job_mail"
N_WAITING = 120  # of the mails lose their label, to be labelled by whoever tries it
TRIED = "tfidf"  # trains within seconds
FINE = (0, 3, 5)  # promoted, nothing new, the gate said no: there is something to show


@click.command()
@click.argument("folder", default="avocet-demo", type=click.Path(path_type=Path, file_okay=False))
@port_option
@no_browser_option
def demo(folder: Path, port: int | None, no_browser: bool) -> None:
    """Try Avocet: FOLDER with 503 invented mails, a model trained on most of them, and the pages to label the rest.

    Nothing outside FOLDER is touched; called again, it goes on there. Delete FOLDER and all of it is gone.
    """
    place = folder.resolve()
    os.environ["AVOCET_HOME"] = str(place)
    os.environ.pop("AVOCET_DATABASE", None)  # invented mails have no place in a store that others use
    n_new = furnish(place)
    if n_new:
        click.echo(f"{place}: {n_new} invented mails, {N_WAITING} of them without a label", err=True)
    if not _has_champion(place):
        from app.runs import run_here
        from avocet.running.request import RunRequest

        click.echo("training the smallest model on them; the others wait for you on the page Training", err=True)
        if (exit_code := run_here(RunRequest(RECIPE, TRIED))) not in FINE:
            sys.exit(exit_code)
    serve(Asked(port=port, recipe=RECIPE, browser=not no_browser))


def furnish(folder: Path) -> int:
    """Make `folder` an AVOCET_HOME with the demo's recipe and mails; how many mails came in that were not there.

    Raises WrongUseError for a folder with something else in it, RowsNotFoundError where the checkout has no demo mails.
    """
    from avocet.durable import on_disk, replace_text
    from avocet.home import CHECKOUT, Home
    from avocet.incoming.importing import import_files
    from avocet.records import Naming

    rows = CHECKOUT / "data" / ROWS
    if not rows.is_file():
        raise RowsNotFoundError(f"{rows} is not there; `python data/make_demo.py` in the checkout writes it")
    recipe = folder / "recipes" / f"{RECIPE}.yaml"
    if folder.is_dir() and any(folder.iterdir()) and not recipe.is_file():
        raise WrongUseError(f"{folder} has something else in it; give a folder that is empty or not there yet")
    source = folder / "data" / ROWS
    with on_disk("making the demo"):
        for room in ("recipes", "data", "models"):
            (folder / room).mkdir(parents=True, exist_ok=True)
        replace_text(source, _some_without_label(rows.read_text(encoding="utf-8")))
        if not recipe.is_file():  # a person may have changed it since
            replace_text(recipe, _recipe((CHECKOUT / "recipes" / "demo_mail.yaml").read_text(encoding="utf-8")))
    return import_files(Home(folder), COLLECTION, [source], Naming()).added.n_new


def _some_without_label(lines: str) -> str:
    """The same N_WAITING each time, so that a second start brings no label."""
    rows = [json.loads(line) for line in lines.splitlines()]
    for row in random.Random(13).sample(rows, N_WAITING):
        row.pop("label"), row.pop("labeled_at", None)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _recipe(demo: str) -> str:
    """recipes/demo_mail.yaml, reading the store, where labels that are given in the pages are."""
    changed = demo.replace("name: demo_mail", f"name: {RECIPE}").replace(
        f"rows: data/{ROWS}", f"rows: store:{COLLECTION}"
    )
    return changed.replace("rows_help: Write them with python data/make_demo.py.\n", "")


def _has_champion(folder: Path) -> bool:
    from avocet import registry

    return registry.champion_id(folder / "models", RECIPE) is not None
