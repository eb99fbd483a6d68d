"""What comes back to what becomes of a person, on both databases; and what is proven by nothing."""

import asyncio
import hmac
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from digest.deliver import bounces, verp
from digest.deliver.outbox import Consequence
from digest.deliver.outcome import Refused, Stage
from digest.deliver.postmark import Postmark, letter_personal, message_id
from digest.deliver.postmark import Reader as To
from digest.deliver.tray import Box
from digest.deliver.verdict import About, Finding, Mouth, Verdict
from digest.deliver.verp import Ref, Sort
from digest.model import NewsletterId
from digest.services import feedback, membership
from digest.services.feedback import Came, Incoming, Rules
from digest.services.letters import Desk, LetterOffice
from digest.services.membership import Profile
from digest.storage import consents, letters, members, people, reports
from digest.storage.database import Store
from digest.storage.postal import deliveries
from digest.storage.schema import issues
from digest.storage.schema import letters as letters_table
from digest.wiring import bounces as coming_back
from subscribers import acts, tokens
from subscribers.address import Address
from subscribers.model import By, Kind, Standing, Status
from subscribers.suppression import marks
from subscribers.tokens import Purpose
from tests.builders import NOW, a_newsletter, an_issue
from tests.deliver.returns import RING, returned

ADA, GRACE = Address.parse("ada@example.org"), Address.parse("grace@example.org")
TYPO = Address.parse("graec@example.org")
DAY = timedelta(days=1)
ACTS = coming_back.acts(RING)


async def join(store, clock, address=ADA, newsletter="daily"):
    act = acts.Join(newsletter=newsletter)
    return await membership.join(
        store, Profile(address=address), act, by=By.READER, ring=RING, clock=clock
    )


async def a_member(store, clock, address=ADA, newsletter="daily"):
    who = (await join(store, clock, address, newsletter)).subscriber
    await membership.act_on(store, who, newsletter, acts.Confirm(), by=By.READER, clock=clock)
    return who


async def a_letter(store, who):
    """The row of the first letter to somebody."""
    asked = text("select min(id) from letters where subscriber = :who")
    return await store.read(lambda tx: tx.execute(asked, {"who": who}).scalar_one())


async def sent_letter(store, clock, address=ADA):
    who = await a_member(store, clock, address)
    return who, Ref.of(Sort.LETTER, await a_letter(store, who), NOW)


async def hear(store, clock, *mails, rules=Rules()):  # noqa: B008 -- frozen
    came = [Incoming(verdict=bounces.verdict(RING, mail), original=mail) for mail in mails]
    return await feedback.heard(store, came, acts=ACTS, ring=RING, rules=rules, clock=clock)


async def say(store, clock, *verdicts):
    came = [Incoming(verdict=verdict) for verdict in verdicts]
    return await feedback.heard(store, came, acts=ACTS, ring=RING, rules=Rules(), clock=clock)


async def standing(store, who):
    return (await store.read(members.person, who)).standing


async def status(store, who):
    return {s.newsletter: s.status for s in await store.read(people.subscriptions_of, who)}


async def told(store, **asked):
    return [(k.kind, k.source, k.code) for k in await store.read(reports.page, limit=50, **asked)]


async def test_an_address_that_does_not_exist_is_written_to_no_more(store, clock):
    who, ref = await sent_letter(store, clock)
    mail = returned("postfix-unknown", ref=ref)

    came = await hear(store, clock, mail)

    assert came == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED
    assert await status(store, who) == {"daily": Status.ACTIVE}
    (kept,) = await store.read(reports.page, limit=9)
    assert (kept.address, kept.kind, kept.source, kept.code) == (ADA, "hard", "dsn", "5.1.1")
    assert (await store.read(reports.shown, kept.id))[1] == mail
    log = [(e.act, e.by) for e, _ in await store.read(consents.log_of, who)]
    assert ("bounce", By.MAILBOX) in log


async def test_the_same_report_twice_is_one(store, url, clock):
    _, ref = await sent_letter(store, clock)
    other = await Store.open(url)
    mail = returned("postfix-full", ref=ref)

    came = await asyncio.gather(*(hear(s, clock, mail) for s in (store, other, store)))

    await other.close()
    assert sorted(one for (one,) in came) == [Came.COUNTED, Came.KNOWN, Came.KNOWN]
    assert await told(store) == [("soft", "dsn", "5.2.2")]


@pytest.mark.parametrize("name", ["postfix-unknown", "exim-old", "qmail", "gmail-unknown", "arf"])
async def test_a_forged_sender_removes_nobody(store, clock, name):
    who, ref = await sent_letter(store, clock)
    true = verp.sender(RING, "b.example", ref)
    stranger = verp.sender((b"a key that is none of ours, as long",), "b.example", ref)

    for forged in (true[:-12] + "aa@b.example", stranger, "bounces@b.example"):
        assert await hear(store, clock, returned(name, envelope=forged)) == [Came.UNPROVEN]

    assert await standing(store, who) is Standing.OK
    assert await told(store) == []


async def test_a_person_is_found_by_the_message_id_that_only_we_can_make(store, clock):
    who = await a_member(store, clock)
    other = await a_member(store, clock, GRACE)
    made = await an_issue_of(store)
    of = postmark()
    mine, theirs = (message_id(of, made, w) for w in (who, other))
    unsigned = {"envelope": "bounces@quayside.example"}

    # Grace's Message-ID, with Ada's address beside it: somebody mixes what belongs to two.
    assert await hear(store, clock, returned("sendmail", message_id=theirs, **unsigned)) == [
        Came.UNPROVEN
    ]
    assert await hear(store, clock, returned("sendmail", message_id=mine, **unsigned)) == [
        Came.ACTED
    ]

    assert await standing(store, who) is Standing.BOUNCED
    assert await standing(store, other) is Standing.OK


async def test_a_letter_has_a_message_id_of_its_own(store, clock):
    who, ref = await sent_letter(store, clock)
    to = To(id=who, address=str(ADA), name="", due=NOW)
    said = letter_personal(postmark(), ref.id, to, new_address="").message_id

    mail = returned("qmail", message_id=said, envelope="bounces@quayside.example")

    assert await hear(store, clock, mail) == [Came.ACTED]
    assert await hear(store, clock, returned("qmail", ref=ref)) == [Came.KNOWN]


async def test_a_letter_of_an_older_version_is_known_by_its_message_id(store, clock):
    _, ref = await sent_letter(store, clock)
    once = hmac.digest(RING[0], f"letter|{ref.id}".encode(), "sha256")[:20].hex()
    said = f"<{once}@quayside.example>"

    mail = returned("qmail", message_id=said, envelope="bounces@quayside.example")

    assert await hear(store, clock, mail) == [Came.ACTED]


async def test_a_letter_with_the_number_of_an_older_one_is_another_mail(store, clock):
    who, ref = await sent_letter(store, clock)
    await hear(store, clock, returned("qmail", ref=ref))
    await membership.reinstate(store, ADA, ring=RING, clock=clock)
    due = NOW + 400 * DAY
    await store.write(
        lambda tx: tx.execute(
            update(letters_table).where(letters_table.c.id == ref.id).values(due_at=due)
        )
    )

    again = returned("qmail", ref=Ref.of(Sort.LETTER, ref.id, due))

    assert await hear(store, clock, again) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED


async def test_the_signed_sender_of_an_issue_names_its_delivery(store, clock):
    who = await a_member(store, clock)
    await an_issue_of(store)
    await store.write(a_delivery, 4711, who)

    assert await hear(store, clock, returned("exchange-online")) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED


async def test_a_signed_sender_of_a_row_that_is_gone_is_about_nobody(store, clock):
    await a_member(store, clock)
    ref = Ref.of(Sort.LETTER, 2**31 - 1, NOW)

    assert await hear(store, clock, returned("qmail", ref=ref)) == [Came.UNPROVEN]


async def test_a_row_that_got_the_number_of_one_that_is_gone_is_another_mail(store, clock):
    who, ref = await sent_letter(store, clock)
    before = Ref.of(ref.sort, ref.id, NOW - 90 * DAY)

    assert await hear(store, clock, returned("qmail", ref=before)) == [Came.UNPROVEN]
    assert await standing(store, who) is Standing.OK


async def test_the_last_of_several_passing_failures_is_a_lasting_one(store, clock):
    who = await a_member(store, clock)
    clock.now += DAY

    came = [await say(store, clock, soft(n)) for n in range(5)]

    assert came == [[Came.COUNTED]] * 4 + [[Came.ACTED]]
    assert await standing(store, who) is Standing.BOUNCED


async def test_failures_of_long_ago_count_no_more(store, clock):
    who = await a_member(store, clock)

    for n in range(9):
        assert await say(store, clock, soft(n)) == [Came.COUNTED]
        clock.now += 8 * DAY

    assert await standing(store, who) is Standing.OK


async def test_after_the_operator_took_it_back_they_are_counted_anew(store, clock):
    who = await a_member(store, clock)
    await say(store, clock, *(soft(n) for n in range(5)))
    clock.now += DAY
    await membership.reinstate(store, ADA, ring=RING, clock=clock)
    clock.now += DAY

    assert await say(store, clock, soft(6)) == [Came.COUNTED]
    assert await standing(store, who) is Standing.OK


async def test_a_refusal_of_ourselves_is_kept_and_costs_the_reader_nothing(store, clock):
    who, ref = await sent_letter(store, clock)

    assert await hear(store, clock, returned("postfix-policy", ref=ref)) == [Came.KEPT]
    assert await standing(store, who) is Standing.OK
    assert await told(store, address=ADA, kind="policy") == [("policy", "dsn", "5.7.1")]


@pytest.mark.parametrize(
    ("name", "came"),
    [
        ("holiday", Came.IGNORED),
        ("out-of-office", Came.IGNORED),
        ("postfix-delayed", Came.IGNORED),
        ("a-person", Came.NO_REPORT),
        ("read-receipt", Came.IGNORED),
    ],
)
async def test_what_is_no_report_does_nothing(store, clock, name, came):
    who, ref = await sent_letter(store, clock)

    assert await hear(store, clock, returned(name, ref=ref)) == [came]
    assert (await standing(store, who), await told(store)) == (Standing.OK, [])


async def test_who_complained_has_left_and_cannot_be_joined_back(store, clock):
    who, ref = await sent_letter(store, clock)

    assert await hear(store, clock, returned("arf", ref=ref)) == [Came.ACTED]

    assert await standing(store, who) is Standing.COMPLAINED
    assert await status(store, who) == {"daily": Status.LEFT}
    assert await store.read(consents.suppressed, marks(RING, ADA))
    before = await store.read(letters.of, who)
    clock.now += DAY
    assert await join(store, clock) == membership.NOTHING
    assert await store.read(letters.of, who) == before


async def test_a_complaint_is_taken_back_by_the_operator(store, clock):
    who, ref = await sent_letter(store, clock)
    mail = returned("arf", ref=ref)

    assert await hear(store, clock, mail) == [Came.ACTED]
    await membership.reinstate(store, ADA, ring=RING, clock=clock)
    assert await hear(store, clock, mail) == [Came.KNOWN]

    assert await standing(store, who) is Standing.OK
    assert await status(store, who) == {"daily": Status.LEFT}
    clock.now += DAY
    assert (await join(store, clock)).letters == (Kind.CONFIRM,)


async def test_a_link_alone_leaves_its_newsletter_as_a_click_does_and_does_no_more(store, clock):
    who = await a_member(store, clock)
    clock.now += DAY
    await a_member(store, clock, newsletter="weekly")
    unsigned = {"envelope": "bounces@quayside.example"}

    for name in ("postfix-unknown", "postfix-full", "postfix-policy"):
        forged = linked(returned(name, to="x@y.example", **unsigned), who)
        assert await hear(store, clock, forged) == [Came.UNPROVEN]
    complaint = returned("arf-redacted", who=who)
    assert await hear(store, clock, complaint) == [Came.ACTED]
    assert await hear(store, clock, complaint) == [Came.KNOWN]

    assert await standing(store, who) is Standing.OK
    assert not await store.read(consents.suppressed, marks(RING, ADA))
    assert await status(store, who) == {"daily": Status.LEFT, "weekly": Status.ACTIVE}
    assert await told(store) == [("complaint", "arf", "")]


@pytest.mark.parametrize("name", ["arf", "arf-redacted"])
@pytest.mark.parametrize("signed", [True, False])
async def test_a_complaint_by_a_message_id_alone_leaves_its_newsletter_and_no_more(
    store, clock, name, signed
):
    who = await a_member(store, clock)
    clock.now += DAY
    await a_member(store, clock, newsletter="weekly")
    mine = message_id(postmark(), await an_issue_of(store), who)
    rules = Rules(signed_senders=signed)
    sent = {"who": who, "message_id": mine, "envelope": "digest@quayside.example"}
    once, again = returned(name, **sent), returned(name, **sent) + b"\r\n"

    assert await hear(store, clock, once, rules=rules) == [Came.ACTED]
    assert await hear(store, clock, once, again, rules=rules) == [Came.KNOWN] * 2

    assert await standing(store, who) is Standing.OK
    assert not await store.read(consents.suppressed, marks(RING, ADA))
    assert await status(store, who) == {"daily": Status.LEFT, "weekly": Status.ACTIVE}
    assert await told(store) == [("complaint", "arf", "")]


@pytest.mark.parametrize("name", ["postfix-unknown", "postfix-full", "postfix-policy", "qmail"])
async def test_where_senders_are_signed_a_message_id_alone_proves_no_failure(store, clock, name):
    who = await a_member(store, clock)
    mine = message_id(postmark(), await an_issue_of(store), who)
    forged = returned(name, message_id=mine, envelope="digest@quayside.example")
    signed = Rules(signed_senders=True)

    assert await hear(store, clock, forged, linked(forged, who), rules=signed) == (
        [Came.UNPROVEN] * 2
    )
    assert (await standing(store, who), await told(store)) == (Standing.OK, [])


async def test_our_provider_may_name_the_mail_by_its_message_id_whatever_else_is_signed(
    store, clock
):
    who = await a_member(store, clock)
    mine = message_id(postmark(), await an_issue_of(store), who).strip("<>")
    about = About(recipient=str(ADA), message_ids=(mine,))
    said = Verdict(finding=Finding.COMPLAINT, about=about, trusted=True, event="ses|1")
    came = [Incoming(verdict=said)]
    rules = Rules(signed_senders=True)

    assert await feedback.heard(
        store, came, acts=ACTS, ring=RING, rules=rules, clock=clock
    ) == [Came.ACTED]  # fmt: skip
    assert await standing(store, who) is Standing.COMPLAINED


async def test_a_letter_that_is_for_no_newsletter_is_left_by_nobody_who_has_its_message_id(
    store, clock
):
    who, ref = await asked_elsewhere(store, clock)
    letter = letter_personal(postmark(), ref.id, To(who, "", "", NOW), new_address="").message_id
    act = acts.ConfirmAddress()
    await membership.act_on_address(store, who, act, by=By.READER, ring=RING, clock=clock)
    unsigned = {"message_id": letter, "envelope": "digest@quayside.example"}

    assert await hear(store, clock, returned("arf", to=str(TYPO), **unsigned)) == [Came.UNPROVEN]
    assert await status(store, who) == {"daily": Status.ACTIVE}


async def test_leaving_what_was_left_already_keeps_nothing(store, clock):
    who = await a_member(store, clock)
    token = tokens.make(RING[0], Purpose.UNSUBSCRIBE, who, "daily")
    mails = [f"From: x@example.org\r\nSubject: daily.{token}\r\n\r\n{n}".encode() for n in range(9)]

    assert await hear(store, clock, mails[0]) == [Came.ACTED]
    assert await hear(store, clock, *mails[1:]) == [Came.KNOWN] * 8
    assert await told(store) == [("unsubscribe", "mailto", "")]

    clock.now += DAY
    await a_member(store, clock)
    assert await hear(store, clock, mails[1]) == [Came.ACTED]
    assert await status(store, who) == {"daily": Status.LEFT}


async def test_what_fails_where_a_reader_passed_their_mail_on_is_not_their_address(store, clock):
    who = await a_member(store, clock)
    mine = message_id(postmark(), await an_issue_of(store), who)
    sent = {"message_id": mine, "envelope": "digest@quayside.example"}

    passed_on = linked(returned("postfix-unknown", to="bob@harbour.example", **sent), who)
    assert await hear(store, clock, passed_on) == [Came.UNPROVEN]
    assert await standing(store, who) is Standing.OK
    own = linked(returned("postfix-unknown", **sent), who)
    assert await hear(store, clock, own) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED


async def test_an_unsubscribe_by_mail_leaves_the_newsletter_it_names(store, clock):
    who = await a_member(store, clock)
    clock.now += DAY
    await a_member(store, clock, newsletter="weekly")
    token = tokens.make(RING[0], Purpose.UNSUBSCRIBE, who, "daily")
    mail = f"From: x@example.org\r\nSubject: Re: daily.{token}\r\n\r\n".encode()

    assert await hear(store, clock, mail) == [Came.ACTED]
    assert await status(store, who) == {"daily": Status.LEFT, "weekly": Status.ACTIVE}


async def test_our_providers_word_counts_by_the_address_alone_and_nobody_elses_does(store, clock):
    who = await a_member(store, clock)
    named = Verdict(finding=Finding.HARD, mouth=Mouth.WEBHOOK, about=About(recipient=str(ADA)))
    trusted = Verdict(
        finding=Finding.HARD,
        mouth=Mouth.WEBHOOK,
        about=About(recipient="ADA@example.org"),
        trusted=True,
        event="ses|1",
    )

    assert await say(store, clock, named) == [Came.UNPROVEN]
    assert await say(store, clock, trusted, trusted) in (
        [Came.ACTED, Came.KNOWN],
        [Came.KNOWN, Came.ACTED],
    )
    assert await standing(store, who) is Standing.BOUNCED


@pytest.mark.parametrize("name", ["postfix-unknown", "postfix-full", "postfix-policy", "qmail"])
@pytest.mark.parametrize("signed", [True, False])
async def test_a_failure_of_an_address_that_was_changed_since_is_not_the_new_ones(
    store, clock, name, signed
):
    who = await a_member(store, clock)
    made = await an_issue_of(store)
    await store.write(a_delivery, 4711, who)
    await moved(store, clock, who)
    envelope = {} if signed else {"envelope": "digest@quayside.example"}

    late = returned(name, message_id=message_id(postmark(), made, who), **envelope)

    assert await hear(store, clock, late, linked(late, who)) == [Came.UNPROVEN] * 2
    assert (await standing(store, who), await told(store)) == (Standing.OK, [])


async def test_an_issue_from_before_the_change_that_failed_at_the_new_address_counts(store, clock):
    who = await a_member(store, clock)
    await an_issue_of(store)
    await store.write(a_delivery, 4711, who)
    await moved(store, clock, who)

    assert await hear(store, clock, returned("qmail", to=str(GRACE))) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED


async def test_nor_is_it_where_our_provider_tells_of_it(store, clock):
    who = await a_member(store, clock)
    made = await an_issue_of(store)
    mine = message_id(postmark(), made, who).strip("<>")
    await moved(store, clock, who)

    for ids in ((mine,), ()):
        about = About(subscriber=who, newsletter="daily", message_ids=ids, recipient=str(ADA))
        late = Verdict(finding=Finding.HARD, about=about, trusted=True, event=f"ses|{ids}")
        assert await say(store, clock, late) == [Came.UNPROVEN]

    assert (await standing(store, who), await told(store)) == (Standing.OK, [])


async def test_a_complaint_of_the_old_address_keeps_out_that_one_and_not_the_new(store, clock):
    who, ref = await sent_letter(store, clock)
    await moved(store, clock, who)

    assert await hear(store, clock, returned("arf", ref=ref)) == [Came.ACTED]

    assert (await standing(store, who), await told(store)) == (Standing.OK, [])
    assert await status(store, who) == {"daily": Status.ACTIVE}
    assert await store.read(consents.suppressed, marks(RING, ADA))
    assert not await store.read(consents.suppressed, marks(RING, GRACE))


async def test_a_complaint_of_an_issue_to_an_old_address_is_for_a_person_to_read(store, clock):
    who = await a_member(store, clock)
    await an_issue_of(store)
    await store.write(a_delivery, 4711, who)
    await moved(store, clock, who)

    assert await hear(store, clock, returned("arf")) == [Came.UNPROVEN]
    assert not await store.read(consents.suppressed, marks(RING, GRACE))
    assert await status(store, who) == {"daily": Status.ACTIVE}


async def test_a_new_address_that_does_not_exist_does_not_bounce_the_one_that_does(store, clock):
    who, ref = await asked_elsewhere(store, clock)
    letter = letter_personal(postmark(), ref.id, To(who, "", "", NOW), new_address="").message_id
    unsigned = {"message_id": letter, "envelope": "digest@quayside.example"}

    for mail in (
        returned("postfix-unknown", ref=ref, to=str(TYPO)),
        linked(returned("postfix-unknown", to=str(TYPO), **unsigned), who),
    ):
        assert await hear(store, clock, mail) == [Came.UNPROVEN]

    assert (await standing(store, who), await told(store)) == (Standing.OK, [])
    assert (await store.read(members.person, who)).new_address == TYPO


async def test_a_letter_to_a_new_address_that_is_refused_does_not_bounce_the_old_one(store, clock):
    who, ref = await asked_elsewhere(store, clock)
    office = a_letter_office(store)
    lease, box = uuid4(), Box()
    ready = (await office.claim(lease, 10, clock.now)).ready
    refused = Refused(550, "5.1.1", "No such user", Stage.RCPT)
    box.rest = [(one, refused, "relay") for one in ready if one.ref == -ref.id]

    await office.settle(lease, box, clock.now)

    assert [one.recipient for one in ready if one.ref == -ref.id] == [str(TYPO)]
    assert (await standing(store, who), await told(store)) == (Standing.OK, [])


async def test_a_stranger_who_complains_of_it_is_kept_out_and_the_reader_is_not(store, clock):
    who, ref = await asked_elsewhere(store, clock)
    mail = returned("arf", ref=ref, to=str(TYPO))

    assert await hear(store, clock, mail) == [Came.ACTED]
    log = await store.read(consents.log_of, who)
    clock.now += DAY
    assert await hear(store, clock, mail) == [Came.ACTED]

    after = await store.read(members.person, who)
    assert (after.address, after.standing, after.new_address) == (ADA, Standing.OK, None)
    assert await status(store, who) == {"daily": Status.ACTIVE}
    assert not await store.read(consents.suppressed, marks(RING, ADA))
    assert await store.read(consents.suppressed, marks(RING, TYPO))
    assert ("disown", By.MAILBOX) in [(entry.act, entry.by) for entry, _ in log]
    assert await store.read(consents.log_of, who) == log
    act = acts.ChangeAddress(to=TYPO)
    again = await membership.act_on_address(store, who, act, by=By.READER, ring=RING, clock=clock)
    assert again.letters == ()


async def test_who_came_back_leaves_again_by_the_same_mail_and_each_word_counts_once(store, clock):
    who = await a_member(store, clock)
    mine = message_id(postmark(), await an_issue_of(store), who).strip("<>")
    about = About(recipient=str(ADA), message_ids=(mine,))
    first, second = (
        Verdict(finding=Finding.UNSUBSCRIBE, about=about, trusted=True, event=f"sendgrid|{n}")
        for n in (1, 2)
    )
    assert await say(store, clock, first) == [Came.ACTED]
    assert await status(store, who) == {"daily": Status.LEFT}
    clock.now += DAY
    await a_member(store, clock)

    assert await say(store, clock, first) == [Came.KNOWN]  # told again by who was not heard
    assert await status(store, who) == {"daily": Status.ACTIVE}
    assert await say(store, clock, second) == [Came.ACTED]
    assert await status(store, who) == {"daily": Status.LEFT}


@pytest.mark.parametrize(
    ("consequence", "came", "after"),
    [
        (Consequence.BOUNCE, Came.ACTED, Standing.BOUNCED),
        (Consequence.COUNT, Came.COUNTED, Standing.OK),
        (Consequence.NONE, Came.IGNORED, Standing.OK),
        (Consequence.PAUSE_RELAY, Came.IGNORED, Standing.OK),
    ],
)
async def test_a_refusal_while_sending_is_the_same_engine(store, clock, consequence, came, after):
    who, ref = await sent_letter(store, clock)
    outcome = Refused(550, "5.1.1", "No such\r\nuser", Stage.RCPT)

    found = await store.write(
        feedback.refused, ref, ADA, consequence, outcome, NOW, acts=ACTS, rules=Rules()
    )

    assert (found, await standing(store, who)) == (came, after)


async def test_refusals_while_sending_add_up_and_of_one_mail_count_once(store, clock):
    who, letter = await sent_letter(store, clock)
    await an_issue_of(store)
    await store.write(a_delivery, 4711, who)
    outcome = Refused(552, "5.2.2", "full", Stage.RCPT)
    said, two = (ADA, Consequence.COUNT, outcome), {"acts": ACTS, "rules": Rules(soft_limit=2)}

    async def refused(ref):
        clock.now += DAY
        return await store.write(feedback.refused, ref, *said, clock.now, **two)

    assert [await refused(letter) for _ in range(3)] == [Came.COUNTED, Came.KNOWN, Came.KNOWN]
    reported = returned("postfix-full", ref=letter)
    assert await hear(store, clock, reported) == [Came.KNOWN]
    assert await standing(store, who) is Standing.OK

    assert await refused(Ref.of(Sort.ISSUE, 4711, NOW)) is Came.ACTED
    assert await standing(store, who) is Standing.BOUNCED
    (kept, _) = await store.read(reports.page, limit=9)
    assert (kept.source, kept.text) == ("smtp", "552 full")


async def undone(store, clock):
    clock.now += DAY
    await membership.reinstate(store, ADA, ring=RING, clock=clock)
    clock.now += DAY


async def test_what_was_undone_and_comes_once_more_does_nothing_and_a_later_mail_does(store, clock):
    who, letter = await sent_letter(store, clock)
    await an_issue_of(store)
    await store.write(a_delivery, 4711, who)
    mail = returned("qmail", ref=letter)
    assert await hear(store, clock, mail) == [Came.ACTED]
    await undone(store, clock)

    again = [mail, mail + b"\r\n", returned("postfix-unknown", ref=letter)]
    assert await hear(store, clock, *again) == [Came.KNOWN] * 3
    assert await standing(store, who) is Standing.OK

    assert await hear(store, clock, returned("qmail", ref=Ref.of(Sort.ISSUE, 4711, NOW))) == [
        Came.ACTED
    ]
    assert await standing(store, who) is Standing.BOUNCED


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("which", ["qmail", "postfix-full"])
async def test_what_left_before_an_undo_and_fails_only_now_does_nothing(store, clock, sort, which):
    who, letter = await sent_letter(store, clock)
    await an_issue_of(store)
    await store.write(a_delivery, 4711, who)
    await store.write(left_at, clock.now)
    await membership.act_on_address(
        store, who, acts.Bounce(), by=By.MAILBOX, ring=RING, clock=clock
    )
    await undone(store, clock)
    ref = letter if sort is Sort.LETTER else Ref.of(Sort.ISSUE, 4711, NOW)
    once = Rules(soft_limit=1)

    assert await hear(store, clock, returned(which, ref=ref), rules=once) == [Came.PAST]
    assert await standing(store, who) is Standing.OK

    await store.write(left_at, clock.now)
    assert await hear(store, clock, returned(which, ref=ref), rules=once) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED


def left_at(tx, at):
    """All mail has left at a moment."""
    for table in (letters_table, deliveries):
        tx.execute(update(table).values(state="sent", settled_at=at))


@pytest.mark.parametrize("first", ["told", "refused"])
async def test_after_an_undo_a_mail_that_is_tried_again_may_be_refused_again(store, clock, first):
    who, ref = await sent_letter(store, clock)
    told_of = returned("qmail", ref=ref)
    outcome = Refused(550, "5.1.1", "still no such user", Stage.RCPT)

    async def refused():
        said = (ADA, Consequence.BOUNCE, outcome, clock.now)
        return [await store.write(feedback.refused, ref, *said, acts=ACTS, rules=Rules())]

    before = hear(store, clock, told_of) if first == "told" else refused()
    assert await before == [Came.ACTED]
    await undone(store, clock)

    assert await refused() == [Came.ACTED]
    assert await refused() == [Came.KNOWN]
    assert await standing(store, who) is Standing.BOUNCED
    (kept,) = await store.read(reports.page, limit=9)
    assert (kept.at, kept.text) == (clock.now, "550 still no such user")


async def test_a_mail_that_was_refused_undone_and_taken_at_last_may_still_come_back(store, clock):
    who, ref = await sent_letter(store, clock)
    outcome = Refused(550, "5.1.1", "no such user", Stage.RCPT)
    said = (ADA, Consequence.BOUNCE, outcome, clock.now)
    await store.write(feedback.refused, ref, *said, acts=ACTS, rules=Rules())
    await undone(store, clock)

    assert await hear(store, clock, returned("qmail", ref=ref)) == [Came.ACTED]
    assert await standing(store, who) is Standing.BOUNCED
    assert [source for _, source, _ in await told(store)] == ["dsn"]


async def test_a_person_who_is_erased_takes_the_reports_along(store, clock):
    who, ref = await sent_letter(store, clock)
    await hear(store, clock, returned("qmail", ref=ref))
    told_them = (await store.read(members.everything, who))["reports"]

    await membership.act_on_address(store, who, acts.Erase(), by=By.READER, ring=RING, clock=clock)

    assert [(one["kind"], one["code"]) for one in told_them] == [("hard", "5.1.1")]
    assert await told(store) == []


async def test_what_readers_see_of_a_report_names_nobody_else(store, clock):
    who, ref = await sent_letter(store, clock)
    mail = returned("postfix-unknown", ref=ref).replace(
        b"Diagnostic-Code: smtp; 550 5.1.1 ",
        b"Diagnostic-Code: smtp; 550 5.1.1 <grace@example.org>, Bob@Harbour.example: no; ",
    )
    await hear(store, clock, mail)

    [seen] = (await store.read(members.everything, who))["reports"]

    assert set(seen) == {"at", "kind", "source", "code", "text"}
    assert seen["text"] == (
        "550 5.1.1 <…>, …: no; <ada@example.org>: Recipient address rejected: "
        "User unknown in virtual mailbox table"
    )


@settings(max_examples=300)
@given(st.binary(max_size=3000))
def test_no_garbage_is_ever_about_anybody(mail):
    found = bounces.verdict(RING, mail)

    assert found.finding is Finding.NOTHING
    assert (found.about, found.trusted) == (About(), False)


def soft(n):
    about = About(recipient=str(ADA))
    return Verdict(finding=Finding.SOFT, about=about, trusted=True, event=f"test|{n}")


def postmark():
    return Postmark(
        newsletter=a_newsletter(),
        base_url="https://quayside.example",
        unsubscribe_mailbox="",
        ring=RING,
    )


def linked(mail, who):
    """The mail with the unsubscribe link of ``who`` in its headers, as we write it."""
    token = tokens.make(RING[0], Purpose.UNSUBSCRIBE, who, "daily")
    return mail.replace(b"daily.TOKEN", f"daily.{token}".encode())


async def moved(store, clock, who):
    """A day later they have another address."""
    clock.now += DAY
    for act in (acts.ChangeAddress(to=GRACE), acts.ConfirmAddress()):
        await membership.act_on_address(store, who, act, by=By.READER, ring=RING, clock=clock)


async def asked_elsewhere(store, clock):
    """A member who mistyped their new address, and the letter that went there."""
    who = await a_member(store, clock)
    clock.now += DAY
    act = acts.ChangeAddress(to=TYPO)
    await membership.act_on_address(store, who, act, by=By.READER, ring=RING, clock=clock)
    asked = text("select max(id) from letters where subscriber = :who")
    row = await store.read(lambda tx: tx.execute(asked, {"who": who}).scalar_one())
    return who, Ref.of(Sort.LETTER, row, clock.now)


def a_letter_office(store):
    async def here(work, job):
        return work(job)

    desk = Desk(
        site_name="Quayside",
        base_url="https://quayside.example",
        postal_address="1 Lock Lane",
        templates=(),
        postmarks={"daily": postmark()},
    )
    blame = partial(feedback.refused, acts=ACTS, rules=Rules())
    return LetterOffice(store, desk, isolate=here, blame=blame, dice=lambda: 0.5)


async def an_issue_of(store):
    """An issue of today, with its row."""
    made = an_issue(newsletter=NewsletterId("daily"))
    row = {
        "id": 1,
        "newsletter": made.newsletter,
        "cadence": made.cadence,
        "period": made.period,
        "state": "released",
        "number": 1,
        "since": NOW - DAY,
        "until": NOW,
        "language": "en",
        "subject": "",
        "preheader": "",
        "created_at": NOW,
    }
    await store.write(lambda tx: tx.execute(issues.insert().values(row)))
    return made


def a_delivery(tx, row, who):
    """A row of the ledger, sent."""
    at = dict.fromkeys(("enrolled_at", "due_at", "expires_at", "next_attempt_at"), NOW)
    values = {"id": row, "issue": 1, "subscriber": who, "edition": "en", "state": "sent", **at}
    tx.execute(deliveries.insert().values(attempts=1, **values))
