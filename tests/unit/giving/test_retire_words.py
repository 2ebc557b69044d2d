"""What is told before a retirement is signed: what goes, for what, and what it is not."""

from typing import get_args

import pytest

from backend.access.language import Language
from backend.chain.class_id import pack
from backend.giving.kinds import RetirementPurpose
from backend.giving.retire_words import buy_words, retire_words
from backend.giving.retirement import Retire
from backend.market.order import Action, Side, SignedOrder
from tests.unit.giving.chain import ALICE, BOB, CLASS_ID

LANGUAGES: tuple[Language, ...] = get_args(Language)
HONEST = {"en": "not an offset, not proof of a reduction", "zh": "不是碳抵消，也不证明任何减排"}
REF = b"\x0f" * 32


def retirement(purpose: RetirementPurpose, class_id: int = CLASS_ID) -> Retire:
    return Retire(ALICE, BOB, class_id, 2_500, purpose, REF, 1, 2)


def a_buy(class_id: int = CLASS_ID) -> SignedOrder:
    return SignedOrder(ALICE, ALICE, class_id, Side.BUY, 4_000, 600_000, 50, 1_800_000_000, 1, 0, Action.RETIRE, REF)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", list(RetirementPurpose))
def test_retirement__is_told_with_amount_class_and_what_it_is_not(
    purpose: RetirementPurpose, language: Language
) -> None:
    said = " ".join(retire_words(retirement(purpose), "Our wedding", language))

    assert all(part in said for part in ("2.5", "US-CA/2025/SIM", "Our wedding", HONEST[language], "SIM"))
    assert (BOB in said) is (purpose is RetirementPurpose.ANOTHER)
    assert ("0x0f0f" in said) is (purpose is RetirementPurpose.DEFICIT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_buy__is_told_with_the_most_it_can_cost_and_what_happens_on_fill(language: Language) -> None:
    said = " ".join(buy_words(a_buy(), language))

    assert all(
        part in said for part in ("4 kg", "0.6", "2.4", "0.012", "0x0f0f", "2027-01-15", HONEST[language], "SIM")
    )


def test_credits_that_are_not_simulated__are_not_called_so() -> None:
    real = pack("US-CA", 2025, "GB2")

    for said in (retire_words(retirement(RetirementPurpose.SELF, real), None, "en"), buy_words(a_buy(real), "en")):
        assert "SIM" not in " ".join(said)


@pytest.mark.parametrize(("language", "told"), [("en", "nobody can move"), ("zh", "任何人都不能转移")])
def test_receipt__is_told_if_one_is_asked_for(language: Language, told: str) -> None:
    act = retirement(RetirementPurpose.SELF)

    assert told in " ".join(retire_words(act, None, language, receipt=True))
    assert told not in " ".join(retire_words(act, None, language))
