"""How far gathering is: a bar on a terminal, plain lines in a pipe, nothing where JSON is meant."""

from __future__ import annotations

import io

from digest.cli.progress import SourceProgress
from digest.model import SourceId, SourceReport

WELL = SourceReport(source=SourceId("a"), name="Herald", status="200", items=3, new=2)
ILL = SourceReport(source=SourceId("b"), name="Post", status="404", error="nothing is there")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream, *, quiet=False):
    with SourceProgress(2, quiet=quiet, stream=stream) as progress:
        progress(WELL)
        progress(ILL)
    return stream.getvalue()


def test_a_pipe_gets_a_plain_line_for_each_source():
    assert shown(io.StringIO()) == (
        "  Herald: 200, 3 items, 2 new\n  Post: 404, 0 items, 0 new; nothing is there\n"
    )


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end_and_trouble_that_stays():
    clear = "\r\x1b[K"

    assert shown(Terminal()).split(clear) == [
        "",
        "████████████░░░░░░░░░░░░ 1/2 Herald",
        "  Post: 404, 0 items, 0 new; nothing is there\n",
        "████████████████████████ 2/2 Post",
        "",
    ]


def test_quiet_is_quiet_everywhere():
    assert shown(Terminal(), quiet=True) == ""
    assert shown(io.StringIO(), quiet=True) == ""
