"""The verifier's work over HTTP: its queue, one case, and what it decides. Keys stay with the verifiers.

A verifier signs in like anybody. It is shown what is assigned to it, and of a batch what the batch is made of.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from sqlmodel import Session
from starlette.requests import Request

from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, PageAfter, PageLimit, SignatureText, Wire
from backend.chain.class_id import class_code
from backend.issuance.appealing import decide_appeal
from backend.issuance.approval import record_approval
from backend.issuance.attestation import Attestation
from backend.issuance.attesting import record_attestation
from backend.issuance.case import Case, Disclosure, Evidence, case_of, disclosures_of
from backend.issuance.plausibility import shipped_thresholds
from backend.issuance.reading import batch_at
from backend.issuance.reauditing import Outcome, decide_reaudit
from backend.issuance.returning import ask, return_statement
from backend.issuance.task import Task, queue_of
from backend.issuance.verification_tables import QuestionRow
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import to_hex
from backend.ledger.caller import SignedIn, books_of
from backend.ledger.service import statement_at

router = APIRouter(prefix="/verification", tags=["verification"])

Digest = Annotated[HexBytes32, Path(description="The statement's digest.")]


LAST_S = 253_402_300_799
"""The last second of the year 9999: times beyond it are of no calendar, and wrong anyway."""


class TaskOut(Wire):
    """One piece of work. `work`: `attest`, `reaudit` or `appeal`. `id` is the cursor of statements to attest."""

    id: int
    work: str
    statement: HexBytes32
    vintage: int
    version: int
    credit_class: str
    since_at: Iso
    due_at: Iso | None
    appeal: int | None


class FindingOut(Wire):
    """What a plausibility rule found."""

    rule: str
    sentence: str


class EvidenceOut(Wire):
    """An activity and where the document behind it can be found."""

    id: int
    kind: str
    given: str
    from_: Iso
    to: Iso
    place: str
    grade: str
    evidence: str
    inspected_by: AddressText | None


class QuestionOut(Wire):
    """A question and its answer, None while it is open."""

    id: int
    words: str
    asked_at: Iso
    answer: str | None
    answered_at: Iso | None


class CaseOut(TaskOut):
    """One piece of work with all that it takes. What is signed is read from `document`, not from beside it."""

    rule_version: str
    findings: list[FindingOut]
    evidence: list[EvidenceOut]
    questions: list[QuestionOut]
    earlier_reason: str | None
    """Why it was returned before."""
    appeal_words: str | None
    document: dict[str, Any]


def _task(task: Task) -> dict[str, Any]:
    statement = task.statement
    return {
        "id": statement.statement_id,
        "work": str(task.work),
        "statement": statement.digest,
        "vintage": statement.vintage,
        "version": statement.version,
        "credit_class": class_code(statement.class_id),
        "since_at": task.since_at,
        "due_at": task.due_at,
        "appeal": task.appeal_id,
    }


def question_out(row: QuestionRow) -> QuestionOut:
    """A question as JSON."""
    assert row.id is not None
    return QuestionOut(
        id=row.id, words=row.words, asked_at=row.asked_at, answer=row.answer, answered_at=row.answered_at
    )


def evidence_out(one: Evidence) -> EvidenceOut:
    """An activity with its document as JSON."""
    return EvidenceOut(
        id=one.activity_id,
        kind=one.kind,
        given=one.given,
        from_=one.start_at,
        to=one.end_at,
        place=one.place,
        grade=one.grade,
        evidence=one.evidence,
        inspected_by=one.inspected_by,
    )


def _case(case: Case) -> CaseOut:
    return CaseOut(
        **_task(case.task),
        rule_version=shipped_thresholds().version,
        findings=[FindingOut(rule=str(one.rule), sentence=one.sentence) for one in case.findings],
        evidence=[evidence_out(one) for one in case.evidence],
        questions=[question_out(row) for row in case.questions],
        earlier_reason=case.earlier_reason,
        appeal_words=case.appeal_words,
        document=json.loads(case.document),
    )


@router.get("/queue")
def read_queue(request: Request, account: SignedIn, limit: PageLimit = 50, after: PageAfter = 0) -> list[TaskOut]:
    """What waits for the signed-in verifier: appeals, re-audits, then statements to attest, paged by `after`."""
    with database_of(request).read() as session:
        found = queue_of(session, account, clock_of(request).now(), limit=limit, after=after)
        return [TaskOut(**_task(task)) for task in found]


@router.get("/statements/{digest}")
def read_case(request: Request, account: SignedIn, digest: Digest) -> CaseOut:
    """One statement that the signed-in verifier has open work on: findings, evidence, questions, the document. The
    person reads in its access log that it was shown.
    """
    with database_of(request).write() as session:
        return _case(case_of(session, account, digest, clock_of(request).now()))


class AttestationIn(Wire):
    """A verifier's EIP-712 `Attestation` (GET /signing) of what the document says."""

    rule_version: str
    attested_at: Amount
    """Unix seconds, as signed."""
    accepted: list[str]
    """Rules whose findings the verifier looked into and found harmless."""
    signature: SignatureText


class AttestationOut(Wire):
    """What was recorded."""

    statement: HexBytes32
    verifier: AddressText
    accepted: list[str]


@router.post("/statements/{digest}/attestation", status_code=201)
def post_attestation(request: Request, account: SignedIn, digest: Digest, body: AttestationIn) -> AttestationOut:
    """Attests a statement. The signature is checked against what this server would have shown."""
    with database_of(request).write() as session:
        statement = statement_at(session, digest)
        given = Attestation(
            statement_digest=digest,
            nullifier=statement.nullifier,
            class_id=statement.class_id,
            credit_gco2e=statement.credit_gco2e,
            deficit_gco2e=statement.deficit_gco2e,
            rule_version=body.rule_version,
            attested_at=from_unix_s(min(body.attested_at, LAST_S)),
            verifier=account,
            accepted=tuple(body.accepted),
            signature=body.signature,
        )
        salts = books_of(request).salts
        kept = record_attestation(session, deployment_of(request), given, clock_of(request).now(), salts=salts)
        return AttestationOut(statement=digest, verifier=kept.verifier, accepted=list(kept.accepted))


class StateOut(Wire):
    """A statement's state after a decision."""

    statement: HexBytes32
    state: str


@router.post("/statements/{digest}/return")
def post_return(
    request: Request, account: SignedIn, digest: Digest, reasons: Annotated[list[str], Body(embed=True)]
) -> StateOut:
    """Sends a statement back with reasons in words."""
    with database_of(request).write() as session:
        found = return_statement(session, digest, account, reasons, clock_of(request).now())
        return StateOut(statement=digest, state=str(found.state))


@router.post("/statements/{digest}/questions", status_code=201)
def post_question(
    request: Request, account: SignedIn, digest: Digest, words: Annotated[str, Body(embed=True)]
) -> QuestionOut:
    """Asks the person before deciding."""
    with database_of(request).write() as session:
        return question_out(ask(session, digest, account, words, clock_of(request).now()))


class ReauditIn(Wire):
    """`upheld` by 0 g, `overstated` or `understated` by some grams of CO2e, with reasons."""

    outcome: Outcome
    amount_gco2e: Amount
    reasons: str


@router.post("/statements/{digest}/reaudit")
def post_reaudit(request: Request, account: SignedIn, digest: Digest, body: ReauditIn) -> StateOut:
    """Records what a second look at a drawn statement found. Once: it can be appealed against, not changed."""
    with database_of(request).write() as session:
        row = decide_reaudit(
            session,
            digest,
            account,
            body.outcome,
            amount_gco2e=body.amount_gco2e,
            reasons=body.reasons,
            at=clock_of(request).now(),
            salts=books_of(request).salts,
        )
        return StateOut(statement=digest, state=str(row.outcome))


class AppealDecisionIn(Wire):
    """Whether the appeal is granted, and why."""

    granted: bool
    reasons: str


@router.post("/appeals/{appeal}/decision")
def post_appeal_decision(request: Request, account: SignedIn, appeal: int, body: AppealDecisionIn) -> StateOut:
    """Decides an appeal, once."""
    with database_of(request).write() as session:
        now, books = clock_of(request).now(), books_of(request)
        row = decide_appeal(session, books, appeal, account, granted=body.granted, reasons=body.reasons, at=now)
        return StateOut(statement=row.statement_digest, state=str(row.outcome))


class BatchedOut(Wire):
    """A statement of a batch: a disclosure of the fields the batch is made of, and its verifier's attestation. `id` is
    the cursor: which of the batch's leaves it is.
    """

    id: int
    disclosure: dict[str, Any]
    verifier: AddressText
    attested_at: Amount
    rule_version: str
    signature: SignatureText


class BatchToSignOut(Wire):
    """What the batch's EIP-712 message says, and a page of what it can be worked out from again."""

    message: dict[str, str]
    statements: list[BatchedOut]


def _batched(one: Disclosure) -> BatchedOut:
    message = one.attestation.message()
    return BatchedOut(
        id=one.place,
        disclosure=json.loads(one.document),
        verifier=one.attestation.verifier,
        attested_at=int(str(message["attestedAt"])),
        rule_version=one.attestation.rule_version,
        signature=one.attestation.signature,
    )


def batch_to_sign_out(session: Session, root: bytes, found: Sequence[Disclosure]) -> BatchToSignOut:
    """A batch with some of its statements as JSON."""
    message = {
        name: to_hex(value) if isinstance(value, bytes) else str(value)
        for name, value in batch_at(session, root).totals.message().items()
    }
    return BatchToSignOut(message=message, statements=[_batched(one) for one in found])


@router.get("/batches/{root}")
def read_batch_to_sign(
    request: Request, account: SignedIn, root: HexBytes32, limit: PageLimit = 200, after: PageAfter = 0
) -> BatchToSignOut:
    """A batch as a verifier needs it to work it out again: its statements in the order of its leaves, paged by `after`.
    Refused to who has an interest in one of its statements, whatever page it is on.
    """
    with database_of(request).write() as session:
        found = disclosures_of(session, account, root, clock_of(request).now(), limit=limit, after=after)
        return batch_to_sign_out(session, root, found)


class ApprovedOut(Wire):
    """The batch after a signature."""

    root: HexBytes32
    state: str
    verifiers: list[AddressText]


@router.post("/batches/{root}/approval", status_code=201)
def post_approval(
    request: Request, account: SignedIn, root: HexBytes32, signature: Annotated[SignatureText, Body(embed=True)]
) -> ApprovedOut:
    """Takes the signed-in verifier's EIP-712 `Batch` signature."""
    batch = record_approval(
        database_of(request),
        deployment_of(request),
        root,
        verifier=account,
        signature=signature,
        at=clock_of(request).now(),
    )
    return ApprovedOut(root=root, state=str(batch.state), verifiers=list(batch.approvers))
