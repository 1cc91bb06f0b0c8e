"""Labels that are likely wrong, with the reason in words, by what models say of rows that they have not seen.

How many: confident learning (Northcutt, Jiang, Chuang 2021) counts the rows to which a model gives another label with at
least the confidence that this label's own rows get on average. Which: those whose own label got the least. Ordered by the
lead over these averages instead, the first k held a fifth fewer of the planted errors (benchmarks/README.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet.decision import Decision
from avocet.methods.answers import load_answers, mark_of


@dataclass(frozen=True)
class Suspect:
    """A row whose label is likely another one; `likely` is empty where nobody can say which."""

    row_id: str
    label: str
    likely: str
    side: str
    reason: str


def ranked(ys: Sequence[int], scores: NDArray[np.float64]) -> list[tuple[int, int]]:
    """(place, likely label) of each suspect, the surest first; `ys` are places of labels, `scores` (n, n labels).

    The scores must be of models that had not seen their row. A label without rows is nobody's likely one.
    """
    at = np.asarray(ys, dtype=np.intp)
    rows = np.arange(len(at))
    usual = np.full(scores.shape[1], np.inf)
    for label in np.unique(at):
        usual[label] = scores[at == label, label].mean()
    own = scores[rows, at]
    others = scores.copy()
    others[rows, at] = -np.inf
    others[:, np.isinf(usual)] = -np.inf
    likely = others.argmax(axis=1)
    confident = (others >= usual).any(axis=1) & (others[rows, likely] > own)
    order = np.argsort(own, kind="stable")[: int(confident.sum())]
    return [(int(i), int(likely[i])) for i in order if others[i, likely[i]] > own[i]]


def learned_suspects(lines: Sequence[Mapping[str, Any]], version: Path) -> list[Suspect]:
    """Among `lines` (of rows.jsonl), by what the version answered of them out of fold, if it did."""
    answers = load_answers(version)
    if answers is None:
        return []
    rows = [r for r in lines if mark_of(r["id"]) in answers.rows and r["label"] in answers.labels]
    scores = np.asarray([answers.rows[mark_of(r["id"])][1] for r in rows], dtype=np.float64).reshape(
        len(rows), len(answers.labels)
    )
    ys = [answers.labels.index(r["label"]) for r in rows]
    return [
        Suspect(
            rows[i]["id"], rows[i]["label"], answers.labels[likely], rows[i].get("side", "train"),
            f"a model that had not seen it gives {answers.labels[likely]} {scores[i, likely]:.2f} "
            f"and {rows[i]['label']} {scores[i, ys[i]]:.2f}",
        )
        for i, likely in ranked(ys, scores)
    ]  # fmt: skip


def judged_suspects(found: Decision) -> list[Suspect]:
    """Among the judged rows: those of which all versions of the night say the same other label. For a person only."""
    board = found.board
    cards = [c for c in board.cards if c.role != "baseline" and c.predictions and c.error is None]
    if len(cards) < 2:
        return []
    suspects = []
    for i, (row_id, label) in enumerate(zip(board.row_ids, board.true, strict=True)):
        said = {card.predictions[i] for card in cards}
        if len(said) == 1 and (likely := said.pop()) != label:
            reason = f"all {len(cards)} versions of the night say {likely}"
            suspects.append(Suspect(row_id, label, likely, "holdout", reason))
    return suspects
