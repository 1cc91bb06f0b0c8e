"""Grouped, stratified folds: rows that look alike are learned from together or judged together."""

from collections.abc import Sequence

import numpy as np

Folds = list[tuple[list[int], list[int]]]


def grouped_folds(groups: Sequence[str], labels: Sequence[object], k: int, seed: int) -> Folds | None:
    """k times (places to learn from, places to judge), no group in two folds, labels spread evenly; None for too few.

    Each place is judged exactly once, after learning from at least two labels.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    if len(set(groups)) < 2 * k or len(set(labels)) < 2:
        return None
    splitter = StratifiedGroupKFold(k, shuffle=True, random_state=seed)
    names = [str(label) for label in labels]
    found = [(list(map(int, a)), list(map(int, b))) for a, b in splitter.split(np.zeros(len(names)), names, groups)]
    fair = all(judged and len({names[i] for i in learn}) > 1 for learn, judged in found)
    return found if fair else None
