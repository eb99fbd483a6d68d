from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.checkup.alerts import (
    Alert,
    AlertOptions,
    Facts,
    LastIssue,
    SourceHealth,
    raised,
    to_tell,
)
from digest.checkup.verdict import bad, ok, warn
from tests.builders import NOW, a_newsletter

DAILY = a_newsletter(timezone="UTC", hour=time(6, 30))  # due at NOW
OPTIONS = AlertOptions()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def keys(facts, now=NOW):
    return [alert.key for alert in raised(facts, [DAILY], OPTIONS, now=now)]


def test_all_well_raises_nothing():
    assert keys(Facts(free_bytes=10**12)) == []


@pytest.mark.parametrize(
    ("made", "later", "found"),
    [
        ({"2026-11-23"}, timedelta(hours=1, minutes=59), []),  # it may still come
        ({"2026-11-23"}, timedelta(hours=2), ["issue:daily"]),
        ({"2026-11-24"}, timedelta(hours=2), []),
        (set(), timedelta(hours=2), []),  # it has never begun
    ],
)
def test_a_newsletter_without_its_issue(made, later, found):
    facts = Facts(issues={("daily", "daily"): frozenset(made)})

    assert keys(facts, NOW + later) == found


def test_the_words_name_the_period_and_the_way_to_look():
    facts = Facts(issues={("daily", "daily"): frozenset({"2026-11-20"})})

    [alert] = raised(facts, [DAILY], OPTIONS, now=NOW + 3 * HOUR)

    assert alert == Alert(
        key="issue:daily",
        says="daily has no issue for 2026-11-24, due 2026-11-24 06:30 UTC",
        cure="see why with `digest send daily --dry-run`",
    )


@pytest.mark.parametrize(("waits", "found"), [(HOUR, []), (HOUR * 1.1, ["sending"])])
def test_mail_that_does_not_leave(waits, found):
    assert keys(Facts(first_due=NOW - waits)) == found


@pytest.mark.parametrize(
    ("audience", "failed", "found"),
    [(1000, 20, []), (1000, 21, ["bounces"]), (199, 199, [])],
)
def test_refusals(audience, failed, found):
    last = LastIssue(newsletter="daily", period="2026-11-24", audience=audience, failed=failed)

    assert keys(Facts(last=last)) == found


@pytest.mark.parametrize(
    ("complaints", "written", "found"),
    [(1, 1000, []), (2, 1000, ["complaints"]), (50, 199, []), (0, 0, [])],
)
def test_complaints(complaints, written, found):
    assert keys(Facts(complaints=complaints, written_to=written)) == found


@pytest.mark.parametrize(
    ("free", "found"), [(None, []), (500_000_000, []), (499_999_999, ["disk"])]
)
def test_a_disk_that_fills(free, found):
    assert keys(Facts(free_bytes=free)) == found


@pytest.mark.parametrize(
    ("succeeded", "visited", "failures", "found"),
    [
        (NOW - 3 * DAY, NOW, 9, []),
        (NOW - 3.1 * DAY, NOW, 9, ["source:Herald"]),
        (NOW - 9 * DAY, NOW - 9 * DAY, 0, []),  # it was not asked, so it did not fail
        (None, NOW - 4 * DAY, 1, ["source:Herald"]),
        (None, None, 1, []),
    ],
)
def test_a_source_that_stays_dead(succeeded, visited, failures, found):
    herald = SourceHealth(
        name="Herald", succeeded_at=succeeded, visited_at=visited, failures=failures, error="404"
    )

    assert keys(Facts(sources=(herald,))) == found


def test_of_the_doctors_findings_certificates_and_keys_raise_an_alert():
    checks = (
        warn("TLS of relay 'main' (x:587)", "its certificate ends in 3 days", "renew it"),
        bad("DKIM key s1._domainkey.x.example", "there is no such key", "publish it"),
        ok("TLS of relay 'b' (y:587)", "fine"),
        bad("web pages", "down", "start them"),
    )

    assert keys(Facts(checks=checks)) == [
        "doctor:TLS of relay 'main' (x:587)",
        "doctor:DKIM key s1._domainkey.x.example",
    ]


def an_alert(key):
    return Alert(key=key, says=key, cure="mend it")


def told_keys(telling):
    return [alert.key for alert in telling.alerts]


def test_it_is_said_once_again_after_a_day_and_once_when_it_is_over():
    found = [an_alert("disk"), an_alert("sending")]

    first = to_tell(found, {}, every=DAY, now=NOW)
    assert (told_keys(first), first.over) == (["disk", "sending"], ())
    told = {"disk": NOW, "sending": NOW}
    soon = to_tell(found, told, every=DAY, now=NOW + 23 * HOUR)
    assert (told_keys(soon), soon.over) == ([], ())
    again = to_tell(found, told, every=DAY, now=NOW + DAY)
    assert told_keys(again) == ["disk", "sending"]
    over = to_tell(found[:1], told, every=DAY, now=NOW + HOUR)
    assert (told_keys(over), over.over) == ([], ("sending",))


def test_a_clock_that_stepped_back_silences_nothing():
    assert told_keys(to_tell([an_alert("disk")], {"disk": NOW + DAY}, every=DAY, now=NOW)) == [
        "disk"
    ]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=80),
)
def test_trouble_that_comes_and_goes_is_said_at_most_once_a_day_while_it_lasts(steps):
    told, now, said_at = {}, NOW, None
    for hours, there in steps:
        now += hours * HOUR
        telling = to_tell([an_alert("disk")] if there else [], told, every=DAY, now=now)
        if telling.alerts:
            assert there
            assert said_at is None or now - said_at >= DAY
            said_at = told["disk"] = now
        if telling.over:
            assert not there
            told, said_at = {}, None
        assert bool(told) == there
