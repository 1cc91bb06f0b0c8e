"""What the judged rows say about two models: which mails were fixed and broken, and how sure that makes us."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avocet.metrics import label_scores

DRAWS = 2000
_AT_ONCE = 200


@dataclass(frozen=True)
class LabelChange:
    """One label before and after."""

    label: str
    n: int
    f1_before: float
    f1_after: float
    fixed: int
    broken: int


@dataclass(frozen=True)
class Evidence:
    """`before` against `after` on the same rows; numbers of macro-F1 are differences, after minus before."""

    n: int
    p_better: float  # share of resampled holdouts on which `after` has the greater macro-F1; a tie counts half
    interval: tuple[float, float]  # 95 % of the resampled differences
    mcnemar_p: float  # exact, two-sided: how likely fixed and broken would be this uneven by chance
    one_mail: float  # the most that a single mail can change macro-F1: smaller differences are one mail's luck
    fixed: tuple[str, ...]  # row ids
    broken: tuple[str, ...]
    by_label: tuple[LabelChange, ...]


def compare(
    ids: Sequence[str],
    true: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
    labels: Sequence[str],
    seed: int,
    draws: int = DRAWS,
) -> Evidence:
    """The evidence of one pair of predictions on the same rows. Raises ValueError for unequal lengths or no rows."""
    if not true or not len(ids) == len(true) == len(before) == len(after):
        raise ValueError(f"{len(ids)} ids, {len(true)} labels, {len(before)} and {len(after)} predictions")
    rows = list(zip(ids, true, before, after, strict=True))
    fixed = [(i, t) for i, t, b, a in rows if a == t != b]
    broken = [(i, t) for i, t, b, a in rows if b == t != a]
    differences = resampled(true, before, after, labels, seed, draws)
    low, high = np.quantile(differences, [0.025, 0.975])
    return Evidence(
        len(true),
        round(float((differences > 0).mean() + (differences == 0).mean() / 2), 4),
        (round(float(low), 4), round(float(high), 4)),
        mcnemar(len(fixed), len(broken)),
        round(_one_mail(true, before, after, labels), 4),
        tuple(i for i, _ in fixed),
        tuple(i for i, _ in broken),
        _by_label(true, before, after, labels, Counter(t for _, t in fixed), Counter(t for _, t in broken)),
    )


def mcnemar(n_fixed: int, n_broken: int) -> float:
    """Exact McNemar test (McNemar 1947): the two-sided binomial p of `n_fixed` among all that changed; 1 for none."""
    from scipy.stats import binomtest

    n = n_fixed + n_broken
    return round(float(binomtest(n_fixed, n).pvalue), 4) if n else 1.0


def resampled(
    true: Sequence[str], before: Sequence[str], after: Sequence[str], labels: Sequence[str], seed: int, draws: int
) -> NDArray[np.float64]:
    """Differences of macro-F1 on `draws` paired bootstrap samples (Efron 1979), stratified by label.

    Each label keeps its number of rows, so a rare one never vanishes from a sample. Rows that are alike in
    label and in both predictions are drawn together by one multinomial: the cost does not grow with the rows.
    """
    place = {label: i for i, label in enumerate(labels)}
    outside = len(place)  # a predicted label that the recipe does not list is a miss for everybody
    cells = Counter((place[t], place.get(b, outside), place.get(a, outside)) for t, b, a in zip(true, before, after, strict=True) if t in place)  # fmt: skip
    keys = np.array(sorted(cells))
    sizes = np.array([cells[int(t), int(b), int(a)] for t, b, a in keys])
    found = [
        _macro_f1(weights, keys, 2, outside) - _macro_f1(weights, keys, 1, outside)
        for weights in redrawn(keys[:, 0], sizes, seed, draws)
    ]
    # Rounded as macro_f1 is: a tie must be a tie.
    return np.asarray(np.round(np.concatenate(found), 12), dtype=np.float64)


def redrawn(
    strata: NDArray[np.int64], sizes: NDArray[np.int64], seed: int, draws: int
) -> Iterator[NDArray[np.float64]]:
    """Rows of how often each cell was drawn, shape (at most _AT_ONCE, cells), `draws` in all.

    `strata` says of each cell which label its `sizes` rows have; each label keeps its number of rows in every draw.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, draws, _AT_ONCE):
        weights = np.zeros((min(_AT_ONCE, draws - start), len(sizes)))
        for label in np.unique(strata):
            its = strata == label
            n = sizes[its].sum()
            weights[:, its] = rng.multinomial(n, sizes[its] / n, size=len(weights))
        yield weights


def _macro_f1(weights: NDArray[np.float64], keys: NDArray[np.int64], who: int, n_labels: int) -> NDArray[np.float64]:
    """Macro-F1 of each row of `weights` (draws, cells); labels without rows left out."""
    f1, present = label_f1(weights, keys[:, 0], keys[:, who], n_labels)
    return np.asarray((f1 * present).sum(axis=1) / present.sum(axis=1))


def label_f1(
    weights: NDArray[np.float64], true: NDArray[np.int64], predicted: NDArray[np.int64], n_labels: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """F1 of each label for each row of `weights` (draws, cells), by 2 TP / (true + predicted); and which have rows.

    `true` and `predicted` are the cells' places of labels; `n_labels` stands for a label outside the recipe's. Both
    results are of shape (draws, n_labels + 1).
    """
    is_true, is_said = np.eye(n_labels + 1)[true], np.eye(n_labels + 1)[predicted]
    right = weights @ (is_true * is_said)
    n_true = weights @ is_true
    return 2 * right / np.maximum(n_true + weights @ is_said, 1), n_true > 0


def _one_mail(true: Sequence[str], before: Sequence[str], after: Sequence[str], labels: Sequence[str]) -> float:
    """The largest step of macro-F1 that one right mail of a label makes, were it wrong: F1 = 2 TP / (n + predicted)."""
    present = [s for s in label_scores(true, after, labels) if s.n]
    old = {s.label: s for s in label_scores(true, before, labels)}
    predicted = {name: Counter(said) for name, said in (("after", after), ("before", before))}
    steps = []
    for score in present:
        for name, recall in (("after", score.recall), ("before", old[score.label].recall)):
            n_right, n_said = round(recall * score.n), predicted[name][score.label]
            if n_right:
                steps.append(2 * n_right / (score.n + n_said) - 2 * (n_right - 1) / (score.n + n_said - 1))
    return max(steps, default=1.0) / max(len(present), 1)


def _by_label(
    true: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
    labels: Sequence[str],
    fixed: Counter[str],
    broken: Counter[str],
) -> tuple[LabelChange, ...]:
    pairs = zip(label_scores(true, before, labels), label_scores(true, after, labels), strict=True)
    return tuple(
        LabelChange(b.label, b.n, round(b.f1, 4), round(a.f1, 4), fixed[b.label], broken[b.label])
        for b, a in pairs
        if b.n
    )
