"""What a send came to: the new issue's own numbers, and those of all that left where they differ."""

from __future__ import annotations

import pytest

from digest.cli.sending import Sent
from digest.cli.sent import ending_lines, refuse_unfinished
from digest.deliver.office import Tally
from digest.deliver.progress import Progress
from digest.errors import DigestError
from digest.services.release import Released

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


@pytest.mark.parametrize(
    ("tally", "fails"),
    [
        ({"failed": 2}, True),
        ({"failed": 2, "skipped: left": 1}, True),
        ({"failed": 2, "sent": 1}, False),
        ({"skipped: left": 1}, False),
    ],
)
def test_an_issue_that_reached_nobody_is_a_failure_with_the_way_on(tally, fails):
    released = Released(issue=7, period="2026-11-24", audience=3)
    sent = Sent(outgo=None, released=released, tally=tally, progress=Progress(waiting=0))
    if not fails:
        refuse_unfinished(sent)
        return

    with pytest.raises(DigestError) as failed:
        refuse_unfinished(sent)

    assert str(failed.value) == (
        "issue 7 was sent to nobody and failed for 2 people; why, `digest issues show 7 --failed` "
        "says; once that is mended, `digest issues retry-failed 7`"
    )
