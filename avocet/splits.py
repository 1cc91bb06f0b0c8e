"""Which side each row is on: train, validation or holdout, fixed at first sight and never moved."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from avocet.recipe import Shares

Side = Literal["train", "validation", "holdout"]
SIDES: tuple[Side, ...] = ("train", "validation", "holdout")
# Which side wins where one group is claimed by two: what was learned from can never be judged on.
PRECEDENCE: tuple[Side, ...] = ("train", "validation", "holdout")


@dataclass(frozen=True, slots=True)
class Member:
    """What a split needs to know of a row."""

    row_id: str
    group: str
    label: str


@dataclass(frozen=True)
class Split:
    """A side for every row, and the row ids that may not be judged although their side is holdout."""

    side_of: Mapping[str, Side]
    set_aside: frozenset[str]
    n_new: int

    def rows(self, side: Side) -> list[str]:
        """Ids of the rows to use on `side`, in the order they were given."""
        return [row for row, its in self.side_of.items() if its == side and row not in self.set_aside]


def quotas(n: int, shares: Shares) -> tuple[int, int]:
    """(holdout, validation) rows for a label with `n` rows; small labels are in the holdout first.

    One row trains nothing and judges nothing; two give one to learn and one to judge; from four on
    there is one to stop early on as well.
    """
    holdout = max(1, round(n * shares.holdout)) if n >= 2 else 0
    validation = max(1, round(n * shares.validation)) if n >= 4 else 0
    return holdout, validation


def strongest(claims: Iterable[tuple[str, Side]]) -> dict[str, Side]:
    """Group -> the side that wins of those that claim it."""
    found: dict[str, Side] = {}
    for group, side in claims:
        found[group] = min(found.get(group, side), side, key=PRECEDENCE.index)
    return found


def assign(
    members: Sequence[Member],
    known_rows: Mapping[str, Side],
    known_groups: Mapping[str, Side],
    shares: Shares,
    seed: int,
    learned_from: Collection[str] = (),
) -> Split:
    """A side for each member. The result does not depend on the members' order.

    `known_rows` (row id -> side) is obeyed for life. A new row joins its look-alikes: those of tonight that
    have a side, then `known_groups` (group -> side). What is left fills the quotas of its label by the rank
    of a seeded hash. `learned_from` holds groups that a version was trained on: they are never judged, even
    where a lost ledger would now call them new.
    """
    side_of: dict[str, Side] = {m.row_id: known_rows[m.row_id] for m in members if m.row_id in known_rows}
    groups = _by_group(members)
    for group, rows in groups.items():
        side = _claimed(rows, side_of, known_groups.get(group), group in learned_from)
        if side:
            for m in rows:
                side_of.setdefault(m.row_id, side)
    _fill(groups, side_of, Counter(m.label for m in members), shares, seed)
    ordered = {m.row_id: side_of[m.row_id] for m in members}
    n_new = sum(m.row_id not in known_rows for m in members)
    return Split(ordered, _not_to_be_judged(groups, ordered, known_groups, learned_from), n_new)


def _by_group(members: Sequence[Member]) -> dict[str, list[Member]]:
    groups: dict[str, list[Member]] = defaultdict(list)
    for m in members:
        groups[m.group].append(m)
    return groups


def _claimed(rows: list[Member], side_of: Mapping[str, Side], known: Side | None, learned: bool) -> Side | None:
    """The side that something already gives to this group, the strongest claim first."""
    claims = {side_of[m.row_id] for m in rows if m.row_id in side_of}
    claims |= {known} if known else set()
    claims |= {"train"} if learned and not claims & {"train", "validation"} else set()
    return next((side for side in PRECEDENCE if side in claims), None)


def _fill(
    groups: Mapping[str, list[Member]],
    side_of: dict[str, Side],
    n_of_label: Mapping[str, int],
    shares: Shares,
    seed: int,
) -> None:
    """Give each new group a side: the holdout's quota of its label first, then validation's, the rest trains."""
    filled = Counter((m.label, side_of[m.row_id]) for rows in groups.values() for m in rows if m.row_id in side_of)
    new = [group for group, rows in groups.items() if rows[0].row_id not in side_of]
    for group in sorted(new, key=lambda g: hashlib.sha256(f"{seed}|{g}".encode()).digest()):
        rows = groups[group]
        label = min(Counter(m.label for m in rows).items(), key=lambda item: (-item[1], item[0]))[0]
        holdout, validation = quotas(n_of_label[label], shares)
        side: Side = "train"
        if filled[label, "holdout"] + len(rows) <= holdout:
            side = "holdout"
        elif filled[label, "validation"] + len(rows) <= validation:
            side = "validation"
        for m in rows:
            side_of[m.row_id] = side
            filled[m.label, side] += 1
    _fill_empty(groups, side_of, filled, new)


def _fill_empty(
    groups: Mapping[str, list[Member]], side_of: dict[str, Side], filled: Counter[tuple[str, Side]], new: list[str]
) -> None:
    """A label whose groups are all larger than its quota is judged on its smallest new group, if it keeps another."""
    for label in sorted({label for label, _ in filled}):
        if filled[label, "holdout"]:
            continue
        own = [g for g in new if {m.label for m in groups[g]} == {label} and side_of[groups[g][0].row_id] != "holdout"]
        smallest = min(own, key=lambda g: (len(groups[g]), g), default=None)
        n_left = filled[label, "train"] + filled[label, "validation"]
        if smallest is None or 2 * len(groups[smallest]) > n_left:  # what is learned from must be the larger part
            continue
        for m in groups[smallest]:
            filled[label, side_of[m.row_id]] -= 1
            side_of[m.row_id] = "holdout"
            filled[label, "holdout"] += 1


def _not_to_be_judged(
    groups: Mapping[str, list[Member]],
    side_of: Mapping[str, Side],
    known_groups: Mapping[str, Side],
    learned_from: Collection[str],
) -> frozenset[str]:
    """Holdout rows with a look-alike on a learning side: an edited mail can come to equal another one."""
    aside: set[str] = set()
    for group, rows in groups.items():
        sides = {side_of[m.row_id] for m in rows}
        sides |= {known_groups[group]} if group in known_groups else set()
        if "holdout" in sides and (len(sides) > 1 or group in learned_from):
            aside |= {m.row_id for m in rows if side_of[m.row_id] == "holdout"}
    return frozenset(aside)
