"""Likely label errors: planted ones are found, sure labels are left alone."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from avocet.suspects import judged_suspects, ranked


def test_the_confident_joint_of_six_rows_by_hand() -> None:
    """Row 2 is called 0 and looks like 1 more than 1's own rows do; row 5 leans to 0, and less than 0's own rows."""
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.55, 0.45]])
    ys = [0, 0, 0, 1, 1, 1]
    # The usual confidence is 0.6 of label 0 and 0.65 of label 1.
    assert ranked(ys, scores) == [(2, 1)]


def test_planted_errors_come_first() -> None:
    """Of 300 rows with a noisy model and 20 planted flips, most are suspects, nothing else is, and the likely label is the true one."""
    rng = np.random.default_rng(3)
    true = rng.integers(0, 4, 300)
    scores = rng.dirichlet(np.ones(4), 300) * 0.4
    scores[np.arange(300), true] += 0.6
    ys, flipped = true.copy(), rng.choice(300, 20, replace=False)
    ys[flipped] = (true[flipped] + rng.integers(1, 4, 20)) % 4
    found = ranked(ys.tolist(), scores)
    assert {i for i, _ in found} <= set(flipped.tolist()) and len(found) >= 14
    assert all(likely == true[i] for i, likely in found)


def test_a_rare_label_that_models_are_never_sure_of_is_not_accused() -> None:
    """Its rows get little by all models: against what is usual for it, that is no sign of an error."""
    scores = np.array([[0.6, 0.4]] * 5 + [[0.95, 0.05]] * 20)
    assert ranked([1] * 5 + [0] * 20, scores) == []


def test_a_label_without_rows_is_nobodys_likely_one() -> None:
    """And nothing is found among no rows."""
    assert ranked([0, 0, 1], np.array([[0.1, 0.1, 0.8]] * 3)) == []
    assert ranked([], np.zeros((0, 3))) == []


@pytest.mark.parametrize(("second", "wanted"), [("b", ["r1"]), ("a", [])])
def test_a_judged_row_is_suspect_where_all_versions_agree(second: str, wanted: list[str]) -> None:
    """Baselines have no say, and one version alone is no evidence."""

    def card(role: str, *said: str) -> Any:
        return SimpleNamespace(role=role, predictions=said, error=None)

    cards = [card("challenger", "a", "b"), card("champion", "a", second), card("baseline", "x", "x")]
    board = SimpleNamespace(cards=cards, row_ids=("r0", "r1"), true=("a", "a"))
    found: Any = SimpleNamespace(board=board)
    assert [s.row_id for s in judged_suspects(found)] == wanted
    board.cards = cards[:1]
    assert judged_suspects(found) == []
