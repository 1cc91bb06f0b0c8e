"""The linear models: the penalty is chosen on rows that were not learned from, and what was answered is kept."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from avocet.folds import grouped_folds
from avocet.methods.linear import GRID, Regression, choose, fit_linear, sharpness, softmax


def blobs(n: int, noise: float, seed: int = 0) -> tuple[NDArray[np.float64], list[int]]:
    """Three labels around three corners, in 20 dimensions."""
    rng = np.random.default_rng(seed)
    ys = [i % 3 for i in range(n)]
    return np.eye(3, 20)[ys] + noise * rng.normal(size=(n, 20)), ys


@pytest.mark.parametrize("sparse", [False, True])
def test_the_ridge_is_sklearns_balanced_one(sparse: bool) -> None:
    """Turned or not, the weights give sklearn's decisions."""
    from sklearn.linear_model import RidgeClassifier

    features, ys = blobs(60, 0.3)
    given = csr_matrix(np.hstack([features, np.zeros((60, 80))])) if sparse else features
    found = fit_linear(given, ys, 3, "ridge", 0.5)
    wanted = RidgeClassifier(alpha=2.0, class_weight="balanced").fit(features, ys).decision_function(features)
    assert found.logits(given) == pytest.approx(wanted, abs=1e-4)


def test_the_penalty_is_chosen_out_of_fold() -> None:
    """With more noise than rows can tell, the strongest penalty wins; each row is answered by a fold without it."""
    features, ys = blobs(90, 2.0)
    folds = grouped_folds([str(i) for i in range(90)], ys, 5, 1)
    assert folds is not None
    found = choose(features, ys, 3, folds, "ridge", None)
    assert found.inverse_penalty in GRID["ridge"]
    assert found.answered is not None
    assert sorted(found.answered.places) == list(range(90))
    fitted = found.model.probabilities(features).argmax(axis=1)
    place = {p: i for i, p in enumerate(found.answered.places)}
    out = np.array([found.answered.scores[place[i]].argmax() for i in range(90)])
    assert (fitted == ys).mean() > (out == ys).mean()  # in-sample answers would be no evidence
    assert choose(features, ys, 3, folds, "ridge", 0.7).inverse_penalty == 0.7


def test_what_is_answered_hangs_on_the_other_folds_alone() -> None:
    """A judged row's own label changes its answer by nothing."""
    features, ys = blobs(60, 0.5)
    folds = [(list(range(30)), list(range(30, 60)))]
    other = [*ys[:30], *((y + 1) % 3 for y in ys[30:])]
    found = [choose(features, these, 3, folds, "logistic", 3.0).answered for these in (ys, other)]
    assert found[0] is not None
    assert found[1] is not None
    # The sharpness is a single number over all; the order of the labels is the folds' own.
    assert (found[0].scores.argsort(axis=1) == found[1].scores.argsort(axis=1)).all()


def test_a_label_that_a_fold_lacks_is_never_answered_there() -> None:
    """Its few rows may all be judged in one fold."""
    features, ys = blobs(30, 0.1)
    rare = [*ys, 3, 3]
    given = np.vstack([features, np.ones((2, 20))])
    found = choose(given, rare, 4, [(list(range(30)), [30, 31])], "logistic", 10.0)
    assert found.answered is not None
    assert found.answered.scores.shape == (2, 4)
    assert 3 not in found.answered.scores.argmax(axis=1)
    assert np.isfinite(found.answered.scores).all()


def test_sharpness_finds_the_scale_that_was_taken_away() -> None:
    """Labels drawn from softmax(3 z): the least log loss of z is at 3."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20_000, 4))
    drawn = np.array([rng.choice(4, p=row) for row in softmax(3 * z)])
    assert sharpness(z, list(drawn)) == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("regression", ["ridge", "logistic"])
def test_a_row_counts_what_its_weight_says(regression: Regression) -> None:
    """Wrong labels that count next to nothing do next to no harm; without folds and out of them."""
    features, ys = blobs(90, 0.6)
    wrong = [i for i in range(90) if i % 4 == 0]
    given = [(y + 1) % 3 if i in wrong else y for i, y in enumerate(ys)]
    light = [1e-6 if i in wrong else 1.0 for i in range(90)]
    folds = grouped_folds([str(i) for i in range(90)], ys, 3, 1)
    assert folds is not None
    right = [choose(features, given, 3, its, regression, 1.0, w).model for its in ([], folds) for w in ((), light)]
    n_right = [int((model.logits(features).argmax(axis=1) == ys).sum()) for model in right]
    assert n_right[0] == n_right[2] < n_right[1] == n_right[3]
    answered = [choose(features, given, 3, folds, regression, 1.0, w).answered for w in ((), light)]
    out = [sum(int(s.argmax()) == ys[p] for p, s in zip(a.places, a.scores, strict=True)) for a in answered if a]
    assert out[0] < out[1]
    same = choose(features, given, 3, [], regression, 1.0, [1.0] * 90).model
    assert np.allclose(same.weight, right[0].weight, atol=1e-4)
