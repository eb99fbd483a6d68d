"""Members by the page."""

from __future__ import annotations

import pytest

from digest.storage import roster
from subscribers.model import Status
from tests.storage import plans
from tests.storage.ledger import person


@pytest.mark.parametrize("known", [False, True], ids=["new", "analyzed"])
@pytest.mark.parametrize(
    "asked",
    [{}, {"newsletter": "daily"}, {"status": Status.ACTIVE}],
    ids=["all", "of a newsletter", "of a status"],
)
async def test_a_page_is_read_in_order_and_sorts_nobody(store, asked, known):
    def plan(tx):
        for n in range(1_000):
            person(tx, f"r{n:03}")
        if known:
            tx.exec_driver_sql("analyze")
        return plans.of(tx, lambda tx: roster.page(tx, after=("r500", "daily"), limit=10, **asked))

    found = await store.write(plan)

    assert not plans.sorts(found), found
    assert "subscri" in found
