"""Every way to log in, each at a real server, and every way in which it fails."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from dataclasses import replace

import pytest
from aiosmtpd.smtp import MISSING, AuthResult

from digest.deliver.outcome import Accepted
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.smtp import SmtpTransport
from digest.errors import Misconfigured, Temporary
from tests.deliver.relays import a_message, real, scripted
from tests.deliver.test_smtp import Box, certified, complaint

WAYS = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"]
USER, PASSWORD = "quayside", "tide"
CHALLENGE = "<1896.697170952@relay>"


class Porter(Box):
    """A mailbox behind a door: it keeps which way each came in."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: list[str] = []

    def passes(self, way: str, user: str, *, right: bool) -> AuthResult:
        self.ways.append(way)
        return AuthResult(success=right and user == USER, handled=False)

    def check(self, server, session, envelope, mechanism, data):  # for PLAIN and LOGIN
        right = data.password == PASSWORD.encode()
        return self.passes(mechanism, data.login.decode(), right=right)

    async def auth_CRAM__MD5(self, server, args):  # noqa: N802 -- aiosmtpd's name
        answer = await server.challenge_auth(CHALLENGE)
        assert answer is not MISSING
        user, _, digest = answer.decode().rpartition(" ")
        wanted = hmac.new(PASSWORD.encode(), CHALLENGE.encode(), hashlib.md5).hexdigest()
        return self.passes("CRAM-MD5", user, right=digest == wanted)

    async def auth_XOAUTH2(self, server, args):  # noqa: N802 -- aiosmtpd's name
        user, bearer, *_ = base64.b64decode(args[1]).decode().split("\x01")
        right = bearer == f"auth=Bearer {PASSWORD}"
        if not right:  # Google and Microsoft explain themselves first, and wait for an empty line
            await server.challenge_auth('{"status":"401"}')
        return self.passes("XOAUTH2", user.removeprefix("user="), right=right)


def a_door(porter: Porter, way: str, tls: ssl.SSLContext):
    others = [other for other in WAYS if other != way]
    return real(
        porter,
        tls_context=tls,
        require_starttls=True,
        auth_required=True,
        authenticator=porter.check,
        auth_exclude_mechanism=others,
    )


def with_login(relay: RelayOptions, way: str, secret: str, ca_file: str) -> RelayOptions:
    own = {"access_token": secret} if way == "XOAUTH2" else {"password": secret}
    return replace(relay, security=Security.STARTTLS, ca_file=ca_file, username=USER, **own)


@pytest.mark.parametrize("way", WAYS)
async def test_each_way_to_log_in_opens_the_door(tmp_path, way):
    porter, tls = Porter(), certified(tmp_path)

    async with a_door(porter, way, tls) as relay:
        relay = with_login(relay, way, PASSWORD, str(tmp_path / "ca.pem"))
        outcome = await SmtpTransport(relay)(a_message())

    assert (outcome, porter.ways) == (Accepted(250, "2.0.0", "kept"), [way])


@pytest.mark.parametrize("way", WAYS)
async def test_a_wrong_secret_is_the_operators_to_mend(tmp_path, way):
    porter, tls = Porter(), certified(tmp_path)

    async with a_door(porter, way, tls) as relay:
        relay = with_login(relay, way, "ebb", str(tmp_path / "ca.pem"))
        error = await complaint(relay)

    what = "access token" if way == "XOAUTH2" else "password"
    assert isinstance(error, Misconfigured)
    assert str(error) == (
        f"{relay.label} does not accept our login "
        f"(535 5.7.8 Authentication credentials invalid); check username and its {what}"
    )
    assert (porter.ways, porter.taken) == ([way], 0)


@pytest.mark.parametrize(
    ("answers", "tried", "words"),
    [
        (["535 5.7.8 no"], 1, "does not accept our login (535 5.7.8 no); check username"),
        (["421 4.7.0 slow down"], 1, "has no time for us (421 4.7.0 slow down)"),
        (["504 5.5.4 not here"] * 2, 2, "does not accept our login (504 5.5.4 not here)"),
        (["504 5.5.4 not here", "535 5.7.8 no"], 2, "does not accept our login (535 5.7.8 no)"),
        (["504 5.5.4 not here", "235 2.7.0 welcome"], 2, ""),
    ],
)
async def test_only_a_way_that_the_relay_does_not_have_is_followed_by_another(
    answers, tried, words
):
    left = list(answers)

    def say(command):
        return f"{left.pop(0)}\r\n" if command.startswith("AUTH") else None

    async with scripted(say, ("AUTH PLAIN CRAM-MD5",)) as (relay, options):
        options = replace(options, username=USER, password="ebb")
        if words:
            assert words in str(await complaint(options))
        else:
            await SmtpTransport(options)(a_message())

    assert sum(command.startswith("AUTH") for command in relay.heard) == tried


async def test_a_relay_that_knows_no_login_is_told_with_the_cure():
    async with scripted() as (sink, relay):
        error = await complaint(replace(relay, username=USER, password=PASSWORD))

    assert isinstance(error, Misconfigured)
    assert str(error) == (
        f"{relay.label} takes no login; remove username and password_env, or use another port"
    )
    assert sink.taken == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
async def test_tls_older_than_1_2_is_refused(tmp_path, security):
    box, old = Box(), certified(tmp_path)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    how = {"tls": old} if security is Security.IMPLICIT else {"tls_context": old}

    async with real(box, **how) as relay:
        relay = replace(relay, security=security, ca_file=str(tmp_path / "ca.pem"))
        error = await complaint(relay)

    assert isinstance(error, Temporary)  # it only hangs up, as one that is overloaded does
    assert str(error) == (
        f"{relay.label} broke off while we agreed on TLS; it must know TLS 1.2 or newer, "
        "and tls must go with its port"
    )
    assert box.taken == 0
