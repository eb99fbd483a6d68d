"""What one mail may cost whoever reads it: none stops the reader, and none keeps it for long."""

import base64
import time

import pytest

from digest.deliver import bounces
from digest.deliver.verdict import Finding
from tests.deliver.returns import RING, returned

SECONDS = 1.0  # of a processor that others use, too; alone each takes less than 0.3
MAILER = b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\n"
REPORT = (
    MAILER
    + b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
    + b"Content-Type: message/delivery-status\r\n"
)
MIXED = MAILER + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
# What sets the detectors of flufl.bounce looking for addresses.
TOLD = b"\r\n".join(
    [
        b"failed addresses follow:",
        b"Your message to:",
        b"Delivery to the following recipients failed",
        b"A message that you sent could not be delivered",
        b"This Message was undeliverable due to the following reason:",
        b"Message not delivered to the following addresses",
        b"",
    ]
)
STATUS = REPORT + b"\r\nReporting-MTA: dns; mx\r\n\r\n"
COSTLY = {
    "brackets in a Content-Type": b"Content-Type: %s\r\n\r\nx\r\n" % (b"(" * 300),
    "a diagnosis of encoded words": STATUS
    + b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: "
    + b"=?utf-8?q?a?= " * 15_000,
    "nothing but line ends": MAILER + b"\r\n" * 125_000,
    "line ends of old": MAILER + b"\r" * 250_000,
    "line ends, forty parts deep": MAILER
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(40))
    + b"\r\n" * 120_000,
    "parts without end": MIXED + b"--b\n\nx\n" * 35_000,
    "parameters without end": MIXED + (b'--b\nContent-Type: text/plain; a="' + b";" * 2000 + b"\n\nx\n") * 120,
    "a quoted parameter": MAILER + b'Content-Type: text/plain; a="' + b";" * 230_000 + b"\r\n\r\nx",
    "groups in base64": REPORT
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(b"a:\n\n" * 45_000),
    "lines that are nearly an address": MAILER + b"\r\n" + TOLD + (b"a" * 199 + b"\r\n") * 1200,
    "one such line": MAILER + b"\r\n" + TOLD + b"a" * 240_000,
    "brackets where an address may be": MIXED
    + b"--b\r\nContent-Type: text/plain\r\n\r\n"
    + TOLD
    + (b"<" * 250 + b"\r\n") * 900
    + b"--b\r\n\r\nx\r\n--b--\r\n",
    "commas and signs": MAILER + b"\r\n" + TOLD + (b",a@" * 80 + b"\r\n") * 1000,
    "characters of domain names": MAILER
    + b"Content-Type: text/plain; charset=punycode\r\n\r\na-"
    + b"9" * 240_000,
    "recipients who failed": MAILER + b"X-Failed-Recipients: " + b"(a@b.example)," * 15_000 + b"\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", COSTLY)
def test_the_costliest_mail_is_read_at_once(name):
    began = time.thread_time()

    found = bounces.verdict(RING, COSTLY[name])

    assert time.thread_time() - began < SECONDS
    assert found.finding is not Finding.UNREADABLE
    assert (found.about.ref, found.about.subscriber) == (None, None)


def test_the_reader_may_stumble_but_the_mails_behind_are_read():
    class Broken(bytes):
        def __getitem__(self, _):
            raise RecursionError

    found = bounces.verdict(RING, Broken(returned("postfix-unknown")))

    assert (found.finding, found.text) == (Finding.UNREADABLE, "RecursionError")
