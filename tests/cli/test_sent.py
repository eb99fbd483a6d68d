"""What a send came to: the new issue's own numbers, and those of all that left where they differ."""

from __future__ import annotations

import pytest

from digest.cli.sending import Sent
from digest.cli.sent import ending_lines
from digest.deliver.office import Tally
from digest.deliver.progress import Progress

OURS = "Issue 1: 56 sent, 544 to be tried again, 0 failed, 0 skipped"


@pytest.mark.parametrize(
    ("sent", "waiting", "also"),
    [
        (56, 544, []),
        (56, 0, []),  # paused meanwhile: what waits of it is not this run's any more
        (
            57,
            544,
            [
                "In all, with earlier issues and letters: "
                "57 sent, 544 to be tried again, 0 failed, 0 skipped"
            ],
        ),
    ],
)
def test_all_together_is_said_where_there_was_more_than_the_issue(sent, waiting, also):
    progress = Progress(tally=Tally(sent=sent), waiting=waiting)
    came = Sent(outgo=None, tally={"sent": 56, "queued": 544}, progress=progress)

    assert list(ending_lines(came, "Issue 1")) == [OURS, *also]
