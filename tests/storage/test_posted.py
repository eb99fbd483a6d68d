"""Which mails of ours a person may speak of: their own, the newest first, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from digest.delivery import Posted
from digest.storage import consents, letters, posted
from digest.storage.consents import Evidence
from digest.storage.postal import deliveries
from digest.storage.schema import issues
from subscribers.address import Address
from subscribers.consent import Entry
from subscribers.model import By, Kind, SubscriberId
from tests.builders import NOW
from tests.storage.ledger import person, released

ADA, GRACE = SubscriberId("ada"), SubscriberId("grace")
DAY = timedelta(days=1)


def a_letter(tx, who, days):
    """One that was owed so many days after NOW."""
    at = NOW + days * DAY
    to = Address.parse(f"{who}@example.org")
    letter = letters.Letter(
        subscriber=who,
        newsletter="daily",
        kind=Kind.CONFIRM,
        address=to,
        language="en",
        enrolled_at=at,
        expires_at=at + DAY,
    )
    assert letters.queue(tx, letter)


async def test_letters_are_a_persons_own_since_a_moment_and_the_newest_come_first(store):
    def story(tx):
        person(tx, "ada")
        person(tx, "grace")
        for days in range(4):
            a_letter(tx, ADA, days)
            a_letter(tx, GRACE, days)
        of_ada = posted.recent(tx, ADA, NOW, 2)
        return of_ada, [one.at for one in posted.recent(tx, ADA, NOW, 9)]

    two, moments = await store.write(story)

    assert [(one.subscriber, one.at) for one in two] == [
        (ADA, NOW + 3 * DAY),
        (ADA, NOW + 2 * DAY),
    ]
    assert moments == [NOW + 3 * DAY, NOW + 2 * DAY, NOW + DAY]


async def test_issues_are_of_what_a_person_takes_since_a_moment_and_the_newest_come_first(store):
    def story(tx):
        released(tx, "ada")
        person(tx, "grace", newsletter="weekly")
        for day in (25, 26, 27):
            released(tx, period=f"2026-11-{day}")
        for issue in (1, 2, 3, 4):
            made = NOW + issue * DAY
            found = update(issues).where(issues.c.id == issue)
            tx.execute(found.values(created_at=made, released_at=made + DAY))
        of_grace = posted.recent(tx, GRACE, NOW, 9)
        return posted.recent(tx, ADA, NOW + DAY, 2), posted.recent(tx, ADA, NOW + DAY, 9), of_grace

    two, since, of_grace = await store.write(story)

    def issue(day, at):
        return Posted(
            subscriber=ADA, newsletter="daily", at=NOW + at * DAY, issue=("daily", f"2026-11-{day}")
        )

    assert two == [issue(27, 5), issue(26, 4)]
    assert since == [*two, issue(25, 3)]
    assert of_grace == []


async def test_a_mail_is_past_by_when_it_left_itself_and_no_other(store):
    began = NOW + 5 * DAY

    def story(tx):
        released(tx, "ada")
        released(tx, period="2026-11-25")
        entry = Entry(
            newsletter="daily", act="confirm", by=By.READER, before="", after="", at=began
        )
        consents.note(tx, ADA, entry, Evidence())
        for issue, at in ((1, NOW), (2, began + DAY)):
            sent = update(deliveries).where(deliveries.c.issue == issue)
            tx.execute(sent.values(state="sent", settled_at=at))
        mails = [posted.delivery(tx, id_) for id_ in (1, 2)]
        weekly = replace(mails[0], newsletter="weekly")
        return [posted.is_past(tx, mail) for mail in (*mails, weekly)]

    assert await store.write(story) == [True, False, False]
