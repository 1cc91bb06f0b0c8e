"""What cleaning leaves out of the rows to learn from, and what counts less; what is judged on stays as it is."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from avocet.recipe import Clean, Recipe
from avocet.selection import MAJORITY, NEAR_COPY, SAMPLE, SUSPECT, Selection, copies, select

WORDS = [
    "please",
    "find",
    "the",
    "invoice",
    "of",
    "march",
    "for",
    "the",
    "delivery",
    "to",
    "our",
    "office",
    "in",
    "the",
    "annex",
    "of",
    "this",
    "letter",
]


def line(name: str, label: str, text: str = "", side: str = "train", group: str = "") -> dict[str, Any]:
    return {"id": name, "label": label, "fields": {"subject": "", "body": text or f"words of {name}"}, "side": side,
            "group": group or name}  # fmt: skip


def lines(**counts: int) -> list[dict[str, Any]]:
    return [line(f"{label}{i}", label) for label, n in counts.items() for i in range(n)]


def cleaned(recipe_of: Callable[..., Recipe], **clean: Any) -> Recipe:
    return recipe_of(clean=clean)


def test_without_being_asked_nothing_is_left_out(recipe_of: Callable[..., Recipe]) -> None:
    """Suspects count like others."""
    assert select(recipe_of(), lines(a=3, b=2), {"a0"}) == Selection()


def test_near_copies_of_one_label_are_left_out_but_the_first(recipe_of: Callable[..., Recipe]) -> None:
    """Among look-alikes; a copy with another label stays, since one of the two is wrong."""
    recipe = cleaned(recipe_of, near_duplicates=0.8)
    text, other = " ".join(WORDS), " ".join([*WORDS[:-1], "parcel"])
    rows = [
        line("b", "x", text, group="g"), line("a", "x", other, group="g"), line("c", "y", text, group="g"),
        line("d", "x", text, group="elsewhere"), line("e", "x", "quite another mail", group="g"),
        line("f", "x", text, group="g", side="holdout"), line("h", "x", text, group="g", side="validation"),
    ]  # fmt: skip
    assert select(recipe, rows).left_out == {"b": NEAR_COPY}
    assert select(recipe, rows[::-1]).left_out == {"b": NEAR_COPY}
    assert select(cleaned(recipe_of, near_duplicates=1.0), rows).left_out == {}


def test_copies_are_found_across_blocks_and_a_chain_does_not_fall_with_its_first() -> None:
    """Only what is like one that stays is left out: c is like b alone, and b is gone."""
    angles = np.deg2rad([0, 30, 60])
    chain = csr_matrix(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert copies(chain, 0.8) == [1]
    same = csr_matrix(np.tile([[1.0, 0.0], [0.0, 1.0]], (700, 1)))
    assert copies(same, 0.9) == list(range(2, 1400))


@pytest.mark.parametrize(("share", "kept"), [(0.5, 6), (0.9, 11), (0.1, 4)])
def test_the_largest_label_is_reduced_and_stays_the_largest(
    share: float, kept: int, recipe_of: Callable[..., Recipe]
) -> None:
    """Whatever the order of the rows."""
    rows = lines(big=12, small=4, tiny=1)
    found = select(cleaned(recipe_of, reduce_majority_to=share), rows)
    assert set(found.left_out.values()) == {MAJORITY} and all(name.startswith("big") for name in found.left_out)
    assert 12 - len(found.left_out) == kept
    assert select(cleaned(recipe_of, reduce_majority_to=share), rows[::-1]) == found
    more = select(cleaned(recipe_of, reduce_majority_to=share), [*rows, line("big99", "big")])
    assert len(set(found.left_out) - set(more.left_out)) <= 1


def test_a_sample_has_rows_of_each_label(recipe_of: Callable[..., Recipe]) -> None:
    """A quick try with a tenth; what is judged on stays whole."""
    rows = [*lines(big=40, small=9, tiny=1), *(line(f"j{i}", "big", side="holdout") for i in range(9))]
    found = select(cleaned(recipe_of, downsample=0.1), rows)
    stays = Counter(r["label"] for r in rows if r["id"] not in found.left_out and r["side"] == "train")
    assert stays == {"big": 4, "small": 2, "tiny": 1}
    assert found.reasons == {SAMPLE: 43}


def test_a_suspect_counts_less_or_is_left_out(recipe_of: Callable[..., Recipe]) -> None:
    """Of the train side alone: a judged one goes to a person."""
    rows = [*lines(a=3), line("judged", "a", side="holdout"), line("stops", "a", side="validation")]
    doubted = {"a1", "judged", "stops", "nobody"}
    assert select(cleaned(recipe_of, suspects=0.3), rows, doubted) == Selection({}, {"a1": 0.3})
    assert select(cleaned(recipe_of, suspects=0), rows, doubted) == Selection({"a1": SUSPECT}, {})


def test_a_label_is_not_filtered_and_learned(recipe_of: Callable[..., Recipe]) -> None:
    """It is one or the other."""
    label = recipe_of().labels[0]
    with pytest.raises(ValueError, match=f"labels_to_filter: {label} is listed under labels too"):
        cleaned(recipe_of, labels_to_filter=[label])
    assert Clean(labels_to_filter=("spam",)).labels_to_filter == ("spam",)
