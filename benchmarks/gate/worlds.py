"""Worlds with a known truth: mails, models whose recalls we know, and what each model answers on each mail.

A model is a recall for each label. A wrong answer goes to another label in proportion to its share, so the true
macro-F1 of a model is a formula and no estimate. Answers are paired: mails that are hard for one model tend to be
hard for another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from avocet.home import CHECKOUT, Home
from avocet.recipe import load
from avocet.splits import quotas

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RECIPE = load(Home(CHECKOUT), "job_mail")
LABELS = RECIPE.labels
ROWS = (34, 20, 57, 31, 15, 130, 23, 145, 13, 33)  # job_mail's 501 rows, in the recipe's order of labels
SHARES: Floats = np.array(ROWS) / sum(ROWS)
NIGHTS = 120
NEW_ROWS = 20  # a night
ALIKE = 0.7  # share of mails on which a model's luck is everybody's luck: what makes comparisons paired
ALIKE_FOLDS = 0.5  # the same, between a model and its own out-of-fold answers
MEMORY = 0.97  # share of the mails it has learned from that a model answers right


@dataclass(frozen=True)
class Model:
    """One trained model."""

    recall: Floats  # (labels,) the truth
    luck: Floats  # (rows,) uniform; a mail is answered right where it is below the recall
    folds: Floats  # (labels,) recall of its way of training on four fifths of its rows, on average
    drawn: Ints  # rows of its own night's split, drawn anew: what a gate without sides for life would judge it on
    learned: Bools  # (rows,) the other rows of its night

    @cached_property
    def macro_f1(self) -> float:
        """The truth, on infinitely many mails."""
        return true_macro_f1(self.recall)


@dataclass(frozen=True)
class Mails:
    """All mails that will ever come, in their order; the first sum(ROWS) are there on the first night."""

    label: Ints  # (rows,)
    judged: Bools  # (rows,) their side for life is the holdout
    luck: Floats  # what is hard for everybody
    error: Floats  # which wrong answer

    def known(self, night: int) -> int:
        """Rows that are there on `night`."""
        return sum(ROWS) + NEW_ROWS * night

    def answers(self, recall: Floats, luck: Floats, at: Ints) -> Ints:
        """The label that a model with these recalls gives to the mails `at`."""
        true = self.label[at]
        wrong = (self.error[at, None] > _CUMULATED[true]).sum(1).clip(max=len(ROWS) - 1)
        return np.where(luck[at] < recall[true], true, wrong)


def _chances() -> Floats:
    """Chance of each wrong answer (columns) for each true label (rows)."""
    chances = np.tile(SHARES, (len(SHARES), 1))
    np.fill_diagonal(chances, 0)
    return np.asarray(chances / chances.sum(1, keepdims=True))


_CHANCES = _chances()
_CUMULATED = _CHANCES.cumsum(1)


def true_macro_f1(recall: Floats) -> float:
    """Macro-F1 on infinitely many mails: 2 TP / (true + predicted) of each label, averaged."""
    right = SHARES * recall
    predicted = right + (SHARES * (1 - recall)) @ _CHANCES
    return float((2 * right / (SHARES + predicted)).mean())


def mails(rng: np.random.Generator) -> Mails:
    """Mails in random order; each label's share of the holdout is filled as they come, as `avocet.splits` does."""
    n = sum(ROWS) + NEW_ROWS * NIGHTS
    first = rng.permutation(np.repeat(np.arange(len(ROWS)), ROWS))
    label = np.concatenate([first, rng.choice(len(ROWS), size=n - len(first), p=SHARES)])
    judged = np.zeros(n, dtype=bool)
    for its in range(len(ROWS)):
        at = np.flatnonzero(label == its)
        wanted = np.array([quotas(k, RECIPE.shares)[0] for k in range(len(at) + 1)])
        judged[at[np.diff(wanted) > 0]] = True
    return Mails(label, judged, rng.random(n), rng.random(n))


def alike(rng: np.random.Generator, luck: Floats, share: float) -> Floats:
    """Luck that is `luck` on that share of the mails and its own on the others."""
    return np.where(rng.random(len(luck)) < share, luck, rng.random(len(luck)))


def model(rng: np.random.Generator, those: Mails, recall: Floats, folds: Floats, night: int) -> Model:
    """A model with these recalls, trained on `night`."""
    luck = alike(rng, those.luck, ALIKE)
    there = np.arange(len(luck)) < those.known(night)
    drawn = rng.random(len(luck)) < RECIPE.shares.holdout
    return Model(recall.clip(0.05, 0.99), luck, folds, np.flatnonzero(there & drawn), there & ~drawn)


Challengers = Callable[[int], Model]  # night -> who challenges; to be called once a night, in order


@dataclass(frozen=True)
class World:
    """Where challengers come from, and what cross-fitting sees of them."""

    challengers: Callable[[np.random.Generator, Mails], Challengers]
    fold_error: float  # standard deviation of a label's recall out of fold, drawn anew each night for both sides


def new_recipes(rng: np.random.Generator, those: Mails) -> Challengers:
    """Each night another way of training, good on some labels and bad on others; what can be reached improves slowly.

    Out of fold it does 1.5 points worse, since it learns from four fifths of the rows.
    """
    start = rng.normal(0.72, 0.10, len(ROWS)).clip(0.2, 0.97)

    def challenger(night: int) -> Model:
        reached = start + (1 - start) * 0.45 * (1 - np.exp(-night / 60))
        recall = start if night == 0 else reached + rng.normal(0, 0.012) + rng.normal(0, 0.05, len(ROWS))
        return model(rng, those, recall, recall - 0.015, night)

    return challenger


def same_recipe(rng: np.random.Generator, those: Mails, luck: float, lasting: float, seen: float) -> Challengers:
    """The same recipe, trained again each night on the rows that are there by then.

    Recall follows a learning curve in the label's own training rows. `luck` is the standard deviation by which one
    training's recall of a label departs from it, `lasting` how much of that the next night's training keeps (it has
    nearly the same rows), `seen` how much of it the trainings of the folds share.
    """
    best = rng.normal(0.90, 0.04, len(ROWS)).clip(0.75, 0.98)
    slope = rng.normal(0.9, 0.15, len(ROWS)).clip(0.5, 1.3)
    off = rng.normal(0, luck, len(ROWS))

    def curve(n_rows: Floats) -> Floats:
        return np.asarray(best - slope / np.sqrt(n_rows + 4))

    def challenger(night: int) -> Model:
        nonlocal off
        off = lasting * off + (1 - lasting**2) ** 0.5 * rng.normal(0, luck, len(ROWS))
        n = np.bincount(those.label[: those.known(night)], minlength=len(ROWS)).astype(np.float64)
        learned = n * (1 - RECIPE.shares.holdout)
        return model(rng, those, curve(learned) + off, curve(0.8 * n) + seen * off, night)

    return challenger


WORLDS: dict[str, World] = {
    "1 a new recipe each night": World(new_recipes, 0.015),
    "2 the same cheap recipe on more rows": World(partial(same_recipe, luck=0.04, lasting=0.9, seen=0.5), 0.018),
    "3 the same recipe, luck that folds cannot see": World(
        partial(same_recipe, luck=0.04, lasting=0.0, seen=0.0), 0.018
    ),
}
