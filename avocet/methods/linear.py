"""A linear model over labels as two arrays: fitted by scikit-learn, chosen out of fold, kept without a pickle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from avocet.folds import Folds
from avocet.methods.lessons import Answered, answered, spread
from avocet.metrics import macro_f1

Regression = Literal["logistic", "ridge"]
MOST_TURNED = 2000  # rows; the eigenvectors of more cost more than they save
# C of the logistic regression and 1 / alpha of the ridge: what was best on one of three sets, and its neighbours.
GRID: dict[Regression, tuple[float, ...]] = {"logistic": (1.0, 3.0, 10.0, 30.0), "ridge": (0.03, 0.1, 0.3, 1.0)}
USUAL: dict[Regression, float] = {"logistic": 10.0, "ridge": 0.3}
_RIDGE_SHARPNESS = 4.0  # a ridge answers between -1 and 1; where nothing was answered out of fold, sharpened by this


@dataclass(frozen=True)
class Linear:
    """Weights (n_labels, n_features) and intercepts (n_labels,); float32 on disk, float64 in use."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, features: Any) -> NDArray[np.float64]:
        """Shape (n, n_labels); `features` dense or sparse, shape (n, n_features)."""
        return np.asarray(features @ self.weight.T.astype(np.float64), dtype=np.float64) + self.bias

    def probabilities(self, features: Any) -> NDArray[np.float64]:
        """Softmax over labels, shape (n, n_labels)."""
        return softmax(self.logits(features))

    def sharpened(self, by: float) -> Self:
        """The same answers with logits times `by`."""
        return type(self)(np.asarray(self.weight * by, np.float32), np.asarray(self.bias * by, np.float32))

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """What to write into a safetensors file."""
        return {"weight": self.weight, "bias": self.bias}

    @classmethod
    def of(cls, tensors: dict[str, NDArray[np.float32]]) -> Self:
        """The model that `tensors` holds."""
        return cls(tensors["weight"], tensors["bias"])


@dataclass(frozen=True)
class Chosen:
    """A fitted model, the penalty that was best out of fold, and what it answered there (None without folds).

    `sharpened`: what the model's logits were multiplied with.
    """

    model: Linear
    inverse_penalty: float
    answered: Answered | None
    sharpened: float

    @property
    def info(self) -> dict[str, Any]:
        """What training_info says of the choice."""
        return {"chosen": {"inverse_penalty": self.inverse_penalty}, "sharpened": self.sharpened}


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis."""
    from scipy.special import softmax as over

    return np.asarray(over(logits, axis=1), dtype=np.float64)


def choose(
    features: Any,
    ys: Sequence[int],
    n_labels: int,
    folds: Folds,
    regression: Regression,
    asked: float | None,
    weights: Sequence[float] = (),
) -> Chosen:
    """The penalty with the best macro-F1 out of fold (the stronger one on a tie), then one fit on all rows.

    `weights`: what each row counts while it is learned from; it is judged like any other.

    `asked` leaves nothing to choose. The logits are sharpened so that the log loss out of fold is least: a
    ridge's are no log-odds, and a model that is right in nine of ten mails should say 0.9.
    """
    penalties = (asked,) if asked is not None else (GRID[regression] if folds else (USUAL[regression],))
    if not folds:
        model = fit_linear(features, ys, n_labels, regression, penalties[0], weights)
        by = _RIDGE_SHARPNESS if regression == "ridge" else 1.0
        return Chosen(model.sharpened(by), penalties[0], None, by)
    parts: dict[float, list[NDArray[np.float64]]] = {penalty: [] for penalty in penalties}
    for learn, judged in folds:
        present = sorted({ys[i] for i in learn})
        place = {label: i for i, label in enumerate(present)}
        turned, back = _turned(features[learn])
        for penalty in penalties:
            its = [weights[i] for i in learn] if weights else ()
            model = _fitted(turned, back, [place[ys[i]] for i in learn], len(present), regression, penalty, its)
            parts[penalty].append(_logits(model, features[judged], present, n_labels))
    places = [place for _, judged in folds for place in judged]
    true = [str(ys[i]) for i in places]
    names = [str(i) for i in range(n_labels)]
    found = {penalty: np.concatenate(its) for penalty, its in parts.items()}
    best = max(penalties, key=lambda p: macro_f1(true, [names[i] for i in found[p].argmax(axis=1)], names))
    by = sharpness(found[best], [ys[i] for i in places])
    out_of_fold = answered(folds, [softmax(found[best] * by)])
    model = fit_linear(features, ys, n_labels, regression, best, weights)
    return Chosen(model.sharpened(by), best, out_of_fold, by)


def fit_linear(
    features: Any,
    ys: Sequence[int],
    n_labels: int,
    regression: Regression,
    inverse_penalty: float,
    weights: Sequence[float] = (),
) -> Linear:
    """Fit with class weights total / (n_classes * count); `ys` in range(n_labels), each at least once.

    Few rows of many features are first turned into as many features as there are rows. The penalty does not
    see a rotation, so the solution is the same, and the solver works on vectors that are shorter by far:
    0.11 s instead of 0.88 s for 503 mails of 29,990 features.
    """
    turned, back = _turned(features)
    return _fitted(turned, back, ys, n_labels, regression, inverse_penalty, weights)


def _fitted(
    turned: Any,
    back: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ys: Sequence[int],
    n_labels: int,
    regression: Regression,
    inverse_penalty: float,
    weights: Sequence[float] = (),
) -> Linear:
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from threadpoolctl import threadpool_limits

    if regression == "ridge":
        solver = "sparse_cg" if hasattr(turned, "tocsr") else "cholesky"
        model: Any = RidgeClassifier(alpha=1 / inverse_penalty, class_weight="balanced", solver=solver)
    else:
        model = LogisticRegression(C=inverse_penalty, class_weight="balanced", max_iter=1000)
    # The solver's vectors are too short to share: on two cores BLAS threads waited for each other, 6.2 s instead of 0.8.
    with threadpool_limits(1, user_api="blas"):
        model.fit(turned, np.asarray(ys), np.asarray(weights) if weights else None)
    weight, bias = back(np.atleast_2d(model.coef_)), np.atleast_1d(model.intercept_)
    if n_labels == 2:  # scikit-learn keeps one row for two classes; softmax of (-z/2, z/2) is the same model
        weight, bias = np.vstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    return Linear(np.ascontiguousarray(weight, dtype=np.float32), np.ascontiguousarray(bias, dtype=np.float32))


def _logits(model: Linear, features: Any, present: list[int], n_labels: int) -> NDArray[np.float64]:
    """Over all labels; one that the fold had no row of is never answered."""
    found = spread(model.logits(features), present, n_labels)
    absent = [i for i in range(n_labels) if i not in present]
    found[:, absent] = found[:, present].min(axis=1, keepdims=True) - 1
    return found


def sharpness(logits: NDArray[np.float64], ys: Sequence[int]) -> float:
    """What to multiply logits with for the least mean log loss (Platt's scaling with a single number)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows = np.arange(len(ys))

    def loss(log_scale: float) -> float:
        return -float(log_softmax(logits * np.exp(log_scale), axis=1)[rows, list(ys)].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.3, 4.6), method="bounded").x))


def _turned(features: Any) -> tuple[Any, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """Features of shape (n, at most n) with the same inner products, and the way back for weights on them.

    With X X' = U S U', Z = U sqrt(S) has the inner products of X, and weights w on Z are w (U / sqrt(S))' X on X.
    """
    from scipy.sparse import issparse

    n, width = features.shape
    if not issparse(features) or n > MOST_TURNED or n >= width:
        return features, lambda weight: weight
    values, vectors = np.linalg.eigh((features @ features.T).toarray())
    real = values > values[-1] * 1e-10  # the rest is rounding: copies of one mail add no direction
    root, vectors = np.sqrt(values[real]), vectors[:, real]
    return vectors * root, lambda weight: np.asarray((weight @ (vectors / root).T) @ features)
