"""An answer that is none (an error, a check for robots) to what it says and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from digest.collect import freshness, hops
from digest.collect.fetch import Failed

LOOKED_AT = 65_536  # bytes of a refusal, for the marks of a check
MAY_CHECK = frozenset((401, 403, 405, 429, 503))  # statuses under which a check is served

_TRY_LATER = frozenset({304, 408, 421, 425, 429})
_WORDS = {
    304: "the host says that nothing changed (304), though it was asked for the whole",
    401: "the host wants a login (401); put it into the address as https://user:password@host/",
    403: "the host refuses to show it to us (403)",
    404: "there is nothing at this address (404); check it in a browser",
    410: "it is gone for good (410)",
    429: "the host says we ask too often (429)",
}
_CHECK = (
    "the host answers with a check for robots ({status}), which only a browser passes; ask the "
    "site to let the user agent Digest through, or give another address of its feed, if it has one"
)
# What the services that check say of it: Cloudflare, AWS, SiteGround.
_HEADERS = {
    "cf-mitigated": ("challenge",),
    "x-amzn-waf-action": ("challenge", "captcha"),
    "sg-captcha": ("challenge",),
}
# A check that says 200 like any page is known by its whole title alone (Cloudflare, Anubis, ...).
_TITLE = re.compile(
    rb"<title[^>]{0,80}>\s*(?:just a moment(?:\.\.\.|\xe2\x80\xa6)?|one moment, please\.*"
    rb"|ddos-guard|making sure you(?:'|&#0?39;|\xe2\x80\x99)re not a bot!?"
    rb"|checking your browser[^<]{0,60}|attention required! \| cloudflare"
    rb"|robot challenge screen|client challenge|vercel security checkpoint"
    rb"|pardon our interruption\.*)\s*</title>",
    re.IGNORECASE,
)
_HTML = re.compile(rb"[\xef\xbb\xbf\s]*<(?:!doctype\s+html|html|head|meta|title)\b", re.IGNORECASE)
# Pages behind these services bear some of the marks, too: they tell only in a refusal.
_MARKS = re.compile(
    rb"_cf_chl_opt|cf-browser-verification|/cdn-cgi/challenge-platform/|captcha-delivery\.com"
    rb"|_Incapsula_Resource|px-captcha|/\.well-known/sgcaptcha/|awsWafCookieDomainList"
    rb"|ddos-guard/js-challenge|enable javascript and cookies to continue",
    re.IGNORECASE,
)


def refused(
    url: str, status: int, headers: Mapping[str, str], *, start: bytes, now: datetime
) -> Failed:
    """``url``: what was asked for. ``start``: the first bytes of the body, where they are known."""
    retry_at = freshness.retry_at(headers.get("retry-after"), now)
    if is_check(status, headers, start):
        why = _CHECK.format(status=status)
    else:
        why = _WORDS.get(status) or f"the host answered {status}"
    if retry_at:
        why += f" and asks to wait until {retry_at:%Y-%m-%d %H:%M} UTC"
    return Failed(
        url=hops.bare(url),
        status=str(status),
        reason=f"{hops.masked(url)}: {why}",
        gone=status == 410,
        temporary=status >= 500 or status in _TRY_LATER,
        retry_at=retry_at,
    )


def is_check(status: int, headers: Mapping[str, str], start: bytes) -> bool:
    """Whether a check that only a browser passes came in the answer's place."""
    if any(headers.get(name, "").strip().lower() in said for name, said in _HEADERS.items()):
        return True
    looked_at = start[:LOOKED_AT]
    if _HTML.match(looked_at) and _TITLE.search(looked_at):
        return True
    return status in MAY_CHECK and bool(_MARKS.search(looked_at))
