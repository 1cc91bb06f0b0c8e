"""A line between a browser and a server of this machine, which can be cut as a network is."""

import socket
import struct
import threading
from contextlib import suppress

_AT_ONCE = struct.pack("ii", 1, 0)  # linger 0: the other end is told by a reset, as by a cut
_BLOCK = 1 << 16


class Line:
    """Passes bytes on from its own `port` to `target` on 127.0.0.1, until it is cut."""

    def __init__(self, target: int) -> None:
        self.target, self.n_cut = target, 0
        self._open: set[socket.socket] = set()
        self._lock, self._whole = threading.Lock(), True
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection, and each that is tried until `mend`."""
        with self._lock:
            self._whole = False
            cut, self._open = self._open, set()
        self.n_cut += len(cut) // 2
        for one in cut:
            _reset(one)

    def mend(self) -> None:
        """New connections pass again; those that were cut stay cut."""
        with self._lock:
            self._whole = True

    def close(self) -> None:
        """For good."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listening.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                _reset(browser)
                continue
            server.settimeout(None)
            with self._lock:
                kept = self._whole
                self._open |= {browser, server} if kept else set()
            if not kept:
                _reset(browser), _reset(server)
                continue
            for one, other in ((browser, server), (server, browser)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while block := one.recv(_BLOCK):
                other.sendall(block)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)  # its answer may still be on the way


def _reset(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    one.close()
