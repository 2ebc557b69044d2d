"""What lies sealed in the ledger's rows, whose key opens it, and what of the row it is bound to. No framework."""

from datetime import date
from typing import Any

from backend.ledger.key_names import of_commitment, of_home, of_person, of_vehicle
from backend.storage.sealing import Compartment, Inside, KeyOwner


def _own(row: Any) -> KeyOwner:
    return of_person(row.person_id)


def _shared(row: Any) -> KeyOwner:
    if row.premises_id is not None:
        return of_home(row.premises_id)
    return _own(row) if row.vehicle_id is None else of_vehicle(row.vehicle_id)


_ACTIVITY_BOUND = (
    "person_id",
    "premises_id",
    "vehicle_id",
    "meter_hash",
    "point_hash",
    "source",
    "category",
    "start_at",
    "end_at",
    "entered_at",
)
_STATEMENT_BOUND = ("person_id", "vintage", "version", "digest")

PERSON = (
    Compartment(
        "sealed",
        {"born_on": Inside(None, read=date.fromisoformat)},
        lambda row: of_commitment(row.commitment),
        ("commitment",),
    ),
)

ACTIVITY = (
    Compartment(
        "sealed",
        {name: Inside() for name in ("kind", "quantity", "unit", "given", "place")},
        _shared,
        _ACTIVITY_BOUND,
    ),
    Compartment("sealed_evidence", {"evidence": Inside()}, _own, _ACTIVITY_BOUND),
)
"""What a home or vehicle used is read by all who share it; where the document is, by who entered it."""

ODOMETER = (
    Compartment(
        "sealed",
        {"km": Inside(0), "charged_kwh": Inside("0")},
        lambda row: of_vehicle(row.vehicle_id),
        ("vehicle_id", "person_id", "read_on", "activity_id", "charged_premises_id", "entered_at"),
    ),
)

VEHICLE_USER = (
    Compartment(
        "sealed",
        {"of_age_from": Inside(None, read=date.fromisoformat)},
        lambda row: of_vehicle(row.vehicle_id),
        ("vehicle_id", "person_id", "since_on", "entered_at"),
    ),
)

STATEMENT = (
    Compartment(
        "sealed",
        {"document": Inside(), **{name: Inside(0) for name in ("footprint_gco2e", "bound_gco2e", "surplus_gco2e")}},
        _own,
        _STATEMENT_BOUND,
    ),
    Compartment("sealed_reason", {"reason": Inside(None)}, _own, _STATEMENT_BOUND),
)

CORRECTION = (
    Compartment(
        "sealed",
        {"reason": Inside()},
        _own,
        ("statement_id", "person_id", "vintage", "kind", "amount_gco2e", "source", "reference", "made_at"),
    ),
)

ACCESS = (
    Compartment(
        "sealed",
        {"role": Inside(), "reader": Inside(None), "what": Inside(), "why": Inside()},
        _own,
        ("person_id", "at"),
    ),
)
