from __future__ import annotations

import json
from datetime import UTC, datetime

from digest.collect import jsonfeed
from digest.model import Form
from tests.builders import a_source

LONG = "<p>" + "Forty tonnes of new oak went in on Sunday night. " * 20 + "</p>"


def parse(*items, **feed):
    body = {"version": "https://jsonfeed.org/version/1.1", "title": "Herald", "items": items}
    text = json.dumps({**body, **feed})
    return jsonfeed.parse(text, url="https://herald.example/feed.json", source=a_source())


def test_an_item_is_taken_as_it_says():
    parsed = parse(
        {
            "id": "1",
            "url": "/lock",
            "title": "Gates &amp; barges",
            "content_html": LONG,
            "date_published": "2026-11-24T05:00:00+01:00",
            "date_modified": "2026-11-24T06:00:00Z",
            "authors": [{"name": "Tom"}, {"name": "Ines"}],
            "tags": ["harbour"],
            "image": "/lead.jpg",
        },
        language="en-GB",
    )

    (item,) = parsed.items
    assert (item.url, item.title, item.author) == (
        "https://herald.example/lock",
        "Gates & barges",
        "Tom, Ines",
    )
    assert item.dated.at == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert (item.form, item.image) == (Form.FRAGMENT, "https://herald.example/lead.jpg")
    assert (item.language, item.tags, parsed.title) == ("en", ("harbour",), "Herald")


def test_plain_text_becomes_paragraphs():
    (item,) = parse({"url": "/1", "content_text": "One & two.\n\nThree."}).items

    assert (item.form, item.content) == (Form.TEASER, "<p>One &amp; two.</p><p>Three.</p>")


def test_a_summary_stands_for_missing_content():
    (item,) = parse({"url": "/1", "title": "T", "summary": "Barges are back."}).items

    assert (item.form, item.content) == (Form.TEASER, "<p>Barges are back.</p>")


def test_an_old_author_and_an_external_url_are_read():
    (item,) = parse(
        {"external_url": "https://b.example/1", "author": {"name": "Ada"}, "title": "T"}
    ).items

    assert (item.url, item.author, item.form) == ("https://b.example/1", "Ada", Form.LINK)


def test_nonsense_in_the_fields_is_left_out():
    parsed = parse(
        {"url": 7, "id": "no address"},
        "not an object",
        {"url": "/1", "title": ["x"], "date_published": "soon", "authors": "Tom", "tags": "x"},
    )

    (item,) = parsed.items
    assert (item.title, item.dated, item.author, item.tags) == (None, None, None, ())
    assert parsed.notes == ("1 item without a web link was left out",)
    assert (parsed.undated, parsed.empty) == (1, 1)


def test_a_date_that_cannot_be_costs_no_item():
    (item,) = parse(
        {"url": "/1", "title": "T", "date_published": "0001-01-01T00:00:00+01:00"}
    ).items

    assert item.dated is None


def test_half_a_character_is_replaced_wherever_it_stands():
    (item,) = parse(
        {"id": "\ud83d", "url": "/\ud83d", "title": "Gates \ud83d", "language": "\ud83dn"}
    ).items

    assert (item.guid, item.url) == ("\ufffd", "https://herald.example/\ufffd")
    assert (item.title, item.language) == ("Gates \ufffd", "\ufffdn")


def test_a_title_is_text():
    (item,) = parse({"url": "/1", "title": "Why Vec<T> &amp; <b>"}).items

    assert item.title == "Why Vec<T> & <b>"


def test_a_full_text_in_a_script_without_spaces_is_full():
    said = "市政府周一宣布，将从明年起关闭旧港大桥十八个月，更换生锈的桥墩。" * 10

    (item,) = parse({"id": "1", "url": "/a", "content_html": f"<p>{said}</p>"}).items

    assert item.form is Form.FRAGMENT


def test_a_long_text_that_is_cut_off_is_a_teaser():
    (item,) = parse(
        {"id": "1", "url": "/a", "content_html": f"{LONG}<p>Continue reading</p>"}
    ).items

    assert item.form is Form.TEASER


def test_an_id_that_is_a_number_is_read_as_text():
    (item,) = parse({"id": 17, "url": "/a", "title": "Gates"}).items

    assert item.guid == "17"


def test_a_date_as_people_write_it_is_read():
    (item,) = parse({"url": "/1", "date_published": "Mon, 30 Nov 2026 09:00:00 +0100"}).items

    assert item.dated.at == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_a_unix_time_is_a_date():
    (item,) = parse({"url": "/1", "date_published": 1796029500}).items

    assert item.dated.at == datetime(2026, 11, 30, 9, 5, tzinfo=UTC)


def test_an_episode_without_a_page_leads_to_its_file_and_is_told_by_its_notes():
    mp3 = {"url": "/1.mp3", "mime_type": "audio/mpeg"}

    (item,) = parse({"id": "1", "attachments": ["x", mp3], "content_text": "On tides."}).items

    assert (item.url, item.form) == ("https://herald.example/1.mp3", Form.FRAGMENT)
    assert item.content == "<p>On tides.</p>"
