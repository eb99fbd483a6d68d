import pytest

from digest.curate import titles

SITES = ("Carrow Head Observer", "observer.example", "observer")
TITLE = "The keeper who would not leave the light"


@pytest.mark.parametrize(
    "offered",
    [
        TITLE,
        f"{TITLE} | Carrow Head Observer",
        f"{TITLE} - Carrow Head Observer",
        f"Carrow Head Observer — {TITLE}",
        f"{TITLE} :: observer.example",
        f"  {TITLE}\n| The Carrow Head Observer",
        f"{TITLE} -- observer.example",
        f"{TITLE} | Carrow Head Observer Politics",
        f"{TITLE} - Observer News",
    ],
)
def test_the_site_s_name_is_no_part_of_a_title(offered):
    assert titles.best([offered], sites=SITES) == TITLE


def test_what_is_parted_but_no_site_stays():
    title = "Live: bridge opens - what we know"

    assert titles.best([title], sites=SITES) == title


def test_a_title_that_is_the_heading_and_more_is_the_heading():
    assert titles.best([f"{TITLE} | Culture | Elsewhere"], heading=TITLE) == TITLE
    assert titles.best([f"Elsewhere | {TITLE}"], heading=TITLE) == TITLE


@pytest.mark.parametrize("rest", ["--时政--人民网", "_新华网", " - 人民网", "｜观察者"])
def test_a_heading_without_spaces_between_its_words_is_the_title(rest):
    assert (
        titles.best([f"桥梁今日重新开放{rest}"], heading="桥梁今日重新开放") == "桥梁今日重新开放"
    )


def test_a_word_behind_the_name_of_the_site_that_is_no_part_of_it_stays():
    assert titles.best(["‘I was wrong’ - Observer chief"], sites=SITES).endswith("chief")


def test_a_hyphen_within_a_word_parts_nothing():
    title = "New York-based firm wins"

    assert titles.best([title], heading="New York", sites=SITES) == title


def test_a_heading_of_one_word_cuts_nothing():
    assert titles.best(["Flood - what we know"], heading="Flood") == "Flood - what we know"


def test_a_heading_inside_a_longer_sentence_cuts_nothing():
    assert titles.best([f"{TITLE}, and why"], heading=TITLE) == f"{TITLE}, and why"


def test_the_site_s_name_alone_is_passed_over():
    assert titles.best(["Carrow Head Observer", None, "", TITLE], sites=SITES) == TITLE


def test_without_an_offer_the_heading_is_the_title():
    assert titles.best([None, ""], heading=TITLE) == TITLE
    assert titles.best([]) == ""


def test_a_title_has_an_end():
    assert len(titles.best(["word " * 200])) <= titles.MAX_TITLE


@pytest.mark.parametrize(
    "title", ["桥梁今日重新开放", "الجسر مفتوح من جديد", "🌉 The bridge is open"]
)
def test_titles_of_every_script_stay(title):
    assert titles.best([f"{title} | Observer"], sites=SITES) == title


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("Rust Blog", "blog.rust-lang.org"),
        ("Slashdot", "developers.slashdot.org"),
        ("Budget Travel With Gabby", "budgettravelwithgabby.com"),
        ("Newegg.com", "promotions.newegg.com"),
        ("Antoyo's Blog", "blog.antoyo.xyz"),
    ],
)
def test_a_site_is_known_by_its_address(name, host):
    assert titles.best([f"{TITLE} | {name}"], sites=[host]) == TITLE
    assert titles.best([f"{TITLE} - {name}"], heading=name, sites=[host]) == TITLE


@pytest.mark.parametrize(
    ("title", "host"),
    [
        ("Floods in Texas - Houston", "houstonchronicle.com"),
        ("What is new in Go - the Go team", "blog.golang.org"),
        ("Fire at the mill - Moss", "moss-weekly.example"),
    ],
)
def test_a_word_that_an_address_happens_to_hold_is_no_site(title, host):
    assert titles.best([title], sites=[host]) == title


def test_a_title_written_twice_is_told_once():
    said = f"{TITLE} | {TITLE} | Observer"

    assert titles.best([said], sites=SITES) == TITLE
