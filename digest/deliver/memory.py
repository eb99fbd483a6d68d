"""What a restart must not forget: Paces and Circuits to short texts and back. Pure.

Limits come from the configuration and only what has happened from the text, so that a limit that
was changed holds at once and what the last hour used still counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from digest.deliver.choice import Circuit
from digest.deliver.throttle import SHY, Pace, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """Of a Pace. ``windows``: seconds -> (slice, count), oldest first.

    ``held``: worker -> how many it may still send, and until when (deliver/sharing.py).
    """

    windows: dict[float, tuple[tuple[int, int], ...]]
    rate: float
    credit: float
    refilled_at: float
    accepted: int
    cautious_until: float
    held: dict[str, tuple[int, float]] = field(default_factory=dict)


_PAST = TypeAdapter(_Past)
_CIRCUIT = TypeAdapter(Circuit)
NOTHING: Mapping[str, tuple[int, float]] = MappingProxyType({})


def of_pace(pace: Pace, held: Mapping[str, tuple[int, float]] = NOTHING) -> str:
    """What has happened at a pace, and what workers hold of it, as JSON."""
    return json.dumps(
        {
            "windows": {window.seconds: window.slices for window in pace.windows},
            "rate": pace.rate,
            "credit": pace.credit,
            "refilled_at": pace.refilled_at,
            "accepted": pace.accepted,
            "cautious_until": pace.cautious_until,
            "held": dict(held),
        }
    )


def pace(configured: Pace, text: str) -> Pace:
    """``configured`` with the past of ``of_pace``; as it is where the text cannot be read."""
    try:
        past = _PAST.validate_json(text)
    except ValidationError:
        return configured
    windows = (Window(seconds=seconds, limit=0, slices=s) for seconds, s in past.windows.items())
    return carried(
        configured,
        Pace(
            windows=tuple(windows),
            rate=past.rate,
            credit=past.credit,
            refilled_at=past.refilled_at,
            accepted=past.accepted,
            cautious_until=past.cautious_until,
        ),
    )


def held(text: str) -> dict[str, tuple[int, float]]:
    """What workers hold; nothing where the text cannot be read."""
    try:
        return _PAST.validate_json(text).held
    except ValidationError:
        return {}


def carried(configured: Pace, past: Pace) -> Pace:
    """The limits of ``configured`` with what has happened at ``past``."""
    slices = {window.seconds: window.slices for window in past.windows}
    windows = tuple(
        replace(window, slices=slices.get(window.seconds, ())) for window in configured.windows
    )
    if configured.rate and not past.rate:
        return replace(configured, windows=windows)
    rate = min(past.rate, configured.ceiling or past.rate)
    return replace(past, windows=windows, rate=rate, ceiling=configured.ceiling)


def worth_keeping(past: Pace, configured: Pace, now: float) -> bool:
    """Whether a pace tells more than ``configured`` does. A rate that has grown grows again."""
    return (
        0 < past.rate < (configured.rate or SHY)
        or now < past.cautious_until
        or any(window.room(now) < window.limit for window in past.windows)
    )


def of_circuit(circuit: Circuit) -> str:
    """How a relay has fared, as JSON."""
    return _CIRCUIT.dump_json(circuit).decode()


def circuit(text: str) -> Circuit:
    """The circuit of ``of_circuit``; a new one where the text cannot be read."""
    try:
        return _CIRCUIT.validate_json(text)
    except ValidationError:
        return Circuit()
