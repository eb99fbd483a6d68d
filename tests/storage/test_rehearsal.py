from datetime import timedelta

from digest.model import NewsletterId
from digest.storage import articles, audience, issues, rehearsal, sources
from digest.storage.database import Store
from tests import planted
from tests.builders import NOW, a_story, an_article, an_issue
from tests.storage.test_articles import seen
from tests.storage.test_people import person, to
from tests.storage.test_sources import VISIT

DAILY = NewsletterId("daily")


async def test_a_rehearsal_starts_from_the_editorial_half_and_copies_no_person(store, tmp_path):
    fresh = an_article("https://a.example/fresh")
    stale = an_article("https://a.example/stale", first_seen=NOW - timedelta(days=90))
    retold = an_article("https://a.example/retold", first_seen=NOW - timedelta(days=80))
    await store.write(planted.articles, [fresh, stale, retold])
    await store.write(articles.sighted, [seen("https://t.example/s", fresh.url)])
    await store.write(sources.remember, VISIT)
    await store.write(issues.freeze, an_issue(a_story(retold)), [], state="released", at=NOW)
    await store.write(planted.reader, person("ada"), to("ada"))
    copy = await Store.open(f"sqlite:///{tmp_path / 'rehearsal.db'}")

    await rehearsal.seed(store, copy, NOW - timedelta(days=31))

    assert {a.url for a in await copy.read(articles.search, (), 10)} == {fresh.url, retold.url}
    assert await copy.read(articles.by_url, "https://t.example/s") == fresh
    assert await copy.read(sources.visits) == {VISIT.source: VISIT}
    assert (await copy.read(issues.last, DAILY, "daily")).number == 412
    told = await copy.read(issues.told_since, DAILY, "daily", NOW - timedelta(days=1))
    assert [a.url for a, _ in told] == [retold.url]
    assert await copy.read(audience.choices, DAILY, "daily", NOW) == {}
    await copy.close()
