"""Statements over HTTP: close a vintage, hand it to the verifiers, read it. Private to the account."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlmodel import Session
from starlette.requests import Request

from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Amount, HexBytes32, SignatureText, Wire
from backend.chain.class_id import class_code
from backend.ledger.books import Books
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.claim_address import ClaimAddress, claim_address_text
from backend.ledger.closing import close, submit
from backend.ledger.debt import OpenDeficit
from backend.ledger.deficit import deficits_of, open_deficits, settlements_of
from backend.ledger.service import Statement, StatementUnknown, statement_of, statements_of
from backend.ledger.settlement_views import SettlementOut

router = APIRouter(tags=["statements"])

Vintage = Annotated[int, Path(ge=2000, le=2999, description="A calendar year.")]


class StatementOut(Wire):
    """A vintage statement. All amounts in grams of CO2e. `creditGco2e` is what mints to the holder."""

    vintage: int
    version: int
    state: str
    credit_class: str
    digest: HexBytes32
    policy: str
    policy_digest: HexBytes32
    factors_digest: HexBytes32
    budget_gco2e: Amount
    footprint_gco2e: Amount
    bound_gco2e: Amount
    surplus_gco2e: Amount
    netted_gco2e: Amount
    credit_gco2e: Amount
    deficit_gco2e: Amount
    reason: str | None
    """Why it was returned."""
    settled_by: tuple[SettlementOut, ...] = ()
    """What the chain settled of its deficit."""
    aid: str | None = None
    """Where its application for aid stands: applied, awarded, passed-over or granted."""


class DeficitOut(Wire):
    """A deficit and what is left of it. Retiring credits of one of `regions`, of its vintage or earlier, under
    `reference` settles it.
    """

    region: str
    regions: list[str]
    vintage: int
    reference: HexBytes32
    amount_gco2e: Amount
    outstanding_gco2e: Amount


class StatementsOut(Wire):
    """Statements and open deficits, oldest vintage first."""

    statements: list[StatementOut]
    deficits: list[DeficitOut]


class ClaimAddressBody(Wire):
    """A fresh address for this vintage's credits, and its key's signature of the text that
    `GET /statements/{vintage}/claim-address` gives.
    """

    claim_address: AddressText
    signature: SignatureText


class ClaimAddressTextOut(Wire):
    """What the address's key signs as a personal message (EIP-191)."""

    text: str


class StatementDocumentOut(StatementOut):
    """The same with the whole document, salts included: whoever holds it can prove any field of it."""

    document: dict[str, Any]


def _fields(statement: Statement) -> dict[str, Any]:
    return {
        "vintage": statement.vintage,
        "version": statement.version,
        "state": str(statement.state),
        "credit_class": class_code(statement.class_id),
        "digest": statement.digest,
        "policy": statement.policy_id,
        "policy_digest": statement.policy_digest,
        "factors_digest": statement.factors_digest,
        "budget_gco2e": statement.budget_gco2e,
        "footprint_gco2e": statement.footprint_gco2e,
        "bound_gco2e": statement.bound_gco2e,
        "surplus_gco2e": statement.surplus_gco2e,
        "netted_gco2e": statement.netted_gco2e,
        "credit_gco2e": statement.credit_gco2e,
        "deficit_gco2e": statement.deficit_gco2e,
        "reason": statement.reason,
    }


def _deficit(deficit: OpenDeficit) -> DeficitOut:
    return DeficitOut(
        region=deficit.region,
        regions=list(deficit.regions),
        vintage=deficit.vintage,
        reference=deficit.reference,
        amount_gco2e=deficit.amount_gco2e,
        outstanding_gco2e=deficit.outstanding_gco2e,
    )


def _settling(session: Session, books: Books, person_id: int) -> dict[int, dict[str, Any]]:
    """What settled each deficit of a person, and what may yet, by its statement's row."""
    return {
        deficit.statement_id: {
            "settled_by": tuple(SettlementOut.of(one) for one in settlements_of(session, deficit.deficit_id)),
            "aid": books.aid_stage(session, person_id, deficit.reference),
        }
        for deficit in deficits_of(session, person_id)
    }


@router.post("/statements/{vintage}/close", status_code=201)
def close_vintage(
    request: Request, account: SignedIn, vintage: Vintage, body: ClaimAddressBody | None = None, ward: OnBehalf = None
) -> StatementOut:
    """Closes a year that is over, or closes it anew. What was not measured counts as the high default. Its credits mint
    to the account's address, or to a fresh one that is given.
    """
    chain_id = deployment_of(request).chain_id
    claim = None if body is None else ClaimAddress(body.claim_address, chain_id, body.signature)
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        statement = close(session, books_of(request), person_id=person.person_id, vintage=vintage, at=now, claim=claim)
    return StatementOut(**_fields(statement))


@router.get("/statements/{vintage}/claim-address")
def text_of_a_claim_address(
    request: Request,
    account: SignedIn,
    vintage: Vintage,
    address: Annotated[AddressText, Query(description="The fresh address.")],
) -> ClaimAddressTextOut:
    """The text that a fresh address's key signs, so that this vintage's credits mint to it."""
    chain_id = deployment_of(request).chain_id
    text = claim_address_text(account=account, address=address, vintage=vintage, chain_id=chain_id)
    return ClaimAddressTextOut(text=text)


@router.post("/statements/{vintage}/submit")
def submit_vintage(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> StatementOut:
    """Hands a closed year to the verifiers. From here on what it was made of stands still."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        statement = submit(session, books_of(request), person_id=person.person_id, vintage=vintage, at=now)
    return StatementOut(**_fields(statement))


@router.get("/statements")
def list_statements(request: Request, account: SignedIn, ward: OnBehalf = None) -> StatementsOut:
    """The account's statements and what it still owes."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        settling = _settling(session, books_of(request), person.person_id)
        return StatementsOut(
            statements=[
                StatementOut(**_fields(one), **settling.get(one.statement_id, {}))
                for one in statements_of(session, person.person_id)
            ],
            deficits=[_deficit(deficit) for deficit in open_deficits(session, person.person_id)],
        )


@router.get("/statements/{vintage}")
def read_statement(
    request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None
) -> StatementDocumentOut:
    """One statement with its document."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        statement = statement_of(session, person.person_id, vintage)
        if statement is None:
            raise StatementUnknown(f"{vintage} is still open", vintage=vintage)
        settling = _settling(session, books_of(request), person.person_id).get(statement.statement_id, {})
    return StatementDocumentOut(**_fields(statement), **settling, document=json.loads(statement.document))
