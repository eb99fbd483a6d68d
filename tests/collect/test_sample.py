"""The sample paper is read by the parsers of everybody and tells what the README promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest import characters
from digest.collect import sample
from digest.curate import dedupe, extract, furniture
from digest.errors import Permanent
from digest.model import Article, Form, SourceKind
from tests.builders import NOW, a_source


def articles(now: datetime = NOW) -> list[Article]:
    source = a_source("sample:", kind=SourceKind.SAMPLE)
    read = [
        extract.read(item, source_name=item.source_name or "", seen=now)
        for item in sample.items(source, now)
    ]
    assert all(isinstance(one, Article) for one in read)
    return read


def test_every_way_of_reading_is_in_it():
    forms = {item.form for item in sample.items(a_source("sample:"), NOW)}

    assert forms == {Form.PAGE, Form.FRAGMENT, Form.MARKDOWN, Form.TEXT}


def test_two_articles_tell_the_same_story():
    groups = [group for group in dedupe.group(articles()) if len(group) > 1]

    assert [{a.url for a in group} for group in groups] == [
        {"https://sample.example/lock-gates", "https://sample.example/lock-reopens"}
    ]


@pytest.mark.parametrize("year", [2027, 2031, 2040])
def test_it_is_today_in_every_year(year):
    now = datetime(year, 3, 1, 6, 30, tzinfo=UTC)

    ages = sorted(now - article.dated.at for article in articles(now))

    assert ages[0] >= timedelta(0)
    assert ages[-2] < timedelta(days=1)
    assert ages[-1] == timedelta(days=45)


def test_articles_are_long_enough_to_summarise_and_bare_of_furniture():
    for article in articles():
        assert characters.words(article.text) >= 120, article.title
        for block in article.text.split("\n\n"):
            assert not furniture.is_certain(block), block
        assert "cookies" not in article.text
        assert "Most read" not in article.text


def test_its_pictures_are_there():
    named = {article.image for article in articles() if article.image}

    assert len(named) == 4
    assert all(sample.picture(name).startswith(b"\xff\xd8") for name in named)


@pytest.mark.parametrize("name", ["sample:nothing.jpg", "sample:../secret", "sample:post.xml"])
def test_no_other_file_is_a_picture(name):
    with pytest.raises(Permanent, match="no such picture"):
        sample.picture(name)
