"""A mailbox on a real Dovecot: read in batches, put away, read again after a crash; and the rest."""

import os
import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from digest.deliver import mailbox as mailboxes
from digest.deliver.mailbox import Mail, Mailbox, MailboxOptions
from digest.deliver.opened import MOST_BYTES
from digest.deliver.verp import Ref, Sort
from digest.errors import Misconfigured, Temporary
from digest.services import feedback, membership
from digest.services.feedback import Came, Rules
from digest.services.membership import Profile
from digest.storage import members
from digest.storage.database import Store
from digest.wiring import bounces as coming_back
from subscribers.acts import Join
from subscribers.address import Address
from subscribers.model import By, Standing
from tests.builders import NOW
from tests.deliver.imap import DOVECOT, PASSWORD, dovecot, hostile
from tests.deliver.returns import RING, returned

needs_dovecot = pytest.mark.skipif(
    DOVECOT is None or os.geteuid() != 0,
    reason="needs Dovecot, and to be root to start it: apt-get install dovecot-imapd",
)
HELLO = b"* OK IMAP4rev1 ready\r\n"
OPTIONS = MailboxOptions(
    host="127.0.0.1",
    port=0,
    security="implicit",
    username="bounces",
    password=PASSWORD,
    folder="INBOX",
    done_folder="Digest",
    timeout_seconds=20,
)


@pytest.fixture
def server(monkeypatch):
    with dovecot() as running:
        # What OpenSSL trusts; nothing in the program can be told to trust less.
        monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
        yield running


@pytest.fixture
async def store(tmp_path):
    opened = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    yield opened
    await opened.close()


async def ada(store):
    done = await membership.join(
        store,
        Profile(address=Address.parse("ada@example.org")),
        Join(newsletter="daily"),
        by=By.READER,
        ring=RING,
        clock=lambda: NOW,
    )
    return done.subscriber


async def read(store, server, **given):
    mailbox = Mailbox.open(replace(OPTIONS, port=server.tls, **given))
    try:
        return await read_from(store, mailbox)
    finally:
        mailbox.close()


async def read_from(store, mailbox):
    return await feedback.read(
        store,
        mailbox,
        acts=coming_back.acts(RING),
        ring=RING,
        rules=Rules(),
        clock=lambda: NOW,
    )


LETTER = Ref.of(Sort.LETTER, 1, NOW)


@needs_dovecot
async def test_what_was_understood_is_put_away_and_the_rest_is_left_for_a_person(store, server):
    who = await ada(store)
    server.put(
        returned("postfix-unknown", ref=LETTER),
        returned("holiday", ref=LETTER),
        returned("a-person", ref=LETTER),
        returned("qmail", envelope="bounces@quayside.example"),
    )

    told = await read(store, server)

    assert told == {Came.ACTED: 1, Came.IGNORED: 1, Came.NO_REPORT: 1, Came.UNPROVEN: 1}
    assert (await store.read(members.person, who)).standing is Standing.BOUNCED
    assert sorted(server.subjects("Digest")) == [
        "Re: Barges return as the old lock gates swing",
        "Undelivered Mail Returned to Sender",
    ]
    assert sorted(server.subjects("INBOX")) == ["Re: Barges return", "failure notice"]
    assert server.subjects("INBOX", "UNSEEN") == []
    assert await read(store, server) == {}


class Stumble(bytes):
    """A mail that some fault of ours cannot read."""

    def __getitem__(self, _):
        raise RecursionError


class Box:
    """A mailbox in memory, of mails that no server can carry."""

    def __init__(self, *mails):
        self.new = dict(enumerate(mails, 1))
        self.left, self.done = [], []

    def waiting(self):
        return list(self.new)

    def take(self, uids):
        return [Mail(uid, self.new.pop(uid)) for uid in uids]

    def put_away(self, uids):
        self.done += uids

    def leave(self, uids):
        self.left += uids


async def test_a_mail_that_cannot_be_read_stops_none_of_those_behind_it(store):
    who = await ada(store)
    box = Box(Stumble(returned("holiday")), returned("postfix-unknown", ref=LETTER))

    told = await read_from(store, box)

    assert told == {Came.UNREADABLE: 1, Came.ACTED: 1}
    assert (box.left, box.done, box.new) == ([1], [2], {})
    assert (await store.read(members.person, who)).standing is Standing.BOUNCED


async def test_the_loop_goes_on_while_a_mail_is_read(store):
    readers = []

    class Telling(bytes):
        def __getitem__(self, place):
            readers.append(threading.get_ident())
            return super().__getitem__(place)

    await read_from(store, Box(Telling(returned("holiday"))))

    assert readers
    assert threading.get_ident() not in readers[:1]


@needs_dovecot
async def test_a_mail_of_brackets_is_left_and_the_bounce_behind_it_acted_on(store, server):
    who = await ada(store)
    brackets = b"From: a@b.example\r\nContent-Type: %s\r\n\r\nx\r\n" % (b"(" * 300)
    server.put(brackets, returned("postfix-unknown", ref=LETTER))

    told = await read(store, server)

    assert told == {Came.NO_REPORT: 1, Came.ACTED: 1}
    assert (await store.read(members.person, who)).standing is Standing.BOUNCED
    assert await read(store, server) == {}


@needs_dovecot
async def test_a_crash_between_acting_and_moving_acts_once(store, server):
    await ada(store)
    server.put(*(returned("postfix-full", ref=LETTER) for _ in range(3)))

    class Plug(Exception):
        pass

    class Pulled(Mailbox):
        def put_away(self, uids):
            raise Plug

    mailbox = Pulled.open(replace(OPTIONS, port=server.tls))
    with pytest.raises(Plug):
        await read_from(store, mailbox)
    mailbox.close()

    assert await read(store, server) == {Came.KNOWN: 3}
    assert len(server.subjects("Digest")) == 3


@needs_dovecot
async def test_many_are_read_in_batches_and_no_folder_for_them_means_they_stay(
    store, server, monkeypatch
):
    await ada(store)
    server.put(*(returned("holiday", ref=LETTER) for _ in range(feedback.BATCH + 3)))

    assert await read(store, server, done_folder="") == {Came.IGNORED: feedback.BATCH + 3}

    assert len(server.subjects("INBOX", "SEEN")) == feedback.BATCH + 3
    assert await read(store, server, done_folder="") == {}


@needs_dovecot
async def test_a_mail_that_the_server_cannot_hand_out_stops_none_of_the_others(store, server):
    who = await ada(store)
    server.put(*(returned("holiday") for _ in range(5)), returned("postfix-unknown", ref=LETTER))
    _, broken, *_ = sorted((server.authority.parent / "mail").glob("*/*.*"))
    broken.chmod(0)  # Dovecot hangs up at it

    mailbox = Mailbox.open(replace(OPTIONS, port=server.tls))
    told = await read_from(store, mailbox)
    mailbox.close()

    assert (told, len(mailbox.withheld)) == ({Came.IGNORED: 4, Came.ACTED: 1}, 1)
    assert (await store.read(members.person, who)).standing is Standing.BOUNCED
    broken.chmod(0o600)
    assert await read(store, server) == {Came.IGNORED: 1}


def test_a_server_that_hands_out_nothing_is_not_asked_without_end():
    asked = []

    def fetch(tag):
        asked.append(tag)
        return f"{tag} NO [SERVERBUG] internal error\r\n".encode()

    with hostile(answers(**{**FOLDERS, "UID": fetch}), HELLO) as port:
        mailbox = Mailbox.open(replace(OPTIONS, port=port, security="none"))
        with pytest.raises(Temporary, match="internal error"):
            mailbox.take(range(1, 51))
        mailbox.close()

    assert len(asked) == mailboxes.MOST_REOPENED + 1


def test_a_server_that_is_killed_at_one_mail_is_asked_for_the_others():
    def answer(line):
        tag, command, *rest = line.decode().split()
        if command != "UID":
            return answers(**FOLDERS)(line)
        wanted = rest[1].split(",")
        if "2" in wanted:
            return None
        mails = "".join(f"* 1 FETCH (UID {uid} BODY[]<0> {{1}}\r\nx)\r\n" for uid in wanted)
        return f"{mails}{tag} OK done\r\n".encode()

    with hostile(answer, HELLO, resets=True) as port:
        mailbox = Mailbox.open(replace(OPTIONS, port=port, security="none"))
        mails = mailbox.take([1, 2, 3])
        mailbox.close()

    assert (mails, mailbox.withheld) == ([Mail(1, b"x"), Mail(3, b"x")], [2])


def test_numbers_of_another_numbering_are_not_used():
    asked, numberings = [], iter((1, 1, 2))

    def select(tag):
        said = f"* OK [UIDVALIDITY {next(numberings)}] valid"
        return f"* 9 EXISTS\r\n{said}\r\n{tag} OK done\r\n".encode()

    def answer(line):
        if b" UID " in line:
            asked.append(line.split()[2])
            return line.split()[0] + b" NO [SERVERBUG] internal error\r\n"
        return answers(**{**FOLDERS, "SELECT": select})(line)

    with hostile(answer, HELLO) as port:
        mailbox = Mailbox.open(replace(OPTIONS, port=port, security="none"))
        with pytest.raises(Temporary, match="has numbered the mails of 'INBOX' anew"):
            mailbox.take(range(1, 51))
        mailbox.close()

    assert asked == [b"FETCH", b"FETCH"]


@needs_dovecot
async def test_where_all_folders_are_below_inbox_the_one_for_what_is_done_is_too(
    store, monkeypatch
):
    await ada(store)
    with dovecot(prefix="INBOX.") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        for told in ({Came.IGNORED: 2}, {Came.IGNORED: 2}):
            server.put(*(returned("holiday", ref=LETTER) for _ in range(2)))

            assert await read(store, server) == told

        assert (len(server.subjects("INBOX.Digest")), server.subjects("INBOX")) == (4, [])


@needs_dovecot
@pytest.mark.parametrize("password", ["pässwörd", "пароль"])
def test_a_password_beyond_ascii_opens_the_mailbox(monkeypatch, password):
    with dovecot(password=password) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        mailbox = Mailbox.open(replace(OPTIONS, port=server.tls, password=password))

        assert mailbox.waiting() == []
        mailbox.close()


@needs_dovecot
async def test_of_a_huge_mail_only_the_beginning_is_asked_for(store, server):
    server.put(returned("postfix-unknown", ref=LETTER) + b"x" * 70 + b"\r\n" * 2_000_000)

    mailbox = Mailbox.open(replace(OPTIONS, port=server.tls))
    (mail,) = mailbox.take([*mailbox.waiting(), 999_999])
    mailbox.close()

    assert len(mail.raw) == MOST_BYTES
    assert server.subjects("INBOX", "UNSEEN") == ["Undelivered Mail Returned to Sender"]


@needs_dovecot
async def test_starttls_is_read_just_as_well(store, server):
    server.put(returned("holiday"))

    mailbox = Mailbox.open(replace(OPTIONS, port=server.plain, security="starttls"))

    assert len(mailbox.waiting()) == 1
    mailbox.close()


@needs_dovecot
def test_what_the_operator_can_mend_is_said(server, monkeypatch):
    def refused(**given):
        with pytest.raises(Misconfigured) as caught:
            Mailbox.open(replace(OPTIONS, **{"port": server.tls, **given}))
        return str(caught.value)

    assert refused(password="wrong") == (
        "bounces.mailbox is refused by 127.0.0.1 ([AUTHENTICATIONFAILED] Authentication "
        "failed.): mend username or the password's variable"
    )
    assert "bounces.mailbox.folder names 'Bounces', which is not there" in refused(folder="Bounces")
    assert "bounces.mailbox.tls is 'implicit'" in refused(port=server.plain)
    assert refused(host="localhost") == (
        "bounces.mailbox.host is localhost, and its certificate is for another name; "
        "write the name that stands in it"
    )
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "nobody we trust signed its certificate" in refused()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("[ALERT] Application-specific password required: https://help.example", Misconfigured),
        ("LOGIN failed.", Misconfigured),
        ("[UNAVAILABLE] Temporary authentication failure.", Temporary),
        ("[ALERT] Too many simultaneous connections. (Failure)", Temporary),
    ],
)
def test_what_a_server_says_to_a_password_is_told(words, error):
    def refuse(tag):
        return f"{tag} NO {words}\r\n".encode()

    with hostile(answers(LOGIN=refuse), HELLO) as port, pytest.raises(error) as caught:
        Mailbox.open(replace(OPTIONS, port=port, security="none"))

    assert words in str(caught.value)
    assert "b'" not in str(caught.value)


def test_a_password_is_not_shown():
    assert PASSWORD not in repr(OPTIONS)


def answers(**words):
    """A server that gives each command its answer, and OK to the rest."""

    words = {"CAPABILITY": capable, **words}

    def answer(line):
        tag, command, *_ = (*line.decode("latin-1").split(), "")
        said = words.get(command.upper())
        if said is None:
            return f"{tag} OK done\r\n".encode()
        return said(tag) if callable(said) else said

    return answer


def capable(tag):
    return f"* CAPABILITY IMAP4rev1 MOVE\r\n{tag} OK done\r\n".encode()


FOLDERS = {
    "LIST": lambda tag: f'* LIST () "/" INBOX\r\n{tag} OK done\r\n'.encode(),
    "SELECT": lambda tag: f"* 1 EXISTS\r\n{tag} OK [READ-WRITE]\r\n".encode(),
    "SEARCH": lambda tag: f"* SEARCH 7\r\n{tag} OK done\r\n".encode(),
    "UID": lambda tag: f"* SEARCH 7\r\n{tag} OK done\r\n".encode(),
}
HOSTILE = {
    "hangs up at once": (answers(), b""),
    "is no mailbox": (answers(), b"220 smtp.example ESMTP\r\n"),
    "greets with garbage": (answers(), b"\x00\xff" * 2000 + b"\r\n"),
    "never ends its line": (answers(), b"* OK " + b"x" * 2_000_000),
    "refuses to serve": (answers(), b"* BYE too many connections\r\n"),
    "hangs up at the password": (answers(LOGIN=lambda tag: None), HELLO),
    "answers the password with garbage": (answers(LOGIN=b"\xff\xfe)(\r\n* (((\r\n"), HELLO),
    "has folders nobody can read": (answers(LIST=b'* LIST (\\x "/\r\n'), HELLO),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_server_that_is_none_is_one_sentence(how):
    answer, greeting = HOSTILE[how]

    with hostile(answer, greeting) as port, pytest.raises((Temporary, Misconfigured)) as caught:
        Mailbox.open(replace(OPTIONS, port=port, security="none", timeout_seconds=1))

    assert "bounces.mailbox" in str(caught.value) or f"127.0.0.1:{port}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_never_answers_is_left_in_time():
    def silent(line):
        return b""

    with hostile(silent, HELLO) as port, pytest.raises(Temporary, match="did not answer within"):
        Mailbox.open(replace(OPTIONS, port=port, security="none", timeout_seconds=0.3))


def test_a_server_without_starttls_never_hears_the_password():
    heard = []

    def answer(line):
        heard.append(line)
        tag, command, *_ = line.split()
        said = b"* CAPABILITY IMAP4rev1\r\n" if command == b"CAPABILITY" else b""
        return said + tag + b" OK\r\n"

    with hostile(answer, HELLO) as port, pytest.raises((Temporary, Misconfigured)):
        Mailbox.open(replace(OPTIONS, port=port, security="starttls"))

    assert not [line for line in heard if PASSWORD.encode() in line]


def test_what_a_server_does_not_take_is_said_before_anything_is_read():
    def refused(**given):
        with pytest.raises(Misconfigured) as caught:
            Mailbox.open(replace(OPTIONS, port=port, security="none", **given))
        return str(caught.value)

    found = iter(('* LIST () "/" INBOX\r\n', ""))  # the inbox, and then nothing

    def listed(tag):
        return f"{next(found)}{tag} OK done\r\n".encode()

    def created(tag):
        return f"{tag} NO no such namespace\r\n".encode()

    answer = answers(**{**FOLDERS, "LIST": listed, "CREATE": created})
    with hostile(answer, HELLO) as port:
        assert refused() == (
            "bounces.mailbox.done_folder is 'Digest', which 127.0.0.1 does not make "
            "(create failed: no such namespace); name a folder that is there, or leave it empty"
        )
        assert refused(password="pässwörd") == (
            "bounces.mailbox has letters beyond ASCII in username or password, which 127.0.0.1 "
            "does not take; choose others"
        )


@pytest.mark.parametrize(
    "fetched",
    [
        b"* 1 FETCH (UID 7 BODY[]<0> {40}\r\nshort\r\n",
        b"* 1 FETCH (UID 7 BODY[]<0> {-3}\r\n)\r\n",
        b"* 1 FETCH (UID seven BODY[]<0> NIL)\r\n",
        b"* 1 FETCH (((((((((\r\n",
        b"* 1 FETCH (UID 7 BODY[]<0> NIL)\r\n",
        b"* 1 FETCH (UID 8 BODY[]<0> {1}\r\nx)\r\n",
    ],
)
def test_mails_that_are_sent_broken_are_none(fetched):
    def search_or_fetch(tag):
        return fetched + f"{tag} OK done\r\n".encode()

    answer = answers(**{**FOLDERS, "UID": search_or_fetch})
    with hostile(answer, HELLO) as port:
        mailbox = Mailbox.open(replace(OPTIONS, port=port, security="none", timeout_seconds=0.5))
        # Nothing of it, or one of our own errors: never a mail that is made up.
        with suppress(Temporary):
            assert mailbox.take([7]) == []
        mailbox.close()


def test_mails_that_the_server_refuses_to_move_are_seen_and_stop_none_behind_them():
    asked = []

    def answer(line):
        tag, command, *rest = line.decode().split()
        if command == "UID":
            asked.append(rest[0])
        if rest[:1] == ["MOVE"]:
            return f"{tag} NO [OVERQUOTA] Quota exceeded\r\n".encode()
        return answers(**{k: v for k, v in FOLDERS.items() if k != "UID"})(line)

    with hostile(answer, HELLO) as port:
        mailbox = Mailbox.open(replace(OPTIONS, port=port, security="none"))
        mailbox.put_away([1, 2])
        mailbox.put_away([3])
        mailbox.close()

    assert (asked, mailbox.unmoved) == (["STORE", "MOVE", "STORE", "MOVE"], [1, 2, 3])


def test_a_server_that_hangs_up_while_it_moves_is_in_trouble():
    def answer(line):
        return None if b" MOVE " in line else answers(**FOLDERS)(line)

    with hostile(answer, HELLO) as port:
        mailbox = Mailbox.open(replace(OPTIONS, port=port, security="none"))
        with pytest.raises(Temporary, match="cannot be used"):
            mailbox.put_away([1])
        mailbox.close()


def test_a_folder_that_may_only_be_read_is_said_with_its_cure():
    def select(tag):
        return f"* 1 EXISTS\r\n{tag} OK [READ-ONLY] done\r\n".encode()

    answer = answers(**{**FOLDERS, "SELECT": select})
    with hostile(answer, HELLO) as port, pytest.raises(Misconfigured) as caught:
        Mailbox.open(replace(OPTIONS, port=port, security="none"))

    assert str(caught.value) == (
        "bounces.mailbox.folder names 'INBOX', which 127.0.0.1 lets 'bounces' read and not change; "
        "give it the right to, since what was read is marked as seen and moved"
    )


def test_nothing_to_put_away_asks_nothing():
    closed = Mailbox.__new__(mailboxes.Mailbox)

    closed.put_away([])
    closed.leave([])
