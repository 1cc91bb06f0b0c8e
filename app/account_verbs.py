"""The terminal's verbs for mailboxes: accounts, and fetch over IMAP."""

import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from app.terminal import as_json, say_json, table
from avocet.errors import AvocetError, NotFoundError

if TYPE_CHECKING:
    from avocet.incoming.importing import Imported
    from avocet.store.accounts import Account, Accounts, Security

_CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(invoke_without_command=True, context_settings=_CONTEXT)
@as_json
@click.pass_context
def accounts(ctx: click.Context, as_json: bool) -> None:
    """The mailboxes to fetch from (`ls` when nothing else is asked)."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_accounts, as_json=as_json)


@accounts.command("ls")
@as_json
def list_accounts(as_json: bool) -> None:
    """Every account, and when it was read last."""
    found = _accounts().all()
    if as_json:
        say_json([asdict(account) for account in found])
    elif not found:
        click.echo("no account yet: `avocet accounts add NAME --host HOST --user USER`")
    else:
        table(("account", "user", "host", "security", "folder", "collection", "fetched"), [_line(one) for one in found])


@accounts.command("add")
@click.argument("name")
@click.option("--host", required=True)
@click.option("--user", "username", required=True)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 993 with tls, else 143.")
@click.option(
    "--security", type=click.Choice(("tls", "starttls", "none")), default="tls", show_default=True,
    help="None is for this machine only.",
)  # fmt: skip
@click.option("--folder", default="INBOX", show_default=True)
@click.option("--into", default="job_mail", show_default=True, metavar="NAME", help="The collection.")
@as_json
def add_account(
    name: str, host: str, username: str, port: int | None, security: "Security", folder: str, into: str, as_json: bool
) -> None:
    """Keep a mailbox to fetch from. Its password is not kept: it comes from the environment or the keyring."""
    from avocet.incoming.imap_login import how_to_give
    from avocet.store.accounts import PORTS, Account

    account = Account(name, into, host, port or PORTS[security], security, username, folder)
    _accounts().add(account)
    if as_json:
        say_json(asdict(account))
        return
    click.echo(f"added {name}. For its password, {how_to_give(account)}; then `avocet fetch {name}`")


@accounts.command("rm")
@click.argument("name")
@as_json
def remove_account(name: str, as_json: bool) -> None:
    """Forget an account and how far it was read. Mails that came from it stay, and so does a password in the keyring."""
    _accounts().remove(name)
    if as_json:
        say_json({"removed": name})
    else:
        click.echo(f"removed {name}; a password in the keyring goes with `keyring del avocet {name}`")


@click.command()
@click.argument("account", required=False)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Of the new mails only those that arrived since DATE; a fetch without it takes the others.",
)
@click.option("--dry-run", is_flag=True, help="Count only.")
@as_json
def fetch(account: str | None, since: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Take in new mail over IMAP from ACCOUNT, or from all. Nothing in the mailbox changes."""
    names = [account] if account else [one.name for one in _accounts().all()]
    if not names:
        raise NotFoundError("no account yet: `avocet accounts add NAME --host HOST --user USER`")
    told = []
    for name in names:
        try:
            found = _fetched(name, since, dry_run)
        except AvocetError as error:
            if account:
                raise
            # One mailbox that is down does not keep the others waiting.
            click.echo(f"avocet: {error}", err=True)
            told.append({"account": name, "error": str(error)})
            continue
        told.append({"account": name, **asdict(found)})
        if not as_json:
            _tell(name, found, dry_run)
    if as_json:
        say_json(told)
    if any("error" in one for one in told):
        sys.exit(AvocetError.exit_code)


def _fetched(name: str, since: datetime | None, dry_run: bool) -> "Imported":
    from avocet.home import home
    from avocet.incoming.imap import fetch
    from avocet.progress import Bar

    with Bar(f"fetch {name}") as bar:
        return fetch(home(), name, since.date() if since else None, dry_run, lambda n: bar.at(n, None))


def _tell(name: str, found: "Imported", dry_run: bool) -> None:
    click.echo(
        f"{name}: {'would take in' if dry_run else 'took in'} {found.added.n_new} of {found.n_read} new mails: "
        f"{found.added.n_known + found.n_twice} known already, {found.n_aside} set aside"
    )
    if found.quarantine:
        click.echo(f"what was set aside, and why: {found.quarantine}")


def _accounts() -> "Accounts":
    from avocet.home import home
    from avocet.store.accounts import Accounts
    from avocet.store.database import store_of

    return Accounts(store_of(home()))


def _line(account: "Account") -> tuple[str, ...]:
    where, at = f"{account.host}:{account.port}", (account.fetched_at or "-")[:16].replace("T", " ")
    return account.name, account.username, where, account.security, account.folder, account.collection, at
