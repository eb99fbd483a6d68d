from dataclasses import replace

from digest.model import SourceId, Visit
from digest.storage import sources
from tests.builders import NOW

VISIT = Visit(
    source=SourceId("https://herald.example/feed.xml"),
    etag='"abc"',
    visited_at=NOW,
    status="200",
    items=12,
    next_visit=NOW,
)


async def test_a_visit_is_remembered_until_the_next(store):
    await store.write(sources.remember, VISIT)
    later = replace(VISIT, status="404", failures=1, error="not there")
    await store.write(sources.remember, later)

    assert await store.read(sources.visits) == {VISIT.source: later}
    assert await store.read(sources.visit, VISIT.source) == later
