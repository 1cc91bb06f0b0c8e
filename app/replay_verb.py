"""The terminal's verb `avocet replay`: a recipe's history re-lived night by night."""

import re
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.terminal import as_json, say_json
from avocet.errors import WrongUseError

if TYPE_CHECKING:
    from avocet.replay import Night, Plan

_EVERY = re.compile(r"([1-9]\d{0,3})([hd])")


@click.command()
@click.argument("recipe")
@click.option("--from", "begin", metavar="DATE", help="The first night (UTC). Default: after the first label.")
@click.option("--to", "end", metavar="DATE", help="No night after it. Default: after the last label.")
@click.option("--every", default="1d", show_default=True, metavar="TIME", help="Between two nights: 12h, 1d, 7d.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw it, as a PNG.")
@as_json
def replay(recipe: str, begin: str | None, end: str | None, every: str, plot: Path | None, as_json: bool) -> None:
    """Re-live the history of RECIPE: what would have been promoted each night, and what later mail says of it.

    With the real code on what was labelled by then (labeled_at), cheap candidates only; your models and ledger are
    not touched.
    """
    span = _every(every), _moment(begin, "--from"), _moment(end, "--to")
    if plot and not plot.absolute().parent.is_dir():
        raise WrongUseError(f"--plot {plot}: there is no folder {plot.absolute().parent}")
    from avocet import recipe as recipes
    from avocet.home import home
    from avocet.replay import plan, relive
    from expectations.validation import validate_rows

    chosen = plan(home(), recipes.load(home(), recipe), *span)
    for note in _notes(chosen):
        click.echo(note, err=True)
    nights = relive(home(), chosen, validate_rows, (lambda night: None) if as_json else _say)
    if plot:
        from avocet.replay_picture import picture

        plot.write_bytes(picture(chosen, nights))
    if as_json:
        say_json(_document(chosen, nights, every))
        return
    click.echo(_summary(nights))


def _every(text: str) -> timedelta:
    found = _EVERY.fullmatch(text)
    if found is None:
        raise WrongUseError(f"--every {text!r:.40} is no length of time; write it like 12h, 1d or 7d")
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1))


def _moment(text: str | None, option: str) -> datetime | None:
    from avocet.times import moment

    found = moment(text)
    if text is not None and found is None:
        raise WrongUseError(f"{option} {text!r:.40} is no date; write it like 2026-08-31 or 2026-08-31T03:00Z")
    return found


def _notes(plan: "Plan") -> list[str]:
    """What a reader must know before believing the nights."""
    found = [f"{name} is left out: {why}" for name, why in plan.skipped.items()]
    if plan.past.n_undated:
        found.append(
            f"{plan.past.n_undated} of {len(plan.past.rows)} rows do not say when they were labelled: there from the beginning"
        )
    if plan.past.n_unusable:
        found.append(f"{plan.past.n_unusable} lines are no rows and are left out; `avocet train` says where and why")
    if plan.timed:
        found.append("the gate asks for milliseconds, which are this machine's: two replays may differ")
    return found


def _say(night: "Night") -> None:
    from avocet.replay import shown

    click.echo(
        f"{shown(night.at)}  {night.n_rows:5d} rows  {night.what:9}  holdout said {_f1(night.holdout_macro_f1)} ({night.n_holdout})  "
        f"later mail says {_f1(night.later_macro_f1)} ({night.n_later})\n    {night.sentence}"
    )


def _summary(nights: "tuple[Night, ...]") -> str:
    """What the nights come to, over those that had later mail."""
    honest = [n for n in nights if n.later_macro_f1 is not None and n.holdout_macro_f1 is not None]
    counts = f"{len(nights)} nights, {sum(n.what == 'promoted' for n in nights)} promotions"
    if not honest:
        return f"{counts}; no champion met later mail"
    later, first, said = (
        sum(getattr(n, name) for n in honest) / len(honest)
        for name in ("later_macro_f1", "first_later_macro_f1", "holdout_macro_f1")
    )
    return (
        f"{counts}; on later mail the champions had macro-F1 {later:.3f} (mean over {len(honest)} nights), the first "
        f"champion alone {first:.3f}; their holdouts said {said:.3f}"
    )


def _f1(value: float | None) -> str:
    return " -  " if value is None else f"{value:.2f}"


def _document(plan: "Plan", nights: "tuple[Night, ...]", every: str) -> dict[str, Any]:
    return {
        "recipe": plan.recipe.name,
        "every": every,
        "candidates": list(plan.recipe.candidates),
        "skipped": dict(plan.skipped),
        "rows": len(plan.past.rows),
        "undated": plan.past.n_undated,
        "unusable": plan.past.n_unusable,
        "nights": [{**asdict(n), "at": n.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "n_rows": n.n_rows} for n in nights],
    }
