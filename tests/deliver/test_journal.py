"""A process that is killed leaves behind what it had on the wire, and what was accepted."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from digest.deliver import journal
from digest.deliver.journal import Entry, InUse, Journal, Noted, Notes
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Refused, Stage
from digest.delivery import DeliveryId
from digest.errors import Temporary

LEASE = UUID(int=7)
SENT = Accepted(250, "2.0.0", "queued as 7F3A")

# Notes without end, telling us after each pair how far it is; we kill it while it writes.
WORKER = """
import sys
from pathlib import Path
from uuid import UUID
from digest.deliver.journal import Journal
from digest.deliver.outcome import Accepted

journal = Journal(Path(sys.argv[1]), capacity=200_000)
journal.begin(UUID(int=7))
for number in range(200_000):
    journal.departing(number)
    print(number, flush=True)
    if number % 3:
        journal.accepted(number, b"250 queued as %d" % number)
    else:
        journal.settle(number, Accepted(250, "", f"queued as {number}"))
"""


def read(path: Path) -> Notes | None:
    with Journal(path, capacity=200_000) as notes:
        return notes.left_behind()


def an_entry(number: int, noted: Noted, code: int = 0, text: str = "") -> Entry:
    return Entry(delivery=DeliveryId(number), noted=noted, code=code, text=text)


def test_what_departed_and_what_was_said_is_read_back(tmp_path):
    path = tmp_path / "worker.journal"
    with Journal(path) as notes:
        notes.begin(LEASE)
        for number in range(1, 6):
            notes.departing(DeliveryId(number))
        notes.settle(DeliveryId(1), SENT)
        notes.settle(DeliveryId(2), Deferred(451, "4.3.0", "later", Stage.END))
        notes.settle(DeliveryId(3), Refused(554, "5.6.0", "no", Stage.END))
        notes.settle(DeliveryId(4), InDoubt("lost"))
        notes.settle(DeliveryId(9), Refused(550, "5.1.1", "never left", Stage.RCPT))

    assert read(path) == Notes(
        lease=LEASE,
        entries=(
            an_entry(1, Noted.ACCEPTED, 250, "queued as 7F3A"),
            an_entry(2, Noted.NOT_TAKEN, 451, "later"),
            an_entry(3, Noted.NOT_TAKEN, 554, "no"),
            an_entry(4, Noted.DEPARTED),
            an_entry(5, Noted.DEPARTED),
        ),
        whole=True,
    )


def test_what_was_accepted_as_usual_is_read_back_in_the_relays_words(tmp_path):
    path = tmp_path / "worker.journal"
    with Journal(path) as notes:
        notes.begin(LEASE)
        for number in (1, 2, 3):
            notes.departing(DeliveryId(number))
        notes.accepted(1, b"250 2.0.0 Ok: queued as 7F3A")
        notes.accepted(2, b"250 x" + "ö".encode() * 60)

    found = read(path)
    assert found is not None
    assert found.entries == (
        an_entry(1, Noted.ACCEPTED, 250, "2.0.0 Ok: queued as 7F3A"),
        an_entry(2, Noted.ACCEPTED, 250, "x" + "ö" * 25),
        an_entry(3, Noted.DEPARTED),
    )
    assert [type(journal.outcome(entry)) for entry in found.entries] == [
        Accepted,
        Accepted,
        InDoubt,
    ]
    assert journal.outcome(found.entries[0]) == Accepted(250, "2.0.0", "Ok: queued as 7F3A")


def test_a_second_attempt_takes_the_place_of_the_first(tmp_path):
    path = tmp_path / "worker.journal"
    with Journal(path, capacity=1) as notes:
        notes.begin(LEASE)
        notes.departing(DeliveryId(1))
        notes.settle(DeliveryId(1), Deferred(451, "4.3.0", "later", Stage.END))
        notes.departing(DeliveryId(1))

    found = read(path)
    assert found is not None
    assert found.entries == (an_entry(1, Noted.DEPARTED),)


def test_what_is_in_the_database_is_forgotten_and_its_place_used_again(tmp_path):
    path = tmp_path / "worker.journal"
    with Journal(path, capacity=2) as notes:
        notes.begin(LEASE)
        for number in range(1, 100, 2):
            notes.departing(DeliveryId(number))
            notes.departing(DeliveryId(number + 1))
            notes.settle(DeliveryId(number), SENT)
            assert notes.room == 0
            notes.forget([number, number + 1, 7_000])
        notes.departing(DeliveryId(100))

    found = read(path)
    assert found is not None
    assert found.entries == (an_entry(100, Noted.DEPARTED),)


def test_after_the_machine_was_down_the_journal_says_that_notes_may_be_missing(
    tmp_path, monkeypatch
):
    path = tmp_path / "worker.journal"
    with Journal(path) as notes:
        notes.begin(LEASE)
    boot = tmp_path / "boot_id"
    boot.write_text("another start")
    monkeypatch.setattr(journal, "BOOT", boot)

    assert read(path) == Notes(lease=LEASE, entries=(), whole=False)


def test_a_living_worker_keeps_its_journal_and_a_dead_ones_is_taken_over(tmp_path):
    with Journal(tmp_path / "worker-1.journal") as mine:
        with pytest.raises(InUse, match="alive"):
            Journal(mine.path)
        (second,) = journal.take_over(tmp_path)
        assert second.path.name == "worker-2.journal"
        second.close()
        (again,) = journal.take_over(tmp_path)
        assert again.path == second.path
        again.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["worker-1.journal"]


def test_a_new_lease_forgets_the_old_one_even_of_an_earlier_process(tmp_path):
    path = tmp_path / "worker.journal"
    with Journal(path) as notes:
        notes.begin(LEASE)
        for number in range(5):
            notes.departing(DeliveryId(number))
    with Journal(path) as notes:
        notes.begin(UUID(int=8))
        notes.departing(DeliveryId(70))

    found = read(path)
    assert found is not None
    assert found.lease == UUID(int=8)
    assert found.entries == (an_entry(70, Noted.DEPARTED),)


def test_a_text_too_long_is_cut_between_characters(tmp_path):
    path = tmp_path / "worker.journal"
    with Journal(path) as notes:
        notes.begin(LEASE)
        notes.departing(DeliveryId(1))
        notes.settle(DeliveryId(1), Accepted(250, "", "x" + "ö" * 60))

    found = read(path)
    assert found is not None
    assert found.entries[0].text == "x" + "ö" * 25


def test_a_lease_larger_than_the_journal_is_a_mistake(tmp_path):
    with Journal(tmp_path / "worker.journal", capacity=2) as notes:
        notes.begin(LEASE)
        notes.departing(DeliveryId(1))
        notes.departing(DeliveryId(2))
        with pytest.raises(ValueError, match="no room"):
            notes.departing(DeliveryId(3))


@pytest.mark.parametrize(
    "left", [None, b"", b"\0" * 5000, b"something else that is no journal" * 9]
)
def test_without_a_lease_there_is_nothing_to_believe(tmp_path, left):
    path = tmp_path / "worker.journal"
    if left is not None:
        path.write_bytes(left)

    assert read(path) is None


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(common_folder):
    closed = common_folder / "closed"
    closed.mkdir()
    closed.chmod(0o500)

    with pytest.raises(Temporary, match="cannot be written: Permission denied"):
        Journal(closed / "worker.journal")


def test_only_the_owner_may_read_it(tmp_path):
    path = tmp_path / "worker.journal"
    Journal(path).close()

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("after", [0, 1, 500, 5000])
def test_kill_9_leaves_at_most_one_delivery_in_doubt_and_forgets_none(tmp_path: Path, after: int):
    path = tmp_path / "worker.journal"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert worker.stdout is not None
    for line in worker.stdout:
        if int(line) >= after:
            break
    worker.send_signal(signal.SIGKILL)
    said = [after, *(int(line) for line in worker.stdout if line.endswith("\n"))]
    assert worker.wait() == -signal.SIGKILL
    worker.stdout.close()

    found = read(path)
    assert found is not None
    assert found.lease == LEASE
    entries = found.entries
    assert len(entries) in (said[-1] + 1, said[-1] + 2)  # the last may have departed in silence
    assert [e.delivery for e in entries] == list(range(len(entries)))
    assert all(e.noted is Noted.ACCEPTED for e in entries[:-1])
    assert [e.text for e in entries[:-1]] == [f"queued as {n}" for n in range(len(entries) - 1)]


def test_beside_a_worker_are_all_but_itself(tmp_path):
    with Journal(tmp_path / "worker-1.journal") as own:
        assert journal.beside(own) == ([], False)

        with Journal(tmp_path / "worker-2.journal"):
            assert journal.beside(own) == ([], True)

        [dead], alive = journal.beside(own)
        dead.close()
        assert (dead.path.name, alive) == ("worker-2.journal", False)


def test_who_asks_for_a_journal_in_use_keeps_nothing_open(tmp_path):
    path = tmp_path / "worker-1.journal"
    with Journal(path):
        before = set(Path("/proc/self/fd").iterdir())

        with pytest.raises(InUse):
            Journal(path)

        assert set(Path("/proc/self/fd").iterdir()) == before


def test_where_there_is_no_room_for_a_journal_it_says_so_and_lets_it_go(tmp_path, monkeypatch):
    path = tmp_path / "worker-1.journal"

    def full(file, start, size):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "posix_fallocate", full)
        with pytest.raises(Temporary, match="cannot be written: No space left on device"):
            Journal(path)

    Journal(path).close()
