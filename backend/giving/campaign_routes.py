"""Campaigns over HTTP: what everybody may read, and what a charity or a donor does with a session."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, Amount, HexBytes32, PageLimit
from backend.giving.campaign import campaign_view, movements_of
from backend.giving.campaign_bodies import (
    CampaignOut,
    CharityOut,
    DonorNameBody,
    GiftOut,
    PictureBody,
    PublishedOut,
    RefundBody,
    RefundOut,
    StoryBody,
    TrailOut,
)
from backend.giving.campaign_phase import CampaignPhase
from backend.giving.charity import charities, charity_at
from backend.giving.donor_name import name_gifts, names_in, unname_gifts
from backend.giving.kinds import CampaignKind, MovementKind
from backend.giving.publishing import picture_at, publish_charitys_story, publish_picture, story_document
from backend.giving.refund import claim_refunds
from backend.giving.routes import contracts_of
from backend.giving.search import Wanted, find_campaigns
from backend.giving.tracing import older_than, traced_gifts, traced_gifts_of

router = APIRouter(tags=["giving"])

Account = Annotated[str, Depends(signed_in)]
CampaignId = Annotated[Amount, Path(alias="campaignId", description="The campaign's number on the chain.")]
Digest = Annotated[HexBytes32, Path(description="SHA-256: 0x and 64 hex digits.")]
Words = Annotated[str | None, Query(max_length=200, description="Words of the story, in either language; all of them.")]
Before = Annotated[str | None, Query(description="Gifts older than the one with this receiptId; all if left out.")]
CAMPAIGNS_MAX = 200

_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": "inline",
}
"""A picture is a picture, whoever opens it by itself; it never changes under its digest."""


@router.get("/campaigns")
def campaigns(
    request: Request,
    *,
    q: Words = None,
    kind: CampaignKind | None = None,
    phase: CampaignPhase | None = None,
    charity: AddressText | None = None,
    after: Annotated[int, Query(ge=0, description="Campaigns with a larger id.")] = 0,
    limit: PageLimit = CAMPAIGNS_MAX,
) -> list[CampaignOut]:
    """Campaigns, oldest first, with what each raised and what became of it; all of them, or those that fit."""
    now = clock_of(request).now()
    wanted = Wanted(words=q, kind=kind, phase=phase, charity=charity, after=after)
    with database_of(request).read() as session:
        return [CampaignOut.of(view, now) for view in find_campaigns(session, wanted, now, limit)]


@router.get("/campaigns/{campaignId}")
def campaign(request: Request, campaign_id: CampaignId) -> CampaignOut:
    """One campaign."""
    with database_of(request).read() as session:
        return CampaignOut.of(campaign_view(session, campaign_id), clock_of(request).now())


@router.get("/campaigns/{campaignId}/gifts")
def gifts(request: Request, campaign_id: CampaignId, limit: PageLimit = 50) -> list[GiftOut]:
    """A campaign's gifts, newest first. All of this is public on the chain, but for the names."""
    with database_of(request).read() as session:
        names = names_in(session, campaign_id)
        return [GiftOut.of(gift, names) for gift in movements_of(session, campaign_id, MovementKind.GIFT, limit=limit)]


@router.get("/campaigns/{campaignId}/trails")
def trails(request: Request, campaign_id: CampaignId, before: Before = None, limit: PageLimit = 50) -> list[TrailOut]:
    """What became of each gift to a campaign, gram by gram, newest gift first."""
    with database_of(request).read() as session:
        names = names_in(session, campaign_id)
        found = older_than(session, traced_gifts(session, campaign_id), before)
        return [TrailOut.of(traced, names) for traced in found[:limit]]


@router.get("/donations/trails")
def my_trails(request: Request, account: Account, before: Before = None, limit: PageLimit = 50) -> list[TrailOut]:
    """What became of each gift of the signed-in account, gram by gram, newest first."""
    with database_of(request).read() as session:
        found = older_than(session, traced_gifts_of(session, account), before)[:limit]
        names = {one.gift.campaign_id: names_in(session, one.gift.campaign_id) for one in found}
        return [TrailOut.of(traced, names[traced.gift.campaign_id]) for traced in found]


@router.put("/campaigns/{campaignId}/my-name")
def name_my_gifts(request: Request, account: Account, campaign_id: CampaignId, body: DonorNameBody) -> DonorNameBody:
    """Has the signed-in account's gifts to a campaign shown with a name of its choice instead of unnamed."""
    with database_of(request).write() as session:
        row = name_gifts(session, campaign_id, account, body.name, clock_of(request).now())
        return DonorNameBody(name=row.name)


@router.delete("/campaigns/{campaignId}/my-name", status_code=204)
def unname_my_gifts(request: Request, account: Account, campaign_id: CampaignId) -> None:
    """Takes the name back: the gifts are unnamed again."""
    with database_of(request).write() as session:
        unname_gifts(session, campaign_id, account)


@router.post("/campaigns/{campaignId}/refunds", status_code=202)
def refund(request: Request, campaign_id: CampaignId, body: RefundBody) -> list[RefundOut]:
    """Has a failed campaign give a donor back what it gave. Whoever asks, it goes to the donor or to the wallet that
    the donor named; at any time, for ever.
    """
    with database_of(request).write() as session:
        contracts, now = contracts_of(request), clock_of(request).now()
        return [RefundOut.of(one) for one in claim_refunds(session, contracts, campaign_id, body.donor, now)]


@router.get("/charities")
def list_charities(request: Request) -> list[CharityOut]:
    """The registrar's allow-list of charities with its whole history, in the order of first listing."""
    with database_of(request).read() as session:
        return [CharityOut.of(one) for one in charities(session)]


@router.get("/charities/{charity}")
def show_charity(request: Request, charity: AddressText) -> CharityOut:
    """One charity and what the registrar ever said of it."""
    with database_of(request).read() as session:
        return CharityOut.of(charity_at(session, charity))


@router.post("/stories", status_code=201)
def post_story(request: Request, account: Account, body: StoryBody) -> PublishedOut:
    """Publishes the story of a campaign that the signed-in charity is about to open."""
    story = body.story()
    with database_of(request).write() as session:
        return PublishedOut(digest=publish_charitys_story(session, account, story, clock_of(request).now()))


@router.get("/stories/{digest}")
def story(request: Request, digest: Digest) -> Response:
    """The document whose SHA-256 the chain holds, byte for byte."""
    with database_of(request).read() as session:
        return Response(story_document(session, digest), media_type="application/json")


@router.post("/pictures", status_code=201)
def post_picture(request: Request, account: Account, body: PictureBody) -> PublishedOut:
    """Publishes a picture of the signed-in charity, for a story to name."""
    picture = body.picture()
    with database_of(request).write() as session:
        return PublishedOut(digest=publish_picture(session, account, picture, clock_of(request).now()))


@router.get("/pictures/{digest}", response_class=Response, responses={200: {"content": {"image/*": {}}}})
def picture(request: Request, digest: Digest) -> Response:
    """A picture by its SHA-256, as it was published."""
    with database_of(request).read() as session:
        found = picture_at(session, digest)
        return Response(found.content, media_type=found.media_type, headers=_HARMLESS)
