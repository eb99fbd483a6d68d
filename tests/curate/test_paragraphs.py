from lxml import html

from digest.curate import extract, paragraphs

WORDS = "The council of Harrow voted on Monday to rebuild the weir in stone, and not in wood. "
BLOCKS = [
    "Council votes for stone",
    WORDS * 3,
    "What it costs",
    WORDS.replace("Monday", "Tuesday") * 4,
    "What comes next",
    WORDS.replace("Monday", "Friday") * 4,
]
PAGE = (
    "<html><body><div>Home <b>News</b></div><h1>{}</h1><div>{}</div><h3>{}</h3><div>{}</div>"
    "<h3>{}</h3><div>{}</div></body></html>"
).format(*BLOCKS)
TEXT = [block.strip() for block in BLOCKS]


def test_a_text_that_ran_together_is_parted_where_the_blocks_of_its_page_meet():
    assert paragraphs.restored(" ".join(TEXT), html.fromstring(PAGE)).split("\n\n") == TEXT


def test_no_word_is_lost_or_added_where_page_and_text_differ():
    flat = f"Elsewhere. {' '.join(TEXT[1:])} The end of it."

    restored = paragraphs.restored(flat, html.fromstring(PAGE))

    assert restored.split() == flat.split()
    assert restored.split("\n\n")[1:4] == TEXT[1:4]


def test_one_paragraph_of_a_text_that_ran_together_is_parted_too():
    text = f"Before it.\n\n{' '.join(TEXT)}"

    assert paragraphs.restored(text, html.fromstring(PAGE)).split("\n\n") == ["Before it.", *TEXT]


def test_a_text_in_paragraphs_and_a_short_one_stay_as_they_are():
    page = html.fromstring(PAGE)

    for text in ("\n\n".join(TEXT), TEXT[1]):
        assert paragraphs.restored(text, page) == text


def test_script_is_no_block_and_links_part_nothing():
    marked = WORDS.replace("weir", "<a href='/w'>weir</a><script>if (weir) { weir() }</script>")
    page = html.fromstring(PAGE.replace(WORDS, marked))

    assert paragraphs.restored(" ".join(TEXT), page).split("\n\n") == TEXT


def test_a_page_that_the_extractor_takes_as_one_line_has_paragraphs():
    parts = "".join(f"<x-part>{block}</x-part>" for block in TEXT)

    read = extract.body(f"<html><body><article>{parts}</article></body></html>")

    assert read.split("\n\n") == TEXT
