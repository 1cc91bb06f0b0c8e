"""The review queue as a long-lived program holds it: scored once, in the background, and kept up with what people say.

To score two thousand mails takes a champion seconds to half a minute, and a person presses a key a second. So answers of
the champion are kept in memory for as long as it is champion, each look at the queue takes in what was said since the last
one, and mails that came since are scored aside.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avocet.classifier import Classifier
from avocet.errors import AvocetError
from avocet.review import RANDOM_SHARE, entropy, margin, rarity, spread_out
from avocet.review.asking import MOST, embedded
from avocet.store.following import Following, first, mark
from avocet.store.labels import Labels
from avocet.store.mails import Mail, mails_of
from avocet.store.said import Prediction, StoredRow

Order = Literal["uncertain", "rare", "random", "oldest", "diverse", "entropy"]
AHEAD = 200  # of the oldest mails and of those drawn by chance, which may be older than the newest MOST
CROWD = 500  # uncertain mails among which those that are far from each other are looked for
BLIND_SHARE = 0.1  # shown without a suggestion: it tells whether people follow it because it is there
PATIENCE_S = 0.5  # a first look waits so long for suggestions; then it does without, and whoever asks again has them
RETRY_S = 30.0  # after a champion that could not be asked
_CHUNK = 50
_log = logging.getLogger("avocet")


@dataclass(frozen=True)
class QueuedMail:
    """One mail to label: what the champion says (None without one, or if `blind`), and whether it was drawn at random."""

    mail: Mail
    suggestion: Prediction | None
    drawn: bool
    blind: bool


@dataclass(frozen=True)
class Queue:
    """The next mails; `total` wait, of which `skipped` were left for later and `left` were not."""

    items: Sequence[QueuedMail]
    total: int
    next_cursor: str | None
    labelled_today: int
    left: int
    skipped: int


@dataclass
class _Scored:
    """What one version answered; None for a mail that lacks a field of its template."""

    version: str
    labels: tuple[str, ...]
    said: dict[str, Prediction | None] = field(default_factory=dict)
    scores: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    vectors: dict[str, NDArray[np.float64]] = field(default_factory=dict)


class Waiting:
    """The queue of one collection; thread-safe.

    `pointed` says who is champion (None: nobody), `champion` gives it, loaded; it may take its time, and raise.
    """

    def __init__(self, labels: Labels, pointed: Callable[[], str | None], champion: Callable[[], Classifier]) -> None:
        self._labels, self._pointed, self._champion = labels, pointed, champion
        self._following = Following(labels)
        self._scored: _Scored | None = None
        self._next: _Scored | None = None  # a new champion's, until it has answered as much
        self._spreads = False
        self._lock, self._ready = Lock(), Event()
        self._worker: Thread | None = None
        self._not_before = 0.0

    def ask(self, n: int, order: Order) -> Queue:
        """The next `n` mails. Raises StoreError."""
        with self._lock:
            counts = self._following.look()
            self._spreads = self._spreads or order == "diverse"
            self._begin()
            waits = self._scored is None and self._worker is not None
        if waits:
            self._ready.wait(PATIENCE_S)
        with self._lock:
            chosen = self._chosen(n, order)
            said = self._scored.said if self._scored else {}
            suggested = {name: said.get(name) for name, _ in chosen}
        mails = {mail.id: mail for mail in mails_of(self._labels, [name for name, _ in chosen])}
        items = [_shown(mails[name], suggested[name], drawn) for name, drawn in chosen if _waits(mails.get(name))]
        left = counts.waiting - counts.skipped
        return Queue(items, counts.waiting, None, counts.today, left, counts.skipped)

    def newest(self, n: int) -> list[str]:
        """At most `n` mails that wait and were not skipped, the newest first. Raises StoreError."""
        with self._lock:
            self._following.look()
            return first(self._following.newest(), n)

    def wait(self, timeout_s: float | None = None) -> None:
        """Until what is being scored is scored."""
        worker = self._worker
        if worker is not None:
            worker.join(timeout_s)

    def _begin(self) -> None:
        pointed = self._pointed()
        if pointed is None:
            self._scored = self._next = None
            return
        idle = self._worker is None or not self._worker.is_alive()
        if idle and time.monotonic() >= self._not_before and self._missing(pointed):
            self._ready.clear()
            self._worker = Thread(target=self._score, name="scoring the queue", daemon=True)
            self._worker.start()

    def _missing(self, version: str) -> bool:
        scored = self._scored
        if scored is None or scored.version != version or self._far(scored):
            return True
        # Each answer lets one more mail in sight: to score it at once would keep the next key waiting for it.
        names = set(self._unscored(scored))
        return len(names) >= _CHUNK // 2 or not names.isdisjoint(first(self._following.newest(), _CHUNK))

    def _unscored(self, scored: _Scored) -> list[str]:
        """The next mails to ask the champion about."""
        its = self._following
        rooms = (first(its.drawn(), AHEAD), first(its.oldest(), AHEAD), first(its.newest(), MOST), its.left_for_later())
        names = dict.fromkeys([*rooms[2][:AHEAD], *(name for room in rooms for name in room[:MOST])])
        return [name for name in names if name not in scored.said][:_CHUNK]

    def _score(self) -> None:
        """In a thread of its own, until nothing is missing."""
        try:
            while self._answered(champion := self._champion()) or self._placed(champion):
                self._ready.set()
        except AvocetError as e:
            _log.warning("no suggestions for %s: %s", self._labels.collection, e)
            self._not_before = time.monotonic() + RETRY_S
        except Exception as e:  # noqa: BLE001  also a full memory; a message may hold mail
            _log.warning("no suggestions for %s: %s", self._labels.collection, type(e).__name__)
            self._not_before = time.monotonic() + RETRY_S
        finally:
            self._ready.set()

    def _answered(self, champion: Classifier) -> bool:
        """Some more mails, by what the champion says; whether there were any."""
        with self._lock:
            self._following.look()
            scored = self._of(champion)
            names = self._unscored(scored)
            if not names:
                self._scored, self._next = scored, None
                return False
        said, scores = _asked(champion, self._labels.rows(names))
        with self._lock:
            scored.said |= {**dict.fromkeys(names), **said}
            scored.scores |= scores
            if self._scored is None:
                self._scored = scored
        return True

    def _placed(self, champion: Classifier) -> bool:
        """Some more vectors; whether there were any to make."""
        with self._lock:
            scored = self._of(champion)
            names = self._far(scored)
        texts = {row.id: fields for row in self._labels.rows(names) if (fields := _fields(champion, row)) is not None}
        vectors = dict(zip(texts, embedded(champion, list(texts.values())), strict=True)) if texts else {}
        with self._lock:
            scored.vectors |= vectors
        return bool(vectors)

    def _of(self, champion: Classifier) -> _Scored:
        """Where its answers go."""
        version = champion.version.id
        for known in (self._scored, self._next):
            if known is not None and known.version == version:
                return known
        self._next = _Scored(version, champion.labels)
        return self._next

    def _far(self, scored: _Scored) -> list[str]:
        """Uncertain mails that have no vector yet, where somebody asks for mails that are far from each other."""
        if not self._spreads:
            return []
        names, scores = self._rated(scored)
        crowd = [names[i] for i in np.argsort(-margin(scores), kind="stable")[:CROWD]] if names else []
        return [name for name in crowd if name not in scored.vectors][:_CHUNK]

    def _rated(self, scored: _Scored) -> tuple[list[str], NDArray[np.float64]]:
        """(mails that wait, what was answered)."""
        its = self._following
        names = [name for name in scored.scores if name in its.waiting and name not in its.skipped]
        return names, np.array([scored.scores[name] for name in names]).reshape(len(names), len(scored.labels))

    def _chosen(self, n: int, order: Order) -> list[tuple[str, bool]]:
        """(mail, whether chance has drawn it): skipped ones at the end."""
        its, scored = self._following, self._scored
        if order == "oldest":
            found = [(name, False) for name in first(its.oldest(), n)]
        elif order == "random" or scored is None:
            found = [(name, True) for name in first(its.drawn(), n)]
        else:
            names, scores = self._rated(scored)
            best = _ordered(names, scores, n, order, [its.by_label[label] for label in scored.labels], scored.vectors)
            unrated = first(its.newest(), n, lambda name: name in scored.scores)
            found = _mixed([*best, *unrated], its.drawn(), n, its.n_done)
        later = [(name, False) for name in its.left_for_later()]
        return [*found, *later[: n - len(found)]]


def _ordered(
    names: Sequence[str], scores: NDArray[np.float64], n: int, order: Order, counts: Sequence[int],
    vectors: Mapping[str, NDArray[np.float64]],
) -> list[str]:  # fmt: skip
    """The most urgent, and a few more than are asked for."""
    if not names:
        return []
    urgency = rarity(scores, counts) if order == "rare" else entropy(scores) if order == "entropy" else margin(scores)
    n += round(n * RANDOM_SHARE) + 1  # chance may draw some of them
    if order == "diverse":
        have = [i for i in np.argsort(-urgency, kind="stable")[:CROWD] if names[i] in vectors]
        far = spread_out(urgency[have], np.array([vectors[names[i]] for i in have]), n) if have else []
        if len(far) >= min(n, len(names)):
            return [names[have[i]] for i in far]
    return [names[i] for i in np.argsort(-urgency, kind="stable")[:n]]


def _mixed(best: Sequence[str], drawn: Iterator[str], n: int, n_done: int) -> list[tuple[str, bool]]:
    """Every tenth mail is one of chance, counted over all that was answered: whoever asks for one at a time gets some, too."""
    found: dict[str, bool] = {}
    urgent, every = iter(best), round(1 / RANDOM_SHARE)
    for place in range(n):
        by_chance = (n_done + place) % every == every // 2
        name = next((name for name in (drawn if by_chance else urgent) if name not in found), None)
        if name is None:
            by_chance = not by_chance
            name = next((name for name in (drawn if by_chance else urgent) if name not in found), None)
        if name is None:
            break
        found[name] = by_chance
    return list(found.items())


def _shown(mail: Mail, suggestion: Prediction | None, drawn: bool) -> QueuedMail:
    blind = mark(mail.id, "blind") < BLIND_SHARE
    return QueuedMail(mail, None if blind else suggestion, drawn, blind)


def _waits(mail: Mail | None) -> bool:
    return mail is not None and mail.label is None and not mail.discarded


def _fields(champion: Classifier, row: StoredRow) -> dict[str, str] | None:
    """What its template reads; None where the mail lacks something of it."""
    whole = all(name in row.fields for name in champion.fields)
    return {name: row.fields[name] for name in champion.fields} if whole else None


def _asked(champion: Classifier, rows: Sequence[StoredRow]) -> tuple[dict[str, Prediction], dict[str, Any]]:
    """(what it says of each mail that it can read, its scores in the order of its labels)."""
    texts = {row.id: fields for row in rows if (fields := _fields(champion, row)) is not None}
    said: dict[str, Prediction] = {}
    scores: dict[str, Any] = {}
    for name, found in zip(texts, champion.classify_fields(list(texts.values())), strict=True):
        ranked = dict(found.ranked)
        said[name] = Prediction(found.label, found.confidence, found.version)
        scores[name] = np.array([ranked[label] for label in champion.labels])
    return said, scores
