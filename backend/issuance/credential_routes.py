"""A person's own statement as a verifiable credential."""

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from backend.access.state import clock_of, database_of, deployment_of
from backend.chain.keys import Signer
from backend.issuance.attestation import attestation_of
from backend.issuance.credential import account_subject, credential_of, enveloped, pairwise_subject
from backend.ledger.caller import OnBehalf, SignedIn, acting, note_guardian
from backend.ledger.document import verify
from backend.ledger.service import StatementUnknown, statement_of

router = APIRouter(tags=["issuance"], dependencies=[Depends(note_guardian)])

Vintage = Annotated[int, Path(ge=2000, le=2999, description="A calendar year.")]
Audience = Annotated[
    str,
    Query(max_length=200, description="For whom: the subject has another name for each. Any text; none is one too."),
]
Subject = Annotated[
    Literal["pairwise", "account"],
    Query(description="`account` names the person by its address, which shows all that it does on the chain."),
]


def _operator_of(request: Request) -> Signer:
    return cast(Signer, request.app.state.operator)


@router.get("/statements/{vintage}/credential")
def read_credential(
    request: Request,
    account: SignedIn,
    vintage: Vintage,
    *,
    audience: Audience = "",
    subject: Subject = "pairwise",
    ward: OnBehalf = None,
) -> dict[str, Any]:
    """One's own attested statement as a W3C verifiable credential: an enveloped `vc+jwt`, signed by the operator, with
    the verifier's attestation inside. Show single fields beside it by a disclosure of the document.
    """
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        statement = statement_of(session, person.person_id, vintage)
        if statement is None:
            raise StatementUnknown(f"{vintage} is still open", vintage=vintage)
        attestation = attestation_of(session, statement.digest)
    document, deployment = verify(statement.document), deployment_of(request)
    if subject == "account":
        name = account_subject(deployment.chain_id, statement.account)
    else:
        name = pairwise_subject(document, audience)
    issuer, at = _operator_of(request), clock_of(request).now()
    compact = credential_of(document, attestation, deployment, issuer=issuer, subject=name, at=at)
    return enveloped(compact)
