"""Mails that say what another one says, found among those that wait: looked at once, in the background, and remembered."""

import logging
from collections.abc import Callable
from threading import Lock, Thread

from avocet.home import Home
from avocet.looked import looks_of
from avocet.looks import Look, alike
from avocet.review.asking import NO_TEXT, line_of
from avocet.store.labels import Labels
from avocet.store.said import StoredRow

MOST = 20_000  # mails that are looked at, the newest first
PATIENCE_S = 2.0
_CHUNK = 200
_log = logging.getLogger("avocet")


class LookAlikes:
    """Of one collection; thread-safe. `waiting` gives the newest mails that wait for a label, at most as many as asked."""

    def __init__(self, home: Home, labels: Labels, waiting: Callable[[int], list[str]]) -> None:
        self._home, self._labels, self._waiting = home, labels, waiting
        self._looks: dict[str, Look] = {}
        self._lock = Lock()
        self._worker: Thread | None = None

    def of(self, row_id: str) -> list[str]:
        """Mails that wait and say what this one says, the newest first: among those that were looked at within a moment.

        Raises NotFoundError, StoreError.
        """
        row = self._labels.row(row_id)
        names = [name for name in self._waiting(MOST) if name != row_id]
        self._look(names)
        (its,) = self._made([row])
        seen = [name for name in names if name in self._looks]
        return [seen[i] for i in alike(its, [self._looks[name] for name in seen])]

    def wait(self) -> None:
        """Until all were looked at."""
        if self._worker is not None:
            self._worker.join()

    def _look(self, names: list[str]) -> None:
        with self._lock:
            if any(name not in self._looks for name in names) and (self._worker is None or not self._worker.is_alive()):
                self._worker = Thread(target=self._look_at, args=(names,), name="looking for look-alikes", daemon=True)
                self._worker.start()
        if self._worker is not None:
            self._worker.join(PATIENCE_S)

    def _look_at(self, names: list[str]) -> None:
        try:
            fresh = [name for name in names if name not in self._looks]
            for at in range(0, len(fresh), _CHUNK):
                rows = self._labels.rows(fresh[at : at + _CHUNK])
                self._looks |= dict(zip([row.id for row in rows], self._made(rows), strict=True))
            waiting = set(names)
            self._looks = {name: look for name, look in self._looks.items() if name in waiting}
        except Exception as e:  # noqa: BLE001  in a thread nobody else is told; its message may hold mail
            _log.warning("look-alikes in %s: %s", self._labels.collection, type(e).__name__)

    def _made(self, rows: list[StoredRow]) -> list[Look]:
        return list(looks_of(map(line_of, rows), NO_TEXT, self._home.kept))
