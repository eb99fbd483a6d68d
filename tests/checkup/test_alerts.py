from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.checkup.alerts import Alert, AlertOptions, raised, to_tell
from digest.checkup.facts import (
    Behind,
    Facts,
    LastIssue,
    Missing,
    RelayHealth,
    SourceHealth,
    Unfinished,
    Waiting,
)
from digest.checkup.verdict import bad, ok, warn
from digest.model import Cadence
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
        ({"2026-11-24"}, -2 * HOUR, []),  # the first was sent by hand after midnight
        ({"2026-11-22", "2026-11-24"}, -2 * HOUR, ["issue:daily"]),
        ({"extra-1"}, timedelta(hours=2), []),
    ],
)
def test_a_newsletter_without_its_issue(made, later, found):
    facts = Facts(settled={("daily", "daily"): frozenset(made)})

    assert keys(facts, NOW + later) == found


def test_the_words_name_the_period_and_the_way_to_look():
    facts = Facts(settled={("daily", "daily"): frozenset({"2026-11-20"})})

    [alert] = raised(facts, [DAILY], OPTIONS, now=NOW + 3 * HOUR)

    assert alert == Alert(
        key="issue:daily",
        says="daily has no issue for 2026-11-24, due 2026-11-24 06:30 UTC",
        cure="see why with `digest send daily --dry-run`; without --dry-run it is made now",
    )


def test_what_a_week_did_not_get_is_not_sent_in_place_of_the_next_weeks_issue():
    weekly = a_newsletter(
        timezone="UTC", hour=time(6, 30), cadence=Cadence.WEEKLY, weekday=NOW.weekday()
    )
    facts = Facts(settled={(weekly.id, "weekly"): frozenset({"2026-W47"})})

    def cures(later):
        return [alert.cure for alert in raised(facts, [weekly], OPTIONS, now=NOW + later)]

    assert cures(timedelta(days=1)) == [
        f"see why with `digest send {weekly.id} --dry-run`; without --dry-run it is made now"
    ]
    assert cures(timedelta(days=6)) == [
        "the next issue, due 2026-12-01 06:30 UTC, tells what it would have told; "
        f"`digest send {weekly.id} --extra` does so now, and with --dry-run only shows it"
    ]


def a_missing(**given):
    return Missing(
        **{
            "newsletter": "daily",
            "cadence": "daily",
            "period": "2026-11-24",
            "reason": "it could not be made: no theme",
            "trying": False,
            **given,
        }
    )


BEGUN = {("daily", "daily"): frozenset({"2026-11-23"})}


def test_what_cannot_be_made_is_told_at_once_with_the_reason_and_only_once():
    facts = Facts(settled=BEGUN, missing=(a_missing(trying=True),))

    for later in (timedelta(minutes=1), 3 * HOUR):
        [alert] = raised(facts, [DAILY], OPTIONS, now=NOW + later)
        assert alert.key == "issue:daily"
        assert alert.says == "daily has no issue for 2026-11-24: it could not be made: no theme"


def test_what_was_not_made_in_time_is_told_with_its_reason():
    facts = Facts(settled=BEGUN, missing=(a_missing(reason="Digest was not running"),))

    [alert] = raised(facts, [DAILY], OPTIONS, now=NOW + 3 * HOUR)
    assert alert.says == "daily has no issue for 2026-11-24: Digest was not running"


def test_an_offered_cadence_that_cannot_be_made_is_an_alert_of_its_own():
    facts = Facts(settled=BEGUN, missing=(a_missing(trying=True, cadence="weekly"),))
    offering = a_newsletter(timezone="UTC", hour=time(6, 30), offers=(Cadence.WEEKLY,))

    def told(hours):
        return [a.key for a in raised(facts, [offering], OPTIONS, now=NOW + hours * HOUR)]

    assert told(1) == ["issue:daily:weekly"]
    assert told(3) == ["issue:daily:weekly", "issue:daily"]
    assert keys(facts, NOW + HOUR) == []  # it is not offered any more


def test_of_another_newsletter_or_one_that_left_the_configuration_nothing_is_told():
    facts = Facts(missing=(a_missing(trying=True, newsletter="gone"),))

    assert keys(facts, NOW + 3 * HOUR) == []


@pytest.mark.parametrize(("minutes", "found"), [(14, []), (16, ["release:7"])])
def test_an_issue_that_stays_half_released(minutes, found):
    since = NOW - timedelta(minutes=minutes)
    half = Unfinished(issue=7, newsletter="daily", since=since)
    assert [key for key in keys(Facts(unfinished=(half,))) if "release" in key] == found


def test_before_the_calendar_was_kept_no_issue_was_owed():
    since = {("daily", "daily"): NOW + HOUR}

    assert keys(Facts(settled=BEGUN, since=since), NOW + 3 * HOUR) == []
    assert keys(Facts(settled=BEGUN, since=since), NOW + DAY + 3 * HOUR) == ["issue:daily"]


@pytest.mark.parametrize(
    ("cadence", "day"),
    [(Cadence.WEEKDAYS, 4), (Cadence.WEEKDAYS, 5), (Cadence.WEEKLY, 1), (Cadence.WEEKLY, 6)],
)
def test_a_day_that_is_not_its_day_is_no_silence(cadence, day):
    # NOW is a Tuesday; the last turn was Friday's, or that of this Tuesday.
    one = a_newsletter(timezone="UTC", hour=time(6, 30), cadence=cadence, weekday=1)
    last = {"2026-11-27"} if cadence is Cadence.WEEKDAYS else {"2026-W48"}
    facts = Facts(settled={("daily", cadence.value): frozenset(last)})
    at = NOW + (day - 1) * DAY + 3 * HOUR

    assert raised(facts, [one], OPTIONS, now=at) == []


def test_an_issue_that_waits_for_the_editor_is_told_as_what_it_is():
    waits = Waiting(issue=5, newsletter="daily", due=NOW, release_by=None)
    made = {("daily", "daily"): frozenset({"2026-11-23", "2026-11-24"})}
    facts = Facts(settled=made, waiting=(waits,))

    assert keys(facts, NOW + HOUR) == []
    [alert] = raised(facts, [DAILY], OPTIONS, now=NOW + 2 * HOUR)
    assert alert.key == "approval:daily"
    assert (
        alert.says
        == "issue 5 of daily, due 2026-11-24 06:30 UTC, waits for approval and goes to nobody"
    )


@pytest.mark.parametrize(("waits", "found"), [(HOUR, []), (HOUR * 1.1, ["sending"])])
def test_mail_that_does_not_leave(waits, found):
    assert keys(Facts(first_due=NOW - waits)) == found


@pytest.mark.parametrize(
    ("audience", "failed", "returned", "stale", "found"),
    [
        (1000, 20, 0, 0, []),
        (1000, 21, 0, 0, ["bounces:daily:daily"]),
        (1000, 0, 21, 0, ["bounces:daily:daily"]),
        (1000, 7, 7, 7, ["bounces:daily:daily"]),
        (199, 100, 99, 0, []),
        (199, 0, 0, 99, []),
        (2, 0, 0, 1, ["bounces:daily:daily"]),
    ],
)
def test_who_was_not_reached(audience, failed, returned, stale, found):
    last = a_last(audience=audience, failed=failed, returned=returned, stale=stale)
    facts = Facts(lasts=(last,))

    assert keys(facts) == found


def a_last(**given):
    return LastIssue(
        **{"issue": 7, "newsletter": "daily", "cadence": "daily", "period": "2026-11-24", **given}
    )


@pytest.mark.parametrize(
    ("failed", "returned", "stale", "said", "where"),
    [
        (3, 0, 297, "refused or too late", "digest issues show 7 --skipped"),
        (150, 150, 0, "refused or returned", "digest issues show 7 --failed"),
        (1, 298, 1, "refused or returned or too late", "digest bounces list --kind hard"),
    ],
)
def test_who_was_not_reached_is_told_with_the_reason_and_the_way_to_see_them(
    failed, returned, stale, said, where
):
    last = a_last(audience=300, failed=failed, returned=returned, stale=stale)
    [found] = raised(Facts(lasts=(last,)), [], OPTIONS, now=NOW)

    assert found.says == f"100.0 % of daily 2026-11-24 was not reached: {said}"
    assert found.cure == f"see whom and why with `{where}`"


def a_behind(**given):
    return Behind(
        **{
            "issue": 7,
            "newsletter": "daily",
            "due": NOW,
            "waits": 249,
            "audience": 250,
            "said": "451 4.3.0 try later",
            **given,
        }
    )


def test_an_issue_that_does_not_get_on_is_told_with_the_last_answer():
    [found] = raised(Facts(behind=(a_behind(),)), [], OPTIONS, now=NOW + 2 * HOUR)

    assert found == Alert(
        key="behind:7",
        says="issue 7 of daily, due 2026-11-24 06:30 UTC, has not reached at least 249 of 250; "
        "the last answer: 451 4.3.0 try later",
        cure="see whom and why with `digest issues show 7 --waiting`",
    )


def test_where_nothing_leaves_at_all_that_is_said_once():
    facts = Facts(behind=(a_behind(),), first_due=NOW - 2 * HOUR)

    assert keys(facts) == ["sending"]


@pytest.mark.parametrize(
    ("refused", "rests", "ended", "found"),
    [
        ("554 5.7.1 blocked", 0, DAY, ["relay:main"]),
        ("", 5, -HOUR, []),
        ("", 6, timedelta(minutes=-9), ["relay:main"]),
        ("", 6, timedelta(minutes=9), ["relay:main"]),
        ("", 6, timedelta(minutes=16), []),  # nothing was to be sent since
    ],
)
def test_a_relay_that_is_paused_at_once_and_one_that_keeps_resting(refused, rests, ended, found):
    relay = RelayHealth(name="main", refused=refused, rests=rests, until=NOW - ended)

    assert keys(Facts(relays=(relay,))) == found


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


def test_who_did_not_look_at_relays_and_keys_ends_no_alert_of_theirs():
    told = {"doctor:TLS of x": NOW, "disk": NOW}

    assert to_tell([], told, every=DAY, now=NOW, examined=False).over == ("disk",)
    assert to_tell([], told, every=DAY, now=NOW).over == ("disk", "doctor:TLS of x")


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
