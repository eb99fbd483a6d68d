from dataclasses import replace

import pytest

from digest.checkup import names
from digest.checkup.names import Told
from digest.checkup.verdict import Level
from tests.checkup.test_records import rsa_record

QUAY = "quay.example"
GOOD = Told(
    domain=QUAY,
    spf={QUAY: ("v=spf1 a:mail.quay.example -all",)},
    dkim={"s1": (rsa_record(2048),)},
    dmarc={"_dmarc.quay.example": ("v=DMARC1; p=reject",)},
    mx=("mail.quay.example",),
)


def verdict(begins, **told):
    checks = names.checks(replace(GOOD, **told))
    [found] = [check for check in checks if check.name.startswith(begins)]
    return found


def test_a_domain_in_good_order_needs_nothing():
    found = names.checks(GOOD)

    assert [(check.name, check.level) for check in found] == [
        ("SPF of quay.example", Level.OK),
        ("DKIM key s1._domainkey.quay.example", Level.OK),
        ("DMARC of quay.example", Level.OK),
        ("alignment of quay.example", Level.OK),
        ("MX of quay.example", Level.OK),
        ("MTA-STS of quay.example", Level.OK),
    ]
    assert [check.record for check in found if check.record] == []


MANY = {
    QUAY: ("v=spf1 " + " ".join(f"include:r{n}.example" for n in range(6)) + " -all",),
    **{f"r{n}.example": ("v=spf1 a -all",) for n in range(6)},
}


@pytest.mark.parametrize(
    ("spf", "level", "says"),
    [
        (None, Level.UNCHECKED, "the name servers did not answer"),
        ((), Level.BAD, "there is no SPF record"),
        (
            ("v=spf1 -all", "v=spf1 a -all"),
            Level.BAD,
            "there are 2 SPF records, and then none counts",
        ),
        (("v=spf1 a all",), Level.BAD, "it lets the whole world send"),
        (("v=spf1 a",), Level.WARN, "it says nothing of mail from elsewhere"),
        (("v=spf1 a ?all",), Level.WARN, "it says nothing of mail from elsewhere"),
        (("v=spf1 redirect=x.example",), Level.OK, "one record, 1 of 10 lookups, ends with all"),
    ],
)
def test_spf(spf, level, says):
    found = verdict("SPF", spf={QUAY: spf})

    assert (found.level, found.says) == (level, says)


def test_spf_with_too_many_lookups_is_an_error_to_receivers():
    found = verdict("SPF", spf=MANY)

    assert (found.level, found.says) == (
        Level.BAD,
        "it costs 12 further lookups; receivers stop at 10",
    )


def test_a_missing_spf_record_comes_with_one_to_publish():
    assert verdict("SPF", spf={QUAY: ()}, relay="smtp.relay.example").record == (
        'quay.example. TXT "v=spf1 a:smtp.relay.example -all"'
    )


@pytest.mark.parametrize(
    ("texts", "level", "says"),
    [
        (None, Level.UNCHECKED, "the name servers did not answer"),
        ((), Level.BAD, "there is no such key"),
        (("v=DKIM1; p=",), Level.BAD, "the key was revoked (p= is empty)"),
        (("v=DKIM1; p=AAAA",), Level.BAD, "the key cannot be read"),
        ((rsa_record(1024),), Level.WARN, "the key has 1024 bits"),
    ],
)
def test_dkim(texts, level, says):
    found = verdict("DKIM", dkim={"s1": texts})

    assert (found.level, found.says) == (level, says)


def test_a_key_is_held_against_the_one_that_we_sign_with():
    ours, at = rsa_record(2048), "s1._domainkey.quay.example"
    folded = ours.replace("p=", "p= ")

    assert verdict("DKIM", dkim={"s1": (folded,)}, signs={at: ours}).level is Level.OK
    found = verdict("DKIM", dkim={"s1": (rsa_record(2048),)}, signs={at: ours})
    assert found.level is Level.BAD
    assert "not the key that we sign with" in found.says
    assert found.record == f'{at}. TXT "{ours}"'
    assert verdict("DKIM", dkim={"s1": ()}, signs={at: ours}).record == found.record


def test_without_a_selector_dkim_and_alignment_are_not_checked():
    assert verdict("DKIM", dkim={}).level is Level.UNCHECKED
    assert verdict("alignment", dkim={}).level is Level.UNCHECKED


@pytest.mark.parametrize(
    ("dmarc", "level", "says"),
    [
        ({"_dmarc.quay.example": None}, Level.UNCHECKED, "the name servers did not answer"),
        ({"_dmarc.quay.example": ()}, Level.BAD, "there is no DMARC record"),
        (
            {"_dmarc.quay.example": ("v=DMARC1; p=perhaps",)},
            Level.BAD,
            "_dmarc.quay.example says p=perhaps",
        ),
        (
            {"_dmarc.quay.example": ("v=DMARC1; p=none",)},
            Level.WARN,
            "_dmarc.quay.example says p=none and wants no reports",
        ),
        (
            {"_dmarc.news.quay.example": (), "_dmarc.quay.example": ("v=DMARC1;p=quarantine",)},
            Level.OK,
            "_dmarc.quay.example says p=quarantine",
        ),
    ],
)
def test_dmarc(dmarc, level, says):
    found = verdict("DMARC", dmarc=dmarc)

    assert (found.level, found.says) == (level, says)


@pytest.mark.parametrize(
    ("signer", "policy", "level"),
    [
        ("mail.quay.example", "v=DMARC1; p=none", Level.OK),
        ("mail.quay.example", "v=DMARC1; p=none; adkim=s", Level.BAD),
        ("relay.example", "v=DMARC1; p=none", Level.BAD),
    ],
)
def test_alignment(signer, policy, level):
    found = verdict("alignment", dkim_domain=signer, dmarc={"_dmarc.quay.example": (policy,)})

    assert found.level is level


@pytest.mark.parametrize(
    ("mx", "level"),
    [(None, Level.UNCHECKED), ((), Level.BAD), (("",), Level.BAD), (("mx.example",), Level.OK)],
)
def test_mx(mx, level):
    assert verdict("MX", mx=mx).level is level


@pytest.mark.parametrize(
    ("texts", "policy", "level"),
    [
        (None, None, Level.UNCHECKED),
        (("v=STSv1; id=1",), None, Level.WARN),
        (("v=STSv1; id=1",), "version: STSv2", Level.WARN),
        (("v=STSv1; id=1",), "version: STSv1\nmode: enforce", Level.OK),
    ],
)
def test_mta_sts(texts, policy, level):
    assert verdict("MTA-STS", mta_sts=texts, mta_sts_policy=policy).level is level


@pytest.mark.parametrize(
    ("pointed", "back", "level"),
    [
        (None, {}, Level.UNCHECKED),
        ((), {}, Level.WARN),
        (("mail.quay.example",), {"mail.quay.example": ("192.0.2.9",)}, Level.WARN),
        (("mail.quay.example",), {"mail.quay.example": None}, Level.WARN),
        (("a.example", "b.example"), {"b.example": ("192.0.2.1",)}, Level.OK),
    ],
)
def test_ptr(pointed, back, level):
    assert names.reverse("mail.quay.example", "192.0.2.1", pointed, back).level is level
