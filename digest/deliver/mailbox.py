"""An IMAP mailbox: what is new in it as raw mails, what was understood put away.  ~ world

Every call waits for the server: run it in a thread. imapclient's errors do not leave this file.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from digest.deliver.opened import MOST_BYTES
from digest.errors import Misconfigured, Temporary

WHERE = "bounces.mailbox"
_HEAD = f"BODY.PEEK[]<0.{MOST_BYTES}>"
_GOT = b"BODY[]<0>"
# A server that speaks no IMAP makes the parser of its answers stumble in many ways.
_BROKEN = (IMAPClientError, OSError, ValueError, LookupError, TypeError, AttributeError, EOFError)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxOptions:
    """Where the mailbox is. ``security``: implicit, starttls, or none (this machine alone)."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str
    done_folder: str  # empty: what was understood stays, marked as seen
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Mail:
    """The beginning of one mail: all that is ever looked at."""

    uid: int
    raw: bytes


class Mailbox:
    """One folder, open for reading and moving. Make it with ``open``; close it."""

    def __init__(self, client: IMAPClient, options: MailboxOptions) -> None:
        self._client = client
        self._options = options
        self._has_done = False

    @classmethod
    def open(cls, options: MailboxOptions) -> Mailbox:
        """Connect, log in and open the folder.

        Raises Misconfigured for a certificate, a password or a folder that is wrong, Temporary
        where the server does not answer.
        """
        with _translated(options):
            client = _connected(options)
            try:
                client.login(options.username, options.password)
                if not client.folder_exists(options.folder):
                    raise Misconfigured(
                        f"{WHERE}.folder", f"names {options.folder!r}, which is not there; make it"
                    )
                client.select_folder(options.folder)
            except BaseException:
                with suppress(*_BROKEN):
                    client.shutdown()
                raise
            return cls(client, options)

    def waiting(self) -> list[int]:
        """The new mails, the oldest first, by their numbers (UID)."""
        with _translated(self._options):
            return sorted(int(uid) for uid in self._client.search(["UNSEEN"]))

    def take(self, uids: Sequence[int]) -> list[Mail]:
        """The beginnings of these mails, those that are still there. They stay new."""
        with _translated(self._options):
            found = self._client.fetch(list(uids), [_HEAD])
            mails = [(uid, found[uid].get(_GOT)) for uid in uids if uid in found]
            return [Mail(uid, raw[:MOST_BYTES]) for uid, raw in mails if isinstance(raw, bytes)]

    def put_away(self, uids: Sequence[int]) -> None:
        """Mark as seen and move to the folder for what is done, where the server can (RFC 6851)."""
        if not uids:
            return
        with _translated(self._options):
            self._client.add_flags(list(uids), [SEEN], silent=True)
            folder = self._options.done_folder
            if not folder or not self._client.has_capability("MOVE"):
                return
            if not self._has_done and not self._client.folder_exists(folder):
                self._client.create_folder(folder)
            self._has_done = True
            self._client.move(list(uids), folder)

    def leave(self, uids: Sequence[int]) -> None:
        """Mark as seen and let lie where it is, for a person to look at."""
        if uids:
            with _translated(self._options):
                self._client.add_flags(list(uids), [SEEN], silent=True)

    def close(self) -> None:
        """Say goodbye; it does not matter whether the server hears it."""
        with suppress(*_BROKEN):
            self._client.logout()


def _connected(options: MailboxOptions) -> IMAPClient:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    implicit = options.security == "implicit"
    client = IMAPClient(
        options.host,
        options.port,
        ssl=implicit,
        ssl_context=context if implicit else None,
        timeout=options.timeout_seconds,
    )
    if options.security == "starttls":
        client.starttls(context)
    return client


@contextmanager
def _translated(options: MailboxOptions) -> Iterator[None]:
    place = f"the mailbox server {options.host}:{options.port}"
    try:
        yield
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise Temporary(f"{place} hung up while we logged in") from error
        raise Misconfigured(
            WHERE, f"is refused by {options.host}: mend username or the password's variable"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise Misconfigured(
            f"{WHERE}.host",
            f"is {options.host}, whose certificate does not prove it "
            f"({error.verify_message}); write the name that stands in it",
        ) from error
    except ssl.SSLError as error:
        raise Misconfigured(
            f"{WHERE}.tls",
            f"is {options.security!r}, and {options.host}:{options.port} speaks no such TLS; "
            "implicit goes with 993, starttls with 143",
        ) from error
    except TimeoutError as error:
        raise Temporary(f"{place} did not answer within {options.timeout_seconds:g} s") from error
    except _BROKEN as error:
        said = str(error).strip() or type(error).__name__
        raise Temporary(f"{place} cannot be used: {said[:200]}") from error
