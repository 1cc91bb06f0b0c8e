"""The terminal's door: `avocet --help`. Nothing heavy is imported before a verb needs it."""

import errno
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.account_verbs import accounts, fetch
from app.bulk_verb import STORE, Bulk, Source, into_file
from app.check_verbs import check, expectations
from app.completion_verb import completion
from app.data_verbs import import_, mails, quarantine, queue, stats, suspects
from app.demo_verb import demo
from app.explain import explain
from app.label_verb import label
from app.registry_verbs import attach
from app.replay_verb import replay
from app.run_verbs import runs
from app.schedule_verb import schedule
from app.settings_verb import settings
from app.terminal import as_json, say_json, table
from app.train_verbs import benchmark, train
from app.ui_verb import ui
from avocet import __version__
from avocet.errors import AvocetError, NotFoundError, WrongUseError

if TYPE_CHECKING:
    from avocet.classifier import Classifier
    from avocet.views.versions import Model

_CONTEXT = {"help_option_names": ["-h", "--help"]}


class _Verbs(click.Group):
    """Turns our own errors into one line and an exit code; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AvocetError as error:
            click.echo(f"avocet: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            sys.exit(130)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output went away; click knows what to do
                raise
            click.echo(f"avocet: {error.filename or 'the disk'}: {error.strerror or error}", err=True)
            sys.exit(1)


@click.group(cls=_Verbs, context_settings=_CONTEXT)
@click.option("--data-dir", metavar="DIR", help="Instead of $AVOCET_HOME (default: the checkout).")
@click.option("--quiet", is_flag=True, help="No progress and no log on standard error; errors are still told.")
@click.option("--no-color", is_flag=True, help="As NO_COLOR in the environment.")
@click.version_option(__version__)
def main(data_dir: str | None, quiet: bool, no_color: bool) -> None:
    """Text classifiers that retrain themselves at night and only replace what they provably beat."""
    import os

    if data_dir:
        os.environ["AVOCET_HOME"] = data_dir
    if quiet:
        os.environ.update({"AVOCET_QUIET": "1", "PREFECT_LOGGING_LEVEL": "ERROR"})
    if no_color:
        os.environ.update({"NO_COLOR": "1", "PREFECT_LOGGING_COLORS": "false"})


@main.command()
@click.argument("sources", metavar="[SOURCE]...", type=Source(), nargs=-1)
@click.option("--recipe", help="Whose champion answers; needed where there are several.")
@click.option("--model", help="A version or link under models/ instead of the champion.")
@click.option("--subject", default="", help="The subject, where the source is a plain text body.")
@click.option("--top", type=click.IntRange(1), help="So many labels of each mail, best first; 1, and all with --json.")
@click.option("--out", type=click.Path(path_type=Path), help="Into this file: JSON lines, or CSV by its name.")
@click.option("--processes", "n_processes", type=click.IntRange(1, 64), default=1, help="How many classify at a time.")
@click.option("--with-text", is_flag=True, help="Write the mails' texts beside the answers.")
@click.option("--again", is_flag=True, help="Replace FILE where it is there.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Such as body=message.")
@as_json
def classify(
    sources: tuple[str, ...],
    recipe: str | None,
    model: str | None,
    subject: str,
    top: int | None,
    as_json: bool,
    **bulk: Any,
) -> None:
    """Label a mail: plain text, .eml, or .jsonl (one mail a line) from SOURCE, or standard input.

    With --out any number of rows: .jsonl, .csv, .parquet, .eml, folders, mbox, Maildir, store:COLLECTION. A run that was
    killed goes on when the same command is given again.
    """
    from avocet.answer import answer, least_confidence
    from avocet.classifier import chosen, load
    from avocet.home import home

    asked = Bulk(**bulk)
    if asked.out is not None:
        into_file(sources, chosen(home().models, recipe, model), asked, asked.out)
        return
    asked.refuse_without_out()
    if len(sources) > 1 or any(one.startswith(STORE) for one in sources):
        raise WrongUseError("several sources, or a collection, are answered in a file: say which, --out FILE")
    rows = _mails(Path(*(sources or ("-",))), subject)
    classifier = load(chosen(home().models, recipe, model))
    predictions = classifier.classify_fields([_fields(classifier, row, place) for place, row in rows])
    least = least_confidence(home(), str(classifier.version.info.get("recipe")))
    if as_json:
        told = [asdict(answer(p, least, top)) for p in predictions]
        click.echo(json.dumps(told if len(rows) != 1 else told[0]))
        return
    for prediction in predictions:
        unsure = "unsure\t" if prediction.confidence < least else ""
        click.echo(unsure + "\t".join(f"{label}\t{score:.3f}" for label, score in prediction.ranked[: top or 1]))
    if sys.stderr.isatty():
        click.echo(f"by {classifier.version.id}", err=True)


@main.command()
@as_json
def status(as_json: bool) -> None:
    """The champions, the last nights, and what is there to learn from."""
    from avocet import registry
    from avocet.history import SETTLED
    from avocet.home import home

    place = home()
    nights = [e for e in registry.ledger(place.models) if e.get("event") in SETTLED]
    champions = [_champion(place.models, recipe) for recipe in registry.champions(place.models)]
    if as_json:
        click.echo(
            json.dumps({"home": str(place.root), "champions": champions, "nights": nights[-10:]}, ensure_ascii=False)
        )
        return
    click.echo(f"home      {place.root}")
    if not champions:
        click.echo("champion  none yet: `make run` or `avocet train` trains and judges the first")
    for champion in champions:
        click.echo(f"champion  {champion['recipe']}: {champion['version']} ({champion['note']})")
    for night in nights[-5:]:
        click.echo(f"{night['at'][:16].replace('T', ' ')}  {night['recipe']}: {night.get('sentence', night['event'])}")


@main.group(invoke_without_command=True, context_settings=_CONTEXT)
@click.pass_context
def models(ctx: click.Context) -> None:
    """The trained versions (`ls` when nothing else is asked)."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models)


@models.command("ls")
@as_json
def list_models(as_json: bool = False) -> None:
    """Every version, newest first; the champions are marked."""
    from avocet.home import home
    from avocet.views import versions as listing

    found = listing.models(home())
    if as_json:
        say_json([asdict(model) for model in found])
        return
    if not found:
        click.echo("no models yet: `make run` or `avocet train` trains some", err=True)
        sys.exit(NotFoundError.exit_code)
    table(
        ("", "version", "recipe", "validation F1", "holdout F1", "rows", "base"),
        [_line(model) for model in found],
    )
    click.echo(
        "* champion. Scores are those of the night it was trained; the gate compares on tonight's rows.",
        err=True,
    )


@models.command("show")
@click.argument("version")
@as_json
def show_model(version: str, as_json: bool) -> None:
    """All that is known of VERSION (or a link such as avocet-minilm), after checking its files."""
    from avocet import registry
    from avocet.home import checked_name, home
    from avocet.views.version import shown

    found = registry.open_version(home().models / checked_name(version, "version"))
    registry.verify(found.folder)
    if as_json:
        say_json(asdict(shown(home(), found.id)))
        return
    for key, value in found.info.items():
        click.echo(f"{key:20} {json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}")
    click.echo("every file is what was sealed", err=True)


def _mails(source: Path, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """(place to name in an error, its fields or whole text) of each mail in `source`."""
    raw = sys.stdin.buffer.read() if str(source) == "-" else _read(source)
    if source.suffix == ".eml":
        from avocet.mail import parse_eml

        return [(str(source), dict(parse_eml(raw)))]
    if source.suffix == ".jsonl" or raw.lstrip()[:1] == b"{":
        return list(_json_lines(raw, source))
    if not raw.strip():
        raise AvocetError(f"{source}: nothing to classify; give a mail as text, .eml or .jsonl")
    text = raw.decode("utf-8", errors="replace")
    return [(str(source), {"text": text, **({"subject": subject} if subject else {})})]


def _read(source: Path) -> bytes:
    if source.is_dir():
        raise AvocetError(f"{source} is a folder; give one .eml, .jsonl or text file")
    return source.read_bytes()


def _json_lines(raw: bytes, source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise AvocetError(f"{source}, line {number}: not a JSON object; nothing was classified") from None
        if not isinstance(row, dict):
            raise AvocetError(f"{source}, line {number}: not a JSON object; nothing was classified")
        yield f"{source}, line {number}", row


def _fields(classifier: "Classifier", row: dict[str, Any], place: str) -> dict[str, str]:
    """The texts that the version's template reads."""
    from avocet.answer import Fault, texts_of

    found = texts_of(row, classifier.fields)
    if isinstance(found, Fault):
        reads = f"version {classifier.version.id} reads {', '.join(classifier.fields)}"
        raise AvocetError(f"{place}: {found.why}; {reads}; nothing was classified")
    return found


def _champion(models: Path, recipe: str) -> dict[str, Any]:
    """One champion for `status`; a pointer that leads nowhere is told, not raised: status must always answer."""
    from avocet import registry

    try:
        version = registry.champion(models, recipe)
    except AvocetError as error:
        return {
            "recipe": recipe,
            "version": registry.champion_id(models, recipe),
            "note": f"damaged: {error}",
        }
    assert version is not None  # noqa: S101 - `registry.champions` listed it
    score = version.info.get("holdout_macro_f1")
    note = (
        f"macro-F1 {score:.2f} on the holdout when trained" if isinstance(score, float) else "never scored on a holdout"
    )
    return {"recipe": recipe, "version": version.id, "note": note}


def _line(model: "Model") -> Sequence[str]:
    if model.damaged is not None:
        return "!", model.version, "", "", "", "", "damaged: training_info.json cannot be read"
    figures = ["" if score is None else f"{score:.3f}" for score in (model.val_macro_f1, model.holdout_macro_f1)]
    return (
        "*" if model.champion else "",
        model.version,
        str(model.recipe),
        *figures,
        str(model.sample_count),
        str(model.base_model),
    )


attach(main, models)
for verb in (
    accounts, benchmark, check, completion, demo, expectations, fetch, import_, label, mails, quarantine, queue, replay,
    runs, schedule, settings, stats, suspects, train, ui,
):  # fmt: skip
    main.add_command(verb)
main.add_command(explain)
