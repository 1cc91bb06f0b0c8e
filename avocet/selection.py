"""Which rows of the train side are learned from tonight, and how much each counts: a recipe's `clean`.

Nothing here moves a row: it keeps its side for life, and what is judged on stays as it came in. A row that is left out
tonight may be learned from on another night, and is never judged.
"""

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.cleaning import normal_form
from avocet.recipe import Recipe

LEFT_OUT = "left_out"  # the side that rows.jsonl says of them
NEAR_COPY, MAJORITY, SAMPLE = "a near copy of another row", "the largest label was reduced", "not in tonight's sample"
NEXT_TO_NOTHING = 1e-6
_BLOCK = 500
_COMPARED = 5000  # distinct texts of a group, all with all: 2 s; 100,000 would be 10 minutes. Those beyond stay in.
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Placed:
    """What a selection needs to know of a row of the train side."""

    id: str
    label: str
    group: str


Pool = Sequence[Placed]
Texts = Callable[[Collection[str]], Mapping[str, str]]  # row ids -> their texts


@dataclass(frozen=True)
class Selection:
    """Row id -> why it is left out, and row id -> what it counts where that is not 1."""

    left_out: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, int]:
        """Why -> how many rows."""
        return dict(Counter(self.left_out.values()).most_common())


def select(recipe: Recipe, train: Pool, texts: Texts, suspects: Collection[str] = ()) -> Selection:
    """What the recipe's `clean` says of the rows of the train side; `suspects` are ids of rows.

    Near copies go first, then the largest label is reduced, then the sample is drawn, each by a digest of seed and
    row, so that a new row changes little of what is chosen.
    """
    clean = recipe.clean
    left_out = dict.fromkeys(_near_copies(clean.near_duplicates, train, texts), NEAR_COPY)
    for why, found in ((MAJORITY, _majority), (SAMPLE, _sample)):
        left_out |= dict.fromkeys(found(recipe, [row for row in train if row.id not in left_out]), why)
    doubted = [row.id for row in train if row.id in suspects and row.id not in left_out]
    # A row that counts nothing is still answered out of fold: left out, nobody would know of it the night after.
    weight = max(clean.suspects, NEXT_TO_NOTHING)
    return Selection(left_out, dict.fromkeys(doubted, weight) if clean.suspects < 1 else {})


def _near_copies(similar: float | None, pool: Pool, texts: Texts) -> list[str]:
    """Rows whose words, or whose TF-IDF nearly, are those of an earlier one (by id) of the same label, among look-alikes.

    Look-alikes were found by their MinHashes, so only they are compared, and not all with all. Near copies with
    different labels stay both: one of them is wrong, and a person has to say which.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in pool if similar is not None else ():
        groups[row.group, row.label].append(row.id)
    several = [sorted(its) for its in groups.values() if len(its) > 1]
    if similar is None or not several:
        return []
    text_of = texts({name for its in several for name in its})
    gone: list[str] = []
    distinct: list[dict[str, str]] = []
    for its in several:
        first: dict[str, str] = {}  # normal form -> id
        gone += [name for name in its if first.setdefault(normal_form(text_of[name]), name) != name]
        distinct.append(first)
    return gone + _similar(distinct, similar)


def _similar(groups: Sequence[Mapping[str, str]], similar: float) -> list[str]:
    """Ids of the near copies within each group of normal form -> id; a text without a word is like no other."""
    worded = [[(text, name) for text, name in its.items() if _WORD.search(text)][:_COMPARED] for its in groups]
    compared = [its for its in worded if len(its) > 1]
    if not compared:
        return []
    features = _tfidf([text for its in compared for text, _ in its])
    gone, start = [], 0
    for its in compared:
        part = features[start : start + len(its)]
        start += len(its)
        gone += [its[i][1] for i in copies(part, similar)]
    return gone


def _tfidf(texts: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b").fit_transform(texts)


def copies(features: Any, similar: float) -> list[int]:
    """Places of rows (of length 1, sparse, (n, width)) with a cosine of at least `similar` to an earlier one that stays."""
    n = features.shape[0]
    stays = np.ones(n, dtype=bool)
    for start in range(0, n, _BLOCK):
        block = features[start : start + _BLOCK]
        close: NDArray[np.bool_] = (block @ features[: start + block.shape[0]].T).toarray() >= similar - 1e-9
        for i in range(block.shape[0]):
            stays[start + i] = not (close[i, : start + i] & stays[: start + i]).any()
    return [int(i) for i in np.flatnonzero(~stays)]


def _majority(recipe: Recipe, pool: Pool) -> list[str]:
    """Of the largest label all but its share, and never so many that another label is larger."""
    share = recipe.clean.reduce_majority_to
    counts = Counter(row.label for row in pool)
    if share is None or len(counts) < 2:
        return []
    (largest, n), (_, second), *_ = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    keep = max(math.ceil(share * n), second)
    return _ranked(recipe, [row.id for row in pool if row.label == largest])[keep:]


def _sample(recipe: Recipe, pool: Pool) -> list[str]:
    """Of each label all but its share, of each at least two rows."""
    share = recipe.clean.downsample
    by_label: dict[str, list[str]] = defaultdict(list)
    for row in pool if share is not None else ():
        by_label[row.label].append(row.id)
    least = {label: max(math.ceil((share or 1) * len(its)), 2) for label, its in by_label.items()}
    return [name for label, its in by_label.items() for name in _ranked(recipe, its)[least[label] :]]


def _ranked(recipe: Recipe, names: Sequence[str]) -> list[str]:
    """Row ids in an order of chance that is the same every night."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{recipe.seed}|keep|{name}".encode()).digest())
