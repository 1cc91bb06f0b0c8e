"""What cleaning leaves out of the rows to learn from, and what counts less; what is judged on stays as it is."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from avocet import selection
from avocet.recipe import Clean, Recipe
from avocet.selection import MAJORITY, NEAR_COPY, SAMPLE, Placed, Selection, copies, select

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


def row(name: str, label: str, group: str = "") -> Placed:
    return Placed(name, label, group or name)


def rows(**counts: int) -> list[Placed]:
    return [row(f"{label}{i}", label) for label, n in counts.items() for i in range(n)]


def no_text(ids: Collection[str]) -> dict[str, str]:
    raise AssertionError("texts are read only where copies are looked for")


def cleaned(recipe_of: Callable[..., Recipe], **clean: Any) -> Recipe:
    return recipe_of(clean=clean)


def test_without_being_asked_nothing_is_left_out(recipe_of: Callable[..., Recipe]) -> None:
    """Suspects count like others."""
    assert select(recipe_of(), rows(a=3, b=2), no_text, {"a0"}) == Selection()


def test_near_copies_of_one_label_are_left_out_but_the_first(recipe_of: Callable[..., Recipe]) -> None:
    """Among look-alikes; a copy with another label stays, since one of the two is wrong."""
    text, other = " ".join(WORDS), " ".join([*WORDS[:-1], "parcel"])
    these = {
        row("b", "x", "g"): text, row("a", "x", "g"): other, row("c", "y", "g"): text, row("d", "x", "other"): text,
        row("e", "x", "g"): "quite another mail", row("f", "x", "alone"): text,
    }  # fmt: skip
    asked: list[set[str]] = []

    def texts(ids: Collection[str]) -> dict[str, str]:
        asked.append(set(ids))
        return {its.id: said for its, said in these.items()}

    recipe = cleaned(recipe_of, near_duplicates=0.8)
    assert select(recipe, list(these), texts).left_out == {"b": NEAR_COPY}
    assert select(recipe, list(these)[::-1], texts).left_out == {"b": NEAR_COPY}
    assert select(cleaned(recipe_of, near_duplicates=1.0), list(these), texts).left_out == {}
    assert asked[0] == {"a", "b", "e"}, "of rows that have no look-alike nothing is read"


def test_exact_copies_are_found_without_a_word_in_them(recipe_of: Callable[..., Recipe]) -> None:
    """Whatever is in no vocabulary; per group and label, the first by id stays."""
    these = {row(name, "x", "g"): "👍" for name in "cab"} | {row("d", "x", "g"): "👎", row("e", "y", "g"): "👍"}
    recipe = cleaned(recipe_of, near_duplicates=0.8)
    texts = {its.id: said for its, said in these.items()}
    assert select(recipe, list(these), lambda ids: texts).left_out == dict.fromkeys("bc", NEAR_COPY)
    words = texts | {"d": "two words", "e": "two words"}
    assert select(recipe, list(these), lambda ids: words).left_out == dict.fromkeys("bc", NEAR_COPY)


@pytest.mark.timeout(120)
def test_a_hundred_thousand_look_alikes_are_compared_in_time(
    recipe_of: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exact copies all, near copies among so many of a group; what is beyond stays in."""
    monkeypatch.setattr(selection, "_COMPARED", 1000)
    recipe, these = cleaned(recipe_of, near_duplicates=0.6), [row(f"{i:06}", "x", "g") for i in range(100_000)]
    found = select(recipe, these, lambda ids: dict.fromkeys(ids, "the same words")).left_out
    assert set(found) == {its.id for its in these[1:]}
    said = " ".join(f"{a}{b}" for a in "abcdefghijklmn" for b in "abcdefghijklmn")
    texts = {its.id: f"{said} {i:b}".replace("1", "x").replace("0", "y") for i, its in enumerate(these[:20_000])}
    found = select(recipe, these[:20_000], lambda ids: texts).left_out
    assert set(found) == {its.id for its in these[1:1000]}


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
    recipe, these = cleaned(recipe_of, reduce_majority_to=share), rows(big=12, small=4, tiny=1)
    found = select(recipe, these, no_text)
    assert set(found.left_out.values()) == {MAJORITY} and all(name.startswith("big") for name in found.left_out)
    assert 12 - len(found.left_out) == kept
    assert select(recipe, these[::-1], no_text) == found
    more = select(recipe, [*these, row("big99", "big")], no_text)
    assert len(set(found.left_out) - set(more.left_out)) <= 1


def test_a_sample_has_rows_of_each_label(recipe_of: Callable[..., Recipe]) -> None:
    """A quick try with a tenth."""
    these = rows(big=40, small=9, tiny=1)
    found = select(cleaned(recipe_of, downsample=0.1), these, no_text)
    assert Counter(r.label for r in these if r.id not in found.left_out) == {"big": 4, "small": 2, "tiny": 1}
    assert found.reasons == {SAMPLE: 43}


def test_a_suspect_counts_less_or_next_to_nothing(recipe_of: Callable[..., Recipe]) -> None:
    """Of the rows that are learned from alone: a judged one goes to a person. None is left out, so that it is answered."""
    doubted = {"a1", "judged", "nobody"}
    assert select(cleaned(recipe_of, suspects=0.3), rows(a=3), no_text, doubted) == Selection({}, {"a1": 0.3})
    assert select(cleaned(recipe_of, suspects=0), rows(a=3), no_text, doubted) == Selection({}, {"a1": 1e-6})


def test_a_label_is_not_filtered_and_learned(recipe_of: Callable[..., Recipe]) -> None:
    """It is one or the other."""
    label = recipe_of().labels[0]
    with pytest.raises(ValueError, match=f"labels_to_filter: {label} is listed under labels too"):
        cleaned(recipe_of, labels_to_filter=[label])
    assert Clean(labels_to_filter=("spam",)).labels_to_filter == ("spam",)
