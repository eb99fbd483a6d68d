"""Whom a refusal of us means: all that we send, or one reader."""

from __future__ import annotations

import pytest

from digest.deliver.outcome import Refused, Stage
from digest.deliver.refusals import Meant, Refusals


def refused(stage: Stage = Stage.RCPT) -> Refused:
    return Refused(550, "5.7.1", "no", stage)


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.MAIL])
def test_what_is_said_before_the_reader_is_named_means_us(stage):
    assert Refusals().meant(refused(stage), 1, accepted=1_000) is Meant.US


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.END])
def test_where_none_is_taken_three_are_enough_and_the_same_one_thrice_is_not(stage):
    said = Refusals()

    assert [said.meant(refused(stage), n, 0) for n in (1, 1, 1, 2)] == [Meant.UNSURE] * 4
    assert said.meant(refused(stage), 3, 0) is Meant.US


def test_few_among_many_mean_their_readers_and_many_mean_us():
    said = Refusals()

    assert [said.meant(refused(), n, 20 * n) for n in (1, 2, 3, 4)] == [Meant.READER] * 4
    assert said.meant(refused(), 5, 24) is Meant.US


def test_what_was_before_the_operator_resumed_it_counts_no_more():
    said = Refusals()
    for n in range(3):
        said.meant(refused(), n, 0)

    said.forget(accepted=0)

    assert said.meant(refused(), 9, 0) is Meant.UNSURE
