"""Whose key seals what: a person's own things its own, a home's readings the home's, a vehicle's the vehicle's.

A home's key lives as long as one of those who ever lived there is not erased: who stays needs the readings for its own
statements. The name of a key is a hash of what names its owner for good, so that a database brought back from a backup
still means the same keys.
"""

from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import Session

from backend.kernel.digest import sha256
from backend.storage.sealing import KeyOwner, keyring_of


def person_key_name(commitment: bytes) -> bytes:
    """The name of a person's key, by its uniqueness commitment: 32 bytes."""
    return sha256(b"tanyu key of a person\0" + commitment)


def home_key_name(code: str) -> bytes:
    """The name of a home's key, by its code: 32 bytes."""
    return sha256(b"tanyu key of a home\0" + code.encode())


def vehicle_key_name(code: str) -> bytes:
    """The name of a vehicle's key, by its code: 32 bytes."""
    return sha256(b"tanyu key of a vehicle\0" + code.encode())


def _person(connection: Connection, person_id: Any) -> bytes:
    query = text("SELECT commitment FROM ledger_person WHERE id = :id")
    return person_key_name(bytes(connection.execute(query, {"id": person_id}).scalar_one()))


def _statement(connection: Connection, digest: Any) -> bytes:
    query = text(
        "SELECT ledger_person.commitment FROM ledger_person "
        "JOIN ledger_statement ON ledger_statement.person_id = ledger_person.id WHERE ledger_statement.digest = :digest"
    )
    return person_key_name(bytes(connection.execute(query, {"digest": digest}).scalar_one()))


def _home(connection: Connection, premises_id: Any) -> bytes:
    query = text("SELECT code FROM ledger_premises WHERE id = :id")
    return home_key_name(connection.execute(query, {"id": premises_id}).scalar_one())


def _vehicle(connection: Connection, vehicle_id: Any) -> bytes:
    query = text("SELECT code FROM ledger_vehicle WHERE id = :id")
    return vehicle_key_name(connection.execute(query, {"id": vehicle_id}).scalar_one())


def _commitment(_connection: Connection, commitment: Any) -> bytes:
    return person_key_name(commitment)


def of_person(person_id: int) -> KeyOwner:
    """A person by its row."""
    return KeyOwner(_person, person_id)


def of_commitment(commitment: bytes) -> KeyOwner:
    """A person whose row may not be written yet."""
    return KeyOwner(_commitment, commitment)


def of_statement(digest: bytes) -> KeyOwner:
    """The person whose statement has a digest."""
    return KeyOwner(_statement, digest)


def of_home(premises_id: int) -> KeyOwner:
    """A home by its row."""
    return KeyOwner(_home, premises_id)


def of_vehicle(vehicle_id: int) -> KeyOwner:
    """A vehicle by its row."""
    return KeyOwner(_vehicle, vehicle_id)


def know_person(session: Session, person_id: int, commitment: bytes) -> None:
    """Spares a session the look-up of the name of a person's key, where many are read. Raises KeysUnset."""
    keyring_of(session).know(of_person(person_id), person_key_name(commitment))
