"""A person and its verifiers over HTTP: appeals, questions to answer, corrections. Private to the account."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from sqlmodel import Session
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.issuance.appealing import appeals_of, make_appeal
from backend.issuance.returning import answer, questions_of
from backend.issuance.verification_tables import AppealRow
from backend.issuance.verifier_routes import QuestionOut, question_out
from backend.ledger.caller import OnBehalf, SignedIn, acting
from backend.ledger.correction import corrections_of
from backend.ledger.service import Statement, StatementUnknown, statement_at, statement_of

router = APIRouter(tags=["statements"])

Vintage = Annotated[int, Path(ge=2000, le=2999, description="A calendar year.")]


class AppealOut(Wire):
    """An appeal against a `return` or a `reversal`. `outcome`: None while it waits, then `granted` or `dismissed`."""

    id: int
    vintage: int
    against: str
    decided_against_by: AddressText
    words: str
    made_at: Iso
    due_at: Iso
    outcome: str | None
    reasons: str | None
    decided_at: Iso | None


def _appeal(session: Session, row: AppealRow) -> AppealOut:
    assert row.id is not None
    return AppealOut(
        id=row.id,
        vintage=statement_at(session, row.statement_digest).vintage,
        against=row.against,
        decided_against_by=row.decided_against_by,
        words=row.words,
        made_at=row.made_at,
        due_at=row.due_at,
        outcome=row.outcome,
        reasons=row.reasons,
        decided_at=row.decided_at,
    )


def _own(session: Session, person_id: int, vintage: int) -> Statement:
    statement = statement_of(session, person_id, vintage)
    if statement is None:
        raise StatementUnknown(f"{vintage} is still open", vintage=vintage)
    return statement


@router.post("/statements/{vintage}/appeal", status_code=201)
def post_appeal(
    request: Request,
    account: SignedIn,
    vintage: Vintage,
    words: Annotated[str, Body(embed=True)],
    ward: OnBehalf = None,
) -> AppealOut:
    """Appeals against the return or the reversal of one's own statement: another verifier decides."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        return _appeal(session, make_appeal(session, person_id=person.person_id, vintage=vintage, words=words, at=now))


@router.get("/appeals")
def list_appeals(request: Request, account: SignedIn, ward: OnBehalf = None) -> list[AppealOut]:
    """The account's appeals and what became of them."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return [_appeal(session, row) for row in appeals_of(session, person.person_id)]


@router.get("/statements/{vintage}/questions")
def list_questions(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> list[QuestionOut]:
    """What a verifier asks about one's own statement."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        own = _own(session, person.person_id, vintage)
        return [question_out(row) for row in questions_of(session, own.digest)]


@router.post("/statements/{vintage}/questions/{question}/answer")
def post_answer(
    *,
    request: Request,
    account: SignedIn,
    vintage: Vintage,
    question: int,
    words: Annotated[str, Body(embed=True)],
    ward: OnBehalf = None,
) -> QuestionOut:
    """Answers a verifier, once."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        own = _own(session, person.person_id, vintage)
        return question_out(answer(session, own.digest, question, words, clock_of(request).now()))


class CorrectionOut(Wire):
    """An error found in an attested statement: a `debt` that later vintages pay, or a `memo` that mints nothing."""

    vintage: int
    kind: str
    amount_gco2e: Amount
    reason: str
    reference: HexBytes32
    made_at: Iso
    lifted_at: Iso | None


@router.get("/corrections")
def list_corrections(request: Request, account: SignedIn, ward: OnBehalf = None) -> list[CorrectionOut]:
    """What was corrected in the account's statements."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return [
            CorrectionOut(
                vintage=one.vintage,
                kind=str(one.kind),
                amount_gco2e=one.amount_gco2e,
                reason=one.reason,
                reference=one.reference,
                made_at=one.made_at,
                lifted_at=one.lifted_at,
            )
            for one in corrections_of(session, person.person_id)
        ]
