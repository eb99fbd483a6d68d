from datetime import UTC, datetime, timedelta, timezone

from digest.model import DateSource, SourceId
from digest.storage import articles
from digest.storage.articles import Sighting
from tests import planted
from tests.builders import NOW, an_article, dated

HERALD = SourceId("https://herald.example/feed.xml")
POST = SourceId("https://post.example/feed.xml")
LONG_AGO = NOW - timedelta(days=30)


def seen(item_url, article_url, **given):
    return Sighting(
        **{
            "source": HERALD,
            "item_url": item_url,
            "article_url": article_url,
            "seen_at": NOW,
            **given,
        }
    )


async def test_an_article_comes_back_as_it_was_kept(store):
    article = an_article(
        title="Šárka’s ‘Přístav’ 🚢 العربية",
        dated=dated(
            datetime(2026, 11, 24, 7, 30, 1, 123456, tzinfo=timezone(timedelta(hours=2))),
            DateSource.MASTHEAD,
            exact=False,
            day_only=True,
        ),
        author="Ada",
        image="https://herald.example/a.jpg",
        tags=("harbour", "sea"),
    )

    assert await store.write(articles.save, article)

    assert await store.read(articles.by_url, article.url) == article


async def test_saving_again_updates_all_but_when_it_was_first_seen(store):
    await store.write(articles.save, an_article())
    later = an_article(title="A better headline", first_seen=NOW + timedelta(hours=5))

    assert not await store.write(articles.save, later)

    kept = await store.read(articles.by_url, later.url)
    assert (kept.title, kept.first_seen) == ("A better headline", NOW)


async def test_the_window_excludes_its_beginning_and_includes_its_end(store):
    moments = [NOW + timedelta(microseconds=n) for n in (-1, 0, 1)]
    await store.write(
        planted.articles,
        [an_article(f"https://a.example/{n}", first_seen=m) for n, m in enumerate(moments)],
    )

    found = await store.read(articles.seen_between, moments[0], moments[1])

    assert [article.url for article in found] == ["https://a.example/1"]


async def test_the_window_may_have_no_beginning_and_name_its_sources(store):
    await store.write(
        planted.articles,
        [
            an_article("https://a.example/1"),
            an_article("https://b.example/1", source=POST),
        ],
    )

    assert len(await store.read(articles.seen_between, None, NOW)) == 2
    assert [a.url for a in await store.read(articles.seen_between, None, NOW, [POST])] == [
        "https://b.example/1"
    ]
    assert await store.read(articles.seen_between, None, NOW, []) == []


async def test_what_came_before_is_counted_and_its_newest_named(store):
    await store.write(
        planted.articles,
        [
            an_article(
                f"https://a.example/{n}",
                first_seen=NOW - timedelta(hours=n),
                dated=dated(NOW - timedelta(days=9 - n)),
            )
            for n in range(3)
        ],
    )

    count, newest = await store.read(articles.seen_before, NOW - timedelta(hours=1))

    assert (count, newest.url) == (2, "https://a.example/2")  # dated last, and not seen last
    assert await store.read(articles.seen_before, LONG_AGO) == (0, None)


async def test_an_address_is_known_by_any_sources_sighting_or_by_the_article_itself(store):
    await store.write(articles.save, an_article("https://a.example/story"))
    await store.write(
        articles.sighted, [seen("https://t.example/short", "https://a.example/story")]
    )

    known = await store.read(
        articles.known,
        ["https://t.example/short", "https://a.example/story", "https://a.example/new"],
        unreadable_since=LONG_AGO,
    )

    assert known == {
        "https://t.example/short": "https://a.example/story",
        "https://a.example/story": "https://a.example/story",
    }


async def test_a_page_that_could_not_be_read_is_left_alone_for_a_while_and_then_tried_again(store):
    await store.write(articles.sighted, [seen("https://a.example/x", None, trouble="404")])

    async def known(since):
        return await store.read(articles.known, ["https://a.example/x"], unreadable_since=since)

    assert await known(NOW - timedelta(hours=1)) == {"https://a.example/x": None}
    assert await known(NOW) == {}


async def test_a_page_that_was_read_at_last_is_no_longer_in_trouble(store):
    await store.write(articles.save, an_article("https://a.example/x"))
    await store.write(articles.sighted, [seen("https://a.example/x", None, trouble="404")])
    await store.write(articles.sighted, [seen("https://a.example/x", "https://a.example/x")])

    sightings = await store.read(articles.sightings_of, "https://a.example/x")

    assert [(s.article_url, s.trouble) for s in sightings] == [("https://a.example/x", None)]


async def test_a_changed_guid_does_not_rewrite_where_an_article_was_first_seen(store):
    await store.write(articles.save, an_article("https://a.example/x"))
    first = seen("https://a.example/x", "https://a.example/x", guid="1", said=dated())
    await store.write(articles.sighted, [first])
    await store.write(
        articles.sighted, [seen("https://a.example/x", "https://a.example/x", guid="2")]
    )

    assert await store.read(articles.sightings_of, "https://a.example/x") == [first]


async def test_an_article_is_found_by_the_address_a_source_gave(store):
    await store.write(articles.save, an_article("https://a.example/x"))
    await store.write(articles.sighted, [seen("https://t.example/s", "https://a.example/x")])

    assert (await store.read(articles.by_url, "https://t.example/s")).url == "https://a.example/x"
    assert await store.read(articles.by_url, "https://nowhere.example") is None


async def test_articles_are_found_by_words_of_title_or_address_in_any_case(store):
    await store.write(
        planted.articles,
        [
            an_article("https://a.example/100%_sure", title="The Late Ferry"),
            an_article("https://a.example/other", title="Ferry timetable"),
        ],
    )

    async def urls(*words):
        return [a.url for a in await store.read(articles.search, words, 10)]

    assert await urls("ferry", "LATE") == ["https://a.example/100%_sure"]
    assert await urls("0%_s") == ["https://a.example/100%_sure"]
    assert await urls("%") == ["https://a.example/100%_sure"]
    assert len(await urls("ferry")) == 2


def test_a_moment_without_a_zone_is_refused_before_it_is_kept():
    import pytest

    from digest.storage.schema import Moment

    with pytest.raises(ValueError, match="without a zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), None)  # noqa: DTZ001 -- the point
    assert Moment().process_result_value(datetime(2026, 1, 1, tzinfo=UTC), None).tzinfo is UTC
