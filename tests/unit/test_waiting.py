"""The queue in memory: scored once, kept up with what people say and what comes in, over promotions and failures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avocet.classifier import Classifier, load
from avocet.errors import DamagedVersionError, NotFoundError
from avocet.home import Home
from avocet.review import waiting
from avocet.review.look_alikes import LookAlikes
from avocet.review.waiting import Order, Waiting
from avocet.store.database import Database, store_of
from avocet.store.following import Following, first, mark
from avocet.store.labels import Incoming, Labels, StoredRow


@dataclass
class Counting:
    """A version's scorer that notes how many texts it was asked about."""

    real: Any
    asked: list[int] = field(default_factory=list)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked.append(len(texts))
        found: NDArray[np.float64] = self.real.scores(texts)
        return found


class Bench:
    """A collection of 90 mails, of which 30 are labelled, and champions to order them by."""

    def __init__(self, place: Home, rows: list[dict[str, Any]], publish: Callable[..., str]) -> None:
        self.labels, self.rows, self.place, self.publish = Labels(store_of(place), "tiny"), rows, place, publish
        its = [StoredRow(r["id"], {"subject": r["subject"], "body": r["body"]}, "f") for r in rows[:90]]
        self.labels.add([Incoming(one) for one in its[:30]])
        self.labels.add([Incoming(one, rows[i + 30]["label"] if i % 2 else None) for i, one in enumerate(its[30:])])
        self.pointed: str | None = None
        self.champion: Classifier | None = None
        self.waiting = Waiting(self.labels, lambda: self.pointed, self.loaded)

    def loaded(self) -> Classifier:
        if self.champion is None:
            raise DamagedVersionError(f"version {self.pointed} does not load")
        return self.champion

    def promote(self, version: str, penalty: float = 10.0) -> Counting:
        self.publish(version, penalty)
        found = load(self.place.models / version)
        counting = Counting(found.scorer)
        self.champion, self.pointed = Classifier(found.version, counting), version
        return counting

    def asked(self, n: int, order: Order = "uncertain") -> list[str]:
        return [one.mail.id for one in self.waiting.ask(n, order).items]


@pytest.fixture
def bench(place: Home, few_rows: list[dict[str, Any]], tfidf_version: Callable[..., str]) -> Iterator[Bench]:
    made = Bench(place, few_rows, tfidf_version)
    yield made
    made.waiting.wait(30)


def test_without_a_champion_mails_come_by_chance_and_stay_in_their_order(bench: Bench) -> None:
    """Or the oldest first; what was answered goes, what is left stays where it was."""
    found = bench.waiting.ask(20, "uncertain")
    assert (found.total, found.left, found.skipped, found.labelled_today, found.next_cursor) == (60, 60, 0, 0, None)
    assert all(one.drawn and one.suggestion is None for one in found.items)
    before = bench.asked(20)
    bench.labels.put(before[0], "digest", "ann")
    bench.labels.do(before[1], "discard", "ann")
    after = bench.waiting.ask(20, "uncertain")
    assert [one.mail.id for one in after.items][:18] == before[2:]
    assert (after.total, after.labelled_today) == (58, 1)
    oldest = bench.asked(100, "oldest")
    assert set(oldest[:25]) <= {row["id"] for row in bench.rows[:30]}
    bench.labels.undo("ann")
    bench.labels.undo("ann")
    assert bench.asked(20) == before


def test_the_champion_is_asked_once_and_a_label_costs_it_nothing(bench: Bench) -> None:
    """Fast enough for a key a second; only what came since is asked about."""
    scorer = bench.promote("tfidf-1")
    bench.waiting.ask(10, "uncertain")
    bench.waiting.wait()
    assert sum(scorer.asked) == 60
    found = bench.waiting.ask(10, "uncertain").items
    assert {one.suggestion.version for one in found if one.suggestion} == {"tfidf-1"}
    assert sum(one.drawn for one in found) == 1
    for one in found[:5]:
        bench.labels.put(one.mail.id, "digest", "ann", one.suggestion)
        assert one.mail.id not in bench.asked(10)
    bench.waiting.wait()
    assert sum(scorer.asked) == 60
    bench.labels.add(
        [Incoming(StoredRow("new", {"subject": "s", "body": "b"}, "f")), Incoming(StoredRow("odd", {"text": "t"}, "f"))]
    )
    bench.asked(10)
    bench.waiting.wait()
    assert sum(scorer.asked) == 61, "a mail without the template's fields is not asked about"
    everything = {one.mail.id: one.suggestion for one in bench.waiting.ask(200, "uncertain").items}
    assert len(everything) == 57 and everything["odd"] is None and list(everything)[-1] != "new"


def test_the_least_sure_come_first_and_a_tenth_is_drawn_even_one_at_a_time(bench: Bench) -> None:
    """Every tenth answer is about a mail of chance, however few are asked for at a time."""
    bench.promote("tfidf-1")
    bench.asked(10)
    bench.waiting.wait()
    drawn = 0
    for _ in range(20):
        (one,) = bench.waiting.ask(1, "uncertain").items
        drawn += one.drawn
        bench.labels.put(one.mail.id, "digest", "ann")
    assert drawn == 2
    rest = [one for one in bench.waiting.ask(200, "uncertain").items if not one.drawn and one.suggestion]
    sure = [one.suggestion.confidence for one in rest if one.suggestion]
    assert sum(sure[:10]) < sum(sure[-10:])


@pytest.mark.parametrize("order", ["entropy", "rare", "oldest", "diverse"])
def test_every_order_asks_each_mail_once_and_skipped_ones_last(
    order: Order, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it goes by."""
    monkeypatch.setattr(waiting, "embedded", lambda champion, fields: np.eye(len(fields), 90))
    bench.promote("tfidf-1")
    skipped = bench.asked(2, order)
    for name in skipped:
        bench.labels.do(name, "skip", "ann")
    bench.waiting.wait()
    bench.asked(10, order)
    bench.waiting.wait()
    found = bench.waiting.ask(200, order)
    names = [one.mail.id for one in found.items]
    assert (len(names), len(set(names)), names[-2:]) == (60, 60, skipped)
    assert (found.total, found.left, found.skipped) == (60, 58, 2)
    assert [one.mail.skipped for one in found.items[-3:]] == [False, True, True]
    bench.labels.undo("ann")
    assert bench.asked(200, order)[-1] == skipped[0]


def test_a_fixed_tenth_is_shown_without_a_suggestion(bench: Bench) -> None:
    """The same mails at each look, told as blind: what people say of them is their own."""
    bench.promote("tfidf-1")
    bench.asked(10)
    bench.waiting.wait()
    items = bench.waiting.ask(200, "uncertain").items
    blind = {one.mail.id for one in items if one.blind}
    assert blind == {row["id"] for row in bench.rows[:90] if mark(row["id"], "blind") < 0.1} & {
        one.mail.id for one in items
    }
    assert blind and all((one.suggestion is None) == one.blind for one in items)
    share = sum(mark(f"m{i}", "blind") < 0.1 for i in range(5000)) / 5000
    assert 0.08 < share < 0.12
    assert mark("m1", "blind") != mark("m1", "drawn"), "chance draws mails of both kinds"


def test_a_promotion_changes_who_suggests(bench: Bench) -> None:
    """When it has answered as much; until then the old one's answers are shown."""
    bench.promote("tfidf-1")
    bench.asked(10)
    bench.waiting.wait()
    bench.promote("tfidf-2", 0.1)
    seen = {one.suggestion.version for one in bench.waiting.ask(10, "uncertain").items if one.suggestion}
    assert seen <= {"tfidf-1", "tfidf-2"}
    bench.waiting.wait()
    assert {one.suggestion.version for one in bench.waiting.ask(200, "rare").items if one.suggestion} == {"tfidf-2"}
    bench.pointed = None
    assert all(one.suggestion is None for one in bench.waiting.ask(10, "rare").items)


def test_a_champion_that_does_not_load_keeps_nobody_from_labelling(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mails come without suggestions, the log says why, and it is tried again later."""
    bench.pointed = "tfidf-1"
    assert len(bench.asked(10)) == 10
    assert "no suggestions for tiny: version tfidf-1 does not load" in caplog.text
    bench.promote("tfidf-1")
    assert all(one.suggestion is None for one in bench.waiting.ask(10, "rare").items), "not at once"
    bench.waiting._not_before = 0.0
    bench.asked(10)
    bench.waiting.wait()
    assert any(one.suggestion for one in bench.waiting.ask(10, "rare").items)


def test_what_others_said_and_brought_is_followed(database: Database) -> None:
    """As a fresh look has it, on both databases: labels, imports, skips, discards, and what was taken back."""
    labels = Labels(database, "tiny")
    labels.add([Incoming(StoredRow(f"r{i}", {"text": f"t {i}"}, "f"), "x" if i > 7 else None) for i in range(10)])
    Labels(database, "other").add([Incoming(StoredRow("r0", {"text": "t"}, "f"), "x")])
    its = Following(labels)

    def told(which: Following) -> Any:
        counts = which.look()
        orders = (
            first(which.newest(), 99),
            first(which.oldest(), 99),
            first(which.drawn(), 99),
            which.left_for_later(),
        )
        return counts, orders, which.n_done, +which.by_label

    assert told(its)[0] == waiting_counts(8, 0, 0)
    acts: tuple[Callable[[], Any], ...] = (
        lambda: labels.put("r0", "x", "ann"), lambda: labels.do("r1", "skip", "ann"), lambda: labels.do("r2", "skip", "bob"),
        lambda: labels.do("r3", "discard", "ann"), lambda: labels.take_away("r8", "ann"), lambda: labels.put("r9", "y", "bob"),
        lambda: labels.undo("ann"), lambda: labels.undo("ann"), lambda: labels.put_all(["r4", "r5"], "z", "bob"),
        lambda: labels.add([Incoming(StoredRow("r10", {"text": "t 10"}, "f"))]), lambda: labels.undo("bob"),
        lambda: labels.add([Incoming(StoredRow("r6", {"text": "t 6"}, "f"), "x", "2026-11-01")]), lambda: labels.put("r2", "x", "ann"),
    )  # fmt: skip
    for act in acts:
        act()
        assert told(its) == told(Following(labels))
    assert told(its)[0] == waiting_counts(6, 1, 3)
    assert (its.by_label["x"], its.by_label["y"], its.by_label["z"]) == (4, 1, 0)


def test_rows_of_a_clock_that_is_behind_are_found_too(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a minute: two machines may share a store."""
    labels = Labels(store_of(place), "tiny")
    labels.add([Incoming(StoredRow("a", {"text": "t"}, "f"))])
    its = Following(labels)
    assert its.look().waiting == 1
    monkeypatch.setattr("avocet.store.labels.now", lambda: "2020-01-01T00:00:00.000000Z")
    labels.add([Incoming(StoredRow("b", {"text": "t"}, "f"))])
    assert its.look().waiting == 1
    monkeypatch.setattr("avocet.store.following._COUNT_S", 0.0)
    assert (its.look().waiting, first(its.oldest(), 2)) == (2, ["b", "a"])


def waiting_counts(waiting: int, skipped: int, today: int) -> Any:
    from avocet.store.following import Counts

    return Counts(waiting, skipped, today)


def test_look_alikes_are_found_among_those_that_wait(place: Home) -> None:
    """Each mail is looked at once; what was labelled meanwhile is none of them."""
    labels = Labels(store_of(place), "tiny")
    words = "your order has left our house today and will be with you by the end of the week as usual"
    rows = [StoredRow(f"like-{i}", {"subject": "Sent", "body": f"{words} number {i}"}, "f:1") for i in range(4)]
    labels.add(
        [Incoming(row) for row in [*rows, StoredRow("else", {"subject": "s", "body": "quite another mail"}, "f:1")]]
    )
    found = LookAlikes(place, labels, Waiting(labels, lambda: None, lambda: pytest.fail("nobody is asked")).newest)
    assert sorted(found.of("like-0")) == ["like-1", "like-2", "like-3"]
    assert found.of("else") == []
    labels.put("like-2", "digest", "ann")
    labels.do("like-3", "discard", "ann")
    assert found.of("like-0") == ["like-1"] and found.of("like-2") == ["like-1", "like-0"]
    labels.add([Incoming(StoredRow("new", {"subject": "Sent", "body": f"{words} number 77"}, "f:2"))])
    assert found.of("like-0") == ["new", "like-1"]
    with pytest.raises(NotFoundError):
        found.of("nobody")
