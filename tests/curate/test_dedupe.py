from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.curate.dedupe import StoryOptions, group, vectors
from tests.builders import NOW, an_article, dated

GATES = (
    "The lock gates at Harrow Quay opened again on Monday after eleven weeks of repairs. Barges "
    "had been sent round by the outer channel. The keeper counted nineteen boats by noon."
)
GATES_TOO = (
    "After eleven weeks the repaired lock gates of Harrow Quay swung open on Monday, and barges "
    "no longer take the outer channel. Nineteen boats had passed the keeper by noon."
)
CHOIR = (
    "A choir of forty has moved into the old cold store on Ice Street. Its walls are cork, and "
    "the echo lasts four seconds. The church hall still has a leaking roof."
)


def told(path, text, *, days=0.0, title="", **given):
    return an_article(
        f"https://herald.example/{path}",
        text=text,
        title=title or text.split(".")[0],
        fingerprint=given.pop("fingerprint", path),
        dated=dated(NOW - timedelta(days=days)),
        **given,
    )


def paths(groups):
    return [[article.url.rsplit("/", 1)[1] for article in one] for one in groups]


def test_two_reports_of_one_event_are_one_story_and_another_event_is_another():
    pool = [told("a", GATES), told("b", GATES_TOO), told("c", CHOIR)]

    assert paths(group(pool)) == [["a", "b"], ["c"]]


def test_copies_of_one_text_are_one_story_whatever_their_dates():
    pool = [told("a", GATES, fingerprint="x"), told("b", GATES, fingerprint="x", days=300)]

    assert paths(group(pool)) == [["b", "a"]]


def test_articles_too_far_apart_are_never_one_story():
    pool = [told("a", GATES), told("b", GATES_TOO, days=5)]

    assert paths(group(pool)) == [["b"], ["a"]]


def test_a_chain_does_not_reach_past_the_window():
    pool = [told(name, GATES + f" {name}{name}", days=3 * n) for n, name in enumerate("abc")]

    assert max(len(one) for one in group(pool)) == 2


def test_articles_in_two_languages_are_compared_with_their_own_kind_only():
    pool = [told("a", GATES), told("b", GATES_TOO, language="de")]

    assert len(group(pool)) == 2


def test_one_address_is_one_article_and_nothing_is_no_story():
    assert paths(group([told("a", GATES), told("a", GATES)])) == [["a"]]
    assert group([]) == ()


def test_a_text_without_a_known_word_stands_alone():
    assert paths(group([told("a", "…", title="…"), told("b", "—", title="—")])) == [["a"], ["b"]]


def test_vectors_have_length_one():
    (vector,) = vectors([told("a", GATES)])

    assert abs(sum(weight * weight for weight in vector.values()) - 1) < 1e-9


WORDS = "barge lock keeper choir echo ferry council vote bus oyster mud bench map school".split()
ARTICLES = st.lists(
    st.builds(
        lambda n, picked, days, twin: told(
            str(n), " ".join(picked), title=picked[0], days=days, fingerprint=str(twin)
        ),
        st.integers(0, 40),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=8),
        st.floats(0, 9, allow_nan=False),
        st.integers(0, 60),
    ),
    max_size=14,
    unique_by=lambda article: article.url,
)


@given(ARTICLES, st.randoms(use_true_random=False))
def test_groups_are_a_partition_and_blind_to_order(pool, random):
    shuffled = list(pool)
    random.shuffle(shuffled)

    groups = group(pool, options=StoryOptions(similarity=0.3))

    assert sorted(a.url for one in groups for a in one) == sorted(a.url for a in pool)
    assert group(shuffled, options=StoryOptions(similarity=0.3)) == groups
