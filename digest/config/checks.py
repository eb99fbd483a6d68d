"""What must agree between one key of config.toml and another. Looks whether files are there.

Each check reads only what is usable in the draft, so that one mistake is told once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from digest.config import relays
from digest.config.derive import is_there
from digest.config.draft import Draft
from digest.config.positions import Key
from digest.config.problems import shown
from digest.deliver.relay import is_loopback
from digest.model import SourceKind

THEMES = ("paper", "plain", "bold")
SPOKEN = ("ar", "de", "en", "es", "fr", "ru")  # what we have the words of a mail in
EXAMPLE_ADDRESS = "1 Ferry Steps, Harrow Quay HQ1 2AB"  # in the config.toml of `digest init`
_NAMING_TOPICS = frozenset((SourceKind.FILES, SourceKind.SAMPLE))  # in front matter
_FOR_EXAMPLES = re.compile(r"(.*\.)?(example|invalid|test|example\.(com|net|org))", re.IGNORECASE)
_SOURCES: Key = ("collect", "sources", "*")


def check(draft: Draft) -> None:
    """Tell every disagreement."""
    mistaken = any(key[0] == "newsletters" and len(key) < 3 for key in draft.wrong)
    if not draft.value(("newsletters",)) and not mistaken:
        draft.problem(
            ("newsletters",),
            "names no newsletter; add a table such as [newsletters.daily] with title and sender",
        )
    _only_once(draft, (*_SOURCES, "location"))
    _only_once(draft, (*_SOURCES, "name"))
    _only_once(draft, ("deliver", "relays", "*", "name"))
    for key, _ in draft.matching(("newsletters", "*")):
        _newsletter(draft, key)
    for key, _ in draft.matching(_SOURCES):
        if draft.value((*key, "select")) is not None and draft.text((*key, "kind")) != "page":
            draft.problem((*key, "select"), 'is only read on pages; add kind = "page" or remove it')
        _selector(draft, (*key, "select"))
    _words_range(draft)
    relays.check(draft)
    _mailbox(draft)


def _selector(draft: Draft, key: Key) -> None:
    given = draft.text(key)
    if not given:
        return
    from cssselect import HTMLTranslator, SelectorError  # rarely wanted

    try:
        HTMLTranslator().css_to_xpath(given)
    except SelectorError as error:
        cure = 'write one such as "main a"'
        draft.problem(key, f"is {shown(given)}, which is no CSS selector ({error}); {cure}")


def _only_once(draft: Draft, pattern: Key) -> None:
    first: dict[object, int] = {}
    for key, value in draft.matching(pattern):
        if not isinstance(value, str):
            continue
        line = draft.line(key)
        if value in first:
            what = f"is {shown(value)}, which line {first[value]} has already"
            draft.problem(key, f"{what}; {_ONCE_CURES[str(key[-1])]}")
        first.setdefault(value, line)


_ONCE_CURES = {
    "location": "one source is enough, remove this one",
    "name": "give each its own name",
}


def _newsletter(draft: Draft, key: Key) -> None:
    _sources_exist(draft, key)
    _only_once_in(draft, (*key, "topics"))
    _only_once_in(draft, (*key, "offers"))
    _sections(draft, key)
    cadence = draft.text((*key, "cadence"))
    wrong_cadence = (*key, "cadence") in draft.wrong
    made = {cadence, *(value for _, value in draft.matching((*key, "offers", "*")))}
    for day, only in (("weekday", "weekly"), ("monthday", "monthly")):
        if draft.value((*key, day)) is not None and only not in made and not wrong_cadence:
            draft.problem(
                (*key, day),
                f'is only read with cadence = "{only}", and it is {shown(cadence or "daily")}; '
                "remove it or change the cadence",
            )
    weekday = (*key, "weekday")
    if cadence == "weekly" and draft.value(weekday) is None and weekday not in draft.wrong:
        draft.problem(
            (*key, "cadence"), 'is "weekly", and on no day; write weekday = "friday" or another'
        )
    least, most = draft.value((*key, "min_stories")), draft.value((*key, "max_stories"))
    most = 12 if most is None else most
    if isinstance(least, int) and isinstance(most, int) and least > most:
        draft.problem(
            (*key, "min_stories"),
            f"is {least}, more than max_stories ({most}); write {most} or less",
        )
    theme = draft.text((*key, "theme"))
    if theme is not None and theme not in (known := _themes(draft)):
        near = difflib.get_close_matches(theme.lower(), known, n=1)
        cure = f"did you mean {shown(near[0])}?" if near else f"write one of {', '.join(known)}"
        draft.problem((*key, "theme"), f"is {shown(theme)}, and no such theme is there; {cure}")


def _themes(draft: Draft) -> tuple[str, ...]:
    """The themes we ship, and those in the operator's own templates."""
    templates = draft.text(("compose", "templates"))
    if not templates:
        return THEMES
    own = [*Path(templates).glob("themes/*.toml"), *Path(templates).glob("email/themes/*.toml")]
    return (*THEMES, *sorted({path.stem for path in own} - set(THEMES)))


def _sources_exist(draft: Draft, key: Key) -> None:
    names = {name for _, name in draft.matching((*_SOURCES, "name")) if isinstance(name, str)}
    count = len(list(draft.matching(_SOURCES)))
    if len(names) < count or any(wrong[:2] == _SOURCES[:2] for wrong in draft.wrong):
        return  # a name is missing through another mistake; perhaps it is this one
    for place, name in draft.matching((*key, "sources", "*")):
        if isinstance(name, str) and name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            cure = f"did you mean {shown(near[0])}?" if near else _names_there(names)
            draft.problem(place, f"is {shown(name)}, and no source has that name; {cure}")
    _only_once_in(draft, (*key, "sources"))


def _names_there(names: set[str]) -> str:
    if not names:
        return "add it with `digest sources add`"
    return f"there are {', '.join(shown(name) for name in sorted(names)[:8])}"


def _only_once_in(draft: Draft, key: Key) -> None:
    seen: set[str] = set()
    for place, value in draft.matching((*key, "*")):
        if isinstance(value, str):
            if value in seen:
                draft.problem(place, f"is {shown(value)}, given twice; remove one")
            seen.add(value)


def _sections(draft: Draft, key: Key) -> None:
    first: dict[str, int] = {}
    for place, topic in draft.matching((*key, "sections", "*", "topic")):
        if not isinstance(topic, str):
            continue
        if topic in first:
            draft.problem(
                place, f"is {shown(topic)}, which line {first[topic]} has already; keep one section"
            )
        first.setdefault(topic, draft.line(place))


def _words_range(draft: Draft) -> None:
    key: Key = ("curate", "rank", "short_words")
    short, long = draft.value(key), draft.value((*key[:-1], "long_words"))
    long = 4000 if long is None else long
    if isinstance(short, int) and isinstance(long, int) and short >= long:
        draft.problem(key, f"is {short}, not below long_words ({long}); write less")


def _mailbox(draft: Draft) -> None:
    key: Key = ("bounces", "mailbox")
    given = draft.value(key)
    if not isinstance(given, dict) or not given.get("host"):
        return
    for name, cure in (
        ("username", 'write the name it is read with, such as username = "bounces"'),
        ("password_env", "name the variable that holds its password"),
    ):
        if not given.get(name) and (*key, name) not in draft.wrong:
            draft.problem((*key, "host"), f"has no {name} beside it; {cure}")
            return
    if given.get("tls") == "none" and not is_loopback(str(given["host"])):
        draft.problem(
            (*key, "tls"),
            'is "none", and the password would travel for all to read; write "implicit"',
        )


def warnings(draft: Draft, folder: Path) -> Iterator[str]:
    """What is allowed, and probably not meant; one line each, like a problem's."""
    sources = [table for _, table in draft.matching(_SOURCES) if isinstance(table, dict)]
    if not sources:
        yield "no source is switched on, so there will be no mail; `digest sources add` adds one"
    for key, kind in draft.matching((*_SOURCES, "kind")):
        location = draft.text((*key[:-1], "location")) or ""
        if kind == SourceKind.FILES and not is_there(location, folder):
            place = (*key[:-1], "location")
            yield str(
                draft.document.problem(place, f"is {shown(location)}, and nothing is there yet")
            )
        if "@" in location.split("//")[-1].split("/")[0]:
            yield str(
                draft.document.problem(
                    (*key[:-1], "location"), "holds a name or password; reports will show it"
                )
            )
    if draft.value(("web", "double_opt_in")) is False:
        words = "is off: anyone can sign up anyone, and nothing proves that a reader agreed"
        yield str(draft.document.problem(("web", "double_opt_in"), words))
    yield from relays.warnings(draft)
    yield from _nobody_asked(draft)
    yield from _nowhere(draft)
    yield from _unspoken(draft)
    for key, _ in draft.matching(("newsletters", "*")):
        yield from _empty_sections(draft, key)
        yield from _topics_without_source(draft, key, sources)


def _nobody_asked(draft: Draft) -> Iterator[str]:
    """Issues that wait for an editor who is sent no letter."""
    if draft.text(("site", "operator")) or ("site", "operator") in draft.wrong:
        return
    for key, approval in draft.matching(("newsletters", "*", "approval")):
        if isinstance(approval, str) and approval != "auto":
            words = (
                f"is {shown(approval)}, and nobody is told that an issue waits: site.operator is "
                "not set; write the editor's address there"
            )
            yield str(draft.document.problem(key, words))


def _nowhere(draft: Draft) -> Iterator[str]:
    """Names kept for examples (RFC 2606), and an address that is one, in mail that leaves."""
    if draft.text(("deliver", "transport")) != "smtp":
        return
    address: Key = ("site", "postal_address")
    if " ".join((draft.text(address) or "").split()) == EXAMPLE_ADDRESS:
        words = "is the example of `digest init`, and stands in every mail; write your own"
        yield str(draft.document.problem(address, words))
    url: Key = ("site", "base_url")
    host = urlsplit(draft.text(url) or "").hostname or ""
    if _FOR_EXAMPLES.fullmatch(host):
        words = f"is at {host}, a name for examples: no link in a mail will lead anywhere"
        yield str(draft.document.problem(url, f"{words}; write where your own pages are"))
    for key, sender in draft.matching(("newsletters", "*", "sender")):
        host = str(sender).rpartition("@")[2].rstrip("> ")
        if _FOR_EXAMPLES.fullmatch(host):
            words = f"is at {host}, a name for examples: receivers refuse such mail"
            yield str(draft.document.problem(key, f"{words}; write an address of your own"))


def _unspoken(draft: Draft) -> Iterator[str]:
    """Languages whose words a mail would lack."""
    own = draft.text(("compose", "templates"))
    for key, language in draft.matching(("newsletters", "*", "language")):
        file = f"words/{language}.toml"
        if language not in SPOKEN and not (own and (Path(own) / file).is_file()):
            words = (
                f"is {shown(language)}, and there are no words of a mail in it: they are English"
            )
            cure = f"write them into {file} of compose.templates"
            yield str(draft.document.problem(key, f"{words}; {cure}"))


def _empty_sections(draft: Draft, key: Key) -> Iterator[str]:
    topics = {topic for _, topic in draft.matching((*key, "topics", "*"))}
    for place, topic in draft.matching((*key, "sections", "*", "topic")):
        if topics and topic not in topics:
            words = f"is {shown(topic)}, which topics leaves out: this section stays empty"
            yield str(draft.document.problem(place, words))


def _topics_without_source(
    draft: Draft, key: Key, sources: list[dict[str, object]]
) -> Iterator[str]:
    names = {name for _, name in draft.matching((*key, "sources", "*"))}
    own = [source for source in sources if not names or source.get("name") in names]
    topics = {source.get("topic") for source in own}
    untold = {source.get("kind") for source in own if source.get("topic") is None}
    if untold & _NAMING_TOPICS or not own:
        return  # its articles name their own
    # A feed or a page may happen to tag an article so.
    tagged = " (only articles that are tagged so come into it)" if untold else ""
    wanted = [
        *draft.matching((*key, "sections", "*", "topic")),
        *draft.matching((*key, "topics", "*")),
    ]
    for place, topic in wanted:
        if topic not in topics:
            words = f"is {shown(topic)}, and no source of this newsletter has that topic{tagged}"
            words += "; readers are offered it, so give it to a source or take it out"
            yield str(draft.document.problem(place, words))
