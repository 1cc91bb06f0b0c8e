"""`avocet explain RUN`: why a run ended as it did, from its decision.json, decided again to be sure."""

from typing import TYPE_CHECKING

import click

from app.terminal import as_json, say_json, table

if TYPE_CHECKING:
    from avocet.decision import Decision

SHOWN = 20


@click.command()
@click.argument("run", required=False)
@click.option("--all", "every", is_flag=True, help="All changed mails instead of the first 20 of each.")
@as_json
def explain(run: str | None, every: bool, as_json: bool) -> None:
    """The verdict of RUN (default: the last) in words: numbers, conditions, and the mails that changed."""
    from avocet import decision
    from avocet.home import home

    place = home()
    found = decision.read(place, run or decision.last_decided(place))
    again = decision.recomputed(found)
    if as_json:
        say_json({**decision.as_json(found), "recomputed": again == found.verdict})
        return
    click.echo(found.sentence)
    click.echo(f"run {found.run}, recipe {found.recipe}, reason {found.verdict.reason.value}")
    if again != found.verdict:
        click.echo(f"Decided again from the file it would be: {again.sentence}", err=True)
    _cards(found)
    _conditions(found)
    _evidence(found, None if every else SHOWN)


def _cards(found: "Decision") -> None:
    click.echo(f"\nEverybody on the same {len(found.board.true)} holdout rows:")
    rows = [
        (c.role, c.candidate, _figure(c.macro_f1), _figure(c.accuracy), c.error or c.name)
        for c in sorted(found.board.cards, key=lambda c: -(c.macro_f1 or 0.0))
    ]
    table(("role", "candidate", "macro-F1", "accuracy", "version"), rows)
    fitted = found.board.crossfit
    if fitted.macro_f1 is None:
        click.echo(f"Not cross-fitted: {fitted.why_not}.")
    else:
        old, new = fitted.macro_f1
        click.echo(f"Cross-fitted on {fitted.rows_told}: challenger {new:.3f}, champion {old:.3f}.")


def _conditions(found: "Decision") -> None:
    if found.verdict.conditions:
        click.echo("\nWhat the gate asks for:")
        rows = [(c.name, c.wanted, c.found, "held" if c.held else "NOT held") for c in found.verdict.conditions]
        table(("condition", "wanted", "found", ""), rows)


def _evidence(found: "Decision", shown: int | None) -> None:
    evidence = found.verdict.evidence
    if evidence is None:
        return
    low, high = evidence.interval
    click.echo(
        f"\nP(better) {evidence.p_better:.2f}; difference of macro-F1 within {low:+.3f} and {high:+.3f} (95 %); "
        f"McNemar p {evidence.mcnemar_p:.2f}; one mail is worth up to {evidence.one_mail:.3f}."
    )
    rows = [
        (c.label, str(c.n), f"{c.f1_before:.3f}", f"{c.f1_after:.3f}", str(c.fixed), str(c.broken))
        for c in evidence.by_label
    ]
    table(("label", "rows", "F1 before", "F1 after", "fixed", "broken"), rows)
    # Regressions first: a person who trusts the old model asks what the new one will get wrong.
    for name, ids in (("broken", evidence.broken), ("fixed", evidence.fixed)):
        if ids:
            click.echo(f"\n{name} ({len(ids)}): {', '.join(ids[:shown])}{' ...' if shown and len(ids) > shown else ''}")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
