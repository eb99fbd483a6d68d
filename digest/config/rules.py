"""What a single value must be: a text becomes an hour, a zone, a mailbox, or says why not. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date, datetime, time
from ipaddress import ip_address, ip_network
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import available_timezones

from digest import periods
from digest.config.languages import LANGUAGES
from digest.config.problems import Wrong, shown
from digest.deliver import headers
from digest.domains import in_dns
from digest.errors import Misconfigured

Rule = Callable[[object], object]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEWSLETTER_ID = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_HOUR = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?")
_APPROVAL = re.compile(r"auto-after:[1-9]\d{0,2}[mh]")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_OFFSET = re.compile(r"[+\u2212-]\s*\d{1,2}(:?\d{2})?\s*\)?\Z")  # of UTC+2, GMT-05:30, (UTC+1)
_ABBREVIATED = re.compile(r"[A-Z]{1,3}[SD]?T")  # CEST, PDT
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HERE = ("localhost", "127.0.0.1", "::1")


def of_text(rule: Callable[[str], object]) -> Rule:
    """The rule, asked of text only: what is no text is told by its type later."""
    return lambda value: rule(value) if isinstance(value, str) else value


def hour(value: object) -> object:
    """``06:30``, as a text or as TOML's own time; out comes the form pydantic reads."""
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0).isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23:
        raise Wrong(f'is {value}; write hours and minutes, "{value:02}:00"')
    if not isinstance(value, str):
        raise Wrong(f'is {shown(value)}; write hours and minutes, such as "06:30"')
    found = _HOUR.fullmatch(value.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Wrong(f'is {shown(value)}, which no clock shows; write "00:00" to "23:59"')
    written = f"{int(found[1]):02}:{found[2]}"
    if value != written:
        raise Wrong(f'is {shown(value)}; write "{written}"')
    return f"{written}:00"


def approval(value: str) -> str:
    """Who releases an issue: the clock, the editor, or the clock after the editor's time."""
    if value in ("auto", "required") or _APPROVAL.fullmatch(value):
        return value
    raise Wrong(f'is {shown(value)}; write "auto", "required" or "auto-after:2h" (30m, 2h ...)')


def weekday(value: object) -> object:
    """The name of a day, as a number with Monday 0."""
    if isinstance(value, str):
        for number, name in enumerate(WEEKDAYS):
            if value.strip().lower() in (name, name[:3]):
                return number
    raise Wrong(f"is {shown(value)}; write the name of a day, such as {shown(WEEKDAYS[0])}")


def zone(value: str) -> str:
    """An IANA time zone."""
    if periods.is_zone(value):
        return value
    raise Wrong(f"is {shown(value)}, which is no time zone; {_meant_zone(value)}")


def _meant_zone(value: str) -> str:
    if _OFFSET.search(value) or _ABBREVIATED.fullmatch(value):
        # No zone keeps an offset or CEST all year; "Etc/GMT+2" is two hours behind UTC.
        return 'write a place, such as "Europe/Berlin"'
    known = {name.lower(): name for name in available_timezones()}
    tail = {name.rpartition("/")[2].lower(): name for name in sorted(known.values())}
    plain = value.strip().lower().replace(" ", "_")
    near = difflib.get_close_matches(plain, [*known, *tail], n=1, cutoff=0.75)
    meant = known.get(near[0]) or tail.get(near[0]) if near else None
    return f"did you mean {shown(meant)}?" if meant else 'write one such as "Europe/London"'


def language(value: str) -> str:
    """A two-letter language code."""
    if value in LANGUAGES:
        return value
    plain = re.split(r"[-_]", value.strip().lower())[0]
    cure = f'write "{plain}"' if plain in LANGUAGES else 'write two letters, such as "en" or "fr"'
    raise Wrong(f"is {shown(value)}, which is no ISO 639-1 language; {cure}")


def mailbox(value: str) -> str:
    """One address of ours, with or without a name: ``The Quayside <digest@quayside.example>``."""
    example = 'write one such as "The Quayside <digest@quayside.example>"'
    try:
        _, address = headers.parsed(value)
    except Misconfigured as error:
        raise Wrong(f"is {shown(value)}, which is no mailbox; {example}") from error
    _ours(value, address)
    if not _is_address(address):
        raise Wrong(f"is {shown(value)}, which is no mailbox; {example}")
    return value


def bare_address(value: str) -> str:
    """One address of ours without a name, its domain by its name in the DNS; empty for none."""
    local, _, domain = value.rpartition("@")
    address = f"{local}@{in_dns(domain)}"
    if value:
        _ours(value, address)
    if value and not _is_address(address):
        raise Wrong(f'is {shown(value)}; write an address alone, such as "ada@example.org"')
    return value and address


def _ours(value: str, address: str) -> None:
    """Raise Wrong for an address that needs SMTPUTF8: each relay would have to offer it."""
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise Wrong(
            f"is {shown(value)}, and what is before the @ is not plain: many mail servers take "
            "letters, digits and hyphens alone; write an address made of these"
        )
    if is_host(domain):
        _in_dns(value, domain)


def _in_dns(value: str, host: str) -> str:
    name = in_dns(host)
    if not name.isascii():
        raise Wrong(f"is {shown(value)}, which has no name in the DNS; write it as it is there")
    return name


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return (
        bool(_LOCAL_PART.fullmatch(local))
        and is_host(domain)
        and ("." in domain or domain == "localhost")
    )


def is_host(name: str) -> bool:
    """Whether ``name`` can be a host: labels of letters, digits and hyphens, in any script."""
    try:
        plain = name.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return len(plain) <= 253 and all(_LABEL.fullmatch(label) for label in plain.split("."))


def base_url(value: str) -> str:
    """Where readers reach the web pages: https, no trailing slash, the host's name in the DNS."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Wrong(f"is {shown(value)}, which is no URL; {_URL_EXAMPLE}") from error
    if parts.scheme not in ("http", "https") or not (is_host(host) or host in _HERE):
        raise Wrong(f"is {shown(value)}, which is no web address; {_URL_EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise Wrong("holds a name or password; every reader would see it, so remove it")
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise Wrong(f"is {shown(value)}; write it without what follows ? or #")
    if parts.scheme == "http" and host not in _HERE:
        cure = shown("https" + value.removeprefix("http").rstrip("/"))
        raise Wrong(f"is {shown(value)}; readers' links must be safe, write {cure}")
    if value.endswith("/"):
        raise Wrong(f"ends with a slash; write {shown(value.rstrip('/'))}")
    if re.search(r"\s", value):
        raise Wrong(f"is {shown(value)}, which holds a space; write it without")
    netloc = parts.netloc
    if not netloc.isascii():
        netloc = _in_dns(value, host) + (f":{parts.port}" if parts.port else "")
    path = quote(parts.path, safe="/%:@!$&'()*+,;=")  # RFC 3986, 3.3
    return urlunsplit(parts._replace(netloc=netloc, path=path))


_URL_EXAMPLE = 'write one such as "https://news.example.org"'


def own_host(value: str) -> str:
    """Where pages are served: an IP address of this machine, or a name of it."""
    try:
        ip_address(value)
    except ValueError as error:
        if value and (not is_host(value) or re.fullmatch(r"[\d.]+", value)):
            raise Wrong(
                f"is {shown(value)}, which no machine can listen on; "
                'write one such as "127.0.0.1", or "0.0.0.0" for all'
            ) from error
    return value


def mail_host(value: str) -> str:
    """The bare name or number of a mail server."""
    if value and not is_host(value) and not re.fullmatch(r"[0-9a-fA-F:]+", value):
        raise Wrong(f'is {shown(value)}; write the bare name of a host, such as "smtp.example.org"')
    return value


def mail_domain(value: str) -> str:
    """A domain that mail comes to, by its name in the DNS; empty for none."""
    if value and not (is_host(value) and "." in value):
        raise Wrong(f'is {shown(value)}; write a domain alone, such as "bounce.example.org"')
    return _in_dns(value, value)


def variable(value: str) -> str:
    """The name of an environment variable; never what it holds."""
    if value and not _VARIABLE.fullmatch(value):
        # Not shown: someone may have put the password itself here.
        raise Wrong(
            "is no name of an environment variable; put the password into one and write its "
            'name, such as "DIGEST_RELAY_PASSWORD"'
        )
    return value


def within(least: float, most: float, *, above: bool = False) -> Rule:
    """A number from ``least`` (``above``: more than that) to ``most``."""

    def rule(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        if value < least or value > most or (above and value == least):
            low = f"above {least:g}" if above else f"from {least:g}"
            raise Wrong(f"is {shown(value)}; write a number {low}, up to {most:g}")
        return value

    return rule


def day(value: object) -> object:
    """``2026-12-01``, as a text or as TOML's own date; out comes the text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise Wrong(f'is {shown(value)}, which is no day; write one such as "2026-12-01"')


def name_in_dns(value: str) -> str:
    """A domain by its name in the DNS, as EHLO and signatures have it (RFC 6376, 3.5), or none."""
    if value and not is_host(value):
        raise Wrong(f'is {shown(value)}; write a domain, such as "quayside.example"')
    return _in_dns(value, value)


def selector(value: str) -> str:
    """A DKIM selector (RFC 6376, 3.1): labels of a domain name, plain since nobody reads it."""
    if value and not (value.isascii() and is_host(value)):
        raise Wrong(f'is {shown(value)}; write letters, digits and hyphens, such as "digest2026"')
    return value


def origin(value: str) -> str:
    """Where a page may come from: scheme and host, without a path."""
    parts = urlsplit(base_url(value))
    if parts.path:
        raise Wrong(f"is {shown(value)}; write it without a path, {parts.scheme}://{parts.netloc}")
    return f"{parts.scheme}://{parts.netloc}".lower()


def network(value: str) -> str:
    """An IP address, or a network such as 10.0.0.0/8."""
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise Wrong(
            f'is {shown(value)}; write an IP address, or a network such as "10.0.0.0/8"'
        ) from error


def topic_arn(value: str) -> str:
    """The name of an SNS topic, as Amazon writes it."""
    if not re.fullmatch(r"arn:aws[a-z-]{0,10}:sns:[a-z0-9-]{1,30}:\d{12}:[\w.-]{1,256}", value):
        example = '"arn:aws:sns:eu-west-1:123456789012:bounces"'
        raise Wrong(f"is {shown(value)}, which names no SNS topic; write one such as {example}")
    return value


def filled(value: str) -> str:
    """Text that must not be empty."""
    if not value.strip():
        raise Wrong("is empty; write some text")
    return value
