"""One holder at a time; a dead one does not stand in the way."""

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from backend.kernel.clock import FixedClock
from backend.link.lease import LEASE_TIME, Lease, LeaseHeld, LeaseLost, holder_of
from backend.link.tables import LeaseRow
from backend.storage.database import Database


def held_by(database: Database, clock: FixedClock, host: str, pid: int) -> None:
    with database.write() as session:
        session.add(LeaseRow(name="x", holder="other", host=host, pid=pid, until=clock.now() + LEASE_TIME))


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_lease__held_by_a_living_process__is_refused_with_who_holds_it(database: Database, clock: FixedClock) -> None:
    held_by(database, clock, socket.gethostname(), os.getpid())

    with pytest.raises(LeaseHeld) as refused:
        Lease(database, "x", clock).hold()

    assert refused.value.fields["pid"] == os.getpid()
    assert refused.value.fields["until"] == "2026-01-15T12:00:15Z"


def test_lease__held_by_a_process_that_ended__is_taken_at_once(database: Database, clock: FixedClock) -> None:
    held_by(database, clock, socket.gethostname(), ended_process())

    Lease(database, "x", clock).hold()

    with pytest.raises(LeaseHeld):
        Lease(database, "x", clock).hold()


def test_lease__held_on_another_machine__is_taken_only_when_it_lapses(database: Database, clock: FixedClock) -> None:
    held_by(database, clock, "another-machine", ended_process())

    with pytest.raises(LeaseHeld):
        Lease(database, "x", clock).hold()
    clock.at += LEASE_TIME

    Lease(database, "x", clock).hold()


def test_lease__renewed_in_time__never_lapses(database: Database, clock: FixedClock) -> None:
    first, second = Lease(database, "x", clock), Lease(database, "x", clock)

    for _ in range(10):
        first.hold()
        with pytest.raises(LeaseHeld):
            second.hold()
        clock.at += timedelta(seconds=5)


def test_lease__released__is_free_and_releasing_anothers_does_nothing(database: Database, clock: FixedClock) -> None:
    first, second = Lease(database, "x", clock), Lease(database, "x", clock)
    first.hold()

    second.release()
    with pytest.raises(LeaseHeld):
        second.hold()
    first.release()

    second.hold()


def test_token__rises_with_every_change_of_holder_and_with_no_renewal(database: Database, clock: FixedClock) -> None:
    first, second = Lease(database, "x", clock), Lease(database, "x", clock)
    first.hold()
    clock.at += LEASE_TIME - timedelta(seconds=1)
    first.hold()
    assert first.token == 1
    first.release()
    second.hold()
    second.release()
    first.hold()

    assert (first.token, second.token) == (3, 2)


def test_require__in_the_transaction_of_one_that_was_taken_over__keeps_it_from_committing(
    database: Database, clock: FixedClock
) -> None:
    """Its own clock stood still: it does not know."""
    asleep, other = FixedClock(clock.at), Lease(database, "x", clock)
    hung = Lease(database, "x", asleep)
    hung.hold()
    with database.write() as session:
        hung.require(session)
    clock.at += LEASE_TIME
    other.hold()
    hung.hold()

    with pytest.raises(LeaseLost) as lost, database.write() as session:
        hung.require(session)

    assert (lost.value.code, lost.value.fields) == ("link.lease_lost", {"name": "x", "token": 1})
    with database.write() as session:
        other.require(session)
    with pytest.raises(LeaseHeld):
        hung.hold()


def test_holder__while_it_lives__is_told_with_where_it_answers(database: Database, clock: FixedClock) -> None:
    lease = Lease(database, "x", clock, url="http://127.0.0.1:8000")

    def found() -> tuple[str, int, str | None] | None:
        with database.read() as session:
            holder = holder_of(session, "x", clock.now())
        return None if holder is None else (holder.secret, holder.token, holder.url)

    assert found() is None
    lease.hold()
    assert found() == (lease.secret, 1, "http://127.0.0.1:8000")
    lease.release()
    assert found() is None
    lease.hold()
    clock.at += LEASE_TIME
    assert found() is None


def test_holder__that_ended_without_a_word__is_none(database: Database, clock: FixedClock) -> None:
    held_by(database, clock, socket.gethostname(), ended_process())
    with database.read() as session:
        assert holder_of(session, "x", clock.now()) is None
