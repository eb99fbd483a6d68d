"""The API against its own description: schemathesis makes requests, ours must keep what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from digest.storage.database import Store
from digest.web.app import application
from tests.web.house import RING, Hand, settings_in

FEW = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Api:
    """The description that the whole site serves, and the site behind it."""

    schema: BaseSchema
    site: FastAPI
    clock: Hand

    def stamp(self) -> str:
        """The stamp of a fresh form, after the time a person takes to fill it in."""
        said = self.site.state.desk.challenger.stamp(self.clock())
        self.clock.forward(seconds=5)
        return said


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    known = settings_in(tmp_path, "proof_of_work = false\n")
    store, clock = asyncio.run(Store.open(known.storage.url)), Hand()
    site = application(known, store=store, ring=RING, clock=clock)
    yield Api(schemathesis.openapi.from_asgi("/api/openapi.json", site), site, clock)
    asyncio.run(store.close())


OPERATIONS = [
    ("/newsletters", "GET"),
    ("/challenge", "GET"),
    ("/form", "GET"),
    ("/subscribe", "POST"),
]


def test_every_operation_is_tried(api: Api):
    found = [one.ok() for one in api.schema.get_all_operations()]

    assert [(one.path, one.method.upper()) for one in found] == OPERATIONS


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_api_keeps_what_it_says(api: Api, path: str, method: str):
    # Whether an address is one is more than a JSON schema can say: a form may be refused.
    excluded = [positive_data_acceptance] if path == "/subscribe" else []

    @FEW
    @given(case=api.schema[path][method].as_strategy())
    def keeps(case: Case) -> None:
        case.call_and_validate(excluded_checks=excluded)

    keeps()


def test_what_is_no_form_is_refused_as_it_says(api: Api):
    negative = api.schema["/subscribe"]["POST"].as_strategy(GenerationMode.NEGATIVE)

    @FEW
    @given(case=negative)
    def keeps(case: Case) -> None:
        case.call_and_validate()

    keeps()


def test_a_form_of_ours_is_answered_as_it_says_whatever_is_filled_in(api: Api):
    answers = set()

    @FEW
    @given(case=api.schema["/subscribe"]["POST"].as_strategy(), email=st.none() | st.emails())
    def keeps(case: Case, email: str | None) -> None:
        ours = {"newsletter": "daily", "stamp": api.stamp(), **({"email": email} if email else {})}
        case.body = {**case.body, **ours}
        # Whether an address is one is more than a JSON schema can say: 422 may be right.
        said = case.call_and_validate(excluded_checks=[positive_data_acceptance])
        answers.add(said.status_code)

    keeps()

    assert answers >= {202, 422}
