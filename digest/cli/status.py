"""``digest status``: how it is, on one screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from digest import periods
from digest.cli import Context, limits, relays, stores
from digest.cli.counted import counted
from digest.clock import clock_at
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver.choice import Circuit
from digest.deliver.outlook import Outlook
from digest.model import Newsletter, SourceId, Visit
from digest.plain import dumped
from digest.services import calendar, pacing
from digest.services.issue_office import missing
from digest.storage import desk, overview
from digest.storage.database import Store
from digest.storage.leases import SILENT
from digest.storage.overview import Overview, Sent
from digest.storage.reviews import Review

CLOCK = clock_at(None)
WANTED = frozenset({"active", "paused"})  # subscriptions of who would still have it
SENDS = "`digest letters send` or `digest run` sends what is due"


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(context: Context, as_json: bool) -> None:
    """Show the next issues, the last ones, what waits, and what is in trouble.

    It reads and changes nothing; `digest alerts` says what needs you, `digest doctor` looks deeper.
    """
    settings = load_for(context.config).settings
    used = frozenset(source.id for source in settings.collect.sources)
    now, free = CLOCK(), shutil.disk_usage(settings.folder).free
    kept = [(one.id, one.cadence.value) for one in _calendars(settings)]

    async def look(store: Store) -> tuple[Overview, Mapping[str, Circuit], Outlook | None]:
        return (
            await store.read(overview.read, used, kept, now),
            await pacing.known(store),
            await limits.of_queue(settings, store, now),
        )

    found, circuits, ends = stores.read(settings.storage.url, look) or (None, {}, None)
    if as_json:
        click.echo(dumped(_report(settings, found, circuits, ends, now, free)))
        return
    for line in _lines(settings, found, circuits, ends, now, free):
        click.echo(line)


def _calendars(settings: Settings) -> Iterator[Newsletter]:
    """Every newsletter, at each cadence that it is made at."""
    for newsletter in settings.newsletters.values():
        yield from calendar.cadences(newsletter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """When a newsletter's next issue is due at one cadence. ``taken``: by anybody."""

    newsletter: str
    cadence: str
    zone: str
    due: datetime
    taken: bool


def _next(settings: Settings, found: Overview | None, now: datetime) -> list[Coming]:
    """The next issues, the first due first; none at a cadence that is offered and nobody takes."""
    coming = []
    for one in _calendars(settings):
        key = one.id, one.cadence.value
        taken = found is None or key in found.taken
        if taken or one.cadence is settings.newsletters[one.id].cadence:
            settled = found.settled[key] if found else ()
            due = periods.next_issue(one, now, settled=settled)
            coming.append(
                Coming(newsletter=key[0], cadence=key[1], zone=one.timezone, due=due, taken=taken)
            )
    return sorted(coming, key=lambda one: (one.due, one.newsletter))


def _relays(settings: Settings, circuits: Mapping[str, Circuit], now: float) -> list[str]:
    deliver = settings.deliver
    if deliver.transport == "maildir":
        return [f"maildir {deliver.maildir}"]
    return [
        f"{relay.name}: {relay.host}:{relay.port}{_fares(relay.name, circuits, now)}"
        for relay in deliver.relays
    ]


def _fares(name: str, circuits: Mapping[str, Circuit], now: float) -> str:
    """Nothing of one that is in use."""
    circuit = circuits.get(name, Circuit())
    if circuit.passes(now):
        return f", {relays.state(circuit, now)}" if circuit.rests else ""
    return f", {relays.state(circuit, now)}; `digest relays resume {name}` once that is mended"


def _lines(
    settings: Settings,
    found: Overview | None,
    circuits: Mapping[str, Circuit],
    ends: Outlook | None,
    now: datetime,
    free: int,
) -> Iterator[str]:
    yield "Next issues"
    for one in _next(settings, found, now):
        local = one.due.astimezone(ZoneInfo(one.zone))
        nobody = "" if one.taken else ", which nobody takes yet"
        yield f"  {local:%a %Y-%m-%d %H:%M} {one.zone}  {one.newsletter}, {one.cadence}{nobody}"
    if found is None:
        yield "Nothing has happened yet: there is no database. `digest run` makes one."
        return
    if behind := _left_behind(settings, found):
        yield "Newsletters that are not in the configuration any more"
        for name, count in behind.items():
            who = f"{counted(count, 'subscriber')} {'gets' if count == 1 else 'get'} nothing"
            yield f"  {name}: {who}; put it back by that name"
    if found.waiting:
        yield "Waiting for your approval"
        yield from (f"  {_waits(one, settings, now)}" for one in found.waiting)
    yield "Last issues"
    yield from (f"  {_sent(one, settings)}" for one in found.sent)
    if not found.sent:
        yield "  none has gone out yet"
    if found.misses:
        yield "Periods without an issue"
        yield from (f"  {one.newsletter} {one.period}: {one.said}" for one in found.misses)
    if found.alerts:
        yield "Alerts that you were told of and that are not over"
        yield from (f"  {one.says}, since {one.since:%Y-%m-%d %H:%M} UTC" for one in found.alerts)
    yield "Queue"
    yield from _queue(found, ends, now)
    yield "Sources"
    yield f"  {found.gauges.sources:,} visited, {len(found.trouble):,} in trouble"
    names = {one.id: one.name for one in settings.collect.sources}
    for visit in found.trouble:
        yield f"  {_troubled(visit, names)}"
    yield "Sent through"
    yield from (f"  {one}" for one in _relays(settings, circuits, now.timestamp()))
    yield "Machine"
    yield f"  {free / 1e9:,.1f} GB are free; {_leader(found, now)}"


def _queue(found: Overview, ends: Outlook | None, now: datetime) -> Iterator[str]:
    gauges = found.gauges
    yield f"  {_waiting(gauges.deliveries, gauges.first_delivery, 'message')}"
    if ends:
        yield f"  {limits.line(ends)}"
    owed = gauges.letters.get("queued", 0)
    sends = "" if not owed or _is_kept(found, now) else f"; {SENDS}"
    yield f"  {_waiting(owed, gauges.oldest_owed, 'letter')}{sends}"


def _left_behind(settings: Settings, found: Overview | None) -> dict[str, int]:
    """Newsletters that were taken out or renamed, and how many would still have them."""
    behind: dict[str, int] = {}
    for (name, status), count in sorted(found.gauges.people.items() if found else ()):
        if name not in settings.newsletters and status in WANTED:
            behind[name] = behind.get(name, 0) + count
    return behind


def _sent(one: Sent, settings: Settings) -> str:
    issue = one.issue
    said = ", ".join(f"{count:,} {state}" for state, count in sorted(one.tally.items()))
    line = f"{issue.id:>5}  {issue.newsletter} {issue.period}, {issue.state}: {said or 'to nobody'}"
    if issue.newsletter not in settings.newsletters and "queued" in one.tally:
        return f"{line}\n         {missing(issue.newsletter, issue.id)}"
    if issue.state != "enrolling":
        return line
    return f"{line}\n         unless it is being released just now, {desk.half_released(issue.id)}"


def _troubled(visit: Visit, names: Mapping[SourceId, str]) -> str:
    """A source by its name; most troubles begin with its address."""
    said, name = visit.error or visit.status, names.get(visit.source, visit.source)
    named = said if name in said else f"{name}: {said}"
    return f"{named} ({'once' if visit.failures == 1 else f'{visit.failures} times'})"


def _waits(one: Review, settings: Settings, now: datetime) -> str:
    named = f"Issue {one.issue}, {one.newsletter} {one.period}"
    if one.newsletter not in settings.newsletters:
        end = f"`digest issues hold {one.issue}` ends it"
        return f"{named}, goes nowhere without its newsletter: put that back by its name, or {end}"
    if one.release_by is not None and one.release_by <= now:
        return f"{named}, may go: `digest run` releases it"
    by = f", and goes by itself at {one.release_by:%Y-%m-%d %H:%M} UTC" if one.release_by else ""
    return (
        f"{named}, waits for your approval{by}: `digest issues approve {one.issue}` sends it, "
        f"`digest issues hold {one.issue}` keeps it back"
    )


def _waiting(count: int, first: datetime | None, what: str) -> str:
    return f"{counted(count, what)} {'waits' if count == 1 else 'wait'}" + (
        f", the first for {first:%Y-%m-%d %H:%M} UTC" if first else ""
    )


def _leader(found: Overview, now: datetime) -> str:
    if not found.leader:
        return "nobody keeps the clock: no issue is made until `digest run` is started"
    host, process, _ = found.leader.rsplit(":", 2)
    who = f"process {process} on {host}"
    if _is_kept(found, now):
        return f"the clock is kept by {who}"
    last = f", last at {found.beaten:%Y-%m-%d %H:%M:%S} UTC" if found.beaten else ""
    return f"nobody keeps the clock: {who} did{last}, and is silent; start `digest run`"


def _is_kept(found: Overview, now: datetime) -> bool:
    """Whether somebody makes the issues now; the two clocks may differ a little."""
    return bool(found.leader and found.beaten and abs(now - found.beaten) < SILENT)


def _report(
    settings: Settings,
    found: Overview | None,
    circuits: Mapping[str, Circuit],
    ends: Outlook | None,
    now: datetime,
    free: int,
) -> dict[str, object]:
    return {
        "next": [
            {"newsletter": one.newsletter, "cadence": one.cadence, "due": one.due}
            for one in _next(settings, found, now)
        ],
        "not_configured": _left_behind(settings, found),
        "last": [{**asdict(one.issue), "deliveries": dict(one.tally)} for one in found.sent]
        if found
        else [],
        "for_approval": [asdict(one) for one in found.waiting] if found else [],
        "without_issue": [asdict(one) for one in found.misses] if found else [],
        "alerts": [asdict(one) for one in found.alerts] if found else [],
        "waiting": {
            "messages": found.gauges.deliveries if found else 0,
            "letters": found.gauges.letters.get("queued", 0) if found else 0,
            "ends": ends.ends if ends else None,
            "too_late": ends.late if ends else 0,
        },
        "sources_in_trouble": [
            {"source": one.source, "error": one.error or one.status, "failures": one.failures}
            for one in (found.trouble if found else ())
        ],
        "relays": _relays(settings, circuits, now.timestamp()),
        "free_bytes": free,
        "leader": found.leader if found else "",
        "clock_is_kept": _is_kept(found, now) if found else False,
    }
