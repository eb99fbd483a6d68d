"""What the tests of compose share: issues of many stories, and the job of rendering one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from digest.compose import render, templates
from digest.compose.issue import Window, compose
from digest.compose.options import ComposeOptions
from digest.model import Edition, Heading, Issue, Picture, Sentence, Story
from tests.builders import NOW, a_newsletter, a_story, an_article, an_issue, dated

OURS = templates.ours() / "email"
LANGUAGES = ("en", "de", "fr", "es", "ru", "ar")
THEMES = ("paper", "plain", "bold")
BASE_URL = "https://quayside.example"
WINDOW = Window(period="2026-11-24", number=412, since=NOW - timedelta(days=1), until=NOW)

TOPICS = ("harbour", "town", "arts", "work")
SECTIONS = (
    Heading(topic="harbour", title="Harbour and sea"),
    Heading(topic="town", title="Town hall"),
    Heading(topic="arts", title="Schools and arts"),
)

ARABIC = (
    ("تعود الصنادل مع افتتاح بوابات القفل القديم", "harbour"),
    ("المصباح على الرصيف الشمالي يضيء من جديد", "harbour"),
    ("الخط التاسع ينجو بفارق صوت واحد", "town"),
    ("جوقة من أربعين تنتقل إلى مخزن التبريد", "arts"),
    ("R&D في حوض القوارب: 3 < 4", "town"),
    ("معمل الحبال يوظف أول متدربيه منذ عشر سنوات", "arts"),
)
ARABIC_SUMMARY = (
    "دخل أربعون طنًا من البلوط الجديد ليلة الأحد. وبحلول فجر الاثنين كان الحارس يرد القوارب "
    "لضيق المكان. وتقول شركات الشحن إن الافتتاح يوفر عليها ست ساعات."
)


def told(summary: str, url: str) -> tuple[Sentence, ...]:
    return (Sentence(text=summary, url=url, start=0, end=len(summary)),) if summary else ()


def numbered(number: int, *, title: str = "", summary: str = "", **given: Any) -> Story:
    """The story of rank ``number``, with its picture's and its companion's address to match."""
    url = f"https://herald.example/story-{number}"
    lead = an_article(
        url,
        title=title or f"Headline number {number} is about the harbour and its barges",
        dated=dated(NOW - timedelta(hours=number % 48)),
    )
    sentences = told(summary, url) if summary else _three(number, url)
    defaults: dict[str, Any] = {
        "topic": TOPICS[number % len(TOPICS)],
        "score": 1 / (number + 1),
        "sentences": sentences,
    }
    return a_story(lead, **{**defaults, **given})


def _three(number: int, url: str) -> tuple[Sentence, ...]:
    texts = (
        f"Story {number} begins with forty tonnes of new oak that went in on Sunday night.",
        "By dawn on Monday the keeper was turning boats away for want of room in the lock.",
        "Freight firms say the reopening saves them a six-hour detour by the outer channel.",
    )
    return tuple(Sentence(text=text, url=url, start=0, end=len(text)) for text in texts)


def a_paper(count: int = 12, **given: Any) -> Issue:
    """An issue of ``count`` stories, laid out as compose does; every third has a picture."""
    newsletter = given.pop("newsletter", a_newsletter(sections=SECTIONS))
    return laid_out([numbered(n) for n in range(count)], newsletter=newsletter, **given)


def laid_out(stories: list[Story], **given: Any) -> Issue:
    newsletter = given.pop("newsletter", a_newsletter(sections=SECTIONS))
    shown = {s.lead.url: a_picture(s.lead.url) for s in stories[::3]}
    brief_after = given.pop("brief_after", 10)
    composed = compose(newsletter, stories, WINDOW, brief_after=brief_after, pictures=shown)
    return replace(composed, **given)


def a_picture(url: str) -> Picture:
    return Picture(hash=f"{sum(url.encode()):032x}", width=1120, height=630)


def an_arabic_paper() -> Issue:
    also = (an_article("https://post.example/a", source_name="بريد المصب"),)
    stories = [
        numbered(n, title=title, topic=topic, summary=ARABIC_SUMMARY, also=also if n == 0 else ())
        for n, (title, topic) in enumerate(ARABIC)
    ]
    headings = (
        Heading(topic="harbour", title="المرفأ والبحر"),
        Heading(topic="town", title="دار البلدية"),
        Heading(topic="arts", title="المدارس والفنون"),
    )
    newsletter = a_newsletter(
        title="رصيف المرفأ", tagline="كل صباح", language="ar", sections=headings
    )
    return laid_out(stories, newsletter=newsletter)


def a_job(issue: Issue | None = None, **given: Any) -> render.Job:
    """The job of rendering ``issue``; ``theme`` and ``options`` may be named."""
    issue = issue or an_issue(numbered(0))
    theme = given.pop("theme", "paper")
    newsletter = given.pop("newsletter", None) or a_newsletter(
        language=issue.language, sections=SECTIONS, theme=theme
    )
    defaults: dict[str, Any] = {
        "issue": issue,
        "newsletter": newsletter,
        "site_name": "Harrow Quay Library",
        "base_url": BASE_URL,
        "postal_address": "1 Ferry Steps\nHarrow Quay HQ1 2AB",
        "templates": (OURS,),
        "options": ComposeOptions(),
        "next_issue": NOW + timedelta(days=1),
    }
    return render.Job(**{**defaults, **given})


def rendered(issue: Issue | None = None, **given: Any) -> Edition:
    return render.edition(a_job(issue, **given))
