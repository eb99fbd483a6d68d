import pytest

from digest.curate import apart
from tests.builders import an_article


@pytest.mark.parametrize(
    "title",
    [
        "Morning briefing",
        "Your Monday Morning Briefing: bridge reopens, Rovers win",
        "Monday 30 November – news in brief",
        "Five things for Monday",
        "5 things to know this morning",
        "What happened today",
        "What you need to know today",
        "Premier League round-up",
        "Der Tag im Überblick",
        "Was heute wichtig ist",
        "Presseschau: Stimmen zum Gipfel",
        "L’essentiel du jour",
        "Las noticias de hoy",
        "Главное за день",
        "موجز الأخبار",
    ],
)
def test_a_roundup_is_known_by_its_title(title):
    assert apart.is_roundup(title)


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Five things to know about the new bridge",
        "Storm Milo: what you need to know",
        "White House press briefing turns sour",
        "What happened to the ferry",
        "The evening news loses its anchor",
        "Things fall apart",
        "Mayor cuts the morning briefing",
    ],
)
def test_a_title_of_one_matter_is_no_roundup(title):
    assert not apart.is_roundup(title)


def test_the_name_of_the_outlet_beside_a_title_makes_no_roundup():
    assert not apart.is_roundup("The bridge is open | Daily Digest", outlet="Daily Digest")
    assert apart.is_roundup("Monday | Daily Digest", outlet="The Herald")


def test_a_title_made_to_cost_time_costs_none():
    assert not apart.is_roundup(f"What happened {'1' * 5000} ferry")


def differ(one, other, language="en"):
    a, b = (
        apart.subject(an_article(title=title, text=text, language=language))
        for title, text in (one, other)
    )
    assert apart.differ(a, b) == apart.differ(b, a)
    return apart.differ(a, b)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("Road closed on Mill Street after a leak", "Mill Street in Wexmouth is shut."),
            ("Road closed on Quay Street after a leak", "Quay Street in Wexmouth is shut."),
        ),
        (
            ("Snow Warning for Kent", "A warning of snow is out for Kent until noon."),
            ("Snow Warning for Essex", "A warning of snow is out for Essex until noon."),
        ),
        (
            ("Rovers beat United 2-1 in the derby", "The win takes Rovers past United."),
            ("City beat Athletic 3-1 away from home", "The win takes City past Athletic."),
        ),
        (
            ("Anna Berg, painter of harbours, dies at 84", "Anna Berg has died."),
            ("Tom Hill, painter of mountains, dies at 79", "Tom Hill has died."),
        ),
        (
            ("Morning briefing", "The bridge at Ainsley is open."),
            ("The bridge at Ainsley is open", "The bridge at Ainsley is open."),
        ),
    ],
)
def test_one_template_of_two_names_is_two_things(one, other):
    assert differ(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (  # each text says the other's name
            ("Okafor wins in Wexmouth", "Okafor has beaten Hale."),
            ("Hale loses in Wexmouth", "Hale was beaten by Okafor."),
        ),
        (  # a figure is no name
            ("40 dead in Kelmar quake", "The quake in Kelmar killed 40."),
            ("55 dead in Kelmar quake", "The quake in Kelmar killed 55."),
        ),
        (  # a capital of a title alone is none
            ("Bridge Reopens After Repairs", "The bridge is open after repairs."),
            ("Bridge Reopens After Works", "The bridge is open after works."),
        ),
        (  # they say nothing alike
            ("Kent counts the cost", "The storm went over Kent."),
            ("Essex under water", "The storm went over Essex."),
        ),
    ],
)
def test_other_words_alone_make_no_other_thing(one, other):
    assert not differ(one, other)


def test_where_every_noun_has_a_capital_nothing_is_concluded_from_one():
    one = ("Minister geht nach Skandal", "Der Minister ist nach dem Skandal gegangen.")
    other = ("Minister geht nach Affäre", "Der Minister ist nach der Affäre gegangen.")

    assert not differ(one, other, language="de")
