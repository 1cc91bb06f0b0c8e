"""The review queue: which mails a person should label next. Pure functions of scores, embeddings and label counts.

Scores are probabilities of shape (n, n labels), a row sums to 1; a higher urgency is asked sooner.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Order = Literal["uncertain", "entropy", "diverse", "rare", "random"]
Scores = NDArray[np.float64]
RANDOM_SHARE = 0.1  # of each queue, so that some of what is judged on was chosen by nobody
_CROWD = 5  # diverse rows are picked among so many times as many uncertain ones


def margin(scores: Scores) -> Scores:
    """1 minus the lead of the best label over the second (Scheffer et al. 2001)."""
    best = np.sort(scores, axis=1)
    return np.asarray(1 - (best[:, -1] - best[:, -2]), dtype=np.float64)


def entropy(scores: Scores) -> Scores:
    """Shannon entropy in nats (Settles 2009, section 3.1)."""
    return np.asarray(-(scores * np.log(np.maximum(scores, 1e-12))).sum(axis=1), dtype=np.float64)


def rarity(scores: Scores, counts: Sequence[int]) -> Scores:
    """The margin, weighed by how rare the labels are that the row may have; `counts`: labelled rows of each label."""
    weights = 1 / np.sqrt(np.asarray(counts, dtype=np.float64) + 1)
    return np.asarray(margin(scores) * (scores @ (weights / weights.sum())), dtype=np.float64)


def spread_out(urgency: Scores, embedded: Scores, n: int) -> list[int]:
    """`n` of the most urgent rows that are far from each other (greedy k-center, Sener and Savarese 2018).

    `embedded`: vectors of length 1, (n rows, width). Look-alikes teach the same thing twice.
    """
    crowd = np.argsort(-urgency, kind="stable")[: n * _CROWD]
    chosen: list[int] = []
    nearest = np.full(len(crowd), -1.0)  # similarity to the nearest chosen one
    left = np.ones(len(crowd), dtype=bool)
    for _ in range(min(n, len(crowd))):
        at = int(np.where(left, urgency[crowd] * (1 - nearest), -np.inf).argmax())
        chosen.append(int(crowd[at]))
        nearest = np.maximum(nearest, embedded[crowd] @ embedded[crowd[at]])
        left[at] = False
    return chosen


def queue(
    scores: Scores,
    n: int,
    order: Order,
    seed: int,
    counts: Sequence[int] = (),
    embedded: Scores | None = None,
    random_share: float = RANDOM_SHARE,
) -> list[tuple[int, bool]]:
    """(place, whether it was drawn at random) of at most `n` rows, the most useful first.

    `diverse` needs `embedded`, `rare` needs `counts`. Raises ValueError where they are missing.
    """
    rng = np.random.default_rng(seed)
    n = min(n, len(scores))
    n_random = n if order == "random" else round(n * random_share)
    drawn = rng.permutation(len(scores))[:n_random].tolist()
    left = np.ones(len(scores), dtype=bool)
    left[drawn] = False
    urgent = [i for i in _by(order, scores, n + n_random, counts, embedded) if left[i]][: n - n_random]
    # The random ones are shown among the others: last, they would be the ones that are never reached.
    places = sorted(rng.choice(n, n_random, replace=False).tolist())
    found = [(i, False) for i in urgent]
    for place, i in zip(places, drawn, strict=True):
        found.insert(place, (int(i), True))
    return found


def _by(order: Order, scores: Scores, n: int, counts: Sequence[int], embedded: Scores | None) -> list[int]:
    if order == "random" or not len(scores):
        return []
    if order == "rare":
        if len(counts) != scores.shape[1]:
            raise ValueError(f"order rare needs a count of each label, got {len(counts)} for {scores.shape[1]}")
        urgency = rarity(scores, counts)
    else:
        urgency = entropy(scores) if order == "entropy" else margin(scores)
    if order == "diverse":
        if embedded is None:
            raise ValueError("order diverse needs embeddings")
        return spread_out(urgency, embedded, n)
    return [int(i) for i in np.argsort(-urgency, kind="stable")[:n]]


def interval_width(share: float, n: int) -> float:
    """Width of the 95 % interval of a share (recall, precision) measured on `n` rows (Wilson 1927); 1 for none."""
    if n == 0:
        return 1.0
    z = 1.96
    return float(2 * z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n))
