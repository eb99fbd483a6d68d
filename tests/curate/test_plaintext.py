import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate import plaintext
from digest.model import DateSource

PROSE = (
    "The bridge over the Arle was opened on Thursday, two months before its day.",
    "A schoolgirl was the first to walk over it, and she walked back at once.",
    "The old bridge went with the flood of last spring, and nobody saw it go.",
)


def page(*blocks):
    return plaintext.read("\n\n".join(blocks))


@pytest.mark.parametrize("text", ["", " \n\n \t", "Menu", "Home | News\n\nSubscribe"])
def test_a_page_without_prose_has_no_body(text):
    assert plaintext.read(text).body == ""


def test_a_text_without_a_head_is_named_by_its_first_sentence():
    read = page(f"{PROSE[0]} It cost little.", PROSE[1])

    assert read.title == PROSE[0]
    assert read.body == f"{PROSE[0]} It cost little.\n\n{PROSE[1]}"


def test_of_several_lines_the_title_is_the_one_the_body_talks_about():
    read = page("Carrow Head Observer", "A bridge over the Arle opened early", "In depth", *PROSE)

    assert read.title == "A bridge over the Arle opened early"


def test_a_title_told_again_above_the_text_is_not_text():
    title = "A bridge over the Arle, at last and early, with a girl upon it."

    assert page("Observer", title[:-1], title[:-1], *PROSE).body == "\n\n".join(PROSE)


def test_a_day_above_the_title_is_a_bound_and_one_below_it_the_article_s_own():
    read = page("June 20, 2026", "The bridge is open", "18 June 2026", *PROSE)

    assert [(one.source, one.at.day, one.exact) for one in read.dated] == [
        (DateSource.MASTHEAD, 20, False),
        (DateSource.BYLINE, 18, True),
    ]


def test_a_day_in_a_byline_is_the_article_s_own_wherever_it_stands():
    read = page("By Ada Moss, 18 June 2026", "The bridge is open", *PROSE)

    assert read.author == "Ada Moss"
    assert [one.source for one in read.dated] == [DateSource.BYLINE]


def test_a_day_in_the_middle_of_the_text_is_no_date_of_the_article():
    assert page("The bridge is open", PROSE[0], "Work began on 3 May 2024.", PROSE[1]).dated == ()


def test_a_headline_with_a_day_in_it_is_a_headline():
    read = page("What the flood of 14 March 2025 did to the bridge", *PROSE)

    assert read.title == "What the flood of 14 March 2025 did to the bridge"
    assert read.dated == ()


def test_a_subheading_stays_and_a_scrap_goes():
    read = page("The bridge is open", PROSE[0], "Two months early", PROSE[1], "Email", PROSE[2])

    assert read.body == "\n\n".join((PROSE[0], "Two months early", PROSE[1], PROSE[2]))


def test_two_headings_in_a_row_keep_the_one_that_heads_the_prose():
    read = page("The bridge is open", PROSE[0], "Photo gallery here", "The girl", PROSE[1])

    assert read.body == "\n\n".join((PROSE[0], "The girl", PROSE[1]))


def test_a_short_last_sentence_is_kept_and_a_short_last_line_is_not():
    assert page("The bridge is open", *PROSE, "She did not fall.").body.endswith("not fall.")
    assert page("The bridge is open", *PROSE, "About the author").body == "\n\n".join(PROSE)


def test_teasers_after_a_heading_for_more_are_not_the_article():
    teaser = "The bus number nine is gone for good."

    assert page("The bridge is open", *PROSE, "More news", teaser).body == "\n\n".join(PROSE)


def test_a_heading_that_the_end_leaves_without_a_text_goes_with_it():
    teaser = "The bus number nine is gone for good."
    read = page("The bridge is open", *PROSE, "Pictures of the day", "More news", teaser)

    assert read.body == "\n\n".join(PROSE)


def test_an_advertisement_in_the_middle_does_not_end_the_article():
    read = page("The bridge is open", PROSE[0], "Advertisement", PROSE[1], PROSE[2])

    assert read.body == "\n\n".join(PROSE)


def test_a_form_is_taken_line_by_line():
    form = "Leave a reply\nYour name\nYour email"

    assert page("The bridge is open", *PROSE, form).body == "\n\n".join(PROSE)


def test_prose_that_comes_late_is_found_all_the_same():
    menu = [f"Section {number}" for number in range(30)]

    assert page(*menu, "The bridge over the Arle", *PROSE).body == "\n\n".join(PROSE)


@given(st.text(max_size=400))
def test_any_text_is_read_and_every_word_of_the_body_stood_in_it(text):
    read = plaintext.read(text)

    assert "\n\n\n" not in read.body
    assert "\n" not in read.title
    assert len(read.body) <= 2 * len(text)  # NFC may make a character two


def test_a_menu_high_above_the_article_is_not_searched_for_its_title():
    menu = [f"Harbour news {n} lock gates weeks barge" for n in range(30)]
    prose = (
        "The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal "
        "barge tore the lower pair from its hinges."
    )

    read = plaintext.read("\n\n".join([*menu, *["Menu"] * 14, "Lock gates open", prose]))

    assert read.title == "Lock gates open"


def test_a_chinese_sentence_that_names_a_day_is_prose_and_a_short_line_a_title():
    told = "2026年11月30日、港口的新桥在早上八点正式开放，市长和几百名居民参加了仪式。"
    more = "工程历时三年，花费四千万元，两条车道和一条自行车道把老城与渔港连接起来。"

    read = page("大桥今日通车", "2026年11月28日（星期六）", told, more)

    assert (read.title, read.body) == ("大桥今日通车", f"{told}\n\n{more}")
    assert [one.at.day for one in read.dated] == [28]
