from __future__ import annotations

import pytest

from digest.collect import detours, feeds
from tests.builders import a_source

LOCK = "https://herald.example/lock?page=2"
SAID = "https%3A%2F%2Fherald.example%2Flock%3Fpage%3D2"


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.google.com/url?rct=j&sa=t&url={SAID}&ct=ga&cd=CAEY&usg=AOvV",
        f"https://www.google.co.uk/url?q={SAID}&sa=U",
        f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url={SAID}&c=2&mkt=en-gb",
        f"https://www.youtube.com/redirect?event=video&q={SAID}",
        f"https://l.facebook.com/l.php?u={SAID}&h=AT0",
        LOCK,
    ],
)
def test_an_address_that_only_passes_on_is_the_one_it_leads_to(url):
    assert detours.passed(url) == LOCK


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?sa=t",
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/search?q=https://herald.example/lock",
        "https://google.com.herald.example/url?url=https://elsewhere.example/",
        "https://herald.example/url?url=https://elsewhere.example/",
        "https://[herald.example/url",
        None,
    ],
)
def test_any_other_address_stays_as_it_is(url):
    assert detours.passed(url) == url


def test_an_alert_lists_the_pages_it_found():
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Google Alert - lock</title><entry>
    <id>tag:google.com,2013:googlealerts/feed:1</id>
    <title type="html">The &lt;b&gt;lock&lt;/b&gt; is open</title>
    <link href="https://www.google.com/url?rct=j&amp;url=https://herald.example/lock&amp;ct=ga"/>
    </entry></feed>"""

    (item,) = feeds.parse(
        body.encode(), url="https://www.google.com/x", charset_claimed=None, source=a_source()
    ).items

    assert (item.url, item.title) == ("https://herald.example/lock", "The lock is open")
