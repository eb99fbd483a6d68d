"""An article that its source corrects is told corrected, and told once."""

from __future__ import annotations

import asyncio

from tests.journeys.test_sources import CHOIR, GATES, MORE, page, rss, run


async def test_a_headline_corrected_before_an_issue_is_told_and_one_corrected_after_is_no_news(
    desk, web
):
    def says(headline, *others):
        told = (headline, web.url("/gates"), "Boats again.", 3)
        web.serve("/gates", page(headline, GATES[0] + MORE))
        return web.feed("/herald.xml", rss("Herald", told, *others))

    desk.configure(Herald=says("Lock gates shut for good"))
    await run(desk, "subscribers", "add", "ada@example.org", "--already-confirmed")
    await run(desk, "gather")
    says("Lock gates open again")
    await run(desk, "gather", "--source", "Herald")
    sent = await run(desk, "send", "--yes", "--json")
    says("Lock gates open again, keeper says", ("Choir moves", web.url("/choir"), CHOIR, 1))
    await run(desk, "gather", "--source", "Herald")

    again = await run(desk, "send", "--yes", "--extra", "--json")

    assert await asyncio.to_thread(titles, desk, sent) == ["Lock gates open again"]
    assert await asyncio.to_thread(titles, desk, again) == ["Choir moves"]


def titles(desk, sent):
    return [
        one["title"] for one in desk.run("issues", "show", sent.json["issue"], "--stories").json
    ]
