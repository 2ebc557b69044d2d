"""Inspections over HTTP: a person asks, the assigned verifier looks and says what is documented."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.access.wire import Iso, Wire
from backend.issuance.case import evidence_of, inspected_ids
from backend.issuance.inspection import ask_inspection, decide_inspection, inspections_asked, inspections_of
from backend.issuance.verification_tables import InspectionRow
from backend.issuance.verifier_routes import EvidenceOut, evidence_out
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of

router = APIRouter()

Vintage = Annotated[int, Path(ge=2000, le=2999, description="A calendar year.")]


class InspectionOut(Wire):
    """An inspection of a vintage's documents. `inspected`: how many activities became grade D."""

    id: int
    vintage: int
    asked_at: Iso
    inspected: int
    words: str | None
    decided_at: Iso | None


class InspectionDecisionIn(Wire):
    """Ids of the activities whose documents were seen and agree, and what was seen, in words."""

    documented: list[int]
    words: str


def _out(row: InspectionRow) -> InspectionOut:
    assert row.id is not None
    return InspectionOut(
        id=row.id,
        vintage=row.vintage,
        asked_at=row.asked_at,
        inspected=row.inspected,
        words=row.words,
        decided_at=row.decided_at,
    )


@router.post("/statements/{vintage}/inspection", status_code=201, tags=["statements"])
def post_inspection(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> InspectionOut:
    """Asks that a verifier look at the documents behind a year's activities: only then do self-declared ones earn."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now, books = clock_of(request).now(), books_of(request)
        return _out(ask_inspection(session, books, person_id=person.person_id, vintage=vintage, at=now))


@router.get("/statements/{vintage}/inspections", tags=["statements"])
def list_own_inspections(
    request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None
) -> list[InspectionOut]:
    """The inspections that the signed-in account asked for in a year, and what was seen; the last one is the newest."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return [_out(row) for row in inspections_asked(session, person.person_id, vintage)]


@router.get("/verification/inspections", tags=["verification"])
def list_inspections(request: Request, account: SignedIn) -> list[InspectionOut]:
    """Inspections that wait for the signed-in verifier."""
    with database_of(request).read() as session:
        return [_out(row) for row in inspections_of(session, account, clock_of(request).now())]


@router.get("/verification/inspections/{inspection}", tags=["verification"])
def read_inspection(request: Request, account: SignedIn, inspection: int) -> list[EvidenceOut]:
    """The year's activities of an inspection that waits for the signed-in verifier."""
    with database_of(request).write() as session:
        return [evidence_out(one) for one in evidence_of(session, account, inspection, clock_of(request).now())]


@router.post("/verification/inspections/{inspection}/decision", tags=["verification"])
def post_inspection_decision(
    request: Request, account: SignedIn, inspection: int, body: InspectionDecisionIn
) -> InspectionOut:
    """Raises what is documented to grade D; the rest stays self-declared."""
    with database_of(request).write() as session:
        now = clock_of(request).now()
        shown = inspected_ids(session, account, inspection, now)
        row = decide_inspection(
            session,
            inspection,
            account,
            documented=body.documented,
            shown=shown,
            words=body.words,
            at=now,
        )
        return _out(row)
