"""The JSON of campaigns: stories and pictures, charities, gifts, and what became of each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Base64Bytes, Field

from backend.access.wire import AddressText, Amount, HexBytes32, Iso, PositiveAmount, Wire
from backend.chain.class_id import class_code
from backend.giving.campaign import CampaignView
from backend.giving.campaign_phase import CampaignPhase
from backend.giving.charity import Charity
from backend.giving.holding import Holding
from backend.giving.kinds import CampaignKind, MovementKind
from backend.giving.picture import PICTURE_BYTES_MAX, Picture
from backend.giving.receipt import receipt_id_of
from backend.giving.refund import Claimed
from backend.giving.story import Story
from backend.giving.tables import CharityListing, Movement
from backend.giving.tracing import TracedGift, TracedPart


class StoryBody(Wire):
    """What a campaign is for, in English and Chinese. `picture`: the digest that POST /pictures answered."""

    title_en: str
    title_zh: str
    story_en: str
    story_zh: str
    kind: CampaignKind
    target_gco2e: PositiveAmount
    picture: HexBytes32 | None = None

    def story(self) -> Story:
        """Raises PublicTextUnfit, StoryInvalid."""
        return Story(
            title_en=self.title_en,
            title_zh=self.title_zh,
            story_en=self.story_en,
            story_zh=self.story_zh,
            kind=self.kind,
            target_gco2e=self.target_gco2e,
            picture=self.picture,
        )


class PictureBody(Wire):
    """A picture as base64."""

    media_type: Literal["image/png", "image/jpeg"]
    content: Base64Bytes = Field(max_length=PICTURE_BYTES_MAX * 2)

    def picture(self) -> Picture:
        """Raises PictureUnfit."""
        return Picture(self.media_type, self.content)


class PublishedOut(Wire):
    """What was published, by its SHA-256: of a story what `openCampaign` takes, of a picture what a story names."""

    digest: HexBytes32


class DonorNameBody(Wire):
    """What you wish to be called beside your gifts; nobody checks it."""

    name: str


class RefundBody(Wire):
    """Whose gifts are to go back."""

    donor: AddressText


class RefundOut(Wire):
    """A refund on its way to the wallet that the donor named, itself if none. `state` as of a relay."""

    class_code: str
    wallet: AddressText
    state: str
    tx_hash: HexBytes32 | None

    @classmethod
    def of(cls, claimed: Claimed) -> "RefundOut":
        """As JSON."""
        return cls(
            class_code=class_code(claimed.class_id),
            wallet=claimed.wallet,
            state=claimed.intent.state,
            tx_hash=claimed.intent.tx_hash,
        )


class HoldingOut(Wire):
    """Grams: donated = held + retired + granted + refunded, always."""

    donated_gco2e: Amount
    held_gco2e: Amount
    retired_gco2e: Amount
    granted_gco2e: Amount
    refunded_gco2e: Amount

    @classmethod
    def of(cls, holding: Holding) -> "HoldingOut":
        """As JSON."""
        return cls(
            donated_gco2e=holding.donated_gco2e,
            held_gco2e=holding.held_gco2e,
            retired_gco2e=holding.retired_gco2e,
            granted_gco2e=holding.granted_gco2e,
            refunded_gco2e=holding.refunded_gco2e,
        )


class StoryOut(Wire):
    """What a campaign is for, in both languages; hashes to the campaign's `storyDigest` (GET /stories/{digest} has the
    very bytes). `picture`: its digest (GET /pictures/{digest}).
    """

    title_en: str
    title_zh: str
    story_en: str
    story_zh: str
    picture: HexBytes32 | None

    @classmethod
    def of(cls, story: Story) -> "StoryOut":
        """As JSON."""
        return cls(
            title_en=story.title_en,
            title_zh=story.title_zh,
            story_en=story.story_en,
            story_zh=story.story_zh,
            picture=story.picture,
        )


class CampaignOut(Wire):
    """A campaign. `charityName` is what the registrar calls its charity, null if it never said. `byClass` by class
    code. `story` is null if it was not published here. `state` is the chain's, `phase` says where it stands now:
    announced, collecting, closed (to be decided), suspended (its charity is delisted), succeeded or failed.
    """

    campaign_id: Amount
    charity: AddressText
    charity_name: str | None
    charity_listed: bool
    kind: str
    funding: str
    state: str
    phase: CampaignPhase
    opens_at: Iso
    closes_at: Iso
    target_gco2e: Amount
    progress_bps: int
    gifts: int
    donors: int
    total: HoldingOut
    by_class: dict[str, HoldingOut]
    story_digest: HexBytes32
    story: StoryOut | None
    opened_at: Iso
    tx_hash: HexBytes32

    @classmethod
    def of(cls, view: CampaignView, now: datetime) -> "CampaignOut":
        """As JSON, at a time."""
        campaign, story = view.campaign, view.story
        return cls(
            campaign_id=campaign.campaign_id,
            charity=campaign.charity,
            charity_name=view.charity_name,
            charity_listed=view.charity_listed,
            kind=campaign.kind,
            funding=campaign.funding,
            state=campaign.state,
            phase=view.phase_at(now),
            opens_at=campaign.opens_at,
            closes_at=campaign.closes_at,
            target_gco2e=campaign.target_gco2e,
            progress_bps=view.progress_bps,
            gifts=view.gifts,
            donors=view.donors,
            total=HoldingOut.of(view.total),
            by_class={class_code(class_id): HoldingOut.of(held) for class_id, held in view.holdings.items()},
            story_digest=campaign.story_digest,
            story=None if story is None else StoryOut.of(story),
            opened_at=campaign.opened_at,
            tx_hash=campaign.tx_hash,
        )


class GiftOut(Wire):
    """A gift to a campaign. `donorName` is what the donor calls itself; null for an unnamed gift, whose address the
    chain shows all the same.
    """

    receipt_id: str
    donor: AddressText
    donor_name: str | None
    class_code: str
    amount_gco2e: Amount
    at: Iso

    @classmethod
    def of(cls, gift: Movement, names: Mapping[str, str]) -> "GiftOut":
        """As JSON, with the names that donors wish for."""
        assert gift.donor is not None
        return cls(
            receipt_id=receipt_id_of(gift),
            donor=gift.donor,
            donor_name=names.get(gift.donor),
            class_code=class_code(gift.class_id),
            amount_gco2e=gift.amount_gco2e,
            at=gift.at,
        )


class PartOut(Wire):
    """Some grams of a gift: retired, granted or refunded by an event on the chain; or held, by none yet."""

    fate: Literal["held", "retirement", "grant", "refund"]
    amount_gco2e: Amount
    receipt_id: str | None
    tx_hash: HexBytes32 | None
    block_number: int | None
    at: Iso | None

    @classmethod
    def of(cls, part: TracedPart) -> "PartOut":
        """As JSON."""
        event = part.event
        return cls(
            fate=_FATES[part.kind],
            amount_gco2e=part.amount_gco2e,
            receipt_id=None if event is None else receipt_id_of(event),
            tx_hash=None if event is None else event.tx_hash,
            block_number=None if event is None else event.block_number,
            at=None if event is None else event.at,
        )


_FATES: dict[MovementKind | None, Literal["held", "retirement", "grant", "refund"]] = {
    None: "held",
    MovementKind.RETIREMENT: "retirement",
    MovementKind.GRANT: "grant",
    MovementKind.REFUND: "refund",
}


class TrailOut(Wire):
    """A gift and what became of every gram of it. The parts sum to the gift. First in, first out: of a campaign's
    gifts of a class, what leaves takes the oldest grams first. In a failed campaign what was spent before is shared by
    all donors in proportion, as their refunds are.
    """

    campaign_id: Amount
    gift: GiftOut
    parts: list[PartOut]

    @classmethod
    def of(cls, traced: TracedGift, names: Mapping[str, str]) -> "TrailOut":
        """As JSON."""
        return cls(
            campaign_id=traced.gift.campaign_id,
            gift=GiftOut.of(traced.gift, names),
            parts=[PartOut.of(part) for part in traced.parts],
        )


class ListingOut(Wire):
    """One word of the registrar about a charity."""

    listed: bool
    second_signer: AddressText | None
    at: Iso
    block_number: int
    tx_hash: HexBytes32

    @classmethod
    def of(cls, row: CharityListing) -> "ListingOut":
        """As JSON."""
        return cls(
            listed=row.listed,
            second_signer=row.second_signer if row.listed else None,
            at=row.at,
            block_number=row.block_number,
            tx_hash=row.tx_hash,
        )


class CharityOut(Wire):
    """A charity: what the registrar calls it, whether it is listed, whose word its spending needs besides its own, and
    what the registrar ever said of it, oldest first.
    """

    name: str | None
    charity: AddressText
    listed: bool
    second_signer: AddressText | None
    history: list[ListingOut]

    @classmethod
    def of(cls, charity: Charity) -> "CharityOut":
        """As JSON."""
        return cls(
            name=charity.name,
            charity=charity.address,
            listed=charity.is_listed,
            second_signer=charity.second_signer,
            history=[ListingOut.of(row) for row in charity.history],
        )
