"""The terminal's verbs for rows: import, mails, stats, queue, quarantine, suspects."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.terminal import as_json, pairs, say_json, table

if TYPE_CHECKING:
    from avocet.incoming.importing import Imported
    from avocet.records import Naming
    from avocet.review import Order
    from avocet.store.labels import Labels, StoredRow

FORMATS = ("jsonl", "csv", "parquet", "eml", "mbox", "maildir", "folder", "json", "takeout")
SHOWN = 10  # places of one reason
ORDERS = ("uncertain", "entropy", "diverse", "rare", "random")
into = click.option(
    "--into", default="job_mail", show_default=True, metavar="NAME",
    help="The collection; a recipe reads it as store:NAME.",
)  # fmt: skip


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--into",
    metavar="NAME",
    help="The collection (default: that of --for, else job_mail); a recipe reads it as store:NAME.",
)
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), help="Of all PATHS; told by each one's name if not given."
)
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Such as text=message or label=class.")
@click.option("--label-map", "labels", multiple=True, metavar="THEIRS=OURS", help="What a label there is called here.")
@click.option(
    "--for", "recipe", metavar="RECIPE", help="Read as its columns and label_map say; what is new there is remembered."
)
@click.option("--dry-run", is_flag=True, help="Count only.")
@as_json
def import_(
    paths: tuple[Path, ...], into: str | None, kind: str | None, columns: Sequence[str], labels: Sequence[str],
    recipe: str | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take mails in: JSON lines, CSV, Parquet, .eml files and folders of them, mbox, Maildir, Gmail's Takeout, and the JSON that
    Label Studio and Argilla export. What is known is passed over.
    """
    from avocet.home import checked_name, home
    from avocet.incoming.importing import import_files
    from avocet.progress import Bar
    from avocet.records import Naming

    given = pairs(columns, "--column")
    naming = Naming(given, pairs(labels, "--label-map"), frozenset(given.values()))
    if recipe is not None:
        its, naming = _as_remembered(recipe, naming, dry_run)
        into = into or its
    into = into or "job_mail"
    with Bar("import") as bar:
        found = import_files(
            home(), checked_name(into, "collection"), paths, naming, kind, dry_run, lambda n: bar.at(n, None)
        )
    _told(found, into, dry_run, as_json)


def _told(found: "Imported", into: str | None, dry_run: bool, as_json: bool) -> None:
    """What an import came to."""
    if as_json:
        say_json(asdict(found))
        return
    added = found.added
    click.echo(
        f"{'would take in' if dry_run else 'took in'} {added.n_new} of {found.n_read}: {added.n_labelled} with a label, "
        f"{added.n_known + found.n_twice} known already, {found.n_aside} set aside"
    )
    if added.n_other:
        click.echo(
            f"{added.n_other} have another label here, which stays: it was given later, or the file does not say when"
        )
    if found.quarantine:
        click.echo(f"what was set aside, and why: {found.quarantine}")
    if into and not dry_run and added.n_new:
        click.echo(f"a recipe reads them with   rows: store:{into}")


@click.command()
@into
@click.option("--unlabelled", is_flag=True, help="Only those that wait for a label.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
def mails(into: str, unlabelled: bool, limit: int, as_json: bool) -> None:
    """The mails of a collection, newest first, by id, label and subject."""
    found = labels_of(into).page(limit, unlabelled)
    if as_json:
        say_json(
            [{"id": row.id, "label": said.label if said else None, "fields": dict(row.fields)} for row, said in found]
        )
        return
    rows = [(row.id, (said.label if said else None) or "-", _subject(row)) for row, said in found]
    table(("row", "label", "subject"), rows)


@click.command()
@into
@as_json
def stats(into: str, as_json: bool) -> None:
    """What a collection holds: labels, corrections, copies, conflicts, and whether it is enough to train on."""
    from avocet.store.statistics import statistics

    found = statistics(labels_of(into))
    if as_json:
        say_json(asdict(found))
        return
    click.echo(f"{found.n_labelled} of {found.n_rows} mails have a label; {found.corrections} correct a model, "
               f"{found.confirmations} confirm one")  # fmt: skip
    click.echo(f"{found.copies} are copies of another, {found.conflicts} have the words of one with another label")
    click.echo(f"{found.used} were learned from, {found.n_labelled - found.used} are new or judged on")
    click.echo("enough to train on" if found.ready else f"too few to train on: {found.least} of two kinds are needed")
    table(("label", "mails"), [(label, str(n)) for label, n in found.by_label.items()])


@click.command()
@click.argument("recipe", default="job_mail")
@click.option("-n", type=click.IntRange(1, 200), default=12, show_default=True, help="How many mails.")
@click.option("--order", type=click.Choice(ORDERS), default="rare", show_default=True, help="Which come first.")
@as_json
def queue(recipe: str, n: int, order: "Order", as_json: bool) -> None:
    """The mails to label next, and what labels of each kind would buy."""
    from avocet import recipe as recipes
    from avocet.home import home
    from avocet.review.asking import bought, its_collection, next_mails

    its = recipes.load(home(), recipe)
    asked, worth = next_mails(home(), its, n, order), bought(home(), its, n)
    if as_json:
        say_json({"mails": [asdict(one) for one in asked], "labels": [asdict(one) for one in worth]})
        return
    if not asked:
        click.echo("no mail waits for a label; `avocet import` brings more in")
        return
    said = [(one.suggestion.label, f"{one.suggestion.confidence:.2f}") if one.suggestion else ("", "") for one in asked]
    why = ["at random" if one.drawn else order for one in asked]
    rows = [
        (one.row.id, *words, reason, _subject(one.row)) for one, words, reason in zip(asked, said, why, strict=True)
    ]
    table(("row", "suggestion", "sure", "why", "subject"), rows)
    click.echo(
        f"\nlabel one with `avocet label ROW LABEL --into {its_collection(home(), its).collection}`. What {n} labels of one kind buy:"
    )
    widths = [(one.label, str(one.n_labelled), f"{one.width:.2f}", f"{one.width_after:.2f}") for one in worth]
    table(("label", "labelled", "interval now", "with them"), widths)


@click.command()
@click.argument("name", required=False)
@click.option("--retry", is_flag=True, help="Import the files of NAME again: what can be read now comes in.")
@as_json
def quarantine(name: str | None, retry: bool, as_json: bool) -> None:
    """What imports and nights set aside: each file of it, or what stands in NAME, by reason."""
    from avocet.home import home
    from avocet.incoming.quarantined import in_quarantine, quarantine_files

    if name is None:
        files = quarantine_files(home())
        if as_json:
            say_json([asdict(one) for one in files])
        elif files:
            table(("name", "set aside"), [(one.name, str(one.n)) for one in files])
        else:
            click.echo("nothing was set aside")
        return
    its = in_quarantine(home(), Path(name).stem)
    if retry:
        _again(Path(name).stem, as_json)
        return
    if as_json:
        say_json([asdict(one) for one in its])
        return
    reasons = Counter(one.reason for one in its)
    for reason, n in reasons.most_common():
        where = [f"{one.file}:{one.line}" for one in its if one.reason == reason]
        more = f" and {n - SHOWN} more" if n > SHOWN else ""
        click.echo(f"{n}  {reason}: {', '.join(where[:SHOWN])}{more}")


@click.command()
@click.argument("run", required=False)
@as_json
def suspects(run: str | None, as_json: bool) -> None:
    """Labels that are likely wrong, conflicts and odd texts, as RUN (default: the last) saw them. Nothing is changed."""
    from avocet import decision
    from avocet.home import home
    from avocet.oddities import to_look_at

    place = home()
    found = to_look_at(place, decision.read(place, run or decision.last_decided(place)))
    if as_json:
        say_json([asdict(one) for one in found])
    elif not found:
        click.echo("no label looks wrong")
    else:
        rows = [(one.row_id, one.label, one.likely, one.side, one.reason) for one in found]
        table(("row", "label", "likely", "side", "why"), rows)


def _subject(row: "StoredRow") -> str:
    """What a mail is known by, on one line."""
    text = " ".join((row.fields.get("subject") or next(iter(row.fields.values()))).split())
    return text[:60] if sys.stdout.isatty() else text[:200]


def labels_of(collection: str) -> "Labels":
    """The collection of that name. Raises AvocetError where it is no name."""
    from avocet.home import checked_name, home
    from avocet.store.database import store_of
    from avocet.store.labels import Labels

    return Labels(store_of(home()), checked_name(collection, "collection"))


def _again(name: str, as_json: bool) -> None:
    from avocet.home import home
    from avocet.incoming.again import import_again
    from avocet.progress import Bar

    with Bar("import") as bar:
        found, gone = import_again(home(), name, lambda n: bar.at(n, None))
    if gone:
        click.echo(f"{len(gone)} files are not there any more, the first was {gone[0]}", err=True)
    _told(found, None, False, as_json)


def _as_remembered(recipe: str, naming: "Naming", dry_run: bool) -> tuple[str, "Naming"]:
    """The recipe's collection; what it knows of its files' names, and what is said now, which goes into the recipe."""
    from avocet import recipe as recipes
    from avocet.home import home
    from avocet.recipe_file import remember
    from avocet.records import Naming

    known = recipes.load(home(), recipe)
    written = None if dry_run else remember(home(), known, naming)
    if written is not None:
        click.echo(f"{home().shown(written)} says so from now on", err=True)
    its = next(iter(known.collections), known.name)
    return its, Naming({**known.columns, **naming.columns}, {**known.label_map, **naming.labels}, naming.needed)
