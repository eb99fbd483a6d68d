from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate.rank import RankOptions, lead_of, rank
from digest.model import SourceId
from tests.builders import NOW, an_article, dated

PLAIN = " ".join(["word"] * 200)
HOUR = timedelta(hours=1)


def told(name, *, hours=0.0, **given):
    return an_article(
        f"https://{name}.example/{given.pop('path', 'a')}",
        **{
            "source": SourceId(name),
            "source_name": name,
            "text": PLAIN,
            "dated": dated(NOW - hours * HOUR),
            **given,
        },
    )


def ranked(*groups, weights=None, **options):
    return rank(groups, weights=weights or {}, now=NOW, options=RankOptions(**options))


def test_a_score_is_the_product_of_its_reasons():
    (story,) = ranked(
        [told("herald", hours=24), told("post", hours=30)], weights={SourceId("herald"): 2.0}
    ).stories

    assert [(one.name, one.value) for one in story.reasons] == [
        ("recency", 0.5),
        ("coverage", 1.5),
        ("source", 2.0),
        ("length", 1.0),
    ]
    assert story.score == math.prod(one.value for one in story.reasons) == 1.5
    assert story.lead.source_name == "herald"
    assert [one.source_name for one in story.also] == ["post"]


@pytest.mark.parametrize(("words", "value"), [(40, 0.5), (4, 0.2), (80, 1.0), (8000, 0.5)])
def test_scraps_and_endless_texts_rank_lower(words, value):
    (story,) = ranked([told("herald", text=" ".join(["word"] * words))]).stories

    assert story.reasons[3].value == value


def test_a_text_without_spaces_is_measured_by_its_characters():
    (story,) = ranked([told("asahi", text="港" * 400)]).stories

    assert story.reasons[3].value == 1.0


def test_an_outlet_has_its_share_and_the_rest_is_left_out_with_that_reason():
    groups = [[told("herald", hours=n, path=str(n))] for n in range(4)]

    result = ranked(*groups, [told("post", hours=9)], max_per_source=2)

    assert [story.lead.url for story in result.stories] == [
        "https://herald.example/0",
        "https://herald.example/1",
        "https://post.example/a",
    ]
    assert {one.reason for one in result.left_out} == {"more than 2 stories from herald"}
    assert len(result.left_out) == 2


def test_an_outlet_that_tells_a_story_twice_covers_it_once():
    (story,) = ranked([told("herald", path="a"), told("herald", path="b")]).stories

    assert story.reasons[1].why == "told by 1 outlet"
    assert story.also == ()


def test_the_lead_is_the_weightiest_then_the_one_with_a_picture():
    bare, shown = told("post"), told("herald", image="https://herald.example/a.jpg")

    assert lead_of([bare, shown], {}, RankOptions()) is shown
    assert lead_of([bare, shown], {SourceId("post"): 2.0}, RankOptions()) is bare


def test_a_date_from_the_future_is_no_advantage():
    (story,) = ranked([told("herald", hours=-5)]).stories

    assert story.reasons[0].value == 1.0


@given(st.permutations([[told(f"s{n % 3}", hours=n % 4, path=str(n))] for n in range(9)]))
def test_rank_is_blind_to_order(groups):
    assert ranked(*groups) == ranked(*sorted(groups, key=lambda one: one[0].url))
