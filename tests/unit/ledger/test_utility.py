"""Registered utilities: whose word makes a file grade M, for whom, and for what."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from backend.chain.keys import DevKeyRefused, dev_signer, personal_sign
from backend.footprint.kind import Category
from backend.ledger.utility import (
    Delivery,
    DeliveryUnsigned,
    Utility,
    UtilityUnfit,
    UtilityUnknown,
    delivery_text,
    require_delivered,
    shipped_utilities,
)

ACCOUNT = dev_signer(10).address
FILE = b"\x11" * 32
METERS = {"U/2": "G-9", "U/1": "M1"}
TEXT = delivery_text("dev-power", ACCOUNT, FILE, METERS)
DELIVERY = Delivery("dev-power", personal_sign(dev_signer(80), TEXT))


def required(utility: Utility, delivery: Delivery = DELIVERY, changes: Mapping[str, object] | None = None) -> Utility:
    said: dict[str, object] = {
        "account": ACCOUNT,
        "file_sha256": FILE,
        "meters": METERS,
        "categories": frozenset({Category.ELECTRICITY}),
        "region": "US-CA",
        "on": date(2026, 1, 15),
        "chain_id": 31337,
    }
    return require_delivered({utility.id: utility}, delivery, **(said | dict(changes or {})))  # type: ignore[arg-type] # varied


POWER = shipped_utilities()["dev-power"]


def test_text__names_account_file_and_every_meter_in_order() -> None:
    assert TEXT.splitlines() == [
        "Tanyu meter delivery v1",
        "utility: dev-power",
        f"account: {ACCOUNT}",
        "file sha256: 0x" + "11" * 32,
        "meter of U/1: M1",
        "meter of U/2: G-9",
    ]


def test_delivery__of_a_fit_utility__is_its_own() -> None:
    assert required(POWER) is POWER


@pytest.mark.parametrize(
    "change",
    [{"region": "US"}, {"on": date(2019, 12, 31)}, {"on": date(2100, 1, 1)}, {"categories": frozenset(Category)}],
)
def test_utility__elsewhere_or_out_of_time_or_of_something_else__is_unfit(change: dict[str, object]) -> None:
    with pytest.raises(UtilityUnfit) as refused:
        required(POWER, changes=change)

    assert refused.value.code == "utility.unfit"


def test_development_utility__on_a_real_chain__is_refused() -> None:
    with pytest.raises(DevKeyRefused):
        required(POWER, changes={"chain_id": 1})
    assert required(replace(POWER, development=False), changes={"chain_id": 1}).id == "dev-power"


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\0" * 65, DELIVERY.signature[:-2]])
def test_signature_that_is_none__is_refused(signature: bytes) -> None:
    for utility in shipped_utilities().values():
        with pytest.raises(DeliveryUnsigned):
            required(utility, Delivery(utility.id, signature))


def test_unknown__is_refused() -> None:
    with pytest.raises(UtilityUnknown):
        required(POWER, Delivery("nobody", DELIVERY.signature))


def test_shipped__all_are_for_development_and_say_where_their_key_is_from() -> None:
    assert shipped_utilities()
    assert all(utility.development and utility.source for utility in shipped_utilities().values())
