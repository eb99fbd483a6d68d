"""What must agree between the keys of ``[deliver]``. Looks whether files are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from digest.config.draft import Draft
from digest.config.positions import Key
from digest.config.problems import shown
from digest.config.rules import is_host
from digest.deliver.relay import is_loopback
from digest.errors import Misconfigured

_DKIM: Key = ("deliver", "dkim")
_RELAYS: Key = ("deliver", "relays", "*")
_SECRETS = ("password_env", "token_env")


def check(draft: Draft) -> None:
    """Tell every disagreement."""
    relays = list(draft.matching(_RELAYS))
    told = ("deliver", "relays") in draft.wrong
    if draft.text(("deliver", "transport")) == "smtp" and not relays and not told:
        draft.problem(
            ("deliver", "transport"), 'is "smtp", and there is no relay; add [[deliver.relays]]'
        )
    for key, relay in relays:
        if isinstance(relay, dict):
            _login(draft, key, relay)
            _warmup(draft, (*key, "warmup"))
    _domains(draft)
    _second_signature(draft)


def _login(draft: Draft, key: Key, relay: dict[str, object]) -> None:
    named = [secret for secret in _SECRETS if relay.get(secret)]
    username = relay.get("username")
    if len(named) > 1:
        draft.problem((*key, "token_env"), "stands beside password_env; keep one of them")
    elif username and not named and not any((*key, secret) in draft.wrong for secret in _SECRETS):
        draft.problem(
            (*key, "username"),
            "has no password_env beside it; name the variable that holds its password, "
            'such as password_env = "DIGEST_RELAY_PASSWORD"',
        )
    elif named and not username and (*key, "username") not in draft.wrong:
        draft.problem((*key, named[0]), "has no username beside it; add one")
    if named and relay.get("tls") == "none" and not is_loopback(str(relay.get("host"))):
        draft.problem(
            (*key, "tls"),
            'is "none", and the password would travel in the clear; '
            'write tls = "starttls", or "implicit" with port 465',
        )


def _warmup(draft: Draft, key: Key) -> None:
    first, full = draft.value((*key, "first")), draft.value((*key, "full"))
    first, full = 200 if first is None else first, 200_000 if full is None else full
    if isinstance(first, int) and isinstance(full, int) and first > full:
        place = (*key, "first") if draft.value((*key, "first")) is not None else (*key, "full")
        draft.problem(
            place,
            f"does not fit: warming up from {first} to {full} a day goes down; "
            "write first smaller than full",
        )


def _domains(draft: Draft) -> None:
    for key, table in draft.matching(("deliver", "domains", "*")):
        name = str(key[-1])
        if not is_host(name) or "." not in name:
            draft.problem(key, 'is no domain; write one such as [deliver.domains."gmail.com"]')
        elif name != name.lower():
            cure = f'[deliver.domains."{name.lower()}"]'
            draft.problem(key, f"has capital letters, which no domain has; write {cure}")
        elif isinstance(table, dict):
            _rates(draft, key, table)
    if isinstance(table := draft.value(("deliver", "each_domain")), dict):
        _rates(draft, ("deliver", "each_domain"), table)


def _rates(draft: Draft, key: Key, table: dict[str, object]) -> None:
    start, ceiling = table.get("start", 0), table.get("ceiling", 0)
    if not isinstance(start, int | float) or not isinstance(ceiling, int | float):
        return
    if ceiling and not start:
        draft.problem(
            (*key, "ceiling"), "is not read without start; add start, or write per_second"
        )
    elif ceiling and start > ceiling:
        draft.problem(
            (*key, "start"),
            f"does not fit: start is {start:g} and ceiling {ceiling:g} messages a second; "
            "write start no larger than ceiling",
        )


def _second_signature(draft: Draft) -> None:
    table = draft.value(_DKIM)
    if not isinstance(table, dict):
        return
    pair = ("ed25519_selector", "ed25519_key_file")
    there = [name for name in pair if table.get(name)]
    if len(there) == 1 and not any((*_DKIM, name) in draft.wrong for name in pair):
        missing = next(name for name in pair if name not in there)
        draft.problem((*_DKIM, there[0]), f"has no {missing} beside it; add one, or remove this")
    elif there and table.get("ed25519_selector") == table.get("selector"):
        draft.problem(
            (*_DKIM, "ed25519_selector"),
            f"is {shown(table['selector'])}, the selector of the RSA key; give it one of its own",
        )


def warnings(draft: Draft) -> Iterator[str]:
    """What is allowed, and probably not meant."""
    for key, path in draft.matching((*_RELAYS, "ca_file")):
        if not Path(str(path)).is_file():
            written = shown(draft.as_written(key))
            words = f"is {written}, and no such file is there: the relay cannot be used"
            yield str(draft.document.problem(key, words))
    for key, relay in draft.matching(_RELAYS):
        if isinstance(relay, dict) and (odd := _odd_port(relay)):
            place = (*key, "tls") if "tls" in relay else (*key, "port")
            yield str(draft.document.problem(place, odd))
    for name in ("key_file", "ed25519_key_file"):
        path = draft.text((*_DKIM, name))
        if path and not Path(path).is_file():
            written = shown(draft.as_written((*_DKIM, name)))
            words = f"is {written}, and nothing is there yet; `digest dkim keygen` makes it"
            yield str(draft.document.problem((*_DKIM, name), words))
        elif path and (words := _misplaced(name, Path(path))):
            yield str(draft.document.problem((*_DKIM, name), words))
    if domain := draft.text((*_DKIM, "domain")):
        yield from _foreign_senders(draft, domain)
    weights = [
        relay.get("weight", 1) for _, relay in draft.matching(_RELAYS) if isinstance(relay, dict)
    ]
    if weights and not any(weights):
        words = "are all spares (weight = 0); they share the mail evenly"
        yield str(draft.document.problem(("deliver", "relays"), words))


def _misplaced(name: str, path: Path) -> str:
    from digest.config import dkim  # cryptography: only who signs pays for it
    from digest.deliver.dkim import Key as Private

    try:
        return dkim.misplaced(name, Private(domain="", selector=name, pem=path.read_bytes()))
    except (OSError, Misconfigured):
        return ""  # sending and `digest dkim check` say what it is


def _odd_port(relay: dict[str, object]) -> str | None:
    """What the port says against ``tls``, by the ports' own meaning (RFC 8314, 3.3)."""
    tls, port = relay.get("tls", "auto"), relay.get("port", 587)
    if port == 465 and tls != "implicit":
        return (
            f"does not fit: 465 is the port for TLS from the first byte, and tls is {shown(tls)}; "
            'write tls = "implicit", or port = 587'
        )
    if port == 587 and tls == "implicit":
        return (
            'does not fit: 587 is the port for STARTTLS, and tls is "implicit"; '
            'write port = 465, or tls = "starttls"'
        )
    return None


def _foreign_senders(draft: Draft, domain: str) -> Iterator[str]:
    from digest.deliver.dkim import vouches  # cryptography: only who signs pays for it

    for key, sender in draft.matching(("newsletters", "*", "sender")):
        if not vouches(domain, str(sender)):
            host = str(sender).rpartition("@")[2].rstrip("> ")
            words = (
                f"is at {host}, and [deliver.dkim] signs for {domain}: "
                "receivers that check DMARC see no signature of the sender's"
            )
            yield str(draft.document.problem(key, words))
