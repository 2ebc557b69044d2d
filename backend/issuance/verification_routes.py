"""What everybody can see of verification: who verifies and until when, draws from list to finding, reversals; and the
steps of a draw, which verifiers take signed in.
"""

import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Path
from sqlmodel import Session
from starlette.requests import Request

from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, SignatureText, Wire
from backend.chain.class_id import class_code
from backend.issuance.accreditation import accreditations, grant
from backend.issuance.draw_list import DRAW_TOPIC, day_number, day_of
from backend.issuance.drawing import commit, commitments_of, draw_at, draws, list_of, reveal
from backend.issuance.reauditing import reaudits_in
from backend.issuance.reversal import reversals
from backend.issuance.tables import DrawAnchoringRow
from backend.issuance.verification_tables import DrawRow
from backend.ledger.caller import SignedIn

router = APIRouter(prefix="/verification", tags=["verification"])

Day = Annotated[date, Path(description="The day on which the draw was opened, UTC.")]


def is_registrar_of(request: Request) -> Callable[[str], bool]:
    """Who is a registrar on the chain (`state.is_registrar`)."""
    return cast(Callable[[str], bool], request.app.state.is_registrar)


class AccreditationOut(Wire):
    """A verifier's accreditation. Without `grantedBy` its term runs from the chain's word. `removedAt`: when the chain
    was told to hear it no more; `revokedAt` too, if its term was not over.
    """

    verifier: AddressText
    since_at: Iso
    expires_at: Iso
    granted_by: AddressText | None
    signature: SignatureText | None
    removed_at: Iso | None
    revoked_at: Iso | None
    serves: bool


@router.get("/accreditations")
def list_accreditations(request: Request) -> list[AccreditationOut]:
    """Everybody who is or was a verifier: since when, until when, and who says so."""
    now = clock_of(request).now()
    with database_of(request).read() as session:
        return [
            AccreditationOut(
                verifier=one.verifier,
                since_at=one.since_at,
                expires_at=one.expires_at,
                granted_by=one.granted_by,
                signature=one.signature,
                removed_at=one.removed_at,
                revoked_at=one.revoked_at,
                serves=one.serves_at(now),
            )
            for one in accreditations(session)
        ]


class GrantIn(Wire):
    """A registrar's word (EIP-191) until when a verifier serves."""

    verifier: AddressText
    granted_by: AddressText
    granted_at: Iso
    until: Iso
    signature: SignatureText


@router.post("/accreditations", status_code=201)
def post_accreditation(request: Request, body: GrantIn) -> list[AccreditationOut]:
    """Keeps a registrar's signed grant of a term; the signature and the role on the chain decide, not who sends it."""
    held = is_registrar_of(request)(body.granted_by)  # asked before the database is locked: a node may be slow
    with database_of(request).write() as session:
        grant(
            session,
            deployment_of(request),
            verifier=body.verifier,
            granted_by=body.granted_by,
            granted_at=body.granted_at,
            until=body.until,
            signature=body.signature,
            by_registrar=held,
            at=clock_of(request).now(),
        )
    return list_accreditations(request)


class PartOut(Wire):
    """A verifier's part in a seed. `secret` is None while it is not revealed."""

    verifier: AddressText
    commitment: HexBytes32
    signature: SignatureText
    committed_at: Iso
    secret: HexBytes32 | None


class DrawnOut(Wire):
    """A statement that a draw chose, and what was found; no amount, no reason: those are the person's."""

    statement: HexBytes32
    outcome: str | None
    verifier: AddressText | None
    decided_at: Iso | None


class DrawSummaryOut(Wire):
    """A draw in figures: how many statements it listed and chose, how many verifiers had a part in its seed."""

    day: str
    list_digest: HexBytes32
    listed: int
    committed: int
    revealed: int
    seed: HexBytes32 | None
    """None while it is not concluded, and of a draw that came to nothing."""
    drawn: int
    decided: int
    opened_at: Iso
    concluded_at: Iso | None


def _summary(session: Session, row: DrawRow) -> DrawSummaryOut:
    parts, drawn = commitments_of(session, row.day), reaudits_in(session, row.day)
    return DrawSummaryOut(
        day=day_of(row.day).isoformat(),
        list_digest=row.list_digest,
        listed=len(list_of(row).candidates),
        committed=len(parts),
        revealed=sum(one.secret is not None for one in parts),
        seed=row.seed,
        drawn=len(drawn),
        decided=sum(one.decided_at is not None for one in drawn),
        opened_at=row.opened_at,
        concluded_at=row.concluded_at,
    )


class DrawOut(Wire):
    """A draw's public record: all that it takes to draw again, which `tanyu verifier verify-draw` does offline."""

    day: str
    topic: HexBytes32
    list_digest: HexBytes32
    listed: dict[str, Any]
    """What was anchored: `listDigest` is the digest of its canonical JSON."""
    anchored_at: Iso | None
    tx_hash: HexBytes32 | None
    parts: list[PartOut]
    block_number: int | None
    block_hash: HexBytes32 | None
    block_at: Iso | None
    seed: HexBytes32 | None
    drawn: list[DrawnOut]
    concluded_at: Iso | None


def draw_out(session: Session, row: DrawRow) -> DrawOut:
    """A draw as JSON."""
    anchoring = session.get(DrawAnchoringRow, row.day)
    known = anchoring if anchoring is not None and anchoring.digest == row.list_digest else None
    return DrawOut(
        day=day_of(row.day).isoformat(),
        topic=DRAW_TOPIC,
        list_digest=row.list_digest,
        listed=json.loads(row.listed),
        anchored_at=known.anchored_at if known else None,
        tx_hash=known.tx_hash if known else None,
        parts=[
            PartOut(
                verifier=one.verifier,
                commitment=one.commitment,
                signature=one.signature,
                committed_at=one.committed_at,
                secret=one.secret,
            )
            for one in commitments_of(session, row.day)
        ],
        block_number=row.block_number,
        block_hash=row.block_hash,
        block_at=row.block_at,
        seed=row.seed,
        drawn=[
            DrawnOut(
                statement=one.statement_digest, outcome=one.outcome, verifier=one.verifier, decided_at=one.decided_at
            )
            for one in reaudits_in(session, row.day)
        ],
        concluded_at=row.concluded_at,
    )


@router.get("/draws")
def list_draws(request: Request) -> list[DrawSummaryOut]:
    """Every draw in figures, the oldest first, those that came to nothing too."""
    with database_of(request).read() as session:
        return [_summary(session, row) for row in draws(session)]


@router.get("/draws/{day}")
def read_draw(request: Request, day: Day) -> DrawOut:
    """One draw's public record."""
    with database_of(request).read() as session:
        return draw_out(session, draw_at(session, day_number(day)))


class CommitmentIn(Wire):
    """The digest of a secret, and the verifier's signature (EIP-191) over the text that holds it."""

    commitment: HexBytes32
    signature: SignatureText


@router.post("/draws/{day}/commitment", status_code=201)
def post_commitment(request: Request, account: SignedIn, day: Day, body: CommitmentIn) -> DrawOut:
    """Commits the signed-in verifier to a secret."""
    with database_of(request).write() as session:
        number, now = day_number(day), clock_of(request).now()
        commit(session, number, account, commitment=body.commitment, signature=body.signature, at=now)
        return draw_out(session, draw_at(session, number))


@router.post("/draws/{day}/reveal")
def post_reveal(
    request: Request, account: SignedIn, day: Day, secret: Annotated[HexBytes32, Body(embed=True)]
) -> DrawOut:
    """Shows the signed-in verifier's secret, once the named block is there."""
    with database_of(request).write() as session:
        row = reveal(session, day_number(day), account, secret=secret, at=clock_of(request).now())
        return draw_out(session, row)


class ReversalOut(Wire):
    """Grams of CO2e found to have been minted wrongly, and whether the registrar has recorded it on the chain."""

    reference: HexBytes32
    class_id: Amount
    credit_class: str
    amount_gco2e: Amount
    recorded: bool


@router.get("/reversals")
def list_reversals(request: Request) -> list[ReversalOut]:
    """Every reversal; those not recorded are the registrar's to record."""
    with database_of(request).read() as session:
        return [
            ReversalOut(
                reference=one.reference,
                class_id=one.class_id,
                credit_class=class_code(one.class_id),
                amount_gco2e=one.amount_gco2e,
                recorded=one.recorded,
            )
            for one in reversals(session)
        ]
