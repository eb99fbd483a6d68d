import re
import tomllib
from datetime import UTC, datetime, timedelta

import pytest

from digest.compose import words
from digest.errors import Misconfigured
from digest.model import DateSource
from tests.builders import NOW, dated
from tests.compose.desk import LANGUAGES, OURS, a_paper, rendered

ENGLISH = tomllib.loads((OURS / "words/en.toml").read_text("utf-8"))


def own(language):
    return tomllib.loads((OURS / f"words/{language}.toml").read_text("utf-8"))


def placed(said):
    return sorted(re.findall(r"\{(\w*)\}", said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_and_fills_the_same_places(language):
    said = own(language)

    assert said.keys() == ENGLISH.keys()
    assert said["counted"].keys() == ENGLISH["counted"].keys()
    for name, word in said.items():
        if isinstance(word, str):
            assert word.strip()
            assert placed(word) == placed(ENGLISH[name])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_counted_word_has_every_plural_form_of_its_language(language):
    forms = set(words.locale_of(language).plural_form.tags) | {"other"}

    for name, word in own(language)["counted"].items():
        assert word.keys() == forms, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_borrows_a_word_of_another(language):
    """A translation forgotten would show as an English sentence in the mail."""
    if language == "en":
        return
    said = own(language)

    sentences = (
        "web",
        "inside",
        "also",
        "brief",
        "end",
        "end_weekly",
        "end_monthly",
        "next",
        "why",
        "unsub",
    )
    assert [name for name in sentences if said[name] == ENGLISH[name]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_place_is_left_open_in_a_mail_of_any_language(language):
    edition = rendered(a_paper(12, language=language, cadence="weekly"))

    assert not re.search(r"\{\w*\}", edition.html.partition("</head>")[2])
    assert not re.search(r"\{\w*\}", edition.text)


PLURALS = [
    ("en", 1, "1 story"), ("en", 0, "0 stories"), ("en", 12, "12 stories"),
    ("de", 1, "1 Meldung"), ("de", 2, "2 Meldungen"),
    ("fr", 0, "0 article"), ("fr", 2, "2 articles"),
    ("ru", 1, "1 новость"), ("ru", 3, "3 новости"), ("ru", 5, "5 новостей"),
    ("ru", 11, "11 новостей"), ("ru", 21, "21 новость"), ("ru", 112, "112 новостей"),
    ("ar", 1, "خبر واحد"), ("ar", 2, "خبران"), ("ar", 5, "5 أخبار"), ("ar", 11, "11 خبرًا"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "n", "said"), PLURALS)
def test_counts_take_the_plural_of_their_language(language, n, said):
    assert words.load(language, (OURS,))["stories"](n) == said


def test_a_language_we_do_not_know_is_told_in_english():
    assert not words.is_known("nl", (OURS,))
    assert words.is_known("de", (OURS,))
    assert words.load("nl", (OURS,))["unsub"] == "Unsubscribe"
    assert words.load("nl", (OURS,))["stories"](1) == "1 story"
    assert words.locale_of("xx-none") == words.locale_of("en")


def put(folder, language, text):
    path = folder / "words" / f"{language}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_an_operators_file_may_change_one_word_and_keep_the_rest(tmp_path):
    put(tmp_path, "de", 'unsub = "Abbestellen"\n')
    put(tmp_path, "en", 'unsub = "Leave"\n[counted]\nmore = { other = "plus {n}" }\n')

    german, english = (words.load(one, (tmp_path, OURS)) for one in ("de", "en"))

    assert (german["unsub"], german["prefs"]) == ("Abbestellen", "Einstellungen")
    assert (english["unsub"], english["prefs"]) == ("Leave", "Preferences")
    assert (english["more"](3), english["stories"](3)) == ("plus 3", "3 stories")
    assert german["more"](1) == "und 1 weitere"


def test_an_operators_file_may_change_one_word_of_a_letter(tmp_path):
    put(tmp_path, "de", '[letters.confirm]\nbutton = "Her damit"\n')

    letter = words.letter("confirm", "de", (tmp_path, OURS))

    assert letter["button"] == "Her damit"
    assert letter["heading"] == own("de")["letters"]["confirm"]["heading"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_written_in_every_language(language):
    told, english = own(language)["letters"], ENGLISH["letters"]

    assert told.keys() == english.keys()
    for kind, said in told.items():
        assert said.keys() == english[kind].keys()
        assert all(word.strip() for word in said.values())


def test_a_new_language_is_a_new_file_and_what_it_lacks_is_english(tmp_path):
    put(
        tmp_path,
        "nl",
        'unsub = "Afmelden"\n[counted]\nread = { one = "{n} min lezen", other = "{n} min lezen" }\n',
    )

    said = words.load("nl", (tmp_path, OURS))

    assert (said["unsub"], said["read"](2), said["end"]) == (
        "Afmelden",
        "2 min lezen",
        "That is everything for today.",
    )


WRONG = [
    ("unsub = 3", "unsub is 3; write words in quotes"),
    ('dir = "up"', "dir is 'up'; write ltr or rtl"),
    ('why = "Hello {name}"', "why has {name}, which nothing fills; {who} and {title} can be"),
    ('issue = "No. {"', "issue has a brace without its partner; {n} can be filled in"),
    ('issue = "{n.__class__}"', "issue has {n.__class__}, which nothing fills"),
    ('counted = "x"', "counted is no table"),
    ('[counted]\nmore = { one = "x" }', "counted.more has no form for 'other'"),
    ('[counted]\nmore = { other = "{m} more" }', "counted.more.other has {m}"),
    (
        '[counted]\nmore = { singular = "x", other = "x" }',
        "counted.more.singular is no plural form",
    ),
    ("[counted]\nmore = { other = 3 }", "counted.more.other is 3; write words in quotes"),
    ('letters = "x"', "letters.KIND is no table"),
    ('[letters]\nconfirm = "x"', "letters.confirm is no table"),
    ("[letters.confirm]\nsubject = 3", "letters.confirm.subject is 3; write words in quotes"),
    ("[counted", "is no valid TOML"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_with_words_is_said_with_file_and_word(tmp_path, text, said):
    path = put(tmp_path, "de", text)

    with pytest.raises(Misconfigured) as caught:
        words.load("de", (tmp_path, OURS))

    assert str(path) in str(caught.value)
    assert said in str(caught.value)


MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "said", "long"),
    [
        ("en", "Tuesday, November 24", "Tuesday, November 24, 2026"),
        ("de", "Dienstag, 24. November", "Dienstag, 24. November 2026"),
        ("fr", "mardi 24 novembre", "mardi 24 novembre 2026"),
        ("es", "martes, 24 de noviembre", "martes, 24 de noviembre de 2026"),
        ("ru", "вторник, 24 ноября", "вторник, 24 ноября 2026\u202fг."),
        ("ar", "الثلاثاء، 24 نوفمبر", "الثلاثاء، 24 نوفمبر 2026"),
    ],
)
def test_days_are_written_as_the_language_writes_them(language, said, long):
    assert words.day(MORNING, "Europe/London", language) == said
    assert words.long_day(MORNING, "Europe/London", language) == long


def test_the_first_of_a_month_is_an_ordinal_in_french_and_nothing_else_is():
    first, eleventh = (datetime(2026, 1, day, 6, 30, tzinfo=UTC) for day in (1, 11))
    french = words.load("fr", (OURS,))

    assert words.day(first, "Europe/Paris", "fr") == "jeudi 1er janvier"
    assert words.long_day(first, "Europe/Paris", "fr") == "jeudi 1er janvier 2026"
    assert words.day(eleventh, "Europe/Paris", "fr") == "dimanche 11 janvier"
    assert words.when(dated(first), NOW, "Europe/Paris", "fr", french) == "1er janv. 2026"
    assert words.day(first, "Europe/Madrid", "es") == "jueves, 1 de enero"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ko", "11월 24일 화요일"), ("th", "วันอังคารที่ 24 พฤศจิกายน"), ("lv", "otrdiena 24. novembris"),
        ("eu", "azaroaren 24(a), asteartea"), ("hy", "նոյեմբերի 24, երեքշաբթի"),
        ("hu", "november 24., kedd"), ("ja", "11月24日火曜日"), ("ca", "dimarts, 24 de novembre"),
    ],
)  # fmt: skip
def test_nothing_of_the_year_is_left_in_a_day_of_an_operators_language(language, said):
    assert words.day(MORNING, "Europe/London", language) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_may_break_between_a_number_and_its_unit(language):
    said = words.load(language, (OURS,))

    assert re.fullmatch(r"5\xa0\S+", said["minutes"](5))


def test_no_line_may_break_before_a_mark_that_french_parts_from_its_word():
    assert re.findall(r"\S+ [?!:;»]", (OURS / "words/fr.toml").read_text("utf-8")) == []


def test_days_and_hours_are_those_of_the_newsletters_zone():
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

    assert words.day(late, "Asia/Tokyo", "en") == "Wednesday, November 25"
    assert words.hour(late, "Asia/Tokyo") == "08:30"


WHENS = [
    (dated(NOW - timedelta(hours=2)), "04:30"),
    (dated(NOW - timedelta(hours=9)), "Yesterday"),
    (dated(NOW - timedelta(days=3)), "Nov 21"),
    (dated(NOW - timedelta(days=400)), "Oct 20, 2025"),
    (dated(NOW, exact=False), ""),
    (dated(datetime(2026, 11, 24, tzinfo=UTC), day_only=True), "Today"),
    (dated(datetime(2026, 11, 23, tzinfo=UTC), DateSource.FRONT_MATTER, day_only=True), "Yesterday"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "said"), WHENS)
def test_an_article_says_when_it_was_published_as_exactly_as_is_known(at, said):
    english = words.load("en", (OURS,))

    assert words.when(at, NOW, "Europe/London", "en", english) == said


def test_a_day_without_an_hour_is_that_day_in_every_zone():
    english = words.load("en", (OURS,))
    day = dated(datetime(2026, 11, 24, tzinfo=UTC), day_only=True)

    assert words.when(day, NOW, "America/New_York", "en", english) == "Today"
