"""`avocet label`: one label, or mail after mail in the terminal, with the champion's suggestion and look-alikes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click

from app.data_verbs import into, labels_of
from app.terminal import as_json, plain, say_json, table
from avocet.errors import NotFoundError, WrongUseError

if TYPE_CHECKING:
    from avocet.recipe import Recipe
    from avocet.review.asking import Asked
    from avocet.store.labels import Labels, Said

LINES, WIDTH = 12, 100  # of a body
AT_ONCE = 40  # mails that are asked for in one go; then the labels so far choose the next
LISTED = 12


@click.command()
@click.argument("row", required=False)
@click.argument("label", required=False)
@into
@click.option("--remove", is_flag=True, help="Take ROW's label away.")
@click.option("--discard", is_flag=True, help="ROW is asked for no more, and not learned from.")
@click.option("--undo", is_flag=True, help="Take back what you said last.")
@click.option("--history", is_flag=True, help="What was said last.")
@click.option("--recipe", metavar="NAME", help="Whose mails are asked for (default: of the name of --into).")
@as_json
def label(
    row: str | None, label: str | None, into: str, remove: bool, discard: bool, undo: bool, history: bool, recipe: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Say that ROW is LABEL; without arguments, label one mail after another here."""
    from avocet.byhand import user

    labels = labels_of(into)
    if undo:
        said = [labels.undo(user())]
    elif row and remove:
        said = [labels.take_away(row, user())]
    elif row and discard:
        said = [labels.do(row, "discard", user())]
    elif row and label:
        said = [labels.put(row, label, user())]
    elif row or remove or discard:
        raise WrongUseError("say which label: `avocet label ROW LABEL`, or `avocet label ROW --remove` or `--discard`")
    elif history or as_json:
        said = labels.history()
    else:
        return _session(recipe or into)
    if as_json:
        say_json([{"kind": one.kind, **asdict(one)} for one in said])
    elif not said:
        click.echo(f"nothing was said in {into} yet: `avocet label ROW LABEL`")
    else:
        table(("when", "who", "what", "row", "label"), [_line(one) for one in said])


def _session(name: str) -> None:
    """Mail after mail until the person stops or none is left."""
    from avocet import recipe as recipes
    from avocet.byhand import user
    from avocet.home import home
    from avocet.review.asking import its_collection, next_mails

    recipe = recipes.load(home(), name)
    here = _Session(recipe, its_collection(home(), recipe), user())
    try:
        while asked := [
            one
            for one in next_mails(home(), recipe, AT_ONCE + len(here.passed), "rare")
            if one.row.id not in here.passed
        ]:
            for one in asked:
                here.ask(one)
    except EOFError:  # q, or Ctrl-D
        click.echo(f"{here.n_said} labelled; `avocet label --undo` takes the last one back", err=True)
        return
    skipped = f", but the {len(here.passed)} that were skipped" if here.passed else ""
    click.echo(f"{here.n_said} labelled; no mail waits for a label{skipped}")


@dataclass
class _Session:
    """One person at the terminal."""

    recipe: "Recipe"
    labels: "Labels"
    who: str
    n_said: int = 0
    passed: set[str] = field(default_factory=set)  # skipped here, so not asked again before the next session

    def ask(self, one: "Asked") -> None:
        """Show a mail and hear what it is. Raises EOFError where the person stops."""
        if not self.labels.states([one.row.id])[one.row.id].waits:  # a look-alike's label, or somebody else's meanwhile
            return
        _show(one, self.recipe)
        while True:
            word = input("label (Enter: the suggestion, s: skip, d: discard, u: undo, q: stop): ").strip()
            if word == "q":
                raise EOFError
            if word in ("s", "d"):
                self.labels.do(one.row.id, "skip" if word == "s" else "discard", self.who)
                self.passed.update([one.row.id] if word == "s" else ())
                return
            if word == "u":
                self._undo()
                continue
            chosen = one.suggestion.label if not word and one.suggestion else _meant(word, self.recipe.labels)
            if chosen is not None:
                self.labels.put(one.row.id, chosen, self.who, one.suggestion)
                self.n_said += 1
                self._look_alikes(one, chosen)
                return
            click.echo("no such label: its number, its name or the beginning of it")

    def _undo(self) -> None:
        try:
            gone = self.labels.take_back(self.who)
            click.echo(f"taken back, and asked again later: {gone.row_id}")
            self.n_said = max(self.n_said - (gone.n if gone.label else 0), 0)
            self.passed.discard(gone.row_id)
        except NotFoundError as error:
            click.echo(str(error))

    def _look_alikes(self, one: "Asked", chosen: str) -> None:
        """The same label for mails that say the same, if the person says so."""
        from avocet.home import home
        from avocet.review.asking import look_alikes

        others = look_alikes(home(), self.labels, one.row)
        for other in others[:LISTED]:
            click.echo(f"  {plain(other.fields.get('subject', next(iter(other.fields.values()))))[:WIDTH]}")
        if (
            others
            and input(f"{len(others)} more say nearly the same; are all {chosen}? (y, Enter: no): ").strip() == "y"
        ):
            self.n_said += self.labels.put_all([other.id for other in others], chosen, self.who)


def _show(one: "Asked", recipe: "Recipe") -> None:
    fields = dict(one.row.fields)
    click.echo(f"\n{plain(one.row.headers.get('from', ''))}\n{plain(fields.pop('subject', ''))}\n")
    body = [line for text in fields.values() for line in text.strip().splitlines() if line.strip()]
    click.echo("\n".join(f"  {plain(line)[:WIDTH]}" for line in body[:LINES]))
    if len(body) > LINES:
        click.echo(f"  ({len(body) - LINES} lines more)")
    click.echo("\n" + "   ".join(f"{i} {name}" for i, name in enumerate(recipe.labels, start=1)))
    if one.suggestion is not None:
        click.echo(f"the champion says {one.suggestion.label} ({one.suggestion.confidence:.2f})")


def _meant(word: str, names: Sequence[str]) -> str | None:
    """The label that a number, a name or the beginning of one means; None where it is none, or several."""
    if word.isdecimal():
        return names[int(word) - 1] if 0 < int(word) <= len(names) else None
    found = [name for name in names if name == word] or [name for name in names if word and name.startswith(word)]
    return found[0] if len(found) == 1 else None


def _line(said: "Said") -> tuple[str, ...]:
    return said.labeled_at[:16].replace("T", " "), said.who, said.kind, said.row_id, said.label or ""
