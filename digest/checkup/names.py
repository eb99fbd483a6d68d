"""What the DNS says of a sending domain, to verdicts and the records to publish. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.checkup import records
from digest.checkup.records import Found
from digest.checkup.verdict import Check, bad, ok, unchecked, warn

WEAK_BITS, GOOD_BITS = 1024, 2048
NO_ANSWER = "the name servers did not answer"
ASK_AGAIN = "run `digest doctor` again, or check this machine's DNS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the DNS told of one sending domain."""

    domain: str
    spf: Mapping[str, Found] = field(
        default_factory=dict
    )  # TXT of the domain and what SPF draws in
    dkim: Mapping[str, Found] = field(default_factory=dict)  # selector -> TXT
    dkim_domain: str = ""  # d=; empty: the domain itself
    signs: Mapping[str, str] = field(
        default_factory=dict
    )  # where a key is -> its record as we sign
    dmarc: Mapping[str, Found] = field(default_factory=dict)  # _dmarc.NAME -> TXT
    mx: Found = ()
    mta_sts: Found = ()
    mta_sts_policy: str | None = None  # the policy file; None: not there
    relay: str = ""  # the host of the first relay


def checks(told: Told) -> list[Check]:
    """Every verdict on one domain, in the order an operator mends them."""
    return [_spf(told), *_dkim(told), _dmarc(told), _alignment(told), _mx(told), _mta_sts(told)]


def _spf(told: Told) -> Check:
    name = f"SPF of {told.domain}"
    texts = told.spf.get(told.domain.lower())
    example = f'{told.domain}. TXT "v=spf1 a:{told.relay or "mail." + told.domain} -all"'
    if texts is None:
        return unchecked(name, NO_ANSWER, ASK_AGAIN)
    found = records.spf_records(texts)
    if not found:
        cure = "publish one that names whoever sends your mail; your relay's manual has its include"
        return bad(name, "there is no SPF record", cure, record=example)
    if len(found) > 1:
        return bad(name, f"there are {len(found)} SPF records, and then none counts", "keep one")
    record = found[0]
    ending = records.spf_all(record)
    if ending == "+":
        return bad(name, "it lets the whole world send", "end it with -all or ~all")
    lookups = records.spf_lookups(told.domain, told.spf)
    if lookups > records.SPF_LOOKUPS:
        return bad(
            name,
            f"it costs {lookups} further lookups; receivers stop at {records.SPF_LOOKUPS}",
            "take out includes that no longer send for you",
        )
    if ending in ("", "?") and "redirect=" not in record.lower():
        return warn(name, "it says nothing of mail from elsewhere", "end it with ~all or -all")
    return ok(
        name, f"one record, {lookups} of {records.SPF_LOOKUPS} lookups, ends with {ending}all"
    )


def _dkim(told: Told) -> list[Check]:
    if not told.dkim:
        return [
            unchecked(
                f"DKIM of {told.domain}",
                "no selector is known",
                "name it with --selector; it is s= in the DKIM-Signature of a mail that you sent",
            )
        ]
    at = {f"{name}._domainkey.{told.dkim_domain or told.domain}": name for name in told.dkim}
    return [
        dkim_key(place, told.dkim[name], signs=told.signs.get(place, ""))
        for place, name in at.items()
    ]


def dkim_key(at: str, texts: Found, *, signs: str = "") -> Check:
    """Whether the key at a name is there, good, and the one that ``signs``, where that is known."""
    name = f"DKIM key {at}"
    if texts is None:
        return unchecked(name, NO_ANSWER, ASK_AGAIN)
    if not texts:
        cure = "publish the key that your relay, or `digest dkim record`, shows"
        record = signs or "v=DKIM1; k=rsa; p=..."
        return bad(name, "there is no such key", cure, record=f'{at}. TXT "{record}"')
    keys = [key for text in texts if (key := records.dkim_key(text))]
    if not keys:
        return bad(name, "the key cannot be read", "publish it again, whole and on one line")
    if signs and _public(signs) not in [_public(text) for text in texts]:
        return bad(
            name,
            "it is not the key that we sign with, so every signature is refused",
            "publish what `digest dkim record` prints",
            record=f'{at}. TXT "{signs}"',
        )
    kind, bits = keys[0]
    if bits == 0:
        return bad(name, "the key was revoked (p= is empty)", "sign with another selector")
    if kind == "rsa" and bits < WEAK_BITS:
        return bad(name, f"the key has {bits} bits, and receivers ignore it", "use 2048 bits")
    if kind == "rsa" and bits < GOOD_BITS:
        return warn(name, f"the key has {bits} bits", "change to 2048 bits with a new selector")
    return ok(name, f"{kind}, {bits} bits")


def _public(text: str) -> str:
    return "".join(records.tags(text).get("p", "").split())


def _dmarc(told: Told) -> Check:
    name = f"DMARC of {told.domain}"
    record = f'_dmarc.{told.domain}. TXT "v=DMARC1; p=none; rua=mailto:dmarc@{told.domain}"'
    for at, texts in told.dmarc.items():
        if texts is None:
            return unchecked(name, NO_ANSWER, ASK_AGAIN)
        found = records.dmarc_record(texts)
        if found is None:
            continue
        policy = found.get("p", "").lower()
        if policy not in ("none", "quarantine", "reject"):
            return bad(
                name, f"{at} says p={policy or 'nothing'}", "begin with p=none", record=record
            )
        if policy == "none" and "rua" not in found:
            return warn(
                name,
                f"{at} says p=none and wants no reports",
                "add rua=, or nobody learns anything",
            )
        return ok(name, f"{at} says p={policy}")
    return bad(name, "there is no DMARC record", "publish one; p=none is enough", record=record)


def _alignment(told: Told) -> Check:
    name = f"alignment of {told.domain}"
    found = next(
        (tags for texts in told.dmarc.values() if (tags := records.dmarc_record(texts or ()))), {}
    )
    signer = told.dkim_domain or told.domain
    if not any(told.dkim.values()):
        return unchecked(name, "without a DKIM key nothing is known to align")
    strict = found.get("adkim", "r").lower() == "s"
    if records.aligned(told.domain, signer, strict=strict):
        return ok(name, f"the DKIM key of {signer} speaks for the From of {told.domain}")
    return bad(
        name,
        f"mail is signed by {signer}, which does not speak for {told.domain}",
        f"sign as {told.domain}",
    )


def _mx(told: Told) -> Check:
    name = f"MX of {told.domain}"
    if told.mx is None:
        return unchecked(name, NO_ANSWER, ASK_AGAIN)
    if not told.mx:
        return bad(
            name,
            "no server takes mail for it: answers, bounces and unsubscribes are lost",
            "publish the server that does",
            record=f"{told.domain}. MX 10 mail.{told.domain}.",
        )
    if all(host in ("", ".") for host in told.mx):
        return bad(name, "it says that it takes no mail (RFC 7505)", "publish a server that does")
    return ok(name, ", ".join(told.mx))


def _mta_sts(told: Told) -> Check:
    name = f"MTA-STS of {told.domain}"
    if told.mta_sts is None:
        return unchecked(name, NO_ANSWER, ASK_AGAIN)
    announced = [text for text in told.mta_sts if text.lower().startswith("v=stsv1")]
    if not announced:
        return ok(name, "none; it only protects mail that comes to you, so it may stay so")
    if told.mta_sts_policy is None:
        return warn(
            name,
            "the DNS announces a policy, and it cannot be fetched",
            f"serve https://mta-sts.{told.domain}/.well-known/mta-sts.txt",
        )
    if "version: stsv1" not in told.mta_sts_policy.lower():
        return warn(name, "the policy cannot be read", "begin it with version: STSv1")
    return ok(name, "announced and served")


def reverse(host: str, address: str, names: Found, back: Mapping[str, Found]) -> Check:
    """Whether an address has a name that leads back to it (RFC 1912, 2.1).

    ``back``: the addresses of each of its names.
    """
    name = f"PTR of {address} ({host})"
    if names is None:
        return unchecked(name, NO_ANSWER, ASK_AGAIN)
    if not names:
        cure = "have whoever gave you the address set its name; receivers refuse mail without one"
        return warn(name, "the address has no name", cure)
    led = [one for one in names if address in (back.get(one) or ())]
    if not led:
        return warn(
            name,
            f"{names[0]} does not lead back to it",
            f"publish an A or AAAA record of {names[0]} with this address",
        )
    return ok(name, led[0])
