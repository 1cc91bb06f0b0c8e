"""Re-living a recipe's history night by night: what would have been promoted, and was it right?

Each night is the real one (validate, divide, train, benchmark, decide) on the rows that were labelled by then, in a
home of its own and in this process. After it the champion is scored on mail that was labelled later.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from avocet import registry, runs
from avocet.benchmark import contestants, score
from avocet.candidates import Blend, Candidate, FineTuned, Head, Joint
from avocet.challenger import choose_challenger
from avocet.errors import AvocetError, DataStoppedError, NotAtHandError, NothingTrainedError, WrongUseError
from avocet.findings import DataReport
from avocet.home import Home
from avocet.later import Later
from avocet.methods.bases import at_hand
from avocet.methods.memory import remembering
from avocet.past import Past, past
from avocet.process import in_this_process
from avocet.promotion import decide
from avocet.recipe import Gate, Recipe
from avocet.retention import prune
from avocet.runs import Run
from avocet.scorecard import Scoreboard
from avocet.sides import divide
from avocet.training import train

MOST_NIGHTS = 2000
_ROWS = "data/rows.jsonl"
_KEPT_VERSIONS = 2  # beside the champions: a year of nights would fill the disk
Validate = Callable[[Run], DataReport]  # a layer above the domain: the caller brings it
What = Literal["promoted", "kept", "no change", "failed"]


@dataclass(frozen=True)
class Plan:
    """What is going to be re-lived."""

    recipe: Recipe  # with its cheap candidates only
    past: Past
    nights: tuple[datetime, ...]
    skipped: Mapping[str, str]  # candidate -> why it takes no part
    timed: bool  # the gate asks for milliseconds, which are this machine's


@dataclass(frozen=True)
class Night:
    """One night, as it would have been."""

    at: datetime
    what: What
    sentence: str
    rows: Mapping[str, int]  # label -> rows known by then, after validation
    champion: str | None  # which candidate of which night
    holdout_macro_f1: float | None  # what the champion scored on that night's holdout
    n_holdout: int
    later_macro_f1: float | None  # what it scores on mail that was labelled later: the honest one
    n_later: int
    first_later_macro_f1: float | None  # the first champion on the same mail, had it never been replaced

    @property
    def n_rows(self) -> int:
        """Rows known by then."""
        return sum(self.rows.values())


def plan(
    home: Home, recipe: Recipe, every: timedelta, begin: datetime | None = None, end: datetime | None = None
) -> Plan:
    """Which nights, on which rows, with which candidates.

    From the first midnight (UTC) at which something was labelled to the first one by which all was, unless `begin`
    and `end` say otherwise; a night knows what was labelled at its time or before.
    Raises WrongUseError for a span without or with too many nights, NothingTrainedError where no candidate is
    cheap enough, and what reading rows raises.
    """
    story = past(home, recipe)
    candidates, skipped = _cheap(home, recipe)
    if not candidates:
        reasons = "; ".join(f"{name}: {why}" for name, why in skipped.items())
        raise NothingTrainedError(f"recipe {recipe.name} has no candidate that can be re-lived. {reasons}")
    nights = _nights(begin or _midnight_after(story.first), end or _midnight_after(story.last), every)
    chosen = recipe.model_copy(update={"candidates": candidates, "rows": (_ROWS,)})
    return Plan(chosen, story, nights, skipped, _timed(recipe.gate))


def relive(home: Home, plan: Plan, validate: Validate, on_night: Callable[[Night], None]) -> tuple[Night, ...]:
    """Live all nights of `plan`; `on_night` hears of each as it ends. Models and ledger of `home` are not touched.

    The same rows, recipe and code give the same nights, unless the gate asks for milliseconds.
    Raises DataStoppedError where the rows as a whole break a rule that stops a run.
    """
    with _home_of_its_own(home) as place, ExitStack() as stack:
        stack.enter_context(in_this_process())
        if not plan.timed:  # a text that was embedded on one night costs nothing on the next
            stack.enter_context(remembering())
        life = _Life(place, plan, validate)
        return tuple(_told(life.night(at), on_night) for at in plan.nights)


def _told(night: Night, on_night: Callable[[Night], None]) -> Night:
    on_night(night)
    return night


def shown(at: datetime) -> str:
    """A night as people write it: the date, and the time where it is not midnight (UTC)."""
    return at.strftime("%Y-%m-%d" if at.time() == datetime.min.time() else "%Y-%m-%d %H:%M")


# ---- the plan -------------------------------------------------------------------------------------------


def _cheap(home: Home, recipe: Recipe) -> tuple[dict[str, Candidate], dict[str, str]]:
    """(candidates that take part, why the others do not)."""
    found: dict[str, Candidate] = {}
    skipped: dict[str, str] = {}
    for name, settings in recipe.candidates.items():
        if isinstance(settings, FineTuned):
            skipped[name] = f"method {settings.method} is too dear to be trained each night again"
            continue
        if isinstance(settings, Blend):
            its = tuple(member for member in settings.of if member in found)
            if len(its) < 2:
                skipped[name] = f"fewer than two of {', '.join(settings.of)} take part"
            else:
                found[name] = settings.model_copy(update={"of": its})
            continue
        try:
            found[name] = _found_from_anywhere(home, settings) if isinstance(settings, Head | Joint) else settings
        except NotAtHandError as e:
            skipped[name] = str(e)
    return found, skipped


def _found_from_anywhere(home: Home, settings: Head | Joint) -> Head | Joint:
    """The candidate with a base that is found from another home too. Raises NotAtHandError."""
    at_hand(settings, home)
    local = (home.root / settings.base).resolve()
    return settings.model_copy(update={"base": str(local)}) if local.is_dir() else settings


def _timed(gate: Gate) -> bool:
    """Whether the gate looks at milliseconds."""
    asked = [gate.at_most.latency_ms, gate.target.latency_ms if gate.target else None]
    return gate.prefer == "fastest" or any(ms is not None for ms in asked)


def _midnight_after(at: datetime) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return midnight if midnight == at else midnight + timedelta(days=1)
    except OverflowError:
        raise WrongUseError(f"the last row is of {at.year}, after which no day follows: say --to") from None


def _nights(begin: datetime, end: datetime, every: timedelta) -> tuple[datetime, ...]:
    if end < begin:
        raise WrongUseError(f"there is no night from {shown(begin)} to {shown(end)}: the end lies before the begin")
    n = (end - begin) // every + 1
    if n > MOST_NIGHTS:
        raise WrongUseError(f"{n} nights from {shown(begin)} to {shown(end)}; at most {MOST_NIGHTS}: ask for fewer")
    return tuple(begin + i * every for i in range(n))


# ---- the nights -----------------------------------------------------------------------------------------


@contextmanager
def _home_of_its_own(home: Home) -> Iterator[Home]:
    """An empty AVOCET_HOME for this process, in the room that may hold mail, gone afterwards."""
    home.data.mkdir(parents=True, exist_ok=True)
    before = {name: os.environ.pop(name, None) for name in ("AVOCET_HOME", "AVOCET_DATABASE")}
    with TemporaryDirectory(dir=home.data, prefix="replay-") as folder:
        place = Home(Path(folder).resolve())
        place.data.mkdir()
        os.environ["AVOCET_HOME"] = str(place.root)
        try:
            yield place
        finally:
            del os.environ["AVOCET_HOME"]
            os.environ |= {name: its for name, its in before.items() if its is not None}


@dataclass(frozen=True)
class _Lived:
    """What one night's stages came to."""

    what: What
    sentence: str
    board: Scoreboard | None = None


class _Life:
    """The nights in their order: who is champion, who was the first, and what later mail says of them."""

    def __init__(self, place: Home, plan: Plan, validate: Validate) -> None:
        self.place, self.plan, self.validate = place, plan, validate
        self.names: dict[str, str] = {}  # version -> the candidate and the night, the same in each replay
        self.first: str | None = None
        self.holdout: tuple[float | None, int] = (None, 0)
        plan.past.write(place.root / _ROWS, plan.past.last)
        self.later = Later.of(self._run(), validate, plan.past.times)

    def _run(self) -> Run:
        return runs.begin(self.place, self.plan.recipe)

    def night(self, at: datetime) -> Night:
        """Live the night at `at`, and look at what came of it."""
        self.plan.past.write(self.place.root / _ROWS, at)
        run = self._run()
        counts: dict[str, int] = {}
        try:
            lived = self._stages(run, at, counts)
        except AvocetError as e:
            lived = _Lived("failed", str(e))
        champion = registry.champion_id(self.place.models, self.plan.recipe.name)
        self.first = self.first or champion
        if lived.board is not None:
            card = lived.board.challenger if lived.what == "promoted" else lived.board.champion
            self.holdout = (card.macro_f1 if card else None, len(lived.board.row_ids))
        shutil.rmtree(run.folder)
        prune(self.place, _KEPT_VERSIONS, dry_run=False)
        return self._seen(
            Night(at, lived.what, self._plain(lived.sentence, run), counts, None, None, 0, None, 0, None), champion
        )

    def _seen(self, night: Night, champion: str | None) -> Night:
        """The night with what its holdout said of the champion, and what later mail says."""
        if champion is None or self.first is None:
            return night
        judged = self.later.judged(self.place.models / champion, night.at)
        return replace(
            night,
            champion=self.names[champion],
            holdout_macro_f1=self.holdout[0],
            n_holdout=self.holdout[1],
            later_macro_f1=self.later.macro_f1(self.place.models / champion, judged),
            n_later=len(judged),
            first_later_macro_f1=self.later.macro_f1(self.place.models / self.first, judged),
        )

    def _stages(self, run: Run, at: datetime, counts: dict[str, int]) -> _Lived:
        """The five stages, as the flow chains them."""
        report = self.validate(run)
        counts |= report.label_counts
        if report.stopped:
            raise DataStoppedError("; ".join(f.message for f in report.stopped))
        key = runs.run_key(run.recipe, report.rows_digest, run.home)
        if runs.settled(run.home, run.recipe, key) is not None:
            return _Lived("no change", "nothing new since the last night, so nothing was trained")
        sides = divide(run, report.dropped_labels)
        trained: dict[str, str] = {}
        failed: dict[str, AvocetError] = {}
        for name in run.recipe.candidates:
            try:
                trained[name] = train(run, sides, name, 0, _quiet, trained).version
                self.names.setdefault(trained[name], f"{name} of {shown(at)}")
            except NotAtHandError:  # a blend on too few rows: no failure, as in the flow
                continue
            except AvocetError as e:
                failed[name] = e
        if not trained:
            raise NothingTrainedError("; ".join(f"{name}: {why}" for name, why in failed.items()))
        infos = {name: registry.read_info(run.home.models / version) for name, version in trained.items()}
        challenger = choose_challenger(
            trained, infos, run.recipe.gate, {c: run.home.models / v for c, v in trained.items()}
        )
        board = score(run, contestants(run, trained, challenger), _quiet)
        verdict = decide(run, board, None if failed else key)
        lost = "".join(f"; {name} failed: {why}" for name, why in failed.items())
        return _Lived("promoted" if verdict.promoted else "kept", verdict.sentence + lost, board)

    def _plain(self, sentence: str, run: Run) -> str:
        """Without what is another in each replay: versions, this run, and where it lived."""
        for version, name in self.names.items():
            sentence = sentence.replace(version, name)
        return sentence.replace(f"{self.place.root}/", "").replace(run.id, "RUN")


def _quiet(event: Mapping[str, Any]) -> None:
    """Nobody watches a night that is long past."""
