"""Aid over HTTP: bodies and rounds for everybody, an application for its person, awards for the charity."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from backend.access.session import signed_in
from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Amount, Iso
from backend.giving.aid_application import Applying, application_of, applications_by, apply, consented
from backend.giving.aid_awards import grants_due
from backend.giving.aid_bodies import (
    ApplicationBody,
    ApplicationOut,
    AwardOut,
    BodyTextOut,
    BodyWordBody,
    BodyWordOut,
    ReadableOut,
    RoundBody,
    RoundOut,
)
from backend.giving.aid_body import NAME_CHARS_MAX, body_text, body_words, say
from backend.giving.aid_round import open_round, require_reader, round_at, rounds
from backend.giving.campaign_routes import CampaignId
from backend.giving.eligibility import verify_eligibility
from backend.issuance.verification_routes import is_registrar_of
from backend.ledger.caller import OnBehalf, acting, books_of, note_guardian

router = APIRouter(tags=["giving"], dependencies=[Depends(note_guardian)])

Account = Annotated[str, Depends(signed_in)]
RoundId = Annotated[int, Path(alias="roundId", ge=1, le=2**53 - 1, description="The round's number.")]


@router.get("/aid/bodies")
def bodies(request: Request) -> list[BodyWordOut]:
    """Every word of a registrar about who may vouch for needs, oldest first; the latest of a body holds."""
    with database_of(request).read() as session:
        return [BodyWordOut.of(row) for row in body_words(session)]


@router.get("/aid/bodies/text")
def body_words_text(
    request: Request,
    *,
    body: AddressText,
    name: Annotated[str, Query(max_length=NAME_CHARS_MAX)],
    registered: bool,
    registrar: AddressText,
    said_at: Annotated[Iso, Query(alias="saidAt")],
) -> BodyTextOut:
    """What a registrar signs (EIP-191) to register a body, or to take that back."""
    text = body_text(
        deployment_of(request), body=body, name=name, registered=registered, registrar=registrar, said_at=said_at
    )
    return BodyTextOut(text=text)


@router.post("/aid/bodies", status_code=201)
def register_body(request: Request, body: BodyWordBody) -> BodyWordOut:
    """Keeps a registrar's signed word about a body that vouches for needs."""
    held = is_registrar_of(request)(body.registrar)  # asked before the database is locked: a node may be slow
    with database_of(request).write() as session:
        word = body.word()
        say(session, deployment_of(request), word, by_registrar=held, at=clock_of(request).now())
        return BodyWordOut.of(word)


@router.post("/campaigns/{campaignId}/aid-rounds", status_code=201)
def open_aid_round(request: Request, account: Account, campaign_id: CampaignId, body: RoundBody) -> RoundOut:
    """Opens a round of the signed-in charity's aid campaign. Its terms never change."""
    terms = body.terms()
    with database_of(request).write() as session:
        return RoundOut.of(open_round(session, campaign_id, account, terms, clock_of(request).now()))


@router.get("/aid/rounds")
def list_rounds(request: Request, campaign: Amount | None = None) -> list[RoundOut]:
    """Every round, or a campaign's, oldest first."""
    with database_of(request).read() as session:
        return [RoundOut.of(row) for row in rounds(session, campaign)]


@router.get("/aid/rounds/{roundId}")
def show_round(request: Request, round_id: RoundId) -> RoundOut:
    """One round."""
    with database_of(request).read() as session:
        return RoundOut.of(round_at(session, round_id))


@router.post("/aid/rounds/{roundId}/applications", status_code=201)
def apply_for_aid(
    request: Request, account: Account, round_id: RoundId, body: ApplicationBody, ward: OnBehalf = None
) -> ApplicationOut:
    """Applies with a body's credential and an attested deficit. Keep the answer's salt: with it the application can be
    shown to be in the anchored root.
    """
    now, chain_id = clock_of(request).now(), deployment_of(request).chain_id
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        yes = verify_eligibility(body.credential, chain_id=chain_id, account=person.address, at=now)
        applying = Applying(person, yes, body.vintage, body.auditor)
        return ApplicationOut.of(apply(session, round_id, applying, books_of(request).salts, now))


@router.get("/aid/rounds/{roundId}/applications/mine")
def my_application(request: Request, account: Account, round_id: RoundId, ward: OnBehalf = None) -> ApplicationOut:
    """The signed-in person's own application: the proof that it was in, its award, and the grant that settled."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return ApplicationOut.of(application_of(session, round_id, person.person_id))


@router.get("/aid/applications")
def my_applications(request: Request, account: Account, ward: OnBehalf = None) -> list[ApplicationOut]:
    """All that the signed-in person applied for, newest first, each with what proves it."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return [ApplicationOut.of(view) for view in applications_by(session, person.person_id)]


@router.get("/aid/rounds/{roundId}/applications/readable")
def readable_applications(request: Request, account: Account, round_id: RoundId) -> list[ReadableOut]:
    """The applications whose applicants let the signed-in auditor read them; each reading is noted for its person."""
    with database_of(request).write() as session:
        found = consented(session, round_id, account, clock_of(request).now())
        return [ReadableOut(application=ApplicationOut.of(one.view), account=one.account) for one in found]


@router.get("/aid/rounds/{roundId}/grants")
def grants_to_make(request: Request, account: Account, round_id: RoundId) -> list[AwardOut]:
    """What the campaign's charity, or its second signer, has to grant: by reference, not a word of whose each is."""
    with database_of(request).read() as session:
        require_reader(session, round_at(session, round_id).campaign_id, account)
        return [
            AwardOut(reference=grant.reference, amount_gco2e=grant.amount_gco2e)
            for grant in grants_due(session, round_id)
        ]
