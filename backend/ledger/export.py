"""Everything about a person as one JSON document, canonical (RFC 8785), made piece by piece in bounded memory.

The ledger's own sections are here; other rooms bring theirs at composition (`Books.export_sections`). Names carry the
units; amounts are decimal strings, as everywhere in our JSON.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.access.wire import camel
from backend.kernel.clock import iso
from backend.kernel.digest import Json, canonical_json, to_hex
from backend.ledger.access_log import accesses_of
from backend.ledger.address import addresses_of, claim_addresses_of
from backend.ledger.books import Books, ExportSection
from backend.ledger.home import homes_of
from backend.ledger.record import activities_of
from backend.ledger.tables import (
    ActivityRow,
    AddressRow,
    CorrectionRow,
    DeficitRow,
    NettingRow,
    OccupancyRow,
    OdometerRow,
    PersonRow,
    ResidenceRow,
    SettlementRow,
    SplitPartRow,
    SplitRow,
    StatementRow,
    VehicleUserRow,
)
from backend.ledger.vehicle import vehicles_of
from backend.link.tables import CreditBalance, PaymentBalance

EXPORT_SCHEMA = "tanyu.export/1"
PAGE = 500
"""Rows in memory at a time."""

_COUNTED = ("id", "vintage", "version", "bps", "km", "position")
"""Last words of the names of integers that are no amounts: numbers in JSON."""

_TOO_LARGE = frozenset({"class_id", "campaign_id"})
"""But these are uint256."""


def exported(row: SQLModel, **more: Json) -> Json:
    """A row in JSON: what is sealed in it opened, and the sealed bytes left out."""
    compartments = getattr(row, "compartments", ())
    columns = {compartment.column for compartment in compartments}
    names = [name for name in type(row).model_fields if name not in columns]
    names += [name for compartment in compartments for name in compartment.inside]
    return {camel(name): _json(name, getattr(row, name)) for name in names} | more


def _json(name: str, value: Any) -> Json:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        is_number = name.rsplit("_", maxsplit=1)[-1] in _COUNTED and name not in _TOO_LARGE
        return value if is_number else str(value)
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, datetime):
        return iso(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def exported_rows(session: Session, query: SelectOfScalar[Any]) -> Iterator[Json]:
    """The rows of a query, a page at a time."""
    for row in session.exec(query.execution_options(yield_per=PAGE)):
        yield exported(row)


def _account(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    yield exported(session.get_one(PersonRow, person_id))


def _addresses(session: Session, person_id: int, _of: Sequence[str]) -> Iterator[Json]:
    yield from exported_rows(session, select(AddressRow).where(col(AddressRow.person_id) == person_id))


def _residences(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    yield from exported_rows(session, select(ResidenceRow).where(col(ResidenceRow.person_id) == person_id))


def _homes(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    for home in homes_of(session, person_id):
        own = select(OccupancyRow).where(
            col(OccupancyRow.premises_id) == home.premises_id, col(OccupancyRow.person_id) == person_id
        )
        stays = list(exported_rows(session, own))
        yield {"code": home.code, "region": home.region, "gridArea": home.grid_area, "stays": stays}


def _vehicles(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    for vehicle in vehicles_of(session, person_id):
        own = select(VehicleUserRow).where(
            col(VehicleUserRow.vehicle_id) == vehicle.vehicle_id, col(VehicleUserRow.person_id) == person_id
        )
        read = select(OdometerRow).where(col(OdometerRow.vehicle_id) == vehicle.vehicle_id)
        yield {
            "code": vehicle.code,
            "kind": vehicle.kind,
            "place": vehicle.place,
            "uses": list(exported_rows(session, own)),
            "readings": list(exported_rows(session, read.order_by(col(OdometerRow.read_on)))),
        }


def _splits(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    for part in session.exec(select(SplitPartRow).where(col(SplitPartRow.person_id) == person_id)).all():
        yield exported(session.get_one(SplitRow, part.split_id), own=exported(part))


def _activities(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """Own ones and those of shared homes and vehicles; then own ones that were taken back."""
    after = 0
    while rows := activities_of(session, person_id, after=after, limit=PAGE):
        yield from (exported(row) for row in rows)
        after = rows[-1].id or 0
    withdrawn = select(ActivityRow).where(
        col(ActivityRow.person_id) == person_id, col(ActivityRow.withdrawn_at).is_not(None)
    )
    yield from exported_rows(session, withdrawn.order_by(col(ActivityRow.id)))


def _statements(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """Every version with its whole document, salts included."""
    query = select(StatementRow).where(col(StatementRow.person_id) == person_id)
    for row in session.exec(query.order_by(col(StatementRow.id)).execution_options(yield_per=1)):
        yield exported(row, document=json.loads(row.document) if row.document else None)


def _deficits(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    for row in session.exec(select(DeficitRow).where(col(DeficitRow.person_id) == person_id)).all():
        settled = select(SettlementRow).where(col(SettlementRow.deficit_id) == row.id)
        netted = select(NettingRow).where(col(NettingRow.deficit_id) == row.id)
        yield exported(
            row,
            settlements=list(exported_rows(session, settled)),
            nettings=list(exported_rows(session, netted)),
        )


def _corrections(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    query = select(CorrectionRow).where(col(CorrectionRow.person_id) == person_id)
    yield from exported_rows(session, query.order_by(col(CorrectionRow.id)))


def _credits(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    yield from exported_rows(session, select(CreditBalance).where(col(CreditBalance.account).in_(addresses)))


def _payments(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    yield from exported_rows(session, select(PaymentBalance).where(col(PaymentBalance.account).in_(addresses)))


def _access_log(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    after = 0
    while found := accesses_of(session, person_id, after=after, limit=PAGE):
        for one in found:
            yield {"at": iso(one.at), "role": str(one.role), "reader": one.reader, "what": one.what, "why": one.why}
        after = found[-1].access_id


OWN_SECTIONS: dict[str, ExportSection] = {
    "accessLog": _access_log,
    "account": _account,
    "activities": _activities,
    "addresses": _addresses,
    "corrections": _corrections,
    "credits": _credits,
    "deficits": _deficits,
    "homes": _homes,
    "payments": _payments,
    "residences": _residences,
    "splits": _splits,
    "statements": _statements,
    "vehicles": _vehicles,
}


def export_pieces(session: Session, books: Books, person_id: int, at: datetime) -> Iterator[bytes]:
    """The document, piece by piece: `exportedAt`, `schema`, and an array for each section, by name."""
    addresses = addresses_of(session, person_id) + claim_addresses_of(session, person_id)
    sections: dict[str, ExportSection | Json] = {"schema": EXPORT_SCHEMA, "exportedAt": iso(at)}
    sections |= OWN_SECTIONS | dict(books.export_sections)
    opening = b"{"
    for name, section in sorted(sections.items()):
        yield opening + canonical_json(name) + b":"
        opening = b","
        if callable(section):
            yield b"["
            between = b""
            for row in section(session, person_id, addresses):
                yield between + canonical_json(row)
                between = b","
            yield b"]"
        else:
            yield canonical_json(section)
    yield b"}"
