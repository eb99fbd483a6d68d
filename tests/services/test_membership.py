"""An act to person, letters and log, in one transaction, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from digest.model import NewsletterId
from digest.services import membership
from digest.services.membership import Profile
from digest.storage import consents, cooldown, letters, members, people, roster
from digest.storage.audience import first_of_each
from digest.storage.consents import Evidence
from digest.storage.database import Store
from digest.storage.postal import deliveries
from digest.storage.schema import letters as letters_table
from digest.storage.schema import paces
from subscribers import acts
from subscribers.address import Address
from subscribers.model import By, Kind, Standing, Status, SubscriberId
from subscribers.suppression import mark
from tests.builders import NOW
from tests.storage import ledger

RING = (b"new" * 11, b"old" * 11)
ADA = Address.parse("ada@example.org")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
JOIN = acts.Join(newsletter="daily", topics=("art",))


async def join(store, clock, address=ADA, act=JOIN, by=By.READER):
    return await membership.join(
        store, Profile(address=address, name="Ada"), act, by=by, ring=RING, clock=clock
    )


async def act(store, clock, what, who, by=By.READER):
    return await membership.act_on(store, who, "daily", what, by=by, clock=clock)


async def on_address(store, clock, what, who, by=By.READER):
    return await membership.act_on_address(store, who, what, by=by, ring=RING, clock=clock)


async def a_member(store, clock, address=ADA):
    who = (await join(store, clock, address)).subscriber
    await act(store, clock, acts.Confirm(), who)
    return who


async def held(store, who):
    return await store.read(people.subscriptions_of, who)


async def kinds(store, who):
    return [letter.kind for letter in await store.read(letters.of, who)]


async def log(store, who):
    return [(e.act, e.by, e.before, e.after) for e, _ in await store.read(consents.log_of, who)]


async def audience(store, clock):
    found = await store.read(first_of_each, NewsletterId("daily"), "daily", clock(), 9)
    return [str(one.address) for one in found]


async def test_a_join_is_a_pending_person_a_letter_and_a_line_in_the_log(store, clock):
    who = (await join(store, clock)).subscriber

    assert [(s.status, s.topics) for s in await held(store, who)] == [(Status.PENDING, ("art",))]
    (letter,) = await store.read(letters.of, who)
    assert (letter.kind, letter.address, letter.expires_at) == (Kind.CONFIRM, ADA, NOW + 14 * DAY)
    assert await log(store, who) == [("join", By.READER, None, "pending")]
    assert await audience(store, clock) == []


async def test_two_joins_of_one_address_at_the_same_instant_are_one_person_and_one_letter(
    store, url, clock
):
    other = await Store.open(url)
    twin = Address.parse("ADA@Example.org")

    done = await asyncio.gather(*(join(s, clock, a) for s in (store, other) for a in (ADA, twin)))

    await other.close()
    assert len({one.subscriber for one in done}) == 1
    assert sorted(one.happened for one in done) == [False, False, False, True]
    assert await kinds(store, done[0].subscriber) == [Kind.CONFIRM]


async def test_no_number_of_joins_bombs_an_address(store, clock):
    for _ in range(30):
        who = (await join(store, clock)).subscriber
        clock.now += 20 * timedelta(minutes=1)

    assert await kinds(store, who) == [Kind.CONFIRM] * 3


async def test_what_follows_a_plus_makes_no_second_mailbox_to_bomb(store, clock):
    tagged = [Address.parse(f"Ada+{n}@example.org") for n in range(9)]
    await join(store, clock)

    found = [(await join(store, clock, one)).subscriber for one in tagged]

    assert len(set(found)) == len(tagged)
    owed = [await store.read(letters.of, who) for who in found]
    assert [(str(one.address), one.due_at) for some in owed for one in some] == [
        ("Ada+0@example.org", NOW + HOUR),
        ("Ada+1@example.org", NOW + 2 * HOUR),
    ]


async def test_dots_at_gmail_make_no_second_mailbox_to_bomb(store, clock):
    spelt = ["ada@gmail.com", "a.da@gmail.com", "ad.a@gmail.com", "a.d.a+x@googlemail.com"]
    spelt += ["a.da+1@gmail.com"]

    found = [(await join(store, clock, Address.parse(one))).subscriber for one in spelt]

    assert len(set(found)) == len(spelt)
    owed = [await store.read(letters.of, who) for who in found]
    assert [one.due_at for some in owed for one in some] == [NOW, NOW + HOUR, NOW + 2 * HOUR]


async def test_who_is_erased_at_a_tagged_address_had_its_mailbox_asked(store, clock):
    who = (await join(store, clock, Address.parse("ada+1@example.org"))).subscriber

    await on_address(store, clock, acts.Erase(), who)

    assert await store.read(cooldown.asked, ADA, clock.now, RING) == (NOW,)


async def test_a_second_newsletter_within_the_hour_is_asked_when_it_is_over_and_a_fourth_never(
    store, clock
):
    for name in ("daily", "week", "month", "year"):
        who = (await join(store, clock, act=acts.Join(newsletter=name))).subscriber
        clock.now += timedelta(minutes=5)

    owed = [(one.newsletter, one.due_at) for one in await store.read(letters.of, who)]

    assert owed == [("daily", NOW), ("week", NOW + HOUR), ("month", NOW + 2 * HOUR)]
    assert [one.status for one in await held(store, who)] == [Status.PENDING] * 4
    clock.now = NOW + timedelta(minutes=59)
    assert (await join(store, clock)).letters == ()


async def test_who_is_erased_leaves_no_trace_of_a_letter_that_had_not_left(store, clock):
    await join(store, clock)
    who = (await join(store, clock, act=acts.Join(newsletter="week"))).subscriber

    await on_address(store, clock, acts.Erase(), who)

    assert await store.read(cooldown.asked, ADA, clock.now, RING) == (NOW,)


async def test_changing_to_a_strangers_address_counts_against_the_strangers_cooldown(store, clock):
    stranger = Address.parse("grace@example.org")
    victims = [await a_member(store, clock, Address.parse(f"a{n}@example.org")) for n in range(3)]

    done = [await on_address(store, clock, acts.ChangeAddress(to=stranger), v) for v in victims]

    assert [one.letters for one in done] == [(Kind.ADDRESS,), (), ()]
    who = (await join(store, clock, stranger)).subscriber
    assert [one.due_at for one in await store.read(letters.of, who)] == [NOW + HOUR]


async def test_a_confirmed_reader_is_in_the_audience_and_welcomed(store, clock):
    who = await a_member(store, clock)
    again = await act(store, clock, acts.Confirm(), who)

    assert not again.happened
    assert await kinds(store, who) == [Kind.CONFIRM, Kind.WELCOME]
    assert await audience(store, clock) == ["ada@example.org"]


async def test_who_left_is_out_at_once_and_may_undo_it(store, clock):
    who = await a_member(store, clock)

    assert (await act(store, clock, acts.Leave(goodbye=True), who)).letters == (Kind.GOODBYE,)
    assert not (await act(store, clock, acts.Leave(), who)).happened
    assert await audience(store, clock) == []
    clock.now += HOUR
    await act(store, clock, acts.Return(), who)
    assert await audience(store, clock) == ["ada@example.org"]


@pytest.mark.parametrize("old", [False, True])
async def test_a_stranger_cannot_make_us_forget_that_somebody_left(store, clock, old):
    who = await a_member(store, clock)
    await act(store, clock, acts.Leave(), who)
    clock.now += 100 * DAY
    await join(store, clock)
    if old:  # as versions before kept it

        def dropped(tx):
            (one,) = people.subscriptions_of(tx, who)
            people.save_subscription(
                tx, replace(one, left_at=None, left_by=None, confirmed_at=None)
            )

        await store.write(dropped)
    else:
        admit = await join(store, clock, act=acts.Admit(newsletter="daily"), by=By.OPERATOR)
        assert not admit.happened
    clock.now += 15 * DAY

    assert await membership.purge(store, marks_kept=90 * DAY, clock=clock) == 1

    assert [one.status for one in await held(store, who)] == [Status.LEFT]
    assert [line[0] for line in await log(store, who)] == ["confirm", "join", "leave", "join"]
    assert not (await join(store, clock, act=acts.Admit(newsletter="daily"), by=By.IMPORT)).happened
    assert await audience(store, clock) == []
    assert await membership.purge(store, marks_kept=90 * DAY, clock=clock) == 0


async def test_preferences_and_a_pause_are_kept(store, clock):
    who = await a_member(store, clock)
    await act(store, clock, acts.Change(cadence="weekly"), who)
    await act(store, clock, acts.Pause(until=NOW + DAY), who)

    (found,) = await held(store, who)
    assert (found.cadence, found.status, found.paused_until) == (
        "weekly",
        Status.PAUSED,
        NOW + DAY,
    )


async def test_a_new_address_is_used_when_confirmed_and_never_takes_anothers(store, clock):
    who = await a_member(store, clock)
    grace = await a_member(store, clock, Address.parse("grace@example.org"))
    to = Address.parse("ada@new.example")

    taken = acts.ChangeAddress(to=Address.parse("grace@example.org"))
    assert (await on_address(store, clock, taken, who)).letters == ()
    assert not (await on_address(store, clock, acts.ConfirmAddress(), who)).happened
    await on_address(store, clock, acts.ChangeAddress(to=to), who)
    clock.now += HOUR
    await on_address(store, clock, acts.ChangeAddress(to=to), grace)
    assert (await on_address(store, clock, acts.ConfirmAddress(), who)).happened
    assert not (await on_address(store, clock, acts.ConfirmAddress(), grace)).happened

    assert sorted(await audience(store, clock)) == ["ada@new.example", "grace@example.org"]


async def test_a_bounced_address_is_kept_and_not_written_to(store, clock):
    who = await a_member(store, clock)
    await on_address(store, clock, acts.Bounce(), who, By.MAILBOX)

    assert await audience(store, clock) == []
    assert (await store.read(people.at_address, ADA)).standing is Standing.BOUNCED
    await membership.reinstate(store, ADA, ring=RING, clock=clock)
    assert await audience(store, clock) == ["ada@example.org"]


async def test_a_strangers_join_does_not_revive_a_bounced_address_and_its_readers_does(
    store, clock
):
    who = await a_member(store, clock)
    await on_address(store, clock, acts.Bounce(), who, By.MAILBOX)
    clock.now += 30 * DAY

    for newsletter in ("daily", "other"):
        await join(store, clock, act=acts.Join(newsletter=newsletter))
        assert (await store.read(people.at_address, ADA)).standing is Standing.BOUNCED
        assert [one.status for one in await held(store, who)][:1] == [Status.ACTIVE]
        assert await audience(store, clock) == []
    clock.now += 13 * DAY
    assert (await act(store, clock, acts.Confirm(), who)).letters == (Kind.WELCOME,)

    assert await audience(store, clock) == ["ada@example.org"]


async def test_who_erases_themselves_does_not_erase_that_a_stranger_was_asked(store, clock):
    victim = Address.parse("grace@example.org")
    for name, key in (("a1", RING), ("a2", (b"newer" * 7, *RING))):
        mallory = await a_member(store, clock, Address.parse(f"{name}@evil.example"))
        await on_address(store, clock, acts.ChangeAddress(to=victim), mallory)
        await on_address(store, clock, acts.Erase(), mallory)
        done = await membership.join(
            store, Profile(address=victim), JOIN, by=By.READER, ring=key, clock=clock
        )
        left = [one for one in await store.read(letters.of, done.subscriber) if one.due_at == NOW]
        assert left == []
    clock.now += DAY

    assert await membership.purge(store, marks_kept=90 * DAY, clock=clock) == 0
    assert (
        await store.read(lambda tx: tx.execute(select(paces).where(paces.c.kind == "asked")).all())
        == []
    )
    assert (await join(store, clock, victim)).letters == (Kind.CONFIRM,)


async def test_nobody_learns_from_their_own_page_whether_an_address_is_known(store, clock):
    await a_member(store, clock, Address.parse("boss@example.org"))
    await membership.suppress(store, Address.parse("erased@example.org"), ring=RING, clock=clock)
    clock.now += DAY
    told = []

    for n, name in enumerate(("boss", "erased", "stranger")):
        who = await a_member(store, clock, Address.parse(f"m{n}@evil.example"))
        wanted = Address.parse(f"{name}@example.org")
        await on_address(store, clock, acts.ChangeAddress(to=wanted), who)
        data = await store.read(members.everything, who)
        assert data["person"].pop("new_address") == str(wanted)
        told.append(str(data).replace(who, "").replace(f"m{n}@", "m@"))

    assert len(set(told)) == 1
    assert [await kinds(store, who)][0][-1] is Kind.ADDRESS


async def test_an_address_that_was_suppressed_meanwhile_is_not_moved_to(store, clock):
    who, new = await a_member(store, clock), Address.parse("ada@new.example")
    await on_address(store, clock, acts.ChangeAddress(to=new), who)
    await membership.suppress(store, new, ring=RING, clock=clock)

    assert not (await on_address(store, clock, acts.ConfirmAddress(), who)).happened
    assert await store.read(people.at_address, new) is None


async def test_one_person_has_three_strangers_asked_a_day(store, clock):
    who = await a_member(store, clock)
    for n in range(12):
        clock.now += timedelta(minutes=1)
        to = Address.parse(f"victim{n}@example.org")
        await on_address(store, clock, acts.ChangeAddress(to=to), who)

    assert (await kinds(store, who)).count(Kind.ADDRESS) == 3


async def test_a_complaint_keeps_out_until_the_operator_takes_it_back(store, clock):
    who = await a_member(store, clock)
    await on_address(store, clock, acts.Complain(), who, By.MAILBOX)
    clock.now += DAY

    assert not (await join(store, clock)).happened
    await membership.reinstate(store, ADA, ring=RING, clock=clock)
    assert (await join(store, clock)).letters == (Kind.CONFIRM,)


async def test_the_erased_are_gone_but_for_a_mark_that_old_keys_made_too(store, clock):
    who = await a_member(store, clock)

    assert (await on_address(store, clock, acts.Erase(), who)).happened
    assert not (await on_address(store, clock, acts.Erase(), who)).happened
    assert not (await act(store, clock, acts.Leave(), who)).happened
    assert await store.read(people.at_address, ADA) is None
    assert (await log(store, who), await kinds(store, who)) == ([], [])
    assert await store.read(consents.suppressed, [mark(RING[0], ADA)]) == {mark(RING[0], ADA)}
    newer = (b"newest" * 6, *RING)
    done = await membership.join(
        store, Profile(address=ADA), JOIN, by=By.READER, ring=newer, clock=clock
    )
    assert done == membership.NOTHING


async def test_an_operator_can_keep_a_stranger_out(store, clock):
    await membership.suppress(store, ADA, ring=RING, clock=clock)

    assert not (await join(store, clock)).happened


async def test_the_evidence_of_a_consent_is_kept(store, clock):
    said = Evidence(text_version="2026-11", page="/subscribe", ip_mark="ab12")
    done = await membership.join(
        store, Profile(address=ADA), JOIN, by=By.READER, ring=RING, clock=clock, evidence=said
    )

    ((_, found),) = await store.read(consents.log_of, done.subscriber)
    assert found == said


async def test_the_hash_of_a_network_is_kept_for_so_long_and_the_consent_longer(store, clock):
    said = Evidence(text_version="2026-11", page="subscribe", ip_mark="ab12")
    member = await a_member(store, clock)
    for act_at in (timedelta(0), 60 * DAY):
        clock.now += act_at
        await membership.act_on(
            store, member, "daily", acts.Pause(until=clock.now + DAY), by=By.READER, clock=clock,
            evidence=said,
        )  # fmt: skip
    clock.now += 31 * DAY

    await membership.purge(store, marks_kept=90 * DAY, clock=clock)

    marks = [found.ip_mark for _, found in await store.read(consents.log_of, member)]
    texts = [found.text_version for entry, found in await store.read(consents.log_of, member)]
    assert marks[-2:] == [None, "ab12"]
    assert texts[-2:] == ["2026-11", "2026-11"]


async def test_joins_never_confirmed_are_purged_after_14_days(store, clock):
    late = (await join(store, clock)).subscriber
    member = await a_member(store, clock, Address.parse("grace@example.org"))
    clock.now += 14 * DAY

    assert not (await act(store, clock, acts.Confirm(), late)).happened
    assert await membership.purge(store, marks_kept=90 * DAY, clock=clock) == 1
    assert await store.read(people.at_address, ADA) is None
    assert await store.read(roster.counts) == {("daily", "active", "ok"): 1}
    assert len(await held(store, member)) == 1


async def test_a_letter_that_never_left_protects_nobody(store, clock):
    address = Address.parse("ada@example.org")
    await join(store, clock, address)
    skipped = update(letters_table).values(state="skipped")
    await store.write(lambda tx: tx.execute(skipped))

    assert await store.read(cooldown.asked, address, clock.now, RING) == ()
    await store.write(lambda tx: tx.execute(update(letters_table).values(attempts=1)))
    assert await store.read(cooldown.asked, address, clock.now, RING) == (clock.now,)


async def test_who_is_known_or_suppressed_costs_a_commit_as_well(store, clock):
    async def join(name):
        profile = Profile(address=Address.parse(f"{name}@example.org"))
        act = acts.Join(newsletter="daily", cadence="daily")
        return await membership.join(store, profile, act, by=By.READER, ring=RING, clock=clock)

    def marked(tx):
        asked = select(paces.c.at).where(paces.c.kind == "nobody")
        return tx.execute(asked).scalar()

    await join("ada")
    assert await store.read(marked) is None
    assert not (await join("ada")).happened
    first = await store.read(marked)
    clock.now += DAY
    await membership.suppress(store, Address.parse("eve@example.org"), ring=RING, clock=clock)
    assert not (await join("eve")).happened

    assert (first, await store.read(marked)) == (clock.now - DAY, clock.now)


async def test_they_are_purged_and_networks_forgotten_a_batch_at_a_time(store, clock, monkeypatch):
    monkeypatch.setattr(people.purge, "__defaults__", (2,))
    monkeypatch.setattr(consents.forget_networks, "__defaults__", (2,))
    for name in ("ada", "grace", "edsger"):
        await membership.join(
            store,
            Profile(address=Address.parse(f"{name}@example.org")),
            acts.Join(newsletter="daily", cadence="daily"),
            by=By.READER,
            ring=RING,
            clock=clock,
            evidence=Evidence(ip_mark="ab12"),
        )
    wrote = []
    write = store.write

    async def writing(change, *args):
        wrote.append((change.__name__, await write(change, *args)))
        return wrote[-1][1]

    monkeypatch.setattr(store, "write", writing)
    clock.now += 14 * DAY

    assert await membership.purge(store, marks_kept=DAY, clock=clock) == 3
    assert wrote == [
        ("forget_networks", 2), ("forget_networks", 1), ("forget_networks", 0),
        ("forget", 0), ("lapse", 0),
        ("purge", 2), ("purge", 1), ("purge", 0),
    ]  # fmt: skip
    assert await store.read(roster.counts) == {}


async def test_the_issues_that_went_to_a_person_are_theirs_to_see_and_their_words_go_with_them(
    store,
):
    def story(tx):
        ledger.released(tx, "ada", "grace")
        said = "5.1.1 <ada@example.org>, <bob@example.org>: no"
        tx.execute(update(deliveries).values(state="failed", code=550, text=said))
        seen = members.everything(tx, SubscriberId("ada"))
        people.forget(tx, SubscriberId("ada"))
        return seen, ledger.rows(tx, "code", "text")

    seen, left = await store.write(story)

    [one] = seen["deliveries"]
    assert (one["newsletter"], one["period"], one["state"]) == ("daily", "2026-11-24", "failed")
    assert one["text"] == "5.1.1 <ada@example.org>, <…>: no"
    assert left == {
        "ada": (550, None),
        "grace": (550, "5.1.1 <ada@example.org>, <bob@example.org>: no"),
    }
