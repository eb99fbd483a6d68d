from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.collect import feeds
from digest.errors import Permanent
from digest.model import Dated, DateSource, Form
from tests.builders import a_source

URL = "https://herald.example/feed.xml"
LONG = "<p>" + "Forty tonnes of new oak went in on Sunday night under floodlights. " * 15 + "</p>"


def parse(body: str | bytes, *, charset: str | None = None, url: str = URL, **source):
    data = body.encode() if isinstance(body, str) else body
    return feeds.parse(
        data, url=url, content_type="text/xml", charset_claimed=charset, source=a_source(**source)
    )


def rss(*items: str, **channel: str) -> str:
    head = "".join(f"<{name}>{value}</{name}>" for name, value in channel.items())
    inner = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Herald</title>{head}{inner}</channel></rss>"
    )


def test_an_rss_item_is_taken_as_it_says():
    parsed = parse(
        rss(
            '<title>Gates &amp; barges</title><link>/lock</link><guid isPermaLink="false">g-1</guid>'
            "<pubDate>Tue, 24 Nov 2026 05:00:00 +0100</pubDate><author>Tom</author>"
            "<category>harbour</category>"
            f"<content:encoded><![CDATA[{LONG}]]></content:encoded>",
            language="en-GB",
        )
    )

    (item,) = parsed.items
    assert (item.url, item.title, item.guid) == (
        "https://herald.example/lock",
        "Gates & barges",
        "g-1",
    )
    assert item.dated == Dated(at=datetime(2026, 11, 24, 4, tzinfo=UTC), source=DateSource.FEED)
    assert (item.form, item.language, item.tags) == (Form.FRAGMENT, "en", ("harbour",))
    assert (parsed.title, parsed.undated, parsed.empty) == ("Herald", 0, 0)


def test_atom_is_read_with_its_alternate_link():
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Post</title>
    <entry><title type="html">A &lt;b&gt;bold&lt;/b&gt; lamp</title>
    <link rel="edit" href="/edit/1"/><link rel="alternate" href="/lamp"/>
    <id>tag:1</id><updated>2026-11-24T05:00:00Z</updated>
    <author><name>Ruth</name></author><content type="html"><![CDATA[{LONG}]]></content>
    </entry></feed>"""

    (item,) = parse(body).items

    assert (item.url, item.title, item.author) == (
        "https://herald.example/lamp",
        "A bold lamp",
        "Ruth",
    )
    assert item.dated.at == datetime(2026, 11, 24, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        '<rss version="0.91"><channel><item><title>T</title><link>http://a.example/1</link>'
        "</item></channel></rss>",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><item><title>T</title><link>http://a.example/1</link>'
        "</item></rdf:RDF>",
    ],
)
def test_old_dialects_are_read(body):
    assert [item.url for item in parse(body).items] == ["http://a.example/1"]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("", Form.LINK),
        ("<description>Barges are back.</description>", Form.TEASER),
        (f"<description><![CDATA[{LONG}{LONG}]]></description>", Form.FRAGMENT),
        (f"<description><![CDATA[{LONG}{LONG} … Continue reading]]></description>", Form.TEASER),
        (f"<content:encoded><![CDATA[{LONG}]]></content:encoded>", Form.FRAGMENT),
        (
            f"<content:encoded><![CDATA[{LONG}<p>The post Gates appeared first on Herald.</p>]]>"
            "</content:encoded>",
            Form.TEASER,
        ),
    ],
)
def test_a_teaser_is_told_from_an_article(content, form):
    (item,) = parse(rss(f"<title>T</title><link>/1</link>{content}")).items

    assert item.form is form


def test_a_permalink_guid_stands_for_a_missing_link():
    parsed = parse(rss("<title>T</title><guid>https://herald.example/1</guid>"))

    assert parsed.items[0].url == "https://herald.example/1"


def test_links_that_are_no_web_addresses_are_left_out_and_counted():
    parsed = parse(
        rss(
            "<title>A</title><link>javascript:alert(1)</link>",
            "<title>B</title><link>data:text/html,hi</link>",
            "<title>C</title>",
            "<title>D</title><link>/d</link>",
        )
    )

    assert [item.title for item in parsed.items] == ["D"]
    assert parsed.notes == ("3 items without a web link were left out",)


def test_an_address_listed_twice_is_one_item():
    parsed = parse(
        rss("<title>New</title><link>/1</link>", "<title>Old</title><link>/1</link><guid>x</guid>")
    )

    assert [item.title for item in parsed.items] == ["New"]


def test_only_the_newest_are_taken():
    items = [
        f"<title>{n}</title><link>/{n}</link><pubDate>Tue, {n:02} Nov 2026 05:00:00 GMT</pubDate>"
        for n in range(1, 10)
    ]

    parsed = parse(rss(*items), max_items=2)

    assert [item.title for item in parsed.items] == ["9", "8"]


def test_undated_and_empty_items_are_counted():
    parsed = parse(rss("<link>/1</link>", "<title>T</title><link>/2</link>"))

    assert (parsed.undated, parsed.empty) == (2, 1)


def test_a_day_without_an_hour_is_a_day():
    (item,) = parse(rss("<title>T</title><link>/1</link><pubDate>2026-11-24</pubDate>")).items

    assert item.dated.day_only


def test_a_title_is_one_line():
    (item,) = parse(rss("<title>One\r\nBcc: eve@x.example</title><link>/1</link>")).items

    assert item.title == "One Bcc: eve@x.example"


@pytest.mark.parametrize(
    ("markup", "image"),
    [
        ('<media:content url="/big.jpg" medium="image"/>', "https://herald.example/big.jpg"),
        ('<media:thumbnail url="/small.jpg"/>', "https://herald.example/small.jpg"),
        ('<enclosure url="/e.jpg" type="image/jpeg"/>', "https://herald.example/e.jpg"),
        ('<enclosure url="/e.mp3" type="audio/mpeg"/>', None),
        (
            '<description>&lt;img src="/pixel.gif" width="1"&gt;&lt;img src="/p.jpg"&gt;'
            "</description>",
            "https://herald.example/p.jpg",
        ),
        ('<description>&lt;img src="data:image/png;base64,x"&gt;</description>', None),
    ],
)
def test_the_picture_is_found_and_pixels_are_not_pictures(markup, image):
    (item,) = parse(rss(f"<title>T</title><link>/1</link>{markup}")).items

    assert item.image == image


def test_a_truncated_feed_gives_what_could_be_read_and_says_so():
    whole = rss("<title>A</title><link>/a</link>", "<title>B</title><link>/b</link>")

    parsed = parse(whole[: whole.index("<title>B")])

    assert parsed.items[0].title == "A"
    assert parsed.notes[0].startswith("the feed is damaged (")


def test_a_wrong_charset_declaration_does_not_garble():
    body = rss("<title>Café, früh</title><link>/1</link>").encode()
    body = b'<?xml version="1.0" encoding="iso-8859-1"?>' + body

    assert parse(body, charset="us-ascii").items[0].title == "Café, früh"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "empty"),
        ("<!doctype html><html><body>Hi</body></html>", "web page, not a feed"),
        ("<!-- hello --><HTML><p>Hi", "digest sources add https://herald.example/` looks for"),
        (
            "<html><link rel=alternate type=application/rss+xml href=/new.xml>",
            "digest sources add https://herald.example/feed.xml` looks for",
        ),
        ("<note>hello</note>", "no feed that can be read"),
        ("just words", "no feed that can be read"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>', "entities"),
        ('<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss/>', "entities"),
        ("<rss><channel>" + "<b>" * 100_000, "more than 250 elements"),
        ('{"version": "https://jsonfeed.org/version/2"}', "no JSON Feed"),
        ('{"version": ', "no JSON that can be read"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_clause(body, why):
    with pytest.raises(Permanent, match=why):
        parse(body)


@pytest.mark.parametrize(
    "deep", ["&lt;div&gt;" * 100_000, f"<![CDATA[{'<div>' * 100_000}]]>"], ids=["escaped", "cdata"]
)
def test_deep_markup_inside_an_item_is_not_parsed(deep):
    (item,) = parse(rss(f"<title>T</title><link>/1</link><description>{deep}</description>")).items

    assert (item.form, item.content) == (Form.LINK, "")


def test_unclosed_elements_of_one_item_do_not_add_up_to_a_feed_too_deep_to_read():
    items = "</item><item>".join(
        f"<title>T</title><link>/{n}</link><description><![CDATA[<div><b><i>Words {n}]]></description>"
        for n in range(200)
    )

    assert len(parse(rss(items), max_items=300).items) == 200


def test_an_item_about_entities_declares_none():
    told = "<title>T</title><link>/1</link><description><![CDATA[&lt;!ENTITY a 'b'> <!ENTITY c 'd'>]]></description>"

    assert len(parse(rss(told)).items) == 1


def test_a_feed_in_chinese_is_not_taken_for_a_teaser():
    text = "港口的旧闸门在星期一重新打开，十一个星期以来第一艘驳船通过。" * 20
    (item,) = parse(
        rss(f"<title>港口</title><link>/1</link><content:encoded>{text}</content:encoded>")
    ).items

    assert item.form is Form.FRAGMENT


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("Why Vec&lt;T&gt; beats Box&lt;T&gt;", "Why Vec<T> beats Box<T>"),
        ("Why <![CDATA[<div> & a < b]]>", "Why <div> & a < b"),
        ("A &lt;b class='x'&gt;bold&lt;/b&gt;&lt;br/&gt;&lt;!-- x --&gt; lamp", "A bold lamp"),
        ("Gates &amp;amp; barges&amp;#8217;", "Gates & barges’"),
        ("The council&amp;amp;#8217;s &amp;amp;ldquo;wall&amp;amp;rdquo;", "The council’s “wall”"),
        ("What &amp;amp;lt; means", "What &lt; means"),
        ("<![CDATA[<h2 class='t'>The <em>wall</em> is open</h2>]]>", "The wall is open"),
        ("<![CDATA[<img class='emoji' src='/e.png' alt='🎉'/> The wall]]>", "🎉 The wall"),
        ("Why &lt;img&gt; needs an alt", "Why <img> needs an alt"),
        ("&lt;div&gt; or &lt;table&gt;?", "<div> or <table>?"),
        ("List&lt;String&gt; &lt;em&gt;now&lt;/em&gt; &amp;amp; then", "List<String> now & then"),
    ],
)
def test_a_title_in_rss_keeps_what_is_no_markup_of_titles(title, read):
    (item,) = parse(rss(f"<title>{title}</title><link>/1</link>")).items

    assert item.title == read


@pytest.mark.parametrize(
    ("kind", "title", "read"),
    [
        ("", "Why Vec&lt;T&gt; &lt;b&gt;", "Why Vec<T> <b>"),
        (' type="text"', "Gates &amp;amp; Vec&lt;T&gt;", "Gates & Vec<T>"),
        (' type="html"', "&lt;b&gt;Vec&lt;/b&gt; &amp;lt;T&amp;gt;", "Vec <T>"),
    ],
)
def test_a_title_in_atom_is_what_its_type_says(kind, title, read):
    (item,) = parse(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title{kind}>{title}</title>'
        '<link href="/1"/></entry></feed>'
    ).items

    assert item.title == read


@pytest.mark.parametrize(
    "description",
    [
        "<![CDATA[&lt;p&gt;The council&amp;rsquo;s vote.&lt;/p&gt;&lt;p&gt;It was close.&lt;/p&gt;]]>",
        "&amp;lt;p&amp;gt;The council&amp;amp;rsquo;s vote.&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;It was "
        "close.&amp;lt;/p&amp;gt;",
    ],
)
def test_html_that_was_escaped_twice_is_html(description):
    (item,) = parse(
        rss(f"<title>T</title><link>/a</link><description>{description}</description>")
    ).items

    assert item.content == "<p>The council&rsquo;s vote.</p><p>It was close.</p>"


def test_what_shows_code_is_not_unescaped():
    shown = "<p>Begin with &lt;p&gt; and end with &lt;/p&gt;</p>"

    (item,) = parse(
        rss(f"<title>T</title><link>/a</link><description><![CDATA[{shown}]]></description>")
    ).items

    assert item.content == shown


@pytest.mark.parametrize(
    ("said", "author"),
    [
        ("noreply@blogger.example (Jo Lee)", "Jo Lee"),
        ("Jo Lee (jo@herald.example)", "Jo Lee"),
        ("Jo Lee &lt;jo@herald.example&gt;", "Jo Lee"),
        ("jo@herald.example", None),
        ("Jo Lee", "Jo Lee"),
    ],
)
def test_an_author_is_a_name_and_no_address(said, author):
    (item,) = parse(rss(f"<title>T</title><link>/a</link><author>{said}</author>")).items

    assert item.author == author


def test_a_full_text_in_thai_is_full():
    said = "รัฐบาลประกาศแผนใหม่สำหรับการศึกษาในโรงเรียน" * 12

    (item,) = parse(
        rss(f"<title>T</title><link>/a</link><content:encoded>{said}</content:encoded>")
    ).items

    assert item.form is Form.FRAGMENT


@pytest.mark.parametrize(
    ("said", "at", "day_only"),
    [
        ("mar, 24 nov 2026 05:00:00 +0100", datetime(2026, 11, 24, 4, tzinfo=UTC), False),
        ("Tuesday, November 24, 2026 - 05:00", datetime(2026, 11, 24, 5, tzinfo=UTC), False),
        ("24.11.2026", datetime(2026, 11, 24, tzinfo=UTC), True),
    ],
)
def test_a_date_that_no_standard_allows_is_read_where_it_is_plain(said, at, day_only):
    parsed = parse(rss(f"<title>T</title><link>/a</link><pubDate>{said}</pubDate>"))

    assert parsed.items[0].dated == Dated(at=at, source=DateSource.FEED, day_only=day_only)
    assert parsed.undated == 0


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026/11/30", datetime(2026, 11, 30, tzinfo=UTC)),
        ("2026/11/30 09:05:00 +0100", datetime(2026, 11, 30, 8, 5, tzinfo=UTC)),
        ("2026.11.30", datetime(2026, 11, 30, tzinfo=UTC)),
        ("2026年11月30日 09:05", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("2026년 11월 30일", datetime(2026, 11, 30, tzinfo=UTC)),
        ("30-11-2026", datetime(2026, 11, 30, tzinfo=UTC)),
        ("1796029500", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("1796029500000", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("Mon, 30 November 2026 9:05 PM", datetime(2026, 11, 30, 21, 5, tzinfo=UTC)),
        ("11/30/2026 9:05 AM", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("Mon, 30 Nov 2026 09:05:00 CET", datetime(2026, 11, 30, 8, 5, tzinfo=UTC)),
        ("30-Nov-2026 09:05", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("2026-11-30 09:05:00 UTC", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("2026-11-30 09:05:00 PST", datetime(2026, 11, 30, 17, 5, tzinfo=UTC)),
        ("Mon, 30 Nov 2026 19:05:00 AEST", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("2026-11-30 오후 09:05:00", datetime(2026, 11, 30, 21, 5, tzinfo=UTC)),
        ("2026年11月30日 上午 9:05", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("2026/11/30 下午 09:05:00", datetime(2026, 11, 30, 21, 5, tzinfo=UTC)),
        ("월, 30 11월 2026 18:05:00 +0900", datetime(2026, 11, 30, 9, 5, tzinfo=UTC)),
        ("03/04/2026", None),
    ],
)
def test_a_date_the_parser_takes_for_another_day_is_read_as_it_is_meant(said, at):
    (item,) = parse(rss(f"<title>A</title><link>/a</link><pubDate>{said}</pubDate>")).items

    assert (item.dated.at if item.dated else None) == at


@pytest.mark.parametrize(
    "said",
    [
        "<dcterms:created>2026-11-30T09:05:00Z</dcterms:created>",
        "<prism:publicationDate>2026-11-30T09:05:00Z</prism:publicationDate>",
        "<prism:publicationDate>2026-11-30T09:05:00Z</prism:publicationDate>"
        "<dcterms:modified>2026-12-01T09:05:00Z</dcterms:modified>",
    ],
)
def test_a_date_in_the_words_of_libraries_and_journals_is_one(said):
    names = (
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
    )
    body = rss(f"<title>T</title><link>/a</link>{said}").replace("<rss ", f"<rss {names} ")

    assert parse(body).items[0].dated.at == datetime(2026, 11, 30, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("other", "language", "month"),
    [("11/30/2026", "de", 3), ("30/11/2026", "en-us", 4), ("a while ago", "en-us", 3)],
)
def test_one_date_of_a_feed_tells_how_the_others_are_meant(other, language, month):
    parsed = parse(
        rss(
            "<title>A</title><link>/a</link><pubDate>03/04/2026</pubDate>",
            f"<title>B</title><link>/b</link><pubDate>{other}</pubDate>",
            language=language,
        )
    )

    assert parsed.items[0].dated.at == datetime(2026, month, 7 - month, tzinfo=UTC)


def test_an_episode_without_a_page_leads_to_its_file_and_is_told_by_its_notes():
    parsed = parse(
        rss(
            '<title>Fog</title><guid isPermaLink="false">11</guid>'
            '<enclosure url="/cover.jpg" type="image/jpeg"/>'
            '<enclosure url="/11.mp3" type="audio/mpeg"/><description>Fog came in.</description>',
            '<title>Storms</title><link>/12</link><enclosure url="/12.mp3" type="audio/mpeg"/>',
        )
    )

    assert [(item.url, item.form, item.content) for item in parsed.items] == [
        ("https://herald.example/11.mp3", Form.FRAGMENT, "Fog came in."),
        ("https://herald.example/12", Form.LINK, ""),
    ]
    assert parsed.notes == ()


def test_an_address_that_is_said_to_be_no_link_is_read_where_there_is_no_other():
    said = '<guid isPermaLink="false">https://herald.example/{}</guid>'
    parsed = parse(
        rss(
            "<title>Quota</title>" + said.format("quota"),
            "<title>Tides</title><link>/tides</link>" + said.format("x"),
            "<title>Left</title><guid isPermaLink='false'>left-out</guid>",
        )
    )

    assert [item.url for item in parsed.items] == [
        "https://herald.example/quota",
        "https://herald.example/tides",
    ]
    assert parsed.notes == ("1 item without a web link was left out",)


@pytest.mark.parametrize(
    ("body", "cure"),
    [
        ("<?xml version='1.0'?><urlset><url><loc>/a</loc></url></urlset>", 'kind = "sitemap"'),
        ("<s:sitemapindex xmlns:s='urn:s'><s:sitemap/></s:sitemapindex>", 'kind = "sitemap"'),
        ("<opml version='2.0'><head/><body/></opml>", "`digest sources import FILE.opml`"),
    ],
)
def test_another_list_in_place_of_a_feed_is_named_with_what_to_do(body, cure):
    with pytest.raises(Permanent) as error:
        parse(body)

    assert cure in str(error.value)


@pytest.mark.parametrize(
    "said",
    [
        "<media:content url='https://0.gravatar.com/avatar/5f?s=96' medium='image'/>"
        "<media:content url='/lock.jpg' medium='image'/>",
        "<media:thumbnail url='https://avatars.githubusercontent.com/u/1?s=60'/>"
        "<description>&lt;img src='/lock.jpg'&gt; Gates.</description>",
        "<media:thumbnail url='/s72-c/lock.jpg' width='72' height='72'/>"
        "<description>&lt;img src='/lock.jpg'&gt; Gates.</description>",
        "<description>&lt;img src='https://s.w.org/images/core/emoji/15/72x72/2705.png'&gt; "
        "&lt;img src='https://0.gravatar.com/avatar/5f'&gt;&lt;img src='/lock.jpg'&gt;</description>",
        "<itunes:image xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' href='/lock.jpg'/>",
    ],
)
def test_the_picture_of_an_item_is_of_its_news_and_no_face_stamp_or_emoji(said):
    (item,) = parse(rss(f"<title>T</title><link>/a</link>{said}")).items

    assert item.image == "https://herald.example/lock.jpg"
