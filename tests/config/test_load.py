from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from digest.config.load import load
from digest.config.problems import ConfigErrors
from digest.errors import Misconfigured
from digest.model import Cadence, Heading, Newsletter, NewsletterId, Source, SourceId, SourceKind
from tests.config.conftest import GOOD, Mistakes, Read, Write

MAILBOX = 'write one such as "The Quayside <digest@quayside.example>"'
ELSEWHERE = "https://elsewhere.example/feed.xml"


def with_line(table: str, line: str) -> str:
    """GOOD with one more line at the end of a table; it is line 4, 8 or 12."""
    sections = GOOD.split("\n\n")
    place = {"site": 0, "newsletter": 1, "source": 2}[table]
    sections[place] = sections[place].rstrip("\n") + f"\n{line}"
    return "\n\n".join(sections) + "\n"


def test_a_small_configuration_is_read_with_every_default(read: Read, tmp_path: Path):
    settings = read().settings

    assert settings.folder == tmp_path
    assert settings.newsletters == {
        "daily": Newsletter(
            id=NewsletterId("daily"),
            title="The Quayside",
            sender="The Quayside <digest@quayside.example>",
        )
    }
    assert settings.collect.sources == (
        Source(
            id=SourceId("sample:"),
            kind=SourceKind.SAMPLE,
            location="sample:",
            name="Sample paper",
        ),
    )
    assert settings.storage.url == f"sqlite:///{tmp_path}/digest.db"
    assert settings.storage.media == tmp_path / "media"
    assert settings.deliver.maildir == tmp_path / "maildir"


def test_the_day_of_a_week_that_is_only_offered_may_be_said(read: Read):
    text = with_line("newsletter", 'offers = ["weekly"]\nweekday = "friday"')

    daily = read(text).settings.newsletters["daily"]

    assert (daily.cadence, daily.offers, daily.weekday) == (Cadence.DAILY, (Cadence.WEEKLY,), 4)


def test_all_that_a_newsletter_may_say_is_read(read: Read):
    text = with_line(
        "newsletter",
        'language = "fr"\ntimezone = "Europe/Paris"\ncadence = "weekly"\nweekday = "Fri"\n'
        'hour = "17:05"\nsources = ["Sample paper"]\n'
        'sections = [{ topic = "a", title = "A" }]\nmax_stories = 3\ntheme = "bold"\n'
        "reply_to = '\"Smith, Ada\" <ada@quayside.example>'",
    )

    assert read(text).settings.newsletters["daily"] == Newsletter(
        id=NewsletterId("daily"),
        title="The Quayside",
        sender="The Quayside <digest@quayside.example>",
        language="fr",
        timezone="Europe/Paris",
        cadence=Cadence.WEEKLY,
        weekday=4,
        hour=time(17, 5),
        sources=("Sample paper",),
        sections=(Heading(topic="a", title="A"),),
        max_stories=3,
        theme="bold",
        reply_to='"Smith, Ada" <ada@quayside.example>',
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('hour = "24:61"', 'hour is "24:61", which no clock shows; write "00:00" to "23:59"'),
        ('hour = "6.30"', 'hour is "6.30"; write "06:30"'),
        ("hour = 6", 'hour is 6; write hours and minutes, "06:00"'),
        ("hour = true", 'hour is true; write hours and minutes, such as "06:30"'),
        (
            'timezone = "London"',
            'timezone is "London", which is no time zone; did you mean "Europe/London"?',
        ),
        (
            'timezone = "europe/london"',
            'timezone is "europe/london", which is no time zone; did you mean "Europe/London"?',
        ),
        (
            'timezone = "GMT+2"',
            'timezone is "GMT+2", which is no time zone; write a place, such as "Europe/Berlin"',
        ),
        (
            'timezone = "CEST"',
            'timezone is "CEST", which is no time zone; write a place, such as "Europe/Berlin"',
        ),
        (
            'timezone = "UTC-05:30"',
            'timezone is "UTC-05:30", which is no time zone; '
            'write a place, such as "Europe/Berlin"',
        ),
        (
            'timezone = "CET+1"',
            'timezone is "CET+1", which is no time zone; write a place, such as "Europe/Berlin"',
        ),
        (
            'timezone = "Mars"',
            'timezone is "Mars", which is no time zone; write one such as "Europe/London"',
        ),
        (
            'timezone = "../../etc/passwd"',
            'timezone is "../../etc/passwd", which is no time zone; write one such as "Europe/London"',
        ),
        (
            'timezone = "Europe"',
            'timezone is "Europe", which is no time zone; write one such as "Europe/London"',
        ),
        ('language = "en-GB"', 'language is "en-GB", which is no ISO 639-1 language; write "en"'),
        (
            'language = "english"',
            'language is "english", which is no ISO 639-1 language; write two letters, such as "en" or "fr"',
        ),
        ('archive = "on"', 'archive is "on"; write one of "public", "noindex", "off"'),
        (
            'cadence = "hourly"',
            'cadence is "hourly"; write one of "daily", "weekdays", "weekly", "monthly"',
        ),
        (
            'offers = ["hourly"]',
            'offers[1] is "hourly"; write one of "daily", "weekdays", "weekly", "monthly"',
        ),
        ('offers = ["weekly", "weekly"]', 'offers[2] is "weekly", given twice; remove one'),
        (
            'weekday = "friday"',
            'weekday is only read with cadence = "weekly", and it is "daily"; remove it or change the cadence',
        ),
        (
            "monthday = 5",
            'monthday is only read with cadence = "monthly", and it is "daily"; remove it or change the cadence',
        ),
        ("monthday = 32", "monthday is 32; write a number from 1, up to 31"),
        ("weekday = 5", 'weekday is 5; write the name of a day, such as "monday"'),
        ("max_stories = 0", "max_stories is 0; write a number from 1, up to 1000"),
        ('max_stories = "12"', 'max_stories is "12", not a whole number; write 12 without quotes'),
        ("max_stories = 7.6", "max_stories is 7.6, not a whole number; write 8"),
        ("max_stories = true", "max_stories is true, not a whole number; write one such as 12"),
        ("min_stories = 13", "min_stories is 13, more than max_stories (12); write 12 or less"),
        (
            'theme = "papier"',
            'theme is "papier", and no such theme is there; did you mean "paper"?',
        ),
        (
            'theme = "x"',
            'theme is "x", and no such theme is there; write one of paper, plain, bold',
        ),
        ('reply_to = "Ada"', f'reply_to is "Ada", which is no mailbox; {MAILBOX}'),
        ('topics = "a"', 'topics is "a", not a list; write ["a"]'),
        ("topics = [1]", 'topics[1] is 1, not text; write "1"'),
        ('topics = ["a", "a"]', 'topics[2] is "a", given twice; remove one'),
        (
            'sources = ["Sample papr"]',
            'sources[1] is "Sample papr", and no source has that name; did you mean "Sample paper"?',
        ),
        (
            'sources = ["BBC"]',
            'sources[1] is "BBC", and no source has that name; there are "Sample paper"',
        ),
        ('sections = [{ topic = "a", title = "" }]', "sections[1].title is empty; write some text"),
        (
            'sections = [{ topic = "a" }]',
            'sections[1].title is missing; add title = "Harbour and sea"',
        ),
        (
            'sections = { topic = "a" }',
            "sections is a table, not a list; write [[newsletters.daily.sections]] and its keys below, once for each",
        ),
        ('sections = ["a"]', 'sections[1] is "a", not a table; write { KEY = VALUE, ... }'),
        (
            'tagline = "a\\u0000b"',
            "tagline holds a control character; write it on one line of plain text",
        ),
        (
            'tagline = """\na\nb"""',
            "tagline holds a line break; write it on one line of plain text",
        ),
        (
            'subject = "a\\r\\nBcc: x@y.example"',
            "subject holds a line break; write it on one line of plain text",
        ),
        ('intro = "\\uE0F0"', "intro holds U+E0F0, which Digest keeps for itself; remove it"),
        ("intro = 2026-11-24", 'intro is a date or time; if text is meant, write "2026-11-24"'),
        ("intro.x = 1", "intro is a table, but takes one value; write KEY = VALUE"),
        ('tz = "UTC"', "tz is not a key here; did you mean timezone?"),
        ("max-stories = 3", "max-stories is not a key here; did you mean max_stories?"),
        ("half_life_hours = 3", "half_life_hours is not a key here; it belongs in [curate.rank]"),
        (
            'smtp_password = "hunter2"',
            "smtp_password is a secret, and config.toml is no place for one; put it into the environment: DIGEST_SECRET, or DIGEST_SECRET_FILE for its file",
        ),
    ],
)
def test_a_wrong_key_of_a_newsletter_is_told(mistakes: Mistakes, line: str, told: str):
    assert mistakes(with_line("newsletter", line)) == [f"8 newsletters.daily.{told}"]


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        ("nobody", f"which is no mailbox; {MAILBOX}"),
        ("", f"which is no mailbox; {MAILBOX}"),
        ("Ada <ada@>", f"which is no mailbox; {MAILBOX}"),
        ("Ada <ada@exa mple.org>", f"which is no mailbox; {MAILBOX}"),
        ("Ada <ada@example>", f"which is no mailbox; {MAILBOX}"),
        ("Ada <ada@-x-.example>", f"which is no mailbox; {MAILBOX}"),
        ("a@b.example, c@d.example", f"which is no mailbox; {MAILBOX}"),
        ("a@b.example (The Quayside)", f"which is no mailbox; {MAILBOX}"),
        (
            "büro@quayside.example",
            "and what is before the @ is not plain: many mail servers take letters, digits and "
            "hyphens alone; write an address made of these",
        ),
        ("a@☃.example", "which has no name in the DNS; write it as it is there"),
    ],
)
def test_a_sender_that_is_no_mailbox_is_told(mistakes: Mistakes, sender: str, told: str):
    text = GOOD.replace("The Quayside <digest@quayside.example>", sender)

    assert mistakes(text) == [f'7 newsletters.daily.sender is "{sender}", {told}']


@pytest.mark.parametrize(
    "sender",
    [
        "digest@quayside.example",
        "J. B. Smith <jb@quayside.example>",
        "Café du Port <port@café.example>",
        "The Quayside (daily) <digest+daily@localhost>",
        "Smith, Ada <ada@quayside.example>",
        "\u062c\u0631\u064a\u062f\u0629 <a@b.example>",
    ],
)
def test_any_real_mailbox_may_send(read: Read, sender: str):
    text = GOOD.replace("The Quayside <digest@quayside.example>", sender)

    assert read(text).settings.newsletters["daily"].sender == sender


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "http://quayside.example/",
            'is "http://quayside.example/"; readers\' links must be safe, write "https://quayside.example"',
        ),
        ("https://quayside.example/", 'ends with a slash; write "https://quayside.example"'),
        (
            "https://quayside.example/?a",
            'is "https://quayside.example/?a"; write it without what follows ? or #',
        ),
        (
            "https://quayside.example#",
            'is "https://quayside.example#"; write it without what follows ? or #',
        ),
        (
            "https://me:pw@quayside.example",
            "holds a name or password; every reader would see it, so remove it",
        ),
        (
            "https://quayside.example/a b",
            'is "https://quayside.example/a b", which holds a space; write it without',
        ),
        (
            "quayside.example",
            'is "quayside.example", which is no web address; write one such as "https://news.example.org"',
        ),
        (
            "https://",
            'is "https://", which is no web address; write one such as "https://news.example.org"',
        ),
        (
            "https://[::1",
            'is "https://[::1", which is no URL; write one such as "https://news.example.org"',
        ),
        (
            "https://a.example:99999",
            'is "https://a.example:99999", which is no URL; write one such as "https://news.example.org"',
        ),
        (
            "ftp://a.example",
            'is "ftp://a.example", which is no web address; write one such as "https://news.example.org"',
        ),
    ],
)
def test_a_base_url_that_readers_cannot_use_is_told(mistakes: Mistakes, url: str, told: str):
    assert mistakes(GOOD.replace("https://quayside.example", url)) == [f"3 site.base_url {told}"]


@pytest.mark.parametrize(
    ("path", "in_links"),
    [("/café", "/caf%C3%A9"), ("/caf%C3%A9", "/caf%C3%A9"), ("/a/~b;c", "/a/~b;c")],
)
def test_a_folder_beyond_ascii_is_written_as_links_want_it(read: Read, path: str, in_links: str):
    given = GOOD.replace("https://quayside.example", f"https://quayside.example{path}")

    assert read(given).settings.site.base_url == f"https://quayside.example{in_links}"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "https://a.example/news",
    ],
)
def test_a_base_url_may_be_this_machine_or_a_folder(read: Read, url: str):
    assert read(GOOD.replace("https://quayside.example", url)).settings.site.base_url == url


def test_what_is_ours_goes_by_its_name_in_the_dns(read: Read):
    text = f"""{GOOD.replace("https://quayside.example", "https://bücher.example:8443/tägliche")}
[deliver]
unsubscribe_mailbox = "leave@bücher.example"
bounce_domain = "bounce.bücher.example"
[[deliver.relays]]
name = "main"
host = "smtp.example.org"
local_hostname = "news.bücher.example"
[web]
embed_origins = ["https://bücher.example"]
""".replace("[newsletters", 'operator = "editor@bücher.example"\n[newsletters', 1)

    found = read(text).settings

    site, deliver = found.site, found.deliver
    assert (site.base_url, site.operator, found.web.embed_origins) == (
        "https://xn--bcher-kva.example:8443/t%C3%A4gliche",
        "editor@xn--bcher-kva.example",
        ("https://xn--bcher-kva.example",),
    )
    assert (deliver.unsubscribe_mailbox, deliver.bounce_domain) == (
        "leave@xn--bcher-kva.example",
        "bounce.xn--bcher-kva.example",
    )
    assert deliver.relays[0].local_hostname == "news.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("location", "kind", "name"),
    [
        (ELSEWHERE, "feed", "elsewhere.example"),
        ("https://www.elsewhere.example/", "feed", "elsewhere.example"),
        ("https://elsewhere.example/sitemap.xml", "sitemap", "elsewhere.example"),
        ("https://elsewhere.example/news/sitemap-news.xml.gz?x=1", "sitemap", "elsewhere.example"),
        ("HTTPS://elsewhere.example/SITEMAP_index.xml", "sitemap", "elsewhere.example"),
        ("articles/*.md", "files", "articles"),
        ("articles", "files", "articles"),
        ("/var/news/today.txt", "files", "today.txt"),
        ("*.html", "files", "*.html"),
        ("story.html", "files", "story.html"),
    ],
)
def test_what_a_location_is_follows_from_how_it_looks(
    read: Read, location: str, kind: str, name: str
):
    source = read(
        f'{GOOD}\n[[collect.sources]]\nlocation = "{location}"\n'
    ).settings.collect.sources[1]

    assert (source.id, source.location, source.kind, source.name) == (
        location,
        location,
        kind,
        name,
    )


def test_a_path_that_looks_like_a_host_is_files_when_it_is_there(read: Read, tmp_path: Path):
    (tmp_path / "news.example").mkdir()

    loaded = read(f'{GOOD}\n[[collect.sources]]\nlocation = "news.example"\n')

    assert loaded.settings.collect.sources[1].kind == SourceKind.FILES


def test_two_sources_of_one_host_get_names_of_their_own(read: Read):
    more = "".join(
        f'\n[[collect.sources]]\nlocation = "https://bbc.example/{path}"\n'
        for path in ("world/", "tech", "tech?x=2")
    )

    names = [source.name for source in read(GOOD + more).settings.collect.sources]

    assert names == [
        "Sample paper",
        "bbc.example",
        "bbc.example/tech",
        "https://bbc.example/tech?x=2",
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            'location = "htps://x.example"',
            'location is "htps://x.example"; write an address with https://, or a path',
        ),
        (
            'location = "www.bbc.example/feed"',
            'location is "www.bbc.example/feed", and no such path is there; write "https://www.bbc.example/feed" if it is a web address',
        ),
        (
            'location = "https://"',
            'location is "https://", which is no web address; write it as a browser does',
        ),
        (
            'location = "https://a b/"',
            'location is "https://a b/", which is no web address; write it as a browser does',
        ),
        (
            'location = "https://[x/"',
            'location is "https://[x/", which is no web address: Invalid IPv6 URL',
        ),
        (
            'location = "sample:paper"',
            'location is "sample:paper"; the sample paper is "sample:" and nothing more',
        ),
        ('location = ""', 'location is ""; write a web address, a path or sample:'),
        (
            'location = "sample:"',
            'location is "sample:", which line 10 has already; one source is enough, remove this one',
        ),
        (
            f'location = "{ELSEWHERE}"\nkind = "files"',
            f'location is "{ELSEWHERE}", which is no source of kind files; it may be feed, page, sitemap',
        ),
        (
            'location = "articles"\nkind = "feed"',
            'location is "articles", which is no source of kind feed; it may be files',
        ),
    ],
)
def test_a_location_that_cannot_be_visited_is_told(mistakes: Mistakes, lines: str, told: str):
    assert mistakes(f"{GOOD}\n[[collect.sources]]\n{lines}\n") == [f"14 collect.sources[2].{told}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'kind = "rss"',
            'kind is "rss"; write one of "feed", "page", "sitemap", "files", "sample"',
        ),
        (
            'name = "Sample paper"',
            'name is "Sample paper", which line 11 has already; give each its own name',
        ),
        ('select = "a"', 'select is only read on pages; add kind = "page" or remove it'),
        ("weight = 0", "weight is 0; write a number above 0, up to 100"),
        ('weight = "heavy"', 'weight is "heavy", not a number; write one such as 1.5'),
        ('weight = "2.5"', 'weight is "2.5", not a number; write 2.5 without quotes'),
        ("weight = nan", "weight is nan; write a finite number"),
        ("max_items = 0", "max_items is 0; write a number from 1, up to 1000"),
        ('url = "x"', "url is not a key here; did you mean location?"),
        (
            'id = "x"',
            "id is not a key of [collect.sources]; it has kind, location, name, topic, weight, language, select, max_items",
        ),
        ('language = "EN"', 'language is "EN", which is no ISO 639-1 language; write "en"'),
    ],
)
def test_a_wrong_key_of_a_source_is_told(mistakes: Mistakes, line: str, told: str):
    text = f'{GOOD}\n[[collect.sources]]\nlocation = "{ELSEWHERE}"\n{line}\n'

    assert mistakes(text) == [f"15 collect.sources[2].{told}"]


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ("[webb]\nport = 1", ["13 webb is not a table here; did you mean web?"]),
        (
            "[newsletter.weekly]\ntitle = 1",
            ["13 newsletter is not a table here; did you mean newsletters?"],
        ),
        (
            "[smtp]\nhost = 'x'",
            [
                "13 smtp is not a table of config.toml; it has site, newsletters, collect, curate, compose, deliver, bounces, schedule, alerts, storage, web"
            ],
        ),
        (
            "[rank]\nhalf_life_hours = 1",
            [
                "13 rank is not a table of config.toml; it has site, newsletters, collect, curate, compose, deliver, bounces, schedule, alerts, storage, web"
            ],
        ),
        ("[web]\nport = 70000", ["14 web.port is 70000; write 65535 or less"]),
        ("[web]\nport = 0", ["14 web.port is 0; write a number above 0"]),
        ("[collect.http]\nconnections = 0", ["14 collect.http.connections is 0; write 1 or more"]),
        (
            '[collect.http]\nrespect_robots = "no"',
            ['14 collect.http.respect_robots is "no", not a yes or no; write false without quotes'],
        ),
        (
            "[collect]\nallow_private = true\n[collect.http]\nallow_private = false",
            [
                "14 collect.allow_private is also set as collect.http.allow_private; keep one of them"
            ],
        ),
        (
            '[collect]\nallow_private = "on"',
            ['14 collect.allow_private is "on", not a yes or no; write true without quotes'],
        ),
        (
            "[curate]\nrank = 3",
            ["14 curate.rank is 3, not a table; write [curate.rank] and its keys below"],
        ),
        (
            "[curate.rank]\nshort_words = 5000",
            ["14 curate.rank.short_words is 5000, not below long_words (4000); write less"],
        ),
        (
            '[storage]\nmedia = ""',
            ["14 storage.media is empty; write a path, or leave the key out"],
        ),
        (
            '[deliver]\ntransport = "smtp"',
            ['14 deliver.transport is "smtp", and there is no relay; add [[deliver.relays]]'],
        ),
        (
            '[deliver]\ntransport = "mail"',
            ['14 deliver.transport is "mail"; write one of "maildir", "smtp"'],
        ),
        (
            '[deliver]\nunsubscribe_mailbox = "A <a@b.example>"',
            [
                '14 deliver.unsubscribe_mailbox is "A <a@b.example>"; write an address alone, such as "ada@example.org"'
            ],
        ),
        (
            '[[deliver.relays]]\nname = "a"',
            ['13 deliver.relays[1].host is missing; add host = "smtp.example.org"'],
        ),
        (
            '[[deliver.relays]]\nname = ""\nhost = "smtp://x"',
            [
                "14 deliver.relays[1].name is empty; write some text",
                '15 deliver.relays[1].host is "smtp://x"; write the bare name of a host, such as "smtp.example.org"',
            ],
        ),
        (
            "[[newsletters.weekly]]",
            [
                "13 newsletters.weekly is a list, not a table; write [newsletters.weekly] and its keys below"
            ],
        ),
        (
            '[deliver]\nrelays = "x"',
            [
                '14 deliver.relays is "x", not a list; write [[deliver.relays]] and its keys below, once for each'
            ],
        ),
        (
            '[[deliver.relays]]\nname = "a"\nhost = "::1"\nusername = "u"',
            [
                '16 deliver.relays[1].username has no password_env beside it; name the variable that holds its password, such as password_env = "DIGEST_RELAY_PASSWORD"'
            ],
        ),
        (
            '[[deliver.relays]]\nname = "a"\nhost = "x.example"\npassword_env = "P"',
            ["16 deliver.relays[1].password_env has no username beside it; add one"],
        ),
        (
            '[[deliver.relays]]\nname = "a"\nhost = "x.example"\npassword_env = "hunter-2!"\nusername = "u"',
            [
                '16 deliver.relays[1].password_env is no name of an environment variable; put the password into one and write its name, such as "DIGEST_RELAY_PASSWORD"'
            ],
        ),
        (
            '[[deliver.relays]]\nname = "a"\nhost = "x.example"\npassword = "hunter2"',
            [
                '16 deliver.relays[1].password is a secret, and config.toml is no place for one; put it into an environment variable and name that with password_env, such as password_env = "DIGEST_RELAY_PASSWORD"'
            ],
        ),
        (
            '[storage]\npassword = "hunter2"',
            [
                "14 storage.password is a secret, and config.toml is no place for one; put the whole URL into the environment variable DIGEST_DATABASE_URL"
            ],
        ),
    ],
)
def test_a_wrong_table_is_told(mistakes: Mistakes, tables: str, told: list[str]):
    assert mistakes(f"{GOOD}\n{tables}\n") == told


def test_a_folder_of_templates_that_is_not_there_is_told(mistakes: Mistakes):
    (told,) = mistakes(f"{GOOD}\n[compose]\ntemplates = '/nowhere/at/all'\n")

    assert told == (
        '14 compose.templates is "/nowhere/at/all", and no such folder is there; make it'
    )


def test_a_missing_table_or_key_is_told_with_an_example(mistakes: Mistakes):
    assert mistakes('[site]\nname = "x"\n[newsletters.daily]\ntitle = "x"\n') == [
        '1 site.base_url is missing; add base_url = "https://news.example.org"',
        '3 newsletters.daily.sender is missing; add sender = "The Quayside <digest@quayside.example>"',
    ]
    assert mistakes("[web]\nport = 1\n") == [
        "1 newsletters is missing; add a table such as [newsletters.daily] with title and sender",
        "1 site is missing; add the table [site] with name and base_url",
    ]
    assert mistakes('newsletters = {}\n[site]\nname = "x"\nbase_url = "https://x.example"\n') == [
        "1 newsletters names no newsletter; add a table such as [newsletters.daily] with title and sender"
    ]
    assert mistakes(f"{GOOD}\n[[collect.sources]]\nname = 'x'\n") == [
        '13 collect.sources[2].location is missing; add location = "https://news.example.org/feed.xml", a path, or "sample:"'
    ]


def test_only_root_causes_are_told(mistakes: Mistakes):
    """A misspelt required key is not missing too, and a source's broken location not its name."""
    text = GOOD.replace("sender =", "sendr =").replace('"sample:"', '"htps://x"')

    assert mistakes(
        with_line("newsletter", 'sources = ["Sample paper", "x"]').replace("sender =", "sendr =")
    ) == [
        "7 newsletters.daily.sendr is not a key here; did you mean sender?",
        '8 newsletters.daily.sources[2] is "x", and no source has that name; there are "Sample paper"',
    ]
    assert mistakes(text) == [
        "7 newsletters.daily.sendr is not a key here; did you mean sender?",
        '10 collect.sources[1].location is "htps://x"; write an address with https://, or a path',
    ]


def test_a_newsletter_of_a_wrong_name_is_looked_into_all_the_same(mistakes: Mistakes):
    assert mistakes(with_line("newsletter", "hour = 6").replace("daily", '"Daily News"')) == [
        '5 newsletters."Daily News" is no name for a newsletter; write [newsletters.daily-news]: a-z, 0-9 and -',
        '8 newsletters."Daily News".hour is 6; write hours and minutes, "06:00"',
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(read: Read, tmp_path: Path):
    text = with_line("newsletter", 'sections = [\n { topic = "a", titel = "A" },\n]\nhour = "x"')

    with pytest.raises(ConfigErrors) as caught:
        read(text.rstrip("\n") + "\nwieght = 1\n[web]\nport = 'x'\n")

    assert str(caught.value) == (
        f"{tmp_path}/config.toml has 4 mistakes:\n"
        "config.toml:9  newsletters.daily.sections[1].titel  is not a key here; did you mean title?\n"
        'config.toml:11  newsletters.daily.hour  is "x", which no clock shows; write "00:00" to "23:59"\n'
        "config.toml:16  collect.sources[1].wieght  is not a key here; did you mean weight?\n"
        'config.toml:18  web.port  is "x", not a whole number; write one such as 12'
    )


def test_the_keys_of_http_may_be_written_right_in_collect(read: Read):
    loaded = read(f"{GOOD}\n[collect]\nallow_private = true\n")

    assert loaded.settings.collect.http.allow_private is True
    assert loaded.origins["collect.http.allow_private"] == "config.toml:14"


def test_an_hour_may_be_a_time_of_tomls_own(read: Read):
    assert read(with_line("newsletter", "hour = 07:15:00")).settings.newsletters[
        "daily"
    ].hour == time(7, 15)


def test_an_intro_may_have_several_lines(read: Read):
    text = with_line("newsletter", 'intro = """\nGood morning.\n\n- rain\n"""')

    [newsletter] = read(text).settings.newsletters.values()

    assert newsletter.intro == "Good morning.\n\n- rain\n"


def test_a_postal_address_may_have_several_lines(read: Read):
    text = with_line("site", 'postal_address = """\nHarrow Quay Library\n1 Ferry Steps"""')

    assert read(text).settings.site.postal_address == "Harrow Quay Library\n1 Ferry Steps"


def test_an_operators_own_theme_is_known(read: Read, tmp_path: Path):
    (tmp_path / "own" / "themes").mkdir(parents=True)
    (tmp_path / "own" / "themes" / "harbour.toml").write_text("")

    loaded = read(with_line("newsletter", 'theme = "harbour"') + '[compose]\ntemplates = "own"\n')

    assert loaded.settings.newsletters["daily"].theme == "harbour"
    assert loaded.settings.compose.templates == tmp_path / "own"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgresql://ada:hunter2@db/x",
            "holds a password, and config.toml is no place for one; put the whole URL into the environment variable DIGEST_DATABASE_URL",
        ),
        (
            "postgresql://db/x?password=hunter2",
            "holds a password, and config.toml is no place for one; put the whole URL into the environment variable DIGEST_DATABASE_URL",
        ),
        (
            "postgresql://ada:hunter2@[db/x",
            "holds a password, and config.toml is no place for one; put the whole URL into the environment variable DIGEST_DATABASE_URL",
        ),
        (
            "sqlite://",
            'is no database that Digest knows; write "sqlite:///digest.db" or "postgresql://HOST/NAME"',
        ),
        (
            "sqlite:///:memory:",
            'names no file that lasts; write one such as "sqlite:///digest.db", without ?',
        ),
        ("postgres://db/x", 'begins with postgres:; write "postgresql://..."'),
        (
            "postgresql://ada@hunter2@db/x",
            "has more than one @; in a user's name or password write %40, and %25 for %",
        ),
        (
            "mysql://db/x",
            'is no database that Digest knows; write "sqlite:///digest.db" or "postgresql://HOST/NAME"',
        ),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(
    mistakes: Mistakes, url: str, told: str
):
    found = mistakes(f'{GOOD}\n[storage]\nurl = "{url}"\n')

    assert found == [f"14 storage.url {told}"]
    assert "hunter2" not in found[0]


def test_the_environment_names_the_database(read: Read, tmp_path: Path):
    url = "postgresql://ada:hunter2@db/x"
    (tmp_path / "url").write_text(f"{url}\n")

    given = read(f'{GOOD}\n[storage]\nurl = "sqlite:///x.db"\n', {"DIGEST_DATABASE_URL": url})
    from_file = read(GOOD, {"DIGEST_DATABASE_URL_FILE": str(tmp_path / "url")})

    assert given.settings.storage.url == from_file.settings.storage.url == url
    assert given.origins["storage.url"] == "environment DIGEST_DATABASE_URL"


def test_a_wrong_database_in_the_environment_is_told_beside_the_other_mistakes(mistakes: Mistakes):
    found = mistakes(GOOD.replace("title", "titel"), {"DIGEST_DATABASE_URL": "mysql://a:hunter2@b"})

    assert found == [
        'environment DIGEST_DATABASE_URL is no database that Digest knows; write "sqlite:///digest.db" or "postgresql://HOST/NAME"',
        "6 newsletters.daily.titel is not a key here; did you mean title?",
    ]


def test_the_other_postgresql_spelling_means_the_same(read: Read):
    loaded = read(f'{GOOD}\n[storage]\nurl = "postgresql+psycopg://db/x"\n')

    assert loaded.settings.storage.url == "postgresql://db/x"


def test_where_each_value_comes_from_is_known(read: Read):
    origins = read(with_line("newsletter", "sections = [{ topic = 'a', title = 'A' }]")).origins

    assert origins["site.name"] == "config.toml:2"
    assert origins["newsletters.daily.hour"] == "default"
    assert origins["newsletters.daily.sections[1].title"] == "config.toml:8"
    assert origins["collect.sources[1].kind"] == "default"
    assert origins["storage.url"] == "default"


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (GOOD, []),
        (
            GOOD[: GOOD.index("[[")],
            ["no source is switched on, so there will be no mail; `digest sources add` adds one"],
        ),
        (
            GOOD.replace("sample:", "articles/*.md"),
            [
                'config.toml:10  collect.sources[1].location  is "articles/*.md", and nothing is there yet'
            ],
        ),
        (
            GOOD.replace("sample:", "https://me:pw@x.example/feed"),
            [
                "config.toml:10  collect.sources[1].location  holds a name or password; reports will show it"
            ],
        ),
        (
            with_line("newsletter", 'topics = ["a"]\nsections = [{ topic = "b", title = "B" }]'),
            [
                'config.toml:9  newsletters.daily.sections[1].topic  is "b", which topics leaves out: this section stays empty'
            ],
        ),
        (
            with_line("source", 'topic = "a"').replace("[[", "[newsletters.daily.x]\n[[", 0)
            + '[[newsletters.daily.sections]]\ntopic = "b"\ntitle = "B"\n',
            [
                'config.toml:14  newsletters.daily.sections[1].topic  is "b", and no source of this newsletter has that topic; readers are offered it, so give it to a source or take it out'
            ],
        ),
        (
            GOOD.replace("sample:", "https://x.example/feed").replace(
                "[[", "sections = [{ topic = 'b', title = 'B' }]\n[["
            ),
            [
                'config.toml:9  newsletters.daily.sections[1].topic  is "b", and no source of this newsletter has that topic (only articles that are tagged so come into it); readers are offered it, so give it to a source or take it out'
            ],
        ),
        (GOOD.replace("[[", "sections = [{ topic = 'b', title = 'B' }]\n[["), []),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(read: Read, text: str, warnings: list[str]):
    assert list(read(text).warnings) == warnings


def test_the_configuration_is_found_in_this_folder_in_a_named_one_and_by_the_environment(
    write: Write, tmp_path: Path
):
    path = write()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    by_folder = load(None, {}, here=tmp_path)
    by_option = load(Path(".."), {"DIGEST_CONFIG": "/nowhere"}, here=elsewhere)
    by_environment = load(None, {"DIGEST_CONFIG": str(path)}, here=elsewhere)

    assert by_folder.settings == by_environment.settings
    assert by_option.path.resolve() == by_environment.path == path


@pytest.mark.parametrize(
    ("asked", "environ", "told"),
    [
        (None, {}, "`digest init` writes one, --config names another"),
        (Path("x.toml"), {}, "mend --config, or make it with `digest init`"),
        (None, {"DIGEST_CONFIG": "x"}, "mend DIGEST_CONFIG, or make it with `digest init`"),
    ],
)
def test_a_configuration_that_is_not_there_is_told_with_the_cure(
    tmp_path: Path, asked: Path | None, environ: dict[str, str], told: str
):
    with pytest.raises(Misconfigured) as caught:
        load(asked, environ, here=tmp_path)

    assert str(caught.value).endswith(f"is not there; {told}")


def test_a_list_of_newsletters_is_told_how_each_is_written(mistakes: Mistakes):
    assert mistakes(GOOD.replace("[newsletters.daily]", "[[newsletters]]")) == [
        "5 newsletters is a list, not a table; write [newsletters.daily] and its keys below, "
        "once for each"
    ]
    assert mistakes(GOOD.replace("[newsletters.daily]", "[[newsletters.daily]]")) == [
        "5 newsletters.daily is a list, not a table; write [newsletters.daily] and its keys below"
    ]


def test_relays_that_are_written_otherwise_are_not_missing_besides(mistakes: Mistakes):
    relay = '[deliver]\ntransport = "smtp"\n{}\nname = "a"\nhost = "a.example"\n'

    assert mistakes(GOOD + relay.format("[deliver.relays]")) == [
        "14 deliver.relays is a table, not a list; write [[deliver.relays]] and its keys below, "
        "once for each"
    ]
    assert mistakes(GOOD + relay.format("[[deliver.relay]]")) == [
        "14 deliver.relay is not a table here; did you mean relays?"
    ]


def test_a_selector_that_is_none_is_told_before_the_page_is_visited(mistakes: Mistakes):
    page = f'[[collect.sources]]\nlocation = "{ELSEWHERE}"\nkind = "page"\nselect = "a[["\n'

    (told,) = mistakes(GOOD + page)

    assert told.startswith('15 collect.sources[2].select is "a[[", which is no CSS selector (')
    assert told.endswith('); write one such as "main a"')
