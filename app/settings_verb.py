"""`avocet settings`: what a person switched, and how it is changed."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from app.terminal import as_json, say_json
from avocet.errors import WrongUseError


@click.command()
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE]...")
@as_json
def settings(changes: Sequence[str], as_json: bool) -> None:
    """Whether anything is trained, and from how many labels on; NAME=VALUE changes it. auto_train is kept, and starts nothing yet."""
    from avocet.byhand import user
    from avocet.home import home
    from avocet.store.database import store_of
    from avocet.store.settings import change, load

    place = store_of(home())
    found = asdict(change(place, user(), **dict(map(_pair, changes))) if changes else load(place))
    if as_json:
        say_json(found)
        return
    for name, value in found.items():
        click.echo(f"{name:22} {json.dumps(value)}")


def _pair(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise WrongUseError(f"{text!r:.60} sets nothing; write it like auto_train=true")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value  # no setting is a text: what is said of it then names the kind that is wanted
