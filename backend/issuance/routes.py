"""Batches over HTTP, for everybody; and the claim file, for whoever the claim belongs to. With the other parts of the
room's routes: verification, the verifiers' work, appeals, a statement's progress.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from sqlmodel import Session
from starlette.requests import Request

from backend.access.state import database_of, deployment_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, PageAfter, PageLimit, Wire
from backend.chain.class_id import class_code
from backend.issuance.appeal_routes import router as appeal_router
from backend.issuance.claim_file import claim_file
from backend.issuance.inspection_routes import router as inspection_router
from backend.issuance.progress_routes import router as progress_router
from backend.issuance.reading import Batch, batch_at, batches
from backend.issuance.verification_routes import router as verification_router
from backend.issuance.verifier import threshold_of
from backend.issuance.verifier_routes import router as verifier_router
from backend.ledger.caller import OnBehalf, SignedIn, acting, note_guardian
from backend.ledger.service import StatementUnknown, statement_of

router = APIRouter(dependencies=[Depends(note_guardian)])
batch_router = APIRouter(tags=["issuance"])

Vintage = Annotated[int, Path(ge=2000, le=2999, description="A calendar year.")]


class BatchOut(Wire):
    """A batch: the pool's totals in grams of CO2e, who signed, and what of it has minted."""

    id: int
    root: HexBytes32
    state: str
    """`drafted`, `planned`, `approved`, `sent` or `anchored`."""
    class_id: Amount
    credit_class: str
    people: int
    budgets_gco2e: Amount
    footprints_gco2e: Amount
    surpluses_gco2e: Amount
    """The most that may mint, holders and buffer together."""
    deficits_gco2e: Amount
    policy: str
    policy_digest: HexBytes32
    factors_digest: HexBytes32
    deadline: Iso
    """From then on nobody can anchor it."""
    planned_at: Iso
    verifiers: list[AddressText]
    """Who signed, by ascending address."""
    threshold: int
    """How many signatures a batch needs."""
    claims: int
    minted: int
    """Claims that have minted."""
    suspended: bool
    anchored_at: Iso | None
    tx_hash: HexBytes32 | None


def _out(session: Session, batch: Batch) -> BatchOut:
    totals = batch.totals
    return BatchOut(
        id=batch.batch_id,
        root=batch.root,
        state=str(batch.state),
        class_id=totals.class_id,
        credit_class=class_code(totals.class_id),
        people=totals.people,
        budgets_gco2e=totals.budgets_gco2e,
        footprints_gco2e=totals.footprints_gco2e,
        surpluses_gco2e=totals.surpluses_gco2e,
        deficits_gco2e=totals.deficits_gco2e,
        policy=batch.policy_id,
        policy_digest=totals.policy_digest,
        factors_digest=totals.factors_digest,
        deadline=batch.deadline,
        planned_at=batch.planned_at,
        verifiers=list(batch.approvers),
        threshold=threshold_of(session),
        claims=batch.claims,
        minted=batch.minted,
        suspended=batch.suspended,
        anchored_at=batch.anchored_at,
        tx_hash=batch.tx_hash,
    )


@batch_router.get("/batches")
def list_batches(request: Request, limit: PageLimit = 50, after: PageAfter = 0) -> list[BatchOut]:
    """Every batch in order of planning; `after` is the `id` of the last one already seen."""
    with database_of(request).read() as session:
        return [_out(session, batch) for batch in batches(session, limit=limit, after=after)]


@batch_router.get("/batches/{root}")
def one_batch(request: Request, root: HexBytes32) -> BatchOut:
    """One batch."""
    with database_of(request).read() as session:
        return _out(session, batch_at(session, root))


@batch_router.get("/statements/{vintage}/claim")
def read_claim_file(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> dict[str, Any]:
    """The claim of one's own statement as a file: with it the credits can be minted without this server."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        statement = statement_of(session, person.person_id, vintage)
        if statement is None:
            raise StatementUnknown(f"{vintage} is still open", vintage=vintage)
        return dict(claim_file(session, deployment_of(request), statement.digest))


for part in (batch_router, verification_router, verifier_router, inspection_router, appeal_router, progress_router):
    router.include_router(part)
