from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.collect import visits
from digest.collect.fetch import Failed, Fetched, NotModified
from digest.collect.visits import LONGEST_BACK_OFF, PAUSE
from digest.model import SourceId, Visit
from tests.builders import NOW

URL = "https://herald.example/feed.xml"
FIRST = Visit(source=SourceId(URL))


def after(visit: Visit, answer, now=NOW, **given) -> Visit:
    return visits.after(visit, answer, now=now, jitter=0.0, **given)


def fetched(**given) -> Fetched:
    return Fetched(url=URL, body=b"x", **given)


def failed(**given) -> Failed:
    return Failed(**{"url": URL, "status": "500", "reason": "no", **given})


def test_a_visit_that_went_well_is_remembered_with_its_validators():
    visit = after(FIRST, fetched(etag="e", last_modified="m"), items=3, undated=1, empty=1)

    assert visit == replace(
        FIRST,
        etag="e",
        last_modified="m",
        visited_at=NOW,
        succeeded_at=NOW,
        status="200",
        items=3,
        undated=1,
        empty=1,
        next_visit=NOW + PAUSE,
    )


def test_visits_are_spread_over_a_fifth_more_and_due_at_their_very_minute():
    visit = visits.after(FIRST, fetched(), now=NOW, jitter=1.0)

    assert visit.next_visit == NOW + 1.2 * PAUSE
    assert visits.due(visit, NOW + 1.2 * PAUSE)
    assert not visits.due(visit, NOW + PAUSE)


def test_a_failure_is_remembered_with_its_reason_and_forgotten_at_the_next_answer():
    visit = after(FIRST, failed())

    assert visit == replace(
        FIRST, visited_at=NOW, status="500", error="no", failures=1, next_visit=NOW + PAUSE
    )
    assert after(visit, NotModified(url=URL)).failures == 0


def test_not_modified_keeps_the_counts():
    before = after(FIRST, fetched(etag="e"), items=3)

    visit = after(before, NotModified(url=URL), NOW + PAUSE)

    assert (visit.status, visit.items, visit.etag) == ("304", 3, "e")
    assert visit.succeeded_at == NOW + PAUSE


def test_we_come_again_at_the_later_of_our_pause_and_their_freshness():
    fresh = NOW + timedelta(hours=6)

    assert after(FIRST, fetched(fresh_until=fresh)).next_visit == fresh
    assert after(FIRST, fetched(fresh_until=NOW)).next_visit == NOW + PAUSE


def test_failures_double_the_pause_up_to_a_day():
    visit = FIRST
    waits = []
    for _ in range(9):
        visit = after(visit, failed())
        waits.append(visit.next_visit - NOW)

    assert waits[:3] == [PAUSE, 2 * PAUSE, 4 * PAUSE]
    assert waits[-1] == LONGEST_BACK_OFF
    assert visit.failures == 9


def test_what_a_host_asks_for_is_waited_for():
    asked = NOW + timedelta(days=3)

    assert after(FIRST, failed(retry_at=asked)).next_visit == asked


def test_a_success_forgets_the_failures():
    visit = after(after(FIRST, failed()), fetched())

    assert (visit.failures, visit.error) == (0, None)


def test_gone_is_gone():
    visit = after(FIRST, failed(status="410", gone=True))

    assert visit.gone
    assert not visits.due(visit, NOW + timedelta(days=400))


def test_a_body_that_cannot_be_read_is_a_failure_and_its_validators_are_dropped():
    visit = after(replace(FIRST, etag="old"), fetched(etag="new"), error="no feed")

    assert (visit.etag, visit.failures, visit.error, visit.succeeded_at) == (
        None,
        1,
        "no feed",
        None,
    )
    assert visit.status == "unreadable"


def test_a_permanent_move_is_believed_after_seven_days_of_agreement():
    moved = fetched(moved_to="https://new.example/feed")
    visit = after(FIRST, moved)
    assert (visit.url, visit.moved_since) == (None, NOW)

    visit = after(visit, moved, NOW + timedelta(days=6))
    assert visit.url is None

    visit = after(visit, moved, NOW + timedelta(days=7))
    assert (visit.url, visit.moved_to) == ("https://new.example/feed", None)


def test_a_move_that_changes_its_mind_begins_again():
    visit = after(FIRST, fetched(moved_to="https://a.example/"))
    visit = after(visit, fetched(moved_to="https://b.example/"), NOW + timedelta(days=8))

    assert (visit.url, visit.moved_since) == (None, NOW + timedelta(days=8))
    assert after(visit, fetched()).moved_to is None


def test_an_upgrade_to_https_is_believed_at_once():
    plain = Visit(source=SourceId("http://herald.example/feed.xml"))

    assert after(plain, fetched(moved_to=URL)).url == URL


def test_a_source_never_visited_is_due():
    assert visits.due(FIRST, NOW)
    assert not visits.due(replace(FIRST, next_visit=NOW + PAUSE), NOW)


@given(st.lists(st.booleans(), max_size=40), st.floats(0, 0.999))
def test_whatever_happens_we_come_again_within_a_day(history, jitter):
    visit = FIRST
    for well in history:
        answer = fetched() if well else failed()
        visit = visits.after(visit, answer, now=NOW, jitter=jitter)
        assert timedelta(0) < visit.next_visit - NOW <= LONGEST_BACK_OFF
