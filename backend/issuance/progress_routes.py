"""A person's own statement on its way to credits, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request

from backend.access.state import database_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.issuance.progress import progress_of
from backend.ledger.caller import OnBehalf, SignedIn, acting

router = APIRouter(tags=["statements"])

Vintage = Annotated[int, Path(ge=2000, le=2999, description="A calendar year.")]


class StepOut(Wire):
    """`closed`, `submitted`, `attested`, `batched`, `anchored`, `minted`. Without a time it is yet to come."""

    name: str
    at: Iso | None
    by: AddressText | None
    tx_hash: HexBytes32 | None


class ProgressOut(Wire):
    """How far the statement has come. `mintsGco2e` is known once it is in a batch; 0 mints nothing."""

    steps: list[StepOut]
    root: HexBytes32 | None
    batch_state: str | None
    suspended: bool
    """Whether the batch's unclaimed leaves are stopped."""
    mints_gco2e: Amount | None


@router.get("/statements/{vintage}/progress")
def follow_statement(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> ProgressOut:
    """The steps from closing to the mint, with their times."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        found = progress_of(session, person.person_id, vintage)
    batch = found.batch
    return ProgressOut(
        steps=[StepOut(name=one.name, at=one.at, by=one.by, tx_hash=one.tx_hash) for one in found.steps],
        root=batch.root if batch else None,
        batch_state=str(batch.state) if batch else None,
        suspended=bool(batch and batch.suspended),
        mints_gco2e=found.mints_gco2e,
    )
