"""Rows put straight into a database, for tests that need somebody or something to be there."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from digest.model import Article
from digest.storage import articles as table
from digest.storage import people
from subscribers.model import Subscriber, Subscription


def reader(tx: Connection, person: Subscriber, subscription: Subscription) -> None:
    people.add(tx, person)
    people.save_subscription(tx, subscription)


def articles(tx: Connection, found: Iterable[Article]) -> None:
    for article in found:
        table.save(tx, article)
