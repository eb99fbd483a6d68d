from datetime import UTC, datetime

import pytest

from digest import days

DAY = datetime(2024, 6, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "Thursday, June 20, 2024",
        "Jun. 20th, 2024",
        "20 June 2024",
        "20 June, 2024",
        "20 jun 2024, 14:05",
        "Donnerstag, 20. Juni 2024",
        "le 20 juin 2024",
        "20 de junio de 2024",
        "20 giugno 2024",
        "20 de junho de 2024",
        "20 juni 2024",
        "20 июня 2024",
        "2024-06-20",
        "2024/06/20",
        "20.06.2024",
        "20-Jun-2024",
        "2024年6月20日",
        "Published: June 20, 2024 at 6:15 pm",
    ],
)
def test_a_day_is_read_in_many_hands(line):
    assert days.written(line) == DAY


MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ar-TN": "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
}


@pytest.mark.parametrize("language", MONTHS)
def test_every_month_has_its_number(language):
    read = [days.written(f"3 {name} 2026") for name in MONTHS[language].split()]

    assert read == [datetime(2026, month, 3, tzinfo=UTC) for month in range(1, 13)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "on Wednesday",
        "June 31, 2024",
        "3 dozen 2024",
        "3 marathons 2024",
        "5 decades 2020",
        "20.06.24",
        "version 2024.6.203",
    ],
)
def test_what_names_no_day_gives_none(line):
    assert days.written(line) is None


@pytest.mark.parametrize(
    ("line", "hour", "minute"),
    [
        ("jue, 20 jun 2024 09:05:00 +0200", 7, 5),
        ("Do, 20 Jun 2024 09:05:00 -0130", 10, 35),
        ("чт, 20 июн 2024 09:05:00 +0300", 6, 5),
        ("Thursday, June 20, 2024 - 09:05", 9, 5),
        ("20.06.2024 09:05", 9, 5),
        ("20.06.2024, 09:05 Uhr", 9, 5),
        ("20-Jun-2024 09:05 CEST", 7, 5),
        ("June 20, 2024 9:05 AM EDT", 13, 5),
        ("June 20, 2024 9:05 p.m.", 21, 5),
        ("2024-06-20T09:05:00.250+0000", 9, 5),
        ("June 20, 2024 12:05 am", 0, 5),
        ("June 20, 2024 12:05 pm", 12, 5),
        ("20 June 2024 23:59", 23, 59),
    ],
)
def test_the_time_beside_a_day_is_read_too(line, hour, minute):
    assert days.moment(line) == DAY.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    "line",
    ["20 June 2024", "09:05", "20 June 2024 24:00", "20 June 2024 9:60", "20 June 2024 +02:00"],
)
def test_a_day_or_a_time_alone_is_no_moment(line):
    assert days.moment(line) is None


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("20/06/2024", None),
        ("06/20/2024", None),
        ("20-06-2024", None),
        ("20/6/2024", "mdy"),
        ("Thu, 06/20/2024 - 09:05", None),
    ],
)
def test_a_month_that_cannot_be_tells_which_figure_is_the_day(line, order):
    assert days.written(line, order) == DAY


def test_twelve_is_a_month_and_thirteen_is_none():
    for line in ("12/13/2024", "13/12/2024"):
        assert days.written(line) == datetime(2024, 12, 13, tzinfo=UTC)


def test_a_day_that_may_be_two_is_none_until_something_tells():
    assert days.written("03/04/2026") is None
    assert days.written("03/04/2026", "dmy") == datetime(2026, 4, 3, tzinfo=UTC)
    assert days.written("03/04/2026", "mdy") == datetime(2026, 3, 4, tzinfo=UTC)
    assert days.written("04/04/2026") == datetime(2026, 4, 4, tzinfo=UTC)
    assert days.moment("03/04/2026 9:05 PM", "mdy") == datetime(2026, 3, 4, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize("line", ["103/04/2026", "1/03/04/2026", "31/31/2026", "03/04-2026"])
def test_figures_that_are_no_day_give_none(line):
    assert days.written(line, "dmy") is None


@pytest.mark.parametrize(
    ("lines", "language", "order"),
    [
        (["03/04/2026", "11/30/2026"], "de", "mdy"),
        (["03/04/2026", "30/11/2026"], "", "dmy"),
        (["30/11/2026", "11/30/2026"], "de", None),
        (["03/04/2026"], "en", None),
        (["03/04/2026"], "en-US", "mdy"),
        (["03/04/2026"], "en_GB", "dmy"),
        (["03/04/2026"], "fr-CA", "dmy"),
        ([], "", None),
    ],
)
def test_other_dates_or_the_language_tell_the_order(lines, language, order):
    assert days.order(lines, language) == order


@pytest.mark.parametrize(
    "line",
    ["الاثنين، 30 نوفمبر 2026 09:05", "٣٠ نوفمبر، ٢٠٢٦ ٠٩:٠٥", "30 تشرين الثاني 2026 - 09:05"],
)
def test_an_arabic_date_is_read_in_its_own_figures_and_months(line):
    assert days.moment(line) == datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
