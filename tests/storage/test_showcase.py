"""What a stranger sees of a newsletter before joining."""

from datetime import timedelta

from digest.model import NewsletterId, Section
from digest.storage import articles, issues, showcase
from digest.storage.showcase import HEADLINES, Headline, Showcase
from tests.builders import NOW, a_story, an_article, an_issue

DAILY = NewsletterId("daily")


async def freeze(store, issue, state="released"):
    for story in issue.stories:
        await store.write(articles.add_new, story.articles)
    await store.write(issues.freeze, issue, [], state=state, at=NOW)


def stories(*names):
    return [
        a_story(
            an_article(
                f"https://a.example/{name}",
                title=f"The {name}",
                source_name="A",
                fingerprint=name,
            )
        )
        for name in names
    ]


async def latest(store, cadence="daily"):
    return await store.read(showcase.latest, DAILY, cadence)


async def test_before_the_first_issue_there_is_nothing_to_show(store):
    assert await latest(store) is None


async def test_the_newest_issue_is_shown_with_its_first_lead_articles_in_order(store):
    await freeze(store, an_issue(*stories("old"), until=NOW - timedelta(days=1), number=1))
    names = ("weir", "honey", "ferry", "library", "bridge")
    lead, *others = stories(*names)
    town = Section(topic="town", title="Town", stories=tuple(others))
    issue = an_issue(lead, sections=(town,), period="2026-11-25", until=NOW, number=2)
    await freeze(store, issue)

    assert await latest(store) == Showcase(
        number=2,
        until=NOW,
        headlines=tuple(Headline(title=f"The {n}", source="A") for n in names[:HEADLINES]),
    )


async def test_who_only_tells_the_same_story_again_is_no_headline(store):
    lead, other = an_article("https://a.example/1"), an_article("https://b.example/1")
    await freeze(store, an_issue(a_story(lead, also=(other,)), until=NOW))

    assert [one.title for one in (await latest(store)).headlines] == [lead.title]


async def test_drafts_and_other_cadences_and_newsletters_are_not_shown(store):
    await freeze(store, an_issue(*stories("draft")), state="draft")
    await freeze(store, an_issue(*stories("week"), cadence="weekly", period="2026-W48"))
    await freeze(store, an_issue(*stories("other"), newsletter=NewsletterId("other")))

    assert await latest(store) is None
    assert (await latest(store, "weekly")).headlines[0].title == "The week"
