"""Logging in to a relay (RFC 4954), by a mechanism that both sides have.  ~ world

Not aiosmtplib's own ``login``: that tries every mechanism whatever the first one was answered, so
that a wrong password is tried three times, and reported in the words of the last answer.
"""

from __future__ import annotations

import aiosmtplib

from digest.deliver.relay import RelayOptions
from digest.errors import Misconfigured

# It does not have the mechanism that it offers, or wants another; 334: its challenge was none.
_ANOTHER = (334, 500, 501, 502, 503, 504, 534)


async def log_in(client: aiosmtplib.SMTP, relay: RelayOptions) -> None:
    """Log in, where the relay's options say who we are.

    Raises Misconfigured where the relay has no login that we have, SMTPAuthenticationError where
    it does not accept ours.
    """
    if not (relay.username or relay.access_token):
        return
    if not client.supports_extension("auth"):
        raise Misconfigured(
            relay.label, "takes no login; remove username and password_env, or use another port"
        )
    if relay.access_token:
        await client.auth_xoauth2(relay.username, relay.access_token)
        return
    offered = client.server_auth_methods
    have = {
        "cram-md5": client.auth_crammd5,
        "plain": client.auth_plain,
        "login": client.auth_login,
    }
    ways = [way for name, way in have.items() if name in offered]
    if not ways:
        raise Misconfigured(relay.label, _no_way(offered))
    while ways:
        try:
            await ways.pop(0)(relay.username, relay.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code not in _ANOTHER or not ways:
                raise
        else:
            return


def _no_way(offered: list[str]) -> str:
    with_token = ", or token_env in place of password_env" if "xoauth2" in offered else ""
    return (
        f"takes no login that we know: it offers {', '.join(offered).upper() or 'none'}, and we "
        "have CRAM-MD5, PLAIN and LOGIN; ask whoever runs it for one of these, use another "
        f"port{with_token}"
    )
