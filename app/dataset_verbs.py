"""The terminal's verbs that hand rows to other programs: `avocet data export` and `avocet data push`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.terminal import as_json, say_json
from avocet.errors import DiskError, WrongUseError

if TYPE_CHECKING:
    from avocet.dataset import Format


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def data() -> None:
    """The rows that recipes learn from."""


@data.command("export")
@click.argument("recipe")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@as_json
def export_data(recipe: str, folder: Path, kind: "Format", as_json: bool) -> None:
    """Write the rows of RECIPE's last night, which are MAILS, into FOLDER: train, validation and test, as text and label."""
    from avocet import recipe as recipes
    from avocet.dataset import as_files, last_divided
    from avocet.durable import replace_private
    from avocet.home import home

    run = last_divided(home(), recipes.load(home(), recipe))
    files = {folder / f"{run.recipe.name}_{name}": content for name, content in as_files(run, kind).items()}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, content in files.items():
            replace_private(path, content)
    except OSError as e:
        raise DiskError(f"the rows cannot be written to {folder}: {e.strerror or type(e).__name__}") from None
    names = [str(path) for path in files]
    if as_json:
        say_json({"run": run.id, "files": names})
    else:
        click.echo("\n".join(names))


@data.command("push")
@click.argument("recipe")
@click.argument("repo", metavar="OWNER/NAME")
@click.option("--upload-mail", is_flag=True, help="Really send the mails; without this nothing leaves the machine.")
@as_json
def push_data(recipe: str, repo: str, upload_mail: bool, as_json: bool) -> None:
    """Send the rows of RECIPE, which are MAILS, to a private data set of a Hugging Face hub."""
    from avocet.home import home
    from avocet.hub import push_rows

    if not upload_mail:
        raise WrongUseError(
            "nothing was sent: rows are mails, and only --upload-mail says that they may leave this machine"
        )
    sent(push_rows(home(), recipe, repo), as_json)


def sent(url: str, as_json: bool) -> None:
    """Where something was sent to."""
    if as_json:
        say_json({"url": url})
    else:
        click.echo(url)
