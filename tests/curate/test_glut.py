"""More articles than can be compared in time."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from digest.curate import glut
from digest.curate.curation import CurateOptions
from digest.isolation import Stopped
from tests.builders import NOW, a_newsletter, an_article, dated


@dataclass
class Slow:
    """An isolation that is stopped on more than so many articles."""

    most: int

    async def __call__(self, function, articles, **given):
        if len(articles) > self.most:
            raise Stopped("curate was stopped after 10 s: the input is too costly to read")
        return function(articles, **given)


def pool_of(count):
    return [
        an_article(
            f"https://a.example/{n}",
            title=f"w{n} x{n}",
            text=f"y{n} z{n}",
            dated=dated(NOW - timedelta(minutes=n)),
        )
        for n in range(count)
    ]


async def curated(pool, most):
    return await glut.curated(
        Slow(most),
        pool,
        told=[],
        newsletter=a_newsletter(max_stories=500),
        sources={},
        since=None,
        until=NOW,
        options=CurateOptions(),
    )


async def test_of_more_than_can_be_compared_in_time_the_newest_are_told_and_the_rest_named():
    found = await curated(pool_of(240), most=100)

    beyond = "240 articles are more than can be compared in time; the newest 60 were"
    assert [out.url for out in found.left_out if out.reason == beyond] == [
        f"https://a.example/{n}" for n in range(60, 240)
    ]
    others = [out.url for out in found.left_out if out.reason != beyond]
    assert len(found.stories) + len(others) == 60


async def test_what_can_be_compared_is_compared_whole():
    found = await curated(pool_of(100), most=100)

    assert len(found.stories) + len(found.left_out) == 100


async def test_a_few_that_take_too_long_are_named_by_the_longest_of_them():
    pool = [*pool_of(9), an_article("https://a.example/roll", title="The roll", text="A. B. " * 99)]

    with pytest.raises(Stopped, match=r"too costly to read; of its 10 .* “The roll” .*/roll"):
        await curated(pool, most=0)
