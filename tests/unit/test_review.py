"""Query strategies: what is asked first, and why; each on a handful of rows by hand."""

import numpy as np
import pytest

from avocet.review import entropy, interval_width, margin, queue, rarity, spread_out

SCORES = np.array([[0.9, 0.1, 0.0], [0.5, 0.49, 0.01], [0.4, 0.3, 0.3], [0.6, 0.0, 0.4]])


def test_margin_and_entropy_differ_where_more_than_two_labels_compete() -> None:
    """By hand."""
    assert margin(SCORES) == pytest.approx([0.2, 0.99, 0.9, 0.8])
    assert margin(SCORES).argmax() == 1 and entropy(SCORES).argmax() == 2
    assert entropy(np.array([[1.0, 0.0], [0.5, 0.5]])) == pytest.approx([0, np.log(2)])


def test_a_rare_label_is_asked_for() -> None:
    """Of two rows as uncertain as each other, the one that may be of the rarer label."""
    scores = np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]])
    assert rarity(scores, [100, 50, 2]).argmax() == 1


def test_look_alikes_are_not_asked_one_after_the_other() -> None:
    """The second of two copies comes after a less urgent row that is another mail."""
    embedded = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert spread_out(np.array([0.9, 0.89, 0.5]), embedded, 3) == [0, 2, 1]
    assert spread_out(np.array([0.9]), embedded[:1], 5) == [0]
    assert spread_out(np.zeros(3), embedded, 3) == [0, 1, 2], "also where a model is sure of all"


@pytest.mark.parametrize("order", ["uncertain", "entropy", "diverse", "rare", "random"])
def test_a_queue_holds_each_row_once_and_a_random_slice(order: str) -> None:
    """A tenth is drawn at random and says so; the same seed gives the same queue; never more than there is."""
    rng = np.random.default_rng(1)
    scores, embedded = rng.dirichlet(np.ones(3), 200), rng.normal(size=(200, 8))
    embedded /= np.linalg.norm(embedded, axis=1, keepdims=True)
    found = queue(scores, 30, order, 5, [9, 5, 1], embedded)  # type: ignore[arg-type]
    assert len({i for i, _ in found}) == 30
    assert sum(drawn for _, drawn in found) == (30 if order == "random" else 3)
    assert found == queue(scores, 30, order, 5, [9, 5, 1], embedded)  # type: ignore[arg-type]
    assert len(queue(scores[:4], 30, order, 5, [9, 5, 1], embedded[:4])) == 4  # type: ignore[arg-type]
    assert queue(scores[:0], 30, order, 5, [9, 5, 1], embedded[:0]) == []  # type: ignore[arg-type]


def test_what_an_order_needs_is_asked_for() -> None:
    """A caller's mistake, not a user's."""
    with pytest.raises(ValueError, match="order diverse needs embeddings"):
        queue(SCORES, 2, "diverse", 1)
    with pytest.raises(ValueError, match="order rare needs a count of each label, got 0 for 3"):
        queue(SCORES, 2, "rare", 1)


def test_four_times_the_rows_halve_the_interval() -> None:
    """Wilson's, which is sane for few rows: 8 of 10 lie between 0.49 and 0.94."""
    assert interval_width(0.8, 10) == pytest.approx(0.943 - 0.490, abs=0.001)
    assert interval_width(0.8, 400) == pytest.approx(interval_width(0.8, 100) / 2, rel=0.02)
    assert (interval_width(1.0, 0), interval_width(1.0, 5) > 0.4) == (1.0, True)
