"""Whom a refusal of us means: all that we send, or one reader."""

from __future__ import annotations

import pytest

from digest.deliver import refusals
from digest.deliver.outcome import Refused, Stage
from digest.deliver.refusals import Meant, Refusals
from digest.deliver.relay import RelayOptions
from tests.deliver.relays import a_message


def refused(stage: Stage = Stage.RCPT) -> Refused:
    return Refused(550, "5.7.1", "no", stage)


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.MAIL])
def test_what_is_said_before_the_reader_is_named_means_us(stage):
    assert Refusals().meant(refused(stage), "ada", accepted=1_000) is Meant.US


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.END])
def test_where_none_is_taken_three_are_enough_and_the_same_one_thrice_is_not(stage):
    said = Refusals()

    unsure = [said.meant(refused(stage), who, 0) for who in ("ada", "ada", "ada", "grace")]
    assert unsure == [Meant.UNSURE] * 4
    assert said.meant(refused(stage), "edsger", 0) is Meant.US


def test_it_is_us_where_more_are_refused_than_taken_and_else_their_readers():
    said = Refusals()

    assert [said.meant(refused(), f"r{n}", 7) for n in range(7)] == [Meant.READER] * 7
    assert said.meant(refused(), "ada", 7) is Meant.US


def test_in_a_small_list_the_same_reader_refused_every_day_stops_nobody():
    said = Refusals()

    days = [said.meant(refused(), who, 1 + day) for day in range(400) for who in ("ada", "grace")]

    assert days == [Meant.READER] * 800


def test_what_a_relay_took_long_ago_does_not_hide_that_it_takes_nothing_now():
    said = Refusals()
    before = 1_000_000

    now = [said.meant(refused(), f"r{n}", before) for n in range(21)]

    assert now == [Meant.READER] * 20 + [Meant.US]


def test_nor_do_the_refusals_of_long_ago_count():
    said = Refusals()

    meant = [said.meant(refused(), f"r{n}", 50 * n) for n in range(1, 300)]

    assert meant == [Meant.READER] * 299


def test_what_was_before_the_operator_resumed_it_counts_no_more():
    said = Refusals()
    for n in range(3):
        said.meant(refused(), f"r{n}", 0)

    said.forget(accepted=0)

    assert said.meant(refused(), "ada", 0) is Meant.UNSURE


def test_it_is_unsure_from_its_first_refusal_until_it_takes_a_message():
    said = Refusals()

    assert not said.unsure(7)
    said.forget(accepted=7)
    said.meant(refused(), "ada", 7)

    assert (said.unsure(7), said.unsure(8)) == (True, False)
    said.forget(accepted=7)
    assert not said.unsure(7)


@pytest.mark.parametrize("meant", Meant)
def test_only_a_relay_that_refuses_us_is_left_to_the_operator(meant):
    told = refusals.sentence(RelayOptions(name="main", host="relay", port=25), "550 no", meant)

    if meant is Meant.US:
        assert told.endswith("550 no; once that is mended, `digest relays resume main`")
    else:
        assert told.endswith("550 no; it is asked again later")


def test_the_smallest_that_was_too_large_is_the_measure_and_older_objections_stay():
    def beyond_ascii(message):
        return None if message.recipient.isascii() else refused()

    large = Refused(552, "5.3.4", "too large", Stage.MAIL)
    small, big = a_message(parts=(b"x" * 100,)), a_message(parts=(b"x" * 200,))
    other = a_message("ärger@x.example", parts=(b"x",))

    against = refusals.measured(big, large, beyond_ascii)
    assert [against(one) for one in (small, big, other)] == [None, large, refused()]
    for more in (big, small, big):
        against = refusals.measured(more, large, against)
    assert [against(one) for one in (small, big, other)] == [large, large, refused()]
    assert against(a_message(parts=(b"x" * 99,))) is None


def unknown(said: Refusals, count: int, accepted: int, domains: int = 5) -> list[bool]:
    return [
        said.knows_nobody(f"r{n}@d{n % domains}.example", accepted + n // 40) for n in range(count)
    ]


def test_who_knows_nobody_at_all_is_believed_of_twenty():
    said = Refusals()

    assert unknown(said, 25, 0) == [False] * 20 + [True] * 5
    assert not said.knows_nobody("ada@x.example", 1)  # it takes mail again
    assert unknown(said, 25, 1_000) == [False] * 20 + [True] * 5
    said.forget(accepted=1_000)
    assert unknown(said, 20, 1_000) == [False] * 20


def test_the_readers_of_a_domain_that_has_closed_are_gone_and_a_relay_that_takes_no_mail_is_wrong():
    assert unknown(Refusals(), 40, 1_000, domains=2) == [False] * 40
    assert unknown(Refusals(), 21, 0, domains=1)[-1]
    assert not any(unknown(Refusals(), 20, 0, domains=1) * 9)
