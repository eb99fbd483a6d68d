"""What becomes of a subscription: the rules, and that no order of acts breaks them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from subscribers import acts, consent, standing
from subscribers.address import Address
from subscribers.consent import Entry, decide, may_ask, may_write_to
from subscribers.model import By, Kind, Standing, Status, Subscriber, SubscriberId, Subscription
from subscribers.standing import Suppression

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADA = Subscriber(id=SubscriberId("ada"), address=Address.parse("ada@example.org"))
JOIN = acts.Join(newsletter="daily")


def held(status, **given):
    confirmed = None if status is Status.PENDING else NOW - DAY
    by = NOW + DAY if status is Status.PENDING else None
    return Subscription(
        **{
            "subscriber": ADA.id,
            "newsletter": "daily",
            "status": status,
            "joined_at": NOW - 2 * DAY,
            "confirmed_at": confirmed,
            "confirm_by": by,
            **given,
        }
    )


def after(act, before, *, who=ADA, by=By.READER, now=NOW):
    return decide(who, before, act, by=by, now=now)


LEFT = held(Status.LEFT, left_at=NOW - HOUR / 2, left_by=By.READER)
ANY = [None, *(held(s) for s in Status if s is not Status.LEFT), LEFT]


@pytest.mark.parametrize("before", [None, LEFT])
def test_joining_asks_for_a_confirmation(before):
    done = after(JOIN, before)

    assert (done.subscription.status, done.letters) == (Status.PENDING, (Kind.CONFIRM,))
    assert done.subscription.joined_at == NOW
    for at, may in ((NOW, True), (NOW + 14 * DAY, False)):
        assert may_write_to(ADA, done.subscription, Kind.CONFIRM, at) is may
    was = before.status.value if before else None
    assert done.entry == Entry(
        act="join", by=By.READER, at=NOW, newsletter="daily", before=was, after="pending"
    )


def test_what_is_joined_is_what_was_asked_for():
    terms = {"cadence": "weekly", "topics": ("art",), "hour": time(7)}

    joined = after(acts.Join(newsletter="daily", **terms), None).subscription
    admitted = after(acts.Admit(newsletter="daily", **terms), None, by=By.OPERATOR).subscription

    new = Subscription(subscriber=ADA.id, newsletter="daily", joined_at=NOW, **terms)
    assert joined == replace(new, confirm_by=NOW + 14 * DAY)
    assert admitted == replace(new, status=Status.ACTIVE, confirmed_at=NOW)


def test_a_strangers_join_does_not_make_us_forget_that_somebody_left():
    waits = after(JOIN, LEFT).subscription

    assert (waits.left_at, waits.left_by, waits.confirmed_at) == (
        LEFT.left_at,
        LEFT.left_by,
        LEFT.confirmed_at,
    )
    assert after(JOIN, waits, now=NOW + HOUR).subscription.left_at == LEFT.left_at
    for by in (By.OPERATOR, By.IMPORT):
        assert after(acts.Admit(newsletter="daily"), waits, by=by).entry is None
    assert after(acts.Leave(), waits).subscription == replace(
        waits, status=Status.LEFT, confirm_by=None
    )
    back = after(acts.Confirm(), waits).subscription
    assert (back.status, back.left_at, back.left_by) == (Status.ACTIVE, None, None)


def test_who_left_and_waits_for_a_confirmation_comes_back_by_that_alone():
    waits = after(JOIN, LEFT).subscription

    assert after(acts.Return(), waits).entry is None
    assert not may_write_to(ADA, waits, Kind.GOODBYE, NOW)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAUSED])
def test_joining_again_changes_nothing_for_who_is_in(status):
    done = after(JOIN, held(status))

    assert (done.subscription, done.letters, done.entry) == (held(status), (), None)


@pytest.mark.parametrize("before", ANY)
@pytest.mark.parametrize("away", [Standing.COMPLAINED, Standing.ERASED])
def test_who_complained_cannot_be_joined_back(before, away):
    done = after(JOIN, before, who=replace(ADA, standing=away))

    assert (done.subscription, done.letters, done.entry) == (before, (), None)


@pytest.mark.parametrize("before", ANY)
def test_a_bounced_reader_who_joins_again_is_written_to_once_they_confirm(before):
    bounced = replace(ADA, standing=Standing.BOUNCED)
    done = after(JOIN, before, who=bounced)

    was = before.status if before else Status.PENDING
    kept = was if was in (Status.ACTIVE, Status.PAUSED) else Status.PENDING
    assert (done.subscriber, done.subscription.status) == (bounced, kept)
    assert done.letters == (Kind.CONFIRM,)
    assert not may_write_to(bounced, done.subscription, Kind.ISSUE, NOW)
    assert may_write_to(bounced, done.subscription, Kind.CONFIRM, NOW)
    assert not may_write_to(bounced, done.subscription, Kind.CONFIRM, NOW + 14 * DAY)
    confirmed = after(acts.Confirm(), done.subscription, who=bounced)
    assert confirmed.subscriber == ADA
    assert confirmed.subscription.status is (was if was is Status.PAUSED else Status.ACTIVE)
    assert after(acts.Confirm(), done.subscription, who=bounced, now=NOW + 14 * DAY).entry is None


def test_a_join_of_a_bounced_reader_changes_nothing_of_what_they_confirmed():
    bounced, active = replace(ADA, standing=Standing.BOUNCED), held(Status.ACTIVE, topics=("art",))
    done = after(JOIN, active, who=bounced)

    assert done.subscription == replace(active, confirm_by=NOW + 14 * DAY)
    again = after(replace(JOIN, asked=(NOW,)), done.subscription, who=bounced)
    assert (again.entry, again.letters) == (None, ())


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("before", ANY[1:])
def test_fresh_links_go_only_to_who_still_gets_mail(before, standing):
    may = may_write_to(replace(ADA, standing=standing), before, Kind.LINKS, NOW)

    gets = before.status in (Status.ACTIVE, Status.PAUSED)
    assert may is (gets and standing is Standing.OK)


@pytest.mark.parametrize(
    ("hours_ago", "may"),
    [
        ([], True),
        ([0.5], False),
        ([1], True),
        ([1, 3], True),
        ([2, 5, 9], False),
        ([2, 5, 24], True),
    ],
)
def test_an_address_gets_one_confirmation_an_hour_and_three_a_day(hours_ago, may):
    asked = tuple(NOW - h * HOUR for h in hours_ago)

    assert may_ask(asked, NOW) is may
    waits = held(Status.PENDING, confirm_by=NOW + DAY)
    assert bool(after(replace(JOIN, asked=asked), waits).letters) is may
    done = after(replace(JOIN, asked=asked), None)
    assert (bool(done.letters) and done.due == NOW) is may


def test_who_signs_up_after_the_fortnight_is_asked_though_the_address_was_asked_just_now():
    lapsed = held(Status.PENDING, confirm_by=NOW)

    done = after(replace(JOIN, asked=(NOW,)), lapsed)

    assert done.subscription.confirm_by == NOW + 14 * DAY
    assert (done.letters, done.due) == ((Kind.CONFIRM,), NOW + HOUR)


@pytest.mark.parametrize(
    ("hours_ago", "due"),
    [([], 0), ([0.25], 0.75), ([5, 0.5], 0.5), ([0.5, -0.5], 1.5), ([2, 0.5, -0.5], None)],
)
@pytest.mark.parametrize("before", [None, LEFT])
def test_what_is_joined_within_the_hour_is_asked_when_the_hour_is_over(before, hours_ago, due):
    done = after(replace(JOIN, asked=tuple(NOW - h * HOUR for h in hours_ago)), before)

    assert done.subscription.status is Status.PENDING
    assert done.letters == (() if due is None else (Kind.CONFIRM,))
    assert done.due == (None if due is None else NOW + due * HOUR)


def test_who_waits_already_is_owed_no_second_letter_within_the_hour():
    waits = held(Status.PENDING)

    done = after(replace(JOIN, asked=(NOW - HOUR / 2,)), waits)

    assert (done.subscription, done.letters, done.entry) == (waits, (), None)


def test_confirming_makes_active_and_owes_a_welcome():
    done = after(acts.Confirm(), held(Status.PENDING))

    assert (done.subscription.status, done.letters) == (Status.ACTIVE, (Kind.WELCOME,))
    assert done.subscription.confirmed_at == NOW
    assert done.entry == Entry(
        act="confirm", by=By.READER, at=NOW, newsletter="daily", before="pending", after="active"
    )
    assert after(acts.Confirm(), done.subscription).entry is None


@pytest.mark.parametrize("away", [Standing.COMPLAINED, Standing.ERASED])
def test_who_must_not_be_written_to_gets_no_letter_and_a_confirm_does_not_change_that(away):
    gone, waits = replace(ADA, standing=away, new_address_by=NOW + DAY), held(Status.PENDING)

    assert not any(
        may_write_to(gone, before, kind, NOW) for before in (waits, LEFT) for kind in Kind
    )
    done = after(acts.Confirm(), waits, who=gone)
    assert (done.subscriber, done.letters) == (gone, ())


def test_who_is_in_and_was_taken_back_by_the_operator_is_not_asked_any_more():
    asked = held(Status.ACTIVE, confirm_by=NOW + DAY)

    assert not may_write_to(ADA, asked, Kind.CONFIRM, NOW)


@pytest.mark.parametrize(
    "before",
    [
        None,
        held(Status.ACTIVE),
        LEFT,
        replace(LEFT, confirm_by=NOW + DAY),
        held(Status.PENDING, confirm_by=NOW),
    ],
)
def test_a_second_late_or_lost_confirm_changes_nothing(before):
    done = after(acts.Confirm(), before)

    assert (done.subscription, done.letters, done.entry) == (before, (), None)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAUSED])
def test_preferences_change_without_a_change_of_status(status):
    done = after(acts.Change(cadence="weekly", topics=("art",), hour=time(7)), held(status))

    assert done.subscription == held(status, cadence="weekly", topics=("art",), hour=time(7))


@pytest.mark.parametrize("before", [held(Status.PENDING), LEFT])
def test_who_is_not_in_has_nothing_to_change_or_to_pause(before):
    for act in (acts.Change(cadence="weekly"), acts.Pause(until=NOW + DAY), acts.Resume()):
        assert after(act, before).entry is None


def test_a_pause_ends_by_itself_on_the_day():
    paused = after(acts.Pause(until=NOW + DAY), held(Status.ACTIVE)).subscription

    assert not may_write_to(ADA, paused, Kind.ISSUE, NOW)
    assert may_write_to(ADA, paused, Kind.ISSUE, NOW + DAY)
    assert after(acts.Resume(), paused).subscription == held(Status.ACTIVE)
    assert after(acts.Pause(until=NOW), held(Status.ACTIVE)).entry is None


def test_who_left_in_a_pause_gets_nothing_when_it_is_over():
    paused = held(Status.PAUSED, paused_until=NOW + DAY)
    left = after(acts.Leave(), paused).subscription

    assert not may_write_to(ADA, left, Kind.ISSUE, NOW + DAY)


@pytest.mark.parametrize("status", [Status.PENDING, Status.ACTIVE, Status.PAUSED])
def test_leaving_works_from_everywhere_at_once(status):
    done = after(acts.Leave(), held(status))

    left = {"status": Status.LEFT, "left_at": NOW, "left_by": By.READER, "confirm_by": None}
    assert done.subscription == replace(held(status), **left)
    assert done.letters == ()


def test_only_ones_own_leaving_earns_a_goodbye():
    bye = acts.Leave(goodbye=True)

    assert after(bye, held(Status.ACTIVE)).letters == (Kind.GOODBYE,)
    assert after(bye, held(Status.ACTIVE), by=By.OPERATOR).letters == ()
    assert after(bye, held(Status.PENDING)).letters == ()
    assert after(bye, LEFT).entry is None
    assert may_write_to(ADA, LEFT, Kind.GOODBYE, NOW)
    assert not may_write_to(ADA, LEFT, Kind.GOODBYE, NOW + HOUR)
    assert not may_write_to(ADA, replace(LEFT, left_by=By.OPERATOR), Kind.GOODBYE, NOW)


def test_leaving_can_be_undone_for_a_day_by_who_left():
    back = after(acts.Return(), LEFT).subscription

    assert (back.status, back.left_at, back.left_by) == (Status.ACTIVE, None, None)
    for until, status in ((NOW + DAY, Status.PAUSED), (NOW, Status.ACTIVE)):
        paused = replace(LEFT, paused_until=until)
        assert after(acts.Return(), paused).subscription.status is status
    for no in (replace(LEFT, left_by=By.MAILBOX), replace(LEFT, confirmed_at=None)):
        assert after(acts.Return(), no).subscription == no
    for away in (Standing.BOUNCED, Standing.COMPLAINED):
        assert after(acts.Return(), LEFT, who=replace(ADA, standing=away)).entry is None
    assert after(acts.Return(), LEFT, now=NOW + DAY).entry is None


def test_an_operators_word_does_not_bring_back_who_left():
    admit = acts.Admit(newsletter="daily")

    assert after(admit, None, by=By.IMPORT).subscription.status is Status.ACTIVE
    assert after(admit, LEFT, by=By.IMPORT).subscription == LEFT
    assert after(admit, None, by=By.READER).subscription is None


def test_an_operators_word_lets_in_who_waits_and_changes_nothing_for_who_is_in():
    admit, waits = acts.Admit(newsletter="daily"), held(Status.PENDING)

    done = after(admit, waits, by=By.OPERATOR)

    let_in = done.subscription
    assert (done.entry.act, done.entry.before, done.entry.after) == ("vouched", "pending", "active")
    assert (let_in.status, let_in.joined_at) == (Status.ACTIVE, waits.joined_at)
    for status in (Status.ACTIVE, Status.PAUSED):
        assert after(admit, held(status), by=By.OPERATOR).entry is None
    for away in set(Standing) - {Standing.OK}:
        gone = replace(ADA, standing=away)
        assert after(admit, waits, who=gone, by=By.OPERATOR).entry is None


BOTH = (held(Status.ACTIVE), LEFT)


def of_address(act, who=ADA, subscriptions=BOTH, by=By.READER, now=NOW):
    return standing.decide(who, subscriptions, act, by=by, now=now)


def test_a_new_address_counts_when_it_is_confirmed():
    to = Address.parse("ada@new.example")
    asked = of_address(acts.ChangeAddress(to=to))

    assert (asked.subscriber.address, asked.letters) == (ADA.address, (Kind.ADDRESS,))
    assert may_write_to(asked.subscriber, LEFT, Kind.ADDRESS, NOW)
    assert not may_write_to(asked.subscriber, LEFT, Kind.ADDRESS, NOW + 14 * DAY)
    done = of_address(acts.ConfirmAddress(), asked.subscriber)
    assert done.subscriber == replace(ADA, address=to)
    late = of_address(acts.ConfirmAddress(), asked.subscriber, now=NOW + 14 * DAY)
    assert late.subscriber.address == ADA.address
    bounced = replace(asked.subscriber, standing=Standing.BOUNCED)
    assert of_address(acts.ConfirmAddress(), bounced).subscriber == done.subscriber
    complained = replace(asked.subscriber, standing=Standing.COMPLAINED)
    assert of_address(acts.ConfirmAddress(), complained).entry is None


@pytest.mark.parametrize("away", [Standing.COMPLAINED, Standing.ERASED])
def test_who_complained_cannot_ask_for_mail_at_another_address(away):
    act = acts.ChangeAddress(to=Address.parse("ada@new.example"))

    done = of_address(act, replace(ADA, standing=away))

    assert (done.letters, done.entry) == ((), None)


def test_a_new_address_is_kept_whether_or_not_a_letter_may_go_there():
    to = Address.parse("ada@new.example")
    quiet = of_address(acts.ChangeAddress(to=to, asked=(NOW,)))

    assert replace(quiet, letters=(Kind.ADDRESS,)) == of_address(acts.ChangeAddress(to=to))
    assert quiet.letters == ()


def test_three_changes_of_address_a_day_are_enough():
    to, hours_ago = Address.parse("ada@new.example"), (1, 2, 3)
    before = tuple(NOW - hours * HOUR for hours in hours_ago)

    assert of_address(acts.ChangeAddress(to=to, before=before)).entry is None
    assert of_address(acts.ChangeAddress(to=to, before=before[:2])).letters == (Kind.ADDRESS,)
    assert of_address(acts.ChangeAddress(to=to, before=(NOW,) * 3), now=NOW + DAY).letters


def test_a_bounce_keeps_the_subscription_and_stops_the_mail():
    done = of_address(acts.Bounce(), by=By.MAILBOX)

    assert done.subscriptions == (held(Status.ACTIVE), LEFT)
    assert not may_write_to(done.subscriber, done.subscriptions[0], Kind.ISSUE, NOW)
    assert done.entry == Entry(act="bounce", by=By.MAILBOX, at=NOW, before="ok", after="bounced")
    complained = replace(ADA, standing=Standing.COMPLAINED)
    assert of_address(acts.Bounce(), complained, by=By.MAILBOX).entry is None


def test_a_complaint_leaves_everything_and_only_the_operator_takes_it_back():
    done = of_address(acts.Complain(), by=By.MAILBOX)

    left = replace(BOTH[0], status=Status.LEFT, left_at=NOW, left_by=By.MAILBOX)
    assert done.subscriptions == (left, LEFT)
    assert done.suppress is Suppression.COMPLAINED
    assert of_address(acts.Complain(), done.subscriber, by=By.MAILBOX).suppress is None
    assert of_address(acts.Reinstate(), done.subscriber).entry is None
    back = of_address(acts.Reinstate(), done.subscriber, done.subscriptions, by=By.OPERATOR)
    assert (back.subscriber.standing, back.lift) == (Standing.OK, True)
    assert {s.status for s in back.subscriptions} == {Status.LEFT}
    assert not of_address(acts.Reinstate(), by=By.OPERATOR).lift


def test_a_complaint_ends_a_change_of_address_and_is_the_operators_where_they_say_it():
    asked = of_address(acts.ChangeAddress(to=Address.parse("ada@new.example"))).subscriber
    waits = held(Status.PENDING)

    done = of_address(acts.Complain(), asked, [waits], by=By.OPERATOR)

    assert done.subscriber == replace(ADA, standing=Standing.COMPLAINED)
    assert done.subscriptions[0].confirm_by is None
    assert done.suppress is Suppression.OPERATOR


def test_a_stranger_who_got_the_letter_to_a_new_address_ends_the_change_and_nothing_else():
    new, other = Address.parse("adda@example.org"), Address.parse("eve@example.org")
    asked = of_address(acts.ChangeAddress(to=new)).subscriber

    done = of_address(acts.Disown(address=new), asked, by=By.MAILBOX)
    elsewhere = of_address(acts.Disown(address=other), asked, by=By.MAILBOX)

    assert (done.subscriber, done.subscriptions) == (ADA, BOTH)
    assert (done.entry.act, done.suppress) == ("disown", Suppression.COMPLAINED)
    assert (elsewhere.subscriber, elsewhere.entry) == (asked, None)
    assert elsewhere.suppress is Suppression.COMPLAINED
    assert of_address(acts.Disown(address=new), by=By.MAILBOX).subscriber == ADA


def test_erasing_keeps_nothing_but_the_mark():
    done = of_address(acts.Erase())

    assert (done.subscriber, done.subscriptions) == (None, ())
    assert done.suppress is Suppression.ERASED


class AnyOrderOfActs(RuleBasedStateMachine):
    """Whatever readers, operators and mailboxes do, in any order, at any pace."""

    def __init__(self):
        super().__init__()
        self.now, self.who, self.held = NOW, ADA, None
        self.left = False  # and nobody confirmed since
        self.agreed = False  # a confirm or the operator's word since the last join
        self.had_agreed = False  # before it, and may undo a leave of then
        self.asked: list[datetime] = []

    @rule(minutes=st.integers(1, 60 * 24 * 20))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(
        make=st.sampled_from([
            lambda m: acts.Join(newsletter="daily", asked=tuple(m.asked)),
            lambda m: acts.Confirm(),
            lambda m: acts.Change(cadence="weekly"),
            lambda m: acts.Pause(until=m.now + 2 * DAY),
            lambda m: acts.Resume(),
            lambda m: acts.Leave(goodbye=True),
            lambda m: acts.Return(),
            lambda m: acts.Admit(newsletter="daily"),
        ]),
        by=st.sampled_from(By),
    )  # fmt: skip
    def on_a_subscription(self, make, by):
        act = make(self)
        before = self.held
        done = decide(self.who, self.held, act, by=by, now=self.now)
        if done.entry is None:
            assert (done.subscription, done.subscriber, done.letters) == (before, self.who, ())
        if done.entry and isinstance(act, acts.Join) and done.subscription.status is Status.PENDING:
            if before is None or before.status is not Status.PENDING:
                self.had_agreed = self.agreed
            self.agreed = False
        if done.entry and isinstance(act, acts.Confirm | acts.Admit):
            self.agreed = True
            assert not (self.left and isinstance(act, acts.Admit))
        if done.entry and isinstance(act, acts.Confirm | acts.Return):
            self.left = False
        if done.entry and isinstance(act, acts.Leave):
            self.left = True
            if before.status is Status.PENDING and before.left_at:
                self.agreed = self.had_agreed  # as if nobody had joined
        self.who, self.held = done.subscriber, done.subscription
        self._owed(done.letters, done.due or self.now)

    @precondition(lambda self: self.held is not None)
    @rule(
        act=st.sampled_from(
            [acts.Bounce(), acts.Complain(), acts.Reinstate(), acts.ConfirmAddress()]
        ),
        by=st.sampled_from(By),
    )
    def on_the_address(self, act, by):
        done = standing.decide(self.who, [self.held], act, by=by, now=self.now)
        self.who, self.held = done.subscriber, done.subscriptions[0]
        self.left = self.left or self.held.status is Status.LEFT

    def _owed(self, letters, due):
        for kind in letters:
            assert may_write_to(self.who, self.held, kind, self.now)
            if kind is Kind.CONFIRM:
                self.asked.append(due)

    @invariant()
    def nobody_is_active_without_having_agreed(self):
        if self.held and self.held.status in (Status.ACTIVE, Status.PAUSED):
            assert self.agreed
            assert self.held.confirmed_at is not None

    @invariant()
    def no_issue_goes_to_who_left_or_must_not_be_written_to(self):
        if self.held is None:
            return
        if (
            self.held.status in (Status.LEFT, Status.PENDING)
            or self.who.standing is not Standing.OK
        ):
            assert not may_write_to(self.who, self.held, Kind.ISSUE, self.now)

    @invariant()
    def no_address_is_bombed(self):
        for at in self.asked:
            assert sum(timedelta(0) <= one - at < HOUR for one in self.asked) == 1
            assert sum(timedelta(0) <= one - at < DAY for one in self.asked) <= consent.ASKS_A_DAY


TestAnyOrderOfActs = AnyOrderOfActs.TestCase
TestAnyOrderOfActs.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
