"""A page asked once, as a stranger would: a URL to its status, date and first words.  ~ world"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from digest.checkup.doors import NAMELESS, PageSeen
from digest.tls import browsing, distrusted

BODY = 16_384  # bytes that are looked at
PATIENCE = 10.0  # seconds


async def visit(url: str, form: Mapping[str, str] | None = None) -> PageSeen:
    """GET ``url``, or POST ``form`` to it. Follows no redirect. Raises nothing: trouble is told."""
    return await _ask("GET" if form is None else "POST", url, data=form)


async def post_json(url: str, body: Mapping[str, object]) -> PageSeen:
    """POST ``body`` as JSON. Raises nothing: trouble is told, without the address."""
    return await _ask("POST", url, json=body)


async def _ask(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | None = None,
    json: Mapping[str, object] | None = None,
) -> PageSeen:
    limit = aiohttp.ClientTimeout(total=PATIENCE)
    tls = await asyncio.to_thread(browsing) if url.startswith("https:") else True
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.request(
                method, url, data=data, json=json, allow_redirects=False, ssl=tls
            ) as answer,
        ):
            body = await answer.content.read(BODY)
            return PageSeen(
                status=answer.status,
                at=_date(answer.headers.get("date", "")),
                body=body.decode("utf-8", "replace"),
            )
    except TimeoutError:
        return PageSeen(trouble=f"no answer in {PATIENCE:.0f} seconds")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return PageSeen(trouble=_trouble(error))


def _trouble(error: Exception) -> str:
    """In a clause, without the address: that of a webhook is a secret."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return NAMELESS
        case aiohttp.ClientConnectorError(os_error=ssl.SSLError() as reason):
            return distrusted(reason)
        case aiohttp.ClientConnectorError(os_error=reason):
            return reason.strerror or str(reason)
        case aiohttp.InvalidURL():
            return "it is not a valid URL"
        case aiohttp.ClientResponseError():
            return f"it does not speak HTTP properly ({error.message.strip()})"
    return str(error) or type(error).__name__


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, TypeError):
        return None
