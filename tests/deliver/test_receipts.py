"""However many lines are sorted at once, each means what it means by itself."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from digest.deliver import receipts, replies

WORDS = st.sampled_from(["Ok: queued as 7F3A", "  two  spaces ", "", "späť", "x" * 600, "\x07bell"])
CODES = st.sampled_from(["2.0.0 ", "2.6.0 ", "", "2.0.0", "2.0.00 "])
LINES = st.builds(lambda code, words: f"250 {code}{words}".encode(), CODES, WORDS)
BROKEN = st.sampled_from([b"250 2.0.0 \xff\xfe", b"250 2.0.0 \xe2\x80\xa8line", b"250 2.0.0\tok"])

OK = (b"250 2.0.0 Ok", "main")


@given(st.lists(st.tuples(st.one_of(LINES, BROKEN), st.sampled_from(["main", "spare"]))))
@example([OK, (b"250 2.0.0", "main")])
@example([(b"250 2.0.0", "main"), OK])
@example([OK, (b"250 2.6.0 Ok", "main"), OK])
@example([OK, (b"250 2.0.0 " + b"x" * 600, "main")])
@example([OK, (b"250 2.0.0 one\ntwo", "main")])
@example([OK, (b"250 2.0.0 rubbed\x7fout", "main")])
def test_sorting_many_changes_none(said):
    sent = [(ref, line, relay) for ref, (line, relay) in enumerate(said)]

    found = {
        ref: (alike.relay, alike.enhanced, text)
        for alike in receipts.alike(sent)
        for ref, text in alike.texts.items()
    }

    assert found == {ref: (relay, *replies.said(line)) for ref, line, relay in sent}


def test_what_one_relay_says_alike_is_one():
    sent = [(ref, b"250 2.0.0 Ok: queued as %d" % ref, "main") for ref in range(500)]

    [alike] = receipts.alike(sent)

    assert (alike.relay, alike.enhanced) == ("main", "2.0.0")
    assert alike.texts[499] == "Ok: queued as 499"
