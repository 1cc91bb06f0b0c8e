"""The terminal's verbs over models/: history, champions, rollback, forced promotion, upkeep, exchange."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.dataset_verbs import data, sent
from app.terminal import as_json, say_json, table, whose
from avocet.errors import NotFoundError, WrongUseError

if TYPE_CHECKING:
    from avocet.byhand import Moved
    from avocet.history import Word

SHOWN = 20  # mails in a table for people


def attach(main: click.Group, models: click.Group) -> None:
    """Give the verbs to the groups of cli.py."""
    for verb in (history, rollback, doctor):
        main.add_command(verb)
    for verb in (champion, promote, prune, rm, compare, export, import_, push):
        models.add_command(verb)
    main.add_command(data)


@click.command()
@click.argument("recipe", required=False)
@as_json
def history(recipe: str | None, as_json: bool) -> None:
    """Every promotion, refusal, rollback and forced promotion (of RECIPE), oldest first."""
    from avocet import history as past
    from avocet.home import checked_name, home

    words = past.history(home().models, recipe and checked_name(recipe, "recipe"))
    if as_json:
        say_json([_word(w) for w in words])
        return
    if not words:
        raise NotFoundError(
            f"nothing was decided yet{f' about {recipe}' if recipe else ''}: `avocet train` runs a night"
        )
    for word in words:
        click.echo(f"{_time(word.at)}  {word.recipe}  {word.version or '-'}  {word.sentence}")


@click.command()
@click.option("--at", "when", metavar="TIME", help="Then instead of now, with its zone: 2026-11-03T02:00Z.")
@whose
@as_json
def champion(when: str | None, recipe: str | None, as_json: bool) -> None:
    """Which version is (or was) the champion of each recipe, and since when; from the ledger."""
    from avocet import history as past
    from avocet.home import checked_name, home

    models = home().models
    at = past.asked_time(when) if when else datetime.now(UTC)
    names = [checked_name(recipe, "recipe")] if recipe else past.recipes(models)
    found = [w for name in names if (w := past.champion_at(models, name, at)) is not None]
    if as_json and found:
        say_json({"at": _time(at), "champions": [_word(w) for w in found]})
        return
    if not found:
        raise NotFoundError(f"there was no champion{f' of {recipe}' if recipe else ''} at {_time(at)}")
    for word in found:
        click.echo(f"{word.recipe}: {word.version} since {_time(word.at)} ({word.sentence})")


@click.command()
@click.argument("version", required=False)
@whose
@as_json
def rollback(version: str | None, recipe: str | None, as_json: bool) -> None:
    """Make VERSION, a former champion, the champion again (default: the one before the present one)."""
    from avocet.byhand import rollback as roll_back
    from avocet.home import home

    _moved(roll_back(home(), version, recipe), as_json)


@click.command()
@click.argument("version")
@click.option("--force", is_flag=True, help="Without the gate; goes into the ledger with your name.")
@click.option("--reason", default="", metavar="TEXT", help="Why; asked for with --force.")
@whose
@as_json
def promote(version: str, force: bool, reason: str, recipe: str | None, as_json: bool) -> None:
    """Make VERSION champion where the last gate that judged it said yes; with --force against or without a gate."""
    from avocet import bygate
    from avocet.byhand import override
    from avocet.home import home

    if reason and not force:
        raise WrongUseError("--reason says why a gate is overruled; it goes with --force")
    _moved(override(home(), version, recipe, reason) if force else bygate.promote(home(), version, recipe), as_json)


@click.command()
@click.argument("version")
def rm(version: str) -> None:
    """Remove VERSION, which never was a champion; its files are gone then."""
    from avocet.home import home
    from avocet.retention import remove

    click.echo(f"removed {version}, {remove(home(), version) / 1e6:.1f} MB")


@click.command()
@click.option("--fix", is_flag=True, help="Remove what killed runs left, and close promotions that they interrupted.")
@as_json
def doctor(fix: bool, as_json: bool) -> None:
    """Check every version, link and line of the ledger; exit code 1 where something is damaged."""
    from avocet import upkeep
    from avocet.home import home

    found = upkeep.doctor(home(), fix)
    damaged = any(f.kind == "damaged" for f in found)
    if as_json:
        say_json({"damaged": damaged, "findings": [asdict(f) for f in found]})
    else:
        for finding in found:
            click.echo(str(finding))
        click.echo("something is damaged" if damaged else "every version is what was sealed", err=True)
    sys.exit(1 if damaged else 0)


@click.command()
@click.option(
    "--keep", type=click.IntRange(1), default=5, show_default=True, help="The newest of each recipe that stay."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@as_json
def prune(keep: int, dry_run: bool, as_json: bool) -> None:
    """Remove old versions that were never champion and that no link names."""
    from avocet.home import home
    from avocet.retention import prune as prune_now

    done = prune_now(home(), keep, dry_run)
    if as_json:
        say_json(asdict(done))
        return
    for version in done.removed:
        click.echo(f"{'would remove' if dry_run else 'removed'} {version}")
    click.echo(f"{len(done.removed)} versions, {done.freed_bytes / 1e6:.0f} MB; {len(done.kept)} stay", err=True)


@click.command()
@click.argument("a")
@click.argument("b")
@as_json
def compare(a: str, b: str, as_json: bool) -> None:
    """Versions A and B side by side, by the last run that judged both on the same rows, and the mails that changed."""
    from avocet.home import home
    from avocet.views.comparison import compare as side_by_side

    found = side_by_side(home(), a, b)
    if as_json:
        say_json(asdict(found))
        return
    shown = [(line.what, _cell(line.a), _cell(line.b)) for line in found.lines if (line.a, line.b) != (None, None)]
    table(("", found.a, found.b), shown)
    click.echo(found.sentence)
    if its := found.difference:
        click.echo(
            f"difference of macro-F1 {its.macro_f1:+.3f}, between {its.lo:+.3f} and {its.hi:+.3f} (95 %); "
            f"P({found.b} is better) {its.p_better:.2f}"
        )
    for name, mails in (("broken", found.broken), ("fixed", found.fixed)):
        if mails:
            more = f", the first {SHOWN}" if len(mails) > SHOWN else ""
            click.echo(f"\n{name} by {found.b} ({len(mails)}{more}):")
            rows = [(mail.title or mail.id, mail.true, mail.a, mail.b) for mail in mails[:SHOWN]]
            table(("mail", "true", found.a, found.b), rows)


@click.command()
@click.argument("version")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def export(version: str, out: Path) -> None:
    """Write VERSION with its model card to the new zip OUT; no mail text is in it."""
    from avocet.exchange import export as write
    from avocet.home import home

    click.echo(str(write(home(), version, out)))


@click.command("import")
@click.argument("archive", type=click.Path(path_type=Path))
@as_json
def import_(archive: Path, as_json: bool) -> None:
    """Take in the version that `avocet models export` wrote to ARCHIVE, as a candidate; the champion stays."""
    from avocet.errors import ArchiveError
    from avocet.exchange import import_version
    from avocet.home import home

    try:
        found = import_version(home(), archive)
    except ArchiveError as e:
        raise ArchiveError(f"{archive.name} was refused, nothing of it was kept: {e}") from None
    if as_json:
        say_json(asdict(found))
    else:
        click.echo(f"{found.version}: {found.note}")


@click.command()
@click.argument("version")
@click.argument("repo", metavar="OWNER/NAME")
@click.option("--upload", is_flag=True, help="Really send it; without this nothing leaves the machine.")
@click.option("--public", is_flag=True, help="Everybody may read it; private otherwise.")
@as_json
def push(version: str, repo: str, upload: bool, public: bool, as_json: bool) -> None:
    """Send VERSION (what `export` writes: no mail) to a Hugging Face hub: $HF_ENDPOINT, with $HF_TOKEN."""
    from avocet.home import home
    from avocet.hub import push_version

    if not upload:
        raise WrongUseError(f"nothing was sent: --upload says that {version} may leave this machine")
    sent(push_version(home(), version, repo, public), as_json)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _moved(moved: "Moved", as_json: bool) -> None:
    if as_json:
        say_json(asdict(moved))
    else:
        click.echo(f"{moved.recipe}: {moved.sentence}")


def _word(word: "Word") -> dict[str, Any]:
    from avocet.history import told

    return asdict(told(word))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
