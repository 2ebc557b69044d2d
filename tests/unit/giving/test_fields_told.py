"""Every field that `tanyu retire` and `tanyu me owe` show has a word in both languages."""

import pytest

from backend.access.field_words import field_word
from backend.access.wire import Wire
from backend.giving.certificate_bodies import CampaignNowOut, CheckedOut, DeedOut
from backend.giving.owing_bodies import CreditsOut, OwedOut, RetiredOut, SettlementOut

FIGURES = {"sha256"}


@pytest.mark.parametrize("shown", [CampaignNowOut, CheckedOut, DeedOut, CreditsOut, OwedOut, RetiredOut, SettlementOut])
def test_fields__have_words_in_both_languages(shown: type[Wire]) -> None:
    fields = set(shown.model_json_schema()["properties"]) - FIGURES

    assert sorted(field for field in fields if field_word(field, "zh").isascii()) == []
    assert sorted(field for field in fields if "Gco2e" in field_word(field, "en")) == []
