"""What the mail servers of the field send back, read; and what a hostile hand may send, bounded."""

import base64
import quopri
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver import bounces
from digest.deliver.opened import MOST_BYTES
from digest.deliver.verdict import NO_REPORT, Finding, Mouth
from subscribers import tokens
from subscribers.tokens import Purpose
from tests.deliver.returns import ADA, NAMES, REF, RING, returned

HARD, SOFT, POLICY = Finding.HARD, Finding.SOFT, Finding.POLICY
READ = {
    "a-person": (Finding.NOTHING, ""),
    "arf": (Finding.COMPLAINT, ""),
    "arf-outlook": (Finding.COMPLAINT, ""),
    "arf-not-spam": (Finding.NOTHING, ""),
    "arf-redacted": (Finding.COMPLAINT, ""),
    "exchange-full": (SOFT, "5.2.2"),
    "exchange-online": (HARD, "5.1.10"),
    "exim-old": (HARD, ""),
    "exim-policy": (POLICY, "5.7.26"),
    "exim-unknown": (HARD, "5.0.0"),
    "gmail-full": (SOFT, "5.2.2"),
    "gmail-unknown": (HARD, "5.1.1"),
    "holiday": (Finding.AUTO_REPLY, ""),
    "out-of-office": (Finding.AUTO_REPLY, ""),
    "postfix-delayed": (Finding.DELAYED, ""),
    "postfix-expired": (SOFT, "4.4.1"),
    "postfix-forwarded": (SOFT, "5.1.1"),
    "postfix-full": (SOFT, "5.2.2"),
    "postfix-global": (HARD, "5.1.1"),
    "postfix-no-domain": (HARD, "5.4.4"),
    "postfix-policy": (POLICY, "5.7.1"),
    "postfix-too-big": (POLICY, "5.3.4"),
    "postfix-unknown": (HARD, "5.1.1"),
    "qmail": (HARD, "5.1.1"),
    "qmail-full": (SOFT, "5.2.2"),
    "read-receipt": (Finding.RECEIPT, ""),
    "sendmail": (HARD, "5.1.1"),
}
ACTS = {Finding.HARD, Finding.SOFT, Finding.POLICY, Finding.COMPLAINT, Finding.UNSUBSCRIBE}


@pytest.mark.parametrize("name", NAMES)
def test_each_mail_server_is_understood(name):
    found = bounces.verdict(RING, returned(name))

    assert (found.finding, found.code) == READ[name]


@pytest.mark.parametrize("name", [n for n in NAMES if READ[n][0] in ACTS - {Finding.COMPLAINT}])
def test_a_report_is_about_the_mail_whose_sender_we_signed(name):
    about = bounces.verdict(RING, returned(name)).about

    assert (about.ref, about.message_ids) == (REF, (f"{'a' * 40}@quayside.example",))
    assert about.recipient == "ada@example.org"


def test_it_is_even_where_the_server_tells_the_envelope_alone():
    forged = returned("postfix-unknown", envelope="bounces+nothing@bounce.quayside.example")
    true = f"bounces+{_word()}@bounce.quayside.example"

    assert bounces.verdict(RING, forged).about.ref is None
    assert bounces.verdict(RING, forged, envelope=true).about.ref == REF


def test_a_complaint_with_its_reader_blacked_out_is_known_by_our_own_link():
    found = bounces.verdict(RING, returned("arf-redacted"))

    assert (found.mouth, found.about.subscriber, found.about.ref) == (Mouth.ARF, ADA, None)


@pytest.mark.parametrize("coding", ["base64", "quoted-printable"])
def test_a_status_that_was_encoded_for_its_way_is_read_as_well(coding):
    mail = returned("postfix-unknown")
    head, parted, rest = mail.partition(b"Content-Type: message/delivery-status\r\n\r\n")
    status, boundary, rest = rest.partition(b"\r\n\r\n--4F2b")
    coded = base64.encodebytes(status) if coding == "base64" else quopri.encodestring(status)
    kind = parted.rstrip() + f"\r\nContent-Transfer-Encoding: {coding}\r\n\r\n".encode()

    found = bounces.verdict(RING, head + kind + coded + boundary + rest)

    assert (found.finding, found.code, found.about.recipient) == (HARD, "5.1.1", "ada@example.org")


CODINGS = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("kind", [b"message/rfc822", b"text/rfc822-headers"])
@pytest.mark.parametrize("name", ["arf", "arf-redacted", "postfix-unknown"])
def test_our_mail_may_be_given_back_encoded(name, kind, coding):
    plain, mail = bounces.verdict(RING, returned(name)), returned(name)
    mail = mail.replace(b"text/rfc822-headers", b"message/rfc822")
    head, _, rest = mail.partition(b"Content-Type: message/rfc822")
    more, _, rest = rest.partition(b"\r\n\r\n")
    copy, boundary, rest = rest.rpartition(b"\r\n--")
    head = head.replace(b"Delivered-To", b"X-Was")  # a complaint comes to another mailbox
    head = head.replace(b"To: bounces+", b"To: complaints+")
    how = b"\r\nContent-Transfer-Encoding: " + coding.encode() + b"\r\n\r\n"
    coded = CODINGS[coding](copy.replace(b"\r\n", b"\n"))

    found = bounces.verdict(
        RING, head + b"Content-Type: " + kind + more + how + coded + boundary + rest
    )

    assert found == plain


@pytest.mark.parametrize("cut", range(4))
def test_of_a_copy_that_is_encoded_and_too_long_the_beginning_is_read(cut):
    head, kind, rest = returned("arf").partition(b"Content-Type: message/rfc822")
    more, _, copy = rest.partition(b"\r\n\r\n")
    how = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    coded = base64.encodebytes(copy + b"x" * MOST_BYTES)

    found = bounces.verdict(RING, head + kind + more + how + coded[: 100_000 + cut])

    assert (found.finding, found.about.ref) == (Finding.COMPLAINT, REF)


def test_an_outlook_report_may_be_encoded_as_well():
    head, kind, rest = returned("arf-outlook").partition(b"Content-Type: message/rfc822")
    more, _, rest = rest.partition(b"\r\n\r\n")
    copy, boundary, rest = rest.rpartition(b"\r\n--")
    how = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    found = bounces.verdict(
        RING, head + kind + more + how + base64.encodebytes(copy) + boundary + rest
    )

    assert found == bounces.verdict(RING, returned("arf-outlook"))
    assert found.finding is Finding.COMPLAINT


def test_the_other_sides_words_are_kept_in_one_line():
    found = bounces.verdict(RING, returned("gmail-unknown"))

    assert found.text.startswith("550-5.1.1 The email account that you tried to reach does not")
    assert "\n" not in found.text


def test_a_mail_to_the_unsubscribe_mailbox_names_its_newsletter():
    token = tokens.make(RING[0], Purpose.UNSUBSCRIBE, ADA, "daily")
    mail = f"From: anyone@example.org\r\nSubject: daily.{token}\r\n\r\n".encode()

    found = bounces.verdict(RING, mail)

    assert (found.finding, found.about.subscriber, found.newsletter) == (
        Finding.UNSUBSCRIBE,
        ADA,
        "daily",
    )


def test_words_in_what_was_returned_make_no_parts():
    mail = returned("postfix-unknown").replace(
        b"Forty tonnes",
        b"The boundary of boundary=1\r\nContent-Type: text/html\r\n" * 50 + b"Forty",
    )

    assert bounces.verdict(RING, mail).finding is HARD


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"Action: failed (permanent)", HARD),
        (b"Action: (for good) Failed", HARD),
        (b"Action: error", HARD),
        (b"Action: delayed (try 3)", Finding.DELAYED),
        (b"Action: (failed) relayed", Finding.RECEIPT),
        (b"Action: delivered", Finding.RECEIPT),
        (b"Action: expanded", Finding.RECEIPT),
        (b"Action: considered", Finding.NOTHING),
    ],
)
def test_a_comment_beside_the_action_is_none_of_it(written, meant):
    mail = returned("postfix-unknown").replace(b"Action: failed", written)

    assert bounces.verdict(RING, mail).finding is meant


@pytest.mark.parametrize(
    ("others", "meant"),
    [
        ([("failed", "5.1.1")], HARD),
        ([("failed", "5.2.2")], Finding.SOFT),
        ([("failed", "5.1.1"), ("failed", "4.2.2")], Finding.SOFT),
        ([("failed", "5.7.1")], Finding.POLICY),
        ([("delivered", "2.1.5")], Finding.SOFT),
        ([("relayed", "2.1.5")], Finding.SOFT),
        ([("delayed", "4.4.1")], Finding.SOFT),
    ],
)
def test_an_address_that_forwards_exists_for_as_long_as_one_of_theirs_does(others, meant):
    groups = "".join(
        f"Final-Recipient: rfc822; other{number}@example.org\r\nAction: {action}\r\n"
        f"Status: {status}\r\n\r\n"
        for number, (action, status) in enumerate(others)
    ).encode()
    mail = returned("postfix-unknown")
    at = mail.index(b"Final-Recipient")
    end = mail.index(b"--4F2b", at)

    for both in (groups + mail[at:end], mail[at:end] + groups):
        whole = mail[:at] + both + mail[end:]
        assert bounces.verdict(RING, whole).finding is meant
        assert bounces.verdict(RING, whole).about.ref == REF


def test_a_failure_with_the_status_of_a_success_is_judged_by_its_words():
    mail = returned("postfix-unknown").replace(b"Status: 5.1.1", b"Status: 2.1.5")
    full = mail.replace(b"550 5.1.1", b"550").replace(b"User unknown", b"mailbox is full")

    assert bounces.verdict(RING, mail).finding is HARD
    assert bounces.verdict(RING, full).finding is Finding.SOFT


STATUS = """\
Return-Path: <>
From: Mail Delivery System <postmaster@harbour.example>
To: digest@quayside.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Delivery to the following recipients failed permanently:

   * ada@example.org

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; harbour.example
{FIELDS}
--b--
""".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ("", SOFT),
        ("Arrival-Date: Tue, 24 Nov 2026 06:31:04 +0000\r\n", SOFT),
        ("Action: failure\r\nFinal-Recipient: rfc822; ada@example.org\r\nStatus: 5.1.1\r\n", HARD),
        (
            "Action: failed\r\n\r\nFinal-Recipient: rfc822; ada@example.org\r\n"
            "Diagnostic-Code: X-Notice; sender not on my guest list\r\nStatus: 4.7.0\r\n",
            POLICY,
        ),
        (
            "\r\nFinal-Recipient: rfc822; ada@example.org\r\nStatus: 5.1.1\r\n\r\n"
            "Action: failed\r\n",
            HARD,
        ),
    ],
)
def test_a_status_that_is_out_of_order_is_read_as_far_as_it_tells_something(fields, meant):
    found = bounces.verdict(RING, STATUS.replace("{FIELDS}", fields).encode())

    assert (found.finding, found.about.recipient) == (meant, "ada@example.org")


@pytest.mark.parametrize(
    ("sender", "meant"),
    [("postmaster@gate.example", HARD), ("Ada <ada@example.org>", Finding.NOTHING)],
)
def test_a_report_that_a_gateway_has_wrapped_is_read_and_what_a_person_hands_on_is_not(
    sender, meant
):
    head = (
        f"From: {sender}\r\nContent-Type: multipart/mixed; boundary=w\r\n\r\n"
        "--w\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    mail = head.encode() + returned("postfix-unknown") + b"\r\n--w--\r\n"

    assert bounces.verdict(RING, mail).finding is meant


ANSWERED = """\
From: Postmaster@harbour.example
Content-Type: text/plain; charset=utf-8

次のあて先へのメッセージはエラーのため送信できませんでした。

    >>> RCPT TO:<ada@example.org>
    <<< {ANSWER}
{REST}""".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("answer", "rest", "meant", "code"),
    [
        ("550 5.1.1 User unknown", "", HARD, "5.1.1"),
        ("550 User unknown", "", HARD, ""),
        ("552 5.2.2 Mailbox full", "", SOFT, "5.2.2"),
        ("550 Rejected, see zen.spamhaus.org", "", POLICY, ""),
        ("451 4.7.1 Please try again", "", Finding.NOTHING, ""),
        ("", "Call 550 1234.\r\n", Finding.NOTHING, ""),
        ("", "Received: from x\r\n  (550 Test Lane)\r\n", Finding.NOTHING, ""),
    ],
)
def test_an_answer_that_a_server_quotes_amid_words_nobody_reads_is_read(answer, rest, meant, code):
    mail = ANSWERED.replace("{ANSWER}", answer).replace("{REST}", rest).encode()

    found = bounces.verdict(RING, mail)

    assert (found.finding, found.code) == (meant, code)


PAGE = """\
Return-Path: <>
From: MAILER-DAEMON@harbour.example
Content-Type: text/html; charset=utf-8

<html><body><h1>Undeliverable</h1><p>Your message</p><p>did not reach the following
recipient(s):</p><br>ada@example.org on Tue, 24 Nov 2026 06:31:04 +0000<br>
&nbsp; The recipient name is not recognized<br>&nbsp; MSEXCH:IMS:Harbour (000C05A6) Unknown
Recipient<br></body></html>
""".replace("\n", "\r\n")


def test_a_report_that_is_a_page_and_nothing_else_is_read():
    mail = PAGE.replace("From:", "X-Mailer: Internet Mail Service (5.5.2653.19)\r\nFrom:")

    found = bounces.verdict(RING, mail.encode())

    assert (found.finding, found.about.recipient) == (HARD, "ada@example.org")


@pytest.mark.parametrize("sender", ["<MAILER-DAEMON>", "<MAILER-DAEMON@mx.example>", "<>"])
def test_a_report_may_be_known_by_its_envelope_sender_alone(sender):
    mail = returned("exim-old").replace(b"Return-Path: <>", f"Return-Path: {sender}".encode(), 1)
    lines = [one for one in mail.split(b"\r\n") if not one.startswith((b"From: Mail", b"X-Failed"))]

    assert bounces.verdict(RING, b"\r\n".join(lines)).finding is HARD


DINA = "дина@пример.example"


@pytest.mark.parametrize(
    "kind",
    [
        b"message/delivery-status",
        b"message/global-delivery-status",
        b'message/xdelivery-status ; name="delivery-status.txt"',
    ],
)
@pytest.mark.parametrize(
    "recipient",
    [f"utf-8; {DINA}", r"utf-8; \x{434}ина@пример.example", f"rfc822;{DINA}"],
)
def test_a_report_beyond_ascii_is_read_as_it_was_written(kind, recipient):
    mail = (
        returned("postfix-unknown")
        .replace(b"message/delivery-status", kind)
        .replace(b"Original-Recipient: rfc822;ada@example.org\r\n", b"")
        .replace(
            b"Final-Recipient: rfc822; ada@example.org", f"Final-Recipient: {recipient}".encode()
        )
        .replace(b"smtp; 550 5.1.1", "smtp; 550 5.1.1 Пользователь не найден,".encode())
    )

    found = bounces.verdict(RING, mail)

    assert (found.finding, found.about.recipient) == (HARD, DINA)
    assert found.text.startswith("550 5.1.1 Пользователь не найден, ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ada+2Bnews@example.org", "ada+news@example.org"),
        ("ada+2024@example.org", "ada+2024@example.org"),
        (r"\x{d800}\x{110000}@example.org", r"\x{d800}\x{110000}@example.org"),
    ],
)
def test_an_original_recipient_left_as_it_travelled_is_unescaped(written, meant):
    mail = returned("postfix-unknown").replace(
        b"Original-Recipient: rfc822;ada@example.org",
        f"Original-Recipient: rfc822;{written}".encode(),
    )

    assert bounces.verdict(RING, mail).about.recipient == meant


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Two million are on holiday",
        "AW: Ten books to read on vacation",
        "[EXTERNAL] RE[2]: Work is out of the office",
        "TR : Réponse automatique, ou comment les robots écrivent",
        "Fwd: Re: Abwesenheit im Parlament",
        "Ответ: Автоматический ответ: Barges return",
    ],
)
def test_a_person_who_answers_an_issue_about_holidays_is_not_away(subject):
    mail = f"From: ada@example.org\r\nSubject: {subject}\r\n\r\nPlease remove me.\r\n"

    assert bounces.verdict(RING, mail.encode()) == NO_REPORT


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Re: Barges return",
        "Out-of-office reply",
        "Auto: Re: Barges return",
        "Abwesenheitsnotiz: Barges return",
        "Re\u0301ponse automatique\u00a0: Barges return",
        "Absent(e) du bureau Re: Barges return",
        "Respuesta automática: Barges return",
        "Автоответ: Barges return",
        "Автоматический ответ: Barges return",
        "Автоматична відповідь: Barges return",
        "Automatiskt svar: Barges return",
        "Răspuns automat: Barges return",
        "Αυτόματη απάντηση: Barges return",
        "תשובה אוטומטית: Barges return",
        "Automatski odgovor: Barges return",
        "رد تلقائي: Barges return",
        "Automatisch antwoord: Barges return",
        "Odpowiedź automatyczna: Barges return",
        "自動応答: Barges return",
        "自动回复: Barges return",
        "不在通知: Barges return",
        "Ada ist außer Haus (Rückkehr am 1. Dezember)",
        "Ausência temporária: Barges return",
        "Nieobecność: Barges return",
        "Fuori sede: Barges return",
        "Afwezig: Barges return",
        "Frånvaro: Barges return",
    ],
)
def test_a_notice_of_absence_is_known_by_its_subject_in_many_languages(subject):
    mail = f"From: ada@example.org\r\nSubject: {subject}\r\n\r\nI am away.\r\n"

    assert bounces.verdict(RING, mail.encode()).finding is Finding.AUTO_REPLY


@pytest.mark.parametrize(
    ("mark", "meant"),
    [
        ("X-Autogenerated: Reply", Finding.AUTO_REPLY),
        ("X-Autogenerated: Redirect", Finding.NOTHING),
        ("X-Precedence: auto_reply", Finding.AUTO_REPLY),
        ("X-Mail-Autoreply: 1", Finding.AUTO_REPLY),
        ("X-Autoresponder: Quayside", Finding.AUTO_REPLY),
    ],
)
def test_a_notice_of_absence_is_known_by_the_marks_of_its_program(mark, meant):
    mail = f"From: ada@example.org\r\nSubject: Thank you\r\n{mark}\r\n\r\nI am not here.\r\n"

    assert bounces.verdict(RING, mail.encode()).finding is meant


NOT_READ = """\
Return-Path: <>
From: {FROM}
Subject: Unzustellbar: Barges return
Auto-Submitted: {AUTO}
Content-Type: {TYPE}

Ihre Nachricht an ada@example.org konnte nicht zugestellt werden.
""".replace("\n", "\r\n")


@pytest.mark.parametrize("auto", ["auto-replied", "auto-generated"])
@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "text/html"])
@pytest.mark.parametrize(
    ("sender", "meant"),
    [
        ("Mail Delivery Subsystem <MAILER-DAEMON@mx.example>", Finding.NOTHING),
        ("postmaster@harbour.example", Finding.NOTHING),
        ("Ada <ada@example.org>", Finding.AUTO_REPLY),
    ],
)
def test_what_a_mail_server_says_in_words_nobody_reads_is_no_notice_of_absence(
    sender, meant, kind, auto
):
    mail = NOT_READ.format(FROM=sender, AUTO=auto, TYPE=kind).encode()

    assert bounces.verdict(RING, mail).finding is meant


PASTED = """\
{FROM}To: digest@quayside.example
Subject: Re: Barges return

I forwarded you to my friend and got this.

This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@harbour.example
    Unrouteable address

On Tue, The Quayside wrote:
> Unsubscribe: https://quayside.example/unsubscribe/daily.{TOKEN}
""".replace("\n", "\r\n")


def _pasted(sender):
    token = tokens.make(RING[0], Purpose.UNSUBSCRIBE, ADA, "daily")
    return PASTED.format(FROM=sender, TOKEN=token).encode()


def test_a_person_who_pastes_a_report_reports_nothing():
    assert bounces.verdict(RING, _pasted("From: Ada <ada@example.org>\r\n")) == NO_REPORT


@pytest.mark.parametrize(
    "sender",
    ["Return-Path: <>\r\n", "From: postmaster@harbour.example\r\n",
     "From: MAILER-DAEMON@harbour.example\r\n", "X-Failed-Recipients: bob@harbour.example\r\n"],
)  # fmt: skip
def test_words_that_people_quote_are_about_whom_they_name_and_not_about_whose_link_they_hold(
    sender,
):
    found = bounces.verdict(RING, _pasted(sender))

    assert (found.finding, found.about.recipient) == (HARD, "bob@harbour.example")
    assert (found.about.subscriber, found.about.ref) == (None, None)


def test_what_older_programs_write_is_read_even_if_it_is_encoded():
    head, parted, body = returned("qmail").partition(b"\r\n\r\n")
    coded = b"\r\nContent-Transfer-Encoding: base64" + parted + base64.encodebytes(body)

    found = bounces.verdict(RING, head + coded)

    assert (found.finding, found.code, found.about.recipient) == (HARD, "5.1.1", "ada@example.org")


@pytest.mark.parametrize(
    "copied",
    [
        "DKIM-Signature: v=1; a=rsa-sha256; d=quayside.example\r\n",
        "Received-SPF: pass (mx.example.org: SPF record at quayside.example)\r\n",
        "Subject: The mailbox is full of spam, says 5.2.2\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
    ],
)
def test_what_an_older_program_gives_back_of_our_mail_says_nothing_of_why(copied):
    mail = returned("qmail").replace(
        b"copy of the message.\r\n\r\n", b"copy of the message.\r\n\r\n" + copied.encode()
    )

    found = bounces.verdict(RING, mail)

    assert (found.finding, found.code) == (HARD, "5.1.1")
    assert found.text == "ada@example.org>: Sorry, no mailbox here by that name. (#5.1.1)"


@pytest.mark.parametrize(
    ("other", "says", "meant"),
    [
        ("zoe@example.org", "Sorry, no mailbox here by that name. (#5.1.1)", HARD),
        ("zoe@example.org", "The mailbox is full. (#5.2.2)", SOFT),
        ("abe@example.org", "The mailbox is full. (#5.2.2)", SOFT),
        ("abe@example.org", "Rejected as spam. (#5.7.1)", POLICY),
    ],
)
def test_each_address_that_an_older_program_names_has_words_of_its_own(other, says, meant):
    mail = returned("qmail")
    theirs = f"<{other}>:\r\n{says}\r\n\r\n".encode()
    first, second = mail.index(b"<ada@example.org>:"), mail.index(b"--- Below this line")

    for at in (first, second):
        assert bounces.verdict(RING, mail[:at] + theirs + mail[at:]).finding is meant


def test_reasons_below_a_list_of_addresses_are_those_of_each():
    mail = returned("qmail").replace(
        b"<ada@example.org>:\r\n",
        b"<ada@example.org>:\r\n<zoe@example.org>:\r\n",
    )

    assert bounces.verdict(RING, mail).finding is HARD


@given(st.binary(max_size=2000))
def test_no_garbage_is_a_report(mail):
    assert bounces.verdict(RING, mail) == NO_REPORT


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_a_mangled_report_never_fails_and_never_proves_another_mail(name, data):
    mail = bytearray(returned(name))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(mail) - 1))
        mail[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))

    found = bounces.verdict(RING, bytes(mail))

    assert found.about.ref in (None, REF)
    assert found.about.subscriber in (None, ADA)


def test_a_mail_that_makes_a_detector_stumble_is_no_report_and_no_line_in_a_log(caplog, capfd):
    brackets = b"(" * 2000 + b")" * 2000  # paired: a Python may turn odd ones away unread

    found = bounces.verdict(RING, b"Return-Path: <>\r\nFrom: " + brackets + b"\r\n\r\nHello\r\n")

    assert found == NO_REPORT
    with pytest.raises(RecursionError):
        getaddresses([brackets.decode()])
    assert (caplog.text, capfd.readouterr().err) == ("", "")


def _word():
    return returned("postfix-unknown").split(b"bounces+")[1].split(b"@")[0].decode()


BOMBS = {
    "ten megabytes of one header": b"Subject: " + b"x" * 10_000_000 + b"\r\n\r\n",
    "a hundred thousand headers": b"X-A: 1\r\n" * 100_000 + b"\r\n",
    "parts within parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(3000)
    ),
    "messages within messages": b"Content-Type: message/rfc822\r\n\r\n" * 8000,
    "boundaries without a type": b'X: boundary="1"\r\n' * 9000,
    "characters nobody has": returned("postfix-unknown")
    .replace(b"us-ascii", b"klingon")
    .replace(b"Subject: Und", b"Subject: =?klingon?B?AAAA?= =?utf-8?B?%%%?= Und"),
    "statuses without end": returned("postfix-unknown").replace(
        b"Action: failed", b"X-More: 1\r\n\r\nFinal-Recipient: rfc822; a@b\r\n" * 4000
    ),
    "encoded words without end": b"Subject: " + b"=?utf-8?q?=41?= " * 15_000 + b"\r\n\r\n",
    "a subject of opening brackets": b"From: " + b'(<"' * 20_000 + b"\r\n\r\n",
    "base64 of base64": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"<ada@example.org>: user unknown\r\n" * 300_000),
    "the word before the at sign, for ever": b"To: "
    + b"a." * 200_000
    + b"\r\n\r\n"
    + b"a@" * 99_999,
    "qmail, and then nothing but lines": returned("qmail")[:900] + b"<a@b.c>:\r\n" * 900_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_to_its_end_and_proves_nothing(name):
    found = bounces.verdict(RING, BOMBS[name])

    # Without the bounds some of these take minutes, or all the memory there is.
    assert found.about.ref in (None, REF)
    assert found.about.subscriber is None
