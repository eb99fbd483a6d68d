"""Dead links are told; who is only busy, slow or shut to programs is not called dead."""

from digest.compose.prepared import Prepared
from digest.model import Edition
from digest.services.links import check_links
from tests.builders import NOW, a_newsletter, an_issue

BASE = "https://quayside.example"


def prepared(*hrefs, key="en", more=()):
    html = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    edition = Edition(key=key, language="en", subject="", preheader="", html=html, text="")
    return Prepared(newsletter=a_newsletter(), at=NOW, issue=an_issue(), editions=(edition, *more))


def told(found, key="en"):
    return [(one.code, one.level, one.message) for one in found.findings[key]]


async def test_a_page_that_is_gone_is_told_and_others_are_not(world, web):
    web.serve("/here", "<p>here</p>")
    web.serve("/gone", status=410)
    web.serve("/busy", status=503)
    web.serve("/shut", status=403)
    hrefs = [f"{web.base}/{path}" for path in ("busy", "gone", "here", "missing", "shut")]

    found = await check_links(prepared(*hrefs), world.fetch, base_url=BASE)

    assert told(found) == [
        ("dead-link", "warns", f"{web.base}/gone is dead (410), and 1 more"),
    ]


async def test_our_own_pages_anchors_and_open_places_are_not_asked_for(world, web):
    places = ("#top", "mailto:a@b.example", "\ue0f0unsubscribe_url\ue0f1", f"{web.base}/archive/x")

    found = await check_links(prepared(*places), world.fetch, base_url=web.base)

    assert told(found) == []
    assert web.paths == []


async def test_a_link_of_two_editions_is_asked_for_once_and_told_in_both(world, web):
    href = f"{web.base}/missing"
    other = prepared(href, key="de").editions[0]

    found = await check_links(prepared(href, more=(other,)), world.fetch, base_url=BASE)

    dead = [("dead-link", "warns", f"{href} is dead (404)")]
    assert (told(found), told(found, "de")) == (dead, dead)
    assert web.count("/missing") == 1
