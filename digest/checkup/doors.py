"""What a relay and the web pages answered, to verdicts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.checkup.verdict import Check, bad, ok, unchecked, warn

SOON = timedelta(days=14)
NAMELESS = "its name is not found in the DNS"  # the trouble of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySeen:
    """What a relay answered when we logged in; ``trouble``: the sentence it failed with."""

    label: str
    trouble: str = ""
    passing: bool = False  # the trouble: it was not reached, or had no time
    login: bool = False  # we have a name and a password, and they were taken
    tls: str = ""  # TLSv1.3; empty: plain
    certificate_until: datetime | None = None
    pipelining: bool = False
    here: bool = False  # on this very machine


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSeen:
    """One answer of a page: its status, or the trouble in reaching it."""

    status: int = 0
    trouble: str = ""
    at: datetime | None = None  # its Date header
    body: str = ""  # the first kilobytes


def relay(seen: RelaySeen, *, now: datetime) -> list[Check]:
    name = seen.label
    if seen.trouble:
        says = seen.trouble.removeprefix(f"{name} ")
        return [bad(name, says, "mail cannot leave through it until this is mended")]
    return [_login(seen), _tls(seen, now), _pipelining(seen)]


def _login(seen: RelaySeen) -> Check:
    says = "it took our login" if seen.login else "it answers, and asks for no login"
    return ok(seen.label, says)


def _tls(seen: RelaySeen, now: datetime) -> Check:
    name = f"TLS of {seen.label}"
    if not seen.tls:
        if seen.here:
            return ok(name, "plain, on this very machine")
        return bad(name, "mail leaves in the clear", 'set tls = "starttls" or "implicit"')
    until = seen.certificate_until
    if until and until - now < SOON:
        days = max(0, (until - now).days)
        return warn(name, f"its certificate ends in {days} days", "whoever runs it must renew it")
    return ok(name, f"{seen.tls}{f', certificate until {until:%Y-%m-%d}' if until else ''}")


def _pipelining(seen: RelaySeen) -> Check:
    name = f"PIPELINING at {seen.label}"
    if seen.pipelining:
        return ok(name, "offered: many messages are on their way at once")
    return warn(
        name,
        "not offered: each message waits for four answers",
        "for many readers choose a relay that offers it (Postfix and Exim do)",
    )


def site(base_url: str, home: PageSeen) -> Check:
    name = "web pages"
    if home.trouble:
        return bad(
            name,
            f"{base_url}/ cannot be reached: {home.trouble}",
            _to_be_reached(home.trouble),
        )
    if home.status != 200:
        return bad(
            name,
            f"{base_url}/ answers {home.status}",
            "let your web server pass it on to `digest run`",
        )
    if not base_url.startswith("https:"):
        return warn(name, f"{base_url}/ is not https", "one-click links must be https")
    return ok(name, f"{base_url}/ answers")


def _to_be_reached(trouble: str) -> str:
    if trouble == NAMELESS:
        return "let its name in the DNS (A, AAAA) lead to your web server"
    if "certificate" in trouble.lower():
        return "give your web server a certificate for this name"
    return "start `digest run` behind your web server"


def one_click(asked: PageSeen, posted: PageSeen) -> Check:
    """What the link of List-Unsubscribe answered; both were asked with a word that means nobody.

    A GET must only show a page, and a POST from anywhere must reach us (RFC 8058).
    """
    name = "one-click unsubscribe"
    if asked.trouble or posted.trouble:
        return unchecked(name, f"it cannot be reached: {asked.trouble or posted.trouble}")
    if posted.status in (401, 403, 405) or posted.status >= 500:
        return bad(
            name,
            f"a POST is answered {posted.status}",
            "let your web server pass POST on to `digest run`, without a login of its own",
        )
    if posted.status in (301, 302, 303, 307, 308):
        return bad(
            name,
            f"a POST is sent on elsewhere ({posted.status})",
            "set site.base_url to where the pages really are; mail programs follow no redirect",
        )
    if posted.status != 200:
        return bad(
            name,
            f"a link that we signed is answered {posted.status}",
            "let site.base_url lead to this Digest, with this secret.key",
        )
    if asked.status == posted.status and asked.body == posted.body:
        return bad(
            name,
            "a GET acts like a POST, and mail scanners open every link",
            "pass GET and POST on as they are",
        )
    return ok(name, "it takes POST from anywhere, and a GET only shows a page")
