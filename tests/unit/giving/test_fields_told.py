"""Every field that the commands of giving show has a word in both languages, and every state and kind."""

from enum import StrEnum

import pytest

from backend.access.field_words import field_word, value_word
from backend.access.wire import Wire
from backend.giving.aid import AidRule
from backend.giving.aid_application import WhyNothing
from backend.giving.aid_bodies import ApplicationOut, RoundOut
from backend.giving.bodies import ReceiptOut, RelayOut
from backend.giving.campaign_bodies import CampaignOut, CharityOut, GiftOut, ListingOut, PartOut, StoryOut
from backend.giving.campaign_phase import CampaignPhase
from backend.giving.certificate_bodies import CampaignNowOut, CheckedOut, DeedOut
from backend.giving.kinds import CampaignKind, Funding, RelayKind, RetirementPurpose
from backend.giving.owing_bodies import AidAppliedOut, AidChanceOut, AidWayOut, CreditsOut, OwedOut, RetiredOut
from backend.giving.pledge_bodies import PledgeOut
from backend.giving.pledging import PledgeState
from backend.ledger.settlement_views import SettlementOut
from backend.link.tables import IntentState

FIGURES = {"sha256"}


CERTIFIED = (CampaignNowOut, CheckedOut, DeedOut, CreditsOut, OwedOut, RetiredOut, SettlementOut)
CAMPAIGNS = (CampaignOut, CharityOut, GiftOut, ListingOut, PartOut, StoryOut, PledgeOut, ApplicationOut, RoundOut)
AID = (AidAppliedOut, AidChanceOut, AidWayOut)


@pytest.mark.parametrize("shown", [*CERTIFIED, *CAMPAIGNS, *AID, ReceiptOut, RelayOut])
def test_fields__have_words_in_both_languages(shown: type[Wire]) -> None:
    fields = set(shown.model_json_schema()["properties"]) - FIGURES

    assert sorted(field for field in fields if field_word(field, "zh").isascii()) == []
    assert sorted(field for field in fields if "Gco2e" in field_word(field, "en")) == []


@pytest.mark.parametrize(
    ("field", "kinds"),
    [
        ("state", PledgeState),
        ("state", IntentState),
        ("phase", CampaignPhase),
        ("kind", CampaignKind),
        ("kind", RelayKind),
        ("funding", Funding),
        ("purpose", RetirementPurpose),
        ("rule", AidRule),
        ("whyNothing", WhyNothing),
    ],
)
def test_values__of_every_kind__have_a_word_in_chinese(field: str, kinds: type[StrEnum]) -> None:
    assert [one for one in kinds if value_word(field, one, "zh").isascii()] == []
