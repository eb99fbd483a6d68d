"""Issues of every kind through the real templates and the real MJML compiler."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.compose import budget, columns, lint, mjml, render, templates, view, words
from digest.compose.issue import Window, compose
from digest.compose.options import ComposeOptions
from digest.compose.render import Job
from digest.errors import Misconfigured
from digest.model import Heading, Picture, Sentence
from digest.slots import SLOTS
from tests.builders import NOW, a_newsletter, a_story, an_article

OURS = templates.ours() / "email"
LANGUAGES = ("en", "de", "fr", "es", "ru", "ar")
WINDOW = Window(period="2026-11-24", number=7, since=NOW - timedelta(days=1), until=NOW)
PROSE = (
    "The old lock gates swung for the first time since September. By dawn the keeper was turning "
    "boats away for want of room."
)


def told(number=0, *, title="", topic="harbour", text=PROSE, score=0.0, **given):
    url = f"https://herald.example/{number}"
    article = an_article(
        url, title=title or f"Barges return through lock number {number}", text=text, **given
    )
    return a_story(article, topic=topic, score=score or 1 / (number + 1))


def a_job(*stories, language="en", folders=(OURS,), options=None, pictures=None, **given):
    newsletter = a_newsletter(
        language=language,
        **{"sections": (Heading(topic="harbour", title="Harbour and sea"),), **given},
    )
    issue = compose(newsletter, stories or (told(),), WINDOW, brief_after=10)
    if pictures:
        issue = replace(issue, pictures=pictures)
    return Job(
        issue=issue,
        newsletter=newsletter,
        site_name="Harrow Quay Library",
        base_url="https://quayside.example",
        postal_address="1 Ferry Steps\nHarrow Quay",
        templates=folders,
        options=options or ComposeOptions(),
        next_issue=NOW + timedelta(days=1),
    )


def findings(job, edition):
    found = lint.lint(edition, job.issue, job.newsletter, base_url=job.base_url)
    return [one.code for one in found]


@pytest.mark.parametrize("theme", ["paper", "plain", "bold"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_theme_speaks_every_language_without_a_finding(theme, language):
    job = a_job(*(told(n) for n in range(8)), language=language, theme=theme)

    edition = render.edition(job)

    assert findings(job, edition) == []
    assert f'lang="{language}"' in edition.html
    assert ('dir="rtl"' in edition.html) == (language == "ar")
    assert set(render.slots(edition.html)) == {"unsubscribe_url", "preferences_url", "reader"}
    assert set(render.slots(edition.text)) <= SLOTS


@pytest.mark.parametrize(
    "title",
    [
        "A <b>bold</b> & {{ 7 * 7 }} 100 % = {% raw %}",
        "🚢",
        "Long headline " * 28,
        "עדכון \u202eevil\u202c خبر",
        "Zero\u200bwidth \\ back\\slash",
        "e\u0301 combining, 👩‍👩‍👧 joined",
        ".",
    ],
)
def test_a_strange_headline_is_text_in_both_parts(title):
    job = a_job(told(title=title), told(1))

    edition = render.edition(job)

    assert "7 * 7 }}" in edition.html if "7 * 7" in title else True
    assert "49" not in re.sub(r"[^\s]*;[^\s]*", "", edition.text)
    assert "<b>bold" not in edition.html
    assert "\\u{" not in edition.html
    assert "out-of-step" not in findings(job, edition)


def test_a_line_in_brief_that_begins_with_a_long_word_keeps_its_mark():
    long = f"https://herald.example/{'a' * 80} says it"
    chinese = "\u6771\u4eac" * 40
    stories = [told(n) for n in range(10)] + [told(10, title=long), told(11, title=chinese)]
    job = a_job(*stories)

    edition = render.edition(job)

    assert f"\n* {long.split()[0]}\n  says it (Harrow Quay Herald) [11]\n" in edition.text
    assert f"\n* {chinese[:35]}\n  {chinese[35:70]}\n" in edition.text
    assert "out-of-step" not in findings(job, edition)


def test_french_sets_a_blank_before_its_colons():
    edition = render.edition(a_job(language="fr"))

    assert "\nSe d\u00e9sabonner\u00a0:\n" in edition.text
    assert "Lire sur le web\u00a0:\n" in edition.text


def test_one_story_makes_an_issue_without_an_index_and_sixty_fit_the_budget():
    one = render.edition(a_job(told()))
    job = a_job(*(told(n, topic=f"topic {n % 7}") for n in range(60)), max_stories=60)
    sixty = render.edition(job)

    assert "In this issue" not in one.html
    assert "In this issue" in sixty.html
    assert len(sixty.html.encode()) <= 98_000


def test_over_the_budget_the_lowest_ranked_shrink_then_go_and_it_is_said():
    long = Sentence(text=PROSE, url="https://herald.example/a", start=0, end=len(PROSE))
    stories = [replace(told(n), sentences=(long,) * 3) for n in range(12)]
    whole = len(render.edition(a_job(*stories)).html.encode())

    sizes = {}
    for share in (0.99, 0.8, 0.6):
        most = int(whole * share)
        edition = render.edition(a_job(*stories, options=ComposeOptions(max_html_bytes=most)))
        assert len(edition.html.encode()) <= most
        sizes[share] = edition.notes

    assert sizes[0.99][0] == "shortened to fit the byte budget: Barges return through lock number 9"
    assert any(note.startswith("moved to one line") for note in sizes[0.8])
    assert sizes[0.6][0] == "left out to fit the byte budget: Barges return through lock number 11"
    assert "number 0" not in " ".join(note for notes in sizes.values() for note in notes)


def test_an_issue_whose_lead_alone_is_too_large_is_stopped_by_lint():
    job = a_job(told(), told(1), options=ComposeOptions(max_html_bytes=1_000))

    edition = render.edition(job)

    found = lint.lint(
        edition, job.issue, job.newsletter, base_url=job.base_url, max_html_bytes=1_000
    )
    assert ("too-large", "stops") in [(one.code, one.level) for one in found]


def test_fitting_is_blind_to_what_it_measures_beyond_the_size():
    issue = a_job(*(told(n) for n in range(5))).issue

    assert budget.fit(issue, lambda _: 10, most=10) == budget.Fitted(issue=issue)


def test_no_mail_asks_another_host_for_anything():
    picture = Picture(hash="a" * 64, width=1120, height=630)
    edition = render.edition(a_job(told(), told(1), pictures={"https://herald.example/0": picture}))

    asked = re.findall(r"(?:src=\"|url\(['\"]?|@import ['\"]?)(https?:[^\"')]+)", edition.html)
    assert asked == [f"https://quayside.example/i/{'a' * 64}.jpg"]
    assert "fonts.googleapis" not in edition.html
    assert "<link" not in edition.html
    assert "<script" not in edition.html


def test_a_lead_and_a_thumbnail_keep_their_proportions():
    wide = Picture(hash="a" * 64, width=1120, height=630)
    tall = Picture(hash="b" * 64, width=400, height=1200, alt="A crane")
    edition = render.edition(
        a_job(
            told(),
            told(1),
            pictures={"https://herald.example/0": wide, "https://herald.example/1": tall},
        )
    )

    assert 'width="560" height="315"' in edition.html
    assert 'width="43" height="129"' in edition.html
    assert 'alt="Barges return through lock number 0"' in edition.html


def test_a_story_without_a_web_address_is_told_without_a_link():
    local = an_article("file:///srv/news/a.md", title="From our own desk")
    edition = render.edition(a_job(a_story(local, topic="harbour"), told(1)))

    assert "file://" not in edition.html + edition.text
    assert "From our own desk" in edition.html


def test_the_text_part_is_set_in_72_columns_and_its_links_are_footnotes():
    edition = render.edition(a_job(*(told(n, text=PROSE) for n in range(4))))

    wide = [line for line in edition.text.splitlines() if len(line.rstrip()) > 72]
    assert [line for line in wide if "https://" not in line] == []
    assert "[1]" in edition.text
    assert "https://herald.example/0" in edition.text


def test_a_language_without_words_has_english_words_and_dates_until_it_has_its_own(tmp_path):
    english = render.edition(a_job(language="it"))
    italian = render.edition(
        a_job(
            language="it",
            folders=own(tmp_path, "words/it.toml", 'next = "Il prossimo numero esce {day}."'),
        )
    )

    assert "The next issue is due on Wednesday, November 25." in english.text
    assert "novembre" not in english.text + english.html
    assert 'lang="it"' in english.html
    assert "Il prossimo numero esce mercoledì 25 novembre." in italian.text


@pytest.mark.parametrize("language", ["ja", "hi"])
def test_the_date_and_the_number_stand_at_both_ends_of_a_line_in_any_script(tmp_path, language):
    words_of_theirs = own(tmp_path, f"words/{language}.toml", 'issue = "第{n}号"')

    edition = render.edition(a_job(language=language, folders=words_of_theirs))

    line = next(line for line in edition.text.splitlines() if line.endswith("号"))
    assert columns.width(line) == columns.COLUMNS


def test_an_unknown_language_has_english_words_and_dates():
    said = words.load("tlh", (OURS,))

    assert said["unsub"] == "Unsubscribe"
    assert words.day(NOW, "UTC", "tlh") == "Tuesday, November 24"
    assert words.long_day(NOW, "UTC", "de") == "Dienstag, 24. November 2026"
    assert words.hour(NOW, "Asia/Kolkata") == "12:00"


def test_words_that_are_no_toml_are_named(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.toml").write_text("prefs = ", "utf-8")

    with pytest.raises(Misconfigured, match=r"words/en\.toml is no valid TOML"):
        words.load("en", (tmp_path, OURS))


def own(folder: Path, name: str, text: str) -> tuple[Path, Path]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), "utf-8")
    return folder, OURS


def test_the_operators_file_comes_first_and_ours_fills_the_rest(tmp_path):
    folders = own(tmp_path, "issue/subject.txt", "Extra! {{ issue.subject }}")

    edition = render.edition(a_job(folders=folders))

    assert edition.subject.startswith("Extra! Barges return")
    assert "The Quayside" in edition.html


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("issue/body.txt", "a\nb {{ issue.naem }}", r"issue/body\.txt:2 .*'naem'.*docs/templates"),
        ("parts/lead.mjml", "{{ story.title }}", r"parts/lead\.mjml:1 .*'story'"),
        ("issue/body.txt", "{% for x in %}", r"issue/body\.txt:1 is no valid template"),
        ("issue/body.txt", "{% include 'none.txt' %}", r"template none\.txt is not there"),
        ("issue/body.txt", "{{ ''.__class__ }}", r"issue/body\.txt:1 does what templates may not"),
        ("issue/body.txt", "{{ 1 / 0 }}", r"issue/body\.txt:1 cannot be rendered: ZeroDivision"),
        ("issue/body.mjml", "<mjml><mj-body>", r"issue/body\.mjml makes MJML that cannot"),
        ("issue/body.mjml", "<mj-text>" * 400, r"issue/body\.mjml makes MJML too long or too deep"),
    ],
)
def test_a_mistake_in_a_template_names_file_line_and_cure(tmp_path, name, text, said):
    with pytest.raises(Misconfigured, match=said):
        render.edition(a_job(folders=own(tmp_path, name, text)))


def test_mjml_too_long_is_refused_before_it_is_compiled():
    with pytest.raises(Misconfigured, match="too long or too deep"):
        mjml.html(" " * (mjml.MAX_CHARACTERS + 1), template="x.mjml")


@pytest.mark.parametrize(
    ("change", "code", "level"),
    [
        ({"html": "<a href='x'>no way out</a>"}, "no-unsubscribe", "stops"),
        ({"text": "no way out"}, "no-unsubscribe", "stops"),
        ({"text": " "}, "no-text", "stops"),
        ({"subject": "\ue0f0nobody\ue0f1 and a long enough subject"}, "unresolved-slot", "stops"),
        ({"subject": "\ue0f0name and a long enough subject"}, "unresolved-slot", "stops"),
        ({"subject": "Short"}, "subject-length", "warns"),
        ({"preheader": "Short"}, "preheader-length", "warns"),
        ({"subject": "ALL THE GATES ARE OPEN AGAIN"}, "shouting", "warns"),
        ({"subject": "The gates are open again!!!"}, "shouting", "warns"),
        ({"more": '<a href="http://a.example/">a</a>'}, "not-https", "warns"),
        ({"more": '<a href="javascript:x()">a</a>'}, "bad-link", "stops"),
        ({"more": '<a href="https://bit.ly/x">a</a>'}, "shortener", "warns"),
        ({"more": '<img width="9" src="https://quayside.example/i/a.jpg">'}, "no-alt", "warns"),
        ({"more": '<img alt="" width="1" src="https://t.example/p.gif">'}, "third-party", "warns"),
        ({"more": "{{ issue.title }}"}, "left-over", "warns"),
        ({"title": "A story that is in neither part"}, None, None),
    ],
)
def test_lint_finds_what_harms_and_what_only_looks_bad(change, code, level):
    job = a_job(told(), told(1))
    edition = render.edition(job)
    if "more" in change:
        edition = replace(edition, html=edition.html + change["more"])
    elif "title" not in change:
        edition = replace(edition, **change)

    found = lint.lint(edition, job.issue, job.newsletter, base_url=job.base_url)

    assert (code is None) == (found == ())
    if code:
        assert (code, level) in [(one.code, one.level) for one in found]
    assert [one.level for one in found] == sorted(one.level for one in found)


def test_lint_sees_a_story_that_only_one_part_tells_and_a_sender_without_address():
    job = a_job(told(), told(1))
    edition = render.edition(job)
    one_part = replace(edition, text=edition.text.replace("lock number 1", "lock"))

    assert "out-of-step" in findings(job, one_part)
    nobody = replace(job.newsletter, sender="The Quayside")
    found = lint.lint(edition, job.issue, nobody, base_url=job.base_url)
    assert [one.code for one in found] == ["no-from"]


def test_an_anchor_is_made_of_letters_of_any_script():
    assert view._anchor("Harbour & sea") == "harbour-sea"
    assert view._anchor("Порт") == "порт"
    assert view._anchor("!") == "more"


def variables(value, path):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from variables(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value[:1]:
            yield from variables(inner, f"{path}[]")
    else:
        yield path


def test_every_variable_of_a_template_is_documented():
    picture = Picture(hash="a" * 64, width=1120, height=630)
    stories = [told(n) for n in range(12)]
    stories[0] = replace(stories[0], also=(an_article("https://post.example/a", title="Also"),))
    job = a_job(*stories, pictures={"https://herald.example/0": picture})
    plates = render._Plates(job.newsletter.theme, job.templates)

    told_in = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
    context = render._context(job.issue, job, plates)
    for group in ("mail", "issue", "reader", "site"):
        for name in variables(context[group], group):
            own_name = re.sub(
                r"^issue\.(?:lead|brief\[\]|sections\[\]\.stories\[\])\.", "story.", name
            )
            assert f"`{own_name}`" in told_in, own_name
    for name in context.keys() - {"mail", "issue", "reader", "site"}:
        assert f"`{name}`" in told_in or f"`{name}." in told_in, name
