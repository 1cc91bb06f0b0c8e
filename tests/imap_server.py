"""A real IMAP server for tests (pymap, from the `test` extra) over a Maildir, and a front that adds TLS or cuts the line."""

import base64
import hashlib
import mailbox
import os
import secrets
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

USER, PASSWORD = "ann@example.org", "pass word 7"


@dataclass
class ImapServer:
    """Mails of one user in a folder; the server over it can be killed and started again."""

    root: Path
    certificate: tuple[Path, Path] | None = None  # with it STARTTLS is offered, and asked for before a login
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def box(self) -> mailbox.Maildir:
        return mailbox.Maildir(self.root / "mails")

    def put(self, *mails: bytes, arrived: float | None = None) -> None:
        self.box.close()  # its folders are there now
        for raw in mails:
            name = f"{time.time_ns()}.{secrets.token_hex(4)}"
            (self.root / "mails" / "new" / name).write_bytes(raw)
            if arrived is not None:
                os.utime(self.root / "mails" / "new" / name, (arrived, arrived))

    def seen(self) -> int:
        """How many mails are marked as seen."""
        return sum("S" in message.get_flags() for message in self.box)

    def count_anew(self) -> None:
        """Another UIDVALIDITY, as after a mailbox was restored; UIDs start from 1."""
        (self.root / "mails" / "dovecot-uidlist").unlink()

    def start(self) -> None:
        self.root.mkdir(exist_ok=True)
        salt = os.urandom(16)
        digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 1000)
        hashed = f"$pbkdf2-sha256$1000${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
        (self.root / "pymap-etc-passwd").write_text(f"{USER}:x::::mails:\n")
        (self.root / "pymap-etc-shadow").write_text(f"{USER}:{hashed}:::::::\n")
        for lock in self.root.rglob("*.lock"):  # of a server that was killed
            lock.unlink()
        self.port = self.port or _free_port()
        how = (
            ["--cert", str(self.certificate[0]), "--key", str(self.certificate[1])]
            if self.certificate
            else ["--no-tls"]
        )
        program = "from pymap.main import main; main()"
        words = [sys.executable, "-c", program, "--host", "127.0.0.1", "--port", str(self.port), *how]
        self._process = subprocess.Popen([*words, "maildir", str(self.root)], stderr=subprocess.DEVNULL)
        _until_it_listens(self.port, self._process)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def front(
    port: int, certificate: tuple[Path, Path] | None = None, cut_after: int | None = None, slow_s: float = 0.0
) -> Iterator[int]:
    """A port that leads to `port`: over TLS, or cut off after so many bytes of the server's, or slow."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):  # the test is over, or the client went away
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=_join, args=(client, port, context, cut_after, slow_s), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def _join(
    client: socket.socket, port: int, context: ssl.SSLContext | None, cut_after: int | None, slow_s: float
) -> None:
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port)) as server,
        context.wrap_socket(client, server_side=True) if context else client as its,
    ):
        threading.Thread(target=_copy, args=(its, server, None, 0.0), daemon=True).start()
        _copy(server, its, cut_after, slow_s)
        its.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, target: socket.socket, left: int | None, slow_s: float) -> None:
    with suppress(OSError):
        while left != 0 and (some := source.recv(4096)):
            time.sleep(slow_s)
            some = some[:left]
            target.sendall(some)
            left = None if left is None else left - len(some)


def certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """(certificate, key) that signed itself, for `host`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name, at = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]), datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), at - timedelta(1), at + timedelta(1)
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    found = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    files = folder / f"{host}.pem", folder / f"{host}.key"
    files[0].write_bytes(found.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def _free_port() -> int:
    with socket.socket() as any_one:
        any_one.bind(("127.0.0.1", 0))
        return int(any_one.getsockname()[1])


def _until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the IMAP server ended at once"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise AssertionError("the IMAP server does not listen")
