"""Deeds of every kind, and the words they may bear."""

from dataclasses import replace
from datetime import UTC, datetime

from backend.chain.class_id import pack
from backend.giving.certificate import Place
from backend.giving.dedication import Dedication
from backend.giving.deed import Deed, DeedKind, Serves
from backend.giving.kinds import CampaignKind
from backend.giving.story import Story
from backend.kernel.digest import sha256, to_hex
from tests.unit.giving.chain import ALICE, CHARITY

TX = sha256(b"transaction")
PLACE = Place(31337, CHARITY)
WORDS = Dedication("Li Xiulan 李秀兰", b"s" * 16)
STORY = Story("Forest Light", "林光", "Trees.", "树。", CampaignKind.RETIRE_POOL, 1_000)

PLAIN = Deed(
    deed_id=f"{to_hex(TX)}-12",
    kind=DeedKind.RETIREMENT,
    serves=Serves.SELF,
    class_id=pack("CN-SC", 2025, "SIM"),
    amount_gco2e=10_000,
    account=ALICE,
    beneficiary=ALICE,
    campaign_id=None,
    purpose="self",
    ref=None,
    receipt_token=None,
    at=datetime(2026, 1, 15, 12, 0, tzinfo=UTC),
    tx_hash=TX,
    block_number=7,
    block_hash=sha256(b"block"),
    log_index=12,
)

GIFT = replace(
    PLAIN,
    kind=DeedKind.DONATION,
    serves=Serves.CAMPAIGN,
    campaign_id=3,
    beneficiary=None,
    purpose=None,
    receipt_token=9,
)
GRANT = replace(
    PLAIN,
    kind=DeedKind.GRANT,
    serves=Serves.DEFICIT,
    campaign_id=3,
    account=CHARITY,
    beneficiary=None,
    purpose="grant",
    ref=sha256(b"deficit"),
)
DEEDS = {
    **{f"retired for {serves}": replace(PLAIN, serves=serves, ref=WORDS.digest) for serves in Serves},
    "retired by a campaign": replace(PLAIN, serves=Serves.CAMPAIGN, campaign_id=3, purpose="charity"),
    "retired without words": PLAIN,
    "given": GIFT,
    "granted": GRANT,
}
