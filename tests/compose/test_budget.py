from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose import budget, lint
from digest.compose.options import ComposeOptions
from tests.builders import an_issue
from tests.compose.desk import a_paper, laid_out, numbered, rendered


def weight(issue):
    """Bytes, roughly as a mail costs them: words of summaries, pictures, headlines."""
    told = [s for section in issue.sections for s in section.stories]
    return (
        500
        + sum(200 + len(s.summary) + 100 * len(s.also) for s in told)
        + sum(60 for _ in issue.brief)
        + 300 * len(issue.pictures)
    )


def test_an_issue_that_fits_is_left_alone():
    issue = a_paper(12)

    assert budget.fit(issue, weight, most=weight(issue)) == budget.Fitted(issue=issue)


def test_one_byte_too_many_shortens_only_the_lowest_ranked_story():
    issue = laid_out([numbered(n) for n in range(6)])

    fitted = budget.fit(issue, weight, most=weight(issue) - 1)

    assert fitted.notes == (f"shortened to fit the byte budget: {numbered(5).lead.title}",)
    kept = {s.lead.url: len(s.sentences) for s in fitted.issue.stories}
    assert kept == {numbered(n).lead.url: 3 if n < 5 else 1 for n in range(6)}


def test_a_shortened_story_loses_its_picture_and_its_companions():
    story = numbered(1, also=(numbered(9).lead,))
    issue = laid_out([numbered(0), story], brief_after=10)
    issue = replace(issue, pictures={story.lead.url: issue.pictures[numbered(0).lead.url]})

    fitted = budget.fit(issue, weight, most=weight(issue) - 1).issue

    assert fitted.pictures == {}
    assert fitted.stories[1].also == ()
    assert len(fitted.stories[1].sentences) == 1


def test_what_has_nothing_to_shorten_is_passed_over():
    bare, companions, picture, lead = (
        numbered(n, summary="One sentence.", also=(numbered(9).lead,) if n == 2 else ())
        for n in (3, 2, 1, 0)
    )
    issue = laid_out([lead, picture, companions, bare], brief_after=10)
    issue = replace(issue, pictures={picture.lead.url: issue.pictures[lead.lead.url]})

    less = budget.fit(issue, weight, most=weight(issue) - 1)
    least = budget.fit(issue, weight, most=weight(issue) - 101)

    shortened = [
        f"shortened to fit the byte budget: {story.lead.title}" for story in (companions, picture)
    ]
    assert (list(less.notes), list(least.notes)) == (shortened[:1], shortened)
    assert least.issue.pictures == {}


def test_when_shortening_is_not_enough_the_lowest_go_into_one_line_and_then_out():
    issue = laid_out([numbered(n) for n in range(4)])
    all_in_brief = budget.fit(issue, weight, most=500 + 300 + 3 * 60)
    two_left_out = budget.fit(issue, weight, most=500 + 300 + 1 * 60)

    assert [s.lead.url for s in all_in_brief.issue.brief] == [
        s.lead.url for section in issue.sections for s in section.stories
    ]
    assert all_in_brief.issue.sections == ()
    assert all_in_brief.notes == tuple(
        f"moved to one line to fit the byte budget: {numbered(n).lead.title}" for n in (3, 2, 1)
    )
    assert [s.lead.url for s in two_left_out.issue.brief] == [numbered(1).lead.url]
    assert two_left_out.notes[:2] == tuple(
        f"left out to fit the byte budget: {numbered(n).lead.title}" for n in (3, 2)
    )


def test_a_story_that_was_in_brief_from_the_start_is_only_ever_left_out():
    issue = laid_out([numbered(n) for n in range(5)], brief_after=2)

    fitted = budget.fit(issue, weight, most=weight(issue) - 200)

    assert fitted.notes == (f"moved to one line to fit the byte budget: {numbered(1).lead.title}",)
    assert len(fitted.issue.brief) == 4


def test_of_equals_the_one_printed_later_is_cut_first():
    issue = laid_out([numbered(n, score=0.5, topic="town") for n in range(4)])

    fitted = budget.fit(issue, weight, most=weight(issue) - 1)

    assert fitted.notes == (f"shortened to fit the byte budget: {numbered(3).lead.title}",)


def test_the_lead_stays_even_where_it_is_too_large_by_itself():
    issue = an_issue(numbered(0))

    fitted = budget.fit(issue, lambda _: 10**9, most=1000)

    assert fitted.issue == issue
    assert fitted.notes == ()


@given(st.integers(0, 14_000), st.integers(1, 30))
def test_whatever_the_budget_the_mildest_cut_that_fits_is_found(most, count):
    issue = a_paper(count)
    steps = budget._steps(issue)
    sizes = [weight(budget._cut(issue, steps[:n])) for n in range(len(steps) + 1)]
    mildest = next((n for n, size in enumerate(sizes) if size <= most), len(steps))

    fitted = budget.fit(issue, weight, most=most)

    assert fitted.issue == budget._cut(issue, steps[:mildest])
    assert fitted.issue.lead == issue.lead


@pytest.mark.parametrize("count", [1, 12, 60])
def test_the_real_mail_stays_under_gmails_limit_however_many_stories(count):
    edition = rendered(a_paper(count, brief_after=60))

    assert len(edition.html.encode()) <= lint.MAX_HTML_BYTES
    assert bool(edition.notes) == (count == 60)


def test_a_tight_budget_is_kept_by_the_bytes_of_the_real_mail_and_told_in_its_notes():
    issue = a_paper(20, brief_after=20)
    options = ComposeOptions(max_html_bytes=30_000)

    edition = rendered(issue, options=options)

    assert len(edition.html.encode()) <= 30_000
    # What is in the mail is in its text part, what is left out is in neither.
    out = {note.partition(": ")[2] for note in edition.notes if note.startswith("left out")}
    for story in issue.stories:
        assert (story.lead.title in edition.html) == (story.lead.title not in out)
        assert (story.lead.title in edition.text) == (story.lead.title not in out)
    assert issue.lead is not None
    assert issue.lead.summary in edition.html
