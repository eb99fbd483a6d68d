import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from digest.checkup import records


def rsa_record(bits):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def test_an_spf_record_is_told_from_what_only_begins_like_one():
    texts = ("v=spf1 -all", "v=spf10 -all", "V=SPF1 a ~all", "google-site-verification=x", "v=spf1")

    assert records.spf_records(texts) == ["v=spf1 -all", "V=SPF1 a ~all", "v=spf1"]


def test_lookups_are_counted_through_includes_and_redirects_and_a_circle_ends():
    known = {
        "quay.example": ("v=spf1 a mx include:relay.example redirect=other.example",),
        "relay.example": ("v=spf1 include:deep.example ip4:192.0.2.0/24 a:x.example ~all",),
        "deep.example": ("v=spf1 exists:%{i}.x.example include:quay.example -all",),
        "other.example": (),
    }

    assert records.spf_lookups("Quay.example", known) == 4 + 2 + 2


@pytest.mark.parametrize(
    ("record", "ending"),
    [
        ("v=spf1 a -all", "-"),
        ("v=spf1 a ~ALL", "~"),
        ("v=spf1 all", "+"),
        ("v=spf1 +all", "+"),
        ("v=spf1 ?all", "?"),
        ("v=spf1 include:all.example", ""),
    ],
)
def test_what_becomes_of_mail_from_elsewhere_is_the_sign_before_all(record, ending):
    assert records.spf_all(record) == ending


def test_what_is_drawn_in_by_a_macro_is_not_a_name():
    record = "v=spf1 include:_spf.Relay.example. include:%{d}.x redirect=last.example"

    assert records.spf_next(record) == ["_spf.relay.example", "last.example"]


@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_dkim_key_tells_its_bits(bits):
    assert records.dkim_key(rsa_record(bits)) == ("rsa", bits)


def test_other_kinds_of_dkim_keys_are_told_apart():
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    edwards = base64.b64encode(raw).decode()

    assert records.dkim_key(f"v=DKIM1; k=ed25519; p={edwards}") == ("ed25519", 256)
    assert records.dkim_key("v=DKIM1; k=rsa; p=") == ("rsa", 0)
    assert records.dkim_key("v=DKIM1; k=rsa") is None
    assert records.dkim_key("v=DKIM1; p=nonsense!") is None
    assert records.dkim_key(f"v=DKIM1; k=rsa; p={edwards}") is None


def test_a_dmarc_record_is_looked_for_at_the_domain_and_above_but_not_at_the_top():
    assert list(records.dmarc_names("News.Quay.example.")) == [
        "_dmarc.news.quay.example",
        "_dmarc.quay.example",
    ]
    assert list(records.dmarc_names("quay.example")) == ["_dmarc.quay.example"]


def test_two_dmarc_records_are_none():
    one = "v=DMARC1; p=none; rua=mailto:a@b.example"

    assert records.dmarc_record([one, "x"]) == {
        "v": "DMARC1",
        "p": "none",
        "rua": "mailto:a@b.example",
    }
    assert records.dmarc_record([one, one]) is None
    assert records.dmarc_record([]) is None


@pytest.mark.parametrize(
    ("one", "two", "relaxed", "strict"),
    [
        ("quay.example", "QUAY.example", True, True),
        ("news.quay.example", "quay.example", True, False),
        ("quay.example", "mail.quay.example", True, False),
        ("quay.example", "sendgrid.net", False, False),
        ("quay.example", "example", False, False),
        ("bquay.example", "quay.example", False, False),
    ],
)
def test_alignment_is_the_same_domain_or_relaxed_one_above_the_other(one, two, relaxed, strict):
    assert records.aligned(one, two, strict=False) is relaxed
    assert records.aligned(one, two, strict=True) is strict


@given(text=st.text())
def test_no_text_of_a_record_breaks_the_reading(text):
    records.dkim_key(text)
    records.spf_all(text)
    records.spf_next(text)
    records.dmarc_record([text, f"v=DMARC1;{text}"])
    assert records.spf_lookups("a", {"a": (f"v=spf1 {text}",)}) >= 0
