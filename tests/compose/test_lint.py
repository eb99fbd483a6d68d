from dataclasses import replace

import pytest

from digest.compose import lint
from digest.model import Edition
from digest.slots import SLOT_CLOSE, SLOT_OPEN
from tests.builders import a_newsletter, an_issue
from tests.compose.desk import BASE_URL, LANGUAGES, THEMES, a_paper, numbered, rendered

UNSUBSCRIBE = "\ue0f0unsubscribe_url\ue0f1"
STORY = numbered(0)
ISSUE = an_issue(STORY)


def an_edition(body="", **given):
    defaults = {
        "key": "en",
        "language": "en",
        "subject": "The lock gates swing again",
        "preheader": "Barges are back after eleven weeks, and the keeper is turning them away.",
        "html": f'<h2>{STORY.lead.title}</h2><a href="{UNSUBSCRIBE}">Leave</a>{body}',
        "text": f"{STORY.lead.title}\n{UNSUBSCRIBE}\n",
    }
    return Edition(**{**defaults, **given})


def found(edition, *, newsletter=None, **given):
    told = lint.lint(edition, ISSUE, newsletter or a_newsletter(), base_url=BASE_URL, **given)
    return [(one.level, one.code, one.place) for one in told]


def test_a_sound_edition_has_no_findings():
    assert found(an_edition()) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_templates_give_no_finding_in_any_theme_or_language(theme, language):
    issue = replace(a_paper(12, language=language), subject=an_edition().subject)
    issue = replace(issue, preheader=an_edition().preheader)

    edition = rendered(issue, theme=theme)

    assert lint.lint(edition, issue, a_newsletter(), base_url=BASE_URL) == ()


STOPS = [
    (an_edition(html=f"<h2>{STORY.lead.title}</h2>"), "no-unsubscribe", "html"),
    (an_edition(html=f"<p>{STORY.lead.title} {UNSUBSCRIBE}</p>"), "no-unsubscribe", "html"),
    (an_edition(text=f"{STORY.lead.title}\n"), "no-unsubscribe", "text"),
    (an_edition("<p>\ue0f0nickname\ue0f1</p>"), "unresolved-slot", "html"),
    (an_edition(f"<p>{SLOT_OPEN}</p>"), "unresolved-slot", "html"),
    (an_edition(f"<p>Ada{SLOT_CLOSE}</p>"), "unresolved-slot", "html"),
    (
        an_edition(subject="Good morning once again, dear \ue0f0who\ue0f1"),
        "unresolved-slot",
        "header",
    ),
    (an_edition(subject="Good morning to you, \ue0f0name\ue0f1"), "unresolved-slot", "header"),
    (an_edition('<a href="javascript:alert(1)">x</a>'), "bad-link", "html"),
    (an_edition('<a href="">x</a>'), "bad-link", "html"),
    (an_edition('<a href="httpx:y">x</a>'), "bad-link", "html"),
]


@pytest.mark.parametrize(("edition", "code", "place"), STOPS)
def test_what_stops_a_release(edition, code, place):
    assert found(edition) == [("stops", code, place)]


def test_a_mail_without_a_text_part_is_stopped():
    assert ("stops", "no-text", "text") in found(an_edition(text=" \n"))


def test_a_mail_that_gmail_would_clip_is_stopped_at_the_very_byte():
    html = an_edition().html
    exact = an_edition(html + "é" * ((lint.MAX_HTML_BYTES - 2 * len(html.encode())) // 2))
    filled = an_edition("x" * (98_000 - len(html.encode())))
    over = an_edition("x" * (98_001 - len(html.encode())))

    assert len(filled.html.encode()) == 98_000
    assert (found(filled), found(exact)) == ([], [])
    assert found(over) == [("stops", "too-large", "html")]
    assert found(an_edition(), max_html_bytes=20) == [("stops", "too-large", "html")]


@pytest.mark.parametrize("name", ["Smith, Ada", "[Daily] the Quay", '"<b@y.example>"'])
def test_any_name_of_a_sender_may_go(name):
    newsletter = a_newsletter(sender=f"{name} <digest@quayside.example>")

    assert found(an_edition(), newsletter=newsletter, dkim_domain="quayside.example") == []


def test_a_sender_without_an_address_is_stopped():
    newsletter = a_newsletter(sender="The Quayside")

    assert found(an_edition(), newsletter=newsletter) == [("stops", "no-from", "header")]


WARNS = [
    (an_edition(subject="Short"), "subject-length", "header"),
    (an_edition(subject="A" + "n" * 60), "subject-length", "header"),
    (an_edition(preheader=""), "preheader-length", "header"),
    (an_edition(preheader="x" * 111), "preheader-length", "header"),
    (an_edition(subject="THE LOCK GATES SWING AGAIN"), "shouting", "header"),
    (an_edition(subject="The lock gates swing again!!"), "shouting", "header"),
    (an_edition('<a href="http://herald.example/">x</a>'), "not-https", "html"),
    (an_edition('<a href="https://bit.ly/x">x</a>'), "shortener", "html"),
    (an_edition(f'<img width="9" src="{BASE_URL}/i/a.jpg">'), "no-alt", "html"),
    (an_edition(f'<img alt="" src="{BASE_URL}/i/a.jpg">'), "no-width", "html"),
    (an_edition('<p style="color:#999">Faint</p>'), "faint", "html"),
    (an_edition('<div style="display:flex">x</div>'), "unsupported", "html"),
    (an_edition('<a href="#lost">x</a>'), "lost-anchor", "html"),
    (an_edition('<a href="https://herald.example/">post.example</a>'), "link-text", "html"),
    (an_edition("<p>{{ issue.name }}</p>"), "left-over", "html"),
    (an_edition("<mj-text>x</mj-text>"), "left-over", "html"),
    (an_edition('<img alt="" width="1" src="https://pixel.example/1.gif">'), "third-party", "html"),
    (an_edition("<img alt='' width='1' src='//pixel.example/1.gif'>"), "third-party", "html"),
    (an_edition(f'<img alt="" width="1" srcset="https://p.example/1 2x" src="{BASE_URL}/i/a">'), "third-party", "html"),
    (an_edition(f'<img alt="" width="1" src="{BASE_URL}.evil.example/1.gif">'), "third-party", "html"),
    (an_edition('<td background="http://pixel.example/1.gif">'), "third-party", "html"),
    (an_edition("<style>@import 'https://fonts.example/x.css';</style>"), "third-party", "html"),
]  # fmt: skip


@pytest.mark.parametrize(("edition", "code", "place"), WARNS)
def test_what_only_warns(edition, code, place):
    assert found(edition) == [("warns", code, place)]


@pytest.mark.parametrize(
    "edition",
    [
        an_edition(
            '<a href="mailto:a@b.example">x</a><p id="top"></p><a href="#top">y</a><a href="tel:+44">z</a>'
        ),
        an_edition(f'<img alt="" width="9" src="{BASE_URL}/i/a.jpg">'),
        an_edition("<p>Type src=https://herald.example/x or url(https://herald.example/)</p>"),
        an_edition(subject="NATO, EU and the harbour of Harrow Quay"),
        an_edition(subject="عادت الصنادل إلى المرفأ القديم"),
    ],
)
def test_what_is_fine(edition):
    assert found(edition) == []


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="stylesheet" href="https://fonts.example/x.css">',
        "<style>\n.a > .b{background:url(https://p.example/x)}\n</style>",
        "<p style=\"background:url('https://p.example/x')\">",
    ],
)
def test_what_asks_another_host_and_is_lacking_somewhere_has_both_findings(markup):
    assert {code for _, code, _ in found(an_edition(markup))} == {"third-party", "unsupported"}


def test_a_signature_of_another_domain_is_told():
    ours, below, other = "quayside.example", "mail.quayside.example", "relay.example"

    assert found(an_edition(), dkim_domain=ours) == []
    assert found(an_edition(), dkim_domain=below) == []
    by_news = a_newsletter(sender="digest@news.quayside.example")
    assert found(an_edition(), newsletter=by_news, dkim_domain=ours) == []
    assert found(an_edition(), dkim_domain=other) == [("warns", "not-aligned", "header")]
    assert found(an_edition(), dkim_domain="side.example") == [("warns", "not-aligned", "header")]


def test_a_sender_beyond_ascii_is_aligned_with_its_name_in_the_dns():
    newsletter = a_newsletter(sender="digest@bücher.example")

    assert found(an_edition(), newsletter=newsletter, dkim_domain="xn--bcher-kva.example") == []


def test_a_link_that_did_not_answer_is_told_with_its_reason():
    edition = an_edition('<a href="https://a.example/1">x</a><a href="https://a.example/2">y</a>')
    dead = {"https://a.example/2": "404", "https://a.example/9": "404"}

    told = lint.lint(edition, ISSUE, a_newsletter(), base_url=BASE_URL, dead=dead)

    assert [(one.code, one.message) for one in told] == [
        ("dead-link", "https://a.example/2 is dead (404)")
    ]


def test_a_story_about_templates_may_show_their_marks():
    told = numbered(0, summary="Write {{ name }} where the name goes.")
    edition = an_edition("<p>Write {{ name }} where the name goes.</p>")

    issue = an_issue(told)

    assert lint.lint(edition, issue, a_newsletter(), base_url=BASE_URL) == ()


def test_a_story_in_one_part_only_is_named():
    edition = an_edition(text=f"Something else\n{UNSUBSCRIBE}\n")

    assert [
        (one.code, one.place, one.message)
        for one in lint.lint(edition, ISSUE, a_newsletter(), base_url=BASE_URL)
    ] == [("out-of-step", "text", f"“{STORY.lead.title}” is missing here")]
    html = an_edition(html=f'<a href="{UNSUBSCRIBE}">Leave</a>')
    assert found(html) == [("warns", "out-of-step", "html")]


def test_what_stops_is_said_before_what_warns():
    edition = an_edition('<a href="javascript:x">x</a>', subject="Short")

    assert [level for level, _, _ in found(edition)] == ["stops", "warns"]
