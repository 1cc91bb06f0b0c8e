"""Ways to decide a replacement, in worlds whose truth is known: `python benchmarks/gate/simulate.py [SEEDS]`.

Every way meets the same challengers on the same nights. Avocet's is `avocet.gate.judge` itself, on real scoreboards.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # for the test, which imports this file from elsewhere
from worlds import ALIKE_FOLDS, LABELS, MEMORY, NIGHTS, RECIPE, WORLDS, Floats, Ints, Mails, Model, World, alike, mails

from avocet.gate import judge
from avocet.scorecard import CrossFitted, Role, Scoreboard, Scorecard

SEEDS = 10  # about two minutes on one core
DRAWS = 2  # the bootstrap is shown and decides nothing in job_mail's gate
NAMES = np.array(LABELS)
BADLY = 0.02  # a model that is worse by more than two points


@dataclass(frozen=True)
class Night:
    """What every way of deciding sees tonight."""

    mails: Mails
    known: Ints  # all rows of tonight
    challenger: Model
    fold_error: Floats  # (2, labels) what tonight's trainings out of fold add to the recalls of champion and challenger
    seed: int

    @property
    def holdout(self) -> Ints:
        """The rows whose side for life is the holdout, as far as they are there."""
        return self.known[self.mails.judged[self.known]]

    def score(self, model: Model, at: Ints) -> float:
        """Macro-F1 of the model's honest answers on the rows `at`."""
        return macro_f1(self.mails.label[at], self.mails.answers(model.recall, model.luck, at))


Way = Callable[[Night, Model], bool]


def macro_f1(true: Ints, said: Ints) -> float:
    """`avocet.metrics.macro_f1` for label numbers, many times as fast; the test holds the two together."""
    n = len(LABELS)
    counts = np.bincount(true * n + said, minlength=n * n).reshape(n, n)
    present = counts.sum(1) > 0
    f1 = 2 * np.diag(counts)[present] / (counts.sum(1) + counts.sum(0))[present]
    return round(float(f1.sum()) / int(present.sum()), 12)


# ---- ways of deciding ---------------------------------------------------------------------------------


def always(night: Night, champion: Model) -> bool:
    """The newest model is used."""
    return True


def stored(night: Night, champion: Model) -> bool:
    """Tonight's score on tonight's split against the champion's, as it was stored on its own night and split."""
    return night.score(night.challenger, night.challenger.drawn) > night.score(champion, champion.drawn)


def redrawn(night: Night, champion: Model) -> bool:
    """Both on tonight's split, which is drawn anew: the champion has learned from most of it."""
    at = night.challenger.drawn
    true = night.mails.label[at]
    remembered = champion.learned[at] & (night.mails.error[at] < MEMORY)
    said = np.where(remembered, true, night.mails.answers(champion.recall, champion.luck, at))
    return night.score(night.challenger, at) > macro_f1(true, said)


def strict(night: Night, champion: Model) -> bool:
    """Both on the same holdout for life, strictly greater."""
    return night.score(night.challenger, night.holdout) > night.score(champion, night.holdout)


def avocet(night: Night, champion: Model) -> bool:
    """The gate of job_mail: the holdout, and the cross-fitted evidence while the holdout is small."""
    return _below(RECIPE.gate.crossfit.below, night, champion)


def avocet_shorter(night: Night, champion: Model) -> bool:
    """The same, with `gate.crossfit.below: 500`, which the holdout reaches after a hundred nights."""
    return _below(500, night, champion)


def avocet_holdout_only(night: Night, champion: Model) -> bool:
    """The gate of job_mail without cross-fitted evidence."""
    return _judged(night, champion, CrossFitted(why_not="left out"))


WAYS: dict[str, Way] = {
    "always replace": always,
    "stored score": stored,
    "strict >, split redrawn": redrawn,
    "strict > on the holdout": strict,
    "Avocet, holdout only": avocet_holdout_only,
    "Avocet, crossfit.below 500": avocet_shorter,
    "**Avocet**": avocet,
}


def _below(rows: int, night: Night, champion: Model) -> bool:
    small = len(night.holdout) < rows
    return _judged(night, champion, _crossfitted(night, champion) if small else CrossFitted(why_not="large enough"))


def _judged(night: Night, champion: Model, crossfit: CrossFitted) -> bool:
    at = night.holdout
    cards = (_card(night, champion, "champion"), _card(night, night.challenger, "challenger"))
    ids, true = tuple(map(str, at.tolist())), tuple(NAMES[night.mails.label[at]].tolist())
    board = Scoreboard(cards, ids, true, LABELS, "tonight", crossfit)
    return judge(board, RECIPE.gate, RECIPE.seed, DRAWS).promoted


def _card(night: Night, model: Model, role: Role) -> Scorecard:
    at = night.holdout
    said = tuple(NAMES[night.mails.answers(model.recall, model.luck, at)].tolist())
    return Scorecard(role, role, role, "tonight", said, night.score(model, at), trained_labels=LABELS)


def _crossfitted(night: Night, champion: Model) -> CrossFitted:
    """Both out of fold on all rows of tonight."""
    at, true = night.known, night.mails.label[night.known]
    rng = np.random.default_rng(night.seed)
    said = [
        night.mails.answers((m.folds + error).clip(0.02, 0.99), alike(rng, m.luck, ALIKE_FOLDS), at)
        for m, error in zip((champion, night.challenger), night.fold_error, strict=True)
    ]
    names = [tuple(NAMES[answers].tolist()) for answers in said]
    ids, labels = tuple(map(str, at.tolist())), tuple(NAMES[true].tolist())
    return CrossFitted(ids, labels, names[0], names[1], (macro_f1(true, said[0]), macro_f1(true, said[1])))


# ---- runs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """120 nights of one way; all by the truth, which the way did not see."""

    gain: float  # mean true macro-F1 over the nights, minus the first champion's
    promotions: int
    worse: int  # promotions to a model that is truly worse
    badly: int  # by more than two points


def nights(world: World, seed: int) -> tuple[Model, list[Night]]:
    """The first champion, and what comes after it; the same for every way."""
    rng = np.random.default_rng(seed)
    those = mails(rng)
    challenger = world.challengers(rng, those)
    first = challenger(0)
    return first, [
        Night(those, np.arange(those.known(n)), challenger(n), rng.normal(0, world.fold_error, (2, len(LABELS))), n)
        for n in range(1, NIGHTS + 1)
    ]


def live(way: Way, first: Model, all_nights: Sequence[Night]) -> Outcome:
    """Let `way` decide each night."""
    champion, truths, steps = first, [], []
    for night in all_nights:
        if way(night, champion):
            steps.append(night.challenger.macro_f1 - champion.macro_f1)
            champion = night.challenger
        truths.append(champion.macro_f1)
    gain = mean(truths) - first.macro_f1
    return Outcome(gain, len(steps), sum(step < 0 for step in steps), sum(step < -BADLY for step in steps))


def simulated(world: World, seeds: Sequence[int], ways: dict[str, Way]) -> dict[str, list[Outcome]]:
    """The outcome of each way for each seed."""
    found: dict[str, list[Outcome]] = {name: [] for name in ways}
    for seed in seeds:
        first, all_nights = nights(world, seed)
        for name, way in ways.items():
            found[name].append(live(way, first, all_nights))
    return found


def table(found: dict[str, dict[str, list[Outcome]]]) -> str:
    """One Markdown table: a line for each world and way, means over the seeds (gain: and its standard error)."""
    lines = ["| world | way | mean gain | promotions | to a worse model | worse by > 2 points |", "|" + " --- |" * 6]
    for world, ways in found.items():
        for way, outcomes in ways.items():
            gains = [o.gain for o in outcomes]
            error = float(np.std(gains, ddof=1)) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
            counts = (mean(getattr(o, name) for o in outcomes) for name in ("promotions", "worse", "badly"))
            lines.append(
                f"| {world} | {way} | {mean(gains):+.4f} ± {error:.4f} | "
                + " | ".join(f"{c:.2f}" for c in counts)
                + " |"
            )
    return "\n".join(lines)


def main() -> None:
    """The table for the number of seeds on the command line."""
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    print(f"{n_seeds} seeds, {NIGHTS} nights, {RECIPE.name}'s gate and labels\n")
    print(table({name: simulated(world, range(n_seeds), WAYS) for name, world in WORLDS.items()}))


if __name__ == "__main__":
    main()
