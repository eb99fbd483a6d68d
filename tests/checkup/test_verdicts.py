"""Machine, relay, pages and the bulk-sender rules: facts to verdicts."""

from datetime import timedelta

import pytest

from digest.checkup import doors, machine, rules
from digest.checkup.doors import PageSeen, RelaySeen
from digest.checkup.machine import Clocks, Database
from digest.checkup.verdict import Level, bad, ok, unchecked, warn, worst
from tests.builders import NOW


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        (None, Level.WARN),
        (Database(place="x", trouble="x is damaged"), Level.BAD),
        (Database(place="x", revision="0001", head="0002"), Level.BAD),
        (Database(place="x", revision="0002", head="0002"), Level.OK),
    ],
)
def test_database(seen, level):
    assert machine.database(seen).level is level


@pytest.mark.parametrize(
    ("apart", "level", "says"),
    [
        (timedelta(seconds=29), Level.OK, "within 30 seconds of the database"),
        (timedelta(minutes=2), Level.WARN, "2 minutes behind the database"),
        (timedelta(hours=-3), Level.BAD, "3 hours ahead of the database"),
        (timedelta(days=365), Level.BAD, "365 days behind the database"),
    ],
)
def test_clock(apart, level, says):
    found = machine.clock(Clocks(ours=NOW, others=(("the database", NOW + apart),)))

    assert (found.level, found.says) == (level, says)


def test_a_clock_is_held_against_whoever_differs_most_and_alone_is_not_checked():
    others = (("the database", NOW), ("the pages", NOW + timedelta(hours=1)))

    assert machine.clock(Clocks(ours=NOW, others=others)).says == "60 minutes behind the pages"
    assert machine.clock(Clocks(ours=NOW)).level is Level.UNCHECKED


@pytest.mark.parametrize(
    ("free", "level"), [(10**8, Level.BAD), (10**9, Level.WARN), (10**10, Level.OK)]
)
def test_disk(free, level):
    assert machine.disk("/srv", free).level is level


def levels(seen):
    return [check.level for check in doors.relay(seen, now=NOW)]


def test_relay():
    label = "relay 'main' (smtp.example:587)"
    whole = {"label": label, "login": True, "tls": "TLSv1.3", "pipelining": True}

    assert levels(RelaySeen(**whole)) == [Level.OK] * 3
    [failed] = doors.relay(RelaySeen(label=label, trouble=f"{label} refuses us"), now=NOW)
    assert (failed.level, failed.says) == (Level.BAD, "refuses us")
    assert levels(RelaySeen(**{**whole, "tls": ""})) == [Level.OK, Level.BAD, Level.OK]
    assert levels(RelaySeen(**{**whole, "tls": "", "here": True})) == [Level.OK] * 3
    assert levels(RelaySeen(**{**whole, "pipelining": False}))[2] is Level.WARN
    ending = RelaySeen(**whole, certificate_until=NOW + timedelta(days=3))
    assert doors.relay(ending, now=NOW)[1].says == "its certificate ends in 3 days"


@pytest.mark.parametrize(
    ("url", "home", "level"),
    [
        ("https://x.example", PageSeen(trouble="refused"), Level.BAD),
        ("https://x.example", PageSeen(status=502), Level.BAD),
        ("http://localhost", PageSeen(status=200), Level.WARN),
        ("https://x.example", PageSeen(status=200), Level.OK),
    ],
)
def test_site(url, home, level):
    assert doors.site(url, home).level is level


def test_a_certificate_that_is_wrong_is_not_cured_by_starting_the_pages():
    found = doors.site("https://x.example", PageSeen(trouble="CERTIFICATE_VERIFY_FAILED: mismatch"))

    assert found.cure == "give your web server a certificate for this name"


@pytest.mark.parametrize(
    ("asked", "posted", "level"),
    [
        (PageSeen(status=200, body="page"), PageSeen(status=200, body="done"), Level.OK),
        (PageSeen(status=200, body="done"), PageSeen(status=200, body="done"), Level.BAD),
        (PageSeen(status=200), PageSeen(status=405), Level.BAD),
        (PageSeen(status=200), PageSeen(status=302), Level.BAD),
        (PageSeen(status=404), PageSeen(status=404), Level.BAD),
        (PageSeen(status=200), PageSeen(trouble="refused"), Level.UNCHECKED),
    ],
)
def test_one_click(asked, posted, level):
    assert doors.one_click(asked, posted).level is level


def rule(name, checks=(), domains=("quay.example",), base_url="https://quay.example"):
    found = rules.checklist(checks, domains=domains, base_url=base_url)
    return next(check for check in found if check.name.startswith(name))


def test_a_rule_takes_the_worst_of_its_checks_with_its_cure_and_record():
    checks = [ok("SPF of a", "fine"), bad("DKIM key x", "is not there", "publish it", record="R")]

    found = rule("SPF and DKIM", checks)

    assert (found.level, found.says, found.cure, found.record) == (
        Level.BAD,
        "DKIM key x: is not there",
        "publish it",
        "R",
    )


def test_a_rule_with_something_unchecked_is_not_kept_yet():
    checks = [ok("SPF of a", "fine"), unchecked("DKIM of a", "no selector is known")]

    assert rule("SPF and DKIM", checks).level is Level.UNCHECKED
    assert rule("SPF and DKIM", [ok("SPF of a", ""), ok("DKIM key b", "")]).level is Level.OK
    assert rule("mail leaves over TLS").level is Level.UNCHECKED


def test_a_borrowed_domain_and_a_plain_link_break_the_rules():
    assert rule("the From is a domain", domains=("gmail.com",)).level is Level.BAD
    assert rule("the From is a domain").level is Level.OK
    assert rule("the unsubscribe link", base_url="http://localhost").level is Level.BAD


def test_what_was_not_checked_is_no_trouble_by_itself():
    assert worst([ok("a", ""), unchecked("b", "")]) is Level.OK
    assert worst([warn("a", "", ""), unchecked("b", "")]) is Level.WARN
    assert worst([warn("a", "", ""), bad("b", "", "")]) is Level.BAD
