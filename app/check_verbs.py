"""The terminal's verbs for rules about rows: `avocet expectations` says them, `avocet check` tries them on tonight's rows."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from app.terminal import as_json, say_json, table
from avocet.errors import DataStoppedError


@click.command()
@click.argument("recipe", default="job_mail")
@click.option("--write", is_flag=True, help="Write the file in which you can add rules of your own.")
@as_json
def expectations(recipe: str, write: bool, as_json: bool) -> None:
    """What the rows of RECIPE must be like: each rule, and what happens where it does not hold."""
    from avocet import recipe as recipes
    from avocet.home import home
    from expectations.own import own_rules
    from expectations.suite import for_recipe
    from expectations.written import asked, write_file

    its = recipes.load(home(), recipe)
    path = home().shown(write_file(home(), its)) if write else None
    listed = [*((rule, "recipe") for rule in for_recipe(its)), *((rule, "own") for rule in own_rules(home(), its))]
    if as_json:
        say_json([
            {"rule": rule.name, "table": rule.table, "expectation": rule.expectation, "settings": dict(rule.settings),
             "severity": rule.severity, "outcome": rule.outcome, "message": rule.message, "from": source}
            for rule, source in listed
        ])  # fmt: skip
        return
    head = ("rule", "table", "severity", "what happens", "from", "what is said", "expectation")
    table(
        head,
        [(r.name, r.table, r.severity, r.outcome, source, r.message, asked(r)) for r, source in listed],
    )
    click.echo(
        f"wrote {path}: add rules there, then `avocet check {its.name}`" if path else
        f"rules of your own: {home().shown(home().expectations(its.name))} (`avocet expectations {its.name} --write` writes it)",
        err=True,
    )  # fmt: skip


@click.command()
@click.argument("recipe", default="job_mail")
@click.option(
    "--docs", type=click.Path(path_type=Path), metavar="DIR",
    help="Write Great Expectations' Data Docs there as well; they fetch their styles from the web when opened.",
)  # fmt: skip
@as_json
def check(recipe: str, docs: Path | None, as_json: bool) -> None:
    """Check tonight's rows of RECIPE as a night would, and change nothing; 4 is the exit code where they would stop it."""
    from app.checks import checked_now, told
    from avocet import recipe as recipes
    from avocet.artifacts import data_sentence
    from avocet.findings import OUTCOMES, SEVERITY
    from avocet.home import home
    from avocet.runs import as_json as plain

    its = recipes.load(home(), recipe)
    found = checked_now(home(), its)
    report = found.report
    if docs:
        from expectations.docs import write_docs

        write_docs(found, its.name, docs)
    if as_json:
        say_json(plain(told(report)))
    else:
        click.echo(data_sentence(report))
        rows = sorted(report.findings, key=lambda f: OUTCOMES.index(f.outcome))
        _findings([(SEVERITY[f.outcome], f.outcome, f.rule, f.message) for f in rows])
        _labels(tuple(report.label_counts.items()))
        if docs:
            click.echo(f"the pages: {docs / 'index.html'}")
    if report.stopped:
        click.echo("avocet: a night with these rows would stop here", err=True)
        sys.exit(DataStoppedError.exit_code)


def _findings(rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        table(("severity", "what happens", "rule", "what was found"), rows)
    else:
        click.echo("every rule held")


def _labels(counts: Sequence[tuple[str, int]]) -> None:
    click.echo("")
    table(("label", "rows"), [(label, str(n)) for label, n in counts])
