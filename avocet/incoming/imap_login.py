"""The way into a mailbox over IMAP: the password, TLS with its certificate checked, and the folder, to read only."""

import imaplib
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from avocet.errors import FetchError
from avocet.store.accounts import Account

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

TIMEOUT_S = 60  # for each answer: a server that hangs must not hold the night
SERVICE = "avocet"  # how the keyring files the passwords


def password_of(account: Account) -> str:
    """From the environment, else from the keyring. Raises FetchError that says how to give it."""
    found = os.environ.get(account.variable) or _from_keyring(account)
    if not found:
        raise FetchError(f"there is no password for account {account.name}: {how_to_give(account)}")
    if any(c in found for c in "\r\n\x00"):
        raise FetchError(f"the password of account {account.name} holds a line break; give it without")
    return found


def how_to_give(account: Account) -> str:
    """One line for people."""
    return f"set {account.variable} in the environment, or `keyring set {SERVICE} {account.name}`"


@contextmanager
def opened(account: Account) -> Iterator["BaseMailBox"]:
    """The mailbox with its folder selected by EXAMINE, so that nothing in it can change. Raises FetchError."""
    password = password_of(account)
    with _answering(account, "connecting"):
        box = _connected(account)
    try:
        _log_in(box, account, password)
        _examine(box, account)
        yield box
    except BaseException:
        with suppress(OSError):  # it is mostly broken already, and the first error is the one to tell
            box.client.shutdown()
        raise
    from imap_tools import ImapToolsError

    with suppress(imaplib.IMAP4.error, ImapToolsError, OSError):  # all was read; how it says goodbye is its own affair
        box.logout()


@contextmanager
def reading(account: Account) -> Iterator[None]:
    """Turns a connection that breaks within into a FetchError."""
    with _answering(account, "reading"):
        yield


def _from_keyring(account: Account) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        return None
    try:
        return keyring.get_password(SERVICE, account.name)
    except KeyringError as e:
        raise FetchError(
            f"there is no password for account {account.name}: the keyring cannot be read ({type(e).__name__}); "
            f"{how_to_give(account)}"
        ) from None


def _connected(account: Account) -> "BaseMailBox":
    try:
        from imap_tools import MailBox, MailBoxStartTls, MailboxStarttlsError, MailBoxUnencrypted
    except ModuleNotFoundError:
        raise FetchError("fetching needs imap-tools: `pip install -e '.[imap]'` in the checkout") from None
    if account.security == "none":
        return MailBoxUnencrypted(account.host, account.port, timeout=TIMEOUT_S)
    trusting = ssl.create_default_context()  # checks the chain and the host's name
    kind = MailBox if account.security == "tls" else MailBoxStartTls
    try:
        return kind(account.host, account.port, timeout=TIMEOUT_S, ssl_context=trusting)
    except MailboxStarttlsError:
        raise imaplib.IMAP4.abort("TLS refused") from None


def _log_in(box: "BaseMailBox", account: Account, password: str) -> None:
    from imap_tools import MailboxLoginError

    login = box.login if f"{account.username}{password}".isascii() else box.login_utf8
    with _answering(account, "logging in"):
        try:
            login(account.username, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, MailboxLoginError):
            # What the server said is not told: some repeat the command, and the password stands in it.
            raise FetchError(
                f"{account.host} refused user {account.username} or the password of account {account.name}: "
                f"{how_to_give(account)} (some providers want a password for apps)"
            ) from None


def _examine(box: "BaseMailBox", account: Account) -> None:
    from imap_tools import MailboxFolderSelectError

    with _answering(account, "opening the folder"):
        try:
            box.folder.set(account.folder, readonly=True)
        except MailboxFolderSelectError:
            raise FetchError(
                f"there is no folder {account.folder!r} for account {account.name} on {account.host}; "
                f"`avocet accounts rm {account.name}`, then add it with the right --folder"
            ) from None


@contextmanager
def _answering(
    account: Account, doing: Literal["connecting", "logging in", "opening the folder", "reading"]
) -> Iterator[None]:
    """Each way in which a connection fails as one line."""
    where = f"{account.host}:{account.port}"
    if doing == "connecting":
        failed = f"{where} of account {account.name} cannot be reached"
    else:
        failed = f"the connection to {where} was lost ({doing}); what came in before stays, and the next fetch goes on from there"
    try:
        yield
    except ssl.SSLCertVerificationError as e:
        raise FetchError(
            f"the certificate of {where} is not to be trusted ({e.verify_message}); nothing was sent. "
            "For an authority of your own set SSL_CERT_FILE"
        ) from None
    except TimeoutError:
        raise FetchError(f"{failed}: no answer within {TIMEOUT_S} s") from None
    except imaplib.IMAP4.abort as e:
        why = "it offers no STARTTLS" if "TLS" in str(e) else "it ended the connection"
        raise FetchError(f"{failed}: {why}") from None
    except imaplib.IMAP4.error:
        raise FetchError(f"{failed}: it does not speak IMAP as expected") from None
    except UnicodeError:  # a name of a host with an empty or endless part
        raise FetchError(f"{failed}: {account.host!r:.80} cannot be a host") from None
    except OSError as e:
        hint = ", is --security right?" if isinstance(e, ssl.SSLError) and doing == "connecting" else ""
        raise FetchError(f"{failed}: {getattr(e, 'reason', None) or e.strerror or type(e).__name__}{hint}") from None
