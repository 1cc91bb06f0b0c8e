"""Sides: which row is learned from and which is judged on, for life."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from avocet.recipe import Shares
from avocet.splits import Member, Side, Split, assign, quotas

SHARES = Shares()
SEED = 13
LABEL_SHARES = {"digest": 0.45, "rejected": 0.3, "neutral": 0.15, "offer": 0.07, "hired": 0.03}


def crowd(n: int, seed: int = 0, copies: float = 0.1) -> list[Member]:
    """`n` rows of unequal labels, of which about `copies` look like an earlier one of their label."""
    rng = random.Random(seed)
    members: list[Member] = []
    for i in range(n):
        label = rng.choices(list(LABEL_SHARES), list(LABEL_SHARES.values()))[0]
        earlier = [m for m in members[-200:] if m.label == label]
        group = rng.choice(earlier).group if earlier and rng.random() < copies else f"g{seed}-{i}"
        members.append(Member(f"r{seed}-{i}", group, label))
    return members


def shuffled(members: Sequence[Member], seed: int) -> list[Member]:
    return random.Random(seed).sample(list(members), len(members))


def sides(members: Sequence[Member], split: Split) -> Counter[tuple[str, Side]]:
    return Counter((m.label, split.side_of[m.row_id]) for m in members)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_file_does_not_matter(seed: int) -> None:
    """Also where some rows are known already."""
    members = crowd(400)
    known: dict[str, Side] = {m.row_id: "validation" for m in members[::7]}
    first = assign(members, known, {}, SHARES, SEED)
    again = assign(shuffled(members, seed), known, {}, SHARES, SEED)
    assert (dict(again.side_of), again.set_aside, again.n_new) == (dict(first.side_of), first.set_aside, first.n_new)


def test_another_seed_is_another_split() -> None:
    """The hash is seeded, so no row is condemned to a side by its text."""
    members = crowd(400)
    assert dict(assign(members, {}, {}, SHARES, 1).side_of) != dict(assign(members, {}, {}, SHARES, 2).side_of)


@pytest.mark.parametrize("seed", range(3))
def test_growth_moves_no_row_and_keeps_each_labels_share(seed: int) -> None:
    """From 501 to 5000 rows, in random order and batches of random size."""
    rng = random.Random(seed)
    everyone = crowd(5000, seed)
    arriving = rng.sample(everyone, len(everyone))
    here, known, groups = 0, {}, {}
    size = 501
    while here < len(arriving):
        here = min(here + size, len(arriving))
        present = shuffled(arriving[:here], here)
        split = assign(present, known, groups, SHARES, SEED)
        assert {row: side for row, side in split.side_of.items() if row in known} == known
        assert split.n_new == here - len(known)
        assert not split.set_aside
        known = dict(split.side_of)
        groups = {m.group: known[m.row_id] for m in present}
        found = sides(present, split)
        n_of_label = Counter(m.label for m in present)
        for label, n in n_of_label.items():
            holdout, _ = quotas(n, SHARES)
            assert abs(found[label, "holdout"] - holdout) <= max(3, 0.02 * n), (here, label)
        size = rng.randint(1, 700)


@pytest.mark.parametrize("seed", range(3))
def test_growth_without_look_alikes_keeps_each_label_within_a_row_of_its_quota(seed: int) -> None:
    """From 501 to 5000 rows, one batch after the other."""
    rng = random.Random(seed)
    arriving = crowd(5000, seed, copies=0)
    here, known = 501, {}
    while here < len(arriving):
        present = shuffled(arriving[:here], here)
        split = assign(present, known, {}, SHARES, SEED)
        assert {row: side for row, side in split.side_of.items() if row in known} == known
        known = dict(split.side_of)
        found = sides(present, split)
        for label, n in Counter(m.label for m in present).items():
            assert abs(found[label, "holdout"] - n * SHARES.holdout) <= 1, (here, label)
        here += rng.randint(1, 700)


def test_relabelled_and_deleted_rows_move_nobody() -> None:
    """A new label or a missing row changes the quotas; the sides that were given stay."""
    members = crowd(400, 3)
    first = assign(members, {}, {}, SHARES, SEED)
    known = dict(first.side_of)
    relabelled = [Member(m.row_id, m.group, "neutral" if i % 9 == 0 else m.label) for i, m in enumerate(members)]
    left = [m for i, m in enumerate(relabelled) if i % 7]
    again = assign(left, known, {}, SHARES, SEED)
    assert dict(again.side_of) == {m.row_id: known[m.row_id] for m in left}
    back = assign(members, known, {}, SHARES, SEED)
    assert dict(back.side_of) == known, "a deleted row that comes back is where it was"


def test_a_known_row_keeps_its_side_whatever_the_quota_says() -> None:
    """A ledger full of holdout rows is obeyed, and the new rows are learned from."""
    members = [Member(f"r{i}", f"g{i}", "x") for i in range(20)]
    known: dict[str, Side] = {m.row_id: "holdout" for m in members[:10]}
    split = assign(members, known, {}, SHARES, SEED)
    assert Counter(split.side_of.values()) == {"holdout": 10, "train": 7, "validation": 3}
    assert {split.side_of[m.row_id] for m in members[:10]} == {"holdout"}


def test_look_alikes_are_on_one_side() -> None:
    """Whatever their labels."""
    members = [*crowd(400, copies=0.6), *(Member(f"m{i}", "mixed", label) for i, label in enumerate(LABEL_SHARES))]
    split = assign(members, {}, {}, SHARES, SEED)
    of_group: dict[str, set[Side]] = {}
    for m in members:
        of_group.setdefault(m.group, set()).add(split.side_of[m.row_id])
    assert {len(its) for its in of_group.values()} == {1}
    assert len(of_group) < 300


@pytest.mark.parametrize("side", ["train", "validation", "holdout"])
def test_a_new_row_joins_its_known_look_alike(side: Side) -> None:
    """One that is there tonight, or one that the ledger remembers."""
    old, new = Member("old", "g", "x"), Member("new", "g", "x")
    assert assign([new, old], {"old": side}, {}, SHARES, SEED).side_of == {"new": side, "old": side}
    assert assign([new], {}, {"g": side}, SHARES, SEED).side_of == {"new": side}


@pytest.mark.parametrize(
    ("n", "wanted"),
    [
        (1, {"train": 1}),
        (2, {"train": 1, "holdout": 1}),
        (3, {"train": 2, "holdout": 1}),
        (4, {"train": 2, "holdout": 1, "validation": 1}),
        (5, {"train": 3, "holdout": 1, "validation": 1}),
        (20, {"train": 13, "holdout": 4, "validation": 3}),
    ],
)
def test_rare_labels_are_judged_too(n: int, wanted: dict[str, int]) -> None:
    """From two rows on there is one in the holdout and one to learn from, beside a label of any size."""
    members = [
        *(Member(f"r{i}", f"g{i}", "rare") for i in range(n)),
        *(Member(f"b{i}", f"h{i}", "big") for i in range(300)),
    ]
    split = assign(members, {}, {}, SHARES, SEED)
    assert Counter(split.side_of[f"r{i}"] for i in range(n)) == wanted
    holdout, validation = quotas(n, SHARES)
    assert (holdout, validation) == (wanted.get("holdout", 0), wanted.get("validation", 0))


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_judged_on_as_far_as_they_fit_the_quota(seed: int) -> None:
    """Of 50 pairs ten fill a holdout of 20; three copies never are the holdout of ten rows."""
    pairs = [Member(f"p{i}", f"g{i // 2}", "x") for i in range(100)]
    assert Counter(assign(pairs, {}, {}, SHARES, seed).side_of.values()) == {
        "train": 66,
        "validation": 14,
        "holdout": 20,
    }
    copies = [*(Member(f"c{i}", "copies", "x") for i in range(3)), *(Member(f"s{i}", f"s{i}", "x") for i in range(7))]
    split = assign(copies, {}, {}, SHARES, seed)
    assert {split.side_of[f"c{i}"] for i in range(3)} == {"train"}
    assert len(split.rows("holdout")) == 2
    alone = assign(copies, {f"s{i}": "train" for i in range(7)}, {}, SHARES, seed)
    assert {alone.side_of[f"c{i}"] for i in range(3)} == {"holdout"}, "one too many is better than none to judge on"


@pytest.mark.parametrize("labels", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("second_of_b", [False, True])
def test_a_group_of_several_labels_counts_as_the_one_it_has_most_of(labels: tuple[str, str], second_of_b: bool) -> None:
    """On a tie as the first by name, whatever the order of the file: the sides of `a` are full, those of `b` are not."""
    known: dict[str, Side] = {f"a{i}": ("holdout", "validation")[i % 2] for i in range(60)} | {
        f"b{i}": "train" for i in range(60)
    }
    members = [*(Member(f"m-{x}", "mixed", x) for x in labels), *(Member(row, row, row[0]) for row in known)]
    if second_of_b:
        members.append(Member("m-b2", "mixed", "b"))
    split = assign(members, known, {}, SHARES, SEED)
    assert {side for row, side in split.side_of.items() if row.startswith("m-")} == {
        "holdout" if second_of_b else "train"
    }


def test_a_label_that_grows_from_one_row_gets_its_holdout_row() -> None:
    """The first row trains; the second is judged on."""
    first = assign([Member("a", "ga", "rare")], {}, {}, SHARES, SEED)
    second = assign([Member("a", "ga", "rare"), Member("b", "gb", "rare")], dict(first.side_of), {}, SHARES, SEED)
    assert second.side_of == {"a": "train", "b": "holdout"}


def test_what_was_learned_from_is_never_judged_even_with_an_empty_ledger() -> None:
    """The versions remember their groups; a lost ledger calls all rows new."""
    members = crowd(400)
    learned = {m.group for m in members[::3]}
    split = assign(members, {}, {}, SHARES, SEED, learned)
    judged = set(split.rows("holdout"))
    assert judged
    assert not {m.group for m in members if m.row_id in judged} & learned
    assert not split.set_aside


def test_a_holdout_row_that_a_version_learned_from_is_set_aside() -> None:
    """Its side is for life, but tonight it is not judged on."""
    members = [Member("a", "ga", "x"), Member("b", "gb", "x")]
    split = assign(members, {"a": "holdout", "b": "holdout"}, {}, SHARES, SEED, ["ga"])
    assert (split.side_of, split.set_aside, split.rows("holdout")) == ({"a": "holdout", "b": "holdout"}, {"a"}, ["b"])


@pytest.mark.parametrize("side", ["train", "validation"])
def test_an_edited_holdout_row_that_equals_a_learned_one_is_set_aside(side: Side) -> None:
    """It came to look like a row on the other side; neither moves."""
    members = [Member("edited", "g", "x"), Member("learned", "g", "x"), Member("other", "h", "x")]
    known: dict[str, Side] = {"edited": "holdout", "learned": side, "other": "holdout"}
    split = assign(members, known, {}, SHARES, SEED)
    assert (split.side_of, split.set_aside) == (known, {"edited"})
    assert (split.rows("holdout"), split.rows(side)) == (["other"], ["learned"])


@pytest.mark.parametrize("side", ["train", "validation"])
def test_a_holdout_row_that_came_to_look_like_a_deleted_learned_row_is_set_aside(side: Side) -> None:
    """The ledger remembers the group of the row that is gone."""
    members = [Member("edited", "g", "x"), Member("other", "h", "x")]
    known: dict[str, Side] = {"edited": "holdout", "other": "holdout"}
    split = assign(members, known, {"g": side, "h": "holdout"}, SHARES, SEED)
    assert (split.side_of, split.set_aside) == (known, {"edited"})


def test_no_rows_give_no_sides() -> None:
    """An empty night is no error here; validation speaks of it."""
    assert assign([], {"gone": "train"}, {}, SHARES, SEED) == Split({}, frozenset(), 0)
