"""Figures, whatever they are, to lines that fit; and what the numbers come to."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.cli import panels
from digest.cli.charts import ASCII, BLOCKS, cells
from digest.cli.panels import LEAST, Sheet
from digest.storage.figures import Figure, Figures, Flow, Told
from tests.builders import NOW

LAST = date(2026, 11, 24)
COUNTS = st.integers(0, 10**7)
NAMES = st.one_of(st.text(max_size=40), st.sampled_from(["港の新聞", "x\ny\x1b[31m"]))
FLOWS = st.builds(Flow, joined=COUNTS, left=COUNTS, bounced=COUNTS, complained=COUNTS)
STATES = st.sampled_from(["sent", "failed", "skipped", "queued", "sending", "held"])
FIGURES = st.builds(
    Figure,
    issue=COUNTS,
    newsletter=NAMES,
    cadence=st.sampled_from(["daily", "weekly"]),
    period=st.sampled_from(["2026-11-24", "2026-W48", "extra-1"]),
    state=st.just("released"),
    released_at=st.just(NOW),
    deliveries=st.dictionaries(STATES, COUNTS),
    bounced=COUNTS,
    complained=COUNTS,
    first_sent=st.sampled_from([None, NOW]),
    last_sent=st.sampled_from([None, NOW + timedelta(seconds=90), NOW + timedelta(hours=9)]),
)
EVERYTHING = st.builds(
    Figures,
    subscribers=COUNTS,
    days=st.dictionaries(
        st.integers(0, 29).map(lambda back: (LAST - timedelta(days=back)).isoformat()), FLOWS
    ),
    issues=st.lists(FIGURES, max_size=7).map(tuple),
    splits=st.fixed_dictionaries(
        {
            name: st.dictionaries(NAMES, COUNTS, max_size=9)
            for name in ("cadence", "language", "timezone", "domain")
        }
    ),
    sources=st.lists(st.builds(Told, name=NAMES, led=COUNTS, also=COUNTS), max_size=9).map(tuple),
)


@given(EVERYTHING, st.integers(LEAST, 160), st.sampled_from([BLOCKS, ASCII]), st.integers(1, 400))
def test_no_line_is_wider_than_the_sheet_and_none_breaks_it(found, width, signs, span):
    told = panels.days(found, LAST - timedelta(days=span - 1), LAST)
    sheet = Sheet(width=width, signs=signs, bounce=2.0, complaint=0.1)

    lines = list(panels.lines(found, told, sheet))

    assert [line for line in lines if cells(line) > width] == []
    assert all(line.isprintable() for line in lines)


def figures(days, subscribers=100):
    return Figures(subscribers=subscribers, days=days, issues=(), splits={}, sources=())


def test_the_days_before_are_reckoned_back_from_today():
    days = {
        "2026-11-22": Flow(joined=10),
        "2026-11-23": Flow(left=3, bounced=2, complained=1),
        "2026-11-24": Flow(joined=6),
    }
    told = panels.days(figures(days), date(2026, 11, 21), LAST)

    assert [day.subscribers for day in told] == [90, 100, 94, 100]


def a_figure(**given):
    return Figure(
        **{
            "issue": 1,
            "newsletter": "daily",
            "cadence": "daily",
            "period": "2026-11-24",
            "state": "released",
            "released_at": NOW,
            "deliveries": {"sent": 990, "failed": 10, "skipped": 50},
            "bounced": 5,
            "complained": 2,
            "first_sent": NOW,
            "last_sent": NOW + timedelta(seconds=9),
            **given,
        }
    )


def test_rates_are_of_those_that_were_tried_and_of_those_that_were_sent():
    assert panels.bounce_percent(a_figure()) == 1.5
    assert round(panels.complaint_percent(a_figure()), 3) == 0.202
    assert panels.a_second(a_figure()) == 110
    nothing = a_figure(deliveries={"queued": 9}, first_sent=None, last_sent=None)
    assert panels.bounce_percent(nothing) is None
    assert panels.complaint_percent(nothing) is None
    assert panels.a_second(nothing) is None


def drawn(*issues):
    found = Figures(subscribers=9, days={}, issues=issues, splits={}, sources=())
    sheet = Sheet(width=80, signs=BLOCKS, bounce=2.0, complaint=0.1)
    return list(panels.lines(found, panels.days(found, LAST, LAST), sheet))


def test_of_fewer_than_an_alert_is_told_of_no_line_is_drawn():
    lines = drawn(a_figure(deliveries={"sent": 190, "failed": 9}, bounced=0, complained=1))
    refused = lines[lines.index("Refused or bounced") + 1 : lines.index("Called spam")]
    spam = lines[lines.index("Called spam") + 1 :]

    (only,) = (line for line in refused if line)
    assert only.startswith("  2026-11-24")
    assert only.endswith("4.52 %")
    assert not any("alert" in line for line in spam)
    assert spam[1].endswith("0.53 %, over 0.3 %")  # providers count everything

    large, small = a_figure(), a_figure(period="2026-11-23", deliveries={"sent": 90, "failed": 9})
    lines = drawn(large, small)
    refused = lines[lines.index("Refused or bounced") + 1 : lines.index("Called spam")]
    assert refused[0].split()[:2] == ["alert", "from"]
    assert refused[2].endswith(" %")
    assert ", over " not in refused[2]


def test_a_rate_over_a_line_says_over_which():
    lines = drawn(a_figure(complained=4), a_figure(period="2026-11-23", complained=1))
    spam = lines[lines.index("Called spam") + 1 :]

    assert [line.split()[0] for line in spam[:4]] == [
        "alert",
        "refusal",
        "2026-11-24",
        "2026-11-23",
    ]
    assert spam[2].endswith("0.40 %, over 0.3 %")
    assert spam[3].endswith("0.10 %, over 0.1 %")  # 1 of 990


def test_issues_of_several_newsletters_are_told_apart():
    assert any("daily 2026-11-24" in line for line in drawn(a_figure(), a_figure(newsletter="b")))
    both = drawn(a_figure(), a_figure(cadence="weekdays"))
    assert any("2026-11-24 weekdays" in line for line in both)
