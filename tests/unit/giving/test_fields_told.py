"""Every field that `tanyu retire` and `tanyu me owe` show has a word in both languages."""

import pytest

from backend.access.field_words import field_word
from backend.access.wire import Wire
from backend.giving.certificate_bodies import CampaignNowOut, CheckedOut, DeedOut
from backend.giving.owing_bodies import AidAppliedOut, AidChanceOut, AidWayOut, CreditsOut, OwedOut, RetiredOut
from backend.ledger.settlement_views import SettlementOut

FIGURES = {"sha256"}


SHOWN = (
    *(CampaignNowOut, CheckedOut, DeedOut, CreditsOut, OwedOut, RetiredOut, SettlementOut),
    *(AidAppliedOut, AidChanceOut, AidWayOut),
)


@pytest.mark.parametrize("shown", SHOWN)
def test_fields__have_words_in_both_languages(shown: type[Wire]) -> None:
    fields = set(shown.model_json_schema()["properties"]) - FIGURES

    assert sorted(field for field in fields if field_word(field, "zh").isascii()) == []
    assert sorted(field for field in fields if "Gco2e" in field_word(field, "en")) == []
