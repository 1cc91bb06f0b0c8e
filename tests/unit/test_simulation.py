"""The simulation of benchmarks/gate on a few seeds: the claim of its README, held loosely, and that it can be believed."""

from types import ModuleType

import numpy as np
import pytest

from avocet.home import CHECKOUT
from avocet.metrics import macro_f1


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/gate/simulate.py as a module."""
    monkeypatch.syspath_prepend(CHECKOUT / "benchmarks" / "gate")
    import simulate  # type: ignore[import-not-found]

    return simulate  # type: ignore[no-any-return]


@pytest.fixture
def world(simulate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> object:
    """The world of new recipes, of 45 nights."""
    monkeypatch.setattr(simulate, "NIGHTS", 45)
    return next(iter(simulate.WORLDS.values()))


def test_avocet_gains_no_less_and_is_hurt_less_than_strict_on_the_same_holdout(
    simulate: ModuleType, world: object
) -> None:
    """Over a few seeds: the mean gain within half a point or above, no more promotions to a worse model."""
    ways = {name: simulate.WAYS[name] for name in ("always replace", "strict > on the holdout", "**Avocet**")}
    found = simulate.simulated(world, range(3), ways)
    gain = {name: np.mean([o.gain for o in outcomes]) for name, outcomes in found.items()}
    worse = {name: sum(o.worse for o in outcomes) for name, outcomes in found.items()}
    badly = {name: sum(o.badly for o in outcomes) for name, outcomes in found.items()}
    assert gain["**Avocet**"] > max(gain["strict > on the holdout"] - 0.005, gain["always replace"])
    assert worse["**Avocet**"] < worse["strict > on the holdout"] < worse["always replace"]
    assert badly["**Avocet**"] <= badly["strict > on the holdout"] < badly["always replace"]


def test_the_gate_without_crossfitted_evidence_is_strictly_greater(simulate: ModuleType, world: object) -> None:
    """The real gate on real scoreboards decides as three lines of comparison do, and a second run is the same."""
    ways = {name: simulate.WAYS[name] for name in ("strict > on the holdout", "Avocet, holdout only")}
    found = simulate.simulated(world, [7], ways)
    assert found["strict > on the holdout"] == found["Avocet, holdout only"]
    assert found == simulate.simulated(world, [7], ways)


def test_the_simulations_macro_f1_is_avocets(simulate: ModuleType) -> None:
    """Also where a label has no row or is never answered."""
    rng = np.random.default_rng(1)
    for n in (3, 40, 500):
        true, said = rng.choice(8, size=n), rng.choice(9, size=n)
        names = [[simulate.LABELS[i] for i in side] for side in (true, said)]
        assert simulate.macro_f1(true, said) == macro_f1(*names, simulate.LABELS)


def test_the_truth_of_a_model_is_what_many_mails_say(simulate: ModuleType) -> None:
    """The formula against 300,000 drawn answers."""
    import worlds  # type: ignore[import-not-found]

    rng = np.random.default_rng(2)
    recall = rng.uniform(0.3, 0.95, len(worlds.ROWS))
    n = 300_000
    label = rng.choice(len(worlds.ROWS), size=n, p=worlds.SHARES)
    those = worlds.Mails(label, np.zeros(n, dtype=bool), rng.random(n), rng.random(n))
    measured = simulate.macro_f1(label, those.answers(recall, rng.random(n), np.arange(n)))
    assert measured == pytest.approx(worlds.true_macro_f1(recall), abs=0.004)


def test_the_simulated_holdout_only_grows_and_keeps_its_shares(simulate: ModuleType) -> None:
    """About a fifth of each label's rows, at any time."""
    import worlds

    those = worlds.mails(np.random.default_rng(3))
    for night in (0, 50, 120):
        known = those.known(night)
        for label in range(len(worlds.ROWS)):
            its = those.label[:known] == label
            assert abs(those.judged[:known][its].sum() - 0.2 * its.sum()) <= 1
