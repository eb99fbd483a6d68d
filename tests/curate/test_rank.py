import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate.rank import RankOptions, lead_of, rank
from digest.model import SourceId
from tests.builders import NOW, an_article, dated

OPTIONS = RankOptions()
LONG = "The council of Ainsley voted for the weir. " * 20


def at(hours, url="https://a.example/1", **given):
    given = {"text": LONG, **given}
    return an_article(url, dated=dated(NOW - timedelta(hours=hours)), **given)


def ranked(*groups, weights=None, options=OPTIONS):
    return rank(groups, weights=weights or {}, now=NOW, options=options)


def reasons(story):
    return {one.name: (round(one.value, 3), one.why) for one in story.reasons}


def test_a_score_is_the_product_of_its_reasons():
    source = SourceId("s")

    (story,) = ranked(
        [at(24, source=source), at(30, "https://b.example/1", source_name="B")],
        weights={source: 2.0},
    ).stories

    assert reasons(story) == {
        "recency": (0.5, "published 24 hours before the issue"),
        "coverage": (1.5, "told by 2 outlets"),
        "source": (2.0, "weight of Harrow Quay Herald"),
        "length": (1.0, "160 words"),
    }
    assert story.score == pytest.approx(1.5)


def test_a_source_that_nobody_weighed_weighs_one():
    assert reasons(ranked([at(1)]).stories[0])["source"][0] == 1.0


def test_newer_news_goes_first():
    new, old = at(1, "https://a.example/1"), at(20, "https://a.example/2")

    assert [one.lead for one in ranked([old], [new]).stories] == [new, old]


def test_a_story_is_as_new_as_its_newest_article():
    (story,) = ranked([at(70), at(2, "https://b.example/1")]).stories

    assert reasons(story)["recency"][1] == "published 2 hours before the issue"


def test_an_age_of_one_hour_is_said_as_one():
    (story,) = ranked([at(1)]).stories

    assert reasons(story)["recency"][1] == "published 1 hour before the issue"


def test_an_age_of_days_is_said_in_days_and_a_bound_as_a_bound():
    bound = an_article(dated=dated(NOW - timedelta(days=20), exact=False))

    (story,) = ranked([bound]).stories

    assert reasons(story)["recency"][1] == "no newer than 20 days before the issue"


def test_a_date_after_the_issue_is_no_advantage():
    assert reasons(ranked([at(-5)]).stories[0])["recency"][0] == 1.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("word " * 40, 0.5),
        ("word", 0.2),
        ("word " * 80, 1.0),
        ("word " * 6000, 0.667),
        ("word " * 20000, 0.5),
        ("橋" * 160, 1.0),
        ("橋" * 80, 0.5),
    ],
)
def test_short_and_endless_articles_rank_lower(text, value):
    assert reasons(ranked([at(1, text=text)]).stories[0])["length"][0] == value


def test_two_articles_of_one_outlet_are_no_coverage():
    (story,) = ranked([at(1), at(2, "https://a.example/2")]).stories

    assert reasons(story)["coverage"] == (1.0, "told by 1 outlet")
    assert story.also == ()


def test_what_an_outlet_tells_twice_is_left_out_by_name():
    lead = at(1, "https://a.example/1", title="Weir falls", image="https://a.example/1.jpg")
    again = at(2, "https://a.example/2", title="Weir has fallen")

    found = ranked([again, lead])

    assert [story.lead for story in found.stories] == [lead]
    assert [(one.url, one.reason) for one in found.left_out] == [
        (again.url, "held to be the same story as “Weir falls”; each outlet is named once")
    ]


def test_also_names_each_other_outlet_once_by_its_first_article():
    first = at(9, "https://b.example/1", source_name="B")
    again = at(3, "https://b.example/2", source_name="B")
    other = at(5, "https://c.example/1", source_name="C")

    (story,) = ranked([again, at(1, image="https://a.example/1.jpg"), other, first]).stories

    assert story.also == (first, other)


def test_one_outlet_does_not_fill_an_issue():
    groups = [[at(n, f"https://a.example/{n}")] for n in range(4)]

    found = ranked(*groups, options=RankOptions(max_per_source=2))

    assert [one.lead.url for one in found.stories] == ["https://a.example/0", "https://a.example/1"]
    assert [(one.url, one.reason) for one in found.left_out] == [
        ("https://a.example/2", "more than 2 stories from Harrow Quay Herald"),
        ("https://a.example/3", "more than 2 stories from Harrow Quay Herald"),
    ]


@pytest.mark.parametrize(
    "better",
    [
        {"source": SourceId("heavy")},
        {"text": LONG},
        {"image": "https://a.example/1.jpg"},
        {"dated": dated(NOW - timedelta(hours=9))},
        {"url": "https://a.example/0"},
    ],
)
def test_the_lead_is_the_weightier_the_sounder_the_illustrated_the_first(better):
    other = {"url": "https://a.example/9", "text": "word " * 40} | (
        {"url": "https://a.example/1"} if "url" not in better else {}
    )
    plain = an_article(**other)
    best = an_article(**{**other, "url": "https://z.example/1", **better})

    assert lead_of([plain, best], {SourceId("heavy"): 3.0}, OPTIONS) is best
    assert lead_of([best, plain], {SourceId("heavy"): 3.0}, OPTIONS) is best


def test_an_article_with_an_exact_date_leads_before_one_with_a_bound():
    bound = at(5, "https://a.example/1", source_name="A")
    bound = an_article(bound.url, text=LONG, dated=dated(NOW - timedelta(hours=5), exact=False))
    exact = at(2, "https://b.example/1")

    assert lead_of([bound, exact], {}, OPTIONS) is exact


groups = st.lists(
    st.lists(
        st.tuples(st.integers(0, 80), st.sampled_from("ABC"), st.integers(1, 200)),
        min_size=1,
        max_size=4,
    ),
    max_size=8,
).map(
    lambda many: [
        [
            at(hours, f"https://a.example/{g}-{n}", source_name=name, text="word " * count)
            for n, (hours, name, count) in enumerate(one)
        ]
        for g, one in enumerate(many)
    ]
)


@given(groups, st.randoms(use_true_random=False))
def test_ranking_is_blind_to_order(many, chance: random.Random):
    shuffled = [chance.sample(one, len(one)) for one in many]
    chance.shuffle(shuffled)

    assert ranked(*shuffled) == ranked(*many)


@given(groups)
def test_every_article_is_in_a_story_or_left_out_and_never_both(many):
    found = ranked(*many, options=RankOptions(max_per_source=1))

    kept = [article.url for story in found.stories for article in story.articles]
    left = [one.url for one in found.left_out]
    assert sorted(kept + left) == sorted(article.url for one in many for article in one)
    assert [s.score for s in found.stories] == sorted(
        (s.score for s in found.stories), reverse=True
    )


def test_a_text_without_spaces_is_as_long_as_it_is_even_with_a_foreign_name_in_it():
    said = (
        "市政府周一宣布，将从明年起关闭旧港大桥十八个月，更换生锈的桥墩。" * 10 + "iPhone 15 Pro。"
    )

    (story,) = ranked([at(1, text=said)]).stories

    assert reasons(story)["length"][0] == 1.0
