"""Text to an Address, once."""

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.address import Address, BadAddress, Flaw

LONGEST = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.org"  # 254 bytes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" ada@example.org\n", "ada@example.org"),
        ("Ada.Lovelace+news@Example.ORG", "Ada.Lovelace+news@example.org"),
        ("o'hara=x@a.example", "o'hara=x@a.example"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("ада@пример.рф", "ада@xn--e1afmkfd.xn--p1ai"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        ("ada@x.example.", "ada@x.example"),
        ("ada@163.example", "ada@163.example"),
        (LONGEST, LONGEST),
    ],
)
def test_an_address_is_read_as_it_goes_over_the_wire(text, said):
    assert str(Address.parse(text)) == said


@pytest.mark.parametrize(
    "text",
    [
        "", "ada", "@example.org", "ada@", "ada@localhost", "a b@example.org", "ada@exa mple.org",
        "ada@[127.0.0.1]", "ada@127.0.0.1", '"a b"@example.org', ".a@example.org", "a..b@x.example",
        "a.@x.example", f"{'a' * 65}@example.org", f"a@{'b' * 64}.example", f"a@{'b.' * 130}org",
        "ada@example.org\r\nBcc: eve@example.org", "a\x00b@example.org", "a\u200bb@example.org",
        "a\u202eb@example.org", "ada@-x.example", "ada@x_y.example", "ada@a..example", "a@b@",
        LONGEST.replace("d.", "dd."), "ada@example.123",
        "é" * 33 + "@example.org", "ada@ex\u00adample\u2028.org", "Ada <ada@example.org>",
    ],
)  # fmt: skip
def test_what_mail_cannot_reach_is_refused_with_a_sentence(text):
    with pytest.raises(BadAddress, match=r"\.$"):
        Address.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org\u00a0", "\ufeff ada@example.org\u200b", "\u202aada@example.org\u202c\r\n",
        "<ada@example.org>", "Ada, of <x> <ada@example.org> ", "Ada <\u200bada@example.org\u200b>",
        "mailto:ada@example.org", "MAILTO:%61da@example.org?subject=Hello", "<mailto:ada@example.org>",
        "ada@example.org, ", "ada@example.org;", "“ada@example.org”", "'ada@example.org'", "(ada@example.org)",
        "ada\uff20example.org", "ada\uff20example\u3002org",
    ],
)  # fmt: skip
def test_what_comes_along_with_a_pasted_address_is_left_behind(text):
    assert Address.pasted(text) == Address.parse("ada@example.org")


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.SHAPE), ("ada", Flaw.SHAPE), ("<>", Flaw.SHAPE), ("a\u200bda@example.org", Flaw.UNSEEN),
        (f"{'a' * 65}@example.org", Flaw.LENGTH), (f"{'a' * 9}@{'b.' * 124}org", Flaw.LENGTH),
        ("a b@example.org", Flaw.NAME), ("ada@example.org>", Flaw.DOMAIN), ("a@b", Flaw.DOMAIN),
        ("ada@example.org, bob@example.org", Flaw.NAME),
    ],
)  # fmt: skip
def test_what_is_pasted_and_no_address_is_refused_with_its_flaw(text, flaw):
    with pytest.raises(BadAddress) as refused:
        Address.pasted(text)

    assert refused.value.flaw is flaw


@pytest.mark.parametrize("twin", ["ADA@EXAMPLE.ORG", "Ada@Example.org", "ada@example.org."])
def test_every_spelling_of_a_mailbox_has_one_key(twin):
    assert Address.parse(twin).key == Address.parse("ada@example.org").key


def test_a_plus_and_a_dot_are_part_of_the_mailbox():
    keys = {Address.parse(f"{a}@example.org").key for a in ("ada", "ada+x", "a.da")}

    assert len(keys) == 3


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("Ada+x+y@example.org", "Ada@example.org"),
        ("+x@example.org", "+x@example.org"),
        ("a.da@example.org", "a.da@example.org"),
        ("a.d.a+x@gmail.com", "ada@gmail.com"),
        ("a.da@GoogleMail.com", "ada@gmail.com"),
    ],
)
def test_a_tagged_address_is_counted_by_its_mailbox(text, mailbox):
    assert str(Address.parse(text).untagged) == mailbox


def test_desks_and_throwaway_mailboxes_are_flags_and_no_refusal():
    desk, bin_ = Address.parse("Info+x@example.org"), Address.parse("ada@eu.mailinator.com")

    assert (desk.is_role, desk.is_disposable) == (True, False)
    assert (bin_.is_role, bin_.is_disposable) == (False, True)


def test_only_a_local_part_beyond_ascii_needs_smtputf8():
    assert Address.parse("info@bücher.example").is_ascii
    assert not Address.parse("ада@example.org").is_ascii


LOCALS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30) | st.from_regex(
    r"[A-Za-z0-9._+-]{1,64}", fullmatch=True
)
DOMAINS = st.sampled_from(["example.org", "BÜCHER.example", "a-b.c.example", "xn--bcher-kva.de"])


@given(LOCALS, DOMAINS | st.from_regex(r"[a-z0-9.-]{1,40}", fullmatch=True))
def test_parsing_twice_changes_nothing(local, domain):
    try:
        once = Address.parse(f"{local}@{domain}")
    except BadAddress:
        return

    assert Address.parse(str(once)) == once
    assert Address.parse(once.shown).key == once.key
    assert "\r" not in str(once)
    assert "\n" not in str(once)
    assert len(str(once).encode()) <= 254


@given(st.from_regex(r"[A-Za-z0-9_.+-]{1,40}@[a-z0-9.-]{3,40}\.[a-z]{2,6}", fullmatch=True))
def test_the_short_way_for_plain_addresses_takes_nothing_idna_refuses(text):
    try:
        one = Address.parse(text)
    except BadAddress:
        return

    assert idna.encode(text.rpartition("@")[2].rstrip("."), uts46=True).decode() == one.domain


@given(st.text(max_size=12))
def test_a_key_is_a_fixed_point(local):
    try:
        one = Address.parse(f"{local}@example.org")
        again = Address.parse(one.key)
    except BadAddress:
        return

    assert again.key == one.key


def test_an_address_whose_bracket_is_not_closed_is_not_guessed_at():
    with pytest.raises(BadAddress):
        Address.pasted("Ada <ada@example.org")


def test_one_letter_from_two_keyboards_is_one_mailbox():
    micro, mu = (Address.parse(f"{letter}@example.org") for letter in ("\u00b5", "\u03bc"))

    assert micro.key == mu.key
