"""An IMAP mailbox: what is new in it as raw mails, what was understood put away.  ~ world

Every call waits for the server: run it in a thread. imapclient's errors do not leave this file.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
)

from digest.deliver.opened import MOST_BYTES, one_line
from digest.errors import Misconfigured, Temporary
from digest.tls import ANOTHERS, distrusted, verifying

WHERE = "bounces.mailbox"
# RFC 5530, 3, and Gmail: the password may be right.
_PASSING = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]|too many", re.IGNORECASE)
MOST_REOPENED = 20  # connections; one mail among 50 takes six
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

    def __init__(self, opened: _Opened, options: MailboxOptions) -> None:
        self._client = opened.client
        self._options = options
        self._done = opened.done
        self._numbering = opened.numbering
        self._reopened = 0
        self.withheld: list[int] = []  # mails that the server failed to hand out
        self.unmoved: list[int] = []  # mails that it refused to move; they are marked as seen

    @classmethod
    def open(cls, options: MailboxOptions) -> Mailbox:
        """Connect, log in and open the folder; make the one for what is done where it is missing.

        Raises Misconfigured for a certificate, a password or a folder that is wrong, Temporary
        where the server does not answer.
        """
        with _translated(options):
            return cls(_opened(options), options)

    def waiting(self) -> list[int]:
        """The new mails, the oldest first, by their numbers (UID)."""
        with _translated(self._options):
            return sorted(int(uid) for uid in self._client.search(["UNSEEN"]))

    def take(self, uids: Sequence[int]) -> list[Mail]:
        """The beginnings of these mails, those that are still there. They stay new.

        A server that fails at one mail, or hangs up there, is asked for the others once more.
        """
        with _translated(self._options):
            try:
                return self._fetched(uids)
            except (IMAPClientError, ConnectionError):  # it says no, hangs up, or is killed
                if self._reopened == MOST_REOPENED:
                    raise
                self._reopen()
        if len(uids) == 1:
            self.withheld += uids
            return []
        middle = len(uids) // 2
        return [*self.take(uids[:middle]), *self.take(uids[middle:])]

    def put_away(self, uids: Sequence[int]) -> None:
        """Mark as seen and move to the folder for what is done, where the server can (RFC 6851).

        Those that it refuses to move, since the mailbox is full for instance, stop none behind.
        """
        if not uids:
            return
        self.leave(uids)
        if not self._done:
            return
        with _translated(self._options):
            try:
                self._client.move(list(uids), self._done)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                self.unmoved += uids

    def leave(self, uids: Sequence[int]) -> None:
        """Mark as seen and let lie where it is, for a person to look at."""
        if uids:
            with _translated(self._options):
                self._client.add_flags(list(uids), [SEEN], silent=True)

    def close(self) -> None:
        """Say goodbye; it does not matter whether the server hears it."""
        with suppress(*_BROKEN):
            self._client.logout()

    def _fetched(self, uids: Sequence[int]) -> list[Mail]:
        found = self._client.fetch(list(uids), [_HEAD])
        mails = [(uid, found[uid].get(_GOT)) for uid in uids if uid in found]
        return [Mail(uid, raw[:MOST_BYTES]) for uid, raw in mails if isinstance(raw, bytes)]

    def _reopen(self) -> None:
        self._reopened += 1
        with suppress(*_BROKEN):
            self._client.shutdown()
        again = _opened(self._options)
        self._client, self._done = again.client, again.done
        if again.numbering != self._numbering:  # what we know by number is another mail now
            raise Temporary(
                f"the mailbox server {self._options.host} has numbered the mails of "
                f"{self._options.folder!r} anew; what is left is read the next time"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A connection with the folder selected."""

    client: IMAPClient
    done: str  # the folder for what was understood; empty: it stays where it is
    numbering: int  # UIDVALIDITY: as long as it is the same, a number is the same mail (RFC 3501)


def _opened(options: MailboxOptions) -> _Opened:
    client = _connected(options)
    try:
        _log_in(client, options)
        if not client.folder_exists(options.folder):
            raise Misconfigured(
                f"{WHERE}.folder", f"names {options.folder!r}, which is not there; make it"
            )
        # Before anything is acted on: what cannot be put away is said first.
        done = _done_folder(client, options)
        numbering = _select(client, options)
    except BaseException:
        with suppress(*_BROKEN):
            client.shutdown()
        raise
    return _Opened(client=client, done=done, numbering=numbering)


def _select(client: IMAPClient, options: MailboxOptions) -> int:
    """Open the folder; its UIDVALIDITY, 0 from a server that has none."""
    try:
        return int(client.select_folder(options.folder).get(b"UIDVALIDITY", 0))
    except IMAPClientReadOnlyError as error:
        raise Misconfigured(
            f"{WHERE}.folder",
            f"names {options.folder!r}, which {options.host} lets {options.username!r} read and "
            "not change; give it the right to, since what was read is marked as seen and moved",
        ) from error


def _connected(options: MailboxOptions) -> IMAPClient:
    context = verifying()
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


def _log_in(client: IMAPClient, options: MailboxOptions) -> None:
    """``LOGIN`` carries ASCII alone; ``AUTHENTICATE PLAIN`` (RFC 4616) all letters."""
    if (options.username + options.password).isascii():
        client.login(options.username, options.password)
        return
    if not client.has_capability("AUTH=PLAIN"):
        raise Misconfigured(
            WHERE,
            f"has letters beyond ASCII in username or password, which {options.host} does not "
            "take; choose others",
        )
    client.plain_login(options.username, options.password)


def _done_folder(client: IMAPClient, options: MailboxOptions) -> str:
    """Where what was understood is moved, made where it is missing; empty where it stays."""
    name = options.done_folder
    if not name or not client.has_capability("MOVE"):
        return ""
    why = None
    for one in _names(client, name):
        try:
            if not client.folder_exists(one):
                client.create_folder(one)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            why = why or error
        else:
            return one
    said = str(why).strip()[:200]
    raise Misconfigured(
        f"{WHERE}.done_folder",
        f"is {name!r}, which {options.host} does not make ({said}); "
        "name a folder that is there, or leave it empty",
    ) from why


def _names(client: IMAPClient, name: str) -> Iterator[str]:
    """What a folder may be called: as it says, or below INBOX where a server keeps all there."""
    yield name
    if client.has_capability("NAMESPACE"):
        own = next(iter(client.namespace().personal or ()), ("", ""))[0]
        if own and not name.startswith(own):
            yield own + name


def _words(error: LoginError) -> str:
    """What the server says to the password; imapclient gives the bytes as Python writes them."""
    within = error.__context__.args if error.__context__ else ()
    said = within[0] if within and isinstance(within[0], bytes) else str(error).encode()
    return one_line(said.decode("utf-8", "replace"))[:300]


@contextmanager
def _translated(options: MailboxOptions) -> Iterator[None]:
    place = f"the mailbox server {options.host}:{options.port}"
    try:
        yield
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise Temporary(f"{place} hung up while we logged in") from error
        said = _words(error)
        if _PASSING.search(said):
            raise Temporary(f"{place} lets nobody in now: {said}") from error
        # Google and others say here what kind of password they want.
        raise Misconfigured(
            WHERE,
            f"is refused by {options.host} ({said}): mend username or the password's variable",
        ) from error
    except ssl.SSLCertVerificationError as error:
        cure = "; write the name that stands in it" if error.verify_code in ANOTHERS else ""
        raise Misconfigured(
            f"{WHERE}.host", f"is {options.host}, and {distrusted(error)}{cure}"
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
