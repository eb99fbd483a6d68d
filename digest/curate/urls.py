"""A URL to its canonical form, so that one page is one article. Pure.

Only what cannot change the page is taken away: tracking and sessions, fragments, AMP forms, default
ports, the case of scheme and host. ``www.`` and a trailing slash stay: they can be another page.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit, urlunsplit

from digest.domains import in_dns

_TRACKING = re.compile(
    r"^(?:utm_\w+|utm|at_(?:medium|campaign|custom\d|link\w*|format|ptr_name|bbc_team)"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id"
    r"|mc_cid|mc_eid|mkt_tok|_hs(?:enc|mi)|hsctatracking|vero_(?:id|conv)|oly_(?:anon|enc)_id"
    r"|wt[._]?(?:mc|zmc|nl|rss)\w*|wtmc|xtor|s_?kwcid|cmpid|cmp|cmpn|icid|ncid|ns_\w+|nr_email_\w+"
    r"|ref_?(?:src|url)|referrer|sr_share|spref|smid|smtyp|ocid|ito|mbid|guccounter|guce_referrer\w*"
    r"|trk\w*|__twitter_impression|rss|feed(?:type|name)?|ftag|taid|soc_src|soc_trk|tpcc|rssid"
    r"|amp|outputtype|amp_js_v|amp_gsa|usqp|ga_\w+|pk_(?:campaign|kwd|source|medium|content)"
    r"|mtm_\w+|piwik_\w+|matomo_\w+|campaign_id|partner|sharetype|share|kbid|wpisrc|wprss"
    r"|at_xt|_ga|_gl|srsltid|gaa_\w+|dicbo|hss_channel|_bhlid|xing_share|sara_ref|traffic_source"
    r"|phpsessid|aspsessionid\w*|jsessionid)$",
    re.IGNORECASE,
)
# Parameters with ordinary names, which track only with these values.
_TRACKING_VALUES = {
    "ref": re.compile(r"^(?:rss|feed|twitter|facebook|hn|hp|nl|newsletter|share)", re.IGNORECASE),
    # Medium: rss----3f21a7---4
    "source": re.compile(
        r"^(?:(?:rss|feed|newsletter|email|twitter|facebook)$|rss-[\w-]*-\d+$)", re.IGNORECASE
    ),
    "__source": re.compile(r"^(?:rss|feed|newsletter)", re.IGNORECASE),
    "mod": re.compile(r"^(?:rss|feed|newsletter)", re.IGNORECASE),
    "from": re.compile(r"^(?:rss|feed|newsletter|email)$", re.IGNORECASE),
    "output": re.compile(r"^amp$", re.IGNORECASE),
    "view": re.compile(r"^amp$", re.IGNORECASE),
}
# PostgreSQL finds nothing by a key of more than 2,704 bytes, and a source's name is in one with it.
LONGEST = 2_000
_SESSION = re.compile(r";jsessionid=[^;/]*", re.IGNORECASE)
_TWICE = re.compile(r"&(?:amp;)+")
_SAFE_PATH = "/:@!$&'()*+,;=-._~%"
_SAFE_FRAGMENT = f"{_SAFE_PATH}?"
_AMP_VIEWERS = re.compile(r"^/(?:amp|c|v|i)/(?:s/)?(.+)$")


def canonical(url: str) -> str:
    """The form under which a page is kept. Idempotent; what is no web address comes back as is."""
    before = url.strip()
    for _ in range(4):  # an AMP viewer's address holds another address
        after = _once(before).strip()
        if after == before:
            break
        before = after
    return before


def is_web(url: str) -> bool:
    """An http(s) address with a host that may be one?"""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
        name = in_dns(parts.hostname or "")
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(name) and name.isprintable()


def is_too_long(kept: str) -> bool:
    """Whether no article can be kept under this (canonical) address."""
    return len(kept.encode()) > LONGEST


def host(url: str) -> str:
    """The host in lower case without ``www.``; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def believed(declared: str, page: str) -> str:
    """The page's canonical address: what it declares, where that is plausible, else its own.

    A declared address must be on the same site and must not be the site's front for a deep page:
    templates that point every page home are common.
    """
    if not is_web(declared) or not is_web(page):
        return canonical(page)
    there, here = urlsplit(declared), urlsplit(page)
    if _site(host(declared)) != _site(host(page)):
        return canonical(page)
    if there.path.strip("/") == "" and not there.query and here.path.strip("/") != "":
        return canonical(page)
    return canonical(declared)


def _once(url: str) -> str:
    if not is_web(url):
        return url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if inner := _amp_inner(parts):
        return inner
    scheme = parts.scheme.lower()
    name = _host(parts.hostname or "")
    name, path = _without_amp(name, _path(parts.path))
    if port and port != {"http": 80, "https": 443}[scheme]:
        name = f"{name}:{port}"
    # Hash-bang addresses name the page in the fragment.
    fragment = quote(parts.fragment, _SAFE_FRAGMENT) if parts.fragment.startswith("!") else ""
    return urlunsplit((scheme, name, path, _query(parts.query), fragment))


def _host(name: str) -> str:
    return f"[{name.lower()}]" if ":" in name else in_dns(name)


def _path(path: str) -> str:
    segments: list[str] = []
    for segment in _SESSION.sub("", path).split("/")[1:]:
        if segment == "..":
            segments = segments[:-1]
        elif segment != ".":
            segments.append(_escaped(segment))
    return "/" + "/".join(segments)


def _escaped(segment: str) -> str:
    """One spelling for one segment: unreserved characters bare, the rest as upper-case escapes."""
    try:
        plain = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return re.sub(r"%[0-9a-fA-F]{2}", lambda m: m[0].upper(), quote(segment, _SAFE_PATH))
    return quote(plain, safe="!$&'()*+,;=:@-._~")
    # An escaped slash or percent sign is not a separator: unquote and quote keep it escaped.


def _query(query: str) -> str:
    # Some feeds escape a link twice: "?id=3&amp;utm_source=rss".
    kept = [
        (name, value)
        for name, value in parse_qsl(
            _TWICE.sub("&", query), keep_blank_values=True, max_num_fields=None
        )
        if not _tracks(name, value)
    ]
    return "&".join(_pair(name, value) for name, value in kept)


def _pair(name: str, value: str) -> str:
    safe = "!$'()*,:@-._~/"
    name, value = quote(name, safe), quote(value, safe)
    return f"{name}={value}" if value else name


def _tracks(name: str, value: str) -> bool:
    only = _TRACKING_VALUES.get(name.lower())
    return bool(_TRACKING.match(name) or (only and only.match(value)))


def _without_amp(name: str, path: str) -> tuple[str, str]:
    bare = name.removeprefix("amp.")
    if bare != name and "." in bare:
        name = bare
    if path.endswith(("/amp/", "/amp")) and path.strip("/") != "amp":
        path = path[: path.rindex("/amp")] or "/"
    elif path.endswith(".amp"):
        path = path.removesuffix(".amp")
    elif path.endswith(".amp.html"):
        path = path.removesuffix(".amp.html") + ".html"
    return name, path


def _amp_inner(parts: SplitResult) -> str | None:
    """The address inside an AMP viewer's: google.com/amp/s/HOST/PATH, cdn.ampproject.org/c/s/…"""
    name = (parts.hostname or "").lower()
    google = re.fullmatch(r"(?:www\.)?google\.[a-z.]{2,6}", name) and parts.path.startswith("/amp/")
    if not google and not name.endswith("cdn.ampproject.org"):
        return None
    found = _AMP_VIEWERS.match(parts.path)
    if not found or "." not in found[1].split("/")[0]:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"https://{found[1]}{query}"


def _site(name: str) -> str:
    """The last labels that name an owner; good enough to compare two hosts of one page."""
    labels = name.split(".")
    short_second_level = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short_second_level else -2 :])
