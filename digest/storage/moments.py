"""A moment to what a column keeps of it, and back. Always aware UTC, with microseconds. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept and returned as UTC with microseconds on every dialect."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = _utc(value)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Instant(TypeDecorator[datetime]):
    """The same where there is a row for every reader: SQLite keeps ``ticks``, a third of the bytes.

    Six of them are half of such a row. They compare with each other and with no Moment.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kept = _Ticks() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        if value is None:
            return None
        return ticks(value) if dialect.name == "sqlite" else _utc(value)

    def process_result_value(
        self, value: datetime | int | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        return at_tick(value) if isinstance(value, int) else value.astimezone(UTC)


class _Ticks(UserDefinedType[int]):
    """Whole numbers in columns that were made for text: SQLite keeps what it is given."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "DATETIME"


def ticks(at: datetime) -> int:
    """Microseconds since 1970."""
    return (_utc(at) - EPOCH) // _TICK


def at_tick(number: int) -> datetime:
    """The moment that many microseconds after 1970 began."""
    return EPOCH + timedelta(microseconds=number)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a moment without a zone: {at.isoformat()}")
    return at.astimezone(UTC)
